"""A PNG of every page, as every role, at phone and desktop width: ``make screenshots``."""

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from item_bank.database import make_engine
from scripts.tour import PASSWORD, furnish, tour
from web import create_app
from web.auth.limits import limiter
from web.config import Settings
from web.demo.seed import seed_demo
from web.embedded import EmbeddedPostgres

WIDTHS = (360, 1280)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
OUT = Path("screenshots")


@click.command()
@click.option("--language", type=click.Choice(["id", "en"]), default="id", show_default=True)
@click.option("--theme", type=click.Choice(["light", "dark", "contrast"]), default="light")
@click.option("--only", default="", help="Only pages whose name contains this.")
def main(language: str, theme: str, only: str) -> None:
    """Seed a throw-away centre and photograph every page."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    with tempfile.TemporaryDirectory(prefix="takar-shots-") as folder, _centre(Path(folder)) as app:
        visitors = furnish(app.extensions["engine"])
        stops = [stop for stop in tour(app, visitors) if only in stop.name]
        app.config["WTF_CSRF_ENABLED"] = True
        with _served(app) as site, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("TAKAR_CHROMIUM"), args=list(FLAGS)
            )
            for login in dict.fromkeys(stop.login for stop in stops):
                for width in WIDTHS:
                    page = _page(browser, site, login, width, language, theme)
                    for stop in stops:
                        if stop.login == login:
                            page.goto(site + stop.url, wait_until="networkidle")
                            path = OUT / f"{stop.name}-{width}.png"
                            page.screenshot(path=path, full_page=True)
                    page.context.close()
            browser.close()
    click.echo(f"{len(list(OUT.glob('*.png')))} pictures in {OUT}/")


@contextmanager
def _centre(folder: Path) -> Iterator[Flask]:
    """A demo in a database of its own, with form protection off for the walk by links."""
    with EmbeddedPostgres(folder) as server:
        engine = make_engine(server.url)
        seed_demo(engine, folder, say=click.echo)
        engine.dispose()
        app = create_app(
            Settings.from_environment(
                {"TAKAR_DATABASE_URL": server.url, "TAKAR_DATA_DIR": str(folder)}
            )
        )
        app.config["WTF_CSRF_ENABLED"] = False
        limiter.enabled = False
        yield app
        app.extensions["engine"].dispose()


@contextmanager
def _served(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def _page(
    browser: Browser, site: str, login: str | None, width: int, language: str, theme: str
) -> Page:
    context = browser.new_context(viewport={"width": width, "height": 800}, locale="id-ID")
    context.add_cookies(
        [
            {"name": "bahasa", "value": language, "url": site},
            {"name": "tampilan", "value": theme, "url": site},
        ]
    )
    page = context.new_page()
    if login is not None:
        page.goto(site + "/masuk")
        page.fill("[name=login]", login)
        page.fill("[name=password]", PASSWORD)
        page.click("main button")
        page.wait_for_load_state("networkidle")
    return page


if __name__ == "__main__":
    main()
