"""The handbook's commands print what it shows."""

import doctest
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from web.cli import main

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "calibration.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```console\n\$ takar (.+)\n((?:.*\n)*?)```", PAGE)


@pytest.mark.parametrize(("command", "output"), SHOWN, ids=[one[0] for one in SHOWN])
def test_the_output_is_real(command: str, output: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "96")
    got = CliRunner().invoke(main, shlex.split(command))
    assert got.exit_code == 0, got.output
    matches = doctest.OutputChecker().check_output(output, got.output, doctest.ELLIPSIS)
    assert matches, got.output


def test_there_are_examples() -> None:
    assert len(SHOWN) == 3


def test_the_example_from_python_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    (code,) = re.findall(r"```python\n((?:.*\n)*?)```", PAGE)
    exec(code, names)  # noqa: S102 - our own page
    assert [one.item for one in names["fit"]] == [f"item{n}" for n in range(1, 6)]  # type: ignore[attr-defined]
