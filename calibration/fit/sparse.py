"""Item fit where each person answered a part of the items, chosen adaptively or not.

Persons cannot be grouped by a summed score, and in an adaptive test not by any score of the other
items either: the items that follow depend on the answer under study, so that the answer is no
longer distributed, given all others, as the model without selection says. What stays right is the
marginal likelihood, for selection by earlier answers is ignorable. The statistic is therefore made
of its derivatives: of the posterior-weighted differences between what was answered and what the
curve says, in overlapping groups of ability.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh, null_space
from scipy.stats import chi2

from calibration.estimate.models import FAMILIES, score
from calibration.estimate.quadrature import Quadrature
from calibration.fit.common import (
    Categories,
    FitError,
    FloatArray,
    IntArray,
    checked,
    free_places,
    per_item,
)
from calibration.parameters import ItemParameters, internal, log_probabilities
from calibration.posterior import log_likelihoods
from calibration.threads import one_blas_thread

# Of the information that known abilities would give: directions with less say nothing.
LEAST_INFORMATION = 0.02


@dataclass(frozen=True, eq=False)
class AbilityGroups:
    """Answers and curve in overlapping groups of ability.

    Attributes
    ----------
    ability : array of shape (n_groups,)
        Centre of each group, logits. Membership falls linearly from 1 at the centre to 0 at the
        neighbouring centres; beyond the outermost ones it stays 1.
    size : array of shape (n_groups,)
        Posterior-expected number of persons.
    observed, expected : array of shape (n_groups, n_categories)
        Posterior-weighted proportion of persons who answered in each category, and that which the
        curve gives.
    se : array of shape (n_groups, n_categories)
        Standard error of ``observed - expected``, estimation of the item's parameters included.
    """

    ability: FloatArray
    size: FloatArray
    observed: FloatArray
    expected: FloatArray
    se: FloatArray


@dataclass(frozen=True, eq=False)
class SparseItemFit:
    """Posterior-weighted chi-square of one item.

    Attributes
    ----------
    item : str
    statistic, df, p : float, int, float, or None
        The chi-square statistic, its degrees of freedom, and the probability of one as large if
        the model holds; None where ``reason`` says why.
    rmsea : float or None
        sqrt(max(statistic - df, 0) / (n_answers df)).
    n_answers : float
        Sum of the weights of the persons who answered.
    groups : AbilityGroups or None
    reason : str
        Empty where there is a statistic.
    """

    item: str
    statistic: float | None
    df: int | None
    p: float | None
    rmsea: float | None
    n_answers: float
    groups: AbilityGroups | None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class _Residuals:
    """Sums over persons of residuals by group and category (but the first), and their moments.

    ``own`` is the covariance with the scores of the item's own free parameters, ``information``
    that of those scores, ``complete`` the covariance that residuals would have at known abilities.
    """

    total: FloatArray
    spread: FloatArray
    complete: FloatArray
    own: FloatArray
    information: FloatArray


def sparse_item_fit(
    items: Sequence[ItemParameters],
    categories: Categories,
    quadrature: Quadrature,
    *,
    weights: npt.ArrayLike | None = None,
    estimated: bool | Sequence[bool] = True,
    n_groups: int = 5,
    minimum_answers: float = 50.0,
    minimum_expected: float = 1.0,
) -> tuple[SparseItemFit, ...]:
    """Chi-square of each item's posterior-weighted residuals; data may be incomplete and adaptive.

    With h_g the membership of ability group g, the residual of group and category is the sum over
    persons of E[h_g(theta) (1{x = k} - P_k(theta)) | all answers], a derivative of the marginal
    log-likelihood. Its covariance is taken person by person over the answer, given the rest.
    Combinations of residuals that are correlated with the scores of the item's own estimated
    parameters are left out, so that their estimation does not matter; what is left is a chi-square
    with ``n_groups (n_categories - 1)`` less the number of parameters as degrees of freedom, fewer
    where abilities are too uncertain to tell groups apart.

    Parameters
    ----------
    items : sequence of ItemParameters
    categories : array of shape (n_persons, n_items)
        From 0; -1 = not presented.
    quadrature : Quadrature
        The ability distribution of these persons.
    weights : array of shape (n_persons,), optional
        How often each row occurred.
    estimated : bool or sequence of bool
        Whether the items' parameters were estimated from these answers.
    n_groups : int
        Ability groups at most, 3 or more; centres at quantiles of the ability of those who
        answered. An item has fewer where a cell would expect less than ``minimum_expected``.
    minimum_answers : float
        Items with fewer answers are left without a statistic.
    minimum_expected : float
        Least expected count of a group and category.

    Returns
    -------
    tuple of SparseItemFit

    Raises
    ------
    FitError
        If the input does not belong together, or an option is out of its range.

    Notes
    -----
    The estimation error of *other* items' parameters is not taken out, and where items were chosen
    by earlier answers the covariance given the rest is an approximation. What both cost is little:
    ``python -m benchmarks.fit_type_one`` finds .043 to .058 rejected at .05, of 2PL and graded
    items at 30 % coverage, known and estimated, chosen at random, adaptively, and strictly for
    most information. Power is modest where each person answers few items.

    References
    ----------
    Kondratek (2022), doi:10.1177/01466216221108061, the chi-square of posterior-weighted
    residuals; Haberman, Sinharay & Chon (2013), doi:10.1007/s11336-012-9305-1, and Liao, van Rijn
    & Sinharay (2025), doi:10.64634/b68vz316, their estimation error; Glas (1999),
    doi:10.1007/BF02294296, such derivatives as tests; van Rijn, Ali, Shin & Joo (2023),
    doi:10.1007/s11336-023-09935-4, why residuals given other answers mislead in adaptive tests
    """
    counts = checked(items, categories, weights)
    is_estimated = per_item(estimated, items)
    if n_groups < 3:
        raise FitError(f"n_groups must be 3 or more; came {n_groups}")
    nodes = quadrature.nodes
    joint = log_likelihoods(items, categories, nodes) + np.log(quadrature.weights)
    table = log_probabilities(items, nodes)
    # the products are small: threads of BLAS would mostly wait
    with one_blas_thread():
        return tuple(
            _judged(
                item,
                _answers(categories[:, place], counts, joint, table[place, : item.n_categories]),
                nodes,
                free_places(item, is_estimated[place]),
                _Limits(n_groups, minimum_answers, minimum_expected),
            )
            for place, item in enumerate(items)
        )


@dataclass(frozen=True, slots=True)
class _Limits:
    n_groups: int
    answers: float
    expected: float


@dataclass(frozen=True, eq=False)
class _Answers:
    """To one item: ``joint`` is log-likelihood of all answers plus log prior, (n, n_nodes)."""

    category: IntArray
    weight: FloatArray
    joint: FloatArray
    log_curve: FloatArray

    def posterior(self) -> FloatArray:
        return _normalised(self.joint)

    def posterior_of_the_rest(self) -> FloatArray:
        return _normalised(self.joint - self.log_curve[self.category])


def _answers(
    column: Categories, counts: FloatArray, joint: FloatArray, log_curve: FloatArray
) -> _Answers:
    seen = np.flatnonzero((column >= 0) & (counts > 0))
    return _Answers(column[seen].astype(np.intp), counts[seen], joint[seen], log_curve)


def _normalised(joint: FloatArray) -> FloatArray:
    out = np.exp(joint - joint.max(axis=1, keepdims=True))
    out /= out.sum(axis=1, keepdims=True)
    return np.asarray(out)


def _judged(
    item: ItemParameters, answers: _Answers, nodes: FloatArray, free: IntArray, limits: _Limits
) -> SparseItemFit:
    curve, n_answers = np.exp(answers.log_curve), float(answers.weight.sum())

    def without(reason: str, groups: AbilityGroups | None = None) -> SparseItemFit:
        return SparseItemFit(item.name, None, None, None, None, n_answers, groups, reason)

    if n_answers < limits.answers:
        return without(f"{n_answers:g} answers, fewer than {limits.answers:g}")
    posterior = answers.posterior()
    mass = answers.weight @ posterior
    centres = _centres(mass, nodes, curve, limits)
    n_free = len(free)
    if centres is None or len(centres) * (len(curve) - 1) <= n_free:
        return without(
            f"too few answers in some category for groups enough to judge {n_free} parameters"
        )
    member = _membership(centres, nodes)
    functions = np.concatenate([_contrasts(member, curve), _own_scores(item, nodes, free)])
    parts = _residuals(functions, answers, mass, n_own=n_free)
    groups = _groups(centres, member, answers, posterior, curve, parts)
    basis = null_space(parts.own.T) if n_free else np.eye(len(parts.total))
    share, directions = eigh(
        basis.T @ parts.spread @ basis, _ridged(basis.T @ parts.complete @ basis)
    )
    kept = basis @ directions[:, share > LEAST_INFORMATION]
    df = kept.shape[1]
    if df == 0:
        return without("the other answers do not tell the ability groups apart", groups)
    # directions diagonalise the spread, so that the quadratic form is a sum of squares
    statistic = float(((parts.total @ kept) ** 2 / share[share > LEAST_INFORMATION]).sum())
    rmsea = float(np.sqrt(max(statistic - df, 0.0) / (df * n_answers)))
    p = float(chi2.sf(statistic, df))
    return SparseItemFit(item.name, statistic, df, p, rmsea, n_answers, groups)


def _ridged(matrix: FloatArray) -> FloatArray:
    """Positive definite also where a group has next to nobody."""
    result: FloatArray = matrix + 1e-10 * np.trace(matrix) * np.eye(len(matrix))
    return result


def _centres(
    mass: FloatArray, nodes: FloatArray, curve: FloatArray, limits: _Limits
) -> FloatArray | None:
    """Centres of as many groups as have the least expected count in every category."""
    below = (np.cumsum(mass) - mass / 2) / mass.sum()
    for n in range(limits.n_groups, 1, -1):
        centres = np.interp((np.arange(n) + 0.5) / n, below, nodes)
        if (np.diff(centres) <= 0).any():
            continue
        expected = (_membership(centres, nodes) * mass) @ curve.T
        if expected.min() >= limits.expected:
            return np.asarray(centres)
    return None


def _membership(centres: FloatArray, nodes: FloatArray) -> FloatArray:
    """Linear between centres, so that groups sum to 1, and with their centres to ability."""
    return np.array([np.interp(nodes, centres, row) for row in np.eye(len(centres))])


def _residuals(
    functions: FloatArray, answers: _Answers, mass: FloatArray, n_own: int
) -> _Residuals:
    """From functions of category and ability, (n, n_categories, n_nodes), the own scores last."""
    curve, weight = np.exp(answers.log_curve), answers.weight
    rest = answers.posterior_of_the_rest()
    chance = np.maximum(rest @ curve.T, np.finfo(np.float64).tiny)
    spread, total = np.zeros((len(functions), len(functions))), np.zeros(len(functions))
    for category, row in enumerate(curve):
        # posterior means of the functions, had this category been answered
        means = (rest @ (functions[:, category] * row).T) / chance[:, [category]]
        spread += (means * (weight * chance[:, category])[:, None]).T @ means
        given = answers.category == category
        total += weight[given] @ means[given]
    n = len(functions) - n_own
    weighted = functions[:n] * np.sqrt(curve * mass)
    return _Residuals(
        total=total[:n],
        spread=spread[:n, :n],
        complete=np.tensordot(weighted, weighted, axes=((1, 2), (1, 2))),
        own=spread[:n, n:],
        information=spread[n:, n:],
    )


def _contrasts(member: FloatArray, curve: FloatArray) -> FloatArray:
    """h_g (1{x = k} - P_k), (groups by categories but the first, n_categories, n_nodes)."""
    hit = np.eye(len(curve))[1:, :, None] - curve[1:, None, :]
    out: FloatArray = member[:, None, None, :] * hit[None]
    return out.reshape(-1, *curve.shape)


def _own_scores(item: ItemParameters, nodes: FloatArray, free: IntArray) -> FloatArray:
    own: FloatArray = score(FAMILIES[item.model], internal(item)[None], nodes)[0]
    return own[free]


def _groups(
    centres: FloatArray,
    member: FloatArray,
    answers: _Answers,
    posterior: FloatArray,
    curve: FloatArray,
    parts: _Residuals,
) -> AbilityGroups:
    weighted = posterior * answers.weight[:, None]
    by_category = np.array(
        [weighted[answers.category == category].sum(axis=0) for category in range(len(curve))]
    )
    mass = by_category.sum(axis=0)
    size = member @ mass
    spread = parts.spread
    if parts.own.size:
        spread = spread - parts.own @ np.linalg.pinv(parts.information) @ parts.own.T
    # the first category's residual is minus the sum of the others
    whole = np.vstack([-np.ones(len(curve) - 1), np.eye(len(curve) - 1)])
    transform = np.kron(np.eye(len(centres)), whole)
    variance = np.diagonal(transform @ spread @ transform.T).reshape(len(centres), len(curve))
    return AbilityGroups(
        ability=centres,
        size=size,
        observed=(member @ by_category.T) / size[:, None],
        expected=(member * mass) @ curve.T / size[:, None],
        se=np.sqrt(np.maximum(variance, 0.0)) / size[:, None],
    )
