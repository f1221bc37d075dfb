"""One section of one dimension for many simulees: estimate, stop, choose, answer; compiled."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assessment_engine.irt import FloatArray
from assessment_engine.simulation.compiled import compiled, compiled_sums
from assessment_engine.simulation.curves import information_at, probabilities_at
from assessment_engine.simulation.keyed_hash import LONGEST, block_of, text_of

LENGTH, PRECISION, EXHAUSTED = 0, 1, 2
REASONS = ("length", "se", "exhausted")
ANSWERS, ITEM = text_of("answers"), text_of("item")
PER_BLOCK = 8  # draws that one hash gives
DECIMALS = 1e10  # of selection.TIE_DECIMALS


class Test(NamedTuple):
    """A section as the compiled loop takes it, for ``n_items`` items on ``n_points`` nodes.

    ``table`` is ``(n_items, n_categories, n_points)``; ``prior`` ``(n_points,)``, with the weights
    of the trapezoidal rule; the rest as ``Curves`` and ``Ranking`` have it. ``rows`` are the items'
    rows in the pool.
    """

    family: npt.NDArray[np.int64]
    width: npt.NDArray[np.int64]
    slope: FloatArray
    place: FloatArray
    table: FloatArray
    grid: FloatArray
    prior: FloatArray
    low: float
    cell: float
    order: npt.NDArray[np.int32]
    bound: FloatArray
    rows: npt.NDArray[np.int64]
    min_items: int
    max_items: int
    se_target: float
    randomesque: int


class Found(NamedTuple):
    """What the loop writes, a row a simulee; ``length`` counts the items of all sections so far."""

    given: npt.NDArray[np.int32]
    category: npt.NDArray[np.int8]
    length: npt.NDArray[np.int64]
    estimate: FloatArray
    se: FloatArray
    reason: npt.NDArray[np.int64]


@compiled_sums
def _weigh(mass: FloatArray, curve: FloatArray, scale: float) -> None:
    for g in range(mass.size):
        mass[g] *= curve[g] * scale


@compiled_sums
def _moments(mass: FloatArray, grid: FloatArray) -> tuple[float, float, float]:
    total, first, second = 0.0, 0.0, 0.0
    for g in range(mass.size):
        weighted = mass[g] * grid[g]
        total += mass[g]
        first += weighted
        second += weighted * grid[g]
    return total, first, second


@compiled
def _best(
    test: Test,
    theta: float,
    used: npt.NDArray[np.bool_],
    places: npt.NDArray[np.int64],
    keys: FloatArray,
    p: FloatArray,
) -> int:
    """Write the places of the best unused items, best first, and return how many there are."""
    at = min(max(int((theta - test.low) / test.cell), 0), test.order.shape[0] - 1)
    order, bound = test.order[at], test.bound[at]
    kept, most = 0, places.size
    for rank in range(order.size):
        if kept == most and np.ceil(bound[rank] * DECIMALS) < keys[kept - 1]:
            break
        item = order[rank]
        if used[item]:
            continue
        value = information_at(
            theta, test.family[item], test.width[item], test.slope[item], test.place[item], p
        )
        key = np.rint(value * DECIMALS)
        spot = kept
        while spot > 0 and (
            keys[spot - 1] < key or (keys[spot - 1] == key and places[spot - 1] > item)
        ):
            spot -= 1
        if spot == most:
            continue
        kept = min(kept + 1, most)
        for k in range(kept - 1, spot, -1):
            keys[k], places[k] = keys[k - 1], places[k - 1]
        keys[spot], places[spot] = key, item
    return kept


@compiled
def _pick(
    kept: int,
    seed: np.uint64,
    position: int,
    text: npt.NDArray[np.uint8],
    work: npt.NDArray[np.uint64],
) -> np.int64:
    """Draw one of the ``kept`` best, as ``exposure.randomesque`` does."""
    if kept == 1:
        return np.int64(0)
    block_of(seed, position, ITEM, 0, text, work)
    return np.int64(work[0] % np.uint64(kept))


@compiled
def _answer(test: Test, item: int, theta: float, number: np.uint64, p: FloatArray) -> int:
    """The category that a 64-bit draw decides."""
    width = int(test.width[item])
    probabilities_at(theta, test.family[item], width, test.slope[item], test.place[item], p)
    chance = float(number >> np.uint64(11)) * 2.0**-53
    total = 0.0
    for k in range(width - 1):
        total += p[k]
        if chance < total:
            return k
    return width - 1


@compiled
def sit(
    test: Test,
    theta: FloatArray,
    seeds: npt.NDArray[np.uint64],
    found: Found,
    first: int,
    last: int,
) -> None:
    """Let simulees ``first`` to ``last - 1`` sit the section; ``theta`` (n,), logits."""
    n_items, n_points = test.family.size, test.grid.size
    used = np.empty(n_items, dtype=np.bool_)
    mass = np.empty(n_points)
    p = np.empty(test.slope.shape[1])
    places = np.empty(max(test.randomesque, 1), dtype=np.int64)
    keys = np.empty(places.size)
    text = np.empty(LONGEST, dtype=np.uint8)
    work, answers = np.empty(40, dtype=np.uint64), np.empty(40, dtype=np.uint64)
    for person in range(first, last):
        used[:] = False
        mass[:] = test.prior
        begun = found.length[person]
        taken, reason = 0, LENGTH
        total, moment, square = _moments(mass, test.grid)
        while True:
            mean = moment / total
            sd = np.sqrt(max(square / total - mean * mean, 0.0))
            if taken >= test.max_items:
                break
            if taken and taken >= test.min_items and sd <= test.se_target:
                reason = PRECISION
                break
            kept = _best(test, mean, used, places, keys, p)
            if kept == 0:
                reason = EXHAUSTED
                break
            at = begun + taken
            item = places[_pick(kept, seeds[person], at + 1, text, work)]
            used[item] = True
            if taken == 0 or at % PER_BLOCK == 0:
                block_of(seeds[person], 0, ANSWERS, at // PER_BLOCK, text, answers)
            category = _answer(test, item, theta[person], answers[at % PER_BLOCK], p)
            found.given[person, at] = test.rows[item]
            found.category[person, at] = category
            _weigh(mass, test.table[item, category], 1.0 / total)
            total, moment, square = _moments(mass, test.grid)
            taken += 1
        found.length[person] = begun + taken
        if taken:
            found.estimate[person] = mean
            found.se[person] = sd
            found.reason[person] = reason
        elif reason == EXHAUSTED:
            found.reason[person] = -1
