"""Sets of levels that hold the human level with a stated probability, without a model of error."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring_models.errors import SettingsError, TrainingDataError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int_]
BoolArray = npt.NDArray[np.bool_]

MIN_GROUP = 30


@dataclass(frozen=True)
class Conformal:
    """Quantile of nonconformity, for all answers and for each group that has one of its own."""

    coverage: float
    quantile: float
    by_group: Mapping[Hashable, float]

    def sets(self, probabilities: FloatArray, groups: Sequence[Hashable] = ()) -> BoolArray:
        """Return which levels each answer's set holds, shape ``(n, n_levels)``, without gaps.

        ``groups`` names each answer's Mondrian group, such as its prompt; one that was not
        calibrated, or had fewer than ``MIN_GROUP`` answers, takes the quantile of all.
        """
        reach = nonconformity(probabilities)
        limits = np.full(len(reach), self.quantile)
        if groups:
            limits = np.array([self.by_group.get(group, self.quantile) for group in groups])
        return np.asarray(reach <= limits[:, None] + 1e-12)

    def sets_by_level(self, probabilities: FloatArray, lowest: int) -> BoolArray:
        """Return sets in which each level stands by its own quantile, gaps filled.

        For a calibration whose groups were the human levels: coverage then holds in each level.
        """
        levels = range(lowest, lowest + probabilities.shape[1])
        limits = np.array([self.by_group.get(level, self.quantile) for level in levels])
        inside = nonconformity(probabilities) <= limits + 1e-12
        from_left = np.maximum.accumulate(inside, axis=1)
        from_right = np.maximum.accumulate(inside[:, ::-1], axis=1)[:, ::-1]
        return np.asarray(from_left & from_right)


def nonconformity(probabilities: FloatArray) -> FloatArray:
    """Return for each level the probability of the contiguous set that reaches it.

    The set grows from the median level to the neighbour of greater probability. A level's value is
    the probability of the set before the level joined; levels joined in order never leave a gap.

    References
    ----------
    Romano, Sesia & Candès (2020), Classification with valid and adaptive coverage,
    arXiv:2006.02544, made contiguous as in Lu, Angelopoulos & Pomerantz (2022),
    doi:10.1007/978-3-031-16452-1_52
    """
    n, levels = probabilities.shape
    rows = np.arange(n)
    start = (probabilities.cumsum(axis=1) < 0.5).sum(axis=1).clip(max=levels - 1)
    left, right = start - 1, start + 1
    padded = np.hstack([probabilities, np.full((n, 2), -1.0)])  # column -1 and column n_levels
    values = np.zeros((n, levels))
    mass = probabilities[rows, start].copy()
    for _ in range(levels - 1):
        go_left = padded[rows, left] > padded[rows, right]
        joined = np.where(go_left, left, right)
        values[rows, joined] = mass
        mass += probabilities[rows, joined]
        left, right = left - go_left, right + ~go_left
        left, right = np.maximum(left, -1), np.minimum(right, levels)
    return values


def calibrate(
    probabilities: FloatArray,
    levels: IntArray,
    lowest: int,
    coverage: float = 0.9,
    groups: Sequence[Hashable] = (),
) -> Conformal:
    """Calibrate conformal sets on answers that the model had not seen.

    Parameters
    ----------
    probabilities : array of shape (n, n_levels)
        Level distributions of unseen answers.
    levels : array of int, shape (n,)
        Human levels, counted from ``lowest``.
    coverage : float
        Wanted share of sets that hold the human level.
    groups : sequence, optional
        Mondrian group of each answer: its prompt (for ``Conformal.sets``) or its human level (for
        ``Conformal.sets_by_level``). Groups under ``MIN_GROUP`` answers share the common quantile.

    Raises
    ------
    SettingsError
        If ``coverage`` is not between 0 and 1.
    TrainingDataError
        If there are too few answers for that coverage: fewer than coverage / (1 - coverage).

    References
    ----------
    Vovk, Gammerman & Shafer (2005), doi:10.1007/b106715
    """
    if not 0 < coverage < 1:
        raise SettingsError(f"coverage {coverage} came, expected one between 0 and 1")
    own = nonconformity(probabilities)[np.arange(len(levels)), levels - lowest]
    quantile = _quantile(own, coverage)
    if quantile is None:
        raise TrainingDataError(f"{len(own)} answers came, too few for sets of {coverage:.0%}")
    by_group: dict[Hashable, float] = {}
    for group in set(groups):
        members = own[[g == group for g in groups]]
        found = _quantile(members, coverage) if len(members) >= MIN_GROUP else None
        if found is not None:
            by_group[group] = found
    return Conformal(coverage, quantile, by_group)


def _quantile(values: FloatArray, coverage: float) -> float | None:
    rank = int(np.ceil((len(values) + 1) * coverage))
    return float(np.sort(values)[rank - 1]) if rank <= len(values) else None
