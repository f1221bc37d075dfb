"""What a candidate sees afterwards: result, raw record, own data, objections."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import select

from assessment_engine.records import Answered, Scored
from item_bank.database import unit_of_work, utcnow
from item_bank.log import append, lock_sitting, read_log
from item_bank.models import Item, ProfileSnapshot, Rating, Sitting
from tests.web import factories
from web.audit.chain import note_access
from web.auth.access import Role
from web.auth.accounts import create_account
from web.people.models import Objection, Performance, Person, TalentScore
from web.usecases.issuing import issuance_of
from web.usecases.placements import keep_placement, latest_placement, refresh_placement
from web.usecases.rehearsal import sit
from web.usecases.settling import rescored

Login = Callable[[str], FlaskClient]
SECTIONS = [
    factories.section("penalaran", quotas=[], free_text=0),
    factories.section("integritas", min_items=3, max_items=3, free_text=1),
]
RECORDS = {
    "awards": 70.0,
    "assignments": 80.0,
    "feedback_360": 80.0,
    "development": 80.0,
    "experience": 80.0,
    "qualification": 90.0,
    "integrity": 100.0,
}


@dataclass
class Sat:
    """Someone who has sat an assessment."""

    engine: Engine
    person: Person
    sitting: Sitting

    def written(self) -> Answered:
        with unit_of_work(self.engine) as session:
            log = read_log(session, self.sitting.id)
        return next(e for e in log if isinstance(e, Answered) and e.text is not None)

    def score(self, by: str, level: int) -> None:
        """A rating by a machine or a person, as the worker or an assessor gives it."""
        answered = self.written()
        with unit_of_work(self.engine) as session:
            sitting = lock_sitting(session, self.sitting.id)
            item = session.exec(select(Item).where(Item.code == answered.item)).one()
            human = by == "human"
            rating = Rating(
                sitting_id=sitting.id,
                position=answered.position,
                item_id=item.id,
                rater_kind=by,
                rater="asesor-rahasia" if human else "takar",
                level=level if human else None,
                probabilities=[] if human else [0.0, 0.1, 0.7, 0.2, 0.0],
                decision=by,
                passages=[] if human else [PASSAGE],
                comment="Menegur tanpa mempermalukan." if human else "",
            )
            session.add(rating)
            session.flush()
            log = read_log(session, sitting.id)
            likelihood = tuple(float(k == level) for k in range(1, 6))
            scored = Scored(log[-1].at, answered.position, likelihood, by, str(rating.id))  # type: ignore[arg-type]
            rescored(session, sitting, append(session, sitting.id, log, [scored]))


PASSAGE: dict[str, object] = {
    "sentence": "Saya menegur rekan itu.",
    "level": 3,
    "stance": "for",
    "weight": 0.4,
    "indicator": "tegur",
    "lifts": [-0.9, -0.2, 0.4, 0.02, -0.1],
}


@pytest.fixture
def sat(engine: Engine) -> Callable[..., Sat]:
    """Sit a short assessment, or the seeded one in full."""

    def make(*, full: bool = False, records: bool = False, **schedule: object) -> Sat:
        with unit_of_work(engine) as session:
            person, _ = factories.make_candidate(session)
            assessment = None if full else factories.make_assessment(session, sections=SECTIONS)
            planned = factories.make_schedule(
                session,
                person,
                assessment=assessment,
                opens_at=utcnow() - timedelta(hours=3),
                **schedule,
            )
            if records:
                _keep_records(session, person)
        theta = dict.fromkeys(("penalaran", "integritas"), 0.5)
        sitting = sit(
            lambda: unit_of_work(engine),
            person,
            planned.id,
            theta,
            seed=7,
            starts=utcnow() - timedelta(hours=2),
        )
        return Sat(engine, person, sitting)

    return make


def _keep_records(session: object, person: Person) -> None:
    session.add(  # type: ignore[attr-defined]
        Performance(
            person_id=person.id, year=2025, results="meets", behaviour="above", source="SKP 2025"
        )
    )
    for component, value in RECORDS.items():
        session.add(  # type: ignore[attr-defined]
            TalentScore(
                person_id=person.id,
                component=component,
                value=value,
                dated=date(2026, 1, 5),
                source="SK 12/2026",
            )
        )


def test_without_a_result_the_page_says_what_will_be_here(engine: Engine, login: Login) -> None:
    with unit_of_work(engine) as session:
        person, _ = factories.make_candidate(session)
    page = login(person.nip).get("/asesmen/hasil").text
    assert "Belum ada hasil." in page


def test_a_provisional_result_names_what_is_missing(sat: Callable[..., Sat], login: Login) -> None:
    one = sat()
    page = login(one.person.nip).get("/asesmen/hasil").text
    assert "Belum ada kotak yang pasti." in page
    assert "Belum dinilai:" in page
    assert "Predikat kinerja" in page
    assert "menunggu penilaian asesor" in page
    assert "Parameter butir masih sementara" in page
    assert "pemetaan internal" in page
    assert "Posisi Anda" not in page
    assert "semarang-2026.1" in page


def test_a_full_result_in_its_order(sat: Callable[..., Sat], login: Login) -> None:
    one = sat(full=True, records=True)
    with unit_of_work(one.engine) as session:
        log = read_log(session, one.sitting.id)
        for answered in [e for e in log if isinstance(e, Answered) and e.text is not None]:
            factories.score_by_hand(session, one.sitting, answered.position, 3)
        rescored(session, one.sitting, read_log(session, one.sitting.id))
        placement = latest_placement(session, one.person.id)
    assert placement is not None
    assert not placement.provisional
    page = login(one.person.nip).get("/asesmen/hasil").text
    order = [
        f"Kotak {placement.box}, peluang",
        "Posisi Anda",
        "Rekomendasi kebijakan",
        "Kompetensi terhadap syarat jabatan",
        "JPM ",
        "Kinerja dan perilaku",
        "Dari apa kedua sumbu disusun",
        "Penilaian jawaban uraian Anda",
        "siapa yang memutuskan",
        "Berlaku sampai",
        "Catatan mentah, keberatan, dan pertanyaan",
        "Dihitung dari",
    ]
    places = [page.index(words) for words in order]
    assert places == sorted(places)
    assert "<strong>Baik</strong> (2025)" in page
    assert "SK 12/2026" in page
    assert "5 Januari 2026" in page
    assert "Belum dinilai:" not in page


def test_accreditation_that_covers_the_class_is_named(
    sat: Callable[..., Sat], login: Login
) -> None:
    one = sat(
        accreditation={"unit": "UPT Penilaian", "number": "A-17/2025", "covers": ["pengawas"]}
    )
    page = login(one.person.nip).get("/asesmen/hasil").text
    assert "Diterbitkan UPT Penilaian, akreditasi A-17/2025." in page
    assert f"{utcnow().year + 3}" in page[page.index("Berlaku sampai") :][:60]
    assert "hanya untuk pemetaan internal" not in page


def test_a_machines_level_comes_with_its_passages(sat: Callable[..., Sat], login: Login) -> None:
    one = sat()
    one.score("machine", 3)
    client = login(one.person.nip)
    page = client.get("/asesmen/hasil").text
    assert "Level 3, dinilai mesin (peluang 70\N{NO-BREAK SPACE}%)." in page
    assert "Saya menegur rekan itu." in page[page.index("Menguatkan level 3:") :]
    assert "Melemahkan level 3:" not in page
    assert "menunggu penilaian" not in page
    assert "level 3, mesin" in client.get("/asesmen/catatan").text


def test_a_sentence_against_the_level_is_shown_as_that(
    sat: Callable[..., Sat], login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PASSAGE, "lifts", [0.0, 0.1, -0.4, 0.2, 0.0])
    one = sat()
    one.score("machine", 3)
    page = login(one.person.nip).get("/asesmen/hasil").text
    assert "Saya menegur rekan itu." in page[page.index("Melemahkan level 3:") :]
    assert "Menguatkan level 3:" not in page


def test_a_rating_from_before_lifts_keeps_its_passages(
    sat: Callable[..., Sat], login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(PASSAGE, "lifts")
    one = sat()
    one.score("machine", 3)
    page = login(one.person.nip).get("/asesmen/hasil").text
    assert "menunjukkan perilaku level 3" in page
    assert "Menguatkan" not in page


def test_an_assessors_level_comes_with_the_reason(sat: Callable[..., Sat], login: Login) -> None:
    one = sat()
    one.score("machine", 3)
    one.score("human", 4)
    client = login(one.person.nip)
    page = client.get("/asesmen/hasil").text
    assert "Level 4, dinilai asesor." in page
    assert "Menegur tanpa mempermalukan." in page
    assert "asesor-rahasia" not in page
    assert "level 4, asesor" in client.get("/asesmen/catatan").text


def test_the_record_shows_answers_and_no_keys(sat: Callable[..., Sat], login: Login) -> None:
    one = sat()
    page = login(one.person.nip).get("/asesmen/catatan").text
    assert page.count("pilihan ke-") == 4
    assert page.count("otomatis, menurut kunci") == 4
    assert one.written().text in page.replace("&#39;", "'").replace("&#34;", '"')
    assert "menunggu penilaian" in page
    assert "Belum ada orang lain yang membuka data Anda." in page


def test_the_record_before_any_sitting(engine: Engine, login: Login) -> None:
    with unit_of_work(engine) as session:
        person, _ = factories.make_candidate(session)
    assert "Belum ada asesmen yang Anda kerjakan." in login(person.nip).get("/asesmen/catatan").text


def test_who_saw_my_data(engine: Engine, login: Login) -> None:
    with unit_of_work(engine) as session:
        person, own = factories.make_candidate(session)
        reader = create_account(
            session, "pembaca", "Nama Pembaca", (Role.PANEL,), factories.PASSWORD
        )
        note_access(session, person.id, reader.id, "Dosir")
        note_access(session, person.id, own.id, "Sendiri")
    page = login(person.nip).get("/asesmen/catatan").text
    assert "pejabat pembina kepegawaian atau dewan" in page
    assert "Dosir" in page
    assert "Nama Pembaca" not in page
    assert "Sendiri" not in page


def test_own_data_for_machines(sat: Callable[..., Sat], login: Login) -> None:
    one = sat(records=True)
    one.score("human", 4)
    client = login(one.person.nip)
    client.post("/asesmen/keberatan", data={"text": "Penghargaan saya belum dicatat."})
    answer = client.get("/asesmen/catatan/unduh")
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="data-saya.json"'
    content = json.loads(answer.text)
    assert content["person"]["nip"] == one.person.nip
    assert content["position"]["job_class"] == "pengawas"
    assert content["performance"][0]["source"] == "SKP 2025"
    assert len(content["talent_scores"]) == len(RECORDS)
    assert content["objections"][0]["text"] == "Penghargaan saya belum dicatat."
    assert content["placements"][-1]["result"]["job_class"] == "pengawas"
    sitting = content["sittings"][0]
    assert "seed" not in sitting
    kinds = [event["kind"] for event in sitting["events"]]
    assert kinds[0] == "opened"
    assert kinds.count("answered") == 5
    assert sitting["ratings"][0]["level"] == 4
    assert '"category"' not in answer.text
    assert "asesor-rahasia" not in answer.text
    assert "password" not in answer.text


def test_an_objection_is_kept_and_listed(sat: Callable[..., Sat], login: Login) -> None:
    one = sat()
    client = login(one.person.nip)
    assert "Belum ada keberatan." in client.get("/asesmen/keberatan").text
    answer = client.post(
        "/asesmen/keberatan",
        data={"text": "  Penghargaan saya\r\nbelum\0 dicatat. "},
        follow_redirects=True,
    )
    assert "Keberatan Anda tersimpan." in answer.text
    assert "menunggu jawaban" in answer.text
    with unit_of_work(one.engine) as session:
        placement = latest_placement(session, one.person.id)
        kept = session.exec(select(Objection).where(Objection.person_id == one.person.id)).one()
        assert placement is not None
        assert (kept.text, kept.placement_id) == (
            "Penghargaan saya\nbelum dicatat.",
            placement.id,
        )
        kept.reply, kept.replied_at = "Penghargaan sudah ditambahkan.", utcnow()
        session.add(kept)
    page = client.get("/asesmen/keberatan").text
    assert "Penghargaan sudah ditambahkan." in page
    assert "menunggu jawaban" not in page


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Isian ini belum diisi."),
        ("x" * 19, "Tulis paling sedikit 20 huruf."),
        (" " * 40, "Tulis paling sedikit 20 huruf."),
        ("x" * 5001, "Tulis paling banyak 5000 huruf."),
    ],
)
def test_a_bad_objection_is_told_at_its_field(
    engine: Engine, login: Login, text: str, message: str
) -> None:
    with unit_of_work(engine) as session:
        person, _ = factories.make_candidate(session)
    answer = login(person.nip).post("/asesmen/keberatan", data={"text": text})
    assert answer.status_code == 422
    assert f'href="#isian-text">Apa yang keliru, dan mengapa: {message}' in answer.text
    with unit_of_work(engine) as session:
        assert not session.exec(select(Objection).where(Objection.person_id == person.id)).all()


def test_nobody_reads_anothers_data(sat: Callable[..., Sat], login: Login, engine: Engine) -> None:
    one = sat(records=True)
    with unit_of_work(engine) as session:
        other, _ = factories.make_candidate(session)
        refresh_placement(session, other)
    client = login(other.nip)
    for path in ("/asesmen/hasil", "/asesmen/catatan", "/asesmen/catatan/unduh", "/asesmen"):
        text = client.get(path).text
        assert one.person.name not in text
        assert "SK 12/2026" not in text
        assert str(one.sitting.id) not in text


def test_validity_counts_from_the_sittings_end(sat: Callable[..., Sat]) -> None:
    """Whoever rates an answer weeks later does not prolong the result."""
    one = sat()
    with unit_of_work(one.engine) as session:
        at_the_end = session.exec(
            select(ProfileSnapshot).where(ProfileSnapshot.sitting_id == one.sitting.id)
        ).one()
        later = ProfileSnapshot(
            **at_the_end.model_dump(exclude={"id", "created_at"}),
            created_at=at_the_end.created_at + timedelta(days=40),
        )
        session.add(later)
        session.flush()
        issued = issuance_of(session, keep_placement(session, one.person, later))
        assert issued is not None
        ended = at_the_end.created_at.date()
        assert issued.valid_until == ended.replace(year=ended.year + 3).isoformat()
