"""A passage that several items share, in a real browser: folded on a phone, in full on a desk."""

from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine
from test_candidate_browser import log_in

from item_bank.assessments import latest_version
from item_bank.database import unit_of_work
from item_bank.models import Assessment
from tests.item_bank import reading_bank
from tests.web import factories
from web.people.models import Person
from web.usecases.bank import import_bank
from web.usecases.sittings import open_sitting

pytestmark = pytest.mark.browser

DESK = {"width": 1280, "height": 900}
SECTION = reading_bank.SECTION | {
    "min_items": 2,
    "max_items": 2,
    "assembly": {
        "method": "shadow",
        "constraints": [
            {"kind": "set_count", "minimum": 1, "maximum": 1},
            {"kind": "set_size", "minimum": 2, "maximum": 2},
        ],
    },
}
"""Two items of one passage, whichever it is."""

Device = Callable[..., Page]
Sound = Callable[[Page], None]


@pytest.fixture(scope="module")
def assessment(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    folder = reading_bank.folder_of(tmp_path_factory.mktemp("bank"), section=SECTION)
    with unit_of_work(engine) as session:
        import_bank(session, folder)
        found = latest_version(session, "membaca")
    assert found is not None
    return found


@pytest.fixture
def reader(engine: Engine, assessment: Assessment) -> Person:
    """Someone at the first item of a sitting."""
    with unit_of_work(engine) as session:
        person, _ = factories.make_candidate(session)
        schedule_id: UUID = factories.make_schedule(session, person, assessment=assessment).id
        open_sitting(session, person, schedule_id)
    return person


def to_item(page: Page, reader: Person) -> None:
    log_in(page, reader)
    page.get_by_role("link", name="Lanjutkan asesmen").click()
    at_item(page, 1)


def at_item(page: Page, number: int) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Bagian Membaca, butir ke-{number}")


def answer(page: Page) -> None:
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Simpan dan lanjut").click()


def test_a_passage_folded_on_a_phone_stays_folded_for_its_next_item(
    reader: Person, device: Device, sound: Sound
) -> None:
    page = device()
    to_item(page, reader)
    passage = page.get_by_role("region", name="Bacaan: Layanan keliling")
    words = passage.get_by_text("Pada hari pertama layanan keliling dibuka")
    expect(page.get_by_role("heading", level=2, name="Bacaan: Layanan keliling")).to_be_visible()
    expect(words).to_be_visible()
    expect(passage).not_to_contain_text("sama seperti pada butir sebelumnya")
    title = passage.get_by_role("heading").inner_text()
    sound(page)

    passage.get_by_text("Lipat atau buka bacaan").click()
    expect(words).to_be_hidden()
    sound(page)
    answer(page)
    at_item(page, 2)
    expect(words).to_be_hidden()
    assert passage.get_by_role("heading").inner_text() == title
    expect(passage).to_contain_text("Bacaan ini sama seperti pada butir sebelumnya.")
    passage.get_by_text("Lipat atau buka bacaan").click()
    expect(words).to_be_visible()
    sound(page)
    page.get_by_role("link", name="Langsung ke soal").click()
    expect(page.locator("#soal")).to_be_in_viewport()
    answer(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Asesmen selesai")


def test_a_desk_has_room_for_the_whole_passage(
    reader: Person, device: Device, sound: Sound
) -> None:
    page = device(DESK)
    to_item(page, reader)
    expect(page.get_by_text("Pada hari kedua pembagian itu")).to_be_visible()
    expect(page.get_by_text("Lipat atau buka bacaan")).to_be_hidden()
    sound(page)


def test_without_javascript_the_passage_comes_open_and_folds(
    reader: Person, device: Device
) -> None:
    page = device(javascript=False)
    to_item(page, reader)
    words = page.get_by_text("Pada hari pertama layanan keliling dibuka")
    expect(words).to_be_visible()
    page.get_by_text("Lipat atau buka bacaan").click()
    expect(words).to_be_hidden()
    answer(page)
    at_item(page, 2)
    expect(words).to_be_visible()
