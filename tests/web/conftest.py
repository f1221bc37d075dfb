"""The application over the module's database, and clients logged in as each role."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from item_bank.database import unit_of_work
from item_bank.pool import shared_forms
from web import create_app
from web.auth.access import Role
from web.auth.accounts import create_account
from web.auth.limits import limiter
from web.config import Settings

PASSWORD = "kata-sandi-uji"


@pytest.fixture(scope="module")
def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    data_dir: Path = tmp_path_factory.mktemp("data")
    settings = Settings.from_environment(
        {"TAKAR_DATABASE_URL": database_url, "TAKAR_DATA_DIR": str(data_dir)}
    )
    shared_forms.cache_clear()
    made = create_app(settings)
    made.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    yield made
    made.extensions["engine"].dispose()


@pytest.fixture(autouse=True)
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests log in more often in a minute than people do."""
    monkeypatch.setattr(limiter, "enabled", False)


@pytest.fixture
def limits(no_limits: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(limiter, "enabled", True)
    limiter.reset()
    yield
    limiter.reset()


@pytest.fixture(scope="module")
def staff(engine: Engine) -> dict[Role, str]:
    """One account a staff role; the login is the role's name."""
    with unit_of_work(engine) as session:
        for role in Role:
            if role not in (Role.PUBLIC, Role.CANDIDATE):
                create_account(
                    session,
                    role.value,
                    role.value.title(),
                    (role,),
                    PASSWORD,
                    must_change_password=False,
                )
    return {role: role.value for role in Role if role not in (Role.PUBLIC, Role.CANDIDATE)}


@pytest.fixture
def login(app: Flask) -> Callable[[str], FlaskClient]:
    """Log in with a client of its own."""

    def enter(name: str, password: str = PASSWORD) -> FlaskClient:
        client = app.test_client()
        answer = client.post("/masuk", data={"login": name, "password": password})
        assert answer.status_code == 303, answer.text
        return client

    return enter
