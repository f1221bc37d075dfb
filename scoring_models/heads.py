"""The head: what an answer is about (level), and whether it shows or violates it (polarity).

Frozen embeddings are nearly blind to polarity: "I report it" and "I do not report it" lie side by
side. So two scores are kept apart, each a kernel ridge regression on the rubric's own texts:

level     on anchors and negatives alike, both labelled with the level that they are about, and on
          the descriptors; features: mean sentence embedding, content stems
polarity  anchors and "shown" 1, negatives and "violated" 0; features: mean sentence embedding
          without the direction of plain negation, content stems signed by the scope of negators

Rubrics of one bank learn from each other: a pair of texts counts once through a kernel common to
all rubrics and once more if both belong to the same rubric. Kernels are linear, so a trained head
is a pair of weight vectors for each rubric, and sentences can be left out at no cost.

An answer that shows the behaviour has the level distribution; one that violates it is at level 1:
p = P(shown) x p(level | score) + P(violated) x (1, 0, 0, 0, 0).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from scoring_models.errors import SettingsError
from scoring_models.evidence import FloatArray, Reading, Space, build_space
from scoring_models.ordinal import BinaryLogit, CumulativeLogit, fit_binary, fit_cumulative

HEAD_NAME = "level-polarity-ridge-3"
NO_RUBRIC = -1
"""Rubric of background sentences and changed texts, which belong to none."""
N_LEVELS = 5


@dataclass(frozen=True)
class HeadSettings:
    """How a head is trained.

    ``embedding_share`` is the weight of embeddings beside content stems; ``common_share`` that of
    the kernel common to all rubrics beside the rubric's own; ``ridge`` the noise variance beside a
    kernel of unit diagonal. ``violated_share`` is how often an answer is expected to turn the
    behaviour round: the default makes it as likely as each of the five levels.
    """

    level_embedding_share: float = 0.7
    polarity_embedding_share: float = 0.5
    level_common_share: float = 1.0
    polarity_common_share: float = 0.5
    level_ridge: float = 0.3
    polarity_ridge: float = 0.1
    violated_share: float = 1 / 6

    def __post_init__(self) -> None:
        for name in ("level_embedding_share", "polarity_embedding_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f"{name} is {getattr(self, name)}, expected 0 to 1")
        for name in ("level_ridge", "polarity_ridge"):
            if not getattr(self, name) > 0:
                raise SettingsError(f"{name} is {getattr(self, name)}, expected above 0")
        if not 0 < self.violated_share < 1:
            raise SettingsError(f"violated_share is {self.violated_share}, expected inside (0, 1)")

    @property
    def base_rates(self) -> tuple[float, ...]:
        """Level shares that the probabilities presume, for ``soft_likelihood``."""
        each = (1 - self.violated_share) / N_LEVELS
        return (each + self.violated_share, each, each, each, each)


@dataclass(frozen=True)
class Sample:
    """A training text: its reading, rubric, the level it is about, and shown or violated.

    Descriptors have no polarity to learn from (None), indicators no level; background sentences,
    of ``NO_RUBRIC``, have neither. An ``original`` is what the text was before its manner alone was
    changed; such a pair, of ``NO_RUBRIC`` too, tells what to be blind to.
    """

    reading: Reading
    rubric: int
    level: int | None
    shown: bool | None
    original: Reading | None = None

    @property
    def order(self) -> tuple[int, int, int, str]:
        """A key that sorts samples the same way however they came."""
        level, shown = self.level or 0, {True: 0, False: 1, None: 2}[self.shown]
        return (self.rubric, level, shown, self.reading.text)

    @property
    def is_answer(self) -> bool:
        """Whether this is an anchor or a negative, not a sentence of the rubric itself."""
        return not self.reading.statement


@dataclass(frozen=True)
class Line:
    """A linear score: weights on embedding and on stems, and an intercept."""

    embedding: FloatArray
    stems: FloatArray
    intercept: float


@dataclass(frozen=True)
class Head:
    """A head trained for one rubric."""

    space: Space
    settings: HeadSettings
    level: Line
    polarity: Line
    level_link: CumulativeLogit
    polarity_link: BinaryLogit

    def level_scores(self, readings: Sequence[Reading]) -> FloatArray:
        """Return the latent level of each reading, in levels before calibration."""
        features = _level_features(self.space, readings, self.settings)
        return _apply(self.level, features)

    def polarity_scores(self, readings: Sequence[Reading]) -> FloatArray:
        """Return the latent polarity of each reading: about 1 shown, about 0 violated."""
        features = _polarity_features(self.space, readings, self.settings)
        return _apply(self.polarity, features)

    def shown(self, readings: Sequence[Reading]) -> FloatArray:
        """Return the probability that each reading shows, and does not violate, behaviour."""
        return self.polarity_link.probabilities(self.polarity_scores(readings))

    def about(self, readings: Sequence[Reading]) -> FloatArray:
        """Return, shape ``(n, 5)``, which level each reading is about, shown or not."""
        return self.level_link.probabilities(self.level_scores(readings))

    def probabilities(self, readings: Sequence[Reading]) -> FloatArray:
        """Return level distributions, shape ``(n, 5)``; each row sums to 1."""
        return mix(self.about(readings), self.shown(readings))

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything that decides a score, hexadecimal."""
        digest = hashlib.sha256(repr((HEAD_NAME, self.settings)).encode())
        digest.update(
            repr((self.level_link, self.polarity_link, sorted(self.space.column))).encode()
        )
        for line in (self.level, self.polarity):
            for part in (line.embedding, line.stems, np.array([line.intercept])):
                digest.update(np.round(part, 6).tobytes())
        return digest.hexdigest()


def mix(about: FloatArray, shown: FloatArray) -> FloatArray:
    """Return p = P(shown) p(level) + P(violated) (1, 0, 0, 0, 0), row by row."""
    mixed = about * shown[:, None]
    mixed[:, 0] += 1 - shown
    proper: FloatArray = mixed / mixed.sum(axis=1, keepdims=True)
    return proper


def train_heads(samples: Sequence[Sample], settings: HeadSettings) -> tuple[Head, ...]:
    """Train the heads of all rubrics in ``samples``, numbered from 0, together.

    The order of samples changes nothing. Calibration uses the latent scores of texts left out:
    an anchor together with all negatives of its level, which often repeat its words.

    References
    ----------
    Rifkin & Lippert (2007), Notes on Regularized Least Squares (leave-out in closed form);
    Evgeniou, Micchelli & Pontil (2005), Learning multiple tasks with kernel methods,
    https://jmlr.org/papers/v6/evgeniou05a.html
    """
    fit = _fit(samples, settings)
    n_rubrics = 1 + max(sample.rubric for sample in samples)
    return tuple(
        Head(
            fit.space,
            settings,
            fit.level.line(r),
            fit.polarity.line(r),
            fit.level_link,
            fit.polarity_link,
        )
        for r in range(n_rubrics)
    )


@dataclass(frozen=True)
class LeftOut:
    """An anchor and its level's negatives, scored by a head that saw none of them.

    ``anchor_probabilities`` has shape ``(5,)``, ``negative_probabilities`` ``(n_negatives, 5)``.
    """

    rubric: int
    level: int
    anchor_probabilities: FloatArray
    negative_probabilities: FloatArray


def leave_anchors_out(
    samples: Sequence[Sample], settings: HeadSettings | None = None
) -> tuple[LeftOut, ...]:
    """Score every anchor, and the negatives of its level, as if they were new answers.

    The two links are fitted on all such scores; with 8 numbers for hundreds of anchors this
    flatters little. Anchors are written by the authors of the rubric, so the result says more
    about the rubrics than about answers of candidates, which will be harder.
    """
    fit = _fit(samples, settings or HeadSettings())
    level_scores = fit.level.leave_out(leave_out_groups(fit.on_level))
    polarity_scores = fit.polarity.leave_out(leave_out_groups(fit.on_polarity))
    anchors = [s for s in fit.on_level if s.is_answer and s.shown]
    result = []
    for sample, level, polarity in zip(anchors, level_scores, polarity_scores, strict=True):
        about = fit.level_link.probabilities(level)
        rows = mix(about, fit.polarity_link.probabilities(polarity))
        result.append(LeftOut(sample.rubric, sample.level or 0, rows[0], rows[1:]))
    return tuple(result)


@dataclass(frozen=True)
class _Fit:
    space: Space
    on_level: list[Sample]
    on_polarity: list[Sample]
    level: _Ridge
    polarity: _Ridge
    level_link: CumulativeLogit
    polarity_link: BinaryLogit


def _fit(samples: Sequence[Sample], settings: HeadSettings) -> _Fit:
    everything = sorted(samples, key=lambda sample: sample.order)
    ordered = [sample for sample in everything if sample.rubric != NO_RUBRIC]
    space = build_space(
        [s.reading for s in ordered],
        [int(bool(s.shown)) for s in ordered],
        [s.reading for s in everything if s.rubric == NO_RUBRIC and s.original is None],
        [(s.original, s.reading) for s in everything if s.original is not None],
    )
    on_level = [sample for sample in ordered if sample.level is not None]
    on_polarity = [sample for sample in ordered if sample.shown is not None]
    level = _Ridge(
        _level_features(space, [s.reading for s in on_level], settings),
        [s.rubric for s in on_level],
        np.array([s.level for s in on_level], dtype=float),
        (settings.level_common_share, settings.level_ridge),
    )
    polarity = _Ridge(
        _polarity_features(space, [s.reading for s in on_polarity], settings),
        [s.rubric for s in on_polarity],
        np.array([s.shown for s in on_polarity], dtype=float),
        (settings.polarity_common_share, settings.polarity_ridge),
    )
    level_link = _calibrate_level(level, on_level)
    polarity_link = _calibrate_polarity(polarity, on_polarity, settings)
    return _Fit(space, on_level, on_polarity, level, polarity, level_link, polarity_link)


def leave_out_groups(samples: Sequence[Sample]) -> list[npt.NDArray[np.int_]]:
    """Return for each anchor its row, followed by the rows of its level's negatives."""
    key = [(s.rubric, s.level) if s.is_answer else None for s in samples]
    negatives = [i for i, s in enumerate(samples) if s.is_answer and s.shown is False]
    return [
        np.array([row, *(i for i in negatives if key[i] == key[row])])
        for row, sample in enumerate(samples)
        if sample.is_answer and sample.shown
    ]


Features = tuple[FloatArray, FloatArray]


def _level_features(space: Space, readings: Sequence[Reading], settings: HeadSettings) -> Features:
    share = settings.level_embedding_share
    stems = space.lexical(readings, signed=False)
    return np.sqrt(share) * space.meaning(readings), np.sqrt(1 - share) * stems


def _polarity_features(
    space: Space, readings: Sequence[Reading], settings: HeadSettings
) -> Features:
    share = settings.polarity_embedding_share
    stems = space.lexical(readings, signed=True)
    return np.sqrt(share) * space.stance(readings), np.sqrt(1 - share) * stems


def _apply(line: Line, features: Features) -> FloatArray:
    score: FloatArray = features[0] @ line.embedding + features[1] @ line.stems + line.intercept
    return score


class _Ridge:
    """Kernel ridge regression with a coupling between rubrics, and its exact leave-group-out.

    ``strength`` is the weight of the common kernel and the ridge.
    """

    def __init__(
        self,
        features: Features,
        rubrics: Sequence[int],
        target: FloatArray,
        strength: tuple[float, float],
    ) -> None:
        self.features = features
        self.rubrics = np.array(rubrics)
        self.target = target
        self.common, ridge = strength
        self.intercept = float(target.mean())
        coupling = (self.rubrics[:, None] == self.rubrics[None, :]) + self.common
        kernel = (features[0] @ features[0].T + features[1] @ features[1].T) * coupling
        inverse = np.linalg.inv(kernel + ridge * np.eye(len(target)))
        self.hat = kernel @ inverse
        self.dual = inverse @ (target - self.intercept)

    def leave_out(self, groups: Sequence[npt.NDArray[np.int_]]) -> list[FloatArray]:
        """Return for each group the scores of its rows by a fit without these rows."""
        error = (self.target - self.intercept) - self.hat @ (self.target - self.intercept)
        result = []
        for rows in groups:
            own = np.eye(len(rows)) - self.hat[np.ix_(rows, rows)]
            result.append(self.target[rows] - np.linalg.solve(own, error[rows]))
        return result

    def line(self, rubric: int) -> Line:
        """Return the weights that score answers to one rubric."""
        weights = self.dual * ((self.rubrics == rubric) + self.common)
        return Line(weights @ self.features[0], weights @ self.features[1], self.intercept)


def _calibrate_level(ridge: _Ridge, samples: Sequence[Sample]) -> CumulativeLogit:
    groups = leave_out_groups(samples)
    scores = np.array([left_out[0] for left_out in ridge.leave_out(groups)])
    return fit_cumulative(scores, ridge.target[[rows[0] for rows in groups]].astype(int))


def _calibrate_polarity(
    ridge: _Ridge, samples: Sequence[Sample], settings: HeadSettings
) -> BinaryLogit:
    groups = leave_out_groups(samples)
    scores = np.concatenate(ridge.leave_out(groups))
    shown = ridge.target[np.concatenate(groups)] > 0.5
    return fit_binary(scores, shown, settings.violated_share)
