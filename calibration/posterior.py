"""Abilities of persons, given items whose parameters are known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from calibration.estimate.quadrature import Quadrature
from calibration.parameters import ItemParameters, log_probabilities

FloatArray = npt.NDArray[np.float64]
Categories = npt.NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class Abilities:
    """``theta`` and ``se``, each (n_persons,), logits."""

    theta: FloatArray
    se: FloatArray


def log_likelihoods(
    items: Sequence[ItemParameters], categories: Categories, theta: npt.ArrayLike
) -> FloatArray:
    """Log-likelihood of each person at each ability, (n_persons, n_theta).

    Parameters
    ----------
    items : sequence of ItemParameters
    categories : array of shape (n_persons, n_items)
        From 0; -1 = not presented.
    theta : array of shape (n_theta,)
        Logits, D = 1.
    """
    table = log_probabilities(items, theta)
    out = np.zeros((len(categories), table.shape[2]))
    for item, column in enumerate(categories.T):
        seen = np.flatnonzero(column >= 0)
        out[seen] += table[item, column[seen]]
    return out


def posteriors(
    items: Sequence[ItemParameters], categories: Categories, quadrature: Quadrature
) -> FloatArray:
    """Posterior probability of each node for each person, (n_persons, n_nodes)."""
    joint = log_likelihoods(items, categories, quadrature.nodes) + np.log(quadrature.weights)
    result: FloatArray = np.exp(joint - logsumexp(joint, axis=1, keepdims=True))
    return result


def eap(
    items: Sequence[ItemParameters], categories: Categories, quadrature: Quadrature
) -> Abilities:
    """Posterior mean and SD of each person.

    References
    ----------
    Bock & Mislevy (1982), doi:10.1177/014662168200600405
    """
    posterior = posteriors(items, categories, quadrature)
    mean = posterior @ quadrature.nodes
    variance = posterior @ quadrature.nodes**2 - mean**2
    return Abilities(mean, np.sqrt(np.maximum(variance, 0.0)))
