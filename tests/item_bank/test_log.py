"""The log of a sitting: what goes in comes out, alterations show, requests do not interleave."""

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import get_args
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlmodel import Session, col, select

from assessment_engine import records
from assessment_engine.records import Answered, Event, Finished, Log, Offered, Opened, Paused
from item_bank.database import unit_of_work
from item_bank.errors import BrokenLogError, UnknownSittingError
from item_bank.log import append, lock_sitting, read_log, stored_events, verify
from item_bank.models import (
    Assessment,
    Item,
    ProfileSnapshot,
    Rating,
    Sitting,
    Stimulus,
    StimulusVersion,
)

LOG: Log = (
    Opened(0.0, "asesmen-1", "sementara-1", ("INT-01", "INT-02"), extra_time=90.0),
    Offered(0.5, 1, "integritas", "INT-01", (2, 4, 1, 3), "randomesque 2 of 4"),
    Answered(31.25, 1, "INT-01", category=2, option=4),
    Offered(31.25, 2, "integritas", "INT-F1"),
    Answered(200.125, 2, "INT-F1", category=None, text="Saya melapor.\n“Terbuka”, kata saya – ya."),
    records.Scored(202.0, 2, (0.1, 0.7, 1.9, 0.4, 0.01), "machine", rating="r-1"),
    Offered(202.0, 3, "integritas", "INT-02", (1, 2, 3, 4)),
    records.Expired(400.0, 3),
    records.Paused(401.0),
    records.Resumed(500.0),
    records.Extended(501.0, 300.0, "listrik padam"),
    records.Flagged(502.0, 3, "focus", "jendela lain"),
    Finished(503.0, "total_time"),
)


def open_sitting(session: Session) -> UUID:
    """A sitting on the seeded assessment, without events."""
    assessment = session.exec(select(Assessment).order_by(col(Assessment.version))).first()
    assert assessment is not None
    sitting = Sitting(
        candidate=uuid4(),
        assessment_id=assessment.id,
        parameter_set_id=assessment.parameter_set_id,
        seed=2**40 + 7,
        software="test",
    )
    session.add(sitting)
    session.flush()
    return sitting.id


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine, expire_on_commit=False) as opened:
        yield opened
        opened.rollback()


@pytest.fixture
def kept(engine: Engine) -> UUID:
    """A sitting with the whole of ``LOG``, committed."""
    with unit_of_work(engine) as writer:
        sitting_id = open_sitting(writer)
        append(writer, sitting_id, (), LOG)
    return sitting_id


# --- what goes in comes out ----------------------------------------------------------------------


def test_sample_log_holds_every_kind_of_event() -> None:
    assert {type(event) for event in LOG} == {*get_args(Event)}


def test_log_comes_back_as_it_was_appended(engine: Engine, kept: UUID) -> None:
    with Session(engine) as reader:
        assert read_log(reader, kept) == LOG
        assert [row.sequence for row in stored_events(reader, kept)] == list(range(1, 14))
        verify(reader, kept)


words = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=40
)  # PostgreSQL holds neither lone surrogates nor NUL in text
seconds = st.floats(0.0, 1e7)
positions = st.integers(1, 500)
orders = st.permutations(range(1, 6)).map(tuple)
events = st.one_of(
    st.builds(
        Opened, seconds, words, words, st.lists(words, max_size=5).map(tuple), extra_time=seconds
    ),
    st.builds(Offered, seconds, positions, words, words, orders, words),
    st.builds(
        Answered,
        seconds,
        positions,
        words,
        st.none() | st.integers(0, 5),
        st.none() | st.integers(1, 5),
        st.none() | words,
    ),
    st.builds(
        records.Scored,
        seconds,
        positions,
        st.lists(st.floats(0.0, 1e6), min_size=2, max_size=6).map(tuple),
        st.sampled_from(["machine", "human"]),
        words,
    ),
    st.builds(records.Expired, seconds, positions),
    st.builds(records.Paused, seconds),
    st.builds(records.Resumed, seconds),
    st.builds(records.Extended, seconds, seconds, words),
    st.builds(records.Flagged, seconds, positions, words, words),
    st.builds(Finished, seconds, words),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(events, min_size=1, max_size=8))
def test_any_events_come_back_as_they_were_and_keep_their_digests(
    session: Session, given_events: list[Event]
) -> None:
    sitting_id = open_sitting(session)
    append(session, sitting_id, (), given_events)
    session.expire_all()
    assert read_log(session, sitting_id) == tuple(given_events)
    verify(session, sitting_id)


def test_append_gives_back_the_log_with_what_was_added(session: Session) -> None:
    sitting_id = open_sitting(session)
    log = append(session, sitting_id, (), LOG[:2])
    assert append(session, sitting_id, log, [LOG[2]]) == LOG[:3]
    assert append(session, sitting_id, LOG[:3], []) == LOG[:3]
    assert read_log(session, sitting_id) == LOG[:3]


def test_log_of_one_sitting_holds_nothing_of_another(session: Session) -> None:
    one, other = open_sitting(session), open_sitting(session)
    append(session, one, (), LOG[:3])
    append(session, other, (), LOG[:1])
    append(session, one, LOG[:3], LOG[3:5])
    assert read_log(session, one) == LOG[:5]
    assert read_log(session, other) == LOG[:1]


def test_digest_of_an_event_belongs_to_its_sitting_and_its_past(session: Session) -> None:
    ids = [open_sitting(session) for _ in range(2)]
    for sitting_id in ids:
        append(session, sitting_id, (), [Paused(1.0), Paused(1.0)])
    digests = [row.digest for sitting_id in ids for row in stored_events(session, sitting_id)]
    assert len({*digests}) == 4


def test_unknown_field_of_a_later_software_is_passed_over(session: Session) -> None:
    """A log that newer software wrote can still be read by the one before it."""
    sitting_id = open_sitting(session)
    append(session, sitting_id, (), [Paused(1.0)])
    _without_trigger(session)
    session.execute(
        text("""UPDATE sitting_event SET payload = payload || '{"since": "2.0"}'"""),
    )
    session.expire_all()
    assert read_log(session, sitting_id) == (Paused(1.0),)


def test_unknown_sitting_is_refused(session: Session) -> None:
    with pytest.raises(UnknownSittingError):
        lock_sitting(session, uuid4())
    assert read_log(session, uuid4()) == ()


# --- alterations show ----------------------------------------------------------------------------


def _without_trigger(session: Session) -> None:
    """As one with the rights of the database's owner could; taken back with the transaction."""
    session.execute(text("ALTER TABLE sitting_event DISABLE TRIGGER sitting_event_append_only"))


def _set(column: str, value: str, sequence: int) -> str:
    where = f"sitting_id = :id AND sequence = {sequence}"
    return f"UPDATE sitting_event SET {column} = {value} WHERE {where}"  # noqa: S608


SWAP = """
    UPDATE sitting_event SET sequence = CASE sequence WHEN 3 THEN 103 ELSE 105 END
    WHERE sitting_id = :id AND sequence IN (3, 5);
    UPDATE sitting_event SET sequence = CASE sequence WHEN 103 THEN 5 ELSE 3 END
    WHERE sitting_id = :id AND sequence IN (103, 105);
"""


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        pytest.param(
            _set("payload", "jsonb_set(payload, '{category}', '3')", 3), 3, id="another category"
        ),
        pytest.param(
            _set("payload", "jsonb_set(payload, '{at}', '31.0')", 3), 3, id="another moment"
        ),
        pytest.param(_set("payload", "payload - 'option'", 3), 3, id="a field taken out"),
        pytest.param(_set("kind", "'resumed'", 9), 9, id="another kind"),
        pytest.param(_set("digest", "repeat('0', 64)", 5), 5, id="another digest"),
        pytest.param(
            "DELETE FROM sitting_event WHERE sitting_id = :id AND sequence = 4", 4, id="one removed"
        ),
        pytest.param(
            "DELETE FROM sitting_event WHERE sitting_id = :id AND sequence = 1",
            1,
            id="the first removed",
        ),
        pytest.param(SWAP, 3, id="two exchanged"),
    ],
)
def test_alteration_is_found_at_the_first_event_it_touches(
    session: Session, kept: UUID, statement: str, first: int
) -> None:
    verify(session, kept)
    _without_trigger(session)
    for part in filter(str.strip, statement.split(";")):
        session.execute(text(part), {"id": kept})
    session.expire_all()
    with pytest.raises(BrokenLogError, match=f"event {first} was altered or removed"):
        verify(session, kept)


def test_alteration_with_its_own_digest_made_anew_shows_in_the_next_event(
    session: Session, kept: UUID
) -> None:
    """Each digest covers the one before, so a forger has to rewrite all that follows."""
    second, third = stored_events(session, kept)[1:3]
    forged = {**third.payload, "category": 3}
    content = json.dumps([str(kept), 3, "answered", forged], sort_keys=True)
    digest = hashlib.sha256(f"{second.digest}|{content}".encode()).hexdigest()
    _without_trigger(session)
    session.execute(
        text(
            "UPDATE sitting_event SET payload = CAST(:payload AS jsonb), digest = :digest "
            "WHERE sitting_id = :id AND sequence = 3"
        ),
        {"payload": json.dumps(forged), "digest": digest, "id": kept},
    )
    session.expire_all()
    with pytest.raises(BrokenLogError, match="event 4 was altered or removed"):
        verify(session, kept)


def test_event_moved_to_another_sitting_is_found(session: Session, kept: UUID) -> None:
    other = open_sitting(session)
    _without_trigger(session)
    session.execute(
        text("UPDATE sitting_event SET sitting_id = :other WHERE sitting_id = :id"),
        {"id": kept, "other": other},
    )
    with pytest.raises(BrokenLogError, match="event 1 was"):
        verify(session, other)


# --- the database refuses changes ----------------------------------------------------------------

APPEND_ONLY = (
    "sitting_event",
    "profile_snapshot",
    "rating",
    "item_version",
    "item_parameters",
    "parameter_set",
    "assessment",
    "stimulus",
    "stimulus_version",
    "item_enemy",
)


@pytest.fixture
def full(session: Session, kept: UUID) -> Session:
    """A session in which every table that may only be added to holds a row."""
    sitting = session.get_one(Sitting, kept)
    item = session.exec(select(Item).where(Item.code == "INT-F1")).one()
    session.add(
        Rating(
            sitting_id=kept,
            position=2,
            item_id=item.id,
            rater_kind="human",
            rater="r",
            level=3,
            decision="human",
        )
    )
    session.add(
        ProfileSnapshot(
            sitting_id=kept, candidate=sitting.candidate, complete=True, profile={}, versions={}
        )
    )
    stimulus = Stimulus(code="UJI-S1", competency=item.competency)
    session.add(stimulus)
    session.flush()
    session.add(StimulusVersion(stimulus_id=stimulus.id, version=1, body={}, digest="d"))
    session.flush()
    return session


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"],
    ids=["update", "delete", "truncate"],
)
def test_row_that_was_written_stays(full: Session, table: str, statement: str) -> None:
    column = "kind" if table == "sitting_event" else "id"
    column = {"item_parameters": "model", "item_enemy": "enemy_id"}.get(table, column)
    before = full.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608
    assert before > 0
    with pytest.raises(DBAPIError, match="are never changed or removed"), full.begin_nested():
        full.execute(text(statement.format(table, column)))
    assert full.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == before  # noqa: S608


# --- requests do not interleave ------------------------------------------------------------------


def test_second_request_waits_until_the_first_has_ended(engine: Engine, kept: UUID) -> None:
    with Session(engine) as first, Session(engine) as second:
        lock_sitting(first, kept)
        second.execute(text("SET LOCAL lock_timeout = '100ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            lock_sitting(second, kept)
        second.rollback()
        first.rollback()
        assert lock_sitting(second, kept).id == kept


def test_lock_holds_one_sitting_only(engine: Engine, kept: UUID) -> None:
    with unit_of_work(engine) as writer:
        other = open_sitting(writer)
    with Session(engine) as first, Session(engine) as second:
        lock_sitting(first, kept)
        second.execute(text("SET LOCAL lock_timeout = '100ms'"))
        assert lock_sitting(second, other).id == other


def _answer_under_lock(engine: Engine, sitting_id: UUID, option: int) -> bool:
    """Answer the offer in hand unless it is answered already, as the use case does."""
    with unit_of_work(engine) as writer:
        lock_sitting(writer, sitting_id)
        log = read_log(writer, sitting_id)
        if isinstance(log[-1], Answered):
            return False
        append(writer, sitting_id, log, [Answered(9.0, 1, "INT-01", category=0, option=option)])
        return True


def test_of_concurrent_answers_to_one_offer_exactly_one_counts(engine: Engine) -> None:
    with unit_of_work(engine) as writer:
        sitting_id = open_sitting(writer)
        append(writer, sitting_id, (), LOG[:2])
    with ThreadPoolExecutor(4) as threads:
        counted = list(
            threads.map(lambda option: _answer_under_lock(engine, sitting_id, option), [1, 2, 3, 4])
        )
    assert counted.count(True) == 1
    with Session(engine) as reader:
        log = read_log(reader, sitting_id)
        assert len(log) == 3
        assert isinstance(log[-1], Answered)
        assert log[-1].option == counted.index(True) + 1
        verify(reader, sitting_id)


def test_concurrent_appends_make_one_unbroken_chain(engine: Engine) -> None:
    with unit_of_work(engine) as writer:
        sitting_id = open_sitting(writer)

    def add(number: int) -> None:
        with unit_of_work(engine) as writer:
            lock_sitting(writer, sitting_id)
            append(writer, sitting_id, read_log(writer, sitting_id), [Paused(float(number))])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(add, range(20)))
    with Session(engine) as reader:
        log = read_log(reader, sitting_id)
        assert sorted(event.at for event in log) == [float(number) for number in range(20)]
        verify(reader, sitting_id)


def test_append_without_the_lock_cannot_overwrite(engine: Engine, kept: UUID) -> None:
    """The key refuses a second event of the same number, should a caller forget the lock."""
    with Session(engine) as first, Session(engine) as second:
        second.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        assert read_log(second, kept) == LOG
        append(first, kept, LOG, [Paused(600.0)])
        first.commit()
        with pytest.raises(IntegrityError):
            append(second, kept, LOG, [Paused(700.0)])
        second.rollback()
    with Session(engine) as reader:
        assert read_log(reader, kept) == (*LOG, Paused(600.0))
        verify(reader, kept)


def test_failed_unit_of_work_leaves_no_event(engine: Engine, kept: UUID) -> None:
    def fail() -> None:
        with unit_of_work(engine) as writer:
            append(writer, kept, LOG, [Paused(600.0)])
            raise RuntimeError("the connection dropped")

    with pytest.raises(RuntimeError):
        fail()
    with Session(engine) as reader:
        assert read_log(reader, kept) == LOG
