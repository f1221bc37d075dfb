"""A live server over the module's database, a real Chromium, and axe."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from checks import overflow, violations
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler, make_server

from item_bank.pool import shared_forms
from web import create_app
from web.auth.limits import limiter
from web.config import Settings

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}
PATIENCE = 10_000
"""Milliseconds that a page may take to show what is expected."""
expect.set_options(timeout=PATIENCE)


class Quiet(WSGIRequestHandler):
    """A request handler that keeps its lines out of a failing test's report."""

    timeout = 5  # seconds that a kept-alive connection may idle, so that its thread can be joined

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def chromium() -> str | None:
    """The Chromium to drive: the one named, the system's, or (None) playwright's own."""
    named = os.environ.get("TAKAR_CHROMIUM")
    installed = ("chromium", "chromium-browser", "google-chrome")
    return named or next(filter(None, map(shutil.which, installed)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def live_app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application as it runs, form protection included."""
    data_dir: Path = tmp_path_factory.mktemp("data")
    shared_forms.cache_clear()
    made = create_app(
        Settings.from_environment(
            {"TAKAR_DATABASE_URL": database_url, "TAKAR_DATA_DIR": str(data_dir)}
        )
    )
    was_enabled, limiter.enabled = limiter.enabled, False
    yield made
    limiter.enabled = was_enabled
    made.extensions["engine"].dispose()


@pytest.fixture(scope="module")
def site(live_app: Flask) -> Iterator[str]:
    """The address of the live server."""
    server = make_server("127.0.0.1", 0, live_app, threaded=True, request_handler=Quiet)
    assert isinstance(server, ThreadedWSGIServer)
    # closing waits for the answers under way, which would else outlive the database
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def device(browser: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """A device of its own: ``device(viewport, javascript=...)`` gives its first page."""
    contexts: list[BrowserContext] = []

    def make(viewport: dict[str, int] | None = None, *, javascript: bool = True) -> Page:
        context = browser.new_context(
            base_url=site,
            viewport=viewport or PHONE,  # type: ignore[arg-type]
            java_script_enabled=javascript,
            locale="id-ID",
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def sound() -> Callable[[Page], None]:
    """Check a page: axe finds nothing, and nothing scrolls sideways."""

    def check(page: Page) -> None:
        assert violations(page) == []
        assert overflow(page) == 0

    return check
