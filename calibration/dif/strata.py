"""Tables of group by category, one a stratum of comparable persons, and their sums."""

import numpy as np
import numpy.typing as npt

from calibration.dif.matching import Matching, SumScore, anchor_mask
from calibration.dif.screening import Categories, Groups, weights_of

FloatArray = npt.NDArray[np.float64]


class Strata:
    """Counts of each item by stratum, group and category."""

    def __init__(
        self,
        names: tuple[str, ...],
        codes: Categories,
        groups: Groups,
        matching: Matching | None,
        weights: npt.ArrayLike | None,
    ) -> None:
        self.names, self.codes, self.groups = names, codes, groups
        self.matching = SumScore() if matching is None else matching
        self.weights = weights_of(weights, len(codes))

    def __call__(self, anchors: tuple[str, ...]) -> list[FloatArray]:
        values = self.matching.values(self.names, self.codes, anchor_mask(self.names, anchors))
        return [
            self._table(values[:, item], self.codes[:, item]) for item in range(len(self.names))
        ]

    def _table(self, values: FloatArray, column: npt.NDArray[np.int16]) -> FloatArray:
        seen = column >= 0
        stratum = self.matching.strata(np.where(seen, values, np.nan))
        used = stratum >= 0
        shape = (
            int(stratum.max(initial=-1)) + 1,
            len(self.groups.names),
            int(column.max(initial=1)) + 1,
        )
        cell = np.ravel_multi_index(
            (stratum[used], self.groups.number[used], column[used].astype(np.intp)), shape
        )
        counts = np.bincount(cell, self.weights[used], minlength=int(np.prod(shape)))
        return counts.reshape(shape).astype(np.float64)

    def pairs(self, table: FloatArray) -> list[tuple[str, FloatArray]]:
        return [
            (name, table[:, [0, place]]) for place, name in enumerate(self.groups.names) if place
        ]


def usable(table: FloatArray) -> FloatArray:
    """The strata that compare something: two groups at least, and two persons."""
    n = table.sum(axis=2)
    kept: FloatArray = table[((n > 0).sum(axis=1) >= 2) & (n.sum(axis=1) > 1)]
    return kept


def focal_sums(table: FloatArray) -> tuple[FloatArray, FloatArray]:
    score = np.arange(table.shape[2], dtype=np.float64)
    n = table.sum(axis=2)
    total = n.sum(axis=1)
    either = table.sum(axis=1)
    mean = either @ score / total
    spread = np.maximum(either @ score**2 - total * mean**2, 0.0)
    excess = table[:, 1] @ score - n[:, 1] * mean
    variance = n[:, 0] * n[:, 1] * spread / (total * (total - 1))
    return excess, variance


def mean_score_sums(table: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Sum of each group's scores less its expectation, and the covariance under no difference.

    Parameters
    ----------
    table : array of shape (n_strata, n_groups, n_categories)
        Counts; each stratum has two persons or more.

    Returns
    -------
    tuple of arrays of shape (n_groups,) and (n_groups, n_groups)
    """
    counts = np.asarray(table, dtype=np.float64)
    score = np.arange(counts.shape[2], dtype=np.float64)
    n = counts.sum(axis=2)
    total = n.sum(axis=1)
    either = counts.sum(axis=1)
    mean = either @ score / total
    variance = np.maximum(either @ score**2 / total - mean**2, 0.0) * total / (total - 1)
    excess = counts @ score - n * mean[:, None]
    spread = np.einsum("k,kg,gh->gh", variance, n, np.eye(n.shape[1]))
    spread -= np.einsum("k,kg,kh->gh", variance / total, n, n)
    return excess.sum(axis=0), spread
