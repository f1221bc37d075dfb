"""What the commands on response files share: options, models, tables."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

MODELS = {
    name.lower(): name
    for name in ("Rasch", "1PL", "2PL", "3PL", "4PL", "GRM", "PCM", "GPCM", "NRM")
}
DATA = click.Path(exists=True, dir_okay=False, path_type=Path)

model_option = click.option(
    "--model",
    default="2pl",
    show_default=True,
    type=click.Choice(list(MODELS), case_sensitive=False),
    help="Model of every item that --item-model does not name.",
)
item_model_option = click.option(
    "--item-model", "item_models", multiple=True, metavar="ITEM=MODEL", help="One item's model."
)
skip_option = click.option("--skip", multiple=True, help="A column that is no item.")
missing_option = click.option(
    "--missing",
    multiple=True,
    help="A mark, beside the empty cell, for 'not presented': NA, 9.",
)
weights_option = click.option("--weights", help="Column with the frequency of each row.")


def models_of(usual: str, given: Iterable[str], items: Sequence[str]) -> str | list[str]:
    """A model for all items, or one each where some were named."""
    chosen = {}
    for one in given:
        item, _, name = one.rpartition("=")
        if item not in items or name.lower() not in MODELS:
            raise click.BadParameter(
                f"{one!r} is not ITEM=MODEL, with an item of the file and one of "
                f"{', '.join(MODELS)}"
            )
        chosen[item] = MODELS[name.lower()]
    usual = MODELS[usual.lower()]
    return [chosen.get(item, usual) for item in items] if chosen else usual


def number(value: float | None, digits: int = 3) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def probability(value: float | None) -> str:
    return "<0.001" if value is not None and value < 0.0005 else number(value)


def show_table(console: Any, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table without the columns that stay empty."""
    from rich.table import Table

    used = [place for place in range(len(headings)) if any(row[place] for row in rows)]
    shown = Table(*(headings[place] for place in used))
    for row in rows:
        shown.add_row(*(row[place] for place in used))
    console.print(shown)
