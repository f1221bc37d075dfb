"""Choosing people by unit and class on several pages, and turning pages of a long list."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any
from uuid import UUID

from sqlmodel import Session

from web.people.directory import Chosen, units
from web.policies.store import policy_content, policy_in_force

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Options:
    """What the filter offers: units by id, classes by code."""

    units: list[tuple[str, str]]
    classes: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Pages:
    """One page of a list of ``total`` rows."""

    number: int
    total: int

    @property
    def last(self) -> int:
        return max(1, ceil(self.total / PAGE_SIZE))

    @property
    def offset(self) -> int:
        return (self.number - 1) * PAGE_SIZE


def read_chosen(sent: Mapping[str, Any], search: str = "") -> Chosen:
    """The filter as sent; what cannot be read counts as not chosen."""
    return Chosen(
        unit=_uuid(sent.get("unit", "")), job_class=str(sent.get("kelas", "")), search=search
    )


def read_pages(sent: Mapping[str, Any], total: int) -> Pages:
    asked = str(sent.get("halaman", "1"))
    number = int(asked) if asked.isascii() and asked.isdecimal() else 1
    return Pages(min(max(1, number), Pages(1, total).last), total)


def read_options(session: Session) -> Options:
    policy = policy_content(policy_in_force(session))
    return Options(
        units=[(str(unit.id), unit.name) for unit in units(session)],
        classes=[(one.code, one.name) for one in policy.job_classes],
    )


def as_query(chosen: Chosen) -> dict[str, str]:
    """The filter for addresses; the search never stands in one, as it may be a NIP."""
    query = {"unit": str(chosen.unit or ""), "kelas": chosen.job_class}
    return {name: value for name, value in query.items() if value}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
