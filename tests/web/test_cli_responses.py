"""``takar calibrate``, ``fit``, ``dif`` and ``link`` on files."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner, Result

from calibration.exchange import read_parameters
from web.cli import main

KNOWN = Path(__file__).resolve().parents[1] / "known_values"


def takar(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], env={"COLUMNS": "120"})


@pytest.fixture(scope="module")
def two_groups(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten items; the fourth is harder for the second group, which is also less able."""
    rng = np.random.default_rng(0)
    group = np.repeat(["L", "P"], 750)
    ability = rng.normal(size=1500) - np.where(group == "P", 0.3, 0)
    shift = np.where((group == "P")[:, None] & (np.arange(10) == 3), 0.9, 0.0)
    difficulty = rng.normal(size=10) + shift
    right = rng.random((1500, 10)) < 1 / (1 + np.exp(difficulty - ability[:, None]))
    path = tmp_path_factory.mktemp("dif") / "jawaban.csv"
    columns = {f"q{place}": right[:, place].astype(int) for place in range(10)}
    pl.DataFrame({**columns, "unit": group}).write_csv(path)
    return path


def test_groups_are_shown_with_mean_and_sd(two_groups: Path) -> None:
    got = takar("calibrate", two_groups, "--group", "unit", "--errors", "sandwich")
    assert got.exit_code == 0, got.output
    row = next(line for line in got.output.splitlines() if line.startswith("│ P "))
    assert float(row.split("│")[3]) == pytest.approx(-0.3, abs=0.2)


def test_parameters_go_out_and_come_back_as_anchors(two_groups: Path, tmp_path: Path) -> None:
    out = tmp_path / "set.json"
    assert takar("calibrate", two_groups, "--group", "unit", "--out", out).exit_code == 0
    found = read_parameters(out)
    items, covariance = found.items, found.covariance
    assert [item.name for item in items] == [f"q{place}" for place in range(10)]
    assert covariance is not None
    assert covariance.shape == (20, 20)
    few = tmp_path / "few.json"
    content = json.loads(out.read_text())
    few.write_text(json.dumps({"items": content["items"][:5]}))
    again = tmp_path / "again.json"
    got = takar("calibrate", two_groups, "--skip", "unit", "--anchor", few, "--out", again)
    assert got.exit_code == 0, got.output
    held = read_parameters(again).items[:5]
    values, given = ([item.b[0] for item in some] for some in (held, items[:5]))
    assert values == pytest.approx(given)
    assert not list(tmp_path.glob("*.part"))


def test_formats_can_be_mixed() -> None:
    got = takar("calibrate", KNOWN / "science.csv", "--model", "grm", "--item-model", "Work=nrm")
    assert got.exit_code == 0, got.output
    assert "│ Work    │ NRM" in got.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--item-model", "Work=5pl"], "'Work=5pl' is not ITEM=MODEL"),
        (["--item-model", "Wrok=grm"], "'Wrok=grm' is not ITEM=MODEL"),
        (["--group", "unit"], "no column is named 'unit'"),
        (["--anchor", KNOWN / "lsat7.json"], "lsat7.json"),
        (["--model", "2pl"], "knows right and wrong only"),
        (["--model", "grm", "--report", "report.docx"], "report.docx"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments: list[object], message: str) -> None:
    got = takar("calibrate", KNOWN / "science.csv", *arguments)
    assert got.exit_code != 0
    assert message in got.output
    assert "Traceback" not in got.output


def test_link_recovers_the_move_and_writes_the_set(two_groups: Path, tmp_path: Path) -> None:
    base, moved, out = (tmp_path / name for name in ("base.json", "moved.json", "out.json"))
    assert takar("calibrate", two_groups, "--skip", "unit", "--out", base).exit_code == 0
    content = json.loads(base.read_text())
    for item in content["items"]:
        item["a"] = [1.25 * one for one in item["a"]]
        item["b"] = [(one - 0.5) / 1.25 for one in item["b"]]
    del content["covariance"]
    moved.write_text(json.dumps(content))
    got = takar("link", moved, base, "--method", "haebara", "--out", out)
    assert got.exit_code == 0, got.output
    assert "A: 1.2500" in got.output
    assert "B: 0.5000" in got.output
    linked = read_parameters(out).items
    for item, again in zip(read_parameters(base).items, linked, strict=True):
        assert again.b == pytest.approx(item.b, abs=1e-5)


def test_link_drops_an_anchor_that_moved(two_groups: Path, tmp_path: Path) -> None:
    base, moved = tmp_path / "base.json", tmp_path / "moved.json"
    assert takar("calibrate", two_groups, "--skip", "unit", "--out", base).exit_code == 0
    content = json.loads(base.read_text())
    content["items"][4]["b"][0] += 1.5
    moved.write_text(json.dumps(content))
    got = takar("link", moved, base, "--drift", "wald")
    assert got.exit_code == 0, got.output
    dropped = [line for line in got.output.splitlines() if "dropped" in line]
    assert len(dropped) == 1
    assert "q4" in dropped[0]
    assert "standard error" in got.output


@pytest.mark.parametrize("method", ["mh", "logistic", "lr", "wald"])
def test_dif_is_found_by_every_method(two_groups: Path, method: str) -> None:
    got = takar("dif", two_groups, "--group", "unit", "--method", method, "--purify", "--adjust")
    assert got.exit_code == 0, got.output
    assert "flagged at 0.05: q3\n" in got.output


def test_dif_of_incomplete_answers_matches_by_ability(two_groups: Path, tmp_path: Path) -> None:
    frame = pl.read_csv(two_groups)
    lost = (pl.int_range(pl.len()) % 3 == 0) & (pl.col("q0") == pl.col("q0"))
    path = tmp_path / "bolong.csv"
    frame.with_columns(pl.when(lost).then(None).otherwise(pl.col("q0")).alias("q0")).write_csv(path)
    got = takar("dif", path, "--group", "unit", "--purify")
    assert got.exit_code == 0, got.output
    assert "q3" in got.output.partition("flagged")[2]


def test_fit_of_incomplete_answers_and_of_a_known_set(two_groups: Path, tmp_path: Path) -> None:
    out = tmp_path / "set.json"
    items = pl.read_csv(two_groups).drop("unit")
    alone = tmp_path / "butir.csv"
    items.write_csv(alone)
    assert takar("calibrate", alone, "--out", out).exit_code == 0
    known = takar("fit", alone, "--parameters", out)
    assert known.exit_code == 0, known.output
    assert "S-X2" in known.output
    rng = np.random.default_rng(1)
    codes = items.to_numpy().astype(float)
    codes[rng.random(codes.shape) < 0.4] = np.nan
    holes = tmp_path / "bolong.csv"
    pl.DataFrame(dict(zip(items.columns, codes.T, strict=True))).fill_nan(None).write_csv(holes)
    got = takar("fit", holes)
    assert got.exit_code == 0, got.output
    assert "chi2" in got.output
    assert "M2 and C2 need complete answers" in got.output


def test_a_set_is_judged_on_its_own_codes_and_distribution(tmp_path: Path) -> None:
    """Codes from 1, and a bank whose persons are not N(0, 1)."""
    out = tmp_path / "science.json"
    data = KNOWN / "science.csv"
    assert takar("calibrate", data, "--model", "grm", "--out", out).exit_code == 0
    known, fresh = takar("fit", data, "--parameters", out), takar("fit", data, "--model", "grm")
    assert known.exit_code == 0, known.output
    pick = [line for line in fresh.output.splitlines() if line.startswith("reliability")]
    assert pick[0] in known.output
    linked = tmp_path / "linked.json"
    assert takar("link", out, out, "--out", linked).exit_code == 0
    again = takar("fit", data, "--parameters", linked)
    assert pick[0] in again.output


def test_the_sd_of_rasch_can_be_free() -> None:
    """LSAT6: slope 1 with a free SD is one slope on the N(0, 1) scale, log-likelihood -2466.938."""
    data = KNOWN / "lsat6.csv"
    got = takar("calibrate", data, "--weights", "frequency", "--model", "rasch", "--free-sd")
    assert got.exit_code == 0, got.output
    assert "log-likelihood: -2466.938" in got.output
    assert "free parameters: 6" in got.output
    refused = takar("calibrate", data, "--weights", "frequency", "--free-sd")
    assert "free_sd needs an item whose slope is not free" in refused.output


def test_person_fit_counts_persons() -> None:
    got = takar("fit", KNOWN / "lsat7.csv", "--weights", "frequency")
    assert "of 1000" in got.output
