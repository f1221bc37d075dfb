"""Ability as a posterior density on a grid, and what is read from it.

Abilities are in logits, D = 1. The posterior does not depend on the order of the answers, to the
last bit.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import numpy as np

from assessment_engine.errors import ConvergenceError, ResponseError
from assessment_engine.irt import FloatArray, IntArray, ItemArrays
from assessment_engine.pool import DimensionItems, ItemPool
from assessment_engine.records import Ability, Response
from assessment_engine.rules import Estimation

LEAST_LIKELIHOOD = 1e-300  # keeps logarithms finite where an answer is all but impossible


def _frozen(array: FloatArray) -> FloatArray:
    array.setflags(write=False)
    return array


THETA_GRID: FloatArray = _frozen(np.linspace(-6.0, 6.0, 121))


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """A density of ability on an equally spaced grid.

    ``mass`` holds the trapezoidal weight of each node times the density, and sums to 1.
    """

    grid: FloatArray
    mass: FloatArray
    mean: float
    sd: float
    _cdf: list[FloatArray] = field(default_factory=list, repr=False)

    def quantile(self, probability: float) -> float:
        """The ability below which the posterior holds ``probability``, logits."""
        low, high = float(self.grid[0]), float(self.grid[-1])
        while high - low > 1e-9:
            middle = 0.5 * (low + high)
            if self.prob_below(middle) < probability:
                low = middle
            else:
                high = middle
        return 0.5 * (low + high)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """The central interval that holds ``level`` of the posterior, logits."""
        tail = 0.5 * (1.0 - level)
        return self.quantile(tail), self.quantile(1.0 - tail)

    def prob_below(self, theta: float) -> float:
        """Posterior probability of an ability below ``theta``."""
        density, cumulative = self._cumulative()
        step = float(self.grid[1] - self.grid[0])
        place = (theta - float(self.grid[0])) / step
        if place <= 0.0:
            return 0.0
        if place >= self.grid.size - 1:
            return 1.0
        i = int(place)
        return _hermite(
            place - i,
            float(cumulative[i]),
            float(cumulative[i + 1]),
            float(density[i]) * step,
            float(density[i + 1]) * step,
        )

    def prob_between(self, cuts: Sequence[float]) -> tuple[float, ...]:
        """Probabilities of the ``len(cuts) + 1`` intervals that ascending ``cuts`` make."""
        below = [0.0, *(self.prob_below(cut) for cut in cuts), 1.0]
        return tuple(high - low for low, high in pairwise(below))

    def _cumulative(self) -> tuple[FloatArray, FloatArray]:
        """Density and cumulative probability at the nodes, of fourth order in the step."""
        if not self._cdf:
            step = float(self.grid[1] - self.grid[0])
            f = self.mass / step
            f[0], f[-1] = 2.0 * f[0], 2.0 * f[-1]
            padded = np.concatenate(([0.0], f, [0.0]))
            panel = (step / 24.0) * (
                13.0 * (padded[1:-2] + padded[2:-1]) - padded[:-3] - padded[3:]
            )
            cumulative = np.concatenate(([0.0], np.cumsum(np.maximum(panel, 0.0))))
            total = cumulative[-1]
            self._cdf.extend((f / total, cumulative / total))
        return self._cdf[0], self._cdf[1]


def _hermite(t: float, y0: float, y1: float, slope0: float, slope1: float) -> float:
    """Cubic through two values with two slopes, kept monotone; ``t`` in [0, 1]."""
    rise = y1 - y0
    slope0, slope1 = min(slope0, 3.0 * rise), min(slope1, 3.0 * rise)
    bend = slope0 + slope1 - 2.0 * rise
    cubic = y0 + t * (slope0 + t * (rise - slope0 - bend + t * bend))
    return min(max(cubic, y0), y1)


@lru_cache(maxsize=64)
def quadrature(estimation: Estimation) -> FloatArray:
    """The equally spaced nodes that rules ask for, logits."""
    return _frozen(np.linspace(estimation.low, estimation.high, estimation.n_nodes))


def likelihood_of(n_categories: int, category: int) -> tuple[float, ...]:
    """The likelihood of a certain score: a single 1."""
    return tuple(1.0 if k == category else 0.0 for k in range(n_categories))


def posterior(
    pool: ItemPool,
    responses: Sequence[Response],
    grid: FloatArray = THETA_GRID,
    prior_mean: float = 0.0,
    prior_sd: float = 1.0,
) -> Posterior:
    """Posterior density of one ability under a normal prior.

    Parameters
    ----------
    pool : ItemPool
    responses : sequence of Response
        Answers to items of one dimension, in any order; none gives back the prior. A likelihood
        with several positive entries is a soft score: ``L(theta) = sum over k of l_k P_k(theta)``.
    grid : array of shape (n_points,)
        Equally spaced ascending nodes, logits. Integration is by the trapezoidal rule.
    prior_mean, prior_sd : float
        Of the normal prior, logits.

    Raises
    ------
    UnknownItemError
        If a response names an item outside ``pool``.
    ResponseError
        If a likelihood does not fit its item, or the items measure several dimensions.

    References
    ----------
    Bock & Mislevy (1982), doi:10.1177/014662168200600405
    """
    log_density = -0.5 * ((grid - prior_mean) / prior_sd) ** 2
    if responses:
        items, local, soft = _collect(pool, responses)
        log_density = log_density + _log_likelihood(items, local, soft, grid)
    mass = np.exp(log_density - log_density.max())
    mass[0], mass[-1] = 0.5 * mass[0], 0.5 * mass[-1]
    mass /= mass.sum()
    mean = float(mass @ grid)
    variance = float(mass @ (grid - mean) ** 2)
    return Posterior(grid, mass, mean, math.sqrt(max(variance, 0.0)))


def _log_likelihood(
    items: DimensionItems, local: IntArray, soft: FloatArray, grid: FloatArray
) -> FloatArray:
    p = np.einsum("nk,nkg->ng", soft, items.probabilities(grid)[local])
    total: FloatArray = np.log(np.maximum(p, LEAST_LIKELIHOOD)).sum(axis=0)
    return total


def _collect(
    pool: ItemPool, responses: Sequence[Response]
) -> tuple[DimensionItems, IntArray, FloatArray]:
    """The dimension's items, and places and likelihoods of the responses in a canonical order."""
    dimensions = {pool[response.item].dimension for response in responses}
    if len(dimensions) > 1:
        raise ResponseError(
            f"responses measure {sorted(dimensions)}, expected one dimension; "
            "estimate each by itself"
        )
    items = pool.dimensions[dimensions.pop()]
    ordered = sorted(responses, key=lambda response: (response.item, response.likelihood))
    soft = np.zeros((len(ordered), items.arrays.n_categories))
    for i, response in enumerate(ordered):
        check_likelihood(pool[response.item].n_categories, response)
        soft[i, : len(response.likelihood)] = response.likelihood
    return items, np.array([items.local[response.item] for response in ordered]), soft


def check_likelihood(n_categories: int, response: Response) -> None:
    """Raise ResponseError unless the likelihood has one finite value >= 0 a category, not all 0."""
    values = response.likelihood
    if len(values) != n_categories:
        raise ResponseError(
            f"item {response.item!r} has {n_categories} categories, but the likelihood {values} "
            f"has {len(values)}; score it by the item's own rubric"
        )
    if not all(math.isfinite(x) and x >= 0.0 for x in values) or not any(values):
        raise ResponseError(
            f"item {response.item!r}: the likelihood {values} must be finite, not negative "
            "and not all 0"
        )


def eap(
    pool: ItemPool,
    responses: Sequence[Response],
    grid: FloatArray = THETA_GRID,
    prior_mean: float = 0.0,
    prior_sd: float = 1.0,
) -> Ability:
    """Estimate ability as the posterior mean; parameters and errors as :func:`posterior`.

    Returns
    -------
    Ability
        ``theta``, posterior standard deviation ``se`` and central 95 % interval, logits.

    References
    ----------
    Bock & Mislevy (1982), doi:10.1177/014662168200600405
    """
    density = posterior(pool, responses, grid, prior_mean, prior_sd)
    return Ability(density.mean, density.sd, density.interval())


def map_estimate(
    pool: ItemPool,
    responses: Sequence[Response],
    grid: FloatArray = THETA_GRID,
    prior_mean: float = 0.0,
    prior_sd: float = 1.0,
) -> Ability:
    """Estimate ability as the posterior mode within the grid; parameters as :func:`posterior`.

    Returns
    -------
    Ability
        ``theta``; ``se = (I(theta) + 1 / prior_sd**2)**-0.5``, where ``I`` is the expected
        information of the items answered, less what a soft score leaves unknown (Louis 1982: the
        variance of the complete score given the answer); ``interval`` from the posterior density.

    Raises
    ------
    ConvergenceError
        If the mode is not found to 1e-10 logits.

    References
    ----------
    Mislevy (1986), doi:10.1007/BF02293979; Louis (1982), doi:10.1111/j.2517-6161.1982.tb01203.x
    """
    density = posterior(pool, responses, grid, prior_mean, prior_sd)
    theta, se = find_mode(pool, responses, density, prior_mean, prior_sd)
    return Ability(theta, se, density.interval())


def find_mode(
    pool: ItemPool,
    responses: Sequence[Response],
    density: Posterior,
    prior_mean: float,
    prior_sd: float,
) -> tuple[float, float]:
    """Mode of the posterior and its standard error, as :func:`map_estimate` gives them."""
    precision = 1.0 / prior_sd**2
    if not responses:
        return prior_mean, prior_sd
    items, local, soft = _collect(pool, responses)
    chosen = ItemArrays.of([items.items[i] for i in local])
    soft = soft[:, : chosen.n_categories]

    def slope(theta: float) -> tuple[float, float]:
        score, expected, doubt = _score(chosen, soft, theta)
        gradient = score - (theta - prior_mean) * precision
        return gradient, max(expected - doubt, 0.0) + precision

    best = int(np.argmax(_density(density)))
    low = float(density.grid[max(best - 1, 0)])
    high = float(density.grid[min(best + 1, density.grid.size - 1)])
    return _climb(slope, float(density.grid[best]), low, high)


def _climb(
    slope: Callable[[float], tuple[float, float]],
    theta: float,
    low: float,
    high: float,
    tolerance: float = 1e-10,
) -> tuple[float, float]:
    """Fisher scoring kept inside a bracket that halves whenever a step leaves it."""
    for _ in range(200):
        gradient, curvature = slope(theta)
        if gradient > 0.0:
            low = theta
        else:
            high = theta
        proposal = theta + gradient / curvature
        if not low <= proposal <= high:
            proposal = 0.5 * (low + high)
        if abs(proposal - theta) < tolerance:
            return proposal, slope(proposal)[1] ** -0.5
        theta = proposal
    raise ConvergenceError(f"the posterior mode near {theta} was not found in 200 steps")


def _score(items: ItemArrays, soft: FloatArray, theta: float) -> tuple[float, float, float]:
    """Sums over answers: score, expected information, variance of the score given the answer."""
    p, score = items.evaluate(np.array([theta]))
    p, score = p[:, :, 0], score[:, :, 0]
    weight = soft * p
    weight /= np.maximum(weight.sum(axis=1, keepdims=True), LEAST_LIKELIHOOD)
    mean = (weight * score).sum(axis=1, keepdims=True)
    doubt = (weight * (score - mean) ** 2).sum()
    return float(mean.sum()), float((p * score * score).sum()), float(doubt)


def _density(posterior_: Posterior) -> FloatArray:
    density = posterior_.mass.copy()
    density[0], density[-1] = 2.0 * density[0], 2.0 * density[-1]
    return density
