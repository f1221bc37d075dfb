"""Compiled loops around the E-step: curves of right and wrong items, tables of joint answers."""

import numpy as np
import numpy.typing as npt

from calibration.estimate.kernels import compiled

FloatArray = npt.NDArray[np.float64]


@compiled
def logistic_curves(
    parameters: FloatArray,
    nodes: FloatArray,
    columns: npt.NDArray[np.intp],
    table: FloatArray,
) -> None:
    """Write P(X = 0) and P(X = 1) of items with slope and intercept (n_items, 2) into ``table``."""
    for item in range(len(parameters)):
        slope, intercept = parameters[item, 0], parameters[item, 1]
        wrong, right = table[columns[item, 0]], table[columns[item, 1]]
        for node in range(len(nodes)):
            eta = slope * nodes[node] + intercept
            small = np.exp(-abs(eta))
            likely, unlikely = 1 / (1 + small), small / (1 + small)
            right[node] = likely if eta > 0 else unlikely
            wrong[node] = unlikely if eta > 0 else likely


@compiled
def logistic_moments(
    parameters: FloatArray,
    nodes: FloatArray,
    columns: npt.NDArray[np.intp],
    counts: FloatArray,
    probability: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Gradient (n_items, 2), expected information (n_items, 2, 2), and information about ability
    (n_nodes,), of items with slope and intercept."""
    n_items, n_nodes = len(parameters), len(nodes)
    gradient = np.empty((n_items, 2))
    information = np.empty((n_items, 2, 2))
    about_ability = np.zeros(n_nodes)
    for item in range(n_items):
        wrong, right = counts[columns[item, 0]], counts[columns[item, 1]]
        fails, passes = probability[columns[item, 0]], probability[columns[item, 1]]
        squared = parameters[item, 0] ** 2
        first, second, own, mixed, plain = 0.0, 0.0, 0.0, 0.0, 0.0
        for node in range(n_nodes):
            ability = nodes[node]
            # right - n P, without the cancellation where P is near 1
            surplus = right[node] * fails[node] - wrong[node] * passes[node]
            weight = (right[node] + wrong[node]) * passes[node] * fails[node]
            first += ability * surplus
            second += surplus
            own += ability * ability * weight
            mixed += ability * weight
            plain += weight
            about_ability[node] += squared * weight
        gradient[item, 0], gradient[item, 1] = first, second
        information[item, 0, 0], information[item, 1, 1] = own, plain
        information[item, 0, 1] = information[item, 1, 0] = mixed
    return gradient, information, about_ability


@compiled
def join_rows(members: npt.NDArray[np.intp], probability: FloatArray, table: FloatArray) -> None:
    """Write into ``table`` (n_cells, at least n_nodes) the product of each cell's rows."""
    n_columns, n_nodes = probability.shape
    for place in range(len(members)):
        product = table[place, :n_nodes]
        product[:] = 1.0
        for member in members[place]:
            if member < n_columns:
                factor = probability[member]
                for node in range(n_nodes):
                    product[node] *= factor[node]


@compiled
def split_rows(members: npt.NDArray[np.intp], of_cells: FloatArray, counts: FloatArray) -> None:
    """Add each cell's row of ``of_cells`` to the row of ``counts`` of each of its members."""
    n_columns, n_nodes = counts.shape
    for place in range(len(members)):
        for member in members[place]:
            if member < n_columns:
                count = counts[member]
                for node in range(n_nodes):
                    count[node] += of_cells[place, node]
