"""Models trained on people's ratings of one free-text item, and which of them is in use."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from item_bank.database import utcnow
from item_bank.models.columns import json_column, timestamp


class ScoringModel(SQLModel, table=True):
    """One training: the model that came of it, or the ``problem`` why none did.

    ``n_answers`` answers had been rated by people, ``n_scores`` of them with texts of their own.
    ``stage`` is the one that the model reached by their number and its acceptance; ``evaluation``
    holds the acceptance report, the cross-validated figures and what a score needs beside the
    model: base rates, slope, limits.
    """

    __tablename__ = "scoring_model"
    __table_args__ = (
        UniqueConstraint("item_id", "number", name="scoring_model_number"),
        CheckConstraint("(content IS NULL) = (problem <> '')", name="scoring_model_content"),
        CheckConstraint(
            "stage IN ('rubric', 'prior', 'own', 'automatic')", name="scoring_model_stage"
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    item_id: UUID = Field(foreign_key="item.id", index=True)
    number: int
    content: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    digest: str = ""
    problem: str = ""
    n_answers: int
    n_scores: int
    stage: str
    evaluation: dict[str, Any] = json_column(default_factory=dict)
    versions: dict[str, Any] = json_column(default_factory=dict)
    asked_by: str = "system"
    created_at: datetime = timestamp(default_factory=utcnow)


class ScoringModelChoice(SQLModel, table=True):
    """Which model an item uses from now on, and whether it may decide; the last choice holds.

    Without a model the item's rubric alone advises.
    """

    __tablename__ = "scoring_model_choice"
    __table_args__ = (
        CheckConstraint("NOT decides OR model_id IS NOT NULL", name="scoring_model_choice_decides"),
    )

    id: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    item_id: UUID = Field(foreign_key="item.id", index=True)
    model_id: UUID | None = Field(default=None, foreign_key="scoring_model.id")
    decides: bool = False
    chosen_by: str
    reason: str = ""
    chosen_at: datetime = timestamp(default_factory=utcnow)
