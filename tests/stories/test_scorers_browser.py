"""A psychometrician lets a model decide and takes that back, in the browser."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine
from sqlmodel import col, select

import scoring_models
from item_bank.database import unit_of_work
from item_bank.models import Item
from scoring_models import EncoderVersion
from tests.web import factories, trained_scorers
from web.auth.access import Role
from web.auth.accounts import create_account
from web.usecases.scorer_training import train
from web.usecases.sittings import open_sitting

pytestmark = pytest.mark.browser

DESK = {"width": 1280, "height": 900}
Device = Callable[..., Page]
Sound = Callable[[Page], None]


@dataclass(frozen=True, slots=True)
class Answered:
    sitting_id: UUID
    item: str
    item_id: UUID


@pytest.fixture(scope="module")
def item(engine: Engine) -> str:
    """An item with a model that may not decide, number 1, and one that may, number 2."""
    with unit_of_work(engine) as session:
        person = factories.make_person(session)
        schedule = factories.make_schedule(session, person)
        sitting = open_sitting(session, person, schedule.id, seed=1)
        first = session.exec(
            select(Item)
            .where(Item.kind == "free_text", Item.status == "active")
            .order_by(col(Item.code))
        ).first()
        assert first is not None
    answered = Answered(sitting.id, first.code, first.id)
    with pytest.MonkeyPatch.context() as patch, unit_of_work(engine) as session:
        version = EncoderVersion("uji", "1", "d" * 64)
        patch.setattr(scoring_models, "encoder_version", lambda _encoder: version)
        trained_scorers.add_human_scores(session, answered, 45, seconds=[2, 3, 3, 4, 4] * 5)
        trained = train(session, answered.item_id, trained_scorers.WordEncoder())
        trained_scorers.release(session, trained, decides=False)
        create_account(
            session,
            "psikometri",
            "Psikometri",
            (Role.PSYCHOMETRICIAN,),
            factories.PASSWORD,
            must_change_password=False,
        )
    return answered.item


def look(page: Page, name: str) -> None:
    """Keep a picture, where a folder for pictures is named."""
    folder = os.environ.get("TAKAR_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("viewport", [None, DESK], ids=["phone", "desk"])
def test_a_model_is_let_decide_and_taken_back(
    device: Device, sound: Sound, item: str, viewport: dict[str, int] | None
) -> None:
    size = "desk" if viewport else "phone"
    page = device(viewport)
    page.goto("/masuk")
    page.fill("[name=login]", "psikometri")
    page.fill("[name=password]", factories.PASSWORD)
    page.click("main button")
    page.wait_for_url(lambda url: "/masuk" not in url)
    page.goto("/bank-butir/penilai-mesin/")
    sound(page)
    look(page, f"scorers-{size}")
    page.get_by_role("link", name=item, exact=True).click()
    sound(page)
    look(page, f"scorer-{size}")

    page.get_by_role("button", name="Izinkan model 1 menentukan nilai").click()
    expect(page.get_by_role("alert")).to_contain_text("Model 1 belum boleh menentukan nilai.")
    sound(page)
    look(page, f"scorer-refused-{size}")
    page.get_by_role("button", name="Izinkan model 2 menentukan nilai").click()
    expect(page.get_by_role("status")).to_contain_text("Mulai sekarang model 2 menentukan nilai")
    sound(page)
    look(page, f"scorer-deciding-{size}")

    page.get_by_role("button", name="Cabut izin mesin").click()
    expect(page.get_by_role("alert")).to_contain_text("Alasan: Isian ini belum diisi.")
    sound(page)
    page.get_by_label("Alasan").fill("Soalnya akan diubah bulan depan.")
    page.get_by_role("button", name="Cabut izin mesin").click()
    expect(page.get_by_role("status")).to_contain_text("Izin dicabut.")
    expect(page.get_by_role("cell", name="izin model 2 dicabut").first).to_be_visible()
