"""How many factors answers have: parallel analysis of polychoric correlations."""

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from calibration.errors import CalibrationError, DataError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
Categories = npt.NDArray[np.int16]
Comparison = Literal["permutation", "normal"]

FAR = 9.0  # a threshold beyond which nobody is
LARGEST = 0.9999  # correlations are sought between this and its negative
LEAST_PROBABILITY = 1e-14
CLOSE = 1e-7
MOST_STEPS = 60
PAIRS_AT_ONCE = 2000
ROWS_AT_ONCE = 8192
EMPTY_CELL = 0.5  # Brown and Benedetti's stand-in for the empty cell of a 2 x 2 table
NODES, WEIGHTS = np.polynomial.legendre.leggauss(32)


@dataclass(frozen=True, eq=False)
class ParallelAnalysis:
    """Eigenvalues of the data beside those of data without factors.

    Attributes
    ----------
    eigenvalues : array of shape (n_items,)
        Of the polychoric correlations, descending.
    comparison : array of shape (n_items,)
        The chosen percentile of the eigenvalues of data without factors.
    comparison_mean : array of shape (n_items,)
        Their mean.
    n_factors : int
        How many first eigenvalues lie above ``comparison``.
    correlations : array of shape (n_items, n_items)
    n_replications : int
    percentile : float
    notes : tuple of str
    """

    eigenvalues: FloatArray
    comparison: FloatArray
    comparison_mean: FloatArray
    n_factors: int
    correlations: FloatArray
    n_replications: int
    percentile: float
    notes: tuple[str, ...]


def parallel_analysis(
    categories: Categories,
    generator: np.random.Generator,
    *,
    comparison: Comparison = "permutation",
    n_replications: int = 100,
    percentile: float = 95.0,
) -> ParallelAnalysis:
    """Compare eigenvalues of polychoric correlations with those of data without factors.

    Horn's method on the unreduced correlation matrix. Guessing, and difficulties far apart, can
    add a factor that is none.

    Parameters
    ----------
    categories : array of shape (n_persons, n_items)
        From 0, ordered; -1 = not presented. Items answered by everybody, or by chance subsets.
    generator : numpy.random.Generator
        Everything random comes from it.
    comparison : {"permutation", "normal"}
        Answers of each item shuffled among those who gave one; or independent normal variables cut
        at the thresholds of the items, with the same answers missing.
    n_replications : int
        Data sets without factors.
    percentile : float
        Of their eigenvalues, between 0 and 100.

    Returns
    -------
    ParallelAnalysis

    Raises
    ------
    DataError
        If there are fewer than three items, an item was answered always alike, or two items by
        nobody in common; see ``polychoric_correlations``.
    CalibrationError
        If an option is out of its range.

    References
    ----------
    Horn (1965), doi:10.1007/BF02289447; Buja & Eyuboglu (1992), doi:10.1207/s15327906mbr2704_2;
    Timmerman & Lorenzo-Seva (2011), doi:10.1037/a0023353
    """
    if comparison not in ("permutation", "normal"):
        raise CalibrationError(f"comparison is permutation or normal; came {comparison!r}")
    if n_replications < 1 or not 0 < percentile < 100:
        raise CalibrationError(
            "needed are 1 replication or more and a percentile between 0 and 100; came "
            f"{n_replications} and {percentile}"
        )
    if categories.ndim != 2 or categories.shape[1] < 3:
        raise DataError(f"parallel analysis needs three items or more; came {categories.shape}")
    correlations = polychoric_correlations(categories)
    eigenvalues = _eigenvalues(correlations)
    without = np.empty((n_replications, len(eigenvalues)))
    draw = _shuffled if comparison == "permutation" else _normal
    for replication in range(n_replications):
        without[replication] = _eigenvalues(polychoric_correlations(draw(categories, generator)))
    limit = np.percentile(without, percentile, axis=0)
    above = eigenvalues > limit
    notes: tuple[str, ...] = ()
    if eigenvalues[-1] < 0:
        notes = (
            f"the smallest eigenvalue is {eigenvalues[-1]:.3f}: pairwise correlations of few "
            "persons; the first eigenvalues are a little too large, here as in the comparison",
        )
    return ParallelAnalysis(
        eigenvalues=eigenvalues,
        comparison=limit,
        comparison_mean=without.mean(axis=0),
        n_factors=len(above) if above.all() else int(np.argmin(above)),
        correlations=correlations,
        n_replications=n_replications,
        percentile=percentile,
        notes=notes,
    )


def polychoric_correlations(categories: Categories) -> FloatArray:
    """Correlations of the normal variables behind ordered categories, (n_items, n_items).

    Thresholds come from each item's own answers, then each correlation by maximum likelihood from
    the table of the two items (two steps); of two categories it is the tetrachoric correlation. An
    empty cell of a 2 x 2 table, which would make it 1 or -1, counts as half a person, the margins
    unchanged. Larger tables are taken as they are.

    Parameters
    ----------
    categories : array of shape (n_persons, n_items)
        From 0, ordered; -1 = not presented.

    Raises
    ------
    DataError
        If an item was answered always alike, or two items by nobody in common; the message gives
        the number of the column, from 1.

    References
    ----------
    Olsson (1979), doi:10.1007/BF02296207; Brown & Benedetti (1977), doi:10.1007/BF02293655;
    Drezner & Wesolowsky (1990), doi:10.1080/00949659008811236
    """
    n_items = categories.shape[1]
    width = int(categories.max(initial=0)) + 1
    tables = _tables(categories, width)
    shares = np.stack([np.diag(tables[item, :, item]) for item in range(n_items)])
    alike = np.count_nonzero(shares, axis=1) < 2
    if alike.any():
        raise DataError(
            f"column {int(np.argmax(alike)) + 1} holds one category only; leave the item out"
        )
    thresholds = _thresholds(shares)
    pairs = np.array(list(combinations(range(n_items), 2)), dtype=np.intp).reshape(-1, 2)
    out = np.eye(n_items)
    for begin in range(0, len(pairs), PAIRS_AT_ONCE):
        i, j = pairs[begin : begin + PAIRS_AT_ONCE].T
        counts = tables[i, :, j, :]
        apart = counts.sum(axis=(1, 2)) == 0
        if apart.any():
            at = int(np.argmax(apart))
            raise DataError(
                f"nobody answered columns {i[at] + 1} and {j[at] + 1} both; leave one out"
            )
        out[i, j] = out[j, i] = _correlations(_filled(counts), thresholds[i], thresholds[j])
    return out


def _tables(categories: Categories, width: int) -> FloatArray:
    """Persons in each pair of categories, (n_items, width, n_items, width)."""
    n_items = categories.shape[1]
    out = np.zeros((n_items * width, n_items * width))
    for begin in range(0, len(categories), ROWS_AT_ONCE):
        rows = categories[begin : begin + ROWS_AT_ONCE, :, None]
        given = (rows == np.arange(width)).reshape(len(rows), -1).astype(np.float64)
        out += given.T @ given
    return out.reshape(n_items, width, n_items, width)


def _thresholds(shares: FloatArray) -> FloatArray:
    """Upper ends of all categories but the last, (n_items, width - 1); ``FAR`` where none."""
    below = np.cumsum(shares, axis=1)[:, :-1] / shares.sum(axis=1, keepdims=True)
    result: FloatArray = np.clip(ndtri(below), -FAR, FAR)
    return result


def _filled(counts: FloatArray) -> FloatArray:
    """Half a person in the one empty cell of a table of two by two categories."""
    rows, columns = np.any(counts > 0, axis=2), np.any(counts > 0, axis=1)
    small = (rows.sum(axis=1) == 2) & (columns.sum(axis=1) == 2)
    out = counts.copy()
    for pair in np.flatnonzero(small):
        at = np.ix_([pair], rows[pair], columns[pair])
        table = out[at][0]
        if np.count_nonzero(table) < 4:
            sign = EMPTY_CELL if (np.diag(table) == 0).any() else -EMPTY_CELL
            table = table + sign * np.array([[1, -1], [-1, 1]])
            out[at] = np.maximum(table, EMPTY_CELL)[None]
    return out


def _correlations(counts: FloatArray, rows: FloatArray, columns: FloatArray) -> FloatArray:
    """Where the derivative of each pair's likelihood crosses 0, by scoring kept in a bracket."""
    n_pairs = len(counts)
    low, high = np.full(n_pairs, -LARGEST), np.full(n_pairs, LARGEST)
    rho = np.zeros(n_pairs)
    total = counts.sum(axis=(1, 2))
    active = np.arange(n_pairs)
    for _ in range(MOST_STEPS):
        at = rho[active]
        probability, slope = _cells(rows[active], columns[active], at)
        probability = np.maximum(probability, LEAST_PROBABILITY)
        gradient = np.sum(counts[active] / probability * slope, axis=(1, 2))
        information = total[active] * np.sum(slope**2 / probability, axis=(1, 2))
        low[active] = np.where(gradient > 0, at, low[active])
        high[active] = np.where(gradient <= 0, at, high[active])
        step = at + gradient / np.maximum(information, LEAST_PROBABILITY)
        middle = (low[active] + high[active]) / 2
        inside = (step > low[active]) & (step < high[active])
        rho[active] = np.where(inside, step, middle)
        active = active[np.abs(rho[active] - at) > CLOSE]
        if not len(active):
            break
    return rho


def _cells(rows: FloatArray, columns: FloatArray, rho: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Bivariate normal probabilities of all cells and their derivatives by the correlation."""
    h, k = rows[:, :, None], columns[:, None, :]
    joint, density = _bivariate_normal(h, k, rho[:, None, None])
    n_pairs, n_rows, n_columns = joint.shape
    corner = np.zeros((n_pairs, n_rows + 2, n_columns + 2))
    corner[:, 1:-1, 1:-1] = joint
    corner[:, -1, 1:-1], corner[:, 1:-1, -1], corner[:, -1, -1] = ndtr(columns), ndtr(rows), 1.0
    steep = np.zeros_like(corner)
    steep[:, 1:-1, 1:-1] = density
    return np.diff(np.diff(corner, axis=1), axis=2), np.diff(np.diff(steep, axis=1), axis=2)


def _bivariate_normal(
    h: FloatArray, k: FloatArray, rho: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """P(X < h, Y < k), by integrating its derivative by the correlation, the density, from 0."""
    angle = np.arcsin(rho)
    product, squares = h * k, (h**2 + k**2) / 2
    total = np.zeros(np.broadcast_shapes(h.shape, k.shape, rho.shape))
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        sine = np.sin(angle * (node + 1) / 2)
        total += weight * np.exp((product * sine - squares) / (1 - sine**2))
    joint: FloatArray = ndtr(h) * ndtr(k) + angle / (4 * np.pi) * total
    rest = 1 - rho**2
    density: FloatArray = np.exp((product * rho - squares) / rest) / (2 * np.pi * np.sqrt(rest))
    return joint, density


def _eigenvalues(correlations: FloatArray) -> FloatArray:
    ascending: FloatArray = np.linalg.eigvalsh(correlations).astype(np.float64)
    return ascending[::-1].copy()


def _shuffled(categories: Categories, generator: np.random.Generator) -> Categories:
    out = categories.copy()
    for column in out.T:
        seen = column >= 0
        column[seen] = generator.permutation(column[seen])
    return out


def _normal(categories: Categories, generator: np.random.Generator) -> Categories:
    out = categories.copy()
    for column in out.T:
        seen = column >= 0
        shares = np.bincount(column[seen])
        limits = ndtri(np.cumsum(shares)[:-1] / shares.sum())
        drawn = np.searchsorted(limits, generator.standard_normal(int(seen.sum())))
        # A rare category may draw nobody, but an item needs two: then everybody's own answer.
        column[seen] = drawn if len(np.unique(drawn)) > 1 else generator.permutation(column[seen])
    return out
