"""Stories of a candidate in a real browser: phone and desk, keyboard, no script, a lost network."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from assessment_engine.records import Answered, Expired, Log, Offered
from item_bank.database import unit_of_work
from item_bank.log import read_log
from item_bank.models import Sitting
from tests.web import factories
from web.people.models import Person
from web.personnel.models import Invitation
from web.usecases.settling import rescored
from web.usecases.sittings import open_sitting

pytestmark = pytest.mark.browser

DESK = {"width": 1280, "height": 900}
Device = Callable[..., Page]
Sound = Callable[[Page], None]

CHOICE = {"quotas": [], "free_text": 0}
FIRST = factories.section("integritas", **CHOICE)
SECOND = factories.section("kerja_sama", **CHOICE)
WRITING = factories.section("pelayanan_publik", min_items=1, max_items=1, free_text=1, quotas=[])


@dataclass
class Guest:
    """Someone who is invited to a short assessment."""

    engine: Engine
    person: Person
    schedule_id: UUID

    def sitting(self) -> UUID:
        with unit_of_work(self.engine) as session:
            found = session.get_one(Invitation, (self.schedule_id, self.person.id)).sitting_id
        assert found is not None
        return found

    def log(self) -> Log:
        with unit_of_work(self.engine) as session:
            return read_log(session, self.sitting())

    def answers(self) -> list[Answered]:
        return [event for event in self.log() if isinstance(event, Answered)]

    def age(self, seconds: float) -> None:
        """As if so much time had passed since the opening."""
        with unit_of_work(self.engine) as session:
            sitting = session.get_one(Sitting, self.sitting())
            sitting.opened_at -= timedelta(seconds=seconds)
            session.add(sitting)


@pytest.fixture
def guest(engine: Engine) -> Callable[..., Guest]:
    def make(*sections: dict[str, object], new_account: bool = False) -> Guest:
        with unit_of_work(engine) as session:
            person, _ = factories.make_candidate(session, must_change_password=new_account)
            schedule = factories.make_schedule(
                session,
                person,
                assessment=factories.make_assessment(session, sections=list(sections)),
            )
        return Guest(engine, person, schedule.id)

    return make


def log_in(page: Page, person: Person, password: str = factories.PASSWORD) -> None:
    page.goto("/masuk")
    page.get_by_label("NIP atau nama akun").fill(person.nip)
    page.get_by_label("Kata sandi", exact=True).fill(password)
    page.get_by_role("button", name="Masuk").click()


def to_first_item(page: Page, guest: Guest) -> None:
    """Log in to a sitting that is open already; the first story goes the whole way."""
    with unit_of_work(guest.engine) as session:
        open_sitting(session, guest.person, guest.schedule_id)
    log_in(page, guest.person)
    page.get_by_role("link", name="Lanjutkan asesmen").click()
    at_item(page, "Integritas", 1)


def at_item(page: Page, section: str, number: int) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(
        f"Bagian {section}, butir ke-{number}"
    )


def stem(page: Page) -> str:
    return page.locator("#soal").inner_text()


def test_from_the_first_password_to_the_result(
    guest: Callable[..., Guest], device: Device, sound: Sound
) -> None:
    one = guest(FIRST, WRITING, new_account=True)
    page = device()
    log_in(page, one.person)
    page.get_by_label("Kata sandi sekarang").fill(factories.PASSWORD)
    page.get_by_label("Kata sandi baru", exact=True).fill("kucing makan ikan asin")
    page.get_by_label("Kata sandi baru sekali lagi").fill("kucing makan ikan asin")
    page.get_by_role("button", name="Simpan kata sandi").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Asesmen saya")
    sound(page)

    page.get_by_role("link", name="Mulai dari pemberitahuan").click()
    page.get_by_role("button", name="Setuju dan lanjut").click()
    expect(page.get_by_role("alert")).to_contain_text("Beri tanda pada pernyataan ini")
    sound(page)
    page.get_by_label("Saya sudah membaca").check()
    page.get_by_role("button", name="Setuju dan lanjut").click()

    practise(page, sound)
    sound(page)
    page.get_by_role("button", name="Mulai asesmen").click()
    for number in (1, 2):
        at_item(page, "Integritas", number)
        sound(page)
        page.get_by_role("radio").nth(number).check()
        page.get_by_role("button", name="Simpan dan lanjut").click()
    at_item(page, "Pelayanan Publik", 1)
    expect(page.locator("#keadaan")).to_have_text(re.compile(r"Tersimpan \d\d\.\d\d"))
    page.get_by_label("Jawaban Anda").fill("Saya mendengarkan warga lalu mencari jalan keluar.")
    expect(page.locator("#jumlah-kata")).to_have_text("7 kata")
    sound(page)
    page.get_by_role("button", name="Simpan dan lanjut").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Asesmen selesai")
    expect(page.locator("main")).to_contain_text("1 jawaban uraian masih dinilai")
    sound(page)
    see_the_result(page, one, sound)


def practise(page: Page, sound: Sound) -> None:
    """All three practice items, each with its explanation."""
    sound(page)
    page.get_by_label("10", exact=True).check()
    page.get_by_role("button", name="Periksa jawaban").click()
    expect(page.locator("main")).to_contain_text("Jawaban Anda tepat.")
    sound(page)
    page.get_by_role("link", name="Soal latihan berikutnya").click()
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Periksa jawaban").click()
    sound(page)
    page.get_by_role("link", name="Soal latihan berikutnya").click()
    page.get_by_role("button", name="Periksa jawaban").click()
    expect(page.get_by_role("alert")).to_contain_text("Tulis jawaban Anda.")
    page.get_by_label("Jawaban Anda").fill("Saya meminta rekan memotret berkasnya.")
    page.get_by_role("button", name="Periksa jawaban").click()
    sound(page)
    page.get_by_role("link", name="Selesai berlatih").click()


def see_the_result(page: Page, one: Guest, sound: Sound) -> None:
    """First pending, then scored by an assessor; then the record, an objection and the export."""
    page.get_by_role("link", name="Lihat hasil saya").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hasil saya")
    expect(page.locator("main")).to_contain_text("menunggu penilaian asesor")
    sound(page)
    with unit_of_work(one.engine) as session:
        sitting = session.get_one(Sitting, one.sitting())
        log = factories.score_by_hand(session, sitting, position=3, level=3)
        rescored(session, sitting, log)
    page.reload()
    expect(page.locator("main")).to_contain_text("Level 3, dinilai asesor.")
    expect(page.locator("main")).not_to_contain_text("menunggu penilaian")
    expect(page.locator("main")).to_contain_text("Kotak yang masih mungkin")
    sound(page)
    page.get_by_role("link", name="Lihat catatan mentah").click()
    expect(page.locator("tbody tr").last).to_contain_text("level 3, asesor")
    sound(page)
    page.goto("/asesmen/keberatan")
    page.get_by_label("Apa yang keliru").fill("terlalu pendek")
    page.get_by_role("button", name="Kirim keberatan").click()
    expect(page.get_by_role("alert")).to_contain_text("paling sedikit 20 huruf")
    page.get_by_label("Apa yang keliru").fill("Penghargaan saya tahun lalu belum dicatat.")
    page.get_by_role("button", name="Kirim keberatan").click()
    expect(page.get_by_role("status")).to_contain_text("Keberatan Anda tersimpan")
    sound(page)


def test_a_keyboard_is_enough(guest: Callable[..., Guest], device: Device) -> None:
    one = guest(FIRST, SECOND)
    page = device(DESK)
    to_first_item(page, one)
    for section, number in (("Integritas", 1), ("Integritas", 2), ("Kerja Sama", 1)):
        at_item(page, section, number)
        expect(page.locator("#judul")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("radio").first).to_be_focused()
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("radio").nth(1)).to_be_checked()
        page.keyboard.press("Enter")
    at_item(page, "Kerja Sama", 2)
    order = [event.option_order for event in one.log() if isinstance(event, Offered)]
    assert [given.option for given in one.answers()] == [order[i][1] for i in range(3)]


def test_another_device_goes_on_at_the_same_item(
    guest: Callable[..., Guest], device: Device
) -> None:
    one = guest(FIRST, SECOND)
    phone = device()
    to_first_item(phone, one)
    phone.get_by_role("radio").first.check()
    phone.get_by_role("button", name="Simpan dan lanjut").click()
    at_item(phone, "Integritas", 2)
    seen = stem(phone)
    phone.get_by_role("radio").nth(2).check()
    expect(phone.locator("#keadaan")).to_contain_text("Konsep tersimpan")
    phone.context.close()

    desk = device(DESK)
    log_in(desk, one.person)
    desk.get_by_role("link", name="Lanjutkan asesmen").click()
    at_item(desk, "Integritas", 2)
    assert stem(desk) == seen
    expect(desk.get_by_role("radio").nth(2)).to_be_checked()


def test_sending_twice_changes_nothing(guest: Callable[..., Guest], device: Device) -> None:
    one = guest(FIRST, SECOND)
    page = device(DESK)
    to_first_item(page, one)
    other = page.context.new_page()
    other.goto(page.url)
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Simpan dan lanjut").click()
    at_item(page, "Integritas", 2)
    before = one.answers()

    other.get_by_role("radio").nth(3).check()
    other.get_by_role("button", name="Simpan dan lanjut").click()
    at_item(other, "Integritas", 2)
    page.go_back()
    page.go_forward()
    page.reload()
    at_item(page, "Integritas", 2)
    assert one.answers() == before


def test_a_double_click_is_one_answer(guest: Callable[..., Guest], device: Device) -> None:
    one = guest(FIRST, SECOND)
    page = device()
    to_first_item(page, one)
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Simpan dan lanjut").dblclick()
    at_item(page, "Integritas", 2)
    assert len(one.answers()) == 1


def test_without_javascript(guest: Callable[..., Guest], device: Device) -> None:
    one = guest(FIRST, WRITING)
    page = device(javascript=False)
    to_first_item(page, one)
    page.get_by_role("button", name="Simpan dan lanjut").click()
    expect(page.locator("#ringkasan-galat")).to_contain_text("Pilih satu jawaban.")
    page.get_by_role("radio").nth(1).check()
    page.get_by_role("button", name="Jeda").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Asesmen dijeda")
    page.get_by_role("button", name="Lanjutkan").click()
    expect(page.get_by_role("radio").nth(1)).to_be_checked()
    page.get_by_role("button", name="Simpan dan lanjut").click()
    at_item(page, "Integritas", 2)
    expect(page.locator("#keadaan")).to_contain_text("Tersimpan")
    page.go_back()
    at_item(page, "Integritas", 2)
    page.get_by_role("radio").nth(0).check()
    page.get_by_role("button", name="Simpan dan lanjut").click()
    at_item(page, "Pelayanan Publik", 1)
    page.get_by_label("Jawaban Anda").fill("Saya menjelaskan syaratnya dengan sabar.")
    page.get_by_role("button", name="Simpan dan lanjut").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Asesmen selesai")
    assert len(one.answers()) == 3


def test_pausing_stops_the_clock(guest: Callable[..., Guest], device: Device, sound: Sound) -> None:
    one = guest(FIRST)
    page = device()
    to_first_item(page, one)
    seen = stem(page)
    page.get_by_role("button", name="Jeda").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Asesmen dijeda")
    sound(page)
    page.get_by_role("button", name="Lanjutkan").click()
    at_item(page, "Integritas", 1)
    assert stem(page) == seen


def test_when_time_runs_out_the_choice_is_sent(guest: Callable[..., Guest], device: Device) -> None:
    """The limit is 12 minutes; the sitting is aged until 2 seconds are left."""
    one = guest(FIRST, SECOND)
    page = device()
    to_first_item(page, one)
    one.age(12 * 60 - 3)
    page.reload()
    expect(page.locator("#sisa")).to_have_text(re.compile(r"^0 menit [123] detik$"))
    page.get_by_role("radio").nth(2).check()
    at_item(page, "Kerja Sama", 1)
    order = next(event for event in one.log() if isinstance(event, Offered)).option_order
    assert [given.option for given in one.answers()] == [order[2]]


def test_a_draft_counts_when_the_browser_dies(guest: Callable[..., Guest], device: Device) -> None:
    one = guest(FIRST, SECOND)
    page = device()
    to_first_item(page, one)
    page.get_by_role("radio").nth(1).check()
    expect(page.locator("#keadaan")).to_contain_text("Konsep tersimpan")
    page.context.close()
    one.age(13 * 60)

    later = device()
    log_in(later, one.person)
    later.get_by_role("link", name="Lanjutkan asesmen").click()
    at_item(later, "Kerja Sama", 1)
    order = next(event for event in one.log() if isinstance(event, Offered)).option_order
    assert [given.option for given in one.answers()] == [order[1]]
    assert not any(isinstance(event, Expired) for event in one.log())


def test_a_lost_network_loses_no_answer(guest: Callable[..., Guest], device: Device) -> None:
    one = guest(WRITING | {"title": "Integritas"}, SECOND)
    page = device()
    to_first_item(page, one)
    page.context.set_offline(True)
    page.get_by_label("Jawaban Anda").fill("Saya tetap melayani.")
    expect(page.locator("#keadaan")).to_have_text(
        "Belum tersimpan; jawaban Anda masih ada di halaman ini"
    )
    page.get_by_role("button", name="Simpan dan lanjut").click()
    expect(page.get_by_label("Jawaban Anda")).to_have_value("Saya tetap melayani.")
    page.context.set_offline(False)
    at_item(page, "Kerja Sama", 1)
    assert [given.text for given in one.answers()] == ["Saya tetap melayani."]


def test_time_is_announced_at_five_minutes_only(
    guest: Callable[..., Guest], device: Device
) -> None:
    one = guest(FIRST)
    page = device()
    to_first_item(page, one)
    one.age(7 * 60 - 3)
    page.reload()
    expect(page.locator("#sisa")).to_have_text("6 menit")
    expect(page.locator("#pengumuman")).to_have_text("")
    expect(page.locator("#pengumuman")).to_have_text("Sisa waktu bagian 5 menit.")
