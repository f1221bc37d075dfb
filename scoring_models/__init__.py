"""From a free-text answer to a distribution over rubric levels, with evidence and a decision."""

from scoring_models.agreement import (
    adjacent_agreement,
    exact_agreement,
    quadratic_weighted_kappa,
    standardised_mean_difference,
)
from scoring_models.encoders import (
    EncoderVersion,
    encoder_version,
    has_polarity,
    load_encoder,
    polarity,
    polarity_of_vectors,
)
from scoring_models.errors import EncoderError, ScoringError
from scoring_models.gaming.check import GamingCheck
from scoring_models.gate import GateSettings, Reason
from scoring_models.heads import HeadSettings, LeftOut, leave_anchors_out
from scoring_models.indicators import IndicatorEvidence
from scoring_models.likelihood import (
    SeverityLikelihood,
    severity_likelihood,
    severity_sd,
    soft_likelihood,
)
from scoring_models.prepared import PreparedRubric, embed_rubrics, prepare, prepare_bank, train
from scoring_models.rubric import Rubric
from scoring_models.score import (
    Passage,
    ScoredAnswer,
    Versions,
    score_answer,
    score_answers,
)

__all__ = [
    "EncoderError",
    "EncoderVersion",
    "GamingCheck",
    "GateSettings",
    "HeadSettings",
    "IndicatorEvidence",
    "LeftOut",
    "Passage",
    "PreparedRubric",
    "Reason",
    "Rubric",
    "ScoredAnswer",
    "ScoringError",
    "SeverityLikelihood",
    "Versions",
    "adjacent_agreement",
    "embed_rubrics",
    "encoder_version",
    "exact_agreement",
    "has_polarity",
    "leave_anchors_out",
    "load_encoder",
    "polarity",
    "polarity_of_vectors",
    "prepare",
    "prepare_bank",
    "quadratic_weighted_kappa",
    "score_answer",
    "score_answers",
    "severity_likelihood",
    "severity_sd",
    "soft_likelihood",
    "standardised_mean_difference",
    "train",
]
