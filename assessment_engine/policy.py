"""A placement policy: all that a regulation can change about the nine boxes, as one value."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from assessment_engine.errors import PolicyError

Source = Literal["competence", "potential", "record"]
HIGHEST_LEVEL = 5


@dataclass(frozen=True, slots=True)
class Component:
    """One part of an axis; ``weight`` in points of 100.

    ``competence`` is the job person match, ``potential`` the rating of the aspects, both measured;
    ``record`` is a score of 0-100 that the agency holds.
    """

    code: str
    weight: float
    source: Source


@dataclass(frozen=True, slots=True)
class Aspect:
    """One aspect of potential, rated 1-5: the mean level of its dimensions.

    Without dimensions the rating comes from records, as a score of 0-100 under the aspect's code
    (20 points a level).
    """

    code: str
    dimensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Category:
    """A named range of a 0-100 scale, from ``minimum`` up to the next category."""

    code: str
    minimum: float


@dataclass(frozen=True, slots=True)
class PlacementPolicy:
    """How results become a box, and what a box allows.

    Parameters
    ----------
    version : str
    effective_from : str
        ISO date.
    axis_x, axis_y : tuple of Component
        Potential and performance; weights add up to 100 on each.
    bands_x, bands_y : (float, float)
        Totals at which the middle and the high band begin.
    boxes : 3 x 3 tuple of int
        Box numbers, ``boxes[band_y][band_x]``, bands from low to high.
    box_names, recommendations : mapping of box number
    aspects : tuple of Aspect
        Of potential, equal weights.
    potential_categories : tuple of Category
        Of the aspects' sum as a percentage of its greatest value, ascending from 0.
    required_levels : mapping of job class to mapping of competency to level
        The job standards.
    jpm_filling, jpm_mapping : tuple of Category
        Of the job person match, ascending from 0: for filling a post, and for mapping.
    eligibility : mapping of job class to box numbers
        Boxes from which one may be promoted to the class.
    predicates : mapping of (results, behaviour) to predicate
        Of performance.
    predicate_scores : mapping of predicate to score of 0-100
    validity_years : int
        How long a result may be used.
    record_scores : mapping of component to mapping of category to score of 0-100
        For components that the agency records as categories, such as discipline.
    possible_above : float
        A box counts as still possible where its greatest probability exceeds this.

    Raises
    ------
    PolicyError
        If the parts contradict one another.
    """

    version: str
    effective_from: str
    axis_x: tuple[Component, ...]
    axis_y: tuple[Component, ...]
    bands_x: tuple[float, float]
    bands_y: tuple[float, float]
    boxes: tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]
    box_names: Mapping[int, str]
    recommendations: Mapping[int, tuple[str, ...]]
    aspects: tuple[Aspect, ...]
    potential_categories: tuple[Category, ...]
    required_levels: Mapping[str, Mapping[str, int]]
    jpm_filling: tuple[Category, ...]
    jpm_mapping: tuple[Category, ...]
    eligibility: Mapping[str, frozenset[int]]
    predicates: Mapping[tuple[str, str], str]
    predicate_scores: Mapping[str, float]
    validity_years: int
    record_scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    possible_above: float = 0.01

    def __post_init__(self) -> None:
        for holds, problem in (*_about_axes(self), *_about_tables(self), *_about_classes(self)):
            if not holds:
                raise PolicyError(f"policy {self.version!r}: {problem}")

    def box(self, band_y: int, band_x: int) -> int:
        """Number of the box at two bands, 0 (low) to 2 (high)."""
        return self.boxes[band_y][band_x]

    def required(self, job_class: str) -> Mapping[str, int]:
        """Levels that a job class requires, by competency."""
        if job_class not in self.required_levels:
            raise PolicyError(
                f"policy {self.version!r} sets no levels for job class {job_class!r}, only for "
                f"{sorted(self.required_levels)}"
            )
        return self.required_levels[job_class]


def category_of(categories: tuple[Category, ...], value: float) -> str:
    """Code of the category that holds a value."""
    return next(one.code for one in reversed(categories) if value >= one.minimum)


def performance_predicate(policy: PlacementPolicy, results: str, behaviour: str) -> str:
    """The predicate that results of work and behaviour give together.

    Raises
    ------
    PolicyError
        If the policy does not know the pair.
    """
    try:
        return policy.predicates[results, behaviour]
    except KeyError:
        known = sorted(policy.predicates)
        raise PolicyError(
            f"no predicate for results {results!r} with behaviour {behaviour!r}; expected one of "
            f"{known}"
        ) from None


def performance_score(policy: PlacementPolicy, predicate: str) -> float:
    """Score of a performance predicate, 0-100.

    Raises
    ------
    PolicyError
        If the policy does not know the predicate.
    """
    if predicate not in policy.predicate_scores:
        raise PolicyError(
            f"predicate {predicate!r} has no score; expected one of "
            f"{sorted(policy.predicate_scores)}"
        )
    return policy.predicate_scores[predicate]


def _about_axes(policy: PlacementPolicy) -> Iterator[tuple[bool, str]]:
    for name, axis, bands in (
        ("axis_x", policy.axis_x, policy.bands_x),
        ("axis_y", policy.axis_y, policy.bands_y),
    ):
        total = math.fsum(component.weight for component in axis)
        yield math.isclose(total, 100.0), f"weights of {name} add up to {total}, expected 100"
        yield all(component.weight > 0 for component in axis), f"{name}: weights must exceed 0"
        yield (
            len(bands) == 2 and 0 < bands[0] < bands[1] <= 100,
            (f"bands {bands} of {name}, expected two ascending totals within 0-100"),
        )
    codes = [component.code for component in (*policy.axis_x, *policy.axis_y)]
    codes += [aspect.code for aspect in policy.aspects if not aspect.dimensions]
    yield len(set(codes)) == len(codes), f"codes of components and recorded aspects repeat: {codes}"
    measured = [c.source for c in (*policy.axis_x, *policy.axis_y)]
    yield (
        "potential" not in measured or bool(policy.aspects),
        ("an axis counts potential, but the policy has no aspects"),
    )


def _about_tables(policy: PlacementPolicy) -> Iterator[tuple[bool, str]]:
    numbers = {number for row in policy.boxes for number in row}
    yield (
        len(numbers) == 9 and [len(row) for row in policy.boxes] == [3, 3, 3],
        (f"boxes {policy.boxes}, expected three rows of three different numbers"),
    )
    yield set(policy.box_names) == numbers, f"box_names cover {sorted(policy.box_names)}"
    yield (
        set(policy.recommendations) == numbers,
        (f"recommendations cover {sorted(policy.recommendations)}, expected {sorted(numbers)}"),
    )
    for name in ("potential_categories", "jpm_filling", "jpm_mapping"):
        minima = [one.minimum for one in getattr(policy, name)]
        ascending = all(low < high for low, high in pairwise(minima))
        yield (
            bool(minima) and minima[0] == 0 and ascending,
            (f"{name} begin at {minima}, expected ascending minima from 0"),
        )
    unscored = sorted(set(policy.predicates.values()) - set(policy.predicate_scores))
    yield not unscored, f"predicates {unscored} have no score"
    tables = (policy.predicate_scores, *policy.record_scores.values())
    scores = [score for table in tables for score in table.values()]
    yield all(0 <= score <= 100 for score in scores), f"scores {scores} must lie within 0-100"


def _about_classes(policy: PlacementPolicy) -> Iterator[tuple[bool, str]]:
    numbers = {number for row in policy.boxes for number in row}
    yield bool(policy.required_levels), "required_levels is empty; import the job standards"
    for job_class, levels in policy.required_levels.items():
        yield (
            bool(levels) and all(1 <= level <= HIGHEST_LEVEL for level in levels.values()),
            (f"levels required of {job_class!r} are {dict(levels)}, expected 1 to {HIGHEST_LEVEL}"),
        )
    for job_class, boxes in policy.eligibility.items():
        yield boxes <= numbers, f"eligibility for {job_class!r} names boxes {sorted(boxes)}"
    yield policy.validity_years > 0, f"validity_years={policy.validity_years}, expected 1 or more"
