"""The inner loops, compiled: who may be where, and how many are expected there.

Probabilities are multiplied, not their logarithms added: that leaves no exponential in the loop.
A product is rescaled before it could underflow where it matters.
"""

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from numba import njit

FloatArray = npt.NDArray[np.float64]
Function = TypeVar("Function")

EVERY = 16  # factors after which a product is looked at
SMALL = 1e-100  # below this a product is scaled up
GONE, LOG_GONE = 1e-300, -690.0  # a node's product below this, scaled, counts as lost
FAR = 40.0  # nats by which what is left must exceed what was lost
TINY = 1e-300
NEVER = -1e300  # no logarithm is as low; fast mathematics knows no infinity
STRIDE = 8  # nodes by which a window narrows
NOTHING = 1e-16  # share of a person beyond which the window is narrowed
EDGE = 1e-12  # share of a person at the edge beyond which the window is given up


def compiled(function: Function) -> Function:
    made: Any = njit(cache=True, nogil=True, fastmath=True, error_model="numpy")(function)
    result: Function = made
    return result


def _exact(function: Function) -> Function:
    """Without fast mathematics, which knows no NaN."""
    compiled: Any = njit(cache=True, nogil=True)(function)
    result: Function = compiled
    return result


@_exact
def whole_codes(values: FloatArray, highest: int, codes: npt.NDArray[np.uint8]) -> int:
    """Write ``values`` as whole numbers from 0 to ``highest``; the first that is none, or -1."""
    for place in range(len(values)):
        value = values[place]
        if not (0 <= value <= highest and value == np.floor(value)):
            return place
        codes[place] = np.uint8(value)
    return -1


@_exact
def count_codes(
    start: npt.NDArray[np.int64],
    item: npt.NDArray[np.int32],
    code: npt.NDArray[np.uint8],
    weights: FloatArray,
    occurring: npt.NDArray[np.int64],
    weighted: FloatArray,
) -> None:
    """Count codes (n_items, n_codes), and sum the persons' weights by code."""
    for row in range(len(weights)):
        for at in range(start[row], start[row + 1]):
            occurring[item[at], code[at]] += 1
            weighted[item[at], code[at]] += weights[row]


@_exact
def code_columns(
    item: npt.NDArray[np.int32],
    code: npt.NDArray[np.uint8],
    offset: npt.NDArray[np.int64],
    column: npt.NDArray[Any],
) -> None:
    """``column`` = ``offset`` of the item + code."""
    for at in range(len(item)):
        column[at] = offset[item[at]] + code[at]


@_exact
def joint_codes(
    categories: npt.NDArray[np.int16],
    cell_of: npt.NDArray[np.int64],
    width: npt.NDArray[np.int64],
    offset: npt.NDArray[np.int64],
    codes: npt.NDArray[np.int32],
    occurs: npt.NDArray[np.bool_],
) -> None:
    """Number the joint answers to the items of a cell, missing counting as the last category.

    ``categories`` (n_persons, n_items); ``cell_of``, ``width`` (n_items,); ``offset`` (n_cells,)
    is added to each cell's numbers; ``codes`` (n_persons, n_cells) and ``occurs`` are written.
    """
    n_persons, n_items = categories.shape
    for person in range(n_persons):
        for place in range(codes.shape[1]):
            codes[person, place] = 0
        for item in range(n_items):
            category = categories[person, item]
            if category < 0:
                category = width[item] - 1
            place = cell_of[item]
            codes[person, place] = codes[person, place] * width[item] + category
        for place in range(codes.shape[1]):
            codes[person, place] += offset[place]
            occurs[codes[person, place]] = True


@compiled
def _by_logarithms(
    begin: int,
    end: int,
    cell: npt.NDArray[np.int32],
    table: FloatArray,
    own: FloatArray,
    low: int,
    posterior: FloatArray,
) -> float:
    """Write the product of ``own`` and a person's factors, scaled; the logarithm of the scale."""
    for node in range(len(posterior)):
        total = np.log(max(own[node], TINY))
        for at in range(begin, end):
            total += np.log(max(table[cell[at], low + node], TINY))
        posterior[node] = total
    largest = posterior.max()
    for node in range(len(posterior)):
        posterior[node] = np.exp(posterior[node] - largest)
    return float(largest)


@compiled
def expect_rows(  # noqa: PLR0912 - one compiled loop
    first: int,
    last: int,
    start: npt.NDArray[np.int64],
    cell: npt.NDArray[np.int32],
    weights: FloatArray,
    group: npt.NDArray[np.int32],
    window: npt.NDArray[np.int32],
    table: FloatArray,
    density: FloatArray,
    counts: FloatArray,
    mass: FloatArray,
) -> float:
    """Add the rows ``first`` to ``last`` to ``counts`` and ``mass``; their log-likelihood.

    ``cell[start[row]:start[row + 1]]`` names the rows of ``table`` (n_cells, n_nodes) that make
    one person's likelihood; ``density`` (n_groups, n_nodes) is the ability distribution. Nodes
    outside ``window[row]`` are left out: it is narrowed here, and given up where the posterior at
    its edge is not negligible. The number of nodes is a multiple of ``STRIDE``.
    """
    n_nodes = table.shape[1]
    room = np.empty(n_nodes)
    log_likelihood = 0.0
    for row in range(first, last):
        begin, end = start[row], start[row + 1]
        low, high = int(window[row, 0]), int(window[row, 1])
        while True:
            # loops from 0 over slices, a multiple of STRIDE long: those become vector instructions
            width = STRIDE * ((high - low) // STRIDE)
            posterior = room[:width]
            own = density[group[row], low:high]
            scale = 0.0
            lost = NEVER
            for node in range(width):
                posterior[node] = own[node]
            for at in range(begin, end):
                factor = table[cell[at], low:high]
                for node in range(width):
                    posterior[node] *= factor[node]
                if (at - begin) % EVERY == EVERY - 1:
                    largest = 0.0
                    for node in range(width):
                        largest = max(largest, posterior[node])
                    if largest < SMALL:
                        if largest > 0.0:
                            scale += np.log(largest)
                        for node in range(width):
                            if posterior[node] < GONE:
                                lost = scale + LOG_GONE
                            if largest > 0.0:
                                posterior[node] /= largest
            total = 0.0
            for node in range(width):
                total += posterior[node]
            if total < SMALL or (lost > NEVER and np.log(total) + scale < lost + FAR):
                # what had been lost might be more than what is left: once more, by logarithms
                scale = _by_logarithms(begin, end, cell, table, own, low, posterior)
                total = posterior.sum()
            seen_low = low == 0 or posterior[0] < EDGE * total
            seen_high = high == n_nodes or posterior[width - 1] < EDGE * total
            if seen_low and seen_high:
                break
            low, high = 0, n_nodes
        log_likelihood += weights[row] * (np.log(total) + scale)
        share = weights[row] / total
        everyone = mass[group[row], low:high]
        for node in range(width):
            posterior[node] *= share
            everyone[node] += posterior[node]
        for at in range(begin, end):
            expected = counts[cell[at], low:high]
            for node in range(width):
                expected[node] += posterior[node]
        floor = NOTHING * weights[row]
        left, right = 0, width
        # the inner node first: it is the last to vanish, and mostly settles it
        while (
            right - left > 2 * STRIDE
            and posterior[left + STRIDE - 1] < floor
            and posterior[left : left + STRIDE].max() < floor
        ):
            left += STRIDE
        while (
            right - left > 2 * STRIDE
            and posterior[right - STRIDE] < floor
            and posterior[right - STRIDE : right].max() < floor
        ):
            right -= STRIDE
        window[row, 0], window[row, 1] = low + left, low + right
    return log_likelihood


@compiled
def score_products(  # noqa: PLR0912, PLR0915 - one compiled loop
    first: int,
    last: int,
    start: npt.NDArray[np.int64],
    column: npt.NDArray[np.int32],
    weights: FloatArray,
    group: npt.NDArray[np.int32],
    same: npt.NDArray[np.bool_],
    probability: FloatArray,
    density: FloatArray,
    score: FloatArray,
    owner: npt.NDArray[np.int64],
    of_group: FloatArray,
    group_owner: npt.NDArray[np.int64],
    squares: FloatArray,
    means: FloatArray,
    widest: int,
    room: int,
) -> None:
    """Add to ``squares`` each person's posterior mean of the complete-data score's outer product,
    and to ``means`` the outer product of its posterior mean.

    ``score`` (n_columns, P, n_nodes) belongs to the parameters ``owner`` (n_columns, P; -1: none),
    ``of_group`` (n_groups, 2, n_nodes) to ``group_owner``. ``same[row]`` says that a row has the
    parameters of the row before, so that their products can be summed in one matrix product of at
    most ``room`` columns; ``widest`` is the largest number of parameters a row touches.
    """
    n_nodes = probability.shape[1]
    posterior = np.empty(n_nodes)
    spread = np.empty((room, widest))
    average = np.empty((room, widest))
    touched = np.empty(widest, np.int64)
    n_touched, filled, n_rows = 0, 0, 0
    for row in range(first, last):
        begin, end = start[row], start[row + 1]
        if filled > 0 and (not same[row] or filled + n_nodes > room):
            _flush(spread, filled, touched, n_touched, squares)
            _flush(average, n_rows, touched, n_touched, means)
            filled, n_rows = 0, 0
        if filled == 0:
            n_touched = 0
            for at in range(begin, end):
                for own in owner[column[at]]:
                    if own >= 0:
                        touched[n_touched] = own
                        n_touched += 1
            for own in group_owner[group[row]]:
                if own >= 0:
                    touched[n_touched] = own
                    n_touched += 1
        for node in range(n_nodes):
            posterior[node] = density[group[row], node]
        scale, lost = 0.0, NEVER
        for at in range(begin, end):
            factor = probability[column[at]]
            for node in range(n_nodes):
                posterior[node] *= factor[node]
            if (at - begin) % EVERY == EVERY - 1:
                largest = posterior.max()
                if largest < SMALL:
                    if largest > 0.0:
                        scale += np.log(largest)
                    if posterior.min() < GONE:
                        lost = scale + LOG_GONE
                    if largest > 0.0:
                        posterior /= largest
        total = posterior.sum()
        if total < SMALL or (lost > NEVER and np.log(total) + scale < lost + FAR):
            _by_logarithms(begin, end, column, probability, density[group[row]], 0, posterior)
            total = posterior.sum()
        posterior *= weights[row] / total
        floor = 1e-13 * weights[row]
        root = np.sqrt(weights[row])
        for place in range(n_touched):
            average[n_rows, place] = 0.0
        for node in range(n_nodes):
            if posterior[node] <= floor:
                continue
            scale = np.sqrt(posterior[node])
            place = 0
            for at in range(begin, end):
                chosen = column[at]
                for parameter in range(owner.shape[1]):
                    if owner[chosen, parameter] >= 0:
                        value = score[chosen, parameter, node]
                        spread[filled, place] = scale * value
                        average[n_rows, place] += posterior[node] / root * value
                        place += 1
            for parameter in range(group_owner.shape[1]):
                if group_owner[group[row], parameter] >= 0:
                    value = of_group[group[row], parameter, node]
                    spread[filled, place] = scale * value
                    average[n_rows, place] += posterior[node] / root * value
                    place += 1
            filled += 1
        n_rows += 1
    if filled > 0:
        _flush(spread, filled, touched, n_touched, squares)
        _flush(average, n_rows, touched, n_touched, means)


@compiled
def _flush(
    rows: FloatArray,
    n_rows: int,
    touched: npt.NDArray[np.int64],
    n_touched: int,
    onto: FloatArray,
) -> None:
    used = np.ascontiguousarray(rows[:n_rows, :n_touched])
    product = np.dot(used.T, used)
    for one in range(n_touched):
        target = onto[touched[one]]
        for other in range(n_touched):
            target[touched[other]] += product[one, other]
