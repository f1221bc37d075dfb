"""What expected counts say about a block's items: the gradient and information of an M-step."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from calibration.estimate.curves import logistic_curves, logistic_moments
from calibration.estimate.layout import Block
from calibration.estimate.models import CUMULATIVE, score

FloatArray = npt.NDArray[np.float64]


class Moments(NamedTuple):
    """Of a block's G items with P parameters at Q nodes.

    ``gradient`` (G, P) and expected complete-data ``information`` (G, P, P) by its parameters;
    ``about_ability`` (Q,) is Fisher's information about ability, summed over items and persons.
    """

    gradient: FloatArray
    information: FloatArray
    about_ability: FloatArray


def write_probability(
    block: Block, parameters: FloatArray, nodes: FloatArray, table: FloatArray
) -> None:
    """Write the rows of ``table`` (n_columns, n_nodes) that belong to the block's items."""
    if _is_logistic(block):
        logistic_curves(parameters, nodes, block.columns, table)
    else:
        table[block.columns] = np.exp(block.family.log_probability(parameters, nodes))


def moments(
    block: Block,
    parameters: FloatArray,
    nodes: FloatArray,
    counts: FloatArray,
    probability: FloatArray,
) -> Moments:
    """From expected ``counts`` and ``probability``, (n_columns, n_nodes) each."""
    if _is_logistic(block):
        return Moments(*logistic_moments(parameters, nodes, block.columns, counts, probability))
    own = counts[block.columns]
    expected = own.sum(axis=1, keepdims=True) * probability[block.columns]
    by_parameter = score(block.family, parameters, nodes)
    shape = (*by_parameter.shape[:2], -1)
    flat = by_parameter.reshape(shape)
    gradient = flat @ own.reshape(len(own), -1, 1)
    weighted = (by_parameter * expected[:, None]).reshape(shape)
    return Moments(
        gradient[:, :, 0],
        weighted @ flat.transpose(0, 2, 1),
        _about_ability(block, parameters, expected, by_parameter),
    )


def _is_logistic(block: Block) -> bool:
    """Right or wrong without guessing: most banks, and worth a compiled loop."""
    return block.family is CUMULATIVE and block.n_categories == 2


def _about_ability(
    block: Block, parameters: FloatArray, expected: FloatArray, by_parameter: FloatArray
) -> FloatArray:
    of_predictors = parameters[:, : block.n_slopes] @ block.family.slopes(
        by_parameter.shape[1] - block.n_slopes
    )
    by_predictor = by_parameter[:, block.n_slopes :]
    shape = (len(parameters), 1, -1)
    by_ability = of_predictors[:, None] @ by_predictor.reshape(*by_predictor.shape[:2], -1)
    information: FloatArray = (expected.reshape(shape) * by_ability**2).sum(axis=(0, 1))
    by_node: FloatArray = information.reshape(expected.shape[1:]).sum(axis=0)
    return by_node
