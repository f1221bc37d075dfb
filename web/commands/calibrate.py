"""``takar calibrate``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from web.commands.responses import (
    DATA,
    item_model_option,
    missing_option,
    model_option,
    models_of,
    number,
    show_table,
    skip_option,
    weights_option,
)
from web.commands.shared import plain_errors

if TYPE_CHECKING:
    from calibration import CalibrationResult, Responses
    from calibration.documents import Section

NEW_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("calibrate")
@click.argument("data", type=DATA)
@model_option
@item_model_option
@weights_option
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
@click.option("--free-sd", is_flag=True, help="Estimate the first group's SD (Rasch, PCM).")
@click.option("--out", type=NEW_FILE, help="Write the parameter set as JSON.")
@click.option("--report", type=NEW_FILE, help="Write a report, .html or .pdf.")
@skip_option
@missing_option
@plain_errors
def command(
    data: Path,
    model: str,
    item_models: tuple[str, ...],
    skip: tuple[str, ...],
    missing: tuple[str, ...],
    weights: str | None,
    group: str | None,
    anchor: Path | None,
    density: Any,
    errors: Any,
    free_sd: bool,
    out: Path | None,
    report: Path | None,
) -> None:
    """Fit item parameters to DATA: CSV or XLSX, a column an item, a row a person."""
    from rich.console import Console

    from calibration import calibrate, read_responses
    from calibration.documents import check_ending
    from calibration.exchange import as_json, read_parameters, write_json

    console = Console()
    responses = read_responses(data, frequency=weights, group=group, skip=skip, missing=missing)
    fixed, lowest = {}, None
    if report is not None:
        check_ending(report)
    if anchor is not None:
        known = read_parameters(anchor)
        fixed = {one.name: one for one in known.items if one.name in responses.items}
        lowest = known.lowest_code
        if not fixed:
            raise click.ClickException(f"{anchor.name} holds no item of {data.name}")
    with console.status("") as status:
        result = calibrate(
            responses,
            model=models_of(model, item_models, responses.items),
            fixed=fixed or None,
            lowest_code=lowest,
            free_sd=free_sd,
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
        _write_report(result, responses, report, frozenset(fixed))
        console.print(f"report: {report}", highlight=False)
    if not result.converged:
        raise click.ClickException("the estimation did not converge; see the note above")


def _write_report(
    result: "CalibrationResult", responses: "Responses", path: Path, fixed: frozenset[str]
) -> None:
    from calibration.documents import Section, write_report
    from calibration.prepare import categories_for

    categories = categories_for(result.items, responses, lowest_code=result.lowest_code)
    weights = responses.weights
    one = len(result.groups) == 1
    fit = _fit_section(result, categories, weights, fixed) if one else None
    more: list[Section] = [fit] if fit is not None else []
    write_report(result, path, categories=categories, weights=weights, more=more)


def _fit_section(
    result: "CalibrationResult", categories: Any, weights: Any, fixed: frozenset[str]
) -> "Section | None":
    """How each item fits: S-X2, or its like for incomplete answers; None for nominal items."""
    from calibration.documents import Figure, Section, Table
    from calibration.fit import item_fit, sparse_item_fit
    from calibration.plots import FitPoint
    from calibration.plots import item_fit as chart

    if any(item.model == "NRM" for item in result.items):
        return None
    complete = bool((categories >= 0).all())
    judge: Any = item_fit if complete else sparse_item_fit
    estimated = [item.name not in fixed for item in result.items]
    found = judge(result.items, categories, result.quadrature, weights=weights, estimated=estimated)
    rows = [
        (one.item, number(one.statistic, 2), str(one.df or ""), number(one.p), number(one.rmsea))
        for one in found
    ]
    statistic = "S-X2" if complete else "Chi-square"
    points = [FitPoint(one.item, one.rmsea, one.p < 0.05) for one in found if one.rmsea is not None]
    caption = f"RMSEA of each item's {statistic}; marked where p < .05"
    return Section(
        title="Item fit",
        paragraphs=(
            f"{statistic} of each item against its model; RMSEA is its size, whatever the number "
            "of persons.",
        ),
        figures=(Figure(caption, chart(points), caption),) if points else (),
        tables=(Table(statistic, ("item", statistic, "df", "p", "RMSEA"), tuple(rows)),),
    )


def _show(console: Any, result: "CalibrationResult") -> None:
    from calibration.report import COLUMNS, GROUP_COLUMNS, group_table, summary, table

    for name, value in summary(result).items():
        console.print(f"{name}: {value}", highlight=False)
    show_table(console, COLUMNS, table(result))
    if len(result.groups) > 1 or result.groups[0].se_mean or result.groups[0].se_sd:
        show_table(console, GROUP_COLUMNS, group_table(result))
