"""The ``takar`` command, as a user calls it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

KNOWN_VALUES = Path(__file__).resolve().parents[1] / "known_values"


def takar(*words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if "TAKAR" not in name}
    return subprocess.run(
        [sys.executable, "-m", "web.cli", *words],
        env=environment | settings | {"COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=420,
        check=False,
    )


def test_help_lists_every_command_and_loads_none() -> None:
    code = "import sys; import web.cli; print([m for m in ('flask', 'numpy') if m in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"
    shown = takar("--help")
    assert shown.returncode == 0
    for name in ("demo", "serve", "worker", "migrate", "bank", "policy", "account", "calibrate"):
        assert f"\n  {name} " in shown.stdout


def test_calibrate_reproduces_lsat6() -> None:
    """Oracle: R mirt and ltm, log-likelihood -2466.653 and slopes of LSAT6, 2PL."""
    shown = takar(
        "calibrate", str(KNOWN_VALUES / "lsat6.csv"), "--model", "2pl", "--weights", "frequency"
    )
    assert shown.returncode == 0, shown.stderr
    assert "log-likelihood: -2466.653" in shown.stdout
    assert "converged: yes" in shown.stdout
    for slope in ("0.826", "0.723", "0.89", "0.68", "0.657"):
        assert slope in shown.stdout


def test_calibrate_refuses_a_bad_cell_by_row_and_column(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_text("a,b\n1,0\n0,benar\n1,1\n")
    shown = takar("calibrate", str(path))
    assert shown.returncode == 1
    assert "row 3, column 'b'" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_wrong_setting_ends_in_one_line() -> None:
    shown = takar("migrate", TAKAR_PORT="many")
    assert shown.returncode == 1
    assert shown.stderr.strip().startswith("Error: TAKAR_PORT must be a whole number")
    assert len(shown.stderr.strip().splitlines()) == 1


def test_serve_and_worker_need_a_database() -> None:
    for name in ("serve", "worker"):
        shown = takar(name)
        assert shown.returncode == 1
        assert "TAKAR_DATABASE_URL is not set" in shown.stderr


def test_demo_keeps_to_loopback_without_a_secret() -> None:
    shown = takar("demo", TAKAR_HOST="0.0.0.0")
    assert shown.returncode == 1
    assert "does not listen on 0.0.0.0 without a TAKAR_SECRET_KEY" in shown.stderr


def test_bank_import_and_account(database_url: str, tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    again = takar(
        "bank", "import", str(root / "item_bank" / "starter"), TAKAR_DATABASE_URL=database_url
    )
    assert again.returncode == 0, again.stderr
    assert "0 items added, 0 with a new version" in again.stdout
    (tmp_path / "items").mkdir()
    empty = takar("bank", "import", str(tmp_path), TAKAR_DATABASE_URL=database_url)
    assert empty.returncode == 1
    assert "competencies.yaml: the file is missing" in empty.stderr
    add = ("account", "add", "asesor2", "--name", "Asesor Dua", "--role", "assessor")
    made = takar(*add, TAKAR_DATABASE_URL=database_url)
    assert "first password" in made.stdout
    twice = takar(*add, TAKAR_DATABASE_URL=database_url)
    assert "already an account" in twice.stderr


@pytest.mark.slow
def test_headless_demo_ends_with_a_box(database_url: str) -> None:
    shown = takar("demo", "--headless", TAKAR_DATABASE_URL=database_url)
    assert shown.returncode == 0, shown.stderr
    for words in ("Integritas", "probability", "Job person match", "eligible", "semarang-2026"):
        assert words in shown.stdout
