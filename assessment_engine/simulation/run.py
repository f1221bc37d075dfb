"""Many sittings: compiled where the rules allow it, by steps else; here, in processes, on Dask."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np
import numpy.typing as npt

from assessment_engine.errors import EngineError
from assessment_engine.irt import FloatArray
from assessment_engine.pool import ItemPool
from assessment_engine.records import Item, Opened
from assessment_engine.rules import Rules
from assessment_engine.simulate import expected_time
from assessment_engine.simulated import Simulation
from assessment_engine.simulation.by_steps import measured, sit_by_steps
from assessment_engine.simulation.plain import can_vectorise

RETRIES = 5  # times that a block may be lost with its worker
BLOCKS_A_WORKER = 4  # so that none waits long for the last
SMALLEST, LARGEST = 8, 50_000  # simulees of a block
LAST_SEED = 2**64 - 1


@dataclass(frozen=True, slots=True)
class _Study:
    """What every block of simulees shares."""

    rules: Rules
    items: tuple[Item, ...]
    answer_time: Callable[[Item], float]
    opening: Callable[[int], Opened] | None
    compiled: bool


def simulate_many(
    rules: Rules,
    pool: ItemPool,
    theta: npt.ArrayLike | Mapping[str, npt.ArrayLike],
    seeds: int | Sequence[int] = 0,
    *,
    answer_time: Callable[[Item], float] = expected_time,
    opening: Callable[[int], Opened] | None = None,
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
    compiled : bool, optional
        Whether to run the compiled loop; by default where it can (:func:`can_vectorise`, and no
        ``opening``).
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
    able = opening is None and can_vectorise(rules, pool)
    if compiled and not able:
        raise EngineError(
            "these rules cannot run compiled (can_vectorise says for which that is so); leave "
            "compiled=None and they run step by step"
        )
    abilities = _abilities(rules, theta)
    numbers = _seeds(seeds, len(abilities))
    study = _Study(rules, pool.items, answer_time, opening, able if compiled is None else compiled)
    if engine is not None:
        n_workers = max(1, len(engine.nthreads()))
        return joined(_on_dask(engine, study, _blocks(abilities, numbers, n_workers)))
    if n_processes > 1 and not study.compiled:
        return joined(_in_processes(study, _blocks(abilities, numbers, n_processes), n_processes))
    return joined([_sit(study, pool, abilities, numbers, None)])


Seeds = npt.NDArray[np.uint64]
Block = tuple[FloatArray, Seeds]


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


def _sit(
    study: _Study, pool: ItemPool, theta: FloatArray, seeds: Seeds, n_threads: int | None
) -> Simulation:
    if study.compiled:
        from assessment_engine.simulation.vectorised import sit_all  # numba is heavy

        seconds = np.array([study.answer_time(item) for item in pool], dtype=np.float64)
        return sit_all(study.rules, pool, theta, seeds, seconds, n_threads)
    return sit_by_steps(study.rules, pool, theta, seeds.tolist(), study.answer_time, study.opening)


def _blocks(theta: FloatArray, seeds: Seeds, n_workers: int) -> list[Block]:
    n = len(theta)
    size = min(max(-(-n // (n_workers * BLOCKS_A_WORKER)), SMALLEST), LARGEST)
    firsts = range(0, max(n, 1), size)
    return [(theta[first : first + size], seeds[first : first + size]) for first in firsts]


def _sit_block(study: _Study, block: Block) -> Simulation:
    return _sit(study, ItemPool(study.items), *block, 1)


def _on_dask(client: Any, study: _Study, blocks: list[Block]) -> list[Simulation]:
    # The study goes with each block: what is scattered would be lost with its worker.
    futures = [
        client.submit(_sit_block, study, block, pure=False, retries=RETRIES) for block in blocks
    ]
    found: list[Simulation] = client.gather(futures)
    return found


def _in_processes(study: _Study, blocks: list[Block], n_processes: int) -> list[Simulation]:
    found: dict[int, Simulation] = {}
    for attempt in range(RETRIES + 1):
        with ProcessPoolExecutor(n_processes, mp_context=get_context("spawn")) as executor:
            futures = {
                place: executor.submit(_sit_block, study, block)
                for place, block in enumerate(blocks)
                if place not in found
            }
            try:
                for place, future in futures.items():
                    found[place] = future.result()
            except BrokenProcessPool as error:
                if attempt == RETRIES:
                    raise EngineError(
                        f"processes were lost {RETRIES + 1} times; is there memory for "
                        f"{n_processes}?"
                    ) from error
                continue
            break
    return [found[place] for place in range(len(blocks))]


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
