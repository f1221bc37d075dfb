"""Which parameters are free, and where each stands in one vector."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.estimate.models import FAMILIES, Family

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Block:
    """All items of one model and one number of categories.

    The block's parameters are an array (n_items, n_parameters), first column the slope. In the free
    vector they stand in ``start : start + n_free``: without slopes for Rasch, with one common slope
    first for 1PL, row by row for the rest. ``columns`` (n_items, n_categories) names the rows of
    the table of all categories.
    """

    model: str
    items: IntArray
    n_categories: int
    columns: IntArray
    start: int

    @property
    def family(self) -> Family:
        return FAMILIES[self.model]

    @property
    def n_parameters(self) -> int:
        return 3 if self.model == "3PL" else self.n_categories

    @property
    def n_free(self) -> int:
        n_items = len(self.items)
        if self.model == "Rasch":
            return n_items
        if self.model == "1PL":
            return n_items + 1
        return n_items * self.n_parameters

    @property
    def place(self) -> slice:
        return slice(self.start, self.start + self.n_free)

    def expand(self, free: FloatArray) -> FloatArray:
        """Free vector of the whole run -> the block's parameters (n_items, n_parameters)."""
        own = free[self.place]
        if self.model == "Rasch":
            return np.column_stack([np.ones(len(self.items)), own])
        if self.model == "1PL":
            return np.column_stack([np.full(len(self.items), own[0]), own[1:]])
        return own.reshape(len(self.items), self.n_parameters)

    def contract(self, by_parameter: FloatArray) -> FloatArray:
        """Derivatives by the block's parameters -> derivatives by its free ones (n_free,)."""
        if self.model == "Rasch":
            return by_parameter[:, 1]
        if self.model == "1PL":
            return np.concatenate([[by_parameter[:, 0].sum()], by_parameter[:, 1]])
        return by_parameter.ravel()

    def solve(self, information: FloatArray, gradient: FloatArray) -> FloatArray:
        """Solve the block's complete-data information (n_items, P, P) against a free gradient."""
        if self.model == "Rasch":
            return gradient / information[:, 1, 1]
        if self.model == "1PL":
            corner, mixed, own = information[:, 0, 0], information[:, 0, 1], information[:, 1, 1]
            slope = (gradient[0] - np.sum(mixed / own * gradient[1:])) / np.sum(
                corner - mixed**2 / own
            )
            out = np.empty(self.n_free)
            out[0] = slope
            out[1:] = (gradient[1:] - mixed * slope) / own
            return out
        right = gradient.reshape(len(self.items), self.n_parameters, 1)
        return np.linalg.solve(information, right).astype(np.float64, copy=False).ravel()

    def jacobian(self) -> FloatArray:
        """Derivative of the flattened parameters by the free ones, (n_items * P, n_free)."""
        n_items, width = len(self.items), self.n_parameters
        if self.model not in ("Rasch", "1PL"):
            return np.eye(n_items * width)
        out = np.zeros((n_items * width, self.n_free))
        shared = self.n_free - n_items
        out[1::width, shared:] = np.eye(n_items)
        out[0::width, :shared] = 1.0
        return out


def first_columns(n_categories: Sequence[int]) -> IntArray:
    """Row of each item's category 0 in the table of all categories."""
    return np.concatenate([[0], np.cumsum(n_categories)[:-1]]).astype(np.intp)


def blocks_of(models: Sequence[str], n_categories: Sequence[int]) -> tuple[Block, ...]:
    """Group the items, in order of first appearance."""
    groups: dict[tuple[str, int], list[int]] = {}
    for item, key in enumerate(zip(models, n_categories, strict=True)):
        groups.setdefault(key, []).append(item)
    first = first_columns(n_categories)
    out: list[Block] = []
    start = 0
    for (model, width), members in groups.items():
        items = np.array(members, dtype=np.intp)
        block = Block(model, items, width, first[items][:, None] + np.arange(width), start)
        out.append(block)
        start += block.n_free
    return tuple(out)
