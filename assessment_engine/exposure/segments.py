"""Segments of the ability scale, within which exposure is controlled."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import isfinite


def segment_of(theta: float, cuts: Sequence[float]) -> int:
    """Index of the segment that holds an ability; a cut belongs to the segment above it."""
    return bisect_right(cuts, theta)


def segments_in_play(
    theta: float, masses: Sequence[float], cuts: Sequence[float], least_mass: float
) -> tuple[int, ...]:
    """Segments that the ability may well end in: that of the estimate, and the probable ones.

    Parameters
    ----------
    theta : float
        Present estimate, logits.
    masses : sequence of float, ``(len(cuts) + 1,)``
        Posterior probability of each segment (``Posterior.prob_between(cuts)``).
    cuts : sequence of float
        Ascending, logits.
    least_mass : float
        A segment with more than this posterior probability is in play.
    """
    here = segment_of(theta, cuts)
    return tuple(k for k, mass in enumerate(masses) if k == here or mass > least_mass)


def about_cuts(cuts: Sequence[float]) -> Iterator[tuple[bool, str]]:
    """What must hold for cuts between segments, each with what to say where it does not."""
    yield all(map(isfinite, cuts)), f"cuts {tuple(cuts)} must be finite numbers, logits"
    ascending = all(low < high for low, high in pairwise(cuts))
    yield ascending, f"cuts {tuple(cuts)} must ascend strictly"
