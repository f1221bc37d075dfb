"""Many sittings: compiled where the rules allow it, by steps else; here, in processes, on Dask."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from assessment_engine.errors import EngineError
from assessment_engine.exposure import EligibilityCounts
from assessment_engine.irt import FloatArray
from assessment_engine.pool import ItemPool
from assessment_engine.records import Item, Opened
from assessment_engine.rules import Rules
from assessment_engine.simulate import expected_time
from assessment_engine.simulated import Simulation
from assessment_engine.simulation.by_steps import measured
from assessment_engine.simulation.plain import can_vectorise
from assessment_engine.simulation.study import Observe, Seeds, Study
from assessment_engine.simulation.workers import Workers

LAST_SEED = 2**64 - 1


def simulate_many(
    rules: Rules,
    pool: ItemPool,
    theta: npt.ArrayLike | Mapping[str, npt.ArrayLike],
    seeds: int | Sequence[int] = 0,
    *,
    answer_time: Callable[[Item], float] = expected_time,
    opening: Callable[[int], Opened] | None = None,
    counts: EligibilityCounts | None = None,
    observe: Observe | None = None,
    compiled: bool | None = None,
    n_processes: int = 1,
    engine: Any = None,
) -> Simulation:
    """Let many persons with known abilities sit the test.

    Each sitting is that of :func:`assessment_engine.simulate` with the same ability and seed: item
    by item and answer by answer, wherever and in whatever way it runs.

    Parameters
    ----------
    rules : Rules
    pool : ItemPool
    theta : array of shape (n,) or (n, D), or mapping of dimension to array of shape (n,)
        True abilities, logits. Columns are the dimensions that the sections measure, in
        alphabetical order.
    seeds : int or sequence of n int
        One a sitting; an int is the first of n consecutive ones. From 0 to ``2**64 - 1``.
    answer_time : callable
        Seconds that an item takes.
    opening : callable, optional
        How the sitting with a seed opens; by default at 0 s with all items.
    counts : EligibilityCounts, optional
        Of earlier sittings. In place of ``opening``, each sitting then opens with what
        :func:`assessment_engine.opening.open_with` draws from them.
    observe : callable, optional
        ``observe(rules, pool, log, seed)`` says what else is kept of each sitting's log, in
        ``Simulation.observed``.
    compiled : bool, optional
        Whether to run the compiled loop; by default where it can (:func:`can_vectorise`, and none
        of ``opening``, ``counts`` and ``observe``).
    n_processes : int
        Of this machine, for a run by steps. Several need an importable main module, and functions
        that can be pickled.
    engine : distributed.Client, optional
        The Dask cluster whose workers run blocks of simulees.

    Returns
    -------
    Simulation
        One row a simulee, in the order of ``theta``. A worker that is lost costs time only.

    Raises
    ------
    EngineError
        If abilities and seeds do not fit together, or the compiled loop is asked for where rules
        or pool do not allow it.
    """
    abilities, numbers = simulees(rules, theta, seeds)
    plain = opening is None and counts is None and observe is None
    able = plain and can_vectorise(rules, pool)
    if compiled and not able:
        raise EngineError(
            "these rules cannot run compiled (can_vectorise says for which that is so); leave "
            "compiled=None and they run step by step"
        )
    study = Study(
        rules,
        pool.items,
        answer_time,
        opening,
        counts,
        observe,
        compiled=able if compiled is None else compiled,
    )
    with Workers(n_processes, engine) as workers:
        return joined(workers.run(study, pool, abilities, numbers))


def simulees(
    rules: Rules,
    theta: npt.ArrayLike | Mapping[str, npt.ArrayLike],
    seeds: int | Sequence[int],
) -> tuple[FloatArray, Seeds]:
    """Abilities ``(n, D)`` and seeds ``(n,)`` of what ``simulate_many`` takes, checked."""
    abilities = _abilities(rules, theta)
    return abilities, _seeds(seeds, len(abilities))


def _abilities(rules: Rules, theta: npt.ArrayLike | Mapping[str, npt.ArrayLike]) -> FloatArray:
    dimensions = measured(rules)
    if isinstance(theta, Mapping):
        missing = [name for name in dimensions if name not in theta]
        if missing:
            raise EngineError(f"no true abilities for {missing}; theta has {sorted(theta)}")
        columns = [np.asarray(theta[name], dtype=np.float64) for name in dimensions]
        if len({column.shape for column in columns}) > 1:
            raise EngineError("theta has not the same number of abilities on each dimension")
        found = np.stack(columns, axis=-1)
    else:
        found = np.array(theta, dtype=np.float64)
        found = found[:, np.newaxis] if found.ndim == 1 else found
    if found.ndim != 2 or found.shape[1] != len(dimensions) or not np.isfinite(found).all():
        raise EngineError(
            f"theta has shape {found.shape}, expected finite abilities (n, {len(dimensions)}), a "
            f"column for each of {list(dimensions)}"
        )
    return np.ascontiguousarray(found)


def _seeds(seeds: int | Sequence[int], n: int) -> Seeds:
    numbers = range(seeds, seeds + n) if isinstance(seeds, int) else [int(seed) for seed in seeds]
    if len(numbers) != n:
        raise EngineError(
            f"{len(numbers)} seeds for {n} simulees; give one a simulee, or the first"
        )
    if n and not (min(numbers) >= 0 and max(numbers) <= LAST_SEED):
        raise EngineError(f"seeds must be whole numbers from 0 to {LAST_SEED}")
    return np.array(numbers, dtype=np.uint64)


def joined(parts: Sequence[Simulation]) -> Simulation:
    """One simulation of parts in their order, with the reasons that occurred.

    Parameters
    ----------
    parts : sequence of Simulation
        Of the same rules and pool, one at least.
    """
    longest = max(int((part.given >= 0).any(axis=0).sum()) for part in parts)
    names = tuple(sorted({name for part in parts for name in _reasons_met(part)}))
    first = parts[0]
    return Simulation(
        dimensions=first.dimensions,
        items=first.items,
        theta=np.concatenate([part.theta for part in parts]),
        estimate=np.concatenate([part.estimate for part in parts]),
        se=np.concatenate([part.se for part in parts]),
        given=np.concatenate([_fitted(part.given, longest) for part in parts]),
        category=np.concatenate([_fitted(part.category, longest) for part in parts]),
        reason=np.concatenate([_renamed(part, names) for part in parts]),
        reasons=names,
        seconds=np.concatenate([part.seconds for part in parts]),
        observed=tuple(one for part in parts for one in part.observed),
        notes=dict(sum((Counter(part.notes) for part in parts), Counter[str]())),
    )


def _fitted(table: npt.NDArray[Any], longest: int) -> npt.NDArray[Any]:
    missing = max(0, longest - table.shape[1])
    return np.pad(table[:, :longest], ((0, 0), (0, missing)), constant_values=-1)


def _reasons_met(part: Simulation) -> list[str]:
    return [part.reasons[place] for place in np.unique(part.reason).tolist() if place >= 0]


def _renamed(part: Simulation, names: tuple[str, ...]) -> npt.NDArray[np.int64]:
    known = [names.index(name) if name in names else -1 for name in part.reasons]
    return np.array([*known, -1], dtype=np.int64)[part.reason]
