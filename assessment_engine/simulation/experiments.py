"""Sympson-Hetter parameters of a test, set by simulating it over and over."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from assessment_engine.choice import Moment, came_to_experiment
from assessment_engine.content import section_index
from assessment_engine.exposure import (
    Counted,
    Part,
    SympsonHetter,
    SympsonHetterParameters,
    sympson_hetter_parameters,
)
from assessment_engine.irt import FloatArray, IntArray
from assessment_engine.pool import ItemPool
from assessment_engine.records import Log, Offered
from assessment_engine.rules import Rules
from assessment_engine.simulate import expected_time
from assessment_engine.simulation.by_steps import measured
from assessment_engine.simulation.run import joined, simulees
from assessment_engine.simulation.study import Study
from assessment_engine.simulation.workers import Workers
from assessment_engine.sitting import read
from assessment_engine.state import section_state

Persons = Callable[[int], tuple[FloatArray, int]]
"""Abilities ``(n, D)`` of an iteration's persons, logits, and the seed of the first."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the parameters should hold.

    ``r_max`` is the largest rate within each of the segments that ``cuts`` part (logits; none is
    one segment for all); the largest simulated one may exceed it by ``tolerance``.
    """

    r_max: float
    cuts: tuple[float, ...] = ()
    tolerance: float = 0.03
    iterations: int = 40


def exposure_parameters(
    rules: Rules,
    pool: ItemPool,
    persons: Persons,
    wanted: Wanted,
    *,
    progress: Callable[[int, float], object] | None = None,
    n_processes: int = 1,
) -> SympsonHetterParameters:
    """Find the probabilities under which no item of a test is shown more often than is wanted.

    Parameters
    ----------
    rules : Rules
        Whatever exposure control they have makes room for the one that is being set.
    pool : ItemPool
    persons : callable
        ``persons(iteration)``: who sits the test; others each time, so that parameters do not
        hold for these persons only.
    wanted : Wanted
    progress : callable, optional
        Told the number of each iteration, from 0, and its largest rate.
    n_processes : int

    Returns
    -------
    SympsonHetterParameters
        Rows are the pool's.

    Raises
    ------
    RulesError, ConvergenceError
        As :func:`sympson_hetter_parameters` does.
    """
    ids = [item.id for item in pool]
    with Workers(n_processes) as workers:

        def simulate(probabilities: FloatArray, iteration: int) -> Counted:
            found = SympsonHetterParameters(probabilities, ()).config(ids, wanted.cuts)
            return counted(rules, pool, found, persons(iteration), workers)

        return sympson_hetter_parameters(
            simulate,
            len(pool),
            wanted.r_max,
            _parts(rules, pool),
            n_segments=len(wanted.cuts) + 1,
            tolerance=wanted.tolerance,
            iterations=wanted.iterations,
            progress=progress,
        )


def largest_rate(
    rules: Rules,
    pool: ItemPool,
    control: SympsonHetter,
    persons: tuple[FloatArray, int],
    *,
    n_processes: int = 1,
) -> float:
    """The largest exposure rate that a control leaves, within any of its segments.

    Parameters
    ----------
    rules, pool
        Whatever exposure control the rules have makes room for ``control``.
    control : SympsonHetter
    persons : array of shape (n, D) and int
        True abilities, logits, and the seed of the first person's sitting.
    n_processes : int
    """
    with Workers(n_processes) as workers:
        found = counted(rules, pool, control, persons, workers)
    return float((found.administered / np.maximum(found.sittings, 1.0)).max())


def counted(
    rules: Rules,
    pool: ItemPool,
    control: SympsonHetter,
    persons: tuple[FloatArray, int],
    workers: Workers,
) -> Counted:
    """Sittings under a control, counted by the segment of each dimension's true ability."""
    under = replace(rules, exposure=control, eligibility=None)
    theta, numbers = simulees(under, *persons)
    study = Study(under, pool.items, expected_time, observe=items_tried)
    simulation = joined(workers.run(study, pool, theta, numbers))
    segments = np.searchsorted(np.array(control.cuts), theta, side="right")
    shape = (len(pool), len(control.cuts) + 1)
    sittings, selected, administered = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    column = {name: place for place, name in enumerate(simulation.dimensions)}
    known = np.array([row for row, item in enumerate(pool) if item.dimension in column])
    dimension = np.array([column.get(item.dimension, 0) for item in pool])
    for own, tried, given in zip(segments, simulation.observed, simulation.given, strict=True):
        sittings[known, own[dimension[known]]] += 1.0
        selected[tried, own[dimension[tried]]] += 1.0
        shown = given[given >= 0]
        administered[shown, own[dimension[shown]]] += 1.0
    on_trial = [pool.row_of(item) for item in under.on_trial if item in pool]
    administered[on_trial] = 0.0  # shown by another plan
    return Counted(sittings, selected, administered)


def items_tried(rules: Rules, pool: ItemPool, log: Log, seed: int) -> IntArray:
    """Rows of the items that came to their experiment in a sitting, as ``simulate_many`` observes.

    Every choice of the log is made anew, from the events before it.
    """
    tried: set[str] = set()
    on_trial = rules.on_trial
    for place, event in enumerate(log):
        if isinstance(event, Offered) and event.item not in on_trial:
            sitting = read(log[:place])
            index = section_index(rules, event.section)
            state = section_state(rules, pool, sitting, index)
            tried.update(came_to_experiment(Moment(rules, pool, sitting, index, state, seed)))
    return np.array(sorted(pool.row_of(item) for item in tried), dtype=np.int64)


def _parts(rules: Rules, pool: ItemPool) -> list[Part]:
    """The test by dimension, items on trial aside."""
    parts = []
    for dimension in measured(rules):
        rows = [
            row
            for row, item in enumerate(pool)
            if item.dimension == dimension and item.id not in rules.on_trial
        ]
        longest = sum(one.max_items for one in rules.sections if one.dimension == dimension)
        parts.append(Part(rows, min(longest, len(rows))))
    return parts
