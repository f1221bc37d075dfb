"""Item response models: category probabilities, scores and Fisher information.

All models are on the logit scale with the scaling constant D = 1. Every function here works on
:class:`ItemArrays`, a padded form of many items, so that one item and a thousand take the same
path.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

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


class Derivatives(NamedTuple):
    """Category probabilities P; their first, second and third derivative by ability, over P.

    Each ``(n_items, n_categories, n_theta)``.
    """

    p: FloatArray
    first: FloatArray
    second: FloatArray
    third: FloatArray

    def moments(self) -> FloatArray:
        """Fisher information I, I', I'', and Warm's J = sum P' P'' / P: (4, n_items, n_theta).

        References
        ----------
        Warm (1989), doi:10.1007/BF02294627; Magis & Raîche (2012), doi:10.18637/jss.v048.i08
        """
        p, first, second, third = self
        square = first * first
        terms = (
            square,
            first * (2.0 * second - square),
            2.0 * second * second + 2.0 * first * third + square * (2.0 * square - 5.0 * second),
            first * second,
        )
        return np.stack([(p * term).sum(axis=1) for term in terms])


@dataclass(frozen=True, slots=True, eq=False)
class _Dichotomous:
    rows: IntArray
    a: FloatArray  # (n, 1), as are the others
    b: FloatArray
    c: FloatArray
    d: FloatArray

    def take(self, places: IntArray, rows: IntArray) -> "_Dichotomous":
        return _Dichotomous(rows, self.a[places], self.b[places], self.c[places], self.d[places])

    def evaluate(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        z = self.a * (theta - self.b)
        up, down = logistic(z), logistic(-z)
        span = self.d - self.c
        p = np.stack((1.0 - self.d + span * down, self.c + span * up), axis=1)
        slope = self.a * span * up * down
        return p, np.stack((-slope, slope), axis=1) / p

    def information(self, theta: FloatArray) -> FloatArray:
        z = self.a * (theta - self.b)
        odds_against = np.exp(-np.minimum(np.maximum(z, -LARGEST_LOGIT), LARGEST_LOGIT))
        up = 1.0 / (1.0 + odds_against)
        down = odds_against * up
        span = self.d - self.c
        slope = span * up * down
        result: FloatArray = self.a * self.a * slope
        result *= slope / ((self.c + span * up) * (1.0 - self.d + span * down))
        return result

    def derivatives(self, theta: FloatArray) -> Derivatives:
        z = self.a * (theta - self.b)
        up, down = logistic(z), logistic(-z)
        span = self.d - self.c
        p = np.stack((1.0 - self.d + span * down, self.c + span * up), axis=1)
        slope = self.a * span * up * down
        bend = self.a * slope * (down - up)
        third = self.a * self.a * slope * (1.0 - 6.0 * up * down)
        return Derivatives(p, *(np.stack((-x, x), axis=1) / p for x in (slope, bend, third)))


# Polytomous blocks keep categories first, so that sums over few categories run over many items.


@dataclass(frozen=True, slots=True, eq=False)
class _Graded:
    rows: IntArray
    a: FloatArray  # (n, 1)
    bounds: FloatArray  # (K + 1, n, 1): -inf, thresholds, inf, inf, ...
    gap: FloatArray  # (K, n, 1): 1 - exp(-a (upper - lower)), 0 where padded

    def take(self, places: IntArray, rows: IntArray) -> "_Graded":
        return _Graded(rows, self.a[places], self.bounds[:, places], self.gap[:, places])

    def evaluate(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        p, score, _, _ = self._curves(theta)
        return p.swapaxes(0, 1), score.swapaxes(0, 1)

    def information(self, theta: FloatArray) -> FloatArray:
        p, score, _, _ = self._curves(theta)
        return _expected_square(p, score)

    def derivatives(self, theta: FloatArray) -> Derivatives:
        p, score, up, down = self._curves(theta)
        spread = up * down
        lean = spread * (1.0 - 2.0 * up)
        change = -(self.a**2) * (spread[:-1] + spread[1:])
        turn = -(self.a**3) * (lean[:-1] + lean[1:])
        return _from_scores(p, score, change, turn)

    def _curves(self, theta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """P and score of each category, and the logistics of each bound, up and down."""
        # With x and y the logits of reaching category k and k + 1,
        # P_k = s(x) s(-y) (1 - exp(y - x)): no difference of nearly equal numbers, and
        # d log P_k / d theta = a (1 - s(x) - s(y)).
        z = self.a * (theta - self.bounds)
        up, down = logistic(z), logistic(-z)
        return up[:-1] * down[1:] * self.gap, self.a * (1.0 - up[:-1] - up[1:]), up, down


@dataclass(frozen=True, slots=True, eq=False)
class _DivideByTotal:
    """Category k in proportion to exp(slope_k theta - offset_k): PCM, GPCM, NRM."""

    rows: IntArray
    slope: FloatArray  # (K, n, 1), 0 where padded
    offset: FloatArray  # (K, n, 1), inf where padded

    def take(self, places: IntArray, rows: IntArray) -> "_DivideByTotal":
        return _DivideByTotal(rows, self.slope[:, places], self.offset[:, places])

    def evaluate(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        p, score = self._curves(theta)
        return p.swapaxes(0, 1), score.swapaxes(0, 1)

    def information(self, theta: FloatArray) -> FloatArray:
        return _expected_square(*self._curves(theta))

    def derivatives(self, theta: FloatArray) -> Derivatives:
        p, score = self._curves(theta)
        variance, skew = (p * score * score).sum(axis=0), (p * score**3).sum(axis=0)
        return _from_scores(p, score, -variance, -skew)

    def _curves(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        z = self.slope * theta - self.offset
        p = np.exp(z - z.max(axis=0))
        p /= p.sum(axis=0)
        return p, self.slope - (p * self.slope).sum(axis=0)


_Block: TypeAlias = _Dichotomous | _Graded | _DivideByTotal


def _expected_square(p: FloatArray, score: FloatArray) -> FloatArray:
    total: FloatArray = np.add.reduce(p * score * score, axis=0)
    return total


def _from_scores(p: FloatArray, s: FloatArray, change: FloatArray, turn: FloatArray) -> Derivatives:
    """From s = d log P / d theta and its first two derivatives, categories first."""
    found = (p, s, s * s + change, s**3 + 3.0 * s * change + turn)
    return Derivatives(*(x.swapaxes(0, 1) for x in found))


def _dichotomous(items: Sequence[Item], rows: list[int]) -> _Dichotomous:
    columns = np.array([[items[i].a, items[i].b[0], items[i].c, items[i].d] for i in rows]).T
    a, b, c, d = columns[:, :, np.newaxis]
    return _Dichotomous(np.array(rows), a, b, c, d)


def _graded(items: Sequence[Item], rows: list[int]) -> _Graded:
    width = max(items[i].n_categories for i in rows)
    bounds = np.full((width + 1, len(rows), 1), np.inf)
    bounds[0] = -np.inf
    gap = np.zeros((width, len(rows), 1))
    for row, i in enumerate(rows):
        item, n = items[i], items[i].n_categories
        bounds[1:n, row, 0] = item.b
        gap[:n, row, 0] = -np.expm1(-item.a * np.diff(bounds[: n + 1, row, 0]))
    a = np.array([items[i].a for i in rows]).reshape(-1, 1)
    return _Graded(np.array(rows), a, bounds, gap)


def _divide_by_total(items: Sequence[Item], rows: list[int]) -> _DivideByTotal:
    width = max(items[i].n_categories for i in rows)
    slope = np.zeros((width, len(rows), 1))
    offset = np.full((width, len(rows), 1), np.inf)
    for row, i in enumerate(rows):
        item, n = items[i], items[i].n_categories
        if item.model == "NRM":
            slope[1:n, row, 0] = item.slopes
            offset[:n, row, 0] = -np.array((0.0, *item.b))
        else:
            slope[:n, row, 0] = item.a * np.arange(n)
            offset[:n, row, 0] = item.a * np.cumsum((0.0, *item.b))
    return _DivideByTotal(np.array(rows), slope, offset)


_MAKERS: tuple[tuple[frozenset[str], Callable[[Sequence[Item], list[int]], _Block]], ...] = (
    (frozenset({"Rasch", "1PL", "2PL", "3PL", "4PL"}), _dichotomous),
    (frozenset({"GRM"}), _graded),
    (frozenset({"PCM", "GPCM", "NRM"}), _divide_by_total),
)


@dataclass(frozen=True, slots=True, eq=False)
class ItemArrays:
    """The parameters of several items as arrays, grouped by family of models."""

    n_items: int
    n_categories: int
    blocks: tuple[_Block, ...]

    @classmethod
    def of(cls, items: Sequence[Item]) -> "ItemArrays":
        """Gather ``items``, keeping their order."""
        blocks = []
        for models, make in _MAKERS:
            rows = [i for i, item in enumerate(items) if item.model in models]
            if rows:
                blocks.append(make(items, rows))
        return cls(len(items), max((item.n_categories for item in items), default=0), tuple(blocks))

    def take(self, places: IntArray) -> "ItemArrays":
        """The arrays of the items at ``places``, in that order; an item may come more than once."""
        blocks = []
        for block in self.blocks:
            place_in_block = np.full(self.n_items, -1)
            place_in_block[block.rows] = np.arange(block.rows.size)
            found = place_in_block[places]
            rows = np.flatnonzero(found >= 0)
            if rows.size:
                blocks.append(block.take(found[rows], rows))
        return ItemArrays(len(places), self.n_categories, tuple(blocks))

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

    def derivatives(self, theta: FloatArray) -> Derivatives:
        """Probabilities and what bias and curvature need; padded categories have probability 0."""
        shape = (self.n_items, self.n_categories, theta.size)
        total = Derivatives(*(np.zeros(shape) for _ in Derivatives._fields))
        for block in self.blocks:
            for whole, part in zip(total, block.derivatives(theta), strict=True):
                whole[block.rows, : part.shape[1]] = part
        return total

    def information(self, theta: FloatArray) -> FloatArray:
        """Expected Fisher information, ``(n_items, n_theta)``."""
        if len(self.blocks) == 1:
            return self.blocks[0].information(theta)
        total = np.empty((self.n_items, theta.size))
        for block in self.blocks:
            total[block.rows] = block.information(theta)
        return total


def category_probabilities(item: Item, theta: ArrayLike) -> FloatArray:
    """Probability of each category of an item at given abilities, D = 1.

    Parameters
    ----------
    item : Item
        Rasch to 4PL: ``P(1) = c + (d - c) logistic(a (theta - b))``. GRM: ``P(X >= k) =
        logistic(a (theta - b_k))``. PCM and GPCM: ``log P(k) - log P(k-1) = a (theta - b_k)``.
        NRM: ``log P(k) - log P(0) = slopes_k theta + b_k``.
    theta : array_like of shape (n_theta,) or float
        Abilities, logits.

    Returns
    -------
    array of shape (n_theta, n_categories)
        Rows sum to 1; column 0 is the lowest category.

    References
    ----------
    Barton & Lord (1981), doi:10.1002/j.2333-8504.1981.tb01255.x;
    Samejima (1969), doi:10.1007/BF03372160; Masters (1982), doi:10.1007/BF02296272;
    Muraki (1992), doi:10.1177/014662169201600206; Bock (1972), doi:10.1007/BF02291411
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
