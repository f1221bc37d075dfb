"""``takar exposure``: a block that an assessment file takes, and under which rates hold."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from assessment_engine.exposure import SympsonHetter
from assessment_engine.simulation import largest_rate
from web.cli import main
from web.simulation.exposure import exposure_block
from web.simulation.persons import Persons
from web.simulation.source import from_files

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
DRAFT, POOL = EXAMPLES / "reasoning.yaml", EXAMPLES / "reasoning.json"


def find(*words: str) -> Result:
    return CliRunner().invoke(main, ["exposure", str(DRAFT), "--pool", f"penalaran={POOL}", *words])


def with_block(path: Path, block: str) -> Path:
    file = path / "terkendali.yaml"
    file.write_text(DRAFT.read_text(encoding="utf-8") + block, encoding="utf-8")
    return file


def test_the_block_loads_and_holds(tmp_path: Path) -> None:
    block = tmp_path / "exposure.yaml"
    words = ("--max-rate", "0.5", "--persons", "100", "--tolerance", "0.12", "--out", str(block))
    shown = find(*words)
    assert shown.exit_code == 0, shown.output
    lines = shown.output.splitlines()
    rates = [float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("iteration")]
    assert rates[0] == 1.0
    assert rates[-1] <= 0.62 < rates[-2]
    control = yaml.safe_load(block.read_text())["exposure"]["probabilities"]
    assert f"items held back: {len(control)} of 120" in lines
    form = from_files(with_block(tmp_path, block.read_text()), [("penalaran", POOL)])
    made = form.rules.exposure
    assert isinstance(made, SympsonHetter)
    assert made.probabilities == {item: tuple(row) for item, row in control.items()}
    others = Persons(150, seed=77).group(0, 1)
    assert largest_rate(form.rules, form.pool, made, others) < 0.7
    assert largest_rate(form.rules, form.pool, SympsonHetter({}), others) == 1.0


def test_without_a_file_the_block_is_printed_by_segment() -> None:
    words = ("--persons", "60", "--segments=-0.5,0.8", "--tolerance", "0.3", "--seed", "3")
    shown = find("--max-rate", "0.6", *words)
    assert shown.exit_code == 0, shown.output
    block = yaml.safe_load(shown.output[shown.output.index("exposure:\n") :])["exposure"]
    assert block["cuts"] == [-0.5, 0.8]
    assert {len(row) for row in block["probabilities"].values()} == {3}
    assert find("--max-rate", "0.6", *words).output == shown.output


def test_a_block_holds_the_numbers(tmp_path: Path) -> None:
    control = SympsonHetter({"P002": (0.25, 1.0), "P001": (0.0001, 0.5)}, (0.5,))
    file = with_block(tmp_path, exposure_block(control))
    assert from_files(file, [("penalaran", POOL)]).rules.exposure == control


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--max-rate"),
        (("--max-rate", "0.1"), "120 items gives at most 12 items a sitting"),
        (("--max-rate", "0.5", "--segments", "a"), "'a' is not A,B,... with abilities"),
        (("--max-rate", "0.5", "--out", "block.json"), "ends in .yaml or .yml; came '.json'"),
        (("--max-rate", "0.3", "--iterations", "1"), "after 1 iterations"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(words: tuple[str, ...], said: str) -> None:
    shown = find("--persons", "5", *words)
    assert shown.exit_code != 0
    assert said in shown.output
    assert "Traceback" not in shown.output
