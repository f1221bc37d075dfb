"""The list of people, a person's page and first passwords."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from factories import make_candidate, make_person, make_schedule, make_unit
from flask import Flask
from flask.testing import FlaskClient
from personnel_people import finish, give_records, logged_in, place
from sqlalchemy import Engine
from sqlmodel import select

from item_bank.database import unit_of_work
from web.audit.models import AuditEntry, DataAccess
from web.auth.access import Role
from web.auth.accounts import create_account
from web.auth.models import Account
from web.people.models import Person, Unit

Login = Callable[[str], FlaskClient]


@pytest.fixture(scope="module")
def client(app: Flask, staff: dict[Role, str]) -> FlaskClient:
    """Logged in once a module: checking a password is slow on purpose."""
    return logged_in(app, staff[Role.PERSONNEL])


@pytest.fixture(scope="module")
def people(engine: Engine, staff: dict[Role, str]) -> dict[str, Person]:
    with unit_of_work(engine) as session:
        works = make_unit(session, "Dinas Pekerjaan Umum")
        health = make_unit(session, "Dinas Kesehatan")
        return {
            "ani": make_person(session, "Ani Wijaya", "administrator", works),
            "budi": make_person(session, "Budi 100% Santoso", "pengawas", works),
            "citra": make_person(session, "Citra Lestari", "pelaksana", health),
        }


def test_an_empty_agency_says_what_fills_the_page(client: FlaskClient) -> None:
    """Runs first, before the module's people are made."""
    assert "Impor data pegawai" in client.get("/kepegawaian/pegawai").text


def test_people_by_unit_and_class(
    client: FlaskClient, engine: Engine, people: dict[str, Person]
) -> None:
    page = client.get("/kepegawaian/pegawai").text
    assert all(person.name in page for person in people.values())
    with unit_of_work(engine) as session:
        works = session.exec(select(Unit).where(Unit.name == "Dinas Pekerjaan Umum")).one()
    page = client.get(f"/kepegawaian/pegawai?unit={works.id}&kelas=pengawas").text
    assert "Budi 100% Santoso" in page
    assert "Ani Wijaya" not in page
    assert "1 pegawai ditemukan." in page


@pytest.mark.parametrize("words", ["ani wij", "NIP", "NIP dengan spasi", "100%"])
def test_people_by_name_or_nip(client: FlaskClient, people: dict[str, Person], words: str) -> None:
    wanted = people["budi"] if words == "100%" else people["ani"]
    nip = wanted.nip
    search = {"NIP": nip[3:], "NIP dengan spasi": f"{nip[:8]} {nip[8:14]} {nip[14]} {nip[15:]}"}
    answer = client.post("/kepegawaian/pegawai", data={"cari": search.get(words, words)})
    assert wanted.name in answer.text
    assert "1 pegawai ditemukan." in answer.text


def test_a_search_in_the_address_is_ignored(client: FlaskClient, people: dict[str, Person]) -> None:
    page = client.get(f"/kepegawaian/pegawai?cari={people['ani'].nip}").text
    assert "Citra Lestari" in page


def test_a_search_without_a_match_says_so(client: FlaskClient, people: dict[str, Person]) -> None:
    page = client.post("/kepegawaian/pegawai", data={"cari": "%"}).text
    assert "Budi 100%" in page
    page = client.post("/kepegawaian/pegawai", data={"cari": "tidak ada"}).text
    assert "Tidak ada pegawai yang cocok." in page


def test_unreadable_filters_count_as_none(client: FlaskClient, people: dict[str, Person]) -> None:
    answer = client.get("/kepegawaian/pegawai?unit=xyz&halaman=-3&kelas=")
    assert answer.status_code == 200
    assert "Ani Wijaya" in answer.text


def test_the_page_of_a_person_says_what_is_not_rated_and_is_noted(
    client: FlaskClient, engine: Engine, people: dict[str, Person]
) -> None:
    citra = people["citra"]
    page = client.get(f"/kepegawaian/pegawai/{citra.id}").text
    assert citra.nip in page
    assert page.count("belum dinilai") >= 7  # performance and six components or more
    assert "Pegawai ini belum diundang ke asesmen." in page
    with unit_of_work(engine) as session:
        noted = session.exec(select(DataAccess).where(DataAccess.person_id == citra.id)).all()
    assert [one.page for one in noted] == ["personnel.person"]


def test_the_page_of_an_assessed_person(
    client: FlaskClient, engine: Engine, people: dict[str, Person]
) -> None:
    ani = people["ani"]
    with unit_of_work(engine) as session:
        schedule = make_schedule(session, ani, title="Asesmen Ani")
        finish(session, ani, schedule, 5)
        give_records(session, ani, 90.0)
        box = place(session, ani).box
    page = client.get(f"/kepegawaian/pegawai/{ani.id}").text
    assert box == 9
    assert "Kotak 9, peluang 100\N{NO-BREAK SPACE}%" in page
    assert "Sangat Baik" in page
    assert "SIMPEG" in page
    assert "Asesmen Ani" in page


def test_an_unknown_person_is_not_found(client: FlaskClient) -> None:
    assert client.get(f"/kepegawaian/pegawai/{uuid4()}").status_code == 404
    assert client.post(f"/kepegawaian/pegawai/{uuid4()}/kata-sandi").status_code == 404


def first_password(page: str) -> str:
    found = re.findall(r">([a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4})<", page)
    assert len(found) == 1, found
    return str(found[0])


def test_a_first_password_makes_the_account_and_lets_in_with_the_nip(
    app: Flask, client: FlaskClient, engine: Engine, people: dict[str, Person], login: Login
) -> None:
    budi = people["budi"]
    answer = client.post(f"/kepegawaian/pegawai/{budi.id}/kata-sandi")
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    password = first_password(answer.text)
    with unit_of_work(engine) as session:
        account = session.exec(select(Account).where(Account.login == budi.nip)).one()
        assert account.roles == [Role.CANDIDATE.value]
        assert account.person_id == budi.id
        assert account.must_change_password
        assert password not in account.password_hash
        acts = session.exec(
            select(AuditEntry).where(AuditEntry.action == "first password given")
        ).all()
        assert [act.subject for act in acts] == [str(budi.id)]
        assert budi.nip not in str([(act.subject, act.detail) for act in acts])
    entered = login(budi.nip, password)
    assert entered.get("/kepegawaian/pegawai").status_code in (302, 403)
    assert password not in client.get(f"/kepegawaian/pegawai/{budi.id}").text


def test_a_new_first_password_ends_the_old_one(
    app: Flask, client: FlaskClient, engine: Engine, login: Login
) -> None:
    with unit_of_work(engine) as session:
        person, _account = make_candidate(session)
    password = first_password(client.post(f"/kepegawaian/pegawai/{person.id}/kata-sandi").text)
    old = app.test_client().post("/masuk", data={"login": person.nip, "password": "kata-sandi-uji"})
    assert old.status_code == 422
    answer = login(person.nip, password).get("/mulai")
    assert answer.location.endswith("/kata-sandi")


def test_a_colleagues_account_cannot_be_taken_over(client: FlaskClient, engine: Engine) -> None:
    with unit_of_work(engine) as session:
        mayor = make_person(session, "Dewi Ketua")
        create_account(
            session, mayor.nip, mayor.name, (Role.PANEL,), "kata-sandi-uji", person_id=mayor.id
        )
        before = session.exec(select(Account.password_hash).where(Account.login == mayor.nip)).one()
    answer = client.post(f"/kepegawaian/pegawai/{mayor.id}/kata-sandi")
    assert answer.status_code == 409
    assert "pengelola sistem" in answer.text
    with unit_of_work(engine) as session:
        after = session.exec(select(Account.password_hash).where(Account.login == mayor.nip)).one()
    assert after == before


def test_pages_of_a_long_list_turn_without_the_search_in_the_address(
    client: FlaskClient, engine: Engine
) -> None:
    with unit_of_work(engine) as session:
        for number in range(55):
            make_person(session, f"Zulaikha {number:02d}")
    first = client.post("/kepegawaian/pegawai", data={"cari": "Zulaikha"}).text
    assert "55 pegawai ditemukan." in first
    assert "Zulaikha 49" in first
    assert "Zulaikha 50" not in first
    second = client.post("/kepegawaian/pegawai", data={"cari": "Zulaikha", "halaman": "2"}).text
    assert "Zulaikha 54" in second
    assert "Zulaikha 49" not in second
