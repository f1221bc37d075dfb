"""Queries on the signatures of answers."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from item_bank.models import AnswerSignature


def keep_signature(session: Session, signature: AnswerSignature) -> None:
    """Keep an answer's signature; a repeat changes nothing."""
    if session.get(AnswerSignature, (signature.sitting_id, signature.position)) is None:
        session.add(signature)
        session.flush()


def sharing_a_band(
    session: Session, item_id: UUID, candidate: UUID, bands: Sequence[int]
) -> Sequence[AnswerSignature]:
    """Return other candidates' answers to an item that may hold the same text."""
    return session.exec(
        select(AnswerSignature).where(
            AnswerSignature.item_id == item_id,
            AnswerSignature.candidate != candidate,
            col(AnswerSignature.bands).op("&&")(list(bands)),
        )
    ).all()
