"""What a section knows: the ability by its answers, and whether it is over."""

from dataclasses import dataclass, field, replace

from assessment_engine.abilities import Abilities
from assessment_engine.assembly import constraints_met
from assessment_engine.clock import section_time_left, total_time_left
from assessment_engine.constraints import PLAIN
from assessment_engine.content import Candidates, minima_met, taken_types
from assessment_engine.density import Posterior
from assessment_engine.errors import RulesError
from assessment_engine.estimators import Estimate
from assessment_engine.pool import ItemPool, ItemType
from assessment_engine.pretest import closed_to_scored, scored_offers
from assessment_engine.records import Response
from assessment_engine.rules import Rules
from assessment_engine.sitting import Sitting, responses_of
from assessment_engine.stopping import (
    Evidence,
    RuleReason,
    StopReason,
    prospects_elsewhere,
    rule_reason,
    stop_reason,
)


@dataclass(slots=True)  # not frozen: made at every step, three times as fast
class State:
    """A section's ability, logits, its scored answers, and why it is over (items aside).

    ``scored`` is the sitting without items on trial.
    """

    theta: float
    se: float
    answers: tuple[Response, ...]
    taken: list[ItemType]
    reason: StopReason | RuleReason | None
    density: Posterior = field(compare=False)
    scored: Sitting = field(compare=False)


def scored_part(rules: Rules, pool: ItemPool, sitting: Sitting) -> Sitting:
    """The sitting as scoring, quotas and stopping see it: without items on trial.

    Items on trial and their enemies are closed to what is still to come.
    """
    on_trial = rules.on_trial
    if not on_trial:
        return sitting
    offers = scored_offers(sitting.offers, on_trial)
    return replace(sitting, offers=offers, closed=closed_to_scored(on_trial, sitting.offers, pool))


def section_state(rules: Rules, pool: ItemPool, sitting: Sitting, index: int) -> State:
    """Ability on a section's dimension, and why the section is over if it is.

    Raises
    ------
    RulesError
        If no item of the pool measures the section's dimension.
    """
    section = rules.sections[index]
    if section.dimension not in pool.dimensions:
        raise RulesError(
            f"section {section.code!r} measures {section.dimension!r}, but the pool has "
            f"{sorted(pool.dimensions)}; run check_rules before a sitting is opened"
        )
    scored = scored_part(rules, pool, sitting)
    abilities = Abilities(rules, pool, responses_of(scored, pool))
    own = abilities.answers(section.dimension)
    density = abilities.density(section.dimension, own)
    found = abilities.estimate_by(density, section.dimension, own)
    theta, se = found.theta, found.se
    taken = taken_types(pool, scored, section.code)
    plain = section.assembly == PLAIN
    met = (
        minima_met(section, taken)
        if plain
        else constraints_met(section, section.assembly, pool, scored)
    )
    started = section.code == sitting.section
    reason: StopReason | RuleReason | None = stop_reason(
        section,
        n_items=len(taken),
        n_scored=len(own),
        se=se,
        minima_met=met,
        section_left=section_time_left(rules, sitting, sitting.now) if started else None,
        total_left=total_time_left(rules, sitting, sitting.now),
    )
    state = State(theta, se, own, taken, reason, density, scored)
    if reason is None and section.stopping:
        return replace(state, reason=_by_rules(rules, pool, scored, index, state, abilities, met))
    return state


def _by_rules(
    rules: Rules,
    pool: ItemPool,
    scored: Sitting,
    index: int,
    state: State,
    abilities: Abilities,
    met: bool,
) -> RuleReason | None:
    section = rules.sections[index]
    evidence = Evidence(
        section.dimension,
        pool.dimensions[section.dimension],
        state.answers,
        state.density,
        state.theta,
        state.se,
        len(state.taken),
        section.min_items,
        section.max_items,
        met,
        eligible=lambda: Candidates(rules, pool, scored, index).allowed(),
        estimate=lambda given: _pair(abilities.estimate(section.dimension, given)),
        elsewhere=lambda axis: (
            prospects_elsewhere(rules, pool, scored, index, abilities.density),
            abilities.covariance([one.dimension for one in axis.contributions]),
        ),
        axis=scored.opened.axis,
    )
    return rule_reason(section.stopping, evidence)


def _pair(found: Estimate) -> tuple[float, float]:
    return found.theta, found.se
