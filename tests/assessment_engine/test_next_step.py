"""The one decision: what it offers, when it ends, and that it is a pure function."""

import copy
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessment_engine import (
    Administer,
    Answered,
    Estimation,
    Expired,
    Finish,
    Finished,
    Flagged,
    Item,
    ItemPool,
    Log,
    LogError,
    Offered,
    Opened,
    Paused,
    Quota,
    Resumed,
    Rules,
    RulesError,
    Scored,
    Section,
    Step,
    UnknownItemError,
    information,
    next_step,
    simulate,
)


def make_items(dimension: str, n: int, seed: int) -> list[Item]:
    """Choice items, and every fifth a free-text item."""
    random = np.random.default_rng(seed)
    made = []
    for i in range(n):
        a, b = float(random.lognormal(0.2, 0.3)), float(random.normal())
        name, content = f"{dimension}{i:02}", "pq"[i % 2]
        if i % 5:
            item = Item(name, dimension, "3PL", a, (b,), 0.2, content=content, n_options=4)
        else:
            steps = (b - 1.0, b, b + 1.0)
            item = Item(name, dimension, "GRM", a, steps, kind="free_text", content=content)
        made.append(item)
    return made


ITEMS = [*make_items("x", 40, 1), *make_items("y", 40, 2)]
POOL = ItemPool(ITEMS)
RULES = Rules(
    (
        Section("s", "x", 4, 12, 0.35, 600.0, (Quota("kind", "free_text", 1, 3),)),
        Section("t", "y", 4, 12, 0.35, 600.0, (Quota("content", "p", 2),)),
    ),
    time_limit=1500.0,
)
OPENED = Opened(0.0, "a", POOL.digest, ())


def offer(log: Log, step: Step, at: float) -> Log:
    assert isinstance(step, Administer)
    event = Offered(at, step.position, step.section, step.item, step.option_order, step.note)
    return (*log, event)


def play(rules: Rules, n: int, seed: int, category: int | None = 1, gap: float = 1.0) -> Log:
    """Give ``n`` answers, all of one category (None leaves free text pending)."""
    log: Log = (OPENED,)
    for _ in range(n):
        step = next_step(rules, POOL, log, seed)
        log = offer(log, step, log[-1].at)
        assert isinstance(step, Administer)
        text = POOL[step.item].kind == "free_text" and category is None
        got = None if text else category or 0
        log = (*log, Answered(log[-1].at + gap, step.position, step.item, got))
    return log


def test_the_first_item_is_one_of_the_most_informative_at_the_prior_mean() -> None:
    best = sorted(
        (item for item in POOL if item.dimension == "x"),
        key=lambda item: -information(item, 0.0)[0],
    )[:5]
    first = {next_step(RULES, POOL, (OPENED,), seed).item for seed in range(100)}  # type: ignore[union-attr]
    assert first == {item.id for item in best}


def test_randomesque_1_takes_the_most_informative() -> None:
    rules = replace(RULES, randomesque=1)
    best = max(
        (item for item in POOL if item.dimension == "x"), key=lambda item: information(item, 0.0)[0]
    )
    for seed in range(5):
        step = next_step(rules, POOL, (OPENED,), seed)
        assert isinstance(step, Administer)
        assert step.item == best.id


def test_options_are_shuffled_by_seed_and_position() -> None:
    log = play(RULES, 12, 3)
    orders = [e.option_order for e in log if isinstance(e, Offered) and POOL[e.item].n_options]
    assert all(sorted(order) == [1, 2, 3, 4] for order in orders)
    assert len(set(orders)) > 1


@settings(max_examples=30)
@given(st.integers(-(2**70), 2**70), st.integers(0, 2**32))
def test_the_order_of_the_pool_and_repetition_change_nothing(seed: int, shuffle: int) -> None:
    shuffled = [ITEMS[i] for i in np.random.default_rng(shuffle).permutation(len(ITEMS))]
    log = simulate(RULES, POOL, {"x": 0.5, "y": -0.5}, seed)
    before = copy.deepcopy(log)
    assert simulate(RULES, ItemPool(shuffled), {"x": 0.5, "y": -0.5}, seed) == log
    assert log == before


def test_an_open_offer_is_offered_again_whatever_the_clock_says() -> None:
    log = play(RULES, 3, 8)
    first = next_step(RULES, POOL, log, 8)
    waiting = offer(log, first, 5.0)
    assert next_step(RULES, POOL, waiting, 8) == first
    assert next_step(RULES, POOL, (*waiting, Flagged(9000.0, 4, "blur")), 8) == first
    other = replace(RULES, selection="MFI", randomesque=2)
    assert next_step(other, POOL, waiting, 99) == first


def test_a_section_ends_at_its_greatest_length_and_the_next_begins() -> None:
    rules = replace(RULES, sections=tuple(replace(s, se_target=0.0) for s in RULES.sections))
    log = play(rules, 24, 1)
    sections = [e.section for e in log if isinstance(e, Offered)]
    assert sections == ["s"] * 12 + ["t"] * 12
    assert next_step(rules, POOL, log, 1) == Finish("completed")


def test_a_precise_section_ends_but_not_before_its_least_length_and_its_minima() -> None:
    easy = replace(RULES, sections=tuple(replace(s, se_target=5.0) for s in RULES.sections))
    log = play(easy, 8, 1)
    assert [e.section for e in log if isinstance(e, Offered)] == ["s"] * 4 + ["t"] * 4
    assert next_step(easy, POOL, log, 1) == Finish("completed")
    free_text = [e for e in log if isinstance(e, Offered) and POOL[e.item].kind == "free_text"]
    assert any(e.section == "s" for e in free_text)


def test_pending_answers_count_and_never_stall() -> None:
    only_text = ItemPool(item for item in ITEMS if item.kind == "free_text")
    rules = Rules((Section("s", "x", 2, 6, 5.0),))
    log: Log = (OPENED,)
    for _ in range(6):
        step = next_step(rules, only_text, log, 4)
        log = offer(log, step, log[-1].at)
        assert isinstance(step, Administer)
        log = (*log, Answered(log[-1].at, step.position, step.item, None, text="..."))
    assert next_step(rules, only_text, log, 4) == Finish("completed")


def test_a_score_that_arrives_later_guides_the_next_choice() -> None:
    rules = replace(RULES, randomesque=1)
    log = play(rules, 2, 1, category=None)
    pending = [e for e in log if isinstance(e, Answered) and e.category is None]
    position = pending[0].position
    low = next_step(rules, POOL, (*log, Scored(9.0, position, (1, 0, 0, 0), "machine")), 1)
    high = next_step(rules, POOL, (*log, Scored(9.0, position, (0, 0, 0, 1), "machine")), 1)
    assert low != high
    corrected = (
        *log,
        Scored(9.0, position, (1, 0, 0, 0), "machine"),
        Scored(10.0, position, (0, 0, 0, 1), "human"),
    )
    assert next_step(rules, POOL, corrected, 1) == high


def test_time_ends_a_section_and_then_the_sitting() -> None:
    log = play(RULES, 2, 5, gap=10.0)
    log = offer(log, next_step(RULES, POOL, log, 5), 20.0)
    log = (*log, Expired(600.0, 3))
    step = next_step(RULES, POOL, log, 5)
    assert isinstance(step, Administer)
    assert (step.section, step.position) == ("t", 4)
    log = (*offer(log, step, 600.0), Expired(1500.0, 4))
    assert next_step(RULES, POOL, log, 5) == Finish("total_time")


def test_a_pause_stops_the_clock() -> None:
    log = play(RULES, 2, 5, gap=10.0)
    log = offer(log, next_step(RULES, POOL, log, 5), 20.0)
    answered = Answered(2010.0, 3, log[-1].item, 0)  # type: ignore[union-attr]
    late = (*log, answered)
    paused = (*log, Paused(30.0), Resumed(2000.0), answered)
    assert next_step(RULES, POOL, late, 5) == Finish("total_time")
    step = next_step(RULES, POOL, paused, 5)
    assert isinstance(step, Administer)
    assert step.section == "s"


def test_an_exhausted_pool_ends_a_section() -> None:
    rules = Rules((Section("s", "x", 0, 99, 0.0), Section("t", "y", 1, 1, 0.0)))
    log = play(rules, 41, 1)
    assert [e.section for e in log if isinstance(e, Offered)] == ["s"] * 40 + ["t"]


def test_a_section_once_over_is_not_taken_up_again() -> None:
    """A late score may raise the standard error of an earlier section; it stays over."""
    easy = replace(RULES, sections=tuple(replace(s, se_target=5.0) for s in RULES.sections))
    log = play(easy, 5, 1, category=None)
    hard = replace(RULES, sections=tuple(replace(s, se_target=0.0) for s in RULES.sections))
    step = next_step(hard, POOL, log, 1)
    assert isinstance(step, Administer)
    assert step.section == "t"


def test_a_finished_sitting_stays_finished() -> None:
    log = (*play(RULES, 3, 1), Finished(50.0, "withdrawn"))
    assert next_step(RULES, POOL, log, 1) == Finish("withdrawn")


def test_estimation_by_mode_differs_from_that_by_mean() -> None:
    eap_rules = replace(RULES, randomesque=1)
    map_rules = replace(eap_rules, estimation=Estimation("MAP"))
    theta = {"x": 2.0, "y": -2.0}
    assert simulate(eap_rules, POOL, theta, 3) != simulate(map_rules, POOL, theta, 3)


def test_a_log_of_other_rules_or_another_pool_is_refused() -> None:
    log = play(RULES, 2, 1)
    with pytest.raises(LogError, match="offers section 's'"):
        next_step(replace(RULES, sections=RULES.sections[1:]), POOL, log, 1)
    with pytest.raises(UnknownItemError):
        next_step(RULES, POOL.subset(i.id for i in POOL if i.id != log[1].item), log, 1)  # type: ignore[union-attr]
    with pytest.raises(RulesError, match="run check_rules"):
        next_step(Rules((Section("u", "z", 1, 1, 0.0),)), POOL, (OPENED,), 1)
