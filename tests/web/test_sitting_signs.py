"""Pages on sittings: signs as evidence, for no role but one, changing nothing."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from factories import (
    PASSWORD,
    append_events,
    make_assessment,
    make_candidate,
    make_person,
    make_schedule,
    section,
)
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, select
from test_psychometrician import specs

from assessment_engine import category_probabilities, profile, trail_of
from assessment_engine.records import Answered, Finished, Item, Offered
from item_bank.bank import category_of
from item_bank.database import unit_of_work, utcnow
from item_bank.log import read_log
from item_bank.models import ProfileSnapshot, Sitting, SittingEvent, SittingSigns
from item_bank.pool import shared_forms
from item_bank.signs import keep_signs
from web.audit.models import DataAccess
from web.auth.access import Role
from web.people.models import Person
from web.psychometrician.sign_words import sign_meanings, sign_names
from web.usecases.results import profile_from_json
from web.usecases.sittings import AnswerIn, answer, current, open_sitting

PATH = "/bank-butir/asesmen"
N_ITEMS = 12
Login = Callable[[str], FlaskClient]


@pytest.fixture(scope="module")
def reader(app: Flask, staff: dict[Role, str]) -> FlaskClient:
    client = app.test_client()
    client.post("/masuk", data={"login": staff[Role.PSYCHOMETRICIAN], "password": PASSWORD})
    return client


def likeliest(item: Item) -> int:
    return int(category_probabilities(item, 0.0)[0].argmax())


def contrary(item: Item) -> int:
    """Hard items answered best, easy ones worst."""
    return len(item.b) if sum(item.b) > 0 else 0


def sit(
    session: Session,
    person: Person,
    *,
    seconds: float,
    n_answers: int = N_ITEMS,
    chosen: Callable[[Item], int] = likeliest,
    **changes: object,
) -> Sitting:
    """A sitting of twelve choice items at ``seconds`` an answer."""
    only = section(min_items=N_ITEMS, max_items=N_ITEMS, time_limit_minutes=60, quotas=[])
    assessment = make_assessment(
        session, f"tanda-{uuid4().hex[:6]}", sections=[only], randomesque=1, **changes
    )
    now = utcnow() - timedelta(hours=2)
    schedule = make_schedule(
        session, person, assessment=assessment, opens_at=now - timedelta(hours=1)
    )
    sitting = open_sitting(session, person, schedule.id, now=now, seed=5)
    pool = shared_forms().get(session, assessment.id).pool
    for _ in range(n_answers):
        here = current(session, sitting.id, person.candidate, now=now)
        assert here.offer is not None
        assert here.item is not None
        category = chosen(pool[here.offer.item])
        shown = next(
            place
            for place, option in enumerate(here.offer.option_order, start=1)
            if category_of(here.item.body, option) == category
        )
        now += timedelta(seconds=seconds)
        given = AnswerIn(position=here.offer.position, item=here.offer.item, shown=shown)
        answer(session, sitting.id, person.candidate, given, now=now)
    return sitting


@pytest.fixture(scope="module")
def hurried(app: Flask, engine: Engine) -> tuple[UUID, str]:
    """A finished sitting of a second an answer, and its person's login."""
    with unit_of_work(engine) as session:
        person, _ = make_candidate(session, make_person(session, "Rahasia Namanya"))
        return sit(session, person, seconds=1.0).id, person.nip


@pytest.fixture(scope="module")
def calm(app: Flask, engine: Engine) -> UUID:
    with unit_of_work(engine) as session:
        return sit(session, make_person(session), seconds=60.0).id


@pytest.fixture(scope="module")
def going(app: Flask, engine: Engine) -> UUID:
    """A sitting in progress: nine answers of a second."""
    with unit_of_work(engine) as session:
        return sit(session, make_person(session), seconds=1.0, n_answers=9).id


def listed(page: str) -> set[UUID]:
    return {UUID(found) for found in re.findall(PATH + r"/([0-9a-f-]{36})\"", page)}


def test_the_list_shows_all_and_the_filter_those_with_signs(
    reader: FlaskClient, hurried: tuple[UUID, str], calm: UUID, going: UUID
) -> None:
    everything = reader.get(PATH).text
    assert {hurried[0], calm, going} <= listed(everything)
    assert "tidak ada tanda" in everything
    flagged = reader.get(f"{PATH}?tanda=ada").text
    assert {hurried[0], going} <= listed(flagged)
    assert calm not in listed(flagged)
    assert "banyak jawaban sangat cepat" in sign_names_of(flagged)


def sign_names_of(page: str) -> set[str]:
    return set(re.findall(r'state-caution">([^<]+)</span>', page))


def test_the_list_is_filtered_by_assessment(
    reader: FlaskClient, engine: Engine, hurried: tuple[UUID, str], calm: UUID
) -> None:
    with Session(engine) as session:
        assessment = session.get_one(Sitting, calm).assessment_id
    assert listed(reader.get(f"{PATH}?asesmen={assessment}").text) == {calm}
    assert listed(reader.get(f"{PATH}?asesmen={uuid4()}").text) == set()
    assert reader.get(f"{PATH}?asesmen=bukan").status_code == 422


def test_a_sitting_shows_signs_with_their_answers_and_no_identity(
    reader: FlaskClient, engine: Engine, hurried: tuple[UUID, str]
) -> None:
    sitting_id, nip = hurried
    page = reader.get(f"{PATH}/{sitting_id}").text
    with Session(engine) as session:
        sitting = session.get_one(Sitting, sitting_id)
        log = read_log(session, sitting_id)
    assert "banyak jawaban sangat cepat" in page
    raised = page.split("Jawaban yang menimbulkannya:")[1].split("</dd>")[0]
    for event in log:
        if isinstance(event, Answered):
            assert f">{event.item}</a> (nomor {event.position}, 1,0 dari " in raised
    assert str(sitting.candidate) in page
    assert "Rahasia" not in page
    assert nip not in page
    assert "bukan putusan" in page


def test_misfit_and_fences_name_the_competency(reader: FlaskClient, engine: Engine) -> None:
    with unit_of_work(engine) as session:
        odd = sit(session, make_person(session), seconds=60.0, chosen=contrary, selection="random")
        best = sit(
            session,
            make_person(session),
            seconds=60.0,
            chosen=lambda item: len(item.b),
            estimation={"method": "ML"},
        )
    page = reader.get(f"{PATH}/{odd.id}").text
    assert "pola jawaban tidak lazim" in page
    assert "Terlihat pada: Integritas." in page
    assert "layak dilihat" in page
    assert re.search(r">&lt; 0,001</td>\s*<td><span class=\"state state-caution\">layak", page)
    fenced = reader.get(f"{PATH}/{best.id}").text
    assert sign_names_of(fenced) == {"perkiraan di ujung skala"}
    assert "Terlihat pada: Integritas." in fenced
    assert "(di ujung)" in fenced
    flagged = reader.get(f"{PATH}?tanda=ada").text
    assert {odd.id, best.id} <= listed(flagged)


def test_the_trail_is_the_engines(
    reader: FlaskClient, engine: Engine, hurried: tuple[UUID, str]
) -> None:
    page = reader.get(f"{PATH}/{hurried[0]}").text
    with Session(engine) as session:
        sitting = session.get_one(Sitting, hurried[0])
        form = shared_forms().get(session, sitting.assessment_id)
        trail = trail_of(form.rules, form.pool, read_log(session, hurried[0]))
    (values,) = specs(page)["jejak"]["datasets"].values()
    assert [row["position"] for row in values] == list(range(1, N_ITEMS + 1))
    for row, step in zip(values, trail, strict=True):
        assert step.ability is not None
        assert row["theta"] == pytest.approx(step.ability.theta)
        assert row["high"] - row["low"] == pytest.approx(2 * step.ability.se)
    last = trail[-1].ability
    assert last is not None
    shown = f"{last.theta:.2f} dengan galat baku {last.se:.2f}".replace(".", ",")
    assert shown in page


def test_signs_follow_each_answer_of_a_sitting_in_progress(
    reader: FlaskClient, engine: Engine, app: Flask
) -> None:
    with unit_of_work(engine) as session:
        person = make_person(session)
        sitting = sit(session, person, seconds=1.0, n_answers=7)
    page = reader.get(f"{PATH}/{sitting.id}").text
    assert "Dihitung dari 7 jawaban" in page
    assert "banyak jawaban sangat cepat" not in page
    poll = re.findall(r'hx-get="([^"]+)"', page)[0].replace("&amp;", "&")
    assert reader.get(poll).status_code == 204
    with unit_of_work(engine) as session:
        log = read_log(session, sitting.id)
        offer = next(event for event in reversed(log) if isinstance(event, Offered))
        kept = session.get_one(Sitting, sitting.id)
        append_events(
            session, kept, Answered(log[-1].at + 1.0, offer.position, offer.item, 0, option=1)
        )
    after = reader.get(poll)
    assert after.status_code == 200
    assert "Dihitung dari 8 jawaban" in after.text
    assert "banyak jawaban sangat cepat" in after.text
    assert "HX-Refresh" not in after.headers


def test_a_finished_sitting_asks_no_more(reader: FlaskClient, calm: UUID) -> None:
    assert "hx-get" not in reader.get(f"{PATH}/{calm}").text
    assert reader.get(f"{PATH}/{calm}/tanda").headers["HX-Refresh"] == "true"


def test_unknown_sittings_are_not_found(reader: FlaskClient) -> None:
    assert reader.get(f"{PATH}/{uuid4()}").status_code == 404
    assert reader.get(f"{PATH}/{uuid4()}/tanda").status_code == 404


def test_a_contradictory_log_is_refused_in_words(reader: FlaskClient, engine: Engine) -> None:
    with unit_of_work(engine) as session:
        sitting = sit(session, make_person(session), seconds=60.0, n_answers=1)
        kept = session.get_one(Sitting, sitting.id)
        append_events(session, kept, Answered(9e5, 7, "INT-01", 0, option=1))
    answered = reader.get(f"{PATH}/{sitting.id}")
    assert answered.status_code == 409
    assert "bertentangan dengan dirinya sendiri" in answered.text
    assert "buka untuk menghitung" in reader.get(PATH).text


def test_reading_is_noted_for_the_person_and_changes_nothing(
    reader: FlaskClient, engine: Engine, calm: UUID
) -> None:
    def state() -> tuple[list[str], list[object], int]:
        with Session(engine) as session:
            events = session.exec(
                select(SittingEvent.digest).where(SittingEvent.sitting_id == calm)
            ).all()
            profiles = session.exec(
                select(ProfileSnapshot.profile).where(ProfileSnapshot.sitting_id == calm)
            ).all()
            notes = session.exec(
                select(DataAccess).where(DataAccess.page == "psychometrician.sitting")
            ).all()
        return list(events), list(profiles), len(notes)

    before = state()
    reader.get(f"{PATH}/{calm}")
    after = state()
    assert after[:2] == before[:2]
    assert after[2] == before[2] + 1


def test_signs_do_not_enter_the_result(engine: Engine, hurried: tuple[UUID, str]) -> None:
    """The profile kept of a sitting with signs is what the engine says without them."""
    with Session(engine) as session:
        assert session.get_one(SittingSigns, hurried[0]).kinds == ["rapid_guessing"]
        sitting = session.get_one(Sitting, hurried[0])
        form = shared_forms().get(session, sitting.assessment_id)
        kept = session.exec(
            select(ProfileSnapshot).where(ProfileSnapshot.sitting_id == hurried[0])
        ).one()
        expected = profile(form.rules, form.pool, read_log(session, hurried[0]), form.cuts)
    assert profile_from_json(kept.profile) == expected
    assert expected.flags == ()


def test_signs_kept_are_replaced_when_a_score_arrives(engine: Engine, calm: UUID) -> None:
    with unit_of_work(engine) as session:
        sitting = session.get_one(Sitting, calm)
        form = shared_forms().get(session, sitting.assessment_id)
        log = read_log(session, calm)
        part = (*log[:5], Finished(log[4].at, "window_closed"))
        keep_signs(session, sitting, form, part)
        first = session.get_one(SittingSigns, calm).lz_star
        keep_signs(session, sitting, form, log)
        session.expire_all()
        assert session.get_one(SittingSigns, calm).lz_star != first


@pytest.mark.parametrize(
    "role", [Role.ASSESSOR, Role.PERSONNEL, Role.PANEL, Role.AUDITOR], ids=lambda role: role.value
)
def test_other_staff_may_not_see_signs(
    role: Role, staff: dict[Role, str], login: Login, hurried: tuple[UUID, str]
) -> None:
    client = login(staff[role])
    for path in (PATH, f"{PATH}/{hurried[0]}", f"{PATH}/{hurried[0]}/tanda", "/bank-butir/paparan"):
        assert client.get(path).status_code == 403


def test_candidates_see_nothing_of_signs(login: Login, hurried: tuple[UUID, str]) -> None:
    sitting_id, nip = hurried
    client = login(nip)
    assert client.get(f"{PATH}/{sitting_id}").status_code == 403
    words = [*sign_names().values(), *sign_meanings().values(), "rapid_guessing", "lz_star"]
    for path in ("/asesmen", "/asesmen/hasil", "/asesmen/catatan", "/asesmen/catatan/unduh"):
        page = client.get(path)
        assert page.status_code == 200, path
        assert not [word for word in words if word in page.text], path
