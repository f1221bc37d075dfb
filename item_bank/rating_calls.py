"""Calls for one more rating of an answer that has a score, and who may answer them."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, cast, exists
from sqlmodel import Session, col, select

from item_bank.models import Item, Rating, RatingCall, SittingEvent
from item_bank.ratings import FreeTextAnswer, is_free_text

URGENCY = ("adjudication", "objection", "double", "read_behind")
"""Kinds of calls; where an answer has several, the first of these is answered first."""


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call without its rating, and the answer that it is about."""

    call: RatingCall
    answer: FreeTextAnswer


def open_calls(session: Session, rater: str | None = None) -> list[OpenCall]:
    """Calls that no rating has answered, the oldest first.

    With ``rater`` only those that this rater may answer: of answers not rated by the same before.
    """
    own = () if rater is None else (~_rated_by(rater),)
    rows = session.exec(
        select(RatingCall, SittingEvent, Item)
        .join(SittingEvent, col(SittingEvent.sitting_id) == col(RatingCall.sitting_id))
        .join(Item, col(Item.id) == col(RatingCall.item_id))
        .where(
            *is_free_text(),
            cast(col(SittingEvent.payload)["position"].astext, Integer) == col(RatingCall.position),
            ~_is_answered(),
            *own,
        )
        .order_by(col(RatingCall.asked_at), col(RatingCall.id))
    ).all()
    return [
        OpenCall(
            call,
            FreeTextAnswer(
                sitting_id=event.sitting_id,
                position=call.position,
                item=item,
                answered_at=event.recorded_at,
                n_words=len(event.payload["text"].split()),
            ),
        )
        for call, event, item in rows
    ]


def call_for(session: Session, sitting_id: UUID, position: int, rater: str) -> RatingCall | None:
    """The most urgent open call of one answer that ``rater`` may answer."""
    found = session.exec(
        select(RatingCall).where(
            RatingCall.sitting_id == sitting_id,
            RatingCall.position == position,
            ~_is_answered(),
            ~_rated_by(rater),
        )
    ).all()
    return min(found, key=lambda call: URGENCY.index(call.kind), default=None)


def has_open_call(session: Session, sitting_id: UUID, position: int, kind: str) -> bool:
    """Whether the answer waits for a rating of this kind already."""
    return (
        session.exec(
            select(RatingCall.id).where(
                RatingCall.sitting_id == sitting_id,
                RatingCall.position == position,
                RatingCall.kind == kind,
                ~_is_answered(),
            )
        ).first()
        is not None
    )


def _is_answered() -> ColumnElement[bool]:
    return exists().where(col(Rating.call_id) == col(RatingCall.id))


def _rated_by(rater: str) -> ColumnElement[bool]:
    return exists().where(
        col(Rating.sitting_id) == col(RatingCall.sitting_id),
        col(Rating.position) == col(RatingCall.position),
        col(Rating.rater_kind) == "human",
        col(Rating.rater) == rater,
    )
