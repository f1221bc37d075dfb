"""``takar calibrate``."""

from pathlib import Path

import click

from web.commands.shared import plain_errors

MODELS = ("rasch", "1pl", "2pl", "3pl", "grm", "gpcm")


@click.command("calibrate")
@click.argument("data", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--model", default="2pl", show_default=True, type=click.Choice(MODELS, case_sensitive=False)
)
@click.option("--weights", help="Column with the frequency of each row.")
@plain_errors
def command(data: Path, model: str, weights: str | None) -> None:
    """Fit item parameters to DATA: CSV or XLSX, a column an item, a row a person."""
    from rich.console import Console
    from rich.table import Table

    from calibration import calibrate, read_responses
    from calibration.report import COLUMNS, summary, table

    console = Console()
    responses = read_responses(data, frequency=weights)
    with console.status("") as status:
        result = calibrate(
            responses,
            model={"rasch": "Rasch"}.get(model.lower(), model.upper()),
            progress=lambda iteration, log_likelihood, change: status.update(
                f"iteration {iteration}, log-likelihood {log_likelihood:.3f}, "
                f"largest change {change:.2g}"
            ),
        )
    shown = Table(*COLUMNS)
    for row in table(result):
        shown.add_row(*row)
    for name, value in summary(result).items():
        console.print(f"{name}: {value}", highlight=False)
    console.print(shown)
    if not result.converged:
        raise click.ClickException("the estimation did not converge; see the note above")
