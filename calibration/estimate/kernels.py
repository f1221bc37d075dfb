"""The two inner loops, compiled: who may be where, and how many are expected there.

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


def _compiled(function: Function) -> Function:
    compiled: Any = njit(cache=True, nogil=True, fastmath=True, error_model="numpy")(function)
    result: Function = compiled
    return result


@_compiled
def expect_rows(
    first: int,
    last: int,
    start: npt.NDArray[np.int64],
    cell: npt.NDArray[np.int32],
    weights: FloatArray,
    group: npt.NDArray[np.int32],
    table: FloatArray,
    density: FloatArray,
    counts: FloatArray,
    mass: FloatArray,
) -> float:
    """Add the rows ``first`` to ``last`` to ``counts`` and ``mass``; their log-likelihood.

    ``cell[start[row]:start[row + 1]]`` names the rows of ``table`` (n_cells, n_nodes) that make
    one person's likelihood; ``density`` (n_groups, n_nodes) is the ability distribution.
    """
    n_nodes = table.shape[1]
    posterior = np.empty(n_nodes)
    log_likelihood = 0.0
    for row in range(first, last):
        own = density[group[row]]
        for node in range(n_nodes):
            posterior[node] = own[node]
        scale = 0.0
        begin, end = start[row], start[row + 1]
        for at in range(begin, end):
            factor = table[cell[at]]
            for node in range(n_nodes):
                posterior[node] *= factor[node]
            if (at - begin) % EVERY == EVERY - 1:
                largest = 0.0
                for node in range(n_nodes):
                    largest = max(largest, posterior[node])
                if 0.0 < largest < SMALL:
                    scale += np.log(largest)
                    for node in range(n_nodes):
                        posterior[node] /= largest
        total = 0.0
        for node in range(n_nodes):
            total += posterior[node]
        log_likelihood += weights[row] * (np.log(total) + scale)
        share = weights[row] / total
        everyone = mass[group[row]]
        for node in range(n_nodes):
            posterior[node] *= share
            everyone[node] += posterior[node]
        for at in range(begin, end):
            expected = counts[cell[at]]
            for node in range(n_nodes):
                expected[node] += posterior[node]
    return log_likelihood


@_compiled
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
        for at in range(begin, end):
            factor = probability[column[at]]
            for node in range(n_nodes):
                posterior[node] *= factor[node]
            if (at - begin) % EVERY == EVERY - 1:
                largest = posterior.max()
                if 0.0 < largest < SMALL:
                    posterior /= largest
        posterior *= weights[row] / posterior.sum()
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


@_compiled
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
