"""Marginal likelihood of the many-facet Rasch model, its derivatives, and its maximum.

A cell is an item rated by a rater. In it the log of P(X = k), up to a constant, is
``k theta + design[cell, k] @ location``, with ability ``theta = sd * z`` and z standard normal on
fixed nodes. The last parameter is the SD, so the discrete likelihood is smooth in all of them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular
from scipy.sparse import csr_array
from scipy.special import logsumexp

from calibration.errors import ConvergenceError, QuadratureError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

REACH = 6.0  # SDs of ability that the nodes cover on each side
LONGEST_STEP, SMALLEST_STEP = 2.0, 1e-8  # logits
SMALLEST_SHARE = 1e-3  # of the complete-data information that a direction is taken to have
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
    """Newton's method on nodes as fine as the narrowest posterior wants.

    Where the observed information is not positive definite, its negative and small eigenvalues, in
    the metric of the complete-data information, are replaced, so that every step ascends.

    Raises
    ------
    ConvergenceError
        If ``max_iterations`` were not enough.
    QuadratureError
        If a posterior is too narrow for ``MOST_NODES``.
    """
    nodes = np.linspace(-REACH, REACH, FEWEST_NODES)
    parameters, iterations = start, 0
    while True:
        now, complete = _derivatives(problem, parameters, nodes, iterations)
        if _narrowest(now) < nodes[1] - nodes[0]:
            # A likelihood summed over nodes too coarse has maxima of its own: refine at once.
            nodes = _finer(now)
            continue
        gradient = now.person_scores.sum(axis=0)
        direction, interior = _direction(now.information, complete, gradient)
        if interior and np.abs(direction).max() < SMALLEST_STEP:
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


def _narrowest(now: Maximum) -> float:
    """Smallest posterior SD; the sum over nodes errs by 5e-9 where it spans one spacing."""
    mean = now.posterior @ now.nodes
    variance = np.einsum("pq,pq->p", now.posterior, (now.nodes - mean[:, None]) ** 2)
    return float(np.sqrt(variance.min()))


def _finer(now: Maximum) -> FloatArray:
    n_nodes = 2 * len(now.nodes) - 1
    if n_nodes > MOST_NODES:
        raise QuadratureError(
            f"{MOST_NODES} nodes are too coarse: a person's posterior SD is {_narrowest(now):.2g} "
            "of the SD of ability; the ratings of that person are too many to integrate it out"
        )
    return np.linspace(-REACH, REACH, n_nodes)


def category_probabilities(
    problem: Problem, parameters: FloatArray, nodes: FloatArray
) -> FloatArray:
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


def _climb(problem: Problem, now: Maximum, direction: FloatArray, nodes: FloatArray) -> FloatArray:
    step = direction * min(1.0, LONGEST_STEP / np.abs(direction).max())
    slack = 1e-12 * abs(now.log_likelihood)  # rounding must not stop the last steps
    for _ in range(40):
        tried = now.parameters + step
        tried[-1] = abs(tried[-1])  # an SD of either sign is the same model
        if marginal_log_likelihood(problem, tried, nodes) >= now.log_likelihood - slack:
            break
        step = step / 2
    return np.asarray(tried)


def _direction(
    observed: FloatArray, complete: FloatArray, gradient: FloatArray
) -> tuple[FloatArray, bool]:
    """Step, and whether the point lies where the log-likelihood is concave."""
    factor = np.linalg.cholesky(complete)
    half = solve_triangular(factor, observed, lower=True)
    values, vectors = np.linalg.eigh(solve_triangular(factor, half.T, lower=True))
    along = vectors.T @ solve_triangular(factor, gradient, lower=True)
    kept = np.maximum(np.abs(values), SMALLEST_SHARE)
    step = solve_triangular(factor, vectors @ (along / kept), lower=True, trans="T")
    return np.asarray(step), bool(values.min() > 0)


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
    now = Maximum(parameters, log_likelihood, observed, mean_score, posterior, nodes, iterations)
    return now, complete
