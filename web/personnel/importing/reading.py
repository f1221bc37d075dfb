"""Reading a file of people, performance or talent scores: all faults at once, nothing written."""

from pathlib import Path

from flask_babel import gettext as _

from web.personnel.importing.columns import COLUMNS
from web.personnel.importing.records import Issue, Kind, Known, ReadImport, Row
from web.personnel.importing.rows import Line, Reading, read_row
from web.personnel.importing.sheets import Sheet, UnreadableFileError, read_sheet


def read_file(kind: Kind, path: Path, known: Known) -> ReadImport:
    """Read and check the file at ``path``; see `read_content`."""
    return read_content(kind, path.read_bytes(), known)


def read_content(kind: Kind, content: bytes, known: Known) -> ReadImport:
    """Read and check a file.

    Parameters
    ----------
    kind : Kind
    content : bytes
        An XLSX or CSV file.
    known : Known
        What the rows may refer to, and what they would change.

    Returns
    -------
    ReadImport
        The sound rows, and every error and warning by sheet, row and column. A file that cannot be
        read at all gives one error without a row.
    """
    try:
        sheet = read_sheet(content)
    except UnreadableFileError as error:
        return ReadImport(kind, [], [Issue(str(error))], [])
    reading = Reading(kind, known, sheet.name)
    places = _places(reading, sheet)
    if reading.errors:
        return ReadImport(kind, [], reading.errors, reading.warnings)
    rows: list[Row] = []
    for line in sheet.lines[1:]:
        given = {
            key: line.cells[index] if index < len(line.cells) else None
            for key, index in places.items()
        }
        row = read_row(Line(reading, line.number, given))
        if row is not None:
            rows.append(row)
    if not rows and not reading.errors:
        reading.errors.append(
            Issue(
                _("Tidak ada baris di bawah judul kolom. Isi paling sedikit satu baris."),
                sheet.name,
            )
        )
    return ReadImport(kind, rows, reading.errors, reading.warnings)


def _places(reading: Reading, sheet: Sheet) -> dict[str, int]:
    """The place of each column, from the headings in the first row."""
    number = sheet.lines[0].number
    headings = [_heading(cell) for cell in sheet.lines[0].cells]
    expected = {column.heading.casefold(): column for column in COLUMNS[reading.kind]}
    missing = [
        column.heading
        for folded, column in expected.items()
        if folded not in headings and not column.optional
    ]
    if missing:
        reading.errors.append(_missing(reading, number, missing))
    for heading in dict.fromkeys(filter(None, headings)):
        if heading not in expected:
            message = _("Kolom ini tidak dikenal dan tidak dibaca.")
            reading.warnings.append(Issue(message, sheet.name, number, heading))
        elif headings.count(heading) > 1:
            message = _("Kolom ini ada lebih dari satu kali. Hapus yang tidak dipakai.")
            column = expected[heading].heading
            reading.errors.append(Issue(message, sheet.name, number, column))
    return {
        column.key: headings.index(folded)
        for folded, column in expected.items()
        if folded in headings
    }


def _heading(cell: object) -> str:
    return " ".join(str(cell or "").replace("\u00a0", " ").split()).casefold()


def _missing(reading: Reading, number: int, missing: list[str]) -> Issue:
    return Issue(
        _(
            "Kolom berikut tidak ditemukan: %(missing)s. Baris pertama seharusnya berisi judul "
            "kolom seperti pada templat.",
            missing=", ".join(missing),
        ),
        reading.sheet,
        number,
    )
