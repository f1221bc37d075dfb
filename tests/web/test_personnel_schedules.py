"""Making schedules, inviting people, watching and extending their sittings."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from factories import make_candidate, make_person, make_schedule, make_unit
from flask import Flask
from flask.testing import FlaskClient
from personnel_people import finish, logged_in, only_schedule, open_log
from sqlalchemy import Engine
from sqlmodel import select
from werkzeug.test import TestResponse

from assessment_engine.records import Answered, Extended, Finished, Offered, Opened, Paused, Resumed
from item_bank.assessments import latest_version
from item_bank.database import unit_of_work, utcnow
from item_bank.log import read_log
from web.audit.models import AuditEntry
from web.auth.access import Role
from web.auth.models import Account
from web.personnel.models import Invitation, Schedule
from web.personnel.schedules import Stage, progress
from web.rendering import LOCAL_ZONE
from web.usecases.sittings import open_sitting

Login = Callable[[str], FlaskClient]
PASSWORD = re.compile(r">[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}<")


@pytest.fixture(scope="module")
def client(app: Flask, staff: dict[Role, str]) -> FlaskClient:
    """Logged in once a module: checking a password is slow on purpose."""
    return logged_in(app, staff[Role.PERSONNEL])


def local(days: float) -> str:
    moment = utcnow() + timedelta(days=days)
    return moment.astimezone(LOCAL_ZONE).strftime("%Y-%m-%dT%H:%M")


@pytest.fixture
def fields(engine: Engine) -> dict[str, object]:
    with unit_of_work(engine) as session:
        assessment = latest_version(session, "asesmen-kompetensi")
    assert assessment is not None
    return {
        "title": f"Gelombang {uuid4()}",
        "assessment_id": str(assessment.id),
        "opens_at": local(1),
        "closes_at": local(3),
        "unit": "BKPP Kota Semarang",
        "number": "",
        "level": "",
        "whom": "group",
        "group_unit": "",
        "group_class": "",
    }


def send(client: FlaskClient, fields: dict[str, object], **changes: object) -> TestResponse:
    return client.post("/kepegawaian/jadwal/baru", data=fields | changes)


def test_a_schedule_for_a_unit_and_class(
    client: FlaskClient, engine: Engine, fields: dict[str, object]
) -> None:
    with unit_of_work(engine) as session:
        unit = make_unit(session, "Dinas Jadwal")
        inside = make_person(session, "Di Dalam", "pengawas", unit)
        make_person(session, "Kelas Lain", "pelaksana", unit)
        make_person(session, "Unit Lain", "pengawas")
    answer = send(client, fields, group_unit=str(unit.id), group_class="pengawas")
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "1 pegawai diundang" in page
    assert "Di Dalam" in page
    assert "tanpa akreditasi" in page
    with unit_of_work(engine) as session:
        schedule = only_schedule(session, str(fields["title"]))
        opens = datetime.fromisoformat(str(fields["opens_at"])).replace(tzinfo=LOCAL_ZONE)
        assert schedule.opens_at == opens
        assert schedule.accreditation == {}
        invited = session.exec(
            select(Invitation.person_id).where(Invitation.schedule_id == schedule.id)
        ).all()
        assert invited == [inside.id]
        acts = session.exec(
            select(AuditEntry.action).where(AuditEntry.subject == str(schedule.id))
        ).all()
        assert acts == ["schedule created", "people invited"]


def test_accreditation_is_kept_as_it_stood(
    client: FlaskClient, engine: Engine, fields: dict[str, object]
) -> None:
    answer = send(client, fields, number="AK-12", level="A", covers=["pengawas", "administrator"])
    assert "AK-12 (A): Pengawas (eselon IV), Administrator (eselon III)" in client.get(
        answer.location
    ).text.replace("\n", "")
    with unit_of_work(engine) as session:
        assert only_schedule(session, str(fields["title"])).accreditation == {
            "unit": "BKPP Kota Semarang",
            "number": "AK-12",
            "level": "A",
            "covers": ["pengawas", "administrator"],
        }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": ""}, "Isian ini belum diisi."),
        ({"assessment_id": "bukan"}, "Pilih salah satu pilihan"),
        ({"opens_at": "besok"}, "Isi dengan tanggal dan jam yang benar."),
        ({"closes_at": local(0.5)}, "Waktu tutup seharusnya sesudah waktu buka."),
        ({"opens_at": local(-3), "closes_at": local(-1)}, "Waktu tutup sudah lewat."),
        ({"covers": ["pengawas"]}, "Isi nomor akreditasi"),
        ({"whom": "semua"}, "Pilih salah satu pilihan"),
        ({"group_unit": "bukan"}, "Pilih salah satu pilihan"),
    ],
)
def test_bad_fields_are_named_and_nothing_is_made(
    client: FlaskClient,
    engine: Engine,
    fields: dict[str, object],
    changes: dict[str, object],
    words: str,
) -> None:
    answer = send(client, fields, **changes)
    assert answer.status_code == 422
    assert words in answer.text
    with unit_of_work(engine) as session:
        made = select(Schedule).where(Schedule.title == fields["title"])
        assert session.exec(made).first() is None


def test_an_unknown_assessment_is_refused(client: FlaskClient, fields: dict[str, object]) -> None:
    answer = send(client, fields, assessment_id=str(uuid4()))
    assert answer.status_code == 409
    assert "Asesmen yang dipilih tidak ditemukan" in answer.text


def test_people_are_picked_one_by_one_with_extra_time(
    client: FlaskClient, engine: Engine, fields: dict[str, object]
) -> None:
    with unit_of_work(engine) as session:
        one, two = make_person(session, "Pilih Satu"), make_person(session, "Pilih Dua")
    location = send(client, fields, whom="picked").location
    assert location.endswith("/undang")
    found = client.post(location, data={"tindakan": "cari", "cari": one.nip}).text
    assert "Pilih Satu" in found
    assert "Pilih Dua" not in found
    none = client.post(location, data={"tindakan": "undang"})
    assert none.status_code == 422
    assert "Belum ada pegawai yang ditandai." in none.text
    picked = {"tindakan": "undang", "pegawai": [str(one.id), str(two.id)]}
    bad = client.post(location, data=picked | {f"menit-{one.id}": "999"})
    assert bad.status_code == 422
    assert "Waktu tambahan “999” tidak dapat dipakai" in bad.text
    done = client.post(location, data=picked | {f"menit-{one.id}": "15"}, follow_redirects=True)
    assert "2 pegawai diundang." in done.text
    assert "15 menit" in done.text
    again = client.post(location, data=picked | {f"menit-{one.id}": "60"}, follow_redirects=True)
    assert "0 pegawai diundang." in again.text
    with unit_of_work(engine) as session:
        schedule = only_schedule(session, str(fields["title"]))
        assert session.get_one(Invitation, (schedule.id, one.id)).extra_time == 900.0


def test_nobody_is_invited_to_a_closed_schedule(client: FlaskClient, engine: Engine) -> None:
    with unit_of_work(engine) as session:
        person = make_person(session)
        now = utcnow()
        schedule = make_schedule(
            session, opens_at=now - timedelta(days=2), closes_at=now - timedelta(days=1)
        )
    url = f"/kepegawaian/jadwal/{schedule.id}/undang"
    assert "sudah ditutup" in client.get(url).text
    answer = client.post(url, data={"tindakan": "undang", "pegawai": [str(person.id)]})
    assert answer.status_code == 409


def test_extra_time_and_withdrawal_before_the_start_only(
    client: FlaskClient, engine: Engine
) -> None:
    with unit_of_work(engine) as session:
        person = make_person(session)
        schedule = make_schedule(session, person)
    url = f"/kepegawaian/jadwal/{schedule.id}/peserta/{person.id}"
    bad = client.post(f"{url}/waktu", data={"minutes": "banyak"})
    assert bad.status_code == 422
    assert "Isi dengan bilangan bulat." in bad.text
    saved = client.post(f"{url}/waktu", data={"minutes": "30"}, follow_redirects=True)
    assert "Waktu tambahan tersimpan." in saved.text
    early = client.post(f"{url}/perpanjang", data={"minutes": "5", "reason": "listrik padam"})
    assert early.status_code == 409
    with unit_of_work(engine) as session:
        sitting = open_sitting(session, person, schedule.id)
        log = read_log(session, sitting.id)
    assert isinstance(log[0], Opened)
    assert log[0].extra_time == 1800.0
    assert client.post(f"{url}/waktu", data={"minutes": "60"}).status_code == 409
    assert client.post(f"{url}/batal").status_code == 409


def test_an_invitation_is_withdrawn(client: FlaskClient, engine: Engine) -> None:
    with unit_of_work(engine) as session:
        person = make_person(session)
        schedule = make_schedule(session, person)
    url = f"/kepegawaian/jadwal/{schedule.id}/peserta/{person.id}"
    assert client.post(f"{url}/batal").status_code == 303
    assert client.get(url).status_code == 404


def test_a_running_sitting_is_extended_with_a_reason(client: FlaskClient, engine: Engine) -> None:
    with unit_of_work(engine) as session:
        person = make_person(session)
        schedule = make_schedule(session, person)
        sitting = open_sitting(session, person, schedule.id)
    url = f"/kepegawaian/jadwal/{schedule.id}/peserta/{person.id}"
    bad = client.post(f"{url}/perpanjang", data={"minutes": "0", "reason": "x"})
    assert bad.status_code == 422
    assert "Isi paling kecil 1." in bad.text
    assert "Tulis paling sedikit 10 huruf." in bad.text
    data = {"minutes": "20", "reason": "Listrik padam di ruang asesmen"}
    page = client.post(f"{url}/perpanjang", data=data, follow_redirects=True).text
    assert "Waktu ditambah 20 menit; alasannya tercatat." in page
    assert "Listrik padam di ruang asesmen" in page
    with unit_of_work(engine) as session:
        last = read_log(session, sitting.id)[-1]
        assert isinstance(last, Extended)
        assert (last.seconds, last.reason) == (1200.0, data["reason"])
        act = session.exec(select(AuditEntry).where(AuditEntry.action == "sitting extended")).all()[
            -1
        ]
        assert act.subject == str(sitting.id)


def test_a_finished_sitting_is_not_extended(client: FlaskClient, engine: Engine) -> None:
    with unit_of_work(engine) as session:
        person = make_person(session)
        schedule = make_schedule(session, person)
        finish(session, person, schedule, 3)
    url = f"/kepegawaian/jadwal/{schedule.id}/peserta/{person.id}"
    answer = client.post(f"{url}/perpanjang", data={"minutes": "5", "reason": "listrik padam"})
    assert answer.status_code == 409
    assert "sudah selesai" in answer.text


OFFERED, ANSWERED = Offered(1.0, 1, "a", "X-1"), Answered(9.0, 1, "X-1", 2, option=1)


@pytest.mark.parametrize(
    ("events", "stage"),
    [
        ((), Stage.RUNNING),
        ((OFFERED, ANSWERED), Stage.RUNNING),
        ((OFFERED, Paused(5.0)), Stage.PAUSED),
        ((OFFERED, Paused(5.0), Resumed(7.0)), Stage.RUNNING),
        ((OFFERED, Paused(5.0), Finished(8.0, "window_closed")), Stage.RATING),
    ],
)
def test_progress_is_read_from_the_log(
    engine: Engine, staff: dict[Role, str], events: tuple[object, ...], stage: Stage
) -> None:
    with unit_of_work(engine) as session:
        person = make_person(session)
        schedule = make_schedule(session, person)
        sitting = open_log(session, person, schedule, *events)
        found = progress(session, [sitting.id])[sitting.id]
    assert found.stage is stage
    assert found.answered == events.count(ANSWERED)


def test_the_schedule_shows_who_is_where(client: FlaskClient, engine: Engine) -> None:
    with unit_of_work(engine) as session:
        people = [make_person(session) for _ in range(4)]
        schedule = make_schedule(session, *people, title="Tahap berbeda")
        open_log(session, people[0], schedule, OFFERED, Paused(3.0))
        finish(session, people[1], schedule, 3)
        finish(session, people[2], schedule, 3, pending=True)
    page = client.get(f"/kepegawaian/jadwal/{schedule.id}").text
    for words in ("1 belum mulai", "1 dijeda", "1 selesai", "1 selesai, menunggu penilaian"):
        assert f"<li>{words}</li>" in page
    assert "Tahap berbeda" in client.get("/kepegawaian/jadwal").text


def test_first_passwords_of_a_group(client: FlaskClient, engine: Engine) -> None:
    with unit_of_work(engine) as session:
        fresh = [make_person(session) for _ in range(3)]
        own, _account = make_candidate(session)
        given, _account = make_candidate(session, must_change_password=True)
        schedule = make_schedule(session, *fresh, own, given)
    url = f"/kepegawaian/jadwal/{schedule.id}/kata-sandi"
    page = client.post(url).text
    assert len(PASSWORD.findall(page)) == 3
    assert "1 peserta sudah memakai kata sandi sendiri" in page
    with unit_of_work(engine) as session:
        logins = [person.nip for person in fresh]
        made = session.exec(select(Account).where(Account.login.in_(logins))).all()  # type: ignore[attr-defined]
        assert len(made) == 3
        assert all(account.must_change_password for account in made)
    assert not PASSWORD.findall(client.post(url).text)
    again = client.post(url, data={"ulang": "ya"}).text
    assert len(PASSWORD.findall(again)) == 4
    assert own.name not in again


def test_a_large_group_gets_its_passwords_in_turns(
    client: FlaskClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.personnel.first_passwords.AT_ONCE", 2)
    with unit_of_work(engine) as session:
        schedule = make_schedule(session, *(make_person(session) for _ in range(3)))
    url = f"/kepegawaian/jadwal/{schedule.id}/kata-sandi"
    first = client.post(url).text
    assert len(PASSWORD.findall(first)) == 2
    assert "Masih 1 peserta yang menunggu giliran." in first
    assert len(PASSWORD.findall(client.post(url).text)) == 1
    assert client.post(url, data={"ulang": "ya"}).status_code == 409


def test_an_empty_schedule_gives_no_passwords(client: FlaskClient, engine: Engine) -> None:
    with unit_of_work(engine) as session:
        schedule = make_schedule(session)
    assert client.post(f"/kepegawaian/jadwal/{schedule.id}/kata-sandi").status_code == 409


@pytest.mark.parametrize(
    "path", ["{id}", "{id}/undang", "{id}/peserta/{id}"], ids=["schedule", "invite", "participant"]
)
def test_an_unknown_schedule_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(f"/kepegawaian/jadwal/{path.format(id=uuid4())}").status_code == 404


def test_only_personnel_may_schedule(
    staff: dict[Role, str], login: Login, engine: Engine, fields: dict[str, object]
) -> None:
    client = login(staff[Role.PANEL])
    assert client.get("/kepegawaian/jadwal").status_code == 403
    assert send(client, fields).status_code == 403
