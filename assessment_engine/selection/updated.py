"""Modes of ability after each answer that could come, for all items and categories at once."""

import numpy as np

from assessment_engine.density import Answers
from assessment_engine.errors import ConvergenceError
from assessment_engine.irt import FloatArray, IntArray, ItemArrays
from assessment_engine.pool import LEAST_LIKELIHOOD
from assessment_engine.selection.view import View, likelihood_of_nodes, posterior_of_nodes

TOLERANCE = 1e-10  # logits
MOST_STEPS = 100


def own_derivatives(arrays: ItemArrays, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """P'/P and P''/P of category k of item i at ``theta[i, k]``, each (n_items, n_categories)."""
    first, second = np.zeros(theta.shape), np.zeros(theta.shape)
    for block in arrays.blocks:
        found = block.derivatives(theta[block.rows])
        each = np.arange(found.p.shape[1])
        rows = block.rows[:, np.newaxis]
        first[rows, each] = found.first[:, each, each]
        second[rows, each] = found.second[:, each, each]
    return first, second


def modes_after(view: View) -> FloatArray:
    """Mode of the likelihood (ML) or of the posterior (MAP), (n_items, n_categories), logits.

    The ends of the grid are the fences. Of several modes the highest counts.

    Raises
    ------
    ConvergenceError
        If a mode is not found to 1e-10 logits.
    """
    grid, arrays = view.grid, view.items.arrays
    prior = view.estimation.method == "MAP"
    height = view.items.log_probabilities(grid) + np.log(
        np.maximum(
            posterior_of_nodes(view) if prior else likelihood_of_nodes(view), LEAST_LIKELIHOOD
        )
    )
    node = np.argmax(height, axis=1).reshape(arrays.n_items, arrays.n_categories)
    slope = _Slope(grid, _slopes(view, prior))
    low = grid[np.maximum(node - 1, 0)]
    high = grid[np.minimum(node + 1, grid.size - 1)]
    theta: FloatArray = grid[node]
    active = np.ones(node.shape, dtype=np.bool_)
    for _ in range(MOST_STEPS):
        first, second = own_derivatives(arrays, theta)
        base, bend = slope(theta)
        value, change = base + first, bend + second - first * first
        rises = value > 0.0
        low, high = np.where(rises, theta, low), np.where(rises, high, theta)
        proposal = theta - value / np.minimum(change, -1e-6)
        inside = (proposal >= low) & (proposal <= high) & (change < 0.0)
        fenced = (rises & (theta == grid[-1])) | (~rises & (theta == grid[0]))
        proposal = np.where(inside, proposal, 0.5 * (low + high))
        proposal = np.where(fenced | ~active, theta, proposal)
        active &= np.abs(proposal - theta) > TOLERANCE
        theta = proposal
        if not active.any():
            return theta
    raise ConvergenceError(
        f"{int(active.sum())} abilities after an answer were not found in {MOST_STEPS} steps"
    )


def _answers(view: View) -> Answers:
    ordered = sorted(view.responses, key=lambda one: (one.item, one.likelihood))
    soft = np.zeros((len(ordered), view.items.arrays.n_categories))
    for i, response in enumerate(ordered):
        soft[i, : len(response.likelihood)] = response.likelihood
    return Answers(view.items, np.array([view.items.local[one.item] for one in ordered]), soft)


def _slopes(view: View, prior: bool) -> FloatArray:
    """First three derivatives of the answers' log-likelihood at the nodes, with a log prior's."""
    total = np.zeros((3, view.grid.size))
    if prior:
        precision = view.estimation.prior_sd**-2
        total[0] = -precision * (view.grid - view.estimation.prior_mean)
        total[1] = -precision
    if view.responses:
        answers = _answers(view)
        found = answers.arrays.derivatives(view.grid)
        weight = answers.soft[:, :, np.newaxis] * found.p
        weight /= np.maximum(weight.sum(axis=1, keepdims=True), LEAST_LIKELIHOOD)
        s1, s2, s3 = ((weight * x).sum(axis=1) for x in found[1:])
        cumulants = (s1, s2 - s1 * s1, s3 - 3.0 * s1 * s2 + 2.0 * s1**3)
        total += np.stack([x.sum(axis=0) for x in cumulants])
    return total


class _Slope:
    """A function and its derivative between nodes where it and two derivatives are known.

    Quintic Hermite interpolation: at nodes .1 logits apart the slope of a log-likelihood of forty
    answers is known to 1e-8.
    """

    def __init__(self, grid: FloatArray, known: FloatArray) -> None:
        self.low, self.step = float(grid[0]), float(grid[1] - grid[0])
        self.last = grid.size - 2
        y, m, s = known[0], self.step * known[1], self.step**2 * known[2]
        rise = np.diff(y) - m[:-1] - 0.5 * s[:-1]
        turn, bend = np.diff(m) - s[:-1], np.diff(s)
        self.coefficients = np.stack(
            (
                y[:-1],
                m[:-1],
                0.5 * s[:-1],
                10.0 * rise - 4.0 * turn + 0.5 * bend,
                -15.0 * rise + 7.0 * turn - bend,
                6.0 * rise - 3.0 * turn + 0.5 * bend,
            ),
            axis=1,
        )

    def __call__(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        place = (theta - self.low) / self.step
        cell: IntArray = np.clip(place.astype(np.int64), 0, self.last)
        t = place - cell
        c0, c1, c2, c3, c4, c5 = np.moveaxis(self.coefficients[cell], -1, 0)
        value = c0 + t * (c1 + t * (c2 + t * (c3 + t * (c4 + t * c5))))
        change = c1 + t * (2.0 * c2 + t * (3.0 * c3 + t * (4.0 * c4 + t * 5.0 * c5)))
        return value, change / self.step
