"""Integrity reports: anonymous, followed by a receipt code of which only the hash is kept."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from item_bank.database import utcnow
from item_bank.models.columns import timestamp


class IntegrityReport(SQLModel, table=True):
    __tablename__ = "integrity_report"
    __table_args__ = (
        CheckConstraint(
            "status IN ('received', 'examined', 'closed')", name="integrity_report_status"
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    receipt_hash: str = Field(unique=True, index=True)
    subject: str
    text: str
    happened: str = ""
    status: str = "received"
    received_at: datetime = timestamp(default_factory=utcnow)


class ReportMessage(SQLModel, table=True):
    """A message on a report, from the reporter or from the agency."""

    __tablename__ = "report_message"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    report_id: UUID = Field(foreign_key="integrity_report.id", index=True)
    from_agency: bool
    text: str
    sent_at: datetime = timestamp(default_factory=utcnow)
