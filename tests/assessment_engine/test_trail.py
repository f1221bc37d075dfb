"""The trail: each offer with what was known right after it, as the engine knew it then."""

import pytest

from assessment_engine import (
    Answered,
    Event,
    Expired,
    Item,
    ItemPool,
    Offered,
    Opened,
    Paused,
    Response,
    Resumed,
    Rules,
    Scored,
    Section,
    posterior,
)
from assessment_engine.person_fit import person_fit
from assessment_engine.pool import likelihood_of
from assessment_engine.pretest import Pretest
from assessment_engine.trail import trail_of

POOL = ItemPool(
    Item(f"{dimension}{i}", dimension, "GRM", 1.5, (-0.8 + 0.1 * i, 0.8 - 0.1 * i))
    for dimension in "xy"
    for i in range(4)
)
RULES = Rules((Section("x", "x", 1, 4, 0.1), Section("y", "y", 1, 4, 0.1)))
LOG: tuple[Event, ...] = (
    Opened(0.0, "a", "s", ()),
    Offered(0.0, 1, "x", "x0"),
    Answered(30.0, 1, "x0", 2),
    Offered(30.0, 2, "x", "x1", note="eligibility_lifted"),
    Paused(40.0),
    Resumed(100.0),
    Answered(110.0, 2, "x1", None),
    Offered(110.0, 3, "x", "x2"),
    Answered(150.0, 3, "x2", 0),
    Offered(150.0, 4, "y", "y0"),
    Expired(200.0, 4),
    Offered(200.0, 5, "y", "y1"),
    Answered(260.0, 5, "y1", 1),
    Scored(300.0, 2, (0.0, 1.0, 0.0), "human"),
    Offered(300.0, 6, "y", "y2"),
)


def mean_of(*answers: tuple[str, int]) -> float:
    given = [Response(item, likelihood_of(3, category)) for item, category in answers]
    return posterior(POOL, given).mean


def test_steps_in_the_order_of_positions() -> None:
    trail = trail_of(RULES, POOL, LOG)
    assert [step.offer.position for step in trail] == [1, 2, 3, 4, 5, 6]
    assert [step.dimension for step in trail] == ["x", "x", "x", "y", "y", "y"]
    assert [step.outcome for step in trail] == [
        "answered",
        "answered",
        "answered",
        "expired",
        "answered",
        "open",
    ]
    assert [step.seconds for step in trail] == [30.0, 20.0, 40.0, None, 60.0, None]
    assert trail[1].offer.note == "eligibility_lifted"


def test_abilities_are_those_known_when_the_answer_arrived() -> None:
    """The score of the second answer came after the fifth."""
    trail = trail_of(RULES, POOL, LOG)
    known = [step.ability.theta if step.ability else None for step in trail]
    assert known[0] == pytest.approx(mean_of(("x0", 2)))
    assert known[1] == pytest.approx(known[0])
    assert known[2] == pytest.approx(mean_of(("x0", 2), ("x2", 0)))
    assert known[4] == pytest.approx(mean_of(("y1", 1)))
    assert (known[3], known[5]) == (None, None)


def test_fit_is_that_of_the_dimension_so_far() -> None:
    trail = trail_of(RULES, POOL, LOG)
    third = trail[2]
    given = [Response("x0", likelihood_of(3, 2)), Response("x2", likelihood_of(3, 0))]
    assert third.ability is not None
    assert third.fit == person_fit(POOL, given, third.ability.theta)


def test_the_trail_of_a_sitting_in_progress_is_the_beginning_of_the_whole() -> None:
    whole = trail_of(RULES, POOL, LOG)
    assert trail_of(RULES, POOL, LOG[:3]) == whole[:1]
    waiting = trail_of(RULES, POOL, LOG[:9])
    assert waiting[1].outcome == "pending"
    assert [step.ability for step in waiting] == [step.ability for step in whole[:3]]
    assert trail_of(RULES, POOL, LOG[:1]) == ()


def test_an_item_on_trial_changes_no_ability() -> None:
    section = Section("x", "x", 1, 4, 0.1, pretest=Pretest(n=1, first=1, last=3, items=("x2",)))
    rules = Rules((section, RULES.sections[1]))
    trail = trail_of(rules, POOL, LOG)
    assert [step.on_trial for step in trail] == [False, False, True, False, False, False]
    assert trail[2].ability == trail[1].ability
