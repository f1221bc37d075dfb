"""Flags on response times: by hand, from lognormal times, and what must not count."""

import math

import numpy as np
import pytest
from scipy.stats import linregress

from assessment_engine import (
    Answered,
    Event,
    Expired,
    Item,
    ItemPool,
    Offered,
    Opened,
    Paused,
    Resumed,
)
from assessment_engine.response_times import TimeRules, checks, times_of

SECONDS = (40.0, 60.0, 150.0, 90.0)
POOL = ItemPool(
    Item(f"i{i:02}", "x", "2PL", 1.0, (0.0,), seconds=SECONDS[i % 4]) for i in range(40)
)
EXPECTED = np.array([item.seconds for item in POOL])


def log_of(seconds: list[float], extra_time: float = 0.0) -> tuple[Event, ...]:
    now, events = 0.0, [Opened(0.0, "a", "s", (), extra_time)]
    log: list[Event] = [*events]
    for position, (item, needed) in enumerate(zip(POOL, seconds, strict=False), start=1):
        log.append(Offered(now, position, "s", item.id))
        now += needed
        log.append(Answered(now, position, item.id, 1))
    return tuple(log)


def test_thresholds_by_hand() -> None:
    """A tenth of the item's seconds, at most 10 s: 4, 6, 10 (not 15) and 9 s."""
    got = times_of(log_of([3.9, 6.1, 10.1, 8.9, 4.1, 5.9, 9.9, 9.1]), POOL)
    assert [one.rapid for one in got.answers] == [
        True,
        False,
        False,
        True,
        False,
        True,
        True,
        False,
    ]
    assert got.effort == 0.5
    assert got.flags == ("rapid_guessing",)
    assert [one.residual is None for one in got.answers] == [one.rapid for one in got.answers]


def test_effort_at_the_least_is_no_flag() -> None:
    log = log_of([2.0, *EXPECTED[1:10]])
    assert times_of(log, POOL).effort == pytest.approx(0.9)
    assert times_of(log, POOL).flags == ()
    assert times_of(log, POOL, TimeRules(least_effort=0.95)).flags == ("rapid_guessing",)


def test_few_answers_are_not_flagged() -> None:
    seven = log_of([1.0] * 7)
    assert times_of(seven, POOL).effort == 0.0
    assert times_of(seven, POOL).flags == ()
    assert times_of(log_of([1.0] * 8), POOL).flags == ("rapid_guessing",)


def test_speed_and_residuals_by_hand() -> None:
    """Each answer at twice the expected time but one at four times: 10 log 2 + log 2 over 10."""
    factors = [2.0] * 9 + [4.0]
    got = times_of(log_of(list(EXPECTED[:10] * factors)), POOL)
    assert got.speed == pytest.approx(-1.1 * math.log(2))
    residuals = [one.residual for one in got.answers]
    assert residuals[0] == pytest.approx(-0.1 * math.log(2))
    assert residuals[9] == pytest.approx(0.9 * math.log(2))
    assert "slow" in got.flags


def test_the_trend_agrees_with_scipy() -> None:
    rng = np.random.default_rng(3)
    ratios = rng.normal(0.0, 0.4, 25) + 0.03 * np.arange(25)
    got = times_of(log_of(list(EXPECTED[:25] * np.exp(ratios))), POOL)
    line = linregress(np.arange(25), ratios, alternative="greater")
    assert got.growth == pytest.approx(math.exp(24 * line.slope))
    assert got.growth_p == pytest.approx(line.pvalue)
    assert got.flags == ("slowing",)


def test_false_and_true_alarms_on_lognormal_times() -> None:
    """van der Linden's model with residual SD .4: few even persons flagged, most who slow down."""
    rng = np.random.default_rng(7)

    def flagged(slope: float) -> float:
        found = 0
        for _ in range(200):
            ratios = rng.normal(0.0, 0.3) + rng.normal(0.0, 0.4, 30) + slope * np.arange(30)
            found += "slowing" in times_of(log_of(list(EXPECTED[:30] * np.exp(ratios))), POOL).flags
        return found / 200

    assert flagged(0.0) < 0.03
    assert flagged(math.log(3.0) / 29) > 0.85


def test_rapid_answers_at_the_start_are_no_slowing() -> None:
    rng = np.random.default_rng(1)
    times = EXPECTED[:30] * np.exp(rng.normal(0.0, 0.3, 30))
    times[:10] = 2.0
    assert times_of(log_of(list(times)), POOL).flags == ("rapid_guessing",)


def test_pauses_expired_offers_and_items_without_seconds_have_no_time() -> None:
    pool = ItemPool([*POOL, Item("z", "x", "2PL", 1.0, (0.0,), seconds=0.0)])
    log: tuple[Event, ...] = (
        Opened(0.0, "a", "s", ()),
        Offered(0.0, 1, "s", "i00"),
        Paused(10.0),
        Resumed(500.0),
        Answered(520.0, 1, "i00", 1),
        Offered(520.0, 2, "s", "i01"),
        Expired(700.0, 2),
        Offered(700.0, 3, "s", "z"),
        Answered(701.0, 3, "z", None),
    )
    (only,) = times_of(log, pool).answers
    assert (only.item, only.seconds, only.expected) == ("i00", 30.0, 40.0)


def test_extra_time_keeps_slowness_from_being_flagged() -> None:
    times = list(EXPECTED[:20] * 3.0)
    assert times_of(log_of(times), POOL).flags == ("slow",)
    allowed = times_of(log_of(times, extra_time=600.0), POOL)
    assert allowed.flags == ()
    assert allowed.speed == pytest.approx(-math.log(3.0))


def test_an_empty_log_says_nothing() -> None:
    got = times_of((Opened(0.0, "a", "s", ()),), POOL)
    assert (got.answers, got.effort, got.speed, got.growth, got.flags) == ((), None, None, None, ())


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        (TimeRules(rapid_share=1.2), "rapid_share is 1.2"),
        (TimeRules(slow_factor=0.5), "slow_factor is 0.5"),
        (TimeRules(rapid_cap=-1.0), "rapid_cap is -1.0"),
        (TimeRules(least_answers=2), "least_answers is 2"),
    ],
)
def test_inadmissible_rules_are_named(rules: TimeRules, problem: str) -> None:
    problems = [text for holds, text in checks(rules) if not holds]
    assert len(problems) == 1
    assert problems[0].startswith(problem)
    assert all(holds for holds, _ in checks(TimeRules()))
