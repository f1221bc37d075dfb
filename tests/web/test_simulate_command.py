"""``takar simulate``: sources, persons, files, report."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine
from sqlmodel import Session

from assessment_engine.simulation import simulate_many
from assessment_engine.summary import Summary, summarise
from web.cli import main
from web.simulation import charts
from web.simulation.output import OutputError, check_output, persons_csv, plain
from web.simulation.persons import SEEDS_APART, Persons, SimuleesError, draw_abilities
from web.simulation.report import sections
from web.simulation.run import simulate_form
from web.simulation.source import SimulatedForm, SimulationSourceError, from_bank, from_files

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
DRAFT, POOL = EXAMPLES / "reasoning.yaml", EXAMPLES / "reasoning.json"
CONTROLLED = EXAMPLES / "reasoning-eligibility.yaml"
WITH_POOL = (str(DRAFT), "--pool", f"penalaran={POOL}")


def simulate(*words: str) -> Result:
    return CliRunner().invoke(main, ["simulate", *words], env={"COLUMNS": "120"})


@pytest.fixture(scope="module")
def form() -> SimulatedForm:
    return from_files(DRAFT, [("penalaran", POOL)])


@pytest.fixture(scope="module")
def summary(form: SimulatedForm) -> Summary:
    theta = np.random.default_rng(3).normal(size=(60, 1))
    simulation = simulate_many(form.rules, form.pool, theta)
    return summarise(simulation, form.rules, form.pool, {"penalaran": (-0.5, 0.8)}, r_max=0.3)


# --- what is simulated ---------------------------------------------------------------------------


def test_pool_of_a_file_has_what_its_items_say(form: SimulatedForm) -> None:
    item = form.pool["P001"]
    assert (item.dimension, item.model, item.b) == ("penalaran", "3PL", (-2.09,))
    assert (item.content, item.kind) == ("data", "keyed")
    assert item.seconds == 90
    assert item.enemies == {"P005"}


def test_items_may_name_their_dimension(tmp_path: Path) -> None:
    content = json.loads(POOL.read_text())
    for row in content["items"]:
        row["dimension"] = "penalaran"
    file = tmp_path / "pool.json"
    file.write_text(json.dumps(content))
    assert from_files(DRAFT, [("", file)]).pool == from_files(DRAFT, [("penalaran", POOL)]).pool
    assert simulate(str(DRAFT), "--pool", str(file), "--persons", "5").exit_code == 0


def test_item_without_a_dimension_is_refused() -> None:
    with pytest.raises(SimulationSourceError, match=r"'P001' names no dimension; give --pool DIM"):
        from_files(DRAFT, [("", POOL)])


def test_bank_gives_a_published_assessment_and_its_cuts(engine: Engine) -> None:
    with Session(engine) as session:
        published = from_bank(session, "asesmen-kompetensi")
        assert len(published.rules.sections) == 10
        assert set(published.cuts) >= {"penalaran", "integritas"}
        with pytest.raises(SimulationSourceError, match="neither a file nor a published"):
            from_bank(session, "tiada")


def test_a_draft_stands_over_the_banks_newest_parameters(engine: Engine, tmp_path: Path) -> None:
    draft = tmp_path / "draf.yaml"
    words = DRAFT.read_text(encoding="utf-8")
    draft.write_text(words.replace("silogisme", "syllogism"), encoding="utf-8")
    with Session(engine) as session:
        found = from_bank(session, str(draft))
        assert found.pool == from_bank(session, "asesmen-kompetensi").pool
        assert found.cuts["penalaran"]
        with pytest.raises(Exception, match="silogisme"):  # the bank has no such content
            from_bank(session, str(DRAFT))


def test_abilities_have_the_moments_asked_for() -> None:
    found = draw_abilities(50_000, 3, mean=0.5, sd=2.0, correlation=-0.3, seed=4)
    assert found.mean(axis=0) == pytest.approx([0.5] * 3, abs=0.04)
    assert found.std(axis=0) == pytest.approx([2.0] * 3, abs=0.03)
    assert np.corrcoef(found.T)[np.triu_indices(3, 1)] == pytest.approx([-0.3] * 3, abs=0.02)
    again = draw_abilities(50_000, 3, mean=0.5, sd=2.0, correlation=-0.3, seed=4)
    assert (found == again).all()


@pytest.mark.parametrize(("sd", "correlation"), [(0.0, 0.0), (1.0, 1.1), (1.0, -0.6)])
def test_abilities_that_do_not_exist_are_refused(sd: float, correlation: float) -> None:
    with pytest.raises(SimuleesError, match="do not exist"):
        draw_abilities(10, 3, mean=0.0, sd=sd, correlation=correlation, seed=1)


# --- what is told of it --------------------------------------------------------------------------


def test_report_is_one_page_with_every_part(tmp_path: Path) -> None:
    for name in ("report.html", "report.pdf"):
        path = tmp_path / name
        words = ("--persons", "30", "--cuts", "penalaran=-0.5,0.8", "--report", str(path))
        shown = simulate(*WITH_POOL, *words)
        assert shown.exit_code == 0, shown.output
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for heading in ("Precision", "penalaran", "Exposure", "Length and time", "Blueprint"):
        assert f"<h2>{heading}</h2>" in page
    assert page.count("<svg") == 5
    assert "<script" not in page
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_charts_hold_the_numbers_of_the_summary(summary: Summary) -> None:
    (one,) = summary.dimensions
    (rows,) = charts.confusion(one.levels)["datasets"].values()  # type: ignore[arg-type]
    assert one.levels is not None
    assert sum(row["persons"] for row in rows) == 60
    assert {(row["true"], row["given"]): row["persons"] for row in rows}[1, 2] == int(
        one.levels.confusion[0, 1]
    )
    drawn = [
        row
        for rows in charts.precision(one)["datasets"].values()
        for row in rows
        if row.get("series") == "RMSE"
    ]
    rmse = one.conditional.rmse
    assert [row["value"] for row in drawn] == rmse[np.isfinite(rmse)].tolist()
    bars = next(iter(charts.lengths(summary)["datasets"].values()))
    assert sum(row["sittings"] for row in bars) == 60
    rates = [
        row["rate"]
        for rows in charts.exposure(summary, 0.3)["datasets"].values()
        for row in rows
        if "rank" in row
    ]
    assert rates == sorted(summary.exposure.rates.values(), reverse=True)


def test_report_names_items_above_the_ceiling(summary: Summary) -> None:
    found = next(one for one in sections(summary, (), 0.3) if one.title == "Exposure")
    assert summary.exposure.above[0] in found.paragraphs[1]
    free = next(one for one in sections(summary, (), 1.0) if one.title == "Blueprint")
    assert "0 repeated items, 0 pairs of enemies" in free.paragraphs[0]


def test_files_hold_summary_and_persons(tmp_path: Path) -> None:
    words = ("--persons", "20", "--seed", "9", "--out")
    shown = simulate(*WITH_POOL, *words, str(tmp_path / "s.json"))
    assert shown.exit_code == 0, shown.output
    content = json.loads((tmp_path / "s.json").read_text())
    assert content["format"] == "takar-simulation-1"
    found = content["summary"]
    assert found["n"] == 20
    assert found["dimensions"][0]["conditional"]["low"][0] is None  # no end below
    assert f"items a sitting: {found['mean_length']:.2f}" in shown.output
    simulate(*WITH_POOL, *words, str(tmp_path / "p.csv"))
    rows = list(csv.DictReader(io.StringIO((tmp_path / "p.csv").read_text())))
    assert len(rows) == 20
    error = [float(r["penalaran:estimate"]) - float(r["penalaran:theta"]) for r in rows]
    assert np.mean(error) == pytest.approx(found["dimensions"][0]["bias"], abs=1e-5)
    lengths = [len(row["items"].split()) for row in rows]
    assert np.mean(lengths) == pytest.approx(found["mean_length"])
    assert [len(row["categories"].split()) for row in rows] == lengths


def test_numbers_that_are_none_are_null() -> None:
    assert plain({"a": (np.float64("nan"), np.int64(3), np.array([1.5, np.inf]))}) == {
        "a": [None, 3, [1.5, None]]
    }


def test_person_without_an_estimate_has_empty_cells(form: SimulatedForm) -> None:
    record = simulate_many(form.rules, form.pool, np.zeros((2, 1)))
    record = replace(record, estimate=np.array([[np.nan], [0.1]]), reason=np.array([[-1], [0]]))
    first, second = csv.DictReader(io.StringIO(persons_csv(record)))
    assert (first["penalaran:estimate"], first["penalaran:reason"]) == ("", "")
    assert second["penalaran:reason"] == record.reasons[0]


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--pool", "penalaran=tiada.json"), "is not [DIMENSION=]FILE"),
        (("--pool", f"lain={POOL}"), "no item measures 'penalaran'"),
        (("--pool", f"penalaran={POOL}", "--cuts", "penalaran=a"), "is not DIMENSION=A,B,..."),
        (("--pool", f"penalaran={POOL}", "--cuts", "lain=0"), "cuts of ['lain']"),
        (("--pool", f"penalaran={POOL}", "--cuts", "penalaran=1,0"), "expected finite ascending"),
        (("--pool", f"penalaran={POOL}", "--out", "s.txt"), "ends in .json"),
        (("--pool", f"penalaran={POOL}", "--report", "s.txt"), "ends in .html or .pdf"),
        (("--pool", f"penalaran={POOL}", "--theta-sd", "0"), "do not exist"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(words: tuple[str, ...], said: str) -> None:
    shown = simulate(str(DRAFT), "--persons", "3", *words)
    assert shown.exit_code != 0
    assert said in shown.output
    assert "Traceback" not in shown.output


def test_database_without_a_bank_is_said(server_url: str) -> None:
    shown = CliRunner().invoke(
        main, ["simulate", "asesmen-kompetensi"], env={"TAKAR_DATABASE_URL": server_url}
    )
    assert shown.exit_code == 1
    assert "the database has no item bank yet; run takar migrate" in shown.output


def test_ending_of_the_output_is_checked_first() -> None:
    with pytest.raises(OutputError, match=r"s\.xlsx"):
        check_output(Path("s.xlsx"))


# --- parts and waves -----------------------------------------------------------------------------


def test_parts_give_what_one_run_gives(form: SimulatedForm) -> None:
    persons = Persons(130, seed=7)
    seen: list[int] = []
    found = simulate_form(form, persons, wave=100, progress=seen.append)
    whole = simulate_many(form.rules, form.pool, persons.abilities(1), 7 * SEEDS_APART)
    assert seen == [0, 50, 100]
    np.testing.assert_array_equal(found.estimate, whole.estimate)
    np.testing.assert_array_equal(found.given, whole.given)


def test_item_eligibility_learns_from_wave_to_wave(tmp_path: Path) -> None:
    files = [tmp_path / "small.json", tmp_path / "again.json", tmp_path / "large.json"]
    for file, wave in zip(files, ("15", "15", "60"), strict=True):
        words = ("--persons", "60", "--wave", wave, "--out", str(file))
        shown = simulate(str(CONTROLLED), *WITH_POOL[1:], *words)
        assert shown.exit_code == 0, shown.output
        assert (
            f"item eligibility: r_max 0.4 in each of 3 segments, waves of {wave} s" in shown.output
        )
        assert "top exposure ┃ r_max" in shown.output
    small, again, large = (json.loads(file.read_text()) for file in files)
    assert small == again
    used, uncontrolled = (
        [one["largest"] for one in found["summary"]["segments"]] for found in (small, large)
    )
    assert max(used) < min(uncontrolled)  # one wave of all has nothing to learn from
    assert [one["r_max"] for one in small["summary"]["segments"]] == [0.4] * 3


def test_report_has_exposure_by_segment(tmp_path: Path) -> None:
    form = from_files(CONTROLLED, [("penalaran", POOL)])
    found = simulate_form(form, Persons(40), wave=10, progress=lambda _: None)
    summary = summarise(found, form.rules, form.pool)
    exposure = next(one for one in sections(summary, (), 1.0) if one.title == "Exposure")
    table = exposure.tables[0]
    assert table.head[-4:] == ("top exposure", "r_max", "items above", "lifted")
    assert [row[:2] for row in table.rows] == [
        ("penalaran", "below -0.5"),
        ("penalaran", "-0.5 to 0.5"),
        ("penalaran", "0.5 and above"),
    ]
    assert sum(int(row[2]) for row in table.rows) == 40


def test_groups_of_persons_have_no_sitting_in_common() -> None:
    persons = Persons(3, seed=5)
    (one, first), (other, second) = persons.group(0, 2), persons.group(1, 2)
    assert one.shape == (3, 2)
    assert not np.isin(one, other).any()
    assert second - first >= 10_000_000  # the most persons that a group has
    assert Persons(3, seed=6).first_seed > persons.group(255, 1)[1] + 10_000_000
