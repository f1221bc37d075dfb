"""Sittings over a bank of passages: sets stay together, enemies never meet, budgets hold."""

from collections.abc import Iterator
from functools import partial
from itertools import groupby
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from assessment_engine.pool import ItemPool
from assessment_engine.records import Log, Offered
from item_bank.assessments import latest_version
from item_bank.database import unit_of_work, utcnow
from item_bank.finished import export_sitting
from item_bank.log import read_log
from item_bank.models import Assessment, Sitting
from item_bank.pool import load_pool
from tests.item_bank import reading_bank
from tests.web import factories
from web.people.models import Person
from web.usecases.bank import import_bank
from web.usecases.recompute import recompute
from web.usecases.rehearsal import sit
from web.usecases.sittings import current, open_sitting

ABILITIES = (-2.0, -1.0, -0.5, 0.0, 0.3, 0.8, 1.5, 2.5)


@pytest.fixture(scope="module")
def assessment(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    folder = reading_bank.folder_of(tmp_path_factory.mktemp("bank"))
    with unit_of_work(engine) as session:
        import_bank(session, folder)
        found = latest_version(session, "membaca")
    assert found is not None
    return found


@pytest.fixture(scope="module")
def pool(engine: Engine, assessment: Assessment) -> ItemPool:
    with Session(engine) as session:
        return load_pool(session, assessment.parameter_set_id)


def seated(engine: Engine, assessment: Assessment) -> tuple[Person, UUID]:
    with unit_of_work(engine) as session:
        person, _ = factories.make_candidate(session)
        return person, factories.make_schedule(session, person, assessment=assessment).id


@pytest.fixture(scope="module")
def sittings(engine: Engine, assessment: Assessment) -> list[Sitting]:
    """One sitting each of persons of low to high ability."""
    found = []
    for seed, theta in enumerate(ABILITIES):
        person, schedule_id = seated(engine, assessment)
        transactions = partial(unit_of_work, engine)
        starts = utcnow()
        found.append(sit(transactions, person, schedule_id, {"baca": theta}, seed, starts=starts))
    return found


@pytest.fixture(scope="module")
def given(engine: Engine, sittings: list[Sitting]) -> list[list[str]]:
    """The items of each sitting in their order."""
    with Session(engine) as session:
        return [offered(read_log(session, sitting.id)) for sitting in sittings]


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine, expire_on_commit=False) as opened:
        yield opened
        opened.rollback()


def offered(log: Log) -> list[str]:
    return [event.item for event in log if isinstance(event, Offered)]


def test_sittings_differ(given: list[list[str]]) -> None:
    """Or the tests below would look at one test form only."""
    assert len({tuple(items) for items in given}) >= 4
    assert {len(items) for items in given} == {8}


def test_items_of_a_passage_follow_one_another(pool: ItemPool, given: list[list[str]]) -> None:
    for items in given:
        runs = [
            (code, len(list(run))) for code, run in groupby(items, lambda one: pool[one].stimulus)
        ]
        assert sorted(size for code, size in runs if code) == [2, 2]
        assert len({code for code, _ in runs if code}) == 2


def test_enemies_never_meet(pool: ItemPool, given: list[list[str]]) -> None:
    """Pairs are named by one of the two only, and hold both ways."""
    for one, other in reading_bank.ENEMIES:
        assert other in pool[one].enemies
        assert one in pool[other].enemies
        assert not [items for items in given if one in items and other in items]
        assert [items for items in given if one in items or other in items]


def test_budget_of_words_holds(pool: ItemPool, given: list[list[str]]) -> None:
    words = [sum(pool[item].words for item in items) for items in given]
    assert all(300 <= total <= 560 for total in words)
    assert max(words) > 400  # four times a passage of more than eighty words


def test_tagged_items_are_as_many_as_asked(pool: ItemPool, given: list[list[str]]) -> None:
    for items in given:
        assert 2 <= sum("sulit" in pool[item].tags for item in items) <= 3


def test_recomputing_finds_the_same_decisions(session: Session, sittings: list[Sitting]) -> None:
    found = recompute(session, sittings[0].id)
    assert found.replay is not None
    assert found.replay.identical


def test_exported_items_carry_what_the_decisions_rest_on(
    session: Session, pool: ItemPool, sittings: list[Sitting]
) -> None:
    sitting = session.get_one(Sitting, sittings[0].id)
    items = {row["id"]: row for row in export_sitting(session, sitting)["parameter_set"]["items"]}
    assert items["BCA-04"]["stimulus"] == "BCA-S2"
    assert items["BCA-04"]["enemies"] == ["BCA-01"]
    assert items["BCA-04"]["tags"] == ["mudah", "umum"]
    assert items["BCA-04"]["words"] == pool["BCA-04"].words > 80


def test_a_sitting_keeps_the_passage_that_it_was_opened_with(
    engine: Engine, assessment: Assessment, pool: ItemPool, tmp_path: Path
) -> None:
    person, schedule_id = seated(engine, assessment)
    with unit_of_work(engine) as session:
        open_sitting(session, person, schedule_id, seed=3)
    content = reading_bank.file_of_bank()
    reworded = reading_bank.PASSAGE.replace("hari pertama", "hari kedua")
    for one in content["stimuli"]:
        one["text"] = reworded
    with unit_of_work(engine) as session:
        import_bank(session, reading_bank.folder_of(tmp_path, content))
        later = latest_version(session, "membaca")
        assert later is not None
        assert later.version == assessment.version + 1
        assert load_pool(session, assessment.parameter_set_id).digest == pool.digest
    assert first_passage(engine, person, schedule_id) == reading_bank.PASSAGE
    assert first_passage(engine, *seated(engine, later)) == reworded


def first_passage(engine: Engine, person: Person, schedule_id: UUID) -> str:
    """Answer until a passage comes, and give back its text."""
    transactions = partial(unit_of_work, engine)
    for seed in range(8):
        with transactions() as session:
            sitting = open_sitting(session, person, schedule_id, seed=3)
            standing = current(session, sitting.id, person.candidate)
        if standing.item is not None and standing.item.stimulus is not None:
            return str(standing.item.stimulus.body["text"])
        sit(transactions, person, schedule_id, {}, seed, starts=utcnow(), stop_after=1)
    raise AssertionError("no passage came")
