"""How far a machine's scores may stand for those of people."""

from scoring_models.agreement.calibration import (
    Reliability,
    calibration_noise,
    expected_calibration_error,
    reliability_curve,
)
from scoring_models.agreement.correlations import correlation, degradation, partial_correlation
from scoring_models.agreement.intervals import Interval, bootstrap
from scoring_models.agreement.ratings import (
    Ratings,
    adjacent_agreement,
    exact_agreement,
    quadratic_weighted_kappa,
    standardised_mean_difference,
)
from scoring_models.agreement.subgroups import (
    Contrast,
    Regression,
    conditional_score_difference,
    difference_of_standardised_means,
    overall_score_accuracy,
    overall_score_difference,
)
from scoring_models.agreement.true_scores import (
    TrueScores,
    human_error_variance,
    prmse,
)

__all__ = [
    "Contrast",
    "Interval",
    "Ratings",
    "Regression",
    "Reliability",
    "TrueScores",
    "adjacent_agreement",
    "bootstrap",
    "calibration_noise",
    "conditional_score_difference",
    "correlation",
    "degradation",
    "difference_of_standardised_means",
    "exact_agreement",
    "expected_calibration_error",
    "human_error_variance",
    "overall_score_accuracy",
    "overall_score_difference",
    "partial_correlation",
    "prmse",
    "quadratic_weighted_kappa",
    "reliability_curve",
    "standardised_mean_difference",
]
