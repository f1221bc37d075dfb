"""Sittings: who sat what is an opaque id here; the log of events is the state."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Column, Identity
from sqlmodel import Field, SQLModel

from item_bank.database import utcnow
from item_bank.models.columns import json_column, strings_column, timestamp


class Sitting(SQLModel, table=True):
    """One person's attempt; everything that happened in it is in its events."""

    __tablename__ = "sitting"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    candidate: UUID = Field(index=True)
    assessment_id: UUID = Field(foreign_key="assessment.id")
    parameter_set_id: UUID = Field(foreign_key="parameter_set.id")
    seed: int = Field(sa_column=Column(BigInteger, nullable=False))
    software: str
    opened_at: datetime = timestamp(default_factory=utcnow)


class SittingEvent(SQLModel, table=True):
    """One event, chained to the one before by its digest; a trigger refuses every change."""

    __tablename__ = "sitting_event"

    sitting_id: UUID = Field(foreign_key="sitting.id", primary_key=True)
    sequence: int = Field(primary_key=True)
    kind: str
    payload: dict[str, Any] = json_column()
    recorded_at: datetime = timestamp(default_factory=utcnow)
    digest: str


class Draft(SQLModel, table=True):
    """What was typed or chosen for the offer in hand and not yet sent."""

    __tablename__ = "draft"

    sitting_id: UUID = Field(foreign_key="sitting.id", primary_key=True)
    position: int = Field(primary_key=True)
    option: int | None = None
    text: str | None = None
    saved_at: datetime = timestamp(default_factory=utcnow)


class ExposureOutcome(SQLModel, table=True):
    """What a finished sitting tells of exposure; derived from its log, which could rebuild it."""

    __tablename__ = "exposure_outcome"

    number: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    sitting_id: UUID = Field(foreign_key="sitting.id", unique=True)
    assessment_id: UUID = Field(foreign_key="assessment.id", index=True)
    outcome: dict[str, Any] = json_column()


class SittingSigns(SQLModel, table=True):
    """Signs by which a finished sitting may deserve a second look; derived from its log.

    Kept so that they can be searched; no score depends on them.
    """

    __tablename__ = "sitting_signs"

    sitting_id: UUID = Field(foreign_key="sitting.id", primary_key=True)
    kinds: list[str] = strings_column(default_factory=list)
    lz_star: float | None = None
