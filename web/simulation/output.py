"""A simulation as a file: one row a person as CSV, or the summary as JSON."""

import csv
import dataclasses
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from assessment_engine.simulated import Simulation
from assessment_engine.summary import Summary
from calibration.documents.content import replace_file
from web.errors import WebError

FORMAT = "takar-simulation-1"


class OutputError(WebError):
    """A simulation cannot be written to such a file."""


def check_output(path: Path) -> None:
    """Refuse what is neither .json nor .csv, before anything is simulated for it."""
    if path.suffix.lower() not in (".json", ".csv"):
        raise OutputError(
            f"{path.name}: the output ends in .json (the summary) or .csv (a row a person); came "
            f"{path.suffix or 'no ending'!r}"
        )


def write_output(
    simulation: Simulation, summary: Summary, path: Path, facts: dict[str, Any]
) -> None:
    """Write the summary (.json) or the persons (.csv); the file is replaced whole.

    Raises
    ------
    OutputError
        If the ending is another.
    DocumentError
        If the file cannot be written.
    """
    check_output(path)
    if path.suffix.lower() == ".csv":
        content = persons_csv(simulation)
    else:
        whole = {"format": FORMAT, **facts, "summary": plain(summary)}
        content = json.dumps(whole, ensure_ascii=False, indent=1) + "\n"
    replace_file(path, content.encode())


def persons_csv(simulation: Simulation) -> str:
    """One row a person: true ability, estimate, standard error and reason of each dimension;
    seconds, and the items given with the category of each answer."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = [
        f"{name}:{column}"
        for name in simulation.dimensions
        for column in ("theta", "estimate", "se", "reason")
    ]
    writer.writerow(["person", *names, "seconds", "items", "categories"])
    for i in range(simulation.n):
        row: list[object] = [i + 1]
        for d in range(len(simulation.dimensions)):
            reason = int(simulation.reason[i, d])
            row += [_cell(values[i, d]) for values in _numbers(simulation)]
            row.append(simulation.reasons[reason] if reason >= 0 else "")
        offered = simulation.given[i] >= 0
        items = [simulation.items[place] for place in simulation.given[i][offered].tolist()]
        categories = [str(one) if one >= 0 else "" for one in simulation.category[i][offered]]
        row += [_cell(simulation.seconds[i]), " ".join(items), " ".join(categories)]
        writer.writerow(row)
    return out.getvalue()


def plain(value: Any) -> Any:
    """Records, arrays and numbers as JSON has them; what is no finite number is null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _numbers(simulation: Simulation) -> tuple[Any, Any, Any]:
    return simulation.theta, simulation.estimate, simulation.se


def _cell(value: float) -> str:
    return f"{value:.6g}" if np.isfinite(value) else ""
