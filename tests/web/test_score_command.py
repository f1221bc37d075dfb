"""``takar score`` from answers to a report, with an encoder that counts letters."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from click.testing import CliRunner, Result
from trained_scorers import written_at

from scoring_models.scored.few import FewModel
from scoring_models.scored.model import AnswerModel
from web.cli import main
from web.scorer.answers import read_answers
from web.scorer.encoded import Encoder, questions
from web.scorer.errors import ScorerFileError
from web.scorer.model_file import read_scorer

ROOT = Path(__file__).parents[2]
BANK = ROOT / "item_bank" / "starter"
TRAIN, OTHERS = (
    ROOT / "docs" / "examples" / "scoring" / f"{name}.csv" for name in ("train", "others")
)


class Letters:
    """Counts of letters as a sentence's vector."""

    def encode(self, texts: list[str], **_: Any) -> np.ndarray[Any, Any]:
        letters = "abcdefghijklmnopqrstuvwxyz "
        return np.array([[text.lower().count(one) for one in letters] for text in texts]) + 0.1


@pytest.fixture(autouse=True)
def letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Encoder, "_encoder", Letters())
    monkeypatch.setattr(Encoder, "version", "letters@1#0")
    monkeypatch.setenv("COLUMNS", "120")


def run(*words: object) -> Result:
    return CliRunner().invoke(main, ["score", *map(str, words)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scorer")


@pytest.fixture
def model(folder: Path) -> Path:
    path = folder / "model.takar"
    if not path.exists():
        got = run("train", TRAIN, "--bank", BANK, "--out", path)
        assert got.exit_code == 0, got.output
        assert "synthetic answers, never validation" in got.output
    return path


@pytest.fixture
def evaluation(folder: Path, model: Path) -> Path:
    path = folder / "evaluation.json"
    if not path.exists():
        got = run("evaluate", model, OTHERS, "--bank", BANK, "--out", path)
        assert got.exit_code == 0, got.output
    return path


def test_the_model_is_the_same_twice_and_sealed(model: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.takar"
    assert run("train", TRAIN, "--bank", BANK, "--out", again).exit_code == 0
    assert again.read_bytes() == model.read_bytes()
    with zipfile.ZipFile(model) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    name = next(name for name in contents if name.endswith(".npz"))
    contents[name] = contents[name][:-1]
    with zipfile.ZipFile(again, "w") as archive:
        for one, content in contents.items():
            archive.writestr(one, content)
    got = run("evaluate", again, OTHERS, "--bank", BANK, "--out", tmp_path / "no.json")
    assert got.exit_code == 1
    assert "was altered" in got.output
    assert not (tmp_path / "no.json").exists()


def test_an_evaluation_uses_no_answer_that_was_learned_from(
    model: Path, evaluation: Path, tmp_path: Path
) -> None:
    both = tmp_path / "both.csv"
    both.write_text(TRAIN.read_text() + "".join(OTHERS.read_text().splitlines(True)[1:]))
    out = tmp_path / "both.json"
    got = run("evaluate", model, both, "--bank", BANK, "--out", out)
    assert got.exit_code == 0, got.output
    found, alone = json.loads(out.read_text()), json.loads(evaluation.read_text())
    n_train = len(TRAIN.read_text().splitlines()) - 1
    assert found["facts"]["learned_from"] == str(n_train)
    assert alone["facts"]["learned_from"] == "0"
    assert found["machine_human"] == alone["machine_human"]
    got = run("evaluate", model, TRAIN, "--bank", BANK, "--out", out)
    assert got.exit_code == 1
    assert "0 answers are left" in got.output


@pytest.mark.parametrize("n_others", [5, 4])
def test_a_prompt_of_few_answers_rests_on_five_others_of_many(
    tmp_path: Path, n_others: int
) -> None:
    codes = sorted(questions(BANK))[: n_others + 1]
    sizes = dict.fromkeys(codes, 40) | {codes[2]: 12}
    rows = [
        f'{code},"{written_at(1 + number % 5, 100 * place + number)}",{1 + number % 5}\n'
        for place, (code, n) in enumerate(sizes.items())
        for number in range(n)
    ]
    data, out = tmp_path / "rated.csv", tmp_path / "model.takar"
    data.write_text("".join(["item,text,level\n", *rows]), encoding="utf-8")
    got = run("train", data, "--bank", BANK, "--out", out)
    assert got.exit_code == 0, got.output
    scorer = read_scorer(out)
    found = {one.item: one for one in scorer.trained}
    assert found[codes[2]].stage == "prior"
    line = f"{codes[2]}: rests on 200 answers to 5 other prompts as well"
    if n_others == 5:
        assert isinstance(scorer.model(codes[2]), FewModel)
        prior = found[codes[2]].prior
        assert prior is not None
        assert (prior["prompts"], prior["answers"]) == (5, 200)
        assert line in got.output
    else:
        assert isinstance(scorer.model(codes[2]), AnswerModel)
        assert found[codes[2]].prior is None
        assert "rests on" not in got.output
    assert all(one.prior is None for code, one in found.items() if code != codes[2])
    others = tmp_path / "others.csv"
    others.write_text(
        "item,text,level\n"
        + "".join(f'{codes[2]},"{written_at(k, 900 + k)}",{k}\n' for k in range(1, 6)),
        encoding="utf-8",
    )
    judged = run("evaluate", out, others, "--bank", BANK, "--out", tmp_path / "e.json")
    assert judged.exit_code == 0, judged.output


def test_about_a_fifth_is_left_to_people(evaluation: Path) -> None:
    assert 0.0 <= json.loads(evaluation.read_text())["left_to_people"] < 0.5


def test_another_bank_or_encoder_is_refused(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Encoder, "version", "digits@1#0")
    got = run("evaluate", model, OTHERS, "--bank", BANK, "--out", tmp_path / "no.json")
    assert got.exit_code == 1
    assert "the encoder is digits@1#0, the model was trained with letters@1#0" in got.output


@pytest.mark.parametrize(
    ("language", "marked"), [("id", "DATA SINTETIS"), ("en", "SYNTHETIC DATA")]
)
def test_every_section_of_a_synthetic_report_says_so(
    evaluation: Path, tmp_path: Path, language: str, marked: str
) -> None:
    out = tmp_path / "report.html"
    got = run("report", evaluation, "--out", out, "--language", language)
    assert got.exit_code == 0, got.output
    page = ET.fromstring(out.read_text().removeprefix("<!DOCTYPE html>\n"))  # noqa: S314 - our own
    assert page.get("lang") == language
    sections = page.findall("./body/main/section")
    assert len(sections) == 10
    assert all(marked in "".join(one.find("p").itertext()) for one in sections)  # type: ignore[union-attr]
    assert not list(page.iter("script"))
    assert all(one.get("aria-label") for one in page.iter("div") if one.get("role") == "img")


def test_numbers_of_the_page_are_those_of_the_evaluation(evaluation: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    assert run("report", evaluation, "--out", out, "--language", "en").exit_code == 0
    found = json.loads(evaluation.read_text())
    kappa = next(one for one in found["machine_human"] if one["name"] == "kappa")
    page = out.read_text()
    for value in (kappa["value"], kappa["low"], kappa["high"], found["lengths"][0]["partial"]):
        assert f"{value:.3f}".replace("-", "\N{MINUS SIGN}") in page
    assert found["accepted"] is False
    assert "Not yet." in page


def test_a_pdf_and_no_other_ending(evaluation: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.pdf"
    assert run("report", evaluation, "--out", out).exit_code == 0
    assert out.read_bytes().startswith(b"%PDF")
    got = run("report", evaluation, "--out", tmp_path / "report.docx")
    assert got.exit_code == 1
    assert ".html or .pdf" in got.output


def test_what_is_no_evaluation_or_model_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text("{}")
    assert "not an evaluation" in run("report", wrong, "--out", tmp_path / "r.html").output
    got = run("evaluate", wrong, OTHERS, "--bank", BANK, "--out", tmp_path / "e.json")
    assert "not a model of takar score train" in got.output


def problems(tmp_path: Path, content: str) -> tuple[str, ...]:
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ScorerFileError) as caught:
        read_answers(path, ["INT-F1"])
    return caught.value.problems


def test_problems_name_file_row_column_and_mend(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        "item,text,level,synthetic\nX,a,3,\nINT-F1,,6,\nINT-F1,b,2,maybe\nINT-F1,a,b,1,2\n",
    )
    assert [one.split(":")[0] for one in found] == [
        "a.csv, row 2, column item",
        "a.csv, row 3, column text",
        "a.csv, row 3, column level",
        "a.csv, row 4, column synthetic",
        "a.csv, row 5",
    ]
    assert "expected a whole level from 1 to 5" in found[2]
    assert "put quotes around" in found[4]
    assert "no column level" in problems(tmp_path, "item,text\n")[0]
    assert "no answers below" in problems(tmp_path, "item,text,level\n")[0]
    assert "twice" in problems(tmp_path, "item,text,level,level\n")[0]


def test_ratings_of_one_answer_come_together(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "item,text,level,rater,person,unit\n"
        'INT-F1,"satu, dua\nbaris",3,ani,p1,A\nINT-F1,"satu, dua\nbaris",4,budi,p1,A\n'
        "INT-F1,tiga,5,budi,p2,B\n",
        encoding="utf-8",
    )
    data = read_answers(path, ["INT-F1"])
    assert [one.levels for one in data.answers] == [{"ani": 3, "budi": 4}, {"budi": 5}]
    np.testing.assert_equal(data.ratings(data.answers), [[3, 4], [np.nan, 5]])
    assert (data.columns, data.synthetic) == (("unit",), False)
    same = "item,text,level,rater\nINT-F1,a,3,ani\nINT-F1,a,3,ani\n"
    assert "rated this answer in row 2 already" in problems(tmp_path, same)[0]
