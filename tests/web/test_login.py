"""Logging in: what is refused, what is slowed down, and for whom."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import PASSWORD
from web.auth.access import Role


def enter(client: FlaskClient, login: str, password: str) -> int:
    return client.post("/masuk", data={"login": login, "password": password}).status_code


def test_guessing_the_password_of_one_account_is_stopped(
    app: Flask, staff: dict[Role, str], limits: None
) -> None:
    client = app.test_client()
    target = staff[Role.PANEL]
    assert [enter(client, target, f"tebakan-{n}") for n in range(12)] == [422] * 10 + [429] * 2
    assert enter(client, target, PASSWORD) == 429


def test_an_office_behind_one_address_still_logs_in(
    app: Flask, staff: dict[Role, str], limits: None
) -> None:
    for n in range(10):
        enter(app.test_client(), staff[Role.PANEL], f"tebakan-{n}")
    entered = [enter(app.test_client(), staff[Role.ASSESSOR], PASSWORD) for _ in range(30)]
    assert entered == [303] * 30


def test_spraying_guesses_over_many_accounts_is_stopped(
    app: Flask, limits: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.auth.views.authenticate", lambda *_: None)  # hashing takes its time
    client = app.test_client()
    answers = [enter(client, f"akun-{n}", "kata-sandi") for n in range(301)]
    assert set(answers[:300]) == {422}
    assert answers[300] == 429


def test_each_error_in_the_summary_names_its_field(app: Flask) -> None:
    page = app.test_client().post("/masuk", data={"login": "", "password": ""}).text
    assert 'href="#isian-login">NIP atau nama akun: Isian ini belum diisi.' in page
    assert 'href="#isian-password">Kata sandi: Isian ini belum diisi.' in page
