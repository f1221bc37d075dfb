"""Calibration beside GIRTH, mirt (PyPI) and theta-irt, on the same simulated data.

Run as ``python -m benchmarks.calibration [--task NAME] [--runs N] [--no-peers] [--slow-peers]``;
the peers come with ``pip install -r benchmarks/peers.txt``.

Protocol. Every program runs each task in a process of its own, on data in memory in the form that
it wants; timed is the fit alone, without standard errors (those of takar are a line of their own).
Cold is the first fit of the process, compilation included (what numba keeps on disk stays there);
warm is the median of the fits after it, of which none starts after two minutes of them. Each
program stops by its own default criterion. One evaluator then computes the log-likelihood of all
estimates (for the 3PL, where all have the same prior of c, log-likelihood plus log prior): who ends
more than .1 below the best has not converged, and is no rival. Peak memory is that of the process,
imports and data included; +MB what the fits added to it.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.calibration_peers.table import Row, lines_of
from benchmarks.calibration_peers.tasks import TASKS, Task

# Neither may be set for one program and, through another BLAS, not for the next.
UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
INSTALL = "pip install -r benchmarks/peers.txt"


def main() -> None:
    arguments = _arguments()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(", ".join(_version(name) for name in ("takar", "girth", "mirt", "theta-irt")))
    for name in arguments.task or TASKS:
        task = TASKS[name]
        programs = task.programs(peers=arguments.peers, slow_peers=arguments.slow_peers)
        print(f"\n{task.title}", flush=True)
        runs = arguments.runs or task.runs
        with tempfile.TemporaryDirectory() as folder:
            rows = _measure(task, programs, runs, arguments.limit, Path(folder))
        for line in lines_of(task, rows) if rows else ():
            print(line, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--task", action="append", choices=TASKS, help="may be repeated; all")
    parser.add_argument("--runs", type=int, help="warm runs; 5, or 3 for the large tasks")
    parser.add_argument(
        "--peers", action=argparse.BooleanOptionalAction, default=True, help="run them at all"
    )
    parser.add_argument(
        "--slow-peers",
        action="store_true",
        help="also where they take many minutes or gigabytes",
    )
    parser.add_argument("--limit", type=float, default=1800, help="seconds for one program")
    arguments = parser.parse_args()
    if arguments.runs is not None and arguments.runs < 1:
        parser.error(f"--runs must be 1 or more; came {arguments.runs}")
    return arguments


def _version(name: str) -> str:
    try:
        return f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return f"{name} not installed"


def _measure(
    task: Task, programs: tuple[str, ...], runs: int, limit: float, folder: Path
) -> list[Row]:
    _work("simulate", task, folder)
    measured = dict[str, dict[str, Any]]()
    for program in programs:
        try:
            _work("fit", task, folder, program, str(runs), limit=limit)
        except subprocess.TimeoutExpired:
            print(f"{program}: not done within {limit:g} s")
            continue
        except subprocess.CalledProcessError as error:
            print(f"{program}: failed: {_last_line(error.stderr)}")
            continue
        found = json.loads((folder / f"{program}.json").read_text(encoding="utf-8"))
        if "absent" in found:
            print(f"{program}: cannot be imported ({found['absent']}); {INSTALL}")
        else:
            measured[program] = found
    if not measured:
        return []
    _work("evaluate", task, folder)
    objectives = json.loads((folder / "objectives.json").read_text(encoding="utf-8"))
    return [Row(name, objective=objectives[name], **found) for name, found in measured.items()]


def _work(step: str, task: Task, folder: Path, *rest: str, limit: float | None = None) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in UNSET}
    subprocess.run(
        (
            sys.executable,
            *("-m", "benchmarks.calibration_peers.worker"),
            *(step, task.name, str(folder), *rest),
        ),
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=limit,
    )


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "no message")


if __name__ == "__main__":
    main()
