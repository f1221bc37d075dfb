"""Queries over schedules: who is invited, and where each sitting stands by its log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, func, select

from item_bank.models import Assessment, ProfileSnapshot, Sitting, SittingEvent
from web.errors import NotFoundError
from web.people.directory import Chosen, Listed, people
from web.people.models import Person, Position, Unit
from web.personnel.models import Invitation, Schedule


class Window(StrEnum):
    COMING = "coming"
    OPEN = "open"
    CLOSED = "closed"


class Stage(StrEnum):
    """How far an invited person has come; ``RATING`` is finished with answers still unscored."""

    INVITED = "invited"
    RUNNING = "running"
    PAUSED = "paused"
    RATING = "rating"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    schedule: Schedule
    assessment: Assessment
    invited: int
    started: int

    def window(self, now: datetime) -> Window:
        return window_of(self.schedule, now)


@dataclass(frozen=True, slots=True)
class Progress:
    """One sitting, from its log; ``extended`` in seconds, beyond the invitation's extra time."""

    stage: Stage
    answered: int
    opened_at: datetime | None = None
    last_at: datetime | None = None
    extended: float = 0.0
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Participant:
    listed: Listed
    invitation: Invitation
    progress: Progress


NOT_STARTED = Progress(Stage.INVITED, 0)


def window_of(schedule: Schedule, now: datetime) -> Window:
    if now < schedule.opens_at:
        return Window.COMING
    return Window.OPEN if now < schedule.closes_at else Window.CLOSED


def assessments(session: Session) -> Sequence[Assessment]:
    """Every version, the newest first."""
    return session.exec(select(Assessment).order_by(col(Assessment.created_at).desc())).all()


def schedules(session: Session) -> list[ScheduleRow]:
    """Every schedule, the one that closes last first."""
    rows = session.exec(
        select(
            Schedule,
            Assessment,
            func.count(col(Invitation.person_id)),
            func.count(col(Invitation.sitting_id)),
        )
        .join(Assessment, col(Assessment.id) == col(Schedule.assessment_id))
        .join(Invitation, col(Invitation.schedule_id) == col(Schedule.id), isouter=True)
        .group_by(col(Schedule.id), col(Assessment.id))
        .order_by(col(Schedule.closes_at).desc())
    ).all()
    return [ScheduleRow(*row) for row in rows]


def schedule_row(session: Session, schedule_id: UUID) -> ScheduleRow:
    """One schedule.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    found = next((one for one in schedules(session) if one.schedule.id == schedule_id), None)
    if found is None:
        raise NotFoundError("no such schedule")
    return found


def participants(session: Session, schedule_id: UUID) -> list[Participant]:
    """The invited people by name, with their progress."""
    rows = session.exec(
        select(Invitation, Person, Position, Unit)
        .join(Person, col(Person.id) == col(Invitation.person_id))
        .join(Position, col(Position.id) == col(Person.position_id))
        .join(Unit, col(Unit.id) == col(Position.unit_id))
        .where(Invitation.schedule_id == schedule_id)
        .order_by(func.lower(Person.name), col(Person.nip))
    ).all()
    reached = progress(session, [one[0].sitting_id for one in rows if one[0].sitting_id])
    return [
        Participant(
            Listed(person, position, unit),
            invitation,
            reached.get(invitation.sitting_id, NOT_STARTED)
            if invitation.sitting_id
            else NOT_STARTED,
        )
        for invitation, person, position, unit in rows
    ]


def participant(session: Session, schedule_id: UUID, person_id: UUID) -> Participant:
    """One invited person.

    Raises
    ------
    NotFoundError
        If the person is not invited.
    """
    found = participants(session, schedule_id)
    for one in found:
        if one.listed.person.id == person_id:
            return one
    raise NotFoundError("no such participant")


def uninvited(session: Session, schedule_id: UUID, chosen: Chosen) -> list[Listed]:
    """The chosen people who are not in the schedule yet."""
    invited = set(
        session.exec(select(Invitation.person_id).where(Invitation.schedule_id == schedule_id))
    )
    return [one for one in people(session, chosen) if one.person.id not in invited]


def sittings_of(session: Session, person: Person) -> list[tuple[Schedule, Progress]]:
    """A person's invitations, the latest schedule first."""
    rows = session.exec(
        select(Schedule, Invitation)
        .join(Invitation, col(Invitation.schedule_id) == col(Schedule.id))
        .where(Invitation.person_id == person.id)
        .order_by(col(Schedule.opens_at).desc())
    ).all()
    reached = progress(session, [one.sitting_id for _schedule, one in rows if one.sitting_id])
    return [
        (schedule, reached.get(one.sitting_id, NOT_STARTED) if one.sitting_id else NOT_STARTED)
        for schedule, one in rows
    ]


def progress(session: Session, sitting_ids: Sequence[UUID]) -> dict[UUID, Progress]:
    """Where sittings stand, by their logs."""
    events: dict[UUID, list[tuple[str, Mapping[str, Any]]]] = {one: [] for one in sitting_ids}
    rows = session.exec(
        select(SittingEvent.sitting_id, SittingEvent.kind, SittingEvent.payload)
        .where(col(SittingEvent.sitting_id).in_(sitting_ids))
        .order_by(col(SittingEvent.sitting_id), col(SittingEvent.sequence))
    ).all()
    for sitting_id, kind, payload in rows:
        events[sitting_id].append((kind, payload))
    opened = dict(
        session.exec(
            select(Sitting.id, Sitting.opened_at).where(col(Sitting.id).in_(sitting_ids))
        ).all()
    )
    scored = set(
        session.exec(
            select(ProfileSnapshot.sitting_id).where(
                col(ProfileSnapshot.sitting_id).in_(sitting_ids), col(ProfileSnapshot.complete)
            )
        ).all()
    )
    return {
        one: _progress(log, opened[one], scored=one in scored) for one, log in events.items() if log
    }


def _progress(
    log: Sequence[tuple[str, Mapping[str, Any]]], opened_at: datetime, *, scored: bool
) -> Progress:
    extensions = [payload for kind, payload in log if kind == "extended"]
    return Progress(
        stage=_stage([kind for kind, _payload in log], scored=scored),
        answered=sum(kind == "answered" for kind, _payload in log),
        opened_at=opened_at,
        last_at=opened_at + timedelta(seconds=log[-1][1]["at"]),
        extended=sum(payload["seconds"] for payload in extensions),
        reasons=tuple(payload["reason"] for payload in extensions),
    )


def _stage(kinds: Sequence[str], *, scored: bool) -> Stage:
    if "finished" in kinds:
        return Stage.FINISHED if scored else Stage.RATING
    pauses = [kind for kind in kinds if kind in ("paused", "resumed")]
    return Stage.PAUSED if pauses and pauses[-1] == "paused" else Stage.RUNNING
