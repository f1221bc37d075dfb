"""The panel: finding people, reading a dossier, recording a decision beside the computed box."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from factories import make_person, make_schedule, make_unit
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import col, select

from item_bank.database import unit_of_work, utcnow
from web.audit.chain import first_broken
from web.audit.models import AuditEntry, DataAccess
from web.auth.access import Role
from web.auth.models import Account
from web.panel.models import Decision
from web.people.models import Objection, Performance, Person, Placement, TalentScore
from web.usecases.placements import latest_placement, refresh_placement
from web.usecases.rehearsal import sit

Login = Callable[[str], FlaskClient]
REASON = "Level kompetensi dan kinerja dua tahun terakhir memenuhi syarat jabatan."


@dataclass(frozen=True)
class People:
    """``full``: recorded and assessed; ``partly``: performance only; ``bare``: nothing."""

    full: UUID
    partly: UUID
    bare: UUID
    unit: UUID


@pytest.fixture(scope="module")
def people(engine: Engine) -> People:
    with unit_of_work(engine) as session:
        unit = make_unit(session, "Dinas Perizinan")
        full = make_person(session, "Sekar Wulandari", "pengawas", unit)
        partly = make_person(session, "Bagus Prakoso", "administrator", unit)
        bare = make_person(session, "Ratna Dewi", "pelaksana")
        schedule = make_schedule(session, full)
        for person in (full, partly):
            session.add(
                Performance(
                    person_id=person.id,
                    year=2025,
                    results="above",
                    behaviour="above",
                    source="e-Kinerja 2025",
                )
            )
        for component in (
            "awards",
            "assignments",
            "feedback_360",
            "development",
            "experience",
            "qualification",
            "integrity",
        ):
            session.add(
                TalentScore(
                    person_id=full.id,
                    component=component,
                    value=90,
                    dated=utcnow().date(),
                    source="Berkas BKPP",
                )
            )
        session.flush()
        refresh_placement(session, partly)
    theta = dict.fromkeys(
        (
            "integritas",
            "kerja_sama",
            "komunikasi",
            "orientasi_pada_hasil",
            "pelayanan_publik",
            "pengembangan_diri",
            "mengelola_perubahan",
            "pengambilan_keputusan",
            "perekat_bangsa",
            "penalaran",
        ),
        1.0,
    )
    sit(
        lambda: unit_of_work(engine),
        full,
        schedule.id,
        theta,
        seed=4,
        starts=utcnow() - timedelta(minutes=30),
    )
    return People(full.id, partly.id, bare.id, unit.id)


@pytest.fixture
def panel(staff: dict[Role, str], login: Login) -> FlaskClient:
    return login(staff[Role.PANEL])


def placement_of(engine: Engine, person_id: UUID) -> Placement:
    with unit_of_work(engine) as session:
        found = latest_placement(session, person_id)
    assert found is not None
    return found


def decision(engine: Engine, person_id: UUID, **changes: str) -> dict[str, str]:
    return {
        "kind": "promosi",
        "text": "Kepala Bidang Pelayanan",
        "reason": REASON,
        "placement": str(placement_of(engine, person_id).id),
    } | changes


def test_list_shows_everyone_with_their_state(panel: FlaskClient, people: People) -> None:
    page = panel.get("/pejabat-pembina/dosir")
    assert page.status_code == 200
    for name in ("Sekar Wulandari", "Bagus Prakoso", "Ratna Dewi"):
        assert name in page.text
    assert "belum dinilai" in page.text
    assert "sementara" in page.text


def test_list_filters_by_unit_and_class(panel: FlaskClient, people: People) -> None:
    of_unit = panel.get(f"/pejabat-pembina/dosir?unit={people.unit}")
    assert "Ratna Dewi" not in of_unit.text
    assert "Bagus Prakoso" in of_unit.text
    of_class = panel.get("/pejabat-pembina/dosir?job_class=pelaksana&unit=&box=")
    assert "Ratna Dewi" in of_class.text
    assert "Bagus Prakoso" not in of_class.text


def test_list_filters_by_box(panel: FlaskClient, engine: Engine, people: People) -> None:
    with unit_of_work(engine) as session:
        boxed = make_person(session, "Hendra Kotak Tiga")
        kept = placement_of(engine, people.full)
        session.add(
            Placement(
                person_id=boxed.id,
                policy_id=kept.policy_id,
                box=3,
                provisional=False,
                result=kept.result | {"box": 3},
                versions={},
            )
        )
    assert "Hendra Kotak Tiga" in panel.get("/pejabat-pembina/dosir?box=3").text
    assert "Hendra Kotak Tiga" not in panel.get("/pejabat-pembina/dosir?box=4").text


def test_bad_filter_is_said_and_shows_the_whole_list(panel: FlaskClient, people: People) -> None:
    page = panel.get("/pejabat-pembina/dosir?box=12")
    assert page.status_code == 422
    assert "Isi paling besar 9." in page.text


def test_search_by_name_is_a_post_and_takes_percent_literally(
    panel: FlaskClient, people: People
) -> None:
    found = panel.post("/pejabat-pembina/dosir", data={"name": "sekar"})
    assert found.status_code == 200
    assert "Sekar Wulandari" in found.text
    assert "Bagus Prakoso" not in found.text
    assert (
        "Tidak ada pegawai yang cocok"
        in panel.post("/pejabat-pembina/dosir", data={"name": "%"}).text
    )
    assert "Bagus Prakoso" in panel.get("/pejabat-pembina/dosir?name=sekar").text


def test_dossier_of_an_assessed_person_shows_grid_levels_and_sources(
    panel: FlaskClient, people: People, engine: Engine
) -> None:
    page = panel.get(f"/pejabat-pembina/dosir/{people.full}").text
    kept = placement_of(engine, people.full)
    assert "Dinas Perizinan" in page
    assert page.count('role="cell"') == 9
    assert page.count('class="level-scale"') == 9
    assert "Berkas BKPP" in page
    assert "Sangat Baik" in page
    assert "e-Kinerja 2025" in page
    assert kept.versions["parameter_set"] in page
    assert "semarang-2026.1" in page
    assert "pemetaan internal" in page
    assert "Berlaku sampai" in page
    assert "Parameter butir masih sementara" in page
    for number in kept.result["possible"] if kept.provisional else [kept.box]:
        assert re.search(rf'class="box-number">{number}<', page)


def test_dossier_names_what_is_not_rated(panel: FlaskClient, people: People) -> None:
    page = panel.get(f"/pejabat-pembina/dosir/{people.partly}").text
    assert "Penempatan ini sementara." in page
    assert "masih mungkin" in page
    notice = page[page.index("Penempatan ini sementara.") :]
    for name in ("Kompetensi hasil asesmen", "Potensi", "Kualifikasi", "Penghargaan"):
        assert f"<li>{name}</li>" in notice
    assert "<li>Predikat kinerja</li>" not in notice
    assert ">0,0<" not in page


def test_dossier_without_placement_says_what_is_missing(panel: FlaskClient, people: People) -> None:
    page = panel.get(f"/pejabat-pembina/dosir/{people.bare}")
    assert page.status_code == 200
    assert "belum memiliki penempatan" in page.text


def test_dossier_view_is_noted_for_the_person(
    panel: FlaskClient, people: People, engine: Engine
) -> None:
    with unit_of_work(engine) as session:
        before = len(
            session.exec(select(DataAccess.id).where(DataAccess.person_id == people.bare)).all()
        )
    panel.get(f"/pejabat-pembina/dosir/{people.bare}")
    with unit_of_work(engine) as session:
        rows = session.exec(
            select(DataAccess, Account)
            .join(Account, col(Account.id) == col(DataAccess.account_id))
            .where(DataAccess.person_id == people.bare)
        ).all()
    assert len(rows) == before + 1
    assert {account.login for _, account in rows} == {"panel"}


def test_unknown_person_is_not_found(panel: FlaskClient) -> None:
    assert panel.get(f"/pejabat-pembina/dosir/{uuid4()}").status_code == 404
    answer = panel.post(
        f"/pejabat-pembina/dosir/{uuid4()}/keputusan",
        data={"kind": "tetap", "text": "Tetap", "reason": REASON},
    )
    assert answer.status_code == 404


def test_decision_stands_beside_the_computed_box(
    panel: FlaskClient, people: People, engine: Engine
) -> None:
    before = placement_of(engine, people.full)
    answer = panel.post(
        f"/pejabat-pembina/dosir/{people.full}/keputusan", data=decision(engine, people.full)
    )
    assert answer.status_code == 303
    after = placement_of(engine, people.full)
    assert (after.id, after.box, after.result) == (before.id, before.box, before.result)
    with unit_of_work(engine) as session:
        kept = session.exec(select(Decision).where(Decision.person_id == people.full)).all()[-1]
        entries = session.exec(select(AuditEntry).order_by(col(AuditEntry.sequence))).all()
    assert kept.placement_id == before.id
    assert entries[-1].action == "decision recorded"
    assert entries[-1].detail["decision"] == str(kept.id)
    assert first_broken(entries) is None
    dossier = panel.get(f"/pejabat-pembina/dosir/{people.full}").text
    assert REASON in dossier
    listed = panel.get("/pejabat-pembina/keputusan").text
    assert "Sekar Wulandari" in listed
    assert "Kepala Bidang Pelayanan" in listed


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": ""}, "Isian ini belum diisi."),
        ({"kind": "turun"}, "Pilih salah satu pilihan yang tersedia."),
        ({"text": ""}, "Isian ini belum diisi."),
        ({"reason": "Karena cakap."}, "Tulis paling sedikit 20 huruf."),
        ({"reason": " " * 30}, "Tulis paling sedikit 20 huruf."),
        ({"placement": "bukan-uuid"}, "Pilih salah satu pilihan yang tersedia."),
    ],
)
def test_bad_decision_is_refused_at_the_field_and_keeps_nothing(
    panel: FlaskClient,
    people: People,
    engine: Engine,
    changes: dict[str, str],
    message: str,
) -> None:
    with unit_of_work(engine) as session:
        before = len(session.exec(select(Decision)).all())
    answer = panel.post(
        f"/pejabat-pembina/dosir/{people.full}/keputusan",
        data=decision(engine, people.full, **changes),
    )
    assert answer.status_code == 422
    assert message in answer.text
    assert f"#isian-{next(iter(changes))}" in answer.text
    with unit_of_work(engine) as session:
        assert len(session.exec(select(Decision)).all()) == before


def test_decision_on_an_outdated_placement_is_refused(
    panel: FlaskClient, people: People, engine: Engine
) -> None:
    read = decision(engine, people.partly)
    with unit_of_work(engine) as session:
        refresh_placement(session, session.get_one(Person, people.partly))
    answer = panel.post(f"/pejabat-pembina/dosir/{people.partly}/keputusan", data=read)
    assert answer.status_code == 409
    assert "Keputusan belum disimpan" in answer.text
    with unit_of_work(engine) as session:
        assert not session.exec(select(Decision).where(Decision.person_id == people.partly)).all()


def test_open_objection_is_shown_before_deciding(
    panel: FlaskClient, people: People, engine: Engine
) -> None:
    assert "mengajukan keberatan" not in panel.get(f"/pejabat-pembina/dosir/{people.partly}").text
    with unit_of_work(engine) as session:
        session.add(Objection(person_id=people.partly, text="Mohon ditinjau kembali."))
    assert "mengajukan keberatan" in panel.get(f"/pejabat-pembina/dosir/{people.partly}").text


@pytest.mark.parametrize(
    "role", [Role.PERSONNEL, Role.AUDITOR, Role.ASSESSOR, Role.PSYCHOMETRICIAN]
)
def test_other_roles_are_refused(
    staff: dict[Role, str], login: Login, people: People, role: Role
) -> None:
    client = login(staff[role])
    for path in ("/dosir", f"/dosir/{people.full}", "/keputusan"):
        assert client.get(f"/pejabat-pembina{path}").status_code == 403
