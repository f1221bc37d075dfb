"""What is scheduled for a person, and where each sitting stands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import ceil
from uuid import UUID

from sqlmodel import Session, col, select

from item_bank.database import utcnow
from item_bank.models import SittingEvent
from item_bank.pool import AssessmentForm, shared_forms
from web.errors import NotFoundError
from web.personnel.models import Invitation, Schedule

ROUND_TO = 5
"""Minutes to which the expected length is rounded up, as it is only expected."""


class State(StrEnum):
    """Where an invitation stands for the person."""

    UPCOMING = "upcoming"
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    PAUSED = "paused"
    FINISHED = "finished"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Invited:
    """One invitation with its schedule and what is offered in it."""

    schedule: Schedule
    invitation: Invitation
    form: AssessmentForm
    state: State

    @property
    def sections(self) -> list[str]:
        return [section.title for section in self.form.definition.sections]

    @property
    def expected_minutes(self) -> int:
        """About how long it takes: the usual number of items at their expected times."""
        return expected_minutes(self.form)

    @property
    def longest_minutes(self) -> float | None:
        limit = self.form.rules.time_limit
        return None if limit is None else (limit + self.invitation.extra_time) / 60


def expected_minutes(form: AssessmentForm) -> int:
    seconds = 0.0
    for section in form.rules.sections:
        items = form.pool.dimensions[section.dimension].items
        written = sum(
            quota.minimum
            for quota in section.quotas
            if (quota.attribute, quota.value) == ("kind", "free_text")
        )
        chosen = (section.min_items + section.max_items) / 2 - written
        seconds += written * _mean(item.seconds for item in items if item.kind == "free_text")
        seconds += chosen * _mean(item.seconds for item in items if item.kind != "free_text")
    if form.rules.time_limit is not None:
        seconds = min(seconds, form.rules.time_limit)
    return ROUND_TO * ceil(seconds / 60 / ROUND_TO)


def _mean(values: Iterable[float]) -> float:
    found = tuple(values)
    return sum(found) / len(found) if found else 0.0


def invitations_of(
    session: Session, person_id: UUID, *, now: datetime | None = None
) -> list[Invited]:
    """All invitations of a person, the newest window first."""
    moment = now or utcnow()
    rows = session.exec(
        select(Invitation, Schedule)
        .join(Schedule, col(Schedule.id) == col(Invitation.schedule_id))
        .where(Invitation.person_id == person_id)
        .order_by(col(Schedule.opens_at).desc(), col(Schedule.id))
    ).all()
    standing = _standing(
        session, [invitation.sitting_id for invitation, _ in rows if invitation.sitting_id]
    )
    return [
        Invited(
            schedule,
            invitation,
            shared_forms().get(session, schedule.assessment_id),
            _state(invitation, schedule, standing, moment),
        )
        for invitation, schedule in rows
    ]


def invitation_to(
    session: Session, person_id: UUID, schedule_id: UUID, *, now: datetime | None = None
) -> Invited:
    """One invitation; raises NotFoundError if the person has none to this schedule."""
    for invited in invitations_of(session, person_id, now=now):
        if invited.schedule.id == schedule_id:
            return invited
    raise NotFoundError("no such invitation")


def _standing(session: Session, sittings: list[UUID]) -> dict[UUID, State]:
    """By sitting, from the last event that moved it."""
    moved = {"paused": State.PAUSED, "finished": State.FINISHED, "resumed": State.IN_PROGRESS}
    rows = session.exec(
        select(SittingEvent)
        .where(col(SittingEvent.sitting_id).in_(sittings), col(SittingEvent.kind).in_(moved))
        .order_by(col(SittingEvent.sequence))
    ).all()
    return {row.sitting_id: moved[row.kind] for row in rows}


def _state(
    invitation: Invitation, schedule: Schedule, standing: Mapping[UUID, State], now: datetime
) -> State:
    if invitation.sitting_id is not None:
        return standing.get(invitation.sitting_id, State.IN_PROGRESS)
    if now < schedule.opens_at:
        return State.UPCOMING
    return State.OPEN if now < schedule.closes_at else State.MISSED
