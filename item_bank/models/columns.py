"""Column types that several tables share."""

from typing import Any

from sqlalchemy import Column, DateTime, String
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field


def json_column(**options: Any) -> Any:
    """A JSONB column that is never null."""
    return Field(sa_column=Column(JSONB, nullable=False), **options)


def strings_column(**options: Any) -> Any:
    return Field(sa_column=Column(ARRAY(String), nullable=False), **options)


def timestamp(**options: Any) -> Any:
    """A moment with its zone."""
    return Field(sa_type=DateTime(timezone=True), **options)
