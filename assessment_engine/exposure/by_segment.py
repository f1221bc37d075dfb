"""Realised exposure within segments of ability, beside the ceiling that was asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assessment_engine.exposure.item_eligibility import ItemEligibility, Outcome


@dataclass(frozen=True, slots=True)
class SegmentExposure:
    """Exposure among the sittings whose estimate of a dimension ended in one segment.

    ``low`` and ``high`` are the segment's ends, logits; ``largest`` is the rate of the item most
    used, ``above`` counts items whose rate exceeds ``r_max``, and ``lifted`` the sittings in which
    no restriction was in force there.
    """

    dimension: str
    low: float
    high: float
    sittings: int
    largest: float
    r_max: float
    above: int
    lifted: int


def exposure_by_segment(
    outcomes: Sequence[Outcome], dimensions: Mapping[str, str], config: ItemEligibility
) -> tuple[SegmentExposure, ...]:
    """Realised exposure by dimension and segment.

    Parameters
    ----------
    outcomes : sequence of Outcome
        In the order in which the sittings opened.
    dimensions : mapping of item to dimension
    config : ItemEligibility

    Returns
    -------
    tuple of SegmentExposure
        Dimensions in alphabetical order; a segment with no sitting has rates of 0.
    """
    return tuple(
        found
        for dimension in sorted({name for outcome in outcomes for name in outcome.segments})
        for found in _of_dimension(
            outcomes, dimension, [i for i, d in dimensions.items() if d == dimension], config
        )
    )


def _of_dimension(
    outcomes: Sequence[Outcome], dimension: str, items: Sequence[str], config: ItemEligibility
) -> Iterator[SegmentExposure]:
    ends = (-np.inf, *config.cuts, np.inf)
    row = {item: i for i, item in enumerate(items)}
    for segment in range(len(config.cuts) + 1):
        own = [one for one in outcomes if one.segments.get(dimension) == segment]
        given = np.zeros((len(own), len(items)), dtype=np.bool_)
        for place, outcome in enumerate(own):
            given[place, [row[item] for item in outcome.administered if item in row]] = True
        rates = given.sum(axis=0) / max(len(own), 1)
        yield SegmentExposure(
            dimension=dimension,
            low=ends[segment],
            high=ends[segment + 1],
            sittings=len(own),
            largest=float(rates.max(initial=0.0)),
            r_max=config.r_max,
            above=int((rates > config.r_max).sum()),
            lifted=sum(segment in one.lifted for one in own),
        )
