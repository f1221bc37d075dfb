"""One program on one task, in a process of its own; the figures as JSON on the last line.

``python -m benchmarks.adaptive_peers.worker TASK PROGRAM SIZE RUNS``; ``benchmarks.adaptive`` calls
it.
"""

import json
import sys
import time
import warnings
from statistics import median

import numpy as np

from benchmarks.adaptive_peers.tasks import LENGTH, TASKS, Batch

LONG = 30.0  # seconds of warm runs after which no further one starts


def main(arguments: list[str]) -> None:
    warnings.simplefilter("ignore")
    task, program, size, runs = TASKS[arguments[0]], arguments[1], *map(int, arguments[2:])
    if isinstance(task, Batch):
        found = _batch(task, program, size, runs)
    else:
        from benchmarks.adaptive_peers import live

        found = getattr(live, task.function)(size)
    print(json.dumps(found))


def _batch(task: Batch, name: str, simulees: int, runs: int) -> dict[str, float | str | None]:
    from benchmarks.adaptive_peers.programs import PROGRAMS
    from benchmarks.adaptive_peers.simulees import simulate

    sample = simulate(task.model, simulees)
    program = PROGRAMS[name]
    try:
        prepared = program.prepare(task, sample)
    except ImportError as error:
        return {"absent": str(error)}
    seconds = list[float]()
    while len(seconds) < 1 + runs and sum(seconds[1:]) < LONG:
        started = time.perf_counter()
        result = program.run(prepared)
        seconds.append(time.perf_counter() - started)
    sat = program.read(result)
    return {
        "simulees": simulees,
        "cold": seconds[0],
        "us": 1e6 * median(seconds[1:]) / simulees / LENGTH,
        "runs": len(seconds) - 1,
        "rmse": float(np.sqrt(np.mean((sat.estimate - sample.theta) ** 2))),
        "se": None if sat.se is None else float(sat.se.mean()),
    }


if __name__ == "__main__":
    main(sys.argv[1:])
