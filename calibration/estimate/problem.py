"""One calibration problem: what an E-step says at a vector of free parameters."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import block_diag

from calibration.estimate import priors
from calibration.estimate.accelerate import Point
from calibration.estimate.estep import Patterns, expect
from calibration.estimate.layout import Block
from calibration.estimate.models import ability_information, score
from calibration.estimate.quadrature import Quadrature

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Problem:
    """Layout, data and grid."""

    blocks: tuple[Block, ...]
    patterns: Patterns
    quadrature: Quadrature


def log_probability_table(problem: Problem, free: FloatArray) -> FloatArray:
    """Log-probability of every category of every item at every node, (n_columns, n_nodes)."""
    nodes = problem.quadrature.nodes
    out = np.empty((problem.patterns.n_columns, len(nodes)))
    for block in problem.blocks:
        out[block.columns] = block.family.log_probability(block.expand(free), nodes)
    return out


def evaluate(problem: Problem, free: FloatArray) -> Point | None:
    """One E-step: value, gradient (Fisher's identity) and complete-data information at ``free``."""
    blocks = problem.blocks
    if not np.isfinite(free).all():
        return None
    if not all(block.family.valid(block.expand(free)) for block in blocks):
        return None
    log_probability = log_probability_table(problem, free)
    expectation = expect(problem.patterns, log_probability, problem.quadrature)
    gradients, informations = [], []
    about_ability = np.zeros(len(problem.quadrature.nodes))
    prior = 0.0
    for block in blocks:
        values = block.expand(free)
        counts = expectation.counts[block.columns]
        expected = counts.sum(axis=1, keepdims=True) * np.exp(log_probability[block.columns])
        by_parameter = score(block.family, values, problem.quadrature.nodes)
        gradient, information = _moments(by_parameter, counts, expected)
        about_ability += ability_information(block.family, values, expected, by_parameter)
        if block.model == "3PL":
            prior += priors.log_density(values)
            gradient = gradient + priors.gradient(values)
            information = information + priors.information(values, expected=True)
        gradients.append(block.contract(gradient))
        informations.append(information)

    def precondition(vector: FloatArray) -> FloatArray:
        solved = [
            block.solve(information, vector[block.place])
            for block, information in zip(blocks, informations, strict=True)
        ]
        return np.concatenate(solved)

    used = expectation.mass > 1e-12 * expectation.mass.sum()
    share = expectation.mass[used] / expectation.mass[used].sum()
    width = 1 / np.sqrt(1 + about_ability[used] / expectation.mass[used])
    return Point(
        free=free,
        value=expectation.log_likelihood + prior,
        log_likelihood=expectation.log_likelihood,
        gradient=np.concatenate(gradients),
        precondition=precondition,
        width=float(share @ width),
        spacing=float(share @ problem.quadrature.spacing[used]),
    )


def _moments(
    by_parameter: FloatArray, counts: FloatArray, expected: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Gradient (n_items, P) and expected complete-data information (n_items, P, P) of a block."""
    shape = (*by_parameter.shape[:2], -1)
    flat = by_parameter.reshape(shape)
    gradient = flat @ counts.reshape(len(counts), -1, 1)
    weighted = (by_parameter * expected[:, None]).reshape(shape)
    return gradient[:, :, 0], weighted @ flat.transpose(0, 2, 1)


def steepness(problem: Problem, free: FloatArray) -> FloatArray:
    """Absolute slope of each item times the closest node spacing, (n_items,)."""
    out = np.empty(sum(len(block.items) for block in problem.blocks))
    for block in problem.blocks:
        out[block.items] = np.abs(block.expand(free)[:, 0])
    return out * float(problem.quadrature.spacing.min())


def prior_information(problem: Problem, free: FloatArray) -> FloatArray:
    """Curvature of the log priors by all parameters, (n_all, n_all), ordered by block and item."""
    squares: list[FloatArray] = []
    for block in problem.blocks:
        values = block.expand(free)
        if block.model == "3PL":
            squares.extend(priors.information(values, expected=False))
        else:
            squares.append(np.zeros((values.size, values.size)))
    return np.asarray(block_diag(*squares), dtype=np.float64)
