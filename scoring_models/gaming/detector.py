"""Which answers game the scorer, learnt from genuine answers alone.

Every sign is put in units of how far genuine answers of that length spread, and what is beyond the
usual is added up over signs. The limit leaves a set share of genuine answers above it, each judged
by a detector that saw no answer to its question. No attack is ever seen, so that a new kind is no
harder than a known one (Schoelkopf et al. 2001, doi:10.1162/089976601750264965, pose the task).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from scoring_models.errors import SettingsError
from scoring_models.gaming.signs import SIGNS

FloatArray = npt.NDArray[np.float64]

FALSE_ALARMS = 0.02
LENGTHS = (5.0, 7.0, 10.0, 14.0, 20.0, 30.0, 50.0, 80.0, 120.0, 180.0)
"""Words at which the usual size of a sign is kept; between them it is interpolated."""

KINDS_OF_SIGNS: Mapping[str, tuple[str, ...]] = {
    "gibberish": ("letters",),
    "copied_prompt": ("copied",),
    "shuffled": ("foreign", "order"),
    "word_salad": ("most_foreign", "link", "weak_link"),
    "keyword_stuffing": ("bare",),
    "negated": ("negated", "opposed"),
    "off_topic": ("astray", "apart"),
}
"""The kind that a sign speaks for; a detector names the kind with the greatest part in the sum."""

_UNUSUAL_TAIL = 0.96
_BANDWIDTH = 0.35
_EVERYWHERE = 0.05
_FREE = 0.4
_MOST = 3.0
_MOST_ALONE = 8.0
_IS_ALONE = np.array([sign in ("letters", "copied") for sign in SIGNS])
_PEERS = 20
_SHRINKAGE = 5
_LEAST_SCALE = 0.15
# anchors are all spelt well; typing errors, regional words and English lie about 1 above them
_LEAST = np.array([1.0 if sign == "letters" else 0.0 for sign in SIGNS])
_FEWEST = 40
_CONFIDENCE = 0.7


@dataclass(frozen=True)
class Finding:
    """What a detector says of an answer: flagged where ``score`` is above ``limit``."""

    score: float
    limit: float
    kind: str

    @property
    def flagged(self) -> bool:
        """Whether a person should look."""
        return self.score > self.limit


@dataclass(frozen=True)
class Detector:
    """The usual size of every sign by length, and the limit of their sum.

    Attributes
    ----------
    middle, scale : array of shape (len(LENGTHS), len(SIGNS))
        Median, and its distance to the 96 % point.
    limit : float
        Of the score.
    """

    middle: FloatArray
    scale: FloatArray
    limit: float

    @classmethod
    def fit(
        cls,
        signs: FloatArray,
        n_words: FloatArray,
        questions: Sequence[str],
        false_alarms: float = FALSE_ALARMS,
        *,
        centred: bool = False,
        slack: FloatArray | float = 1.0,
    ) -> Detector:
        """Learn from genuine answers to several questions.

        Parameters
        ----------
        signs : array of shape (n_answers, len(SIGNS))
            As ``signs.measure`` gives them.
        n_words : array of shape (n_answers,)
            Length of each answer.
        questions : sequence of str
            The question of each answer; each question is left out once.
        false_alarms : float
            Share of genuine answers that may be flagged.
        centred : bool
            Whether ``judge`` will be given the offsets of questions, see ``offset``.
        slack : array of shape (len(SIGNS),) or float
            How many times as wide as these answers the ones to come are known to spread.

        Raises
        ------
        SettingsError
            With fewer than 40 answers, or answers to one question only.
        """
        names = np.asarray(questions)
        if len(signs) < _FEWEST or len(set(questions)) < 2:
            raise SettingsError(
                f"{len(signs)} answers to {len(set(questions))} questions, "
                f"expected {_FEWEST} or more answers to 2 or more"
            )
        scores = np.empty(len(signs))
        for name in np.unique(names):
            here = names == name
            left = cls._fit(signs[~here], n_words[~here], names[~here], centred, slack)
            offset = left.offset(signs[here], n_words[here]) if centred else None
            scores[here] = left.scores(signs[here], n_words[here], offset)
        found = cls._fit(signs, n_words, names, centred, slack)
        return replace(found, limit=_limit(scores, false_alarms))

    @classmethod
    def _fit(
        cls,
        signs: FloatArray,
        n_words: FloatArray,
        names: npt.NDArray[np.str_],
        centred: bool,
        slack: FloatArray | float,
    ) -> Detector:
        middle, scale = _usual(signs, n_words)
        if centred:
            found, signs = cls(middle, scale, 0.0), signs.copy()
            for name in np.unique(names):
                here = names == name
                signs[here] -= found.offset(signs[here], n_words[here])
            middle, scale = _usual(signs, n_words)
        return cls(middle, scale * slack, 0.0)

    def offset(self, peers: FloatArray, n_words: FloatArray) -> FloatArray:
        """Return what is peculiar to a question, as the signs of other answers to it show.

        The median of what they lie above the usual, shrunk to 0 the fewer they are. Spelling and
        copying are judged alike everywhere.
        """
        n = min(len(peers), _PEERS)
        if not n:
            return np.zeros(len(SIGNS))
        above = np.median(peers - _between(self.middle, n_words), axis=0)
        return np.asarray(np.where(_IS_ALONE, 0.0, above * n / (n + _SHRINKAGE)))

    def scores(
        self, signs: FloatArray, n_words: FloatArray, offset: FloatArray | None = None
    ) -> FloatArray:
        """Return the sum of what is unusual, one number an answer."""
        own = signs if offset is None else signs - offset
        return np.asarray(_parts(self._units(own, n_words)).sum(axis=1))

    def judge(self, signs: FloatArray, n_words: int, offset: FloatArray | None = None) -> Finding:
        """Judge one answer; ``offset`` is its question's, where other answers to it are known."""
        own = signs if offset is None else signs - offset
        parts = _parts(self._units(own[None, :], np.array([float(n_words)])))[0]
        by_kind = {
            kind: sum(parts[SIGNS.index(sign)] for sign in of)
            for kind, of in KINDS_OF_SIGNS.items()
        }
        return Finding(float(parts.sum()), self.limit, max(by_kind, key=lambda k: by_kind[k]))

    def as_mapping(self) -> dict[str, Any]:
        """Return the detector in plain lists, for a file."""
        return {
            "signs": list(SIGNS),
            "lengths": list(LENGTHS),
            "limit": round(self.limit, 4),
            "middle": np.round(self.middle, 4).tolist(),
            "scale": np.round(self.scale, 4).tolist(),
        }

    @classmethod
    def from_mapping(cls, found: Mapping[str, Any]) -> Detector:
        """Read what ``as_mapping`` gave.

        Raises
        ------
        SettingsError
            If it was made for other signs or lengths.
        """
        if tuple(found["signs"]) != SIGNS or tuple(found["lengths"]) != LENGTHS:
            raise SettingsError(
                f"a detector of {found['signs']} at {found['lengths']}, "
                f"expected {list(SIGNS)} at {list(LENGTHS)}"
            )
        return cls(np.array(found["middle"]), np.array(found["scale"]), float(found["limit"]))

    def _units(self, signs: FloatArray, n_words: FloatArray) -> FloatArray:
        return np.asarray((signs - _between(self.middle, n_words)) / _between(self.scale, n_words))


def _parts(units: FloatArray) -> FloatArray:
    most = np.where(_IS_ALONE, _MOST_ALONE, _MOST)
    return np.asarray(np.maximum(np.minimum(units, most) - _FREE, 0.0) ** 2)


def _usual(signs: FloatArray, n_words: FloatArray) -> tuple[FloatArray, FloatArray]:
    near = np.log(np.array(LENGTHS))[:, None] - np.log(np.maximum(n_words, 1.0))[None, :]
    weights = np.exp(-0.5 * (near / _BANDWIDTH) ** 2) + _EVERYWHERE
    points = np.array([[_quantiles(column, row) for column in signs.T] for row in weights])
    least = np.maximum(_LEAST_SCALE * signs.std(axis=0) + 1e-6, _LEAST)
    return points[:, :, 0], np.maximum(points[:, :, 1] - points[:, :, 0], least)


def _quantiles(values: FloatArray, weights: FloatArray) -> FloatArray:
    order = np.argsort(values)
    share = np.cumsum(weights[order])
    share = (share - 0.5 * weights[order]) / share[-1]
    return np.interp([0.5, _UNUSUAL_TAIL], share, values[order])


def _between(table: FloatArray, n_words: FloatArray) -> FloatArray:
    at = np.log(np.maximum(n_words, 1.0))
    return np.stack([np.interp(at, np.log(LENGTHS), column) for column in table.T], axis=1)


def _limit(scores: npt.NDArray[np.float64], false_alarms: float) -> float:
    """The split-conformal limit with a margin for the draw of the answers that set it.

    As many scores lie above it as leave ``_CONFIDENCE`` that the share of further answers above it
    is the set one or less; with too few answers for that none does (Vovk 2012, proposition 2a,
    doi:10.48550/arXiv.1209.2673).
    """
    n = len(scores)
    chances = binom.cdf(np.arange(n), n, false_alarms)
    n_above = max(0, int(np.sum(chances <= 1 - _CONFIDENCE)) - 1)
    return float(np.sort(scores)[n - 1 - n_above])
