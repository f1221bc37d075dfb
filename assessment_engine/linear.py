"""A section's constraints as linear rows, and what is left of them after the items given.

A row says that the sum of a coefficient over the items of the test lies between two bounds. Sets of
items (stimuli) and enemies are kept apart, as they need variables or conflicts of their own.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from assessment_engine.constraints import (
    AllOrNone,
    Assembly,
    Budget,
    Constraint,
    Exclude,
    Include,
    ItemCount,
    SetCount,
    SetSize,
    labels_of,
    name_of,
)
from assessment_engine.irt import FloatArray, IntArray
from assessment_engine.pool import ItemPool
from assessment_engine.rules import Section

NO_STIMULUS = -1
ROUNDING = 1e-9  # seconds of a budget need not be whole numbers


@dataclass(frozen=True, slots=True)
class Row:
    """What a linear row is called in messages, and its weight in the cheaper methods."""

    name: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class LinearModel:
    """A section's constraints over the items of its dimension, in the order of their places.

    ``coefficients`` is ``(n_rows, n_items)``, ``lower`` and ``upper`` are ``(n_rows,)``; row 0 is
    the length. ``stimulus`` numbers each item's stimulus, -1 where it has none; ``sets`` says
    whether constraints speak of stimuli at all. ``cliques`` are groups of items of which a test
    holds at most one. ``signature`` is equal for items that are interchangeable but for their
    value; -1 marks those that enemies, a stimulus or an inclusion make special.
    """

    rows: tuple[Row, ...]
    coefficients: FloatArray
    lower: FloatArray
    upper: FloatArray
    stimulus: IntArray
    stimuli: tuple[str, ...]
    sets: bool
    set_size: tuple[int, float]
    set_count: tuple[int, float]
    cliques: tuple[tuple[int, ...], ...]
    enemies: NDArray[np.bool_]
    included: IntArray
    excluded: NDArray[np.bool_]
    signature: IntArray

    @property
    def n_items(self) -> int:
        return len(self.stimulus)


@lru_cache(maxsize=64)
def compile_model(section: Section, assembly: Assembly, pool: ItemPool) -> LinearModel:
    """The linear form of a section's limits, quotas, constraints and the pool's enemies.

    Raises
    ------
    UnknownItemError
        If a constraint names an item outside ``pool``.
    """
    items = pool.dimensions[section.dimension].items
    rows = [Row("items")]
    columns = [np.ones(len(items))]
    bounds: list[tuple[float, float]] = [(section.min_items, section.max_items)]
    for row, column, low, high in _linear(section, assembly, pool):
        rows.append(row)
        columns.append(column)
        bounds.append((low, high))
    stimuli = sorted({item.stimulus for item in items} - {""})
    code = {name: k for k, name in enumerate(stimuli)}
    stimulus = np.array([code.get(item.stimulus, NO_STIMULUS) for item in items], dtype=np.int64)
    enemies = _enemies(pool, section.dimension)
    coefficients = np.array(columns)
    included = np.array(_places(assembly, Include, pool, section.dimension), dtype=np.int64)
    special = enemies.any(axis=1) | ((stimulus != NO_STIMULUS) & bool(_set_rules(assembly)))
    special[included] = True
    _, signature = np.unique(coefficients, axis=1, return_inverse=True)
    excluded = np.zeros(len(items), dtype=np.bool_)
    excluded[_places(assembly, Exclude, pool, section.dimension)] = True
    sizes = [c for c in assembly.constraints if isinstance(c, SetSize)]
    counts = [c for c in assembly.constraints if isinstance(c, SetCount)]
    return LinearModel(
        tuple(rows),
        coefficients,
        np.array([low for low, _ in bounds], dtype=np.float64),
        np.array([high for _, high in bounds], dtype=np.float64),
        stimulus,
        tuple(stimuli),
        bool(_set_rules(assembly)),
        (max((s.minimum for s in sizes), default=1), min(map(_ceiling, sizes), default=np.inf)),
        (max((c.minimum for c in counts), default=0), min(map(_ceiling, counts), default=np.inf)),
        _cliques(enemies),
        enemies,
        included,
        excluded,
        np.where(special, NO_STIMULUS, signature.ravel()),
    )


def _set_rules(assembly: Assembly) -> list[Constraint]:
    return [one for one in assembly.constraints if isinstance(one, SetSize | SetCount)]


def _ceiling(constraint: ItemCount | Budget | SetSize | SetCount) -> float:
    return np.inf if constraint.maximum is None else float(constraint.maximum)


def _linear(
    section: Section, assembly: Assembly, pool: ItemPool
) -> Iterator[tuple[Row, FloatArray, float, float]]:
    items = pool.dimensions[section.dimension].items
    labels = [labels_of(item) for item in items]
    quotas = [
        ItemCount(((f"{quota.attribute}={quota.value}",),), quota.minimum, quota.maximum)
        for quota in section.quotas
    ]
    for constraint in (*quotas, *assembly.constraints):
        name = name_of(constraint)
        match constraint:
            case ItemCount():
                row = Row(name, constraint.weight)
                column = np.array([_matches(constraint, own) for own in labels], dtype=np.float64)
                yield row, column, constraint.minimum, _ceiling(constraint)
            case Budget():
                row = Row(name, constraint.weight)
                amount = [getattr(item, constraint.attribute) for item in items]
                yield row, np.array(amount, np.float64), constraint.minimum, _ceiling(constraint)
            case AllOrNone():
                places = _local(constraint.items, pool, section.dimension)
                for first, second in pairwise(places):
                    column = np.zeros(len(items))
                    column[first], column[second] = 1.0, -1.0
                    yield Row(name), column, 0.0, 0.0


def _matches(constraint: ItemCount, labels: frozenset[str]) -> bool:
    return all(not labels.isdisjoint(group) for group in constraint.where)


def _local(names: Iterable[str], pool: ItemPool, dimension: str) -> list[int]:
    local = pool.dimensions[dimension].local
    return [local[name] for name in names if pool[name].dimension == dimension]


def _places(
    assembly: Assembly, kind: type[Include] | type[Exclude], pool: ItemPool, dimension: str
) -> list[int]:
    named = [name for one in assembly.constraints if isinstance(one, kind) for name in one.items]
    return sorted(set(_local(named, pool, dimension)))


def _enemies(pool: ItemPool, dimension: str) -> NDArray[np.bool_]:
    rows = pool.dimensions[dimension].rows
    place = {int(row): k for k, row in enumerate(rows)}
    matrix = np.zeros((len(rows), len(rows)), dtype=np.bool_)
    for k, row in enumerate(rows):
        matrix[k, [place[one] for one in pool.enemy_rows[row] if one in place]] = True
    return matrix


def _cliques(enemies: NDArray[np.bool_]) -> tuple[tuple[int, ...], ...]:
    """Cliques that cover every pair of enemies; they bound a relaxation tighter than pairs do."""
    uncovered = np.triu(enemies)
    found = []
    while uncovered.any():
        clique = [int(k) for k in np.argwhere(uncovered)[0]]
        common = enemies[clique[0]] & enemies[clique[1]]
        while common.any():
            joined = int(np.argmax(common))
            clique.append(joined)
            common &= enemies[joined]
        clique.sort()
        uncovered[np.ix_(clique, clique)] = False
        found.append(tuple(clique))
    return tuple(found)


def violations(model: LinearModel, test: Sequence[int]) -> tuple[str, ...]:
    """Names of the constraints that a whole test breaks; none if it is admissible.

    Parameters
    ----------
    model : LinearModel
    test : sequence of int
        Places of the test's items, in the order in which they were given.
    """
    chosen = np.array(test, dtype=np.int64)
    broken = ["an item twice"] if len(set(test)) < len(test) else []
    total = model.coefficients[:, chosen].sum(axis=1)
    outside = (total < model.lower - 1e-6) | (total > model.upper + 1e-6)
    broken += [model.rows[k].name for k in np.flatnonzero(outside)]
    if model.enemies[np.ix_(chosen, chosen)].any():
        broken.append("enemies")
    if not set(model.included.tolist()) <= set(test):
        broken.append("inclusion")
    if model.excluded[chosen].any():
        broken.append("exclusion")
    if model.sets:
        broken += _broken_sets(model, model.stimulus[chosen])
    return tuple(broken)


def _broken_sets(model: LinearModel, order: IntArray) -> list[str]:
    used, sizes = np.unique(order[order != NO_STIMULUS], return_counts=True)
    changes = np.flatnonzero(np.diff(order)) + 1
    starts = order[np.concatenate(([0], changes))] if order.size else order
    broken = []
    if (sizes < model.set_size[0]).any() or (sizes > model.set_size[1]).any():
        broken.append("items of each stimulus")
    if not model.set_count[0] <= used.size <= model.set_count[1]:
        broken.append("stimuli")
    if (starts != NO_STIMULUS).sum() > used.size:
        broken.append("items of a stimulus apart")
    return broken


@dataclass(frozen=True, slots=True, eq=False)
class Remaining:
    """What is left of a section after the items given: room in each row, and items still free.

    ``in_hand`` is the stimulus of the last item given, -1 if it had none. ``begun`` counts the
    stimuli used so far, ``of_set`` the items given with the one in hand.
    """

    free: NDArray[np.bool_]
    lower: FloatArray
    upper: FloatArray
    in_hand: int
    begun: int
    of_set: int

    @property
    def slots(self) -> int:
        """Items that may still be given."""
        return int(self.upper[0])


def remaining(model: LinearModel, given: Sequence[int], free: NDArray[np.bool_]) -> Remaining:
    """What is left after the items given (places in their order) of those ``free``, ``(n_items,)``.

    A stimulus that was left is closed; so are enemies of an item given, and an item that would
    exceed a maximum.
    """
    chosen = np.array(given, dtype=np.int64)
    used = model.coefficients[:, chosen].sum(axis=1)
    upper = model.upper - used
    left = free & ~model.excluded & ~model.enemies[chosen].any(axis=0)
    left[chosen] = False
    positive = (model.coefficients >= 0.0).all(axis=1)
    room = upper[positive, np.newaxis] + ROUNDING
    left &= (model.coefficients[positive] <= room).all(axis=0)
    in_hand, begun, of_set = NO_STIMULUS, 0, 0
    if model.sets:
        order = model.stimulus[chosen]
        used_sets = set(order.tolist()) - {NO_STIMULUS}
        in_hand = int(order[-1]) if order.size else NO_STIMULUS
        begun, of_set = len(used_sets), int((order == in_hand).sum())
        left &= ~np.isin(model.stimulus, list(used_sets - {in_hand}))
        if in_hand != NO_STIMULUS and of_set >= model.set_size[1]:
            left &= model.stimulus != in_hand
        if begun >= model.set_count[1]:
            left &= (model.stimulus == NO_STIMULUS) | (model.stimulus == in_hand)
    return Remaining(left, model.lower - used, upper, in_hand, begun, of_set)


def met(model: LinearModel, given: Sequence[int]) -> bool:
    """Whether the items given are an admissible test as they stand."""
    return not violations(model, given)
