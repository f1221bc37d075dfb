"""The trail of a sitting: each offer, and what was known of the person right after it."""

from dataclasses import dataclass
from typing import Literal

from assessment_engine.abilities import Abilities
from assessment_engine.estimators import Estimate
from assessment_engine.person_fit import PersonFit, fit_at
from assessment_engine.pool import ItemPool
from assessment_engine.records import Answered, Log, Offered
from assessment_engine.rules import Rules
from assessment_engine.sitting import Sitting, read, responses_of
from assessment_engine.state import scored_part

Outcome = Literal["answered", "pending", "expired", "open"]


@dataclass(frozen=True, slots=True)
class TrailStep:
    """One offer of a sitting.

    Attributes
    ----------
    offer : Offered
    dimension : str
    outcome : {"answered", "pending", "expired", "open"}
        As the whole log says it: ``pending`` waits for a score still.
    on_trial : bool
        Whether the item is tried, unscored.
    seconds : float or None
        From offer to answer without pauses; None without an answer.
    ability : Estimate or None
        Of the dimension, logits, by what had been scored when the answer arrived; None without an
        answer.
    fit : PersonFit or None
        Of the dimension, at that ability.
    """

    offer: Offered
    dimension: str
    outcome: Outcome
    on_trial: bool
    seconds: float | None
    ability: Estimate | None
    fit: PersonFit | None


def trail_of(rules: Rules, pool: ItemPool, log: Log) -> tuple[TrailStep, ...]:
    """Every offer of a log in the order of positions.

    Parameters
    ----------
    rules, pool
        Those that the sitting was opened with.
    log : Log
        Finished or not.

    Raises
    ------
    LogError
        If the log is contradictory.
    UnknownItemError
        If an item offered is not in ``pool``.
    """
    sitting = read(log)
    ends = {
        event.position: place
        for place, event in enumerate(log, start=1)
        if isinstance(event, Answered)
    }
    return tuple(
        _step(rules, pool, sitting, offer, log[: ends.get(offer.position, 0)])
        for offer in sitting.offers
    )


def _step(rules: Rules, pool: ItemPool, sitting: Sitting, offer: Offered, then: Log) -> TrailStep:
    dimension = pool[offer.item].dimension
    on_trial = offer.item in rules.on_trial
    outcome = _outcome(sitting, offer)
    if not then:
        return TrailStep(offer, dimension, outcome, on_trial, None, None, None)
    abilities = Abilities(rules, pool, responses_of(scored_part(rules, pool, read(then)), pool))
    own = abilities.answers(dimension)
    ability = abilities.estimate(dimension, own)
    return TrailStep(
        offer,
        dimension,
        outcome,
        on_trial,
        sitting.active(offer.at, sitting.answers[offer.position].at),
        ability,
        fit_at(pool, own, ability),
    )


def _outcome(sitting: Sitting, offer: Offered) -> Outcome:
    answer = sitting.answers.get(offer.position)
    if answer is not None:
        waits = answer.category is None and offer.position not in sitting.scores
        return "pending" if waits else "answered"
    return "expired" if offer.position in sitting.expired else "open"
