"""Item eligibility by ability segment: learned from all sittings, drawn when one opens.

A finished sitting counts in the segment where its ability estimate ended. When a sitting opens, an
item is withheld from a segment with the probability that keeps its rate there at the ceiling.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assessment_engine.exposure.draw import uniforms
from assessment_engine.exposure.segments import about_cuts, segments_in_play
from assessment_engine.irt import FloatArray

LIFTED = "eligibility_lifted"
"""Note of an offer for which all withheld items were allowed, as no other could be given."""


@dataclass(frozen=True, slots=True)
class ItemEligibility:
    """Ceiling and segments of control by item eligibility.

    ``r_max`` is the largest exposure rate wanted within each segment, ``cuts`` part the segments
    (logits), ``fading`` is what a sitting's weight shrinks by with each later one of its segment.
    ``acceleration`` is the power by which a rate above ``r_max`` is answered: at 1 the published
    update of 2004, whose rates go on to wander about the ceiling by chance; the more, the closer
    they keep to it. An item withheld from any segment with more than ``least_mass`` of the
    posterior is not offered, so that first items, given before the ability is known, count where
    the sitting will end.
    """

    r_max: float = 0.25
    cuts: tuple[float, ...] = (-1.5, -0.5, 0.5, 1.5)
    fading: float = 0.999
    acceleration: float = 16.0
    least_mass: float = 0.03


def about_eligibility(config: ItemEligibility) -> Iterator[tuple[bool, str]]:
    """What must hold for the configuration, each with what to say where it does not."""
    yield from about_cuts(config.cuts)
    yield 0.0 < config.r_max <= 1.0, f"r_max={config.r_max}, expected more than 0, at most 1"
    yield 0.0 < config.fading <= 1.0, f"fading={config.fading}, expected more than 0, at most 1"
    yield (
        1.0 <= config.acceleration < np.inf,
        f"acceleration={config.acceleration}, expected a number of 1 or more",
    )
    yield (
        0.0 <= config.least_mass <= 1.0,
        f"least_mass={config.least_mass}, expected a probability",
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished sitting tells of exposure.

    ``segments`` holds, for each dimension measured, the segment where its estimate ended;
    ``administered`` the items offered; ``withheld`` the items drawn ineligible, a set a segment;
    ``lifted`` the segments in which no restriction was in force (the draw could not meet the
    blueprint, or an offer had to lift it); ``excluded`` the items that this person could not be
    offered at all.
    """

    segments: Mapping[str, int]
    administered: frozenset[str]
    withheld: tuple[frozenset[str], ...]
    lifted: frozenset[int] = frozenset()
    excluded: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class EligibilityCounts:
    """Faded counts of sittings by item and segment, each ``(n_items, n_segments)``.

    ``sittings`` ended in the segment; in ``feasible`` the restrictions were in force; in
    ``eligible`` the item could be offered, restrictions not in force included; in ``administered``
    it was.
    """

    items: tuple[str, ...]
    dimensions: tuple[str, ...]
    sittings: FloatArray
    feasible: FloatArray
    eligible: FloatArray
    administered: FloatArray

    @classmethod
    def none(
        cls, items: Sequence[str], dimensions: Sequence[str], n_segments: int
    ) -> "EligibilityCounts":
        """No sitting yet; ``dimensions`` holds that of each item."""
        shape = (len(items), n_segments)
        zeros = [np.zeros(shape) for _ in range(4)]
        return cls(tuple(items), tuple(dimensions), *zeros)

    def after(self, outcomes: Iterable[Outcome], fading: float) -> "EligibilityCounts":
        """The counts after further sittings, in the order in which they finished."""
        counts = replace(
            self,
            sittings=self.sittings.copy(),
            feasible=self.feasible.copy(),
            eligible=self.eligible.copy(),
            administered=self.administered.copy(),
        )
        row = {item: i for i, item in enumerate(self.items)}
        of_dimension = {
            name: np.array([i for i, one in enumerate(self.dimensions) if one == name])
            for name in set(self.dimensions)
        }
        for outcome in outcomes:
            for dimension, segment in sorted(outcome.segments.items()):
                if dimension in of_dimension:
                    counts._add(outcome, of_dimension[dimension], segment, fading, row)
        return counts

    def _add(
        self,
        outcome: Outcome,
        rows: NDArray[np.intp],
        segment: int,
        fading: float,
        row: Mapping[str, int],
    ) -> None:
        in_force = segment not in outcome.lifted
        eligible = np.ones(len(self.items))
        held = outcome.withheld[segment] if in_force and outcome.withheld else frozenset()
        eligible[[row[item] for item in held | outcome.excluded if item in row]] = 0.0
        given = np.zeros(len(self.items))
        given[[row[item] for item in outcome.administered if item in row]] = 1.0
        for array, values in (
            (self.sittings, np.ones(len(self.items))),
            (self.feasible, np.full(len(self.items), float(in_force))),
            (self.eligible, eligible),
            (self.administered, given),
        ):
            array[rows, segment] = fading * array[rows, segment] + values[rows]


def eligibility_probabilities(counts: EligibilityCounts, config: ItemEligibility) -> FloatArray:
    """Probability that each item is eligible in each segment, ``(n_items, n_segments)``.

    With A the event that the item is given, E that it is eligible, F that the restrictions are in
    force, all within a segment: ``P(E) <= 1 - 1 / P(F) + r_max P(E or not F) / (P(A) P(F))``, at
    most 1; and 1 for an item that was never given. Where the rate P(A) exceeds ``r_max``,
    ``r_max / P(A)`` is raised to the power ``acceleration``.

    Parameters
    ----------
    counts : EligibilityCounts
    config : ItemEligibility

    References
    ----------
    van der Linden & Veldkamp (2004), doi:10.3102/10769986029003273; (2007),
    doi:10.3102/1076998606298040; fading and acceleration: van der Linden & Choi (2020),
    doi:10.1111/jedm.12254
    """
    sittings = np.maximum(counts.sittings, np.finfo(np.float64).tiny)
    rate = counts.administered / sittings
    ratio = config.r_max / np.where(rate > 0.0, rate, 1.0)
    ratio = np.where(ratio < 1.0, ratio**config.acceleration, ratio)
    in_force = counts.feasible / sittings
    divisor = np.where(in_force > 0.0, in_force, 1.0)
    bound = 1.0 - 1.0 / divisor + ratio * (counts.eligible / sittings) / divisor
    unknown = (rate == 0.0) | (in_force == 0.0)
    probabilities: FloatArray = np.where(unknown, 1.0, np.clip(bound, 0.0, 1.0))
    return probabilities


def draw_withheld(
    items: Sequence[str], probabilities: FloatArray, seed: int
) -> tuple[frozenset[str], ...]:
    """Draw the items that a sitting withholds, a set a segment.

    One number an item decides in all segments, so that an item withheld where it is less exposed is
    withheld too where it is more exposed.

    Parameters
    ----------
    items : sequence of str
        Ids in ascending order, those of the rows of ``probabilities``.
    probabilities : array of shape (n_items, n_segments)
        Of :func:`eligibility_probabilities`.
    seed : int
        The sitting's.
    """
    chance = uniforms(seed, 0, "eligible", len(items))
    held = chance[:, np.newaxis] >= probabilities
    return tuple(
        frozenset(items[i] for i in np.flatnonzero(held[:, k]).tolist())
        for k in range(held.shape[1])
    )


def withheld_now(
    withheld: Sequence[Iterable[str]],
    config: ItemEligibility,
    theta: float,
    masses: Sequence[float],
) -> frozenset[str]:
    """The items that a step may not offer, given where the ability may end.

    Parameters
    ----------
    withheld : sequence of iterable of str, one a segment
        As written into the sitting's first event; empty where nothing was drawn.
    config : ItemEligibility
    theta : float
        Present estimate, logits.
    masses : sequence of float, one a segment
        ``Posterior.prob_between(config.cuts)``.
    """
    if not withheld:
        return frozenset()
    play = segments_in_play(theta, masses, config.cuts, config.least_mass)
    return frozenset().union(*(withheld[k] for k in play))
