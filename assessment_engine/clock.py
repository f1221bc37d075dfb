"""Time left, from the log alone."""

from assessment_engine.records import Log, TimeLeft
from assessment_engine.rules import Rules
from assessment_engine.sitting import Sitting, read


def time_left(rules: Rules, log: Log, now: float) -> TimeLeft:
    """Seconds left of the section in hand and of the sitting, never below 0.

    A section's clock starts at its first offer, the sitting's at Opened. Pauses do not count.
    Extended adds to the section in hand (before the first offer: to the first section) and to the
    total; ``extra_time`` of Opened adds to each section while it is in hand, and once to the total.

    Parameters
    ----------
    rules : Rules
    log : Log
    now : float
        Seconds on the log's clock.

    Returns
    -------
    TimeLeft
        None where no limit is set, and for the section before the first offer.

    Raises
    ------
    LogError
        If the log is contradictory.
    """
    sitting = read(log)
    section = section_time_left(rules, sitting, now)
    total = total_time_left(rules, sitting, now)
    return TimeLeft(
        None if section is None else max(0.0, section), None if total is None else max(0.0, total)
    )


def section_time_left(rules: Rules, sitting: Sitting, now: float) -> float | None:
    """Seconds left of the section in hand, negative once it is over."""
    code = sitting.section
    if code is None:
        return None
    limit = rules.section(code).time_limit
    if limit is None:
        return None
    first = sitting.offers[0].section
    granted = sum(seconds for held, seconds in sitting.extensions if (held or first) == code)
    used = sitting.active(sitting.section_start[code], now)
    return limit + sitting.opened.extra_time + granted - used


def total_time_left(rules: Rules, sitting: Sitting, now: float) -> float | None:
    """Seconds left of the sitting, negative once it is over."""
    if rules.time_limit is None:
        return None
    granted = sum(seconds for _, seconds in sitting.extensions)
    used = sitting.active(sitting.opened.at, now)
    return rules.time_limit + sitting.opened.extra_time + granted - used
