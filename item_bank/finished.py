"""Finished sittings and what was kept of them, for whoever recomputes results."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, func, select

from item_bank.log import stored_events
from item_bank.models import Assessment, ParameterSet, ProfileSnapshot, Sitting, SittingEvent
from item_bank.pool import load_pool


@dataclass(frozen=True, slots=True)
class FinishedSitting:
    """A sitting with when and why it ended; ``complete`` is None where no profile was kept."""

    sitting: Sitting
    assessment: Assessment
    finished: SittingEvent
    complete: bool | None

    @property
    def reason(self) -> str:
        return str(self.finished.payload["reason"])

    @property
    def finished_at(self) -> datetime:
        return self.sitting.opened_at + timedelta(seconds=float(self.finished.payload["at"]))


def finished_sittings(
    session: Session, page: int, page_size: int
) -> tuple[Sequence[FinishedSitting], int]:
    """One page of finished sittings, the newest first, and how many there are."""
    query = (
        select(Sitting, Assessment, SittingEvent)
        .join(SittingEvent, col(SittingEvent.sitting_id) == col(Sitting.id))
        .join(Assessment, col(Assessment.id) == col(Sitting.assessment_id))
        .where(SittingEvent.kind == "finished")
    )
    total = session.exec(select(func.count()).select_from(query.subquery())).one()
    rows = session.exec(
        query.order_by(col(SittingEvent.recorded_at).desc())
        .offset(page_size * (page - 1))
        .limit(page_size)
    ).all()
    complete = {sitting.id: latest_snapshot(session, sitting.id) for sitting, _, _ in rows}
    return [
        FinishedSitting(sitting, assessment, event, kept.complete if kept else None)
        for sitting, assessment, event in rows
        for kept in (complete[sitting.id],)
    ], total


def latest_snapshot(session: Session, sitting_id: UUID) -> ProfileSnapshot | None:
    """The newest profile kept of a sitting."""
    return session.exec(
        select(ProfileSnapshot)
        .where(ProfileSnapshot.sitting_id == sitting_id)
        .order_by(col(ProfileSnapshot.created_at).desc())
        .limit(1)
    ).first()


def export_sitting(session: Session, sitting: Sitting) -> dict[str, Any]:
    """All that another program needs to recompute a sitting, without any identity.

    Returns
    -------
    dict
        ``sitting``, ``assessment`` (its definition), ``parameter_set`` (cut scores in logits, items
        with parameters, D = 1), ``events`` with their digests, and the kept ``profile``.
    """
    assessment = session.get_one(Assessment, sitting.assessment_id)
    parameter_set = session.get_one(ParameterSet, sitting.parameter_set_id)
    snapshot = latest_snapshot(session, sitting.id)
    return {
        "format": "takar-sitting-1",
        "sitting": {
            "id": str(sitting.id),
            "seed": sitting.seed,
            "software": sitting.software,
            "opened_at": sitting.opened_at.isoformat(),
        },
        "assessment": {
            "code": assessment.code,
            "version": assessment.version,
            "digest": assessment.digest,
            "definition": assessment.definition,
        },
        "parameter_set": {
            "name": parameter_set.name,
            "status": parameter_set.status,
            "digest": parameter_set.digest,
            "cut_scores": parameter_set.cut_scores,
            "items": _items(session, parameter_set.id),
        },
        "events": [
            {
                "sequence": row.sequence,
                "kind": row.kind,
                "payload": row.payload,
                "digest": row.digest,
            }
            for row in stored_events(session, sitting.id)
        ],
        "profile": {"content": snapshot.profile, "versions": snapshot.versions}
        if snapshot
        else None,
    }


def _items(session: Session, parameter_set_id: UUID) -> list[dict[str, Any]]:
    """The pool's items as JSON has them: sets as ascending lists."""
    return [
        asdict(item) | {"enemies": sorted(item.enemies), "tags": sorted(item.tags)}
        for item in load_pool(session, parameter_set_id)
    ]
