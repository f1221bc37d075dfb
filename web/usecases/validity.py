"""Validity papers: put into the queue, rated, and what they say of each rater."""

import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from flask_babel import gettext as _
from sqlmodel import Session, col, select

from item_bank.bank import text_in_set
from item_bank.database import utcnow
from item_bank.importing.development import DevelopmentAnswer, read_development
from item_bank.log import read_log
from item_bank.models import Item, ItemVersion, Sitting, ValidityPaper, ValidityRating
from item_bank.validity import (
    AgreedAnswer,
    CheckedLevel,
    Paper,
    agreed_answers,
    checked_levels,
    paper_at,
    papers_of_item,
    rating_of_paper,
)
from web.audit.chain import record
from web.errors import NotFoundError, RefusedError
from web.usecases.scoring import free_text_answer
from web.usecases.scoring_settings import PeopleSettings

STARTER = Path(__file__).resolve().parents[2] / "item_bank" / "starter"
HIGHEST_PLACE = 24
"""Papers stand at places from 1 to this, as answers stand at positions of a sitting."""


@dataclass(frozen=True, slots=True)
class RaterCheck:
    """One rater on validity papers; shares and difference are None where there was none.

    ``exact`` and ``adjacent`` are shares, ``difference`` the mean of given minus known level.
    ``low`` says that there were papers enough and too few were rated exactly.
    """

    rater: str
    n: int
    n_development: int
    exact: float | None
    adjacent: float | None
    difference: float | None
    low: bool


def use_development_papers(
    session: Session, item_code: str, actor: str, folder: Path = STARTER
) -> int:
    """Put the bank's development answers to one item into the queue; how many were added.

    Attempts to fool a machine are left out. Papers that were retired come back.

    Raises
    ------
    NotFoundError
        If there is no such item, or the bank has no development answers to it.
    """
    item, version = _newest(session, item_code)
    answers = [
        one for one in read_development(folder) if one.item == item_code and one.kind != "gaming"
    ]
    if not answers:
        raise NotFoundError("no development answers to this item")
    known = {one.text: one for one in papers_of_item(session, item.id, "development")}
    added = 0
    for answer in answers:
        paper = known.get(answer.text)
        if paper is not None and paper.retired_at is None:
            continue
        session.add(_used_again(paper) if paper else _development(answer, version, actor))
        added += 1
    record(session, actor, "validity papers added", str(item.id), source="development", n=added)
    return added


def mark_agreed(session: Session, sitting_id: UUID, position: int, actor: str) -> ValidityPaper:
    """Make an answer on whose level people agreed a validity paper.

    Raises
    ------
    RefusedError
        If people did not agree on it, or it is one already.
    """
    agreed = next((a for a in agreed_answers(session) if _is_at(a, sitting_id, position)), None)
    if agreed is None:
        raise RefusedError(
            _("Dua asesor belum menilai jawaban ini sama, atau jawaban ini sudah dipakai.")
        )
    sitting = session.get_one(Sitting, sitting_id)
    answer = free_text_answer(read_log(session, sitting_id), position)
    paper = ValidityPaper(
        item_version_id=text_in_set(session, sitting.parameter_set_id, answer.item).version.id,
        place=_place(),
        text=answer.text or "",
        level=agreed.level,
        source="agreed",
        sitting_id=sitting_id,
        position=position,
        marked_by=actor,
    )
    session.add(paper)
    session.flush()
    record(session, actor, "validity papers added", str(agreed.item_id), source="agreed", n=1)
    return paper


def retire_papers(session: Session, item_code: str, source: str, actor: str) -> int:
    """Take an item's papers of one source out of the queue; their ratings stay."""
    item = session.exec(select(Item).where(Item.code == item_code)).first()
    if item is None:
        raise NotFoundError("no such item")
    used = [one for one in papers_of_item(session, item.id, source) if one.retired_at is None]
    for paper in used:
        paper.retired_at = utcnow()
        session.add(paper)
    record(session, actor, "validity papers retired", str(item.id), source=source, n=len(used))
    return len(used)


def rate_paper(
    session: Session, paper_id: UUID, place: int, rater: UUID, *, level: int, comment: str
) -> ValidityRating:
    """Keep a rater's level for a paper; repeating changes nothing, and no one is scored.

    Raises
    ------
    NotFoundError
        If there is no such paper.
    """
    found = known_paper(session, paper_id, place)
    given = rating_of_paper(session, paper_id, str(rater))
    if given is not None:
        return given
    rating = ValidityRating(paper_id=paper_id, rater=str(rater), level=level, comment=comment)
    session.add(rating)
    session.flush()
    record(
        session,
        str(rater),
        "validity paper rated",
        str(paper_id),
        level=level,
        known=found.paper.level,
        source=found.paper.source,
    )
    return rating


def known_paper(session: Session, paper_id: UUID, place: int) -> Paper:
    """The paper under an address; raises NotFoundError where there is none."""
    found = paper_at(session, paper_id, place)
    if found is None:
        raise NotFoundError("no such answer or paper")
    return found


def rater_checks(session: Session, people: PeopleSettings) -> dict[str, RaterCheck]:
    """How each rater did on validity papers, by account id."""
    by_rater: dict[str, list[CheckedLevel]] = defaultdict(list)
    for one in checked_levels(session):
        by_rater[one.rater].append(one)
    return {rater: _check(rater, rows, people) for rater, rows in by_rater.items()}


def _check(rater: str, rows: Sequence[CheckedLevel], people: PeopleSettings) -> RaterCheck:
    n = len(rows)
    exact = sum(row.given == row.known for row in rows) / n
    return RaterCheck(
        rater=rater,
        n=n,
        n_development=sum(row.source == "development" for row in rows),
        exact=exact,
        adjacent=sum(abs(row.given - row.known) <= 1 for row in rows) / n,
        difference=sum(row.given - row.known for row in rows) / n,
        low=n >= people.min_validity_papers and exact < people.min_validity_exact,
    )


def _newest(session: Session, code: str) -> tuple[Item, ItemVersion]:
    found = session.exec(
        select(Item, ItemVersion)
        .join(ItemVersion, col(ItemVersion.item_id) == col(Item.id))
        .where(Item.code == code, Item.kind == "free_text")
        .order_by(col(ItemVersion.version).desc())
    ).first()
    if found is None:
        raise NotFoundError("no such free-text item")
    return found[0], found[1]


def _development(answer: DevelopmentAnswer, version: ItemVersion, actor: str) -> ValidityPaper:
    return ValidityPaper(
        item_version_id=version.id,
        place=_place(),
        text=answer.text,
        level=answer.level,
        source="development",
        marked_by=actor,
    )


def _used_again(paper: ValidityPaper) -> ValidityPaper:
    paper.retired_at = None
    return paper


def _place() -> int:
    return 1 + secrets.randbelow(HIGHEST_PLACE)


def _is_at(answer: AgreedAnswer, sitting_id: UUID, position: int) -> bool:
    return (answer.sitting_id, answer.position) == (sitting_id, position)
