"""The XLSX file to fill in: headings, an example row, and a sheet on what each column takes."""

from datetime import date
from io import BytesIO
from typing import Any

from web.personnel.importing.columns import COLUMNS, SHEET_NAMES, STANDINGS
from web.personnel.importing.records import Column, Kind, Known

WIDTH = 24


def template_file(kind: Kind, known: Known) -> bytes:
    """The template of a kind, with the words that the policy at hand allows."""
    import xlsxwriter  # slow to import

    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        _fill(book, book.add_worksheet(SHEET_NAMES[kind]), COLUMNS[kind])
        notes = book.add_worksheet("Petunjuk")
        notes.set_column(0, 0, WIDTH)
        notes.set_column(1, 1, 4 * WIDTH)
        for index, (heading, words) in enumerate(_notes(kind, known)):
            notes.write_string(index, 0, heading)
            notes.write_string(index, 1, words)
    return out.getvalue()


def _fill(book: Any, sheet: Any, columns: tuple[Column, ...]) -> None:
    bold = book.add_format({"bold": True})
    as_text = book.add_format({"num_format": "@"})
    as_day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.freeze_panes(1, 0)
    for index, column in enumerate(columns):
        style = as_text if isinstance(column.example, str) else None
        sheet.set_column(index, index, WIDTH, style)
        sheet.write_string(0, index, column.heading, bold)
        match column.example:
            case str() as words:
                sheet.write_string(1, index, words, as_text)
            case date() as day:
                sheet.set_column(index, index, WIDTH, as_day)
                sheet.write_datetime(1, index, day, as_day)
            case number:
                sheet.write_number(1, index, number)


def _notes(kind: Kind, known: Known) -> list[tuple[str, str]]:
    nip = ("NIP", "18 angka, ditulis sebagai teks.")
    match kind:
        case Kind.PEOPLE:
            classes = "; ".join(f"{code} ({name})" for code, name in known.job_classes.items())
            return [
                nip,
                (
                    "Kode unit, Nama unit",
                    "Unit baru ditambahkan; nama boleh kosong untuk kode yang sudah ada.",
                ),
                ("Kode jabatan, Jabatan", "Satu kode untuk satu jabatan pada satu unit."),
                ("Kelas jabatan", f"Salah satu dari: {classes}."),
            ]
        case Kind.PERFORMANCE:
            words = "; ".join(STANDINGS.values())
            return [
                nip,
                ("Tahun", "Satu baris untuk satu tahun."),
                ("Hasil kerja, Perilaku", f"Salah satu dari: {words}."),
                ("Sumber", "Dokumen asal; tidak wajib."),
            ]
        case Kind.TALENT_SCORES:
            components = "; ".join(f"{code} ({one.name})" for code, one in known.components.items())
            categories = [
                (
                    f"Nilai untuk {one.name}",
                    "; ".join(words for words, _score in one.categories.values()),
                )
                for one in known.components.values()
                if one.categories
            ]
            return [
                nip,
                ("Komponen", f"Salah satu dari: {components}."),
                ("Nilai", "Bilangan 0 sampai 100, kecuali komponen yang dicatat dengan kategori."),
                *categories,
                ("Tanggal", "Tanggal Excel, atau teks seperti 2026-03-05."),
                ("Sumber", "Dokumen asal."),
            ]
