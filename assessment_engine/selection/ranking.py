"""How values become an order: ties, and the items of most information."""

from collections.abc import Collection

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
    places = np.flatnonzero(allowed) if n is None else _near_the_best(values, allowed, n)
    if places.size == 1:
        return places[:n]
    return places[np.argsort(-np.round(values[places], TIE_DECIMALS), kind="stable")][:n]


def _near_the_best(values: FloatArray, allowed: NDArray[np.bool_], n: int) -> IntArray:
    """Places of the ``n`` largest values allowed, and of all that might tie with the least."""
    left = np.where(allowed, values, -np.inf)
    if n > FEW:
        least = np.partition(left, -n)[-n] if n < left.size else -np.inf
        return np.flatnonzero((left >= least - TIE) & allowed)
    places: list[int] = []  # one after the other, faster than a partition
    least = np.inf
    while True:
        best = int(left.argmax())
        value = float(left[best])
        if value == -np.inf or (len(places) >= n and value < least - TIE):
            return np.array(sorted(places), dtype=np.int64)
        places.append(best)
        left[best] = -np.inf
        least = value if len(places) == n else least


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
