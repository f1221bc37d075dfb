"""Uploading, previewing and confirming files against the real database."""

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from personnel_files import (
    ANI,
    BUDI,
    CITRA,
    PEOPLE,
    PEOPLE_HEADINGS,
    PERFORMANCE_HEADINGS,
    SCORE_HEADINGS,
    csv_of,
    xlsx,
)
from personnel_people import logged_in
from sqlalchemy import Engine
from sqlmodel import col, func, select
from werkzeug.test import TestResponse

from item_bank.database import unit_of_work
from web.audit.models import AuditEntry
from web.auth.access import Role
from web.people.models import Performance, Person, Placement, Position, TalentScore, Unit
from web.personnel.importing import Counts, Kind, known_records, read_content, write_rows
from web.personnel.models import StagedImport

Login = Callable[[str], FlaskClient]


@pytest.fixture(scope="module")
def client(app: Flask, staff: dict[Role, str]) -> FlaskClient:
    """Logged in once a module: checking a password is slow on purpose."""
    return logged_in(app, staff[Role.PERSONNEL])


def upload(client: FlaskClient, kind: str, content: bytes, name: str = "data.xlsx") -> TestResponse:
    return client.post(
        "/kepegawaian/impor", data={"kind": kind, "berkas": (BytesIO(content), name)}
    )


def upload_and_confirm(client: FlaskClient, kind: str, content: bytes) -> str:
    answer = upload(client, kind, content)
    assert answer.status_code == 303, answer.text
    confirmed = client.post(f"{answer.location}/simpan", follow_redirects=True)
    assert confirmed.status_code == 200, confirmed.text
    return confirmed.text


def count(engine: Engine, table: type) -> int:
    with unit_of_work(engine) as session:
        return session.exec(select(func.count()).select_from(table)).one()


def entries(engine: Engine) -> int:
    with unit_of_work(engine) as session:
        acts = select(AuditEntry).where(AuditEntry.action == "records imported")
        return len(session.exec(acts).all())


def test_nothing_is_written_until_it_is_confirmed(client: FlaskClient, engine: Engine) -> None:
    answer = upload(client, "people", xlsx(PEOPLE))
    page = client.get(answer.location).text
    assert "3 baris baru" in page
    assert "Tidak ada kesalahan" in page
    assert "Unit DPU belum dikenal dan akan ditambahkan." in page
    assert count(engine, Person) == 0
    assert ANI not in answer.location
    confirmed = client.post(f"{answer.location}/simpan", follow_redirects=True)
    assert "Tersimpan: 3 baris baru, 0 berubah, 0 tetap." in confirmed.text
    with unit_of_work(engine) as session:
        rows = session.exec(
            select(Person.name, Position.job_class, Unit.code)
            .join(Position, col(Position.id) == col(Person.position_id))
            .join(Unit, col(Unit.id) == col(Position.unit_id))
            .order_by(col(Person.name))
        ).all()
        assert rows == [
            ("Ani Wijaya", "administrator", "DPU"),
            ("Budi Santoso", "pengawas", "DPU"),
            ("Citra Lestari", "pelaksana", "DKK"),
        ]
        act = session.exec(select(AuditEntry).where(AuditEntry.action == "records imported")).one()
        assert act.detail == {"kind": "people", "new": 3, "changed": 0, "placed": 0}
        assert act.subject == answer.location.rsplit("/", 1)[1]


def test_a_file_is_confirmed_once_only(client: FlaskClient, engine: Engine) -> None:
    location = upload(client, "people", xlsx(PEOPLE)).location
    assert client.post(f"{location}/simpan").status_code == 303
    again = client.post(f"{location}/simpan")
    assert again.status_code == 409
    assert "sudah disimpan sebelumnya" in again.text
    cancelled = client.post(f"{location}/batal")
    assert cancelled.status_code == 409
    assert count(engine, Person) == 3


def test_the_same_file_twice_changes_nothing(client: FlaskClient, engine: Engine) -> None:
    upload_and_confirm(client, "people", xlsx(PEOPLE))
    acts, placements = entries(engine), count(engine, Placement)
    assert "0 baris baru, 0 berubah, 3 tetap" in upload_and_confirm(client, "people", xlsx(PEOPLE))
    assert (entries(engine), count(engine, Placement)) == (acts, placements)


def test_faulty_rows_are_listed_and_cannot_be_confirmed(
    client: FlaskClient, engine: Engine
) -> None:
    bad = xlsx([*PEOPLE, ("1985", "Dedi", "DPU", "", "DPU-4", "Analis", "pelaksana")])
    before = count(engine, Person)
    location = upload(client, "people", bad).location
    page = client.get(location).text
    place = "Lembar “Pegawai”, baris 5, kolom “NIP”:"
    assert place in page
    assert "4 angka ditemukan, seharusnya 18." in page
    assert "Perbaiki lalu unggah lagi; belum ada data yang disimpan." in page
    assert "Simpan data ini" not in page
    answer = client.post(f"{location}/simpan")
    assert answer.status_code == 409
    assert "masih berisi kesalahan" in answer.text
    assert count(engine, Person) == before


def test_performance_places_the_person_anew_once(client: FlaskClient, engine: Engine) -> None:
    upload_and_confirm(client, "people", xlsx(PEOPLE))
    before = count(engine, Placement)
    rows = [PERFORMANCE_HEADINGS, (ANI, 2025, "di atas ekspektasi", "di atas ekspektasi", "SKP")]
    assert "1 baris baru" in upload_and_confirm(client, "performance", xlsx(rows))
    assert count(engine, Placement) == before + 1
    assert "0 berubah, 1 tetap" in upload_and_confirm(client, "performance", xlsx(rows))
    assert count(engine, Placement) == before + 1
    rows[1] = (ANI, 2025, "sesuai ekspektasi", "di atas ekspektasi")  # source left out: kept
    assert "1 berubah" in upload_and_confirm(
        client, "performance", xlsx([PERFORMANCE_HEADINGS[:4], rows[1]])
    )
    with unit_of_work(engine) as session:
        kept = session.exec(select(Performance)).one()
        assert (kept.results, kept.behaviour, kept.source) == ("meets", "above", "SKP")
        placement = session.exec(
            select(Placement).order_by(col(Placement.created_at).desc())
        ).first()
        assert placement is not None
        assert placement.versions["record_scores"]["performance"] == 80


def test_scores_by_category_and_number(client: FlaskClient, engine: Engine) -> None:
    upload_and_confirm(client, "people", xlsx(PEOPLE))
    rows = [
        SCORE_HEADINGS,
        (BUDI, "Integritas dan moralitas", "Hukuman ringan", "2026-01-15", "SK 7"),
        (BUDI, "awards", "82,5", "2026-01-15", "SK 8"),
    ]
    upload_and_confirm(client, "talent_scores", csv_of(rows, ";"))
    with unit_of_work(engine) as session:
        kept = session.exec(select(TalentScore).order_by(col(TalentScore.component))).all()
        assert [(one.component, one.value, one.source) for one in kept] == [
            ("awards", 82.5, "SK 8"),
            ("integrity", 75.0, "SK 7"),
        ]


def test_another_class_places_everyone_in_the_post_anew(
    client: FlaskClient, engine: Engine
) -> None:
    upload_and_confirm(client, "people", xlsx(PEOPLE))
    before = count(engine, Placement)
    regraded = (BUDI, "Budi Santoso", "DPU", "", "DPU-2", "Kepala Seksi", "administrator")
    location = upload(client, "people", xlsx([PEOPLE_HEADINGS, regraded])).location
    assert "Kelas jabatan DPU-2 akan berubah" in client.get(location).text
    client.post(f"{location}/simpan")
    with unit_of_work(engine) as session:
        budi = session.exec(select(Person).where(Person.nip == BUDI)).one()
        newest = session.exec(select(Placement).order_by(col(Placement.created_at).desc())).first()
    assert count(engine, Placement) == before + 1
    assert newest is not None
    assert newest.person_id == budi.id
    assert newest.result["job_class"] == "administrator"


def test_a_new_name_alone_places_nobody(client: FlaskClient, engine: Engine) -> None:
    upload_and_confirm(client, "people", xlsx(PEOPLE))
    before = count(engine, Placement)
    row = (CITRA, "Citra Lestari, S.E.", "DKK", "", "DKK-1", "", "")
    assert "1 berubah" in upload_and_confirm(client, "people", xlsx([PEOPLE_HEADINGS, row]))
    assert count(engine, Placement) == before
    with unit_of_work(engine) as session:
        kept = session.exec(select(Person).where(Person.nip == CITRA)).one()
        assert kept.name == "Citra Lestari, S.E."


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Isian ini belum diisi."),
        ({"kind": "people"}, "Pilih berkas XLSX atau CSV."),
        ({"kind": "hobi", "berkas": (BytesIO(b"x"), "x.csv")}, "Pilih salah satu pilihan"),
    ],
)
def test_an_incomplete_upload_says_so_at_the_field(
    client: FlaskClient, data: dict[str, object], words: str
) -> None:
    answer = client.post("/kepegawaian/impor", data=data)
    assert answer.status_code == 422
    assert words in answer.text


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 surat"])
def test_an_unreadable_file_is_not_staged(
    client: FlaskClient, engine: Engine, content: bytes
) -> None:
    before = count(engine, StagedImport)
    answer = upload(client, "people", content)
    assert answer.status_code == 422
    assert re.search("Berkas ini (kosong|bukan lembar)", answer.text)
    assert count(engine, StagedImport) == before


def test_a_cancelled_file_is_gone(client: FlaskClient, engine: Engine) -> None:
    location = upload(client, "people", xlsx(PEOPLE)).location
    page = client.post(f"{location}/batal", follow_redirects=True)
    assert "Unggahan dibatalkan; tidak ada data yang disimpan." in page.text
    assert client.get(location).status_code == 404
    assert client.post(f"{location}/simpan").status_code == 404


@pytest.mark.parametrize("name", ["pegawai", "kinerja", "nilai-talenta"])
def test_templates_download_and_upload_again(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/kepegawaian/impor/templat/{name}.xlsx")
    assert answer.status_code == 200
    assert answer.data.startswith(b"PK")
    assert f"templat-{name}.xlsx" in answer.headers["Content-Disposition"]


def test_there_is_no_other_template(client: FlaskClient) -> None:
    assert client.get("/kepegawaian/impor/templat/lain.xlsx").status_code == 404


def test_the_importer_works_without_pages(engine: Engine) -> None:
    """As the demonstration's seeding uses it."""
    rows = [
        PEOPLE_HEADINGS,
        ("197905052003051001", "Eko", "SET", "Setda", "SET-1", "Asisten", "jpt_pratama"),
    ]
    with unit_of_work(engine) as session:
        read = read_content(Kind.PEOPLE, csv_of(rows), known_records(session))
        assert write_rows(session, Kind.PEOPLE, read.rows, "system") == Counts(new=1)
        assert write_rows(session, Kind.PEOPLE, read.rows, "system") == Counts(unchanged=1)


def test_only_personnel_may_import(staff: dict[Role, str], login: Login) -> None:
    for role in (Role.PANEL, Role.ASSESSOR, Role.PSYCHOMETRICIAN, Role.AUDITOR):
        client = login(staff[role])
        assert client.get("/kepegawaian/impor").status_code == 403
        assert upload(client, "people", xlsx(PEOPLE)).status_code == 403
