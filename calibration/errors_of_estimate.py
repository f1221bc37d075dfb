"""Standard errors: observed information of the marginal likelihood, and the sandwich."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.linalg import LinAlgError, block_diag, cho_factor, cho_solve

from calibration.estimate.estep import ScoreProducts, ScoreTables
from calibration.estimate.layout import FIXED, Block
from calibration.estimate.models import curvature, score
from calibration.estimate.priors import priors_of, shape_of
from calibration.estimate.problem import Problem, expectation_at, probability_table

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

# In units where every parameter's own information is 1: below this, others explain it wholly.
LEAST_PIVOT = 1e-6
LARGEST_ERROR = 100.0  # logits; a slope or intercept known no better than this is not known


@dataclass(frozen=True, eq=False)
class Information:
    """About the free parameters, (n_free, n_free) each.

    ``observed`` is the curvature of the marginal log-likelihood and the priors, ``scores`` the sum
    of the outer products of the persons' scores.
    """

    observed: FloatArray
    scores: FloatArray


def information_at(problem: Problem, free: FloatArray) -> Information:
    """Both informations at a vector of free parameters.

    Louis' identity: the expected complete-data information, less the posterior covariance of the
    complete-data score, summed over persons. Exact at any parameters, at a maximum or not.

    References
    ----------
    Louis (1982), doi:10.1111/j.2517-6161.1982.tb01203.x
    """
    tables = _tables(problem, free)
    products: ScoreProducts = problem.engine.score_products(tables)
    observed = _complete(problem, free) - products.squares + products.means
    return Information(observed, products.means)


def _tables(problem: Problem, free: FloatArray) -> ScoreTables:
    n_nodes = len(problem.nodes)
    widest = max(block.n_parameters for block in problem.blocks)
    scores = np.zeros((problem.n_columns, widest, n_nodes))
    owner = np.full((problem.n_columns, widest), FIXED, dtype=np.int64)
    for block in problem.blocks:
        values = block.expand(free)
        by_parameter = score(block.family, values, problem.nodes)
        width = block.n_parameters
        scores[block.columns, :width] = by_parameter.swapaxes(1, 2)
        owner[block.columns, :width] = block.place[:, None, :]
    return ScoreTables(
        probability=probability_table(problem, free),
        density=problem.density(free),
        score=scores,
        owner=owner,
        of_group=problem.latent.score(free, problem.nodes),
        group_owner=problem.latent.place.astype(np.int64),
        n_free=problem.n_free,
    )


def _complete(problem: Problem, free: FloatArray) -> FloatArray:
    expectation = expectation_at(problem, free)
    out = np.zeros((problem.n_free, problem.n_free))
    for block in problem.blocks:
        values = block.expand(free)
        bent = curvature(block.family, values, problem.nodes)
        own = np.einsum("gkq,gpskq->gps", expectation.counts[block.columns], bent, optimize=True)
        shape = shape_of(block, values, priors_of(block, problem.priors))
        if shape is not None:
            own = own + shape.observed
        _add(out, block.place, own)
    if problem.latent.free.any():
        _add(out, problem.latent.place, _curvature_of_density(problem, free, expectation.mass))
    return out


def _curvature_of_density(problem: Problem, free: FloatArray, mass: FloatArray) -> FloatArray:
    """Expected negative second derivatives by mean and log SD, (n_groups, 2, 2)."""
    moments = problem.latent.moments(free)
    sd = np.exp(moments[:, 1])
    z = (problem.nodes - moments[:, :1]) / sd[:, None]
    # log density = raw - log(sum(exp(raw))): its curvature is that of raw, less the variance of
    # raw's slopes and the mean of raw's curvature under the density itself
    bent = np.stack(
        [
            np.stack([1 / sd[:, None] ** 2 + 0 * z, 2 * z / sd[:, None]], axis=1),
            np.stack([2 * z / sd[:, None], 2 * z**2], axis=1),
        ],
        axis=1,
    )
    density = problem.density(free)
    persons = mass.sum(axis=1)
    seen = np.einsum("gmnq,gq->gmn", bent, mass)
    expected = np.einsum("gmnq,gq->gmn", bent, density) * persons[:, None, None]
    spread = problem.latent.information(free, problem.nodes) * persons[:, None, None]
    result: FloatArray = seen - expected + spread
    return result


def _add(onto: FloatArray, place: IntArray, own: FloatArray) -> None:
    """Add matrices (n, P, P) at ``place`` (n, P); what is fixed falls away."""
    rows = np.broadcast_to(place[:, :, None], own.shape)
    columns = np.broadcast_to(place[:, None, :], own.shape)
    kept = (rows != FIXED) & (columns != FIXED)
    np.add.at(onto, (rows[kept], columns[kept]), own[kept])


def inverse(information: FloatArray) -> FloatArray | None:
    """Inverse of an information matrix; None if there is no peak."""
    diagonal = np.diagonal(information)
    if not (np.isfinite(information).all() and (diagonal > 0).all()):
        return None
    scale = np.sqrt(diagonal)
    try:
        factor = cho_factor(information / np.outer(scale, scale), lower=True)
    except LinAlgError:
        return None
    if np.diagonal(factor[0]).min() ** 2 < LEAST_PIVOT:
        return None
    out = cho_solve(factor, np.eye(len(scale))) / np.outer(scale, scale)
    if np.sqrt(np.diagonal(out).max()) > LARGEST_ERROR:
        return None
    return np.asarray(out)


def weakest(problem: Problem, information: FloatArray) -> tuple[int, ...]:
    """Items that carry most of the direction in which the likelihood curves least."""
    _, vectors = np.linalg.eigh(information)
    share = np.abs(vectors[:, 0])
    found: set[int] = set()
    for block in problem.blocks:
        own = np.where(block.free, share[block.place], 0.0).max(axis=1)
        found |= {int(item) for item in block.items[own > 0.5 * share.max()]}
    return tuple(sorted(found))


def on_reported_scale(
    blocks: tuple[Block, ...], free: FloatArray, spread: FloatArray
) -> FloatArray:
    """Covariance of all items' reported parameters, in the order of the items.

    Delta method from the covariance ``spread`` (n_free, n_free): b = -u / a, c = logistic(u), d
    likewise; NRM reports its own numbers. Fixed parameters have variance 0.
    """
    n_items = sum(len(block.items) for block in blocks)
    parts: list[tuple[FloatArray, IntArray]] = [(np.empty((0, 0)), np.empty(0, np.intp))] * n_items
    for block in blocks:
        values = block.expand(free)
        for row, item in enumerate(block.items.tolist()):
            parts[item] = (_derivative(block, values[row]), block.place[row])
    jacobian = np.asarray(block_diag(*(part[0] for part in parts)))
    place = np.concatenate([part[1] for part in parts])
    everything = np.zeros((len(place), len(place)))
    kept = np.flatnonzero(place != FIXED)
    everything[np.ix_(kept, kept)] = spread[np.ix_(place[kept], place[kept])]
    return np.asarray(jacobian @ everything @ jacobian.T)


def _derivative(block: Block, values: FloatArray) -> FloatArray:
    """Derivative of one item's reported parameters by its internal ones, (P, P)."""
    out = np.eye(len(values))
    if block.model == "NRM":
        return out
    last = block.n_categories
    a, u = values[0], values[1:last]
    out[1:last, 0] = u / a**2
    out[range(1, last), range(1, last)] = -1 / a
    for place in range(last, len(values)):
        share = 1 / (1 + np.exp(-values[place]))
        out[place, place] = share * (1 - share)
    return out


def split_by_item(widths: list[int], diagonal: FloatArray) -> list[FloatArray]:
    """Standard errors item by item."""
    ends = np.cumsum([0, *widths])
    return [np.sqrt(np.maximum(diagonal[low:high], 0.0)) for low, high in pairwise(ends)]
