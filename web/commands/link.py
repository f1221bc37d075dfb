"""``takar link``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from web.commands.responses import DATA, number, show_table
from web.commands.shared import plain_errors

if TYPE_CHECKING:
    from calibration.linking import Drift

METHODS = ("stocking_lord", "haebara", "mean_sigma", "mean_mean")
CRITERIA = ("none", "wald", "robust_z", "wrmsd")


@click.command("link")
@click.argument("new", type=DATA)
@click.argument("base", type=DATA)
@click.option("--method", default=METHODS[0], show_default=True, type=click.Choice(METHODS))
@click.option(
    "--drift",
    default="none",
    show_default=True,
    type=click.Choice(CRITERIA),
    help="Drop anchors that moved, by this criterion.",
)
@click.option("--threshold", type=float, help="Of the criterion; by default its usual one.")
@click.option("--anchor", "anchors", multiple=True, help="A common item; by default all are.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write NEW on the scale of BASE as JSON.",
)
@plain_errors
def command(
    new: Path,
    base: Path,
    method: Any,
    drift: Any,
    threshold: float | None,
    anchors: tuple[str, ...],
    out: Path | None,
) -> None:
    """Put the parameter set NEW on the scale of BASE through their common items.

    Both are JSON files of ``takar calibrate --out``; with their covariances, the link has standard
    errors.
    """
    from rich.console import Console

    from calibration.exchange import linked_json, read_parameters, write_json
    from calibration.linking import (
        Linking,
        apply_link,
        apply_link_to_covariance,
        find_drift,
        link,
    )

    console = Console()
    moving, standing = read_parameters(new), read_parameters(base)
    x, y = moving.items, standing.items
    spread_x, spread_y = moving.covariance, standing.covariance
    both = spread_x is not None and spread_y is not None
    options: dict[str, Any] = {
        "anchors": anchors or None,
        "covariance_x": spread_x if both else None,
        "covariance_y": spread_y if both else None,
    }
    if drift == "none":
        found = link(x, y, Linking(method=method), **options)
    else:
        judged = find_drift(
            x, y, Linking(method=method), criterion=drift, threshold=threshold, **options
        )
        found = judged.link
        _show_drift(console, judged)
    console.print(f"method: {found.method}, {len(found.anchors)} anchors", highlight=False)
    for name, value, error in (("A", found.A, found.se_A), ("B", found.B, found.se_B)):
        sure = "" if error is None else f" (standard error {error:.4f})"
        console.print(f"{name}: {value:.4f}{sure}", highlight=False)
    if out is not None:
        moved = apply_link_to_covariance(found, spread_x) if both and spread_x is not None else None
        linked = apply_link(found, x)
        write_json(linked_json(moving, linked, moved, found.A, found.B), out)
        console.print(f"linked parameters: {out}", highlight=False)


def _show_drift(console: Any, judged: "Drift") -> None:
    rows = [
        (
            one.name,
            number(one.robust_z.a, 2),
            number(one.robust_z.b, 2),
            number(one.wald.p_value if one.wald else None),
            number(one.curves.wrmsd),
            "kept" if one.kept else "dropped",
            one.reason,
        )
        for one in judged.anchors
    ]
    show_table(console, ("anchor", "robust z of a", "of b", "Wald p", "WRMSD", "", "reason"), rows)
    console.print(
        f"criterion: {judged.criterion}, threshold {judged.threshold:g}, {judged.rounds} rounds; "
        "figures are those of the final link, reasons those of the round",
        highlight=False,
    )
    for note in judged.notes:
        console.print(note, highlight=False)
