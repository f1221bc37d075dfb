"""Job person match and rating of potential: exact distributions from the level probabilities.

Both are sums over dimensions of a function of the level, and levels of different dimensions are
independent given the log. So the joint distribution of the two sums is a convolution over
dimensions on a lattice of whole numbers: no sampling, and no rounding at the limits between
categories.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from assessment_engine.errors import PolicyError
from assessment_engine.irt import FloatArray, IntArray
from assessment_engine.policy import HIGHEST_LEVEL, Aspect, Category, PlacementPolicy
from assessment_engine.records import DimensionResult, Profile

INTERVAL = 0.90
POINTS_A_LEVEL = Fraction(100, HIGHEST_LEVEL)


@dataclass(frozen=True, slots=True)
class CompetencyGap:
    """One competency against its required level; None where it was not measured."""

    dimension: str
    required: int
    level: int | None
    probability_met: float | None


@dataclass(frozen=True, slots=True)
class PersonJobMatch:
    """Job person match of 0-100 with its uncertainty.

    None and empty while competencies are missing. ``interval`` is the central 90 %; ``filling``
    and ``mapping`` give the probability of each category.
    """

    job_class: str
    mean: float | None
    sd: float | None
    interval: tuple[float, float] | None
    filling: Mapping[str, float]
    mapping: Mapping[str, float]
    gaps: tuple[CompetencyGap, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AspectResult:
    """One aspect of potential, 1-5; None while something is missing."""

    code: str
    rating: float | None
    sd: float | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PotentialResult:
    """The aspects' sum as a percentage of its greatest value.

    None and empty while aspects are missing. ``interval`` is the central 90 %; ``categories``
    gives the probability of each.
    """

    mean: float | None
    sd: float | None
    interval: tuple[float, float] | None
    categories: Mapping[str, float]
    aspects: tuple[AspectResult, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """Every pair of sums that the measured levels can give, with its probability.

    ``match`` is the sum of min(level, required); ``rating`` the sum of the aspects' ratings times
    ``scale``, over the measured part. The ``missing_`` pairs hold the least and the greatest that
    the rest may add.
    """

    match: IntArray
    rating: IntArray
    probability: FloatArray
    required_total: int
    scale: int
    missing_match: tuple[int, int]
    missing_rating: tuple[int, int]


def jpm(levels: Mapping[str, int], required: Mapping[str, int]) -> float:
    """Job person match of certain levels: ``100 sum(min(level, required)) / sum(required)``.

    Parameters
    ----------
    levels : mapping of competency to level
        May hold more competencies than are required.
    required : mapping of competency to level

    Raises
    ------
    PolicyError
        If a required competency has no level: a missing level is not a low one.
    """
    missing = sorted(set(required) - set(levels))
    if missing or not required:
        raise PolicyError(f"levels lack {missing} of the required {sorted(required)}")
    got = sum(min(levels[dimension], level) for dimension, level in required.items())
    return 100.0 * got / sum(required.values())


def person_job_match(policy: PlacementPolicy, profile: Profile, job_class: str) -> PersonJobMatch:
    """Distribution of the job person match against a job class's standard.

    Raises
    ------
    PolicyError
        If the policy has no standard for ``job_class``.
    """
    return match_of(policy, profile, job_class, outcomes(policy, profile, job_class))


def match_of(
    policy: PlacementPolicy, profile: Profile, job_class: str, measured: Outcomes
) -> PersonJobMatch:
    """As :func:`person_job_match`, from outcomes at hand."""
    required = policy.required(job_class)
    gaps = tuple(_gap(profile, name, level) for name, level in required.items())
    missing = tuple(gap.dimension for gap in gaps if gap.level is None)
    if missing:
        return PersonJobMatch(job_class, None, None, None, {}, {}, gaps, missing)
    coefficient = Fraction(100, measured.required_total)
    mean, sd, interval = summarise(measured.match, measured.probability, coefficient, Fraction(0))
    filling = _shares(policy.jpm_filling, measured.match, measured.probability, coefficient)
    mapping = _shares(policy.jpm_mapping, measured.match, measured.probability, coefficient)
    return PersonJobMatch(job_class, mean, sd, interval, filling, mapping, gaps, ())


def potential(
    policy: PlacementPolicy, profile: Profile, scores: Mapping[str, float]
) -> PotentialResult:
    """Distribution of the rating of potential.

    Parameters
    ----------
    policy : PlacementPolicy
    profile : Profile
    scores : mapping of code to score of 0-100
        Of aspects without dimensions, 20 points a level; absent is missing.

    Raises
    ------
    PolicyError
        If a score lies outside 20-100.
    """
    return potential_of(policy, profile, scores, outcomes(policy, profile, None))


def potential_of(
    policy: PlacementPolicy, profile: Profile, scores: Mapping[str, float], measured: Outcomes
) -> PotentialResult:
    """As :func:`potential`, from outcomes at hand."""
    aspects = tuple(_aspect(profile, scores, aspect) for aspect in policy.aspects)
    missing = tuple(aspect.code for aspect in aspects if aspect.missing)
    if missing or not aspects:
        return PotentialResult(None, None, None, {}, aspects, missing)
    coefficient = POINTS_A_LEVEL / (len(aspects) * measured.scale)
    constant = recorded_rating(policy, scores)[0] * POINTS_A_LEVEL / len(aspects)
    rating, probability = measured.rating, measured.probability
    mean, sd, interval = summarise(rating, probability, coefficient, constant)
    shares = _shares(policy.potential_categories, rating, probability, coefficient, constant)
    return PotentialResult(mean, sd, interval, shares, aspects, ())


def recorded_rating(
    policy: PlacementPolicy, scores: Mapping[str, float]
) -> tuple[Fraction, Fraction]:
    """Least and greatest sum of the ratings that come from records; equal when none is missing."""
    low = high = Fraction(0)
    for aspect in policy.aspects:
        if aspect.dimensions:
            continue
        if aspect.code in scores:
            rating = _recorded(aspect, scores)
            low, high = low + rating, high + rating
        else:
            low, high = low + 1, high + HIGHEST_LEVEL
    return low, high


def exact(number: float) -> Fraction:
    """The fraction of denominator up to a million nearest to a number: 33.3333333 is 100/3."""
    return Fraction(number).limit_denominator(1_000_000)


def outcomes(policy: PlacementPolicy, profile: Profile, job_class: str | None) -> Outcomes:
    """Convolve the measured dimensions' contributions; without a job class, to potential only."""
    required = {} if job_class is None else policy.required(job_class)
    measured = [aspect for aspect in policy.aspects if aspect.dimensions]
    scale = math.lcm(*(len(aspect.dimensions) for aspect in measured))
    share: dict[str, int] = {}
    for aspect in measured:
        for dimension in aspect.dimensions:
            share[dimension] = share.get(dimension, 0) + scale // len(aspect.dimensions)
    names = sorted(set(required) | set(share))
    table = np.ones((1, 1))
    least, most = [0, 0], [0, 0]
    for name in names:
        steps = [
            (min(level, required.get(name, 0)), share.get(name, 0) * level)
            for level in range(1, HIGHEST_LEVEL + 1)
        ]
        if name in profile.dimensions:
            table = _convolve(table, steps, _levels(profile.dimensions[name]))
        else:
            least = [a + b for a, b in zip(least, steps[0], strict=True)]
            most = [a + b for a, b in zip(most, steps[-1], strict=True)]
    match, rating = np.nonzero(table)
    return Outcomes(
        match.astype(np.int64),
        rating.astype(np.int64),
        table[match, rating],
        sum(required.values()),
        scale,
        (least[0], most[0]),
        (least[1], most[1]),
    )


def summarise(
    value: IntArray, probability: FloatArray, coefficient: Fraction, constant: Fraction
) -> tuple[float, float, tuple[float, float]]:
    """Mean, standard deviation and central 90 % of ``coefficient * value + constant``."""
    scaled = value * float(coefficient) + float(constant)
    mean = float(scaled @ probability)
    sd = math.sqrt(max(float((scaled - mean) ** 2 @ probability), 0.0))
    order = np.argsort(scaled, kind="stable")
    cumulative = np.cumsum(probability[order])
    tail = 0.5 * (1.0 - INTERVAL)
    last = len(order) - 1
    ends = [min(int(np.searchsorted(cumulative, q)), last) for q in (tail, 1.0 - tail)]
    return mean, sd, (float(scaled[order[ends[0]]]), float(scaled[order[ends[1]]]))


def _convolve(table: FloatArray, steps: list[tuple[int, int]], levels: FloatArray) -> FloatArray:
    rows, columns = table.shape
    result = np.zeros((rows + steps[-1][0], columns + steps[-1][1]))
    for (down, right), probability in zip(steps, levels, strict=True):
        result[down : down + rows, right : right + columns] += probability * table
    return result


def _levels(result: DimensionResult) -> FloatArray:
    levels = np.array(result.level_probabilities)
    if levels.shape != (HIGHEST_LEVEL,) or (levels < 0).any() or abs(levels.sum() - 1.0) > 1e-6:
        raise PolicyError(
            f"level probabilities of {result.dimension!r} are {result.level_probabilities}, "
            f"expected {HIGHEST_LEVEL} that add up to 1"
        )
    shares: FloatArray = levels / levels.sum()
    return shares


def _gap(profile: Profile, dimension: str, required: int) -> CompetencyGap:
    result = profile.dimensions.get(dimension)
    if result is None:
        return CompetencyGap(dimension, required, None, None)
    met = float(_levels(result)[required - 1 :].sum())
    return CompetencyGap(dimension, required, result.level, met)


def _aspect(profile: Profile, scores: Mapping[str, float], aspect: Aspect) -> AspectResult:
    if not aspect.dimensions:
        if aspect.code not in scores:
            return AspectResult(aspect.code, None, None, (aspect.code,))
        return AspectResult(aspect.code, float(_recorded(aspect, scores)), 0.0, ())
    missing = tuple(name for name in aspect.dimensions if name not in profile.dimensions)
    if missing:
        return AspectResult(aspect.code, None, None, missing)
    level = np.arange(1.0, HIGHEST_LEVEL + 1.0)
    shares = [_levels(profile.dimensions[name]) for name in aspect.dimensions]
    means = [float(level @ share) for share in shares]
    variances = [
        float((level - mean) ** 2 @ share) for mean, share in zip(means, shares, strict=True)
    ]
    n = len(shares)
    return AspectResult(aspect.code, sum(means) / n, math.sqrt(sum(variances)) / n, ())


def _recorded(aspect: Aspect, scores: Mapping[str, float]) -> Fraction:
    score = exact(scores[aspect.code])
    if not POINTS_A_LEVEL <= score <= 100:
        raise PolicyError(
            f"aspect {aspect.code!r} has score {scores[aspect.code]}, expected "
            f"{POINTS_A_LEVEL} to 100, {POINTS_A_LEVEL} points a level"
        )
    return score / POINTS_A_LEVEL


def reaches(
    value: IntArray, coefficient: Fraction, constant: Fraction, limit: float
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Whether ``coefficient * value + constant`` is at least ``limit``, in exact arithmetic."""
    if coefficient == 0:
        return np.full(value.shape, constant >= exact(limit))
    least = math.ceil((exact(limit) - constant) / coefficient)
    return value >= least


def _shares(
    categories: tuple[Category, ...],
    value: IntArray,
    probability: FloatArray,
    coefficient: Fraction,
    constant: Fraction = Fraction(0),
) -> dict[str, float]:
    """Probability of each category of a 0-100 scale."""
    above = [
        float(probability[reaches(value, coefficient, constant, one.minimum)].sum())
        for one in categories
    ]
    upper = [*above[1:], 0.0]
    return {one.code: low - high for one, low, high in zip(categories, above, upper, strict=True)}
