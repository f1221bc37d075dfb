"""Category probabilities of the models and their derivatives, many items at once.

All models share one form. An item's parameters are ``(a, u_1, ..., u_U)``: a slope and U numbers
that enter through predictors ``a * theta * loading_m + u_m``. For the cumulative family (Rasch,
1PL, 2PL, GRM) and the adjacent family (GPCM) the u are intercepts ``d_k = -a b_k`` and every
loading is 1. The guessing family (3PL) has one intercept and one ``logit(c)``, whose loading is 0.
A family gives derivatives by its predictors only; ``score`` and ``curvature`` turn them into
derivatives by the parameters. D = 1 throughout.

Shapes: G items of one family and one number of categories K, U predictors, Q quadrature nodes, P =
1 + U.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, log_expit, logsumexp

FloatArray = npt.NDArray[np.float64]
Derivative = Callable[[FloatArray, FloatArray], FloatArray]


@dataclass(frozen=True)
class Family:
    """One form of category curve; each function takes parameters (G, P) and nodes (Q,).

    ``log_probability`` gives (G, K, Q); ``gradient`` (G, U, K, Q), the derivatives of the
    log-probability by the predictors; ``bend`` (G, U, U, K, Q), its negative second derivatives;
    ``valid`` says whether the parameters (G, P) give probabilities at all.
    """

    name: str
    loading: Callable[[int], FloatArray]
    log_probability: Derivative
    gradient: Derivative
    bend: Derivative
    valid: Callable[[FloatArray], bool]


def score(family: Family, parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    """Derivatives of the log-probabilities by ``(a, u)``, shape (G, P, K, Q)."""
    by_predictor = family.gradient(parameters, nodes)
    loading = family.loading(by_predictor.shape[1])
    by_slope = nodes * np.tensordot(loading, by_predictor, axes=(0, 1))
    return np.concatenate([by_slope[:, None], by_predictor], axis=1)


def curvature(family: Family, parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    """Negative second derivatives of the log-probabilities by ``(a, u)``, shape (G, P, P, K, Q)."""
    bend = family.bend(parameters, nodes)
    n_items, n_predictors, _, n_categories, n_nodes = bend.shape
    loading = family.loading(n_predictors)
    mixed = nodes * np.tensordot(loading, bend, axes=(0, 1))
    out = np.empty((n_items, n_predictors + 1, n_predictors + 1, n_categories, n_nodes))
    out[:, 1:, 1:] = bend
    out[:, 0, 1:] = mixed
    out[:, 1:, 0] = mixed
    out[:, 0, 0] = nodes * np.tensordot(loading, mixed, axes=(0, 1))
    return out


def ability_information(
    family: Family, parameters: FloatArray, persons: FloatArray, by_parameter: FloatArray
) -> FloatArray:
    """Fisher information about ability at each node, (Q,), summed over items and persons.

    ``persons`` (G, K, Q) are expected in each category; ``by_parameter`` is the items' ``score``.
    """
    by_predictor = by_parameter[:, 1:]
    loading = family.loading(by_predictor.shape[1])
    by_ability = parameters[:, :1, None] * np.tensordot(loading, by_predictor, axes=(0, 1))
    information: FloatArray = np.sum(persons * by_ability**2, axis=(0, 1))
    return information


def _predictors(parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    return parameters[:, :1, None] * nodes + parameters[:, 1:, None]


# Cumulative: P(X >= k) = logistic(a theta + d_k). A middle category is a difference of two such
# curves; the identity s(x) - s(y) = s(x) s(-y) (1 - exp(y - x)) keeps its logarithm exact in both
# tails.


def _gap_ratio(parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
    closeness = np.exp(np.diff(parameters[:, 1:], axis=1))
    return closeness / (1 - closeness), closeness / (1 - closeness) ** 2


def _cumulative_log_probability(parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    eta = _predictors(parameters, nodes)
    out = np.zeros((eta.shape[0], eta.shape[1] + 1, eta.shape[2]))
    out[:, 1:] += log_expit(eta)
    out[:, :-1] += log_expit(-eta)
    out[:, 1:-1] += np.log(-np.expm1(np.diff(parameters[:, 1:], axis=1)))[:, :, None]
    return out


def _cumulative_gradient(parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    passed = expit(_predictors(parameters, nodes))
    ratio, _ = _gap_ratio(parameters)
    n_items, n_predictors, n_nodes = passed.shape
    out = np.zeros((n_items, n_predictors, n_predictors + 1, n_nodes))
    for m in range(n_predictors):
        out[:, m, m + 1] = 1 - passed[:, m]
        out[:, m, m] = -passed[:, m]
    for m in range(n_predictors - 1):
        out[:, m, m + 1] += ratio[:, m, None]
        out[:, m + 1, m + 1] -= ratio[:, m, None]
    return out


def _cumulative_bend(parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    passed = expit(_predictors(parameters, nodes))
    _, ratio = _gap_ratio(parameters)
    n_items, n_predictors, n_nodes = passed.shape
    out = np.zeros((n_items, n_predictors, n_predictors, n_predictors + 1, n_nodes))
    for m in range(n_predictors):
        out[:, m, m, m : m + 2] = (passed[:, m] * (1 - passed[:, m]))[:, None]
    for m in range(n_predictors - 1):
        out[:, m, m, m + 1] += ratio[:, m, None]
        out[:, m + 1, m + 1, m + 1] += ratio[:, m, None]
        out[:, m, m + 1, m + 1] = -ratio[:, m, None]
        out[:, m + 1, m, m + 1] = -ratio[:, m, None]
    return out


def _descending(parameters: FloatArray) -> bool:
    return bool((np.diff(parameters[:, 1:], axis=1) < 0).all())


# Adjacent: log P(X = k) - log P(X = k - 1) = a theta + d_k.


def _adjacent_log_probability(parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    eta = _predictors(parameters, nodes)
    total = np.zeros((eta.shape[0], eta.shape[1] + 1, eta.shape[2]))
    np.cumsum(eta, axis=1, out=total[:, 1:])
    result: FloatArray = total - logsumexp(total, axis=1, keepdims=True)
    return result


def _at_least(parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    probability = np.exp(_adjacent_log_probability(parameters, nodes))
    return np.cumsum(probability[:, ::-1], axis=1)[:, -2::-1]


def _adjacent_gradient(parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    passed = _at_least(parameters, nodes)
    n_predictors = passed.shape[1]
    reached = np.tril(np.ones((n_predictors + 1, n_predictors)), -1).T
    return reached[None, :, :, None] - passed[:, :, None]


def _adjacent_bend(parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    passed = _at_least(parameters, nodes)
    n_predictors = passed.shape[1]
    later = np.maximum.outer(np.arange(n_predictors), np.arange(n_predictors))
    covariance = passed[:, later] - passed[:, :, None] * passed[:, None]
    return np.repeat(covariance[:, :, :, None], n_predictors + 1, axis=3)


# Guessing: P(X = 1) = c + (1 - c) logistic(a theta + d), c = logistic(u_2).


def _guessing_parts(
    parameters: FloatArray, nodes: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    known = expit(_predictors(parameters[:, :2], nodes)[:, 0])
    c = expit(parameters[:, 2])[:, None]
    return known, c, c + (1 - c) * known


def _guessing_log_probability(parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    _, _, right = _guessing_parts(parameters, nodes)
    eta = _predictors(parameters[:, :2], nodes)[:, 0]
    wrong = log_expit(-eta) + log_expit(-parameters[:, 2])[:, None]
    return np.stack([wrong, np.log(right)], axis=1)


def _guessing_gradient(parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    known, c, right = _guessing_parts(parameters, nodes)
    by_eta = np.stack([-known, (1 - c) * known * (1 - known) / right], axis=1)
    by_guess = np.stack([-c + 0 * known, c * (1 - c) * (1 - known) / right], axis=1)
    return np.stack([by_eta, by_guess], axis=1)


def _guessing_bend(parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    known, c, right = _guessing_parts(parameters, nodes)
    spread, doubt = known * (1 - known), c * (1 - c)
    first = _guessing_gradient(parameters, nodes)[:, :, 1]
    second = np.empty((len(parameters), 2, 2, len(nodes)))
    second[:, 0, 0] = (1 - c) * spread * (1 - 2 * known)
    second[:, 1, 1] = doubt * (1 - 2 * c) * (1 - known)
    second[:, 0, 1] = second[:, 1, 0] = -doubt * spread
    out = np.zeros((len(parameters), 2, 2, 2, len(nodes)))
    out[:, 0, 0, 0] = spread
    out[:, 1, 1, 0] = doubt
    out[:, :, :, 1] = first[:, :, None] * first[:, None] - second / right[:, None, None]
    return out


def _rising(parameters: FloatArray) -> bool:
    return bool((parameters[:, 0] > 0).all())


CUMULATIVE = Family(
    "cumulative",
    np.ones,
    _cumulative_log_probability,
    _cumulative_gradient,
    _cumulative_bend,
    _descending,
)
ADJACENT = Family(
    "adjacent",
    np.ones,
    _adjacent_log_probability,
    _adjacent_gradient,
    _adjacent_bend,
    lambda parameters: True,  # noqa: ARG005 - every real vector gives probabilities
)
GUESSING = Family(
    "guessing",
    lambda n: np.array([1.0] + [0.0] * (n - 1)),
    _guessing_log_probability,
    _guessing_gradient,
    _guessing_bend,
    _rising,
)
FAMILIES = {
    "Rasch": CUMULATIVE,
    "1PL": CUMULATIVE,
    "2PL": CUMULATIVE,
    "3PL": GUESSING,
    "GRM": CUMULATIVE,
    "GPCM": ADJACENT,
}
POLYTOMOUS = frozenset({"GRM", "GPCM"})
