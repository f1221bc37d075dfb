"""Time left, by hand."""

import pytest

from assessment_engine import (
    Answered,
    Expired,
    Extended,
    Log,
    Offered,
    Opened,
    Paused,
    Resumed,
    Rules,
    RulesError,
    Section,
    TimeLeft,
    time_left,
)

RULES = Rules(
    (
        Section("s", "x", 1, 9, 0.3, time_limit=100.0),
        Section("t", "y", 1, 9, 0.3, time_limit=50.0),
        Section("u", "z", 1, 9, 0.3),
    ),
    time_limit=300.0,
)
START: Log = (Opened(0.0, "a", "p", ()), Offered(10.0, 1, "s", "i1"))
SECOND: Log = (*START, Answered(30.0, 1, "i1", 0), Offered(30.0, 2, "t", "i2"))


@pytest.mark.parametrize(
    ("log", "now", "section", "total"),
    [
        (START[:1], 5.0, None, 295.0),
        (START, 10.0, 100.0, 290.0),
        (START, 60.0, 50.0, 240.0),
        (START, 500.0, 0.0, 0.0),
        (SECOND, 35.0, 45.0, 265.0),
        ((*START, Paused(20.0)), 80.0, 90.0, 280.0),
        ((*START, Paused(20.0), Resumed(50.0)), 80.0, 60.0, 250.0),
        ((*START, Paused(20.0), Paused(30.0), Resumed(50.0), Resumed(70.0)), 80.0, 60.0, 250.0),
        ((*START, Paused(20.0), Resumed(30.0), Paused(40.0), Resumed(50.0)), 60.0, 70.0, 260.0),
        ((*START, Extended(20.0, 60.0, "network")), 60.0, 110.0, 300.0),
        ((*SECOND, Extended(40.0, 60.0, "network")), 40.0, 100.0, 320.0),
        ((START[0], Extended(5.0, 60.0, "late"), START[1]), 60.0, 110.0, 300.0),
        ((*SECOND[:3], Extended(30.0, 7.0, "s"), SECOND[3]), 35.0, 45.0, 272.0),
    ],
)
def test_time_left_by_hand(log: Log, now: float, section: float | None, total: float) -> None:
    assert time_left(RULES, log, now) == TimeLeft(section, total)


def test_a_pause_before_a_section_does_not_count_to_it() -> None:
    log = (START[0], Paused(2.0), Resumed(9.0), START[1])
    assert time_left(RULES, log, 10.0) == TimeLeft(100.0, 297.0)


def test_extra_time_goes_to_each_section_and_once_to_the_total() -> None:
    opened = Opened(0.0, "a", "p", (), extra_time=25.0)
    assert time_left(RULES, (opened, *START[1:]), 10.0) == TimeLeft(125.0, 315.0)
    assert time_left(RULES, (opened, *SECOND[1:]), 30.0) == TimeLeft(75.0, 295.0)


def test_no_limit_is_none() -> None:
    log: Log = (*START, Expired(20.0, 1), Offered(20.0, 2, "u", "i2"))
    assert time_left(RULES, log, 60.0) == TimeLeft(None, 240.0)
    assert time_left(Rules(RULES.sections), log, 60.0) == TimeLeft(None, None)


def test_a_section_that_the_rules_lack_is_named() -> None:
    with pytest.raises(RulesError, match="no section 's'"):
        time_left(Rules(RULES.sections[1:]), START, 10.0)
