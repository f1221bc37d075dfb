"""Files to upload and people to work with, for the tests of the personnel pages."""

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any

import xlsxwriter

PEOPLE_HEADINGS = (
    "NIP",
    "Nama",
    "Kode unit",
    "Nama unit",
    "Kode jabatan",
    "Jabatan",
    "Kelas jabatan",
)
PERFORMANCE_HEADINGS = ("NIP", "Tahun", "Hasil kerja", "Perilaku", "Sumber")
SCORE_HEADINGS = ("NIP", "Komponen", "Nilai", "Tanggal", "Sumber")

ANI, BUDI, CITRA = "198001012005011001", "198502022010012002", "199003032015011003"

PEOPLE = [
    PEOPLE_HEADINGS,
    (ANI, "Ani Wijaya", "DPU", "Dinas Pekerjaan Umum", "DPU-1", "Kepala Bidang", "administrator"),
    (BUDI, "Budi Santoso", "DPU", "Dinas Pekerjaan Umum", "DPU-2", "Kepala Seksi", "pengawas"),
    (CITRA, "Citra Lestari", "DKK", "Dinas Kesehatan", "DKK-1", "Analis", "Pelaksana"),
]


def xlsx(rows: Sequence[Sequence[Any]], sheet: str = "Pegawai") -> bytes:
    """A workbook with these rows; text stays text, numbers and dates are such."""
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet(sheet)
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                match value:
                    case str():
                        page.write_string(number, place, value)
                    case date():
                        page.write_datetime(number, place, value, day)
                    case None:
                        pass
                    case _:
                        page.write_number(number, place, value)
    return out.getvalue()


def csv_of(rows: Sequence[Sequence[Any]], delimiter: str = ",") -> bytes:
    return "\r\n".join(delimiter.join(map(str, row)) for row in rows).encode()
