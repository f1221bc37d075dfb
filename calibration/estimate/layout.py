"""Which parameters are free, and where each stands in one vector."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from calibration.estimate.models import FAMILIES, UNIT_SLOPE, Family, n_parameters, n_slopes

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

FIXED = -1


@dataclass(frozen=True, eq=False)
class Block:
    """All items of one model and one number of categories.

    The block's parameters are an array (n_items, P), slopes first. ``place`` (n_items, P) says
    where each stands in the free vector; one that is ``FIXED`` keeps its ``value``, and the slopes
    of 1PL items all stand at one place. ``columns`` (n_items, n_categories) names the rows of the
    table of all categories.
    """

    model: str
    items: IntArray
    n_categories: int
    columns: IntArray
    place: IntArray
    value: FloatArray

    @property
    def family(self) -> Family:
        return FAMILIES[self.model]

    @property
    def n_slopes(self) -> int:
        return n_slopes(self.model, self.n_categories)

    @property
    def n_parameters(self) -> int:
        return int(self.place.shape[1])

    @cached_property
    def free(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.place != FIXED)

    def expand(self, free: FloatArray) -> FloatArray:
        """Free vector of the whole run -> the block's parameters (n_items, P)."""
        return np.where(self.free, free[self.place], self.value)

    def add_gradient(self, by_parameter: FloatArray, onto: FloatArray) -> None:
        """Add derivatives by the block's parameters (n_items, P) to those by the free vector."""
        np.add.at(onto, self.place[self.free], by_parameter[self.free])

    def has(self, items: Sequence[int]) -> bool:
        return bool(np.isin(self.items, items).any())

    def only(self, items: Sequence[int]) -> "Block":
        """The block without its other items."""
        rows = np.isin(self.items, items)
        return replace(
            self,
            items=self.items[rows],
            columns=self.columns[rows],
            place=self.place[rows],
            value=self.value[rows],
        )

    def solve(self, information: FloatArray, gradient: FloatArray) -> FloatArray:
        """The block's complete-data information (n_items, P, P) solved against a gradient.

        Parameters
        ----------
        information : array of shape (n_items, P, P)
        gradient : array of shape (n_free,)
            Of the whole run.

        Returns
        -------
        array of shape (n_items, P)
            Steps; 0 where fixed.
        """
        free = self.free
        both = free[:, :, None] & free[:, None, :]
        own = np.where(both, information, np.eye(self.n_parameters))
        right = np.where(free, gradient[self.place], 0.0)
        if self.model != "1PL" or not free[0, 0]:
            return _solved(own, right)
        mixed, rest = own[:, 0, 1], own[:, 1, 1]
        slope = (right[0, 0] - np.sum(mixed / rest * right[:, 1])) / np.sum(
            own[:, 0, 0] - mixed**2 / rest
        )
        step = (right[:, 1] - mixed * slope) / rest
        return np.column_stack([np.full(len(step), slope), np.where(free[:, 1], step, 0.0)])


def _solved(matrices: FloatArray, right: FloatArray) -> FloatArray:
    try:
        return np.asarray(np.linalg.solve(matrices, right[:, :, None])[:, :, 0])
    except np.linalg.LinAlgError:  # an item that says nothing about one of its parameters here
        inverse = np.linalg.pinv(matrices, hermitian=True)
        return np.asarray((inverse @ right[:, :, None])[:, :, 0])


def first_columns(n_categories: Sequence[int]) -> IntArray:
    """Row of each item's category 0 in the table of all categories."""
    return np.concatenate([[0], np.cumsum(n_categories)[:-1]]).astype(np.intp)


def blocks_of(
    models: Sequence[str],
    n_categories: Sequence[int],
    fixed: Mapping[int, Mapping[int, float]] | None = None,
) -> tuple[tuple[Block, ...], int]:
    """Group the items, in order of first appearance; also the number of free parameters.

    Parameters
    ----------
    models, n_categories : sequences, one an item
    fixed : mapping of item to mapping of parameter to value, optional
        What is held, on the scale of the families.
    """
    groups: dict[tuple[str, int], list[int]] = {}
    for item, key in enumerate(zip(models, n_categories, strict=True)):
        groups.setdefault(key, []).append(item)
    first = first_columns(n_categories)
    held = fixed or {}
    out: list[Block] = []
    n_free = 0
    for (model, width), members in groups.items():
        items = np.array(members, dtype=np.intp)
        n_own = n_parameters(model, width)
        place = np.full((len(items), n_own), FIXED, dtype=np.intp)
        value = np.zeros((len(items), n_own))
        value[:, : n_slopes(model, width)] = 1.0
        shared = FIXED
        if model == "1PL" and not any(0 in held.get(item, {}) for item in members):
            shared, n_free = n_free, n_free + 1
        for row, item in enumerate(members):
            for parameter in range(n_own):
                if parameter in held.get(item, {}):
                    value[row, parameter] = held[item][parameter]
                elif parameter == 0 and model in UNIT_SLOPE:
                    continue
                elif parameter == 0 and model == "1PL":
                    place[row, 0] = shared
                    value[row, 0] = _common_slope(held, members)
                else:
                    place[row, parameter], n_free = n_free, n_free + 1
        columns = first[items][:, None] + np.arange(width)
        out.append(Block(model, items, width, columns, place, value))
    return tuple(out), n_free


def _common_slope(held: Mapping[int, Mapping[int, float]], members: Sequence[int]) -> float:
    """The slope that a held 1PL item gives to all others of its model."""
    return next((held[item][0] for item in members if 0 in held.get(item, {})), 1.0)
