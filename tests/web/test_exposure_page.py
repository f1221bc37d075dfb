"""The page on exposure: realised rates, overlap, and what eligibility withheld."""

import re
from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest
from factories import PASSWORD, make_assessment, make_person, section
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session
from test_items_seen_before import N_ITEMS, offered, sit

from assessment_engine.exposure import overlap_from_rates, pairwise_overlap
from item_bank.database import unit_of_work, utcnow
from item_bank.exposure import scored_items
from item_bank.log import read_log
from item_bank.models import Assessment
from item_bank.pool import shared_forms
from web.auth.access import Role
from web.psychometrician import exposure

PATH = "/bank-butir/paparan"


@pytest.fixture(scope="module")
def reader(app: Flask, staff: dict[Role, str]) -> FlaskClient:
    client = app.test_client()
    client.post("/masuk", data={"login": staff[Role.PSYCHOMETRICIAN], "password": PASSWORD})
    return client


def given_by(
    session: Session, code: str, n_sittings: int, **changes: object
) -> tuple[Assessment, list[list[str]]]:
    """An assessment sat so many times, and the items of each sitting."""
    only = section(min_items=N_ITEMS, max_items=N_ITEMS)
    assessment = make_assessment(session, code, sections=[only], randomesque=1, **changes)
    start = utcnow() - timedelta(hours=1)
    sittings = [sit(session, make_person(session), assessment, start) for _ in range(n_sittings)]
    return assessment, [offered(read_log(session, one.id)) for one in sittings]


def rows_of(page: str) -> list[list[str]]:
    """The cells of each item: code, rate, and with control highest rate, withheld, state; last its
    competency."""
    table = page.split("<tbody>")[1]
    return [
        [re.sub(r"<[^>]+>|\s", "", cell).replace("\N{NO-BREAK SPACE}", "") for cell in cells]
        for row in table.split("<tr>")[1:]
        for cells in [re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)]
    ]


def test_without_sittings_the_page_says_so(reader: FlaskClient, engine: Engine) -> None:
    with unit_of_work(engine) as session:
        assessment, _ = given_by(session, "paparan-kosong", 0)
    page = reader.get(f"{PATH}?asesmen={assessment.id}").text
    assert "Belum ada peserta yang menyelesaikan asesmen ini" in page
    assert reader.get(f"{PATH}?asesmen={uuid4()}").status_code == 404
    assert reader.get(PATH).status_code == 200


def test_one_sitting_has_rates_but_no_overlap(reader: FlaskClient, engine: Engine) -> None:
    with unit_of_work(engine) as session:
        assessment, (items,) = given_by(session, "paparan-satu", 1)
    page = reader.get(f"{PATH}?asesmen={assessment.id}").text
    assert "dapat dihitung mulai dari dua" in page
    rows = rows_of(page)
    assert {row[0] for row in rows[:N_ITEMS]} == set(items)
    assert {row[1] for row in rows[:N_ITEMS]} == {"100%"}
    assert {row[1] for row in rows[N_ITEMS:]} == {"0%"}


def test_alike_sittings_overlap_whole(reader: FlaskClient, engine: Engine) -> None:
    """Without chance and control everybody who answers alike gets the same items."""
    with unit_of_work(engine) as session:
        assessment, tests = given_by(session, "paparan-sama", 3)
        assert pairwise_overlap(tests) == 1.0
        total = len(scored_items(shared_forms().get(session, assessment.id)))
    page = reader.get(f"{PATH}?asesmen={assessment.id}").text
    assert "rata-rata mendapat 100\N{NO-BREAK SPACE}% butir yang sama" in page
    assert f"{total - N_ITEMS} dari {total} butir" in page
    assert "tidak menahan butir" in page


def test_control_by_eligibility_shows_what_it_withheld(
    reader: FlaskClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unit_of_work(engine) as session:
        control = {"r_max": 0.25, "cuts": []}
        assessment, tests = given_by(session, "paparan-ditahan", 8, eligibility=control)
    early = rows_of(reader.get(f"{PATH}?asesmen={assessment.id}").text)
    assert {(row[2], row[4]) for row in early} == {("–", "")}  # eight are too few to judge
    monkeypatch.setattr(exposure, "LEAST_IN_SEGMENT", 8)
    page = reader.get(f"{PATH}?asesmen={assessment.id}").text
    rates = {item: sum(item in one for one in tests) / 8 for one in tests for item in one}
    rows = {row[0]: row for row in rows_of(page)}
    for item, rate in rates.items():
        assert rows[item][1] == rows[item][2] == f"{round(100 * rate)}%"
        assert bool(rows[item][4]) == (rate > 0.25)
    assert any(row[3] != "0%" for row in rows.values())
    assert [row[1] for row in rows_of(page)] == sorted(
        (row[1] for row in rows.values()), key=lambda share: -int(share[:-1])
    )
    overlap = pairwise_overlap(tests)
    assert overlap < 0.9
    assert f"rata-rata mendapat {round(100 * overlap)}\N{NO-BREAK SPACE}% butir" in page
    assert overlap == pytest.approx(overlap_from_rates(np.array(list(rates.values())), 8))


def test_items_of_other_competencies_are_no_unused_items(
    reader: FlaskClient, engine: Engine
) -> None:
    with unit_of_work(engine) as session:
        assessment, _ = given_by(session, "paparan-bagian", 1)
    rows = rows_of(reader.get(f"{PATH}?asesmen={assessment.id}").text)
    assert {row[0].partition("-")[0] for row in rows} == {"INT"}
