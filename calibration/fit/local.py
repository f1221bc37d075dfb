"""Local dependence: pairs of items whose answers go together more than ability explains."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.estimate.quadrature import Quadrature, normal_grid
from calibration.fit.ability import abilities
from calibration.fit.common import (
    Categories,
    FitError,
    FloatArray,
    IntArray,
    Method,
    checked,
    of_answers,
    person_blocks,
)
from calibration.parameters import ItemParameters, probabilities


@dataclass(frozen=True, eq=False)
class LocalDependence:
    """Residual correlations of pairs of items.

    Attributes
    ----------
    pairs : array of shape (n_pairs, 2)
        Places of the two items.
    q3 : array of shape (n_pairs,)
        Correlation of their residuals.
    adjusted : array of shape (n_pairs,)
        ``q3`` less ``mean``.
    n_persons : array of shape (n_pairs,)
        Sum of the weights of those who answered both.
    mean : float or None
        Mean of ``q3``, below 0 where the model holds; None where there is no pair.
    flagged : tuple of (str, str)
        Names of pairs whose ``adjusted`` is above the threshold, the strongest first.
    left_out : tuple of (str, str, str)
        Pairs without a value, each with the reason.
    """

    pairs: IntArray
    q3: FloatArray
    adjusted: FloatArray
    n_persons: FloatArray
    mean: float | None
    flagged: tuple[tuple[str, str], ...]
    left_out: tuple[tuple[str, str, str], ...]


def local_dependence(
    items: Sequence[ItemParameters],
    categories: Categories,
    *,
    ability: Method | npt.ArrayLike = "EAP",
    quadrature: Quadrature | None = None,
    weights: npt.ArrayLike | None = None,
    threshold: float = 0.2,
    minimum_persons: float = 100.0,
) -> LocalDependence:
    """Yen's Q3 of all pairs of items, and the same less its mean.

    Parameters
    ----------
    items : sequence of ItemParameters
    categories : array of shape (n_persons, n_items)
        From 0; -1 = not presented. Each pair uses those who answered both.
    ability : {"EAP", "WLE", "ML", "MAP"} or array of shape (n_persons,)
        What the residuals are taken at.
    quadrature : Quadrature, optional
        Ability distribution for MAP and EAP; standard normal by default.
    weights : array of shape (n_persons,), optional
        How often each row occurred.
    threshold : float
        Pairs are flagged where Q3 exceeds its mean by more than this.
    minimum_persons : float
        Pairs that fewer answered are left out; one standard error of a correlation is about
        ``1 / sqrt(n)``.

    Returns
    -------
    LocalDependence

    Raises
    ------
    FitError
        If the input does not belong together.

    Notes
    -----
    Q3 has no exact reference distribution; the threshold holds for complete data. Where items were
    chosen adaptively, the choice by itself makes residuals of a pair depend on each other a
    little (van Rijn et al., 2023): compare with simulated answers before a pair is dropped.

    References
    ----------
    Yen (1984), doi:10.1177/014662168400800201; Christensen, Makransky & Horton (2017),
    doi:10.1177/0146621616677520; van Rijn, Ali, Shin & Joo (2023), doi:10.1007/s11336-023-09935-4
    """
    counts = checked(items, categories, weights)
    if len(items) < 2:
        raise FitError("local dependence needs two items at least")
    grid = normal_grid() if quadrature is None else quadrature
    theta, reasons = abilities(items, categories, ability, grid)
    nominal = np.array([item.model == "NRM" for item in items])
    answers = np.where(nominal, np.int16(-1), categories).astype(np.int16)
    answers[list(reasons)] = -1
    first, second = np.triu_indices(len(items), 1)
    n, q3, defined = _correlations(_residuals(items, answers, theta), answers >= 0, counts)
    n, q3, defined = n[first, second], q3[first, second], defined[first, second]
    kept = defined & (n >= minimum_persons)
    left_out = tuple(
        (items[first[at]].name, items[second[at]].name, _why(at, first, second, nominal, n))
        for at in np.flatnonzero(~kept).tolist()
    )
    pairs, q3 = np.column_stack([first, second])[kept], q3[kept]
    mean = float(q3.mean()) if len(q3) else None
    adjusted = q3 - (mean or 0.0)
    strongest = [at for at in np.argsort(-adjusted) if adjusted[at] > threshold]
    return LocalDependence(
        pairs=pairs,
        q3=q3,
        adjusted=adjusted,
        n_persons=n[kept],
        mean=mean,
        flagged=tuple((items[pairs[at, 0]].name, items[pairs[at, 1]].name) for at in strongest),
        left_out=left_out,
    )


def _residuals(
    items: Sequence[ItemParameters], categories: Categories, theta: FloatArray
) -> FloatArray:
    """Category number less its expectation, (n_persons, n_items); 0 where not answered."""
    out = np.zeros(categories.shape)
    for rows in person_blocks(items, len(categories)):
        chance = probabilities(items, theta[rows])
        number = np.arange(chance.shape[1])
        distance = number[None, :, None] - np.einsum("ikn,k->in", chance, number)[:, None, :]
        out[rows] = of_answers(distance, categories[rows])
    return out


def _correlations(
    residual: FloatArray, seen: npt.NDArray[np.bool_], weights: FloatArray
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    """Persons in common, correlation, and whether it is defined; each (n_items, n_items)."""
    present = seen.astype(np.float64)
    weighted = present * weights[:, None]
    n = weighted.T @ present
    shared = np.maximum(n, 1.0)
    own = (residual * weights[:, None]).T @ present / shared  # mean of row item where both
    squares = (residual**2 * weights[:, None]).T @ present / shared
    variance = squares - own**2
    product = (residual * weights[:, None]).T @ residual / shared - own * own.T
    scale = variance * variance.T
    defined = (variance > 1e-12) & (variance.T > 1e-12) & (n > 1)
    return n, product / np.sqrt(np.where(defined, scale, 1.0)), defined


def _why(
    at: int,
    first: IntArray,
    second: IntArray,
    nominal: npt.NDArray[np.bool_],
    n: FloatArray,
) -> str:
    if nominal[first[at]] or nominal[second[at]]:
        return "categories without an order (NRM) have no residual"
    return f"answered both by {n[at]:g}: too few, or residuals do not vary"
