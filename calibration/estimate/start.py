"""Where the ascent starts: slope 1, intercepts from the weighted shares of the categories."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from calibration.estimate.layout import Block
from calibration.estimate.models import ADJACENT, GUESSING
from calibration.estimate.priors import GUESS_MEAN

FloatArray = npt.NDArray[np.float64]

# A normal ability with slope 1 flattens the logistic curve by about this factor (probit
# approximation).
STRETCH = 1.16


def shares_of(
    categories: npt.NDArray[np.int16], weights: FloatArray, n_categories: Sequence[int]
) -> FloatArray:
    """Weighted share of each category among the answers to its item, (n_columns,)."""
    out = []
    for column, width in zip(categories.T, n_categories, strict=True):
        present = column >= 0
        counts = np.bincount(column[present], weights[present], minlength=width)
        out.append(counts / counts.sum())
    return np.concatenate(out)


def starting_values(blocks: tuple[Block, ...], shares: FloatArray) -> FloatArray:
    """Free vector to start from.

    Parameters
    ----------
    blocks : tuple of Block
    shares : array of shape (n_columns,)
        Weighted share of each category among the answers to its item; none is 0.
    """
    parts = [_of_block(block, shares[block.columns]) for block in blocks]
    return np.concatenate(parts)


def _of_block(block: Block, shares: FloatArray) -> FloatArray:
    if block.family is ADJACENT:
        intercepts = np.log(shares[:, 1:] / shares[:, :-1])
    else:
        passed = np.cumsum(shares[:, ::-1], axis=1)[:, -2::-1]
        if block.family is GUESSING:
            passed = np.clip((passed - 0.2) / 0.8, 0.02, 0.98)
        intercepts = STRETCH * np.log(passed / (1 - passed))
    if block.model == "Rasch":
        return intercepts[:, 0]
    if block.model == "1PL":
        return np.concatenate([[1.0], intercepts[:, 0]])
    columns = [np.ones(len(shares)), intercepts]
    if block.family is GUESSING:
        columns.append(np.full(len(shares), GUESS_MEAN))
    return np.column_stack(columns).ravel()
