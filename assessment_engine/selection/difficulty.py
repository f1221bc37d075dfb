"""Rules by how near an item lies to the provisional ability; for dichotomous items."""

import numpy as np

from assessment_engine.irt import FloatArray, IntArray
from assessment_engine.pool import DimensionItems
from assessment_engine.selection.fisher import parameters_of
from assessment_engine.selection.kept import kept
from assessment_engine.selection.view import View


def nearest_difficulty(view: View) -> FloatArray:
    """Minus the distance from an item's difficulty b to the provisional ability."""
    return -np.abs(parameters_of(view.items).b - view.theta)


def nearest_optimum(view: View) -> FloatArray:
    """Minus the distance from the ability where an item informs most to the provisional one."""
    return -np.abs(most_informative_at(view.items) - view.theta)


def a_stratified(view: View) -> FloatArray:
    """Nearest difficulty within the stratum in turn, strata ascending in discrimination."""
    return _by_stage(view, strata(view.items, view.settings.n_strata))


def a_stratified_blocked(view: View) -> FloatArray:
    """The same with strata that each hold items of every difficulty."""
    return _by_stage(view, blocked_strata(view.items, view.settings.n_strata))


def _by_stage(view: View, stratum: IntArray) -> FloatArray:
    """Nearest difficulty, behind all items of strata nearer to the stage's.

    The test is cut into as many stages of equal length as there are strata. Where constraints
    leave none of the stratum in turn, the items of the strata next to it follow.
    """
    n_strata = view.settings.n_strata
    stage = min(view.n_given * n_strata // max(view.n_max, 1), n_strata - 1)
    away = np.abs(stratum - stage)
    near = nearest_difficulty(view)
    values: FloatArray = near + away * (near.min() - 1.0)
    return values


@kept
def strata(items: DimensionItems, n_strata: int) -> IntArray:
    """Stratum of each item, from 0 up, of sizes that differ by one at most: ``(n_items,)``."""
    ranks = np.argsort(np.argsort(parameters_of(items).a, kind="stable"), kind="stable")
    return ranks * n_strata // ranks.size


@kept
def blocked_strata(items: DimensionItems, n_strata: int) -> IntArray:
    """Strata that take one item each, by discrimination, of every block of items alike in b.

    Items in order of difficulty are cut into blocks of as many as there are strata; a smaller last
    block is spread over the strata.
    """
    a, b, *_ = parameters_of(items)
    block = np.argsort(np.argsort(b, kind="stable"), kind="stable") // n_strata
    order = np.lexsort((a, block))
    size = np.bincount(block)
    start = np.concatenate(([0], np.cumsum(size)))
    place = np.empty(a.size, dtype=np.int64)
    place[order] = np.arange(a.size) - start[block[order]]
    return place * n_strata // size[block]


@kept
def most_informative_at(items: DimensionItems) -> FloatArray:
    """The ability, logits, at which each item has most information, ``(n_items,)``.

    References
    ----------
    Magis (2013), doi:10.1177/0146621613475471
    """
    a, b, c, d, *_ = parameters_of(items)
    u = -0.75 + 0.5 * (c + d - 2.0 * c * d)
    v = 0.25 * (c + d - 1.0)
    angle = np.arccos(np.clip(-0.5 * v * np.sqrt(-27.0 / u**3), -1.0, 1.0))
    share = 2.0 * np.sqrt(-u / 3.0) * np.cos((angle + 4.0 * np.pi) / 3.0) + 0.5
    best: FloatArray = b + np.log((share - c) / (d - share)) / a
    return best
