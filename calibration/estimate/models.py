"""Category probabilities of the models and their derivatives, many items at once.

All models share one form. An item's parameters are ``(a_1, ..., a_S, u_1, ..., u_U)``: slopes and
numbers that enter through U predictors ``a_s theta + u_m`` (or ``u_m`` alone). Inside a family:

- cumulative (Rasch, 1PL, 2PL, GRM) and adjacent (PCM, GPCM): one slope, and the u are intercepts
  ``d_k = -a b_k``;
- nominal (NRM): a slope and an intercept for each category but the first, against the first;
- guessing (3PL, 4PL): one slope, one intercept, ``logit(c)``, and for 4PL ``logit(d)``.

A family gives derivatives by its predictors only; ``score`` and ``curvature`` turn them into
derivatives by the parameters. D = 1 throughout.

Shapes: G items of one family and one number of categories K, U predictors, S slopes, Q quadrature
nodes, P = S + U.
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

    ``slopes`` (of the number of predictors) gives the 0/1 array (S, U) that says which slope
    multiplies ability in which predictor. ``log_probability`` gives (G, K, Q); ``gradient`` (G, U,
    K, Q), the derivatives of the log-probability by the predictors; ``bend`` (G, U, U, K, Q), its
    negative second derivatives; ``valid`` says whether the parameters (G, P) give probabilities at
    all.
    """

    name: str
    slopes: Callable[[int], FloatArray]
    log_probability: Derivative
    gradient: Derivative
    bend: Derivative
    valid: Callable[[FloatArray], bool]


def score(family: Family, parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    """Derivatives of the log-probabilities by ``(a, u)``, shape (G, P, K, Q)."""
    by_predictor = family.gradient(parameters, nodes)
    slopes = family.slopes(by_predictor.shape[1])
    by_slope = nodes * np.tensordot(by_predictor, slopes, axes=(1, 1)).transpose(0, 3, 1, 2)
    return np.concatenate([by_slope, by_predictor], axis=1)


def curvature(family: Family, parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    """Negative second derivatives of the log-probabilities by ``(a, u)``, shape (G, P, P, K, Q)."""
    bend = family.bend(parameters, nodes)
    slopes = family.slopes(bend.shape[1])
    mixed = nodes * np.einsum("su,guvkq->gsvkq", slopes, bend)
    own = nodes * np.einsum("tv,gsvkq->gstkq", slopes, mixed)
    upper = np.concatenate([own, mixed], axis=2)
    lower = np.concatenate([mixed.swapaxes(1, 2), bend], axis=2)
    return np.concatenate([upper, lower], axis=1)


def ability_score(family: Family, parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    """Derivatives of the log-probabilities by ability, (G, K, Q)."""
    by_predictor = family.gradient(parameters, nodes)
    slopes = family.slopes(by_predictor.shape[1])
    out: FloatArray = np.einsum(
        "gs,su,gukq->gkq", parameters[:, : len(slopes)], slopes, by_predictor
    )
    return out


def _predictors(parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    return parameters[:, :1, None] * nodes + parameters[:, 1:, None]


def _one_slope(n_predictors: int) -> FloatArray:
    return np.ones((1, n_predictors))


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


# Nominal: log P(X = k) - log P(X = 0) = a_k theta + d_k.


def _nominal_log_probability(parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    n_predictors = parameters.shape[1] // 2
    total = np.zeros((len(parameters), n_predictors + 1, len(nodes)))
    total[:, 1:] = parameters[:, :n_predictors, None] * nodes + parameters[:, n_predictors:, None]
    result: FloatArray = total - logsumexp(total, axis=1, keepdims=True)
    return result


def _nominal_gradient(parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    probability = np.exp(_nominal_log_probability(parameters, nodes))[:, 1:]
    n_predictors = probability.shape[1]
    chosen = np.eye(n_predictors + 1)[1:]
    return chosen[None, :, :, None] - probability[:, :, None]


def _nominal_bend(parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    probability = np.exp(_nominal_log_probability(parameters, nodes))[:, 1:]
    n_predictors = probability.shape[1]
    covariance = -probability[:, :, None] * probability[:, None]
    places = np.arange(n_predictors)
    covariance[:, places, places] += probability
    return np.repeat(covariance[:, :, :, None], n_predictors + 1, axis=3)


# Guessing: P(X = 1) = c + (d - c) logistic(a theta + u_1), c = logistic(u_2), d = logistic(u_3);
# d = 1 where there is no u_3.


def _guessing_parts(
    parameters: FloatArray, nodes: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """The curve without asymptotes and its complement (G, 2, Q); the asymptotes; both
    probabilities (G, 2, Q)."""
    eta = _predictors(parameters[:, :2], nodes)[:, 0]
    known, unknown = expit(eta), expit(-eta)
    c = expit(parameters[:, 2])[:, None]
    d, slip = np.ones_like(c), np.zeros_like(c)
    if parameters.shape[1] > 3:
        d, slip = expit(parameters[:, 3])[:, None], expit(-parameters[:, 3])[:, None]
    right, wrong = c + (d - c) * known, slip + (d - c) * unknown
    return np.stack([unknown, known], axis=1), c, d, np.stack([wrong, right], axis=1)


def _guessing_log_probability(parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    result: FloatArray = np.log(_guessing_parts(parameters, nodes)[3])
    return result


def _guessing_slopes(parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    """Derivatives of P(X = 1) by the predictors, (G, U, Q)."""
    curves, c, d, _ = _guessing_parts(parameters, nodes)
    unknown, known = curves[:, 0], curves[:, 1]
    parts = [(d - c) * known * unknown, c * (1 - c) * unknown]
    if parameters.shape[1] > 3:
        parts.append(d * (1 - d) * known)
    return np.stack(parts, axis=1)


def _guessing_gradient(parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    first = _guessing_slopes(parameters, nodes)
    probability = _guessing_parts(parameters, nodes)[3]
    return np.stack([-first, first], axis=2) / probability[:, None]


def _guessing_bend(parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    curves, c, d, probability = _guessing_parts(parameters, nodes)
    unknown, known = curves[:, 0], curves[:, 1]
    first = _guessing_slopes(parameters, nodes)
    spread, doubt = known * unknown, c * (1 - c)
    n_predictors = first.shape[1]
    second = np.zeros((len(parameters), n_predictors, n_predictors, len(nodes)))
    second[:, 0, 0] = (d - c) * spread * (unknown - known)
    second[:, 1, 1] = doubt * (1 - 2 * c) * unknown
    second[:, 0, 1] = second[:, 1, 0] = -doubt * spread
    if n_predictors > 2:
        certain = d * (1 - d)
        second[:, 2, 2] = certain * (1 - 2 * d) * known
        second[:, 0, 2] = second[:, 2, 0] = certain * spread
    squares = first[:, :, None] * first[:, None]
    signed = np.stack([-second, second], axis=3)
    return (
        squares[:, :, :, None] / probability[:, None, None] ** 2
        - signed / probability[:, None, None]
    )


def _rising(parameters: FloatArray) -> bool:
    rising = bool((parameters[:, 0] > 0).all())
    return rising and (parameters.shape[1] < 4 or bool((parameters[:, 3] > parameters[:, 2]).all()))


CUMULATIVE = Family(
    "cumulative",
    _one_slope,
    _cumulative_log_probability,
    _cumulative_gradient,
    _cumulative_bend,
    _descending,
)
ADJACENT = Family(
    "adjacent",
    _one_slope,
    _adjacent_log_probability,
    _adjacent_gradient,
    _adjacent_bend,
    lambda parameters: True,  # noqa: ARG005 - every real vector gives probabilities
)
NOMINAL = Family(
    "nominal",
    np.eye,
    _nominal_log_probability,
    _nominal_gradient,
    _nominal_bend,
    lambda parameters: True,  # noqa: ARG005
)
GUESSING = Family(
    "guessing",
    lambda n: np.eye(1, n),
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
    "4PL": GUESSING,
    "GRM": CUMULATIVE,
    "PCM": ADJACENT,
    "GPCM": ADJACENT,
    "NRM": NOMINAL,
}
POLYTOMOUS = frozenset({"GRM", "PCM", "GPCM", "NRM"})
UNIT_SLOPE = frozenset({"Rasch", "PCM"})


def n_slopes(model: str, n_categories: int) -> int:
    return n_categories - 1 if model == "NRM" else 1


def n_parameters(model: str, n_categories: int) -> int:
    """Slopes, intercepts and asymptotes of one item, fixed ones included."""
    asymptotes = {"3PL": 1, "4PL": 2}.get(model, 0)
    return n_slopes(model, n_categories) + n_categories - 1 + asymptotes
