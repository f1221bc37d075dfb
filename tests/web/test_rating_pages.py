"""Pages of the human loop: papers, agreement, raters, severity, objections, and who sees what."""

import re
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from factories import PASSWORD, make_candidate
from flask import Flask
from flask.testing import FlaskClient
from rated_answers import Answered, people_settings, rate_by_machine
from rated_answers import sit_free_text as sit
from sqlalchemy import Engine
from sqlmodel import Session, select

from item_bank.database import unit_of_work
from item_bank.importing.development import read_development
from item_bank.models import Rating, ValidityPaper, ValidityRating
from item_bank.validity import agreed_answers
from web.audit.models import DataAccess
from web.auth.access import Role
from web.auth.accounts import create_account
from web.auth.models import Account
from web.people.models import Objection, Placement
from web.usecases.rating import rate
from web.usecases.scoring_settings import scoring_settings
from web.usecases.validity import STARTER, mark_agreed, rater_checks, use_development_papers

Login = Callable[[str], FlaskClient]
REASON = "Ia melapor dan mengajak rekannya membetulkan laporan."


@pytest.fixture(scope="module", autouse=True)
def colleagues(engine: Engine, staff: dict[Role, str]) -> None:
    with unit_of_work(engine) as session:
        for name in ("asesor-dua", "asesor-tiga"):
            create_account(
                session, name, name.title(), (Role.ASSESSOR,), PASSWORD, must_change_password=False
            )


@pytest.fixture
def advised(engine: Engine) -> Answered:
    answered = sit(engine, code=f"halaman-{uuid4().hex[:8]}")
    rate_by_machine(engine, answered)
    return answered


@pytest.fixture
def paper(engine: Engine, advised: Answered) -> ValidityPaper:
    with unit_of_work(engine) as session:
        use_development_papers(session, advised.item, "psikometrisi")
    with Session(engine) as session:
        return session.exec(
            select(ValidityPaper).where(ValidityPaper.source == "development")
        ).all()[0]


def send(client: FlaskClient, path: str, level: int) -> str:
    sent = {"level": str(level), "alasan": REASON}
    return client.post(path, data=sent, follow_redirects=True).text


def skeleton(page: str) -> str:
    """A page without what the text and the address make different."""
    page = re.sub(r'<p class="pre-line">.*?</p>', "", page, flags=re.S)
    page = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}/\d+", "", page)
    page = re.sub(r"\d+ kata;", "", page)
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page)


def test_a_paper_s_page_is_that_of_an_answer(
    login: Login, engine: Engine, advised: Answered, paper: ValidityPaper
) -> None:
    client = login("asesor-dua")
    with Session(engine) as session:
        item_of_paper = session.get_one(ValidityPaper, paper.id)
    shown = client.get(f"/penilaian/{item_of_paper.id}/{item_of_paper.place}").text
    answer = client.get(advised.path).text
    assert paper.text[:40] in shown
    assert skeleton(shown) == skeleton(answer)
    assert client.get(f"/penilaian/{paper.id}/{paper.place + 1}").status_code == 404


def test_a_paper_is_told_after_rating_and_scores_nobody(
    login: Login, engine: Engine, paper: ValidityPaper
) -> None:
    client, path = login("asesor-dua"), f"/penilaian/{paper.id}/{paper.place}"
    with Session(engine) as session:
        before = len(session.exec(select(Rating)).all())
    given = paper.level % 5 + 1
    page = send(client, path, given)
    assert "Ini contoh latihan, bukan jawaban peserta." in page
    assert f"Level yang diketahui: {paper.level}. Level dari Anda: {given}." in page
    send(client, path, paper.level)  # once only
    with Session(engine) as session:
        kept = session.exec(select(ValidityRating).where(ValidityRating.paper_id == paper.id)).all()
        after = len(session.exec(select(Rating)).all())
    assert [one.level for one in kept] == [given]
    assert after == before


def test_synthetic_papers_are_the_bank_s_without_attacks(
    engine: Engine, advised: Answered, paper: ValidityPaper
) -> None:
    answers = [one for one in read_development(STARTER) if one.item == advised.item]
    with Session(engine) as session:
        texts = {
            one.text: one.level
            for one in session.exec(select(ValidityPaper)).all()
            if one.source == "development"
        }
    honest = {one.text: one.level for one in answers if one.kind != "gaming"}
    assert honest.items() <= texts.items()
    assert not {one.text for one in answers if one.kind == "gaming"} & texts.keys()


def double(engine: Engine, answered: Answered, *levels: int) -> None:
    raters = [account_id(engine, name) for name in ("assessor", "asesor-dua", "asesor-tiga")]
    with people_settings(double_share=1.0), unit_of_work(engine) as session:
        place = answered.sitting_id, answered.position
        for rater, level in zip(raters, levels, strict=False):
            rate(session, *place, rater, level=level, comment=REASON)


def account_id(engine: Engine, login: str) -> UUID:
    with Session(engine) as session:
        return session.exec(select(Account.id).where(Account.login == login)).one()


def test_agreed_answers_become_papers_once(login: Login, engine: Engine, advised: Answered) -> None:
    double(engine, advised, 4, 4)
    client = login("psychometrician")
    path = f"/bank-butir/jawaban-pemeriksa/{advised.sitting_id}/{advised.position}"
    assert path in client.get("/bank-butir/jawaban-pemeriksa").text
    page = client.post(path, follow_redirects=True).text
    assert "Jawaban itu sekarang menjadi jawaban pemeriksa." in page
    assert client.post(path).status_code == 409
    with Session(engine) as session:
        made = session.exec(
            select(ValidityPaper).where(ValidityPaper.sitting_id == advised.sitting_id)
        ).one()
        assert advised.sitting_id not in {one.sitting_id for one in agreed_answers(session)}
    assert (made.level, made.source) == (4, "agreed")
    other = login("asesor-tiga")
    other.get(f"/penilaian/{made.id}/{made.place}")
    with Session(engine) as session:
        seen = session.exec(
            select(DataAccess.account_id).where(DataAccess.person_id == advised.person.id)
        ).all()
    assert account_id(engine, "asesor-tiga") in seen
    page = send(other, f"/penilaian/{made.id}/{made.place}", 4)
    assert "Levelnya sudah disepakati para asesor." in page


def test_disagreed_answers_are_no_papers(app: Flask, engine: Engine, advised: Answered) -> None:
    double(engine, advised, 3, 4)
    with app.test_request_context(), Session(engine) as session:
        assert advised.sitting_id not in {one.sitting_id for one in agreed_answers(session)}
        with pytest.raises(Exception, match="Dua asesor belum menilai"):
            mark_agreed(session, advised.sitting_id, advised.position, "x")


def test_a_rater_below_the_limit_is_shown_and_goes_on(
    login: Login, engine: Engine, paper: ValidityPaper
) -> None:
    with unit_of_work(engine) as session:
        papers = session.exec(
            select(ValidityPaper).where(ValidityPaper.source == "development")
        ).all()[:10]
        name = str(account_id(engine, "asesor-tiga"))
        for place, one in enumerate(papers):
            level = one.level if place < 4 else one.level % 5 + 1
            session.merge(ValidityRating(paper_id=one.id, rater=name, level=level))
    with Session(engine) as session:
        check = rater_checks(session, scoring_settings().people)[name]
    assert check.low
    assert check.exact is not None
    assert check.exact < 0.6
    page = login("psychometrician").get("/bank-butir/penilai").text
    row = next(
        row for row in page.split("<tr>") if "Asesor-Tiga" in row and "di bawah batas" in row
    )
    assert "Asesor-Tiga" in row
    assert "Perlu dibicarakan: jawaban pemeriksa sering dinilai berbeda." in page
    assert login("asesor-tiga").get("/penilaian").status_code == 200


def test_settling_shows_both_reasons_and_no_names(
    login: Login, engine: Engine, advised: Answered
) -> None:
    first, second = account_id(engine, "assessor"), account_id(engine, "asesor-dua")
    with people_settings(double_share=1.0), unit_of_work(engine) as session:
        place = advised.sitting_id, advised.position
        rate(session, *place, first, level=1, comment="Membiarkan laporan salah.")
        rate(session, *place, second, level=4, comment="Mengajak rekan memperbaiki.")
    client = login("asesor-tiga")
    assert "putuskan selisih" in client.get("/penilaian").text
    page = client.get(advised.path).text
    assert "Membiarkan laporan salah." in page
    assert "Mengajak rekan memperbaiki." in page
    assert "Asesor-Dua" not in page
    assert "Saran mesin" not in page
    assert "menjadi nilai jawaban ini" in send(client, advised.path, 3)


def test_the_loop_s_pages_are_the_psychometrician_s(login: Login, staff: dict[Role, str]) -> None:
    paths = [
        "/bank-butir/nilai-uraian",
        "/bank-butir/penilai",
        "/bank-butir/penilai/keketatan",
        "/bank-butir/jawaban-pemeriksa",
    ]
    for role, expected in ((Role.PSYCHOMETRICIAN, 200), (Role.ASSESSOR, 403), (Role.PANEL, 403)):
        client = login(staff[role])
        assert [client.get(path).status_code for path in paths] == [expected] * len(paths)


def test_each_page_says_that_few_ratings_mean_people(
    login: Login, engine: Engine, advised: Answered
) -> None:
    with unit_of_work(engine) as session:
        make_candidate(session, advised.person)
    double(engine, advised, 3)
    said = "Butir ini dinilai oleh manusia: baru ada"
    person = advised.person
    assert said in login(person.nip).get("/asesmen/hasil").text
    assert said in login("panel").get(f"/pejabat-pembina/dosir/{person.id}").text
    assert said in login("psychometrician").get(f"/bank-butir/butir/{advised.item}").text
    waiting = sit(engine, code=f"halaman-{uuid4().hex[:8]}")
    assert said in login("assessor").get(waiting.path).text
    assert (
        "dinilai oleh manusia, bukan oleh mesin" in login(person.nip).get("/asesmen/catatan").text
    )


def test_an_objection_is_rated_again_and_its_writer_reads_the_outcome(
    login: Login, engine: Engine, advised: Answered
) -> None:
    double(engine, advised, 2)
    with unit_of_work(engine) as session:
        make_candidate(session, advised.person)
        placement = session.exec(
            select(Placement).where(Placement.person_id == advised.person.id)
        ).all()[-1]
        made = Objection(
            person_id=advised.person.id, placement_id=placement.id, text="Nilai uraian saya keliru."
        )
        session.add(made)
        session.flush()
        objection_id = made.id
    personnel = login("personnel")
    path = f"/kepegawaian/keberatan/{objection_id}"
    page = personnel.get(path).text
    assert "Minta penilaian ulang" in page
    assert "Saya melaporkan pengeluaran" not in page  # the agency needs the level, not the words
    asked = personnel.post(
        f"{path}/nilai-ulang", data={"position": advised.position}, follow_redirects=True
    ).text
    assert "1 jawaban dimintakan penilaian ulang." in asked
    assert personnel.post(f"{path}/nilai-ulang", data={}).status_code == 409
    candidate = login(advised.person.nip)
    assert "sedang dinilai ulang" in candidate.get("/asesmen/keberatan").text
    assert login("assessor").get(advised.path).status_code == 200  # the own rating, no new form
    again = login("asesor-dua")
    blind = again.get(advised.path).text
    assert REASON not in blind
    again.post(advised.path, data={"level": "3", "alasan": "Ia mengajak rekannya, jadi level 3."})
    told = candidate.get("/asesmen/keberatan").text
    assert "Level sebelumnya 2; level sekarang 3." in told
    assert "Ia mengajak rekannya, jadi level 3." in told
    assert (
        "dinilai ulang oleh asesor lain setelah keberatan Anda"
        in candidate.get("/asesmen/hasil").text
    )


def test_the_copy_of_own_data_holds_calls_and_no_names(
    login: Login, engine: Engine, advised: Answered
) -> None:
    with unit_of_work(engine) as session:
        make_candidate(session, advised.person)
    double(engine, advised, 2, 3)
    content = login(advised.person.nip).get("/asesmen/catatan/unduh")
    (sitting,) = content.get_json()["sittings"]
    assert [one["kind"] for one in sitting["rating_calls"]] == ["double"]
    assert "asked_by" not in sitting["rating_calls"][0]
    assert sitting["answer_vectors"] == []
