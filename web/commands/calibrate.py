"""``takar calibrate``."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from web.commands.dimensions import beside, lowest_of, part_of, prior_block, read_dimensions
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
    from calibration import CalibrationResult, ItemParameters, Responses
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
@click.option(
    "--dimensions",
    type=DATA,
    help="CSV with columns item and dimension: each dimension is calibrated by itself, and its "
    "name put into those of --out and --report.",
)
@click.option(
    "--prior",
    type=NEW_FILE,
    help="With --dimensions: write the correlations as the joint prior of an assessment file.",
)
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
    dimensions: Path | None,
    prior: Path | None,
) -> None:
    """Fit item parameters to DATA: CSV or XLSX, a column an item, a row a person."""
    from rich.console import Console

    from calibration import read_responses
    from calibration.documents import check_ending

    console = Console()
    if report is not None:
        check_ending(report)
    if prior is not None and (dimensions is None or group is not None):
        raise click.UsageError("--prior needs --dimensions, and knows no --group")
    responses = read_responses(data, frequency=weights, group=group, skip=skip, missing=missing)
    models = models_of(model, item_models, responses.items)
    names = [models] * len(responses.items) if isinstance(models, str) else models
    model_of = dict(zip(responses.items, names, strict=True))
    parts = {"": responses.items}
    if dimensions is not None:
        parts = read_dimensions(dimensions, responses.items)
    options = Options(
        lowest=lowest_of(responses) if dimensions is not None else None,
        free_sd=free_sd,
        density=density,
        errors=errors,
    )
    results = {}
    for name, items in parts.items():
        part = part_of(responses, items) if name else responses
        if name:
            console.print(f"\ndimension: {name}", highlight=False)
        fixed, lowest = _anchored(anchor, part, name)
        result = _fit(console, part, [model_of[item] for item in items], fixed, lowest, options)
        results[name] = result
        _show(console, result)
        _write(console, result, part, beside(out, name), beside(report, name), frozenset(fixed))
    failed = [name or data.name for name, result in results.items() if not result.converged]
    if failed:
        raise click.ClickException(
            f"the estimation did not converge: {', '.join(failed)}; see the note above"
        )
    if prior is not None:
        _write_prior(console, results, responses, prior)


@dataclass(frozen=True, slots=True)
class Options:
    """How each part of a file is fitted; ``lowest`` is the code of category 0, where it is known
    of the whole file."""

    lowest: int | None
    free_sd: bool
    density: Any
    errors: Any


def _anchored(
    anchor: Path | None, part: "Responses", dimension: str
) -> tuple[dict[str, "ItemParameters"], int | None]:
    """The items of a part that are held, and the code of their category 0."""
    from calibration.exchange import read_parameters

    if anchor is None:
        return {}, None
    known = read_parameters(anchor)
    fixed = {one.name: one for one in known.items if one.name in part.items}
    if not fixed:
        where = f"dimension {dimension}" if dimension else Path(part.source).name
        raise click.ClickException(f"{anchor.name} holds no item of {where}")
    return fixed, known.lowest_code


def _fit(
    console: Any,
    part: "Responses",
    models: list[str],
    fixed: dict[str, "ItemParameters"],
    lowest: int | None,
    options: Options,
) -> "CalibrationResult":
    from calibration import calibrate

    with console.status("") as status:
        return calibrate(
            part,
            model=models,
            fixed=fixed or None,
            lowest_code=options.lowest if lowest is None else lowest,
            free_sd=options.free_sd,
            density=options.density,
            standard_errors=options.errors,
            progress=lambda iteration, log_likelihood, change: status.update(
                f"iteration {iteration}, log-likelihood {log_likelihood:.3f}, "
                f"largest change {change:.2g}"
            ),
        )


def _write(
    console: Any,
    result: "CalibrationResult",
    part: "Responses",
    out: Path | None,
    report: Path | None,
    fixed: frozenset[str],
) -> None:
    from calibration.exchange import as_json, write_json

    if out is not None:
        write_json(as_json(result), out)
        console.print(f"parameters: {out}", highlight=False)
    if report is not None:
        _write_report(result, part, report, fixed)
        console.print(f"report: {report}", highlight=False)


def _write_prior(
    console: Any, results: dict[str, "CalibrationResult"], responses: "Responses", path: Path
) -> None:
    """Show the correlations, and write them as a block of an assessment file."""
    from calibration.ability_prior import ability_prior

    found = ability_prior(results, responses)
    pairs = found.correlations
    rows = [
        (one, other, number(pairs.correlation[i, j]), number(pairs.se[i, j]))
        for i, one in enumerate(pairs.dimensions)
        for j, other in enumerate(pairs.dimensions)
        if i < j
    ]
    console.print()
    show_table(console, ("ability", "ability", "correlation", "SE"), rows)
    for note in pairs.notes:
        console.print(f"note: {note}", highlight=False)
    path.write_text(prior_block(found, responses.source), encoding="utf-8")
    console.print(f"joint prior: {path}", highlight=False)


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
