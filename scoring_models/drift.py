"""Whether a scorer or a rater has begun to score otherwise: control limits, cumulative sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring_models.agreement import quadratic_weighted_kappa, standardised_mean_difference
from scoring_models.errors import AgreementError

FloatArray = npt.NDArray[np.float64]

WIDTH = 3.0
"""Standard errors to either side of a Shewhart limit."""
ALLOWANCE, DECISION = 0.5, 5.0
"""Of the cumulative sums, in standard errors: shifts of one are found in about ten periods, and a
false alarm comes about once in 465."""


@dataclass(frozen=True)
class PairPeriod:
    """Machine against people in one period.

    ``smd`` and ``kappa`` are None where too few pairs came or all levels are one and the same.
    ``mean_difference`` is machine minus human, in levels, ``se`` its standard error. ``alarm``
    says what is off: ``high`` or ``low``, a mean difference beyond both the limit and what chance
    allows; ``kappa``, agreement below its limit; or nothing.
    """

    period: str
    n: int
    mean_difference: float | None = None
    se: float | None = None
    smd: float | None = None
    kappa: float | None = None
    alarm: str = ""


@dataclass(frozen=True)
class MeanPeriod:
    """A rater's mean residual in one period, against the rater's other periods.

    ``z`` is the distance in standard errors, ``upper`` and ``lower`` the cumulative sums; all None
    where nothing can be said. ``alarm`` is ``shewhart``, ``cusum`` or nothing.
    """

    period: str
    n: int
    mean: float
    z: float | None = None
    upper: float | None = None
    lower: float | None = None
    alarm: str = ""


def pair_periods(
    periods: Sequence[str],
    machine: npt.ArrayLike,
    human: npt.ArrayLike,
    *,
    min_pairs: int,
    min_kappa: float,
    max_smd: float,
) -> tuple[PairPeriod, ...]:
    """Machine against people period by period, in the order of the periods' names.

    An alarm of the mean needs both: an SMD beyond ``max_smd``, and a mean difference more than
    ``WIDTH`` standard errors from 0, so that few pairs do not alarm by chance.

    Parameters
    ----------
    periods : sequence of str
        Of each pair; names sort in time, such as ``2026-W47``.
    machine, human : array of shape (n,)
        Levels.
    min_pairs : int
        Below it a period says nothing.

    References
    ----------
    Shewhart (1931), Economic control of quality of manufactured product
    """
    m, h = np.asarray(machine, dtype=np.float64), np.asarray(human, dtype=np.float64)
    names = np.asarray(periods)
    found = []
    for name in sorted(set(periods)):
        own = names == name
        found.append(_pair_period(name, m[own], h[own], min_pairs, min_kappa, max_smd))
    return tuple(found)


def mean_periods(
    periods: Sequence[str], residuals: npt.ArrayLike, *, min_ratings: int
) -> tuple[MeanPeriod, ...]:
    """A rater's mean residual by period, with Shewhart limits and two-sided cumulative sums.

    The reference of a period is the rater's mean over all earlier periods, so that a late drift
    does not move what it is compared with; the first period has none.

    Parameters
    ----------
    periods : sequence of str
        Of each rating; names sort in time.
    residuals : array of shape (n,)
        Level minus what is expected of the answer, such as the prompt's mean.
    min_ratings : int
        A period with fewer is shown and not judged.

    References
    ----------
    Page (1954), doi:10.1093/biomet/41.1-2.100; for raters, Luo & Robin (2019), Monitoring
    performance of human and automated scores, ETS RR-19-21, doi:10.1002/ets2.12256
    """
    values, names = np.asarray(residuals, dtype=np.float64), np.asarray(periods)
    found: list[MeanPeriod] = []
    earlier = np.empty(0)
    upper = lower = 0.0
    for name in sorted(set(periods)):
        own = values[names == name]
        mean = float(own.mean())
        z = _distance(own, earlier) if min(len(own), len(earlier)) >= min_ratings else None
        if z is None:
            found.append(MeanPeriod(name, len(own), mean))
        else:
            upper = max(0.0, upper + z - ALLOWANCE)
            lower = max(0.0, lower - z - ALLOWANCE)
            beyond = "shewhart" if abs(z) > WIDTH else ""
            alarm = beyond or ("cusum" if max(upper, lower) > DECISION else "")
            found.append(MeanPeriod(name, len(own), mean, z, upper, lower, alarm))
        earlier = np.concatenate((earlier, own))
    return tuple(found)


def _pair_period(
    name: str, machine: FloatArray, human: FloatArray, min_pairs: int, kappa: float, smd: float
) -> PairPeriod:
    n = len(machine)
    if n < min_pairs:
        return PairPeriod(name, n)
    difference = machine - human
    mean, se = float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(n))
    try:
        found = standardised_mean_difference(machine, human)
        agreed = quadratic_weighted_kappa(machine, human)
    except AgreementError:  # all levels are one and the same
        return PairPeriod(name, n, mean, se)
    alarm = ""
    if abs(found) > smd and abs(mean) > WIDTH * se:
        alarm = "high" if mean > 0 else "low"
    elif agreed < kappa:
        alarm = "kappa"
    return PairPeriod(name, n, mean, se, found, agreed, alarm)


def _distance(own: FloatArray, earlier: FloatArray) -> float | None:
    """Mean of a period less that of the earlier ones, in standard errors of the difference."""
    pooled = np.concatenate((own - own.mean(), earlier - earlier.mean()))
    variance = float(pooled @ pooled) / (len(pooled) - 2)
    if variance <= 0:
        return None
    se = np.sqrt(variance * (1 / len(own) + 1 / len(earlier)))
    return float((own.mean() - earlier.mean()) / se)
