"""Queries on free-text answers and their ratings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, and_, cast, exists, not_, or_
from sqlalchemy.orm import Mapped, aliased
from sqlmodel import Session, col, func, select

from item_bank.models import Item, Rating, SittingEvent

MACHINE_TIME = timedelta(minutes=2)
"""How long an answer without any rating is left to the machine."""


@dataclass(frozen=True, slots=True)
class FreeTextAnswer:
    """A free-text answer as it lies in a queue: no person, no rating."""

    sitting_id: UUID
    position: int
    item: Item
    answered_at: datetime
    n_words: int


@dataclass(frozen=True, slots=True)
class ItemRatings:
    """How many answers and ratings one free-text item has."""

    item: Item
    n_answers: int
    n_human: int
    n_machine_decided: int


def waiting_answers(session: Session, now: datetime) -> list[FreeTextAnswer]:
    """Answers without a score that a person must rate, the oldest first.

    An answer waits for a person once the machine has left it to one, or has said nothing for
    ``MACHINE_TIME``.
    """
    late = col(SittingEvent.recorded_at) < now - MACHINE_TIME
    return answers_where(session, not_(_scored()), or_(late, _rated_by("machine")))


def ratings_of(session: Session, sitting_id: UUID, position: int) -> Sequence[Rating]:
    """All ratings of one answer, the oldest first."""
    return session.exec(
        select(Rating)
        .where(Rating.sitting_id == sitting_id, Rating.position == position)
        .order_by(col(Rating.created_at))
    ).all()


def count_human_ratings(session: Session, item_id: UUID) -> int:
    return session.exec(
        select(func.count())
        .select_from(Rating)
        .where(Rating.item_id == item_id, Rating.rater_kind == "human")
    ).one()


def human_rating_counts(session: Session) -> dict[str, int]:
    """Ratings by people of each item, by code; an item without any is left out."""
    rows = session.exec(
        select(Item.code, func.count())
        .join(Rating, col(Rating.item_id) == col(Item.id))
        .where(Rating.rater_kind == "human")
        .group_by(col(Item.code))
    ).all()
    return dict(rows)


def ratings_by_item(session: Session) -> list[ItemRatings]:
    """Every free-text item with its counts, by code."""
    items = session.exec(
        select(Item)
        .where(Item.kind == "free_text", Item.status != "practice")
        .order_by(col(Item.code))
    ).all()
    answered = select(item_code().label("code")).where(*is_free_text()).subquery()
    answers = dict(
        session.exec(select(answered.c.code, func.count()).group_by(answered.c.code)).all()
    )
    human, decided = _counts(session, "human"), _counts(session, "machine", "machine")
    return [
        ItemRatings(
            item=item,
            n_answers=answers.get(item.code, 0),
            n_human=human.get(item.id, 0),
            n_machine_decided=decided.get(item.id, 0),
        )
        for item in items
    ]


def _counts(session: Session, kind: str, decision: str | None = None) -> dict[UUID, int]:
    query = (
        select(Rating.item_id, func.count())
        .where(Rating.rater_kind == kind)
        .group_by(col(Rating.item_id))
    )
    if decision is not None:
        query = query.where(Rating.decision == decision)
    return dict(session.exec(query).all())


def answers_where(session: Session, *conditions: ColumnElement[bool]) -> list[FreeTextAnswer]:
    """Free-text answers for which ``conditions`` on their events hold, the oldest first."""
    rows = session.exec(
        select(SittingEvent, Item)
        .join(Item, item_code() == col(Item.code))
        .where(*is_free_text(), *conditions)
        .order_by(col(SittingEvent.recorded_at), col(SittingEvent.sitting_id))
    ).all()
    return [
        FreeTextAnswer(
            sitting_id=event.sitting_id,
            position=event.payload["position"],
            item=item,
            answered_at=event.recorded_at,
            n_words=len(event.payload["text"].split()),
        )
        for event, item in rows
    ]


def is_free_text() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    payload = col(SittingEvent.payload)
    return (col(SittingEvent.kind) == "answered", payload["text"].astext.is_not(None))


def item_code() -> ColumnElement[str]:
    code: ColumnElement[str] = col(SittingEvent.payload)["item"].astext
    return code


def _position(payload: Mapped[dict[str, Any]]) -> ColumnElement[int]:
    return cast(payload["position"].astext, Integer)


def of_this_answer() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (
        col(Rating.sitting_id) == col(SittingEvent.sitting_id),
        col(Rating.position) == _position(col(SittingEvent.payload)),
    )


def _rated_by(kind: str, rater: str | None = None) -> ColumnElement[bool]:
    named = () if rater is None else (col(Rating.rater) == rater,)
    return exists().where(*of_this_answer(), col(Rating.rater_kind) == kind, *named)


def _scored() -> ColumnElement[bool]:
    score = aliased(SittingEvent)
    return exists().where(
        and_(
            col(score.sitting_id) == col(SittingEvent.sitting_id),
            col(score.kind) == "scored",
            _position(col(score.payload)) == _position(col(SittingEvent.payload)),
        )
    )
