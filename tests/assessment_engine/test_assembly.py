"""Offers under constraints through whole sittings, fallbacks and their notes, and set-up checks."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from assessment_engine import (
    Administer,
    Answered,
    Item,
    ItemPool,
    Log,
    Offered,
    Opened,
    Quota,
    Rules,
    Section,
    next_step,
    replay,
    simulate,
)
from assessment_engine.assembly import check_assembly, choose, clashing, constraints_met
from assessment_engine.constraints import (
    AllOrNone,
    Assembly,
    Budget,
    Include,
    ItemCount,
    SetCount,
    SetSize,
)
from assessment_engine.linear import compile_model, violations
from assessment_engine.sitting import read

SECTION = Section("s", "x", 10, 10, 0.0, None, (Quota("content", "a", 4, 6),))
CONSTRAINTS = (
    Budget("words", 250, 350),
    Budget("seconds", 0, 900),
    SetSize(2, 3),
    SetCount(1, 2),
    ItemCount((("level=1", "level=2"), ("content=b", "content=c")), 2, 3),
)


def bank(n: int = 90) -> ItemPool:
    random = np.random.default_rng(5)
    return ItemPool(
        Item(
            f"i{k:02}",
            "x",
            "2PL",
            float(random.lognormal(0, 0.3)),
            (float(random.normal()),),
            content="abc"[k % 3],
            enemies=frozenset({f"i{k - 4:02}"} if k % 9 == 8 else ()),
            seconds=float(random.integers(40, 120)),
            stimulus=f"s{k // 4}" if k < 24 else "",
            words=int(random.integers(10, 60)),
            tags=frozenset({f"level={random.integers(1, 4)}"}),
        )
        for k in range(n)
    )


POOL = bank()


def sit(rules: Rules, assembly: Assembly, seed: int, n: int = 1) -> tuple[Log, list[str]]:
    """Offer items of each section until none is left to offer; each step has new values."""
    log: Log = (Opened(0.0, "t", "p", ()),)
    notes = []
    random = np.random.default_rng(seed)
    for index, section in enumerate(rules.sections):
        for _ in range(section.max_items):
            theta = np.array([random.normal()])
            items = POOL.dimensions["x"]
            values = items.arrays.information(theta)[:, 0]
            choice = choose(rules, POOL, read(log), index, assembly, values, n=n, seed=seed)
            if not choice.places:
                break
            assert len(choice.places) <= n
            notes.append(choice.note)
            place = choice.places[int(random.integers(len(choice.places)))]
            position = len(read(log).offers) + 1
            item = items.items[place].id
            log = (*log, Offered(0.0, position, section.code, item))
            log = (*log, Answered(0.0, position, item, 1))
    return log, notes


def broken(log: Log, section: Section, assembly: Assembly) -> tuple[str, ...]:
    local = POOL.dimensions["x"].local
    given = [local[e.item] for e in log if isinstance(e, Offered) and e.section == section.code]
    return violations(compile_model(section, assembly, POOL), given)


@pytest.mark.parametrize("n", [1, 5])
def test_shadow_tests_meet_every_constraint_whichever_of_the_best_is_drawn(n: int) -> None:
    assembly = Assembly("shadow", CONSTRAINTS)
    for seed in range(4):
        log, notes = sit(Rules((SECTION,)), assembly, seed, n)
        assert broken(log, SECTION, assembly) == ()
        assert set(notes) == {""}
        assert constraints_met(SECTION, assembly, POOL, read(log))
        assert not constraints_met(SECTION, assembly, POOL, read(log[:-2]))


def test_a_later_section_keeps_what_it_needs() -> None:
    first = Section("s", "x", 8, 8, 0.0)
    scarce = sum(item.content == "a" for item in POOL) - 2  # items of "a" have no enemies
    second = Section("t", "x", scarce, scarce, 0.0, None, (Quota("content", "a", scarce),))
    log, notes = sit(Rules((first, second)), Assembly("shadow"), 1)
    counts = Counter((e.section, POOL[e.item].content) for e in log if isinstance(e, Offered))
    assert counts["t", "a"] == scarce
    assert sum(n for (code, _), n in counts.items() if code == "s") == 8
    assert set(notes) == {""}


def test_an_infeasible_shadow_test_is_noted_and_the_sitting_goes_on() -> None:
    assembly = Assembly("shadow", (Budget("words", 5_000, 6_000), ItemCount((("level=1",),), 0, 2)))
    log, notes = sit(Rules((SECTION,)), assembly, 2)
    assert notes == ["shadow_infeasible"] * 10
    assert broken(log, SECTION, assembly) == ("words",)


def test_work_that_runs_out_is_noted_and_the_sitting_goes_on() -> None:
    assembly = Assembly("shadow", CONSTRAINTS, max_nodes=0)
    log, notes = sit(Rules((SECTION,)), assembly, 3)
    assert "shadow_out_of_work" in notes
    assert len(notes) == 10
    over = set(broken(log, SECTION, assembly)) & {"seconds", "enemies", "items of a stimulus apart"}
    assert not over


@pytest.mark.parametrize("method", ["priority", "deviation", "penalty"])
def test_cheap_methods_never_exceed_a_maximum_and_miss_few_minima(method: str) -> None:
    limits = (ItemCount((("level=1",),), 2, 4), ItemCount((("level=2",),), 3, 4), CONSTRAINTS[1])
    assembly = Assembly(method, limits)  # type: ignore[arg-type]
    missed = 0
    for seed in range(10):
        log, _ = sit(Rules((SECTION,)), assembly, seed)
        items = [POOL[e.item] for e in log if isinstance(e, Offered)]
        levels = Counter(tag for item in items for tag in item.tags)
        assert levels["level=1"] <= 4
        assert levels["level=2"] <= 4
        assert sum(item.seconds for item in items) <= 900
        missed += bool(broken(log, SECTION, assembly))
    assert missed <= 3


def problems(assembly: Assembly, section: Section = SECTION) -> list[str]:
    return [problem for holds, problem in check_assembly(section, assembly, POOL) if not holds]


def test_a_sound_assembly_passes_the_checks() -> None:
    assert problems(Assembly("shadow", CONSTRAINTS)) == []


@pytest.mark.parametrize(
    ("constraint", "words"),
    [
        (ItemCount((("level=9",),), 1, 2), "no item of the pool has the label"),
        (ItemCount((("level=1",),), 3, 2), "minimum 3 exceeds maximum 2"),
        (ItemCount((("level=1",),), -1, 2), "minimum -1 is below 0"),
        (SetSize(0, 2), "minimum 0 is below 1"),
        (Include(("nobody",)), "the pool has no item nobody"),
        (Budget("words", 0, 100, weight=0.0), "weight 0.0, expected more than 0"),
        (Budget("pages", 0, 100), "of words or seconds"),  # type: ignore[arg-type]
    ],
)
def test_a_bad_constraint_is_named(constraint: ItemCount, words: str) -> None:
    found = problems(Assembly("priority", (constraint,)))
    assert len(found) == 1
    assert words in found[0]


def test_greedy_assembly_refuses_constraints_that_it_cannot_keep() -> None:
    assert "use 'shadow'" in problems(Assembly("greedy", CONSTRAINTS))[0]


def test_constraints_that_clash_are_named_and_no_others() -> None:
    long = Budget("words", 400, 600)
    short = ItemCount((("words=few",),), 0, None)
    assert "words=few" in problems(Assembly("shadow", (short,)))[0]
    clash = Assembly("shadow", (*CONSTRAINTS, long))
    assert clashing(SECTION, clash, POOL) == ["250 to 350 words", "400 to 600 words"]
    found = problems(clash)
    assert found == [
        "no test of 10 to 10 items meets 250 to 350 words and 400 to 600 words; add items or widen "
        "one of them"
    ]


def test_items_that_come_together_are_checked_with_their_enemies() -> None:
    hostile = next(item for item in POOL if item.enemies)
    pair = AllOrNone((hostile.id, *hostile.enemies))
    assert clashing(SECTION, Assembly("shadow", (pair,)), POOL) == []
    both = Assembly("shadow", (pair, Include((hostile.id,))))
    assert len(clashing(SECTION, both, POOL)) == 2


def test_an_offer_records_its_shadow_test_and_the_next_begins_with_it() -> None:
    """What is offered is what a cold search offers; a forged shadow test is a difference."""
    rules = Rules((replace(SECTION, assembly=Assembly("shadow", CONSTRAINTS)),))
    for seed in range(3):
        log = simulate(rules, POOL, {"x": 0.4}, seed)
        offers = [event for event in log if isinstance(event, Offered)]
        assert [len(offer.shadow) for offer in offers] == list(range(10, 0, -1))
        assert all(offer.item in offer.shadow for offer in offers)
        assert replay(rules, POOL, log, seed).identical
        without = tuple(replace(e, shadow=()) if isinstance(e, Offered) else e for e in log)
        for place, event in enumerate(log):
            if isinstance(event, Offered):
                step = next_step(rules, POOL, without[:place], seed)
                assert isinstance(step, Administer)
                assert (step.item, set(step.shadow)) == (event.item, set(event.shadow))
        found = replay(rules, POOL, without, seed).difference
        assert found is not None
        assert found.position == 1
