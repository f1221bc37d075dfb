"""``takar dif``."""

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
    probability,
    show_table,
    skip_option,
)
from web.commands.shared import plain_errors

if TYPE_CHECKING:
    from calibration import Responses
    from calibration.dif import Screening

METHODS = ("mh", "logistic", "lr", "wald")


@click.command("dif")
@click.argument("data", type=DATA)
@click.option("--group", required=True, help="Column with the group of each row.")
@click.option("--reference", help="The reference group; by default that of the first row.")
@click.option(
    "--method",
    default="mh",
    show_default=True,
    type=click.Choice(METHODS),
    help="Mantel-Haenszel (Mantel for more than two categories), logistic regression, IRT "
    "likelihood ratio, Wald.",
)
@model_option
@item_model_option
@click.option(
    "--match",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", "sum", "ability"]),
    help="For mh and logistic: sum score, or ability; auto takes ability where answers are "
    "missing by design.",
)
@click.option("--anchor", "anchors", multiple=True, help="An item known to be free of DIF.")
@click.option("--purify", is_flag=True, help="Leave flagged items out of the match, and repeat.")
@click.option("--adjust", is_flag=True, help="Adjust p-values for the number of items.")
@click.option("--level", default=0.05, show_default=True, type=click.FloatRange(0, 1))
@skip_option
@missing_option
@plain_errors
def command(
    data: Path,
    group: str,
    reference: str | None,
    method: str,
    model: str,
    item_models: tuple[str, ...],
    skip: tuple[str, ...],
    missing: tuple[str, ...],
    match: str,
    anchors: tuple[str, ...],
    purify: bool,
    adjust: bool,
    level: float,
) -> None:
    """Compare groups item by item in DATA: CSV or XLSX, a column an item, a row a person."""
    from rich.console import Console

    from calibration import read_responses

    console = Console()
    responses = read_responses(data, group=group, skip=skip, missing=missing)
    models = models_of(model, item_models, responses.items)
    options: dict[str, Any] = {
        "reference": reference,
        "anchors": anchors or None,
        "purify": purify,
        "adjust": adjust,
        "level": level,
    }
    with console.status("comparing"):
        found = _screen(responses, method, models, match, options)
    headings, rows = _ROWS[method]
    show_table(
        console,
        ("item", *headings, "p", "BH p", ""),
        [_row(one, rows) for one in found.results],
    )
    first = reference if reference is not None else str((responses.groups or ("",))[0])
    console.print(
        f"reference group: {first}; BH p: adjusted for the number of items (Benjamini-Hochberg)"
        + (", used for flags" if adjust else ""),
        highlight=False,
    )
    if method == "mh":
        console.print(
            "delta (right/wrong) and SMD (more categories): negative where the item is harder for "
            "the focal group",
            highlight=False,
        )
    flagged = ", ".join(found.flagged) or "none"
    console.print(f"flagged at {level:g}: {flagged}", highlight=False)
    if purify:
        state = "settled" if found.settled else "not settled; name anchors, or use --adjust"
        console.print(f"rounds: {found.n_rounds}, {state}", highlight=False)


def _screen(
    responses: "Responses", method: str, models: Any, match: str, options: dict[str, Any]
) -> "Screening[Any]":
    from dataclasses import replace

    import numpy as np

    from calibration import dif

    groups = np.array(responses.groups)
    apart = replace(responses, groups=None)
    if method in ("lr", "wald"):
        compare: Any = dif.likelihood_ratio if method == "lr" else dif.wald
        return compare(apart, models, groups, **options)  # type: ignore[no-any-return]
    categories, matching = _matched(responses, models, match)
    polytomous = bool((categories > 1).any())
    if method == "mh":
        compare = dif.mantel if polytomous else dif.mantel_haenszel
    else:
        compare = dif.logistic
    return compare(  # type: ignore[no-any-return]
        responses.items, categories, groups, matching=matching, **options
    )


def _matched(responses: "Responses", models: Any, match: str) -> tuple[Any, Any]:
    """Categories from 0, and what to match by."""
    import numpy as np

    from calibration import calibrate
    from calibration.dif import AbilityMatching, SumScore
    from calibration.prepare import categories_for

    missing = bool(np.isnan(responses.codes).any())
    by_ability = match == "ability" or (match == "auto" and missing)
    if not by_ability:
        lowest = int(np.nanmin(responses.codes))
        codes = np.where(np.isnan(responses.codes), -1, responses.codes - lowest)
        return codes.astype(np.int16), SumScore()
    result = calibrate(responses, models, standard_errors="none")
    categories = categories_for(result.items, responses, lowest_code=result.lowest_code)
    return categories, AbilityMatching(result.items, result.quadrature)


def _row(one: Any, rows: Any) -> tuple[str, ...]:
    cells = rows(one) if one.p_value is not None else [""] * len(rows(None))
    return (
        one.item,
        *cells,
        probability(one.p_value),
        probability(one.p_adjusted),
        one.reason or "",
    )


def _mh(one: Any) -> list[str]:
    if one is None:
        return [""] * 4
    if hasattr(one, "delta"):
        return [one.focal, number(one.delta, 2), number(one.se_delta, 2), one.ets_class or ""]
    return [
        one.focal,
        number(one.mean_difference),
        number(one.se_mean_difference),
        one.ets_class or "",
    ]


def _logistic(one: Any) -> list[str]:
    if one is None:
        return [""] * 4
    tests = (one.uniform, one.nonuniform)
    return [
        *(number(test.p_value if test else None) for test in tests),
        number(one.r_squared_change, 4),
        one.jodoin_gierl or "",
    ]


def _likelihood_ratio(one: Any) -> list[str]:
    return ["", ""] if one is None else [number(one.chi_square, 2), str(one.df)]


def _wald(one: Any) -> list[str]:
    if one is None:
        return ["", "", ""]
    return [
        number(test.p_value if test else None) for test in (one.all, one.slopes, one.difficulties)
    ]


_ROWS: dict[str, Any] = {
    "mh": (("focal group", "delta or SMD", "se", "ETS"), _mh),
    "logistic": (("uniform p", "non-uniform p", "R2 change", "Jodoin-Gierl"), _logistic),
    "lr": (("G2", "df"), _likelihood_ratio),
    "wald": (("all p", "slopes p", "difficulties p"), _wald),
}
