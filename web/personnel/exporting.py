"""Tables as files that open elsewhere: XLSX for Excel, CSV and JSON for other systems."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from io import BytesIO, StringIO
from typing import Any

from flask import Response
from flask_babel import gettext as _

from item_bank.database import utcnow
from web.errors import NotFoundError
from web.rendering import LOCAL_ZONE

FORMATS = ("xlsx", "csv", "json")
MIME = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json; charset=utf-8",
}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Table:
    """``headings`` name each column by key; rows hold text, numbers, booleans, dates, or None."""

    title: str
    headings: Mapping[str, str]
    rows: Sequence[Mapping[str, Any]]


def download(table: Table, file_format: str, name: str, about: Mapping[str, Any]) -> Response:
    """The table as a file to download; ``about`` (filters, versions) heads the JSON form.

    Raises
    ------
    NotFoundError
        If the format is none of ``FORMATS``.
    """
    if file_format not in FORMATS:
        raise NotFoundError(f"no such format: {file_format}")
    make: dict[str, Callable[[Table], bytes]] = {
        "xlsx": xlsx,
        "csv": as_csv,
        "json": partial(as_json, about=about),
    }
    day = utcnow().astimezone(LOCAL_ZONE).date().isoformat()
    response = Response(make[file_format](table), mimetype=MIME[file_format])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-{day}.{file_format}"'
    return response


def xlsx(table: Table) -> bytes:
    """Text stays text, so that a NIP keeps all its digits; numbers and dates are such."""
    import xlsxwriter  # slow to import

    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet(table.title[:31])
        bold = book.add_format({"bold": True})
        styles = {
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "text": book.add_format({"num_format": "@"}),
        }
        sheet.freeze_panes(1, 0)
        for place, heading in enumerate(table.headings.values()):
            sheet.set_column(place, place, 22)
            sheet.write_string(0, place, heading, bold)
        for number, row in enumerate(table.rows, start=1):
            for place, key in enumerate(table.headings):
                _write(sheet, number, place, row[key], styles)
    return out.getvalue()


def as_csv(table: Table) -> bytes:
    """UTF-8 with a mark that Excel recognises; text quoted, numbers with a point."""
    out = StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(table.headings.values())
    for row in table.rows:
        writer.writerow([_csv_cell(row[key]) for key in table.headings])
    return out.getvalue().encode("utf-8-sig")


def as_json(table: Table, about: Mapping[str, Any]) -> bytes:
    content = {**about, "exported_at": utcnow().isoformat(), "rows": list(table.rows)}
    return json.dumps(content, ensure_ascii=False, indent=1, default=_json_value).encode()


def _write(sheet: Any, row: int, place: int, value: Any, styles: Mapping[str, Any]) -> None:
    match value:
        case None:
            return
        case bool():
            sheet.write_string(row, place, _yes(value), styles["text"])
        case int() | float():
            sheet.write_number(row, place, value)
        case date():
            sheet.write_datetime(row, place, value, styles["day"])
        case _:
            sheet.write_string(row, place, _joined(value), styles["text"])


def _csv_cell(value: Any) -> Any:
    match value:
        case None:
            return ""
        case bool():
            return _yes(value)
        case int() | float():
            return value
        case date():
            return value.isoformat()
        case _:
            words = _joined(value)
            return f"'{words}" if words.startswith(_FORMULA_STARTS) else words


def _joined(value: Any) -> str:
    return value if isinstance(value, str) else "; ".join(map(str, value))


def _yes(value: bool) -> str:
    return str(_("ya") if value else _("tidak"))


def _json_value(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"not for JSON: {type(value)}")
