"""The tests' database: one embedded PostgreSQL, a seeded template, a fresh copy a module."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine

from item_bank.database import make_engine, unit_of_work

# Machines that run the suite may be busy: how long an example takes is no fault of the code.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

TEMPLATE = "seeded"


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The address of a PostgreSQL server: the one of ``TAKAR_TEST_SERVER``, or an embedded one."""
    given = os.environ.get("TAKAR_TEST_SERVER")
    if given:
        yield given
        return
    from web.embedded import EmbeddedPostgres

    with (
        tempfile.TemporaryDirectory(prefix="takar-test-") as folder,
        EmbeddedPostgres(Path(folder)) as server,
    ):
        yield server.url


def database_of(server_url: str, name: str) -> str:
    head, _, query = server_url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")


@pytest.fixture(scope="session")
def seeded_template(server_url: str) -> Iterator[str]:
    """A database with the schema, the starter bank and the shipped policy, to copy from."""
    from web.migrate import upgrade
    from web.policies.store import load_policy
    from web.usecases.bank import import_bank

    name = f"{TEMPLATE}_{uuid4().hex[:8]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    engine = make_engine(database_of(server_url, name))
    upgrade(engine)
    with unit_of_work(engine) as session:
        import_bank(session)
        load_policy(session)
    engine.dispose()
    yield name
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def database_url(server_url: str, seeded_template: str) -> Iterator[str]:
    """A database of the module's own, with bank and policy in it."""
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{seeded_template}"')
    yield database_of(server_url, name)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    yield made
    made.dispose()
