"""Ratings of free-text answers, by a machine or by a person, and what asks for more of them."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from item_bank.database import utcnow
from item_bank.models.columns import json_column, timestamp


class Rating(SQLModel, table=True):
    """One rating of one answer.

    A machine's rating always holds its distribution over levels; ``decision`` says whether it
    counts or a person must rate, and ``reasons`` say why. A person's rating holds a level and the
    reason for it.

    ``purpose`` says why it was given: ``first``, to an answer without a score; ``double``,
    ``read_behind``, ``adjudication`` or ``rerating``, on the call ``call_id``; or ``extra``, to an
    answer that got its score while it was being read.
    """

    __tablename__ = "rating"
    __table_args__ = (
        CheckConstraint("rater_kind IN ('machine', 'human')", name="rating_rater_kind"),
        CheckConstraint("level BETWEEN 1 AND 5", name="rating_level"),
        CheckConstraint("decision IN ('machine', 'human')", name="rating_decision"),
        CheckConstraint(
            "purpose IN ('first', 'double', 'read_behind', 'adjudication', 'rerating', 'extra')",
            name="rating_purpose",
        ),
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
    indicators: list[dict[str, Any]] = json_column(default_factory=list)
    comment: str = ""
    versions: dict[str, Any] = json_column(default_factory=dict)
    purpose: str = "first"
    call_id: UUID | None = Field(default=None, foreign_key="rating_call.id", index=True)
    created_at: datetime = timestamp(default_factory=utcnow)


class RatingCall(SQLModel, table=True):
    """That an answer with a score is to be rated once more, and why.

    ``double`` and ``read_behind`` were drawn; ``adjudication`` follows from two ratings far apart;
    ``objection`` was granted, and ``reference`` is what granted it. A call is answered by the
    rating that names it; it is never changed.
    """

    __tablename__ = "rating_call"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('double', 'read_behind', 'adjudication', 'objection')",
            name="rating_call_kind",
        ),
        Index(
            "rating_call_drawn_once",
            "sitting_id",
            "position",
            "kind",
            unique=True,
            postgresql_where=text("kind IN ('double', 'read_behind')"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    sitting_id: UUID = Field(foreign_key="sitting.id", index=True)
    position: int
    item_id: UUID = Field(foreign_key="item.id", index=True)
    kind: str
    reference: UUID | None = Field(default=None, index=True)
    asked_by: str = "system"
    asked_at: datetime = timestamp(default_factory=utcnow)


class AnswerVector(SQLModel, table=True):
    """Where an answer lies among the texts: half-precision numbers, written by the worker.

    The queue compares answers of one prompt by it; vectors of different ``encoder`` never compare.
    """

    __tablename__ = "answer_vector"

    sitting_id: UUID = Field(foreign_key="sitting.id", primary_key=True)
    position: int = Field(primary_key=True)
    item_id: UUID = Field(foreign_key="item.id", index=True)
    encoder: str
    vector: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ValidityPaper(SQLModel, table=True):
    """A text of known level that is mixed into the queue to check its raters.

    ``development`` papers are synthetic (the bank's development answers) and belong to no
    candidate; ``agreed`` ones are answers on whose level people agreed. ``place`` stands where an
    answer has its position, so that an address tells nothing.
    """

    __tablename__ = "validity_paper"
    __table_args__ = (
        CheckConstraint("level BETWEEN 1 AND 5", name="validity_paper_level"),
        CheckConstraint("source IN ('development', 'agreed')", name="validity_paper_source"),
        CheckConstraint(
            "(source = 'agreed') = (sitting_id IS NOT NULL AND position IS NOT NULL)",
            name="validity_paper_origin",
        ),
        UniqueConstraint("sitting_id", "position", name="validity_paper_once"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    item_version_id: UUID = Field(foreign_key="item_version.id", index=True)
    place: int
    text: str
    level: int
    source: str
    sitting_id: UUID | None = Field(default=None, foreign_key="sitting.id")
    position: int | None = None
    marked_by: str
    marked_at: datetime = timestamp(default_factory=utcnow)
    retired_at: datetime | None = timestamp(default=None)


class ValidityRating(SQLModel, table=True):
    """A rater's level for a validity paper, once; it scores nobody."""

    __tablename__ = "validity_rating"
    __table_args__ = (
        CheckConstraint("level BETWEEN 1 AND 5", name="validity_rating_level"),
        UniqueConstraint("paper_id", "rater", name="validity_rating_once"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    paper_id: UUID = Field(foreign_key="validity_paper.id", index=True)
    rater: str = Field(index=True)
    level: int
    comment: str = ""
    created_at: datetime = timestamp(default_factory=utcnow)
