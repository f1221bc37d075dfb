"""Haebara and Stocking-Lord: the loss between two sets of curves, its derivatives, its minimum.

An anchor's internal parameters are slopes a, intercepts u and logits of asymptotes (see
``calibration.estimate.models``). Moved to the other scale they become s a and u + m a, with
s = 1 / A and m = -B / A from X to Y, and s = A and m = B from Y to X. The move is linear in (s, m)
and in the parameters, which keeps the second derivatives short; ``_coefficients`` turns those by
(s, m) into those by (A, B).

Shapes: G anchors of one family and one number of categories, P internal parameters, C curves (the
K categories for Haebara, the expected score for Stocking-Lord), Q nodes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from calibration.estimate.models import FAMILIES, Family, curvature, n_slopes, score
from calibration.estimate.quadrature import Quadrature
from calibration.linking.scale import LinkingError
from calibration.parameters import ItemParameters, internal

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

POLISHING_STEPS = 10
LEAST_CURVATURE = 1e-10  # of the loss: curves that move less than 1e-5 a logit determine nothing
LARGEST_LAST_STEP = 1e-8  # logits, of the last Newton step; quadratic convergence is far below


@dataclass(frozen=True, eq=False)
class Block:
    """Anchors of one family; ``places`` (G,) among all, ``slopes`` (S, U), ``x``, ``y`` (G, P)."""

    family: Family
    slopes: FloatArray
    places: IntArray
    x: FloatArray
    y: FloatArray


@dataclass(frozen=True, eq=False)
class CurveLoss:
    """What is minimised: weighted squared differences of curves, at the nodes of ``grid`` on the
    scale of Y and, if there is one, of ``reverse_grid`` on the scale of X.

    ``pooled`` sums the expected scores of all anchors before squaring (Stocking-Lord); otherwise
    each category of each anchor is squared by itself (Haebara).
    """

    blocks: tuple[Block, ...]
    pooled: bool
    grid: Quadrature
    reverse_grid: Quadrature | None


@dataclass(frozen=True, eq=False)
class Expansion:
    """The loss at (A, B) and its derivatives.

    ``gradient`` (2,) and ``hessian`` (2, 2) are by (A, B); ``by_x`` and ``by_y`` hold for each
    block the derivatives of the gradient by the anchors' internal parameters, (2, G, P).
    """

    value: float
    gradient: FloatArray
    hessian: FloatArray
    by_x: tuple[FloatArray, ...]
    by_y: tuple[FloatArray, ...]

    def __add__(self, other: "Expansion") -> "Expansion":
        return Expansion(
            self.value + other.value,
            self.gradient + other.gradient,
            self.hessian + other.hessian,
            tuple(one + two for one, two in zip(self.by_x, other.by_x, strict=True)),
            tuple(one + two for one, two in zip(self.by_y, other.by_y, strict=True)),
        )


def blocks_of(x: Sequence[ItemParameters], y: Sequence[ItemParameters]) -> tuple[Block, ...]:
    """Group anchors, given pairwise, by family and number of categories."""
    found: dict[tuple[str, int, int], list[int]] = {}
    for place, item in enumerate(x):
        key = FAMILIES[item.model].name, item.n_categories, len(internal(item))
        found.setdefault(key, []).append(place)
    out = []
    for places in found.values():
        item = x[places[0]]
        family = FAMILIES[item.model]
        own_x = np.stack([internal(x[place]) for place in places])
        n_predictors = own_x.shape[1] - n_slopes(item.model, item.n_categories)
        out.append(
            Block(
                family,
                family.slopes(n_predictors),
                np.array(places, dtype=np.intp),
                own_x,
                np.stack([internal(y[place]) for place in places]),
            )
        )
    return tuple(out)


def expand(loss: CurveLoss, A: float, B: float) -> Expansion:
    """Loss, gradient, Hessian and the derivatives of the gradient by the anchors' parameters."""
    out = _one_way(loss, A, B, loss.grid, forward=True)
    if loss.reverse_grid is None:
        return out
    return out + _one_way(loss, A, B, loss.reverse_grid, forward=False)


def minimise(loss: CurveLoss, *, fixed_slope: bool) -> tuple[float, float]:
    """A and B of the smallest loss, over log A and B; A stays 1 if ``fixed_slope``.

    Raises
    ------
    LinkingError
        If the loss has no minimum where the search ended.
    """
    free = np.array([1] if fixed_slope else [0, 1])
    point = np.array(_start(loss.blocks, fixed_slope=fixed_slope))

    @lru_cache(maxsize=2)
    def at(*values: float) -> tuple[float, FloatArray, FloatArray]:
        point[free] = values
        A, B = float(np.exp(point[0])), float(point[1])
        found = expand(loss, A, B)
        by_log = np.array([A, 1.0])
        hessian = found.hessian * np.outer(by_log, by_log)
        hessian[0, 0] += A * found.gradient[0]
        return found.value, (found.gradient * by_log)[free], hessian[np.ix_(free, free)]

    found = minimize(  # type: ignore[call-overload]  # the stubs want one known shape
        lambda values: at(*values)[0],
        point[free],
        method="trust-exact",
        jac=lambda values: at(*values)[1],
        hess=lambda values: at(*values)[2],
        tol=1e-8,
    )
    point[free] = _polished(at, np.asarray(found.x, dtype=np.float64))
    return float(np.exp(point[0])), float(point[1])


def _polished(
    at: Callable[..., tuple[float, FloatArray, FloatArray]], values: FloatArray
) -> FloatArray:
    """Newton steps to the last digit: standard errors assume that the gradient is 0."""
    step = np.inf
    for _ in range(POLISHING_STEPS):
        _, gradient, hessian = at(*values)
        if not np.linalg.eigvalsh(hessian)[0] > LEAST_CURVATURE:
            break
        change = np.linalg.solve(hessian, gradient)
        values = values - change
        step = float(np.abs(change).max())
        if step < 1e-13:
            break
    if not step < LARGEST_LAST_STEP:
        raise LinkingError(
            "the curves of the anchors do not determine the link: the loss has no clear minimum "
            "where the search ended; use more anchors, or a grid that covers their difficulties"
        )
    return values


def _start(blocks: tuple[Block, ...], *, fixed_slope: bool) -> tuple[float, float]:
    """log A from the slopes, B by least squares of the intercepts: exact where the curves agree."""
    squares_x = squares_y = products = 0.0
    for block in blocks:
        n_a = len(block.slopes)
        used = block.slopes.any(axis=0)
        a_x = (block.x[:, :n_a] @ block.slopes)[:, used]
        a_y = (block.y[:, :n_a] @ block.slopes)[:, used]
        moved = block.y[:, n_a:][:, used] - block.x[:, n_a:][:, used]
        squares_x += float(np.sum(a_x**2))
        squares_y += float(np.sum(a_y**2))
        products += float(np.sum(a_x * moved))
    if not (squares_x > 0 and squares_y > 0):
        raise LinkingError("the anchors have slope 0: their curves do not depend on ability")
    A = 1.0 if fixed_slope else float(np.sqrt(squares_x / squares_y))
    return float(np.log(A)), -A * products / squares_x


def _one_way(loss: CurveLoss, A: float, B: float, grid: Quadrature, *, forward: bool) -> Expansion:
    (s, m), first_order, second_order = _coefficients(A, B, forward=forward)
    terms = [_Terms(block, s, m, grid.nodes, loss.pooled, forward) for block in loss.blocks]
    gaps = [term.gap for term in terms]
    along = [term.along for term in terms]
    if loss.pooled:
        gaps = [np.sum([gap.sum(axis=0, keepdims=True) for gap in gaps], axis=0)]
        along = [np.sum([one.sum(axis=1, keepdims=True) for one in along], axis=0)]
    value = float(sum(np.sum(grid.weights * gap**2) for gap in gaps))
    gradient, hessian = np.zeros(2), np.zeros((2, 2))
    by_origin, by_target = [], []
    for place, term in enumerate(terms):
        shared = 0 if loss.pooled else place
        gap, slope = gaps[shared] * grid.weights, along[shared] * grid.weights
        origin, target, own_gradient, own_hessian = term.derivatives(gap, slope)
        gradient += own_gradient
        hessian += own_hessian
        by_origin.append(np.einsum("jn,jgp->ngp", first_order, origin))
        by_target.append(np.einsum("jn,jgp->ngp", first_order, target))
    bend = np.einsum("j,jno->no", gradient, second_order)
    return Expansion(
        value,
        first_order.T @ gradient,
        first_order.T @ hessian @ first_order + bend,
        tuple(by_origin if forward else by_target),
        tuple(by_target if forward else by_origin),
    )


def _coefficients(
    A: float, B: float, *, forward: bool
) -> tuple[tuple[float, float], FloatArray, FloatArray]:
    """(s, m), their derivatives by (A, B), (2, 2), and the second ones, (2, 2, 2)."""
    if not forward:
        return (A, B), np.eye(2), np.zeros((2, 2, 2))
    first = np.array([[-1 / A**2, 0.0], [B / A**2, -1 / A]])
    second = np.zeros((2, 2, 2))
    second[0, 0, 0] = 2 / A**3
    second[1] = [[-2 * B / A**3, 1 / A**2], [1 / A**2, 0.0]]
    return (1 / A, -B / A), first, second


class _Terms:
    """Curves of one block, target and moved, and what the loss needs of them."""

    def __init__(
        self, block: Block, s: float, m: float, nodes: FloatArray, pooled: bool, forward: bool
    ) -> None:
        target, origin = (block.y, block.x) if forward else (block.x, block.y)
        self.s, self.m, self.slopes = s, m, block.slopes
        n_a = len(block.slopes)
        a, u = origin[:, :n_a], origin[:, n_a:]
        per_predictor = a @ block.slopes
        moved = np.concatenate([s * a, u + m * per_predictor], axis=1)
        # derivative of the moved parameters by s and by m
        self.directions = np.stack(
            [
                np.concatenate([a, np.zeros_like(u)], axis=1),
                np.concatenate([np.zeros_like(a), per_predictor], axis=1),
            ]
        )
        wanted, self.target_first = _curves(block.family, target, nodes, pooled)
        reached, self.first = _curves(block.family, moved, nodes, pooled)
        self.second = _second(block.family, moved, nodes, pooled)
        self.gap: FloatArray = wanted - reached
        self.along: FloatArray = np.einsum("jgp,gpcq->jgcq", self.directions, self.first)

    def derivatives(
        self, gap: FloatArray, along: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """By (s, m) and the origin's parameters, by (s, m) and the target's, (2, G, P); gradient
        and Hessian by (s, m). ``gap`` and ``along`` come times the weights, pooled or not."""
        n_items = self.first.shape[0]
        gap = np.broadcast_to(gap, (n_items, *gap.shape[1:]))
        along = np.broadcast_to(along, (2, n_items, *along.shape[2:]))
        pull = np.einsum("gcq,gpcq->gp", gap, self.first)
        bend = np.einsum("gcq,gprcq->gpr", gap, self.second)
        inner = np.einsum("jgcq,gpcq->jgp", along, self.first)
        inner = inner - np.einsum("gpr,jgr->jgp", bend, self.directions)
        gradient = -2 * np.einsum("jgp,gp->j", self.directions, pull)
        hessian = 2 * np.einsum("jgp,kgp->jk", inner, self.directions)
        target = -2 * np.einsum("jgcq,gpcq->jgp", along, self.target_first)
        return 2 * (self._back(inner) - self._turned(pull)), target, gradient, hessian

    def _back(self, by_moved: FloatArray) -> FloatArray:
        """From derivatives by the moved parameters to those by the origin's, (..., G, P)."""
        n_a = len(self.slopes)
        by_a, by_u = by_moved[..., :n_a], by_moved[..., n_a:]
        return np.concatenate([self.s * by_a + self.m * (by_u @ self.slopes.T), by_u], axis=-1)

    def _turned(self, pull: FloatArray) -> FloatArray:
        """The same of the directions themselves, which hold the origin's slopes, (2, G, P)."""
        n_a = len(self.slopes)
        out = np.zeros((2, *pull.shape))
        out[0, :, :n_a] = pull[:, :n_a]
        out[1, :, :n_a] = pull[:, n_a:] @ self.slopes.T
        return out


def _curves(
    family: Family, parameters: FloatArray, nodes: FloatArray, pooled: bool
) -> tuple[FloatArray, FloatArray]:
    """Curves (G, C, Q) and their derivatives (G, P, C, Q) by the parameters."""
    value = np.exp(family.log_probability(parameters, nodes))
    first = value[:, None] * score(family, parameters, nodes)
    if not pooled:
        return value, first
    return _expected(value), _expected(first)


def _second(family: Family, parameters: FloatArray, nodes: FloatArray, pooled: bool) -> FloatArray:
    """Second derivatives of the curves, (G, P, P, C, Q)."""
    value = np.exp(family.log_probability(parameters, nodes))[:, None, None]
    by_log = score(family, parameters, nodes)
    squares = by_log[:, :, None] * by_log[:, None]
    second: FloatArray = value * (squares - curvature(family, parameters, nodes))
    return _expected(second) if pooled else second


def _expected(by_category: FloatArray) -> FloatArray:
    """Of the score, which is the category's number; (..., K, Q) to (..., 1, Q)."""
    scores = np.arange(by_category.shape[-2])[:, None]
    result: FloatArray = np.sum(by_category * scores, axis=-2, keepdims=True)
    return result
