"""How precisely a test measures: information, standard errors, reliability."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from calibration.errors import CalibrationError
from calibration.estimate.quadrature import Quadrature
from calibration.parameters import ItemParameters, information

FloatArray = npt.NDArray[np.float64]


class ReliabilityError(CalibrationError):
    """A reliability cannot be computed from what was given."""


def total_information(items: Sequence[ItemParameters], theta: npt.ArrayLike) -> FloatArray:
    """Test information function: of all items about ability, (n_theta,), per squared logit.

    Parameters
    ----------
    items : sequence of ItemParameters
    theta : array of shape (n_theta,)
        Logits, D = 1.

    References
    ----------
    Lord (1980), Applications of Item Response Theory to Practical Testing Problems, Erlbaum
    """
    result: FloatArray = information(items, theta).sum(axis=0)
    return result


def conditional_standard_errors(
    items: Sequence[ItemParameters], theta: npt.ArrayLike
) -> FloatArray:
    """Asymptotic standard error of a maximum likelihood estimate at each ability, (n_theta,).

    1 / sqrt(information), logits; infinite where the items tell nothing.
    """
    informed = total_information(items, theta)
    out = np.full(informed.shape, np.inf)
    np.divide(1.0, np.sqrt(informed), out=out, where=informed > 0)
    return out


def marginal_reliability(
    items: Sequence[ItemParameters],
    quadrature: Quadrature,
    *,
    error: Literal["estimate", "posterior"] = "estimate",
) -> float:
    """Share of the variance of ability that is not error, averaged over the abilities.

    With "estimate", errors are those of maximum likelihood estimates: 1 - E[1 / I] / var(theta)
    (Green et al.). Where a test tells next to nothing about some abilities this falls far, even
    below 0; it is not clipped. With "posterior", errors are those of Bayesian estimates, whose
    information includes that of the distribution: E[I / (I + 1 / var(theta))], always between 0
    and 1, and what other programs often report.

    Parameters
    ----------
    items : sequence of ItemParameters
    quadrature : Quadrature
        Ability distribution, logits.
    error : {"estimate", "posterior"}

    Raises
    ------
    ReliabilityError
        If, with "estimate", there is no information at some ability; or ``error`` is unknown.

    References
    ----------
    Green, Bock, Humphreys, Linn & Reckase (1984), doi:10.1111/j.1745-3984.1984.tb01039.x;
    Thissen & Wainer (2001), Test Scoring, Erlbaum
    """
    if error not in ("estimate", "posterior"):
        raise ReliabilityError(f"error is estimate or posterior; came {error!r}")
    informed = total_information(items, quadrature.nodes)
    mean = quadrature.weights @ quadrature.nodes
    variance = float(quadrature.weights @ (quadrature.nodes - mean) ** 2)
    if error == "posterior":
        return float(quadrature.weights @ (informed / (informed + 1 / variance)))
    if not informed.all():
        at = quadrature.nodes[int(np.argmin(informed))]
        raise ReliabilityError(
            f"the items tell nothing about ability {at:g}, so that the mean error variance is "
            'infinite; take error="posterior", or a narrower distribution'
        )
    return 1.0 - float(quadrature.weights @ (1 / informed)) / variance


def empirical_reliability(
    theta: npt.ArrayLike, se: npt.ArrayLike, *, weights: npt.ArrayLike | None = None
) -> float:
    """Reliability of the EAP estimates of a sample: var(EAP) / (var(EAP) + mean(SD^2)).

    It holds for whatever items each person took, adaptive tests included. The variance has n - 1
    below it.

    Parameters
    ----------
    theta, se : arrays of shape (n_persons,)
        Posterior means and SDs, logits; see ``calibration.posterior.eap``.
    weights : array of shape (n_persons,), optional
        How often each row occurred.

    Raises
    ------
    ReliabilityError
        If shapes differ, a value is no finite number, an SD or weight is negative, there are not
        more than one person, or no variance at all.

    References
    ----------
    Bechger, Maris, Verstralen & Beguin (2003), doi:10.1177/0146621603257518; du Toit (2003), IRT
    from SSI, Scientific Software International
    """
    means, errors = np.array(theta, dtype=np.float64), np.array(se, dtype=np.float64)
    counts = np.ones(means.shape) if weights is None else np.array(weights, dtype=np.float64)
    if means.ndim != 1 or not means.shape == errors.shape == counts.shape:
        raise ReliabilityError(
            f"theta, se and weights need one number a person each; came {means.shape}, "
            f"{errors.shape} and {counts.shape}"
        )
    if not np.isfinite([means, errors, counts]).all() or min(errors.min(), counts.min()) < 0:
        raise ReliabilityError(
            "theta, se and weights must be finite, and se and weights not negative; leave out "
            "persons without an estimate"
        )
    n_persons = counts.sum()
    if not n_persons > 1:
        raise ReliabilityError(f"a variance needs more than one person; came {n_persons:g}")
    mean = counts @ means / n_persons
    variance = counts @ (means - mean) ** 2 / (n_persons - 1)
    total = variance + counts @ errors**2 / n_persons
    if not total > 0:
        raise ReliabilityError("neither estimates nor their errors vary; reliability is undefined")
    return float(variance / total)
