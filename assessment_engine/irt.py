"""Item response models: category probabilities, scores and Fisher information.

All models are on the logit scale with the scaling constant D = 1. Every function here works on
:class:`ItemArrays`, a padded form of many items, so that one item and a thousand take the same
path.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assessment_engine.records import Item

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]

LARGEST_LOGIT = 700.0  # exp of more overflows; the logistic is 0 or 1 to the last bit long before


def logistic(z: FloatArray) -> FloatArray:
    """``1 / (1 + exp(-z))`` without overflow, exact to the last bits in both tails."""
    bounded = np.minimum(np.maximum(z, -LARGEST_LOGIT), LARGEST_LOGIT)
    return 1.0 / (1.0 + np.exp(-bounded))


@dataclass(frozen=True, slots=True, eq=False)
class _Dichotomous:
    rows: IntArray
    a: FloatArray  # (n, 1), as are the others
    b: FloatArray
    c: FloatArray
    d: FloatArray

    def evaluate(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        z = self.a * (theta - self.b)
        up, down = logistic(z), logistic(-z)
        span = self.d - self.c
        p = np.stack((1.0 - self.d + span * down, self.c + span * up), axis=1)
        slope = self.a * span * up * down
        return p, np.stack((-slope, slope), axis=1) / p


@dataclass(frozen=True, slots=True, eq=False)
class _Graded:
    rows: IntArray
    a: FloatArray  # (n, 1, 1)
    bounds: FloatArray  # (n, K + 1, 1): -inf, thresholds, inf, inf, ...
    gap: FloatArray  # (n, K, 1): 1 - exp(-a (upper - lower)), 0 where padded

    def evaluate(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        # With x and y the logits of reaching category k and k + 1,
        # P_k = s(x) s(-y) (1 - exp(y - x)): no difference of nearly equal numbers, and
        # d log P_k / d theta = a (1 - s(x) - s(y)).
        z = self.a * (theta - self.bounds)
        up = logistic(z)
        p = up[:, :-1] * logistic(-z[:, 1:]) * self.gap
        return p, self.a * (1.0 - up[:, :-1] - up[:, 1:])


@dataclass(frozen=True, slots=True, eq=False)
class _PartialCredit:
    rows: IntArray
    a: FloatArray  # (n, 1, 1)
    category: FloatArray  # (1, K, 1): 0, 1, 2, ...
    offset: FloatArray  # (n, K, 1): a times the sum of the steps up to k, inf where padded

    def evaluate(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        z = self.a * self.category * theta - self.offset
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        mean = (p * self.category).sum(axis=1, keepdims=True)
        return p, self.a * (self.category - mean)


_Block: TypeAlias = _Dichotomous | _Graded | _PartialCredit


def _dichotomous(items: Sequence[Item], rows: list[int]) -> _Dichotomous:
    columns = np.array([[items[i].a, items[i].b[0], items[i].c, items[i].d] for i in rows]).T
    a, b, c, d = columns[:, :, np.newaxis]
    return _Dichotomous(np.array(rows), a, b, c, d)


def _graded(items: Sequence[Item], rows: list[int]) -> _Graded:
    width = max(items[i].n_categories for i in rows)
    bounds = np.full((len(rows), width + 1), np.inf)
    bounds[:, 0] = -np.inf
    gap = np.zeros((len(rows), width))
    for row, i in enumerate(rows):
        item = items[i]
        bounds[row, 1 : item.n_categories] = item.b
        gap[row, : item.n_categories] = -np.expm1(
            -item.a * np.diff(bounds[row, : item.n_categories + 1])
        )
    a = np.array([items[i].a for i in rows]).reshape(-1, 1, 1)
    return _Graded(np.array(rows), a, bounds[:, :, np.newaxis], gap[:, :, np.newaxis])


def _partial_credit(items: Sequence[Item], rows: list[int]) -> _PartialCredit:
    width = max(items[i].n_categories for i in rows)
    offset = np.full((len(rows), width), np.inf)
    for row, i in enumerate(rows):
        item = items[i]
        offset[row, : item.n_categories] = item.a * np.cumsum((0.0, *item.b))
    a = np.array([items[i].a for i in rows]).reshape(-1, 1, 1)
    category = np.arange(float(width)).reshape(1, -1, 1)
    return _PartialCredit(np.array(rows), a, category, offset[:, :, np.newaxis])


@dataclass(frozen=True, slots=True, eq=False)
class ItemArrays:
    """The parameters of several items as arrays, grouped by family of models."""

    n_items: int
    n_categories: int
    blocks: tuple[_Block, ...]

    @classmethod
    def of(cls, items: Sequence[Item]) -> "ItemArrays":
        """Gather ``items``, keeping their order."""
        groups: dict[str, list[int]] = {"PL": [], "GRM": [], "GPCM": []}
        for i, item in enumerate(items):
            groups[item.model if item.model in groups else "PL"].append(i)
        blocks: list[_Block] = []
        if groups["PL"]:
            blocks.append(_dichotomous(items, groups["PL"]))
        if groups["GRM"]:
            blocks.append(_graded(items, groups["GRM"]))
        if groups["GPCM"]:
            blocks.append(_partial_credit(items, groups["GPCM"]))
        return cls(len(items), max((item.n_categories for item in items), default=0), tuple(blocks))

    def evaluate(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Category probabilities and scores d log P / d theta.

        Each ``(n_items, n_categories, n_theta)``. Categories that an item lacks have probability 0,
        and a score that means nothing.
        """
        shape = (self.n_items, self.n_categories, theta.size)
        p, score = np.zeros(shape), np.zeros(shape)
        for block in self.blocks:
            block_p, block_score = block.evaluate(theta)
            width = block_p.shape[1]
            p[block.rows, :width] = block_p
            score[block.rows, :width] = block_score
        return p, score

    def information(self, theta: FloatArray) -> FloatArray:
        """Expected Fisher information, ``(n_items, n_theta)``."""
        total = np.empty((self.n_items, theta.size))
        for block in self.blocks:
            p, score = block.evaluate(theta)
            total[block.rows] = (p * score * score).sum(axis=1)
        return total


def category_probabilities(item: Item, theta: ArrayLike) -> FloatArray:
    """Probability of each category of an item at given abilities, D = 1.

    Parameters
    ----------
    item : Item
        1PL to 4PL: ``P(1) = c + (d - c) logistic(a (theta - b))``. GRM: ``P(X >= k) =
        logistic(a (theta - b_k))``. GPCM: ``log P(k) - log P(k-1) = a (theta - b_k)``.
    theta : array_like of shape (n_theta,) or float
        Abilities, logits.

    Returns
    -------
    array of shape (n_theta, n_categories)
        Rows sum to 1; column 0 is the lowest category.

    References
    ----------
    Barton & Lord (1981), doi:10.1002/j.2333-8504.1981.tb01255.x;
    Samejima (1969), doi:10.1007/BF03372160; Muraki (1992), doi:10.1177/014662169201600206
    """
    points = np.atleast_1d(np.asarray(theta, dtype=np.float64))
    p, _ = ItemArrays.of((item,)).evaluate(points)
    return np.ascontiguousarray(p[0].T)


def information(item: Item, theta: ArrayLike) -> FloatArray:
    """Expected Fisher information of an item, D = 1.

    Parameters
    ----------
    item : Item
    theta : array_like of shape (n_theta,) or float
        Abilities, logits.

    Returns
    -------
    array of shape (n_theta,)
        ``sum over k of P_k (d log P_k / d theta)**2``, per squared logit.
    """
    points = np.atleast_1d(np.asarray(theta, dtype=np.float64))
    total: FloatArray = ItemArrays.of((item,)).information(points)[0]
    return total
