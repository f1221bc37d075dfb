"""How values become an order: ties, and the items of most information."""

from collections.abc import Collection
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from assessment_engine.errors import RulesError
from assessment_engine.irt import FloatArray, IntArray
from assessment_engine.pool import ItemPool
from assessment_engine.selection.fisher import information_at

# Values are compared to this many decimals, so that a last bit that differs between processors
# does not decide; ties go to the lesser id.
TIE_DECIMALS = 10
FEW = 10
TIE = 10.0 ** (1 - TIE_DECIMALS)  # values farther apart than this are no tie


def by_values(values: FloatArray, allowed: NDArray[np.bool_], n: int | None = None) -> IntArray:
    """Places of the ``n`` allowed items of the largest values, the best first (None: of all)."""
    if n is not None and n <= FEW:
        return _best_few(values, allowed, n)
    places = np.flatnonzero(allowed) if n is None else _near_the_best(values, allowed, n)
    return places[np.argsort(-np.round(values[places], TIE_DECIMALS), kind="stable")][:n]


def _near_the_best(values: FloatArray, allowed: NDArray[np.bool_], n: int) -> IntArray:
    """Places of the ``n`` largest values allowed, and of all that might tie with the least."""
    left = np.where(allowed, values, -np.inf)
    least = np.partition(left, -n)[-n] if n < left.size else -np.inf
    return np.flatnonzero((left >= least - TIE) & allowed)


def _best_few(values: FloatArray, allowed: NDArray[np.bool_], n: int) -> IntArray:
    """The same order for few items, taken one after the other: faster than a partition."""
    left = np.where(allowed, values, -np.inf)
    found: list[tuple[float, int]] = []
    least = np.inf
    while True:
        best = int(left.argmax())
        value = float(left[best])
        if value == -np.inf or (len(found) >= n and value < least - TIE):
            break
        found.append((-_rounded(value), best))
        left[best] = -np.inf
        least = value if len(found) == n else least
    found.sort()
    return np.array([place for _, place in found[:n]], dtype=np.int64)


def _rounded(value: float) -> float:
    """In units of the last decimal that counts, halves to the even one as numpy rounds them."""
    units = value * 10.0**TIE_DECIMALS
    return round(units) if isfinite(units) else units


def from_zero(values: FloatArray, eligible: NDArray[np.bool_]) -> FloatArray:
    """The same order with values from 0 up among the eligible, for methods that multiply them."""
    if not eligible.any():
        return values
    shifted: FloatArray = values - values[eligible].min()
    return shifted


def maximum_information(
    pool: ItemPool, dimension: str, theta: float, exclude: Collection[str] = (), n: int = 1
) -> tuple[str, ...]:
    """Ids of the ``n`` items of a dimension with most Fisher information at ``theta`` (MFI).

    Parameters
    ----------
    pool : ItemPool
    dimension : str
    theta : float
        Ability, logits.
    exclude : collection of str
        Ids that may not be chosen.
    n : int
        How many to return; fewer come back when the pool is smaller.

    Raises
    ------
    RulesError
        If the pool has no item of ``dimension``.

    References
    ----------
    Lord (1980), Applications of Item Response Theory to Practical Testing Problems, chapter 10.
    """
    if dimension not in pool.dimensions:
        raise RulesError(f"no item measures {dimension!r}; the pool has {sorted(pool.dimensions)}")
    items = pool.dimensions[dimension]
    allowed = np.array([item.id not in exclude for item in items.items], dtype=np.bool_)
    return tuple(items.items[i].id for i in by_values(information_at(items, theta), allowed)[:n])
