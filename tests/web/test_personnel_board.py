"""The nine-box board and the eligibility list, with their exports."""

import csv
import json
from collections.abc import Callable
from io import BytesIO, StringIO

import pytest
from factories import make_person, make_schedule, make_unit
from flask import Flask
from flask.testing import FlaskClient
from personnel_people import finish, give_records, logged_in, place
from python_calamine import CalamineWorkbook
from sqlalchemy import Engine
from sqlmodel import select

from item_bank.database import unit_of_work
from web.audit.models import AuditEntry, DataAccess
from web.auth.access import Role
from web.people.directory import Chosen
from web.people.models import Person, Unit
from web.personnel.candidacy import candidacies
from web.personnel.exporting import Table, as_csv, xlsx
from web.policies.store import policy_content, policy_in_force
from web.usecases.placement_words import reason_words
from web.usecases.placements import eligibility, latest_placement

Login = Callable[[str], FlaskClient]
ACCREDITED = {"unit": "BKPP", "number": "AK-1", "level": "A", "covers": ["pengawas"]}


@pytest.fixture(scope="module")
def client(app: Flask, staff: dict[Role, str]) -> FlaskClient:
    """Logged in once a module: checking a password is slow on purpose."""
    return logged_in(app, staff[Role.PERSONNEL])


@pytest.fixture(scope="module")
def group(engine: Engine, staff: dict[Role, str]) -> dict[str, Person]:
    """Three in box 9, one below, two provisional (a part or a rating missing), one unplaced."""
    with unit_of_work(engine) as session:
        unit = make_unit(session, "Dinas Papan")
        names = {
            "top": ("Ani Unggul", "pelaksana"),
            "peer": ("Budi Setara", "administrator"),
            "low": ("Citra Rendah", "pelaksana"),
            "part": ("Dewi Sebagian", "pelaksana"),
            "pending": ("Eko Menunggu", "pelaksana"),
            "internal": ("Fitri Internal", "pelaksana"),
            "nothing": ("Gita Kosong", "pelaksana"),
        }
        people = {
            key: make_person(session, name, job_class, unit)
            for key, (name, job_class) in names.items()
        }
        accredited = make_schedule(
            session,
            *(people[key] for key in ("top", "peer", "low", "part", "pending")),
            accreditation=ACCREDITED,
        )
        internal = make_schedule(session, people["internal"])
        finish(session, people["top"], accredited, 5)
        finish(session, people["peer"], accredited, 5)
        finish(session, people["low"], accredited, 1)
        finish(session, people["part"], accredited, 5)
        finish(session, people["pending"], accredited, 5, pending=True)
        finish(session, people["internal"], internal, 5)
        for key in ("top", "peer", "pending", "internal"):
            give_records(session, people[key], 90.0)
        give_records(session, people["low"], 0.0)
        give_records(session, people["part"], 90.0, but="awards")
        for key in people.keys() - {"nothing"}:
            place(session, people[key])
        make_person(session, "Orang Lain", "pengawas", make_unit(session, "Unit Lain"))
        return people


@pytest.fixture
def unit(engine: Engine, group: dict[str, Person]) -> str:
    with unit_of_work(engine) as session:
        return str(session.exec(select(Unit.id).where(Unit.name == "Dinas Papan")).one())


def flat(page: str) -> str:
    return " ".join(page.split())


def test_the_board_counts_boxes_provisional_and_unplaced(client: FlaskClient, unit: str) -> None:
    page = flat(client.get(f"/kepegawaian/papan?unit={unit}").text)
    assert "4 pegawai menempati kotak" in page
    assert "2 pegawai masih sementara" in page
    assert "1 pegawai belum ditempatkan" in page
    nine = page.partition("Kotak 9</span>")[2].partition("</a>")[0]
    assert 'box-number">3<' in nine
    assert "75 %" in nine
    five = page.partition("Kotak 5</span>")[2].partition("</a>")[0]
    assert 'box-number">0<' in five


def test_the_board_by_class(client: FlaskClient, unit: str) -> None:
    page = flat(client.get(f"/kepegawaian/papan?unit={unit}&kelas=administrator").text)
    assert "1 pegawai menempati kotak" in page
    assert "Budi Setara" in page
    assert "Ani Unggul" not in page


@pytest.mark.parametrize(
    ("box", "inside", "outside"),
    [
        ("9", "Ani Unggul", "Dewi Sebagian"),
        ("sementara", "Dewi Sebagian", "Ani Unggul"),
        ("belum", "Gita Kosong", "Ani Unggul"),
    ],
)
def test_a_box_opens_its_people(
    client: FlaskClient, unit: str, box: str, inside: str, outside: str
) -> None:
    page = client.get(f"/kepegawaian/papan?unit={unit}&kotak={box}").text
    assert inside in page
    assert outside not in page


def test_the_board_names_what_is_missing(client: FlaskClient, unit: str) -> None:
    page = flat(client.get(f"/kepegawaian/papan?unit={unit}&kotak=sementara").text)
    row = page.partition("Dewi Sebagian")[2].partition("</tr>")[0]
    assert "Penghargaan" in row
    assert "mungkin" in row


def test_the_board_as_json(
    client: FlaskClient, engine: Engine, group: dict[str, Person], unit: str
) -> None:
    answer = client.get(f"/kepegawaian/papan/unduh.json?unit={unit}")
    content = json.loads(answer.data)
    assert content["policy"] == "semarang-2026.1"
    rows = {row["name"]: row for row in content["rows"]}
    assert len(rows) == 7
    top = rows["Ani Unggul"]
    assert (top["nip"], top["box"], top["provisional"]) == (group["top"].nip, 9, False)
    assert top["total"] == pytest.approx(top["x"] + top["y"])
    assert top["assessment"] == "asesmen-uji (1)"
    assert top["policy"] == "semarang-2026.1"
    part = rows["Dewi Sebagian"]
    assert (part["box"], part["provisional"], part["y"]) == (None, True, None)
    assert part["missing"] == ["Penghargaan"]
    assert part["y_high"] - part["y_low"] == pytest.approx(15.0)
    assert rows["Gita Kosong"]["box"] is None
    with unit_of_work(engine) as session:
        noted = session.exec(
            select(DataAccess.person_id).where(DataAccess.page == "personnel.board_export")
        ).all()
        assert set(noted) >= {person.id for person in group.values()}
        assert session.exec(select(AuditEntry).where(AuditEntry.action == "board exported")).first()


def test_the_board_as_xlsx_keeps_types(
    client: FlaskClient, group: dict[str, Person], unit: str
) -> None:
    answer = client.get(f"/kepegawaian/papan/unduh.xlsx?unit={unit}&kotak=9")
    name = answer.headers["Content-Disposition"]
    assert "papan-sembilan-kotak-" in name
    assert not any(person.nip in name for person in group.values())
    rows = CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    found = {row[1]: dict(zip(rows[0], row, strict=True)) for row in rows[1:]}
    assert set(found) == {"Ani Unggul", "Budi Setara", "Fitri Internal"}
    top = found["Ani Unggul"]
    assert top["NIP"] == group["top"].nip
    assert isinstance(top["Sumbu X (potensial)"], float)
    assert top["Kotak"] == 9.0


def test_the_board_as_csv(client: FlaskClient, group: dict[str, Person], unit: str) -> None:
    answer = client.get(f"/kepegawaian/papan/unduh.csv?unit={unit}")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(StringIO(answer.data.decode("utf-8-sig"))))
    top = next(row for row in rows if row["Nama"] == "Ani Unggul")
    assert top["NIP"] == group["top"].nip
    assert top["Kotak"] == "9"
    assert f'"{group["top"].nip}"' in answer.data.decode("utf-8-sig")


def test_a_name_that_looks_like_a_formula_stays_a_name() -> None:
    table = Table("Uji", {"name": "Nama"}, [{"name": "=1+1"}])
    assert b'"\'=1+1"' in as_csv(table)
    rows = CalamineWorkbook.from_filelike(BytesIO(xlsx(table))).get_sheet_by_index(0).to_python()
    assert rows == [["Nama"], ["=1+1"]]


def test_there_is_no_other_format(client: FlaskClient) -> None:
    assert client.get("/kepegawaian/papan/unduh.pdf").status_code == 404
    assert client.get("/kepegawaian/kelayakan/unduh.pdf?tujuan=pengawas").status_code == 404


def reasons(client: FlaskClient, target: str, unit: str) -> dict[str, tuple[bool, list[str]]]:
    answer = client.get(f"/kepegawaian/kelayakan/unduh.json?tujuan={target}&unit={unit}")
    rows = json.loads(answer.data)["rows"]
    return {row["name"]: (row["eligible"], row["reasons"]) for row in rows}


def test_eligibility_says_why_and_why_not(client: FlaskClient, unit: str) -> None:
    found = reasons(client, "pengawas", unit)
    assert found["Ani Unggul"] == (True, [])
    assert found["Budi Setara"] == (
        False,
        ["Sudah menduduki kelas jabatan ini atau yang lebih tinggi."],
    )
    assert "tidak termasuk kotak yang disyaratkan, yaitu 7, 8, 9." in found["Citra Rendah"][1][0]
    assert found["Dewi Sebagian"] == (
        False,
        ["Penempatan masih sementara. Belum dinilai: Penghargaan."],
    )
    assert found["Eko Menunggu"] == (False, ["Masih ada jawaban yang menunggu penilaian."])
    assert [reason.partition(":")[0] for reason in found["Fitri Internal"][1]] == [
        "Hasil ini pemetaan internal"
    ]
    assert found["Gita Kosong"] == (
        False,
        ["Belum memiliki penempatan, karena belum ada data yang dinilai."],
    )


@pytest.mark.parametrize("target", ["pengawas", "administrator", "jpt_pratama"])
def test_the_list_agrees_with_the_judgement_of_each_person(
    app: Flask, engine: Engine, group: dict[str, Person], target: str
) -> None:
    """The list reads for a whole group at once what `eligibility` reads for one."""
    with app.test_request_context(), unit_of_work(engine) as session:
        listed = {
            one.standing.listed.person.id: one
            for one in candidacies(session, target, Chosen(job_class="pelaksana"))
        }
        policy = policy_content(policy_in_force(session))
        for key in ("top", "low", "part", "pending", "internal"):
            kept = latest_placement(session, group[key].id)
            assert kept is not None
            alone = eligibility(session, kept, target)
            words = tuple(reason_words(reason, policy) for reason in alone.reasons)
            assert (listed[group[key].id].ok, listed[group[key].id].reasons) == (alone.ok, words)


def test_records_without_an_assessment_are_no_internal_mapping(
    client: FlaskClient, engine: Engine
) -> None:
    with unit_of_work(engine) as session:
        home = make_unit(session, "Dinas Tanpa Asesmen")
        person = make_person(session, "Hadi Catatan", "pelaksana", home)
        make_schedule(session, person)  # invited, not begun
        give_records(session, person, 90.0)
        place(session, person)
    _ok, why = reasons(client, "pengawas", str(home.id))["Hadi Catatan"]
    assert len(why) == 1
    assert why[0].startswith("Penempatan masih sementara. Belum dinilai: Kompetensi hasil asesmen")


def test_accreditation_that_does_not_cover_the_class(client: FlaskClient, unit: str) -> None:
    ok, why = reasons(client, "jpt_pratama", unit)["Ani Unggul"]
    assert not ok
    assert "pemetaan internal" in why[0]


def test_the_list_of_the_eligible_only(client: FlaskClient, unit: str) -> None:
    page = flat(client.get(f"/kepegawaian/kelayakan?tujuan=pengawas&unit={unit}&tampil=layak").text)
    assert "1 dari 7 pegawai layak dipertimbangkan untuk Pengawas (eselon IV)." in page
    assert "Ani Unggul" in page
    assert "Citra Rendah" not in page
    rest = client.get(f"/kepegawaian/kelayakan?tujuan=pengawas&unit={unit}&tampil=tidak").text
    assert "Citra Rendah" in rest
    assert "Ani Unggul" not in rest


def test_an_unknown_target_falls_back_on_the_page_and_is_refused_as_a_file(
    client: FlaskClient, unit: str
) -> None:
    page = flat(client.get(f"/kepegawaian/kelayakan?tujuan=raja&unit={unit}").text)
    assert "dipertimbangkan untuk Pengawas (eselon IV)" in page
    assert client.get("/kepegawaian/kelayakan/unduh.csv?tujuan=raja").status_code == 404


def test_eligibility_as_xlsx(client: FlaskClient, group: dict[str, Person], unit: str) -> None:
    answer = client.get(f"/kepegawaian/kelayakan/unduh.xlsx?tujuan=pengawas&unit={unit}")
    rows = CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    first = dict(zip(rows[0], rows[1], strict=True))
    assert (first["NIP"], first["Layak"]) == (group["top"].nip, "ya")


def test_only_personnel_may_see_the_board(staff: dict[Role, str], login: Login) -> None:
    client = login(staff[Role.ASSESSOR])
    for path in ("papan", "papan/unduh.csv", "kelayakan", "kelayakan/unduh.csv"):
        assert client.get(f"/kepegawaian/{path}").status_code == 403
