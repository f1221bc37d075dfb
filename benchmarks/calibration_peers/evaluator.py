"""One judge for all programs: the marginal log-likelihood of their estimates, in numpy alone."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.calibration_peers.simulate import Sample
from benchmarks.calibration_peers.tasks import GUESSING_PRIOR

FloatArray = npt.NDArray[np.float64]

BLOCK = 2_000  # persons at a time
N_NODES = 121
REACH = 6.0


@dataclass(frozen=True, eq=False)
class Estimate:
    """P(X >= k) = c + (1 - c) logistic(a (theta - b_k)), D = 1.

    ``a`` and ``c`` (n_items,); ``b`` (n_items, n_categories - 1), ascending; ``c`` 0 for GRM.
    """

    a: FloatArray
    b: FloatArray
    c: FloatArray


def log_likelihood(
    sample: Sample, estimate: Estimate, *, n_nodes: int = N_NODES, reach: float = REACH
) -> float:
    """Marginal log-likelihood under ability N(0, 1), equally spaced nodes on [-reach, reach]."""
    nodes = np.linspace(-reach, reach, n_nodes)
    weights = np.exp(-0.5 * nodes**2)
    log_weights = np.log(weights / weights.sum())
    by_category = _log_probabilities(estimate, nodes)
    total = 0.0
    for first in range(0, sample.n_persons, BLOCK):
        codes = sample.block(first, min(first + BLOCK, sample.n_persons))
        joint = np.tile(log_weights, (len(codes), 1))
        for category, of_items in enumerate(by_category):
            joint += (codes == category).astype(np.float64) @ of_items
        highest = joint.max(axis=1, keepdims=True)
        total += float((highest[:, 0] + np.log(np.exp(joint - highest).sum(axis=1))).sum())
    return total


def log_prior(estimate: Estimate) -> float:
    """Of the guessing parameters, without its constant; what the 3PL objective adds."""
    alpha, beta = GUESSING_PRIOR
    c = np.maximum(estimate.c, 1e-300)
    return float(((alpha - 1) * np.log(c) + (beta - 1) * np.log1p(-c)).sum())


def _log_probabilities(estimate: Estimate, nodes: FloatArray) -> list[FloatArray]:
    """One (n_items, n_nodes) for each category.

    With x = a (theta - b_k) and y = a (theta - b_(k+1)), the logistic s has s(x) - s(y) =
    s(x) s(-y) (1 - exp(y - x)), which loses no digits in the tails.
    """
    eta = estimate.a[:, None, None] * (nodes - estimate.b[:, :, None])
    passed, failed = -np.logaddexp(0, -eta), -np.logaddexp(0, eta)
    n_thresholds = eta.shape[1]
    out = [failed[:, 0]]
    for k in range(1, n_thresholds):
        gap = estimate.a * (estimate.b[:, k] - estimate.b[:, k - 1])
        between = np.log(-np.expm1(-gap))
        out.append(passed[:, k - 1] + failed[:, k] + between[:, None])
    out.append(passed[:, -1])
    if estimate.c.any():
        guess = estimate.c[:, None]
        out[0] = out[0] + np.log1p(-guess)
        out[-1] = np.log(guess + (1 - guess) * np.exp(out[-1]))
    return out
