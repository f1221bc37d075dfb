"""Rules by what is to be expected after the next answer: information, or posterior variance.

The chances of the answers are those at the provisional ability, as in catR. The ability after the
answer is that of the rules' method: the posterior mean, or the mode of the posterior (MAP) or of
the likelihood (ML). Under WLE and Jeffreys' prior it is the posterior mean.
"""

import numpy as np

from assessment_engine.irt import FloatArray
from assessment_engine.selection.updated import modes_after, own_derivatives
from assessment_engine.selection.view import View, at_provisional, category_table, over_grid

LEAST_SHARE = 1e-12  # an answer foreseen less often than this leaves the posterior as it is


def expected_observed_information(view: View) -> FloatArray:
    """Observed information of an item at the ability that its answer leads to."""
    first, second = own_derivatives(view.items.arrays, _ability_after(view))
    return _expected(view, first * first - second)


def expected_fisher_information(view: View) -> FloatArray:
    """Fisher information of an item at the ability that its answer leads to."""
    ability = _ability_after(view)
    found = np.empty_like(ability)
    for block in view.items.arrays.blocks:
        found[block.rows] = block.information(ability[block.rows])
    return _expected(view, found)


def least_expected_variance(view: View) -> FloatArray:
    """Minus the posterior variance of ability expected after the answer to an item."""
    _, variance = _moments_after(view)
    return -_expected(view, variance)


def _expected(view: View, by_category: FloatArray) -> FloatArray:
    total: FloatArray = (at_provisional(view) * by_category).sum(axis=1)
    return total


def _ability_after(view: View) -> FloatArray:
    if view.estimation.method in ("MAP", "ML"):
        return modes_after(view)
    return _moments_after(view)[0]


def _moments_after(view: View) -> tuple[FloatArray, FloatArray]:
    """Posterior mean and variance after each answer to each item, (n_items, n_categories)."""
    table, mass = category_table(view), view.posterior.mass
    away = view.grid - view.posterior.mean
    foreseen = over_grid(table, mass)
    known = foreseen > LEAST_SHARE
    share = np.where(known, foreseen, 1.0)
    shift = np.where(known, over_grid(table, mass * away) / share, 0.0)
    square = over_grid(table, mass * away * away) / share
    variance = np.where(known, square - shift * shift, view.posterior.sd**2)
    shape = (len(view.items.items), -1)
    return (view.posterior.mean + shift).reshape(shape), variance.reshape(shape)
