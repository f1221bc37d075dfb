"""Sympson-Hetter parameters of an assessment: found by simulation, written as its file has them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from assessment_engine.exposure import SympsonHetter
from assessment_engine.simulation import Wanted, exposure_parameters, largest_rate
from calibration.documents.content import replace_file
from web.errors import WebError
from web.simulation.persons import Persons
from web.simulation.source import SimulatedForm

DIGITS = 4
MOST_ITERATIONS = 250
"""With the persons of the last look there are as many groups as a seed has room for."""


class ExposureFileError(WebError):
    """Exposure parameters cannot be written to such a file."""


@dataclass(frozen=True, slots=True)
class FoundExposure:
    """The control, as it is written, and its largest rate among persons not seen before."""

    control: SympsonHetter
    iterations: int
    largest: float


def find_exposure(
    form: SimulatedForm,
    persons: Persons,
    wanted: Wanted,
    *,
    n_processes: int = 1,
    progress: Callable[[int, float], object],
) -> FoundExposure:
    """Set the parameters, with other persons at each iteration, and look at them once more.

    Raises
    ------
    RulesError, ConvergenceError
        Where no parameters hold what is wanted, or none were found.
    """
    found = exposure_parameters(
        form.rules,
        form.pool,
        lambda number: persons.group(number, form.n_dimensions),
        wanted,
        progress=progress,
        n_processes=n_processes,
    )
    exact = found.config([item.id for item in form.pool], wanted.cuts)
    control = SympsonHetter(
        {item: tuple(map(_rounded, row)) for item, row in exact.probabilities.items()}, exact.cuts
    )
    others = persons.group(MOST_ITERATIONS, form.n_dimensions)
    largest = largest_rate(form.rules, form.pool, control, others, n_processes=n_processes)
    return FoundExposure(control, len(found.largest_rates), largest)


def exposure_block(control: SympsonHetter) -> str:
    """The control as the block ``exposure`` of an assessment file."""
    block = {
        "method": "sympson_hetter",
        "cuts": list(control.cuts),
        "probabilities": {item: list(row) for item, row in sorted(control.probabilities.items())},
    }
    written: str = yaml.safe_dump({"exposure": block}, sort_keys=False, default_flow_style=None)
    return written


def check_block_file(path: Path) -> None:
    """Refuse what does not end as a YAML file, before anything is simulated for it."""
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise ExposureFileError(
            f"{path.name}: the block is YAML and its file ends in .yaml or .yml; came "
            f"{path.suffix or 'no ending'!r}"
        )


def write_block(control: SympsonHetter, path: Path) -> None:
    """Write the block; a file that is there is replaced whole."""
    check_block_file(path)
    replace_file(path, exposure_block(control).encode())


def _rounded(probability: float) -> float:
    """Never 0, which would close the item for good."""
    return float(max(round(probability, DIGITS), 10.0**-DIGITS))
