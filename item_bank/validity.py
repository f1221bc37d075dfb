"""Validity papers: texts of known level that check raters, and what raters made of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, exists
from sqlmodel import Session, col, func, select

from item_bank.models import Item, ItemVersion, Rating, ValidityPaper, ValidityRating
from item_bank.rating_pairs import BLIND


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper with the words of the item that it answers."""

    paper: ValidityPaper
    item: Item
    version: ItemVersion


@dataclass(frozen=True, slots=True)
class CheckedLevel:
    """A paper's known level and the one that a rater gave."""

    rater: str
    known: int
    given: int
    source: str


@dataclass(frozen=True, slots=True)
class AgreedAnswer:
    """A rated answer on whose level all people who rated it agree; two or more did."""

    sitting_id: UUID
    position: int
    item_id: UUID
    level: int
    n_raters: int


def papers_in_use(session: Session, without_ratings_of: str | None = None) -> list[Paper]:
    """Papers that are mixed into the queue; those that a rater has had are left out if named."""
    had = () if without_ratings_of is None else (~_rated_by(without_ratings_of),)
    return _papers(session, col(ValidityPaper.retired_at).is_(None), *had)


def paper_at(session: Session, paper_id: UUID, place: int) -> Paper | None:
    """The paper under an address, retired ones included."""
    found = _papers(session, col(ValidityPaper.id) == paper_id, col(ValidityPaper.place) == place)
    return next(iter(found), None)


def rating_of_paper(session: Session, paper_id: UUID, rater: str) -> ValidityRating | None:
    return session.exec(
        select(ValidityRating).where(
            ValidityRating.paper_id == paper_id, ValidityRating.rater == rater
        )
    ).first()


def checked_levels(session: Session) -> list[CheckedLevel]:
    """Every rating of a paper beside the known level, the oldest first."""
    rows = session.exec(
        select(
            ValidityRating.rater, ValidityPaper.level, ValidityRating.level, ValidityPaper.source
        )
        .join(ValidityPaper, col(ValidityPaper.id) == col(ValidityRating.paper_id))
        .order_by(col(ValidityRating.created_at))
    ).all()
    return [CheckedLevel(*row) for row in rows]


def count_papers(session: Session) -> dict[UUID, dict[str, int]]:
    """Papers in use by item and source."""
    rows = session.exec(
        select(ItemVersion.item_id, ValidityPaper.source, func.count())
        .join(ItemVersion, col(ItemVersion.id) == col(ValidityPaper.item_version_id))
        .where(col(ValidityPaper.retired_at).is_(None))
        .group_by(col(ItemVersion.item_id), col(ValidityPaper.source))
    ).all()
    found: dict[UUID, dict[str, int]] = {}
    for item_id, source, n in rows:
        found.setdefault(item_id, {})[source] = n
    return found


def agreed_answers(session: Session) -> list[AgreedAnswer]:
    """Answers that two or more people rated, all alike, and that are no papers yet."""
    marked = exists().where(
        col(ValidityPaper.sitting_id) == col(Rating.sitting_id),
        col(ValidityPaper.position) == col(Rating.position),
    )
    rated = session.exec(
        select(Rating)
        .where(Rating.rater_kind == "human", col(Rating.purpose).in_(BLIND), ~marked)
        .order_by(col(Rating.created_at))
    ).all()
    by_answer: dict[tuple[UUID, int], list[Rating]] = {}
    for one in rated:
        by_answer.setdefault((one.sitting_id, one.position), []).append(one)
    return [
        AgreedAnswer(*key, ratings[0].item_id, ratings[0].level or 0, len(ratings))
        for key, ratings in by_answer.items()
        if len(ratings) >= 2 and len({one.level for one in ratings}) == 1
    ]


def count_ratings_by(session: Session, rater: str) -> int:
    """All that a rater has rated, answers and papers."""
    ratings = select(func.count()).select_from(Rating).where(Rating.rater == rater)
    papers = select(func.count()).select_from(ValidityRating).where(ValidityRating.rater == rater)
    return session.exec(ratings).one() + session.exec(papers).one()


def papers_of_item(session: Session, item_id: UUID, source: str) -> Sequence[ValidityPaper]:
    """Papers of one source that answer an item, retired ones included."""
    return session.exec(
        select(ValidityPaper)
        .join(ItemVersion, col(ItemVersion.id) == col(ValidityPaper.item_version_id))
        .where(ItemVersion.item_id == item_id, ValidityPaper.source == source)
    ).all()


def _papers(session: Session, *conditions: ColumnElement[bool]) -> list[Paper]:
    rows = session.exec(
        select(ValidityPaper, Item, ItemVersion)
        .join(ItemVersion, col(ItemVersion.id) == col(ValidityPaper.item_version_id))
        .join(Item, col(Item.id) == col(ItemVersion.item_id))
        .where(*conditions)
        .order_by(col(ValidityPaper.marked_at), col(ValidityPaper.id))
    ).all()
    return [Paper(*row) for row in rows]


def _rated_by(rater: str) -> ColumnElement[bool]:
    return exists().where(
        col(ValidityRating.paper_id) == col(ValidityPaper.id),
        col(ValidityRating.rater) == rater,
    )
