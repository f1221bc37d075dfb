"""Sittings without logs: the compiled run of rules that allow it, equal to the run by steps."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from assessment_engine.density import quadrature
from assessment_engine.irt import FloatArray, IntArray
from assessment_engine.pool import LEAST_LIKELIHOOD, ItemPool
from assessment_engine.rules import Rules, Section
from assessment_engine.simulated import Simulation
from assessment_engine.simulation.curves import Curves
from assessment_engine.simulation.kernel import REASONS, Found, Test, sit
from assessment_engine.simulation.ranking import rank

SHARE = 256  # simulees that a thread takes at a time


def sit_all(
    rules: Rules,
    pool: ItemPool,
    theta: FloatArray,
    seeds: npt.NDArray[np.uint64],
    seconds: FloatArray,
    n_threads: int | None = None,
) -> Simulation:
    """Let all simulees sit the test.

    Parameters
    ----------
    rules, pool
        For which ``can_vectorise`` holds.
    theta : array of shape (n, D)
        True abilities, logits, dimensions in alphabetical order.
    seeds : array of shape (n,)
    seconds : array of shape (n_items,)
        That an answer to each item of the pool takes.
    n_threads : int, optional
        By default one a core.

    Returns
    -------
    Simulation
    """
    n = len(theta)
    dimensions = tuple(sorted(section.dimension for section in rules.sections))
    longest = sum(
        min(section.max_items, len(pool.dimensions[section.dimension].rows))
        for section in rules.sections
    )
    given = np.full((n, longest), -1, dtype=np.int32)
    category = np.full((n, longest), -1, dtype=np.int8)
    length = np.zeros(n, dtype=np.int64)
    estimate, se = np.full(theta.shape, np.nan), np.full(theta.shape, np.nan)
    reason: IntArray = np.full(theta.shape, -1, dtype=np.int64)
    for section in rules.sections:
        column = dimensions.index(section.dimension)
        found = Found(
            given, category, length, estimate[:, column], se[:, column], reason[:, column]
        )
        _in_threads(_test(rules, pool, section), theta[:, column], seeds, found, n_threads)
    used = np.append(seconds, 0.0)  # -1, where there is no item, takes no time
    return Simulation(
        dimensions=dimensions,
        items=tuple(item.id for item in pool),
        theta=theta,
        estimate=estimate,
        se=se,
        given=given,
        category=category,
        reason=reason,
        reasons=REASONS,
        seconds=used[given].sum(axis=1),
        notes={},
    )


def _test(rules: Rules, pool: ItemPool, section: Section) -> Test:
    items = pool.dimensions[section.dimension]
    estimation = rules.estimation
    grid = quadrature(estimation)
    prior = np.exp(-0.5 * ((grid - estimation.prior_mean) / estimation.prior_sd) ** 2)
    prior[0] *= 0.5
    prior[-1] *= 0.5
    curves = Curves.of(items.items)
    low, width, order, bound = rank(curves, estimation.low, estimation.high)
    return Test(
        curves.family,
        curves.width,
        curves.slope,
        curves.place,
        np.maximum(items.probabilities(grid), LEAST_LIKELIHOOD),
        np.array(grid),
        prior,
        low,
        width,
        order,
        bound,
        items.rows,
        section.min_items,
        section.max_items,
        section.se_target,
        rules.randomesque,
    )


def _in_threads(
    test: Test,
    theta: FloatArray,
    seeds: npt.NDArray[np.uint64],
    found: Found,
    n_threads: int | None,
) -> None:
    """Shares of simulees, each thread taking the next as it is done with one."""
    n = len(theta)

    def share(first: int) -> None:
        sit(test, theta, seeds, found, first, min(first + SHARE, n))

    workers = n_threads or os.cpu_count() or 1
    if workers == 1 or n <= SHARE:
        sit(test, theta, seeds, found, 0, n)
        return
    with ThreadPoolExecutor(workers) as executor:
        list(executor.map(share, range(0, n, SHARE)))
