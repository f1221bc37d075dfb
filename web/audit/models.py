"""The chained record of what was done, and who looked at whose data."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, SQLModel

from item_bank.database import utcnow
from item_bank.models.columns import json_column, timestamp


class AuditEntry(SQLModel, table=True):
    """One act, chained to the one before by its digest; a trigger refuses every change."""

    __tablename__ = "audit_entry"

    sequence: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    actor: str
    action: str
    subject: str
    detail: dict[str, Any] = json_column(default_factory=dict)
    at: datetime = timestamp(default_factory=utcnow)
    digest: str


class DataAccess(SQLModel, table=True):
    """That an account read a person's data, on which page and when."""

    __tablename__ = "data_access"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    account_id: UUID = Field(foreign_key="account.id")
    page: str
    at: datetime = timestamp(default_factory=utcnow)
