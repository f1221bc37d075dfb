"""How severe each rater is, and the levels to train a scorer on once that is taken off."""

import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlmodel import Session, col, select

from item_bank.models import Item
from item_bank.rating_pairs import BLIND, RatedAnswer, rated_answers

if TYPE_CHECKING:
    from calibration.raters import ManyFacetResult, RaterEstimate

MIN_RATINGS = 30
"""Fewer blind ratings than this are not analysed."""
LEVELS = (1, 5)


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """An answer to train on.

    ``observed`` is the mean of the levels that people gave blind, ``fair`` the same with each
    rater's severity taken off; both in levels.
    """

    sitting_id: UUID
    position: int
    item: str
    observed: float
    fair: float
    n_ratings: int
    raters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrainingTable:
    """Rows and raters; both are empty where ``problem`` says why severity cannot be told.

    ``problem`` is ``few_ratings``, ``one_rater``, ``disconnected`` (then ``groups`` are the raters
    that compare with each other only), or ``no_estimate`` with the estimator's own words.
    """

    rows: tuple[TrainingRow, ...] = ()
    raters: "tuple[RaterEstimate, ...]" = ()
    reliability: float | None = None
    n_ratings: int = 0
    problem: str = ""
    detail: str = ""
    groups: tuple[tuple[str, ...], ...] = ()


def training_table(session: Session) -> TrainingTable:
    """Fair levels of every answer that people rated blind, with the severity of each rater.

    The many-facet Rasch model of ``calibration.raters``: a sitting's ability, an item's difficulty,
    a rater's severity. Validity papers and adjudications take no part: a synthetic paper is
    nobody's answer, and an adjudicator has read two ratings.
    """
    answers = rated_answers(session, BLIND)
    codes = dict(
        session.exec(select(Item.id, Item.code).where(col(Item.kind) == "free_text")).all()
    )
    return table_of(answers, codes)


def table_of(answers: Sequence[RatedAnswer], codes: dict[UUID, str]) -> TrainingTable:
    """See ``training_table``."""
    from calibration.errors import CalibrationError
    from calibration.raters import DisconnectedDesignError, many_facet_rasch

    ratings = _long(answers, codes)
    n = len(ratings.level)
    if n < MIN_RATINGS:
        return TrainingTable(n_ratings=n, problem="few_ratings")
    if len(set(ratings.rater)) < 2:
        return TrainingTable(n_ratings=n, problem="one_rater")
    try:
        result = many_facet_rasch(
            ratings.person, ratings.item, ratings.rater, ratings.level, lowest_category=LEVELS[0]
        )
    except DisconnectedDesignError as error:
        groups = error.subsets if error.facet == "rater" else ()
        return TrainingTable(n_ratings=n, problem="disconnected", groups=groups)
    except CalibrationError as error:
        return TrainingTable(n_ratings=n, problem="no_estimate", detail=str(error))
    return TrainingTable(
        rows=_rows(answers, codes, ratings, result),
        raters=result.raters,
        reliability=result.separation.reliability if result.separation else None,
        n_ratings=n,
    )


def as_csv(table: TrainingTable) -> str:
    """The rows as a file; no text, no candidate and no rater's name is in it."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["sitting", "position", "item", "observed", "fair", "n_ratings", "raters"])
    for row in table.rows:
        levels = (f"{row.observed:.3f}", f"{row.fair:.3f}")
        raters = ";".join(row.raters)
        writer.writerow([row.sitting_id, row.position, row.item, *levels, row.n_ratings, raters])
    return file.getvalue()


@dataclass(frozen=True, slots=True)
class _Long:
    """One row a rating; ``answer`` is a place among the answers."""

    answer: list[int]
    person: list[str]
    item: list[str]
    rater: list[str]
    level: list[int]


def _long(answers: Sequence[RatedAnswer], codes: dict[UUID, str]) -> _Long:
    """A sitting holds a prompt once, so that sitting, prompt and rater make a rating unique."""
    long = _Long([], [], [], [], [])
    for place, one in enumerate(answers):
        for rating in one.human:
            long.answer.append(place)
            long.person.append(str(one.sitting_id))
            long.item.append(codes[one.item_id])
            long.rater.append(rating.rater)
            long.level.append(rating.level)
    return long


def _rows(
    answers: Sequence[RatedAnswer],
    codes: dict[UUID, str],
    ratings: _Long,
    result: "ManyFacetResult",
) -> tuple[TrainingRow, ...]:
    from calibration.raters import fair_ratings

    fair = fair_ratings(
        result,
        ratings.person,
        ratings.item,
        ratings.rater,
        ratings.level,
        lowest_category=LEVELS[0],
    )
    by_answer: dict[int, list[float]] = defaultdict(list)
    for place, level in zip(ratings.answer, fair, strict=True):
        by_answer[place].append(float(level))
    return tuple(
        TrainingRow(
            one.sitting_id,
            one.position,
            codes[one.item_id],
            sum(rating.level for rating in one.human) / len(one.human),
            sum(by_answer[place]) / len(one.human),
            len(one.human),
            tuple(rating.rater for rating in one.human),
        )
        for place, one in enumerate(answers)
    )
