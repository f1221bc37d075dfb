"""Intervals of any statistic by resampling, answers of one person together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring_models.errors import AgreementError

FloatArray = npt.NDArray[np.float64]

ENOUGH = 0.9
"""Share of the replicates in which a statistic must be defined for it to have an interval."""


@dataclass(frozen=True)
class Interval:
    """A value and where it may lie; ``low`` and ``high`` are None where that cannot be told."""

    value: float
    low: float | None = None
    high: float | None = None


def bootstrap(
    statistic: Callable[..., float],
    *arrays: npt.ArrayLike,
    seed: int,
    clusters: Sequence[str] | None = None,
    level: float = 0.95,
    n_replicates: int = 500,
) -> Interval:
    """A statistic and its percentile interval.

    Parameters
    ----------
    statistic : callable
        Takes the arrays; may raise AgreementError where it is undefined.
    *arrays : arrays of n rows
        Resampled together.
    seed : int
    clusters : sequence of str, optional
        Whose answer each row is; all rows of one person are drawn together.
    level : float
        Of the interval.
    n_replicates : int

    Raises
    ------
    AgreementError
        If the statistic is undefined on the data themselves.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 13,
    doi:10.1201/9780429246593
    """
    data = [np.asarray(array) for array in arrays]
    value = statistic(*data)
    rows = _members(len(data[0]), clusters)
    if len(rows) < 2:
        return Interval(value)
    generator = np.random.default_rng(seed)
    found: list[float] = []
    for _ in range(n_replicates):
        chosen = generator.integers(len(rows), size=len(rows))
        drawn = np.concatenate([rows[one] for one in chosen]) if clusters else chosen
        try:
            found.append(statistic(*(array[drawn] for array in data)))
        except AgreementError:
            continue
    if len(found) < ENOUGH * n_replicates:
        return Interval(value)
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high))


def _members(n: int, clusters: Sequence[str] | None) -> list[npt.NDArray[np.intp]]:
    if clusters is None:
        return [np.array([row]) for row in range(n)]
    if len(clusters) != n:
        raise AgreementError(f"{len(clusters)} persons for {n} rows; give one each")
    _, place = np.unique(np.asarray(clusters), return_inverse=True)
    return [np.flatnonzero(place == one) for one in range(place.max() + 1)]
