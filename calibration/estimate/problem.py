"""One calibration problem: what an E-step says at a vector of free parameters."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from calibration.estimate.accelerate import Point
from calibration.estimate.estep import Engine, Expectation
from calibration.estimate.expansion import expansion
from calibration.estimate.latent import Latent
from calibration.estimate.layout import Block
from calibration.estimate.maximise import moments, write_probability
from calibration.estimate.priors import Priors, priors_of, shape_of
from calibration.estimate.quadrature import Quadrature

FloatArray = npt.NDArray[np.float64]

LEAST_MASS = 1e-12  # share of all persons below which a node says nothing about the test


@dataclass(frozen=True, eq=False)
class Problem:
    """Layout, data, grid, ability distributions and priors."""

    blocks: tuple[Block, ...]
    latent: Latent
    engine: Engine
    nodes: FloatArray
    priors: Priors | None
    n_columns: int
    n_free: int
    has_free_histogram: bool = False
    n_held_moments: int = 0  # groups whose histogram is held at mean 0 and SD 1

    @cached_property
    def spacing(self) -> FloatArray:
        """Distance between neighbours at each node, logits."""
        return np.gradient(self.nodes)

    def density(self, free: FloatArray) -> FloatArray:
        return self.latent.density(free, self.nodes)

    def quadrature(self, free: FloatArray, group: int = 0) -> Quadrature:
        return Quadrature(self.nodes, np.maximum(self.density(free)[group], 1e-300))


def probability_table(problem: Problem, free: FloatArray) -> FloatArray:
    """Probability of every category of every item at every node, (n_columns, n_nodes).

    Items without a block say nothing: 1 everywhere.
    """
    out = np.ones((problem.n_columns, len(problem.nodes)))
    for block in problem.blocks:
        write_probability(block, block.expand(free), problem.nodes, out)
    return out


def expectation_at(problem: Problem, free: FloatArray) -> Expectation:
    return _expectation(problem, free, probability_table(problem, free))


def _expectation(problem: Problem, free: FloatArray, probability: FloatArray) -> Expectation:
    return problem.engine.expect(
        probability, problem.density(free), narrow=problem.latent.histogram is None
    )


def evaluate(problem: Problem, free: FloatArray) -> Point | None:
    """One E-step: value, gradient (Fisher's identity) and complete-data information at ``free``."""
    if not np.isfinite(free).all():
        return None
    parameters = [block.expand(free) for block in problem.blocks]
    for block, values in zip(problem.blocks, parameters, strict=True):
        if not block.family.valid(values):
            return None
    probability = probability_table(problem, free)
    expectation = _expectation(problem, free, probability)
    if not np.isfinite(expectation.log_likelihood):
        return None
    gradient = np.zeros(problem.n_free)
    informations = []
    about_ability = np.zeros(len(problem.nodes))
    prior = 0.0
    for block, values in zip(problem.blocks, parameters, strict=True):
        own, information, about = moments(
            block, values, problem.nodes, expectation.counts, probability
        )
        about_ability += about
        shape = shape_of(block, values, priors_of(block, problem.priors))
        if shape is not None:
            prior += shape.log_density
            own = own + shape.gradient
            information = information + shape.expected
        block.add_gradient(own, gradient)
        informations.append(information)
    by_moments, of_moments = _about_groups(problem, free, expectation.mass)
    freed = problem.latent.free
    expanded = expansion(
        problem.blocks, parameters, problem.latent, free, expectation.mass.sum(axis=1)
    )
    np.add.at(gradient, problem.latent.place[freed], by_moments[freed])

    def precondition(vector: FloatArray) -> FloatArray:
        step = np.zeros(problem.n_free)
        for block, information in zip(problem.blocks, informations, strict=True):
            step[block.place[block.free]] = block.solve(information, vector)[block.free]
        if freed.any():
            moments = vector[problem.latent.place] / of_moments
            step[problem.latent.place[freed]] = moments[freed]
        return step if expanded is None else step + expanded.step(vector)

    if not np.isfinite(prior):
        return None
    width, spacing = _fineness(problem, expectation.mass.sum(axis=0), about_ability, free)
    return Point(
        free=free,
        value=expectation.log_likelihood + prior,
        log_likelihood=expectation.log_likelihood,
        gradient=gradient,
        precondition=precondition,
        width=width,
        spacing=spacing,
    )


def _about_groups(
    problem: Problem, free: FloatArray, mass: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Gradient by each group's mean and log SD, and their complete-data information."""
    if not problem.latent.free.any():
        nothing = np.zeros_like(problem.latent.value)
        return nothing, nothing + 1.0
    score_of_density = problem.latent.score(free, problem.nodes)
    gradient = np.einsum("gmq,gq->gm", score_of_density, mass)
    sd = np.exp(problem.latent.moments(free)[:, 1])
    persons = mass.sum(axis=1)
    return gradient, np.stack([persons / sd**2, 2 * persons], axis=1)


def _fineness(
    problem: Problem, mass: FloatArray, about_ability: FloatArray, free: FloatArray
) -> tuple[float, float]:
    """Posterior SD of a typical person, and the distance of the nodes there, logits."""
    used = mass > LEAST_MASS * mass.sum()
    share = mass[used] / mass[used].sum()
    prior = np.exp(-2 * problem.latent.moments(free)[:, 1]).min()
    width = 1 / np.sqrt(prior + about_ability[used] / mass[used])
    spacing = problem.spacing[used]
    return float(share @ width), float(share @ spacing)


def steepness(problem: Problem, free: FloatArray, n_items: int) -> FloatArray:
    """Largest free slope of each item times the closest node spacing, (n_items,)."""
    out = np.zeros(n_items)
    for block in problem.blocks:
        slopes = np.where(block.free, block.expand(free), 0.0)[:, : block.n_slopes]
        out[block.items] = np.abs(slopes).max(axis=1)
    return out * float(problem.spacing.min())
