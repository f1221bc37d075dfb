"""A person who comes back is not given the items of the last years again."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from assessment_engine.records import Log, Offered, Opened
from item_bank.database import unit_of_work, utcnow
from item_bank.log import read_log
from item_bank.models import Assessment, Sitting
from item_bank.pool import shared_forms
from item_bank.seen import seen_by
from tests.web.factories import make_assessment, make_person, make_schedule, section
from web.people.models import Person
from web.usecases.sittings import AnswerIn, answer, current, open_sitting

N_ITEMS = 4


def sit(session: Session, person: Person, assessment: Assessment, starts: datetime) -> Sitting:
    """A sitting on an assessment, every choice of its only section answered by option 1."""
    schedule = make_schedule(
        session, person, assessment=assessment, opens_at=starts - timedelta(days=1)
    )
    sitting = open_sitting(session, person, schedule.id, now=starts, seed=7)
    for _ in range(N_ITEMS):
        offer = current(session, sitting.id, person.candidate, now=starts).offer
        assert offer is not None
        given = AnswerIn(position=offer.position, item=offer.item, shown=1)
        answer(session, sitting.id, person.candidate, given, now=starts)
    return sitting


def offered(log: Log) -> list[str]:
    return [event.item for event in log if isinstance(event, Offered)]


def assessment_with(session: Session, code: str, years: int) -> Assessment:
    only = section(min_items=N_ITEMS, max_items=N_ITEMS)
    return make_assessment(session, code, sections=[only], seen_years=years, randomesque=1)


@pytest.fixture
def fresh_forms() -> None:
    shared_forms.cache_clear()


def logs_of(engine: Engine, code: str, years: int, gap: timedelta) -> tuple[Log, Log, Sitting]:
    """The logs of two sittings of one person, ``gap`` apart, and the second sitting."""
    with unit_of_work(engine) as session:
        person, assessment = make_person(session), assessment_with(session, code, years)
        now = utcnow()
        first = sit(session, person, assessment, now - gap)
        second = sit(session, person, assessment, now)
        return read_log(session, first.id), read_log(session, second.id), second


@pytest.mark.usefixtures("fresh_forms")
def test_items_seen_of_late_are_not_offered_again(engine: Engine) -> None:
    before, after, sitting = logs_of(engine, "ulang-2", 2, timedelta(days=400))
    assert len(offered(before)) == len(offered(after)) == N_ITEMS
    assert not set(offered(before)) & set(offered(after))
    with Session(engine) as session:
        pool = shared_forms().get(session, sitting.assessment_id).pool
    assert isinstance(before[0], Opened)
    assert isinstance(after[0], Opened)
    assert before[0].eligible == ()
    assert set(after[0].eligible) == set(pool.row) - set(offered(before))


@pytest.mark.usefixtures("fresh_forms")
@pytest.mark.parametrize(("code", "years"), [("ulang-1", 1), ("ulang-0", 0)])
def test_items_seen_long_ago_are_free_again(engine: Engine, code: str, years: int) -> None:
    before, after, _ = logs_of(engine, code, years, timedelta(days=400))
    assert offered(before) == offered(after)
    assert isinstance(after[0], Opened)
    assert after[0].eligible == ()


@pytest.mark.usefixtures("fresh_forms")
def test_seen_are_all_offers_of_that_person_with_their_days(engine: Engine) -> None:
    with unit_of_work(engine) as session:
        person, other = make_person(session), make_person(session)
        assessment = assessment_with(session, "ulang-3", 0)
        starts = utcnow() - timedelta(days=500)
        sitting = sit(session, person, assessment, starts)
        items = offered(read_log(session, sitting.id))
        seen = seen_by(session, person.candidate)
        assert [one.item for one in seen] == items
        assert {one.on for one in seen} == {starts.date()}
        assert seen_by(session, other.candidate) == []
