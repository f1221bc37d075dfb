"""From a file's bytes to rows of cells: XLSX by its own cell types, CSV as text."""

import csv
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO, StringIO

from flask_babel import gettext as _

from web.errors import RefusedError

Cell = str | float | bool | date | datetime | time | timedelta | None

MAX_ROWS = 3_000
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


class UnreadableFileError(RefusedError):
    """The file as a whole cannot be read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row with its number in the file, from 1."""

    number: int
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The first sheet of a file without its blank rows; a CSV file has no sheet name."""

    name: str
    lines: Sequence[Line]


def read_sheet(content: bytes) -> Sheet:
    """Read the first sheet of an XLSX file, or a CSV file; told apart by content, not by name.

    Raises
    ------
    UnreadableFileError
        If the file is empty, too large, or neither.
    """
    if not content.strip():
        raise UnreadableFileError(_("Berkas ini kosong. Isi templatnya, lalu unggah lagi."))
    if content.startswith(_OLE):
        raise UnreadableFileError(
            _(
                "Berkas ini berbentuk Excel lama (XLS) atau terkunci kata sandi, seharusnya XLSX "
                "atau CSV. Simpan sebagai XLSX tanpa kata sandi, lalu unggah lagi."
            )
        )
    sheet = _xlsx(content) if content.startswith(_ZIP) else _csv(content)
    if not sheet.lines:
        raise UnreadableFileError(
            _("Berkas ini tidak berisi baris. Isi templatnya, lalu unggah lagi.")
        )
    if len(sheet.lines) > MAX_ROWS:
        raise UnreadableFileError(
            _(
                "%(n)s baris ditemukan, paling banyak %(most)s. Bagi menjadi beberapa berkas, lalu "
                "unggah satu per satu.",
                n=len(sheet.lines),
                most=MAX_ROWS,
            )
        )
    return sheet


def _xlsx(content: bytes) -> Sheet:
    from python_calamine import CalamineError, CalamineWorkbook  # slow to import

    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MAX_UNPACKED_BYTES:
            raise _not_a_table()
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        if not book.sheet_names:
            raise _not_a_table()
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError) as error:
        raise _not_a_table() from error
    return Sheet(book.sheet_names[0], _lines(enumerate(rows, start=1)))


def _csv(content: bytes) -> Sheet:
    text = _decoded(content)
    heading = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=heading.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    numbered: list[tuple[int, Sequence[Cell]]] = []
    start = 1
    try:
        for row in reader:
            numbered.append((start, row))
            start = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableFileError(
            _(
                "Baris %(row)s tidak terbaca sebagai CSV; biasanya ada tanda petik yang tidak "
                "ditutup. Perbaiki baris itu, lalu unggah lagi.",
                row=start,
            )
        ) from error
    return Sheet("", _lines(numbered))


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\x00" in content or content.startswith(
        (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf")
    ):
        raise _not_a_table()
    else:
        encoding = "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")  # Excel's "CSV" on Windows


def _lines(rows: Iterable[tuple[int, Sequence[Cell]]]) -> list[Line]:
    return [Line(number, cells) for number, cells in rows if not all(map(_is_blank, cells))]


def _is_blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _not_a_table() -> UnreadableFileError:
    return UnreadableFileError(
        _(
            "Berkas ini bukan lembar XLSX atau CSV. Unduh templatnya, isi, simpan sebagai XLSX "
            "atau CSV, lalu unggah lagi."
        )
    )
