"""``takar serve``."""

import os
import sys

import click

from web.commands.shared import plain_errors
from web.config import Settings

THREADS = 4


@click.command("serve")
@plain_errors
def command() -> None:
    """Serve the pages at TAKAR_HOST:TAKAR_PORT."""
    from web import create_app

    settings = Settings.from_environment()
    create_app(settings).extensions[
        "engine"
    ].dispose()  # a wrong setting is refused here, in one line
    os.execv(sys.executable, gunicorn_arguments(settings))  # noqa: S606  (no shell is wanted)


def gunicorn_arguments(settings: Settings) -> list[str]:
    """The command line of the web server for these settings."""
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "web:create_app()",
        f"--bind={settings.host}:{settings.port}",
        f"--workers={settings.web_workers}",
        f"--threads={THREADS}",
        "--worker-class=gthread",
        "--worker-tmp-dir=/dev/shm",
        "--graceful-timeout=5",
        "--log-level=warning",
    ]
