"""People, where they work, and their talent records."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from item_bank.database import utcnow
from item_bank.models.columns import json_column, timestamp


class Unit(SQLModel, table=True):
    """A perangkat daerah (OPD)."""

    __tablename__ = "unit"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str = Field(unique=True)
    name: str


class Position(SQLModel, table=True):
    """A post; ``job_class`` is a class that the policy knows, and sets the levels it requires."""

    __tablename__ = "position"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str = Field(unique=True)
    title: str
    job_class: str = Field(index=True)
    unit_id: UUID = Field(foreign_key="unit.id", index=True)


class Person(SQLModel, table=True):
    """An ASN. The item bank knows this person by ``candidate`` alone."""

    __tablename__ = "person"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    nip: str = Field(unique=True, index=True)
    name: str
    position_id: UUID = Field(foreign_key="position.id", index=True)
    candidate: UUID = Field(default_factory=uuid4, unique=True, index=True)
    created_at: datetime = timestamp(default_factory=utcnow)


class Performance(SQLModel, table=True):
    """One year's performance: results and behaviour against expectation."""

    __tablename__ = "performance"
    __table_args__ = (
        UniqueConstraint("person_id", "year", name="performance_once_a_year"),
        CheckConstraint("results IN ('above', 'meets', 'below')", name="performance_results"),
        CheckConstraint("behaviour IN ('above', 'meets', 'below')", name="performance_behaviour"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    year: int
    results: str
    behaviour: str
    source: str = ""
    recorded_at: datetime = timestamp(default_factory=utcnow)


class TalentScore(SQLModel, table=True):
    """A recorded component of an axis on 0-100; a component without a row is *belum dinilai*."""

    __tablename__ = "talent_score"
    __table_args__ = (
        UniqueConstraint("person_id", "component", name="talent_score_once"),
        CheckConstraint("value BETWEEN 0 AND 100", name="talent_score_range"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    component: str
    value: float
    dated: date
    source: str = ""


class Placement(SQLModel, table=True):
    """The computed box of a person as it stood, with its versions; never overwritten."""

    __tablename__ = "placement"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    profile_snapshot_id: UUID | None = Field(default=None, foreign_key="profile_snapshot.id")
    policy_id: UUID = Field(foreign_key="policy.id")
    box: int | None = None
    provisional: bool
    result: dict[str, Any] = json_column()
    versions: dict[str, Any] = json_column()
    created_at: datetime = timestamp(default_factory=utcnow)


class Consent(SQLModel, table=True):
    """That a person read the notice and agreed, and which notice it was."""

    __tablename__ = "consent"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    notice_version: str
    given_at: datetime = timestamp(default_factory=utcnow)


class Objection(SQLModel, table=True):
    """An objection to a result (UU 27/2022, Pasal 10), with its answer."""

    __tablename__ = "objection"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    placement_id: UUID | None = Field(default=None, foreign_key="placement.id")
    text: str
    made_at: datetime = timestamp(default_factory=utcnow)
    reply: str = ""
    replied_by: UUID | None = Field(default=None, foreign_key="account.id")
    replied_at: datetime | None = timestamp(default=None)
