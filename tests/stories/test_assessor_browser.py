"""A story of three assessors in a real browser: two differ, the third settles, the person reads."""

from collections.abc import Callable

import factories
import pytest
import rated_answers
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from item_bank.database import unit_of_work
from web.auth.access import Role
from web.auth.accounts import create_account

pytestmark = pytest.mark.browser

DESK = {"width": 1280, "height": 900}
Device = Callable[..., Page]
Sound = Callable[[Page], None]
NAMES = ("yuliarti", "bagus", "citra")


@pytest.fixture(scope="module")
def assessors(engine: Engine) -> None:
    with unit_of_work(engine) as session:
        for name in NAMES:
            create_account(
                session,
                name,
                name.title(),
                (Role.ASSESSOR,),
                factories.PASSWORD,
                must_change_password=False,
            )


def enter(page: Page, login: str) -> None:
    page.goto("/masuk")
    page.fill("[name=login]", login)
    page.fill("[name=password]", factories.PASSWORD)
    page.get_by_role("button", name="Masuk").click()


def rate(page: Page, level: int, why: str) -> None:
    page.locator(f"[name=level][value='{level}']").check()
    page.fill("[name=alasan]", why)
    page.get_by_role("button", name="Simpan penilaian").click()


def test_two_assessors_differ_and_a_third_settles(
    engine: Engine, device: Device, sound: Sound, assessors: None
) -> None:
    answered = rated_answers.sit_free_text(engine, code="cerita-asesor")
    rated_answers.rate_by_machine(engine, answered)
    with unit_of_work(engine) as session:
        factories.make_candidate(session, answered.person)
    first, second, third = (device(size) for size in (None, DESK, DESK))
    for page, name in zip((first, second, third), NAMES, strict=True):
        enter(page, name)
    with rated_answers.people_settings(double_share=1.0, validity_share=0.0):
        first.goto("/penilaian")
        sound(first)
        first.get_by_role("link", name="Nilai jawaban berikutnya").click()
        expect(first.get_by_text("Butir ini dinilai oleh manusia: baru ada")).to_be_visible()
        rate(first, 1, "Membiarkan laporan yang salah berjalan.")
        expect(first.get_by_text("Level 1 menjadi nilai jawaban ini.")).to_be_visible()
        sound(first)
        second.goto("/penilaian")
        second.get_by_role("link", name="Nilai jawaban berikutnya").click()
        expect(second.get_by_text("Membiarkan laporan yang salah")).to_have_count(0)
        rate(second, 4, "Mengajak rekan memperbaiki laporan.")
        expect(second.get_by_text("disimpan sebagai pembanding")).to_be_visible()
        third.goto("/penilaian")
        expect(third.get_by_text("putuskan selisih")).to_be_visible()
        sound(third)
        third.get_by_role("link", name="Nilai jawaban berikutnya").click()
        expect(third.get_by_text("Membiarkan laporan yang salah berjalan.")).to_be_visible()
        expect(third.get_by_text("Mengajak rekan memperbaiki laporan.")).to_be_visible()
        expect(third.get_by_text("Yuliarti")).to_have_count(0)
        sound(third)
        rate(third, 3, "Melapor, tetapi belum mengajak rekannya.")
        expect(third.get_by_text("Level 3 menjadi nilai jawaban ini.")).to_be_visible()
    person = device()
    enter(person, answered.person.nip)
    person.goto("/asesmen/hasil")
    expect(person.get_by_text("Level 3, diputuskan asesor ketiga")).to_be_visible()
    expect(person.get_by_text("Melapor, tetapi belum mengajak rekannya.")).to_be_visible()
    sound(person)
