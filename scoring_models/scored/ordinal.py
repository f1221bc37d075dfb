"""Kernel regression by the ordinal likelihood, and its leave-one-out predictions in closed form.

Beside the ridge, which weighs every level's distance alike: here an answer of the lowest level says
only that the latent is low, not how low.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from scipy.special import expit

from scoring_models.scored.link import pack_thresholds, unpack_thresholds

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int_]

_MOST_STEPS = 25
_THRESHOLD_ROUNDS = 8
_THRESHOLD_STEPS = 4
_FARTHEST = 4.0  # logits a Newton step
_ENOUGH = 1e-4
_LEAST_CURVATURE = 1e-6
_LOGISTIC_VARIANCE = np.pi**2 / 3


@dataclass(frozen=True)
class Ordinal:
    """f(x) = sum over i of coefficients_i k(x, x_i), in logits; ``inverse`` gives its variance.

    ``left_out`` and ``left_out_variance``: latent of each answer predicted from all others.
    """

    coefficients: FloatArray
    inverse: FloatArray
    left_out: FloatArray
    left_out_variance: FloatArray


def fit_ordinal(
    kernel: FloatArray, place: IntArray, levels: IntArray, lowest: int, highest: int
) -> Ordinal:
    """Fit a proportional-odds model with a Gaussian process as latent, at its posterior mode.

    Newton's method for the latents, with thresholds refitted between the first steps. At the mode
    the model is a ridge on the working response z = f + gradient / curvature with noise variance
    1 / curvature, so that leaving one answer out has the ridge's closed form. It takes thresholds
    and curvatures of the others as they are, and is exact apart from that.

    Parameters
    ----------
    kernel : array of shape (n, n)
        Prior covariance of the latents of distinct answers, in squared logits.
    place : array of int, shape (m,)
        Which distinct answer each score belongs to.
    levels : array of int, shape (m,)
        ``lowest`` to ``highest``.

    References
    ----------
    Chu & Ghahramani (2005), Gaussian processes for ordinal regression,
    jmlr.org/papers/v6/chu05a.html; Vehtari et al. (2016), leave-one-out at the Laplace
    approximation, jmlr.org/papers/v17/14-540.html
    """
    n, steps = len(kernel), levels - lowest
    packed = start = _first_thresholds(kernel, steps, highest - lowest)
    latents = np.zeros(n)
    for number in range(_MOST_STEPS):
        inverse, response, curvature = _working(kernel, latents, place, steps, packed)
        coefficients = inverse @ response
        step = kernel @ coefficients - latents
        largest = float(np.abs(step).max())
        if largest < _ENOUGH and number > _THRESHOLD_ROUNDS:
            break
        latents = latents + step * min(1.0, _FARTHEST / max(largest, _ENOUGH))
        if number < _THRESHOLD_ROUNDS:
            packed = _refit(packed, start, latents[place], steps)
    spread = 1 / np.diag(inverse)
    left_out = response - coefficients * spread
    return Ordinal(coefficients, inverse, left_out, np.maximum(spread - 1 / curvature, 0))


def latent_variances(inverse: FloatArray, kernel: FloatArray, own: FloatArray) -> FloatArray:
    """Return the posterior variance of new latents.

    Parameters
    ----------
    inverse : array of shape (n, n)
        Of an ``Ordinal``.
    kernel : array of shape (m, n)
        New against training answers, squared logits.
    own : array of shape (m,)
        Kernel of each new answer with itself.
    """
    return np.asarray(np.maximum(own - np.einsum("ij,ij->i", kernel @ inverse, kernel), 0))


def _working(
    kernel: FloatArray, latents: FloatArray, place: IntArray, steps: IntArray, packed: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the inverse of K + diag(1 / curvature), the working response and the curvature."""
    n = len(latents)
    reached, passed = _chances(latents[place], steps, packed)
    gradient = np.bincount(place, 1 - reached - passed, minlength=n)
    bent = reached * (1 - reached) + passed * (1 - passed)
    curvature = np.maximum(np.bincount(place, bent, minlength=n), _LEAST_CURVATURE)
    factor = cho_factor(kernel + np.diag(1 / curvature), lower=True)
    inverse = np.asarray(cho_solve(factor, np.eye(n)), np.float64)
    return inverse, latents + gradient / curvature, curvature


def _chances(
    latents: FloatArray, steps: IntArray, packed: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the probabilities of reaching the level given, and of passing it."""
    edges = np.concatenate([[-np.inf], unpack_thresholds(packed), [np.inf]])
    return expit(latents - edges[steps]), expit(latents - edges[steps + 1])


def _first_thresholds(kernel: FloatArray, steps: IntArray, count: int) -> FloatArray:
    """Thresholds of the observed shares, half an answer added to each, widened by the latents."""
    seen = np.bincount(steps, minlength=count + 1) + 0.5
    below = seen.cumsum()[:-1] / seen.sum()
    wider = np.sqrt(1 + np.diag(kernel).mean() / _LOGISTIC_VARIANCE)
    return pack_thresholds(wider * np.log(below / (1 - below)))


def _refit(
    packed: FloatArray, start: FloatArray, latents: FloatArray, steps: IntArray
) -> FloatArray:
    """Move thresholds a little towards the greatest likelihood, pulled to ``start``."""
    count = len(packed) + 1

    def loss(parameters: FloatArray) -> tuple[float, FloatArray]:
        reached, passed = _chances(latents, steps, parameters)
        chance = np.maximum(reached - passed, 1e-12)
        below = np.bincount(steps, reached * (1 - reached) / chance, minlength=count)[1:]
        above = np.bincount(steps, passed * (1 - passed) / chance, minlength=count)[:-1]
        # every threshold from k on moves with gap k
        moved = (below - above)[::-1].cumsum()[::-1]
        slope = np.concatenate([moved[:1], moved[1:] * np.exp(parameters[1:])])
        away = parameters - start
        return 0.5 * float(away @ away) - float(np.log(chance).sum()), slope + away

    found = minimize(
        loss, packed, jac=True, method="L-BFGS-B", options={"maxiter": _THRESHOLD_STEPS}
    )
    return np.asarray(found.x)
