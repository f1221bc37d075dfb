"""How plausible the order of words is, by what follows what in texts that people wrote.

Only the order is judged, not the choice of words: a text is compared with shuffles of its own
words, so that rare words and unknown subjects cost nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import sparse

from scoring_models.text import normalise, stem
from scoring_models.words import ENGLISH_FUNCTION_WORDS, INDONESIAN_FUNCTION_WORDS

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

N_SHUFFLES = 100
_FAR_WEIGHT = 0.5
_TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[.,;:!?()/\n]+")
_PREFIX = re.compile(
    r"^(memper|diper|meng|meny|mem|men|me|peng|peny|pem|pen|per|pe|ber|ter|di|ke|se)"
)
_SUFFIX = re.compile(r"(kannya|annya|kan|nya|an|i|lah)$")
BREAK = "|"
_LEVELS = ("word", "stem", "class")
_PRIOR_COUNTS = {"class": 2.0, "stem": 1.0, "word": 0.5}


def tokens(text: str) -> list[str]:
    """Return words in lower case, with one break mark for each stretch of punctuation."""
    found = _TOKEN.findall(normalise(text).lower())
    marks = [token if token[0].isalnum() else BREAK for token in found]
    return [
        t for t, before in zip(marks, ["", *marks], strict=False) if (t, before) != (BREAK,) * 2
    ]


def word_class(word: str) -> str:
    """Return a function word itself, else the affixes that a word wears, or that it is a number."""
    if word == BREAK or word in INDONESIAN_FUNCTION_WORDS or word in ENGLISH_FUNCTION_WORDS:
        return word
    if any(c.isdigit() for c in word):
        return "0"
    doubled = "2" if "-" in word else ""
    word = word.split("-", maxsplit=1)[0]
    prefix, suffix = _PREFIX.match(word), _SUFFIX.search(word)
    before = prefix.group() if prefix and len(word) - len(prefix.group()) >= 3 else ""
    after = suffix.group() if suffix and len(word) - len(suffix.group()) >= 4 else ""
    return f"{_ALIKE.get(before, before)}+{after}{doubled}"


_ALIKE = (
    dict.fromkeys(("meng", "meny", "mem", "men", "memper"), "me")
    | dict.fromkeys(("peng", "peny", "pem", "pen"), "pe")
    | {"diper": "di"}
)


@lru_cache(maxsize=20_000)
def _forms(word: str) -> tuple[str, str, str]:
    return word, (word if word == BREAK else stem(word)), word_class(word)


@dataclass(frozen=True)
class _Follow:
    """Counts of what follows what at one level, and how often each form occurs."""

    column: Mapping[str, int]
    pairs: sparse.csr_matrix
    first: FloatArray
    second: FloatArray
    total: float

    def of(self, forms: Sequence[str]) -> tuple[FloatArray, FloatArray]:
        """Observed and, under independence, expected counts of all ordered pairs of forms."""
        at = np.array([self.column.get(form, 0) for form in forms])
        seen = np.asarray(self.pairs[at][:, at].todense(), dtype=float)
        expected = np.outer(self.first[at], self.second[at]) / self.total
        return seen, expected


@dataclass(frozen=True)
class OrderFound:
    """How well the words of a text follow one another.

    Attributes
    ----------
    order : float
        The log-likelihood of the text's order, in standard deviations above the mean of shuffles of
        the same words. A shuffled text lies about 0.
    link : float
        Mean log ratio of the chance of a word after its neighbour to that by accident.
    weak_link : float
        The same over the weakest third of the neighbours.
    """

    order: float
    link: float
    weak_link: float


@dataclass(frozen=True)
class WordOrder:
    """What follows what: at the levels of word, stem and class of word, next and next but one."""

    near: tuple[_Follow, ...]
    far: tuple[_Follow, ...]

    @classmethod
    def fit(cls, texts: Iterable[str]) -> WordOrder:
        """Count in texts that people wrote."""
        runs = [[_forms(token) for token in (BREAK, *tokens(text), BREAK)] for text in texts]
        return cls(
            tuple(_count(([f[i] for f in run] for run in runs), 1) for i in range(3)),
            tuple(_count(([f[i] for f in run] for run in runs), 2) for i in range(3)),
        )

    def judge(self, text: str, context: Mapping[tuple[str, str], float]) -> OrderFound:
        """Judge the order of a text's words; ``context`` adds pairs seen near by, see ``pairs``."""
        words, breaks = _words_and_breaks(text)
        n = len(words)
        if n < 3:
            return OrderFound(0.0, 0.0, 0.0)
        forms = [_forms(word) for word in (*words, BREAK)]
        gain = _ratio(self.near, forms, context)
        follow, ends, starts = gain[:n, :n].copy(), gain[:n, n], gain[n, :n]
        follow[breaks] = ends[breaks][:, None] + starts[None, :]
        skip = _FAR_WEIGHT * _ratio(self.far, forms[:n], {})
        skip[breaks] = 0.0
        orders = np.vstack([np.arange(n), _shuffles(n)])
        scores = (
            follow[orders[:, :-1], orders[:, 1:]].sum(axis=1)
            + skip[orders[:, :-2], orders[:, 2:]].sum(axis=1)
            + starts[orders[:, 0]]
            + np.where(breaks[orders[:, -1]], 0.0, ends[orders[:, -1]])
        )
        links = np.diag(follow, 1) / (1 + breaks[:-1])
        weakest = np.sort(links)[: max(1, n // 3)]
        shuffled = scores[1:]
        order = (scores[0] - shuffled.mean()) / (shuffled.std() + 1e-9)
        return OrderFound(float(order), float(links.mean()), float(weakest.mean()))


def pairs(texts: Iterable[str]) -> Counter[tuple[str, str]]:
    """Return how often each word follows each other in texts near by: a question, its key."""
    found: Counter[tuple[str, str]] = Counter()
    for text in texts:
        found.update(_pairs(text))
    return found


@lru_cache(maxsize=2000)
def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return tuple(pairwise([BREAK, *tokens(text), BREAK]))


def _words_and_breaks(text: str) -> tuple[list[str], npt.NDArray[np.bool_]]:
    """The words, and whether punctuation follows each."""
    words: list[str] = []
    breaks: list[bool] = []
    for token in tokens(text):
        if token != BREAK:
            words.append(token)
            breaks.append(False)
        elif breaks:
            breaks[-1] = True
    return words, np.array(breaks, dtype=bool)


@lru_cache(maxsize=512)
def _shuffles(n: int) -> IntArray:
    """Always the same orders for a length, so that a text is always judged alike."""
    random = np.random.default_rng(n)
    return np.array([random.permutation(n) for _ in range(N_SHUFFLES)])


def _count(runs: Iterable[Sequence[str]], distance: int) -> _Follow:
    column: dict[str, int] = {"": 0}
    rows, cols = [], []
    for run in runs:
        at = [column.setdefault(form, len(column)) for form in run]
        rows += at[:-distance]
        cols += at[distance:]
    n = len(column)
    pairs = sparse.csr_matrix((np.ones(len(rows)), (rows, cols)), shape=(n, n))
    first = np.asarray(pairs.sum(axis=1)).ravel()
    second = np.asarray(pairs.sum(axis=0)).ravel()
    first[0] = second[0] = 0.5
    return _Follow(column, pairs, first, second, max(1.0, float(pairs.sum())))


def _ratio(
    levels: Sequence[_Follow],
    forms: Sequence[tuple[str, str, str]],
    context: Mapping[tuple[str, str], float],
) -> FloatArray:
    """Gamma-Poisson shrinkage of observed over expected counts, each level to the coarser one."""
    n = len(forms)
    ratio = np.ones((n, n))
    for level in (2, 1, 0):
        follow, k = levels[level], _PRIOR_COUNTS[_LEVELS[level]]
        seen, expected = follow.of([form[level] for form in forms])
        if level == 0 and context:
            seen = seen + np.array([[context.get((a[0], b[0]), 0.0) for b in forms] for a in forms])
        ratio = (seen + k * ratio) / (expected + k)
    return np.log(ratio)
