"""Content constraints: quotas, enemies, and no item twice.

A greedy choice can use up what a quota will need later. So an item is offered only if, after it,
items remain that meet every minimum of the section in hand and of later sections that compete with
it. That is decided by a complete search over item types (items without enemies are interchangeable
within a type), counted in nodes.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from assessment_engine.errors import LogError
from assessment_engine.irt import IntArray
from assessment_engine.pool import ItemPool, ItemType
from assessment_engine.rules import Quota, Rules, Section
from assessment_engine.sitting import Sitting

NODE_BUDGET = 20_000
UNLIMITED = 1_000_000_000
OUT_OF_REACH = "minima_out_of_reach"


class Need(NamedTuple):
    """What a section still needs: items at most and at least, and for each quota the same."""

    slots: int
    minimum: int
    deficits: tuple[int, ...]
    room: tuple[int, ...]

    @property
    def met(self) -> bool:
        return self.minimum == 0 and not any(self.deficits)


def matches(quota: Quota, item_type: ItemType) -> bool:
    """Whether items of this type count to the quota."""
    value = item_type.content if quota.attribute == "content" else item_type.kind
    return value == quota.value


def need_of(section: Section, taken: Sequence[ItemType]) -> Need:
    """What a section still needs after the items that it has given."""
    slots, minimum = section.max_items - len(taken), max(0, section.min_items - len(taken))
    if not section.quotas:
        return Need(slots, minimum, (), ())
    counts = [sum(matches(quota, one) for one in taken) for quota in section.quotas]
    pairs = list(zip(section.quotas, counts, strict=True))
    return Need(
        slots,
        minimum,
        tuple(max(0, quota.minimum - n) for quota, n in pairs),
        tuple(UNLIMITED if q.maximum is None else q.maximum - n for q, n in pairs),
    )


def minima_met(section: Section, taken: Sequence[ItemType]) -> bool:
    """Whether every quota's minimum is met."""
    return not section.quotas or not any(need_of(section, taken).deficits)


class Supply(NamedTuple):
    """Items still available: counts by type of those without enemies, rows of the others."""

    free: tuple[int, ...]
    bound: frozenset[int]


class Search:
    """A search for items that complete the needs of sections; one value a decision."""

    def __init__(self, pool: ItemPool, sections: Sequence[Section]) -> None:
        self.pool = pool
        self.sections = sections
        self.nodes = 0
        self._failed: set[tuple[tuple[Need, ...], Supply]] = set()
        self._quotas = [
            [
                tuple(q for q, quota in enumerate(section.quotas) if matches(quota, item_type))
                if item_type.dimension == section.dimension
                else None
                for item_type in pool.types
            ]
            for section in sections
        ]

    def fits(self, need: Need, section: int, code: int) -> bool:
        """Whether a section may take an item of this type."""
        quotas = self._quotas[section][code]
        return quotas is not None and need.slots > 0 and all(need.room[q] > 0 for q in quotas)

    def full(self, need: Need, section: int) -> list[int]:
        """Types of a section's dimension of which it may take no item more."""
        types = self._quotas[section]
        return [
            code
            for code, quotas in enumerate(types)
            if quotas is not None and not self.fits(need, section, code)
        ]

    def take(self, need: Need, section: int, code: int) -> Need:
        """The need after an item of this type."""
        deficits, room = list(need.deficits), list(need.room)
        for q in self._quotas[section][code] or ():
            deficits[q] = max(0, deficits[q] - 1)
            room[q] -= 1
        return Need(need.slots - 1, max(0, need.minimum - 1), tuple(deficits), tuple(room))

    def completes(self, needs: tuple[Need, ...], supply: Supply) -> bool:
        """Whether the supply can meet all needs; False too when the node budget is spent."""
        section = next((i for i, need in enumerate(needs) if not need.met), None)
        if section is None:
            return True
        need = needs[section]
        if self._too_few_slots(section, need):
            return False
        if self._plenty(section, needs, supply):
            return True
        state = (needs, supply)
        if state in self._failed or self.nodes >= NODE_BUDGET:
            return False
        self.nodes += 1
        for code in self._branches(section, need):
            after = (*needs[:section], self.take(need, section, code), *needs[section + 1 :])
            if any(self.completes(after, left) for left in self._without_one(supply, code)):
                return True
        self._failed.add(state)
        return False

    def _too_few_slots(self, section: int, need: Need) -> bool:
        """Whether minima of one attribute, which never overlap, exceed the items left."""
        if need.minimum > need.slots:
            return True
        totals = {"content": 0, "kind": 0}
        for quota, deficit in zip(self.sections[section].quotas, need.deficits, strict=True):
            totals[quota.attribute] += deficit
        return max(totals.values()) > need.slots

    def _plenty(self, section: int, needs: tuple[Need, ...], supply: Supply) -> bool:
        """Whether only a number of items is needed and unconstrained ones suffice, as usual."""
        need = needs[section]
        if any(need.deficits) or not all(other.met for other in needs[section + 1 :]):
            return False
        available = 0
        for code, quotas in enumerate(self._quotas[section]):
            if quotas is not None and all(need.room[q] == UNLIMITED for q in quotas):
                available += supply.free[code]
        return available >= need.minimum

    def _branches(self, section: int, need: Need) -> list[int]:
        """Types that fill the first deficit, those that fill most deficits first."""
        target = next((q for q, deficit in enumerate(need.deficits) if deficit), None)
        found = []
        for code, quotas in enumerate(self._quotas[section]):
            if quotas is None or (target is not None and target not in quotas):
                continue
            if self.fits(need, section, code):
                filled = sum(need.deficits[q] > 0 for q in quotas)
                limited = sum(need.room[q] != UNLIMITED for q in quotas)
                found.append((-filled, limited, code))
        return [code for _, _, code in sorted(found)]

    def _without_one(self, supply: Supply, code: int) -> Iterable[Supply]:
        """Supplies after one item of a type. One without enemies is never the worse choice."""
        if supply.free[code]:
            free = list(supply.free)
            free[code] -= 1
            yield Supply(tuple(free), supply.bound)
            return
        for row in sorted(supply.bound):
            if self.pool.type_codes[row] == code:
                yield self.without(supply, row)

    def without(self, supply: Supply, row: int) -> Supply:
        """The supply after one item and its enemies are gone."""
        if row in supply.bound:
            gone = {row, *self.pool.enemy_rows[row]}
            return Supply(supply.free, supply.bound - gone)
        free = list(supply.free)
        free[self.pool.type_codes[row]] -= 1
        return Supply(tuple(free), supply.bound)


def supply_of(pool: ItemPool, available: NDArray[np.bool_]) -> Supply:
    """Count the available items; one whose enemies are all gone is free."""
    bound = frozenset(
        row
        for row in np.flatnonzero(available & pool.has_enemies).tolist()
        if any(available[enemy] for enemy in pool.enemy_rows[row])
    )
    free = available.copy()
    free[list(bound)] = False
    counts = np.bincount(pool.type_codes[free], minlength=len(pool.types))
    return Supply(tuple(counts.tolist()), bound)


def available_items(pool: ItemPool, sitting: Sitting) -> NDArray[np.bool_]:
    """Rows that are eligible, not closed or offered yet, and no enemy of an item offered."""
    if sitting.opened.eligible:
        available = np.zeros(len(pool), dtype=np.bool_)
        available[[pool.row_of(item) for item in sitting.opened.eligible]] = True
    else:
        available = pool.every.copy()
    row_of = pool.row
    rows = [row_of[offer.item] for offer in sitting.offers]
    available[rows] = False
    if pool.has_any_enemies:
        for row in rows:
            available[list(pool.enemy_rows[row])] = False
    if sitting.closed:
        available[[pool.row[item] for item in sitting.closed if item in pool]] = False
    return available


def taken_types(pool: ItemPool, sitting: Sitting, section: str) -> list[ItemType]:
    """Types of the items that a section has offered."""
    type_of = pool.type_of
    return [type_of[offer.item] for offer in sitting.offers if offer.section == section]


def competing_sections(rules: Rules, pool: ItemPool, index: int) -> list[Section]:
    """The section at ``index`` and the later ones that items or enemies connect with it."""
    group = [rules.sections[index]]
    later = list(rules.sections[index + 1 :])
    for _ in rules.sections:  # each round may connect further sections
        known = {section.dimension for section in group}
        joined = [
            section
            for section in later
            if section.dimension in known
            or any((section.dimension, other) in pool.hostile_dimensions for other in known)
        ]
        if not joined:
            break
        group.extend(joined)
        later = [section for section in later if section not in joined]
    return group[:1] + [section for section in rules.sections if section in group[1:]]


class Candidates:
    """Which items the section in hand may offer; ``taken``, where known, are its types so far."""

    def __init__(
        self,
        rules: Rules,
        pool: ItemPool,
        sitting: Sitting,
        index: int,
        taken: Sequence[ItemType] | None = None,
    ) -> None:
        sections = competing_sections(rules, pool, index)
        self.pool = pool
        if taken is None:
            taken = taken_types(pool, sitting, sections[0].code)
        later = (need_of(one, taken_types(pool, sitting, one.code)) for one in sections[1:])
        self.needs = (need_of(sections[0], taken), *later)
        self._available = available_items(pool, sitting)
        self._search = Search(pool, sections)
        self._known: dict[tuple[bool, int], bool] = {}
        self._rows = pool.dimensions[rules.sections[index].dimension].rows
        whole = self._rows.size == len(pool)
        self._here = self._available if whole else self._available[self._rows]

    @cached_property
    def _supply(self) -> Supply:
        return supply_of(self.pool, self._available)

    def allowed(self) -> NDArray[np.bool_]:
        """Places within the dimension that are available and exceed no maximum."""
        full = self._search.full(self.needs[0], 0)
        if not full:
            return self._here.copy()
        return self._here & ~np.isin(self.pool.type_codes[self._rows], full)

    @cached_property
    def free(self) -> bool:
        """Whether any place allowed keeps all minima within reach."""
        need = self.needs[0]
        if len(self.needs) > 1 or any(need.deficits) or self.pool.has_any_enemies:
            return all(need.met for need in self.needs)
        if need.minimum == 0:
            return True
        if not all(room == UNLIMITED for room in need.room):
            return False
        return need.minimum <= min(need.slots, int(np.count_nonzero(self._here)))

    def best(self, order: IntArray, n: int) -> tuple[list[int], str]:
        """The first ``n`` places of ``order`` that keep all minima within reach, and a note.

        None where a later section needs all that is left and this one can do without. Where minima
        are out of reach already (a pool cut down after its rules were checked), places that fill
        one come first and the note says so.
        """
        if self.free:
            return order[:n].tolist(), ""
        rows = self._rows
        kept: list[int] = []
        for place in order.tolist():
            if self._keeps(int(rows[place])):
                kept.append(place)
                if len(kept) == n:
                    break
        if kept or not order.size or self._may_stop():
            return kept, ""
        filling = [place for place in order.tolist() if self._fills(int(rows[place]))]
        return (filling or order.tolist())[:n], OUT_OF_REACH

    def keeping(self) -> NDArray[np.bool_]:
        """Of the places allowed, those that keep all minima within reach, later sections' too."""
        allowed = self.allowed()
        if all(need.met for need in self.needs):
            return allowed
        rows = self._rows
        for place in np.flatnonzero(allowed).tolist():
            allowed[place] = self._keeps(int(rows[place]))
        return allowed

    def _may_stop(self) -> bool:
        """Whether minima are in reach if the section in hand takes no more."""
        return self.needs[0].met and self._search.completes(self.needs, self._supply)

    def _keeps(self, row: int) -> bool:
        code = int(self.pool.type_codes[row])
        bound = row in self._supply.bound
        key = (bound, row if bound else code)
        if key not in self._known:
            needs = (self._search.take(self.needs[0], 0, code), *self.needs[1:])
            left = self._search.without(self._supply, row)
            self._known[key] = self._search.completes(needs, left)
        return self._known[key]

    def _fills(self, row: int) -> bool:
        code = int(self.pool.type_codes[row])
        after = self._search.take(self.needs[0], 0, code)
        return sum(after.deficits) < sum(self.needs[0].deficits)


def section_index(rules: Rules, code: str) -> int:
    """Place of a section in the rules, by its code in a log."""
    for index, section in enumerate(rules.sections):
        if section.code == code:
            return index
    raise LogError(
        f"the log offers section {code!r}, but the rules have "
        f"{[section.code for section in rules.sections]}; use the rules of its opening"
    )
