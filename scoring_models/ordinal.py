"""From a latent score to calibrated probabilities: cumulative and binary logit, with priors.

Both are fitted to latent scores of texts that the head had not seen (leave-group-out), and both
are pulled towards a default by a ridge, because a rubric alone has only 15 anchors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

FloatArray = npt.NDArray[np.float64]

_RIDGE = 0.5
_DEFAULT_SLOPE = 2.0
_DEFAULT_THRESHOLDS = np.array([-2.27, -0.68, 0.68, 2.27])  # quintiles at the default slope


@dataclass(frozen=True)
class CumulativeLogit:
    """P(level > k | score) = expit(slope x (score - centre) / scale - threshold_k).

    ``scale / slope`` is the temperature: the larger, the flatter the distribution.
    """

    centre: float
    scale: float
    slope: float
    thresholds: tuple[float, ...]

    @property
    def temperature(self) -> float:
        """Latent units for one logit."""
        return self.scale / self.slope

    def probabilities(self, scores: FloatArray) -> FloatArray:
        """Return level probabilities, shape ``(n_scores, n_levels)``."""
        z = self.slope * (np.asarray(scores) - self.centre) / self.scale
        return _level_probabilities(z, np.array(self.thresholds))


@dataclass(frozen=True)
class BinaryLogit:
    """P(shown | score) = expit(slope x (score - centre) / scale + intercept)."""

    centre: float
    scale: float
    slope: float
    intercept: float

    def probabilities(self, scores: FloatArray) -> FloatArray:
        """Return probabilities, shape ``(n_scores,)``."""
        z = self.slope * (np.asarray(scores) - self.centre) / self.scale + self.intercept
        result: FloatArray = expit(z)
        return result


def fit_cumulative(scores: FloatArray, levels: npt.NDArray[np.int_]) -> CumulativeLogit:
    """Fit a proportional-odds model by penalised maximum likelihood.

    Parameters
    ----------
    scores : array of shape (n,)
        Latent scores of unseen texts.
    levels : array of shape (n,)
        Levels 1 to 5; each level weighs the same in all, however many texts it has.

    References
    ----------
    McCullagh (1980), Regression models for ordinal data, doi:10.1111/j.2517-6161.1980.tb01109.x
    """
    centre, scale = float(np.mean(scores)), max(float(np.std(scores)), 1e-6)
    z = (scores - centre) / scale
    weights = _balanced(levels)

    def loss(parameters: FloatArray) -> float:
        slope, thresholds = _unpack(parameters)
        chosen = _level_probabilities(slope * z, thresholds)[np.arange(len(z)), levels - 1]
        fit = -float(weights @ np.log(np.maximum(chosen, 1e-12)))
        return fit + _RIDGE * float(((parameters - start) ** 2).sum())

    start = _pack(_DEFAULT_SLOPE, _DEFAULT_THRESHOLDS)
    slope, thresholds = _unpack(minimize(loss, start, method="BFGS").x)
    return CumulativeLogit(centre, scale, float(slope), tuple(map(float, thresholds)))


def fit_binary(
    scores: FloatArray, shown: npt.NDArray[np.bool_], violated_share: float
) -> BinaryLogit:
    """Fit a logistic model in which violated texts weigh ``violated_share`` of the whole."""
    centre, scale = float(np.mean(scores)), max(float(np.std(scores)), 1e-6)
    z = (scores - centre) / scale
    share = np.where(shown, 1 - violated_share, violated_share)
    weights = len(z) * share / np.where(shown, shown.sum(), (~shown).sum())
    start = np.array([np.log(_DEFAULT_SLOPE), np.log((1 - violated_share) / violated_share)])

    def loss(parameters: FloatArray) -> float:
        logits = np.exp(parameters[0]) * z + parameters[1]
        fit = float(weights @ np.logaddexp(0.0, np.where(shown, -logits, logits)))
        return fit + _RIDGE * float(((parameters - start) ** 2).sum())

    log_slope, intercept = minimize(loss, start, method="BFGS").x
    return BinaryLogit(centre, scale, float(np.exp(log_slope)), float(intercept))


def _level_probabilities(z: FloatArray, thresholds: FloatArray) -> FloatArray:
    above = expit(np.asarray(z)[:, None] - thresholds)
    edge = np.ones((len(above), 1))
    result: FloatArray = np.hstack([edge, above]) - np.hstack([above, 0 * edge])
    return result


def _pack(slope: float, thresholds: FloatArray) -> FloatArray:
    return np.concatenate([[np.log(slope), thresholds[0]], np.log(np.diff(thresholds))])


def _unpack(parameters: FloatArray) -> tuple[float, FloatArray]:
    thresholds = parameters[1] + np.concatenate([[0.0], np.cumsum(np.exp(parameters[2:]))])
    return float(np.exp(parameters[0])), thresholds


def _balanced(levels: npt.NDArray[np.int_]) -> FloatArray:
    present, place, counts = np.unique(levels, return_inverse=True, return_counts=True)
    weights: FloatArray = len(levels) / (len(present) * counts[place])
    return weights
