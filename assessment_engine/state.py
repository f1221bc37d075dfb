"""What a section knows: the ability by its answers, and whether it is over."""

from dataclasses import dataclass, field, replace
from functools import partial

from assessment_engine.assembly import constraints_met
from assessment_engine.clock import section_time_left, total_time_left
from assessment_engine.constraints import PLAIN
from assessment_engine.content import Candidates, minima_met, taken_types
from assessment_engine.density import Posterior, posterior, quadrature
from assessment_engine.errors import RulesError
from assessment_engine.estimators import estimate as estimate_by
from assessment_engine.pool import ItemPool
from assessment_engine.pretest import closed_to_scored, scored_offers
from assessment_engine.records import Response
from assessment_engine.rules import Estimation, Rules
from assessment_engine.sitting import Sitting, responses_of
from assessment_engine.stopping import (
    Evidence,
    RuleReason,
    StopReason,
    prospects_elsewhere,
    rule_reason,
    stop_reason,
)


@dataclass(frozen=True, slots=True)
class State:
    """A section's ability, logits, its scored answers, and why it is over (items aside)."""

    theta: float
    se: float
    answers: tuple[Response, ...]
    n_taken: int
    reason: StopReason | RuleReason | None
    density: Posterior = field(compare=False)


def estimate(
    estimation: Estimation, pool: ItemPool, answers: tuple[Response, ...]
) -> tuple[float, float]:
    """Ability and standard error by the rules' method, logits."""
    found = estimate_by(
        estimation.method,
        pool,
        answers,
        density_of(estimation, pool, answers),
        estimation.prior_mean,
        estimation.prior_sd,
    )
    return found.theta, found.se


def density_of(estimation: Estimation, pool: ItemPool, answers: tuple[Response, ...]) -> Posterior:
    """The posterior density under the rules' prior."""
    mean, sd = estimation.prior_mean, estimation.prior_sd
    return posterior(pool, answers, quadrature(estimation), mean, sd)


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
    answers = responses_of(scored, pool)
    own = _on(section.dimension, pool, answers)
    estimation = rules.estimation
    density = density_of(estimation, pool, own)
    theta, se = density.mean, density.sd
    if estimation.method != "EAP":
        theta, se = estimate(estimation, pool, own)
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
    state = State(theta, se, own, len(taken), reason, density)
    if reason is None and section.stopping:
        return replace(state, reason=_by_rules(rules, pool, scored, index, state, answers, met))
    return state


def _by_rules(
    rules: Rules,
    pool: ItemPool,
    scored: Sitting,
    index: int,
    state: State,
    answers: tuple[Response, ...],
    met: bool,
) -> RuleReason | None:
    section = rules.sections[index]

    def density_on(dimension: str) -> Posterior:
        return density_of(rules.estimation, pool, _on(dimension, pool, answers))

    evidence = Evidence(
        section.dimension,
        pool.dimensions[section.dimension],
        state.answers,
        state.density,
        state.theta,
        state.se,
        state.n_taken,
        section.min_items,
        section.max_items,
        met,
        eligible=lambda: Candidates(rules, pool, scored, index).allowed(),
        estimate=partial(estimate, rules.estimation, pool),
        elsewhere=lambda: (prospects_elsewhere(rules, pool, scored, index, density_on), None),
        axis=scored.opened.axis,
    )
    return rule_reason(section.stopping, evidence)


def _on(dimension: str, pool: ItemPool, answers: tuple[Response, ...]) -> tuple[Response, ...]:
    if len(pool.dimensions) == 1:
        return answers
    type_of = pool.type_of
    return tuple(answer for answer in answers if type_of[answer.item].dimension == dimension)
