"""Ratings side by side, for measures of agreement: only those given blind."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from item_bank.models import Rating, Sitting

DRAWN = ("first", "double", "read_behind")
"""Purposes of human ratings that know of no other and that neither level nor rater has called for.
An adjudicator reads two; an extra rating is one that nobody asked for; an objection picks answers
that somebody finds scored wrongly."""
BLIND = (*DRAWN, "rerating")


@dataclass(frozen=True, slots=True)
class HumanRating:
    """A level that a person gave."""

    rater: str
    level: int
    purpose: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RatedAnswer:
    """An answer with its human ratings, the oldest first, and the machine's level.

    ``candidate`` is the opaque id; ``expected`` the mean of the machine's distribution, in levels.
    Both of the machine's are None where it has said nothing.
    """

    sitting_id: UUID
    position: int
    item_id: UUID
    candidate: UUID
    human: tuple[HumanRating, ...]
    machine: int | None
    expected: float | None
    decided: bool
    """Whether the machine's score was the one that counted when it came."""


def rated_answers(session: Session, purposes: Sequence[str] = DRAWN) -> list[RatedAnswer]:
    """Every answer with human ratings of these purposes, in order of its first such rating."""
    rows = session.exec(
        select(Rating, Sitting.candidate)
        .join(Sitting, col(Sitting.id) == col(Rating.sitting_id))
        .order_by(col(Rating.created_at), col(Rating.id))
    ).all()
    grouped: dict[tuple[UUID, int], list[Rating]] = defaultdict(list)
    candidates: dict[UUID, UUID] = {}
    for rating, candidate in rows:
        grouped[rating.sitting_id, rating.position].append(rating)
        candidates[rating.sitting_id] = candidate
    found = [_answer(ratings, candidates[key[0]], purposes) for key, ratings in grouped.items()]
    return sorted((one for one in found if one.human), key=lambda one: one.human[0].at)


def _answer(ratings: Sequence[Rating], candidate: UUID, purposes: Sequence[str]) -> RatedAnswer:
    machine = next((one for one in ratings if one.rater_kind == "machine" and one.level), None)
    return RatedAnswer(
        sitting_id=ratings[0].sitting_id,
        position=ratings[0].position,
        item_id=ratings[0].item_id,
        candidate=candidate,
        human=tuple(
            HumanRating(one.rater, one.level, one.purpose, one.created_at)
            for one in ratings
            if one.rater_kind == "human" and one.purpose in purposes and one.level is not None
        ),
        machine=machine.level if machine else None,
        expected=_mean(machine) if machine else None,
        decided=machine is not None and machine.decision == "machine",
    )


def _mean(rating: Rating) -> float | None:
    if not rating.probabilities:
        return None if rating.level is None else float(rating.level)
    weighted = sum(k * share for k, share in enumerate(rating.probabilities, 1))
    return weighted / sum(rating.probabilities)
