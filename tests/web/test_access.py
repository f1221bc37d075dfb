"""Roles: every route of the application, walked by every role and by nobody."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from factories import make_candidate, make_person
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from item_bank.database import unit_of_work
from web.auth.access import Role, open_to, roles_of
from web.auth.accounts import create_account

Login = Callable[[str], FlaskClient]
WALKED = (*(role for role in Role if role is not Role.PUBLIC), Role.PUBLIC)
NEW_ACCOUNT = "akun-baru"
FREE_BEFORE_PASSWORD = {"auth.password", "auth.password_send", "public.home"}


@pytest.fixture(scope="module")
def logins(engine: Engine, staff: dict[Role, str]) -> dict[Role, str]:
    """One account a role, the candidate's too, and one with a first password."""
    with unit_of_work(engine) as session:
        person, _ = make_candidate(session, make_person(session))
        create_account(
            session,
            NEW_ACCOUNT,
            "Akun Baru",
            tuple(role for role in Role if role not in (Role.PUBLIC, Role.CANDIDATE)),
            "kata-sandi-uji",
        )
    return staff | {Role.CANDIDATE: person.nip}


@pytest.fixture
def client_of(app: Flask, logins: dict[Role, str], login: Login) -> Callable[[Role], FlaskClient]:
    return lambda role: app.test_client() if role is Role.PUBLIC else login(logins[role])


def routes(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """Every rule, each of its methods, and an address with random arguments."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        arguments = {name: _argument(rule, name) for name in rule.arguments}
        url = adapter.build(rule.endpoint, arguments)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method, url


def _argument(rule: Rule, name: str) -> object:
    converter = rule._converters[name]
    match type(converter).__name__:
        case "UUIDConverter":
            return uuid4()
        case "IntegerConverter":
            return 1
        case "FloatConverter":
            return 1.0
        case "AnyConverter":
            return sorted(converter.items)[0]  # type: ignore[attr-defined]
        case _:
            return "contoh"


def is_refused(answer: TestResponse) -> bool:
    return answer.status_code == 403 or sent_to(answer, "/masuk")


def sent_to(answer: TestResponse, path: str) -> bool:
    return answer.status_code in (302, 303) and answer.location.partition("?")[0] == path


def test_every_route_says_who_may_open_it(app: Flask) -> None:
    silent = {rule.endpoint for rule, _, _ in routes(app) if not roles_of(app, rule.endpoint)}
    assert not silent, f"these views have no @open_to: {sorted(silent)}"


def test_there_are_routes_of_every_audience(app: Flask) -> None:
    """So that the walk below cannot pass by walking nothing."""
    assert {rule.endpoint.partition(".")[0] for rule, _, _ in routes(app)} == {
        "assessor",
        "audit",
        "auth",
        "candidate",
        "panel",
        "personnel",
        "psychometrician",
        "public",
    }


@pytest.mark.parametrize("role", WALKED)
def test_walk_of_all_routes(
    app: Flask, client_of: Callable[[Role], FlaskClient], role: Role
) -> None:
    """Who is allowed is not refused; who is not allowed is refused before the view runs."""
    wrong: list[str] = []
    client = client_of(role)
    for rule, method, url in routes(app):
        if rule.endpoint == "auth.logout":
            continue  # walked last: it would end the walk
        answer = client.open(url, method=method)
        allowed = bool(roles_of(app, rule.endpoint) & {role, Role.PUBLIC})
        # /mulai sends visitors to log in by itself, and is open to them for that.
        refused = is_refused(answer) and rule.endpoint != "public.start"
        if refused == allowed or answer.status_code >= 500:
            wrong.append(f"{method} {rule.rule}: {answer.status_code}, allowed={allowed}")
    assert not wrong, "\n".join(wrong)
    assert sent_to(client.post("/keluar"), "/")


def test_visitor_is_sent_to_log_in_and_back(app: Flask) -> None:
    answer = app.test_client().get("/pejabat-pembina/dosir?box=9")
    assert answer.status_code == 302
    assert answer.location == "/masuk?lanjut=/pejabat-pembina/dosir?box%3D9"


def test_first_password_opens_nothing_but_the_password_page(
    app: Flask, logins: dict[Role, str], login: Login
) -> None:
    client = login(NEW_ACCOUNT)
    wrong = []
    for rule, method, url in routes(app):
        if rule.endpoint in FREE_BEFORE_PASSWORD or rule.endpoint.startswith("auth."):
            continue
        answer = client.open(url, method=method)
        expected = (
            sent_to(answer, "/kata-sandi")
            if roles_of(app, rule.endpoint) - {Role.CANDIDATE}
            else is_refused(answer)
        )
        if not expected:
            wrong.append(f"{method} {rule.rule}: {answer.status_code} {answer.location}")
    assert not wrong, "\n".join(wrong)
    assert client.get("/kata-sandi").status_code == 200


def test_view_that_says_nothing_is_closed_to_everyone(
    app: Flask, client_of: Callable[[Role], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent() -> str:
        return "terbuka"

    monkeypatch.setitem(app.view_functions, "public.privacy", silent)
    for role in WALKED:
        answer = client_of(role).get("/perlindungan-data")
        assert answer.status_code == 403, role
    monkeypatch.setitem(app.view_functions, "public.privacy", open_to(Role.PANEL)(silent))
    assert client_of(Role.PANEL).get("/perlindungan-data").text == "terbuka"
    assert client_of(Role.AUDITOR).get("/perlindungan-data").status_code == 403


def test_inactive_account_is_out_at_once(app: Flask, engine: Engine, login: Login) -> None:
    with unit_of_work(engine) as session:
        account = create_account(
            session,
            "pensiun",
            "Pensiun",
            (Role.PANEL,),
            "kata-sandi-uji",
            must_change_password=False,
        )
    client = login("pensiun")
    assert client.get("/pejabat-pembina/keputusan").status_code == 200
    with unit_of_work(engine) as session:
        kept = session.get_one(type(account), account.id)
        kept.active = False
        session.add(kept)
    assert is_refused(client.get("/pejabat-pembina/keputusan"))
