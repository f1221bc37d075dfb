"""The handbook's commands print what it shows."""

import doctest
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from web.cli import main

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    name: (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    for name in ("calibration", "simulation", "scoring")
}
THREE_DECIMALS = re.compile(r"-?\d+\.\d{3}\b")
SHOWN = [
    shown
    for page in PAGES.values()
    for shown in re.findall(r"```console\n\$ takar (.+)\n((?:.*\n)*?)```", page)
]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where commands find what the checkout has, and write what it should not have."""
    folder = tmp_path_factory.mktemp("handbook")
    for name in ("docs", "item_bank", "tests"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.mark.parametrize(("command", "output"), SHOWN, ids=[one[0] for one in SHOWN])
def test_the_output_is_real(
    command: str, output: str, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workplace)
    monkeypatch.setenv("COLUMNS", "96")
    got = CliRunner().invoke(main, shlex.split(command))
    assert got.exit_code == 0, got.output
    if command.startswith("score "):
        assert numbers(got.output) == pytest.approx(numbers(output), abs=0.1)
        output, printed = THREE_DECIMALS.sub("#", output), THREE_DECIMALS.sub("#", got.output)
    else:
        printed = got.output
    matches = doctest.OutputChecker().check_output(output, printed, doctest.ELLIPSIS)
    assert matches, got.output


def numbers(text: str) -> list[float]:
    """An encoder's last bits differ between processors, and move what is computed from them."""
    return [float(found) for found in THREE_DECIMALS.findall(text)]


def test_there_are_examples() -> None:
    assert len(SHOWN) == 11


def python_of(name: str) -> dict[str, Any]:
    """What the page's one example from Python leaves behind."""
    names: dict[str, Any] = {}
    (code,) = re.findall(r"```python\n((?:.*\n)*?)```", PAGES[name])
    exec(code, names)  # noqa: S102 - our own page
    return names


def test_the_calibration_from_python_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    fit = python_of("calibration")["fit"]
    assert [one.item for one in fit] == [f"item{n}" for n in range(1, 6)]


def test_the_simulation_from_python_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names = python_of("simulation")
    assert names["summary"].n == 41
    assert names["summary"].violations.total == 0
    low, *_, high = names["bias"][1:-1]
    assert low > high  # EAP draws towards the prior's mean
