"""Differential item functioning: items that groups of equal ability answer differently."""

from calibration.dif.effect import (
    Area,
    ExpectedScoreDifference,
    area,
    expected_score_difference,
    expected_test_score_difference,
)
from calibration.dif.likelihood_ratio import LikelihoodRatio, likelihood_ratio
from calibration.dif.logistic import LogisticDif, logistic
from calibration.dif.mantel import GeneralizedMantel, Mantel, generalized_mantel, mantel
from calibration.dif.mantel_haenszel import MantelHaenszel, mantel_haenszel
from calibration.dif.matching import AbilityMatching, Matching, SumScore
from calibration.dif.screening import DifError, Screening, benjamini_hochberg
from calibration.dif.wald import WaldDif, wald, wald_tests

__all__ = [
    "AbilityMatching",
    "Area",
    "DifError",
    "ExpectedScoreDifference",
    "GeneralizedMantel",
    "LikelihoodRatio",
    "LogisticDif",
    "Mantel",
    "MantelHaenszel",
    "Matching",
    "Screening",
    "SumScore",
    "WaldDif",
    "area",
    "benjamini_hochberg",
    "expected_score_difference",
    "expected_test_score_difference",
    "generalized_mantel",
    "likelihood_ratio",
    "logistic",
    "mantel",
    "mantel_haenszel",
    "wald",
    "wald_tests",
]
