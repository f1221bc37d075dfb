"""Security headers, cookies, and templates that hold to the content security policy."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

import web
from web.auth.access import Role

Login = Callable[[str], FlaskClient]
TEMPLATES = sorted((Path(web.__file__).parent / "templates").rglob("*.html"))
SCRIPTS = sorted((Path(web.__file__).parent / "static" / "js").rglob("*.js"))


@pytest.mark.parametrize(
    "path", ["/", "/masuk", "/lapor", "/perlindungan-data", "/tidak-ada", "/pejabat-pembina/dosir"]
)
def test_every_answer_carries_the_policy(app: Flask, path: str) -> None:
    answer = app.test_client().get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_static_files_carry_the_policy_and_may_be_kept(app: Flask) -> None:
    with app.test_client().get("/static/takar.css") as answer:
        assert answer.status_code == 200
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers.get("Cache-Control") != "no-store"


def test_cookies_are_kept_from_scripts_and_other_sites(app: Flask, staff: dict[Role, str]) -> None:
    client = app.test_client()
    entered = client.post("/masuk", data={"login": "panel", "password": "kata-sandi-uji"})
    chosen = client.post("/bahasa/en")
    seen = entered.headers.getlist("Set-Cookie") + chosen.headers.getlist("Set-Cookie")
    assert {cookie.partition("=")[0] for cookie in seen} == {"session", "bahasa"}
    for cookie in seen:
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


def test_log_in_does_not_lead_to_another_site(app: Flask, staff: dict[Role, str]) -> None:
    for target in (
        "https://contoh.test/",
        "//contoh.test",
        "/\\contoh.test",
        "javascript:alert(1)",
    ):
        answer = app.test_client().post(
            "/masuk",
            query_string={"lanjut": target},
            data={"login": "panel", "password": "kata-sandi-uji"},
        )
        assert answer.location == "/mulai", target


def test_there_are_templates_to_scan() -> None:
    assert len(TEMPLATES) > 15


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_template_holds_to_the_policy(template: Path) -> None:
    source = re.sub(r"\{#.*?#\}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
    faults = [
        found.group(0)
        for pattern in (
            r"<script(?![^>]*\b(?:src=|type=\"application/json\"))",
            r"<style\b",
            r"\sstyle\s*=",
            r"\son[a-z]+\s*=\s*[\"']",
            r"javascript:",
            r"(?:src|href)\s*=\s*[\"'](?:https?:)?//",
            r"\|\s*safe\b",
            r"hx-on",
        )
        for found in re.finditer(pattern, source, flags=re.IGNORECASE)
    ]
    assert not faults, f"{template}: {faults}"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_evaluates_no_text(script: Path) -> None:
    source = script.read_text(encoding="utf-8")
    assert not re.search(r"\beval\(|new Function\(|\.innerHTML\s*=|document\.write", source)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_posting_forms_carry_the_token(template: Path) -> None:
    source = template.read_text(encoding="utf-8")
    for form in re.findall(r"<form\b[^>]*method=\"post\".*?</form>", source, flags=re.DOTALL):
        assert "csrf" in form, f"{template}: {form[:80]}"


def test_post_without_the_token_is_refused(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    answer = app.test_client().post("/lapor", data={"subject": "Uji", "text": "Uji"})
    assert answer.status_code == 400
    assert "kedaluwarsa" in answer.text
