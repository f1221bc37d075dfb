"""How A and B of Haebara and Stocking-Lord move with the anchors' parameters.

The first-order conditions hold at any parameters; differentiated, they give the derivatives that
the delta method needs (Ogasawara 2001, doi:10.1177/01466216010251004).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from calibration.linking.curves import Block, CurveLoss, expand, minimise
from calibration.linking.scale import internal_by_reported
from calibration.parameters import ItemParameters

FloatArray = npt.NDArray[np.float64]


def by_curves(
    loss: CurveLoss,
    x: Sequence[ItemParameters],
    y: Sequence[ItemParameters],
    *,
    fixed_slope: bool,
) -> tuple[float, float, float, FloatArray, FloatArray]:
    """A, B, the loss there, and the derivatives of A and B by the anchors' parameters, (2, n).

    Raises
    ------
    LinkingError
        If the loss has no minimum.
    """
    A, B = minimise(loss, fixed_slope=fixed_slope)
    found = expand(loss, A, B)
    # at the minimum the gradient stays 0 as the parameters move: dA, dB = -Hessian^-1 dgradient
    if fixed_slope:
        turn = np.diag([0.0, -1 / found.hessian[1, 1]])
    else:
        turn = -np.linalg.inv(found.hessian)
    by_x = turn @ _by_reported(loss.blocks, found.by_x, x)
    by_y = turn @ _by_reported(loss.blocks, found.by_y, y)
    return A, B, found.value, by_x, by_y


def _by_reported(
    blocks: Sequence[Block], parts: Sequence[FloatArray], items: Sequence[ItemParameters]
) -> FloatArray:
    own: dict[int, FloatArray] = {}
    for block, part in zip(blocks, parts, strict=True):
        for row, place in enumerate(block.places.tolist()):
            own[place] = part[:, row] @ internal_by_reported(items[place])
    return np.concatenate([own[place] for place in range(len(items))], axis=1)
