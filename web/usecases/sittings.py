"""One sitting, from opening to finish.

Every act reads the log under lock and appends to it in one transaction.
"""

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from flask_babel import gettext as _
from pydantic import BaseModel, Field
from sqlmodel import Session, select

from assessment_engine import current_offer, time_left
from assessment_engine.exposure import seen_within
from assessment_engine.opening import Opening, open_with
from assessment_engine.records import (
    Answered,
    Expired,
    Extended,
    Log,
    Offered,
    Opened,
    Paused,
    Resumed,
)
from item_bank.database import utcnow
from item_bank.exposure import counts_of
from item_bank.log import append, lock_sitting, read_log
from item_bank.models import Draft, Sitting
from item_bank.pool import AssessmentForm, shared_forms
from item_bank.seen import seen_by
from web.errors import NotFoundError, RefusedError
from web.people.models import Person
from web.personnel.models import Invitation, Schedule
from web.usecases.axes import axis_of
from web.usecases.clock import (
    is_finished,
    is_over,
    is_paused,
    last_position,
    seconds_since_opening,
)
from web.usecases.results import SOFTWARE
from web.usecases.settling import answer_event, proceed, record_answer, settle
from web.usecases.standing import Current, standing

GRACE = 10.0
"""Seconds after a section's end in which an answer on its way still counts."""

MAX_TEXT = 10_000


class AnswerIn(BaseModel):
    """One answer as the form sends it. ``shown`` is the option's place on the page, from 1."""

    position: Annotated[int, Field(ge=1)]
    item: Annotated[str, Field(max_length=20)]
    shown: Annotated[int | None, Field(ge=1, le=9)] = None
    text: Annotated[str, Field(max_length=MAX_TEXT)] | None = None


class Receipt(StrEnum):
    """What became of an answer sent; ``LATE_DRAFT``: too late, and its draft counted instead."""

    SAVED = "saved"
    REPEATED = "repeated"
    LATE = "late"
    LATE_DRAFT = "late_draft"
    EMPTY = "empty"


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
    opening = _opening(session, sitting, form)
    opened = Opened(
        at=0.0,
        assessment=str(schedule.assessment_id),
        parameter_set=form.parameter_set.name,
        eligible=opening.eligible,
        extra_time=invitation.extra_time,
        withheld=opening.withheld,
        lifted=opening.lifted,
        pretest=opening.pretest,
        axis=axis_of(session, person, form),
    )
    proceed(session, sitting, form, (), [opened])
    invitation.sitting_id = sitting.id
    session.flush()
    return sitting


def _opening(session: Session, sitting: Sitting, form: AssessmentForm) -> Opening:
    """What depends on other sittings, and on what this person has seen of late."""
    years, seen = form.definition.seen_years, tuple[str, ...]()
    if years:
        seen = seen_within(seen_by(session, sitting.candidate), sitting.opened_at.date(), years)
    counts = counts_of(session, form) if form.rules.eligibility is not None else None
    return open_with(form.rules, form.pool, sitting.seed, excluded=seen, counts=counts)


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
    log = settle(session, sitting, form, read_log(session, sitting_id), moment)
    return standing(session, sitting, form, log, moment)


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
    log = settle(session, sitting, form, before, moment, grace=GRACE)
    offer = current_offer(log)
    if given.position <= last_position(log) and (offer is None or given.position < offer.position):
        return _closed(before, log, given.position)
    if offer is None or (given.position, given.item) != (offer.position, offer.item):
        raise RefusedError(
            _(
                "Jawaban ini bukan untuk butir yang sedang ditampilkan."
                " Muat ulang halaman butir Anda."
            )
        )
    if is_paused(log):
        raise RefusedError(_("Asesmen sedang dijeda. Lanjutkan dahulu, lalu kirim jawaban Anda."))
    at = seconds_since_opening(sitting, log, moment)
    answered = _as_answer(session, sitting, offer, given, at)
    if answered is None:
        return Receipt.EMPTY
    record_answer(session, sitting, form, log, answered)
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
    if is_over(time_left(form.rules, log, seconds_since_opening(sitting, log, moment))):
        return False
    option = chosen_option(offer, given.shown)
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
    log = settle(session, sitting, form, read_log(session, sitting_id), moment)
    if not is_paused(log) and current_offer(log) is not None:
        append(session, sitting_id, log, [Paused(seconds_since_opening(sitting, log, moment))])


def resume(
    session: Session, sitting_id: UUID, candidate: UUID, *, now: datetime | None = None
) -> None:
    moment = now or utcnow()
    sitting = _own_sitting(session, sitting_id, candidate)
    log = read_log(session, sitting_id)
    if is_paused(log):
        append(session, sitting_id, log, [Resumed(seconds_since_opening(sitting, log, moment))])


def extend(session: Session, sitting_id: UUID, seconds: float, reason: str) -> None:
    """Give a sitting more time, by the personnel agency, with the reason in the log.

    Raises
    ------
    RefusedError
        If the sitting has finished.
    """
    sitting = lock_sitting(session, sitting_id)
    log = read_log(session, sitting_id)
    if is_finished(log):
        raise RefusedError(_("Asesmen ini sudah selesai, sehingga waktunya tidak dapat ditambah."))
    append(
        session,
        sitting_id,
        log,
        [Extended(seconds_since_opening(sitting, log, utcnow()), seconds, reason)],
    )


def _own_sitting(session: Session, sitting_id: UUID, candidate: UUID) -> Sitting:
    found = session.exec(select(Sitting.candidate).where(Sitting.id == sitting_id)).first()
    if found != candidate:
        raise NotFoundError("no such sitting")
    return lock_sitting(session, sitting_id)


def _closed(before: Log, log: Log, position: int) -> Receipt:
    """What to say of an answer to a closed position; ``before`` is the log as it was found."""
    if any(isinstance(event, Expired) and event.position == position for event in log):
        return Receipt.LATE
    just_closed = current_offer(before)
    if just_closed is not None and just_closed.position == position:
        return Receipt.LATE_DRAFT
    return Receipt.REPEATED


def _as_answer(
    session: Session, sitting: Sitting, offer: Offered, given: AnswerIn, at: float
) -> Answered | None:
    option = chosen_option(offer, given.shown)
    return answer_event(session, sitting, offer, at, option=option, written=given.text)


def chosen_option(offer: Offered, shown: int | None) -> int | None:
    """The option's number in its file, from its place on the page."""
    if shown is None or not 1 <= shown <= len(offer.option_order):
        return None
    return offer.option_order[shown - 1]
