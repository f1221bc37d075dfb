"""Integrity reports: sent without a name, followed by a code that is shown once.

Nothing about the reporter is kept: no account, no address, and of the time only the day, so that no
report can be laid beside the log-ins of the same minute. Limits on sending live in memory alone.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from flask_babel import gettext as _
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, col, func, select

from item_bank.database import utcnow
from web.audit.chain import record
from web.errors import NotFoundError, RefusedError
from web.public.models import IntegrityReport, ReportMessage
from web.rendering import LOCAL_ZONE

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Letters and digits that cannot be taken for one another when read out or copied by hand."""

GROUPS, GROUP_LENGTH = 4, 4
STATUSES = ("received", "examined", "closed")
MAX_MESSAGES = 100

LongText = Annotated[str, Field(max_length=10_000)]


class ReportIn(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)

    subject: Annotated[str, Field(min_length=5, max_length=200)]
    text: Annotated[LongText, Field(min_length=30)]
    happened: Annotated[str, Field(max_length=500)] = ""


class CodeIn(BaseModel):
    code: Annotated[str, Field(max_length=60)]


class MessageIn(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)

    text: Annotated[LongText, Field(min_length=2)]


class AnswerIn(MessageIn):
    """The agency's answer."""


class StatusIn(BaseModel):
    status: Literal["received", "examined", "closed"]


@dataclass(frozen=True, slots=True)
class Case:
    """A report with its messages, the oldest first."""

    report: IntegrityReport
    messages: Sequence[ReportMessage]


def status_words() -> dict[str, str]:
    """The words for where a report stands."""
    return {"received": _("Diterima"), "examined": _("Sedang diperiksa"), "closed": _("Selesai")}


def send_report(session: Session, given: ReportIn) -> str:
    """Keep a report and give back its receipt code, which is kept nowhere."""
    code = make_code()
    session.add(
        IntegrityReport(
            receipt_hash=hash_code(code),
            subject=given.subject,
            text=given.text,
            happened=given.happened,
            received_at=_day(utcnow()),
        )
    )
    return code


def make_code() -> str:
    """Four groups of four, 79 bits of chance."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    return "-".join(groups)


def hash_code(code: str) -> str:
    """SHA-256 of a code, however spaced or cased; unsalted, since a code cannot be guessed."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()


def find_report(session: Session, code: str) -> IntegrityReport | None:
    """The report of a code, or None."""
    return session.exec(
        select(IntegrityReport).where(IntegrityReport.receipt_hash == hash_code(code))
    ).first()


def read_case(session: Session, report_id: UUID) -> Case:
    """A report with its messages.

    Raises
    ------
    NotFoundError
        If there is no such report.
    """
    report = session.get(IntegrityReport, report_id)
    if report is None:
        raise NotFoundError("no such report")
    return Case(report, _messages(session, report_id))


def write_as_reporter(session: Session, report_id: UUID, given: MessageIn) -> None:
    """Add a reporter's message; the same text twice in a row is kept once.

    Raises
    ------
    NotFoundError
        If there is no such report.
    RefusedError
        If the report is closed or holds as many messages as it may.
    """
    case = read_case(session, report_id)
    if case.report.status == "closed":
        raise RefusedError(_("Laporan ini sudah selesai. Kirim laporan baru bila ada hal lain."))
    if len(case.messages) >= MAX_MESSAGES:
        raise RefusedError(_("Laporan ini sudah memuat terlalu banyak pesan."))
    last = case.messages[-1] if case.messages else None
    if last is not None and not last.from_agency and last.text == given.text:
        return
    moment = _day(utcnow())
    if last is not None:
        # Only the order is kept: one second after the message before, never the true time.
        moment = max(moment, last.sent_at + timedelta(seconds=1))
    session.add(
        ReportMessage(report_id=report_id, from_agency=False, text=given.text, sent_at=moment)
    )


def answer_as_agency(session: Session, report_id: UUID, given: AnswerIn, account_id: UUID) -> None:
    """Add the agency's answer, and say in the audit chain that it was given.

    Raises
    ------
    NotFoundError
        If there is no such report.
    """
    case = read_case(session, report_id)
    moment = utcnow()
    if case.messages:
        moment = max(moment, case.messages[-1].sent_at + timedelta(seconds=1))
    session.add(
        ReportMessage(report_id=report_id, from_agency=True, text=given.text, sent_at=moment)
    )
    record(session, str(account_id), "report answered", str(report_id))


def set_status(session: Session, report_id: UUID, status: str, account_id: UUID) -> None:
    """Move a report to a status; nothing where it stands there already.

    Raises
    ------
    NotFoundError
        If there is no such report.
    """
    report = read_case(session, report_id).report
    if report.status == status:
        return
    record(
        session,
        str(account_id),
        "report status changed",
        str(report_id),
        before=report.status,
        after=status,
    )
    report.status = status
    session.add(report)


def inbox(session: Session, status: str | None = None) -> Sequence[tuple[IntegrityReport, int]]:
    """Reports with their number of messages, open ones first, then the newest."""
    count = (
        select(func.count())
        .where(ReportMessage.report_id == IntegrityReport.id)
        .correlate(IntegrityReport)
        .scalar_subquery()
    )
    query = select(IntegrityReport, count)
    if status is not None:
        query = query.where(IntegrityReport.status == status)
    rows = session.exec(
        query.order_by(
            col(IntegrityReport.status) == "closed",
            col(IntegrityReport.received_at).desc(),
            col(IntegrityReport.id),
        )
    ).all()
    return [(report, n) for report, n in rows]


def _messages(session: Session, report_id: UUID) -> Sequence[ReportMessage]:
    return session.exec(
        select(ReportMessage)
        .where(ReportMessage.report_id == report_id)
        .order_by(col(ReportMessage.sent_at), col(ReportMessage.id))
    ).all()


def _day(moment: datetime) -> datetime:
    """The beginning of the local day."""
    return moment.astimezone(LOCAL_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
