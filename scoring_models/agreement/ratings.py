"""How well two sets of ratings agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from scoring_models.errors import AgreementError

Ratings = Sequence[float] | npt.NDArray[np.floating] | npt.NDArray[np.integer]


def quadratic_weighted_kappa(a: Ratings, b: Ratings) -> float:
    """Agreement of two raters beyond chance, with squared distances as weights.

    1 - sum (a - b)^2 / expected sum of (a - b)^2 if the raters were independent. Ratings need not
    be whole numbers. 1 is perfect, 0 chance, below 0 worse than chance.

    Raises
    ------
    AgreementError
        If lengths differ, fewer than two pairs came, a rating is not finite, or neither rater
        varies while both agree in all (kappa is undefined there).

    References
    ----------
    Cohen (1968), doi:10.1037/h0026256; for the identity with moments, Haberman (2019),
    doi:10.1002/ets2.12258
    """
    x, y = pair(a, b)
    expected = float(x.var() + y.var() + (x.mean() - y.mean()) ** 2)
    if expected == 0:
        raise AgreementError("kappa is undefined: both raters gave one and the same value only")
    return 1 - float(((x - y) ** 2).mean()) / expected


def exact_agreement(a: Ratings, b: Ratings) -> float:
    """Share of pairs with equal ratings, 0 to 1.

    Raises
    ------
    AgreementError
        As ``quadratic_weighted_kappa``, but for constant ratings.
    """
    x, y = pair(a, b)
    return float((x == y).mean())


def adjacent_agreement(a: Ratings, b: Ratings) -> float:
    """Share of pairs at most one level apart, 0 to 1, equal ones included.

    Raises
    ------
    AgreementError
        As ``exact_agreement``.
    """
    x, y = pair(a, b)
    return float((np.abs(x - y) <= 1).mean())


def standardised_mean_difference(machine: Ratings, human: Ratings) -> float:
    """(mean machine - mean human) / root mean of their two variances.

    A machine is usually held to an absolute value of at most .15 overall and .10 in a subgroup.

    Raises
    ------
    AgreementError
        As ``exact_agreement``, or if neither varies.

    References
    ----------
    Williamson, Xi & Breyer (2012), A framework for evaluation and use of automated scoring,
    doi:10.1111/j.1745-3992.2011.00223.x
    """
    x, y = pair(machine, human)
    pooled = float(np.sqrt((x.var(ddof=1) + y.var(ddof=1)) / 2))
    if pooled == 0:
        raise AgreementError("the difference is undefined: neither set of ratings varies")
    return float(x.mean() - y.mean()) / pooled


def pair(a: Ratings, b: Ratings) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return both as arrays of shape (n,); what cannot be compared raises AgreementError."""
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape:
        raise AgreementError(f"ratings have shapes {x.shape} and {y.shape}, expected equal lengths")
    if len(x) < 2:
        raise AgreementError(f"{len(x)} pairs came, expected two or more")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise AgreementError("a rating is missing or not finite; leave such pairs out first")
    return x, y
