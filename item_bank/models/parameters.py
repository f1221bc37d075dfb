"""Parameter sets: item parameters and cut scores that belong together and are never changed."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from item_bank.database import utcnow
from item_bank.models.columns import json_column, timestamp


class ParameterSet(SQLModel, table=True):
    """One version of the scale; ``cut_scores``: where levels 2 to 5 begin, logits."""

    __tablename__ = "parameter_set"
    __table_args__ = (
        CheckConstraint("status IN ('provisional', 'calibrated')", name="parameter_set_status"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str = Field(unique=True)
    status: str
    cut_scores: dict[str, list[float]] = json_column()
    provenance: dict[str, Any] = json_column()
    digest: str
    created_at: datetime = timestamp(default_factory=utcnow)


class ItemParameters(SQLModel, table=True):
    """Parameters of one version of an item in one set.

    ``standard_errors`` is empty while the parameters are provisional. ``slopes`` are those of the
    categories of an NRM item against the first, empty for every other model.
    """

    __tablename__ = "item_parameters"

    parameter_set_id: UUID = Field(foreign_key="parameter_set.id", primary_key=True)
    item_id: UUID = Field(foreign_key="item.id", primary_key=True)
    item_version_id: UUID = Field(foreign_key="item_version.id")
    model: str
    a: float
    b: list[float] = json_column()
    c: float = 0.0
    d: float = 1.0
    slopes: list[float] = json_column(default_factory=list)
    standard_errors: dict[str, Any] = json_column(default_factory=dict)
