"""What all simulees of a run share, and how a block of them sits the test."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from assessment_engine.exposure import EligibilityCounts
from assessment_engine.irt import FloatArray
from assessment_engine.pool import ItemPool
from assessment_engine.records import Item, Log, Opened
from assessment_engine.rules import Rules
from assessment_engine.simulated import Simulation
from assessment_engine.simulation.by_steps import sit_by_steps

Seeds: TypeAlias = npt.NDArray[np.uint64]
Block: TypeAlias = tuple[FloatArray, Seeds]
Observe: TypeAlias = Callable[[Rules, ItemPool, Log, int], Any]

BLOCKS_A_WORKER = 4  # so that none waits long for the last
SMALLEST, LARGEST = 8, 50_000  # simulees of a block


@dataclass(frozen=True, slots=True)
class Study:
    """What every block of simulees shares; fields as ``simulate_many`` has them."""

    rules: Rules
    items: tuple[Item, ...]
    answer_time: Callable[[Item], float]
    opening: Callable[[int], Opened] | None = None
    counts: EligibilityCounts | None = None
    observe: Observe | None = None
    compiled: bool = False


def sit(
    study: Study, pool: ItemPool, theta: FloatArray, seeds: Seeds, n_threads: int | None = None
) -> Simulation:
    """Let simulees sit the test, in the way that the study says."""
    if study.compiled:
        from assessment_engine.simulation.vectorised import sit_all  # numba is heavy

        seconds = np.array([study.answer_time(item) for item in pool], dtype=np.float64)
        return sit_all(study.rules, pool, theta, seeds, seconds, n_threads)
    return sit_by_steps(
        study.rules,
        pool,
        theta,
        seeds.tolist(),
        study.answer_time,
        opening=study.opening,
        counts=study.counts,
        observe=study.observe,
    )


def sit_block(study: Study, block: Block) -> Simulation:
    """The same in one thread, of a process that has nothing but the study."""
    return sit(study, ItemPool(study.items), *block, 1)


def blocks(theta: FloatArray, seeds: Seeds, n_workers: int) -> list[Block]:
    """The simulees in blocks, in their order."""
    n = len(theta)
    size = min(max(-(-n // (n_workers * BLOCKS_A_WORKER)), SMALLEST), LARGEST)
    firsts = range(0, max(n, 1), size)
    return [(theta[first : first + size], seeds[first : first + size]) for first in firsts]
