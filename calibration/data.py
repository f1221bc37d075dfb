"""Response data: from a file, an array or a frame."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calibration.errors import DataError

FloatArray = npt.NDArray[np.float64]

HIGHEST_CODE = 99
LONG = frozenset({"person", "item", "category"})
NAMED = 5  # names listed in one message before it says how many more there are


@dataclass(frozen=True, eq=False)
class Responses:
    """Scored answers.

    Attributes
    ----------
    items : tuple of str
        Item names, one a column.
    codes : array of shape (n_persons, n_items)
        Category codes; NaN = not presented.
    weights : array of shape (n_persons,), or None
        How often each row occurred.
    source : str
        Where the data came from, for messages and provenance.
    groups : tuple of str, or None
        Label of each row's group.
    """

    items: tuple[str, ...]
    codes: FloatArray
    weights: FloatArray | None = None
    source: str = "array"
    groups: tuple[str, ...] | None = None


def read_responses(
    path: str | Path,
    *,
    frequency: str | None = None,
    group: str | None = None,
    skip: Sequence[str] = (),
    missing: Sequence[str] = (),
    sheet: str | None = None,
) -> Responses:
    """Read a CSV or XLSX file of category codes.

    The first row names the items, each further row is a person (or, with ``frequency``, a response
    pattern). An empty cell means that the item was not presented. In a CSV the separator is a
    comma, or a semicolon where the header has no comma.

    Parameters
    ----------
    path : str or Path
        A file ending in ``.csv`` or ``.xlsx``.
    frequency : str, optional
        Name of the column that says how often each row occurred.
    group : str, optional
        Name of the column with the label of each row's group.
    skip : sequence of str
        Names of columns that are none of these and no items, a person's number for instance.
    missing : sequence of str
        What else than an empty cell stands for "not presented", ``NA`` or ``9`` for instance.
    sheet : str, optional
        Name of the worksheet; by default the first.

    Raises
    ------
    DataError
        If the file cannot be read, or a cell is no category code (a whole number from 0 to 99); the
        message names file or sheet, row (1 = header) and column.
    """
    path = Path(path)
    readers = {".csv": _read_csv, ".xlsx": _read_xlsx}
    if path.suffix.lower() not in readers:
        raise DataError(f"{path.name}: the file must end in .csv or .xlsx; save it as one of these")
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    where, header, columns = readers[path.suffix.lower()](path, sheet)
    _check_header(where, header)
    if not columns or len(columns[0]) == 0:
        raise DataError(f"{where}: there is no row below the header; add one row a person")
    for name in skip:
        _, header, columns = _taken(where, name, header, columns)
    weights = groups = None
    if frequency is not None:
        cells, header, columns = _taken(where, frequency, header, columns)
        weights = _frequencies(where, frequency, cells)
    if group is not None:
        cells, header, columns = _taken(where, group, header, columns)
        groups = _labels(where, group, cells)
    marks = frozenset(mark.strip() for mark in missing)
    codes = [
        _codes(where, name, column, marks) for name, column in zip(header, columns, strict=True)
    ]
    if not codes:
        beside = " and ".join(repr(name) for name in (frequency, group) if name is not None)
        raise DataError(f"{where}: there is no item column beside {beside}")
    return Responses(tuple(header), np.column_stack(codes), weights, where, groups)


def _taken(
    where: str, name: str, header: list[str], columns: list[list[Any]]
) -> tuple[list[Any], list[str], list[list[Any]]]:
    """A column by its name, and the header and columns without it."""
    if name not in header:
        raise DataError(f"{where}: no column is named {name!r}; there are {listed(header)}")
    place = header.index(name)
    return (
        columns[place],
        header[:place] + header[place + 1 :],
        columns[:place] + columns[place + 1 :],
    )


def _labels(where: str, name: str, cells: list[Any]) -> tuple[str, ...]:
    for place, cell in enumerate(cells):
        if cell is None or not str(cell).strip():
            raise DataError(
                f"{where}, row {place + 2}, column {name!r}: the group is missing; name it"
            )
    return tuple(_label(cell) for cell in cells)


def _label(cell: Any) -> str:
    """As people write it: a spreadsheet's 1.0 is 1."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _read_csv(path: Path, sheet: str | None) -> tuple[str, list[str], list[list[Any]]]:
    import polars as pl

    if sheet is not None:
        raise DataError(f"{path.name}: a CSV file has no sheets; leave sheet={sheet!r} out")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name}: not UTF-8 text ({error}); save it as CSV UTF-8") from error
    lines = text.rstrip().splitlines()
    if not lines:
        raise DataError(f"{path.name}: the file is empty; its first row must name the items")
    separator = ";" if ";" in lines[0] and "," not in lines[0] else ","
    header = next(csv.reader(lines[:1], delimiter=separator))
    for row, line in enumerate(lines[1:], start=2):
        cells = line.count(separator) + 1
        if cells != len(header) or (len(header) > 1 and not line.strip()):
            raise DataError(
                f"{path.name}, row {row}: {cells} cells, but the header has {len(header)}; give "
                "each row one cell an item, empty where it was not presented"
            )
    if len(header) == 1:  # polars would drop empty lines, which here are empty cells
        return path.name, header, [[line.strip().strip('"') for line in lines[1:]]]
    if len(lines) == 1:
        return path.name, header, []
    try:
        body = "\n".join(lines[1:]).encode()
        frame = pl.read_csv(body, has_header=False, separator=separator, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{path.name}: not readable as CSV ({error})") from error
    return path.name, header, [series.to_list() for series in frame]


def _read_xlsx(path: Path, sheet: str | None) -> tuple[str, list[str], list[list[Any]]]:
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
    except (python_calamine.CalamineError, OSError) as error:
        raise DataError(f"{path.name}: not a readable XLSX workbook ({error})") from error
    name = book.sheet_names[0] if sheet is None else sheet
    if name not in book.sheet_names:
        raise DataError(f"{path.name}: no sheet {name!r}; there are {listed(book.sheet_names)}")
    rows: list[list[Any]] = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    while rows and all(cell == "" for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise DataError(f"{path.name}, sheet {name!r} is empty; its first row must name the items")
    header = ["" if cell == "" else str(cell) for cell in rows[0]]
    columns = [list(column) for column in zip(*rows[1:], strict=True)]
    while header and header[-1] == "" and not any(cell != "" for cell in (columns or [[]])[-1]):
        header.pop()
        columns = columns[:-1]
    return f"{path.name}, sheet {name!r}", header, columns


def _check_header(where: str, header: list[str]) -> None:
    for place, name in enumerate(header):
        if not name.strip():
            raise DataError(
                f"{where}, row 1, column {place + 1}: the header is empty; name the item"
            )
        if name in header[:place]:
            raise DataError(
                f"{where}, row 1, column {place + 1}: {name!r} occurs twice; give each item a name "
                "of its own"
            )


def _number(cell: Any) -> float | None:
    if isinstance(cell, bool):
        return None
    try:
        number = float(cell)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None


def _codes(where: str, name: str, cells: list[Any], missing: frozenset[str]) -> FloatArray:
    seen: dict[Any, float] = {}
    out = np.empty(len(cells))
    for place, cell in enumerate(cells):
        if type(cell) is bool or cell not in seen:
            code = np.nan if _text(cell) in missing else _one_code(cell)
            if code is None:
                raise DataError(
                    f"{where}, row {place + 2}, column {name!r}: {cell!r} is no category code; "
                    f"write a whole number from 0 to {HIGHEST_CODE}, or leave the cell empty where "
                    "the item was not presented (another mark, NA for instance, is named by "
                    "missing); a column that is no item is named by group, "
                    "weights or skip"
                )
            seen[cell] = code
        out[place] = seen[cell]
    return out


def _text(cell: Any) -> str:
    """As one would write it; a worksheet keeps 9 as 9.0."""
    whole = isinstance(cell, float) and cell.is_integer()
    return str(int(cell) if whole else cell).strip()


def _one_code(cell: Any) -> float | None:
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return np.nan
    number = _number(cell)
    if number is None or number != int(number) or not 0 <= number <= HIGHEST_CODE:
        return None
    return number


def _frequencies(where: str, name: str, cells: list[Any]) -> FloatArray:
    numbers = [_number(cell) for cell in cells]
    for place, number in enumerate(numbers):
        if number is None or number < 0:
            raise DataError(
                f"{where}, row {place + 2}, column {name!r}: {cells[place]!r} is no frequency; "
                "write a number, 0 or more"
            )
    return np.array(numbers, dtype=np.float64)


def listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    first = ", ".join(repr(name) for name in names[:NAMED])
    return first if len(names) <= NAMED else f"{first} and {len(names) - NAMED} more"
