"""What an import reads, knows and finds."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

Row = dict[str, Any]
"""One row as it will be written: plain values that JSON can hold."""


class Kind(StrEnum):
    PEOPLE = "people"
    PERFORMANCE = "performance"
    TALENT_SCORES = "talent_scores"


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its heading; an optional one may be left out of the file."""

    key: str
    heading: str
    example: str | int | float | date
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Issue:
    """A fault or a doubt at a place in the file; ``row`` is None where it concerns the whole."""

    message: str
    sheet: str = ""
    row: int | None = None
    column: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class KnownPosition:
    title: str
    job_class: str
    unit_code: str


@dataclass(frozen=True, slots=True)
class KnownComponent:
    """A recorded component: its name, the least score, and categories (words, score) if it has."""

    name: str
    least: float = 0.0
    categories: Mapping[str, tuple[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """What the agency already holds and what its policy names, against which a file is checked.

    ``job_classes`` maps code to name, ``units`` code to name, ``positions`` and ``components`` by
    code; ``nips`` are the people at hand.
    """

    job_classes: Mapping[str, str]
    components: Mapping[str, KnownComponent]
    units: Mapping[str, str]
    positions: Mapping[str, KnownPosition]
    nips: frozenset[str]
    today: date


@dataclass(frozen=True, slots=True)
class ReadImport:
    """The rows of a file that are sound, and what was found at fault or in doubt."""

    kind: Kind
    rows: list[Row]
    errors: list[Issue]
    warnings: list[Issue]
