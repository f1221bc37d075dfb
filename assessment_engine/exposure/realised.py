"""How exposure control came out over the finished sittings of an assessment."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assessment_engine.exposure.item_eligibility import Outcome
from assessment_engine.exposure.overlap import pairwise_overlap

MOST_COMPARED = 1000


@dataclass(frozen=True, slots=True)
class ItemExposure:
    """Exposure of one item.

    Attributes
    ----------
    item, dimension : str
    rate : float
        Share of the sittings in which it was offered.
    highest : float or None
        Largest such share within a segment of ability; None where no segment has enough sittings.
    withheld : float
        Share of the sittings that ended in a segment for which the item had been drawn ineligible.
    """

    item: str
    dimension: str
    rate: float
    highest: float | None
    withheld: float


@dataclass(frozen=True, slots=True)
class RealisedExposure:
    """Exposure over finished sittings.

    Attributes
    ----------
    n_sittings : int
    mean_length : float
        Items offered in a sitting.
    items : tuple of ItemExposure
        The most exposed first, then by id.
    overlap : float or None
        Mean over pairs of sittings of the share of items in common; None below two sittings.
    n_compared : int
        Sittings among which ``overlap`` was taken: the last ones.
    lifted : int
        Sittings that ended where restrictions could not be kept.
    """

    n_sittings: int
    mean_length: float
    items: tuple[ItemExposure, ...]
    overlap: float | None
    n_compared: int
    lifted: int

    @property
    def unused(self) -> int:
        """Items that no sitting was offered."""
        return sum(one.rate == 0.0 for one in self.items)


def realised_exposure(
    dimensions: Mapping[str, str],
    outcomes: Sequence[Outcome],
    most_compared: int = MOST_COMPARED,
    least_in_segment: int = 1,
) -> RealisedExposure:
    """Rates, overlap and what was withheld, from what finished sittings tell.

    Parameters
    ----------
    dimensions : mapping of item to dimension
        The items that may be offered for a score.
    outcomes : sequence of Outcome
        In the order in which the sittings finished.
    most_compared : int
        Sittings compared in pairs, at most: time grows with the square of their number.
    least_in_segment : int
        Segments in which fewer sittings ended are left out of ``highest``.
    """
    offered, withheld = Counter[str](), Counter[str]()
    offered_in, ended_in = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
    lifted = 0
    for outcome in outcomes:
        given = outcome.administered & dimensions.keys()
        offered.update(given)
        offered_in.update((item, outcome.segments[dimensions[item]]) for item in given)
        ended_in.update(outcome.segments.items())
        lifted += any(segment in outcome.lifted for segment in outcome.segments.values())
        withheld.update(_withheld(dimensions, outcome))
    n = len(outcomes)
    items = [
        ItemExposure(
            item,
            dimension,
            rate=offered[item] / n if n else 0.0,
            highest=max(
                (
                    offered_in[item, segment] / count
                    for (name, segment), count in ended_in.items()
                    if name == dimension and count >= least_in_segment
                ),
                default=None,
            ),
            withheld=withheld[item] / n if n else 0.0,
        )
        for item, dimension in dimensions.items()
    ]
    tests = [one.administered & dimensions.keys() for one in outcomes]
    compared = [test for test in tests[-most_compared:] if test]
    return RealisedExposure(
        n_sittings=n,
        mean_length=sum(map(len, tests)) / n if n else 0.0,
        items=tuple(sorted(items, key=lambda one: (-one.rate, one.item))),
        overlap=pairwise_overlap(compared) if len(compared) > 1 else None,
        n_compared=len(compared),
        lifted=lifted,
    )


def _withheld(dimensions: Mapping[str, str], outcome: Outcome) -> set[str]:
    """Items drawn ineligible for the segment of their dimension in which the sitting ended."""
    found: set[str] = set()
    for segment in set(outcome.segments.values()):
        if segment < len(outcome.withheld) and segment not in outcome.lifted:
            here = {name for name, ended in outcome.segments.items() if ended == segment}
            found.update(item for item in outcome.withheld[segment] if dimensions.get(item) in here)
    return found
