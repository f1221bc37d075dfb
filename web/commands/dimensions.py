"""Calibrating several dimensions apart from one file, and the joint prior that comes of it."""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from calibration import Responses
    from calibration.ability_prior import AbilityPrior

DIGITS = 8


def read_dimensions(path: Path, items: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The items of each dimension, both in the order of the response file.

    Parameters
    ----------
    path : Path
        CSV with the columns ``item`` and ``dimension``, or ``competency`` as in the bank's own
        file of parameters. Items without a column in the response file are passed over.
    items : sequence of str
        Of the response file.

    Raises
    ------
    click.ClickException
        If a column is missing, an item stands in two dimensions, or one of ``items`` in none.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as source:
            reader = csv.DictReader(source)
            header = reader.fieldnames or ()
            column = next((name for name in ("dimension", "competency") if name in header), None)
            if "item" not in header or column is None:
                raise click.ClickException(
                    f"{path.name}: the header needs the columns item and dimension (or "
                    f"competency); it has {', '.join(header) or 'none'}"
                )
            pairs = [(row["item"], (row[column] or "").strip()) for row in reader]
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{path.name}: not UTF-8 text; save it as CSV UTF-8") from error
    of_item: dict[str, str] = {}
    for item, dimension in pairs:
        if dimension and of_item.setdefault(item, dimension) != dimension:
            raise click.ClickException(
                f"{path.name}: item {item!r} stands in both {of_item[item]!r} and {dimension!r}"
            )
    homeless = [item for item in items if item not in of_item]
    if homeless:
        raise click.ClickException(
            f"{path.name}: no dimension for {', '.join(homeless[:5])}"
            f"{f' and {len(homeless) - 5} more' if len(homeless) > 5 else ''}; add a row for each, "
            "or leave the column out by --skip"
        )
    names = dict.fromkeys(of_item[item] for item in items)
    return {name: tuple(item for item in items if of_item[item] == name) for name in names}


def part_of(responses: "Responses", items: Sequence[str]) -> "Responses":
    """The same persons with the columns of ``items`` only."""
    places = [responses.items.index(item) for item in items]
    return replace(responses, items=tuple(items), codes=responses.codes[:, places])


def lowest_of(responses: "Responses") -> int | None:
    """The code that is category 0 in all parts of a file; None where the codes are at fault."""
    import numpy as np

    lowest = float(np.nanmin(responses.codes)) if np.isfinite(responses.codes).any() else 0.0
    return int(lowest) if lowest in (0.0, 1.0) else None


def beside(path: Path | None, dimension: str) -> Path | None:
    """The file of one dimension: its name before the ending."""
    if path is None or not dimension:
        return path
    return path.with_name(f"{path.stem}-{dimension}{path.suffix}")


def prior_block(prior: "AbilityPrior", source: str) -> str:
    """The ``joint`` block of an assessment file; correlations and their errors as comments."""
    found = prior.correlations
    names = prior.dimensions
    lines = [
        f"# Joint prior of {len(names)} abilities, estimated from {source}.",
        "# Correlations with standard errors and persons:",
    ]
    for i, one in enumerate(names):
        for j in range(i):
            lines.append(
                f"#   {names[j]}, {one}: {found.correlation[i, j]:.3f} "
                f"({found.se[i, j]:.3f}; {found.n_persons[i, j]:g})"
            )
    lines += [f"# {note}" for note in found.notes]
    lines += [
        "joint:",
        f"  dimensions: {json.dumps(names, ensure_ascii=False)}",
        f"  mean: {_row(prior.mean)}",
        "  covariance:",
        *(f"    - {_row(row)}" for row in prior.covariance),
    ]
    return "\n".join(lines) + "\n"


def _row(values: Iterable[float]) -> str:
    return "[" + ", ".join(str(round(float(value), DIGITS) + 0.0) for value in values) + "]"
