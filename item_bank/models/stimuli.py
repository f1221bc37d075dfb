"""Texts and tables that several items share, and which items must not meet."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from item_bank.database import utcnow
from item_bank.models.columns import json_column, timestamp


class Stimulus(SQLModel, table=True):
    """A text or table under its code, which is never reused; its words live in its versions."""

    __tablename__ = "stimulus"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str = Field(unique=True, index=True)
    competency: str = Field(foreign_key="competency.code", index=True)


class StimulusVersion(SQLModel, table=True):
    """A stimulus as it stood from one moment on; ``body`` has the starter file's shape.

    Item versions name the version that they were written for, so that whoever was given the item
    still sees the same words after the stimulus was changed.
    """

    __tablename__ = "stimulus_version"
    __table_args__ = (UniqueConstraint("stimulus_id", "version", name="stimulus_version_once"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    stimulus_id: UUID = Field(foreign_key="stimulus.id", index=True)
    version: int
    language: str = "id"
    body: dict[str, Any] = json_column()
    digest: str
    created_at: datetime = timestamp(default_factory=utcnow)


class ItemEnemy(SQLModel, table=True):
    """A version of an item names another item as its enemy; the pair holds both ways."""

    __tablename__ = "item_enemy"

    item_version_id: UUID = Field(foreign_key="item_version.id", primary_key=True)
    enemy_id: UUID = Field(foreign_key="item.id", primary_key=True, index=True)
