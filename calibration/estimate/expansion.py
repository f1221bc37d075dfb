"""The two directions in which EM is slow: all items moving, or stretching, along the scale.

EM holds the ability distribution while it moves the items, although moving all of them together is
the same as moving the distribution. Parameter-expanded EM frees mean and SD for the length of a
step, and puts what they gained into the items.

References
----------
Liu, Rubin & Wu (1998), doi:10.1093/biomet/85.4.755
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from calibration.estimate.latent import Latent
from calibration.estimate.layout import Block

FloatArray = npt.NDArray[np.float64]


class Expansion(NamedTuple):
    """``directions`` (k, n_free) along the scale, and ``information`` (k,) about each."""

    directions: FloatArray
    information: FloatArray

    def step(self, vector: FloatArray) -> FloatArray:
        """What expansion adds to an EM step for the gradient ``vector`` (n_free,)."""
        along = self.directions @ vector
        step: FloatArray = (along / self.information) @ self.directions
        return step


def expansion(
    blocks: tuple[Block, ...],
    parameters: list[FloatArray],
    latent: Latent,
    free: FloatArray,
    persons: FloatArray,
) -> Expansion | None:
    """The directions that are free, or None.

    Parameters
    ----------
    blocks : tuple of Block
    parameters : list of arrays (n_items, P), one a block
    latent : Latent
    free : array of shape (n_free,)
    persons : array of shape (n_groups,)
        Expected persons of each group.
    """
    if latent.free[0, 0] or not latent.free[1:].all():
        return None
    shift = np.zeros(len(free))
    for block, values in zip(blocks, parameters, strict=True):
        slopes, n_own = values[:, : block.n_slopes], block.n_slopes
        by_predictor = slopes @ block.family.slopes(block.n_parameters - n_own)
        if not block.free[:, n_own:][by_predictor != 0].all():
            return None
        place = block.place[:, n_own:]
        moved = by_predictor != 0
        shift[place[moved]] = by_predictor[moved]
    shift[latent.place[1:, 0]] = -1.0
    if latent.free[0, 1] or not all(block.free[:, : block.n_slopes].all() for block in blocks):
        return Expansion(shift[None], persons[:1])
    stretch = np.zeros(len(free))
    for block, values in zip(blocks, parameters, strict=True):
        stretch[block.place[:, : block.n_slopes]] = values[:, : block.n_slopes]
    stretch[latent.place[1:, 0]] = -free[latent.place[1:, 0]]
    stretch[latent.place[1:, 1]] = -1.0
    return Expansion(np.stack([shift, stretch]), persons[0] * np.array([1.0, 2.0]))
