"""The human loop in the database: who is asked, what counts, what is kept."""

from uuid import UUID, uuid4

import pytest
from flask import Flask
from rated_answers import Answered, decide_by_machine, people_settings, rate_by_machine
from rated_answers import sit_free_text as sit
from sqlalchemy import Engine, func
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from assessment_engine.records import Scored
from item_bank.database import unit_of_work
from item_bank.log import read_log, verify
from item_bank.models import ProfileSnapshot, Rating, RatingCall, Sitting
from item_bank.rating_calls import call_for, open_calls
from web.audit.models import AuditEntry
from web.errors import NotFoundError, RefusedError
from web.people.models import Objection, Placement
from web.usecases.appeals import Rerated, ask_for_rerating, reratings_of
from web.usecases.rating import GivenRating, rate, wanted_of
from web.usecases.rating_calls import call, call_if_drawn

ANNA, BUDI, CITRA, DEWI = (UUID(int=n) for n in range(1, 5))
WHY = "Ia melapor dan mengajak rekannya."


@pytest.fixture(autouse=True)
def in_a_request(app: Flask):
    """Refusals are in the reader's language."""
    with app.test_request_context():
        yield


@pytest.fixture
def answered(engine: Engine) -> Answered:
    return sit(engine, code=f"putaran-{uuid4().hex[:8]}")


def give(
    engine: Engine, answered: Answered, rater: UUID, level: int, why: str = WHY
) -> GivenRating:
    with unit_of_work(engine) as session:
        place = answered.sitting_id, answered.position
        return rate(session, *place, rater, level=level, comment=why)


def calls(engine: Engine, answered: Answered) -> list[str]:
    with Session(engine) as session:
        kinds = session.exec(
            select(RatingCall.kind)
            .where(RatingCall.sitting_id == answered.sitting_id)
            .order_by(col(RatingCall.asked_at))
        ).all()
    return list(kinds)


def levels(engine: Engine, answered: Answered) -> list[int]:
    """The level of each score in the log, the last one standing."""
    with Session(engine) as session:
        log = read_log(session, answered.sitting_id)
        verify(session, answered.sitting_id)
    scores = [e.likelihood for e in log if isinstance(e, Scored)]
    return [max(range(5), key=lambda k: one[k]) + 1 for one in scores]


def asked_of(engine: Engine, answered: Answered, rater: UUID) -> str | None:
    with Session(engine) as session:
        found = call_for(session, answered.sitting_id, answered.position, str(rater))
    return found.kind if found else None


def test_the_share_decides_whether_a_first_rating_is_doubled(
    engine: Engine, answered: Answered
) -> None:
    with people_settings(double_share=0.0):
        assert give(engine, answered, ANNA, 3).counts
    assert calls(engine, answered) == []
    other = sit(engine, code=f"putaran-{uuid4().hex[:8]}")
    with people_settings(double_share=1.0):
        give(engine, other, ANNA, 3)
    assert calls(engine, other) == ["double"]
    assert asked_of(engine, other, ANNA) is None
    assert asked_of(engine, other, BUDI) == "double"


def test_far_ratings_go_to_a_third_whose_level_counts(engine: Engine, answered: Answered) -> None:
    with people_settings(double_share=1.0):
        give(engine, answered, ANNA, 2, "Hanya menjaga diri sendiri.")
        assert not give(engine, answered, BUDI, 5, "Teladan bagi yang lain.").counts
    assert calls(engine, answered) == ["double", "adjudication"]
    assert [asked_of(engine, answered, one) for one in (ANNA, BUDI, CITRA)] == [
        None,
        None,
        "adjudication",
    ]
    with Session(engine) as session:
        log = read_log(session, answered.sitting_id)
        wanted = wanted_of(session, answered.sitting_id, answered.position, CITRA, log)
    assert {one.comment for one in wanted.others} == {
        "Hanya menjaga diri sendiri.",
        "Teladan bagi yang lain.",
    }
    assert give(engine, answered, CITRA, 4).counts
    assert levels(engine, answered) == [2, 4]
    assert asked_of(engine, answered, DEWI) is None
    with Session(engine) as session:
        snapshots = session.exec(
            select(func.count())
            .select_from(ProfileSnapshot)
            .where(ProfileSnapshot.sitting_id == answered.sitting_id)
        ).one()
    assert snapshots == 3  # finished, scored, adjudicated


def test_near_ratings_stand_as_they_are(engine: Engine, answered: Answered) -> None:
    with people_settings(double_share=1.0):
        give(engine, answered, ANNA, 2)
        give(engine, answered, BUDI, 3)
    assert calls(engine, answered) == ["double"]
    assert levels(engine, answered) == [2]


@pytest.mark.parametrize(("level", "expected"), [(4, [3]), (3, [3]), (5, [3, 5]), (1, [3, 1])])
def test_a_machine_s_score_read_behind_is_replaced_only_if_far(
    engine: Engine, answered: Answered, level: int, expected: list[int]
) -> None:
    with people_settings(read_behind_share=1.0):
        decide_by_machine(engine, answered, 3)
    assert calls(engine, answered) == ["read_behind"]
    given = give(engine, answered, ANNA, level)
    assert given.rating.purpose == "read_behind"
    assert levels(engine, answered) == expected
    with Session(engine) as session:
        entry = session.exec(
            select(AuditEntry).where(
                AuditEntry.action == "answer rated",
                AuditEntry.subject == str(answered.sitting_id),
            )
        ).one()
    assert entry.detail["before"] == 3
    assert entry.detail["before_by"] == "machine"
    assert entry.detail["counts"] is (len(expected) == 2)


def test_a_machine_s_score_that_is_not_drawn_is_asked_of_nobody(
    engine: Engine, answered: Answered
) -> None:
    with people_settings(read_behind_share=0.0):
        decide_by_machine(engine, answered)
    assert calls(engine, answered) == []
    with Session(engine) as session:
        log = read_log(session, answered.sitting_id)
        with pytest.raises(RefusedError, match="tidak sedang dimintakan"):
            wanted_of(session, answered.sitting_id, answered.position, ANNA, log)


def test_who_rates_at_the_same_moment_loses_nothing(engine: Engine, answered: Answered) -> None:
    """Two open one waiting answer; the second one's rating is kept, and differs too much."""
    with people_settings(double_share=0.0):
        give(engine, answered, ANNA, 1)
        late = give(engine, answered, BUDI, 4)
    assert (late.rating.purpose, late.counts) == ("extra", False)
    assert calls(engine, answered) == ["adjudication"]
    assert levels(engine, answered) == [1]


def test_a_call_is_answered_once_and_never_changed(engine: Engine, answered: Answered) -> None:
    with people_settings(double_share=1.0):
        give(engine, answered, ANNA, 3)
    give(engine, answered, BUDI, 3)
    assert asked_of(engine, answered, CITRA) is None
    with Session(engine) as session:
        assert answered.sitting_id not in {one.call.sitting_id for one in open_calls(session)}
    with Session(engine) as session:
        made = session.exec(
            select(RatingCall).where(RatingCall.sitting_id == answered.sitting_id)
        ).one()
        made.kind = "read_behind"
        session.add(made)
        with pytest.raises(DBAPIError, match="never changed"):
            session.flush()


def test_an_answer_is_drawn_once_only(engine: Engine, answered: Answered) -> None:
    place = (answered.sitting_id, answered.position, answered.item_id)
    with unit_of_work(engine) as session:
        call(session, *place, "double")
    with pytest.raises(DBAPIError, match="rating_call_drawn_once"), unit_of_work(engine) as session:
        call(session, *place, "double")


def objection(engine: Engine, answered: Answered) -> UUID:
    with unit_of_work(engine) as session:
        placement = session.exec(
            select(Placement)
            .where(Placement.person_id == answered.person.id)
            .order_by(col(Placement.created_at).desc())
        ).first()
        assert placement is not None
        made = Objection(
            person_id=answered.person.id,
            placement_id=placement.id,
            text="Nilai saya terlalu rendah.",
        )
        session.add(made)
        session.flush()
        return made.id


def ask(engine: Engine, objection_id: UUID, *positions: int) -> None:
    with unit_of_work(engine) as session:
        ask_for_rerating(session, objection_id, positions, DEWI)


def state(engine: Engine, objection_id: UUID) -> Rerated:
    with Session(engine) as session:
        (found,) = reratings_of(session, [objection_id])[objection_id]
    return found


def test_an_objection_to_a_person_s_score_is_rated_again_by_another(
    engine: Engine, answered: Answered
) -> None:
    with people_settings(double_share=0.0):
        give(engine, answered, ANNA, 3)
    objected = objection(engine, answered)
    ask(engine, objected, answered.position)
    assert asked_of(engine, answered, ANNA) is None
    assert (state(engine, objected).state, state(engine, objected).before) == ("waiting", 3)
    assert give(engine, answered, BUDI, 4, "Rekannya diajak memperbaiki.").counts
    assert levels(engine, answered) == [3, 4]
    found = state(engine, objected)
    assert (found.state, found.before, found.level) == ("counts", 3, 4)
    assert found.comment == "Rekannya diajak memperbaiki."


def test_an_objection_may_lower_a_score_too(engine: Engine, answered: Answered) -> None:
    with people_settings(double_share=0.0):
        give(engine, answered, ANNA, 3)
    objected = objection(engine, answered)
    ask(engine, objected, answered.position)
    give(engine, answered, BUDI, 2)
    assert levels(engine, answered) == [3, 2]


def test_a_far_re_rating_is_settled_by_a_third(engine: Engine, answered: Answered) -> None:
    with people_settings(double_share=0.0):
        give(engine, answered, ANNA, 1)
    objected = objection(engine, answered)
    ask(engine, objected, answered.position)
    assert not give(engine, answered, BUDI, 5).counts
    assert state(engine, objected).state == "third"
    assert levels(engine, answered) == [1]
    give(engine, answered, CITRA, 3, "Melapor, tetapi tidak mengajak.")
    found = state(engine, objected)
    assert (found.state, found.before, found.level) == ("settled", 1, 3)
    assert levels(engine, answered) == [1, 3]


def test_an_objection_to_a_machine_s_score_is_decided_by_a_person(
    engine: Engine, answered: Answered
) -> None:
    with people_settings(read_behind_share=0.0):
        decide_by_machine(engine, answered, 2)
    objected = objection(engine, answered)
    ask(engine, objected, answered.position)
    assert give(engine, answered, ANNA, 5).counts
    assert levels(engine, answered) == [2, 5]
    assert state(engine, objected).before == 2


def test_what_cannot_be_rated_again_is_refused(engine: Engine, answered: Answered) -> None:
    rate_by_machine(engine, answered)
    objected = objection(engine, answered)
    with pytest.raises(RefusedError, match="belum bernilai"):
        ask(engine, objected, answered.position)
    with pytest.raises(RefusedError, match="Pilih paling sedikit satu"):
        ask(engine, objected)
    with pytest.raises(NotFoundError):
        ask(engine, uuid4(), answered.position)
    give(engine, answered, ANNA, 3)
    with pytest.raises(NotFoundError):
        ask(engine, objected, 99)
    ask(engine, objected, answered.position)
    with pytest.raises(RefusedError, match="sedang dinilai ulang"):
        ask(engine, objected, answered.position)


def test_the_draw_can_be_repeated_from_the_log(engine: Engine) -> None:
    """The same sitting is drawn or not whenever it is asked; half of many are at one half."""
    with people_settings(double_share=0.5), unit_of_work(engine) as session:
        known = session.exec(select(Sitting).limit(1)).one()
        item_id = session.exec(select(Rating.item_id).limit(1)).one()
        found = [call_if_drawn(session, known, n, item_id, "double") for n in range(100, 300)]
        session.rollback()
        again = [call_if_drawn(session, known, n, item_id, "double") for n in range(100, 300)]
        session.rollback()
    assert found == again
    assert 70 < sum(found) < 130
