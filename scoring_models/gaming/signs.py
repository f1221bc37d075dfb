"""Signs of gaming: what is measured of an answer, each the greater the more suspicious.

A sign is a number only; ``detector`` says from genuine answers how large it may be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from scoring_models.gaming.fluency import Fluency, load_fluency
from scoring_models.gaming.letters import Letters
from scoring_models.gaming.order import BREAK, WordOrder, pairs, tokens
from scoring_models.text import scoped_terms, words
from scoring_models.words import ENGLISH_FUNCTION_WORDS, INDONESIAN_FUNCTION_WORDS, NEGATORS

FloatArray = npt.NDArray[np.float64]

SIGNS = (
    "letters",
    "copied",
    "foreign",
    "most_foreign",
    "order",
    "link",
    "weak_link",
    "bare",
    "negated",
    "opposed",
    "astray",
    "apart",
)
"""The signs, in the order of their arrays.

letters: words are not spelt like words. copied: pairs of words shared with the question. foreign,
most_foreign: chance that a word was put in at random, over all words and over the third that stand
worst. order: no better than shuffles of the same words. link, weak_link: neighbours that do not go
together. bare: content words side by side that no reference puts so. negated: negating words.
opposed: content words whose polarity the references turn round. astray: words and meaning speak for
another question. apart: they do not speak for its own.
"""

_FUNCTION_WORDS = INDONESIAN_FUNCTION_WORDS | ENGLISH_FUNCTION_WORDS


@dataclass(frozen=True)
class Language:
    """What Indonesian looks like in texts that people wrote."""

    order: WordOrder
    letters: Letters
    fluency: Fluency

    @classmethod
    def fit(cls, texts: Sequence[str]) -> Language:
        """Learn from texts: a bank's rubrics and questions, answers to other questions."""
        return cls(WordOrder.fit(texts), Letters.fit(texts), load_fluency())


@dataclass(frozen=True)
class Question:
    """A question as the signs see it; made by ``of``."""

    pairs: Mapping[tuple[str, str], float]
    prompt_bigrams: frozenset[tuple[str, str]]
    polarity: Mapping[str, float]

    @classmethod
    def of(cls, prompt: str, references: Iterable[str], peers: Iterable[str] = ()) -> Question:
        """Read a question.

        Parameters
        ----------
        prompt : str
            The stem.
        references : iterable of str
            Its key, or the rubric's descriptors and anchors.
        peers : iterable of str
            Other candidates' answers, none of them scored, where there are any.
        """
        texts = [prompt, *references, *peers]
        found: dict[str, list[int]] = defaultdict(list)
        for text in texts:
            for term, polarity in _terms(text):
                found[term].append(polarity)
        return cls(
            pairs(texts),
            _bigrams(prompt),
            {term: float(np.mean(values)) for term, values in found.items()},
        )


def measure(
    text: str,
    question: Question,
    language: Language,
    evidence: FloatArray | None = None,
    own: int = 0,
    *,
    spelt: str | None = None,
) -> FloatArray:
    """Measure the signs of one answer.

    Parameters
    ----------
    text : str
        The answer.
    question : Question
        The question that it answers.
    language : Language
        As ``Language.fit`` gives it.
    evidence : array of shape (n_questions,), optional
        As ``Topics.evidence`` gives it; without it the last two signs are 0.
    own : int
        The answered question's place in ``evidence``.
    spelt : str, optional
        The same answer as it was typed, where its spelling and fluency are to be measured so.

    Returns
    -------
    array of shape (len(SIGNS),)
    """
    found = language.order.judge(text, question.pairs)
    typed = text if spelt is None else spelt
    foreign, most_foreign = how_foreign(typed, language.fluency)
    tokens_of = words(text)
    astray = apart = 0.0
    if evidence is not None:
        others = np.delete(evidence, own)
        apart = -float(evidence[own])
        astray = float(others.max()) + apart if len(others) else 0.0
    return np.array(
        [
            -language.letters.judge(typed),
            copied(text, question),
            foreign,
            most_foreign,
            -found.order,
            -found.link,
            -found.weak_link,
            _bare(text, question),
            sum(word in NEGATORS for word in tokens_of) / max(1, len(tokens_of)),
            _opposed(text, question),
            astray,
            apart,
        ]
    )


@lru_cache(maxsize=2000)
def how_foreign(text: str, fluency: Fluency) -> tuple[float, float]:
    """Return the signs foreign and most_foreign."""
    found = np.sort(1 / (1 + np.exp(-fluency.foreign(text).astype(np.float64))))
    if not len(found):
        return 0.0, 0.0
    return float(found.mean()), float(found[-max(1, len(found) // 3) :].mean())


def copied(text: str, question: Question) -> float:
    """Geometric mean of the shares of word pairs that answer and question have in common."""
    mine, theirs = _bigrams(text), question.prompt_bigrams
    if not mine or not theirs:
        return 0.0
    return len(mine & theirs) / float(np.sqrt(len(mine) * len(theirs)))


@lru_cache(maxsize=2000)
def _terms(text: str) -> tuple[tuple[str, int], ...]:
    """``scoped_terms``, kept: the texts of a rubric are read once for each of them."""
    return scoped_terms(text)


def _bare(text: str, question: Question) -> float:
    run = tokens(text)
    beside = [pair for pair in pairwise(run) if BREAK not in pair]
    unknown = [
        a not in _FUNCTION_WORDS and b not in _FUNCTION_WORDS and (a, b) not in question.pairs
        for a, b in beside
    ]
    return float(np.mean(unknown)) if unknown else 0.0


def _opposed(text: str, question: Question) -> float:
    turned = [
        max(0.0, -polarity * question.polarity.get(term, 0.0))
        for term, polarity in scoped_terms(text)
    ]
    return float(np.mean(turned)) if turned else 0.0


def _bigrams(text: str) -> frozenset[tuple[str, str]]:
    found = words(text)
    return frozenset(pairwise(found))
