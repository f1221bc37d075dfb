"""Exposure counts of an assessment, learned from its finished sittings."""

from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from assessment_engine.exposure import EligibilityCounts, Outcome
from assessment_engine.exposure.outcomes import outcome_of
from assessment_engine.records import Log
from item_bank.models import ExposureOutcome, Sitting
from item_bank.pool import AssessmentForm

_OUTCOME = TypeAdapter(Outcome)


def keep_outcome(session: Session, sitting: Sitting, form: AssessmentForm, log: Log) -> None:
    """Keep what a finished sitting tells of exposure; once kept, it stays as it is."""
    outcome = outcome_of(form.rules, form.pool, log)
    row = {
        "sitting_id": sitting.id,
        "assessment_id": sitting.assessment_id,
        "outcome": _OUTCOME.dump_python(outcome, mode="json"),
    }
    session.execute(insert(ExposureOutcome).values(**row).on_conflict_do_nothing())


def outcomes_of(session: Session, assessment_id: UUID) -> list[Outcome]:
    """What all finished sittings of an assessment tell, in the order in which they finished."""
    rows = session.exec(
        select(ExposureOutcome.outcome)
        .where(ExposureOutcome.assessment_id == assessment_id)
        .order_by(col(ExposureOutcome.number))
    ).all()
    return [_OUTCOME.validate_python(row) for row in rows]


def scored_items(form: AssessmentForm) -> dict[str, str]:
    """The items that an assessment may offer for a score, each with its dimension."""
    measured = {section.dimension for section in form.rules.sections}
    on_trial = form.rules.on_trial
    return {
        item.id: item.dimension
        for item in form.pool
        if item.dimension in measured and item.id not in on_trial
    }


def counts_of(session: Session, form: AssessmentForm) -> EligibilityCounts:
    """The counts of all finished sittings of an assessment, for rules with item eligibility."""
    return _ledger().counts(session, form)


@dataclass(slots=True)
class _Folded:
    counts: EligibilityCounts
    last: int = 0


class _Ledger:
    """Counts folded so far in this process, so that an opening reads only what is new.

    A row whose transaction ends after a later number was read is left out until the process starts
    anew: the rates do not notice, and what a sitting withholds stands in its own log.
    """

    def __init__(self) -> None:
        self._folded: dict[UUID, _Folded] = {}
        self._lock = Lock()

    def counts(self, session: Session, form: AssessmentForm) -> EligibilityCounts:
        config = form.rules.eligibility
        cuts, fading = (config.cuts, config.fading) if config is not None else ((), 1.0)
        with self._lock:
            if form.assessment_id not in self._folded:
                items = [item.id for item in form.pool]
                dimensions = [item.dimension for item in form.pool]
                nothing = EligibilityCounts.none(items, dimensions, len(cuts) + 1)
                self._folded[form.assessment_id] = _Folded(nothing)
            folded = self._folded[form.assessment_id]
            rows = session.exec(
                select(ExposureOutcome)
                .where(
                    ExposureOutcome.assessment_id == form.assessment_id,
                    col(ExposureOutcome.number) > folded.last,
                )
                .order_by(col(ExposureOutcome.number))
            ).all()
            if rows:
                outcomes = [_OUTCOME.validate_python(row.outcome) for row in rows]
                folded.counts = folded.counts.after(outcomes, fading)
                folded.last = rows[-1].number or folded.last
            return folded.counts


@lru_cache(maxsize=1)
def _ledger() -> _Ledger:
    return _Ledger()
