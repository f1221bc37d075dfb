"""Ratings of free-text answers, by a machine or by a person."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from item_bank.database import utcnow
from item_bank.models.columns import json_column, timestamp


class Rating(SQLModel, table=True):
    """One rating of one answer.

    A machine's rating always holds its distribution over levels; ``decision`` says whether it
    counts or a person must rate, and ``reasons`` say why. A person's rating holds a level and the
    reason for it.
    """

    __tablename__ = "rating"
    __table_args__ = (
        CheckConstraint("rater_kind IN ('machine', 'human')", name="rating_rater_kind"),
        CheckConstraint("level BETWEEN 1 AND 5", name="rating_level"),
        CheckConstraint("decision IN ('machine', 'human')", name="rating_decision"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    sitting_id: UUID = Field(foreign_key="sitting.id", index=True)
    position: int
    item_id: UUID = Field(foreign_key="item.id", index=True)
    rater_kind: str
    rater: str
    level: int | None = None
    probabilities: list[float] = json_column(default_factory=list)
    decision: str
    reasons: list[dict[str, Any]] = json_column(default_factory=list)
    passages: list[dict[str, Any]] = json_column(default_factory=list)
    comment: str = ""
    versions: dict[str, Any] = json_column(default_factory=dict)
    created_at: datetime = timestamp(default_factory=utcnow)
