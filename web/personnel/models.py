"""Schedules, staged imports and entered costs."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from item_bank.database import utcnow
from item_bank.models.columns import json_column, timestamp


class Schedule(SQLModel, table=True):
    """An assessment offered to a group within a window of time.

    ``accreditation`` is the issuing unit's, as it stood: unit, number, covers; without a number
    the results are for internal mapping.
    """

    __tablename__ = "schedule"
    __table_args__ = (CheckConstraint("closes_at > opens_at", name="schedule_window"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    title: str
    assessment_id: UUID = Field(foreign_key="assessment.id")
    opens_at: datetime = timestamp()
    closes_at: datetime = timestamp()
    accreditation: dict[str, Any] = json_column(default_factory=dict)
    created_by: UUID | None = Field(default=None, foreign_key="account.id")
    created_at: datetime = timestamp(default_factory=utcnow)


class Invitation(SQLModel, table=True):
    """One person's place in a schedule, and the sitting once it is opened."""

    __tablename__ = "invitation"

    schedule_id: UUID = Field(foreign_key="schedule.id", primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", primary_key=True, index=True)
    extra_time: float = 0.0
    sitting_id: UUID | None = Field(default=None, foreign_key="sitting.id", unique=True)


class StagedImport(SQLModel, table=True):
    """A file that was read and checked, waiting for a person to say that it may be written."""

    __tablename__ = "staged_import"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('people', 'performance', 'talent_scores')", name="staged_import_kind"
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: str
    file_name: str
    rows: list[dict[str, Any]] = json_column()
    errors: list[dict[str, Any]] = json_column(default_factory=list)
    warnings: list[dict[str, Any]] = json_column(default_factory=list)
    staged_by: UUID | None = Field(default=None, foreign_key="account.id")
    staged_at: datetime = timestamp(default_factory=utcnow)
    written_at: datetime | None = timestamp(default=None)


class CostEntry(SQLModel, table=True):
    """What running the centre cost in a month, as entered; rupiah."""

    __tablename__ = "cost_entry"
    __table_args__ = (CheckConstraint("amount >= 0", name="cost_entry_amount"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    month: date
    description: str
    amount: int
    entered_by: UUID | None = Field(default=None, foreign_key="account.id")
    entered_at: datetime = timestamp(default_factory=utcnow)
