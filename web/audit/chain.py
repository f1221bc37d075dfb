"""Writing and verifying the chained record of acts."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, col, func, select

from web.audit.models import AuditEntry, DataAccess

CHAIN_LOCK = 7_203_114
CHECK_BATCH = 1000


def record(session: Session, actor: str, action: str, subject: str, **detail: Any) -> None:
    """Append one act to the chain, in the caller's transaction.

    ``actor`` and ``subject`` are ids or fixed words, never a NIP or a name.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHAIN_LOCK})
    last = session.exec(
        select(AuditEntry).order_by(col(AuditEntry.sequence).desc()).limit(1)
    ).first()
    entry = AuditEntry(
        sequence=last.sequence + 1 if last else 1,
        actor=actor,
        action=action,
        subject=subject,
        detail=detail,
        digest="",
    )
    entry.digest = _digest(last.digest if last else "", entry)
    session.add(entry)
    session.flush()


def first_broken(entries: Iterable[AuditEntry]) -> int | None:
    """The sequence number at which an ascending chain breaks; None where it holds."""
    previous, expected = "", 1
    for entry in entries:
        if entry.sequence != expected or entry.digest != _digest(previous, entry):
            return expected
        previous, expected = entry.digest, expected + 1
    return None


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """How many acts the chain holds, where it breaks (None where it holds), and its last digest."""

    n_entries: int
    broken_at: int | None
    last_digest: str


def check_chain(session: Session) -> ChainCheck:
    """Recompute every digest of the chain, from the first act to the last."""
    entries = session.exec(
        select(AuditEntry)
        .order_by(col(AuditEntry.sequence))
        .execution_options(yield_per=CHECK_BATCH)
    )
    broken_at = first_broken(entries)
    entries.close()  # it is left half-read where the chain breaks
    last = session.exec(
        select(AuditEntry).order_by(col(AuditEntry.sequence).desc()).limit(1)
    ).first()
    if last is None:
        return ChainCheck(0, broken_at, "")
    return ChainCheck(last.sequence, broken_at, last.digest)


def find_entries(
    session: Session, action: str | None, page: int, page_size: int
) -> tuple[Sequence[AuditEntry], int]:
    """One page of acts, the newest first, and how many there are."""
    query = select(AuditEntry)
    if action is not None:
        query = query.where(AuditEntry.action == action)
    total = session.exec(select(func.count()).select_from(query.subquery())).one()
    rows = session.exec(
        query.order_by(col(AuditEntry.sequence).desc())
        .offset(page_size * (page - 1))
        .limit(page_size)
    ).all()
    return rows, total


def known_actions(session: Session) -> Sequence[str]:
    """Every action that the chain holds."""
    return session.exec(select(AuditEntry.action).distinct().order_by(col(AuditEntry.action))).all()


def note_access(session: Session, person_id: UUID, account_id: UUID, page: str) -> None:
    """Keep that an account read a person's data, for that person to see."""
    session.add(DataAccess(person_id=person_id, account_id=account_id, page=page))


def _digest(previous: str, entry: AuditEntry) -> str:
    content = json.dumps(
        [entry.sequence, entry.actor, entry.action, entry.subject, entry.detail],
        sort_keys=True,
        ensure_ascii=False,
    )
    moment = entry.at.timestamp()
    return hashlib.sha256(f"{previous}|{moment:.6f}|{content}".encode()).hexdigest()
