"""The shadow test: the best full test that holds the items given and meets every constraint.

It is assembled anew at each step by mixed-integer programming (HiGHS), so that what is offered next
always has a completion. The relaxation is solved first; its reduced costs prove for most items that
no best test holds them, and branch and bound sees the few others only.

References
----------
van der Linden & Reese (1998), doi:10.1177/01466216980223006;
van der Linden (2005), doi:10.1007/0-387-29054-0, chapter 9
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from assessment_engine.exposure import draws
from assessment_engine.integer_program import Program, Status, maximise
from assessment_engine.irt import FloatArray, IntArray
from assessment_engine.linear import NO_STIMULUS, ROUNDING, LinearModel, Remaining, remaining
from assessment_engine.selection import TIE_DECIMALS

# The largest value is scaled to this, so that the solver's absolute gap of 1e-6 is far below a tie.
SCALE = 1e4
TIE_RANGE = 1e-2  # values closer than a millionth of the largest are ties, which the seed breaks


class ShadowTest(NamedTuple):
    """``test`` holds the places of all items, given or not; ``nodes`` counts branch and bound."""

    status: Literal["optimal", "infeasible", "out_of_work"]
    test: tuple[int, ...]
    nodes: int


@lru_cache(maxsize=256)
def _tie_breakers(seed: int, n_items: int) -> FloatArray:
    numbers = np.fromiter(islice(draws(seed, 0, "shadow"), n_items), dtype=np.uint64)
    scaled = numbers / 2.0**64
    scaled.setflags(write=False)
    return scaled


def preferences(values: FloatArray, seed: int) -> FloatArray:
    """Values scaled so that the largest is 10,000, with ties broken by the seed.

    Parameters
    ----------
    values : array of shape (n_items,)
        Any criterion, larger is better; finite.
    seed : int
    """
    largest = float(np.max(np.abs(values), initial=0.0)) or 1.0
    rounded = np.round(values / largest, TIE_DECIMALS)
    return SCALE * rounded + TIE_RANGE * _tie_breakers(seed, len(values))


def assemble(
    model: LinearModel,
    values: FloatArray,
    given: Sequence[int],
    free: NDArray[np.bool_],
    *,
    seed: int,
    max_nodes: int,
    last: Sequence[int] = (),
) -> ShadowTest:
    """Assemble the full test of largest total value around the items given.

    Parameters
    ----------
    model : LinearModel
    values : array of shape (n_items,)
        Value of each item at the present ability, larger is better.
    given : sequence of int
        Places of the items given, in their order.
    free : array of shape (n_items,)
        Whether an item may still be given.
    seed : int
        Breaks ties.
    max_nodes : int
        Branch-and-bound nodes after which the search gives up.
    last : sequence of int
        The shadow test of the step before. It bounds the search from the start, which changes its
        work but not its optimum.

    Returns
    -------
    ShadowTest
        ``infeasible`` where no test meets all constraints, ``out_of_work`` where the limit came
        first.
    """
    value = preferences(values, seed)
    left = remaining(model, given, free)
    absent = np.setdiff1d(model.included, given)
    if (left.upper < -ROUNDING)[_unsigned(model)].any() or not left.free[absent].all():
        return ShadowTest("infeasible", (), 0)
    kept = undominated(model, left, value)
    program = _program(model, left, kept, value)
    solution = maximise(program, max_nodes, _start(model, kept, last, program))
    if solution.status != Status.OPTIMAL:
        return ShadowTest(solution.status.value, (), solution.nodes)
    chosen = kept[solution.x[: len(kept)] > 0.5]
    return ShadowTest("optimal", (*given, *chosen.tolist()), solution.nodes)


def _unsigned(model: LinearModel) -> NDArray[np.bool_]:
    return np.asarray((model.coefficients >= 0.0).all(axis=1))


def _start(
    model: LinearModel, kept: IntArray, last: Sequence[int], program: Program
) -> FloatArray | None:
    """The last shadow test as a solution of the programme in hand."""
    if not last:
        return None
    x = np.zeros(len(program.objective))
    x[: kept.size] = np.isin(kept, last)
    for column, s in program.named.items():
        x[column] = bool((model.stimulus[kept[x[: kept.size] > 0.5]] == s).any())
    return x


def undominated(model: LinearModel, left: Remaining, value: FloatArray) -> IntArray:
    """Places of the free items that a best test may need.

    Of interchangeable items only the best can be in it, as many as the rows leave room for.
    """
    places = np.flatnonzero(left.free)
    order = places[np.lexsort((-value[places], model.signature[places]))]
    signature = model.signature[order]
    first = np.concatenate(([True], signature[1:] != signature[:-1]))[: order.size]
    rank = np.arange(order.size) - np.maximum.accumulate(np.where(first, np.arange(order.size), 0))
    coefficients = model.coefficients[:, order]
    positive = _unsigned(model)[:, np.newaxis] & (coefficients > 0.0)
    room = np.full(coefficients.shape, np.inf)
    np.divide(left.upper[:, np.newaxis] + ROUNDING, coefficients, out=room, where=positive)
    keep = (signature == NO_STIMULUS) | (rank < np.floor(room.min(axis=0)))
    return np.sort(order[keep])


def _program(model: LinearModel, left: Remaining, kept: IntArray, value: FloatArray) -> Program:
    """Columns are the items kept, then the stimuli that they may come with."""
    program = Program(value[kept])
    for k in np.flatnonzero(np.isin(kept, model.included)):
        program.lower[k] = 1.0
    coefficients = model.coefficients[:, kept]
    highest = np.maximum(coefficients, 0.0).max(axis=1, initial=0.0) * left.slots
    needed = ~_unsigned(model) | (left.lower > 0.0) | (left.upper < highest)
    needed[0] = True  # the length is what makes others redundant
    program.add_rows(coefficients[needed], left.lower[needed], left.upper[needed])
    column = {int(place): k for k, place in enumerate(kept)}
    for clique in model.cliques:
        members = [column[place] for place in clique if place in column]
        if len(members) > 1:
            program.add_row(members, [1.0] * len(members), -np.inf, 1.0)
    if model.sets:
        _add_sets(program, model, left, model.stimulus[kept])
    return program


def _add_sets(program: Program, model: LinearModel, left: Remaining, stimulus: IntArray) -> None:
    """Columns that say whether a stimulus is used, and rows that tie its items to it."""
    low, high = model.set_size
    used = []
    for s in sorted(({*stimulus.tolist()} | {left.in_hand}) - {NO_STIMULUS}):
        members = np.flatnonzero(stimulus == s).tolist()
        ones = [1.0] * len(members)
        if s == left.in_hand:
            program.add_row(members, ones, max(0.0, low - left.of_set), high - left.of_set)
            continue
        z = program.add_column(s)
        used.append(z)
        program.add_row([*members, z], [*ones, -float(low)], 0.0, np.inf)
        if high < len(members):
            program.add_row([*members, z], [*ones, -high], -np.inf, 0.0)
        for x in members:  # tighter than their sum: most relaxations come out whole
            program.add_row([x, z], [1.0, -1.0], -np.inf, 0.0)
    least, most = model.set_count[0] - left.begun, model.set_count[1] - left.begun
    if least > 0 or most < len(used):
        program.add_row(used, [1.0] * len(used), least, most)


def next_items(
    model: LinearModel, shadow: ShadowTest, given: Sequence[int], preference: FloatArray
) -> list[int]:
    """Places of the free items of a shadow test, the best first.

    While it holds free items of the stimulus in hand, only those come.
    """
    places = np.array(shadow.test[len(given) :], dtype=np.int64)
    if model.sets and len(given):
        in_hand = model.stimulus[given[-1]]
        same = places[model.stimulus[places] == in_hand]
        if in_hand != NO_STIMULUS and same.size:
            places = same
    return [int(place) for place in places[np.argsort(-preference[places], kind="stable")]]
