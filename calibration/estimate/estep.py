"""The E-step: expected number of persons in each category of each item at each node."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.estimate.layout import first_columns
from calibration.estimate.quadrature import Quadrature

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

ROWS = 2048  # a block of rows whose posteriors (121 nodes) stay near the processor


@dataclass(frozen=True, eq=False)
class Patterns:
    """Responses as 0/1 columns, so that both halves of the E-step are matrix products.

    ``kept`` names the category (a row of the table of all categories) of each column of
    ``indicator`` (n_rows, n_kept). An item that everybody answered needs no column for category 0:
    its log-probability goes into every person's sum, and ``base_of_kept`` names the row to subtract
    again (-1: nothing to subtract).
    """

    indicator: FloatArray
    weights: FloatArray
    kept: IntArray
    base_of_kept: IntArray
    bases: IntArray
    n_columns: int


@dataclass(frozen=True, eq=False)
class Expectation:
    """``counts`` (n_columns, n_nodes) of expected persons; ``mass`` (n_nodes,) over all persons."""

    log_likelihood: float
    counts: FloatArray
    mass: FloatArray


def patterns_of(
    categories: npt.NDArray[np.int16], weights: FloatArray, n_categories: Sequence[int]
) -> Patterns:
    """Lay out categories (n_persons, n_items; -1 = not presented), equal rows merged if it pays."""
    categories, weights = _merge_equal_rows(categories, weights)
    first = first_columns(n_categories)
    complete: npt.NDArray[np.bool_] = np.min(categories, axis=0) >= 0
    kept: list[int] = []
    base_of_kept: list[int] = []
    columns: list[npt.NDArray[np.bool_]] = []
    for item, width in enumerate(n_categories):
        for category in range(int(complete[item]), width):
            kept.append(int(first[item]) + category)
            base_of_kept.append(int(first[item]) if complete[item] else -1)
            columns.append(categories[:, item] == category)
    return Patterns(
        indicator=np.column_stack(columns).astype(np.float64),
        weights=weights,
        kept=np.array(kept, dtype=np.intp),
        base_of_kept=np.array(base_of_kept, dtype=np.intp),
        bases=first[complete],
        n_columns=int(sum(n_categories)),
    )


def _merge_equal_rows(
    categories: npt.NDArray[np.int16], weights: FloatArray
) -> tuple[npt.NDArray[np.int16], FloatArray]:
    # Sorting all rows is wasted on long tests, where hardly two persons answer alike: look at a
    # sample first.
    sample = np.ascontiguousarray(categories[:512])
    if len(np.unique(_as_keys(sample))) > 0.9 * len(sample) > 90:
        return categories, weights
    keys = _as_keys(np.ascontiguousarray(categories))
    _, where, inverse = np.unique(keys, return_index=True, return_inverse=True)
    summed = np.bincount(inverse.ravel(), weights=weights)
    return categories[where], summed.astype(np.float64)


def _as_keys(rows: npt.NDArray[np.int16]) -> npt.NDArray[np.void]:
    return rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()


def column_differences(patterns: Patterns, table: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A table (n_columns, ...) as the indicator needs it: per kept column, and what all share."""
    per_column = table[patterns.kept]
    subtracted = patterns.base_of_kept >= 0
    per_column[subtracted] -= table[patterns.base_of_kept[subtracted]]
    return per_column, table[patterns.bases].sum(axis=0)


def posteriors(
    patterns: Patterns, log_probability: FloatArray, quadrature: Quadrature
) -> Iterator[tuple[slice, FloatArray, float]]:
    """By blocks: the rows, their posteriors (n_rows, n_nodes), their part of the log-likelihood."""
    per_column, shared = column_differences(patterns, log_probability)
    shared = shared + np.log(quadrature.weights)
    n_rows = len(patterns.weights)
    for start in range(0, n_rows, ROWS):
        rows = slice(start, min(start + ROWS, n_rows))
        posterior = patterns.indicator[rows] @ per_column
        posterior += shared
        top = posterior.max(axis=1, keepdims=True)
        posterior -= top
        np.exp(posterior, out=posterior)
        total = posterior.sum(axis=1, keepdims=True)
        posterior /= total
        log_likelihood = patterns.weights[rows] @ (np.log(total) + top)[:, 0]
        yield rows, posterior, float(log_likelihood)


def expect(patterns: Patterns, log_probability: FloatArray, quadrature: Quadrature) -> Expectation:
    """One E-step.

    Parameters
    ----------
    patterns : Patterns
    log_probability : array of shape (n_columns, n_nodes)
        Log-probability of every category of every item at every node.
    quadrature : Quadrature

    References
    ----------
    Bock & Aitkin (1981), doi:10.1007/BF02293801
    """
    kept = np.zeros((len(patterns.kept), len(quadrature.nodes)))
    mass = np.zeros(len(quadrature.nodes))
    log_likelihood = 0.0
    for rows, posterior, share in posteriors(patterns, log_probability, quadrature):
        weighted = np.multiply(posterior, patterns.weights[rows, None], out=posterior)
        kept += patterns.indicator[rows].T @ weighted
        mass += weighted.sum(axis=0)
        log_likelihood += share
    return Expectation(log_likelihood, full_counts(patterns, kept, mass), mass)


def full_counts(patterns: Patterns, kept: FloatArray, mass: FloatArray) -> FloatArray:
    """Counts of kept columns (n_kept, n_nodes) -> counts of all categories (n_columns, n_nodes)."""
    counts = np.zeros((patterns.n_columns, len(mass)))
    counts[patterns.bases] = mass
    counts[patterns.kept] = kept
    subtracted = patterns.base_of_kept >= 0
    np.subtract.at(counts, patterns.base_of_kept[subtracted], kept[subtracted])
    return counts
