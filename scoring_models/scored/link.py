"""From a latent score to a distribution over any number of levels, and to the level decided."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int_]

_PULL = 0.05
_MOST_STRETCH = 2.5


@dataclass(frozen=True)
class Link:
    """P(level > lowest + k | latent, variance) = expit(slope z - threshold_k), k = 0, 1, ...

    z = (latent - centre) / scale. The slope shrinks where the ridge's own predictive variance
    exceeds its least value, 1: slope / sqrt(1 + widening (variance - 1)).
    """

    lowest: int
    centre: float
    scale: float
    slope: float
    widening: float
    thresholds: FloatArray

    def probabilities(self, latents: FloatArray, variances: FloatArray) -> FloatArray:
        """Return level probabilities, shape ``(n, n_thresholds + 1)``."""
        slopes = self.slope / np.sqrt(1 + self.widening * np.maximum(variances - 1, 0))
        z = slopes * (latents - self.centre) / self.scale
        return _spread_out(expit(z[:, None] - self._thresholds_at(slopes)))

    def _thresholds_at(self, slopes: FloatArray) -> FloatArray:
        # thresholds flatten together with the slope, so that cut points in z stay where they are
        return (slopes / self.slope)[:, None] * self.thresholds


@dataclass(frozen=True)
class Rounding:
    """Level = nearest to centre + stretch x (expected level - centre), inside the scale.

    A stretch of 1 minimises the expected squared error, and levels decided then spread less than
    human ones. Kappa is 2 cov / (sum of variances + squared difference of means): along the
    stretch it is greatest where the machine's variance equals the human one.
    """

    centre: float
    stretch: float

    def decide(self, expected: FloatArray, lowest: int, highest: int) -> IntArray:
        """Return whole levels."""
        moved = self.centre + self.stretch * (expected - self.centre)
        return np.clip(np.floor(moved + 0.5), lowest, highest).astype(np.int_)


def fit_link(
    latents: FloatArray,
    variances: FloatArray,
    levels: IntArray,
    counts: FloatArray,
    lowest: int,
    highest: int,
) -> Link:
    """Fit a proportional-odds model to latents of answers that the ridge had not seen.

    Penalised maximum likelihood; thresholds are pulled slightly to those of the observed shares
    with half an answer added to each level, so that a level never seen stays possible.

    Parameters
    ----------
    latents, variances : arrays of shape (n,)
        Leave-one-out predictions and their variances in units of the noise.
    levels : array of int, shape (n,)
        ``lowest`` to ``highest``.
    counts : array of shape (n,)
        Weight of each pair.

    References
    ----------
    McCullagh (1980), doi:10.1111/j.2517-6161.1980.tb01109.x
    """
    centre, scale = _moments(latents, counts)
    scale = max(scale, 1e-6)
    z = (latents - centre) / scale
    above = np.maximum(variances - 1, 0)
    place = np.arange(len(z)), levels - lowest
    seen = np.bincount(levels - lowest, weights=counts, minlength=highest - lowest + 1) + 0.5
    shares = 1 - seen.cumsum()[:-1] / seen.sum()
    usual = pack_thresholds(-1.5 * np.log(shares / (1 - shares)))
    start = np.concatenate([[np.log(1.5), -1.0], usual])

    def loss(parameters: FloatArray) -> float:
        flat = 1 / np.sqrt(1 + np.exp(parameters[1]) * above)
        inside = np.exp(parameters[0]) * z[:, None] - unpack_thresholds(parameters[2:])
        chosen = _spread_out(expit(flat[:, None] * inside))[place]
        fit = -float(counts @ np.log(np.maximum(chosen, 1e-12)))
        return fit + _PULL * float(((parameters - start) ** 2).sum())

    free = [(None, None)] * (len(start) - 2)
    bounds = [(None, None), (-9, 3), *free]
    found = minimize(loss, start, method="L-BFGS-B", bounds=bounds)
    slope, widening = np.exp(found.x[:2])
    thresholds = unpack_thresholds(found.x[2:])
    return Link(lowest, centre, scale, float(slope), float(widening), thresholds)


def fit_rounding(expected: FloatArray, levels: IntArray, counts: FloatArray) -> Rounding:
    """Stretch expected levels of unseen answers to the variance of the human levels.

    The stretch is held between 1 and 2.5.
    """
    centre, spread = _moments(expected, counts)
    _, wanted = _moments(levels.astype(np.float64), counts)
    return Rounding(centre, float(np.clip(wanted / max(spread, 1e-6), 1.0, _MOST_STRETCH)))


def pack_thresholds(thresholds: FloatArray) -> FloatArray:
    """Return the first threshold and the logarithms of the gaps, free of any order."""
    return np.concatenate([thresholds[:1], np.log(np.maximum(np.diff(thresholds), 1e-3))])


def unpack_thresholds(packed: FloatArray) -> FloatArray:
    """Return ascending thresholds from what ``pack_thresholds`` gave."""
    return np.asarray(packed[0] + np.concatenate([[0.0], np.cumsum(np.exp(packed[1:]))]))


def _moments(values: FloatArray, counts: FloatArray) -> tuple[float, float]:
    mean = float(np.average(values, weights=counts))
    return mean, float(np.sqrt(np.average((values - mean) ** 2, weights=counts)))


def _spread_out(above: FloatArray) -> FloatArray:
    edge = np.ones((len(above), 1))
    return np.hstack([edge, above]) - np.hstack([above, 0 * edge])
