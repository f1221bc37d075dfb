"""Where blocks of simulees sit the test: here, in processes of this machine, or on Dask."""

from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from types import TracebackType
from typing import Any, Self

from assessment_engine.errors import EngineError
from assessment_engine.irt import FloatArray
from assessment_engine.pool import ItemPool
from assessment_engine.simulated import Simulation
from assessment_engine.simulation.study import Block, Seeds, Study, blocks, sit, sit_block

RETRIES = 5  # times that a block may be lost with its worker


class Workers:
    """``n_processes`` of this machine, started once for all runs, or those of a Dask cluster.

    A context manager: processes end with it.
    """

    def __init__(self, n_processes: int = 1, engine: Any = None) -> None:
        self.n_processes = n_processes
        self._engine = engine
        self._processes: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def run(
        self, study: Study, pool: ItemPool, theta: FloatArray, seeds: Seeds
    ) -> list[Simulation]:
        """The simulees' sittings in parts, in their order; a worker that is lost costs time only.

        Raises
        ------
        EngineError
            If processes are lost again and again.
        """
        if self._engine is not None:
            return self._on_dask(study, blocks(theta, seeds, max(1, len(self._engine.nthreads()))))
        if self.n_processes > 1 and not study.compiled:
            return self._in_processes(study, blocks(theta, seeds, self.n_processes))
        return [sit(study, pool, theta, seeds)]

    def _on_dask(self, study: Study, parts: list[Block]) -> list[Simulation]:
        # The study goes with each block: what is scattered would be lost with its worker.
        futures = [
            self._engine.submit(sit_block, study, block, pure=False, retries=RETRIES)
            for block in parts
        ]
        found: list[Simulation] = self._engine.gather(futures)
        return found

    def _in_processes(self, study: Study, parts: list[Block]) -> list[Simulation]:
        found: dict[int, Simulation] = {}
        for _ in range(RETRIES + 1):
            executor = self._started()
            try:
                futures = {
                    place: executor.submit(sit_block, study, block)
                    for place, block in enumerate(parts)
                    if place not in found
                }
                for place, future in futures.items():
                    found[place] = future.result()
            except BrokenProcessPool:
                self._end()
                continue
            return [found[place] for place in range(len(parts))]
        raise EngineError(
            f"processes were lost {RETRIES + 1} times; is there memory for {self.n_processes}?"
        )

    def _started(self) -> ProcessPoolExecutor:
        if self._processes is None:
            self._processes = ProcessPoolExecutor(self.n_processes, mp_context=get_context("spawn"))
        return self._processes

    def _end(self) -> None:
        if self._processes is not None:
            self._processes.shutdown()
            self._processes = None
