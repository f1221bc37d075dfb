"""Marginal likelihood of the many-facet Rasch model, its derivatives, and its maximum.

A cell is an item rated by a rater. In it the log of P(X = k), up to a constant, is
``k theta + design[cell, k] @ location``, with ability ``theta = sd * z`` and z standard normal on
fixed nodes. The last parameter is the SD, so the discrete likelihood is smooth in all of them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array
from scipy.special import logsumexp

from calibration.errors import ConvergenceError, QuadratureError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

REACH = 6.0  # SDs of ability that the nodes cover on each side
LONGEST_STEP = 2.0  # logits
FEWEST_NODES, MOST_NODES = 61, 4000


@dataclass(frozen=True, eq=False)
class Problem:
    """Ratings and the design of their cells.

    Attributes
    ----------
    person, cell, category : arrays of shape (n_ratings,)
    design : array of shape (n_cells, n_categories, n_location)
        0 in the rows of category 0 and of categories that a cell has not.
    possible : boolean array of shape (n_cells, n_categories)
    """

    n_persons: int
    person: IntArray
    cell: IntArray
    category: IntArray
    design: FloatArray
    possible: npt.NDArray[np.bool_]

    @property
    def scores(self) -> FloatArray:
        return np.arange(self.design.shape[1], dtype=np.float64)

    def by_person(self, columns: IntArray, n_columns: int) -> "csr_array[np.float64]":
        """How often each person meets each column, (n_persons, n_columns)."""
        ones = np.ones(len(columns))
        return csr_array((ones, (self.person, columns)), shape=(self.n_persons, n_columns))


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where the marginal likelihood is highest.

    Attributes
    ----------
    parameters : array of shape (n_location + 1,)
        Location, then the SD of ability, positive.
    information : array of shape (n_parameters, n_parameters)
        Observed.
    person_scores : array of shape (n_persons, n_parameters)
        Derivative of each person's log-likelihood.
    posterior : array of shape (n_persons, n_nodes)
    nodes : array of shape (n_nodes,)
        Standard normal deviates; abilities are these times the SD.
    """

    parameters: FloatArray
    log_likelihood: float
    information: FloatArray
    person_scores: FloatArray
    posterior: FloatArray
    nodes: FloatArray
    iterations: int

    @property
    def sd(self) -> float:
        return float(self.parameters[-1])


def maximise(problem: Problem, start: FloatArray, max_iterations: int) -> Maximum:
    """Newton's method, on nodes as fine as the narrowest posterior wants.

    Where the observed information is not positive definite the complete-data information takes its
    place, so that every step ascends (Lange 1995, doi:10.1111/j.2517-6161.1995.tb02037.x).
    """
    n_nodes, parameters, iterations = FEWEST_NODES, start, 0
    while n_nodes <= MOST_NODES:
        nodes = np.linspace(-REACH, REACH, n_nodes)
        found = _ascend(problem, parameters, nodes, iterations, max_iterations)
        variance = found.posterior @ nodes**2 - (found.posterior @ nodes) ** 2
        # The sum over nodes is exact to 5e-9 where a posterior SD spans one spacing.
        if np.sqrt(variance.min()) >= nodes[1] - nodes[0]:
            return found
        n_nodes, parameters, iterations = 2 * n_nodes - 1, found.parameters, found.iterations
    raise QuadratureError(
        f"{MOST_NODES} nodes are too coarse: a person's posterior SD is "
        f"{np.sqrt(variance.min()):.2g} of the SD of ability; the ratings of that person are too "
        "many to integrate ability out"
    )


def category_probabilities(problem: Problem, parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    """(n_cells, n_categories, n_nodes); 0 for categories that a cell has not."""
    return np.where(
        problem.possible[:, :, None], np.exp(_log_table(problem, parameters, nodes)), 0.0
    )


def _log_table(problem: Problem, parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    known = (problem.design @ parameters[:-1])[:, :, None]
    kernel = known + problem.scores[:, None] * (parameters[-1] * nodes)
    kernel = np.where(problem.possible[:, :, None], kernel, -np.inf)
    return np.asarray(kernel - logsumexp(kernel, axis=1, keepdims=True))


def _joint(problem: Problem, parameters: FloatArray, nodes: FloatArray) -> FloatArray:
    """Log of likelihood times node weight, (n_persons, n_nodes)."""
    n_cells, n_categories, _ = problem.design.shape
    table = _log_table(problem, parameters, nodes).reshape(-1, len(nodes))
    table = np.where(problem.possible.reshape(-1, 1), table, 0.0)
    column = problem.cell * n_categories + problem.category
    log_weight = -0.5 * nodes**2
    log_weight -= logsumexp(log_weight)
    likelihood = problem.by_person(column, n_cells * n_categories) @ table
    return np.asarray(likelihood + log_weight)


def marginal_log_likelihood(problem: Problem, parameters: FloatArray, nodes: FloatArray) -> float:
    return float(logsumexp(_joint(problem, parameters, nodes), axis=1).sum())


def _ascend(
    problem: Problem, start: FloatArray, nodes: FloatArray, iterations: int, max_iterations: int
) -> Maximum:
    parameters = start
    while True:
        now, complete = _derivatives(problem, parameters, nodes, iterations)
        gradient = now.person_scores.sum(axis=0)
        direction, interior = _direction(now.information, complete, gradient)
        if interior and np.abs(direction).max() < 1e-8:
            return now
        if iterations >= max_iterations:
            raise ConvergenceError(
                f"no maximum after {iterations} iterations (next step "
                f"{np.abs(direction).max():.2g} logits); a rater or item may use hardly more than "
                "one category, or the ratings may not tell persons apart",
                iterations=iterations,
                log_likelihood=now.log_likelihood,
            )
        iterations += 1
        parameters = _climb(problem, now, direction, nodes)


def _climb(
    problem: Problem, now: Maximum, direction: FloatArray, nodes: FloatArray
) -> FloatArray:
    step = direction * min(1.0, LONGEST_STEP / np.abs(direction).max())
    slack = 1e-12 * abs(now.log_likelihood)  # rounding must not stop the last steps
    for _ in range(40):
        tried = now.parameters + step
        if marginal_log_likelihood(problem, tried, nodes) >= now.log_likelihood - slack:
            break
        step = step / 2
    return np.asarray(tried)


def _direction(
    observed: FloatArray, complete: FloatArray, gradient: FloatArray
) -> tuple[FloatArray, bool]:
    try:
        return cho_solve(cho_factor(observed), gradient), True
    except np.linalg.LinAlgError:
        ridge = 1e-10 * np.trace(complete) * np.eye(len(complete))
        return cho_solve(cho_factor(complete + ridge), gradient), False


def _derivatives(
    problem: Problem, parameters: FloatArray, nodes: FloatArray, iterations: int
) -> tuple[Maximum, FloatArray]:
    """Everything at one point; observed information by Louis (1982), and the complete-data one."""
    joint = _joint(problem, parameters, nodes)
    by_person = logsumexp(joint, axis=1)
    posterior = np.exp(joint - by_person[:, None])
    table = category_probabilities(problem, parameters, nodes)
    n_cells, n_categories, n_location = problem.design.shape
    visits = problem.by_person(problem.cell, n_cells)
    scores = np.tile(problem.scores, n_cells)
    flat = np.column_stack([problem.design.reshape(-1, n_location), scores])
    seen = problem.by_person(problem.cell * n_categories + problem.category, len(flat)) @ flat
    met = visits.T @ posterior  # (n_cells, n_nodes)
    width = n_location + 1
    complete, second = np.zeros((width, width)), np.zeros((width, width))
    mean_score = np.zeros((problem.n_persons, width))
    for place, node in enumerate(nodes):
        scaled = flat * np.append(np.ones(n_location), node)
        chance = table[:, :, place]
        mean = np.einsum("ck,ckm->cm", chance, scaled.reshape(n_cells, n_categories, width))
        weight = (met[:, place, None] * chance).reshape(-1, 1)
        complete += scaled.T @ (weight * scaled) - mean.T @ (met[:, place, None] * mean)
        score = seen * np.append(np.ones(n_location), node) - visits @ mean
        weighted = posterior[:, place, None] * score
        mean_score += weighted
        second += weighted.T @ score
    observed = complete - second + mean_score.T @ mean_score
    log_likelihood = float(by_person.sum())
    now = Maximum(
        parameters, log_likelihood, observed, mean_score, posterior, nodes, iterations
    )
    return now, complete
