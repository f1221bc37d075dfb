"""``takar exposure``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

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
    from web.simulation.persons import Persons


@click.command("exposure")
@click.argument("assessment")
@click.option(
    "--max-rate",
    required=True,
    type=click.FloatRange(0, 1, min_open=True),
    help="Largest share of sittings, of each segment, that an item should be in.",
)
@click.option(
    "--segments",
    metavar="A,B,...",
    help="Where segments of ability part, logits; by default there is one for all.",
)
@with_pools
@with_persons
@click.option(
    "--tolerance",
    default=0.03,
    show_default=True,
    type=click.FloatRange(0),
    help="How far above the rate an iteration may end; chance alone lifts the largest of many.",
)
@click.option("--iterations", default=40, show_default=True, type=click.IntRange(1, 250))
@with_processes
@click.option("--out", type=NEW_FILE, help="Write the block to a file, .yaml; else it is printed.")
@plain_errors
def command(
    assessment: str,
    max_rate: float,
    segments: str | None,
    pools: tuple[str, ...],
    persons: "Persons",
    tolerance: float,
    iterations: int,
    processes: int,
    out: Path | None,
) -> None:
    """Find Sympson-Hetter parameters under which no item of ASSESSMENT is shown too often.

    ASSESSMENT is a file or the code of a published assessment. Simulated persons, others each
    time, sit it over and over; the block that comes of it belongs into the assessment's file, in
    the place of any exposure control that is there.
    """
    from assessment_engine.simulation import Wanted
    from web.simulation.exposure import check_block_file, exposure_block, find_exposure, write_block

    if out is not None:
        check_block_file(out)
    cuts = numbers_of(segments, segments, "A,B,...") if segments else ()
    form = read_form(assessment, pools)
    for name, value in (*form.facts(), ("true abilities", persons.said())):
        click.echo(f"{name}: {value}")
    found = find_exposure(
        form,
        persons,
        Wanted(max_rate, cuts, tolerance, iterations),
        n_processes=processes,
        progress=lambda number, largest: click.echo(
            f"iteration {number + 1}: largest rate {largest:.3f}"
        ),
    )
    click.echo(f"other persons: largest rate {found.largest:.3f}")
    click.echo(f"items held back: {len(found.control.probabilities)} of {len(form.pool)}")
    if out is None:
        click.echo(exposure_block(found.control), nl=False)
    else:
        write_block(found.control, out)
        click.echo(f"output: {out}")
