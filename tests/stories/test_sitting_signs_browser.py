"""A psychometrician follows a sitting in the browser: signs appear as its answers come in."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from assessment_engine.records import Answered, Offered
from item_bank.database import unit_of_work, utcnow
from item_bank.log import read_log
from item_bank.models import Sitting
from tests.web import factories
from web.auth.access import Role
from web.auth.accounts import create_account
from web.usecases.sittings import AnswerIn, answer, current, open_sitting

pytestmark = pytest.mark.browser

DESK = {"width": 1280, "height": 900}
N_ITEMS = 5
SECTIONS = [
    factories.section(code, min_items=N_ITEMS, max_items=N_ITEMS, quotas=[], free_text=0)
    for code in ("integritas", "kerja_sama", "komunikasi")
]
Device = Callable[..., Page]
Sound = Callable[[Page], None]


@pytest.fixture(scope="module")
def account(engine: Engine) -> str:
    with unit_of_work(engine) as session:
        create_account(
            session,
            "psikometri",
            "Psikometri",
            (Role.PSYCHOMETRICIAN,),
            factories.PASSWORD,
            must_change_password=False,
        )
    return "psikometri"


def sit(engine: Engine, n_answers: int, seconds: float) -> Sitting:
    """A sitting of three sections, left after so many answers of so many seconds."""
    now = utcnow() - timedelta(hours=1)
    with unit_of_work(engine) as session:
        person = factories.make_person(session)
        assessment = factories.make_assessment(
            session, f"cerita-{n_answers}", sections=SECTIONS, eligibility={"r_max": 0.25}
        )
        schedule = factories.make_schedule(
            session, person, assessment=assessment, opens_at=now - timedelta(hours=1)
        )
        sitting = open_sitting(session, person, schedule.id, now=now, seed=4)
        for number in range(n_answers):
            offer = current(session, sitting.id, person.candidate, now=now).offer
            assert offer is not None
            now += timedelta(seconds=seconds)
            given = AnswerIn(position=offer.position, item=offer.item, shown=1 + number % 3)
            answer(session, sitting.id, person.candidate, given, now=now)
    return sitting


def log_in(page: Page, login: str) -> None:
    page.goto("/masuk")
    page.fill("[name=login]", login)
    page.fill("[name=password]", factories.PASSWORD)
    page.click("main button")
    page.wait_for_url(lambda url: "/masuk" not in url)


def test_signs_appear_with_the_answers(
    engine: Engine, device: Device, sound: Sound, account: str
) -> None:
    sitting = sit(engine, n_answers=7, seconds=1.0)
    page = device(DESK)
    log_in(page, account)
    page.clock.install()
    page.goto("/bank-butir/asesmen")
    page.get_by_role("link", name=str(sitting.id)[:8]).click()
    signs = page.locator("#tanda")
    expect(signs).to_contain_text("Dihitung dari 7 jawaban")
    expect(signs).not_to_contain_text("banyak jawaban sangat cepat")
    with unit_of_work(engine) as session:
        log = read_log(session, sitting.id)
        offer = log[-1]
        assert isinstance(offer, Offered)
        kept = session.get_one(Sitting, sitting.id)
        factories.append_events(
            session, kept, Answered(log[-1].at + 1.0, offer.position, offer.item, 0, option=1)
        )
    page.clock.run_for(11_000)
    expect(signs).to_contain_text("Dihitung dari 8 jawaban")
    expect(signs).to_contain_text("banyak jawaban sangat cepat")
    sound(page)


@pytest.mark.parametrize("width", [360, 1280])
def test_pages_of_a_finished_sitting_are_sound(
    engine: Engine, device: Device, sound: Sound, account: str, width: int
) -> None:
    sitting = sit(engine, n_answers=3 * N_ITEMS, seconds=1.0)
    sit(engine, n_answers=3 * N_ITEMS, seconds=50.0)
    page = device({"width": width, "height": 900})
    log_in(page, account)
    for name, address in {
        "list": "/bank-butir/asesmen?tanda=ada",
        "sitting": f"/bank-butir/asesmen/{sitting.id}",
        "exposure": f"/bank-butir/paparan?asesmen={sitting.assessment_id}",
    }.items():
        page.goto(address)
        page.wait_for_load_state("networkidle")
        sound(page)
        if name == "sitting":
            expect(page.locator("[data-plot=data-jejak] canvas")).to_be_visible()
            assert page.locator("#tanda").get_attribute("hx-get") is None
