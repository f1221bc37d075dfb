"""Calibration runs that a psychometrician started from an uploaded file."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Column, LargeBinary
from sqlmodel import Field, SQLModel

from item_bank.database import utcnow
from item_bank.models.columns import json_column, timestamp


class CalibrationRun(SQLModel, table=True):
    __tablename__ = "calibration_run"
    __table_args__ = (
        CheckConstraint(
            "status IN ('queued', 'running', 'done', 'failed')", name="calibration_run_status"
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    file_name: str
    file_digest: str
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    model: str
    weights_column: str | None = None
    status: str = "queued"
    iteration: int = 0
    log_likelihood: float | None = None
    largest_change: float | None = None
    result: dict[str, Any] = json_column(default_factory=dict)
    error: str = ""
    created_at: datetime = timestamp(default_factory=utcnow)
    finished_at: datetime | None = timestamp(default=None)
