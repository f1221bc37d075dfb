"""A model of one prompt, trained on human scores: distribution, expected level, spread, level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring_models.errors import TrainingDataError
from scoring_models.scored.features import Prompt, Texts
from scoring_models.scored.kernels import Seen, Views, learn_views
from scoring_models.scored.link import Link, Rounding, fit_link, fit_rounding
from scoring_models.scored.ridge import fit_ridge, inverse_of, new_variances, weigh_kernels
from scoring_models.scored.selective import expected_risk, risk_limit
from scoring_models.scored.terms import folded

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int_]

FEWEST_ANSWERS = 10
_TOTAL = 4.0  # signal variance in units of noise, before the data speak
_PULL = 2.0


@dataclass(frozen=True)
class Predicted:
    """Scores of answers, one row an answer.

    ``probabilities`` over the levels from lowest to highest; ``expected`` level and ``spread``,
    its standard deviation; ``decided``, a whole level; ``risk``, the expected squared distance of
    that level from a human one.
    """

    probabilities: FloatArray
    expected: FloatArray
    spread: FloatArray
    decided: IntArray
    risk: FloatArray


@dataclass(frozen=True)
class Contradiction:
    """The same text, scored differently: its rows and their scores."""

    rows: tuple[int, ...]
    scores: tuple[int, ...]


@dataclass(frozen=True)
class AnswerModel:
    """A trained model. ``risks`` are those of its training answers, each predicted by the rest."""

    lowest: int
    highest: int
    prompt: Prompt
    views: Views
    seen: Seen
    weights: FloatArray
    coefficients: FloatArray
    intercept: float
    inverse: FloatArray
    link: Link
    rounding: Rounding
    risks: FloatArray
    versions: Mapping[str, str]

    def score(self, answers: Texts) -> Predicted:
        """Score answers.

        Raises
        ------
        TrainingDataError
            If the vectors of an encoder that the model was trained with are missing.
        """
        kernel = self._kernel(answers)
        latents = self.intercept + kernel @ self.coefficients
        variances = new_variances(self.inverse, kernel, float(self.weights.sum()))
        return conclude(self.link, self.rounding, latents, variances, self.highest)

    def limit(self, coverage: float) -> float:
        """Return the risk up to which to score so that about ``coverage`` of answers are."""
        return risk_limit(self.risks, coverage)

    def _kernel(self, answers: Texts) -> FloatArray:
        kernels = self.views.between(self.views.see(answers, self.prompt), self.seen)
        return weighted_sum(self.weights, kernels)


@dataclass(frozen=True)
class Trained:
    """A model, with what its training answers say of it.

    ``left_out`` holds the prediction of each answer (in the order given) by a ridge that had not
    seen its text; link and kernel weights had, so that acceptance asks for cross-validation.
    """

    model: AnswerModel
    left_out: Predicted
    contradictions: tuple[Contradiction, ...]


def train_model(
    answers: Texts,
    scores: Sequence[int] | IntArray,
    prompt: Prompt,
    lowest: int,
    highest: int,
    *,
    common_weights: Mapping[str, float] | None = None,
    versions: Mapping[str, str] | None = None,
) -> Trained:
    """Train a model of one prompt.

    Kernel ridge regression on several kernels, whose weights (lambda among them) minimise the
    exact leave-one-out error; then a cumulative logit on the leave-one-out latents. Copies of a
    text count as one answer with the mean of their scores and less noise, and are left out
    together. The result does not depend on the order of answers.

    Parameters
    ----------
    answers : Texts
        With the vectors of one encoder or more.
    scores : sequence of int
        Human levels, ``lowest`` to ``highest``.
    common_weights : mapping, optional
        Log weights by kernel name to which this prompt's are pulled, such as the mean of other
        prompts'; left out, equal weights.
    versions : mapping, optional
        What to record with the model, such as encoder versions.

    Raises
    ------
    TrainingDataError
        If lengths differ, fewer than ``FEWEST_ANSWERS`` distinct answers came, a score lies
        outside the scale, or all are of one level.
    """
    levels = _checked(answers, scores, lowest, highest)
    groups = _copies(answers)
    if len(groups) < FEWEST_ANSWERS:
        came = f"{len(groups)} distinct answers came"
        raise TrainingDataError(f"{came}, expected {FEWEST_ANSWERS} or more")
    counts = np.array([len(rows) for rows in groups], dtype=np.float64)
    means = np.array([levels[rows].mean() for rows in groups])
    distinct = answers.take(np.array([rows[0] for rows in groups]))

    views = learn_views(distinct, prompt)
    seen = views.see(distinct, prompt)
    kernels = views.between(seen, seen)
    start = np.full(len(kernels), np.log(_TOTAL / len(kernels)))
    if common_weights is not None:
        start = np.array([common_weights[name] for name in views.names])
    weights = np.exp(weigh_kernels(kernels, means, counts, start, _PULL))
    kernel = weighted_sum(weights, kernels)
    ridge = fit_ridge(kernel, means, counts)

    place = np.empty(len(levels), dtype=np.int_)
    for number, rows in enumerate(groups):
        place[rows] = number
    order = np.lexsort((levels, place))  # one order however the answers were sorted
    latents, variances = ridge.left_out[place], ridge.left_out_variance[place]
    ones = np.ones(len(levels))
    link = fit_link(latents[order], variances[order], levels[order], ones, lowest, highest)
    scale = np.arange(lowest, highest + 1)
    expected = link.probabilities(latents[order], variances[order]) @ scale
    rounding = fit_rounding(expected, levels[order], ones)
    left_out = conclude(link, rounding, latents, variances, highest)
    inverse = inverse_of(kernel, counts)
    model = AnswerModel(
        lowest,
        highest,
        prompt,
        views,
        seen,
        weights,
        ridge.coefficients,
        ridge.intercept,
        inverse,
        link,
        rounding,
        np.sort(left_out.risk),
        dict(versions or {}),
    )
    return Trained(model, left_out, _contradictions(groups, levels))


def cross_validate(
    answers: Texts,
    scores: Sequence[int] | IntArray,
    prompt: Prompt,
    lowest: int,
    highest: int,
    *,
    common_weights: Mapping[str, float] | None = None,
    n_folds: int = 5,
    seed: int = 20240,
) -> Predicted:
    """Predict every answer by a model that saw none of its copies; for ``stages.acceptance``.

    Raises
    ------
    TrainingDataError
        As ``train_model``, for the training part of any fold.
    """
    levels = _checked(answers, scores, lowest, highest)
    fold = folds_of(answers.texts, n_folds, seed)
    parts = []
    for number in range(n_folds):
        train, test = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        trained = train_model(
            answers.take(train),
            levels[train],
            prompt,
            lowest,
            highest,
            common_weights=common_weights,
        )
        parts.append((test, trained.model.score(answers.take(test))))
    return gather(parts, len(levels))


def folds_of(texts: Sequence[str], n_folds: int, seed: int) -> IntArray:
    """Return a fold number a text; texts of the same letters and digits share one."""
    keys = [folded(text) for text in texts]
    distinct = sorted(set(keys))
    dealt = np.random.default_rng(seed).permutation(len(distinct)) % n_folds
    fold = dict(zip(distinct, dealt, strict=True))
    return np.array([fold[key] for key in keys], dtype=np.int_)


def gather(parts: Sequence[tuple[IntArray, Predicted]], n: int) -> Predicted:
    """Put predictions of disjoint rows together, ``n`` rows in all."""
    order = np.concatenate([rows for rows, _ in parts])
    back = np.empty(n, dtype=np.int_)
    back[order] = np.arange(n)
    joined = (
        np.concatenate([getattr(part, name) for _, part in parts])[back]
        for name in ("probabilities", "expected", "spread", "decided", "risk")
    )
    return Predicted(*joined)


def conclude(
    link: Link, rounding: Rounding, latents: FloatArray, variances: FloatArray, highest: int
) -> Predicted:
    """Turn latents and their variances into distributions and levels."""
    probabilities = link.probabilities(latents, variances)
    scale = np.arange(link.lowest, highest + 1)
    expected = probabilities @ scale
    spread = np.sqrt(np.maximum(probabilities @ scale**2 - expected**2, 0))
    decided = rounding.decide(expected, link.lowest, highest)
    risk = expected_risk(probabilities, decided, link.lowest)
    return Predicted(probabilities, expected, spread, decided, risk)


def weighted_sum(weights: FloatArray, kernels: Sequence[FloatArray]) -> FloatArray:
    """Return the sum of weight x kernel."""
    total = np.zeros_like(kernels[0])
    for weight, kernel in zip(weights, kernels, strict=True):
        total += weight * kernel
    return total


def _checked(
    answers: Texts, scores: Sequence[int] | IntArray, lowest: int, highest: int
) -> IntArray:
    levels = np.asarray(scores)
    if levels.shape != (len(answers),):
        raise TrainingDataError(f"{len(answers)} answers and scores of shape {levels.shape} came")
    whole = levels.astype(np.int_)
    outside = np.flatnonzero((whole != levels) | (whole < lowest) | (whole > highest))
    if outside.size:
        first = outside[0]
        expected = f"expected a whole level from {lowest} to {highest}"
        raise TrainingDataError(f"answer {first} has score {levels[first]}, {expected}")
    if len(np.unique(whole)) < 2:
        raise TrainingDataError("all scores are of one level, expected two levels or more")
    return whole


def _copies(answers: Texts) -> list[IntArray]:
    """Rows of each distinct text, in the order of the texts, so that input order has no effect."""
    groups: dict[str, list[int]] = {}
    for row in sorted(range(len(answers)), key=lambda row: answers.texts[row]):
        groups.setdefault(folded(answers.texts[row]), []).append(row)
    return [np.array(groups[key], dtype=np.int_) for key in sorted(groups)]


def _contradictions(groups: Sequence[IntArray], levels: IntArray) -> tuple[Contradiction, ...]:
    return tuple(
        Contradiction(tuple(map(int, rows)), tuple(map(int, levels[rows])))
        for rows in groups
        if len(np.unique(levels[rows])) > 1
    )
