"""The candidate's way: schedule, notice, practice, items, finish. Real requests, real database."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import select

from assessment_engine.records import Answered, Expired, Finished, Offered, Paused, Resumed
from item_bank.database import unit_of_work, utcnow
from item_bank.log import read_log
from item_bank.models import Draft, Sitting
from tests.web import factories
from web.auth.access import Role
from web.people.models import Consent, Person
from web.personnel.models import Invitation
from web.usecases.settling import close_overdue


@dataclass
class Seat:
    """A candidate with an open invitation, logged in."""

    client: FlaskClient
    person: Person
    schedule_id: UUID
    engine: Engine

    @property
    def before(self) -> str:
        return f"/asesmen/jadwal/{self.schedule_id}"

    def agree(self) -> None:
        answer = self.client.post(f"{self.before}/persetujuan", data={"agree": "true"})
        assert answer.status_code == 303, answer.text

    def begin(self) -> str:
        """Agree and open the sitting; the address of its item page."""
        self.agree()
        answer = self.client.post(f"{self.before}/mulai")
        assert answer.status_code == 303, answer.text
        return answer.location

    def log(self) -> tuple[object, ...]:
        with unit_of_work(self.engine) as session:
            invitation = session.get_one(Invitation, (self.schedule_id, self.person.id))
            assert invitation.sitting_id is not None
            return read_log(session, invitation.sitting_id)

    def sitting_id(self) -> UUID:
        with unit_of_work(self.engine) as session:
            invitation = session.get_one(Invitation, (self.schedule_id, self.person.id))
            assert invitation.sitting_id is not None
            return invitation.sitting_id

    def age(self, seconds: float) -> None:
        """Move the sitting's opening back, as if so much time had passed."""
        with unit_of_work(self.engine) as session:
            sitting = session.get_one(Sitting, self.sitting_id())
            sitting.opened_at -= timedelta(seconds=seconds)
            session.add(sitting)


def hidden(page: str) -> dict[str, str]:
    """The position and item that the page's form carries."""
    return dict(re.findall(r'<input type="hidden" name="(position|item)" value="([^"]+)"', page))


def main_of(page: str) -> str:
    return page[page.index("<main") : page.index("</main>")]


def choice(page: str, shown: int = 1) -> dict[str, str]:
    return hidden(page) | {"shown": str(shown)}


@pytest.fixture
def seat(engine: Engine, login: Callable[[str], FlaskClient]) -> Callable[..., Seat]:
    """Make a candidate and a schedule; without sections it is the seeded assessment."""

    def make(*sections: dict[str, object], extra_time: float = 0.0, **window: object) -> Seat:
        with unit_of_work(engine) as session:
            person, _ = factories.make_candidate(session)
            assessment = None
            if sections:
                assessment = factories.make_assessment(session, sections=list(sections))
            schedule = factories.make_schedule(
                session, person, assessment=assessment, extra_time=extra_time, **window
            )
        return Seat(login(person.nip), person, schedule.id, engine)

    return make


INTEGRITY = factories.section("integritas", quotas=[], free_text=0)
WRITING = factories.section("integritas", min_items=1, max_items=1, free_text=1)


def test_home_lists_what_is_scheduled(seat: Callable[..., Seat]) -> None:
    one = seat()
    page = one.client.get("/asesmen").text
    assert "Pemetaan kompetensi" in page
    assert "dibuka" in page
    assert "Penalaran, Integritas" in page
    assert "Paling lama 90 menit" in page
    assert f"{one.before}/persetujuan" in page


def test_home_without_schedule_says_what_will_be_here(
    engine: Engine, login: Callable[[str], FlaskClient]
) -> None:
    with unit_of_work(engine) as session:
        person, _ = factories.make_candidate(session)
    assert "Belum ada asesmen yang dijadwalkan" in login(person.nip).get("/asesmen").text


def test_home_before_and_after_the_window(seat: Callable[..., Seat]) -> None:
    now = utcnow()
    later = seat(opens_at=now + timedelta(days=1), closes_at=now + timedelta(days=2))
    assert "belum dibuka" in later.client.get("/asesmen").text
    over = seat(opens_at=now - timedelta(days=2), closes_at=now - timedelta(days=1))
    assert "sudah ditutup" in over.client.get("/asesmen").text


def test_an_account_without_a_person_is_told_so(
    engine: Engine, login: Callable[[str], FlaskClient]
) -> None:
    from web.auth.accounts import create_account

    with unit_of_work(engine) as session:
        create_account(
            session,
            "tanpa-pegawai",
            "Tanpa Pegawai",
            (Role.CANDIDATE,),
            factories.PASSWORD,
            must_change_password=False,
        )
    answer = login("tanpa-pegawai").get("/asesmen")
    assert answer.status_code == 409
    assert "belum terhubung dengan data pegawai" in answer.text


def test_staff_may_not_open_a_candidates_pages(
    staff: dict[Role, str], login: Callable[[str], FlaskClient]
) -> None:
    client = login(staff[Role.PERSONNEL])
    for path in ("/asesmen", "/asesmen/hasil", "/asesmen/catatan", "/asesmen/keberatan"):
        assert client.get(path).status_code == 403


def test_no_way_past_the_notice(seat: Callable[..., Seat]) -> None:
    one = seat(INTEGRITY)
    assert "Apa yang diukur" in one.client.get(f"{one.before}/persetujuan").text
    for step in ("latihan/1", "mulai"):
        answer = one.client.get(f"{one.before}/{step}")
        assert answer.location == f"{one.before}/persetujuan"
    assert one.client.post(f"{one.before}/mulai").location == f"{one.before}/persetujuan"
    unticked = one.client.post(f"{one.before}/persetujuan")
    assert unticked.status_code == 422
    assert "Beri tanda pada pernyataan ini" in unticked.text
    with unit_of_work(one.engine) as session:
        assert session.get_one(Invitation, (one.schedule_id, one.person.id)).sitting_id is None
        assert not session.exec(select(Consent).where(Consent.person_id == one.person.id)).all()


def test_consent_is_kept_once_with_its_version(seat: Callable[..., Seat]) -> None:
    one = seat(INTEGRITY)
    one.agree()
    one.agree()
    with unit_of_work(one.engine) as session:
        consents = session.exec(select(Consent).where(Consent.person_id == one.person.id)).all()
    assert [consent.notice_version for consent in consents] == ["2026-01"]
    assert "Anda menyetujui pemberitahuan ini" in one.client.get(f"{one.before}/persetujuan").text


def test_refusing_opens_nothing(seat: Callable[..., Seat]) -> None:
    one = seat(INTEGRITY)
    answer = one.client.post(f"{one.before}/tolak", follow_redirects=True)
    assert "Anda tidak setuju" in answer.text
    assert "tidak ada nilai yang dicatat" in answer.text
    assert one.client.post(f"{one.before}/mulai").location == f"{one.before}/persetujuan"


def test_anothers_invitation_does_not_exist(seat: Callable[..., Seat]) -> None:
    one, other = seat(INTEGRITY), seat(INTEGRITY)
    for step in ("persetujuan", "latihan/1", "mulai", "tidak-setuju"):
        assert other.client.get(f"{one.before}/{step}").status_code == 404
    for step in ("persetujuan", "latihan/1", "mulai", "tolak"):
        answer = other.client.post(f"{one.before}/{step}", data={"agree": "true"})
        assert answer.status_code == 404


def test_practice_explains_and_keeps_nothing(seat: Callable[..., Seat]) -> None:
    one = seat(INTEGRITY)
    one.agree()
    assert "Soal latihan 1 dari 3" in one.client.get(f"{one.before}/latihan/1").text
    empty = one.client.post(f"{one.before}/latihan/1")
    assert empty.status_code == 422
    assert "Pilih satu jawaban." in empty.text
    right = one.client.post(f"{one.before}/latihan/1", data={"shown": "2"}).text
    assert "Jawaban Anda tepat." in right
    assert "Setiap angka bertambah 2" in right
    wrong = one.client.post(f"{one.before}/latihan/1", data={"shown": "1"}).text
    assert "Jawaban Anda belum tepat." in wrong
    rated = one.client.post(f"{one.before}/latihan/2", data={"shown": "3"}).text
    assert "Pilihan Anda bernilai 1" in rated
    written = one.client.post(f"{one.before}/latihan/3", data={"text": "Saya membantu."}).text
    assert "Mencari cara agar warga tetap terlayani" in written
    assert one.client.get(f"{one.before}/latihan/4").location == f"{one.before}/mulai"
    assert one.client.get(f"{one.before}/latihan/0").status_code == 404
    assert one.client.post(f"{one.before}/latihan/9").status_code == 404
    with unit_of_work(one.engine) as session:
        assert not session.exec(
            select(Sitting).where(Sitting.candidate == one.person.candidate)
        ).all()


def test_a_sitting_from_first_item_to_finish(seat: Callable[..., Seat]) -> None:
    one = seat(INTEGRITY)
    address = one.begin()
    page = one.client.get(address).text
    assert "Bagian Integritas, butir ke-1" in page
    assert "12 menit" in page
    assert "Pilih tindakan yang paling tepat" in page
    assert 'class="site-bar"' not in page
    assert "Tersimpan" not in page
    answer = one.client.post(address, data=choice(page, 2))
    assert (answer.status_code, answer.location) == (303, address)
    page = one.client.get(address).text
    assert "Bagian Integritas, butir ke-2" in page
    assert re.search(r"Tersimpan \d\d\.\d\d", page)
    answer = one.client.post(address, data=choice(page, 4), follow_redirects=True)
    assert "Asesmen selesai" in answer.text
    order = next(event for event in one.log() if isinstance(event, Offered)).option_order
    first = next(event for event in one.log() if isinstance(event, Answered))
    assert first.option == order[1]
    assert "selesai" in one.client.get("/asesmen").text


def test_beginning_twice_is_one_sitting(seat: Callable[..., Seat]) -> None:
    one = seat(INTEGRITY)
    address = one.begin()
    assert one.client.post(f"{one.before}/mulai").location == address
    assert one.client.get(f"{one.before}/mulai").location == address
    assert "Lanjutkan asesmen" in one.client.get("/asesmen").text


def test_opening_outside_the_window_is_refused(seat: Callable[..., Seat]) -> None:
    one = seat(INTEGRITY, opens_at=utcnow() + timedelta(hours=1))
    one.agree()
    answer = one.client.post(f"{one.before}/mulai")
    assert answer.status_code == 409
    assert "tidak sedang dibuka" in answer.text


def test_a_repeated_answer_changes_nothing_and_says_so(seat: Callable[..., Seat]) -> None:
    one = seat(INTEGRITY)
    address = one.begin()
    page = one.client.get(address).text
    one.client.post(address, data=choice(page, 1))
    before = one.log()
    answer = one.client.post(address, data=choice(page, 3), follow_redirects=True)
    assert "sudah tersimpan sebelumnya. Tidak ada yang berubah." in answer.text
    assert "butir ke-2" in answer.text
    assert one.log() == before


def test_an_empty_answer_is_told_at_its_field(seat: Callable[..., Seat]) -> None:
    one = seat(INTEGRITY)
    address = one.begin()
    page = one.client.get(address).text
    before = one.log()
    for sent in (hidden(page), choice(page, 7), choice(page, 12), hidden(page) | {"shown": "x"}):
        answer = one.client.post(address, data=sent)
        assert answer.status_code == 422
        assert 'href="#isian-shown">Pilih satu jawaban.' in answer.text
    assert one.log() == before


def test_an_answer_to_another_item_is_refused(seat: Callable[..., Seat]) -> None:
    one = seat(INTEGRITY)
    address = one.begin()
    page = one.client.get(address).text
    before = one.log()
    for sent in (
        choice(page) | {"item": "PBG-99"},
        choice(page) | {"position": "5"},
        {"shown": "1"},
        choice(page) | {"position": "0"},
    ):
        assert one.client.post(address, data=sent).status_code == 409
    assert one.log() == before


def test_written_answers(seat: Callable[..., Seat]) -> None:
    one = seat(WRITING)
    address = one.begin()
    page = one.client.get(address).text
    assert "kata." in page
    blank = one.client.post(address, data=hidden(page) | {"text": "  \r\n "})
    assert blank.status_code == 422
    assert 'href="#isian-text">Tulis jawaban Anda.' in blank.text
    long = one.client.post(address, data=hidden(page) | {"text": "panjang " * 1300})
    assert long.status_code == 422
    assert "Tulis paling banyak 10000 huruf." in long.text
    assert "panjang panjang" in long.text
    text = "Saya melapor.\r\nLalu\0 mencatat."
    answer = one.client.post(address, data=hidden(page) | {"text": text}, follow_redirects=True)
    assert "1 jawaban uraian masih dinilai" in answer.text
    given = next(event for event in one.log() if isinstance(event, Answered))
    assert (given.text, given.category) == ("Saya melapor.\nLalu mencatat.", None)


def test_line_ends_of_browsers_do_not_count_twice(seat: Callable[..., Seat]) -> None:
    one = seat(WRITING)
    address = one.begin()
    page = one.client.get(address).text
    text = "a\r\n" * 5_000
    answer = one.client.post(address, data=hidden(page) | {"text": text})
    assert answer.status_code == 303


def test_a_draft_comes_back(seat: Callable[..., Seat]) -> None:
    one = seat(INTEGRITY)
    address = one.begin()
    page = one.client.get(address).text
    kept = one.client.post(address.replace("/butir", "/draf"), data=choice(page, 3)).json
    assert kept["saved"] is True
    assert kept["position"] == 1
    assert 700 < kept["left"] <= 720
    again = one.client.get(address).text
    assert re.search(r'value="3" id="isian-shown-3" checked', again)
    assert "Konsep tersimpan" in again


def test_a_bad_draft_changes_nothing(seat: Callable[..., Seat]) -> None:
    one = seat(INTEGRITY)
    address = one.begin().replace("/butir", "/draf")
    page = one.client.get(address.replace("/draf", "/butir")).text
    assert one.client.post(address, data={"shown": "1"}).status_code == 422
    other = one.client.post(address, data=choice(page) | {"item": "PBG-99"}).json
    assert other["saved"] is False
    with unit_of_work(one.engine) as session:
        assert not session.exec(select(Draft).where(Draft.sitting_id == one.sitting_id())).all()


def test_the_script_is_told_where_to_go(seat: Callable[..., Seat]) -> None:
    one = seat(INTEGRITY)
    address = one.begin()
    page = one.client.get(address).text
    json = {"Accept": "application/json"}
    assert one.client.post(address, data=choice(page), headers=json).json == {"next": address}
    again = one.client.post(address, data=choice(page), headers=json).json
    assert again == {"next": f"{address}?kabar=berulang"}


def test_pausing_keeps_the_draft_and_stops_the_clock(seat: Callable[..., Seat]) -> None:
    one = seat(INTEGRITY)
    address = one.begin()
    page = one.client.get(address).text
    one.client.post(address.replace("/butir", "/jeda"), data=choice(page, 2))
    one.client.post(address.replace("/butir", "/jeda"), data=choice(page, 2))
    paused = one.client.get(address).text
    assert "Asesmen dijeda" in paused
    assert "soal" not in re.findall(r'id="(\w+)"', paused)
    assert "dijeda" in one.client.get("/asesmen").text
    refused = one.client.post(address, data=choice(page, 2))
    assert refused.status_code == 409
    assert "sedang dijeda" in refused.text
    one.client.post(address.replace("/butir", "/lanjut"))
    again = one.client.get(address).text
    assert hidden(again) == hidden(page)
    assert re.search(r'value="2" id="isian-shown-2" checked', again)
    kinds = [type(event) for event in one.log()]
    assert (kinds.count(Paused), kinds.count(Resumed)) == (1, 1)


def test_when_time_is_over_the_draft_counts(seat: Callable[..., Seat]) -> None:
    one = seat(INTEGRITY, factories.section("kerja_sama"))
    address = one.begin()
    page = one.client.get(address).text
    one.client.post(address.replace("/butir", "/draf"), data=choice(page, 3))
    one.age(721 + 60)
    answer = one.client.post(address, data=choice(page, 4), follow_redirects=True)
    assert "Yang dihitung adalah konsep jawaban" in answer.text
    assert "Bagian Kerja Sama, butir ke-1" in answer.text
    given = next(event for event in one.log() if isinstance(event, Answered))
    order = next(event for event in one.log() if isinstance(event, Offered)).option_order
    assert given.option == order[2]


def test_a_late_answer_without_draft_is_not_counted(seat: Callable[..., Seat]) -> None:
    one = seat(INTEGRITY, factories.section("kerja_sama"))
    address = one.begin()
    page = one.client.get(address).text
    one.age(721 + 60)
    answer = one.client.post(address, data=choice(page, 4), follow_redirects=True)
    assert "tidak dianggap salah" in answer.text
    again = one.client.post(address, data=choice(page, 4), follow_redirects=True)
    assert "tidak dianggap salah" in again.text
    kinds = [type(event) for event in one.log()]
    assert (kinds.count(Answered), kinds.count(Expired)) == (0, 1)


def test_an_answer_on_its_way_at_the_end_still_counts(seat: Callable[..., Seat]) -> None:
    one = seat(INTEGRITY, factories.section("kerja_sama"))
    address = one.begin()
    page = one.client.get(address).text
    one.age(725)
    answer = one.client.post(address, data=choice(page, 4), follow_redirects=True)
    assert "Bagian Kerja Sama, butir ke-1" in answer.text
    assert "waktu" not in re.findall(r'role="status">([^<]+)', answer.text)
    assert sum(isinstance(event, Answered) for event in one.log()) == 1


def test_an_empty_answer_after_the_end_goes_on(seat: Callable[..., Seat]) -> None:
    one = seat(WRITING, factories.section("kerja_sama"))
    address = one.begin()
    page = one.client.get(address).text
    one.age(725)
    answer = one.client.post(address, data=hidden(page), follow_redirects=True)
    assert answer.status_code == 200
    assert "Bagian Kerja Sama, butir ke-1" in answer.text
    assert "tidak dianggap salah" in answer.text


def test_extra_time_is_shown_and_given(seat: Callable[..., Seat]) -> None:
    one = seat(INTEGRITY, extra_time=600)
    assert "10 menit" in one.client.get("/asesmen").text
    address = one.begin()
    assert "22 menit" in one.client.get(address).text


def test_anothers_sitting_does_not_exist(seat: Callable[..., Seat]) -> None:
    one, other = seat(INTEGRITY), seat(INTEGRITY)
    address = one.begin()
    page = one.client.get(address).text
    unknown = f"/asesmen/{uuid4()}/butir"
    for target in (address, unknown):
        seen = other.client.get(target)
        assert seen.status_code == 404
        assert main_of(seen.text) == main_of(other.client.get(unknown).text)
        assert other.client.post(target, data=choice(page)).status_code == 404
        for act in ("draf", "jeda", "lanjut"):
            done = other.client.post(target.replace("butir", act), data=choice(page))
            assert done.status_code == 404
        for view in ("waktu", "selesai"):
            assert other.client.get(target.replace("butir", view)).status_code == 404
    assert len(one.log()) == 2


def test_an_abandoned_sitting_is_closed_with_its_draft(seat: Callable[..., Seat]) -> None:
    one = seat(INTEGRITY, factories.section("kerja_sama"))
    address = one.begin()
    page = one.client.get(address).text
    one.client.post(address.replace("/butir", "/draf"), data=choice(page, 1))
    one.age(800)
    with unit_of_work(one.engine) as session:
        close_overdue(session)
    assert not any(isinstance(event, Finished) for event in one.log())
    assert len(one.log()) == 2
    one.age(90 * 60)
    with unit_of_work(one.engine) as session:
        assert close_overdue(session) >= 1
    last = one.log()[-2:]
    assert isinstance(last[0], Answered)
    assert isinstance(last[1], Finished)
    assert last[1].reason == "total_time"
