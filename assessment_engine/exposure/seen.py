"""Items that a person has seen before."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple


class Seen(NamedTuple):
    """An item that was offered to a person, and the day."""

    item: str
    on: date


def seen_within(seen: Iterable[Seen], on: date, years: int) -> tuple[str, ...]:
    """Items that a person saw in the last ``years`` years, those seen longest ago first.

    Parameters
    ----------
    seen : iterable of Seen
        Offers of the person's earlier sittings, answered or not.
    on : date
        The day on which the new sitting opens. An item is free again on the anniversary of the day
        when it was last seen (that of 29 February is 1 March in other years).
    years : int
        0 gives no item.

    Returns
    -------
    tuple of str
        Ties by id. Where the pool cannot spare them all, the first ones may come back.
    """
    last: dict[str, date] = {}
    for item, day in seen:
        last[item] = max(day, last.get(item, day))
    held = [(day, item) for item, day in last.items() if on < _anniversary(day, years)]
    return tuple(item for _, item in sorted(held))


def _anniversary(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return date(day.year + years, 3, 1)
