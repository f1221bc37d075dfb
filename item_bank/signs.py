"""Signs of sittings: kept of finished ones, computed of those in progress."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, func, select

from assessment_engine import EngineError, Log, signs_of
from assessment_engine.signs import Signs
from item_bank.log import read_log
from item_bank.models import Assessment, Sitting, SittingEvent, SittingSigns
from item_bank.pool import AssessmentForm, shared_forms


@dataclass(frozen=True, slots=True)
class SittingRow:
    """One sitting in a list; ``finished_at`` is None while it goes on.

    ``kinds`` is None where the signs are not known: of a sitting finished before they were kept, or
    one whose log contradicts itself.
    """

    sitting: Sitting
    assessment: Assessment
    finished_at: datetime | None
    kinds: Sequence[str] | None
    lz_star: float | None


def keep_signs(session: Session, sitting: Sitting, form: AssessmentForm, log: Log) -> None:
    """Keep the signs of a finished sitting in place of those kept before a later rating."""
    found = signs_of(form.rules, form.pool, log)
    values = {"kinds": list(found.kinds), "lz_star": found.fit.overall.lz_star}
    row = insert(SittingSigns).values(sitting_id=sitting.id, **values)
    session.execute(row.on_conflict_do_update(index_elements=["sitting_id"], set_=values))


def finished_rows(
    session: Session, assessment: UUID | None, *, signs_only: bool, page: int, page_size: int
) -> tuple[list[SittingRow], int]:
    """One page of finished sittings, the newest first, and how many there are."""
    query = (
        select(Sitting, Assessment, SittingEvent, SittingSigns)
        .join(SittingEvent, col(SittingEvent.sitting_id) == col(Sitting.id))
        .join(Assessment, col(Assessment.id) == col(Sitting.assessment_id))
        .outerjoin(SittingSigns, col(SittingSigns.sitting_id) == col(Sitting.id))
        .where(SittingEvent.kind == "finished")
    )
    if assessment is not None:
        query = query.where(Sitting.assessment_id == assessment)
    if signs_only:
        query = query.where(func.cardinality(col(SittingSigns.kinds)) > 0)
    ids = query.with_only_columns(col(Sitting.id))
    total = session.exec(select(func.count()).select_from(ids.subquery())).one()
    found = session.exec(
        query.order_by(col(SittingEvent.recorded_at).desc())
        .offset(page_size * (page - 1))
        .limit(page_size)
    ).all()
    return [_finished(*row) for row in found], total


def rows_in_progress(
    session: Session, assessment: UUID | None, *, signs_only: bool, limit: int
) -> list[SittingRow]:
    """The sittings that were opened last and go on, with their signs as of now."""
    ended = select(SittingEvent.sitting_id).where(
        SittingEvent.sitting_id == Sitting.id, SittingEvent.kind == "finished"
    )
    query = (
        select(Sitting, Assessment)
        .join(Assessment, col(Assessment.id) == col(Sitting.assessment_id))
        .where(~ended.exists())
    )
    if assessment is not None:
        query = query.where(Sitting.assessment_id == assessment)
    rows = session.exec(query.order_by(col(Sitting.opened_at).desc()).limit(limit)).all()
    found = [_in_progress(session, *row) for row in rows]
    return [row for row in found if row.kinds or not signs_only]


def _finished(
    sitting: Sitting, assessment: Assessment, end: SittingEvent, kept: SittingSigns | None
) -> SittingRow:
    finished_at = sitting.opened_at + timedelta(seconds=float(end.payload["at"]))
    if kept is None:
        return SittingRow(sitting, assessment, finished_at, None, None)
    return SittingRow(sitting, assessment, finished_at, kept.kinds, kept.lz_star)


def _in_progress(session: Session, sitting: Sitting, assessment: Assessment) -> SittingRow:
    form = shared_forms().get(session, sitting.assessment_id)
    found: Signs | None
    try:
        found = signs_of(form.rules, form.pool, read_log(session, sitting.id))
    except EngineError:
        found = None
    about: tuple[Any, Any] = (found.kinds, found.fit.overall.lz_star) if found else (None, None)
    return SittingRow(sitting, assessment, None, *about)
