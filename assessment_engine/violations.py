"""Whether simulated sittings kept to their blueprint, counted anew from the items given.

Nothing here asks the code that chose the items: what a constraint means is written down a second
time, so that a fault in one of the two shows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assessment_engine.constraints import (
    AllOrNone,
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
from assessment_engine.errors import EngineError
from assessment_engine.irt import FloatArray
from assessment_engine.pool import ItemPool
from assessment_engine.pretest import items_on_trial
from assessment_engine.rules import Quota, Rules, Section
from assessment_engine.simulated import Simulation

AT_ONCE = 20_000
"""So many sittings are a table of items in memory together."""

CUT_SHORT = frozenset({"section_time", "total_time", "exhausted", "in_progress"})
"""Reasons of an end that leaves minima unmet by design."""

ROUNDING = 1e-9
BoolArray = NDArray[np.bool_]
Outside = tuple[BoolArray, BoolArray]
"""By sitting: below a bound, above a bound."""


@dataclass(frozen=True, slots=True)
class Bound:
    """One constraint of a dimension's sections, and in how many sittings it was missed.

    ``cut_short`` of those below ended by time or for want of items, as the reason says; a sitting
    below that did not is a violation, as is one above.
    """

    dimension: str
    name: str
    below: int
    cut_short: int
    above: int

    @property
    def violations(self) -> int:
        return self.below - self.cut_short + self.above


@dataclass(frozen=True, slots=True)
class Violations:
    """``repeated`` offers of an item that the sitting had before, and pairs of ``enemies`` in one
    sitting, over all sittings; ``bounds`` of every section's limits, quotas and constraints."""

    repeated: int
    enemies: int
    bounds: tuple[Bound, ...]

    @property
    def total(self) -> int:
        return self.repeated + self.enemies + sum(bound.violations for bound in self.bounds)


def items_given(simulation: Simulation) -> Iterator[tuple[slice, BoolArray]]:
    """Which items each sitting was offered, ``(n of the part, n_items)``, a part at a time.

    Raises
    ------
    EngineError
        If a row lies outside the pool.
    """
    n_items = len(simulation.items)
    if (
        simulation.given.size
        and not -1 <= simulation.given.min() <= simulation.given.max() < n_items
    ):
        raise EngineError(f"the simulation gives rows outside its pool of {n_items} items")
    for first in range(0, simulation.n, AT_ONCE):
        part = slice(first, min(first + AT_ONCE, simulation.n))
        table = np.zeros((part.stop - first, n_items + 1), dtype=np.bool_)
        np.put_along_axis(table, simulation.given[part], values=True, axis=1)
        yield part, table[:, :n_items]  # -1 went into the last column


def violations(simulation: Simulation, rules: Rules, pool: ItemPool) -> Violations:
    """Count everything that the blueprint forbids and that happened all the same.

    Items on trial count to repeats and enemies only, as in the test. Where several sections measure
    one dimension, which of them gave an item is not known: their limits are then added up, and
    constraints on sets of items are passed over.

    Parameters
    ----------
    simulation : Simulation
    rules, pool
        Those that were simulated.
    """
    names = sorted({section.dimension for section in rules.sections})
    on_trial = items_on_trial(section.pretest for section in rules.sections)
    scored = np.array([item.id not in on_trial for item in pool.items], dtype=np.bool_)
    checks = [check for name in names for check in _checks(name, rules, pool)]
    counts = np.zeros((len(checks), 3), dtype=np.int64)
    enemies = _enemies(pool)
    hostile = 0
    for part, given in items_given(simulation):
        if enemies.size:
            hostile += int((given[:, enemies[:, 0]] & given[:, enemies[:, 1]]).sum())
        for place, (dimension, _, judge) in enumerate(checks):
            counts[place] += _count(simulation, part, dimension, judge(given & scored))
    bounds = tuple(
        Bound(dimension, name, *(int(count) for count in row))
        for (dimension, name, _), row in zip(checks, counts, strict=True)
    )
    return Violations(_repeated(simulation), hostile, bounds)


def _count(
    simulation: Simulation, part: slice, dimension: str, outside: Outside
) -> tuple[int, int, int]:
    """Below, of these cut short, and above; of sittings that began the dimension."""
    reason = simulation.reason[part, simulation.dimensions.index(dimension)]
    cut = [place for place, name in enumerate(simulation.reasons) if name in CUT_SHORT]
    below = outside[0] & (reason >= 0)
    above = outside[1] & (reason >= 0)
    return int(below.sum()), int((below & np.isin(reason, cut)).sum()), int(above.sum())


def _repeated(simulation: Simulation) -> int:
    ordered = np.sort(simulation.given, axis=1)
    return int(((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).sum())


def _enemies(pool: ItemPool) -> NDArray[np.intp]:
    pairs = [(i, j) for i, rows in enumerate(pool.enemy_rows) for j in rows if i < j]
    return np.array(pairs, dtype=np.intp).reshape(-1, 2)


Judge = Callable[[BoolArray], Outside]
Check = tuple[str, str, Judge]


def _checks(dimension: str, rules: Rules, pool: ItemPool) -> Iterator[Check]:
    """Everything asked of a dimension: its name, and what says which sittings are outside."""
    sections = [section for section in rules.sections if section.dimension == dimension]
    member = np.array([item.dimension == dimension for item in pool.items], dtype=np.bool_)
    linear = [dict(_linear(section, pool)) for section in sections]
    for name in dict.fromkeys(name for one in linear for name in one):
        column = next(one[name][0] for one in linear if name in one)
        low = sum(one[name][1] for one in linear if name in one)
        everywhere = all(name in one for one in linear)
        high = sum(one[name][2] for one in linear) if everywhere else np.inf
        yield dimension, name, _between(column * member, low, high)
    if len(sections) == 1:
        for constraint in sections[0].assembly.constraints:
            judge = _of_sets(constraint, pool, member)
            if judge is not None:
                yield dimension, name_of(constraint), judge


def _linear(
    section: Section, pool: ItemPool
) -> Iterator[tuple[str, tuple[FloatArray, float, float]]]:
    """By name: a number an item of the pool, and the bounds of its sum over a test."""
    yield "items", (np.ones(len(pool)), section.min_items, section.max_items)
    for quota in section.quotas:
        column = np.array([_value(quota, item) == quota.value for item in pool.items], dtype=float)
        yield f"{quota.attribute}={quota.value}", (column, quota.minimum, _most(quota.maximum))
    for constraint in section.assembly.constraints:
        match constraint:
            case ItemCount():
                column = np.array([_answers(constraint, labels_of(i)) for i in pool], dtype=float)
                low, high = float(constraint.minimum), _most(constraint.maximum)
            case Budget():
                column = np.array([getattr(item, constraint.attribute) for item in pool], float)
                low, high = constraint.minimum, _most(constraint.maximum)
            case Include():
                column = np.array([item.id in constraint.items for item in pool], dtype=float)
                low, high = float(column.sum()), np.inf
            case Exclude():
                column = np.array([item.id in constraint.items for item in pool], dtype=float)
                low, high = 0.0, 0.0
            case _:
                continue
        yield name_of(constraint), (column, low, high)


def _value(quota: Quota, item: object) -> str:
    return str(getattr(item, quota.attribute))


def _answers(constraint: ItemCount, labels: frozenset[str]) -> bool:
    return all(any(label in labels for label in group) for group in constraint.where)


def _most(maximum: float | None) -> float:
    return np.inf if maximum is None else float(maximum)


def _between(column: FloatArray, low: float, high: float) -> Judge:
    def judge(given: BoolArray) -> Outside:
        total = given @ column
        return total < low - ROUNDING, total > high + ROUNDING

    return judge


def _of_sets(constraint: Constraint, pool: ItemPool, member: BoolArray) -> Judge | None:
    """Constraints that speak of several items at once; None for the others."""
    if isinstance(constraint, AllOrNone):
        rows = [pool.row_of(item) for item in constraint.items]

        def together(given: BoolArray) -> Outside:
            n = given[:, rows].sum(axis=1)
            return (n > 0) & (n < len(rows)), np.zeros(len(given), dtype=np.bool_)

        return together
    if not isinstance(constraint, SetSize | SetCount):
        return None
    stimuli = sorted({item.stimulus for item, own in zip(pool, member, strict=True) if own} - {""})
    belongs = np.array([[item.stimulus == name for name in stimuli] for item in pool], dtype=float)
    least, most = constraint.minimum, _most(constraint.maximum)

    def sets(given: BoolArray) -> Outside:
        sizes = (given & member) @ belongs.reshape(len(pool), len(stimuli))
        if isinstance(constraint, SetCount):
            used = (sizes > 0).sum(axis=1)
            return used < least, used > most
        return ((sizes > 0) & (sizes < least)).any(axis=1), (sizes > most).any(axis=1)

    return sets
