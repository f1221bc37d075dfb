"""Item selection: which items tell most at the present ability."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from assessment_engine.errors import RulesError
from assessment_engine.irt import FloatArray, IntArray
from assessment_engine.pool import DimensionItems, ItemPool

# Information is compared to this many decimals, so that a last bit that differs between processors
# does not decide; ties go to the lesser id.
TIE_DECIMALS = 10


def by_values(values: FloatArray, allowed: NDArray[np.bool_], n: int | None = None) -> IntArray:
    """Places of the ``n`` allowed items of the largest values, the best first (None: of all)."""
    places = np.flatnonzero(allowed)
    rounded = np.round(values[places], TIE_DECIMALS)
    if n is not None and n < places.size:
        least = np.partition(rounded, places.size - n)[places.size - n]
        kept = np.flatnonzero(rounded >= least)
        places, rounded = places[kept], rounded[kept]
    return places[np.argsort(-rounded, kind="stable")][:n]


def information_at(items: DimensionItems, theta: float) -> FloatArray:
    """Fisher information of all items of a dimension, (n_items,)."""
    return items.arrays.information(np.array([theta]))[:, 0]


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
