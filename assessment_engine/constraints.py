"""What a blueprint asks of a section's test beyond quotas and enemies.

References
----------
van der Linden (2005), Linear Models for Optimal Test Design, doi:10.1007/0-387-29054-0
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from assessment_engine.records import Item


@dataclass(frozen=True, slots=True)
class ItemCount:
    """How many items match a condition, at least and at most.

    ``where`` joins groups by *and*, the labels within a group by *or*: ``(("standard=2",
    "standard=4"), ("dok=3",))``. An item's labels are its tags and ``content=...``, ``kind=...``
    and ``stimulus=...``. ``weight`` matters to the priority index and to weighted deviations only.
    """

    where: tuple[tuple[str, ...], ...]
    minimum: int = 0
    maximum: int | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Budget:
    """Words to read, or planned seconds, over the section's items, at least and at most."""

    attribute: Literal["words", "seconds"]
    minimum: float = 0.0
    maximum: float | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class SetSize:
    """How many items come with a stimulus, at least and at most, if the test uses it."""

    minimum: int = 1
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class SetCount:
    """How many stimuli the test uses, at least and at most."""

    minimum: int = 0
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class AllOrNone:
    """These items come together or not at all."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Include:
    """Each of these items is in every test."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exclude:
    """None of these items is in any test."""

    items: tuple[str, ...]


Constraint: TypeAlias = ItemCount | Budget | SetSize | SetCount | AllOrNone | Include | Exclude


@dataclass(frozen=True, slots=True)
class Assembly:
    """How a section's test is put together.

    ``greedy`` takes the best item that keeps the quotas in reach, ``priority``, ``deviation`` and
    ``penalty`` weigh items by the state of the constraints, ``shadow`` assembles the full remaining
    test at each step. ``max_nodes`` limits the work of one step, in branch-and-bound nodes.
    """

    method: Literal["greedy", "priority", "deviation", "penalty", "shadow"] = "greedy"
    constraints: tuple[Constraint, ...] = ()
    max_nodes: int = 2_000


PLAIN = Assembly()
"""Quotas and enemies only, by greedy choice with a search for completions."""


def labels_of(item: Item) -> frozenset[str]:
    """Everything that a condition may ask of an item."""
    own = {f"content={item.content}", f"kind={item.kind}", f"stimulus={item.stimulus}"}
    return item.tags | own


def name_of(constraint: Constraint) -> str:
    """What a constraint is called in messages."""
    match constraint:
        case ItemCount():
            groups = [" or ".join(group) for group in constraint.where]
            name = f"items with {' and '.join(groups)}" if groups else "items"
        case Budget():
            name = constraint.attribute
        case SetSize():
            name = "items of each stimulus"
        case SetCount():
            name = "stimuli"
        case AllOrNone() | Include() | Exclude():
            name = f"{type(constraint).__name__} of {', '.join(constraint.items)}"
    return name
