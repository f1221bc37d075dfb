"""Profiles as they stood at a finish or a later rating, with the versions they came from."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Field, SQLModel

from item_bank.database import utcnow
from item_bank.models.columns import json_column, timestamp


class ProfileSnapshot(SQLModel, table=True):
    __tablename__ = "profile_snapshot"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    sitting_id: UUID = Field(foreign_key="sitting.id", index=True)
    candidate: UUID = Field(index=True)
    complete: bool
    profile: dict[str, Any] = json_column()
    versions: dict[str, Any] = json_column()
    created_at: datetime = timestamp(default_factory=utcnow)
