"""What follows an event in a sitting: the next offer, the score to ask for, the result to keep."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from assessment_engine import current_offer, next_step, time_left
from assessment_engine.records import (
    Administer,
    Answered,
    Event,
    Expired,
    Finish,
    Finished,
    Log,
    Offered,
    Resumed,
)
from item_bank.bank import category_of, text_in_set
from item_bank.database import utcnow
from item_bank.exposure import keep_outcome
from item_bank.log import append, lock_sitting, read_log, stored_events
from item_bank.models import Draft, ProfileSnapshot, Sitting
from item_bank.pool import AssessmentForm, shared_forms
from item_bank.signs import keep_signs
from web import jobs
from web.audit.chain import record
from web.people.models import Person
from web.personnel.models import Invitation, Schedule
from web.usecases.clock import is_finished, is_over, is_paused, seconds_since_opening
from web.usecases.placements import keep_placement
from web.usecases.results import RESULT_KEPT, keep_profile


def settle(
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
    if offer is None or is_paused(log):
        return log
    at = seconds_since_opening(sitting, log, now)
    if not is_over(time_left(form.rules, log, max(at - grace, log[-1].at))):
        return log
    drafted = drafted_answer(session, sitting, offer, at)
    if drafted is None:
        return proceed(session, sitting, form, log, [Expired(at, offer.position)])
    return record_answer(session, sitting, form, log, drafted)


def close_sitting(
    session: Session,
    sitting: Sitting,
    form: AssessmentForm,
    log: Log,
    now: datetime,
    *,
    reason: str,
) -> Log:
    at = seconds_since_opening(sitting, log, now)
    offer = current_offer(log)
    events: list[Event] = [Resumed(at)] if is_paused(log) else []
    if offer is not None:
        drafted = drafted_answer(session, sitting, offer, at)
        events.append(drafted or Expired(at, offer.position))
        ask_for_score(session, sitting, drafted)
    log = append(session, sitting.id, log, [*events, Finished(at, reason)])
    keep_results(session, sitting, form, log)
    return log


def record_answer(
    session: Session, sitting: Sitting, form: AssessmentForm, log: Log, answered: Answered
) -> Log:
    log = proceed(session, sitting, form, log, [answered])
    ask_for_score(session, sitting, answered)
    return log


def ask_for_score(session: Session, sitting: Sitting, answered: Answered | None) -> None:
    if answered is not None and answered.category is None:
        jobs.defer(
            session, jobs.score_answer, sitting_id=str(sitting.id), position=answered.position
        )


def proceed(
    session: Session, sitting: Sitting, form: AssessmentForm, log: Log, events: Iterable[Event]
) -> Log:
    """Append ``events`` and what the engine says comes next."""
    added = tuple(events)
    longer = log + added
    at = longer[-1].at
    step = next_step(form.rules, form.pool, longer, sitting.seed)
    match step:
        case Administer():
            following: Event = step.offered(at)
        case Finish():
            following = Finished(at, step.reason)
    complete = append(session, sitting.id, log, [*added, following])
    if isinstance(following, Finished):
        keep_results(session, sitting, form, complete)
    return complete


def keep_results(session: Session, sitting: Sitting, form: AssessmentForm, log: Log) -> None:
    snapshot = keep_profile(session, sitting, form, log)
    keep_outcome(session, sitting, form, log)
    keep_signs(session, sitting, form, log)
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


def drafted_answer(
    session: Session, sitting: Sitting, offer: Offered, at: float
) -> Answered | None:
    """The answer that a draft stands for; None where there is no draft, or nothing in it."""
    draft = session.get(Draft, (sitting.id, offer.position))
    if draft is None:
        return None
    return answer_event(session, sitting, offer, at, option=draft.option, written=draft.text)


def answer_event(
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


def rescored(session: Session, sitting: Sitting, log: Log) -> None:
    """After a score arrived: once the sitting has finished, keep the new profile and placement."""
    form = shared_forms().get(session, sitting.assessment_id)
    if is_finished(log):
        keep_results(session, sitting, form, log)


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
        if is_finished(log):
            continue
        limit = form.rules.time_limit or 0.0
        total = time_left(form.rules, log, seconds_since_opening(sitting, log, moment)).total
        if total is not None and total <= 0:
            log = close_sitting(session, sitting, form, log, moment, reason="total_time")
        elif moment > closes_at + timedelta(seconds=limit):
            log = close_sitting(session, sitting, form, log, moment, reason="window_closed")
        closed += is_finished(log)
    return closed
