"""Versions of the placement policy that results name."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Field, SQLModel

from item_bank.database import utcnow
from item_bank.models.columns import json_column, timestamp


class Policy(SQLModel, table=True):
    __tablename__ = "policy"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    version: str = Field(unique=True)
    effective_from: date
    content: dict[str, Any] = json_column()
    digest: str
    loaded_at: datetime = timestamp(default_factory=utcnow)
