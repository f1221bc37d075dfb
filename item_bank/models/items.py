"""Competencies, items and the versions of an item's text."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from item_bank.database import utcnow
from item_bank.models.columns import json_column, strings_column, timestamp


class Competency(SQLModel, table=True):
    """What an item measures: the nine competencies and reasoning."""

    __tablename__ = "competency"

    code: str = Field(primary_key=True)
    name_id: str
    name_en: str
    kind: str
    position: int


class Item(SQLModel, table=True):
    """An item under its code, which is never reused; the words live in its versions."""

    __tablename__ = "item"
    __table_args__ = (
        CheckConstraint("kind IN ('choice', 'keyed', 'free_text')", name="item_kind"),
        CheckConstraint("status IN ('active', 'practice', 'retired')", name="item_status"),
        CheckConstraint("target_level BETWEEN 1 AND 5", name="item_target_level"),
        CheckConstraint("difficulty IN ('easy', 'typical', 'hard')", name="item_difficulty"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str = Field(unique=True, index=True)
    competency: str = Field(foreign_key="competency.code", index=True)
    kind: str
    content: str = ""
    target_level: int
    difficulty: str
    seconds: float
    status: str = "active"


class ItemVersion(SQLModel, table=True):
    """An item as it stood from one moment on.

    ``body`` holds what is read and how it is scored, in the starter file's shape; ``words`` is how
    many words there are to read, the stimulus included (0: never counted); ``tags`` are further
    attributes that constraints count.
    """

    __tablename__ = "item_version"
    __table_args__ = (
        UniqueConstraint("item_id", "version", name="item_version_once"),
        CheckConstraint("words >= 0", name="item_version_words"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    item_id: UUID = Field(foreign_key="item.id", index=True)
    version: int
    language: str = "id"
    body: dict[str, Any] = json_column()
    stimulus_version_id: UUID | None = Field(
        default=None, foreign_key="stimulus_version.id", index=True
    )
    tags: list[str] = strings_column(default_factory=list)
    words: int = 0
    digest: str
    created_at: datetime = timestamp(default_factory=utcnow)
