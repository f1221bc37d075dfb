"""Standard errors from the observed information of the marginal likelihood."""

import numpy as np
import numpy.typing as npt
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from calibration.estimate.estep import Patterns, column_differences, full_counts, posteriors
from calibration.estimate.layout import Block
from calibration.estimate.models import curvature, score
from calibration.estimate.quadrature import Quadrature

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

# In units where every parameter's own information is 1: below this, others explain it wholly.
LEAST_PIVOT = 1e-6
LARGEST_ERROR = 100.0  # logits; a slope or intercept known no better than this is not known
NEGLIGIBLE = 1e-12  # share of the persons in hand below which a node adds nothing


def observed_information(
    blocks: tuple[Block, ...],
    parameters: tuple[FloatArray, ...],
    patterns: Patterns,
    log_probability: FloatArray,
    quadrature: Quadrature,
) -> FloatArray:
    """Observed information of the marginal log-likelihood about all item parameters.

    Louis' identity: the expected complete-data information, less the posterior covariance of the
    complete-data score, summed over persons. Exact at any parameters, at a maximum or not.

    Parameters
    ----------
    blocks, parameters
        The layout and, for each block, its parameters (n_items, n_parameters).
    patterns : Patterns
    log_probability : array of shape (n_columns, n_nodes)
    quadrature : Quadrature
        D = 1.

    Returns
    -------
    array of shape (n_all, n_all)
        Ordered by block, item, parameter (slope first), fixed and shared slopes included.

    References
    ----------
    Louis (1982), doi:10.1111/j.2517-6161.1982.tb01203.x
    """
    # A person's score is ``shared`` plus, for each category given, a column of ``own`` at its
    # item's parameters.
    scores = _scores(blocks, parameters, patterns.n_columns, quadrature)
    per_column, shared = column_differences(patterns, scores)
    owner = _owners(blocks, patterns)
    own = np.take_along_axis(per_column, np.maximum(owner, 0)[:, :, None], axis=1)
    own[owner < 0] = 0.0
    onto = np.zeros((owner.shape[1], *per_column.shape[:2]))
    for slot, columns in enumerate(owner.T):
        onto[slot, np.flatnonzero(columns >= 0), columns[columns >= 0]] = 1.0

    pairs, of_means, kept, mass = _moments(
        patterns, log_probability, quadrature, own=own, shared=shared, onto=onto
    )
    of_squares = np.einsum("ucp,uvcd,vdr->pr", onto, pairs, onto, optimize=True)
    of_squares += (shared * mass) @ shared.T
    for slot, to_all in enumerate(onto):
        crossed = shared @ (own[:, slot] * kept).T @ to_all
        of_squares += crossed + crossed.T
    complete: FloatArray = _complete_information(
        blocks, parameters, full_counts(patterns, kept, mass), quadrature
    )
    complete -= of_squares
    complete += of_means
    return complete


def _scores(
    blocks: tuple[Block, ...],
    parameters: tuple[FloatArray, ...],
    n_columns: int,
    quadrature: Quadrature,
) -> FloatArray:
    """Score of every category by all parameters, (n_columns, n_all, n_nodes)."""
    n_all = sum(values.size for values in parameters)
    out = np.zeros((n_columns, n_all, len(quadrature.nodes)))
    for block, values, rows in zip(blocks, parameters, _ranges(blocks), strict=True):
        by_parameter = score(block.family, values, quadrature.nodes)
        columns = block.columns[:, None, :]
        out[columns, rows[:, :, None]] = by_parameter
    return out


def _ranges(blocks: tuple[Block, ...]) -> list[IntArray]:
    """Place of each block's parameters among all, (n_items, n_parameters)."""
    out, start = [], 0
    for block in blocks:
        shape = (len(block.items), block.n_parameters)
        out.append(start + np.arange(shape[0] * shape[1], dtype=np.intp).reshape(shape))
        start += shape[0] * shape[1]
    return out


def _owners(blocks: tuple[Block, ...], patterns: Patterns) -> IntArray:
    """Parameters that each kept column touches, (n_kept, most of an item), padded with -1."""
    widest = max(block.n_parameters for block in blocks)
    by_column = np.full((patterns.n_columns, widest), -1, dtype=np.intp)
    for block, rows in zip(blocks, _ranges(blocks), strict=True):
        by_column[block.columns, : block.n_parameters] = rows[:, None, :]
    return by_column[patterns.kept]


def _moments(
    patterns: Patterns,
    log_probability: FloatArray,
    quadrature: Quadrature,
    *,
    own: FloatArray,
    shared: FloatArray,
    onto: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Sums over persons: of pair products, of squared mean scores, and of expected answers."""
    n_kept, n_slots, n_nodes = own.shape
    pairs = np.zeros((n_slots, n_slots, n_kept, n_kept))
    of_means = np.zeros((len(shared), len(shared)))
    kept, mass = np.zeros((n_kept, n_nodes)), np.zeros(n_nodes)
    for rows, posterior, _ in posteriors(patterns, log_probability, quadrature):
        indicator, weights = patterns.indicator[rows], patterns.weights[rows, None]
        mean = posterior @ shared.T
        for slot, to_all in enumerate(onto):
            mean += (indicator * (posterior @ own[:, slot].T)) @ to_all
        of_means += mean.T @ (weights * mean)
        weighted = weights * posterior
        kept += indicator.T @ weighted
        at_nodes = weighted.sum(axis=0)
        mass += at_nodes
        for node in np.flatnonzero(at_nodes > NEGLIGIBLE * at_nodes.sum()):
            scaled = indicator * np.sqrt(weighted[:, node, None])
            together = scaled.T @ scaled
            values = own[:, :, node].T
            for one in range(n_slots):
                for other in range(n_slots):
                    pairs[one, other] += values[one, :, None] * together * values[other]
    return pairs, of_means, kept, mass


def _complete_information(
    blocks: tuple[Block, ...],
    parameters: tuple[FloatArray, ...],
    counts: FloatArray,
    quadrature: Quadrature,
) -> FloatArray:
    n_all = sum(values.size for values in parameters)
    out = np.zeros((n_all, n_all))
    for block, values, rows in zip(blocks, parameters, _ranges(blocks), strict=True):
        bent = curvature(block.family, values, quadrature.nodes)
        out[rows[:, :, None], rows[:, None, :]] = np.einsum(
            "gkq,gpskq->gps", counts[block.columns], bent
        )
    return out


def free_jacobian(blocks: tuple[Block, ...]) -> FloatArray:
    """Derivative of all item parameters by the free ones, (n_all, n_free)."""
    ranges = _ranges(blocks)
    out = np.zeros((sum(rows.size for rows in ranges), sum(block.n_free for block in blocks)))
    for block, rows in zip(blocks, ranges, strict=True):
        out[rows.ravel(), block.place] = block.jacobian()
    return out


def covariance(information: FloatArray, jacobian: FloatArray) -> FloatArray | None:
    """Covariance (n_all, n_all) of all parameters; None if there is no peak."""
    free = jacobian.T @ information @ jacobian
    scale = np.sqrt(np.maximum(np.diagonal(free), np.finfo(np.float64).tiny))
    try:
        factor = cho_factor(free / np.outer(scale, scale), lower=True)
    except LinAlgError:
        return None
    if np.diagonal(factor[0]).min() ** 2 < LEAST_PIVOT:
        return None
    inverse = cho_solve(factor, np.eye(len(free))) / np.outer(scale, scale)
    if np.sqrt(np.diagonal(inverse).max()) > LARGEST_ERROR:
        return None
    return np.asarray(jacobian @ inverse @ jacobian.T)


def weakest(
    information: FloatArray, jacobian: FloatArray, blocks: tuple[Block, ...]
) -> tuple[int, ...]:
    """Items that carry most of the direction in which the likelihood curves least."""
    _, vectors = np.linalg.eigh(jacobian.T @ information @ jacobian)
    share = np.abs(jacobian @ vectors[:, 0])
    item_of = np.concatenate([np.repeat(block.items, block.n_parameters) for block in blocks])
    return tuple(sorted({int(item) for item in item_of[share > 0.5 * share.max()]}))


def on_difficulty_scale(
    block: Block, values: FloatArray, spread: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Standard errors of slopes (n_items,), difficulties (n_items, n_b) and lower asymptotes
    (n_items,).

    Delta method from the covariance ``spread`` (n_items, P, P) of ``(a, u)``: b = -d / a, c =
    logistic(u). A fixed slope, and the lower asymptote of a model without one, have standard error
    0.
    """
    n_difficulties = block.n_categories - 1
    a, d = values[:, :1], values[:, 1 : 1 + n_difficulties]
    by_slope, by_intercept = d / a**2, -1 / a
    variance_d = np.diagonal(spread, axis1=1, axis2=2)[:, 1 : 1 + n_difficulties]
    together = spread[:, 0, 1 : 1 + n_difficulties]
    variance_b = (
        by_slope**2 * spread[:, :1, 0]
        + 2 * by_slope * by_intercept * together
        + by_intercept**2 * variance_d
    )
    se_c = np.zeros(len(values))
    if block.model == "3PL":
        c = 1 / (1 + np.exp(-values[:, 2]))
        se_c = c * (1 - c) * np.sqrt(spread[:, 2, 2])
    return np.sqrt(spread[:, 0, 0]), np.sqrt(variance_b), se_c
