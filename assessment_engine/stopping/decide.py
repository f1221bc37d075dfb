"""Whether any of a section's stopping rules ends it now, and which."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from assessment_engine.density import Posterior
from assessment_engine.errors import RulesError
from assessment_engine.irt import FloatArray
from assessment_engine.pool import DimensionItems
from assessment_engine.records import Response
from assessment_engine.selection import TIE_DECIMALS
from assessment_engine.stopping.band_risk import (
    BandOutlook,
    Prospect,
    band_risk,
    remaining_information,
)
from assessment_engine.stopping.classification import confidence_interval, glr, sprt
from assessment_engine.stopping.likelihood import Answers
from assessment_engine.stopping.precision import (
    most_information,
    pays_no_more,
    predicted_reduction,
    settled,
)
from assessment_engine.stopping_rules import (
    AbilityChange,
    Axis,
    BandRisk,
    ConfidenceInterval,
    Glr,
    MinimumInformation,
    PredictedReduction,
    Sprt,
    StandardError,
    StoppingRule,
)

RuleReason = Literal[
    "se",
    "minimum_information",
    "predicted_reduction",
    "ability_change",
    "sprt",
    "glr",
    "confidence_interval",
    "band_risk",
]
REASONS: Mapping[type[StoppingRule], RuleReason] = {
    StandardError: "se",
    MinimumInformation: "minimum_information",
    PredictedReduction: "predicted_reduction",
    AbilityChange: "ability_change",
    Sprt: "sprt",
    Glr: "glr",
    ConfidenceInterval: "confidence_interval",
    BandRisk: "band_risk",
}


def _none_elsewhere(_: Axis) -> tuple[Mapping[str, Prospect], FloatArray | None]:
    return {}, None


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What a section knows when it asks whether to stop.

    Costly parts are callables, asked only by the rules that need them.

    Parameters
    ----------
    dimension : str
    items : DimensionItems
        The section's items.
    responses : tuple of Response
        Scored answers on the dimension, in the order of their positions.
    density : Posterior
    theta, se : float
        Ability by the rules' estimator, logits.
    n_items, min_items, max_items : int
        Offered so far in the section, and its limits.
    minima_met : bool
        Whether every quota's minimum is met.
    eligible : callable giving an array of bool, shape (n_items,)
        Places within ``items`` that the section may still offer.
    estimate : callable from responses to (theta, se)
        The rules' estimator.
    elsewhere : callable from the axis to (mapping of dimension to Prospect, covariance or None)
        What later sections may tell (:func:`prospects_elsewhere`), and the joint posterior
        covariance in the order of the axis' contributions.
    axis : Axis or None
        The sitting's own potential axis; takes the place of that of the rule.
    """

    dimension: str
    items: DimensionItems
    responses: tuple[Response, ...]
    density: Posterior
    theta: float
    se: float
    n_items: int
    min_items: int
    max_items: int
    minima_met: bool
    eligible: Callable[[], NDArray[np.bool_]]
    estimate: Callable[[tuple[Response, ...]], tuple[float, float]]
    elsewhere: Callable[[Axis], tuple[Mapping[str, Prospect], FloatArray | None]] = _none_elsewhere
    axis: Axis | None = None


def rule_reason(rules: tuple[StoppingRule, ...], evidence: Evidence) -> RuleReason | None:
    """The first rule that ends a section, or None if it goes on.

    No rule speaks before ``min_items``, before every quota's minimum is met, or on a prior alone.
    Length and time are not asked here (:func:`assessment_engine.stopping.stop_reason`).

    Nine-box stopping without an axis ends nothing, so that a sitting whose person's records are
    incomplete goes on.

    Raises
    ------
    RulesError
        If other sections do not cover the axis of nine-box stopping.
    """
    ready = evidence.n_items >= evidence.min_items and evidence.minima_met
    if not ready or not evidence.responses:
        return None
    for rule in rules:
        if _stops(rule, evidence):
            return REASONS[type(rule)]
    return None


def outlook(rule: BandRisk, evidence: Evidence) -> BandOutlook:
    """What nine-box stopping sees: the present band, its probability and the risk."""
    axis = evidence.axis or rule.axis
    if axis is None:
        raise RulesError(
            "nine-box stopping has no axis; put one into the rule, or open the sitting with one"
        )
    left = evidence.max_items - evidence.n_items
    own = remaining_information(evidence.items, evidence.eligible(), left, evidence.density)
    others, covariance = evidence.elsewhere(axis)
    if evidence.dimension in others:
        own += others[evidence.dimension].information
    here = {evidence.dimension: Prospect(evidence.density, own)}
    return band_risk(axis, {**others, **here}, covariance)


def _stops(rule: StoppingRule, evidence: Evidence) -> bool:
    match rule:
        case StandardError():
            ends = evidence.se <= rule.target
        case MinimumInformation():
            most = most_information(evidence.items, evidence.eligible(), evidence.theta)
            ends = round(most, TIE_DECIMALS) < rule.least
        case PredictedReduction():
            gain = predicted_reduction(evidence.items, evidence.eligible(), evidence.density)
            ends = pays_no_more(rule, evidence.se, gain)
        case AbilityChange():
            ends = settled(rule, _last(rule, evidence))
        case ConfidenceInterval():
            ends = confidence_interval(evidence.theta, evidence.se, rule) is not None
        case Sprt():
            ends = sprt(Answers(evidence.items, evidence.responses), rule).category is not None
        case Glr():
            ends = glr(Answers(evidence.items, evidence.responses), rule).category is not None
        case BandRisk():
            known = evidence.axis is not None or rule.axis is not None
            ends = known and round(outlook(rule, evidence).risk, TIE_DECIMALS) <= rule.risk
    return ends


def _last(rule: AbilityChange, evidence: Evidence) -> list[float]:
    """Ability after each of the last answers, and once before them."""
    given = evidence.responses
    first = max(len(given) - rule.steps, 0)
    before = [evidence.estimate(given[:n])[0] for n in range(first, len(given))]
    return [*before, evidence.theta]
