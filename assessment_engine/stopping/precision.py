"""Stopping by precision: standard error, information left, predicted reduction, change."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assessment_engine.density import Posterior
from assessment_engine.irt import FloatArray
from assessment_engine.pool import LEAST_LIKELIHOOD, DimensionItems
from assessment_engine.selection import TIE_DECIMALS
from assessment_engine.stopping_rules import AbilityChange, PredictedReduction


def most_information(items: DimensionItems, eligible: NDArray[np.bool_], theta: float) -> float:
    """Greatest Fisher information of the eligible items at an ability; 0 where there is none."""
    value = items.arrays.information(np.array([theta]))[eligible, 0]
    return float(value.max()) if value.size else 0.0


def expected_variances(items: DimensionItems, density: Posterior) -> FloatArray:
    """Expected posterior variance of ability after one more answer to each item.

    The answer is predicted by the posterior itself, so that an answer never makes it wider on
    average.

    Parameters
    ----------
    items : DimensionItems
    density : Posterior

    Returns
    -------
    array of shape (n_items,)
        Squared logits.

    References
    ----------
    van der Linden & Pashley (2000), doi:10.1007/0-306-47531-6_1
    """
    centred = density.grid - density.mean
    weights = np.stack((density.mass, density.mass * centred), axis=1)
    # Given category k the mean moves by m_k / p_k. The variance of these moves is what is gained.
    moments = items.probabilities(density.grid) @ weights
    p, m = moments[:, :, 0], moments[:, :, 1]
    gained: FloatArray = (m * m / np.maximum(p, LEAST_LIKELIHOOD)).sum(axis=1)
    return np.maximum(density.sd**2 - gained, 0.0)


def predicted_reduction(
    items: DimensionItems, eligible: NDArray[np.bool_], density: Posterior
) -> float:
    """By how much the best eligible item is expected to lower the posterior's SD, logits."""
    left = expected_variances(items, density)[eligible]
    return density.sd - math.sqrt(float(left.min())) if left.size else 0.0


def pays_no_more(rule: PredictedReduction, se: float, reduction: float) -> bool:
    """Whether PSER stops at a standard error with a predicted reduction."""
    wanted = rule.hyper if se <= rule.se_target else rule.hypo
    return round(reduction, TIE_DECIMALS) < wanted


def settled(rule: AbilityChange, thetas: Sequence[float]) -> bool:
    """Whether ability has settled; ``thetas`` after each answer, the present one last."""
    if len(thetas) <= rule.steps:
        return False
    last = np.abs(np.diff(thetas[-rule.steps - 1 :]))
    return bool((np.round(last, TIE_DECIMALS) < rule.least).all())
