"""The joint posterior by its moments: expectation propagation over dimensions.

Laplace's posterior reads each dimension's answers at the joint mode, so that the skew of a short
test shifts what it tells of the others. Here each dimension's answers become the normal factor that
gives its posterior, taken exactly on the grid, the right mean and variance. Against quadrature in
two and three dimensions the mean error of an ability falls from hundredths of a logit to
ten-thousandths, at a tenth of the time.

References
----------
Minka (2001), doi:10.48550/arXiv.1301.2294; Rasmussen & Williams (2006), Gaussian Processes for
Machine Learning, section 3.6
"""

from collections.abc import Sequence

import numpy as np

from assessment_engine.density import log_likelihood
from assessment_engine.irt import FloatArray
from assessment_engine.joint import JointPosterior, moments_of
from assessment_engine.joint_prior import JointPrior
from assessment_engine.pool import ItemPool
from assessment_engine.records import Response

# Sweeps from the prior: with nine dimensions correlated .8 the means are then within 1e-5 logits of
# where further sweeps would lead, and one sweep divides that by about ten.
SWEEPS = 8


def matched(
    prior: JointPrior, pool: ItemPool, responses: Sequence[Response], grid: FloatArray
) -> JointPosterior:
    """Joint posterior whose means and covariance match exact moments of each dimension.

    Parameters
    ----------
    prior : JointPrior
    pool : ItemPool
    responses : sequence of Response
        Certain or soft, in any order; those to items of other dimensions are passed over.
    grid : array of shape (n_points,)
        Equally spaced ascending nodes, logits.

    Returns
    -------
    JointPosterior
        ``mean`` is the posterior mean; ``score`` and ``precision`` describe the normal factor that
        stands for each dimension's answers, whose precision is not below 0.

    Raises
    ------
    ResponseError
        If a likelihood does not fit its item.
    """
    own: dict[str, list[Response]] = {}
    for one in responses:
        own.setdefault(pool[one.item].dimension, []).append(one)
    told = [i for i, name in enumerate(prior.dimensions) if name in own]
    centre, inverse = moments_of(prior)
    mean: FloatArray = centre.copy()
    covariance: FloatArray = np.array(prior.covariance, dtype=np.float64)
    precision, score = np.zeros(len(centre)), np.zeros(len(centre))
    if not told:
        return JointPosterior(prior.dimensions, mean, covariance, score, precision)
    likelihood = np.stack([log_likelihood(pool, own[prior.dimensions[i]], grid) for i in told])
    narrowest = (grid[1] - grid[0]) ** 2 / 12.0  # variance within a cell of the grid
    for _ in range(SWEEPS):
        variance = np.diag(covariance)
        left = (1.0 / variance - precision)[told]
        cavity = mean[told] - score[told] / left
        log_density = likelihood - 0.5 * left[:, np.newaxis] * (grid - cavity[:, np.newaxis]) ** 2
        mass = np.exp(log_density - log_density.max(axis=1, keepdims=True))
        mass /= mass.sum(axis=1, keepdims=True)
        found = mass @ grid
        spread = (mass * (grid - found[:, np.newaxis]) ** 2).sum(axis=1)
        precision[told] = np.maximum(1.0 / np.maximum(spread, narrowest) - left, 0.0)
        # Each factor's slope at the mean found, where it balances the pull of the cavity.
        pull = np.zeros_like(mean)
        pull[told] = left * (found - cavity) + precision[told] * found
        total = np.linalg.inv(inverse + np.diag(precision))
        covariance = 0.5 * (total + total.T)
        mean = covariance @ (inverse @ centre + pull)
        score = pull - precision * mean
    return JointPosterior(prior.dimensions, mean, covariance, score, precision)
