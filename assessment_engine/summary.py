"""What a simulation says of a test: precision, length, exposure, levels, and broken promises."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assessment_engine.errors import CutScoreError, EngineError
from assessment_engine.exposure import Outcome, SegmentExposure, exposure_by_segment
from assessment_engine.exposure.overlap import (
    ExposureReport,
    exposure_chi_square,
    overlap_from_rates,
)
from assessment_engine.irt import FloatArray, IntArray
from assessment_engine.level_accuracy import LevelAccuracy, level_accuracy
from assessment_engine.pool import ItemPool
from assessment_engine.rules import Rules
from assessment_engine.simulated import Simulation
from assessment_engine.violations import Violations, items_given, violations

BINS = (-2.5, -1.5, -0.5, 0.5, 1.5, 2.5)
"""Where bins of true ability part by default, logits; the outer two are open."""

NORMAL_95 = 1.959963984540054


@dataclass(frozen=True, slots=True, eq=False)
class Conditional:
    """Figures of one dimension by bins of true ability, arrays of shape (n_bins,).

    ``low`` and ``high`` are the ends of the bins, ``theta`` the mean true ability in each, logits;
    ``persons`` those with an estimate, ``length`` the mean number of items of the dimension,
    ``largest_rate`` the exposure rate of its item most used there. Where a bin has nobody, its
    figures are NaN.
    """

    low: FloatArray
    high: FloatArray
    persons: IntArray
    theta: FloatArray
    bias: FloatArray
    rmse: FloatArray
    se: FloatArray
    coverage: FloatArray
    length: FloatArray
    largest_rate: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class DimensionSummary:
    """One dimension, over all who have an estimate on it.

    Parameters
    ----------
    dimension : str
    n, n_without : int
        Persons with an estimate, and without.
    bias, rmse, se : float
        Mean error, root of the mean squared error and mean standard error, logits.
    coverage : float
        Share of persons whose true ability lies within 1.96 standard errors of the estimate.
    length : float
        Mean number of items of the dimension, items on trial included.
    correlation : float or None
        Of true and estimated ability; its square is the reliability that the simulation shows.
    marginal_reliability : float or None
        ``1 - mean(SE**2) / var(theta)``, with the true abilities' variance (Green et al. 1984).
    empirical_reliability : float or None
        From estimates alone, as a real test would report it: ``var / (var + mean(SE**2))`` of EAP
        and MAP, ``1 - mean(SE**2) / var`` of ML and WLE.
    reasons : mapping of str to int
        Why the dimension's last section ended.
    conditional : Conditional
    levels : LevelAccuracy or None
        None where no cuts were given.

    References
    ----------
    Green, Bock, Humphreys, Linn & Reckase (1984), doi:10.1111/j.1745-3984.1984.tb01039.x
    """

    dimension: str
    n: int
    n_without: int
    bias: float
    rmse: float
    se: float
    coverage: float
    length: float
    correlation: float | None
    marginal_reliability: float | None
    empirical_reliability: float | None
    reasons: Mapping[str, int]
    conditional: Conditional
    levels: LevelAccuracy | None


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """All that a report of a simulation says.

    ``lengths`` counts sittings by the number of their items, from 0 on; ``seconds`` and
    ``seconds_95`` are the mean and the 95th percentile of the time of a sitting; ``notes`` counts
    the offers that carried each note; ``segments`` is exposure by segment of ability, for sittings
    that learned from one another.
    """

    n: int
    dimensions: tuple[DimensionSummary, ...]
    exposure: ExposureReport
    violations: Violations
    lengths: IntArray
    mean_length: float
    seconds: float
    seconds_95: float
    notes: Mapping[str, int]
    segments: tuple[SegmentExposure, ...] = ()


def summarise(
    simulation: Simulation,
    rules: Rules,
    pool: ItemPool,
    cuts: Mapping[str, Sequence[float]] | None = None,
    *,
    r_max: float = 1.0,
    bins: Sequence[float] = BINS,
) -> Summary:
    """Say what a simulation shows.

    Parameters
    ----------
    simulation : Simulation
        Two sittings at least.
    rules, pool
        Those that were simulated; blueprint and enemies are counted anew from the items given.
    cuts : mapping of dimension to ascending abilities, optional
        Where levels 2, 3, ... begin, logits; a dimension without cuts has no levels.
    r_max : float
        Items with a larger exposure rate are named.
    bins : sequence of float
        Ascending true abilities at which bins part, logits.

    Raises
    ------
    EngineError
        If there are fewer than two sittings, or the pool is another than the simulation's.
    CutScoreError
        If cuts are not ascending, or of a dimension that was not measured.
    """
    _check(simulation, pool, cuts or {})
    members = np.array([[item.dimension == d for item in pool] for d in simulation.dimensions])
    shown, lengths, by_bin = _counted(simulation, members, np.asarray(bins, dtype=np.float64))
    rates = shown / simulation.n
    total = (simulation.given >= 0).sum(axis=1)
    return Summary(
        n=simulation.n,
        dimensions=tuple(
            _dimension(simulation, rules, d, lengths[:, d], by_bin[d], bins, cuts or {})
            for d in range(len(simulation.dimensions))
        ),
        exposure=_exposure(simulation, rates, r_max),
        violations=violations(simulation, rules, pool),
        lengths=np.bincount(total),
        mean_length=float(total.mean()),
        seconds=float(simulation.seconds.mean()),
        seconds_95=float(np.quantile(simulation.seconds, 0.95)),
        notes=dict(sorted(simulation.notes.items())),
        segments=_by_segment(simulation, rules, pool),
    )


def _check(simulation: Simulation, pool: ItemPool, cuts: Mapping[str, Sequence[float]]) -> None:
    if simulation.n < 2:
        raise EngineError(
            f"a summary needs two sittings or more; the simulation has {simulation.n}"
        )
    if simulation.items != tuple(item.id for item in pool):
        raise EngineError("the pool is not that of the simulation; summarise with the same one")
    unknown = sorted(set(cuts) - set(simulation.dimensions))
    if unknown:
        raise CutScoreError(f"cuts of {unknown}, but {list(simulation.dimensions)} were measured")


def _counted(
    simulation: Simulation, members: NDArray[np.bool_], bins: FloatArray
) -> tuple[FloatArray, IntArray, list[FloatArray]]:
    """Sittings that each item was shown in, ``(n_items,)``; items of each sitting and dimension,
    ``(n, D)``; and for each dimension the first again by bin, ``(n_bins, n_items)``."""
    n_items = len(simulation.items)
    lengths = np.zeros((simulation.n, len(members)), dtype=np.int64)
    by_bin = [np.zeros((bins.size + 1, n_items)) for _ in members]
    for part, given in items_given(simulation):
        lengths[part] = given.astype(np.float64) @ members.T
        for d in range(len(members)):
            place = np.searchsorted(bins, simulation.theta[part, d], side="right")
            for k in np.unique(place):
                by_bin[d][k] += given[place == k].sum(axis=0)
    return (
        by_bin[0].sum(axis=0),
        lengths,
        [counts * member for counts, member in zip(by_bin, members, strict=True)],
    )


def _exposure(simulation: Simulation, rates: FloatArray, r_max: float) -> ExposureReport:
    return ExposureReport(
        n_sittings=simulation.n,
        mean_length=float(rates.sum()),
        rates=dict(zip(simulation.items, rates.tolist(), strict=True)),
        overlap=overlap_from_rates(rates, simulation.n),
        chi_square=exposure_chi_square(rates),
        unused=tuple(simulation.items[i] for i in np.flatnonzero(rates == 0.0).tolist()),
        above=tuple(simulation.items[i] for i in np.flatnonzero(rates > r_max).tolist()),
    )


def _by_segment(
    simulation: Simulation, rules: Rules, pool: ItemPool
) -> tuple[SegmentExposure, ...]:
    outcomes = [one for one in simulation.observed if isinstance(one, Outcome)]
    if rules.eligibility is None or len(outcomes) < simulation.n:
        return ()
    return exposure_by_segment(
        outcomes, {item.id: item.dimension for item in pool}, rules.eligibility
    )


def _dimension(
    simulation: Simulation,
    rules: Rules,
    d: int,
    lengths: IntArray,
    shown: FloatArray,
    bins: Sequence[float],
    cuts: Mapping[str, Sequence[float]],
) -> DimensionSummary:
    name = simulation.dimensions[d]
    known = np.isfinite(simulation.estimate[:, d]) & np.isfinite(simulation.se[:, d])
    theta, estimate = simulation.theta[known, d], simulation.estimate[known, d]
    se = simulation.se[known, d]
    if not theta.size:
        raise EngineError(
            f"no sitting has an estimate of {name!r}; give the section time and items"
        )
    error = estimate - theta
    covered = np.abs(error) <= NORMAL_95 * se
    ended = simulation.reason[:, d]
    return DimensionSummary(
        dimension=name,
        n=int(known.sum()),
        n_without=int((~known).sum()),
        bias=float(error.mean()),
        rmse=float(np.sqrt((error**2).mean())),
        se=float(se.mean()),
        coverage=float(covered.mean()),
        length=float(lengths.mean()),
        correlation=_correlation(theta, estimate),
        marginal_reliability=_one_less(se, theta),
        empirical_reliability=_empirical(rules.estimation.method, estimate, se),
        reasons=dict(sorted(Counter(simulation.reasons[r] for r in ended if r >= 0).items())),
        conditional=_conditional(
            simulation.theta[:, d], known, error, se, covered, lengths, shown, bins
        ),
        levels=level_accuracy(theta, estimate, se, cuts[name]) if name in cuts else None,
    )


def _conditional(
    theta: FloatArray,
    known: NDArray[np.bool_],
    error: FloatArray,
    se: FloatArray,
    covered: NDArray[np.bool_],
    lengths: IntArray,
    shown: FloatArray,
    bins: Sequence[float],
) -> Conditional:
    ends = np.asarray(bins, dtype=np.float64)
    place = np.searchsorted(ends, theta, side="right")
    n_bins = ends.size + 1
    sittings = np.bincount(place, minlength=n_bins)
    persons = np.bincount(place[known], minlength=n_bins)

    def mean(values: FloatArray, own: NDArray[np.intp], count: IntArray) -> FloatArray:
        total = np.bincount(own, weights=values, minlength=n_bins)
        found: FloatArray = np.divide(total, count, out=np.full(n_bins, np.nan), where=count > 0)
        return found

    with_estimate = place[known]
    return Conditional(
        low=np.concatenate(([-np.inf], ends)),
        high=np.concatenate((ends, [np.inf])),
        persons=persons,
        theta=mean(theta, place, sittings),
        bias=mean(error, with_estimate, persons),
        rmse=np.sqrt(mean(error**2, with_estimate, persons)),
        se=mean(se, with_estimate, persons),
        coverage=mean(covered.astype(np.float64), with_estimate, persons),
        length=mean(lengths.astype(np.float64), place, sittings),
        largest_rate=np.divide(
            shown.max(axis=1), sittings, out=np.full(n_bins, np.nan), where=sittings > 0
        ),
    )


def _correlation(theta: FloatArray, estimate: FloatArray) -> float | None:
    if theta.size < 2 or np.ptp(theta) == 0.0 or np.ptp(estimate) == 0.0:
        return None
    return float(np.corrcoef(theta, estimate)[0, 1])


def _one_less(se: FloatArray, values: FloatArray) -> float | None:
    """``1 - mean(SE**2) / var``; None where nothing varies."""
    if values.size < 2 or np.ptp(values) == 0.0:
        return None
    return 1.0 - float((se**2).mean() / values.var(ddof=1))


def _empirical(method: str, estimate: FloatArray, se: FloatArray) -> float | None:
    if method in ("ML", "WLE"):
        return _one_less(se, estimate)
    if estimate.size < 2:
        return None
    variance = float(estimate.var(ddof=1))
    total = variance + float((se**2).mean())
    return variance / total if total > 0.0 else None
