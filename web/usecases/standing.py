"""Where a sitting stands, for the page that shows it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from assessment_engine import current_offer, time_left
from assessment_engine.records import Answered, Log, Offered, Scored, TimeLeft
from item_bank.bank import ItemText, text_in_set
from item_bank.models import Draft, Sitting
from item_bank.pool import AssessmentForm
from web.usecases.clock import is_finished, is_paused, seconds_since_opening


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


def standing(
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
        paused=is_paused(log),
        finished=is_finished(log),
        left=time_left(form.rules, log, seconds_since_opening(sitting, log, now)),
        now=now,
    )
