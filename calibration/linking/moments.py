"""Mean-mean and mean-sigma: A and B from means and standard deviations of the anchors."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from calibration.linking.scale import LinkingError, parameter_names, reported
from calibration.parameters import ItemParameters

FloatArray = npt.NDArray[np.float64]


def by_moments(
    x: Sequence[ItemParameters], y: Sequence[ItemParameters], *, sigma: bool, fixed_slope: bool
) -> tuple[float, float, FloatArray, FloatArray]:
    """A, B, and their derivatives by the anchors' reported parameters on X and on Y, (2, n).

    Every threshold of a polytomous anchor counts as one b.

    Raises
    ------
    LinkingError
        If an anchor is NRM, a mean slope is not positive, or the b of one form are all equal.
    """
    nominal = [item.name for item in x if item.model == "NRM"]
    if nominal:
        raise LinkingError(
            f"NRM has no difficulties to average: {', '.join(nominal)}; use Haebara or "
            "Stocking-Lord, or leave these anchors out"
        )
    kind = np.array([name[0] for _, name in parameter_names(x)])
    is_a, is_b = kind == "a", kind == "b"
    values_x, values_y = reported(x), reported(y)
    b_x, b_y = values_x[is_b], values_y[is_b]
    A, A_by_x, A_by_y = 1.0, np.zeros(len(kind)), np.zeros(len(kind))
    if sigma and not fixed_slope:
        A, A_by_x[is_b], A_by_y[is_b] = _ratio_of_spreads(b_x, b_y)
    elif not fixed_slope:
        A, A_by_x[is_a], A_by_y[is_a] = _ratio_of_means(values_x[is_a], values_y[is_a])
    B = float(b_y.mean() - A * b_x.mean())
    B_by_x, B_by_y = -b_x.mean() * A_by_x, -b_x.mean() * A_by_y
    B_by_x[is_b] -= A / len(b_x)
    B_by_y[is_b] += 1 / len(b_y)
    return A, B, np.stack([A_by_x, B_by_x]), np.stack([A_by_y, B_by_y])


def _ratio_of_spreads(b_x: FloatArray, b_y: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    spread_x, spread_y = float(np.std(b_x)), float(np.std(b_y))
    if not (spread_x > 0 and spread_y > 0):
        raise LinkingError(
            f"mean-sigma needs b that differ; their SDs are {spread_x:g} on X and {spread_y:g} on "
            "Y; use more anchors, or another method"
        )
    A = spread_y / spread_x
    by_x = -A * (b_x - b_x.mean()) / (len(b_x) * spread_x**2)
    by_y = (b_y - b_y.mean()) / (len(b_y) * spread_x * spread_y)
    return A, by_x, by_y


def _ratio_of_means(a_x: FloatArray, a_y: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    mean_x, mean_y = float(a_x.mean()), float(a_y.mean())
    if not (mean_x > 0 and mean_y > 0):
        raise LinkingError(
            f"mean-mean needs positive mean slopes; came {mean_x:g} on X and {mean_y:g} on Y; "
            "check the keys of the anchors"
        )
    A = mean_x / mean_y
    n_items = len(a_x)
    return A, np.full(n_items, 1 / (n_items * mean_y)), np.full(n_items, -A / (n_items * mean_y))
