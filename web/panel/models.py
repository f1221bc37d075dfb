"""Decisions of the pejabat pembina kepegawaian; the computed box stays beside them."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Field, SQLModel

from item_bank.database import utcnow
from item_bank.models.columns import timestamp


class Decision(SQLModel, table=True):
    __tablename__ = "decision"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    placement_id: UUID | None = Field(default=None, foreign_key="placement.id")
    kind: str
    text: str
    reason: str
    decided_by: UUID = Field(foreign_key="account.id")
    decided_at: datetime = timestamp(default_factory=utcnow)
