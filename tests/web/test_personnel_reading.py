"""Reading files of people, performance and talent scores: every fault by its place, no database."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from personnel_files import (
    ANI,
    BUDI,
    PEOPLE,
    PEOPLE_HEADINGS,
    PERFORMANCE_HEADINGS,
    SCORE_HEADINGS,
    csv_of,
    xlsx,
)
from python_calamine import CalamineWorkbook

from web.personnel.importing import Issue, Kind, Known, read_content, read_file, template_file
from web.personnel.importing.columns import COLUMNS
from web.personnel.importing.records import KnownComponent, KnownPosition, ReadImport

DISCIPLINE = {"none": ("Tidak pernah dijatuhi hukuman disiplin", 100.0), "light": ("Ringan", 75.0)}
KNOWN = Known(
    job_classes={
        "pelaksana": "Pelaksana",
        "pengawas": "Pengawas (eselon IV)",
        "jpt_pratama": "JPT",
    },
    components={
        "awards": KnownComponent("Penghargaan"),
        "integrity": KnownComponent("Integritas dan moralitas", 0.0, DISCIPLINE),
        "aspect": KnownComponent("Aspek", 20.0),
    },
    units={"DPU": "Dinas Pekerjaan Umum"},
    positions={"DPU-1": KnownPosition("Kepala Seksi", "pengawas", "DPU")},
    nips=frozenset({ANI, BUDI}),
    today=date(2026, 6, 1),
)
PERSON = (ANI, "Ani Wijaya", "DPU", "Dinas Pekerjaan Umum", "DPU-1", "Kepala Seksi", "pengawas")


def people(*rows: tuple[object, ...]) -> ReadImport:
    return read_content(Kind.PEOPLE, xlsx([PEOPLE_HEADINGS, *rows]), KNOWN)


def performance(*rows: tuple[object, ...]) -> ReadImport:
    return read_content(Kind.PERFORMANCE, xlsx([PERFORMANCE_HEADINGS, *rows], "Kinerja"), KNOWN)


def scores(*rows: tuple[object, ...]) -> ReadImport:
    return read_content(Kind.TALENT_SCORES, xlsx([SCORE_HEADINGS, *rows], "Nilai"), KNOWN)


def with_cell(place: int, value: object) -> tuple[object, ...]:
    return (*PERSON[:place], value, *PERSON[place + 1 :])


def only(issues: list[Issue]) -> Issue:
    assert len(issues) == 1, issues
    return issues[0]


def test_sound_people_are_read_as_they_will_be_written() -> None:
    found = people(PERSON)
    assert found.errors == []
    assert found.rows == [
        {
            "nip": ANI,
            "name": "Ani Wijaya",
            "unit_code": "DPU",
            "unit_name": "Dinas Pekerjaan Umum",
            "position_code": "DPU-1",
            "position_title": "Kepala Seksi",
            "job_class": "pengawas",
        }
    ]


def test_a_fault_names_sheet_row_and_column_and_how_to_mend_it() -> None:
    found = read_content(
        Kind.PEOPLE, xlsx([PEOPLE_HEADINGS, PERSON, with_cell(0, "1985")], "Lembar A"), KNOWN
    )
    assert only(found.errors) == Issue(
        "4 angka ditemukan, seharusnya 18. Periksa NIP pada dokumen aslinya.", "Lembar A", 3, "NIP"
    )
    assert len(found.rows) == 1


def test_rows_keep_their_numbers_past_blank_ones() -> None:
    found = people(PERSON, (None,) * 7, with_cell(0, "1985"))
    assert only(found.errors).row == 4


@pytest.mark.parametrize("came", [1.98001012005011e17, "1.98E+17", "1,98001E+17"])
def test_a_nip_that_excel_made_a_number_is_refused(came: object) -> None:
    issue = only(people(with_cell(0, came)).errors)
    assert "Format kolom sebagai teks" in issue.message
    assert issue.column == "NIP"


@pytest.mark.parametrize(
    "came", [f"{ANI[:8]} {ANI[8:14]} {ANI[14]} {ANI[15:]}", f"'{ANI}", f" {ANI}\u00a0"]
)
def test_a_nip_as_people_write_it_is_taken(came: str) -> None:
    found = people(with_cell(0, came))
    assert found.errors == []
    assert found.rows[0]["nip"] == ANI


def test_the_same_person_twice_is_refused() -> None:
    issue = only(people(PERSON, PERSON).errors)
    assert (issue.row, issue.column) == (3, "NIP")
    assert "baris 2" in issue.message


def test_an_unknown_class_lists_the_known_ones() -> None:
    issue = only(people(with_cell(6, "eselon V")).errors)
    assert issue.column == "Kelas jabatan"
    assert "“eselon V” tidak dikenal" in issue.message
    assert "Pengawas (eselon IV)" in issue.message


@pytest.mark.parametrize("words", ["JPT Pratama", "jpt_pratama", "jpt"])
def test_a_class_is_known_by_code_or_name(words: str) -> None:
    found = people((BUDI, "Budi", "DPU", "", "DPU-9", "Kepala Dinas", words))
    assert found.errors == []
    assert found.rows[0]["job_class"] == "jpt_pratama"


def test_a_new_unit_needs_a_name_and_is_announced() -> None:
    issue = only(people((BUDI, "Budi", "DKK", "", "DKK-1", "Analis", "pelaksana")).errors)
    assert issue.column == "Nama unit"
    assert "DKK belum dikenal" in issue.message
    found = people((BUDI, "Budi", "DKK", "Dinas Kesehatan", "DKK-1", "Analis", "pelaksana"))
    assert found.errors == []
    assert "DKK belum dikenal dan akan ditambahkan" in only(found.warnings).message


def test_a_known_unit_and_position_need_no_words() -> None:
    found = people((ANI, "Ani", "DPU", "", "DPU-1", "", ""))
    assert found.errors == []
    assert found.rows[0]["unit_name"] == "Dinas Pekerjaan Umum"
    assert found.rows[0]["position_title"] == "Kepala Seksi"
    assert found.rows[0]["job_class"] == "pengawas"


def test_changed_names_and_classes_are_announced_once() -> None:
    changed = ("DPU", "Dinas PU", "DPU-1", "Kepala Seksi", "pelaksana")
    found = people((ANI, "Ani", *changed), (BUDI, "Budi", *changed))
    assert found.errors == []
    assert {issue.column for issue in found.warnings} == {"Nama unit", "Kelas jabatan"}
    assert len(found.warnings) == 2


def test_rows_that_contradict_each_other_are_refused() -> None:
    found = people(PERSON, (BUDI, "Budi", "DPU", "Dinas PU", "DPU-1", "Analis", "pelaksana"))
    assert {issue.column for issue in found.errors} == {"Nama unit", "Jabatan", "Kelas jabatan"}
    assert all("baris 2" in issue.message for issue in found.errors)


@pytest.mark.parametrize("place", [1, 2, 4])
def test_an_empty_cell_is_refused(place: int) -> None:
    found = people(with_cell(place, ""))
    assert "kosong" in found.errors[0].message


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_csv_is_read_with_comma_semicolon_or_tab_and_with_a_mark(
    delimiter: str, mark: bytes
) -> None:
    found = read_content(Kind.PEOPLE, mark + csv_of(PEOPLE, delimiter), KNOWN)
    assert [issue.message for issue in found.errors] == [
        "“administrator” tidak dikenal, seharusnya salah satu dari: "
        "Pelaksana; Pengawas (eselon IV); JPT. Ganti isinya."
    ]
    assert [row["nip"] for row in found.rows] == [PEOPLE[2][0], PEOPLE[3][0]]
    assert found.errors[0].sheet == ""


def test_csv_in_utf16_and_in_the_windows_encoding() -> None:
    rows = [PEOPLE_HEADINGS, with_cell(1, "José")]
    text = csv_of(rows).decode()
    for content in (text.encode("utf-16"), text.encode("cp1252")):
        assert read_content(Kind.PEOPLE, content, KNOWN).rows[0]["name"] == "José"


def test_a_quoted_line_break_does_not_shift_row_numbers() -> None:
    rows = csv_of([PEOPLE_HEADINGS, with_cell(1, '"Ani\nWijaya"'), with_cell(0, "1985")])
    found = read_content(Kind.PEOPLE, rows, KNOWN)
    assert found.rows[0]["name"] == "Ani Wijaya"
    assert only(found.errors).row == 4


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "kosong"),
        (b"\n \n", "kosong"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "Excel lama"),
        (b"%PDF-1.7\n...", "bukan lembar XLSX atau CSV"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "bukan lembar XLSX atau CSV"),
        (b"PK\x03\x04broken", "bukan lembar XLSX atau CSV"),
        (b'NIP,Nama\n"198,Ani\n', "tanda petik"),
    ],
)
def test_a_file_that_cannot_be_read_gives_one_error_without_a_row(
    content: bytes, words: str
) -> None:
    found = read_content(Kind.PEOPLE, content, KNOWN)
    assert found.rows == []
    issue = only(found.errors)
    assert issue.row is None
    assert words in issue.message


def test_too_many_rows_are_refused() -> None:
    found = read_content(Kind.PEOPLE, b"NIP\n" + b"1\n" * 3001, KNOWN)
    assert "paling banyak 3000" in only(found.errors).message


def test_missing_unknown_and_repeated_columns() -> None:
    rows = [(*PEOPLE_HEADINGS[:-1], "Telepon"), (*PERSON[:-1], "08123")]
    found = read_content(Kind.PEOPLE, xlsx(rows), KNOWN)
    assert "Kelas jabatan" in only(found.errors).message
    assert only(found.warnings).column == "telepon"
    repeated = read_content(Kind.PEOPLE, xlsx([(*PEOPLE_HEADINGS, "NIP"), (*PERSON, "")]), KNOWN)
    assert "lebih dari satu kali" in only(repeated.errors).message


def test_headings_alone_are_refused() -> None:
    assert "Tidak ada baris" in only(people().errors).message


def test_headings_may_be_written_in_any_case_and_order() -> None:
    rows = [tuple(word.upper() for word in reversed(PEOPLE_HEADINGS)), tuple(reversed(PERSON))]
    assert read_content(Kind.PEOPLE, xlsx(rows), KNOWN).rows == people(PERSON).rows


def test_performance_in_words_and_its_year() -> None:
    found = performance((ANI, 2025, "Di atas ekspektasi", "sesuai ekspektasi", ""))
    assert found.errors == []
    assert found.rows == [{"nip": ANI, "year": 2025, "results": "above", "behaviour": "meets"}]


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (
            (BUDI[:-1] + "9", 2025, "sesuai ekspektasi", "sesuai ekspektasi", ""),
            "NIP",
            "belum terdaftar",
        ),
        ((ANI, 2027, "sesuai ekspektasi", "sesuai ekspektasi", ""), "Tahun", "“2027” ditemukan"),
        ((ANI, 2025.5, "sesuai ekspektasi", "sesuai ekspektasi", ""), "Tahun", "bilangan bulat"),
        ((ANI, "", "sesuai ekspektasi", "sesuai ekspektasi", ""), "Tahun", "sel kosong"),
        ((ANI, 2025, "baik", "sesuai ekspektasi", ""), "Hasil kerja", "di atas ekspektasi"),
        ((ANI, 2025, "sesuai ekspektasi", "", ""), "Perilaku", "kosong"),
    ],
)
def test_faults_of_performance(row: tuple[object, ...], column: str, words: str) -> None:
    issue = only(performance(row).errors)
    assert issue.column == column
    assert words in issue.message


def test_the_same_year_twice_is_refused() -> None:
    row = (ANI, 2025, "sesuai ekspektasi", "sesuai ekspektasi", "")
    assert only(performance(row, row).errors).column == "Tahun"


def test_scores_as_numbers_words_and_dates() -> None:
    found = scores(
        (ANI, "awards", "82,5", date(2026, 1, 15), "SK 1"),
        (
            ANI,
            "Integritas dan moralitas",
            "tidak pernah dijatuhi hukuman disiplin",
            "2026-02-01",
            "SK 2",
        ),
        (BUDI, "integrity", 75, "2026-02-01", "SK 3"),
    )
    assert found.errors == []
    assert [(row["component"], row["value"], row["dated"]) for row in found.rows] == [
        ("awards", 82.5, "2026-01-15"),
        ("integrity", 100.0, "2026-02-01"),
        ("integrity", 75.0, "2026-02-01"),
    ]


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ((ANI, "hobi", 80, "2026-01-15", "SK"), "Komponen", "Penghargaan"),
        ((ANI, "performance", 80, "2026-01-15", "SK"), "Komponen", "tidak dikenal"),
        ((ANI, "awards", 101, "2026-01-15", "SK"), "Nilai", "0 sampai 100"),
        ((ANI, "awards", "nan", "2026-01-15", "SK"), "Nilai", "0 sampai 100"),
        ((ANI, "awards", "", "2026-01-15", "SK"), "Nilai", "sel kosong"),
        ((ANI, "aspect", 19, "2026-01-15", "SK"), "Nilai", "20 sampai 100"),
        ((ANI, "integrity", 80, "2026-01-15", "SK"), "Nilai", "Ringan"),
        ((ANI, "awards", 80, "15/01/2026", "SK"), "Tanggal", "2026-03-05"),
        ((ANI, "awards", 80, 46037, "SK"), "Tanggal", "Format sel sebagai tanggal"),
        ((ANI, "awards", 80, "2026-02-30", "SK"), "Tanggal", "2026-03-05"),
        ((ANI, "awards", 80, "2026-06-02", "SK"), "Tanggal", "belum terjadi"),
        ((ANI, "awards", 80, "2026-01-15", ""), "Sumber", "kosong"),
    ],
)
def test_faults_of_scores(row: tuple[object, ...], column: str, words: str) -> None:
    issue = only(scores(row).errors)
    assert issue.column == column
    assert words in issue.message


@pytest.mark.parametrize("kind", list(Kind))
def test_a_template_opens_with_its_headings_and_one_example_row(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / "templat.xlsx"
    path.write_bytes(template_file(kind, KNOWN))
    book = CalamineWorkbook.from_path(path)
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[0] == [column.heading for column in COLUMNS[kind]]
    assert len(rows) == 2
    assert book.sheet_names[1] == "Petunjuk"
    found = read_file(kind, path, KNOWN)
    assert any("baris contoh" in issue.message for issue in found.warnings)


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=300), kind=st.sampled_from(Kind))
def test_no_file_whatever_breaks_the_reading(content: bytes, kind: Kind) -> None:
    found = read_content(kind, content, KNOWN)
    assert found.errors or found.rows


@settings(max_examples=60, deadline=None)
@given(cells=st.lists(st.text(max_size=12), min_size=7, max_size=7))
def test_no_cell_whatever_breaks_the_reading(cells: list[str]) -> None:
    clean = [
        cell.replace("\x00", "").replace('"', "").replace("\n", "").replace("\r", "")
        for cell in cells
    ]
    found = read_content(Kind.PEOPLE, csv_of([PEOPLE_HEADINGS, clean], "\t"), KNOWN)
    assert found.errors
