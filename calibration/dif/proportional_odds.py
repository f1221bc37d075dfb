"""Cumulative logistic regression with common slopes; with two categories, plain logistic."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, log_expit, logit

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

FARTHEST = 30.0  # a linear predictor beyond this is on its way to infinity


@dataclass(frozen=True, eq=False)
class Fit:
    """``thresholds`` (n_categories - 1,), descending, and ``slopes``: logit P(Y >= k) = t_k + x s.

    ``reason`` says why there is no maximum, or is None.
    """

    thresholds: FloatArray
    slopes: FloatArray
    log_likelihood: float
    reason: str | None


def fit_proportional_odds(
    codes: IntArray, design: FloatArray, weights: FloatArray, *, max_iterations: int = 50
) -> Fit:
    """Maximum likelihood by Newton's method; the likelihood is log-concave.

    Parameters
    ----------
    codes : array of shape (n_persons,)
        Categories 0, 1, ..., each of which occurs.
    design : array of shape (n_persons, n_slopes)
        Without an intercept.
    weights : array of shape (n_persons,)

    References
    ----------
    McCullagh (1980), doi:10.1111/j.2517-6161.1980.tb01109.x
    """
    shares = np.bincount(codes, weights) / weights.sum()
    at_least = np.cumsum(shares[::-1])[-2::-1]
    free = np.concatenate([logit(at_least), np.zeros(design.shape[1])])
    n_thresholds = len(at_least)
    value = _log_likelihood(free, n_thresholds, codes, design, weights)
    reason: str | None = f"no maximum after {max_iterations} steps"
    for _ in range(max_iterations):
        gradient, information = _derivatives(free, n_thresholds, codes, design, weights)
        try:
            step = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError:
            reason = "the matching variable and the groups say the same of these persons"
            break
        if gradient @ step < 1e-10:
            reason = None
            break
        size = 1.0
        while size > 1e-8:
            there = _log_likelihood(free + size * step, n_thresholds, codes, design, weights)
            if there >= value:
                break
            size /= 2
        free, value = free + size * step, there
    slopes = free[n_thresholds:]
    if np.abs(design @ slopes + free[:1]).max(initial=0.0) > FARTHEST:
        reason = "right and wrong answers are separated completely: a slope grows without end"
    return Fit(free[:n_thresholds], slopes, value, reason)


def _bounds(
    free: FloatArray, n_thresholds: int, codes: IntArray, design: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Predictors of reaching the person's category, and of passing it."""
    edges = np.concatenate([[np.inf], free[:n_thresholds], [-np.inf]])
    shift = design @ free[n_thresholds:]
    return edges[codes] + shift, edges[codes + 1] + shift


def _log_likelihood(
    free: FloatArray, n_thresholds: int, codes: IntArray, design: FloatArray, weights: FloatArray
) -> float:
    if (np.diff(free[:n_thresholds]) >= 0).any():
        return -np.inf
    upper, lower = _bounds(free, n_thresholds, codes, design)
    # F(u) - F(v) = F(u) F(-v) (1 - exp(v - u)), exact in both tails.
    parts = log_expit(upper) + log_expit(-lower) + np.log(-np.expm1(lower - upper))
    return float(weights @ parts)


def _derivatives(
    free: FloatArray, n_thresholds: int, codes: IntArray, design: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Gradient and negative Hessian."""
    upper, lower = _bounds(free, n_thresholds, codes, design)
    gap = -np.expm1(lower - upper)
    by_upper = expit(-upper) / (expit(-lower) * gap)
    by_lower = -expit(lower) / (expit(upper) * gap)
    bend_upper = by_upper**2 - by_upper * (1 - 2 * expit(upper))
    bend_lower = by_lower**2 - by_lower * (1 - 2 * expit(lower))
    mixed = by_upper * by_lower
    n_persons, rows = len(codes), np.arange(len(codes))
    # Each bound's predictor is a threshold, if it is finite, and the slopes.
    to_upper = np.zeros((n_persons, n_thresholds + 2))
    to_lower = to_upper.copy()
    to_upper[rows, codes] = to_lower[rows, codes + 1] = 1.0
    upper_design = np.column_stack([to_upper[:, 1:-1], design])
    lower_design = np.column_stack([to_lower[:, 1:-1], design])
    gradient = upper_design.T @ (weights * by_upper) + lower_design.T @ (weights * by_lower)
    across = upper_design.T @ ((weights * mixed)[:, None] * lower_design)
    information = (
        upper_design.T @ ((weights * bend_upper)[:, None] * upper_design)
        + lower_design.T @ ((weights * bend_lower)[:, None] * lower_design)
        + across
        + across.T
    )
    return gradient, information
