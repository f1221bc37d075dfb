"""One database transaction of the running application."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app
from sqlmodel import Session

from item_bank.database import unit_of_work


@contextmanager
def transaction() -> Iterator[Session]:
    """A session that commits at the end of the block, and rolls back when it raises."""
    with unit_of_work(current_app.extensions["engine"]) as session:
        yield session
