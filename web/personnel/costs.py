"""What assessments cost, against what they would have cost outside."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from item_bank.models import Sitting, SittingEvent
from web.audit.chain import record
from web.errors import NotFoundError
from web.personnel.models import CostEntry
from web.policies.store import policy_content, policy_in_force
from web.rendering import LOCAL_ZONE

UNFINISHED = "window_closed"
"""The reason in the log of a sitting that its schedule's end closed; it counts as no assessment."""


@dataclass(frozen=True, slots=True)
class Costs:
    """A month or all of them; rupiah. ``own_each`` is None where nothing was finished."""

    finished: int
    external: int
    own: int

    @property
    def saving(self) -> int:
        return self.external - self.own

    @property
    def own_each(self) -> float | None:
        return self.own / self.finished if self.finished else None


@dataclass(frozen=True, slots=True)
class CostReport:
    """``months`` from the newest down; ``each`` is the external price of one assessment."""

    each: int
    total: Costs
    months: tuple[tuple[date, Costs], ...]
    entries: Sequence[CostEntry]


def cost_report(session: Session) -> CostReport:
    each = policy_content(policy_in_force(session)).external_cost_per_person
    entries = session.exec(
        select(CostEntry).order_by(col(CostEntry.month).desc(), col(CostEntry.entered_at))
    ).all()
    finished = finished_by_month(session)
    own: Counter[date] = Counter()
    for entry in entries:
        own[entry.month] += entry.amount
    months = sorted(finished.keys() | own.keys(), reverse=True)
    return CostReport(
        each=each,
        total=_costs(finished.total(), own.total(), each),
        months=tuple((month, _costs(finished[month], own[month], each)) for month in months),
        entries=entries,
    )


def finished_by_month(session: Session) -> Counter[date]:
    """Finished assessments by the month (its first day) in which they ended, local time."""
    rows = session.exec(
        select(Sitting.opened_at, SittingEvent.payload)
        .join(Sitting, col(Sitting.id) == col(SittingEvent.sitting_id))
        .where(SittingEvent.kind == "finished")
    ).all()
    ends = [
        (opened_at + timedelta(seconds=payload["at"])).astimezone(LOCAL_ZONE)
        for opened_at, payload in rows
        if payload["reason"] != UNFINISHED
    ]
    return Counter(date(end.year, end.month, 1) for end in ends)


def enter_cost(
    session: Session, month: date, description: str, amount: int, account_id: UUID
) -> CostEntry:
    entry = CostEntry(
        month=month.replace(day=1), description=description, amount=amount, entered_by=account_id
    )
    session.add(entry)
    session.flush()
    record(session, str(account_id), "cost entered", str(entry.id), month=str(month), amount=amount)
    return entry


def remove_cost(session: Session, entry_id: UUID, account_id: UUID) -> None:
    """Take back a figure entered by mistake; the chain keeps what it was.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    entry = session.get(CostEntry, entry_id)
    if entry is None:
        raise NotFoundError("no such cost entry")
    session.delete(entry)
    record(
        session,
        str(account_id),
        "cost removed",
        str(entry_id),
        month=str(entry.month),
        amount=entry.amount,
    )


def _costs(finished: int, own: int, each: int) -> Costs:
    return Costs(finished, finished * each, own)
