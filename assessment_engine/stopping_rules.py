"""A section's stopping rules as configuration: one record a rule, and what must hold of it.

They stand apart from the package that applies them, so that the rules of a test can name them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StandardError:
    """Stop once the standard error is at most ``target``, logits."""

    target: float


@dataclass(frozen=True, slots=True)
class MinimumInformation:
    """Stop once no eligible item has ``least`` Fisher information at the present ability.

    References
    ----------
    Babcock & Weiss (2012), doi:10.7333/1212-0101001
    """

    least: float


@dataclass(frozen=True, slots=True)
class PredictedReduction:
    """Predicted standard error reduction (PSER): stop once the best item no longer pays.

    Before the standard error has reached ``se_target``, stop as soon as no item is expected to
    lower it by ``hypo``; after that, go on as long as one is expected to lower it by ``hyper``
    (all logits; ``hypo <= hyper``). It takes the place of :class:`StandardError`, which beside it
    would always stop first.

    References
    ----------
    Choi, Grady & Dodd (2010), doi:10.1177/0013164410387338
    """

    se_target: float
    hypo: float
    hyper: float


@dataclass(frozen=True, slots=True)
class AbilityChange:
    """Stop once each of the last ``steps`` answers moved ability by less than ``least``, logits.

    The only rule that depends on the order of the answers.
    """

    least: float
    steps: int = 1


@dataclass(frozen=True, slots=True)
class Sprt:
    """Sequential probability ratio test between ``cut - delta`` and ``cut + delta``, logits.

    ``alpha`` is the rate of putting above who belongs below, ``beta`` of the opposite.

    References
    ----------
    Wald (1947), Sequential Analysis; Reckase (1983), in Weiss (ed.), New Horizons in Testing;
    Eggen (1999), doi:10.1177/01466219922031365
    """

    cuts: tuple[float, ...]
    delta: float
    alpha: float = 0.05
    beta: float = 0.05


@dataclass(frozen=True, slots=True)
class Glr:
    """Generalised likelihood ratio: the best ability from ``cut + delta`` up against that below.

    Parameters as of :class:`Sprt`; abilities are sought on ``[low, high]``, logits.

    References
    ----------
    Thompson (2011), Practical Assessment, Research & Evaluation 16(4), doi:10.7275/wq8m-zk25
    """

    cuts: tuple[float, ...]
    delta: float
    alpha: float = 0.05
    beta: float = 0.05
    low: float = -6.0
    high: float = 6.0


@dataclass(frozen=True, slots=True)
class ConfidenceInterval:
    """Stop once the interval theta -/+ z SE of ``level`` holds no cut (logits).

    References
    ----------
    Kingsbury & Weiss (1983), in Weiss (ed.), New Horizons in Testing
    """

    cuts: tuple[float, ...]
    level: float = 0.90


@dataclass(frozen=True, slots=True)
class Linear:
    """A dimension that adds ``slope`` points a logit."""

    dimension: str
    slope: float = 1.0

    def points(self, theta: FloatArray) -> FloatArray:
        """Points at abilities of any shape, logits."""
        return self.slope * theta


@dataclass(frozen=True, slots=True)
class Levels:
    """A dimension that adds points by its level.

    ``cuts`` are the ascending abilities (logits) at which levels 2, 3, ... begin; ``added`` has the
    points of each level, one more than cuts, not descending.
    """

    dimension: str
    cuts: tuple[float, ...]
    added: tuple[float, ...]

    def points(self, theta: FloatArray) -> FloatArray:
        """Points at abilities of any shape, logits."""
        level = np.searchsorted(np.array(self.cuts), theta, side="right")
        return np.array(self.added)[level]


Contribution = Linear | Levels


@dataclass(frozen=True, slots=True)
class Axis:
    """A sum of contributions and a rest that no question of this test can change.

    ``cuts`` are the totals at which the middle and the high band begin (any number, ascending).
    ``rest_mean`` and ``rest_sd`` describe the other components: known scores add to the mean alone,
    uncertain ones to both. An axis with the cuts in logits is one ``Linear`` of slope 1.
    """

    cuts: tuple[float, ...]
    contributions: tuple[Contribution, ...]
    rest_mean: float = 0.0
    rest_sd: float = 0.0


@dataclass(frozen=True, slots=True)
class BandRisk:
    """Stop once the risk that the remaining questions change the band is at most ``risk``.

    ``axis`` is that of every sitting; None where each sitting brings its own (other components
    differ from person to person).
    """

    risk: float
    axis: Axis | None = None


StoppingRule = (
    StandardError
    | MinimumInformation
    | PredictedReduction
    | AbilityChange
    | Sprt
    | Glr
    | ConfidenceInterval
    | BandRisk
)


def about_stopping(rules: tuple[StoppingRule, ...]) -> Iterator[tuple[bool, str]]:
    """What must hold of a section's stopping rules, each with what to say where it does not."""
    names = [type(rule).__name__ for rule in rules]
    yield len(set(names)) == len(names), f"stopping rules {names} repeat; keep one of each"
    yield (
        not {"StandardError", "PredictedReduction"} <= set(names),
        "PredictedReduction goes on beyond its se_target, where StandardError stops; keep one",
    )
    for rule in rules:
        for holds, problem in _about(rule):
            yield holds, f"{type(rule).__name__}: {problem}"


def _about(rule: StoppingRule) -> Iterator[tuple[bool, str]]:
    match rule:
        case StandardError():
            yield rule.target > 0.0, f"target={rule.target}, expected more than 0 logits"
        case MinimumInformation():
            yield rule.least > 0.0, f"least={rule.least}, expected more than 0"
        case PredictedReduction():
            yield rule.se_target > 0.0, f"se_target={rule.se_target}, expected more than 0 logits"
            yield (
                0.0 <= rule.hypo <= rule.hyper,
                f"hypo={rule.hypo}, hyper={rule.hyper}, expected 0 <= hypo <= hyper",
            )
        case AbilityChange():
            yield rule.least > 0.0, f"least={rule.least}, expected more than 0 logits"
            yield rule.steps >= 1, f"steps={rule.steps}, expected 1 or more"
        case ConfidenceInterval():
            yield from _about_cuts(rule.cuts)
            yield 0.0 < rule.level < 1.0, f"level={rule.level}, expected between 0 and 1"
        case Sprt() | Glr():
            yield from _about_cuts(rule.cuts)
            yield rule.delta > 0.0, f"delta={rule.delta}, expected more than 0 logits"
            yield (
                rule.alpha > 0.0 and rule.beta > 0.0 and rule.alpha + rule.beta < 1.0,
                f"alpha={rule.alpha}, beta={rule.beta}, expected above 0 with a sum below 1",
            )
            if isinstance(rule, Glr):
                yield rule.low < rule.high, f"low={rule.low}, high={rule.high}, expected low < high"
        case BandRisk():
            yield 0.0 <= rule.risk < 0.5, f"risk={rule.risk}, expected 0 to below .5"
            if rule.axis is not None:
                yield from about_axis(rule.axis)


def about_axis(axis: Axis) -> Iterator[tuple[bool, str]]:
    """What must hold of an axis, each with what to say where it does not."""
    yield from _about_cuts(axis.cuts)
    names = [one.dimension for one in axis.contributions]
    yield bool(names), "the axis has no contribution; name the dimensions that it counts"
    yield len(set(names)) == len(names), f"dimensions {names} of the axis repeat; add them up"
    numbers = (axis.rest_mean, axis.rest_sd)
    yield (
        all(map(math.isfinite, numbers)) and axis.rest_sd >= 0.0,
        f"rest_mean={axis.rest_mean}, rest_sd={axis.rest_sd}, expected finite and sd >= 0",
    )
    for one in axis.contributions:
        if isinstance(one, Levels):
            yield from _about_cuts(one.cuts)
            rising = all(low <= high for low, high in pairwise(one.added))
            yield (
                rising and len(one.added) == len(one.cuts) + 1,
                f"points {one.added} of {one.dimension!r}, expected {len(one.cuts) + 1} that do "
                "not descend",
            )
        else:
            yield one.slope > 0.0, f"slope={one.slope} of {one.dimension!r}, expected above 0"


def _about_cuts(cuts: tuple[float, ...]) -> Iterator[tuple[bool, str]]:
    ascending = all(low < high for low, high in pairwise(cuts))
    yield (
        bool(cuts) and all(map(math.isfinite, cuts)) and ascending,
        f"cuts {cuts}, expected finite ascending values",
    )
