"""Rules by what is to be expected after the next answer: information, or posterior variance.

The chances of the answers are those at the provisional ability, as in catR.
"""

import numpy as np

from assessment_engine.irt import FloatArray
from assessment_engine.pool import LEAST_LIKELIHOOD
from assessment_engine.selection.view import (
    View,
    at_provisional,
    category_table,
    posterior_of_nodes,
)

# Lagrange's polynomial through five nodes -2..2: rows turn values into its coefficients, 1 to s^4.
_QUARTIC = np.linalg.inv(np.vander(np.arange(-2.0, 3.0), 5, increasing=True))
_NEWTON_STEPS = 6


def expected_observed_information(view: View) -> FloatArray:
    """Observed information of an item at the posterior mode that its answer leads to."""
    modes = _modes_after(view)
    observed = np.empty_like(modes)
    for block in view.items.arrays.blocks:
        found = block.derivatives(modes[block.rows])
        own = found.first * found.first - found.second  # (n, categories of it, of the mode)
        width = own.shape[1]
        observed[block.rows, :width] = own.diagonal(axis1=1, axis2=2)[:, :width]
        observed[block.rows, width:] = 0.0
    return _expected(view, observed)


def expected_fisher_information(view: View) -> FloatArray:
    """Fisher information of an item at the posterior mode that its answer leads to."""
    modes = _modes_after(view)
    expected = np.empty_like(modes)
    for block in view.items.arrays.blocks:
        expected[block.rows] = block.information(modes[block.rows])
    return _expected(view, expected)


def least_expected_variance(view: View) -> FloatArray:
    """Minus the posterior variance of ability expected after the answer to an item."""
    mass, away = view.posterior.mass, view.grid - view.posterior.mean
    sums = category_table(view) @ np.stack((mass, mass * away, mass * away * away), axis=1)
    total = np.maximum(sums[:, 0], LEAST_LIKELIHOOD)
    mean = sums[:, 1] / total
    variance = sums[:, 2] / total - mean * mean
    return -_expected(view, variance.reshape(len(view.items.items), -1))


def _expected(view: View, by_category: FloatArray) -> FloatArray:
    total: FloatArray = (at_provisional(view) * by_category).sum(axis=1)
    return total


def _modes_after(view: View) -> FloatArray:
    """Posterior mode after each answer to each item, logits: ``(n_items, n_categories)``.

    The logarithm of the density is a quartic around the best node; a mode on an end of the grid
    stays there.
    """
    grid = view.grid
    before = np.log(np.maximum(posterior_of_nodes(view), LEAST_LIKELIHOOD))
    after = view.items.log_probabilities(grid) + before
    best = after.argmax(axis=1)
    middle = np.clip(best, 2, grid.size - 3)
    rows = np.arange(best.size)[:, np.newaxis]
    nearby = after[rows, middle[:, np.newaxis] + np.arange(-2, 3)]
    _, c1, c2, c3, c4 = _QUARTIC @ nearby.T
    start = (best - middle).astype(np.float64)
    s = start.copy()
    for _ in range(_NEWTON_STEPS):
        slope = c1 + s * (2.0 * c2 + s * (3.0 * c3 + s * 4.0 * c4))
        bend = 2.0 * c2 + s * (6.0 * c3 + s * 12.0 * c4)
        s -= slope / np.minimum(bend, -LEAST_LIKELIHOOD)
        s = np.clip(s, start - 1.0, start + 1.0)
    at_end = (best == 0) | (best == grid.size - 1)
    modes: FloatArray = np.where(at_end, grid[best], grid[middle] + s * (grid[1] - grid[0]))
    return modes.reshape(len(view.items.items), -1)
