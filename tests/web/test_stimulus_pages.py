"""Pages that show a shared passage: the candidate's, the psychometrician's, the assessor's."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from item_bank.assessments import latest_version
from item_bank.database import unit_of_work, utcnow
from item_bank.models import Assessment
from item_bank.pool import load_pool
from tests.item_bank import reading_bank
from tests.web import factories
from web.auth.access import Role
from web.usecases.bank import import_bank
from web.usecases.rehearsal import sit

CODE = re.compile(r">([A-Z]{3}-[A-Z]?\d+)</a>")


@pytest.fixture(scope="module")
def assessment(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    content = reading_bank.file_of_bank()
    content["stimuli"][1]["text"] = "Pendek."
    folder = reading_bank.folder_of(tmp_path_factory.mktemp("bank"), content)
    with unit_of_work(engine) as session:
        import_bank(session, folder)
        found = latest_version(session, "membaca")
    assert found is not None
    return found


@pytest.fixture
def reader(staff: dict[Role, str], login: Callable[[str], FlaskClient]) -> FlaskClient:
    return login(staff[Role.PSYCHOMETRICIAN])


def test_item_page_shows_what_selection_knows(reader: FlaskClient, assessment: Assessment) -> None:
    page = reader.get("/bank-butir/butir/BCA-04").text
    facts = page[page.index("Penyusunan tes</h2>") : page.index("Parameter</h2>")]
    assert "BCA-S2, versi 1; juga untuk" in facts
    assert CODE.findall(facts) == ["BCA-05", "BCA-06", "BCA-01"]
    assert re.findall(r"label=(\w+)", facts) == ["mudah", "umum"]
    assert "<dt>Kata yang dibaca</dt><dd>31</dd>" in facts  # title 4, text 1, stem 6, options 20
    assert "Pendek." in page[: page.index("Penskoran</h2>")]


def test_item_without_any_of_them_says_so(reader: FlaskClient, assessment: Assessment) -> None:
    page = reader.get("/bank-butir/butir/INT-05").text
    facts = page[page.index("Penyusunan tes</h2>") : page.index("Parameter</h2>")]
    assert facts.count("<dd>tidak ada</dd>") == 3
    assert "Bacaan:" not in page


def test_items_are_filtered_by_tag(reader: FlaskClient, assessment: Assessment) -> None:
    page = reader.get("/bank-butir/butir?label=sulit").text
    found = CODE.findall(page)
    assert found == [f"BCA-{n:02d}" for n in (3, 6, 9, 12, 21, 24, 27, 30)]
    assert '<option value="sulit" selected>' in page


def shown(page: str) -> str:
    """The part of a candidate's page that holds the passage; empty where there is none."""
    found = re.search(r'<section class="stimulus".*?</section>', page, re.DOTALL)
    return found[0] if found else ""


@pytest.fixture
def pages(
    engine: Engine, assessment: Assessment, login: Callable[[str], FlaskClient]
) -> list[dict[str, Any]]:
    """Each item page of one sitting: the item's stimulus in the pool, and the page's HTML."""
    with unit_of_work(engine) as session:
        person, _ = factories.make_candidate(session)
        schedule = factories.make_schedule(session, person, assessment=assessment)
        pool = load_pool(session, assessment.parameter_set_id)
    client = login(person.nip)
    found: list[dict[str, Any]] = []
    step = partial(sit, partial(unit_of_work, engine), person, schedule.id, {"baca": 0.4})
    for seed in range(8):
        sitting = step(seed, starts=utcnow(), stop_after=0)
        page = client.get(f"/asesmen/{sitting.id}/butir").text
        item = re.search(r'name="item" value="([^"]+)"', page)
        assert item is not None
        found.append({"stimulus": pool[item[1]].stimulus, "page": page})
        step(seed, starts=utcnow(), stop_after=1)
    return found


def test_passage_stands_above_each_of_its_items(pages: list[dict[str, Any]]) -> None:
    with_passage = [one for one in pages if one["stimulus"]]
    assert len(with_passage) == 4
    for one in pages:
        assert bool(shown(one["page"])) == bool(one["stimulus"])
    for one in with_passage:
        page = one["page"]
        assert f"catatan {one['stimulus'][-1]}" in shown(page)
        assert page.index('id="bacaan"') < page.index('id="soal"') < page.index('id="jawaban"')


def test_passage_is_the_same_for_the_next_item_and_says_so(pages: list[dict[str, Any]]) -> None:
    followed = 0
    for before, one in zip([None, *pages], pages, strict=False):
        continues = bool(before and one["stimulus"] and before["stimulus"] == one["stimulus"])
        followed += continues
        assert ("sama seperti pada butir sebelumnya" in one["page"]) == continues
        if before and continues:
            words = re.compile(r"<p>(.*?)</p>")
            assert words.findall(shown(one["page"])) == words.findall(shown(before["page"])) != []
    assert followed == 2


def test_only_a_long_passage_folds_and_it_comes_open(pages: list[dict[str, Any]]) -> None:
    for one in pages:
        folds = '<details open data-stimulus="' in shown(one["page"])
        assert folds == (one["stimulus"] not in ("", "BCA-S2"))


def test_assessor_reads_the_passage_with_the_question(
    engine: Engine,
    staff: dict[Role, str],
    login: Callable[[str], FlaskClient],
    tmp_path: Path,
) -> None:
    content = {
        "competency": "baca",
        "stimuli": [reading_bank.stimulus("BCA-S9")],
        "items": [
            reading_bank.writing("BCA-F1", stimulus="BCA-S9"),
            *(reading_bank.item(number) for number in range(41, 46)),
        ],
    }
    short = factories.section("baca", min_items=1, max_items=1, free_text=1)
    folder = reading_bank.folder_of(tmp_path, content, short)
    with unit_of_work(engine) as session:
        import_bank(session, folder)
        person, _ = factories.make_candidate(session)
        assessment = latest_version(session, "membaca")
        schedule = factories.make_schedule(session, person, assessment=assessment)
    sitting = sit(partial(unit_of_work, engine), person, schedule.id, {}, seed=1, starts=utcnow())
    page = login(staff[Role.ASSESSOR]).get(f"/penilaian/{sitting.id}/1").text
    assert "Pada hari pertama layanan keliling dibuka" in shown(page)
    assert '<h3 id="judul-bacaan">' in page
