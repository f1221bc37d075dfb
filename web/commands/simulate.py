"""``takar simulate``."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from web.commands.responses import show_table
from web.commands.shared import database, plain_errors
from web.config import Settings

if TYPE_CHECKING:
    from assessment_engine.simulated import Simulation
    from assessment_engine.summary import Summary
    from web.simulation.source import SimulatedForm
    from web.simulation.tables import Cells

NEW_FILE = click.Path(dir_okay=False, path_type=Path)
ROUNDS = 20
"""The persons come in so many parts, for the progress line."""

NOT_IN_FORCE = "not in force: it learns from the sittings of the bank, which no simulation has"

SEEDS_APART = 2**32
"""So that two seeds have no sitting in common."""


@click.command("simulate")
@click.argument("assessment")
@click.option(
    "--pool",
    "pools",
    multiple=True,
    metavar="[DIMENSION=]FILE",
    help="Parameter set (JSON of takar calibrate --out); by default the bank's.",
)
@click.option("--persons", default=1000, show_default=True, type=click.IntRange(2, 10_000_000))
@click.option("--theta-mean", default=0.0, show_default=True, help="Mean true ability, logits.")
@click.option("--theta-sd", default=1.0, show_default=True, help="SD of true abilities, logits.")
@click.option(
    "--correlation", default=0.0, show_default=True, help="Between any two true abilities."
)
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0, 2**31))
@click.option(
    "--cuts",
    "cuts",
    multiple=True,
    metavar="DIMENSION=A,B,...",
    help="Where levels 2, 3, ... begin, logits; by default the bank's.",
)
@click.option(
    "--ceiling",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 1, min_open=True),
    help="Name items whose exposure rate is larger.",
)
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 256))
@click.option("--out", type=NEW_FILE, help="Write the summary (.json) or the persons (.csv).")
@click.option("--report", type=NEW_FILE, help="Write a report, .html or .pdf.")
@plain_errors
def command(
    assessment: str,
    pools: tuple[str, ...],
    persons: int,
    theta_mean: float,
    theta_sd: float,
    correlation: float,
    seed: int,
    cuts: tuple[str, ...],
    ceiling: float,
    processes: int,
    out: Path | None,
    report: Path | None,
) -> None:
    """Let simulated persons sit ASSESSMENT before real ones do.

    ASSESSMENT is a file (docs/assessment-files.md) or the code of a published assessment. Every
    sitting is decided by the same step as a real one.
    """
    from rich.console import Console

    from assessment_engine.summary import summarise
    from calibration.documents import check_ending
    from web.simulation.output import check_output, write_output
    from web.simulation.simulees import draw_abilities
    from web.simulation.tables import facts

    if out is not None:
        check_output(out)
    if report is not None:
        check_ending(report)
    given_cuts = dict(map(_cuts, cuts))
    form = _form(assessment, pools)
    n_dimensions = len({section.dimension for section in form.rules.sections})
    theta = draw_abilities(
        persons, n_dimensions, mean=theta_mean, sd=theta_sd, correlation=correlation, seed=seed
    )
    console = Console()
    with console.status("") as status:
        simulation = _simulate(
            form,
            theta,
            seed,
            processes,
            lambda done: status.update(f"{done} of {persons} persons"),
        )
    measured = {n: c for n, c in form.cuts.items() if n in simulation.dimensions}
    summary = summarise(
        simulation, form.rules, form.pool, {**measured, **given_cuts}, r_max=ceiling
    )
    about: tuple[tuple[str, str], ...] = (
        ("assessment", form.name),
        ("pool", f"{len(form.pool)} items, sha256 {form.pool.digest[:12]}"),
        (
            "true abilities",
            f"mean {theta_mean:g}, SD {theta_sd:g}, correlation {correlation:g}, seed {seed}",
        ),
    )
    if form.rules.eligibility is not None:
        about = (*about, ("item eligibility", NOT_IN_FORCE))
    for name, value in (*about, *facts(summary, ceiling)):
        console.print(f"{name}: {value}", highlight=False)
    _show(console, summary)
    if out is not None:
        write_output(simulation, summary, out, dict(about))
        console.print(f"output: {out}", highlight=False)
    if report is not None:
        from web.simulation.report import write_report

        title = f"Simulation of {form.name}"
        write_report(summary, report, title=title, facts=about, r_max=ceiling)
        console.print(f"report: {report}", highlight=False)


def _form(assessment: str, pools: Sequence[str]) -> "SimulatedForm":
    from web.simulation.source import from_bank, from_files

    if pools:
        return from_files(Path(assessment), [_pool(one) for one in pools])
    from sqlmodel import Session

    with database(Settings.from_environment()) as (engine, _url), Session(engine) as session:
        return from_bank(session, assessment)


def _pool(given: str) -> tuple[str, Path]:
    """``[DIMENSION=]FILE``; a name with an equals sign is a file's own if that is there."""
    if Path(given).is_file():
        return "", Path(given)
    dimension, _, file = given.partition("=")
    if not file or not Path(file).is_file():
        raise click.BadParameter(f"{given!r} is not [DIMENSION=]FILE with a file that is there")
    return dimension, Path(file)


def _cuts(given: str) -> tuple[str, tuple[float, ...]]:
    dimension, _, values = given.partition("=")
    try:
        return dimension, tuple(map(float, values.split(",")))
    except ValueError as error:
        raise click.BadParameter(
            f"{given!r} is not DIMENSION=A,B,... with abilities in logits"
        ) from error


def _simulate(
    form: "SimulatedForm", theta: Any, seed: int, processes: int, progress: Callable[[int], object]
) -> "Simulation":
    """All persons, in parts that tell how far it is; several processes start once, for all."""
    from assessment_engine.simulation import joined, simulate_many

    size = len(theta) if processes > 1 else max(-(-len(theta) // ROUNDS), 50)
    parts = []
    for first in range(0, len(theta), size):
        progress(first)
        own = theta[first : first + size]
        start = seed * SEEDS_APART + first
        parts.append(simulate_many(form.rules, form.pool, own, start, n_processes=processes))
    return joined(parts)


def _show(console: Any, summary: "Summary") -> None:
    from web.simulation import tables

    shown: list[Cells] = [
        tables.precision(summary),
        tables.levels(summary),
        tables.reasons(summary),
    ]
    if len(summary.dimensions) == 1:
        shown.append(tables.by_ability(summary.dimensions[0]))
    missed = tables.bounds(summary)
    broken = tuple(row for row in missed.rows if row[-1] != "0")
    for cells in (*shown, tables.Cells(missed.head, broken)):
        if cells.rows:
            show_table(console, cells.head, cells.rows)
