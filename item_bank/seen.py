"""What a person was offered in earlier sittings."""

from datetime import timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from assessment_engine.exposure import Seen
from item_bank.models import Sitting, SittingEvent


def seen_by(session: Session, candidate: UUID) -> list[Seen]:
    """All items offered to a person so far, answered or not, with the days (UTC)."""
    rows = session.exec(
        select(Sitting.opened_at, SittingEvent.payload)
        .join(SittingEvent, col(SittingEvent.sitting_id) == col(Sitting.id))
        .where(Sitting.candidate == candidate, SittingEvent.kind == "offered")
        .order_by(col(Sitting.opened_at), col(SittingEvent.sequence))
    ).all()
    return [
        Seen(str(payload["item"]), (opened_at + timedelta(seconds=float(payload["at"]))).date())
        for opened_at, payload in rows
    ]
