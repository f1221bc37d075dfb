"""When a section ends: reasons are codes, the words for them belong to the pages."""

from assessment_engine.stopping.axis import potential_axis
from assessment_engine.stopping.band_risk import (
    BandOutlook,
    Prospect,
    band_risk,
    normal_density,
    remaining_information,
)
from assessment_engine.stopping.classification import (
    Decision,
    category_of_ability,
    confidence_interval,
    glr,
    sprt,
)
from assessment_engine.stopping.decide import REASONS, Evidence, RuleReason, outlook, rule_reason
from assessment_engine.stopping.likelihood import Answers
from assessment_engine.stopping.precision import (
    expected_variances,
    most_information,
    predicted_reduction,
)
from assessment_engine.stopping.prospects import prospects_elsewhere
from assessment_engine.stopping.section import StopReason, stop_reason

__all__ = [
    "REASONS",
    "Answers",
    "BandOutlook",
    "Decision",
    "Evidence",
    "Prospect",
    "RuleReason",
    "StopReason",
    "band_risk",
    "category_of_ability",
    "confidence_interval",
    "expected_variances",
    "glr",
    "most_information",
    "normal_density",
    "outlook",
    "potential_axis",
    "predicted_reduction",
    "prospects_elsewhere",
    "remaining_information",
    "rule_reason",
    "sprt",
    "stop_reason",
]
