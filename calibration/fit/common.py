"""What all fit statistics need: checked input, abilities as asked for, free parameters."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from calibration.errors import CalibrationError
from calibration.estimate.models import UNIT_SLOPE, n_parameters, n_slopes
from calibration.parameters import ItemParameters

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
Categories = npt.NDArray[np.int16]
Method = Literal["ML", "WLE", "MAP", "EAP"]

CELLS_AT_ONCE = 4_000_000  # 32 MB a table of all items' categories at some persons' abilities


class FitError(CalibrationError):
    """A fit statistic cannot be computed from what came; the message says what it needs."""


def checked(
    items: Sequence[ItemParameters],
    categories: Categories,
    weights: npt.ArrayLike | None = None,
) -> FloatArray:
    """Weights of the persons, after judging that the answers belong to the items."""
    if categories.ndim != 2 or categories.shape[1] != len(items):
        raise FitError(
            f"categories of shape {categories.shape} for {len(items)} items; give persons by items"
        )
    if not categories.size:
        raise FitError("need a person and an item at least")
    if categories.dtype.kind not in "iu":
        raise FitError(
            f"categories hold {categories.dtype}, not whole numbers; make them with "
            "calibration.prepare.categories_for"
        )
    for place, item in enumerate(items):
        column = categories[:, place]
        bad = (column >= item.n_categories) | (column < -1)
        if bad.any():
            person = int(np.argmax(bad))
            raise FitError(
                f"person {person + 1}, item {item.name!r}: category {column[person]} is none of 0 "
                f"to {item.n_categories - 1}; -1 is not presented"
            )
    if weights is None:
        return np.ones(len(categories))
    out = np.asarray(weights, dtype=np.float64)
    if out.shape != (len(categories),) or not (np.isfinite(out) & (out >= 0)).all():
        raise FitError("weights must be one number a person, 0 or more")
    return out


def free_places(item: ItemParameters, is_estimated: bool) -> IntArray:
    """Places of the parameters that the item's own data determine, among its internal ones.

    The slope of Rasch and PCM is 1, and that of 1PL is the work of all items together.
    """
    if not is_estimated:
        return np.empty(0, dtype=np.intp)
    first = n_slopes(item.model, item.n_categories) if item.model in UNIT_SLOPE | {"1PL"} else 0
    return np.arange(first, n_parameters(item.model, item.n_categories))


def per_item(estimated: bool | Sequence[bool], items: Sequence[ItemParameters]) -> tuple[bool, ...]:
    """Whether each item's parameters were estimated from the data at hand."""
    if isinstance(estimated, bool):
        return (estimated,) * len(items)
    if len(estimated) != len(items):
        raise FitError(
            f"estimated has {len(estimated)} values for {len(items)} items; give one, or one an "
            "item"
        )
    return tuple(bool(one) for one in estimated)


def person_blocks(items: Sequence[ItemParameters], n_persons: int) -> list[slice]:
    """Persons in blocks whose table of category probabilities fits in little memory."""
    widest = max(item.n_categories for item in items)
    size = max(1, CELLS_AT_ONCE // (len(items) * widest))
    return [slice(start, start + size) for start in range(0, n_persons, size)]


def of_answers(table: FloatArray, categories: Categories) -> FloatArray:
    """Entries of a table (n_items, n_categories, n_persons) at the answers; 0 where there is none.

    ``categories`` is (n_persons, n_items), and so is the result.
    """
    at = np.maximum(categories, 0).T[:, None, :].astype(np.intp)
    found = np.take_along_axis(table, at, axis=1)[:, 0]
    return np.where(categories >= 0, found.T, 0.0)
