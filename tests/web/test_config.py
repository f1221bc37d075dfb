"""Settings come from the environment, and a wrong one is refused in one line that names it."""

import os
import stat
from pathlib import Path

import pytest

from web import create_app
from web.config import Settings, stored_secret
from web.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("TAKAR_DATABASE_URL", "mysql://localhost/takar", "PostgreSQL address"),
        ("TAKAR_SECRET_KEY", "short", "at least 32 characters"),
        ("TAKAR_HOST", "nowhere", "IP address or localhost"),
        ("TAKAR_PORT", "70000", "whole number from 1 to 65535"),
        ("TAKAR_PORT", "eighty", "whole number from 1 to 65535"),
        ("TAKAR_WEB_WORKERS", "0", "whole number from 1 to 64"),
        ("TAKAR_SECURE_COOKIES", "yes", "one of 0, 1"),
        ("TAKAR_TRUSTED_PROXIES", "-1", "whole number from 0 to 8"),
        ("TAKAR_LOG_LEVEL", "loud", "one of DEBUG, INFO"),
    ],
)
def test_wrong_setting_is_refused_by_name(name: str, value: str, expected: str) -> None:
    with pytest.raises(ConfigError) as error:
        Settings.from_environment({name: value})
    message = str(error.value)
    assert message.startswith(name)
    assert expected in message
    assert "\n" not in message


def test_defaults_stay_on_loopback() -> None:
    settings = Settings.from_environment({})
    assert settings.is_loopback
    assert (settings.host, settings.port, settings.database_url) == ("127.0.0.1", 8000, None)


def test_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = stored_secret(tmp_path / "data")
    assert len(first) >= 32
    assert stored_secret(tmp_path / "data") == first
    mode = stat.S_IMODE(os.stat(tmp_path / "data" / "secret_key").st_mode)
    assert mode == 0o600


def test_no_default_secret_outside_loopback(database_url: str, tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {
            "TAKAR_DATABASE_URL": database_url,
            "TAKAR_HOST": "0.0.0.0",
            "TAKAR_DATA_DIR": str(tmp_path),
        }
    )
    with pytest.raises(ConfigError, match="TAKAR_SECRET_KEY must be set"):
        create_app(settings)


def test_application_needs_a_database() -> None:
    with pytest.raises(ConfigError, match="TAKAR_DATABASE_URL is not set"):
        create_app(Settings.from_environment({}))


def test_every_setting_is_in_the_readme() -> None:
    root = Path(__file__).resolve().parents[2]
    source = (root / "web" / "config.py").read_text()
    readme = (root / "README.md").read_text()
    names = {word for word in source.replace('"', " ").split() if word.startswith("TAKAR_")}
    names = {name.strip(",.)(") for name in names}
    assert len(names) >= 10
    assert [name for name in sorted(names) if f"`{name}`" not in readme] == []
