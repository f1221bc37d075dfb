"""The assessor rates blind: queue, rating, second rating, agreement."""

import re
from datetime import timedelta
from typing import get_args
from uuid import UUID, uuid4

import pytest
from factories import PASSWORD, score_by_hand
from flask import Flask
from flask.testing import FlaskClient
from rated_answers import Answered, people_settings, rate_by_machine, sit_free_text
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from assessment_engine.records import Scored
from item_bank import ratings as queries
from item_bank.database import unit_of_work, utcnow
from item_bank.log import read_log
from item_bank.models import ProfileSnapshot, Rating, Sitting
from item_bank.ratings import waiting_answers
from scoring_models.gate import ReasonCode
from web.assessor.words import reason
from web.audit.models import AuditEntry, DataAccess
from web.auth.access import Role
from web.auth.accounts import create_account
from web.auth.models import Account
from web.usecases.scorers import ABSTAINED, NOT_RELEASED, OTHER_ENCODER
from web.usecases.scoring import LEVEL_HANGS, SCORER_FAILED

REASON = "Ia melapor dan mengajak rekannya membetulkan laporan."


def enter(app: Flask, login: str) -> FlaskClient:
    client = app.test_client()
    answer = client.post("/masuk", data={"login": login, "password": PASSWORD})
    assert answer.status_code == 303
    return client


@pytest.fixture(scope="module")
def assessor(app: Flask, staff: dict[Role, str]) -> FlaskClient:
    return enter(app, staff[Role.ASSESSOR])


@pytest.fixture(scope="module")
def colleague(app: Flask, engine: Engine) -> FlaskClient:
    with unit_of_work(engine) as session:
        create_account(
            session,
            "asesor-kedua",
            "Asesor Kedua",
            (Role.ASSESSOR,),
            PASSWORD,
            must_change_password=False,
        )
    return enter(app, "asesor-kedua")


@pytest.fixture
def advised(engine: Engine) -> Answered:
    """An answer that the machine left to a person."""
    answered = sit_free_text(engine, code=f"uraian-{uuid4().hex[:8]}")
    rate_by_machine(engine, answered)
    return answered


def account_id(engine: Engine, login: str) -> UUID:
    with Session(engine) as session:
        return session.exec(select(Account.id).where(Account.login == login)).one()


def scores(engine: Engine, answered: Answered) -> list[Scored]:
    with Session(engine) as session:
        return [e for e in read_log(session, answered.sitting_id) if isinstance(e, Scored)]


def human_ratings(engine: Engine, answered: Answered) -> list[Rating]:
    with Session(engine) as session:
        return list(
            session.exec(
                select(Rating)
                .where(Rating.sitting_id == answered.sitting_id, Rating.rater_kind == "human")
                .order_by(col(Rating.created_at))
            ).all()
        )


def test_the_queue_has_what_the_machine_left_and_what_it_forgot(engine: Engine) -> None:
    forgotten = sit_free_text(engine, code=f"uraian-{uuid4().hex[:8]}")
    left = sit_free_text(engine, code=f"uraian-{uuid4().hex[:8]}")
    rate_by_machine(engine, left)
    done = sit_free_text(engine, code=f"uraian-{uuid4().hex[:8]}")
    with unit_of_work(engine) as session:
        sitting = session.get_one(Sitting, done.sitting_id)
        score_by_hand(session, sitting, done.position, 3)
    with Session(engine) as session:
        now = {found.sitting_id for found in waiting_answers(session, utcnow())}
        later = utcnow() + queries.MACHINE_TIME + timedelta(seconds=1)
        soon = {found.sitting_id for found in waiting_answers(session, later)}
    assert left.sitting_id in now
    assert forgotten.sitting_id not in now
    assert forgotten.sitting_id in soon
    assert done.sitting_id not in soon


def test_the_queue_is_blind_and_oldest_first(
    assessor: FlaskClient, engine: Engine, advised: Answered
) -> None:
    page = assessor.get("/penilaian").text
    assert advised.path in page
    assert advised.person.name not in page
    assert advised.person.nip not in page
    with Session(engine) as session:
        times = [found.answered_at for found in waiting_answers(session, utcnow())]
    assert times == sorted(times)


def test_the_page_shows_rubric_and_answer_but_no_machine_and_no_name(
    assessor: FlaskClient, engine: Engine, staff: dict[Role, str], advised: Answered
) -> None:
    page = assessor.get(advised.path).text
    assert "Saya melaporkan pengeluaran sesuai kenyataan" in page
    assert "Contoh jawaban level 5" in page
    assert "70\N{NO-BREAK SPACE}%" not in page
    assert "Saran mesin" not in page
    assert advised.person.name not in page
    assert advised.person.nip not in page
    with Session(engine) as session:
        seen = session.exec(
            select(DataAccess).where(DataAccess.person_id == advised.person.id)
        ).all()
    assert {entry.account_id for entry in seen} == {account_id(engine, staff[Role.ASSESSOR])}


def test_a_first_rating_scores_the_answer_and_completes_the_result(
    assessor: FlaskClient, engine: Engine, staff: dict[Role, str], advised: Answered
) -> None:
    answer = assessor.post(advised.path, data={"level": "4", "alasan": f"  {REASON} "})
    assert answer.status_code == 303
    (kept,) = human_ratings(engine, advised)
    assert (kept.level, kept.comment) == (4, REASON)
    (scored,) = scores(engine, advised)
    assert scored.likelihood == (0.0, 0.0, 0.0, 1.0, 0.0)
    assert (scored.by, scored.rating) == ("human", str(kept.id))
    with Session(engine) as session:
        snapshots = session.exec(
            select(ProfileSnapshot)
            .where(ProfileSnapshot.sitting_id == advised.sitting_id)
            .order_by(col(ProfileSnapshot.created_at))
        ).all()
        entry = session.exec(
            select(AuditEntry).where(
                AuditEntry.action == "answer rated", AuditEntry.subject == str(advised.sitting_id)
            )
        ).one()
    assert [snapshot.complete for snapshot in snapshots] == [False, True]
    assert entry.actor == str(account_id(engine, staff[Role.ASSESSOR]))
    assert entry.detail["counts"] is True
    assert advised.path not in assessor.get("/penilaian").text


def test_after_saving_the_machine_s_advice_is_shown(
    assessor: FlaskClient, advised: Answered
) -> None:
    page = assessor.post(
        advised.path, data={"level": "2", "alasan": REASON}, follow_redirects=True
    ).text
    assert "menjadi nilai jawaban ini" in page
    assert "Saran mesin" in page
    assert "70\N{NO-BREAK SPACE}%" in page
    assert "3 dari 40 penilaian manusia" in page
    assert "Saya melaporkan pengeluaran sesuai kenyataan." in page
    assert "lapor resmi" in page


def test_evidence_after_saving_is_that_of_the_level_that_was_given(
    assessor: FlaskClient, advised: Answered
) -> None:
    sentence = "Saya melaporkan pengeluaran sesuai kenyataan."
    assert "Indikator, bila" not in assessor.get(advised.path).text
    page = assessor.post(
        advised.path, data={"level": "2", "alasan": REASON}, follow_redirects=True
    ).text
    indicators = page[page.index("Indikator, bila jawaban ini di level 2") :]
    assert "52\N{NO-BREAK SPACE}%" in indicators  # shown at level 2
    assert "20\N{NO-BREAK SPACE}%" in indicators  # violated at level 2
    assert "74\N{NO-BREAK SPACE}%" not in indicators  # shown at level 4
    assert "Perkiraan ini lemah" in indicators
    levels = page[page.index("Kalimat yang menguatkan dan melemahkan tiap level") :]
    rows = levels[: levels.index("</table>")].split('<th scope="row">')[1:]
    # for and against: of level 1 against, of level 3 nothing, of level 4 for
    assert [row.count(sentence) for row in rows] == [1, 1, 0, 1, 1]
    assert rows[0].index("tidak ada") < rows[0].index(sentence)
    assert rows[3].index(sentence) < rows[3].index("tidak ada")


def test_nobody_chooses_what_to_rate_twice(
    assessor: FlaskClient, colleague: FlaskClient, engine: Engine, advised: Answered
) -> None:
    """An answer that was not drawn is shown to no second assessor."""
    with people_settings(double_share=0.0):
        assessor.post(advised.path, data={"level": "2", "alasan": REASON})
    assert advised.path not in colleague.get("/penilaian").text
    refused = colleague.get(advised.path)
    assert refused.status_code == 409
    assert "tidak sedang dimintakan penilaian Anda" in refused.text
    assert "Saya melaporkan" not in refused.text


def test_a_second_assessor_s_rating_is_blind_and_changes_nothing(
    assessor: FlaskClient, colleague: FlaskClient, engine: Engine, advised: Answered
) -> None:
    with people_settings(double_share=1.0):
        assessor.post(advised.path, data={"level": "2", "alasan": REASON})
    assert advised.path in colleague.get("/penilaian").text
    blind = colleague.get(advised.path).text
    assert REASON not in blind
    assert "Saran mesin" not in blind
    page = colleague.post(
        advised.path, data={"level": "3", "alasan": "Cukup menjaga diri."}, follow_redirects=True
    ).text
    assert "disimpan sebagai pembanding" in page
    kept = human_ratings(engine, advised)
    assert [(one.level, one.purpose) for one in kept] == [(2, "first"), (3, "double")]
    assert [score.likelihood.index(1.0) + 1 for score in scores(engine, advised)] == [2]
    assert advised.path not in colleague.get("/penilaian").text


def test_rating_twice_changes_nothing(
    assessor: FlaskClient, engine: Engine, advised: Answered
) -> None:
    assessor.post(advised.path, data={"level": "2", "alasan": REASON})
    again = assessor.post(advised.path, data={"level": "5", "alasan": REASON})
    assert again.status_code == 303
    assert [kept.level for kept in human_ratings(engine, advised)] == [2]


def test_an_answer_of_a_sitting_still_going_on_may_be_rated(
    assessor: FlaskClient, engine: Engine
) -> None:
    answered = sit_free_text(engine, code=f"uraian-{uuid4().hex[:8]}", n_items=2)
    assert assessor.post(answered.path, data={"level": "3", "alasan": REASON}).status_code == 303
    assert len(scores(engine, answered)) == 1
    with Session(engine) as session:
        kept = session.exec(
            select(ProfileSnapshot).where(ProfileSnapshot.sitting_id == answered.sitting_id)
        ).all()
    assert kept == []


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"alasan": REASON}, "Pilih satu level, 1 sampai 5."),
        ({"level": "6", "alasan": REASON}, "Pilih satu level, 1 sampai 5."),
        ({"level": "tiga", "alasan": REASON}, "Pilih satu level, 1 sampai 5."),
        ({"level": "3"}, "Isian ini belum diisi."),
        ({"level": "3", "alasan": "baik"}, "Tulis paling sedikit 10 huruf."),
        ({"level": "3", "alasan": " " * 30}, "Tulis paling sedikit 10 huruf."),
        ({"level": "3", "alasan": "a" * 2001}, "Tulis paling banyak 2000 huruf."),
    ],
)
def test_a_rating_without_level_or_reason_is_refused(
    assessor: FlaskClient,
    engine: Engine,
    advised: Answered,
    sent: dict[str, str],
    message: str,
) -> None:
    answer = assessor.post(advised.path, data=sent)
    assert answer.status_code == 422
    assert message in answer.text
    assert "Saran mesin" not in answer.text
    assert human_ratings(engine, advised) == []
    assert scores(engine, advised) == []


def test_what_was_chosen_and_written_stands_again_after_a_fault(
    assessor: FlaskClient, advised: Answered
) -> None:
    page = assessor.post(advised.path, data={"level": "3", "alasan": "pendek"}).text
    assert re.search(r'value="3" checked', page)
    assert ">pendek</textarea>" in page


def test_unknown_answers_are_not_found(assessor: FlaskClient, advised: Answered) -> None:
    sent = {"level": "3", "alasan": REASON}
    for path in (f"/penilaian/{uuid4()}/1", f"/penilaian/{advised.sitting_id}/99"):
        assert assessor.get(path).status_code == 404
        assert assessor.post(path, data=sent).status_code == 404


def test_other_roles_may_not_rate(
    app: Flask, staff: dict[Role, str], engine: Engine, advised: Answered
) -> None:
    other = enter(app, staff[Role.PSYCHOMETRICIAN])
    for path in ("/penilaian", "/penilaian/kesepakatan", advised.path):
        assert other.get(path).status_code == 403
        assert app.test_client().get(path).status_code == 302
    assert other.post(advised.path, data={"level": "3", "alasan": REASON}).status_code == 403
    assert human_ratings(engine, advised) == []


def test_every_reason_of_the_gate_has_words(app: Flask) -> None:
    data = {
        "words": 3,
        "fewest": 30,
        "most": 100,
        "share": 0.8,
        "ratings": 2,
        "needed": 40,
        "answers": 2,
        "lowest": 2,
        "highest": 4,
        "at_lowest": 2,
        "at_highest": 3,
    }
    own = (NOT_RELEASED, ABSTAINED, OTHER_ENCODER, LEVEL_HANGS, SCORER_FAILED)
    with app.test_request_context():
        said = [reason({"code": code, "data": data}) for code in (*get_args(ReasonCode), *own)]
        assert len(set(said)) == len(said)
        assert not [words for words in said if words.startswith("Alasan lain")]
        assert reason({"code": "baru"}) == "Alasan lain: baru."
