"""``takar demo``: everything on one machine, with an embedded database."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from types import FrameType

import click

from web.commands.shared import database, plain_errors
from web.config import Settings, stored_secret
from web.errors import ConfigError

START_SECONDS = 60
STOP_SECONDS = 6


@click.command("demo")
@click.option(
    "--headless", is_flag=True, help="Run the main job in the terminal, without a browser."
)
@plain_errors
def command(headless: bool) -> None:
    """Serve a seeded assessment centre on this machine, or run its main job in the terminal."""
    settings = Settings.from_environment()
    if headless:
        from web.demo.headless import run

        run(settings)
        return
    if not settings.is_loopback and settings.secret_key is None:
        raise ConfigError(
            f"the demo does not listen on {settings.host} without a TAKAR_SECRET_KEY of its own; "
            "leave TAKAR_HOST at 127.0.0.1 to try it"
        )
    signal.signal(signal.SIGTERM, _leave)
    _serve(settings)


def _serve(settings: Settings) -> None:
    from web.demo.seed import seed_demo

    started = time.monotonic()
    click.echo("Starting the database ...")
    with database(settings) as (engine, url):
        accounts = seed_demo(engine, settings.data_dir, say=click.echo)
        engine.dispose()
        environment = _environment(settings, url)
        children = [
            subprocess.Popen([sys.executable, "-m", "web.cli", name], env=environment)  # noqa: S603
            for name in ("serve", "worker")
        ]
        try:
            _wait_until_up(settings, children)
            _greet(settings, accounts, time.monotonic() - started)
            _watch(children)
        except KeyboardInterrupt:
            click.echo("Stopping ...")
        finally:
            _stop(children)


def _environment(settings: Settings, url: str) -> dict[str, str]:
    return {
        **os.environ,
        "TAKAR_DATABASE_URL": url,
        "TAKAR_SECRET_KEY": settings.secret_key or stored_secret(settings.data_dir),
        "TAKAR_DATA_DIR": str(settings.data_dir),
    }


def _wait_until_up(settings: Settings, children: list[subprocess.Popen[bytes]]) -> None:
    address = f"http://{settings.host}:{settings.port}/"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        _fail_if_ended(children)
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise ConfigError(f"no answer from {address} after {START_SECONDS} s; is the port in use?")


def _greet(settings: Settings, accounts: Mapping[str, tuple[str, str]], seconds: float) -> None:
    click.echo(
        f"\nTakar is at http://{settings.host}:{settings.port} (ready after {seconds:.0f} s)\n"
    )
    width = max(len(role) for role in accounts)
    for role, (login, password) in accounts.items():
        click.echo(f"  {role:<{width}}  {login:<18}  {password}")
    click.echo("\nStop with Ctrl-C; the data stays in " + str(settings.data_dir))


def _watch(children: list[subprocess.Popen[bytes]]) -> None:
    while True:
        _fail_if_ended(children)
        time.sleep(0.5)


def _fail_if_ended(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is not None:
            raise ConfigError(f"a process of the demo ended by itself (status {child.returncode})")


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
