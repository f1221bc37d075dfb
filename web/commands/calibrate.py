"""``takar calibrate``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from web.commands.responses import DATA, MODELS, models_of
from web.commands.shared import plain_errors

if TYPE_CHECKING:
    from calibration import CalibrationResult

NEW_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("calibrate")
@click.argument("data", type=DATA)
@click.option(
    "--model",
    default="2pl",
    show_default=True,
    type=click.Choice(list(MODELS), case_sensitive=False),
    help="Model of every item that --item-model does not name.",
)
@click.option(
    "--item-model", "item_models", multiple=True, metavar="ITEM=MODEL", help="One item's model."
)
@click.option("--weights", help="Column with the frequency of each row.")
@click.option("--group", help="Column with the group of each row; the first row's is N(0, 1).")
@click.option("--anchor", type=DATA, help="Parameter set (JSON) whose items are held.")
@click.option(
    "--density",
    default="normal",
    show_default=True,
    type=click.Choice(["normal", "histogram"]),
    help="Shape of the ability distribution.",
)
@click.option(
    "--errors",
    default="observed",
    show_default=True,
    type=click.Choice(["observed", "sandwich", "none"]),
    help="Kind of standard errors.",
)
@click.option("--out", type=NEW_FILE, help="Write the parameter set as JSON.")
@click.option("--report", type=NEW_FILE, help="Write a report, .html or .pdf.")
@plain_errors
def command(
    data: Path,
    model: str,
    item_models: tuple[str, ...],
    weights: str | None,
    group: str | None,
    anchor: Path | None,
    density: Any,
    errors: Any,
    out: Path | None,
    report: Path | None,
) -> None:
    """Fit item parameters to DATA: CSV or XLSX, a column an item, a row a person."""
    from rich.console import Console

    from calibration import calibrate, read_responses
    from calibration.exchange import as_json, read_parameters, write_json

    console = Console()
    responses = read_responses(data, frequency=weights, group=group)
    fixed = {}
    if anchor is not None:
        fixed = {one.name: one for one in read_parameters(anchor)[0] if one.name in responses.items}
        if not fixed:
            raise click.ClickException(f"{anchor.name} holds no item of {data.name}")
    with console.status("") as status:
        result = calibrate(
            responses,
            model=models_of(MODELS[model.lower()], item_models, responses.items),
            fixed=fixed or None,
            density=density,
            standard_errors=errors,
            progress=lambda iteration, log_likelihood, change: status.update(
                f"iteration {iteration}, log-likelihood {log_likelihood:.3f}, "
                f"largest change {change:.2g}"
            ),
        )
    _show(console, result)
    if out is not None:
        write_json(as_json(result), out)
        console.print(f"parameters: {out}", highlight=False)
    if report is not None:
        from calibration.documents import write_report
        from calibration.prepare import categories_for

        categories = categories_for(result.items, responses, lowest_code=result.lowest_code)
        write_report(result, report, categories=categories)
        console.print(f"report: {report}", highlight=False)
    if not result.converged:
        raise click.ClickException("the estimation did not converge; see the note above")


def _show(console: Any, result: "CalibrationResult") -> None:
    from rich.table import Table

    from calibration.report import COLUMNS, GROUP_COLUMNS, group_table, summary, table

    for name, value in summary(result).items():
        console.print(f"{name}: {value}", highlight=False)
    rows = table(result)
    used = [place for place in range(len(COLUMNS)) if any(row[place] for row in rows)]
    shown = Table(*(COLUMNS[place] for place in used))
    for row in rows:
        shown.add_row(*(row[place] for place in used))
    console.print(shown)
    if len(result.groups) > 1 or result.groups[0].se_mean:
        groups = Table(*GROUP_COLUMNS)
        for row in group_table(result):
            groups.add_row(*row)
        console.print(groups)
