"""A prompt with few human scores: the prior of other prompts, corrected by a residual model.

score = prior + offset + slope x (prior - middle) + residual, all of them Gaussian. How much each
may vary is learned by rehearsal: on prompts that have many scores, as if they had few.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from scoring_models.agreement import quadratic_weighted_kappa
from scoring_models.errors import AgreementError, TrainingDataError
from scoring_models.scored.diversity import diverse_order
from scoring_models.scored.features import Prompt, Texts, unit
from scoring_models.scored.kernels import Seen, Views, learn_views
from scoring_models.scored.link import Link, Rounding
from scoring_models.scored.model import Predicted, conclude, weighted_sum
from scoring_models.scored.prior import (
    Prior,
    PriorView,
    fit_prior,
    learn_prior_view,
    prior_features,
)
from scoring_models.scored.selective import Selection

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int_]

FEWEST_PROMPTS = 5
"""From which something common can be learnt; as many groups are rehearsed in turn."""
_MIDDLE = 0.45
_PULL = 0.002
_STRETCHES = np.arange(1.0, 1.61, 0.1)
_MOST_STEPS = 15


@dataclass(frozen=True)
class Rehearsal:
    """A prompt with many scores, played as if only ``chosen`` answers had one.

    ``relative`` are human scores between 0 and 1, ``steps`` the number of levels less one;
    ``kernels`` stand between all answers and the chosen ones.
    """

    features: FloatArray
    relative: FloatArray
    steps: int
    chosen: IntArray
    kernels: list[FloatArray]


@dataclass(frozen=True)
class Shared:
    """What prompts share: prior, log variances in units of the noise, link and stretch.

    ``log_variances``: offset, slope, then one a kernel. ``slope`` and ``widening`` as in ``Link``,
    in logits a level.
    """

    prior: Prior
    log_variances: FloatArray
    slope: float
    widening: float
    stretch: float


@dataclass(frozen=True)
class FewModel:
    """A model of one prompt from few scores, used as an ``AnswerModel`` is."""

    lowest: int
    highest: int
    prompt: Prompt
    shared: Shared
    views: Views
    prior_view: PriorView
    seen: Seen
    seen_prior: FloatArray
    residual: FloatArray
    rounding: Rounding
    versions: Mapping[str, str]

    def score(self, answers: Texts) -> Predicted:
        """Score answers to the prompt."""
        latents, variances = self._latents(answers)
        steps = self.highest - self.lowest
        link = _link(self.shared.slope, self.shared.widening, self.lowest, steps)
        by_risk = Selection(self.rounding.centre, 0.0)
        probabilities = link.probabilities(latents, variances)
        return conclude(probabilities, self.lowest, self.rounding, by_risk)

    @property
    def slope(self) -> float:
        """Logits of the cumulative probabilities for one level of the latent score."""
        return self.shared.slope

    def _latents(self, answers: Texts) -> tuple[FloatArray, FloatArray]:
        kernels = self.views.between(self.views.see(answers, self.prompt), self.seen)
        known = self.views.between(self.seen, self.seen)
        prior = self.shared.prior.relative(self.prior_view.features(answers))
        relative, variances = _posterior(
            self.shared.log_variances,
            prior,
            kernels,
            self.seen_prior,
            known,
            self.residual + self.seen_prior,
        )
        return self.lowest + (self.highest - self.lowest) * relative, variances


def to_score_first(answers: Texts, count: int) -> IntArray:
    """Return rows of the answers that people should score first, by diversity of meaning."""
    parts = []
    for name in sorted(answers.vectors):
        rows = unit(answers.vectors[name])
        parts.append(unit(rows - rows.mean(axis=0)))
    return diverse_order(np.hstack(parts), count)


def rehearse(
    answers: Texts,
    scores: IntArray | FloatArray,
    prompt: Prompt,
    lowest: int,
    highest: int,
    count: int = 10,
) -> Rehearsal:
    """Prepare a prompt with many scores to teach the others as if it had ``count``."""
    chosen = to_score_first(answers, count)
    views = learn_views(answers, prompt)
    seen, few = views.see(answers, prompt), views.see(answers.take(chosen), prompt)
    relative = (np.asarray(scores, dtype=np.float64) - lowest) / (highest - lowest)
    _, features = prior_features(answers, prompt)
    return Rehearsal(features, relative, highest - lowest, chosen, views.between(seen, few))


def learn_shared(rehearsals: Sequence[Rehearsal]) -> Shared:
    """Learn from prompts with many scores what a prompt with few will need.

    Prompts are dealt to five groups; each is rehearsed with a prior of the other groups, and
    variances, link and stretch are chosen so that unscored answers come out best. The prior
    returned is then fitted on all prompts.

    Raises
    ------
    TrainingDataError
        If fewer than five prompts came.
    """
    if len(rehearsals) < FEWEST_PROMPTS:
        came = f"{len(rehearsals)} prompts came"
        raise TrainingDataError(f"{came}, expected {FEWEST_PROMPTS} or more")
    priors: list[FloatArray] = [np.zeros(0)] * len(rehearsals)
    for group in range(FEWEST_PROMPTS):
        others = [r for i, r in enumerate(rehearsals) if i % FEWEST_PROMPTS != group]
        prior = fit_prior([r.features for r in others], [r.relative for r in others])
        for i in range(group, len(rehearsals), FEWEST_PROMPTS):
            priors[i] = prior.relative(rehearsals[i].features)
    log_variances = _learn_variances(rehearsals, priors)
    played = [_play(log_variances, r, p) for r, p in zip(rehearsals, priors, strict=True)]
    slope, widening = _learn_link(rehearsals, played)
    stretch = _learn_stretch(rehearsals, played, slope, widening)
    prior = fit_prior([r.features for r in rehearsals], [r.relative for r in rehearsals])
    return Shared(prior, log_variances, slope, widening, stretch)


def train_few(
    shared: Shared,
    pool: Texts,
    rows: IntArray,
    scores: IntArray | FloatArray,
    prompt: Prompt,
    lowest: int,
    highest: int,
    versions: Mapping[str, str] | None = None,
) -> FewModel:
    """Train a model of a prompt from the scores of a few answers of ``pool``.

    Parameters
    ----------
    pool : Texts
        All answers at hand.
    rows, scores : arrays of shape (n,)
        Which of them were scored, best those of ``to_score_first``, and their levels; the mean
        where several people scored one.
    versions : mapping, optional
        What to record with the model, such as encoder versions.

    Raises
    ------
    TrainingDataError
        If no score came, lengths differ, or a score lies outside the scale.
    """
    if len(rows) == 0 or len(rows) != len(scores):
        raise TrainingDataError(f"{len(rows)} answers and {len(scores)} scores came")
    if min(scores) < lowest or max(scores) > highest:
        raise TrainingDataError(f"a score lies outside the scale from {lowest} to {highest}")
    few = pool.take(rows)
    views = learn_views(pool, prompt)
    relative = (np.asarray(scores, dtype=np.float64) - lowest) / (highest - lowest)
    prior_view = learn_prior_view(pool, prompt)
    prior = shared.prior.relative(prior_view.features(few))
    seen = views.see(few, prompt)
    flat = Rounding(0.0, 1.0)
    parts = (lowest, highest, prompt, shared, views, prior_view, seen, prior, relative - prior)
    recorded = dict(versions or {})
    usual = float(FewModel(*parts, flat, recorded).score(pool).expected.mean())
    return FewModel(*parts, Rounding(usual, shared.stretch), recorded)


def _posterior(
    log_variances: FloatArray,
    prior: FloatArray,
    kernels: Sequence[FloatArray],
    seen_prior: FloatArray,
    seen_kernels: Sequence[FloatArray],
    seen_scores: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return posterior means (relative) and variances of a score (in units of the noise)."""
    variances = np.exp(log_variances)
    mine, theirs = prior - _MIDDLE, seen_prior - _MIDDLE
    cross = variances[0] + variances[1] * np.outer(mine, theirs)
    cross += weighted_sum(variances[2:], kernels)
    among = variances[0] + variances[1] * np.outer(theirs, theirs)
    among += weighted_sum(variances[2:], seen_kernels) + np.eye(len(theirs))
    projected = np.linalg.solve(among, cross.T).T
    own = variances[0] + variances[1] * mine**2 + variances[2:].sum()
    left = np.maximum(own - np.einsum("ij,ij->i", projected, cross), 0)
    return prior + projected @ (seen_scores - seen_prior), 1 + left


def _play(
    log_variances: FloatArray, rehearsal: Rehearsal, prior: FloatArray
) -> tuple[FloatArray, FloatArray]:
    chosen = rehearsal.chosen
    among = [kernel[chosen] for kernel in rehearsal.kernels]
    scores = rehearsal.relative[chosen]
    return _posterior(log_variances, prior, rehearsal.kernels, prior[chosen], among, scores)


def _learn_variances(rehearsals: Sequence[Rehearsal], priors: Sequence[FloatArray]) -> FloatArray:
    n_kernels = len(rehearsals[0].kernels)
    # slope in relative units: the prior spreads over about a fifth of the scale
    start = np.concatenate([[0.0, np.log(25) - 1], np.full(n_kernels, np.log(2 / n_kernels))])

    def loss(log_variances: FloatArray) -> float:
        errors = []
        for rehearsal, prior in zip(rehearsals, priors, strict=True):
            means, _ = _play(log_variances, rehearsal, prior)
            squared = float(((means - rehearsal.relative) ** 2).mean())
            errors.append(squared / (0.012 + float(rehearsal.relative.var())))
        away = log_variances - start
        return float(np.mean(errors)) + _PULL * float((away**2).mean())

    bounds = [(value - 6, value + 6) for value in start]
    found = minimize(
        loss, start, method="L-BFGS-B", bounds=bounds, options={"maxiter": _MOST_STEPS}
    )
    return np.asarray(found.x)


def _learn_link(
    rehearsals: Sequence[Rehearsal], played: Sequence[tuple[FloatArray, FloatArray]]
) -> tuple[float, float]:
    def loss(parameters: FloatArray) -> float:
        total = 0.0
        for rehearsal, (means, variances) in zip(rehearsals, played, strict=True):
            steps = rehearsal.steps
            link = _link(float(np.exp(parameters[0])), float(np.exp(parameters[1])), 0, steps)
            levels = np.rint(rehearsal.relative * steps).astype(int)
            rows = np.arange(len(levels))
            chosen = link.probabilities(means * steps, variances)[rows, levels]
            total -= float(np.log(np.maximum(chosen, 1e-12)).mean())
        return total / len(rehearsals) + 0.001 * float((parameters**2).sum())

    found = minimize(loss, np.array([0.5, -1.0]), method="Nelder-Mead")
    slope, widening = np.exp(found.x)
    return float(slope), float(widening)


def _learn_stretch(
    rehearsals: Sequence[Rehearsal],
    played: Sequence[tuple[FloatArray, FloatArray]],
    slope: float,
    widening: float,
) -> float:
    kappas = np.zeros(len(_STRETCHES))
    for rehearsal, (means, variances) in zip(rehearsals, played, strict=True):
        steps = rehearsal.steps
        link = _link(slope, widening, 0, steps)
        expected = link.probabilities(means * steps, variances) @ np.arange(steps + 1)
        human = rehearsal.relative * steps
        for place, stretch in enumerate(_STRETCHES):
            machine = Rounding(float(expected.mean()), stretch).decide(expected, 0, steps)
            try:
                kappas[place] += quadratic_weighted_kappa(machine, human)
            except AgreementError:
                continue
    return float(_STRETCHES[int(np.argmax(kappas))])


def _link(slope: float, widening: float, lowest: int, steps: int) -> Link:
    """Cut points half-way between levels: a latent of exactly 3 is most likely a 3."""
    thresholds = slope * (np.arange(steps, dtype=np.float64) + 0.5)
    return Link(lowest, float(lowest), 1.0, slope, widening, thresholds)
