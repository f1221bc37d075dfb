"""The Flask application."""

from typing import TYPE_CHECKING

from web.config import Settings

if TYPE_CHECKING:
    from flask import Flask


def create_app(settings: Settings | None = None) -> "Flask":
    """The application for ``settings`` (from the environment where none are given).

    Raises
    ------
    ConfigError
        If there is no database address, or no secret of its own outside loopback.
    """
    from web.factory import build  # slow to import, so that the command answers fast

    return build(settings or Settings.from_environment())
