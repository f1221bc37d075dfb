"""Whether machine or raters have begun to score otherwise than before."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlmodel import Session

from item_bank.rating_pairs import RatedAnswer, rated_answers
from web.usecases.scoring_settings import PeopleSettings, scoring_settings

if TYPE_CHECKING:
    from scoring_models.drift import MeanPeriod, PairPeriod

ROLLING_WEEKS = 4
"""Weeks, the one named included, that a point of a prompt's course is computed from."""


@dataclass(frozen=True, slots=True)
class SeveritySpread:
    """How far the machine's severity seems to vary over persons, in levels, beside what is set.

    ``estimate`` is None where fewer than two persons have two answers or more that both the
    machine and people rated.
    """

    setting: float
    estimate: float | None
    n_answers: int
    n_persons: int


def machine_drift(session: Session) -> "dict[UUID, tuple[PairPeriod, ...]]":
    """By prompt: machine against people over four weeks that end with each week."""
    people = scoring_settings().people
    by_item: dict[UUID, list[RatedAnswer]] = defaultdict(list)
    for one in rated_answers(session):
        if one.machine is not None:
            by_item[one.item_id].append(one)
    return {item_id: rolling(answers, people) for item_id, answers in by_item.items()}


def rolling(answers: Sequence[RatedAnswer], people: PeopleSettings) -> "tuple[PairPeriod, ...]":
    """The course of one prompt; each pair stands in the weeks whose window holds it."""
    from scoring_models.drift import pair_periods

    last = max(one.human[0].at for one in answers)
    rows = [
        (week_of(at), float(one.machine or 0), float(one.human[0].level))
        for one in answers
        for later in range(ROLLING_WEEKS)
        if (at := one.human[0].at + timedelta(weeks=later)) <= last or later == 0
    ]
    return pair_periods(
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
        min_pairs=people.min_pairs,
        min_kappa=people.min_kappa,
        max_smd=people.max_smd,
    )


def rater_drift(session: Session) -> "dict[str, tuple[MeanPeriod, ...]]":
    """By rater: the mean by month of level less the prompt's mean, against the months before."""
    from scoring_models.drift import mean_periods

    people = scoring_settings().people
    answers = rated_answers(session)
    levels: dict[UUID, list[int]] = defaultdict(list)
    for one in answers:
        levels[one.item_id] += [rating.level for rating in one.human]
    means = {item_id: sum(given) / len(given) for item_id, given in levels.items()}
    months: dict[str, list[str]] = defaultdict(list)
    residuals: dict[str, list[float]] = defaultdict(list)
    for one in answers:
        for rating in one.human:
            months[rating.rater].append(month_of(rating.at))
            residuals[rating.rater].append(rating.level - means[one.item_id])
    return {
        rater: mean_periods(names, residuals[rater], min_ratings=people.min_pairs)
        for rater, names in months.items()
    }


def severity_spread(session: Session) -> SeveritySpread:
    """Estimate ``severity_sd`` from the answers that both the machine and people rated."""
    from scoring_models import severity_sd
    from scoring_models.errors import LikelihoodError

    both = [one for one in rated_answers(session) if one.expected is not None]
    errors = [
        (one.expected or 0.0) - sum(rating.level for rating in one.human) / len(one.human)
        for one in both
    ]
    persons = [one.candidate for one in both]
    try:
        estimate = severity_sd(errors, persons)
    except LikelihoodError:
        estimate = None
    return SeveritySpread(scoring_settings().severity_sd, estimate, len(both), len(set(persons)))


def week_of(at: datetime) -> str:
    """Such as 2026-W47."""
    year, week, _day = at.isocalendar()
    return f"{year}-W{week:02d}"


def month_of(at: datetime) -> str:
    """Such as 2026-11."""
    return f"{at:%Y-%m}"
