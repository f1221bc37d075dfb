"""Pretest slots: where and what is tried, balance by need, and that it never counts."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessment_engine import Answered, Item, ItemPool, Log, Offered, Opened, Rules, Section
from assessment_engine.abilities import Abilities
from assessment_engine.content import taken_types
from assessment_engine.opening import open_with
from assessment_engine.pretest import (
    Pretest,
    about_pretest,
    choose_pretest,
    closed_to_scored,
    items_on_trial,
    next_pretest,
    pretest_positions,
    scored_offers,
)
from assessment_engine.sitting import read, responses_of
from assessment_engine.state import section_state

SCORED = tuple(f"s{i:02}" for i in range(20))
TRIED = tuple(f"t{i:02}" for i in range(12))
POOL = ItemPool(
    [
        *(
            Item(name, "x", "2PL", 1.0 + 0.05 * i, (-1.0 + i / 10,))
            for i, name in enumerate(SCORED)
        ),
        *(Item(name, "x", "2PL", 1.0, (0.0,)) for name in TRIED),
        Item("other", "y", "2PL", 1.0, (0.0,)),
    ]
)
CONFIG = Pretest(3, 2, 8, TRIED)
RULES = Rules((Section("s", "x", 8, 10, 0.0),))
TRYING = Rules((Section("s", "x", 8, 10, 0.0, pretest=CONFIG),))


@given(st.integers(0, 2**62))
def test_positions_are_within_their_bounds(seed: int) -> None:
    found = pretest_positions(CONFIG, seed, "s")
    assert len(found) == 3
    assert found <= set(range(2, 9))
    assert found == pretest_positions(CONFIG, seed, "s")


def test_all_positions_are_equally_probable_and_sections_differ() -> None:
    counts = Counter(p for seed in range(3500) for p in pretest_positions(CONFIG, seed, "s"))
    assert all(abs(counts[p] / 3500 - 3 / 7) < 0.035 for p in range(2, 9))
    same = sum(
        pretest_positions(CONFIG, s, "s") == pretest_positions(CONFIG, s, "t") for s in range(700)
    )
    assert abs(same / 700 - 1 / 35) < 0.03


def test_items_fill_up_at_the_same_pace() -> None:
    """Needs of 50 and 200 answers: after half of all slots, each item has about half of its own."""
    needs = {item: 50.0 if i % 2 else 200.0 for i, item in enumerate(TRIED)}
    left = dict(needs)
    for seed in range(250):
        for item in choose_pretest(CONFIG, left, POOL, seed, "s")[:3]:
            left[item] -= 1.0
    shares = {item: 1.0 - left[item] / needs[item] for item in TRIED}
    assert sum(needs[i] - left[i] for i in TRIED) == 750
    assert all(abs(share - 0.5) < 0.2 for share in shares.values())
    for seed in range(250, 500):
        for item in choose_pretest(CONFIG, left, POOL, seed, "s")[:3]:
            left[item] -= 1.0
    # All wanted answers are there; draws past the need go to none while others still need them.
    assert all(abs(value) <= 2.0 for value in left.values())


def test_items_without_need_come_last() -> None:
    order = choose_pretest(CONFIG, {TRIED[7]: 1.0, TRIED[3]: -5.0}, POOL, 4, "s")
    assert order[0] == TRIED[7]
    assert len(order) == 6
    assert TRIED[7] not in choose_pretest(CONFIG, {TRIED[7]: 1.0}, POOL, 4, "s", {TRIED[7]})


def test_no_two_items_chosen_are_enemies() -> None:
    pool = ItemPool(
        replace(item, enemies=frozenset({"t00"})) if item.id in TRIED[1:6] else item
        for item in POOL
    )
    needs = dict.fromkeys(TRIED[:6], 1.0)
    for seed in range(60):
        chosen = choose_pretest(CONFIG, needs, pool, seed, "s")
        assert not ("t00" in chosen and set(chosen) & set(TRIED[1:6]))


def offered(*items: str) -> list[Offered]:
    return [Offered(0.0, position, "s", item) for position, item in enumerate(items, start=1)]


def test_a_section_offers_its_items_at_its_positions() -> None:
    order = ("other", *TRIED[:4])
    given_items: list[str] = []
    for place in range(1, 10):
        item = next_pretest(CONFIG, order, POOL, offered(*given_items), section="s", seed=9)
        assert (item is not None) == (place in pretest_positions(CONFIG, 9, "s"))
        given_items.append(item or SCORED[place])
    assert [item for item in given_items if item in TRIED] == list(TRIED[:3])


def test_an_enemy_of_an_item_given_is_passed_over() -> None:
    pool = ItemPool(replace(i, enemies=frozenset({"s00"})) if i.id == "t00" else i for i in POOL)
    config = Pretest(1, 2, 2, TRIED)
    before = offered("s00")
    assert next_pretest(config, TRIED, pool, before, section="s", seed=1) == "t01"
    assert next_pretest(config, ("t00",), pool, before, section="s", seed=1) is None
    assert next_pretest(config, TRIED, pool, offered("s01"), section="s", seed=1) == "t00"


def test_items_on_trial_and_enemies_of_those_given_are_closed_to_scoring() -> None:
    pool = ItemPool(replace(i, enemies=frozenset({"s00"})) if i.id == "t00" else i for i in POOL)
    assert closed_to_scored(TRIED, offered("s05", "t01"), pool) == set(TRIED)
    assert closed_to_scored(TRIED, offered("t00"), pool) == {*TRIED, "s00"}
    assert closed_to_scored((), offered("s00"), pool) == frozenset()


def test_without_an_order_in_the_log_the_seed_decides() -> None:
    config = Pretest(1, 1, 1, TRIED)
    first = Counter(
        next_pretest(config, (), POOL, [], section="s", seed=seed) for seed in range(2400)
    )
    assert set(first) == set(TRIED)
    assert all(abs(n / 2400 - 1 / 12) < 0.025 for n in first.values())
    turned = Pretest(1, 1, 1, TRIED[::-1])
    assert all(
        next_pretest(config, (), POOL, [], section="s", seed=s)
        == next_pretest(turned, (), POOL, [], section="s", seed=s)
        for s in range(20)
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 1), min_size=7, max_size=7), st.integers(0, 100))
def test_answers_to_items_on_trial_change_nothing(answers: list[int], seed: int) -> None:
    """Ability, standard error, quotas and stopping, with the answers and without the offers."""
    positions = pretest_positions(CONFIG, seed, "s")
    log: Log = (Opened(0.0, "t", "p", ()),)
    bare: Log = log
    tried, scored = iter(TRIED), iter(SCORED)
    for place, answer in enumerate(answers, start=1):
        on_trial = place in positions
        item = next(tried) if on_trial else next(scored)
        log = (*log, Offered(0.0, place, "s", item), Answered(0.0, place, item, answer))
        if not on_trial:
            n = sum(isinstance(event, Offered) for event in bare) + 1
            bare = (*bare, Offered(0.0, n, "s", item), Answered(0.0, n, item, answer))
    whole, expected = read(log), read(bare)
    hidden = items_on_trial([CONFIG, None])
    sitting = replace(whole, offers=scored_offers(whole.offers, hidden))
    assert len(sitting.offers) < len(whole.offers)
    got = Abilities(RULES, POOL, responses_of(sitting, POOL)).estimate("x")
    assert got == Abilities(RULES, POOL, responses_of(expected, POOL)).estimate("x")
    assert taken_types(POOL, sitting, "s") == taken_types(POOL, expected, "s")
    assert section_state(RULES, POOL, sitting, 0) == section_state(RULES, POOL, expected, 0)


def test_a_sitting_opens_with_the_items_to_be_tried() -> None:
    needs = dict.fromkeys(TRIED[:5], 3.0)
    opened = open_with(TRYING, POOL, 8, excluded=["t00", "s00"], needs=needs)
    assert opened.pretest == choose_pretest(CONFIG, needs, POOL, 8, "s", ["t00", "s00"])
    assert set(opened.pretest[:4]) == set(TRIED[1:5])
    # Items on trial never stand in for scored ones: those excluded come back instead.
    held = open_with(TRYING, POOL, 8, excluded=SCORED[:15])
    assert held.allowed_again == SCORED[:3]
    assert open_with(TRYING, POOL, 8).pretest != opened.pretest


def test_open_slots_go_round_with_equal_need() -> None:
    counts = Counter(
        item for seed in range(1200) for item in open_with(TRYING, POOL, seed).pretest[:3]
    )
    assert np.std([counts[item] for item in TRIED]) < 30  # binomial: 15


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (Pretest(0, 2, 8, TRIED), "1 or more"),
        (Pretest(1, 0, 8, TRIED), "positions 0 to 8"),
        (Pretest(1, 5, 4, TRIED), "positions 5 to 4"),
        (Pretest(1, 2, 11, TRIED), "max_items=10"),
        (Pretest(4, 2, 4, TRIED), "do not fit"),
        (Pretest(3, 2, 8, TRIED[:2]), "only 2 items"),
        (Pretest(1, 2, 8, ("t00", "t00")), "twice"),
        (Pretest(1, 2, 8, ("zz",)), "not in the pool"),
        (Pretest(1, 2, 8, ("other",)), "do not measure 'x'"),
    ],
)
def test_configuration_is_checked(config: Pretest, says: str) -> None:
    problems = [text for holds, text in about_pretest(config, "x", 10, POOL) if not holds]
    assert len(problems) == 1
    assert says in problems[0]
    assert all(holds for holds, _ in about_pretest(CONFIG, "x", 10, POOL))
