"""Data items: recompute the answer from the item's own table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofs import Function, Item, ProofError, Value, evaluate, read_number, round_half_up


@dataclass(frozen=True)
class Table:
    """Cells by row label (the first column) and column name; a hidden cell is ``None``."""

    cells: Mapping[str, Mapping[str, Value]]

    def cell(self, row: str, column: str) -> Value:
        """Return one cell.

        Raises
        ------
        ProofError
            If there is no such cell or its value is hidden.
        """
        value = self.cells.get(row, {}).get(column)
        if value is None:
            raise ProofError(f"no value in row {row!r}, column {column!r}")
        return value

    def column(self, name: str) -> tuple[Value, ...]:
        """Return a column from top to bottom."""
        return tuple(self.cell(row, name) for row in self.cells)

    def row(self, name: str) -> tuple[Value, ...]:
        """Return a row from left to right, without its label."""
        return tuple(self.cell(name, column) for column in self.cells.get(name, {}))


def read_table(table: Mapping[str, Any]) -> Table:
    """Read an item's ``table``; numbers may be written as people do (``"1.250"``, ``"12,5"``)."""
    names = table["columns"][1:]
    return Table(
        {
            str(label): {name: _read_cell(cell) for name, cell in zip(names, cells, strict=True)}
            for label, *cells in table["rows"]
        }
    )


def _read_cell(cell: Value) -> Value:
    if cell is None or cell == "?":
        return None
    try:
        return read_number(str(cell))
    except ProofError:
        return str(cell)


def right_options(item: Item) -> list[int]:
    """Return the 1-based positions of the options that the table bears out."""
    proof, table = item["proof"], read_table(item["table"])
    answer = _answer(proof, table)
    if isinstance(answer, str):
        return [at for at, option in enumerate(item["options"], 1) if option == answer]
    rounded = round_half_up(Fraction(answer), proof.get("decimals", 0))
    return [at for at, option in enumerate(item["options"], 1) if _read_option(option) == rounded]


def _read_option(option: str) -> Fraction:
    first, _, rest = option.partition(" ")
    match first.lower(), rest:
        case "naik", _:
            return read_number(rest)
        case "turun", _:
            return -read_number(rest)
        case _ if rest.startswith(": "):
            return read_number(first) / read_number(rest[2:])
    return read_number(option)


def _answer(proof: Item, table: Table) -> Value:
    if "value" in proof:
        return evaluate(proof["value"], {}, _functions(table))
    values = {
        label: evaluate(proof["per_row"], {}, _functions(table, label))
        for label in table.cells
        if label not in proof.get("leave_out", ())
    }
    return _pick(values, proof["pick"])


def _pick(values: Mapping[str, Value], pick: str | int) -> Value:
    """Return a row (``max``, ``min``, nth largest), rows in order, or how many are true."""
    if pick == "count":
        return sum(bool(value) for value in values.values())
    if pick == "only":
        return ", ".join(label for label, value in values.items() if value)
    if len(set(values.values())) < len(values):
        raise ProofError(f"rows tie: {values}")
    falling = sorted(values, key=lambda label: values[label], reverse=True)
    picked: dict[str | int, str] = {
        "max": falling[0],
        "min": falling[-1],
        "falling": ", ".join(falling),
        "rising": ", ".join(reversed(falling)),
    }
    picked |= dict(enumerate(falling, 1))
    if pick not in picked:
        raise ProofError(f"unknown pick {pick!r}, expected one of {list(picked)}")
    return picked[pick]


def _functions(table: Table, label: str | None = None) -> dict[str, Function]:
    functions: dict[str, Function] = {
        "cell": table.cell,
        "column": table.column,
        "row": table.row,
        "sum": sum,
        "min": min,
        "max": max,
        "abs": abs,
        "len": len,
        "mean": lambda values: Fraction(sum(values)) / len(values),
        "median": _median,
        "weighted": lambda values, weights: (
            sum(Fraction(v) * w for v, w in zip(values, weights, strict=True)) / sum(weights)
        ),
    }
    if label is not None:
        functions["here"] = lambda column: table.cell(label, column)
    return functions


def _median(values: tuple[Value, ...]) -> Fraction:
    ordered, half = sorted(values), len(values) // 2
    if len(values) % 2:
        return Fraction(ordered[half])
    return Fraction(ordered[half - 1] + ordered[half]) / 2
