"""Which items two calibrations share, and whether they can be compared."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from calibration.estimate.models import UNIT_SLOPE
from calibration.linking.scale import LinkingError, parameter_names
from calibration.parameters import ItemParameters

FloatArray = npt.NDArray[np.float64]


def anchor_names(
    x: Sequence[ItemParameters], y: Sequence[ItemParameters], wanted: Sequence[str] | None
) -> tuple[str, ...]:
    """Names of the anchors in the order of X.

    Raises
    ------
    LinkingError
        If a name occurs twice, a wanted anchor is not in both, there is none, or an anchor has two
        models or numbers of categories.
    """
    by_name = [{item.name: item for item in items} for items in (x, y)]
    for side, items, known in zip("XY", (x, y), by_name, strict=True):
        if len(known) < len(items):
            names = [item.name for item in items]
            twice = sorted({name for name in names if names.count(name) > 1})
            raise LinkingError(f"{side} names items twice: {', '.join(twice)}")
    common = tuple(item.name for item in x if item.name in by_name[1])
    if wanted is not None:
        missing = [name for name in wanted if name not in common]
        if missing:
            raise LinkingError(f"not in both calibrations: {', '.join(missing)}")
        common = tuple(name for name in common if name in set(wanted))
    if not common:
        raise LinkingError("the two calibrations have no item in common; anchors go by name")
    for name in common:
        one, other = by_name[0][name], by_name[1][name]
        if (one.model, one.n_categories) != (other.model, other.n_categories):
            raise LinkingError(
                f"anchor {name!r} is {one.model} with {one.n_categories} categories on X and "
                f"{other.model} with {other.n_categories} on Y; calibrate it alike, or leave it out"
            )
    return common


def checked_covariance(
    items: Sequence[ItemParameters], covariance: npt.ArrayLike, side: str
) -> FloatArray:
    """The covariance as an array, if it has the shape of the items' parameters."""
    out = np.asarray(covariance, dtype=np.float64)
    n_reported = len(parameter_names(items))
    if out.shape != (n_reported, n_reported) or not np.isfinite(out).all():
        raise LinkingError(
            f"the covariance of {side} must be finite and have the shape ({n_reported}, "
            f"{n_reported}) of its items' parameters; came {out.shape}"
        )
    return out


def named(items: Sequence[ItemParameters], names: Sequence[str]) -> tuple[ItemParameters, ...]:
    known = {item.name: item for item in items}
    return tuple(known[name] for name in names)


def unit_is_fixed(x: Sequence[ItemParameters], y: Sequence[ItemParameters]) -> bool:
    held = [(one, other) for one, other in zip(x, y, strict=True) if one.model in UNIT_SLOPE]
    for one, other in held:
        if one.a != other.a:
            raise LinkingError(
                f"anchor {one.name!r} is {one.model} with slope {one.a[0]:g} on X and "
                f"{other.a[0]:g} on Y; a {one.model} item has the same slope on both"
            )
    return bool(held)
