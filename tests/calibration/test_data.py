"""Reading CSV and XLSX, and the errors that name file, sheet, row and column."""

import numpy as np
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from calibration import DataError, calibrate, read_responses


def csv_file(folder, text, name="data.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def xlsx_file(folder, rows, name="data.xlsx", sheet="Jawaban"):
    path = folder / name
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet(sheet)
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                if cell is not None:
                    page.write(number, place, cell)
    return path


TEXT = "soal1,soal2,n\n0,1,3\n,2,1\n1,,2\n"
ROWS = [["soal1", "soal2", "n"], [0, 1, 3], [None, 2, 1], [1, None, 2]]


@pytest.mark.parametrize(
    "kind", ["csv", "semicolon", "crlf", "bom", "quoted", "xlsx", "text cells"]
)
def test_every_kind_of_file_reads_alike(tmp_path, kind):
    path = {
        "csv": lambda: csv_file(tmp_path, TEXT),
        "semicolon": lambda: csv_file(tmp_path, TEXT.replace(",", ";")),
        "crlf": lambda: csv_file(tmp_path, TEXT.replace("\n", "\r\n")),
        "bom": lambda: csv_file(tmp_path, TEXT, encoding="utf-8-sig"),
        "quoted": lambda: csv_file(
            tmp_path, '"soal1","soal2","n"\n"0","1",3\n,2.0,1\n1,"",2\n\n\n'
        ),
        "xlsx": lambda: xlsx_file(tmp_path, ROWS),
        "text cells": lambda: xlsx_file(tmp_path, [[str(c or "") for c in ROWS[0]], *ROWS[1:]]),
    }[kind]()
    got = read_responses(path, frequency="n")
    assert got.items == ("soal1", "soal2")
    np.testing.assert_array_equal(got.codes, [[0, 1], [np.nan, 2], [1, np.nan]])
    np.testing.assert_array_equal(got.weights, [3, 1, 2])


def test_one_column_keeps_its_empty_cells(tmp_path):
    got = read_responses(csv_file(tmp_path, "soal1\n1\n\n0\n"))
    np.testing.assert_array_equal(got.codes, [[1], [np.nan], [0]])
    assert got.weights is None


@given(
    st.lists(
        st.lists(st.sampled_from(["", "0", "1", "2", "3"]), min_size=3, max_size=3),
        min_size=1,
        max_size=20,
    )
)
def test_what_is_written_is_read(tmp_path_factory, cells):
    folder = tmp_path_factory.mktemp("written")
    text = "a,b,c\n" + "".join(",".join(row) + "\n" for row in cells)
    got = read_responses(csv_file(folder, text)).codes
    expected = [[float(cell) if cell else np.nan for cell in row] for row in cells]
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("cell", ["benar", "-1", "0.5", "nan", "inf", "100", "NA", "1,5"])
def test_a_bad_cell_is_named(tmp_path, cell):
    quoted = f'"{cell}"' if "," in cell else cell
    semicolons = "soal1;soal2\n0;1\n1;" + quoted + "\n"
    message = rf"data.csv, row 3, column 'soal2': '{cell}' is no category code"
    with pytest.raises(DataError, match=message):
        read_responses(csv_file(tmp_path, semicolons))


@pytest.mark.parametrize("cell", ["benar", -1, 0.5, True, 100])
def test_a_bad_cell_of_a_workbook_is_named_with_its_sheet(tmp_path, cell):
    path = xlsx_file(tmp_path, [["soal1", "soal2"], [0, 1], [1, cell]])
    message = r"data.xlsx, sheet 'Jawaban', row 3, column 'soal2': .* leave the cell empty"
    with pytest.raises(DataError, match=message):
        read_responses(path)


def test_true_is_not_taken_for_the_one_before_it(tmp_path):
    path = xlsx_file(tmp_path, [["soal1"], [1], [True]])
    with pytest.raises(DataError, match=r"row 3, column 'soal1': True"):
        read_responses(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("a,b\n", "no row below the header"),
        ("a,,b\n0,1,1\n", "row 1, column 2: the header is empty"),
        ("a,b,a\n0,1,1\n", "row 1, column 3: 'a' occurs twice"),
        ("a,b\n0,1\n1\n", "row 3: 1 cells, but the header has 2"),
        ("a,b\n0,1\n1,0,1\n", "row 3: 3 cells, but the header has 2"),
        ("a,b\n0,1\n\n1,1\n", "row 3: 1 cells"),
    ],
)
def test_a_malformed_csv_is_refused(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_responses(csv_file(tmp_path, text))


def test_files_that_are_no_tables_are_refused(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        read_responses(tmp_path / "absent.csv")
    with pytest.raises(DataError, match=r"must end in .csv or .xlsx"):
        read_responses(csv_file(tmp_path, TEXT, name="data.sav"))
    with pytest.raises(DataError, match="not a readable XLSX"):
        read_responses(csv_file(tmp_path, TEXT, name="false.xlsx"))
    with pytest.raises(DataError, match="not UTF-8"):
        read_responses(csv_file(tmp_path, "a,b\n\xff,1\n", encoding="latin-1"))
    with pytest.raises(DataError, match="no sheet 'Lain'; there are 'Jawaban'"):
        read_responses(xlsx_file(tmp_path, ROWS), sheet="Lain")
    with pytest.raises(DataError, match="no sheets"):
        read_responses(csv_file(tmp_path, TEXT), sheet="Jawaban")


@pytest.mark.parametrize("cell", ["", "banyak", "-2"])
def test_a_bad_frequency_is_named(tmp_path, cell):
    path = csv_file(tmp_path, f"a,n\n0,1\n1,{cell}\n")
    with pytest.raises(DataError, match=r"row 3, column 'n': .* is no frequency"):
        read_responses(path, frequency="n")


def test_a_missing_frequency_column_is_named(tmp_path):
    with pytest.raises(DataError, match="no column is named 'jumlah'; there are 'soal1', 'soal2'"):
        read_responses(csv_file(tmp_path, TEXT), frequency="jumlah")
    with pytest.raises(DataError, match="no item column beside 'n'"):
        read_responses(csv_file(tmp_path, "n\n3\n"), frequency="n")


def test_errors_of_calibration_name_the_file(tmp_path):
    path = csv_file(tmp_path, "soal1,soal2\n0,1\n1,1\n")
    with pytest.raises(DataError, match=r"data.csv: item 'soal2' was answered alike"):
        calibrate(read_responses(path), "Rasch")


def test_weights_may_not_come_twice(tmp_path):
    responses = read_responses(csv_file(tmp_path, TEXT), frequency="n")
    with pytest.raises(DataError, match="weights came twice"):
        calibrate(responses, "Rasch", weights=[1, 1, 1])


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_other_marks_of_what_was_not_presented(tmp_path, suffix):
    rows = [["a", "b"], [0, "NA"], [9, 1], [1, 9]]
    if suffix == ".csv":
        path = csv_file(tmp_path, "\n".join(",".join(map(str, row)) for row in rows))
    else:
        path = xlsx_file(tmp_path, rows)
    got = read_responses(path, missing=("NA", "9"))
    np.testing.assert_array_equal(got.codes, [[0, np.nan], [np.nan, 1], [1, np.nan]])
    with pytest.raises(DataError, match="row 2, column 'b': 'NA'"):
        read_responses(path, missing=("9",))
