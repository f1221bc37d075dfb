"""What a selection rule sees, and the weights over abilities that several rules share."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assessment_engine.density import Posterior
from assessment_engine.irt import FloatArray
from assessment_engine.pool import LEAST_LIKELIHOOD, DimensionItems
from assessment_engine.records import Response
from assessment_engine.rules import Estimation, SelectionSettings

_EAP = Estimation()
_SETTINGS = SelectionSettings()


@dataclass(slots=True, eq=False)  # not frozen: made at every step, three times as fast
class View:
    """One moment of one section, before its next item.

    ``theta`` is the provisional ability, logits; ``n_given`` of at most ``n_max`` items are given.
    ``seed`` and ``position`` decide every random draw. With ``se_target`` above 0 (logits) the
    section stops at that standard error, and ``se`` is the present one. By ``estimation`` MEI
    estimates ability anew after each answer that could come.
    """

    posterior: Posterior
    items: DimensionItems
    eligible: NDArray[np.bool_]
    theta: float
    responses: tuple[Response, ...]
    n_given: int
    n_max: int
    seed: int
    position: int
    se: float = 0.0
    se_target: float = 0.0
    settings: SelectionSettings = _SETTINGS
    estimation: Estimation = _EAP

    @property
    def grid(self) -> FloatArray:
        return self.posterior.grid


def category_table(view: View) -> FloatArray:
    """Probabilities of all categories of all items, ``(n_items * n_categories, n_points)``."""
    return view.items.probabilities(view.grid).reshape(-1, view.grid.size)


def over_grid(table: FloatArray, weights: FloatArray) -> FloatArray:
    """Weighted sums of a table's rows over the grid's nodes."""
    # In one thread: a product this small gains nothing from more, and may wait for busy cores.
    total: FloatArray = np.einsum("ng,g->n", table, weights)
    return total


def at_provisional(view: View) -> FloatArray:
    """Category probabilities at the provisional ability, ``(n_items, n_categories)``."""
    p, _ = view.items.arrays.evaluate(np.array([view.theta]))
    return p[:, :, 0]


def likelihood_of_nodes(view: View) -> FloatArray:
    """Likelihood of the answers at the grid's nodes, summing to 1: ``(n_points,)``."""
    total = np.zeros(view.grid.size)
    certain, logs = view.items.certain_rows, view.items.log_probabilities(view.grid)
    # In an order of its own, so that the order of the answers does not reach the last bit.
    for response in sorted(view.responses, key=lambda one: (one.item, one.likelihood)):
        row = certain.get((response.item, response.likelihood))
        total += _soft(view, response) if row is None else logs[row]
    likelihood: FloatArray = np.exp(total - total.max())
    likelihood /= likelihood.sum()
    return likelihood


def posterior_of_nodes(view: View) -> FloatArray:
    """Posterior density at the grid's nodes, summing to 1: ``(n_points,)``."""
    density = view.posterior.mass / trapezoid(view.grid.size)
    density /= density.sum()
    return density


def likelihood_mass(view: View) -> FloatArray:
    """The likelihood with trapezoidal weights, summing to 1: ``(n_points,)``."""
    mass = likelihood_of_nodes(view) * trapezoid(view.grid.size)
    mass /= mass.sum()
    return mass


@lru_cache(maxsize=64)
def trapezoid(n_points: int) -> FloatArray:
    """Weights of the trapezoidal rule on equally spaced nodes, in steps: ``(n_points,)``."""
    weights = np.ones(n_points)
    weights[0] = weights[-1] = 0.5
    weights.setflags(write=False)
    return weights


def _soft(view: View, response: Response) -> FloatArray:
    curves = view.items.probabilities(view.grid)[view.items.local[response.item]]
    given = np.zeros(curves.shape[0])
    given[: len(response.likelihood)] = response.likelihood
    logs: FloatArray = np.log(np.maximum(given @ curves, LEAST_LIKELIHOOD))
    return logs
