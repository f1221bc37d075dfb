"""Ability with its interval, by posterior mean and posterior mode.

Abilities are in logits, D = 1. Neither depends on the order of the answers, to the last bit.
"""

from collections.abc import Sequence

from assessment_engine.density import THETA_GRID, posterior
from assessment_engine.estimators import estimate
from assessment_engine.irt import FloatArray
from assessment_engine.pool import ItemPool
from assessment_engine.records import Ability, Response


def eap(
    pool: ItemPool,
    responses: Sequence[Response],
    grid: FloatArray = THETA_GRID,
    prior_mean: float = 0.0,
    prior_sd: float = 1.0,
) -> Ability:
    """Estimate ability as the posterior mean; parameters and errors as :func:`posterior`.

    Returns
    -------
    Ability
        ``theta``, posterior standard deviation ``se`` and central 95 % interval, logits.

    References
    ----------
    Bock & Mislevy (1982), doi:10.1177/014662168200600405
    """
    density = posterior(pool, responses, grid, prior_mean, prior_sd)
    return Ability(density.mean, density.sd, density.interval())


def map_estimate(
    pool: ItemPool,
    responses: Sequence[Response],
    grid: FloatArray = THETA_GRID,
    prior_mean: float = 0.0,
    prior_sd: float = 1.0,
) -> Ability:
    """Estimate ability as the posterior mode within the grid; parameters as :func:`posterior`.

    Returns
    -------
    Ability
        ``theta``; ``se = (I(theta) + 1 / prior_sd**2)**-0.5``, where ``I`` is the expected
        information of the items answered, less what a soft score leaves unknown (Louis 1982: the
        variance of the complete score given the answer); ``interval`` from the posterior density.

    Raises
    ------
    ConvergenceError
        If the mode is not found to 1e-10 logits.

    References
    ----------
    Mislevy (1986), doi:10.1007/BF02293979; Louis (1982), doi:10.1111/j.2517-6161.1982.tb01203.x
    """
    density = posterior(pool, responses, grid, prior_mean, prior_sd)
    found = estimate("MAP", pool, responses, density, prior_mean, prior_sd)
    return Ability(found.theta, found.se, density.interval())
