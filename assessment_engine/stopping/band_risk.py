"""Nine-box stopping: can the remaining questions still change the band on the potential axis?

Definition. The *present band* is the median band: the highest whose cut the axis total reaches with
posterior probability of at least 1/2. (Bands are ordered, so the median is the band nearest to all
others, as the reported level is; it is the most probable one wherever a band has half the
probability.) The *final band* is the same function of the posterior after the questions that could
still be given, and so today a random variable. The *risk* is the probability, predicted from the
present posterior, that the two differ.

Why it is enough to look at it after every answer: the risk is a probability given all answers so
far, so that by the law of total probability the share of all sittings whose band a full-length
test would have changed is at most the set risk, however often the rule looked.

How the remaining questions enter: as one observation of ability with their information ``J``, the
sum of the most informative eligible items, as many as may still be given, averaged over the
posterior. That is more than a sitting under quotas, enemies and exposure control will get, so the
risk is rather too large than too small. With a normal posterior of variance ``v`` it leaves
``1 / (1 / v + J)``, and the future mean has variance ``v - 1 / (1 / v + J)``.

* One dimension: the whole posterior is carried through on its grid. For each outcome of the
  observation the posterior probability of reaching each cut follows by Bayes' theorem; the outcome
  at which it is 1/2 divides the final bands.
* Several dimensions: the total is nearly normal. Its present probabilities come from the exact
  distribution of the level sums (a convolution, as the placement's), and the remaining questions
  resolve the share ``rho**2`` of its variance: for each dimension by itself on the grid, between
  correlated ones by the best linear approximation of the points in ability (then the present
  probabilities are those of a normal total as well). A cut that is reached with probability
  ``Phi(z)`` is crossed with probability ``Phi(-|z| / rho)``.

References
----------
Sie, Finkelman, Bartroff & Thompson (2015), Applied Psychological Measurement 39(4), 278-292
(stochastic curtailment, of which this is the Bayesian form for several cuts and dimensions);
Raiffa & Schlaifer (1961), Applied Statistical Decision Theory (preposterior analysis)
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from assessment_engine.density import Posterior
from assessment_engine.errors import RulesError
from assessment_engine.irt import FloatArray
from assessment_engine.pool import DimensionItems
from assessment_engine.selection import TIE_DECIMALS
from assessment_engine.stopping_rules import Axis, Contribution, Levels

INNER = 16  # points within a cell of the grid, at which steps of the axis are seen
OUTCOMES = 161  # of the observation that stands for the remaining questions
REACH = 6.0  # standard errors of that observation beyond the posterior's nodes
NODES = 12  # abilities at which the remaining information is averaged
NEGLIGIBLE = 1e-9  # posterior mass of a node
IMPOSSIBLE = 1e-13  # probability of a level sum that is left out
ROUNDING = 1e-9  # points by which a sum of levels may miss the cut that it meets
CORRELATED = 2  # dimensions from which a covariance says anything


@dataclass(frozen=True, slots=True, eq=False)
class Prospect:
    """One dimension: its posterior now, and the information that it may still get.

    ``information`` per squared logit, as :func:`remaining_information` gives it; 0 where nothing
    more will be asked.
    """

    density: Posterior
    information: float


class BandOutlook(NamedTuple):
    """The present band (0 is the lowest), the probability of each band, and the risk."""

    band: int
    probabilities: tuple[float, ...]
    risk: float


def band_risk(
    axis: Axis, prospects: Mapping[str, Prospect], covariance: FloatArray | None = None
) -> BandOutlook:
    """Present band on an axis, and the risk that the remaining questions change it.

    Parameters
    ----------
    axis : Axis
    prospects : mapping of dimension to Prospect
        Of every dimension that the axis counts.
    covariance : array of shape (k, k), optional
        Joint posterior covariance of the axis' dimensions in the order of its contributions,
        squared logits; independent without it.

    Raises
    ------
    RulesError
        If a dimension has no prospect, or the covariance does not fit.
    """
    missing = sorted({one.dimension for one in axis.contributions} - set(prospects))
    if missing:
        raise RulesError(f"the axis counts {missing}, which no section of the rules measures")
    size = len(axis.contributions)
    if covariance is not None and covariance.shape != (size, size):
        raise RulesError(f"covariance {covariance.shape} does not fit {size} contributions")
    seen = [prospects[one.dimension] for one in axis.contributions]
    if size == 1:
        return _of_one(axis, seen[0])
    return _of_several(axis, seen, covariance if size >= CORRELATED else None)


def remaining_information(
    items: DimensionItems, eligible: NDArray[np.bool_], n_left: int, density: Posterior
) -> float:
    """Information of the ``n_left`` most informative eligible items, averaged over a posterior.

    Parameters
    ----------
    items : DimensionItems
    eligible : array of bool, shape (n_items,)
    n_left : int
        How many questions may still be given.
    density : Posterior

    Returns
    -------
    float
        Per squared logit.
    """
    n_left = min(n_left, int(eligible.sum()))
    if n_left <= 0:
        return 0.0
    held = np.flatnonzero(density.mass > 1e-4 * density.mass.max())
    nodes = held[:: max(1, held.size // NODES)]
    value = _information(items, density.grid.tobytes())[np.ix_(eligible, nodes)]
    best = np.partition(value, value.shape[0] - n_left, axis=0)[-n_left:].sum(axis=0)
    mass = density.mass[nodes]
    return float(best @ mass / mass.sum())


def normal_density(mean: float, sd: float, grid: FloatArray) -> Posterior:
    """A normal posterior on a grid: the margin of a joint Gaussian one, logits."""
    mass = np.exp(-0.5 * ((grid - mean) / sd) ** 2)
    mass[0], mass[-1] = 0.5 * mass[0], 0.5 * mass[-1]
    return Posterior(grid, mass / mass.sum(), mean, sd)


@lru_cache(maxsize=64)
def _information(items: DimensionItems, grid: bytes) -> FloatArray:
    table = items.arrays.information(np.frombuffer(grid))
    table.setflags(write=False)
    return table


class _Kernel:
    """A posterior's nodes with mass, and what each outcome of an observation says of them."""

    def __init__(self, density: Posterior, information: float) -> None:
        held = np.flatnonzero(density.mass > NEGLIGIBLE)
        first, last = int(held[0]), int(held[-1]) + 1
        self.nodes = density.grid[first:last]
        self.mass = density.mass[first:last] / density.mass[first:last].sum()
        self.step = float(density.grid[1] - density.grid[0])
        # An observation finer than the grid would see its nodes one by one.
        self.error = max(information**-0.5, 0.5 * self.step) if information > 0.0 else math.inf

    def cells(self) -> FloatArray:
        """Abilities within the cell of each node, ``(n_nodes, INNER)``."""
        inner = (np.arange(INNER) + 0.5) / INNER - 0.5
        cells: FloatArray = self.nodes[:, np.newaxis] + self.step * inner
        return cells

    def outcomes(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Outcomes, their probability, and the posterior of the nodes given each."""
        reach = REACH * self.error
        x = np.linspace(self.nodes[0] - reach, self.nodes[-1] + reach, OUTCOMES)
        distance = (x[:, np.newaxis] - self.nodes) / self.error
        joint = np.exp(-0.5 * distance * distance) * self.mass
        total = joint.sum(axis=1)
        return x, total / total.sum(), joint / total[:, np.newaxis]

    def below(self, outcome: float) -> float:
        """Predictive probability of an outcome below the given one."""
        return float(self.mass @ ndtr((outcome - self.nodes) / self.error))


def _of_one(axis: Axis, prospect: Prospect) -> BandOutlook:
    kernel = _Kernel(prospect.density, prospect.information)
    total = axis.contributions[0].points(kernel.cells()) + axis.rest_mean
    reached = np.stack([_above(total, cut, axis.rest_sd).mean(axis=1) for cut in axis.cuts], axis=1)
    now = _descending(kernel.mass @ reached)
    band = _median(now)
    if math.isinf(kernel.error):
        return BandOutlook(band, _bands(now), 0.0)
    x, _, given = kernel.outcomes()
    divides = [_crossing(x, given @ column) for column in reached.T]
    risk = kernel.below(divides[band - 1]) if band else 0.0
    if band < len(axis.cuts):
        risk += 1.0 - kernel.below(divides[band])
    return BandOutlook(band, _bands(now), min(max(risk, 0.0), 1.0))


def _of_several(
    axis: Axis, prospects: Sequence[Prospect], covariance: FloatArray | None
) -> BandOutlook:
    parts = [
        _Part.of(one, prospect) for one, prospect in zip(axis.contributions, prospects, strict=True)
    ]
    information = np.array([one.information for one in prospects])
    now = np.diag([part.density.sd**2 for part in parts]) if covariance is None else covariance
    after = _after(now, information)
    variance = axis.rest_sd**2 + sum(part.variance for part in parts)
    resolved = sum(
        part.resolved(float(now[i, i]), float(after[i, i])) for i, part in enumerate(parts)
    )
    slopes = np.array([part.slope for part in parts])
    between = np.outer(slopes, slopes) * (1.0 - np.eye(len(parts)))
    variance += float((between * now).sum())
    resolved += float((between * (now - after)).sum())
    mean = axis.rest_mean + sum(part.mean for part in parts)
    if covariance is None:
        reached = _convolved(axis, parts)
    else:
        reached = _above(np.array([mean]), np.array(axis.cuts), math.sqrt(max(variance, 0.0)))
    reached = _descending(reached)
    band = _median(reached)
    if variance <= 0.0 or resolved <= 0.0:
        return BandOutlook(band, _bands(reached), 0.0)
    share = math.sqrt(min(resolved / variance, 1.0))
    near = [reached[k] for k in (band - 1, band) if 0 <= k < len(axis.cuts)]
    risk = sum(float(ndtr(-abs(ndtri(p)) / share)) for p in near)
    return BandOutlook(band, _bands(reached), min(risk, 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """What one dimension adds: moments of its points and their slope in ability."""

    contribution: Contribution
    density: Posterior
    points: FloatArray  # of each node with mass, averaged over its cell
    mean: float
    variance: float
    slope: float

    @classmethod
    def of(cls, contribution: Contribution, prospect: Prospect) -> "_Part":
        density = prospect.density
        if isinstance(contribution, Levels):
            shares, added = _shares(contribution, density), np.array(contribution.added)
            mean = float(shares @ added)
            variance = float(shares @ (added - mean) ** 2)
        else:
            mean = contribution.slope * density.mean
            variance = (contribution.slope * density.sd) ** 2
        kernel = _Kernel(density, prospect.information)
        centred = kernel.nodes - float(kernel.mass @ kernel.nodes)
        points = contribution.points(kernel.cells()).mean(axis=1)
        spread = float(kernel.mass @ centred**2)
        slope = float(kernel.mass @ (points * centred)) / spread if spread > 0.0 else 0.0
        return cls(contribution, density, points, mean, variance, slope)

    def resolved(self, now: float, after: float) -> float:
        """Variance of the expected points once ability is known with variance ``after``."""
        if not 0.0 < after < now:
            return 0.0
        kernel = _Kernel(self.density, 1.0 / after - 1.0 / now)
        _, probability, given = kernel.outcomes()
        expected = given @ self.points
        mean = float(probability @ expected)
        return min(float(probability @ (expected - mean) ** 2), self.variance)


def _after(now: FloatArray, information: FloatArray) -> FloatArray:
    """Covariance after independent observations of each ability with the given information."""
    root = np.sqrt(information)
    scaled = root[:, np.newaxis] * now
    inner = np.eye(len(root)) + scaled * root
    after: FloatArray = now - scaled.T @ np.linalg.solve(inner, scaled)
    return after


def _convolved(axis: Axis, parts: Sequence[_Part]) -> FloatArray:
    """Probability of reaching each cut, level sums exactly and the rest as normal."""
    mean, variance = axis.rest_mean, axis.rest_sd**2
    value: FloatArray = np.zeros(1)
    weight: FloatArray = np.ones(1)
    for part in parts:
        if isinstance(part.contribution, Levels):
            added = np.array(part.contribution.added)
            shares = _shares(part.contribution, part.density)
            sums = np.round(np.add.outer(value, added).ravel(), 9)
            value, place = np.unique(sums, return_inverse=True)
            joint = np.outer(weight, shares).ravel()
            weight = np.asarray(np.bincount(place.ravel(), joint, value.size), dtype=np.float64)
            likely = weight > IMPOSSIBLE
            value, weight = value[likely], weight[likely]
        else:
            mean, variance = mean + part.mean, variance + part.variance
    sd = math.sqrt(variance)
    return np.array([float(weight @ _above(value + mean, cut, sd)) for cut in axis.cuts])


def _shares(levels: Levels, density: Posterior) -> FloatArray:
    return np.array(density.prob_between(levels.cuts))


def _above(total: FloatArray, cut: float | FloatArray, sd: float) -> FloatArray:
    """Probability that a total with a normal error is at least ``cut``."""
    if sd > ROUNDING:
        return np.asarray(ndtr((total - cut) / sd), dtype=np.float64)
    return np.asarray(total >= cut - ROUNDING, dtype=np.float64)


def _crossing(x: FloatArray, reached: FloatArray) -> float:
    """The outcome from which a cut is reached with probability 1/2; infinite if none does."""
    over = np.flatnonzero(reached >= 0.5)
    if not over.size:
        return math.inf
    i = int(over[0])
    if i == 0:
        return -math.inf
    low, high = float(reached[i - 1]), float(reached[i])
    return float(x[i - 1] + (0.5 - low) / (high - low) * (x[i] - x[i - 1]))


def _median(reached: FloatArray) -> int:
    return int((np.round(reached, TIE_DECIMALS) >= 0.5).sum())


def _descending(reached: FloatArray) -> FloatArray:
    """Within 0 and 1 and never rising, whatever rounding did."""
    return np.minimum.accumulate(np.clip(reached, 0.0, 1.0))


def _bands(reached: FloatArray) -> tuple[float, ...]:
    ends = [1.0, *reached.tolist(), 0.0]
    return tuple(high - low for high, low in pairwise(ends))
