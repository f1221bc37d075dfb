"""Public pages, and integrity reports from sending to the auditor's answer."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, inspect
from sqlmodel import select

from item_bank.database import unit_of_work, utcnow
from web.audit.models import AuditEntry
from web.auth.access import Role
from web.public.models import IntegrityReport, ReportMessage
from web.public.reports import ALPHABET, hash_code, make_code
from web.rendering import LOCAL_ZONE

Login = Callable[[str], FlaskClient]
TEXT = "Seorang perantara menawarkan jabatan kepala seksi dengan imbalan uang."
REPORT = {"subject": "Tawaran jabatan", "text": TEXT, "happened": "Awal Maret, di kantin"}


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def auditor(staff: dict[Role, str], login: Login) -> FlaskClient:
    return login(staff[Role.AUDITOR])


def send(client: FlaskClient, **changes: str) -> str:
    """Send a report and give back the code that its receipt shows."""
    answer = client.post("/lapor", data=REPORT | changes)
    assert answer.status_code == 303, answer.text
    page = client.get(answer.location)
    found = re.search(r'<p class="receipt">([^<]+)</p>', page.text)
    assert found, page.text
    return found.group(1)


def kept(engine: Engine, code: str) -> IntegrityReport:
    with unit_of_work(engine) as session:
        return session.exec(
            select(IntegrityReport).where(IntegrityReport.receipt_hash == hash_code(code))
        ).one()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/", "Asesmen kompetensi ASN"),
        ("/perlindungan-data", "UU 27/2022"),
        ("/lapor", "Laporan integritas"),
        ("/lapor/ikuti", "Kode tanda terima"),
    ],
)
def test_public_pages_open_without_log_in(visitor: FlaskClient, path: str, words: str) -> None:
    page = visitor.get(path)
    assert page.status_code == 200
    assert words in page.text


def test_home_leads_to_log_in_report_and_privacy(visitor: FlaskClient) -> None:
    page = visitor.get("/").text
    for target in ("/masuk", "/lapor", "/lapor/ikuti", "/perlindungan-data"):
        assert f'href="{target}"' in page


def test_privacy_page_takes_its_figures_from_the_policy(visitor: FlaskClient) -> None:
    page = visitor.get("/perlindungan-data").text
    assert "berlaku 3 tahun" in page
    assert "semarang-2026.1" in page


def test_codes_are_four_groups_of_unambiguous_letters() -> None:
    codes = {make_code() for _ in range(200)}
    assert len(codes) == 200
    for code in codes:
        assert re.fullmatch(rf"[{ALPHABET}]{{4}}(-[{ALPHABET}]{{4}}){{3}}", code)
    assert not set("01OIL") & set(ALPHABET)


def test_code_is_shown_once_and_only_its_hash_is_kept(visitor: FlaskClient, engine: Engine) -> None:
    code = send(visitor)
    report = kept(engine, code)
    assert report.text == TEXT
    assert re.fullmatch(r"[0-9a-f]{64}", report.receipt_hash)
    again = visitor.get("/lapor/tanda-terima")
    assert again.status_code == 302
    assert again.location == "/lapor/ikuti"
    with visitor.session_transaction() as cookie:
        assert code not in str(dict(cookie))


def test_nothing_about_the_reporter_is_kept(
    app: Flask, staff: dict[Role, str], login: Login, engine: Engine
) -> None:
    """Even a reporter who is logged in and has an address leaves neither, nor the hour."""
    client = login(staff[Role.PERSONNEL])
    with unit_of_work(engine) as session:
        before = len(session.exec(select(AuditEntry)).all())
    answer = client.post("/lapor", data=REPORT, environ_base={"REMOTE_ADDR": "203.0.113.77"})
    assert answer.status_code == 303
    code = re.search(r'"receipt">([^<]+)<', client.get(answer.location).text)
    assert code
    report = kept(engine, code.group(1))
    local = report.received_at.astimezone(LOCAL_ZONE)
    assert (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)
    assert local.date() == utcnow().astimezone(LOCAL_ZONE).date()
    columns = {column["name"] for column in inspect(engine).get_columns("integrity_report")}
    assert columns == {
        "id",
        "receipt_hash",
        "subject",
        "text",
        "happened",
        "status",
        "received_at",
    }
    with unit_of_work(engine) as session:
        assert len(session.exec(select(AuditEntry)).all()) == before
    assert "203.0.113.77" not in report.model_dump_json()


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"subject": ""}, "subject", "Isian ini belum diisi."),
        ({"subject": "uang"}, "subject", "Tulis paling sedikit 5 huruf."),
        ({"text": ""}, "text", "Isian ini belum diisi."),
        ({"text": "Ada suap."}, "text", "Tulis paling sedikit 30 huruf."),
        ({"text": "a" * 10_001}, "text", "Tulis paling banyak 10000 huruf."),
        ({"happened": "a" * 501}, "happened", "Tulis paling banyak 500 huruf."),
    ],
)
def test_bad_report_is_refused_at_the_field_and_keeps_nothing(
    visitor: FlaskClient, engine: Engine, changes: dict[str, str], field: str, message: str
) -> None:
    with unit_of_work(engine) as session:
        before = len(session.exec(select(IntegrityReport)).all())
    answer = visitor.post("/lapor", data=REPORT | changes)
    assert answer.status_code == 422
    assert message in answer.text
    assert f'id="galat-{field}"' in answer.text
    with unit_of_work(engine) as session:
        assert len(session.exec(select(IntegrityReport)).all()) == before


def test_following_a_report_on_another_device(app: Flask, visitor: FlaskClient) -> None:
    code = send(visitor)
    elsewhere = app.test_client()
    loosely = code.lower().replace("-", " ")
    answer = elsewhere.post("/lapor/ikuti", data={"code": f"  {loosely} "})
    assert answer.status_code == 303
    assert code not in answer.location
    page = elsewhere.get(answer.location).text
    assert TEXT in page
    assert "Diterima" in page


@pytest.mark.parametrize("code", ["ABCD-EFGH-JKMN-PQRS", "x", "' OR 1=1 --"])
def test_wrong_code_always_says_the_same(visitor: FlaskClient, code: str) -> None:
    send(visitor)
    answer = visitor.post("/lapor/ikuti", data={"code": code})
    assert answer.status_code == 422
    assert "Tidak ada laporan dengan kode ini." in answer.text
    assert visitor.get("/lapor/ikuti/laporan").location == "/lapor/ikuti"


def test_guessing_codes_is_stopped(visitor: FlaskClient, limits: None) -> None:
    answers = [
        visitor.post("/lapor/ikuti", data={"code": f"ABCD-EFGH-JKMN-PQ{n:02d}"}).status_code
        for n in range(12)
    ]
    assert answers == [422] * 10 + [429] * 2


def test_flooding_with_reports_is_stopped_but_faults_are_free(
    visitor: FlaskClient, limits: None
) -> None:
    faults = [visitor.post("/lapor", data={}).status_code for _ in range(15)]
    assert faults == [422] * 15
    answers = [visitor.post("/lapor", data=REPORT).status_code for _ in range(11)]
    assert answers == [303] * 10 + [429]


def test_conversation_between_reporter_and_auditor(
    visitor: FlaskClient, auditor: FlaskClient, engine: Engine
) -> None:
    code = send(visitor, subject="Pengaturan hasil asesmen")
    report = kept(engine, code)
    assert "Pengaturan hasil asesmen" in auditor.get("/pemeriksaan/pengaduan").text
    page = auditor.get(f"/pemeriksaan/pengaduan/{report.id}").text
    assert TEXT in page
    assert code not in page
    assert report.receipt_hash not in page

    asked = auditor.post(
        f"/pemeriksaan/pengaduan/{report.id}/jawaban", data={"text": "Di unit mana itu terjadi?"}
    )
    assert asked.status_code == 303
    moved = auditor.post(f"/pemeriksaan/pengaduan/{report.id}/keadaan", data={"status": "examined"})
    assert moved.status_code == 303

    visitor.post("/lapor/ikuti", data={"code": code})
    seen = visitor.get("/lapor/ikuti/laporan").text
    assert "Di unit mana itu terjadi?" in seen
    assert "Sedang diperiksa" in seen
    for _ in range(2):  # the second is a page sent twice
        answer = visitor.post("/lapor/ikuti/laporan", data={"text": "Di bidang perizinan."})
        assert answer.status_code == 303
    with unit_of_work(engine) as session:
        messages = session.exec(
            select(ReportMessage)
            .where(ReportMessage.report_id == report.id)
            .order_by(ReportMessage.sent_at)  # type: ignore[arg-type]
        ).all()
        actions = [
            entry.action
            for entry in session.exec(select(AuditEntry)).all()
            if entry.subject == str(report.id)
        ]
    assert [(one.from_agency, one.text) for one in messages] == [
        (True, "Di unit mana itu terjadi?"),
        (False, "Di bidang perizinan."),
    ]
    assert messages[1].sent_at - messages[0].sent_at == timedelta(seconds=1)
    assert sorted(actions) == ["report answered", "report read", "report status changed"]


def test_closed_report_takes_no_more_messages(
    visitor: FlaskClient, auditor: FlaskClient, engine: Engine
) -> None:
    code = send(visitor)
    report = kept(engine, code)
    auditor.post(f"/pemeriksaan/pengaduan/{report.id}/keadaan", data={"status": "closed"})
    visitor.post("/lapor/ikuti", data={"code": code})
    assert "Kirim pesan" not in visitor.get("/lapor/ikuti/laporan").text
    answer = visitor.post("/lapor/ikuti/laporan", data={"text": "Satu hal lagi."})
    assert answer.status_code == 409
    assert "sudah selesai" in answer.text


def test_bad_messages_and_statuses_are_refused(
    visitor: FlaskClient, auditor: FlaskClient, engine: Engine
) -> None:
    code = send(visitor)
    report = kept(engine, code)
    visitor.post("/lapor/ikuti", data={"code": code})
    empty = visitor.post("/lapor/ikuti/laporan", data={"text": "  "})
    assert empty.status_code == 422
    assert "Tulis paling sedikit 2 huruf." in empty.text
    base = f"/pemeriksaan/pengaduan/{report.id}"
    assert auditor.post(f"{base}/jawaban", data={"text": ""}).status_code == 422
    odd = auditor.post(f"{base}/keadaan", data={"status": "hilang"})
    assert odd.status_code == 422
    assert "Pilih salah satu pilihan yang tersedia." in odd.text
    assert kept(engine, code).status == "received"


def test_report_closes_on_this_device(visitor: FlaskClient) -> None:
    code = send(visitor)
    visitor.post("/lapor/ikuti", data={"code": code})
    assert visitor.get("/lapor/ikuti/laporan").status_code == 200
    assert visitor.post("/lapor/ikuti/tutup").status_code == 303
    assert visitor.get("/lapor/ikuti/laporan").location == "/lapor/ikuti"


def test_opened_report_closes_by_itself(
    visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = send(visitor)
    visitor.post("/lapor/ikuti", data={"code": code})
    later = utcnow() + timedelta(minutes=16)
    monkeypatch.setattr("web.public.views.utcnow", lambda: later)
    assert visitor.get("/lapor/ikuti/laporan").location == "/lapor/ikuti"
    assert visitor.post("/lapor/ikuti/laporan", data={"text": "Halo"}).status_code == 303


@pytest.mark.parametrize("role", [Role.PANEL, Role.PERSONNEL, Role.PSYCHOMETRICIAN, Role.ASSESSOR])
def test_only_the_auditor_reads_reports(
    staff: dict[Role, str], login: Login, visitor: FlaskClient, engine: Engine, role: Role
) -> None:
    report = kept(engine, send(visitor))
    client = login(staff[role])
    assert client.get("/pemeriksaan/pengaduan").status_code == 403
    assert client.get(f"/pemeriksaan/pengaduan/{report.id}").status_code == 403
    answer = client.post(f"/pemeriksaan/pengaduan/{report.id}/jawaban", data={"text": "Halo"})
    assert answer.status_code == 403
