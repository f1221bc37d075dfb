"""Kernel ridge regression with an intercept, and its leave-one-out predictions in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

FloatArray = npt.NDArray[np.float64]

_BOUND = 7.0
_MOST_STEPS = 60


@dataclass(frozen=True)
class Ridge:
    """f(x) = intercept + sum over i of coefficients_i k(x, x_i), noise variance 1 / count_i."""

    coefficients: FloatArray
    intercept: float
    left_out: FloatArray
    left_out_variance: FloatArray

    def predict(self, kernel: FloatArray) -> FloatArray:
        """Return predictions from the kernel of new against training answers."""
        return np.asarray(self.intercept + kernel @ self.coefficients)


def fit_ridge(kernel: FloatArray, scores: FloatArray, counts: FloatArray) -> Ridge:
    """Fit kernel ridge regression and predict each answer from all others.

    Parameters
    ----------
    kernel : array of shape (n, n)
        Already divided by the ridge lambda: noise variance is the unit.
    scores : array of shape (n,)
        Mean score of each distinct answer.
    counts : array of shape (n,)
        How many times each answer was scored; its noise is 1 / count.

    Notes
    -----
    With A = K + diag(1 / counts) and C the upper left block of the inverse of [[A, 1], [1', 0]],
    coefficients are C y and the leave-one-out residual is (C y)_i / C_ii, exactly. The
    leave-one-out variance of the mean score is 1 / C_ii, in units of the noise.

    References
    ----------
    Cawley & Talbot (2007), Preventing over-fitting during model selection via Bayesian
    regularisation, jmlr.org/papers/v8/cawley07a.html; Rasmussen & Williams (2006), section 5.4.2
    """
    inverse, shares = _bordered_inverse(kernel, counts)
    coefficients = inverse @ scores
    spread = 1 / np.diag(inverse)
    variances = spread - 1 / counts + 1  # of one more score, not of the mean of several
    return Ridge(coefficients, float(shares @ scores), scores - coefficients * spread, variances)


def inverse_of(kernel: FloatArray, counts: FloatArray) -> FloatArray:
    """Return the inverse of K + diag(1 / counts), which ``new_variances`` needs."""
    return np.asarray(cho_solve(cho_factor(kernel + np.diag(1 / counts)), np.eye(len(kernel))))


def new_variances(inverse: FloatArray, kernel: FloatArray, own: FloatArray) -> FloatArray:
    """Return the predictive variance of one score of new answers, in units of the noise.

    Parameters
    ----------
    inverse : array of shape (n, n)
        From ``inverse_of``.
    kernel : array of shape (m, n)
        New against training answers.
    own : array of shape (m,)
        Kernel of each new answer with itself.
    """
    projected = kernel @ inverse
    known = np.einsum("ij,ij->i", projected, kernel)
    ones = inverse.sum(axis=1)
    intercept = (1 - kernel @ ones) ** 2 / ones.sum()
    return np.asarray(1 + np.maximum(own - known, 0) + intercept)


def weigh_kernels(
    kernels: Sequence[FloatArray],
    scores: FloatArray,
    counts: FloatArray,
    start: FloatArray,
    pull: float,
) -> FloatArray:
    """Choose log weights of kernels by the squared error of leave-one-out predictions.

    Minimises n/2 log(mean squared leave-one-out error) + pull/2 |log weights - start|^2 by L-BFGS
    with exact gradients; lambda is 1 throughout, so that the sum of weights plays its part.

    Parameters
    ----------
    kernels : sequence of arrays of shape (n, n)
    scores, counts : arrays of shape (n,)
        As for ``fit_ridge``.
    start : array of shape (n_kernels,)
        Log weights to which the choice is pulled.
    pull : float
        0 trusts the data alone.
    """

    def loss(log_weights: FloatArray) -> tuple[float, FloatArray]:
        weights = np.exp(log_weights)
        total = sum(w * k for w, k in zip(weights, kernels, strict=True))
        inverse, _ = _bordered_inverse(np.asarray(total), counts)
        coefficients, diagonal = inverse @ scores, np.diag(inverse)
        residual = coefficients / diagonal
        error = float(counts @ residual**2)
        pullback = counts * residual / diagonal
        # half of d error / d K, once for all kernels
        change = (inverse * (pullback * residual)) @ inverse
        change -= np.outer(inverse @ pullback, coefficients)
        slope = 2 * weights * np.array([np.vdot(change, kernel) for kernel in kernels])
        size = float(counts.sum())
        away = log_weights - start
        value = size / 2 * np.log(error / size) + pull / 2 * float(away @ away)
        return value, size / 2 * slope / error + pull * away

    bounds = [(value - _BOUND, value + _BOUND) for value in start]
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _MOST_STEPS}
    )
    return np.asarray(found.x)


def _bordered_inverse(kernel: FloatArray, counts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return C as in ``fit_ridge`` and the shares of the scores in the intercept."""
    factor = cho_factor(kernel + np.diag(1 / counts), lower=True)
    inverse = cho_solve(factor, np.eye(len(kernel)))
    ones = inverse.sum(axis=1)
    return inverse - np.outer(ones, ones) / ones.sum(), ones / ones.sum()
