"""Two learners on one kernel, whose errors differ: ridge on the levels, and ordinal likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring_models.scored.link import Link, fit_link
from scoring_models.scored.ordinal import fit_ordinal, latent_variances
from scoring_models.scored.ridge import fit_ridge, inverse_of, new_variances

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int_]

_SHARPNESS = 5.0  # squared logits for one unit of the ridge's noise variance


@dataclass(frozen=True)
class RidgeLearner:
    """A ridge and the link that was fitted to its leave-one-out latents."""

    coefficients: FloatArray
    intercept: float
    inverse: FloatArray
    link: Link

    def probabilities(self, kernel: FloatArray, own: FloatArray) -> FloatArray:
        """Return level probabilities; kernel of new against training answers, and with itself."""
        latents = self.intercept + kernel @ self.coefficients
        return self.link.probabilities(latents, new_variances(self.inverse, kernel, own))


@dataclass(frozen=True)
class OrdinalLearner:
    """A kernel model of the ordinal likelihood, and the link of its leave-one-out latents."""

    coefficients: FloatArray
    inverse: FloatArray
    link: Link

    def probabilities(self, kernel: FloatArray, own: FloatArray) -> FloatArray:
        """Return level probabilities; kernel of new against training answers, and with itself."""
        wide = _SHARPNESS * kernel
        variances = 1 + latent_variances(self.inverse, wide, _SHARPNESS * own)
        return self.link.probabilities(wide @ self.coefficients, variances)


@dataclass(frozen=True)
class Learners:
    """Both, at equal shares: the mean of their distributions errs less than either."""

    ridge: RidgeLearner
    ordinal: OrdinalLearner

    def probabilities(self, kernel: FloatArray, own: FloatArray) -> FloatArray:
        """Return level probabilities; kernel of new against training answers, and with itself."""
        pair = (self.ridge, self.ordinal)
        return np.asarray(sum(one.probabilities(kernel, own) for one in pair) / len(pair))


def fit_learners(
    kernel: FloatArray, place: IntArray, levels: IntArray, lowest: int, highest: int
) -> tuple[Learners, FloatArray]:
    """Fit both and return them with the level probabilities of each score's answer, left out.

    Parameters
    ----------
    kernel : array of shape (n, n)
        Between distinct answers, in units of the noise variance.
    place : array of int, shape (m,)
        Which distinct answer each score belongs to.
    levels : array of int, shape (m,)
        ``lowest`` to ``highest``.
    """
    order = np.lexsort((levels, place))  # one order however the answers were sorted
    place, levels = place[order], levels[order]
    scale, ones = (lowest, highest), np.ones(len(levels))
    counts = np.bincount(place).astype(np.float64)
    means = np.bincount(place, levels) / counts

    ridge = fit_ridge(kernel, means, counts)
    latents, variances = ridge.left_out[place], ridge.left_out_variance[place]
    link = fit_link(latents, variances, levels, ones, *scale)
    left_out = link.probabilities(latents, variances)
    first = RidgeLearner(ridge.coefficients, ridge.intercept, inverse_of(kernel, counts), link)

    ordinal = fit_ordinal(_SHARPNESS * kernel, place, levels, *scale)
    latents, variances = ordinal.left_out[place], 1 + ordinal.left_out_variance[place]
    link = fit_link(latents, variances, levels, ones, *scale)
    left_out = (left_out + link.probabilities(latents, variances)) / 2
    second = OrdinalLearner(ordinal.coefficients, ordinal.inverse, link)

    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return Learners(first, second), left_out[back]
