"""The Sympson-Hetter method: an item selected is given only with a probability of its own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from assessment_engine.errors import ConvergenceError, RulesError
from assessment_engine.exposure.draw import draws
from assessment_engine.exposure.segments import about_cuts
from assessment_engine.irt import FloatArray

ALL_REFUSED = "all_refused"


@dataclass(frozen=True, slots=True)
class SympsonHetter:
    """Probabilities that a selected item is given; items not named are always given.

    ``probabilities`` holds for each item one number a segment of ability (one more than ``cuts``,
    logits; no cut is one segment for all).
    """

    probabilities: Mapping[str, tuple[float, ...]] = field(hash=False)
    cuts: tuple[float, ...] = ()

    def of(self, item: str, segment: int) -> float:
        """Probability that the item, selected in a segment, is given."""
        known = self.probabilities.get(item)
        return 1.0 if known is None else known[segment]


def about_sympson_hetter(config: SympsonHetter) -> Iterator[tuple[bool, str]]:
    """What must hold for the configuration, each with what to say where it does not."""
    yield from about_cuts(config.cuts)
    expected = len(config.cuts) + 1
    for item, values in sorted(config.probabilities.items()):
        yield (
            len(values) == expected,
            f"item {item!r} has {len(values)} probabilities, expected {expected}, one a segment",
        )
        yield (
            all(0.0 < value <= 1.0 for value in values),
            f"item {item!r}: probabilities {values}, expected more than 0 and at most 1",
        )


def chance_of(item: str, seed: int) -> float:
    """The number in [0, 1) that decides an item's experiment in a sitting.

    An item refused once stays refused: one number a sitting does what setting it aside would do,
    with nothing to remember.
    """
    return float((next(draws(seed, 0, f"accept:{item}")) >> 11) * 2.0**-53)


def accept(
    candidates: Sequence[str], config: SympsonHetter, segment: int, seed: int
) -> tuple[int, str]:
    """The first candidate whose experiment succeeds.

    Parameters
    ----------
    candidates : sequence of str
        Ids, best first, at least one.
    config : SympsonHetter
    segment : int
        Where the present ability estimate lies.
    seed : int
        The sitting's.

    Returns
    -------
    tuple of int and str
        Place among the candidates, and a note: empty, or ``all_refused`` where every experiment
        failed. Then the item that failed by the least factor is taken, as if all probabilities had
        been raised together until one succeeded: the sitting goes on, and the most exposed items
        are not the ones that pay for it.

    References
    ----------
    Sympson & Hetter (1985), Proceedings of the 27th Military Testing Association, 973-977; Hetter &
    Sympson (1997), doi:10.1037/10244-014
    """
    best, least = 0, np.inf
    for place, item in enumerate(candidates):
        probability = config.of(item, segment)
        chance = chance_of(item, seed)
        if chance < probability:
            return place, ""
        if chance / probability < least:
            best, least = place, chance / probability
    return best, ALL_REFUSED


class Counted(NamedTuple):
    """Simulated sittings counted by segment of ability.

    ``sittings`` is ``(n_segments,)``, or ``(n_items, n_segments)`` where items measure several
    dimensions, so that a sitting may lie in another segment of each; ``selected`` and
    ``administered`` are ``(n_items, n_segments)``: in how many sittings the item came to its
    experiment, and was given.
    """

    sittings: FloatArray
    selected: FloatArray
    administered: FloatArray


class Part(NamedTuple):
    """A part of the test with items of its own: their rows, and the items of the longest test."""

    rows: Sequence[int]
    length: int


@dataclass(frozen=True, slots=True, eq=False)
class SympsonHetterParameters:
    """``probabilities`` ``(n_items, n_segments)`` and the largest rate of each iteration."""

    probabilities: FloatArray
    largest_rates: tuple[float, ...]

    def config(self, items: Sequence[str], cuts: tuple[float, ...] = ()) -> SympsonHetter:
        """The parameters as rules hold them; items that are always given are left out."""
        pairs = zip(items, self.probabilities.tolist(), strict=True)
        return SympsonHetter({item: tuple(row) for item, row in pairs if min(row) < 1.0}, cuts)


def sympson_hetter_parameters(
    simulate: Callable[[FloatArray, int], Counted],
    n_items: int,
    r_max: float,
    length: int | Sequence[Part],
    *,
    n_segments: int = 1,
    tolerance: float = 0.02,
    iterations: int = 40,
    progress: Callable[[int, float], object] | None = None,
) -> SympsonHetterParameters:
    """Set the probabilities by simulation, over and over, until no rate exceeds ``r_max``.

    Parameters
    ----------
    simulate : callable
        ``simulate(probabilities, iteration)`` lets simulated persons sit the test under
        probabilities ``(n_items, n_segments)`` and counts. More than one segment conditions on
        ability: persons are counted by true ability then.
    n_items : int
    r_max : float
        Largest exposure rate wanted, within each segment.
    length : int, or sequence of Part
        Items of the longest test, of each part where parts draw on items of their own. In every
        segment at least so many items of a part are always given (the largest probabilities are
        raised to 1), so that a test can be filled.
    n_segments : int
    tolerance : float
        How far above ``r_max`` the largest simulated rate may be.
    iterations : int
        At most.
    progress : callable, optional
        Told the number of each iteration, from 0, and its largest rate.

    Raises
    ------
    RulesError
        If ``r_max`` times the items of a part are fewer than its length: no control can reach it.
    ConvergenceError
        If the rates still exceed ``r_max + tolerance`` after the last iteration.

    References
    ----------
    Hetter & Sympson (1997), doi:10.1037/10244-014; conditional on ability: Stocking & Lewis (1998),
    doi:10.3102/10769986023001057
    """
    parts = (Part(range(n_items), length),) if isinstance(length, int) else tuple(length)
    for part in parts:
        most = r_max * len(part.rows)
        if not 0.0 < r_max <= 1.0 or most < part.length:
            raise RulesError(
                f"r_max={r_max} with {len(part.rows)} items gives at most {most:g} items a sitting,"
                f" but the test has {part.length}; raise r_max or add items"
            )
    probabilities = np.ones((n_items, n_segments))
    largest: list[float] = []
    for iteration in range(iterations):
        counted = simulate(probabilities, iteration)
        sittings = np.maximum(counted.sittings, 1.0)
        largest.append(float((counted.administered / sittings).max()))
        if progress is not None:
            progress(iteration, largest[-1])
        if largest[-1] <= r_max + tolerance:
            return SympsonHetterParameters(probabilities, tuple(largest))
        probabilities = _adjusted(counted.selected / sittings, r_max, parts)
    raise ConvergenceError(
        f"the largest exposure rate is {largest[-1]:.3f} after {iterations} iterations, expected "
        f"at most {r_max} + {tolerance}; simulate more persons, raise the tolerance, or add items"
    )


def _adjusted(selected: FloatArray, r_max: float, parts: Sequence[Part]) -> FloatArray:
    probabilities = np.where(selected > r_max, r_max / np.maximum(selected, r_max), 1.0)
    for part in parts:
        rows = np.array(part.rows)
        for column in probabilities.T:
            always = np.argsort(-column[rows], kind="stable")[: part.length]
            column[rows[always]] = 1.0
    return probabilities
