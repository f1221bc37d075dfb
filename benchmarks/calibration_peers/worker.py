"""One step of the benchmark in a process of its own.

``python -m benchmarks.calibration_peers.worker simulate|fit|evaluate TASK FOLDER [PROGRAM RUNS]``;
``benchmarks.calibration`` runs them. FOLDER holds the data and what the programs gave.
"""

import json
import resource
import sys
import time
import warnings
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.calibration_peers import simulate
from benchmarks.calibration_peers.evaluator import Estimate, log_likelihood, log_prior
from benchmarks.calibration_peers.programs import PROGRAMS
from benchmarks.calibration_peers.tasks import TASKS, Task

LONG = 120.0  # seconds of warm runs after which no further one starts


def main(arguments: list[str]) -> None:
    step, task, folder = arguments[0], TASKS[arguments[1]], Path(arguments[2])
    if step == "simulate":
        simulate.save(simulate.simulate(task), folder)
    elif step == "fit":
        _fit(task, folder, arguments[3], int(arguments[4]))
    else:
        _evaluate(task, folder)


def _fit(task: Task, folder: Path, name: str, runs: int) -> None:
    warnings.simplefilter("ignore")
    program = PROGRAMS[name]
    try:
        data = program.prepare(task, simulate.load(task, folder))
    except ImportError as error:
        _write(folder / f"{name}.json", {"absent": str(error)})
        return
    before = _peak()
    seconds = list[float]()
    while len(seconds) < 1 + runs and sum(seconds[1:]) < LONG:
        result = None  # or two results would share the memory
        started = time.perf_counter()
        result = program.fit(task, data)
        seconds.append(time.perf_counter() - started)
    peak = _peak()
    fit = program.read(task, result)
    np.savez(folder / f"{name}.npz", a=fit.estimate.a, b=fit.estimate.b, c=fit.estimate.c)
    _write(
        folder / f"{name}.json",
        {
            "cold": seconds[0],
            "warm": median(seconds[1:]),
            "runs": len(seconds) - 1,
            "peak": peak,
            "rise": peak - before,
            "e_steps": fit.e_steps,
            "says_converged": fit.converged,
        },
    )


def _evaluate(task: Task, folder: Path) -> None:
    sample = simulate.load(task, folder)
    found = {}
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as arrays:
            estimate = Estimate(arrays["a"], arrays["b"], arrays["c"])
        value = log_likelihood(sample, estimate)
        found[path.stem] = value + (log_prior(estimate) if task.model == "3PL" else 0.0)
    _write(folder / "objectives.json", found)


def _write(path: Path, values: dict[str, Any]) -> None:
    path.write_text(json.dumps(values), encoding="utf-8")


def _peak() -> float:
    """Peak memory of this process so far, MB; Linux counts in KiB, macOS in bytes."""
    found = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return found / 1e6 if sys.platform == "darwin" else found * 1024 / 1e6


if __name__ == "__main__":
    main(sys.argv[1:])
