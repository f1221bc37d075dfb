"""Item parameters moved to another ability scale, with the derivatives of the move.

theta_Y = A theta_X + B changes no probability if a_Y = a_X / A and b_Y = A b_X + B, asymptotes left
alone; the intercepts of NRM become u_Y = u_X - a_X B / A.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate

import numpy as np
import numpy.typing as npt
from scipy.linalg import block_diag

from calibration.errors import CalibrationError
from calibration.estimate.models import UNIT_SLOPE, n_parameters
from calibration.parameters import ItemParameters

FloatArray = npt.NDArray[np.float64]

FREE_SLOPE = {"Rasch": "2PL", "PCM": "GPCM"}  # what an item becomes when its slope leaves 1


class LinkingError(CalibrationError):
    """Two sets of item parameters cannot be linked as asked; the message names items and mend."""


def parameter_names(items: Sequence[ItemParameters]) -> tuple[tuple[str, str], ...]:
    """Item and parameter ("a", "b", "b1", "c", ...) in the order of ``CalibrationResult``."""
    return tuple((item.name, name) for item in items for name in _names(item))


def reported(items: Sequence[ItemParameters]) -> FloatArray:
    """All parameters in one vector, in the order of ``parameter_names``."""
    return np.array([value for item in items for value in _values(item)])


def with_reported(
    items: Sequence[ItemParameters], values: npt.ArrayLike
) -> tuple[ItemParameters, ...]:
    """The items with other numbers, given in the order of ``parameter_names``."""
    numbers = np.asarray(values, dtype=np.float64)
    places = slices(items)
    return tuple(_with_values(item, numbers[places[item.name]]) for item in items)


def slices(items: Sequence[ItemParameters]) -> Mapping[str, slice]:
    """Where each item's parameters lie in the vector of all."""
    widths = [n_parameters(item.model, item.n_categories) for item in items]
    ends = list(accumulate(widths, initial=0))
    return {item.name: slice(ends[i], ends[i + 1]) for i, item in enumerate(items)}


def transform_items(
    items: Sequence[ItemParameters], A: float, B: float
) -> tuple[ItemParameters, ...]:
    """Items on the scale A theta + B.

    A Rasch or PCM item has slope 1; where ``A`` is not 1 it becomes a 2PL or GPCM item.

    Parameters
    ----------
    items : sequence of ItemParameters
    A : float
        Positive.
    B : float
        Logits of the new scale.

    Raises
    ------
    LinkingError
        If ``A`` is not positive, or a coefficient is not finite.
    """
    if not (np.isfinite([A, B]).all() and A > 0):
        raise LinkingError(
            f"a link needs a finite A > 0 and a finite B; came A = {A:g}, B = {B:g}; check that the"
            " keys of the anchors agree in both calibrations"
        )
    return tuple(_transformed(item, A, B) for item in items)


def by_parameters(items: Sequence[ItemParameters], A: float, B: float) -> FloatArray:
    """Derivative of the moved parameters by the parameters, (n_reported, n_reported)."""
    return np.asarray(block_diag(*(_by_own(item, A, B) for item in items)))


def by_coefficients(items: Sequence[ItemParameters], A: float, B: float) -> FloatArray:
    """Derivative of the moved parameters by A and B, (n_reported, 2)."""
    return np.concatenate([_by_link(item, A, B) for item in items])


def internal_by_reported(item: ItemParameters) -> FloatArray:
    """Derivative of slopes, intercepts and logits of asymptotes by a, b, c, d; (P, P).

    An asymptote at 0 or 1 was fixed there: it has no variance, and its derivative is given as 0.
    """
    values = _values(item)
    out = np.eye(len(values))
    if item.model == "NRM":
        return out
    n_b = len(item.b)
    out[1 : n_b + 1, 0] = -values[1 : n_b + 1]
    out[range(1, n_b + 1), range(1, n_b + 1)] = -item.a[0]
    for place in range(n_b + 1, len(values)):
        spread = values[place] * (1 - values[place])
        out[place, place] = 1 / spread if spread > 0 else 0.0
    return out


def _names(item: ItemParameters) -> list[str]:
    a = ["a"] if len(item.a) == 1 else [f"a{k + 1}" for k in range(len(item.a))]
    b = ["b"] if len(item.b) == 1 else [f"b{k + 1}" for k in range(len(item.b))]
    return [*a, *b, *_asymptotes(item)]


def _asymptotes(item: ItemParameters) -> list[str]:
    return {"3PL": ["c"], "4PL": ["c", "d"]}.get(item.model, [])


def _values(item: ItemParameters) -> FloatArray:
    return np.array([*item.a, *item.b, *(getattr(item, name) for name in _asymptotes(item))])


def _with_values(item: ItemParameters, values: FloatArray) -> ItemParameters:
    n_a, n_b = len(item.a), len(item.b)
    asymptotes = {"c": item.c, "d": item.d} | dict(
        zip(_asymptotes(item), values[n_a + n_b :].tolist(), strict=True)
    )
    return ItemParameters(
        item.name,
        item.model,
        tuple(values[:n_a].tolist()),
        tuple(values[n_a : n_a + n_b].tolist()),
        **asymptotes,
    )


def _transformed(item: ItemParameters, A: float, B: float) -> ItemParameters:
    a = tuple(one / A for one in item.a)
    if item.model == "NRM":
        b = tuple(u - slope * B for u, slope in zip(item.b, a, strict=True))
    else:
        b = tuple(A * one + B for one in item.b)
    leaves_unit = item.model in UNIT_SLOPE and A != 1
    model = FREE_SLOPE[item.model] if leaves_unit else item.model
    return ItemParameters(item.name, model, a, b, item.c, item.d)


def _by_own(item: ItemParameters, A: float, B: float) -> FloatArray:
    n_a, n_b = len(item.a), len(item.b)
    out = np.eye(n_a + n_b + len(_asymptotes(item)))
    out[range(n_a), range(n_a)] = 1 / A
    places = range(n_a, n_a + n_b)
    if item.model == "NRM":
        out[places, range(n_a)] = -B / A
    else:
        out[places, places] = A
    return out


def _by_link(item: ItemParameters, A: float, B: float) -> FloatArray:
    n_a, n_b = len(item.a), len(item.b)
    a, b = np.array(item.a), np.array(item.b)
    out = np.zeros((n_a + n_b + len(_asymptotes(item)), 2))
    out[:n_a, 0] = -a / A**2
    of_b = slice(n_a, n_a + n_b)
    if item.model == "NRM":
        out[of_b] = np.stack([a * B / A**2, -a / A], axis=1)
    else:
        out[of_b, 0], out[of_b, 1] = b, 1.0
    return out
