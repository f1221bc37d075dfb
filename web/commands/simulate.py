"""``takar simulate``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from web.commands.responses import show_table
from web.commands.shared import plain_errors
from web.commands.simulating import (
    NEW_FILE,
    numbers_of,
    read_form,
    with_persons,
    with_pools,
    with_processes,
)

if TYPE_CHECKING:
    from assessment_engine.summary import Summary
    from web.simulation.persons import Persons
    from web.simulation.tables import Cells


@click.command("simulate")
@click.argument("assessment")
@with_pools
@with_persons
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
@click.option(
    "--wave",
    default=100,
    show_default=True,
    type=click.IntRange(1),
    help="Sittings that open at once, by what those before showed; for item eligibility.",
)
@with_processes
@click.option("--out", type=NEW_FILE, help="Write the summary (.json) or the persons (.csv).")
@click.option("--report", type=NEW_FILE, help="Write a report, .html or .pdf.")
@plain_errors
def command(
    assessment: str,
    pools: tuple[str, ...],
    persons: "Persons",
    cuts: tuple[str, ...],
    ceiling: float,
    wave: int,
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
    from web.simulation.output import write_output
    from web.simulation.run import facts_about, simulate_form

    _check_files(out, report)
    given_cuts = dict(map(_cuts, cuts))
    form = read_form(assessment, pools)
    console = Console()
    with console.status("") as status:
        simulation = simulate_form(
            form,
            persons,
            wave=wave,
            n_processes=processes,
            progress=lambda done: status.update(f"{done} of {persons.n} persons"),
        )
    measured = {n: c for n, c in form.cuts.items() if n in simulation.dimensions}
    summary = summarise(
        simulation, form.rules, form.pool, {**measured, **given_cuts}, r_max=ceiling
    )
    about = facts_about(form, persons, wave)
    _show(console, summary, about, ceiling)
    if out is not None:
        write_output(simulation, summary, out, dict(about))
        console.print(f"output: {out}", highlight=False)
    if report is not None:
        from web.simulation.report import write_report

        title = f"Simulation of {form.name}"
        write_report(summary, report, title=title, facts=about, r_max=ceiling)
        console.print(f"report: {report}", highlight=False)


def _check_files(out: Path | None, report: Path | None) -> None:
    """Refuse endings before anything is simulated for them."""
    from calibration.documents import check_ending
    from web.simulation.output import check_output

    if out is not None:
        check_output(out)
    if report is not None:
        check_ending(report)


def _cuts(given: str) -> tuple[str, tuple[float, ...]]:
    dimension, _, values = given.partition("=")
    return dimension, numbers_of(values, given, "DIMENSION=A,B,...")


def _show(
    console: Any, summary: "Summary", about: tuple[tuple[str, str], ...], ceiling: float
) -> None:
    from web.simulation import tables

    for name, value in (*about, *tables.facts(summary, ceiling)):
        console.print(f"{name}: {value}", highlight=False)
    shown: list[Cells] = [
        tables.precision(summary),
        tables.levels(summary),
        tables.reasons(summary),
        tables.segments(summary),
    ]
    if len(summary.dimensions) == 1:
        shown.append(tables.by_ability(summary.dimensions[0]))
    missed = tables.bounds(summary)
    broken = tuple(row for row in missed.rows if row[-1] != "0")
    for cells in (*shown, tables.Cells(missed.head, broken)):
        if cells.rows:
            show_table(console, cells.head, cells.rows)
