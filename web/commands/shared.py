"""What several commands need: settings, a database, and one clear line where something is wrong."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

import click
from sqlalchemy import Engine

from web.config import Settings
from web.errors import WebError

P = ParamSpec("P")
R = TypeVar("R")


def plain_errors(body: Callable[P, R]) -> Callable[P, R]:
    """Turn the project's own errors into one line (or a line a problem) and exit status 1."""
    from assessment_engine import EngineError
    from calibration import CalibrationError
    from item_bank.errors import ItemBankError
    from scoring_models.errors import ScoringError

    @wraps(body)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return body(*args, **kwargs)
        except (WebError, ItemBankError, EngineError, CalibrationError, ScoringError) as error:
            raise click.ClickException(str(error)) from error

    return run


@contextmanager
def database(settings: Settings) -> Iterator[tuple[Engine, str]]:
    """An engine and its address: the server of TAKAR_DATABASE_URL, or the embedded one."""
    from item_bank.database import make_engine
    from web.embedded import EmbeddedPostgres

    if settings.database_url:
        with _disposed(make_engine(settings.database_url)) as engine:
            yield engine, settings.database_url
        return
    with (
        EmbeddedPostgres(settings.data_dir) as server,
        _disposed(make_engine(server.url)) as engine,
    ):
        yield engine, server.url


@contextmanager
def _disposed(engine: Engine) -> Iterator[Engine]:
    """The engine, whose connections close also where a command ends in an error."""
    try:
        yield engine
    finally:
        engine.dispose()
