"""What a log says of a person: ability and level on each dimension."""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from assessment_engine.abilities import Abilities
from assessment_engine.choice import Moment, scored_item
from assessment_engine.content import section_index
from assessment_engine.errors import CutScoreError
from assessment_engine.pool import ItemPool
from assessment_engine.records import (
    Ability,
    DimensionResult,
    Finished,
    Log,
    Offered,
    Profile,
)
from assessment_engine.rules import CutScores, Rules
from assessment_engine.sitting import read, responses_of
from assessment_engine.state import scored_part, section_state

LEVEL_INTERVAL = 0.90


def profile(rules: Rules, pool: ItemPool, log: Log, cuts: CutScores) -> Profile:
    """Summarise a log, finished or not.

    Parameters
    ----------
    rules : Rules
    pool : ItemPool
    log : Log
    cuts : mapping of dimension to four ascending abilities
        Where levels 2 to 5 begin, logits.

    Returns
    -------
    Profile
        By dimension in alphabetical order: ability by the rules' method with its central 95 %
        interval; probabilities of levels 1 to 5; ``level``, that of the posterior median;
        ``level_interval``, the levels of the central 90 %; ``stop_reason``, that of the dimension's
        last section (``in_progress`` while it goes on). With a joint prior, ``covariance`` is that
        of the dimensions' abilities in the same order. Dimensions without a scored answer are
        absent.

    Raises
    ------
    CutScoreError
        If the cuts of a dimension are missing, not finite or not ascending.
    LogError
        If the log is contradictory.
    """
    check_cuts(cuts)
    sitting = read(log)
    scored = scored_part(rules, pool, sitting)
    counted = {offer.position for offer in scored.offers}
    pending = tuple(position for position in sitting.pending() if position in counted)
    waiting = [pool[sitting.answers[position].item].dimension for position in pending]
    answers = responses_of(scored, pool)
    abilities = Abilities(rules, pool, answers)
    measured = sorted({pool[response.item].dimension for response in answers})
    reasons = stop_reasons(rules, pool, log)
    results = {
        dimension: replace(
            _result(abilities, dimension, _cuts_of(cuts, dimension)),
            n_pending=waiting.count(dimension),
            stop_reason=reasons[dimension],
        )
        for dimension in measured
    }
    covariance = abilities.covariance(measured)
    return Profile(
        results,
        pending,
        tuple(sitting.flags),
        () if covariance is None else tuple(map(tuple, covariance.tolist())),
    )


def check_cuts(cuts: CutScores) -> None:
    """Raise CutScoreError unless every dimension has four finite ascending cuts."""
    for dimension, values in cuts.items():
        ascending = all(low < high for low, high in pairwise(values))
        if len(values) != 4 or not all(map(math.isfinite, values)) or not ascending:
            raise CutScoreError(
                f"cut scores of {dimension!r} are {values}, expected four finite ascending "
                "abilities: where levels 2, 3, 4 and 5 begin"
            )


def level_at(probabilities: tuple[float, ...], share: float) -> int:
    """The level at which cumulative probability reaches ``share``; .5 gives the median level."""
    total = 0.0
    for level, probability in enumerate(probabilities, start=1):
        total += probability
        if total >= share:
            return level
    return len(probabilities)


def _cuts_of(cuts: CutScores, dimension: str) -> tuple[float, float, float, float]:
    if dimension not in cuts:
        raise CutScoreError(
            f"no cut scores for {dimension!r}, which was measured; came {sorted(cuts)}"
        )
    return cuts[dimension]


def _result(
    abilities: Abilities, dimension: str, cuts: tuple[float, float, float, float]
) -> DimensionResult:
    """A dimension's result; what the log alone knows is filled in by the caller."""
    answers = abilities.answers(dimension)
    density = abilities.density(dimension, answers)
    found = abilities.estimate_by(density, dimension, answers)
    levels = density.prob_between(cuts)
    tail = 0.5 * (1.0 - LEVEL_INTERVAL)
    return DimensionResult(
        dimension=dimension,
        ability=Ability(found.theta, found.se, density.interval(), found.at_fence),
        level_probabilities=levels,
        level=level_at(levels, 0.5),
        level_interval=(level_at(levels, tail), level_at(levels, 1.0 - tail)),
        n_scored=len(answers),
        n_pending=0,
        stop_reason="",
    )


def stop_reasons(rules: Rules, pool: ItemPool, log: Log) -> dict[str, str]:
    """By dimension, why its last section ended, judged just before the next section began.

    Sections that take turns are judged by the whole log.
    """
    reasons: dict[str, str] = {}
    if rules.across is not None:
        begun = dict.fromkeys(event.section for event in log if isinstance(event, Offered))
        finish = next((event.reason for event in log if isinstance(event, Finished)), "in_progress")
        unfinished: Log = tuple(event for event in log if not isinstance(event, Finished))
        for code in begun:
            index = section_index(rules, code)
            reason = _end(rules, pool, unfinished, index) or finish
            reasons[rules.sections[index].dimension] = reason
        return reasons
    for part, code, finish in _section_ends(log):
        index = section_index(rules, code)
        reason = _end(rules, pool, part, index) or finish or "in_progress"
        reasons[rules.sections[index].dimension] = reason
    return reasons


def _section_ends(log: Log) -> Iterator[tuple[Log, str, str]]:
    """For each section begun: the log while it lasted, its code, and the reason of a Finished."""
    section = ""
    for i, event in enumerate(log):
        if isinstance(event, Offered) and event.section != section:
            if section:
                yield log[:i], section, ""
            section = event.section
        elif isinstance(event, Finished):
            if section:
                yield log[:i], section, event.reason
            return
    if section:
        yield log, section, ""


def _end(rules: Rules, pool: ItemPool, log: Log, index: int) -> str | None:
    sitting = read(log)
    if sitting.open_offer is not None:
        return None
    state = section_state(rules, pool, sitting, index)
    if state.reason is not None:
        return state.reason
    drawn = scored_item(Moment(rules, pool, sitting, index, state, seed=0))
    return None if drawn is not None else "exhausted"
