"""What is worked out once for a dimension's items, and kept for as long as they are."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from assessment_engine.pool import DimensionItems

P = ParamSpec("P")
T = TypeVar("T")


def kept(
    make: Callable[Concatenate[DimensionItems, P], T],
) -> Callable[Concatenate[DimensionItems, P], T]:
    """Remember with the items what a function makes of them and of hashable arguments."""

    @wraps(make)
    def remembered(items: DimensionItems, /, *arguments: P.args, **named: P.kwargs) -> T:
        key = (make, *arguments, *named.items())
        try:
            found: T = items.kept[key]
        except KeyError:
            found = items.kept[key] = make(items, *arguments, **named)
        return found

    return remembered
