"""The E-step: expected number of persons in each category of each item at each node."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Protocol

import numpy as np
import numpy.typing as npt

from calibration.estimate.answers import Answers
from calibration.estimate.curves import join_rows, split_rows
from calibration.estimate.kernels import (
    STRIDE,
    expect_rows,
    joint_codes,
    score_products,
)
from calibration.threads import N_THREADS, in_threads

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

WIDEST_CELL = 5  # items that one row of the table may stand for
LARGEST_CELL = 32  # joint patterns of neighbouring items that one row of the table may stand for
SPARSE = 0.5  # share of answers below which items are not joined
SMALLEST_SHARE = 20_000  # cells for which another thread pays
ROOM = 2048  # posterior points whose scores are multiplied at once


@dataclass(frozen=True, eq=False)
class Patterns:
    """Persons as lists of cells, equal ones merged.

    A cell is a joint answer to a few neighbouring items (or one answer): ``members`` (n_cells,
    widest) names the categories in it, rows of the table of all categories, padded with
    ``n_columns``. Fewer cells than answers make a faster E-step.
    """

    start: npt.NDArray[np.int64]
    cell: npt.NDArray[np.int32]
    weights: FloatArray
    group: npt.NDArray[np.int32]
    members: IntArray
    n_columns: int
    n_groups: int

    @cached_property
    def windows(self) -> dict[int, npt.NDArray[np.int32]]:
        """By number of nodes: where each person's posterior is not negligible, (n_rows, 2).

        What one E-step leaves for the next; it changes no sum by more than 1e-12 of a person.
        """
        return {}


@dataclass(frozen=True, eq=False)
class Expectation:
    """``counts`` (n_columns, n_nodes) and ``mass`` (n_groups, n_nodes) of expected persons."""

    log_likelihood: float
    counts: FloatArray
    mass: FloatArray


@dataclass(frozen=True, eq=False)
class ScoreTables:
    """What standard errors take: curves, and the scores of each category by the free parameters.

    ``score`` (n_columns, P, n_nodes) belongs to the places ``owner`` (n_columns, P) of the free
    vector (-1: not free); ``of_group`` (n_groups, 2, n_nodes) to ``group_owner`` (n_groups, 2).
    """

    probability: FloatArray
    density: FloatArray
    score: FloatArray
    owner: npt.NDArray[np.int64]
    of_group: FloatArray
    group_owner: npt.NDArray[np.int64]
    n_free: int


@dataclass(frozen=True, eq=False)
class ScoreProducts:
    """Sums over persons, (n_free, n_free) each.

    ``squares`` of the posterior mean of the complete-data score's outer product, ``means`` of the
    outer product of its posterior mean, which is the person's score.
    """

    squares: FloatArray
    means: FloatArray


class Engine(Protocol):
    """Whatever can sum over persons: this process, or many."""

    def expect(
        self, probability: FloatArray, density: FloatArray, *, narrow: bool
    ) -> Expectation: ...

    def score_products(self, tables: ScoreTables) -> ScoreProducts: ...


@dataclass(frozen=True, eq=False)
class Local:
    """Sums in threads of this process."""

    answers: Answers
    patterns: Patterns
    n_categories: tuple[int, ...]
    n_threads: int = N_THREADS

    def expect(self, probability: FloatArray, density: FloatArray, *, narrow: bool) -> Expectation:
        return expect(self.patterns, probability, density, narrow=narrow, n_threads=self.n_threads)

    def score_products(self, tables: ScoreTables) -> ScoreProducts:
        return sum_score_products(self.answers, tables, n_threads=self.n_threads)


def local(answers: Answers, n_categories: Sequence[int], n_threads: int = N_THREADS) -> Local:
    return Local(answers, patterns_of(answers, n_categories), tuple(n_categories), n_threads)


def patterns_of(answers: Answers, n_categories: Sequence[int]) -> Patterns:
    """Lay answers out for the E-step."""
    n_columns = int(sum(n_categories))
    dense = answers.n_answers > SPARSE * answers.n_persons * len(n_categories)
    if dense:
        start, cell, members = _joined(answers, n_categories)
    else:
        start, cell = answers.start, answers.column.astype(np.int32)
        members = np.arange(n_columns, dtype=np.intp)[:, None]
    return Patterns(
        start=start,
        cell=cell,
        weights=answers.weights,
        group=answers.group,
        members=members,
        n_columns=n_columns,
        n_groups=answers.n_groups,
    )


def _joined(
    answers: Answers, n_categories: Sequence[int]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], IntArray]:
    """Neighbouring items joined into cells of their observed joint answers."""
    categories = answers.dense(n_categories)
    missing: npt.NDArray[np.bool_] = np.min(categories, axis=0) < 0
    groups = _neighbours(n_categories, missing)
    width = np.array(n_categories, dtype=np.int64) + missing
    cell_of = np.repeat(np.arange(len(groups)), [len(items) for items in groups])
    sizes = [int(np.prod(width[list(items)])) for items in groups]
    offset = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    codes = np.empty((len(categories), len(groups)), dtype=np.int32)
    occurs = np.zeros(offset[-1], dtype=bool)
    joint_codes(categories, cell_of, width, offset[:-1], codes, occurs)
    seen = np.flatnonzero(occurs)
    members = np.concatenate([_members(items, n_categories, width) for items in groups])[seen]
    place = (np.cumsum(occurs) - 1).astype(np.int32)
    empty = (members == sum(n_categories)).all(axis=1)  # nothing of the cell was presented
    place[seen[empty]] = -1
    table = place[codes]
    if not empty.any():
        start = np.arange(len(table) + 1, dtype=np.int64) * len(groups)
        return start, table.ravel(), members
    present = table >= 0
    start = np.concatenate([[0], np.cumsum(present.sum(axis=1))]).astype(np.int64)
    return start, table[present], members


def _neighbours(
    n_categories: Sequence[int], missing: npt.NDArray[np.bool_]
) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = []
    taken: list[int] = []
    patterns = 1
    for item, own in enumerate(n_categories):
        width = own + int(missing[item])
        if taken and (patterns * width > LARGEST_CELL or len(taken) == WIDEST_CELL):
            found.append(tuple(taken))
            taken, patterns = [], 1
        taken.append(item)
        patterns *= width
    return [*found, tuple(taken)]


def _members(
    items: tuple[int, ...], n_categories: Sequence[int], width: npt.NDArray[np.int64]
) -> IntArray:
    """Rows of the table of all categories that each joint answer to some items stands for."""
    first = np.concatenate([[0], np.cumsum(n_categories)])
    own = width[list(items)]
    padded = np.full((int(np.prod(own)), WIDEST_CELL), int(first[-1]), dtype=np.intp)
    joint = np.unravel_index(np.arange(len(padded)), own)
    for place, (item, category) in enumerate(zip(items, joint, strict=True)):
        answered = category < n_categories[item]
        padded[answered, place] = first[item] + category[answered]
    return padded


def expect(
    patterns: Patterns,
    probability: FloatArray,
    density: FloatArray,
    *,
    narrow: bool,
    n_threads: int = N_THREADS,
) -> Expectation:
    """One E-step.

    Parameters
    ----------
    patterns : Patterns
    probability : array of shape (n_columns, n_nodes)
        Probability of every category of every item at every node.
    density : array of shape (n_groups, n_nodes)
        Ability distribution of each group.
    narrow : bool
        Whether each person's posterior has one peak, so that it may be summed over a window.
    n_threads : int

    References
    ----------
    Bock & Aitkin (1981), doi:10.1007/BF02293801
    """
    n_nodes = STRIDE * -(-probability.shape[1] // STRIDE)
    table = np.zeros((len(patterns.members), n_nodes))
    join_rows(patterns.members, probability, table)
    if density.shape[1] < n_nodes:
        density = np.pad(density, [(0, 0), (0, n_nodes - density.shape[1])])
    if n_nodes not in patterns.windows or not narrow:
        everything = np.array([0, n_nodes], dtype=np.int32)
        patterns.windows[n_nodes] = np.tile(everything, (len(patterns.weights), 1))
    window = patterns.windows[n_nodes]
    shares = _shares(patterns.start, SMALLEST_SHARE, n_threads)
    parts = [
        (np.zeros((len(table), n_nodes)), np.zeros((patterns.n_groups, n_nodes))) for _ in shares
    ]

    def work(share: int) -> float:
        counts, mass = parts[share]
        return float(
            expect_rows(
                *shares[share],
                patterns.start,
                patterns.cell,
                patterns.weights,
                patterns.group,
                window,
                table,
                density,
                counts,
                mass,
            )
        )

    found = in_threads(work, len(shares))
    counts = np.zeros_like(probability)
    split_rows(patterns.members, np.sum([of_cells for of_cells, _ in parts], axis=0), counts)
    mass = np.sum([part[1] for part in parts], axis=0)[:, : probability.shape[1]]
    return Expectation(sum(found), counts, mass)


def sum_score_products(
    answers: Answers, tables: ScoreTables, *, n_threads: int = N_THREADS
) -> ScoreProducts:
    """What ``ScoreProducts`` holds, over all persons."""
    order, same = _by_parameters(answers, tables)
    start, column = _reordered(answers, order)
    weights, group = answers.weights[order], answers.group[order]
    n_answers = int(np.diff(start).max())
    widest = n_answers * tables.owner.shape[1] + tables.group_owner.shape[1]
    room = max(ROOM, tables.probability.shape[1])
    shares = _shares(start, SMALLEST_SHARE // 20, n_threads)
    parts = [np.zeros((2, tables.n_free, tables.n_free)) for _ in shares]

    def work(share: int) -> None:
        score_products(
            *shares[share],
            start,
            column,
            weights,
            group,
            same,
            tables.probability,
            tables.density,
            tables.score,
            tables.owner,
            tables.of_group,
            tables.group_owner,
            parts[share][0],
            parts[share][1],
            widest,
            room,
        )

    in_threads(work, len(shares))
    squares, means = np.sum(parts, axis=0)
    return ScoreProducts(squares, means)


def _by_parameters(answers: Answers, tables: ScoreTables) -> tuple[IntArray, npt.NDArray[np.bool_]]:
    """An order in which persons with the same free parameters follow each other, and who does."""
    rows, kind = np.unique(tables.owner, axis=0, return_inverse=True)
    marks = np.random.default_rng(0).random(len(rows))
    marks[(rows < 0).all(axis=1)] = 0.0
    sums = np.add.reduceat(marks[kind.ravel()[answers.column]], answers.start[:-1])
    order = np.lexsort((sums, answers.group))
    alike = (np.diff(sums[order]) == 0) & (np.diff(answers.group[order]) == 0)
    same = np.concatenate([[False], alike])
    return order, same


def _reordered(
    answers: Answers, order: IntArray
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    lengths = np.diff(answers.start)[order]
    start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    source = np.repeat(answers.start[:-1][order] - start[:-1], lengths) + np.arange(start[-1])
    return start, answers.column[source].astype(np.int32)


def _shares(start: npt.NDArray[np.int64], smallest: int, at_most: int) -> list[tuple[int, int]]:
    """Ranges of persons with about as many cells each, one a thread."""
    n_cells = int(start[-1])
    n_threads = max(1, min(at_most, n_cells // smallest))
    bounds = np.searchsorted(start, np.linspace(0, n_cells, n_threads + 1)).astype(int)
    bounds[0], bounds[-1] = 0, len(start) - 1
    return [(int(low), int(high)) for low, high in pairwise(bounds)]
