"""The machine-readable copy of one's own data (UU 27/2022, Pasal 13-15).

Left out, and said so in the copy: the category of an option answer, which would tell the key of an
item that others still sit; the seed, which would replay the choice of items; signs that a sitting
deserves a second look, which are no finding until somebody has looked; and the accounts of other
people.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session, SQLModel, col, select

from item_bank.answer_vectors import vectors_of
from item_bank.database import utcnow
from item_bank.log import stored_events
from item_bank.models import Draft, ProfileSnapshot, Rating, RatingCall, Sitting, SittingEvent
from web.audit.models import DataAccess
from web.auth.models import Account
from web.candidate.answers import sittings_of
from web.panel.models import Decision
from web.people.models import (
    Consent,
    Objection,
    Performance,
    Person,
    Placement,
    Position,
    TalentScore,
    Unit,
)
from web.personnel.models import Invitation, Schedule

FORMAT = "takar-own-data-1"
WITHHELD = (
    "sittings.events: category of option answers (keys of items in use)",
    "sittings: seed (choice of items)",
    "sittings: signs for review (no finding; no result depends on them)",
    "accounts of other people",
)
_OF_OTHERS = {"replied_by", "decided_by", "rater", "account_id", "created_by", "asked_by"}


def document(session: Session, person: Person) -> dict[str, Any]:
    """Everything that is kept of a person, ready for JSON."""
    position = session.get_one(Position, person.position_id)
    unit = session.get_one(Unit, position.unit_id)
    return {
        "format": FORMAT,
        "made_at": utcnow().isoformat(),
        "withheld": list(WITHHELD),
        "person": _plain(person),
        "position": _plain(position),
        "unit": _plain(unit),
        "accounts": [
            {"login": one.login, "roles": one.roles, "created_at": one.created_at.isoformat()}
            for one in session.exec(select(Account).where(Account.person_id == person.id)).all()
        ],
        "performance": _own(session, Performance, person.id),
        "talent_scores": _own(session, TalentScore, person.id),
        "consents": _own(session, Consent, person.id),
        "invitations": _invitations(session, person.id),
        "sittings": [_sitting(session, one) for one in sittings_of(session, person.candidate)],
        "placements": _own(session, Placement, person.id),
        "decisions": _own(session, Decision, person.id),
        "objections": _own(session, Objection, person.id),
        "data_accesses": _own(session, DataAccess, person.id),
    }


def _own(session: Session, table: Any, person_id: UUID) -> list[dict[str, Any]]:
    rows = session.exec(select(table).where(table.person_id == person_id)).all()
    return _all(rows)


def _invitations(session: Session, person_id: UUID) -> list[dict[str, Any]]:
    rows = session.exec(
        select(Invitation, Schedule)
        .join(Schedule, col(Schedule.id) == col(Invitation.schedule_id))
        .where(Invitation.person_id == person_id)
    ).all()
    return [_plain(invitation) | {"schedule": _plain(schedule)} for invitation, schedule in rows]


def _sitting(session: Session, sitting: Sitting) -> dict[str, Any]:
    def of(table: Any) -> list[dict[str, Any]]:
        return _all(session.exec(select(table).where(table.sitting_id == sitting.id)).all())

    return {
        **{name: value for name, value in _plain(sitting).items() if name != "seed"},
        "events": [_event(row) for row in stored_events(session, sitting.id)],
        "drafts": of(Draft),
        "ratings": of(Rating),
        "rating_calls": of(RatingCall),
        "answer_vectors": [
            {"position": position, "vector": vector}
            for position, vector in vectors_of(session, sitting.id).items()
        ],
        "profiles": of(ProfileSnapshot),
    }


def _event(row: SittingEvent) -> dict[str, Any]:
    payload = {name: value for name, value in row.payload.items() if name != "category"}
    return {"sequence": row.sequence, "kind": row.kind, "payload": payload, "digest": row.digest}


def _all(rows: Sequence[SQLModel]) -> list[dict[str, Any]]:
    return [_plain(row) for row in rows]


def _plain(row: SQLModel) -> dict[str, Any]:
    return row.model_dump(mode="json", exclude=_OF_OTHERS)
