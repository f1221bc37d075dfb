"""What a scorer's answers to scored texts say of it: one frozen record, made from arrays."""

from scoring_models.report.build import Evaluated, evaluate
from scoring_models.report.records import (
    Bin,
    Condition,
    Coverage,
    CurvePoint,
    Grouping,
    GroupResult,
    ItemResult,
    Length,
    LevelShare,
    ScoringReport,
    Statistic,
)

__all__ = [
    "Bin",
    "Condition",
    "Coverage",
    "CurvePoint",
    "Evaluated",
    "GroupResult",
    "Grouping",
    "ItemResult",
    "Length",
    "LevelShare",
    "ScoringReport",
    "Statistic",
    "evaluate",
]
