"""How far people agree with each other and with the machine, by prompt and by rater."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlmodel import Session

from item_bank.rating_pairs import RatedAnswer, rated_answers
from item_bank.ratings import ItemRatings, ratings_by_item
from web.usecases.scoring_settings import PeopleSettings, scoring_settings
from web.usecases.validity import RaterCheck, rater_checks

if TYPE_CHECKING:
    from scoring_models.agreement import Interval, TrueScores

REPLICATES = 200
SEED = 1


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of pairs of levels; all but ``n`` are None where there are too few.

    ``kappa`` and ``smd`` are None too where they are undefined, all levels being one and the same.
    """

    n: int
    exact: float | None = None
    adjacent: float | None = None
    kappa: "Interval | None" = None
    smd: "Interval | None" = None

    @property
    def is_enough(self) -> bool:
        return self.exact is not None


@dataclass(frozen=True, slots=True)
class ItemAgreement:
    """One prompt.

    ``machine`` compares the machine's likeliest level with people's, ``people`` the first two
    ratings of the same answer; ``truth`` is the machine against the true score.
    ``verdict`` is a code that ``web.assessor.words`` puts into words.
    """

    ratings: ItemRatings
    machine: Agreement
    people: Agreement
    truth: "TrueScores | None"
    n_read_behind: int
    verdict: str


@dataclass(frozen=True, slots=True)
class RaterAgreement:
    """One rater against other people and against the machine, and on validity papers."""

    rater: str
    n_ratings: int
    people: Agreement
    machine: Agreement
    check: RaterCheck | None
    verdict: str


def agreement_by_item(session: Session) -> list[ItemAgreement]:
    """Every prompt, by code."""
    settings = scoring_settings()
    answers: dict[UUID, list[RatedAnswer]] = defaultdict(list)
    for answer in rated_answers(session):
        answers[answer.item_id].append(answer)
    return [
        item_agreement(one, answers[one.item.id], settings.people, settings.gate.min_ratings)
        for one in ratings_by_item(session)
    ]


def item_agreement(
    ratings: ItemRatings, answers: Sequence[RatedAnswer], people: PeopleSettings, min_ratings: int
) -> ItemAgreement:
    """Agreement on one prompt, from its rated answers."""
    both = [one for one in answers if one.machine is not None]
    twice = [one for one in answers if len(one.human) > 1]
    machine = _agreement(
        [float(one.machine or 0) for one in both],
        [float(one.human[0].level) for one in both],
        [str(one.candidate) for one in both],
        people,
    )
    pairs = _agreement(
        [float(one.human[0].level) for one in twice],
        [float(one.human[1].level) for one in twice],
        [str(one.candidate) for one in twice],
        people,
    )
    read_behind = sum(any(r.purpose == "read_behind" for r in one.human) for one in answers)
    return ItemAgreement(
        ratings,
        machine,
        pairs,
        _truth(both, people),
        read_behind,
        _item_verdict(ratings, machine, pairs, people, min_ratings),
    )


def agreement_by_rater(session: Session) -> list[RaterAgreement]:
    """Every rater, in order of their first rating."""
    people = scoring_settings().people
    answers, checks = rated_answers(session), rater_checks(session, people)
    raters = dict.fromkeys(
        [r.rater for one in answers for r in one.human] + list(checks)  # papers only, too
    )
    return [_rater(name, answers, checks.get(name), people) for name in raters]


def agreement_of_rater(session: Session, rater: str) -> RaterAgreement:
    """One rater's, empty where nothing was rated."""
    people = scoring_settings().people
    checks = rater_checks(session, people)
    return _rater(rater, rated_answers(session), checks.get(rater), people)


def _rater(
    name: str, answers: Sequence[RatedAnswer], check: RaterCheck | None, people: PeopleSettings
) -> RaterAgreement:
    own = [(one, r.level) for one in answers for r in one.human if r.rater == name]
    others = [
        (float(level), float(r.level), str(one.candidate))
        for one, level in own
        for r in one.human
        if r.rater != name
    ]
    machine = [
        (float(one.machine), float(level), str(one.candidate))
        for one, level in own
        if one.machine is not None
    ]
    with_people = _agreement(*_columns(others), people)
    with_machine = _agreement(*_columns(machine), people)
    verdict = _rater_verdict(with_people, check, people)
    return RaterAgreement(name, len(own), with_people, with_machine, check, verdict)


def _columns(
    rows: Sequence[tuple[float, float, str]],
) -> tuple[list[float], list[float], list[str]]:
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]


def _agreement(
    first: Sequence[float], second: Sequence[float], persons: Sequence[str], people: PeopleSettings
) -> Agreement:
    if len(first) < people.min_pairs:
        return Agreement(len(first))
    from scoring_models.agreement import (
        adjacent_agreement,
        exact_agreement,
        quadratic_weighted_kappa,
        standardised_mean_difference,
    )

    return Agreement(
        len(first),
        exact_agreement(first, second),
        adjacent_agreement(first, second),
        _interval(quadratic_weighted_kappa, first, second, persons),
        _interval(standardised_mean_difference, first, second, persons),
    )


def _interval(
    statistic: Callable[..., float],
    first: Sequence[float],
    second: Sequence[float],
    persons: Sequence[str],
) -> "Interval | None":
    from scoring_models.agreement import bootstrap
    from scoring_models.errors import AgreementError

    try:
        return bootstrap(
            statistic, first, second, seed=SEED, clusters=persons, n_replicates=REPLICATES
        )
    except AgreementError:  # everybody gave the same level: undefined, not 0 and not 1
        return None


def _truth(answers: Sequence[RatedAnswer], people: PeopleSettings) -> "TrueScores | None":
    """The machine against true scores, where enough answers were rated twice to know the error."""
    if sum(len(one.human) > 1 for one in answers) < people.min_pairs:
        return None
    import numpy as np

    from scoring_models.agreement import prmse
    from scoring_models.errors import AgreementError

    table = np.full((len(answers), max(len(one.human) for one in answers)), np.nan)
    for place, one in enumerate(answers):
        table[place, : len(one.human)] = [rating.level for rating in one.human]
    try:
        return prmse([one.expected or 0.0 for one in answers], table)
    except AgreementError:  # true scores do not seem to vary
        return None


def _item_verdict(
    ratings: ItemRatings,
    machine: Agreement,
    pairs: Agreement,
    people: PeopleSettings,
    min_ratings: int,
) -> str:
    if ratings.n_human < min_ratings:
        return "few_ratings"
    if pairs.kappa is not None and pairs.kappa.value < people.min_kappa:
        return "people_disagree"
    return _verdict(machine, people, "machine_high", "machine_low")


def _rater_verdict(pairs: Agreement, check: RaterCheck | None, people: PeopleSettings) -> str:
    if check is not None and check.low:
        return "low_validity"
    return _verdict(pairs, people, "rater_lenient", "rater_severe")


def _verdict(found: Agreement, people: PeopleSettings, above: str, below: str) -> str:
    if not found.is_enough:
        return "few_pairs"
    if found.kappa is None or found.smd is None:
        return "no_spread"
    if found.kappa.value < people.min_kappa:
        return "low_kappa"
    if abs(found.smd.value) > people.max_smd:
        return above if found.smd.value > 0 else below
    return "good"
