"""Univariate and bivariate moments of categories: observed, implied by a model, and how they vary.

A function of one item gives a number to each of its categories: an indicator, or the category
number. A univariate moment is the mean of one function; a bivariate one the mean of a product of
two functions of different items. Given ability, items are independent, so that all that is needed
of the model is the mean and covariance of each item's own functions at each quadrature node.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt

from calibration.errors import ModelError
from calibration.estimate.models import FAMILIES, UNIT_SLOPE, score
from calibration.estimate.quadrature import Quadrature
from calibration.fixed import Fixed, held_values, whole_items
from calibration.parameters import ItemParameters, internal, probabilities

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
Categories = npt.NDArray[np.int16]
Statistic = Literal["M2", "M2*", "C2"]

ROWS_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class Design:
    """Which moments are taken.

    ``functions[item]`` (n_functions, n_categories) holds the functions of one item, of which
    the first ``n_univariate[item]`` are taken alone; ``owner`` says whose each of all functions
    is. Moment m is the mean of function ``first[m]``, times function ``second[m]`` where that is
    not -1.
    """

    functions: tuple[FloatArray, ...]
    n_univariate: tuple[int, ...]
    owner: IntArray
    first: IntArray
    second: IntArray

    @property
    def n_moments(self) -> int:
        return len(self.first)

    def start(self, item: int) -> int:
        return int(np.searchsorted(self.owner, item))

    def of_item(self, item: int) -> tuple[IntArray, IntArray, IntArray]:
        """Moments with a function of this item, that function's row, and the other function."""
        own, other = self.owner[self.first] == item, self.owner[self.second] == item
        other &= self.second >= 0
        moments = np.concatenate([np.flatnonzero(own), np.flatnonzero(other)])
        mine = np.concatenate([self.first[own], self.second[other]]) - self.start(item)
        partner = np.concatenate([self.second[own], self.first[other]])
        return moments, mine, partner


def design(n_categories: Sequence[int], statistic: Statistic) -> Design:
    """The moments of M2, M2* or C2."""
    functions, n_univariate = [], []
    for width in n_categories:
        indicators, scores = np.eye(width)[1:], np.arange(width, dtype=np.float64)[None]
        alone = scores if statistic == "M2*" else indicators
        in_pairs = indicators if statistic == "M2" else scores
        functions.append(np.vstack([alone, in_pairs]))
        n_univariate.append(len(alone))
    widths = [len(one) for one in functions]
    starts = np.concatenate([[0], np.cumsum(widths)])
    alone_at = [np.arange(n) + start for n, start in zip(n_univariate, starts[:-1], strict=True)]
    pairs_at = [
        np.arange(start + n, end)
        for n, start, end in zip(n_univariate, starts[:-1], starts[1:], strict=True)
    ]
    first, second = [*alone_at], [np.full(n, -1) for n in n_univariate]
    for i, j in combinations(range(len(functions)), 2):
        first.append(np.repeat(pairs_at[i], len(pairs_at[j])))
        second.append(np.tile(pairs_at[j], len(pairs_at[i])))
    return Design(
        tuple(functions),
        tuple(n_univariate),
        np.repeat(np.arange(len(widths)), widths),
        np.concatenate(first).astype(np.intp),
        np.concatenate(second).astype(np.intp),
    )


@dataclass(frozen=True, eq=False)
class Curves:
    """A model: category probabilities of each item (n_categories, n_nodes), weights of nodes."""

    tables: tuple[FloatArray, ...]
    weights: FloatArray


def conditional_moments(plan: Design, curves: Curves) -> FloatArray:
    """Moments at each node, (n_moments, n_nodes)."""
    means = _means(plan, curves)
    result: FloatArray = means[plan.first] * means[plan.second]
    return result


def _means(plan: Design, curves: Curves) -> FloatArray:
    """Mean of each function at each node, and a last row of ones that -1 points to."""
    rows = [f @ table for f, table in zip(plan.functions, curves.tables, strict=True)]
    return np.vstack([*rows, np.ones((1, len(curves.weights)))])


def covariance(plan: Design, curves: Curves) -> FloatArray:
    """Covariance of the moments of one person, (n_moments, n_moments)."""
    at_nodes = conditional_moments(plan, curves)
    means = _means(plan, curves)
    centred = at_nodes - (at_nodes @ curves.weights)[:, None]
    out: FloatArray = (centred * curves.weights) @ centred.T
    own = [
        _own_covariance(functions, table)
        for functions, table in zip(plan.functions, curves.tables, strict=True)
    ]
    for item, spread in enumerate(own):
        moments, mine, partner = plan.of_item(item)
        for a in range(len(spread)):
            rows, left = moments[mine == a], means[partner[mine == a]]
            for b in range(len(spread)):
                columns, right = moments[mine == b], means[partner[mine == b]]
                weighted = left * (curves.weights * spread[a, b])
                out[np.ix_(rows, columns)] += weighted @ right.T
    _add_equal_pairs(plan, own, curves.weights, out)
    return out


def _own_covariance(functions: FloatArray, table: FloatArray) -> FloatArray:
    means = functions @ table
    products = np.einsum("fk,gk,kq->fgq", functions, functions, table, optimize=True)
    result: FloatArray = products - means[:, None] * means[None]
    return result


def _add_equal_pairs(
    plan: Design, own: list[FloatArray], weights: FloatArray, out: FloatArray
) -> None:
    """Two moments of the same two items vary together once more, through both items at once."""
    at = int(sum(plan.n_univariate))
    for i, j in combinations(range(len(own)), 2):
        left = own[i][plan.n_univariate[i] :, plan.n_univariate[i] :]
        right = own[j][plan.n_univariate[j] :, plan.n_univariate[j] :]
        n = len(left) * len(right)
        both = np.tensordot(left * weights, right, axes=(2, 2)).transpose(0, 2, 1, 3)
        out[at : at + n, at : at + n] += both.reshape(n, n)
        at += n


def jacobian(
    plan: Design,
    curves: Curves,
    slopes: Sequence[FloatArray],
    places: Sequence[IntArray],
    n_free: int,
) -> FloatArray:
    """Derivatives of the moments by the free parameters, (n_moments, n_free).

    Parameters
    ----------
    slopes : sequence of arrays (n_own, n_categories, n_nodes)
        Derivatives of each item's probabilities by its own parameters.
    places : sequence of arrays (n_own,)
        Where each stands among the free ones; -1 = held.
    """
    means = _means(plan, curves)
    out = np.zeros((plan.n_moments, n_free))
    for item, (slope, place) in enumerate(zip(slopes, places, strict=True)):
        moments, mine, partner = plan.of_item(item)
        of_means = np.einsum("fk,pkq->fpq", plan.functions[item], slope) * curves.weights
        by_own = np.einsum("mpq,mq->mp", of_means[mine], means[partner], optimize=True)
        for own, at in enumerate(place.tolist()):
            if at >= 0:
                out[moments, at] += by_own[:, own]
    return out


def curves_of(items: Sequence[ItemParameters], quadrature: Quadrature) -> Curves:
    """Category probabilities of items on the nodes of a quadrature."""
    table = probabilities(items, quadrature.nodes)
    tables = tuple(one[: item.n_categories] for one, item in zip(table, items, strict=True))
    return Curves(tables, quadrature.weights)


def derivatives(
    items: Sequence[ItemParameters],
    quadrature: Quadrature,
    plan: Design,
    curves: Curves,
    fixed: Fixed,
    free_ability: bool | None,
) -> tuple[FloatArray, list[str]]:
    """Derivatives of the moments by all free parameters, and notes on what counts as held.

    Item parameters are slopes, intercepts and logits of asymptotes: the column space, which is all
    that matters, is that of (a, b, c, d). ``fixed`` and ``free_ability`` are those of
    ``calibration.fit.model.model_fit``.

    Raises
    ------
    ModelError
        If 1PL items have different slopes.
    """
    names = [item.name for item in items]
    whole = whole_items(fixed, names)
    held = held_values(
        fixed, names, [item.model for item in items], [item.n_categories for item in items]
    )
    places, n_free, notes = _places(items, held)
    slopes = []
    for item, table in zip(items, curves.tables, strict=True):
        by_log = score(FAMILIES[item.model], internal(item)[None], quadrature.nodes)[0]
        slopes.append(by_log * table)
    out = jacobian(plan, curves, slopes, places, n_free)
    if bool(whole) if free_ability is None else free_ability:
        out = np.hstack([out, _by_ability(plan, curves, quadrature)])
    return out, notes


def _places(
    items: Sequence[ItemParameters], held: dict[int, dict[int, float]]
) -> tuple[list[IntArray], int, list[str]]:
    one_slope = {item.a[0] for item in items if item.model == "1PL"}
    if one_slope and max(one_slope) - min(one_slope) > 1e-6:
        raise ModelError(
            f"1PL items share one slope; came {min(one_slope):g} to {max(one_slope):g}; calibrate "
            "them together, or call them 2PL"
        )
    slope_is_held = any(0 in held.get(at, {}) for at, i in enumerate(items) if i.model == "1PL")
    places, notes, n_free, shared = [], [], 0, -1
    for at, item in enumerate(items):
        own = np.full(len(internal(item)), -1, dtype=np.intp)
        is_free = ~np.isin(np.arange(len(own)), list(held.get(at, {})))
        is_free[0] &= item.model not in UNIT_SLOPE and not (item.model == "1PL" and slope_is_held)
        at_edge = np.isinf(internal(item)) & is_free
        if at_edge.any():
            notes.append(f"item {item.name!r}: an asymptote of exactly 0 or 1 counts as held")
        is_free &= ~at_edge
        own[is_free] = n_free + np.arange(is_free.sum())
        if item.model == "1PL" and is_free[0]:
            if shared < 0:
                shared = n_free
            else:
                own[is_free] -= 1
            own[0] = shared
        n_free = max(n_free, int(own.max()) + 1)
        places.append(own)
    return places, n_free, notes


def _by_ability(plan: Design, curves: Curves, quadrature: Quadrature) -> FloatArray:
    """Derivatives by mean and SD of a normal distribution on the nodes."""
    nodes, weights = quadrature.nodes, quadrature.weights
    mean = weights @ nodes
    deviation = nodes - mean
    sd = np.sqrt(weights @ deviation**2)
    by_moment = np.column_stack([deviation / sd**2, deviation**2 / sd**3])
    by_moment -= weights @ by_moment
    result: FloatArray = (conditional_moments(plan, curves) * weights) @ by_moment
    return result


@dataclass(frozen=True, eq=False)
class Observed:
    """Sample moments, and how many persons each, and each two, have in common.

    ``joint`` is None where everybody has every moment.
    """

    moments: FloatArray
    persons: FloatArray
    joint: FloatArray | None
    n_persons: float


def observe(plan: Design, categories: Categories, counts: FloatArray) -> Observed:
    """Each moment from the persons who answered its items; 0 where nobody did."""
    n_functions = len(plan.owner)
    sums, products = np.zeros(n_functions), np.zeros((n_functions, n_functions))
    lookups = [np.column_stack([f, np.zeros(len(f))]).T for f in plan.functions]
    for begin in range(0, len(categories), ROWS_AT_ONCE):
        rows = categories[begin : begin + ROWS_AT_ONCE]
        values = np.hstack([lookups[item][rows[:, item]] for item in range(rows.shape[1])])
        weighted = values * counts[begin : begin + ROWS_AT_ONCE, None]
        sums += weighted.sum(axis=0)
        products += values.T @ weighted
    totals = np.where(plan.second < 0, sums[plan.first], products[plan.first, plan.second])
    persons, joint = _common_persons(plan, categories >= 0, counts)
    return Observed(totals / np.maximum(persons, 1e-300), persons, joint, float(counts.sum()))


def _common_persons(
    plan: Design, seen: npt.NDArray[np.bool_], counts: FloatArray
) -> tuple[FloatArray, FloatArray | None]:
    if seen.all():
        return np.full(plan.n_moments, counts.sum()), None
    patterns, which = np.unique(seen, axis=0, return_inverse=True)
    weights = np.bincount(which.ravel(), counts, minlength=len(patterns))
    first = plan.owner[plan.first]
    second = np.where(plan.second < 0, first, plan.owner[plan.second])
    joint = np.zeros((plan.n_moments, plan.n_moments))
    for begin in range(0, len(patterns), ROWS_AT_ONCE):
        rows = patterns[begin : begin + ROWS_AT_ONCE]
        has = (rows[:, first] & rows[:, second]).astype(np.float64)
        joint += (has * weights[begin : begin + ROWS_AT_ONCE, None]).T @ has
    return np.diag(joint).copy(), joint
