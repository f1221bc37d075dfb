"""What a log says of its sitting: the clock, and whether it is paused or finished."""

from datetime import datetime

from assessment_engine.records import Finished, Log, Offered, Paused, Resumed, TimeLeft
from item_bank.models import Sitting


def seconds_since_opening(sitting: Sitting, log: Log, now: datetime) -> float:
    """Seconds since opening; never before the last event, should a clock step back."""
    seconds = round((now - sitting.opened_at).total_seconds(), 3)
    return max(seconds, log[-1].at) if log else seconds


def is_over(left: TimeLeft) -> bool:
    return any(rest is not None and rest <= 0 for rest in (left.section, left.total))


def last_position(log: Log) -> int:
    return max((event.position for event in log if isinstance(event, Offered)), default=0)


def is_paused(log: Log) -> bool:
    for event in reversed(log):
        if isinstance(event, Paused | Resumed):
            return isinstance(event, Paused)
    return False


def is_finished(log: Log) -> bool:
    return any(isinstance(event, Finished) for event in log)
