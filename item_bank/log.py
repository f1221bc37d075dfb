"""The log of a sitting in the database: appended, chained, read back as the engine's events."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlmodel import Session, col, select

from assessment_engine import records
from assessment_engine.records import Event, Log
from item_bank.errors import BrokenLogError, UnknownSittingError
from item_bank.models import Sitting, SittingEvent

_ADAPTERS: dict[str, TypeAdapter[Any]] = {
    kind.__name__.lower(): TypeAdapter(kind)
    for kind in (
        records.Opened,
        records.Offered,
        records.Answered,
        records.Scored,
        records.Expired,
        records.Paused,
        records.Resumed,
        records.Extended,
        records.Flagged,
        records.Finished,
    )
}


def lock_sitting(session: Session, sitting_id: UUID) -> Sitting:
    """The sitting, locked until the transaction ends, so that two requests cannot interleave.

    Raises
    ------
    UnknownSittingError
        If there is no such sitting.
    """
    sitting = session.exec(
        select(Sitting).where(Sitting.id == sitting_id).with_for_update()
    ).first()
    if sitting is None:
        raise UnknownSittingError(str(sitting_id))
    return sitting


def stored_events(session: Session, sitting_id: UUID) -> Sequence[SittingEvent]:
    return session.exec(
        select(SittingEvent)
        .where(SittingEvent.sitting_id == sitting_id)
        .order_by(col(SittingEvent.sequence))
    ).all()


def read_log(session: Session, sitting_id: UUID) -> Log:
    """The sitting's events in their order."""
    return tuple(event_of(row.kind, row.payload) for row in stored_events(session, sitting_id))


def append(session: Session, sitting_id: UUID, log: Log, events: Iterable[Event]) -> Log:
    """Append ``events`` to ``log`` as read under lock, in the caller's transaction."""
    last = session.exec(
        select(SittingEvent)
        .where(SittingEvent.sitting_id == sitting_id)
        .order_by(col(SittingEvent.sequence).desc())
        .limit(1)
    ).first()
    sequence, digest = (last.sequence, last.digest) if last else (0, "")
    added = tuple(events)
    for event in added:
        sequence += 1
        kind, payload = _name(event), _payload(event)
        digest = digest_of(digest, sitting_id, sequence, kind, payload)
        session.add(
            SittingEvent(
                sitting_id=sitting_id, sequence=sequence, kind=kind, payload=payload, digest=digest
            )
        )
    session.flush()
    return log + added


def verify(session: Session, sitting_id: UUID) -> None:
    """Recompute the chain of digests.

    Raises
    ------
    BrokenLogError
        Naming the first event that does not agree.
    """
    previous = ""
    for expected, row in enumerate(stored_events(session, sitting_id), start=1):
        digest = digest_of(previous, sitting_id, row.sequence, row.kind, row.payload)
        if row.sequence != expected or row.digest != digest:
            raise BrokenLogError(sitting_id, expected)
        previous = row.digest


def event_of(kind: str, payload: Mapping[str, Any]) -> Event:
    """An event from how it is stored: its name in small letters, and its fields."""
    event: Event = _ADAPTERS[kind].validate_python(payload)
    return event


def _name(event: Event) -> str:
    return type(event).__name__.lower()


def _payload(event: Event) -> dict[str, Any]:
    payload: dict[str, Any] = _ADAPTERS[_name(event)].dump_python(event, mode="json")
    return payload


def digest_of(
    previous: str, sitting_id: UUID, sequence: int, kind: str, payload: Mapping[str, Any]
) -> str:
    """Digest of an event, chained to that of the event before (empty for the first)."""
    content = json.dumps([str(sitting_id), sequence, kind, payload], sort_keys=True)
    return hashlib.sha256(f"{previous}|{content}".encode()).hexdigest()
