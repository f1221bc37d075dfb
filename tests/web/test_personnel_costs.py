"""The cost page and objections."""

from collections.abc import Callable
from datetime import date
from uuid import uuid4

import pytest
from factories import make_person, make_schedule
from flask import Flask
from flask.testing import FlaskClient
from personnel_people import finish, logged_in, open_log, place
from sqlalchemy import Engine
from sqlmodel import select

from assessment_engine.records import Finished
from item_bank.database import unit_of_work
from web.audit.models import AuditEntry
from web.auth.access import Role
from web.people.models import Objection
from web.personnel.costs import Costs, cost_report
from web.personnel.models import CostEntry

Login = Callable[[str], FlaskClient]
PRICE = 1_500_000  # of the shipped policy


@pytest.fixture(scope="module")
def client(app: Flask, staff: dict[Role, str]) -> FlaskClient:
    """Logged in once a module: checking a password is slow on purpose."""
    return logged_in(app, staff[Role.PERSONNEL])


def flat(page: str) -> str:
    return " ".join(page.split())


def test_costs_by_the_steps_of_a_year(client: FlaskClient, engine: Engine) -> None:
    empty = flat(client.get("/kepegawaian/biaya").text)
    assert "seharga Rp1.500.000 per orang" in empty
    assert "belum ada asesmen selesai" in empty
    assert "Tabel ini terisi setelah" in empty

    data = {"month": "2026-01", "description": "Listrik", "amount": "Rp 1.000.000"}
    saved = client.post("/kepegawaian/biaya", data=data, follow_redirects=True)
    page = flat(saved.text)
    assert "Biaya tersimpan." in page
    assert "−Rp1.000.000" in page  # spent, and nothing finished yet

    with unit_of_work(engine) as session:
        people = [make_person(session) for _ in range(3)]
        schedule = make_schedule(session, *people)
        finish(session, people[0], schedule, 3)
        finish(session, people[1], schedule, 3)
        open_log(session, people[2], schedule, Finished(9.0, "window_closed"))
        report = cost_report(session)
    assert report.total == Costs(finished=2, external=2 * PRICE, own=1_000_000)
    assert report.total.own_each == 500_000
    assert report.total.saving == 2_000_000
    assert [month for month, _costs in report.months][-1] == date(2026, 1, 1)
    assert dict(report.months)[date(2026, 1, 1)] == Costs(0, 0, 1_000_000)
    page = flat(client.get("/kepegawaian/biaya").text)
    assert "Rp3.000.000" in page
    assert "Rp500.000" in page
    assert "Januari 2026" in page


def test_a_removed_figure_stays_in_the_chain(client: FlaskClient, engine: Engine) -> None:
    data = {"month": "2026-02", "description": "Salah ketik", "amount": "99999999"}
    client.post("/kepegawaian/biaya", data=data)
    with unit_of_work(engine) as session:
        entry = session.exec(select(CostEntry).where(CostEntry.description == "Salah ketik")).one()
    page = client.post(f"/kepegawaian/biaya/{entry.id}/hapus", follow_redirects=True).text
    assert "Biaya dihapus" in page
    assert "Salah ketik" not in page
    with unit_of_work(engine) as session:
        act = session.exec(select(AuditEntry).where(AuditEntry.action == "cost removed")).one()
        assert act.detail == {"month": "2026-02-01", "amount": 99999999}
    assert client.post(f"/kepegawaian/biaya/{entry.id}/hapus").status_code == 404


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"month": ""}, "Isian ini belum diisi."),
        ({"month": "Januari"}, "misalnya 2026-03"),
        ({"month": "2099-01"}, "Bulan ini belum berjalan."),
        ({"description": "x"}, "Tulis paling sedikit 3 huruf."),
        ({"amount": "1,5 juta"}, "Isi dengan bilangan bulat."),
        ({"amount": "15.00"}, "Isi dengan bilangan bulat."),
        ({"amount": "-5"}, "Isi paling kecil 0."),
    ],
)
def test_bad_figures_are_named(
    client: FlaskClient, engine: Engine, changes: dict[str, str], words: str
) -> None:
    data = {"month": "2026-01", "description": "Tidak tersimpan", "amount": "5000"} | changes
    answer = client.post("/kepegawaian/biaya", data=data)
    assert answer.status_code == 422
    assert words in answer.text
    with unit_of_work(engine) as session:
        rows = session.exec(select(CostEntry).where(CostEntry.amount == 5000)).all()
        assert rows == []


def test_the_panel_reads_costs_and_enters_none(staff: dict[Role, str], login: Login) -> None:
    client = login(staff[Role.PANEL])
    page = client.get("/kepegawaian/biaya")
    assert page.status_code == 200
    assert "Catat biaya" not in page.text
    data = {"month": "2026-01", "description": "Listrik", "amount": "1"}
    assert client.post("/kepegawaian/biaya", data=data).status_code == 403
    assert client.post(f"/kepegawaian/biaya/{uuid4()}/hapus").status_code == 403


def test_an_objection_is_answered_once(client: FlaskClient, engine: Engine) -> None:
    assert "Belum ada keberatan." in client.get("/kepegawaian/keberatan").text
    with unit_of_work(engine) as session:
        person = make_person(session, "Hesti Purnama")
        placement = place(session, person)
        objection = Objection(
            person_id=person.id, placement_id=placement.id, text="Penghargaan saya belum dihitung."
        )
        session.add(objection)
    listing = client.get("/kepegawaian/keberatan").text
    assert "Hesti Purnama" in listing
    assert "menunggu jawaban" in listing
    url = f"/kepegawaian/keberatan/{objection.id}"
    page = client.get(url).text
    assert "Penghargaan saya belum dihitung." in page
    assert "penempatan sementara" in page
    short = client.post(url, data={"reply": "Sudah."})
    assert short.status_code == 422
    assert "Tulis paling sedikit 20 huruf." in short.text
    reply = "Penghargaan tahun 2025 telah kami catat dan nilainya dihitung ulang."
    assert reply in client.post(url, data={"reply": reply}, follow_redirects=True).text
    again = client.post(url, data={"reply": "Jawaban lain yang cukup panjang."})
    assert again.status_code == 409
    assert "sudah dijawab" in again.text
    with unit_of_work(engine) as session:
        kept = session.get_one(Objection, objection.id)
        assert kept.reply == reply
        assert kept.replied_by is not None
        act = session.exec(
            select(AuditEntry).where(AuditEntry.action == "objection answered")
        ).one()
        assert act.subject == str(objection.id)


def test_an_unknown_objection_is_not_found(client: FlaskClient) -> None:
    url = f"/kepegawaian/keberatan/{uuid4()}"
    assert client.get(url).status_code == 404
    assert client.post(url, data={"reply": "Jawaban yang cukup panjang."}).status_code == 404
