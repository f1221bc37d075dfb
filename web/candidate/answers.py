"""A person's own answers, read back from the log: what was answered when, and scored by whom.

Nothing here tells a key: the score of an option answer is left out while its item is in use.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from assessment_engine.records import Answered, Expired, Log, Offered, Scored
from item_bank.log import read_log
from item_bank.models import ProfileSnapshot, Rating, Sitting
from item_bank.pool import AssessmentForm, shared_forms
from item_bank.ratings import human_rating_counts
from web.people.models import Person
from web.usecases.appeals import Rerated, reratings_of
from web.usecases.evidence import LevelEvidence, level_evidence
from web.usecases.scoring_settings import scoring_settings


@dataclass(frozen=True, slots=True)
class Row:
    """One offer of a sitting. ``outcome`` is ``chosen``, ``written``, ``expired`` or ``open``."""

    section: str
    number: int
    offered_at: datetime
    seconds: float | None
    outcome: str
    place: int | None
    text: str | None
    scored_by: str
    level: int | None


@dataclass(frozen=True, slots=True)
class SittingRecord:
    """One sitting as its person may read it."""

    sitting: Sitting
    title: str
    rows: tuple[Row, ...]

    @property
    def sections(self) -> list[tuple[str, list[Row]]]:
        """The rows by section, as they were sat."""
        return [(title, list(rows)) for title, rows in groupby(self.rows, lambda row: row.section)]


@dataclass(frozen=True, slots=True)
class WrittenAnswer:
    """A free-text answer and its score; ``by`` is ``machine``, ``human`` or empty while it waits.

    ``purpose`` is that of the rating behind the score. ``probability`` is that of ``level`` by the
    machine; ``passages`` are what spoke for it, ``evidence`` what of them is for and against that
    level. ``n_human`` ratings by people has the prompt, of ``needed`` without which no machine
    decides.
    """

    position: int
    section: str
    number: int
    text: str
    by: str
    purpose: str
    level: int | None
    probability: float | None
    passages: tuple[dict[str, Any], ...]
    evidence: LevelEvidence | None
    comment: str
    n_human: int
    needed: int

    @property
    def is_human_only(self) -> bool:
        """Whether the prompt has too few human ratings for a machine to decide."""
        return self.n_human < self.needed


def sittings_of(session: Session, candidate: UUID) -> Sequence[Sitting]:
    return session.exec(
        select(Sitting)
        .where(Sitting.candidate == candidate)
        .order_by(col(Sitting.opened_at).desc())
    ).all()


def own_records(session: Session, candidate: UUID) -> list[SittingRecord]:
    """All sittings of a person, the newest first."""
    return [_record(session, sitting) for sitting in sittings_of(session, candidate)]


def written_answers(session: Session, candidate: UUID, *, snapshot_id: UUID) -> list[WrittenAnswer]:
    """The free-text answers of the sitting behind a profile, in their order."""
    snapshot = session.get_one(ProfileSnapshot, snapshot_id)
    return answers_of_sitting(session, candidate, snapshot.sitting_id)


def answers_of_sitting(session: Session, candidate: UUID, sitting_id: UUID) -> list[WrittenAnswer]:
    """The free-text answers of one sitting, in their order; none where it is another's."""
    sitting = session.get_one(Sitting, sitting_id)
    if sitting.candidate != candidate:
        return []
    log = read_log(session, sitting.id)
    form = shared_forms().get(session, sitting.assessment_id)
    ratings = session.exec(
        select(Rating).where(Rating.sitting_id == sitting.id).order_by(col(Rating.created_at))
    ).all()
    counts = human_rating_counts(session)
    needed = scoring_settings().gate.min_ratings
    offers = {event.position: event for event in log if isinstance(event, Offered)}
    scores = {event.position: event for event in log if isinstance(event, Scored)}
    numbers = _numbers(log)
    return [
        _written(
            event,
            section=_title(form, offers[event.position].section),
            number=numbers[event.position],
            score=scores.get(event.position),
            ratings=[one for one in ratings if one.position == event.position],
            n_human=counts.get(event.item, 0),
            needed=needed,
        )
        for event in log
        if isinstance(event, Answered) and event.text is not None
    ]


@dataclass(frozen=True, slots=True)
class LabelledRerating:
    """A re-rating with the place of its answer in the sitting, as its person knows it."""

    section: str
    number: int
    rerated: Rerated


def labelled_reratings(
    session: Session, person: Person, objection_ids: Sequence[UUID]
) -> dict[UUID, list[LabelledRerating]]:
    """What was rated again after a person's objections, by objection."""
    found = reratings_of(session, objection_ids)
    sittings = {one.sitting_id for rows in found.values() for one in rows}
    places = {
        (sitting_id, answer.position): answer
        for sitting_id in sittings
        for answer in answers_of_sitting(session, person.candidate, sitting_id)
    }
    return {
        objection_id: [
            LabelledRerating(places[key].section, places[key].number, one)
            for one in rows
            if (key := (one.sitting_id, one.position)) in places
        ]
        for objection_id, rows in found.items()
    }


def _written(
    answered: Answered,
    *,
    section: str,
    number: int,
    score: Scored | None,
    ratings: Sequence[Rating],
    n_human: int,
    needed: int,
) -> WrittenAnswer:
    rating = _rating_behind(score, ratings)
    machine = score is not None and score.by == "machine"
    level = _level(score, rating)
    passages = tuple(rating.passages) if machine and rating else ()
    return WrittenAnswer(
        position=answered.position,
        section=section,
        number=number,
        text=answered.text or "",
        by=score.by if score else "",
        purpose=rating.purpose if rating else "",
        level=level,
        probability=(
            rating.probabilities[level - 1]
            if machine and rating and rating.probabilities and level
            else None
        ),
        passages=passages,
        evidence=level_evidence(passages, level) if passages and level else None,
        comment=rating.comment if rating and not machine else "",
        n_human=n_human,
        needed=needed,
    )


def _rating_behind(score: Scored | None, ratings: Sequence[Rating]) -> Rating | None:
    """The rating that a score names, or else the newest of its kind."""
    if score is None:
        return None
    named = [one for one in ratings if str(one.id) == score.rating]
    alike = [one for one in ratings if one.rater_kind == score.by]
    return next(iter(named or alike[::-1]), None)


def _level(score: Scored | None, rating: Rating | None) -> int | None:
    if score is None:
        return None
    if rating is not None and rating.level is not None:
        return rating.level
    shares = rating.probabilities if rating and rating.probabilities else score.likelihood
    return max(range(len(shares)), key=lambda k: shares[k]) + 1


def _record(session: Session, sitting: Sitting) -> SittingRecord:
    log = read_log(session, sitting.id)
    form = shared_forms().get(session, sitting.assessment_id)
    answers = {event.position: event for event in log if isinstance(event, Answered)}
    scores = {event.position: event for event in log if isinstance(event, Scored)}
    ended = {event.position for event in log if isinstance(event, Expired)}
    numbers = _numbers(log)
    rows = tuple(
        _row(
            sitting,
            event,
            answers.get(event.position),
            section=_title(form, event.section),
            number=numbers[event.position],
            expired=event.position in ended,
            score=scores.get(event.position),
        )
        for event in log
        if isinstance(event, Offered)
    )
    return SittingRecord(sitting, form.definition.title, rows)


def _row(
    sitting: Sitting,
    offer: Offered,
    answered: Answered | None,
    *,
    section: str,
    number: int,
    expired: bool,
    score: Scored | None,
) -> Row:
    outcome, scored_by = "expired" if expired else "open", ""
    if answered is not None:
        outcome = "chosen" if answered.text is None else "written"
        scored_by = "key" if answered.text is None else (score.by if score else "waiting")
    return Row(
        section=section,
        number=number,
        offered_at=sitting.opened_at + timedelta(seconds=offer.at),
        seconds=answered.at - offer.at if answered else None,
        outcome=outcome,
        place=offer.option_order.index(answered.option) + 1
        if answered and answered.option
        else None,
        text=answered.text if answered else None,
        scored_by=scored_by,
        level=_level(score, None),
    )


def _numbers(log: Log) -> dict[int, int]:
    """By position: the item's number within its section, from 1."""
    counted: dict[str, int] = {}
    numbers: dict[int, int] = {}
    for event in log:
        if isinstance(event, Offered):
            counted[event.section] = counted.get(event.section, 0) + 1
            numbers[event.position] = counted[event.section]
    return numbers


def _title(form: AssessmentForm, code: str) -> str:
    return next(one.title for one in form.definition.sections if one.code == code)
