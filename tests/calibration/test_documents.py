"""A report says what the result says, needs no other file, and never leaves half of one."""

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from calibration import DataError, calibrate, read_responses
from calibration.documents import DocumentError, Figure, Section, Table, write_report
from calibration.documents.content import number
from calibration.parameters import ItemParameters
from calibration.plots import FitPoint, item_fit
from calibration.prepare import categories_for
from calibration.result import ItemErrors

KNOWN = Path(__file__).parents[1] / "known_values"


@pytest.fixture(scope="module")
def lsat7():
    return read_responses(KNOWN / "lsat7.csv", frequency="frequency")


@pytest.fixture(scope="module")
def result(lsat7):
    return calibrate(lsat7, "2PL")


@pytest.fixture(scope="module")
def page(lsat7, result, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "lsat7.html"
    write_report(
        result, path, categories=categories_for(result.items, lsat7), weights=lsat7.weights
    )
    return path.read_text(encoding="utf-8")


def tree(page):
    """The page as XML, which it also is."""
    return ET.fromstring(page.removeprefix("<!DOCTYPE html>\n"))  # noqa: S314  # our own


def cells(page, caption):
    """Rows of the table whose caption starts so."""
    (found,) = [
        table
        for table in tree(page).iter("table")
        if "".join(table.find("caption").itertext()).startswith(caption)
    ]
    return [["".join(cell.itertext()) for cell in row] for row in found.iter("tr")]


def printed(value):
    return f"{value:.3f}".replace("-", "\N{MINUS SIGN}")


def test_page_has_every_parameter_with_its_error(page, result):
    rows = cells(page, "Estimates")
    assert rows[0] == ["Item", "Model", "a", "b"]
    for row, item, errors in zip(rows[1:], result.items, result.standard_errors, strict=True):
        assert row == [
            item.name,
            "2PL",
            f"{printed(item.a[0])} ({printed(errors.a[0])})",
            f"{printed(item.b[0])} ({printed(errors.b[0])})",
        ]


def test_page_has_fit_groups_and_provenance(page, result):
    facts = dict(cells(page, "Data, fit"))
    assert facts["Persons"] == "1000"
    assert facts["Log-likelihood"] == printed(result.log_likelihood)
    assert facts["AIC"] == printed(result.aic)
    assert facts["BIC"] == printed(result.bic)
    assert facts["Converged"] == "yes"
    assert facts["SHA-256 of the data"] == result.provenance["data_sha256"]
    assert cells(page, "Ability distribution")[1] == ["all", "1000", "0.000", "1.000"]
    assert dict(cells(page, "From what")[1:]) == dict(result.provenance)


def test_page_has_a_chart_and_observed_proportions_of_every_item(page, result):
    labels = [place.get("aria-label") for place in tree(page).iter("div") if place.get("role")]
    assert len(labels) == 2 + len(result.items)
    assert len(list(tree(page).iter("svg"))) == len(labels)
    assert all(labels)
    for item in result.items:
        head, *rows = cells(page, f"Observed proportions of {item.name},")
        assert head[-2:] == ["0", "1"]
        assert sum(float(row[1]) for row in rows) == pytest.approx(1000, abs=0.05 * len(rows))
        for row in rows:
            assert float(row[-2]) + float(row[-1]) == pytest.approx(1, abs=0.0011)


def test_page_loads_nothing_and_runs_nothing(page):
    assert "<script" not in page
    assert "://" not in page
    assert not re.search(r"\s(src|href|xlink:href)=|@import|url\((?!#)", page)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", page)) <= set(ids)


def test_words_are_escaped(result, tmp_path):
    awkward = "<b>&\"'"
    more = Section(
        awkward,
        paragraphs=(awkward,),
        tables=(Table(awkward, (awkward, "x"), ((awkward, "1"),)),),
        figures=(Figure(awkward, item_fit([FitPoint(awkward, 1.0, True)]), awkward),),
    )
    write_report(result, tmp_path / "a.html", title=awkward, more=[more])
    root = tree((tmp_path / "a.html").read_text(encoding="utf-8"))
    assert root.find("head/title").text == awkward
    assert awkward in {place.text for place in root.iter("h2")}
    assert awkward in {place.text for place in root.iter("text")}
    write_report(result, tmp_path / "a.pdf", title="#panic() $x", more=[more])
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


def test_indonesian_has_its_words_and_commas(result, tmp_path):
    write_report(result, tmp_path / "a.html", language="id")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert tree(page).get("lang") == "id"
    rows = dict(cells(page, "Data, kecocokan"))
    assert rows["Log-kemungkinan"] == printed(result.log_likelihood).replace(".", ",")
    ticks = {place.text for place in tree(page).iter("text")}
    assert "Peluang" in ticks
    assert "0,8" in ticks
    assert "0.8" not in ticks


def test_pdf_has_pages_letters_and_tags(lsat7, result, tmp_path):
    path = tmp_path / "lsat7.PDF"
    categories = categories_for(result.items, lsat7)
    write_report(result, path, categories=categories, weights=lsat7.weights)
    content = path.read_bytes()
    assert content.startswith(b"%PDF")
    assert content.rstrip().endswith(b"%%EOF")
    pages = re.search(
        rb"/Type\s*/Pages\b.*?/Count\s+(\d+)|/Count\s+(\d+).*?/Type\s*/Pages", content, re.S
    )
    assert pages
    assert int(pages[1] or pages[2]) >= 3
    assert b"/FontFile" in content
    assert b"LibertinusSerif" in content
    assert b"/StructTreeRoot" in content
    write_report(result, path, categories=categories, weights=lsat7.weights)
    assert path.read_bytes() == content


def test_graded_items_in_groups_with_codes_from_one(tmp_path):
    science = read_responses(KNOWN / "science.csv")
    groups = np.where(np.arange(len(science.codes)) % 3, "most", "third")
    result = calibrate(science, "GRM", groups=groups)
    categories = categories_for(result.items, science, lowest_code=1)
    write_report(result, tmp_path / "a.html", categories=categories)
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert cells(page, "Estimates")[0] == ["Item", "Model", "a", "b1", "b2", "b3"]
    assert {row[0] for row in cells(page, "Ability distribution")[1:]} == {"third", "most"}
    head, *rows = cells(page, "Observed proportions of Comfort,")
    assert head[2:] == ["1", "2", "3", "4"]
    shares = np.array([[float(cell) for cell in row[1:]] for row in rows])
    counted = shares[:, :1].T @ shares[:, 1:]
    comfort = science.codes[:, 0]
    np.testing.assert_allclose(
        counted[0], [(comfort == code).sum() for code in (1, 2, 3, 4)], atol=1.0
    )
    assert [place.text for place in tree(page).iter("li")] == list(result.notes)


def test_nominal_items_have_all_slopes_and_no_wright_map(tmp_path):
    science = read_responses(KNOWN / "science.csv")
    result = calibrate(science, "NRM", standard_errors="none")
    write_report(result, tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "There is no Wright map" in page
    head, *rows = cells(page, "Estimates; standard")
    assert head == ["Item", "Model", "a1", "a2", "a3", "b1", "b2", "b3"]
    for row, item in zip(rows, result.items, strict=True):
        assert row[2:] == [printed(value) for value in (*item.a, *item.b)]


def test_many_parameters_take_a_row_each(result, tmp_path):
    many = ItemParameters("item1", "GRM", (1.0,), tuple(np.linspace(-2, 2, 8).tolist()))
    held = ItemErrors((0.0,), (0.0,) * 8)
    wide = replace(
        result,
        items=(many, *result.items[1:]),
        standard_errors=(held, *result.standard_errors[1:]),
    )
    write_report(wide, tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    rows = cells(page, "Estimates")
    assert rows[0] == ["Item", "Model", "Parameter", "Estimate", "Standard error"]
    assert ["item1", "GRM", "b8", "2.000", ""] in rows
    assert len(rows) == 1 + 9 + 4 * 2


def test_a_result_that_did_not_converge_says_so_first(lsat7, tmp_path):
    write_report(calibrate(lsat7, "2PL", max_iterations=1), tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert tree(page).find(".//section/p").text.startswith("The estimation did not converge")


@pytest.mark.parametrize("name", ["report.docx", "report"])
def test_another_ending_is_refused(result, tmp_path, name):
    with pytest.raises(DocumentError, match=r"\.html or \.pdf"):
        write_report(result, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_another_language_is_refused(result, tmp_path):
    with pytest.raises(DocumentError, match="'nl'"):
        write_report(result, tmp_path / "a.html", language="nl")


def test_a_rounded_zero_has_no_sign():
    assert number(-0.0004, "en") == "0.000"
    assert number(-0.0006, "id") == "\N{MINUS SIGN}0,001"


def test_uneven_tables_are_refused():
    with pytest.raises(DocumentError, match="row of 1 cells under a head of 2"):
        Table("t", ("a", "b"), (("1",),))


@pytest.mark.parametrize("name", ["old.html", "old.pdf"])
def test_a_file_outlives_a_failure(result, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"precious")
    broken = Section("x", figures=(Figure("broken chart", {"mark": "no such mark"}, "x"),))
    with pytest.raises(DocumentError, match="broken chart"):
        write_report(result, path, more=[broken])
    with pytest.raises(DataError, match="give one a person"):
        write_report(result, path, categories=np.zeros((2, 5), np.int16), weights=[1.0])
    assert path.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_named(result, tmp_path):
    with pytest.raises(DocumentError, match="none"):
        write_report(result, tmp_path / "none" / "a.html")
