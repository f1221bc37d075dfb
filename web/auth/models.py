"""Accounts: who may log in, and as what."""

from datetime import datetime
from uuid import UUID, uuid4

from flask_login import UserMixin
from sqlmodel import Field, SQLModel

from item_bank.database import utcnow
from item_bank.models.columns import strings_column, timestamp


class Account(SQLModel, UserMixin, table=True):  # type: ignore[misc]
    """``login`` is an ASN's NIP or a staff name; ``roles`` are values of ``Role``."""

    __tablename__ = "account"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    login: str = Field(unique=True, index=True)
    password_hash: str
    display_name: str
    roles: list[str] = strings_column()
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    must_change_password: bool = False
    active: bool = True
    created_at: datetime = timestamp(default_factory=utcnow)
