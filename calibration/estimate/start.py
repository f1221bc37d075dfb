"""Where the ascent starts: slope 1, intercepts from the weighted shares of the categories."""

import numpy as np
import numpy.typing as npt

from calibration.estimate.layout import Block
from calibration.estimate.models import ADJACENT, GUESSING, NOMINAL
from calibration.estimate.priors import GUESS_MEAN, SLIP_MEAN

FloatArray = npt.NDArray[np.float64]

# A normal ability with slope 1 flattens the logistic curve by about this factor (probit
# approximation).
STRETCH = 1.16
LEAST = 1e-3


def starting_values(
    blocks: tuple[Block, ...], counts: FloatArray, means: FloatArray, n_free: int
) -> FloatArray:
    """Free vector to start from; ability distributions are left at 0.

    Parameters
    ----------
    blocks : tuple of Block
    counts : array of shape (n_columns,)
        Weighted number of persons in each category.
    means : array of shape (n_groups,)
        Where ability is thought to lie, logits: intercepts start as far below as it is above 0.
    n_free : int
    """
    out = np.zeros(n_free)
    center = float(means.mean())
    for block in blocks:
        values = _of_block(block, counts[block.columns])
        first, last = block.n_slopes, block.n_slopes + block.n_categories - 1
        slopes = values[:, :first] if block.family is NOMINAL else values[:, :1]
        values[:, first:last] -= slopes * center
        out[block.place[block.free]] = values[block.free]
    return out


def _of_block(block: Block, counts: FloatArray) -> FloatArray:
    some = np.maximum(counts, LEAST)  # a fixed item may have a category that nobody gave
    shares = some / some.sum(axis=1, keepdims=True)
    n_items, steps = len(shares), shares.shape[1] - 1
    slopes = np.ones((n_items, block.n_slopes))
    if block.family is NOMINAL:
        slopes = np.tile(np.arange(1.0, steps + 1), (n_items, 1)) / steps
        return np.column_stack([slopes, np.log(shares[:, 1:] / shares[:, :1])])
    if block.family is ADJACENT:
        return np.column_stack([slopes, np.log(shares[:, 1:] / shares[:, :-1])])
    passed = np.cumsum(shares[:, ::-1], axis=1)[:, -2::-1]
    if block.family is GUESSING:
        passed = np.clip((passed - 0.2) / 0.75, 0.02, 0.98)
    columns = [slopes, STRETCH * np.log(passed / (1 - passed))]
    if block.family is GUESSING:
        columns.append(np.full((n_items, 1), GUESS_MEAN))
    if block.model == "4PL":
        columns.append(np.full((n_items, 1), SLIP_MEAN))
    return np.column_stack(columns)
