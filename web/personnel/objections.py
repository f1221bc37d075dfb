"""Objections to a result, and their replies."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from flask_babel import gettext as _
from sqlmodel import Session, col, select

from item_bank.database import utcnow
from item_bank.rating_calls import has_open_call
from web.audit.chain import record
from web.candidate.answers import (
    LabelledRerating,
    WrittenAnswer,
    answers_of_sitting,
    labelled_reratings,
)
from web.errors import NotFoundError, RefusedError
from web.people.directory import Listed
from web.people.models import Objection, Person, Placement, Position, Unit
from web.usecases.appeals import sitting_of_objection


@dataclass(frozen=True, slots=True)
class ObjectionOf:
    """An objection with the person and the placement that it is about."""

    objection: Objection
    listed: Listed
    placement: Placement | None


def objections(session: Session) -> list[ObjectionOf]:
    """All objections: those without a reply first, the longest waiting first; then by reply."""
    rows = session.exec(
        select(Objection, Person, Position, Unit)
        .join(Person, col(Person.id) == col(Objection.person_id))
        .join(Position, col(Position.id) == col(Person.position_id))
        .join(Unit, col(Unit.id) == col(Position.unit_id))
        .order_by(
            col(Objection.replied_at).desc().nulls_first(),
            col(Objection.made_at),
        )
    ).all()
    about = _placements(session, [one[0].placement_id for one in rows])
    return [
        ObjectionOf(objection, Listed(person, position, unit), about.get(objection.placement_id))
        for objection, person, position, unit in rows
    ]


def objection_of(session: Session, objection_id: UUID) -> ObjectionOf:
    """One objection.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    found = next((one for one in objections(session) if one.objection.id == objection_id), None)
    if found is None:
        raise NotFoundError("no such objection")
    return found


def reply(session: Session, objection_id: UUID, text: str, account_id: UUID) -> None:
    """Answer an objection, once.

    Raises
    ------
    NotFoundError
    RefusedError
        If it was answered before.
    """
    objection = session.exec(
        select(Objection).where(Objection.id == objection_id).with_for_update()
    ).first()
    if objection is None:
        raise NotFoundError("no such objection")
    if objection.replied_at is not None:
        raise RefusedError(_("Keberatan ini sudah dijawab, dan jawabannya tidak dapat diubah."))
    objection.reply = text
    objection.replied_by = account_id
    objection.replied_at = utcnow()
    record(session, str(account_id), "objection answered", str(objection_id))


@dataclass(frozen=True, slots=True)
class FreeText:
    """The free-text answers behind a result; ``can_ask`` holds positions that may be rated again.

    ``rerated`` is what has been asked for already.
    """

    answers: Sequence[WrittenAnswer]
    can_ask: frozenset[int]
    rerated: Sequence[LabelledRerating]


def free_text_of(session: Session, found: ObjectionOf) -> FreeText:
    """What the objection page shows of free text: places and levels, not the words."""
    sitting_id = sitting_of_objection(session, found.objection)
    if sitting_id is None:
        return FreeText((), frozenset(), ())
    person, objection_id = found.listed.person, found.objection.id
    answers = answers_of_sitting(session, person.candidate, sitting_id)
    can_ask = frozenset(
        one.position
        for one in answers
        if one.by and not has_open_call(session, sitting_id, one.position, "objection")
    )
    rerated = labelled_reratings(session, person, [objection_id]).get(objection_id, [])
    return FreeText(answers, can_ask, rerated)


def _placements(session: Session, ids: Sequence[UUID | None]) -> dict[UUID | None, Placement]:
    rows = session.exec(select(Placement).where(col(Placement.id).in_(filter(None, ids)))).all()
    return {one.id: one for one in rows}
