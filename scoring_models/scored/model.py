"""A model of one prompt, trained on human scores: distribution, expected level, spread, level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring_models.errors import TrainingDataError
from scoring_models.scored.features import Prompt, Texts
from scoring_models.scored.kernels import Seen, Views, learn_views
from scoring_models.scored.learners import Learners, fit_learners
from scoring_models.scored.link import Rounding, fit_rounding
from scoring_models.scored.prior import Borrowed, Prior, borrow
from scoring_models.scored.ridge import weigh_kernels
from scoring_models.scored.selective import (
    Selection,
    cost_limit,
    expected_risk,
    learn_selection,
)
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
    that level from a human one; ``cost``, by which answers are left to people (``Selection``).
    """

    probabilities: FloatArray
    expected: FloatArray
    spread: FloatArray
    decided: IntArray
    risk: FloatArray
    cost: FloatArray


@dataclass(frozen=True)
class Contradiction:
    """The same text, scored differently: its rows and their scores."""

    rows: tuple[int, ...]
    scores: tuple[int, ...]


@dataclass(frozen=True)
class AnswerModel:
    """A trained model. ``costs`` are those of its training answers, each predicted by the rest.

    ``borrowed`` reads a prior of other prompts, if the model was trained with one;
    ``seen_borrowed`` is its column for the training answers.
    """

    lowest: int
    highest: int
    prompt: Prompt
    views: Views
    seen: Seen
    borrowed: Borrowed | None
    seen_borrowed: FloatArray
    weights: FloatArray
    learners: Learners
    rounding: Rounding
    selection: Selection
    costs: FloatArray
    versions: Mapping[str, str]

    def score(self, answers: Texts) -> Predicted:
        """Score answers.

        Raises
        ------
        TrainingDataError
            If the vectors of an encoder that the model was trained with are missing.
        """
        kernels = self.views.between(self.views.see(answers, self.prompt), self.seen)
        own = np.full(len(answers), self.weights[: len(kernels)].sum())
        if self.borrowed is not None:
            column = self.borrowed.column(answers)
            kernels.append(np.outer(column, self.seen_borrowed))
            own += self.weights[-1] * column**2
        kernel = weighted_sum(self.weights, kernels)
        probabilities = self.learners.probabilities(kernel, own)
        return conclude(probabilities, self.lowest, self.rounding, self.selection)

    @property
    def slope(self) -> float:
        """Logits of the cumulative probabilities for one level of the ridge's latent score."""
        link = self.learners.ridge.link
        return link.slope / link.scale

    def limit(self, coverage: float) -> float:
        """Return the cost up to which to score so that about ``coverage`` of answers are."""
        return cost_limit(self.costs, coverage)


@dataclass(frozen=True)
class Trained:
    """A model, with what its training answers say of it.

    ``left_out`` holds the prediction of each answer (in the order given) by learners that had not
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
    prior: Prior | None = None,
    versions: Mapping[str, str] | None = None,
) -> Trained:
    """Train a model of one prompt.

    Several kernels, whose weights (lambda among them) minimise the exact leave-one-out error of
    kernel ridge regression; then two learners on their sum (``fit_learners``). Copies of a text
    count as one answer with the mean of their scores and less noise, and are left out together.
    The result does not depend on the order of answers.

    Parameters
    ----------
    answers : Texts
        With the vectors of one encoder or more.
    scores : sequence of int
        Human levels, ``lowest`` to ``highest``.
    prior : Prior, optional
        Learned on other prompts (``few.learn_shared``); what it expects of an answer becomes one
        more kernel, weighed like the others.
    versions : mapping, optional
        What to record with the model, such as encoder versions.

    Raises
    ------
    TrainingDataError
        If lengths differ, fewer than ``FEWEST_ANSWERS`` distinct answers came, a score lies
        outside the scale, all are of one level, or a prior came for a prompt without a key.
    """
    levels = _checked(answers, scores, lowest, highest)
    groups = copies(answers.texts)
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
    borrowed, column = (None, np.zeros(0)) if prior is None else borrow(prior, distinct, prompt)
    if borrowed is not None:
        kernels.append(np.outer(column, column))
        start = np.append(start, 0.0)  # a standardised column of signal beside noise of 1
    weights = np.exp(weigh_kernels(kernels, means, counts, start, _PULL))

    place = np.empty(len(levels), dtype=np.int_)
    for number, rows in enumerate(groups):
        place[rows] = number
    kernel = weighted_sum(weights, kernels)
    learners, probabilities = fit_learners(kernel, place, levels, lowest, highest)
    rounding, selection = _decisions(probabilities, place, levels, lowest, highest)
    left_out = conclude(probabilities, lowest, rounding, selection)
    model = AnswerModel(
        lowest,
        highest,
        prompt,
        views,
        seen,
        borrowed,
        column,
        weights,
        learners,
        rounding,
        selection,
        np.sort(left_out.cost),
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
    prior: Prior | None = None,
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
            prior=prior,
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


def copies(texts: Sequence[str]) -> list[IntArray]:
    """Return rows of each distinct text, in the order of the texts: input order has no effect."""
    groups: dict[str, list[int]] = {}
    for row in sorted(range(len(texts)), key=lambda row: texts[row]):
        groups.setdefault(folded(texts[row]), []).append(row)
    return [np.array(groups[key], dtype=np.int_) for key in sorted(groups)]


def gather(parts: Sequence[tuple[IntArray, Predicted]], n: int) -> Predicted:
    """Put predictions of disjoint rows together, ``n`` rows in all."""
    order = np.concatenate([rows for rows, _ in parts])
    back = np.empty(n, dtype=np.int_)
    back[order] = np.arange(n)
    joined = (
        np.concatenate([getattr(part, name) for _, part in parts])[back]
        for name in ("probabilities", "expected", "spread", "decided", "risk", "cost")
    )
    return Predicted(*joined)


def conclude(
    probabilities: FloatArray, lowest: int, rounding: Rounding, selection: Selection
) -> Predicted:
    """Conclude expected levels, levels decided, risks and costs from distributions."""
    highest = lowest + probabilities.shape[1] - 1
    scale = np.arange(lowest, highest + 1)
    expected = probabilities @ scale
    spread = np.sqrt(np.maximum(probabilities @ scale**2 - expected**2, 0))
    decided = rounding.decide(expected, lowest, highest)
    risk = expected_risk(probabilities, decided, lowest)
    cost = selection.costs(probabilities, decided, lowest)
    return Predicted(probabilities, expected, spread, decided, risk, cost)


def weighted_sum(weights: FloatArray, kernels: Sequence[FloatArray]) -> FloatArray:
    """Return the sum of weight x kernel."""
    total = np.zeros_like(kernels[0])
    for weight, kernel in zip(weights, kernels, strict=True):
        total += weight * kernel
    return total


def _decisions(
    probabilities: FloatArray, place: IntArray, levels: IntArray, lowest: int, highest: int
) -> tuple[Rounding, Selection]:
    """Learn from left-out distributions how to decide levels, and what to leave to people."""
    order = np.lexsort((levels, place))  # one order however the answers were sorted
    probabilities, levels = probabilities[order], levels[order]
    expected = probabilities @ np.arange(lowest, highest + 1)
    rounding = fit_rounding(expected, levels, np.ones(len(levels)))
    decided = rounding.decide(expected, lowest, highest)
    return rounding, learn_selection(probabilities, decided, lowest)


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


def _contradictions(groups: Sequence[IntArray], levels: IntArray) -> tuple[Contradiction, ...]:
    return tuple(
        Contradiction(tuple(map(int, rows)), tuple(map(int, levels[rows])))
        for rows in map(np.sort, groups)
        if len(np.unique(levels[rows])) > 1
    )
