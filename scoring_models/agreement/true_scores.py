"""How well a machine predicts the true score, which no single human rating is: PRMSE."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring_models.agreement.ratings import Ratings
from scoring_models.errors import AgreementError

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TrueScores:
    """What human ratings and a machine's scores say of the true score.

    Attributes
    ----------
    prmse : float
        Proportional reduction in mean squared error, 1 - ``mse`` / ``variance``: 1 is perfect, 0
        as good as giving everyone the mean, below 0 worse.
    mse : float
        Mean squared error of the machine as a predictor of the true score, levels squared. With
        few answers it may come out below 0.
    variance : float
        Of true scores, levels squared.
    error_variance : float
        Of a single human rating, levels squared.
    n, n_double : int
        Answers with one rating at least, and with two at least.
    """

    prmse: float
    mse: float
    variance: float
    error_variance: float
    n: int
    n_double: int


def human_error_variance(ratings: npt.ArrayLike) -> float:
    """Variance of the error of one human rating, from the answers that two or more people rated.

    Parameters
    ----------
    ratings : array of shape (n_answers, n_raters)
        NaN where a rater did not rate.

    Raises
    ------
    AgreementError
        If the shape is another, or no answer has two ratings.

    References
    ----------
    Loukina et al. (2020), equation 2, doi:10.18653/v1/2020.bea-1.2
    """
    table = _table(ratings)
    given = np.isfinite(table).sum(axis=1)
    double = table[given >= 2]
    if not len(double):
        raise AgreementError(
            "no answer has two human ratings; PRMSE needs some, or the error variance from others"
        )
    means = np.nanmean(double, axis=1, keepdims=True)
    return float(np.nansum((double - means) ** 2) / (given[given >= 2] - 1).sum())


def prmse(
    machine: Ratings, ratings: npt.ArrayLike, *, error_variance: float | None = None
) -> TrueScores:
    """Proportional reduction in mean squared error of true scores by a machine's scores.

    Answers that one person rated help to estimate the variance and the error; those that two or
    more rated tell how large the error of a human rating is.

    Parameters
    ----------
    machine : array of shape (n_answers,)
        Scores, best unrounded.
    ratings : array of shape (n_answers, n_raters)
        NaN where a rater did not rate; an answer without any rating is left out.
    error_variance : float, optional
        Of one human rating, levels squared, where it is known from other answers.

    Raises
    ------
    AgreementError
        If shapes differ, a machine score is not finite, fewer than two answers are rated, none is
        rated twice and ``error_variance`` is not given, or true scores do not seem to vary.

    References
    ----------
    Haberman (2008), doi:10.3102/1076998607302636 (the idea); Loukina, Madnani, Cahill, Yao,
    Johnson, Riordan & McCaffrey (2020), Using PRMSE to evaluate automated scoring systems in the
    presence of label noise, doi:10.18653/v1/2020.bea-1.2
    """
    table, scores = _table(ratings), np.asarray(machine, dtype=np.float64)
    if scores.shape != (len(table),):
        raise AgreementError(
            f"machine scores of shape {scores.shape} for {len(table)} rated answers; give one each"
        )
    count = np.isfinite(table).sum(axis=1)
    rated = count > 0
    table, scores, count = table[rated], scores[rated], count[rated]
    if len(scores) < 2:
        raise AgreementError(f"{len(scores)} rated answers came, expected two or more")
    if not np.isfinite(scores).all():
        raise AgreementError("a machine score is not finite; leave such answers out first")
    error = human_error_variance(table) if error_variance is None else error_variance
    means = np.nanmean(table, axis=1)
    variance = _true_variance(means, count, error)
    mse = float((count @ (means - scores) ** 2 - len(scores) * error) / count.sum())
    if not variance > 0:
        raise AgreementError(
            f"true scores do not seem to vary (variance {variance:.3f}): ratings differ no more "
            "between answers than between raters"
        )
    n_double = int((count >= 2).sum())
    return TrueScores(1 - mse / variance, mse, variance, error, len(scores), n_double)


def _true_variance(means: FloatArray, count: npt.NDArray[np.int_], error: float) -> float:
    total = count.sum()
    between = count @ (means - count @ means / total) ** 2
    return float((between - (len(means) - 1) * error) / (total - (count**2).sum() / total))


def _table(ratings: npt.ArrayLike) -> FloatArray:
    table = np.asarray(ratings, dtype=np.float64)
    if table.ndim != 2:
        raise AgreementError(f"ratings have shape {table.shape}, expected (n_answers, n_raters)")
    return table
