"""How far each anchor of a link lies from where the link puts it.

Three answers: robust z, against the spread of the other anchors; Wald, against sampling error; and
the difference of the curves, against nothing but the score scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2

from calibration.errors import CalibrationError
from calibration.estimate.quadrature import Quadrature
from calibration.linking.anchors import anchor_names, checked_covariance, named
from calibration.linking.links import Link, apply_link
from calibration.linking.scale import (
    by_coefficients,
    by_parameters,
    parameter_names,
    reported,
    slices,
)
from calibration.parameters import ItemParameters, expected_scores, probabilities

FloatArray = npt.NDArray[np.float64]

IQR_OF_NORMAL = 0.74  # SD of a normal variable in IQRs, to the two digits that the paper takes
LEAST_SPREAD = 1e-9  # logits; an IQR or a standard error below is rounding
LEAST_EIGENVALUE = 1e-8  # of a correlation matrix; a direction below is fixed by the others


class DriftError(CalibrationError):
    """Drift cannot be judged as asked; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class RobustZ:
    """Robust z of one anchor; ``a`` or ``b`` is None where ``reason`` says why."""

    name: str
    a: float | None
    b: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Wald:
    """Wald test of one anchor; ``statistic`` and ``p_value`` None where ``reason`` says why."""

    name: str
    statistic: float | None
    df: int
    p_value: float | None
    log_p: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CurveDifference:
    """Difference of the curves of one item.

    ``wrmsd`` is the root of the weighted mean squared difference (its square is known as D2),
    ``mean`` the weighted mean difference, Y less X: positive where the item is easier in Y, None
    for NRM, whose categories have no order.
    """

    name: str
    wrmsd: float
    mean: float | None


def robust_z(values: npt.ArrayLike) -> FloatArray | None:
    """(value - median) / (0.74 IQR); None if the IQR is 0 or there are fewer than 4 values.

    Parameters
    ----------
    values : array of shape (n,)

    References
    ----------
    Huynh & Meyer (2010), doi:10.7275/ycx6-e864
    """
    found = np.asarray(values, dtype=np.float64)
    if len(found) < 4:
        return None
    low, median, high = np.percentile(found, [25, 50, 75])
    if not high - low > LEAST_SPREAD:
        return None
    return np.asarray((found - median) / (IQR_OF_NORMAL * (high - low)))


def robust_z_of_anchors(found: Link, names: Sequence[str] | None = None) -> tuple[RobustZ, ...]:
    """Robust z of log a and of b of items common to both forms, used by the link or not.

    The differences are those of Y less X on the scale of Y. The b of a polytomous item is the mean
    of its thresholds: thresholds that move apart do not show here.

    References
    ----------
    Huynh & Meyer (2010), doi:10.7275/ycx6-e864
    """
    moved, own = _pairs(found, names)
    ordered = [k for k, item in enumerate(own) if item.model != "NRM"]
    rising = [k for k in ordered if min(moved[k].a[0], own[k].a[0]) > 0]
    log_a = [np.log(own[k].a[0]) - np.log(moved[k].a[0]) for k in rising]
    b = [np.mean(own[k].b) - np.mean(moved[k].b) for k in ordered]
    z_a = _by_place(rising, robust_z(log_a))
    z_b = _by_place(ordered, robust_z(b))
    return tuple(
        RobustZ(item.name, z_a.get(k), z_b.get(k), _why_no_z(item, k in z_a, k in z_b, k in rising))
        for k, item in enumerate(own)
    )


def wald_of_anchors(
    found: Link,
    covariance_x: npt.ArrayLike,
    covariance_y: npt.ArrayLike,
    names: Sequence[str] | None = None,
) -> tuple[Wald, ...]:
    """Test of each common item: are its a and b on Y those that the link puts there?

    Lord's chi-square with the error of the link: the difference of the item's parameters has the
    sampling error of both calibrations and of A and B, and those three errors hang together, for
    the item may be one of those that A and B come from. Asymptotes are left out, because they are
    estimated badly and no scale moves them. A direction without error, such as the slope of a
    Rasch item, is left out of the statistic and of its degrees of freedom.

    Parameters
    ----------
    found : Link
        With standard errors.
    covariance_x, covariance_y : array of shape (n_reported, n_reported)
        Those that the link was made with.
    names : sequence of str, optional
        Items to test, all common ones by default.

    Raises
    ------
    DriftError
        If the link has no standard errors.

    References
    ----------
    Lord (1980), Applications of Item Response Theory to Practical Testing Problems, chapter 14;
    Donoghue & Isham (1998), doi:10.1177/01466216980221002
    """
    if found.covariance is None or found.with_x is None or found.with_y is None:
        raise DriftError("a Wald test needs a link with standard errors; pass both covariances")
    spread_x = checked_covariance(found.items_x, covariance_x, "X")
    spread_y = checked_covariance(found.items_y, covariance_y, "Y")
    moved, own = _pairs(found, names)
    of_x, of_y = slices(found.items_x), slices(found.items_y)
    known = {item.name: item for item in found.items_x}
    out = []
    for new, item in zip(moved, own, strict=True):
        before, at_x, at_y = (known[item.name],), of_x[item.name], of_y[item.name]
        by_own = by_parameters(before, found.A, found.B)
        by_link = by_coefficients(before, found.A, found.B)
        mixed = (by_own @ found.with_x[:, at_x].T - found.with_y[:, at_y].T) @ by_link.T
        spread = by_own @ spread_x[at_x, at_x] @ by_own.T + spread_y[at_y, at_y]
        spread = spread + by_link @ found.covariance @ by_link.T + mixed + mixed.T
        located = np.array([name[0] in "ab" for _, name in parameter_names((item,))])
        difference = (reported((item,)) - reported((new,)))[located]
        out.append(_wald(item.name, difference, spread[np.ix_(located, located)]))
    return tuple(out)


def curve_differences(
    x: Sequence[ItemParameters], y: Sequence[ItemParameters], quadrature: Quadrature
) -> tuple[CurveDifference, ...]:
    """Weighted differences of the curves of pairs of items on one scale.

    Curves are expected scores divided by the highest score, so that a difference of .1 is a tenth
    of the item's score range; for NRM all categories' probabilities, whose squared differences are
    added and halved (the same thing where there are two).

    Parameters
    ----------
    x, y : sequence of ItemParameters
        Pairwise, on the scale of Y.
    quadrature : Quadrature
        Ability distribution on that scale.

    References
    ----------
    Wainer (1993), Model-based standardized measurement of an item's differential impact, in
    Holland & Wainer (eds.), Differential Item Functioning; Raju (1988), doi:10.1007/BF02294403
    """
    nodes, weights = quadrature.nodes, quadrature.weights
    by_category = probabilities(y, nodes) - probabilities(x, nodes)
    by_score = expected_scores(y, nodes) - expected_scores(x, nodes)
    out = []
    for place, item in enumerate(y):
        if item.model == "NRM":
            squares = 0.5 * (by_category[place] ** 2).sum(axis=0)
            mean = None
        else:
            share = by_score[place] / (item.n_categories - 1)
            squares, mean = share**2, float(weights @ share)
        out.append(CurveDifference(item.name, float(np.sqrt(weights @ squares)), mean))
    return tuple(out)


def curve_differences_of_anchors(
    found: Link, quadrature: Quadrature, names: Sequence[str] | None = None
) -> tuple[CurveDifference, ...]:
    """``curve_differences`` of items common to both forms, on the scale of Y."""
    moved, own = _pairs(found, names)
    return curve_differences(moved, own, quadrature)


def _pairs(
    found: Link, wanted: Sequence[str] | None
) -> tuple[tuple[ItemParameters, ...], tuple[ItemParameters, ...]]:
    names = anchor_names(found.items_x, found.items_y, wanted)
    return apply_link(found, named(found.items_x, names)), named(found.items_y, names)


def _by_place(places: Sequence[int], z: FloatArray | None) -> dict[int, float]:
    return {} if z is None else dict(zip(places, z.tolist(), strict=True))


def _why_no_z(item: ItemParameters, has_a: bool, has_b: bool, rising: bool) -> str:
    if item.model == "NRM":
        return "NRM has no difficulty"
    reasons = []
    if not has_a:
        why = "the anchors' slopes do not spread" if rising else "a slope is not positive"
        reasons.append(f"no z of a: {why}")
    if not has_b:
        reasons.append("no z of b: fewer than 4 anchors, or half of them move alike")
    return "; ".join(reasons)


def _wald(name: str, difference: FloatArray, spread: FloatArray) -> Wald:
    error = np.sqrt(np.maximum(np.diagonal(spread), 0.0))
    free = error > LEAST_SPREAD
    if not free.any():
        return Wald(name, None, 0, None, None, "its parameters have no sampling error")
    scale = error[free]
    sizes, directions = np.linalg.eigh(spread[np.ix_(free, free)] / np.outer(scale, scale))
    kept = sizes > LEAST_EIGENVALUE
    along = directions[:, kept].T @ (difference[free] / scale)
    statistic, df = float(np.sum(along**2 / sizes[kept])), int(kept.sum())
    log_p = float(chi2.logsf(statistic, df))
    return Wald(name, statistic, df, float(np.exp(log_p)), log_p)
