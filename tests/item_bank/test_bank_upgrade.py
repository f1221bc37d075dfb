"""A bank written before versions had words: its rows stay, and the next import counts them."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlmodel import Session, SQLModel

from item_bank.bank import latest_texts, text_in_set
from item_bank.database import make_engine
from item_bank.importing.bank import Imported, read_bank, write_bank
from item_bank.pool import load_pool
from tests.conftest import database_of
from tests.item_bank.reading_bank import folder_of, item
from web.migrate import MIGRATIONS, upgrade

ITEM, VERSION, SET = uuid4(), uuid4(), uuid4()
BEFORE = f"""
INSERT INTO competency VALUES ('baca', 'Membaca', 'Reading', 'potential', 1);
INSERT INTO item (id, code, competency, kind, content, target_level, difficulty, seconds, status)
VALUES ('{ITEM}', 'BCA-01', 'baca', 'keyed', 'reading', 2, 'typical', 60, 'active');
INSERT INTO item_version (id, item_id, version, language, body, digest, created_at)
VALUES ('{VERSION}', '{ITEM}', 1, 'id', '{{"kind": "keyed", "content": "reading", "seconds": 60}}',
        'd', now());
INSERT INTO parameter_set (id, name, status, cut_scores, provenance, digest, created_at)
VALUES ('{SET}', 'lama', 'calibrated', '{{}}', '{{}}', 'd', now());
INSERT INTO item_parameters
    (parameter_set_id, item_id, item_version_id, model, a, b, c, d, standard_errors, slopes)
VALUES ('{SET}', '{ITEM}', '{VERSION}', '2PL', 1.1, '[0.3]', 0, 1, '{{}}', '[]');
"""  # noqa: S608


@pytest.fixture(scope="module")
def old(server_url: str) -> Iterator[Engine]:
    """An empty database, upgraded to what it was before stimuli, with one item."""
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    engine = make_engine(database_of(server_url, name))
    migrate(engine, "0004")
    with engine.begin() as connection:
        connection.execute(text(BEFORE))
    yield engine
    engine.dispose()
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def migrate(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_the_next_import_counts_words_and_old_sets_stay(old: Engine, tmp_path: Path) -> None:
    upgrade(old)
    folder = folder_of(tmp_path, {"competency": "baca", "items": [item(1)]})
    with Session(old) as session:
        pool = load_pool(session, SET)
        assert (pool["BCA-01"].words, pool["BCA-01"].tags) == (0, frozenset())
        assert write_bank(session, read_bank(folder)) == Imported(added=0, changed=1, unchanged=0)
        [newest] = latest_texts(session)
        assert (newest.version.version, newest.version.words) == (2, 26)
        assert text_in_set(session, SET, "BCA-01").version.id == VERSION
        assert load_pool(session, SET).digest == pool.digest
        session.rollback()


def test_tables_are_those_of_the_models(old: Engine) -> None:
    upgrade(old)
    with old.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), SQLModel.metadata)
    ours = ("stimulus", "stimulus_version", "item_enemy", "item_version")
    assert [one for one in found if any(name in repr(one) for name in ours)] == []
