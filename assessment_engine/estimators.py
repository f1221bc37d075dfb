"""Point estimates of ability by name: EAP, MAP, MAP under Jeffreys' prior, ML, and WLE.

Abilities are in logits, D = 1. Every estimate lies between two fences, the ends of the posterior's
grid, and says so where it would lie beyond them. A soft score is a likelihood over categories; its
item informs by the share of its information that the score leaves (see :func:`estimate`).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, TypeAlias, get_args

import numpy as np

from assessment_engine.density import Answers, Posterior, collect, log_likelihood
from assessment_engine.errors import ConvergenceError, RulesError
from assessment_engine.irt import Derivatives, FloatArray, ItemArrays
from assessment_engine.pool import LEAST_LIKELIHOOD, ItemPool
from assessment_engine.records import Response
from assessment_engine.rules import Method

METHODS: tuple[Method, ...] = get_args(Method)

TOLERANCE = 1e-10  # logits
MOST_STEPS = 200
FLAT = 1e-9  # a log-likelihood that varies less over the grid tells nothing


@dataclass(frozen=True, slots=True)
class Estimate:
    """Ability and its standard error, logits.

    ``se`` is infinite where the answers tell nothing. ``at_fence``: the estimate would lie beyond
    the grid, so that ``theta`` is the grid's end instead.
    """

    theta: float
    se: float
    at_fence: bool = False


class Slope(NamedTuple):
    """An estimating equation at one ability: its value, and the precision that it leaves."""

    value: float
    precision: float


Equation: TypeAlias = Callable[[float], Slope]


def estimate(
    method: Method,
    pool: ItemPool,
    responses: Sequence[Response],
    density: Posterior,
    prior_mean: float = 0.0,
    prior_sd: float = 1.0,
) -> Estimate:
    """Ability by a named method.

    Parameters
    ----------
    method : {"EAP", "MAP", "MAP Jeffreys", "ML", "WLE"}
        Posterior mean; posterior mode under the normal prior; posterior mode under Jeffreys' prior,
        the square root of the test information; maximum likelihood; Warm's weighted likelihood,
        which takes the first-order bias J / (2 I) from the likelihood equation.
    pool : ItemPool
    responses : sequence of Response
        Answers to items of one dimension, in any order.
    density : Posterior
        Of these responses under the normal prior. The ends of its grid are the fences.
    prior_mean, prior_sd : float
        Of the normal prior, logits.

    Returns
    -------
    Estimate
        ``se`` as catR defines it: the posterior standard deviation for EAP; otherwise
        ``(I + c)**-0.5`` at ``theta``, with c the curvature of the log prior for the two modes,
        1 / prior_sd**2 and (I'**2 - I I'') / (2 I**2), and 0 for ML and WLE. Without an answer that
        informs, ML, WLE and Jeffreys' mode are the prior mean with an infinite ``se``.

    Raises
    ------
    RulesError
        If the method is unknown.
    UnknownItemError, ResponseError
        As :func:`assessment_engine.posterior`.
    ConvergenceError
        If a root is not found to 1e-10 logits.

    Notes
    -----
    Of several modes the highest between the fences counts. With soft scores l, the likelihood of an
    answer is the sum over k of l_k P_k. I is the expected information less the variance of the
    complete score given the answer (Louis 1982). In the corrections of WLE and Jeffreys' mode the
    I and J of an item are multiplied by its share 1 - variance / I, not below 0: 1 for a certain
    score, 0 for one that says nothing.

    References
    ----------
    Bock & Mislevy (1982), doi:10.1177/014662168200600405; Warm (1989), doi:10.1007/BF02294627;
    Magis (2015), doi:10.1007/s11336-013-9378-5, for polytomous items;
    Magis & Raîche (2012), doi:10.18637/jss.v048.i08; Louis (1982),
    doi:10.1111/j.2517-6161.1982.tb01203.x
    """
    if method == "EAP":
        return Estimate(density.mean, density.sd)
    if method not in EQUATIONS:
        raise RulesError(
            f"no method {method!r} of estimating ability; expected one of {', '.join(METHODS)}"
        )
    uninformed = Estimate(prior_mean, prior_sd if method == "MAP" else math.inf)
    if not responses:
        return uninformed
    height = log_likelihood(pool, responses, density.grid)
    if method != "MAP" and float(np.ptp(height)) < FLAT:
        return uninformed
    prior = Normal(prior_mean, prior_sd)
    equation, bend = EQUATIONS[method](collect(pool, responses), prior, density.grid)
    return _highest(equation, density.grid, height + bend)


class Normal(NamedTuple):
    """A normal prior, logits."""

    mean: float
    sd: float


def _mode(answers: Answers, prior: Normal, grid: FloatArray) -> tuple[Equation, FloatArray]:
    items, precision = answers.arrays, prior.sd**-2

    def equation(theta: float) -> Slope:
        score, information = _score(items, answers.soft, theta)
        return Slope(score - (theta - prior.mean) * precision, information + precision)

    return equation, -0.5 * precision * (grid - prior.mean) ** 2


def _likelihood(answers: Answers, _: Normal, grid: FloatArray) -> tuple[Equation, FloatArray]:
    items = answers.arrays
    return lambda theta: Slope(*_score(items, answers.soft, theta)), np.zeros_like(grid)


def _jeffreys(answers: Answers, _: Normal, grid: FloatArray) -> tuple[Equation, FloatArray]:
    items = answers.arrays

    def equation(theta: float) -> Slope:
        score, precision, shared = _with_moments(items, answers.soft, theta)
        information, slope, bend, _ = shared
        if information == 0.0:
            return Slope(score, precision)
        curvature = (slope**2 - bend * information) / (2.0 * information**2)
        return Slope(score + slope / (2.0 * information), precision + curvature)

    information, slope, _, _ = _on_grid(answers, grid)
    return equation, _rise(slope, information, grid)


def _warm(answers: Answers, _: Normal, grid: FloatArray) -> tuple[Equation, FloatArray]:
    items = answers.arrays

    def equation(theta: float) -> Slope:
        score, precision, shared = _with_moments(items, answers.soft, theta)
        information, _, _, bias = shared
        return Slope(score + (bias / (2.0 * information) if information else 0.0), precision)

    information, _, _, bias = _on_grid(answers, grid)
    return equation, _rise(bias, information, grid)


Maker: TypeAlias = Callable[[Answers, Normal, FloatArray], tuple[Equation, FloatArray]]
EQUATIONS: Mapping[str, Maker] = MappingProxyType(
    {"MAP": _mode, "MAP Jeffreys": _jeffreys, "ML": _likelihood, "WLE": _warm}
)
"""By method: its estimating equation, and what its logarithm adds to the log-likelihood."""


def _rise(above: FloatArray, information: FloatArray, grid: FloatArray) -> FloatArray:
    """Integral of above / (2 I) from the lower fence to each node."""
    slope = np.divide(above, 2.0 * information, out=np.zeros_like(above), where=information > 0.0)
    panels = 0.5 * (slope[1:] + slope[:-1]) * np.diff(grid)
    return np.concatenate(([0.0], np.cumsum(panels)))


def _on_grid(answers: Answers, grid: FloatArray) -> FloatArray:
    """Sums of shared moments, (4, n_points); from tables where every score is certain."""
    if (np.count_nonzero(answers.soft, axis=1) == 1).all():
        total: FloatArray = answers.items.moments(grid)[:, answers.places].sum(axis=1)
        return total
    return _shared(answers.arrays.derivatives(grid), answers.soft)[2]


def _with_moments(
    items: ItemArrays, soft: FloatArray, theta: float
) -> tuple[float, float, list[float]]:
    """As :func:`_score`, with the sums of I, I', I'' and J by share."""
    score, left, total = _shared(items.derivatives(np.array([theta])), soft)
    return float(score[0]), float(left[0]), total[:, 0].tolist()


def _shared(found: Derivatives, soft: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Score and information left, (n_theta,); I, I', I'' and J by share, (4, n_theta)."""
    by_item = found.moments()
    weight = soft[:, :, np.newaxis] * found.p
    weight /= np.maximum(weight.sum(axis=1, keepdims=True), LEAST_LIKELIHOOD)
    mean = (weight * found.first).sum(axis=1, keepdims=True)
    left = by_item[0] - (weight * (found.first - mean) ** 2).sum(axis=1)
    kept = np.maximum(left, 0.0)
    share = np.divide(kept, by_item[0], out=np.zeros_like(kept), where=by_item[0] > 0.0)
    score: FloatArray = mean[:, 0].sum(axis=0)
    return score, np.maximum(left.sum(axis=0), 0.0), (share * by_item).sum(axis=1)


def _score(items: ItemArrays, soft: FloatArray, theta: float) -> tuple[float, float]:
    """Sums over answers of the score, and of the information that they leave."""
    p, score = items.evaluate(np.array([theta]))
    p, score = p[:, :, 0], score[:, :, 0]
    weight = soft * p
    weight /= np.maximum(weight.sum(axis=1, keepdims=True), LEAST_LIKELIHOOD)
    mean = (weight * score).sum(axis=1, keepdims=True)
    doubt = (weight * (score - mean) ** 2).sum()
    return float(mean.sum()), max(float((p * score * score).sum() - doubt), 0.0)


def _highest(equation: Equation, grid: FloatArray, height: FloatArray) -> Estimate:
    """The root under the highest node, or the fence beyond which it lies."""
    place = int(np.argmax(height))
    here = equation(float(grid[place]))
    # The height may be an integral by the trapezoidal rule, its top a node off: walk on.
    step, end = (1, grid.size - 1) if here.value > 0.0 else (-1, 0)
    before = here
    while place != end:
        before, place = here, place + step
        here = equation(float(grid[place]))
        if here.value * step <= 0.0:
            return _between(equation, grid[place - step], before.value, grid[place], here.value)
    return Estimate(float(grid[end]), _error(here.precision), here.value != 0.0)


def _between(
    equation: Equation, start: float, value: float, end: float, end_value: float
) -> Estimate:
    """The root between two nodes: Fisher scoring, or half the bracket where a step is too long."""
    low, high = sorted((float(start), float(end)))
    theta = float(start + (end - start) * value / (value - end_value))
    stride = high - low
    for _ in range(MOST_STEPS):
        at = equation(theta)
        if at.value > 0.0:
            low = theta
        else:
            high = theta
        proposal = theta + at.value / at.precision if at.precision > 0.0 else math.inf
        if not (low <= proposal <= high and abs(proposal - theta) <= 0.5 * stride):
            proposal = 0.5 * (low + high)
        stride = abs(proposal - theta)
        if stride < TOLERANCE:
            return Estimate(proposal, _error(at.precision))
        theta = proposal
    raise ConvergenceError(f"no root of the estimating equation near {theta} in {MOST_STEPS} steps")


def _error(precision: float) -> float:
    return precision**-0.5 if precision > 0.0 else math.inf
