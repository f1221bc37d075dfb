"""Sittings in waves, where exposure control learns from the waves before, as it does live."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy.typing as npt

from assessment_engine.errors import EngineError, RulesError
from assessment_engine.exposure import EligibilityCounts, Outcome
from assessment_engine.exposure.outcomes import outcome_of
from assessment_engine.pool import ItemPool
from assessment_engine.records import Item, Log
from assessment_engine.rules import Rules
from assessment_engine.simulate import expected_time
from assessment_engine.simulated import Simulation
from assessment_engine.simulation.run import joined, simulees
from assessment_engine.simulation.study import Study
from assessment_engine.simulation.workers import Workers


def simulate_in_waves(
    rules: Rules,
    pool: ItemPool,
    theta: npt.ArrayLike | Mapping[str, npt.ArrayLike],
    seeds: int | Sequence[int] = 0,
    *,
    wave: int,
    answer_time: Callable[[Item], float] = expected_time,
    progress: Callable[[int], object] | None = None,
    n_processes: int = 1,
    engine: Any = None,
) -> Simulation:
    """Let many persons sit a test whose exposure is controlled by item eligibility.

    The sittings of a wave open at once, by the counts of all waves before; what they tell of
    exposure counts when the wave is over, in the order of the persons. So the result depends on
    the size of the waves, and not on how many processes share one.

    Parameters
    ----------
    rules : Rules
        With item eligibility.
    pool, theta, seeds, answer_time, n_processes, engine
        As :func:`simulate_many` has them.
    wave : int
        Sittings that open at once, 1 or more.
    progress : callable, optional
        Told how many sittings are over, before each wave.

    Returns
    -------
    Simulation
        ``observed`` holds the :class:`Outcome` of each sitting, less the items withheld.

    Raises
    ------
    RulesError
        If the rules have no item eligibility.
    EngineError
        If there is no such wave, or abilities and seeds do not fit together.
    """
    if rules.eligibility is None:
        raise RulesError("waves learn for item eligibility, which the rules do without")
    if wave < 1:
        raise EngineError(f"wave={wave}, expected 1 sitting or more")
    abilities, numbers = simulees(rules, theta, seeds)
    counts = none_yet(rules, pool)
    parts: list[Simulation] = []
    with Workers(n_processes, engine) as workers:
        for first in range(0, max(len(abilities), 1), wave):
            if progress is not None:
                progress(first)
            study = Study(rules, pool.items, answer_time, counts=counts, observe=observed_outcome)
            own = slice(first, first + wave)
            part = joined(workers.run(study, pool, abilities[own], numbers[own]))
            counts = counts.after(part.observed, rules.eligibility.fading)
            parts.append(replace(part, observed=tuple(map(_slim, part.observed))))
    return joined(parts)


def _slim(outcome: Outcome) -> Outcome:
    """Without the sets of items that nobody asks for once they are counted, long as they are."""
    return replace(outcome, withheld=(), excluded=frozenset())


def none_yet(rules: Rules, pool: ItemPool) -> EligibilityCounts:
    """The counts before the first sitting under rules with item eligibility."""
    n_cuts = len(rules.eligibility.cuts) if rules.eligibility is not None else 0
    ids, dimensions = [item.id for item in pool], [item.dimension for item in pool]
    return EligibilityCounts.none(ids, dimensions, n_cuts + 1)


def observed_outcome(rules: Rules, pool: ItemPool, log: Log, _seed: int) -> Outcome:
    """:func:`outcome_of`, as ``simulate_many`` observes."""
    return outcome_of(rules, pool, log)
