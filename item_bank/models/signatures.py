"""Signatures of free-text answers."""

from uuid import UUID

from sqlalchemy import BigInteger, Column, Index
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel


class AnswerSignature(SQLModel, table=True):
    """What an answer's runs of words hash to; nothing of its text can be read from it.

    Two answers that share a band may hold the same text; their minima tell how much of it.
    """

    __tablename__ = "answer_signature"
    __table_args__ = (Index("ix_answer_signature_bands", "bands", postgresql_using="gin"),)

    sitting_id: UUID = Field(foreign_key="sitting.id", primary_key=True)
    position: int = Field(primary_key=True)
    item_id: UUID = Field(foreign_key="item.id", index=True)
    candidate: UUID
    n_shingles: int
    minima: bytes
    bands: list[int] = Field(sa_column=Column(ARRAY(BigInteger), nullable=False))
