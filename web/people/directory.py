"""Queries over people, units and positions."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, or_, select

from web.errors import NotFoundError
from web.people.models import Performance, Person, Position, TalentScore, Unit


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which people: of a unit, of a job class, and by a part of the name or of the NIP."""

    unit: UUID | None = None
    job_class: str = ""
    search: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A person with position and unit."""

    person: Person
    position: Position
    unit: Unit


_PLACES = (
    select(Person, Position, Unit)
    .join(Position, col(Position.id) == col(Person.position_id))
    .join(Unit, col(Unit.id) == col(Position.unit_id))
)
BY_NAME = (func.lower(Person.name), col(Person.nip))


def units(session: Session) -> Sequence[Unit]:
    return session.exec(select(Unit).order_by(col(Unit.name))).all()


def count_people(session: Session, chosen: Chosen) -> int:
    return session.exec(
        select(func.count()).select_from(Person).join(Position).where(*conditions(chosen))
    ).one()


def people(
    session: Session, chosen: Chosen, *, limit: int | None = None, offset: int = 0
) -> list[Listed]:
    """People by name, then NIP."""
    rows = session.exec(
        _PLACES.where(*conditions(chosen)).order_by(*BY_NAME).limit(limit).offset(offset)
    ).all()
    return [Listed(*row) for row in rows]


def listed(session: Session, person_id: UUID) -> Listed:
    """One person.

    Raises
    ------
    NotFoundError
        If there is no such person.
    """
    found = session.exec(_PLACES.where(Person.id == person_id)).first()
    if found is None:
        raise NotFoundError("no such person")
    return Listed(*found)


def performances(session: Session, person_id: UUID) -> Sequence[Performance]:
    """A person's years of performance, the newest first."""
    return session.exec(
        select(Performance)
        .where(Performance.person_id == person_id)
        .order_by(col(Performance.year).desc())
    ).all()


def talent_scores(session: Session, person_id: UUID) -> dict[str, TalentScore]:
    """A person's recorded components, by code."""
    rows = session.exec(select(TalentScore).where(TalentScore.person_id == person_id)).all()
    return {row.component: row for row in rows}


def conditions(chosen: Chosen) -> list[ColumnElement[bool]]:
    """What holds of the chosen people, in a query over people, positions and units."""
    found: list[ColumnElement[bool]] = []
    if chosen.unit is not None:
        found.append(col(Position.unit_id) == chosen.unit)
    if chosen.job_class:
        found.append(col(Position.job_class) == chosen.job_class)
    words = chosen.search.strip()
    if words:
        digits = "".join(words.split())
        found.append(
            or_(
                col(Person.name).icontains(words, autoescape=True),
                col(Person.nip).contains(digits, autoescape=True),
            )
        )
    return found
