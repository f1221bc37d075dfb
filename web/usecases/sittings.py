"""One sitting, from opening to finish.

Every act reads the log under lock and appends to it in one transaction.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from flask_babel import gettext as _
from pydantic import BaseModel, BeforeValidator, Field
from sqlmodel import Session, col, select

from assessment_engine import current_offer, next_step, time_left
from assessment_engine.records import (
    Administer,
    Answered,
    Event,
    Expired,
    Extended,
    Finish,
    Finished,
    Log,
    Offered,
    Opened,
    Paused,
    Resumed,
    Scored,
    TimeLeft,
)
from item_bank.bank import ItemText, category_of, text_in_set
from item_bank.database import utcnow
from item_bank.log import append, lock_sitting, read_log, stored_events
from item_bank.models import Draft, ProfileSnapshot, Sitting
from item_bank.pool import AssessmentForm, shared_forms
from web import jobs
from web.audit.chain import record
from web.errors import NotFoundError, RefusedError
from web.people.models import Person
from web.personnel.models import Invitation, Schedule
from web.plain import plain_lines
from web.usecases.placements import keep_placement
from web.usecases.results import RESULT_KEPT, SOFTWARE, keep_profile

GRACE = 10.0
"""Seconds after a section's end in which an answer on its way still counts."""

MAX_TEXT = 10_000


class AnswerIn(BaseModel):
    """One answer as the form sends it. ``shown`` is the option's place on the page, from 1."""

    position: Annotated[int, Field(ge=1)]
    item: Annotated[str, Field(max_length=20)]
    shown: Annotated[int | None, Field(ge=1, le=9)] = None
    text: Annotated[str, Field(max_length=MAX_TEXT), BeforeValidator(plain_lines)] | None = None


class Receipt(StrEnum):
    """What became of an answer sent; ``LATE_DRAFT``: too late, and its draft counted instead."""

    SAVED = "saved"
    REPEATED = "repeated"
    LATE = "late"
    LATE_DRAFT = "late_draft"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Current:
    """Where a sitting stands, for its page."""

    sitting: Sitting
    form: AssessmentForm
    log: Log
    offer: Offered | None
    item: ItemText | None
    draft: Draft | None
    paused: bool
    finished: bool
    left: TimeLeft
    now: datetime

    @property
    def number_in_section(self) -> int:
        """The place of the offer within its section, from 1."""
        section = self.offer.section if self.offer else None
        return sum(isinstance(e, Offered) and e.section == section for e in self.log)

    @property
    def waiting(self) -> tuple[int, ...]:
        """Positions whose answers wait for a score."""
        scored = {event.position for event in self.log if isinstance(event, Scored)}
        return tuple(
            event.position
            for event in self.log
            if isinstance(event, Answered)
            and event.category is None
            and event.position not in scored
        )

    @property
    def last_saved(self) -> datetime | None:
        answered = [event.at for event in self.log if isinstance(event, Answered)]
        return self.sitting.opened_at + timedelta(seconds=answered[-1]) if answered else None


def open_sitting(
    session: Session,
    person: Person,
    schedule_id: UUID,
    *,
    now: datetime | None = None,
    seed: int | None = None,
) -> Sitting:
    """Open the sitting of an invited person, or give back the one already open.

    Raises
    ------
    NotFoundError
        If the person is not invited.
    RefusedError
        If the schedule's window is not open.
    """
    moment = now or utcnow()
    invitation = session.exec(
        select(Invitation)
        .where(Invitation.schedule_id == schedule_id, Invitation.person_id == person.id)
        .with_for_update()
    ).first()
    if invitation is None:
        raise NotFoundError("no such invitation")
    if invitation.sitting_id is not None:
        return session.get_one(Sitting, invitation.sitting_id)
    schedule = session.get_one(Schedule, schedule_id)
    if not schedule.opens_at <= moment < schedule.closes_at:
        raise RefusedError(_("Asesmen ini tidak sedang dibuka. Periksa jadwalnya di beranda Anda."))
    form = shared_forms().get(session, schedule.assessment_id)
    sitting = Sitting(
        candidate=person.candidate,
        assessment_id=schedule.assessment_id,
        parameter_set_id=form.parameter_set.id,
        seed=secrets.randbits(62) if seed is None else seed,
        software=SOFTWARE,
        opened_at=moment,
    )
    session.add(sitting)
    session.flush()
    opened = Opened(
        at=0.0,
        assessment=str(schedule.assessment_id),
        parameter_set=form.parameter_set.name,
        eligible=(),
        extra_time=invitation.extra_time,
    )
    _proceed(session, sitting, form, (), [opened])
    invitation.sitting_id = sitting.id
    session.flush()
    return sitting


def current(
    session: Session, sitting_id: UUID, candidate: UUID, *, now: datetime | None = None
) -> Current:
    """Where the sitting stands; what the clock has ended is settled first.

    Raises
    ------
    NotFoundError
        If there is no such sitting, or it is another person's.
    """
    moment = now or utcnow()
    sitting = _own_sitting(session, sitting_id, candidate)
    form = shared_forms().get(session, sitting.assessment_id)
    log = _settle(session, sitting, form, read_log(session, sitting_id), moment)
    return _standing(session, sitting, form, log, moment)


def answer(
    session: Session,
    sitting_id: UUID,
    candidate: UUID,
    given: AnswerIn,
    *,
    now: datetime | None = None,
) -> Receipt:
    """Record one answer and append the next offer, in the caller's transaction.

    An answer to a position already closed changes nothing. An answer after the end of its section
    changes nothing either, unless it was still on its way (``GRACE``); what had been saved as a
    draft in time counts.

    Raises
    ------
    NotFoundError
        If there is no such sitting, or it is another person's.
    RefusedError
        If the answer is to another item than the one offered, or the sitting is paused.
    """
    moment = now or utcnow()
    sitting = _own_sitting(session, sitting_id, candidate)
    form = shared_forms().get(session, sitting.assessment_id)
    before = read_log(session, sitting_id)
    log = _settle(session, sitting, form, before, moment, grace=GRACE)
    offer = current_offer(log)
    last_position = _last_position(log)
    if given.position <= last_position and (offer is None or given.position < offer.position):
        return _closed(before, log, given.position)
    if offer is None or (given.position, given.item) != (offer.position, offer.item):
        raise RefusedError(
            _(
                "Jawaban ini bukan untuk butir yang sedang ditampilkan."
                " Muat ulang halaman butir Anda."
            )
        )
    if _is_paused(log):
        raise RefusedError(_("Asesmen sedang dijeda. Lanjutkan dahulu, lalu kirim jawaban Anda."))
    answered = _as_answer(session, sitting, offer, given, _at(sitting, log, moment))
    if answered is None:
        return Receipt.EMPTY
    _record_answer(session, sitting, form, log, answered)
    return Receipt.SAVED


def save_draft(
    session: Session,
    sitting_id: UUID,
    candidate: UUID,
    given: AnswerIn,
    *,
    now: datetime | None = None,
) -> bool:
    """Keep what is chosen or typed for the offer in hand; False where it came too late to count."""
    moment = now or utcnow()
    sitting = _own_sitting(session, sitting_id, candidate)
    form = shared_forms().get(session, sitting.assessment_id)
    log = read_log(session, sitting_id)
    offer = current_offer(log)
    if offer is None or (given.position, given.item) != (offer.position, offer.item):
        return False
    if _over(time_left(form.rules, log, _at(sitting, log, moment))):
        return False
    option = _option(offer, given.shown)
    session.merge(
        Draft(
            sitting_id=sitting_id,
            position=offer.position,
            option=option,
            text=given.text,
            saved_at=moment,
        )
    )
    return True


def pause(
    session: Session, sitting_id: UUID, candidate: UUID, *, now: datetime | None = None
) -> None:
    """Stop the clock until the person comes back; nothing where it stands already."""
    moment = now or utcnow()
    sitting = _own_sitting(session, sitting_id, candidate)
    form = shared_forms().get(session, sitting.assessment_id)
    log = _settle(session, sitting, form, read_log(session, sitting_id), moment)
    if not _is_paused(log) and current_offer(log) is not None:
        append(session, sitting_id, log, [Paused(_at(sitting, log, moment))])


def resume(
    session: Session, sitting_id: UUID, candidate: UUID, *, now: datetime | None = None
) -> None:
    moment = now or utcnow()
    sitting = _own_sitting(session, sitting_id, candidate)
    log = read_log(session, sitting_id)
    if _is_paused(log):
        append(session, sitting_id, log, [Resumed(_at(sitting, log, moment))])


def extend(session: Session, sitting_id: UUID, seconds: float, reason: str) -> None:
    """Give a sitting more time, by the personnel agency, with the reason in the log.

    Raises
    ------
    RefusedError
        If the sitting has finished.
    """
    sitting = lock_sitting(session, sitting_id)
    log = read_log(session, sitting_id)
    if _is_finished(log):
        raise RefusedError(_("Asesmen ini sudah selesai, sehingga waktunya tidak dapat ditambah."))
    append(session, sitting_id, log, [Extended(_at(sitting, log, utcnow()), seconds, reason)])


def rescored(session: Session, sitting: Sitting, log: Log) -> None:
    """After a score arrived: once the sitting has finished, keep the new profile and placement."""
    form = shared_forms().get(session, sitting.assessment_id)
    if _is_finished(log):
        _keep_results(session, sitting, form, log)


def close_overdue(session: Session, *, now: datetime | None = None) -> int:
    """Finish sittings whose schedule has closed or whose whole time is over; how many there were.

    A section's end alone is left to the person's return: the clock of the section after it must
    not start while nobody is there.
    """
    moment = now or utcnow()
    finished_ids = select(ProfileSnapshot.sitting_id)
    rows = session.exec(
        select(Sitting.id, Schedule.closes_at)
        .join(Invitation, col(Invitation.sitting_id) == col(Sitting.id))
        .join(Schedule, col(Schedule.id) == col(Invitation.schedule_id))
        .where(col(Sitting.id).not_in(finished_ids))
    ).all()
    closed = 0
    for sitting_id, closes_at in rows:
        sitting = lock_sitting(session, sitting_id)
        form = shared_forms().get(session, sitting.assessment_id)
        log = read_log(session, sitting_id)
        if _is_finished(log):
            continue
        limit = form.rules.time_limit or 0.0
        total = time_left(form.rules, log, _at(sitting, log, moment)).total
        if total is not None and total <= 0:
            log = _close(session, sitting, form, log, moment, reason="total_time")
        elif moment > closes_at + timedelta(seconds=limit):
            log = _close(session, sitting, form, log, moment, reason="window_closed")
        closed += _is_finished(log)
    return closed


def _own_sitting(session: Session, sitting_id: UUID, candidate: UUID) -> Sitting:
    found = session.exec(select(Sitting.candidate).where(Sitting.id == sitting_id)).first()
    if found != candidate:
        raise NotFoundError("no such sitting")
    return lock_sitting(session, sitting_id)


def _standing(
    session: Session, sitting: Sitting, form: AssessmentForm, log: Log, now: datetime
) -> Current:
    offer = current_offer(log)
    return Current(
        sitting=sitting,
        form=form,
        log=log,
        offer=offer,
        item=text_in_set(session, sitting.parameter_set_id, offer.item) if offer else None,
        draft=session.get(Draft, (sitting.id, offer.position)) if offer else None,
        paused=_is_paused(log),
        finished=_is_finished(log),
        left=time_left(form.rules, log, _at(sitting, log, now)),
        now=now,
    )


def _settle(
    session: Session,
    sitting: Sitting,
    form: AssessmentForm,
    log: Log,
    now: datetime,
    *,
    grace: float = 0.0,
) -> Log:
    """Close the offer in hand if its time is over: by its draft, or as expired."""
    offer = current_offer(log)
    if offer is None or _is_paused(log):
        return log
    at = _at(sitting, log, now)
    if not _over(time_left(form.rules, log, at - grace if at - grace > log[-1].at else log[-1].at)):
        return log
    drafted = _drafted(session, sitting, offer, at)
    if drafted is None:
        return _proceed(session, sitting, form, log, [Expired(at, offer.position)])
    return _record_answer(session, sitting, form, log, drafted)


def _closed(before: Log, log: Log, position: int) -> Receipt:
    """What to say of an answer to a closed position; ``before`` is the log as it was found."""
    if any(isinstance(event, Expired) and event.position == position for event in log):
        return Receipt.LATE
    just_closed = current_offer(before)
    if just_closed is not None and just_closed.position == position:
        return Receipt.LATE_DRAFT
    return Receipt.REPEATED


def _close(
    session: Session,
    sitting: Sitting,
    form: AssessmentForm,
    log: Log,
    now: datetime,
    *,
    reason: str,
) -> Log:
    at = _at(sitting, log, now)
    offer = current_offer(log)
    events: list[Event] = [Resumed(at)] if _is_paused(log) else []
    if offer is not None:
        drafted = _drafted(session, sitting, offer, at)
        events.append(drafted or Expired(at, offer.position))
        _ask_for_score(session, sitting, drafted)
    log = append(session, sitting.id, log, [*events, Finished(at, reason)])
    _keep_results(session, sitting, form, log)
    return log


def _record_answer(
    session: Session, sitting: Sitting, form: AssessmentForm, log: Log, answered: Answered
) -> Log:
    log = _proceed(session, sitting, form, log, [answered])
    _ask_for_score(session, sitting, answered)
    return log


def _ask_for_score(session: Session, sitting: Sitting, answered: Answered | None) -> None:
    if answered is not None and answered.category is None:
        jobs.defer(
            session, jobs.score_answer, sitting_id=str(sitting.id), position=answered.position
        )


def _proceed(
    session: Session, sitting: Sitting, form: AssessmentForm, log: Log, events: Iterable[Event]
) -> Log:
    """Append ``events`` and what the engine says comes next."""
    added = tuple(events)
    longer = log + added
    at = longer[-1].at
    step = next_step(form.rules, form.pool, longer, sitting.seed)
    match step:
        case Administer():
            following: Event = Offered(
                at, step.position, step.section, step.item, step.option_order, step.note
            )
        case Finish():
            following = Finished(at, step.reason)
    complete = append(session, sitting.id, log, [*added, following])
    if isinstance(following, Finished):
        _keep_results(session, sitting, form, complete)
    return complete


def _keep_results(session: Session, sitting: Sitting, form: AssessmentForm, log: Log) -> None:
    snapshot = keep_profile(session, sitting, form, log)
    end = stored_events(session, sitting.id)[-1]
    record(  # so that nobody can cut off the end of the log unseen
        session,
        "system",
        RESULT_KEPT,
        str(sitting.id),
        events=end.sequence,
        log_digest=end.digest,
        snapshot=str(snapshot.id),
    )
    person = session.exec(select(Person).where(Person.candidate == sitting.candidate)).first()
    if person is not None:
        keep_placement(session, person, snapshot)


def _as_answer(
    session: Session, sitting: Sitting, offer: Offered, given: AnswerIn, at: float
) -> Answered | None:
    option = _option(offer, given.shown)
    return _answered(session, sitting, offer, at, option=option, written=given.text)


def _drafted(session: Session, sitting: Sitting, offer: Offered, at: float) -> Answered | None:
    """The answer that a draft stands for; None where there is no draft, or nothing in it."""
    draft = session.get(Draft, (sitting.id, offer.position))
    if draft is None:
        return None
    return _answered(session, sitting, offer, at, option=draft.option, written=draft.text)


def _answered(
    session: Session,
    sitting: Sitting,
    offer: Offered,
    at: float,
    *,
    option: int | None,
    written: str | None,
) -> Answered | None:
    """The event of an answer; None where there is nothing to record."""
    body = text_in_set(session, sitting.parameter_set_id, offer.item).body
    if body["kind"] == "free_text":
        words = (written or "").strip()
        if not words:
            return None
        return Answered(at, offer.position, offer.item, category=None, text=words)
    if option is None:
        return None
    return Answered(
        at, offer.position, offer.item, category=category_of(body, option), option=option
    )


def _option(offer: Offered, shown: int | None) -> int | None:
    """The option's number in its file, from its place on the page."""
    if shown is None or not 1 <= shown <= len(offer.option_order):
        return None
    return offer.option_order[shown - 1]


def _at(sitting: Sitting, log: Log, now: datetime) -> float:
    """Seconds since opening; never before the last event, should a clock step back."""
    seconds = round((now - sitting.opened_at).total_seconds(), 3)
    return max(seconds, log[-1].at) if log else seconds


def _over(left: TimeLeft) -> bool:
    return any(rest is not None and rest <= 0 for rest in (left.section, left.total))


def _last_position(log: Log) -> int:
    return max((event.position for event in log if isinstance(event, Offered)), default=0)


def _is_paused(log: Log) -> bool:
    for event in reversed(log):
        if isinstance(event, Paused | Resumed):
            return isinstance(event, Paused)
    return False


def _is_finished(log: Log) -> bool:
    return any(isinstance(event, Finished) for event in log)
