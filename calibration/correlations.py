"""Correlations between competencies, each item on one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from calibration.errors import DataError
from calibration.estimate.quadrature import Quadrature
from calibration.parameters import ItemParameters
from calibration.posterior import log_likelihoods

FloatArray = npt.NDArray[np.float64]
Categories = npt.NDArray[np.int16]

CLOSEST = 0.995  # correlations nearer to +-1 than this are at the bound
ROWS = 4096  # persons whose likelihoods are multiplied at once


@dataclass(frozen=True, eq=False)
class LatentCorrelations:
    """Correlations of abilities, with standard errors.

    Attributes
    ----------
    dimensions : tuple of str
    correlation, se : array of shape (n_dimensions, n_dimensions)
        Pairwise maximum likelihood; the diagonal is 1 with standard error 0.
    n_persons : array of shape (n_dimensions, n_dimensions)
        Weighted persons with answers on both.
    prior : array of shape (n_dimensions, n_dimensions)
        ``correlation``, or the nearest correlation matrix where that is none: what an engine takes.
    notes : tuple of str
        Pairs at the bound, and whether ``prior`` had to be mended.
    """

    dimensions: tuple[str, ...]
    correlation: FloatArray
    se: FloatArray
    n_persons: FloatArray
    prior: FloatArray
    notes: tuple[str, ...]


def latent_correlations(
    items: Mapping[str, Sequence[ItemParameters]],
    categories: Mapping[str, Categories],
    *,
    quadrature: Mapping[str, Quadrature],
    weights: npt.ArrayLike | None = None,
) -> LatentCorrelations:
    """Correlations of the abilities behind sets of items, by pairwise maximum likelihood.

    For each pair of dimensions the likelihood of both sets of answers is integrated over a
    bivariate normal whose margins are those of the calibrations; its only unknown is the
    correlation. With each item on one dimension and item parameters known, this loses little
    against all dimensions at once, and costs a two-dimensional sum instead of a nine-dimensional
    one. Standard errors come from the curvature and the persons' scores (sandwich), so that they
    stay right where the margins are not quite normal.

    Parameters
    ----------
    items : mapping of dimension to sequence of ItemParameters
        Logits, D = 1.
    categories : mapping of dimension to array of shape (n_persons, n_items)
        From 0, -1 = not presented; the same persons in the same rows for every dimension.
    quadrature : mapping of dimension to Quadrature
        The ability distribution of each calibration (``CalibrationResult.quadrature``).
    weights : array of shape (n_persons,), optional

    Returns
    -------
    LatentCorrelations

    Raises
    ------
    DataError
        If there are fewer than two dimensions, their persons differ in number, or a pair has nobody
        with answers on both.

    References
    ----------
    Lindsay (1988), doi:10.1090/conm/080/999014 (composite likelihood); Higham (2002),
    doi:10.1093/imanum/22.3.329 (nearest correlation matrix)
    """
    names = tuple(items)
    if len(names) < 2:
        raise DataError(f"correlations need two dimensions at least; came {len(names)}")
    sizes = {len(categories[name]) for name in names}
    if len(sizes) != 1:
        raise DataError(f"dimensions must hold the same persons; their numbers are {sorted(sizes)}")
    size = sizes.pop()
    count = np.ones(size) if weights is None else np.asarray(weights, dtype=np.float64)
    margins = {name: _Margin.of(items[name], categories[name], quadrature[name]) for name in names}
    correlation, se = np.eye(len(names)), np.zeros((len(names), len(names)))
    persons = np.zeros_like(se)
    notes: list[str] = []
    for (i, one), (j, other) in combinations(enumerate(names), 2):
        both = margins[one].seen & margins[other].seen
        if not both.any():
            raise DataError(f"nobody has answers on both {one!r} and {other!r}")
        found, error = _pair(margins[one], margins[other], both, count)
        correlation[i, j] = correlation[j, i] = found
        se[i, j] = se[j, i] = error
        persons[i, j] = persons[j, i] = count[both].sum()
        if abs(found) >= CLOSEST:
            notes.append(
                f"the correlation of {one!r} and {other!r} is at the bound: they may be one "
                "dimension"
            )
    for i, name in enumerate(names):
        persons[i, i] = count[margins[name].seen].sum()
    prior = nearest_correlation(correlation)
    if np.abs(prior - correlation).max() > 1e-8:
        notes.append(
            "the pairwise correlations together were no correlation matrix; prior mends it"
        )
    return LatentCorrelations(names, correlation, se, persons, prior, tuple(notes))


@dataclass(frozen=True, eq=False)
class _Margin:
    """Likelihoods (n_persons, n_nodes), scaled by each person's largest; nodes in SD units."""

    likelihood: FloatArray
    z: FloatArray
    seen: npt.NDArray[np.bool_]

    @classmethod
    def of(
        cls, items: Sequence[ItemParameters], categories: Categories, quadrature: Quadrature
    ) -> "_Margin":
        joint = log_likelihoods(items, categories, quadrature.nodes)
        joint -= joint.max(axis=1, keepdims=True)
        nodes, weights = quadrature.nodes, quadrature.weights
        mean = float(weights @ nodes)
        sd = float(np.sqrt(weights @ (nodes - mean) ** 2))
        return cls(np.exp(joint), (nodes - mean) / sd, np.asarray((categories >= 0).any(axis=1)))


def _pair(
    one: _Margin, other: _Margin, both: npt.NDArray[np.bool_], weights: FloatArray
) -> tuple[float, float]:
    """Maximum likelihood correlation and its sandwich standard error."""
    left, right, count = one.likelihood[both], other.likelihood[both], weights[both]

    def by_person(correlation: float) -> tuple[FloatArray, FloatArray]:
        """Each person's score, and the derivative of it."""
        density, first, second = _bivariate(one.z, other.z, correlation)
        scores, bends = [], []
        for start in range(0, len(left), ROWS):
            rows = slice(start, start + ROWS)
            value, slope, bend = (
                np.einsum("pq,pq->p", left[rows] @ table, right[rows])
                for table in (density, first, second)
            )
            scores.append(slope / value)
            bends.append(bend / value - (slope / value) ** 2)
        return np.concatenate(scores), np.concatenate(bends)

    def slope(correlation: float) -> float:
        return float(count @ by_person(correlation)[0])

    if slope(CLOSEST) >= 0:
        best = CLOSEST
    elif slope(-CLOSEST) <= 0:
        best = -CLOSEST
    else:
        best = float(brentq(slope, -CLOSEST, CLOSEST, xtol=1e-10))
    score, bend = by_person(best)
    information = -float(count @ bend)
    spread = float(count @ score**2)
    return best, float(np.sqrt(spread) / information) if information > 0 else float("inf")


def _bivariate(
    x: FloatArray, y: FloatArray, correlation: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The bivariate normal on the grid, summing to 1, and its derivatives by the correlation."""
    r = correlation
    free = 1 - r**2
    xy = np.multiply.outer(x, y)
    squares = np.add.outer(x**2, y**2)
    log_density = -0.5 * np.log(free) - (squares - 2 * r * xy) / (2 * free)
    density = np.exp(log_density)
    slope = r / free + (xy * (1 + r**2) - r * squares) / free**2
    bend = (1 + r**2) / free**2 + (
        (2 * r * xy - squares) * free + 4 * r * (xy * (1 + r**2) - r * squares)
    ) / free**3
    first, second = density * slope, density * (slope**2 + bend)
    total = density.sum()
    drift, curve = first.sum() / total, second.sum() / total
    return (
        density / total,
        (first - drift * density) / total,
        (second - 2 * drift * first + (2 * drift**2 - curve) * density) / total,
    )


def nearest_correlation(matrix: FloatArray, *, least: float = 1e-6) -> FloatArray:
    """The nearest correlation matrix with eigenvalues of at least ``least`` (alternating
    projections with Dykstra's correction; Higham 2002, doi:10.1093/imanum/22.3.329)."""
    if np.linalg.eigvalsh(matrix).min() >= least:
        return matrix.copy()
    at, correction = matrix.copy(), np.zeros_like(matrix)
    for _ in range(1000):
        shifted = at - correction
        values, vectors = np.linalg.eigh(shifted)
        positive = (vectors * np.maximum(values, least)) @ vectors.T
        correction = positive - shifted
        following = positive.copy()
        np.fill_diagonal(following, 1.0)
        if np.abs(following - at).max() < 1e-12:
            break
        at = following
    values, vectors = np.linalg.eigh(following)
    positive = (vectors * np.maximum(values, least)) @ vectors.T
    scale = np.sqrt(np.diagonal(positive))
    result: FloatArray = positive / np.outer(scale, scale)
    return result
