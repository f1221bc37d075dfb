"""From level probabilities to what ability estimation takes: likelihoods, under each severity.

A scorer's error has a part that is new with each answer and a part that all answers of a person
share (a way of writing that the model misjudges). Level probabilities alone hide the second: over
several answers they promise more than the scorer knows. So a score carries its likelihood under
each of a few severities, and whoever estimates ability integrates over what they share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from scoring_models.errors import LikelihoodError

FloatArray = npt.NDArray[np.float64]

N_NODES = 7
LOGISTIC_VARIANCE = np.pi**2 / 3.0
_LEAST = 1e-6  # keeps logits finite
_NEVER_SHARED = 0.9  # of the error's variance, at most, is taken as shared


@dataclass(frozen=True)
class SeverityLikelihood:
    """Weights of L(theta) = sum over k of w_k P_k(theta).

    ``average`` over all severities, and ``by_node`` at each Gauss-Hermite node of a normal
    severity, lowest first; empty where the scorer has none.
    """

    average: tuple[float, ...]
    by_node: tuple[tuple[float, ...], ...]


def soft_likelihood(
    probabilities: Sequence[float], base_rates: Sequence[float]
) -> tuple[float, ...]:
    """Return p_k / base rate_k, the weights of L(theta) = sum over k of w_k P_k(theta).

    Dividing by the base rates takes the scorer's prior off, so that the test's own prior on
    ability is not counted twice.

    Raises
    ------
    LikelihoodError
        If the lengths differ, a probability is negative, or a base rate is not above 0.
    """
    p, rates = _checked(probabilities, base_rates)
    return tuple((p / rates).tolist())


def severity_likelihood(
    probabilities: Sequence[float],
    base_rates: Sequence[float],
    *,
    sd: float,
    slope: float,
    n_nodes: int = N_NODES,
) -> SeverityLikelihood:
    """Return the likelihood of a level under each severity that the scorer may have.

    At severity d, in levels, the scorer's latent score was d too low, so that each cumulative
    logit rises by ``slope`` times d. ``probabilities`` presume the whole error, the shared part
    included; given a severity the rest of the error is smaller, and the logits steeper by the root
    of the ratio of the variances.

    Parameters
    ----------
    probabilities : sequence of float
        Of levels 1, 2, ..., given the text.
    base_rates : sequence of float
        Level shares that they presume, all above 0.
    sd : float
        Standard deviation of the scorer's severity over persons, in levels; 0 where it has none.
    slope : float
        Logits of the cumulative probabilities for one level of the scorer's latent score.
    n_nodes : int
        Gauss-Hermite nodes.

    Raises
    ------
    LikelihoodError
        If probabilities and base rates do not fit each other, or ``sd`` or ``slope`` is out of
        range.

    References
    ----------
    Linacre (1989), Many-facet Rasch measurement, for a rater's severity as a facet; Wilson &
    Hoskens (2001), doi:10.3102/10769986026003283, for what dependence within raters does to
    precision.
    """
    p, rates = _checked(probabilities, base_rates)
    p = p / p.sum()
    if not sd >= 0.0 or not slope > 0.0:
        raise LikelihoodError(f"sd is {sd} and slope {slope}, expected 0 or more and above 0")
    if sd == 0.0:
        return SeverityLikelihood(soft_likelihood(probabilities, base_rates), ())
    share = min((sd * slope) ** 2 / LOGISTIC_VARIANCE, _NEVER_SHARED)
    steeper = 1.0 / np.sqrt(1.0 - share)
    nodes, weights = np.polynomial.hermite_e.hermegauss(n_nodes)
    above = logit(np.clip(1.0 - np.cumsum(p)[:-1], _LEAST, 1.0 - _LEAST))
    shifted = expit(steeper * (above + slope * sd * nodes[:, np.newaxis]))
    padded = np.column_stack((np.ones(n_nodes), shifted, np.zeros(n_nodes)))
    likelihood = -np.diff(padded, axis=1) / rates
    average = weights @ likelihood / weights.sum()
    return SeverityLikelihood(tuple(average.tolist()), tuple(map(tuple, likelihood.tolist())))


def severity_sd(errors: Sequence[float] | FloatArray, persons: Sequence[object]) -> float:
    """Estimate how far a scorer's severity varies over persons, in levels.

    Parameters
    ----------
    errors : sequence of float
        Machine minus human, in levels, one for each answer that both rated.
    persons : sequence
        Whose answer each is.

    Returns
    -------
    float
        Root of the variance component between persons in a one-way layout with unequal numbers;
        0 where persons differ no more than answers do.

    Raises
    ------
    LikelihoodError
        If lengths differ, or fewer than two persons have two answers or more.

    References
    ----------
    Searle, Casella & McCulloch (1992), Variance Components, doi:10.1002/9780470316856, section 3.6
    """
    e = np.asarray(errors, dtype=np.float64)
    if len(e) != len(persons):
        raise LikelihoodError(f"{len(e)} errors came with {len(persons)} persons")
    _, code = np.unique(np.array([str(person) for person in persons]), return_inverse=True)
    n = np.bincount(code)
    if (n > 1).sum() < 2:
        raise LikelihoodError(
            "a scorer's severity needs two persons or more with several answers rated by people"
        )
    means = np.bincount(code, weights=e) / n
    between = float(n @ (means - e.mean()) ** 2) / (len(n) - 1)
    within = float(((e - means[code]) ** 2).sum()) / (len(e) - len(n))
    typical = (len(e) - float((n**2).sum()) / len(e)) / (len(n) - 1)
    return float(np.sqrt(max(0.0, (between - within) / typical)))


def _checked(
    probabilities: Sequence[float], base_rates: Sequence[float]
) -> tuple[FloatArray, FloatArray]:
    if len(probabilities) != len(base_rates):
        raise LikelihoodError(
            f"{len(probabilities)} probabilities came with {len(base_rates)} base rates"
        )
    p, rates = np.array(probabilities, dtype=np.float64), np.array(base_rates, dtype=np.float64)
    if not (p >= 0.0).all() or not p.sum() > 0.0:
        raise LikelihoodError(f"probabilities are {list(probabilities)}, expected 0 or more")
    if not (rates > 0.0).all():
        raise LikelihoodError(f"base rates are {list(base_rates)}, expected all above 0")
    return p, rates
