"""The ability distribution of each group: normal on the grid, or a histogram."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

FIXED = -1


@dataclass(frozen=True, eq=False)
class Latent:
    """Mean and log SD of each group, (n_groups, 2): places in the free vector, or fixed values.

    ``histogram`` (n_groups, n_nodes), where given, stands in place of the normal densities, but
    for rows of NaN.
    """

    place: IntArray
    value: FloatArray
    histogram: FloatArray | None = None

    @cached_property
    def free(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.place != FIXED)

    def moments(self, free: FloatArray) -> FloatArray:
        """Mean and log SD of each group, (n_groups, 2)."""
        if self.place.max() == FIXED:
            return self.value
        return np.where(self.free, free[self.place], self.value)

    def density(self, free: FloatArray, nodes: FloatArray) -> FloatArray:
        """Probability of each node in each group, (n_groups, n_nodes)."""
        moments = self.moments(free)
        z = (nodes - moments[:, :1]) / np.exp(moments[:, 1:])
        squares = z**2
        nearest = squares.min(axis=1, keepdims=True)
        density = np.exp(-0.5 * (squares - nearest)) * np.gradient(nodes)
        density /= density.sum(axis=1, keepdims=True)
        if self.histogram is not None:
            density = np.where(np.isnan(self.histogram), density, self.histogram)
        return np.asarray(density)

    def score(self, free: FloatArray, nodes: FloatArray) -> FloatArray:
        """Derivatives of the log density by mean and log SD, (n_groups, 2, n_nodes)."""
        moments = self.moments(free)
        sd = np.exp(moments[:, 1:])
        z = (nodes - moments[:, :1]) / sd
        density = self.density(free, nodes)
        raw = np.stack([z / sd, z**2], axis=1)
        centred: FloatArray = raw - np.einsum("gmq,gq->gm", raw, density)[:, :, None]
        return centred

    def information(self, free: FloatArray, nodes: FloatArray) -> FloatArray:
        """Information of one person whose ability is known, (n_groups, 2, 2)."""
        score = self.score(free, nodes)
        result: FloatArray = np.einsum("gmq,gnq,gq->gmn", score, score, self.density(free, nodes))
        return result


def standard_normal(n_groups: int) -> Latent:
    """All groups N(0, 1), nothing free."""
    return Latent(np.full((n_groups, 2), FIXED, dtype=np.intp), np.zeros((n_groups, 2)))


def freed(latent: Latent, which: npt.NDArray[np.bool_], n_free: int) -> tuple[Latent, int]:
    """Free mean and SD of the groups of ``which`` (n_groups,), at the end of the free vector."""
    place = latent.place.copy()
    for group in np.flatnonzero(which):
        place[group] = [n_free, n_free + 1]
        n_free += 2
    return replace(latent, place=place), n_free


def freed_sd(latent: Latent, group: int, n_free: int) -> tuple[Latent, int]:
    """Free the SD of one group alone."""
    place = latent.place.copy()
    place[group, 1] = n_free
    return replace(latent, place=place), n_free + 1


def with_moments(mass: FloatArray, nodes: FloatArray, mean: float, variance: float) -> FloatArray:
    """The most likely distribution on the nodes with a given mean and variance.

    Parameters
    ----------
    mass : array of shape (n_nodes,)
        Expected persons at each node.
    nodes : array of shape (n_nodes,)
    mean, variance : float

    Returns
    -------
    array of shape (n_nodes,)
        Probabilities proportional to ``mass / (1 + l1 (x - mean) + l2 ((x - mean)^2 - variance))``:
        the maximum of sum(mass log p) under both moment conditions (empirical likelihood).

    References
    ----------
    Owen (1988), doi:10.1093/biomet/75.2.237
    """
    share = mass / mass.sum()
    centred = nodes - mean
    conditions = np.stack([centred, centred**2 - variance])
    multiplier = np.zeros(2)
    for _ in range(200):
        tilt = 1 + multiplier @ conditions
        weights = share / tilt
        gradient = conditions @ weights
        if np.abs(gradient).max() < 1e-12:
            break
        bend = (conditions * (weights / tilt)) @ conditions.T
        step = np.linalg.lstsq(bend, gradient)[0]
        fraction = 1.0
        while ((1 + (multiplier + fraction * step) @ conditions) <= 1e-8).any():
            fraction *= 0.5
        multiplier += fraction * step
    weights = share / (1 + multiplier @ conditions)
    result: FloatArray = weights / weights.sum()
    return result
