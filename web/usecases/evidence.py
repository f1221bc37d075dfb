"""What a machine's rating says for and against levels and indicators, as pages show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LEVELS = (1, 2, 3, 4, 5)
LEAST_LIFT = 0.05
"""Log of a ratio of probabilities: a sentence that moves a level by less says nothing of it."""


@dataclass(frozen=True, slots=True)
class LevelEvidence:
    """Sentences that speak for a level and against it, the strongest first."""

    level: int
    passages_for: tuple[str, ...]
    passages_against: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IndicatorAt:
    """How likely an answer of a level shows or violates an indicator; its nearest sentence."""

    code: str
    shown: float
    violated: float
    passage: str | None


def level_evidence(passages: Sequence[Mapping[str, Any]], level: int) -> LevelEvidence:
    """Sort a rating's passages by what they say of one level.

    Ratings from before sentences were weighed level by level give none.
    """
    lifts = [(one["lifts"][level - 1], one["sentence"]) for one in passages if one.get("lifts")]
    speaking = sorted(lifts, key=lambda pair: -abs(pair[0]))
    return LevelEvidence(
        level,
        tuple(sentence for lift, sentence in speaking if lift >= LEAST_LIFT),
        tuple(sentence for lift, sentence in speaking if lift <= -LEAST_LIFT),
    )


def indicators_at(indicators: Sequence[Mapping[str, Any]], level: int) -> list[IndicatorAt]:
    """Return a rating's evidence for each indicator, given the level of the answer."""
    return [
        IndicatorAt(
            one["code"],
            one["shown"][level - 1],
            one["violated"][level - 1],
            one["passage"],
        )
        for one in indicators
    ]
