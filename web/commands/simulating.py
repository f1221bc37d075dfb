"""What the commands that simulate have in common: options for the test and for its persons."""

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from web.commands.shared import database
from web.config import Settings

if TYPE_CHECKING:
    from web.simulation.source import SimulatedForm

NEW_FILE = click.Path(dir_okay=False, path_type=Path)

with_pools = click.option(
    "--pool",
    "pools",
    multiple=True,
    metavar="[DIMENSION=]FILE",
    help="Parameter set (JSON of takar calibrate --out); by default the bank's.",
)
with_processes = click.option(
    "--processes", default=1, show_default=True, type=click.IntRange(1, 256)
)


def with_persons(body: Callable[..., Any]) -> Callable[..., Any]:
    """Options of whom to simulate, given to the command as one ``persons``."""

    @wraps(body)
    def packed(
        *args: Any,
        persons: int,
        theta_mean: float,
        theta_sd: float,
        correlation: float,
        seed: int,
        **others: Any,
    ) -> Any:
        from web.simulation.persons import Persons

        drawn = Persons(persons, theta_mean, theta_sd, correlation, seed)
        return body(*args, persons=drawn, **others)

    found: Callable[..., Any] = packed
    for option in reversed(_PERSONS):
        found = option(found)
    return found


_PERSONS = (
    click.option("--persons", default=1000, show_default=True, type=click.IntRange(2, 10_000_000)),
    click.option("--theta-mean", default=0.0, show_default=True, help="Mean true ability, logits."),
    click.option(
        "--theta-sd", default=1.0, show_default=True, help="SD of true abilities, logits."
    ),
    click.option(
        "--correlation", default=0.0, show_default=True, help="Between any two true abilities."
    ),
    click.option("--seed", default=1, show_default=True, type=click.IntRange(0, 2**31)),
)


def read_form(assessment: str, pools: Sequence[str]) -> "SimulatedForm":
    """The test that is named: over parameter sets of files, or over the bank's."""
    from web.simulation.source import from_bank, from_files

    if pools:
        return from_files(Path(assessment), [_pool(one) for one in pools])
    from sqlmodel import Session

    with database(Settings.from_environment()) as (engine, _url), Session(engine) as session:
        return from_bank(session, assessment)


def numbers_of(values: str, given: str, expected: str) -> tuple[float, ...]:
    """Abilities between commas, of what was ``given`` where something else was ``expected``."""
    try:
        return tuple(map(float, values.split(",")))
    except ValueError as error:
        raise click.BadParameter(f"{given!r} is not {expected} with abilities in logits") from error


def _pool(given: str) -> tuple[str, Path]:
    """``[DIMENSION=]FILE``; a name with an equals sign is a file's own if that is there."""
    if Path(given).is_file():
        return "", Path(given)
    dimension, _, file = given.partition("=")
    if not file or not Path(file).is_file():
        raise click.BadParameter(f"{given!r} is not [DIMENSION=]FILE with a file that is there")
    return dimension, Path(file)
