"""``takar calibrate --dimensions``: each dimension by itself, and a joint prior that runs."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from test_cli_responses import takar

from calibration import calibrate, latent_correlations, read_responses
from calibration.exchange import read_parameters
from calibration.prepare import categories_for
from item_bank.assessments import read_assessment, rules_of
from web.commands.dimensions import read_dimensions

DIMENSIONS = ("integritas", "komunikasi", "kerja_sama")
TRUE = np.array([[1.0, 0.7, 0.4], [0.7, 1.0, 0.5], [0.4, 0.5, 1.0]])
N_ITEMS = 14


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Answers of 1,500 persons to fourteen items of each of three correlated abilities."""
    rng = np.random.default_rng(21)
    ability = rng.multivariate_normal(np.zeros(3), TRUE, size=1500)
    path = tmp_path_factory.mktemp("joint")
    columns, rows = {}, []
    for place, dimension in enumerate(DIMENSIONS):
        for item in range(N_ITEMS):
            a, b = 1.0 + rng.random(), rng.normal()
            right = rng.random(1500) < 1 / (1 + np.exp(a * (b - ability[:, place])))
            columns[f"{dimension[:3]}{item}"] = right.astype(int)
            rows.append((f"{dimension[:3]}{item}", dimension))
    mixed = dict(sorted(columns.items(), key=lambda one: one[0][::-1]))
    pl.DataFrame(mixed).write_csv(path / "jawaban.csv")
    pl.DataFrame(rows, schema=["item", "dimension"], orient="row").write_csv(path / "butir.csv")
    return path


@pytest.fixture(scope="module")
def written(folder: Path) -> str:
    got = takar(
        "calibrate",
        folder / "jawaban.csv",
        "--dimensions",
        folder / "butir.csv",
        "--out",
        folder / "set.json",
        "--prior",
        folder / "joint.yaml",
    )
    assert got.exit_code == 0, got.output
    return got.output


def test_each_dimension_is_fitted_by_itself(folder: Path, written: str) -> None:
    responses = read_responses(folder / "jawaban.csv")
    parts = read_dimensions(folder / "butir.csv", responses.items)
    assert {name: len(items) for name, items in parts.items()} == dict.fromkeys(DIMENSIONS, N_ITEMS)
    for name, items in parts.items():
        kept = read_parameters(folder / f"set-{name}.json")
        assert tuple(item.name for item in kept.items) == items
        assert f"dimension: {name}" in written
    alone = folder / "alone.csv"
    pl.read_csv(folder / "jawaban.csv").select(parts["komunikasi"]).write_csv(alone)
    expected = calibrate(read_responses(alone), model="2PL")
    kept = read_parameters(folder / "set-komunikasi.json")
    assert [item.b[0] for item in kept.items] == pytest.approx([b[0] for b in expected.b])


def test_the_block_holds_the_correlations_of_the_calibrations(folder: Path, written: str) -> None:
    joint = yaml.safe_load((folder / "joint.yaml").read_text())["joint"]
    order = [DIMENSIONS.index(name) for name in joint["dimensions"]]
    assert sorted(order) == [0, 1, 2]
    assert joint["mean"] == [0.0, 0.0, 0.0]
    covariance = np.array(joint["covariance"])
    assert np.diagonal(covariance).tolist() == [1.0, 1.0, 1.0]
    assert covariance == pytest.approx(TRUE[np.ix_(order, order)], abs=0.08)
    responses = read_responses(folder / "jawaban.csv")
    sets = {name: read_parameters(folder / f"set-{name}.json") for name in joint["dimensions"]}
    quadrature = {name: one.quadrature for name, one in sets.items() if one.quadrature is not None}
    expected = latent_correlations(
        {name: one.items for name, one in sets.items()},
        {name: categories_for(one.items, responses) for name, one in sets.items()},
        quadrature=quadrature,
    )
    assert covariance == pytest.approx(expected.prior, abs=1e-7)
    first, second = joint["dimensions"][:2]
    words = (
        f"#   {first}, {second}: {expected.correlation[0, 1]:.3f} ({expected.se[0, 1]:.3f}; 1500)"
    )
    assert words in (folder / "joint.yaml").read_text()
    assert f"{expected.se[0, 1]:.3f}" in written


def test_the_block_loads_and_runs_in_an_assessment_file(folder: Path, written: str) -> None:
    """In sections that take turns by joint precision, which a joint prior alone allows."""
    content = {
        "code": "tiga",
        "title": "Tiga kompetensi",
        "across": "D-optimality",
        "defaults": {
            "intro": "Pilih jawaban yang paling tepat.",
            "min_items": 3,
            "max_items": 5,
            "se_target": None,
            "time_limit_minutes": None,
        },
        "sections": [{"code": name, "title": name, "dimension": name} for name in DIMENSIONS],
    }
    text = yaml.safe_dump(content, sort_keys=False) + (folder / "joint.yaml").read_text()
    assessment = folder / "tiga.yaml"
    assessment.write_text(text)
    rules = rules_of(read_assessment(assessment))
    assert rules.joint is not None
    assert set(rules.joint.dimensions) == set(DIMENSIONS)
    pools = [one for name in DIMENSIONS for one in ("--pool", f"{name}={folder}/set-{name}.json")]
    got = takar("simulate", assessment, *pools, "--persons", 20)
    assert got.exit_code == 0, got.output
    assert "items a sitting: 15.00" in got.output


def test_the_banks_own_file_of_parameters_names_dimensions_too(tmp_path: Path) -> None:
    path = tmp_path / "parameter.csv"
    path.write_text("parameter_set,item,competency\ns,a,x\ns,b,y\ns,c,x\ns,unused,z\n")
    assert read_dimensions(path, ("c", "b", "a")) == {"x": ("c", "a"), "y": ("b",)}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("butir,dimensi\na,x\n", "the header needs the columns item and dimension"),
        ("item,dimension\nint0,x\n", "no dimension for"),
        ("item,dimension\nint0,x\nint0,y\n", "item 'int0' stands in both 'x' and 'y'"),
        ("", "it has none"),
    ],
)
def test_a_faulty_list_of_dimensions_is_one_line(
    folder: Path, tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "butir.csv"
    path.write_text(content)
    got = takar("calibrate", folder / "jawaban.csv", "--dimensions", path)
    assert got.exit_code == 1
    assert message in got.output.replace("\n", " ")


def test_a_prior_needs_dimensions_and_at_least_two(folder: Path, tmp_path: Path) -> None:
    alone = takar("calibrate", folder / "jawaban.csv", "--prior", tmp_path / "joint.yaml")
    assert alone.exit_code == 2
    assert "--prior needs --dimensions" in alone.output
    one = tmp_path / "satu.csv"
    names = read_responses(folder / "jawaban.csv").items
    one.write_text("item,dimension\n" + "".join(f"{name},x\n" for name in names))
    options = ("--dimensions", one, "--prior", tmp_path / "joint.yaml", "--errors", "none")
    got = takar("calibrate", folder / "jawaban.csv", *options)
    assert got.exit_code == 1
    assert "correlations need two dimensions at least" in got.output
    assert not (tmp_path / "joint.yaml").exists()


def test_codes_from_one_are_read_alike_in_every_part(tmp_path: Path) -> None:
    """The lowest code of the file is category 0 in each of its parts."""
    rng = np.random.default_rng(2)
    ability = rng.normal(size=(400, 1))
    drawn = 1 + (ability + rng.normal(size=(400, 4)) > 0).astype(int)
    path, names = tmp_path / "jawaban.csv", ("x1", "x2", "y1", "y2")
    pl.DataFrame({name: drawn[:, i] for i, name in enumerate(names)}).write_csv(path)
    items = tmp_path / "butir.csv"
    items.write_text("item,dimension\n" + "".join(f"{name},{name[0]}\n" for name in names))
    out = tmp_path / "set.json"
    got = takar("calibrate", path, "--model", "1pl", "--dimensions", items, "--out", out)
    assert got.exit_code == 0, got.output
    assert [read_parameters(tmp_path / f"set-{x}.json").lowest_code for x in "xy"] == [1, 1]
