"""The posterior density of one ability on a grid, and what is read from it.

Abilities are in logits, D = 1. The posterior does not depend on the order of the answers, to the
last bit.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import numpy as np
from scipy.special import logsumexp

from assessment_engine.errors import ResponseError
from assessment_engine.irt import FloatArray, IntArray, ItemArrays
from assessment_engine.pool import LEAST_LIKELIHOOD, DimensionItems, ItemPool
from assessment_engine.records import Response
from assessment_engine.rules import Estimation


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
    log_mass = _log_normal(grid.tobytes(), prior_mean, prior_sd)
    if responses:
        log_mass = log_mass + log_likelihood(pool, responses, grid)
    mass = np.exp(log_mass - np.maximum.reduce(log_mass))
    mass /= np.add.reduce(mass)
    mean = float(mass @ grid)
    away = grid - mean
    away *= away
    variance = float(mass @ away)
    return Posterior(grid, mass, mean, math.sqrt(max(variance, 0.0)))


@lru_cache(maxsize=64)
def _log_normal(grid: bytes, mean: float, sd: float) -> FloatArray:
    """Log of a normal prior times trapezoidal weights at the nodes, but for a constant."""
    log_mass = -0.5 * ((np.frombuffer(grid) - mean) / sd) ** 2
    log_mass[[0, -1]] -= math.log(2.0)
    return _frozen(log_mass)


def log_likelihood(pool: ItemPool, responses: Sequence[Response], grid: FloatArray) -> FloatArray:
    """Log-likelihood of at least one answer on a grid, ``(n_points,)``; errors as posterior's."""
    certain = pool.dimensions[pool[responses[0].item].dimension]
    known = certain.certain_rows
    try:
        rows = sorted([known[response.item, response.likelihood] for response in responses])
    except KeyError:
        return _log_likelihood_of_soft(pool, responses, grid)
    total: FloatArray = np.add.reduce(certain.log_probabilities(grid).take(rows, axis=0))
    return total


def _log_likelihood_of_soft(
    pool: ItemPool, responses: Sequence[Response], grid: FloatArray
) -> FloatArray:
    collect(pool, responses)  # which checks them, all of one dimension
    apart = [response for response in responses if not response.severities]
    total = _sum_over_answers(pool, apart, grid) if apart else np.zeros(grid.size)
    together = [response for response in responses if response.severities]
    if together:
        total = total + _over_severities(pool, together, grid)
    return total


def _over_severities(pool: ItemPool, responses: Sequence[Response], grid: FloatArray) -> FloatArray:
    """Log-likelihood of answers that share a scorer's severity, integrated over it.

    Linacre (1989), Many-facet Rasch measurement, has such a facet as a parameter; here it is a
    normal variable of each person.
    """
    n_nodes = {len(response.severities) for response in responses}
    if len(n_nodes) > 1:
        raise ResponseError(
            f"scores with {sorted(n_nodes)} severities came together; use one number of nodes"
        )
    _, weights = severity_nodes(n_nodes.pop())
    each = np.stack(
        [
            _sum_over_answers(
                pool, [Response(one.item, one.severities[node]) for one in responses], grid
            )
            for node in range(weights.size)
        ]
    )
    total: FloatArray = logsumexp(each, axis=0, b=weights[:, np.newaxis])
    return total


@lru_cache(maxsize=8)
def severity_nodes(n_nodes: int) -> tuple[FloatArray, FloatArray]:
    """Gauss-Hermite nodes and weights of a standard normal severity, each ``(n_nodes,)``."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(n_nodes)
    return _frozen(nodes), _frozen(weights / weights.sum())


def _sum_over_answers(
    pool: ItemPool, responses: Sequence[Response], grid: FloatArray
) -> FloatArray:
    answers = collect(pool, responses)
    p = np.einsum("nk,nkg->ng", answers.soft, answers.items.probabilities(grid)[answers.places])
    total: FloatArray = np.log(np.maximum(p, LEAST_LIKELIHOOD)).sum(axis=0)
    return total


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Answers to the items of one dimension, in a canonical order."""

    items: DimensionItems
    places: IntArray  # of the items within their dimension
    soft: FloatArray  # (n_answers, n_categories): likelihoods

    @property
    def arrays(self) -> ItemArrays:
        return self.items.arrays.take(self.places)


def collect(pool: ItemPool, responses: Sequence[Response]) -> Answers:
    """Check answers and put them in a canonical order; errors as :func:`posterior`."""
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
    return Answers(items, np.array([items.local[response.item] for response in ordered]), soft)


def check_likelihood(n_categories: int, response: Response) -> None:
    """Raise ResponseError unless likelihoods have a finite value >= 0 a category, not all 0."""
    for values in (response.likelihood, *response.severities):
        if len(values) != n_categories:
            raise ResponseError(
                f"item {response.item!r} has {n_categories} categories, but the likelihood "
                f"{values} has {len(values)}; score it by the item's own rubric"
            )
        if not all(math.isfinite(x) and x >= 0.0 for x in values) or not any(values):
            raise ResponseError(
                f"item {response.item!r}: the likelihood {values} must be finite, not negative "
                "and not all 0"
            )
