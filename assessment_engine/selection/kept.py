"""What is worked out once for a dimension's items, and kept for as long as they are."""

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from assessment_engine.pool import DimensionItems

P = ParamSpec("P")
T = TypeVar("T")


def kept(
    make: Callable[Concatenate[DimensionItems, P], T],
) -> Callable[Concatenate[DimensionItems, P], T]:
    """Remember results of a function of items and hashable arguments, without holding the items."""
    known: WeakKeyDictionary[DimensionItems, dict[tuple[Hashable, ...], T]] = WeakKeyDictionary()

    @wraps(make)
    def remembered(items: DimensionItems, /, *arguments: P.args, **named: P.kwargs) -> T:
        of_items = known.setdefault(items, {})
        key = (*arguments, *named.items())
        if key not in of_items:
            of_items[key] = make(items, *arguments, **named)
        return of_items[key]

    return remembered
