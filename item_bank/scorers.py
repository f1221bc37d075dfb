"""Queries on models of free-text items, on their choice, and on what they are trained on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import Integer, cast
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased, defer
from sqlmodel import Session, col, func, select

from item_bank.models import Rating, ScoringModel, ScoringModelChoice, Sitting, SittingEvent
from item_bank.rating_pairs import BLIND

WITHOUT_CONTENT = defer(ScoringModel.content, raiseload=True)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class HumanScores:
    """An answer and the levels that people gave it blind, the first one first.

    ``adjudicated`` is the level of whoever decided between two that lay far apart, if anybody did.
    """

    sitting_id: UUID
    position: int
    candidate: UUID
    text: str
    levels: tuple[int, ...]
    adjudicated: int | None = None


def human_scores(session: Session, item_id: UUID) -> list[HumanScores]:
    """Every answer to an item that people have rated blind, in the order of the first ratings."""
    rows = session.exec(
        select(Rating, SittingEvent, Sitting.candidate)
        .join(Sitting, col(Sitting.id) == col(Rating.sitting_id))
        .join(SittingEvent, col(SittingEvent.sitting_id) == col(Rating.sitting_id))
        .where(
            Rating.item_id == item_id,
            Rating.rater_kind == "human",
            col(Rating.purpose).in_((*BLIND, "adjudication")),
            SittingEvent.kind == "answered",
            cast(col(SittingEvent.payload)["position"].astext, Integer) == col(Rating.position),
        )
        .order_by(col(Rating.created_at), col(Rating.id))
    ).all()
    found: dict[tuple[UUID, int], HumanScores] = {}
    for rating, answered, candidate in rows:
        key = (rating.sitting_id, rating.position)
        known = found.get(key) or HumanScores(*key, candidate, answered.payload["text"], ())
        if rating.level is None:
            continue
        if rating.purpose == "adjudication":
            found[key] = replace(known, adjudicated=rating.level)
        else:
            found[key] = replace(known, levels=(*known.levels, rating.level))
    return [one for one in found.values() if one.levels]


def unrated_texts(session: Session, item_id: UUID, most: int) -> list[str]:
    """Answers to an item that the machine has read and nobody has rated blind, the oldest first."""
    read, rated = aliased(Rating), aliased(Rating)
    by_people = (
        select(rated.id)
        .where(
            rated.sitting_id == read.sitting_id,
            rated.position == read.position,
            rated.rater_kind == "human",
            col(rated.level).is_not(None),
            col(rated.purpose).in_((*BLIND, "adjudication")),
        )
        .exists()
    )
    rows = session.exec(
        select(SittingEvent)
        .join(read, col(read.sitting_id) == col(SittingEvent.sitting_id))
        .where(
            read.item_id == item_id,
            read.rater_kind == "machine",
            SittingEvent.kind == "answered",
            cast(col(SittingEvent.payload)["position"].astext, Integer) == col(read.position),
            ~by_people,
        )
        .order_by(col(read.created_at), col(read.id))
        .limit(most)
    ).all()
    return [one.payload["text"] for one in rows]


def count_rated_answers(session: Session, item_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many answers to each item people rated blind; an item without any is left out."""
    rated = (
        select(Rating.item_id, Rating.sitting_id, Rating.position)
        .where(
            Rating.rater_kind == "human",
            col(Rating.purpose).in_(BLIND),
            col(Rating.item_id).in_(list(item_ids)),
        )
        .distinct()
        .subquery()
    )
    query = select(rated.c.item_id, func.count()).group_by(rated.c.item_id)
    return dict(session.exec(query).all())


def trainings_of(session: Session, item_id: UUID) -> Sequence[ScoringModel]:
    """Every training of an item without the models' bytes, the newest first."""
    return session.exec(
        select(ScoringModel)
        .options(WITHOUT_CONTENT)
        .where(ScoringModel.item_id == item_id)
        .order_by(col(ScoringModel.number).desc())
    ).all()


def newest_trainings(session: Session) -> dict[UUID, ScoringModel]:
    """The newest training of each item, without the model's bytes."""
    rows = session.exec(
        select(ScoringModel)
        .options(WITHOUT_CONTENT)
        .ext(distinct_on(col(ScoringModel.item_id)))
        .order_by(col(ScoringModel.item_id), col(ScoringModel.number).desc())
    ).all()
    return {row.item_id: row for row in rows}


def scoring_model(session: Session, model_id: UUID) -> ScoringModel | None:
    """One training without the model's bytes."""
    return session.exec(
        select(ScoringModel).options(WITHOUT_CONTENT).where(ScoringModel.id == model_id)
    ).first()


def model_content(session: Session, model_id: UUID) -> bytes:
    """The bytes of a model that is known to have some."""
    content = session.exec(select(ScoringModel.content).where(ScoringModel.id == model_id)).one()
    if content is None:
        raise LookupError(f"scoring model {model_id} came of no successful training")
    return content


def choices_of(session: Session, item_id: UUID) -> Sequence[ScoringModelChoice]:
    """Every choice made for an item, the last one first."""
    return session.exec(
        select(ScoringModelChoice)
        .where(ScoringModelChoice.item_id == item_id)
        .order_by(col(ScoringModelChoice.id).desc())
    ).all()


def last_choices(session: Session) -> dict[UUID, ScoringModelChoice]:
    """The choice that holds for each item; items for which none was made are left out."""
    rows = session.exec(
        select(ScoringModelChoice)
        .ext(distinct_on(col(ScoringModelChoice.item_id)))
        .order_by(col(ScoringModelChoice.item_id), col(ScoringModelChoice.id).desc())
    ).all()
    return {row.item_id: row for row in rows}
