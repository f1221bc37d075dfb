"""The nine boxes: two axes of 100 points, and the probability of each box.

A component that was not assessed is missing, never 0: the placement is then provisional, and says
which boxes are still possible.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from assessment_engine.errors import PolicyError
from assessment_engine.irt import IntArray
from assessment_engine.matching import (
    POINTS_A_LEVEL,
    Outcomes,
    PersonJobMatch,
    PotentialResult,
    exact,
    match_of,
    outcomes,
    potential_of,
    reaches,
    recorded_rating,
    summarise,
)
from assessment_engine.policy import Component, PlacementPolicy, Source
from assessment_engine.records import Profile

BANDS = (0, 1, 2)


@dataclass(frozen=True, slots=True)
class ComponentResult:
    """One component of an axis, 0-100.

    ``value`` and ``sd`` are None while something is missing; ``missing`` names it (the component
    itself, or dimensions and aspects); ``low`` and ``high`` bound the expected value.
    """

    code: str
    weight: float
    source: Source
    value: float | None
    sd: float | None
    low: float
    high: float
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AxisResult:
    """One axis, 0-100.

    ``total`` (expected), ``sd`` and ``interval`` (central 90 %) are None while a component is
    missing; ``low`` and ``high`` are the expected totals that missing components still allow;
    ``bands`` gives the least and the greatest probability of the low, middle and high band, equal
    when nothing is missing.
    """

    total: float | None
    sd: float | None
    interval: tuple[float, float] | None
    low: float
    high: float
    bands: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
    components: tuple[ComponentResult, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(component.code for component in self.components if component.missing)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a person stands, how surely, and by which policy.

    ``probabilities`` (by box number) is empty while a component is missing; ``possibility`` always
    gives the least and the greatest probability of each box, and ``possible`` the boxes that are
    not ruled out. ``box`` is the most probable one (of equals the lower number), and None while the
    placement is provisional.
    """

    policy_version: str
    job_class: str
    x: AxisResult
    y: AxisResult
    probabilities: Mapping[int, float]
    possibility: Mapping[int, tuple[float, float]]
    possible: tuple[int, ...]
    box: int | None
    missing: tuple[str, ...]
    pending: bool
    match: PersonJobMatch
    potential: PotentialResult

    @property
    def provisional(self) -> bool:
        return bool(self.missing) or self.pending


@dataclass(frozen=True, slots=True, eq=False)
class _Axis:
    """A total: ``value / scale`` over the outcomes, plus what records give and leave open."""

    value: IntArray
    scale: int
    low: Fraction
    high: Fraction

    def band(self, bands: tuple[float, float], constant: Fraction) -> IntArray:
        """Band of each outcome, 0 to 2."""
        step = Fraction(1, self.scale)
        reached = [reaches(self.value, step, constant, limit) for limit in bands]
        return reached[0].astype(np.int64) + reached[1]


class _Evidence(NamedTuple):
    scores: Mapping[str, float]
    measured: Outcomes
    match: PersonJobMatch
    potential: PotentialResult


def place(
    policy: PlacementPolicy, profile: Profile, job_class: str, scores: Mapping[str, float]
) -> Placement:
    """Place a person in the nine boxes.

    Parameters
    ----------
    policy : PlacementPolicy
    profile : Profile
        Its level probabilities carry the measurement's uncertainty into the boxes, exactly; levels
        of different dimensions are independent given the log.
    job_class : str
        Whose standard the job person match compares with.
    scores : mapping of code to score of 0-100
        Components with source ``record``, and aspects without dimensions. Absent is not assessed,
        never 0. Scores are read as the nearest fraction of denominator up to a million.

    Raises
    ------
    PolicyError
        If a score is unknown or outside 0-100, or the policy has no standard for ``job_class``.
    """
    check_scores(policy, scores)
    evidence = _gather(policy, profile, job_class, scores)
    x_axis, x = _axis(policy, policy.axis_x, policy.bands_x, evidence)
    y_axis, y = _axis(policy, policy.axis_y, policy.bands_y, evidence)
    missing = x.missing + y.missing
    possibility = _boxes(policy, x_axis, y_axis, evidence.measured)
    probabilities = {} if missing else {box: low for box, (low, _) in possibility.items()}
    pending = bool(profile.pending)
    return Placement(
        policy_version=policy.version,
        job_class=job_class,
        x=x,
        y=y,
        probabilities=probabilities,
        possibility=possibility,
        possible=tuple(
            box for box, (_, high) in possibility.items() if high > policy.possible_above
        ),
        box=None if missing or pending else _modal(probabilities),
        missing=missing,
        pending=pending,
        match=evidence.match,
        potential=evidence.potential,
    )


def check_scores(policy: PlacementPolicy, scores: Mapping[str, float]) -> None:
    """Raise PolicyError unless every score belongs to the policy and lies within 0-100."""
    known = {c.code for c in (*policy.axis_x, *policy.axis_y) if c.source == "record"}
    known |= {aspect.code for aspect in policy.aspects if not aspect.dimensions}
    unknown = sorted(set(scores) - known)
    if unknown:
        raise PolicyError(
            f"scores name {unknown}, which policy {policy.version!r} takes from no record; "
            f"expected some of {sorted(known)}"
        )
    for code, score in scores.items():
        if not 0.0 <= score <= 100.0:
            raise PolicyError(
                f"score of {code!r} is {score}, expected 0 to 100; leave it out if unknown"
            )


def _gather(
    policy: PlacementPolicy, profile: Profile, job_class: str, scores: Mapping[str, float]
) -> _Evidence:
    measured = outcomes(policy, profile, job_class)
    match = match_of(policy, profile, job_class, measured)
    return _Evidence(scores, measured, match, potential_of(policy, profile, scores, measured))


def _modal(probabilities: Mapping[int, float]) -> int:
    return max(probabilities, key=lambda box: (probabilities[box], -box))


def _component(
    policy: PlacementPolicy, component: Component, evidence: _Evidence
) -> ComponentResult:
    code, weight, source = component.code, component.weight, component.source
    if source == "record":
        if code not in evidence.scores:
            return ComponentResult(code, weight, source, None, None, 0.0, 100.0, (code,))
        value = float(evidence.scores[code])
        return ComponentResult(code, weight, source, value, 0.0, value, value, ())
    measured = evidence.measured
    result, sums = (
        (evidence.match, measured.match)
        if source == "competence"
        else (evidence.potential, measured.rating)
    )
    slope, least, most = _measured(policy, source, evidence)
    expected = float(sums @ measured.probability) * float(slope)
    low, high = expected + float(least), expected + float(most)
    return ComponentResult(code, weight, source, result.mean, result.sd, low, high, result.missing)


def _measured(
    policy: PlacementPolicy, source: Source, evidence: _Evidence
) -> tuple[Fraction, Fraction, Fraction]:
    """Points for each unit of a measured sum, and the least and greatest that the rest adds."""
    measured = evidence.measured
    if source == "competence":
        slope = Fraction(100, measured.required_total)
        low, high = measured.missing_match
        return slope, low * slope, high * slope
    aspect = POINTS_A_LEVEL / len(policy.aspects)
    slope = aspect / measured.scale
    least, most = recorded_rating(policy, evidence.scores)
    low, high = measured.missing_rating
    return slope, low * slope + least * aspect, high * slope + most * aspect


def _axis(
    policy: PlacementPolicy,
    components: tuple[Component, ...],
    bands: tuple[float, float],
    evidence: _Evidence,
) -> tuple[_Axis, AxisResult]:
    total = _total(policy, components, evidence)
    parts = tuple(_component(policy, component, evidence) for component in components)
    step = Fraction(1, total.scale)
    mean, sd, interval = summarise(total.value, evidence.measured.probability, step, total.low)
    limits = _limits(total, bands, evidence.measured)
    if any(part.missing for part in parts):
        high = mean + float(total.high - total.low)
        return total, AxisResult(None, None, None, mean, high, limits, parts)
    return total, AxisResult(mean, sd, interval, mean, mean, limits, parts)


def _total(
    policy: PlacementPolicy, components: tuple[Component, ...], evidence: _Evidence
) -> _Axis:
    low = high = Fraction(0)
    slopes: dict[Source, Fraction] = {"competence": Fraction(0), "potential": Fraction(0)}
    for component in components:
        weight = exact(component.weight) / 100
        if component.source == "record":
            score = evidence.scores.get(component.code)
            low += weight * (0 if score is None else exact(score))
            high += weight * (100 if score is None else exact(score))
        else:
            slope, least, most = _measured(policy, component.source, evidence)
            slopes[component.source] += weight * slope
            low, high = low + weight * least, high + weight * most
    scale = math.lcm(*(slope.denominator for slope in slopes.values()))
    value = evidence.measured.match * int(slopes["competence"] * scale)
    value = value + evidence.measured.rating * int(slopes["potential"] * scale)
    return _Axis(value, scale, low, high)


def _limits(
    axis: _Axis, bands: tuple[float, float], measured: Outcomes
) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    """Least and greatest probability of each band."""
    low, high = axis.band(bands, axis.low), axis.band(bands, axis.high)

    def limit(band: int) -> tuple[float, float]:
        certain = (low == band) & (high == band)
        possible = (low <= band) & (band <= high)
        return _sum(measured, certain), _sum(measured, possible)

    return limit(0), limit(1), limit(2)


def _boxes(
    policy: PlacementPolicy, x: _Axis, y: _Axis, measured: Outcomes
) -> dict[int, tuple[float, float]]:
    """Least and greatest probability of each box, by ascending number."""
    x_low, x_high = x.band(policy.bands_x, x.low), x.band(policy.bands_x, x.high)
    y_low, y_high = y.band(policy.bands_y, y.low), y.band(policy.bands_y, y.high)

    def limits() -> Iterator[tuple[int, tuple[float, float]]]:
        for band_y in BANDS:
            for band_x in BANDS:
                certain = (x_low == band_x) & (x_high == band_x)
                certain &= (y_low == band_y) & (y_high == band_y)
                possible = (x_low <= band_x) & (band_x <= x_high)
                possible &= (y_low <= band_y) & (band_y <= y_high)
                yield (
                    policy.box(band_y, band_x),
                    (_sum(measured, certain), _sum(measured, possible)),
                )

    return dict(sorted(limits()))


def _sum(measured: Outcomes, chosen: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    return float(measured.probability[chosen].sum())
