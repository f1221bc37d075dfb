"""Rules by how far apart an item holds abilities: Kullback-Leibler, GDI, mutual information."""

import numpy as np

from assessment_engine.irt import FloatArray
from assessment_engine.pool import LEAST_LIKELIHOOD, DimensionItems
from assessment_engine.selection.fisher import parameters_of
from assessment_engine.selection.kept import kept
from assessment_engine.selection.view import (
    View,
    at_provisional,
    category_table,
    likelihood_mass,
    likelihood_of_nodes,
    over_grid,
    posterior_of_nodes,
)


def kullback_leibler(view: View) -> FloatArray:
    """Divergence of all abilities from the provisional one, averaged by the likelihood."""
    return _divergence(view, likelihood_mass(view))


def posterior_kullback_leibler(view: View) -> FloatArray:
    """Divergence of all abilities from the provisional one, averaged by the posterior."""
    return _divergence(view, view.posterior.mass)


def global_discrimination(view: View) -> FloatArray:
    """Variance of the probability of success over the nodes, by the likelihood."""
    return _variance_of_success(view, likelihood_of_nodes(view))


def posterior_global_discrimination(view: View) -> FloatArray:
    """Variance of the probability of success over the nodes, by the posterior."""
    return _variance_of_success(view, posterior_of_nodes(view))


def mutual_information(view: View) -> FloatArray:
    """What the answer and the ability tell of each other under the posterior, nats."""
    mass = view.posterior.mass
    expected = over_grid(category_table(view), mass)
    known = over_grid(_negative_entropy(view.items, view.grid.tobytes()), mass)
    gain: FloatArray = known - _by_item(view, expected * _log(expected))
    return gain


@kept
def _negative_entropy(items: DimensionItems, nodes: bytes) -> FloatArray:
    """Sum of P log P over the categories of each item at each node, ``(n_items, n_points)``."""
    p = items.probabilities(np.frombuffer(nodes))
    total: FloatArray = (p * _log(p)).sum(axis=1)
    return total


def _divergence(view: View, mass: FloatArray) -> FloatArray:
    here = at_provisional(view).ravel()
    elsewhere = over_grid(view.items.log_probabilities(view.grid), mass)
    return _by_item(view, here * (_log(here) - elsewhere))


def _variance_of_success(view: View, weights: FloatArray) -> FloatArray:
    parameters_of(view.items)
    success = view.items.probabilities(view.grid)[:, 1]
    away = success - over_grid(success, weights)[:, np.newaxis]
    away *= away
    return over_grid(away, weights)


def _log(p: FloatArray) -> FloatArray:
    logs: FloatArray = np.log(np.maximum(p, LEAST_LIKELIHOOD))
    return logs


def _by_item(view: View, by_category: FloatArray) -> FloatArray:
    total: FloatArray = by_category.reshape(len(view.items.items), -1).sum(axis=1)
    return total
