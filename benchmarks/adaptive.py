"""Adaptive tests beside mirt (PyPI), catsim and catpie, on the same bank and simulees, in one run.

Run as ``python -m benchmarks.adaptive [--quick] [--task NAME] [--runs N] [--no-peers]``; the peers
come with ``pip install -r benchmarks/peers.txt``, into an environment of their own if need be.

Protocol. Every program runs each task in a process of its own. A batch has one bank, the same
simulees (the slow programs let the first of them sit) and one rule: the most informative item at
the present estimate, estimated anew after each answer by EAP on 61 points (mirt: Gauss-Hermite;
catsim: maximum likelihood, as it has no EAP). Answers come from each program's own generator. Timed
is the simulation, not imports, the bank or the engine object; cold is the first run of the process,
compilation included where numba keeps none on disk, and the figure is the median of the runs after
it. Estimates are judged against the true abilities. takar and mirt use all cores, catsim and catpie
one. The other tasks measure takar alone.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from importlib import metadata
from typing import Any

from benchmarks.adaptive_peers.table import Row, lines_of_batch, lines_of_single
from benchmarks.adaptive_peers.tasks import OURS, TASKS, Batch, Single

# Neither may be set for one program and, through another BLAS, not for the next.
UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
INSTALL = "pip install -r benchmarks/peers.txt"
RUNS, QUICK_RUNS = 9, 3


def main() -> None:
    arguments = _arguments()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(", ".join(_version(name) for name in (OURS, "mirt", "catsim", "catpie")))
    runs = arguments.runs or (QUICK_RUNS if arguments.quick else RUNS)
    for name in arguments.task or TASKS:
        task = TASKS[name]
        print(f"\n{task.title}", flush=True)
        if isinstance(task, Batch):
            lines = _batch(task, runs, arguments)
        else:
            lines = _single(task, arguments)
        for line in lines:
            print(line, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a small form, within 50 s")
    parser.add_argument("--task", action="append", choices=TASKS, help="may be repeated; all")
    parser.add_argument("--runs", type=int, help=f"warm runs; {RUNS}, quick {QUICK_RUNS}")
    parser.add_argument(
        "--peers", action=argparse.BooleanOptionalAction, default=True, help="run them at all"
    )
    parser.add_argument("--limit", type=float, default=3600, help="seconds for one program")
    arguments = parser.parse_args()
    if arguments.runs is not None and arguments.runs < 1:
        parser.error(f"--runs must be 1 or more; came {arguments.runs}")
    return arguments


def _version(name: str) -> str:
    try:
        return f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return f"{name} not installed"


def _batch(task: Batch, runs: int, arguments: argparse.Namespace) -> list[str]:
    rows, said = list[Row](), list[str]()
    for program, simulees in (task.quick if arguments.quick else task.simulees).items():
        if program != OURS and not arguments.peers:
            continue
        found, problem = _work(task.name, program, simulees, runs, arguments.limit)
        if problem:
            said.append(f"{program}: {problem}")
        elif "absent" in found:
            said.append(f"{program}: cannot be imported ({found['absent']}); {INSTALL}")
        else:
            rows.append(Row(program, **found))
    return said + (lines_of_batch(task, rows) if rows else [])


def _single(task: Single, arguments: argparse.Namespace) -> list[str]:
    size = task.quick if arguments.quick else task.size
    found, problem = _work(task.name, OURS, size, 1, arguments.limit)
    if problem:
        return [f"{OURS}: {problem}"]
    return lines_of_single(task, found, quick=arguments.quick)


def _work(
    task: str, program: str, size: int, runs: int, limit: float
) -> tuple[dict[str, Any], str]:
    """The figures, or why there are none."""
    environment = {name: value for name, value in os.environ.items() if name not in UNSET}
    command = (sys.executable, "-m", "benchmarks.adaptive_peers.worker")
    try:
        done = subprocess.run(
            (*command, task, program, str(size), str(runs)),
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=limit,
        )
    except subprocess.TimeoutExpired:
        return {}, f"not done within {limit:g} s"
    except subprocess.CalledProcessError as error:
        return {}, f"failed: {_last_line(error.stderr)}"
    return json.loads(_last_line(done.stdout)), ""


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "no message")


if __name__ == "__main__":
    main()
