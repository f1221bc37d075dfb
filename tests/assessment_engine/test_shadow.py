"""Shadow tests against brute force and in whole sittings; ties, starts, limits, permutation."""

from collections.abc import Sequence
from itertools import combinations, groupby

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from assessment_engine import Item, ItemPool, Quota, Section
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
)
from assessment_engine.linear import compile_model, violations
from assessment_engine.shadow import assemble, next_items, preferences

NODES = 2_000
CONDITIONS = ((("t=1",),), (("t=1", "t=2"), ("content=a",)), (("content=b",),))


@st.composite
def pools(draw: st.DrawFn) -> ItemPool:
    """Up to nine items with tags, words, stimuli and enemies."""
    n = draw(st.integers(3, 9))
    ids = [f"i{k}" for k in range(n)]
    pairs = draw(st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(ids)), max_size=3))
    return ItemPool(
        Item(
            name,
            "x",
            "1PL",
            1.0,
            (0.0,),
            content=draw(st.sampled_from("ab")),
            enemies=frozenset(b for a, b in pairs if a == name and b != name),
            stimulus=draw(st.sampled_from(["", "", "p", "q"])),
            words=draw(st.integers(0, 3)),
            tags=frozenset({f"t={draw(st.integers(1, 3))}"}),
        )
        for name in ids
    )


@st.composite
def constraint_lists(draw: st.DrawFn) -> tuple[Constraint, ...]:
    chosen: list[Constraint] = []
    for where in CONDITIONS:
        if draw(st.booleans()):
            low = draw(st.integers(0, 2))
            high = draw(st.one_of(st.none(), st.integers(low, 4)))
            chosen.append(ItemCount(where, low, high))
    low = draw(st.integers(0, 2))
    extra: list[Constraint] = [
        Budget("words", low, draw(st.integers(low, 9))),
        SetSize(draw(st.integers(1, 2)), draw(st.one_of(st.none(), st.integers(2, 3)))),
        SetCount(draw(st.integers(0, 1)), draw(st.one_of(st.none(), st.integers(1, 2)))),
        AllOrNone(("i0", "i1")),
        Include(("i2",)),
        Exclude(("i1",)),
    ]
    return (*chosen, *(one for one in extra if draw(st.sampled_from([True, False, False]))))


@st.composite
def sections(draw: st.DrawFn) -> Section:
    high = draw(st.integers(1, 5))
    return Section("s", "x", draw(st.integers(0, high)), high, 0.0)


def holds(c: Constraint, items: Sequence[Item]) -> bool:
    """Whether items meet one constraint."""
    ids = {item.id for item in items}
    stimuli = [item.stimulus for item in items if item.stimulus]
    labels = [item.tags | {f"content={item.content}"} for item in items]
    match c:
        case ItemCount():
            counts = [sum(all(own & set(group) for group in c.where) for own in labels)]
        case Budget():
            counts = [sum(getattr(item, c.attribute) for item in items)]
        case SetSize():
            counts = [stimuli.count(name) for name in set(stimuli)]
        case SetCount():
            counts = [len(set(stimuli))]
        case AllOrNone():
            return len(ids & set(c.items)) in (0, len(c.items))
        case Include():
            return set(c.items) <= ids
        case Exclude():
            return not set(c.items) & ids
    high = np.inf if c.maximum is None else c.maximum
    return all(c.minimum <= n <= high for n in counts)


def together(items: Sequence[Item]) -> bool:
    """Whether items of each stimulus follow one another."""
    runs = [name for name, _ in groupby(item.stimulus for item in items) if name]
    return len(runs) == len(set(runs))


def fulfils(
    section: Section, constraints: Sequence[Constraint], items: Sequence[Item], *, ordered: bool
) -> bool:
    """Whether items are an admissible test, in their order if asked."""
    ids = {item.id for item in items}
    in_sets = any(isinstance(one, SetSize | SetCount) for one in constraints)
    return (
        len(ids) == len(items)
        and section.min_items <= len(items) <= section.max_items
        and not any(item.enemies & ids for item in items)
        and all(holds(one, items) for one in constraints)
        and (together(items) or not (in_sets and ordered))
    )


def brute_force(
    section: Section,
    constraints: Sequence[Constraint],
    pool: ItemPool,
    values: NDArray[np.float64],
    free: NDArray[np.bool_],
) -> float | None:
    """Largest total value of an admissible test, None where there is none."""
    totals = [
        sum(values[pool.row_of(item.id)] for item in items)
        for n in range(section.max_items + 1)
        for items in combinations([pool.items[k] for k in np.flatnonzero(free)], n)
        if fulfils(section, constraints, items, ordered=False)
    ]
    return max(totals, default=None)


@settings(max_examples=150, deadline=None)
@given(pools(), sections(), constraint_lists(), st.integers(0, 2**31), st.sets(st.integers(0, 8)))
def test_shadow_test_is_the_best_of_all_admissible_tests(
    pool: ItemPool,
    section: Section,
    constraints: tuple[Constraint, ...],
    seed: int,
    ineligible: set[int],
) -> None:
    values = np.random.default_rng(seed).random(len(pool))
    model = compile_model(section, Assembly("shadow", constraints), pool)
    free = np.array([place not in ineligible for place in range(len(pool))])
    shadow = assemble(model, values, (), free, seed=seed, max_nodes=NODES)
    best = brute_force(section, constraints, pool, values, free)
    if best is None:
        assert shadow.status == "infeasible"
    else:
        assert shadow.status == "optimal"
        items = [pool.items[place] for place in shadow.test]
        assert fulfils(section, constraints, items, ordered=False)
        assert free[list(shadow.test)].all()
        assert sum(values[list(shadow.test)]) == pytest.approx(best, abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(pools(), sections(), constraint_lists(), st.integers(0, 2**31))
def test_a_sitting_ends_with_an_admissible_test_whatever_the_values(
    pool: ItemPool, section: Section, constraints: tuple[Constraint, ...], seed: int
) -> None:
    random = np.random.default_rng(seed)
    model = compile_model(section, Assembly("shadow", constraints), pool)
    free = np.ones(len(pool), dtype=np.bool_)
    taken: list[int] = []
    last: tuple[int, ...] = ()
    while True:
        values = random.random(len(pool))
        shadow = assemble(model, values, taken, free, seed=seed, max_nodes=NODES)
        if not taken:
            assume(shadow.status == "optimal")
        assert shadow.status == "optimal"
        warm = assemble(model, values, taken, free, seed=seed, max_nodes=NODES, last=last)
        assert sorted(warm.test) == sorted(shadow.test)
        last = shadow.test
        order = next_items(model, shadow, taken, preferences(values, seed))
        if not order:
            break
        taken.append(order[int(random.integers(len(order)))])
    items = [pool.items[place] for place in taken]
    assert fulfils(section, constraints, items, ordered=True)
    assert violations(model, taken) == ()


@settings(max_examples=200, deadline=None)
@given(pools(), sections(), constraint_lists(), st.permutations(range(9)), st.integers(0, 9))
def test_violations_are_those_of_a_plain_count(
    pool: ItemPool,
    section: Section,
    constraints: tuple[Constraint, ...],
    order: list[int],
    n: int,
) -> None:
    model = compile_model(section, Assembly("shadow", constraints), pool)
    test = [place for place in order if place < len(pool)][:n]
    items = [pool.items[place] for place in test]
    assert (violations(model, test) == ()) == fulfils(section, constraints, items, ordered=True)


def bank(n: int = 120) -> list[Item]:
    random = np.random.default_rng(8)
    return [
        Item(
            f"i{k:03}",
            "x",
            "2PL",
            float(random.lognormal()),
            (float(random.normal()),),
            content="abc"[k % 3],
            stimulus=f"s{k // 4}" if k < 40 else "",
            enemies=frozenset({f"i{k - 7:03}"} if k % 10 == 9 else ()),
            words=int(random.integers(10, 60)),
        )
        for k in range(n)
    ]


def bank_constraints() -> Assembly:
    sets = (SetSize(2, 4), SetCount(1, 2))
    return Assembly("shadow", (Budget("words", 300, 400), *sets))


SECTION = Section("s", "x", 12, 12, 0.0, None, (Quota("content", "a", 5, 6),))


def test_the_order_of_the_pool_changes_nothing_and_new_ids_change_ids_only() -> None:
    items = bank()
    pool = ItemPool(items)
    values = pool.dimensions["x"].arrays.information(np.array([0.3]))[:, 0]
    free = np.ones(len(pool), dtype=np.bool_)
    model = compile_model(SECTION, bank_constraints(), pool)
    first = assemble(model, values, (), free, seed=3, max_nodes=NODES)
    shuffled = ItemPool(items[::-1])
    again = compile_model(SECTION, bank_constraints(), shuffled)
    assert assemble(again, values, (), free, seed=3, max_nodes=NODES) == first

    renamed = {item.id: f"n{(37 * k) % len(items):03}" for k, item in enumerate(items)}
    other = ItemPool(
        Item(
            renamed[one.id],
            "x",
            "2PL",
            one.a,
            one.b,
            content=one.content,
            stimulus=one.stimulus,
            enemies=frozenset(renamed[name] for name in one.enemies),
            words=one.words,
        )
        for one in items
    )
    values = other.dimensions["x"].arrays.information(np.array([0.3]))[:, 0]
    model = compile_model(SECTION, bank_constraints(), other)
    second = assemble(model, values, (), free, seed=3, max_nodes=NODES)
    assert {renamed[pool.items[k].id] for k in first.test} == {
        other.items[k].id for k in second.test
    }


def test_ties_are_broken_by_the_seed_alone() -> None:
    pool = ItemPool(Item(f"i{k:02}", "x", "1PL", 1.0, (0.0,)) for k in range(20))
    model = compile_model(Section("s", "x", 3, 3, 0.0), Assembly("shadow"), pool)
    free = np.ones(20, dtype=np.bool_)
    same = np.full(20, 0.25)
    tests = [
        frozenset(assemble(model, same, (), free, seed=seed, max_nodes=NODES).test)
        for seed in (*range(30), *range(30))
    ]
    assert tests[:30] == tests[30:]
    assert len(set(tests)) > 20
    assert frozenset().union(*tests) == set(range(20))


def test_the_search_gives_up_after_its_nodes() -> None:
    # Odd sums are asked of even words: the relaxation is content, no whole test is.
    items = [Item(f"i{k:02}", "x", "1PL", 1.0, (0.0,), words=2 * (k + 40)) for k in range(30)]
    pool = ItemPool(items)
    model = compile_model(
        Section("s", "x", 10, 10, 0.0), Assembly("shadow", (Budget("words", 1101, 1101),)), pool
    )
    values = np.random.default_rng(1).random(30)
    free = np.ones(30, dtype=np.bool_)
    assert assemble(model, values, (), free, seed=1, max_nodes=0).status == "out_of_work"
    assert assemble(model, values, (), free, seed=1, max_nodes=NODES).status == "infeasible"


def test_dominated_items_are_left_out_and_the_optimum_stays() -> None:
    pool = ItemPool(bank())
    model = compile_model(SECTION, Assembly("shadow"), pool)
    free = np.ones(len(pool), dtype=np.bool_)
    values = np.arange(len(pool), dtype=np.float64)
    shadow = assemble(model, values, (), free, seed=1, max_nodes=NODES)
    chosen: list[int] = []  # greedy is optimal here: one quota of five or six, pairs of enemies
    for place in reversed(range(len(pool))):
        of_a = sum(pool.items[k].content == "a" for k in chosen)
        limit = of_a < 6 if pool.items[place].content == "a" else len(chosen) - of_a < 7
        if limit and len(chosen) < 12 and not model.enemies[place, chosen].any():
            chosen.append(place)
    assert sorted(shadow.test) == sorted(chosen)
