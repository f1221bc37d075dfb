"""The terminal table says what the result says."""

import numpy as np
from simulated import dichotomous, graded, parameters

from calibration import calibrate
from calibration.report import COLUMNS, summary, table

RNG = np.random.default_rng(12)
CODES = dichotomous(RNG, *parameters(RNG, 4), 500)
MODELS = ("Rasch", "2PL", "3PL", "GRM")


def test_one_row_an_item_and_blanks_where_nothing_is_estimated():
    result = calibrate(CODES, MODELS)
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in table(result)]
    assert [row["item"] for row in rows] == list(result.item_names)
    assert rows[0]["se(a)"] == rows[0]["c"] == rows[1]["se(c)"] == ""
    assert rows[0]["a"] == "1.000"
    assert rows[1]["se(a)"] == f"{result.se_a[1]:.3f}"
    assert rows[2]["c"] == f"{result.c[2]:.3f}"
    assert rows[2]["se(c)"] == f"{result.se_c[2]:.3f}"
    assert rows[3]["b"] == f"{result.b[3][0]:.3f}"


def test_without_standard_errors_the_columns_are_blank():
    result = calibrate(CODES, MODELS, standard_errors="none")
    for row in table(result):
        named = dict(zip(COLUMNS, row, strict=True))
        assert named["se(a)"] == named["se(b)"] == named["se(c)"] == ""


def test_several_thresholds_share_a_cell():
    codes = graded(RNG, [1.0, 1.2, 0.8, 1.1], [[-1.0, 1.0]] * 4, 1000)
    row = table(calibrate(codes, "GRM"))[0]
    assert len(row[COLUMNS.index("b")].split()) == 2


def test_summary_names_fit_and_notes():
    told = summary(calibrate(np.vstack([CODES, np.full(4, np.nan)]), "1PL", max_iterations=1))
    assert told["converged"] == "no"
    assert told["persons"] == "500"
    assert "person 501" in told["notes"]
    assert "not converged" in told["notes"]
    assert "notes" not in summary(calibrate(CODES, "1PL"))
