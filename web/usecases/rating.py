"""An assessor's rating of an answer: kept, counted by rule, followed by what it calls for."""

from dataclasses import dataclass
from typing import cast
from uuid import UUID

from flask_babel import gettext as _
from sqlmodel import Session, select

from assessment_engine import Log, Scored
from item_bank.errors import UnknownSittingError
from item_bank.log import append, lock_sitting, read_log
from item_bank.models import Item, Rating, RatingCall, Sitting
from item_bank.rating_calls import call_for, has_open_call
from item_bank.ratings import ratings_of
from web.audit.chain import record
from web.errors import NotFoundError, RefusedError
from web.usecases.rating_calls import call, call_if_drawn
from web.usecases.rating_rules import Outcome, Purpose, Standing, outcome_of
from web.usecases.scorer_training import train_if_due
from web.usecases.scoring import at_now, free_text_answer, score_of
from web.usecases.scoring_settings import scoring_settings
from web.usecases.settling import rescored

N_LEVELS = 5
_PURPOSE_OF_CALL = {"objection": "rerating"}


@dataclass(frozen=True, slots=True)
class GivenRating:
    """A person's rating as it was kept; ``counts`` says whether it is the answer's score now."""

    rating: Rating
    counts: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of an assessor for one answer; ``call`` is None for a first rating."""

    call: RatingCall | None
    others: tuple[Rating, ...]
    """For adjudication only: what people gave, in an order that tells nothing."""


def wanted_of(
    session: Session, sitting_id: UUID, position: int, rater: UUID, events: Log
) -> Wanted:
    """What this assessor is asked for.

    Raises
    ------
    RefusedError
        If the answer has a score and nobody asks this assessor for another rating: nobody chooses
        what to rate twice.
    """
    if score_of(events, position) is None:
        return Wanted(None, ())
    found = call_for(session, sitting_id, position, str(rater))
    if found is None:
        raise RefusedError(
            _("Jawaban ini sudah bernilai dan tidak sedang dimintakan penilaian Anda.")
        )
    if found.kind != "adjudication":
        return Wanted(found, ())
    given = [one for one in ratings_of(session, sitting_id, position) if one.rater_kind == "human"]
    return Wanted(found, tuple(sorted(given, key=lambda one: one.id)))


def rate(
    session: Session, sitting_id: UUID, position: int, rater: UUID, *, level: int, comment: str
) -> GivenRating:
    """Keep an assessor's rating; ``rating_rules`` says whether it becomes the score.

    A rating that finds the answer scored meanwhile, uncalled for, is kept as an extra one.
    Repeating by the same assessor changes nothing.

    Raises
    ------
    NotFoundError
        If there is no such free-text answer.
    """
    try:
        sitting = lock_sitting(session, sitting_id)
    except UnknownSittingError as error:
        raise NotFoundError("no such sitting") from error
    events = read_log(session, sitting_id)
    answer = free_text_answer(events, position)
    given = given_rating(session, sitting_id, position, rater, events)
    if given is not None:
        return given
    standing = standing_of(session, events, position)
    asked = call_for(session, sitting_id, position, str(rater)) if standing else None
    purpose = _purpose(standing, asked)
    levels = [
        one.level
        for one in ratings_of(session, sitting_id, position)
        if one.rater_kind == "human" and one.level is not None
    ]
    item = session.exec(select(Item).where(Item.code == answer.item)).one()
    rating = Rating(
        sitting_id=sitting_id,
        position=position,
        item_id=item.id,
        rater_kind="human",
        rater=str(rater),
        level=level,
        decision="human",
        comment=comment,
        purpose=purpose,
        call_id=asked.id if asked else None,
    )
    session.add(rating)
    session.flush()
    limit = scoring_settings().people.max_difference
    outcome = outcome_of(purpose, level, standing, levels, limit)
    _record(session, rating, standing, outcome)
    if outcome.counts:
        _score(session, sitting, events, rating)
    _follow(session, sitting, rating, outcome)
    train_if_due(session, item.id)
    return GivenRating(rating, outcome.counts)


def given_rating(
    session: Session, sitting_id: UUID, position: int, rater: UUID, events: Log
) -> GivenRating | None:
    """What this assessor has given the answer before."""
    for rating in ratings_of(session, sitting_id, position):
        if rating.rater_kind == "human" and rating.rater == str(rater):
            score = score_of(events, position)
            return GivenRating(rating, score is not None and score.rating == str(rating.id))
    return None


def standing_of(session: Session, events: Log, position: int) -> Standing | None:
    """The level that an answer has now, by whom."""
    score = score_of(events, position)
    if score is None:
        return None
    rating = session.get(Rating, UUID(score.rating)) if score.rating else None
    by = "machine" if score.by == "machine" else "human"
    if rating is not None and rating.level is not None:
        return Standing(rating.level, by, rating.purpose == "adjudication")  # type: ignore[arg-type]
    shares = score.likelihood
    return Standing(max(range(len(shares)), key=lambda k: shares[k]) + 1, by)  # type: ignore[arg-type]


def _purpose(standing: Standing | None, asked: RatingCall | None) -> Purpose:
    if standing is None:
        return "first"
    if asked is None:
        return "extra"
    return cast("Purpose", _PURPOSE_OF_CALL.get(asked.kind, asked.kind))


def _score(session: Session, sitting: Sitting, events: Log, rating: Rating) -> None:
    likelihood = tuple(float(k == rating.level) for k in range(1, N_LEVELS + 1))
    score = Scored(at_now(sitting, events), rating.position, likelihood, "human", str(rating.id))
    rescored(session, sitting, append(session, sitting.id, events, [score]))


def _follow(session: Session, sitting: Sitting, rating: Rating, outcome: Outcome) -> None:
    position, item_id = rating.position, rating.item_id
    if rating.purpose == "first":
        call_if_drawn(session, sitting, position, item_id, "double")
    if outcome.adjudicate and not has_open_call(session, sitting.id, position, "adjudication"):
        call(session, sitting.id, position, item_id, "adjudication")


def _record(session: Session, rating: Rating, standing: Standing | None, outcome: Outcome) -> None:
    before = {} if standing is None else {"before": standing.level, "before_by": standing.by}
    record(
        session,
        rating.rater,
        "answer rated",
        str(rating.sitting_id),
        position=rating.position,
        rating=str(rating.id),
        level=rating.level,
        purpose=rating.purpose,
        counts=outcome.counts,
        adjudicate=outcome.adjudicate,
        **before,
    )
