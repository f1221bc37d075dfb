"""Assessments: what is offered, as a blueprint with its rules, by version."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from item_bank.database import utcnow
from item_bank.models.columns import json_column, strings_column, timestamp


class Assessment(SQLModel, table=True):
    """One version of an assessment; ``definition`` is its file, from which rules are read."""

    __tablename__ = "assessment"
    __table_args__ = (UniqueConstraint("code", "version", name="assessment_version_once"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str
    version: int
    title: str
    parameter_set_id: UUID = Field(foreign_key="parameter_set.id")
    definition: dict[str, Any] = json_column()
    practice_items: list[str] = strings_column(default_factory=list)
    digest: str
    created_at: datetime = timestamp(default_factory=utcnow)
