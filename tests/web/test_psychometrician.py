"""The psychometrician reads the bank: items, parameters, curves."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from factories import PASSWORD
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, select

import web
from calibration.plots import PRINT
from item_bank.models import ItemParameters, ParameterSet
from web.auth.access import Role

Login = Callable[[str], FlaskClient]


@pytest.fixture(scope="module")
def reader(app: Flask, staff: dict[Role, str]) -> FlaskClient:
    client = app.test_client()
    client.post("/masuk", data={"login": staff[Role.PSYCHOMETRICIAN], "password": PASSWORD})
    return client


@pytest.fixture
def newest(engine: Engine) -> ParameterSet:
    with Session(engine) as session:
        return session.exec(select(ParameterSet)).one()


def drawn_values(spec: dict[str, Any], layer: int) -> list[dict[str, Any]]:
    """The data of one layer, which Altair keeps under a name beside the layers."""
    source = spec.get("data") or spec["layer"][layer]["data"]
    found: list[dict[str, Any]] = spec["datasets"][source["name"]]
    return found


def specs(page: str) -> dict[str, dict[str, Any]]:
    """The plots' specifications on a page, by id."""
    blocks = re.findall(
        r'<script type="application/json" id="data-([^"]+)">(.*?)</script>', page, re.DOTALL
    )
    return {name: json.loads(content) for name, content in blocks}


def test_items_are_filtered_by_all_that_is_asked(reader: FlaskClient) -> None:
    page = reader.get("/bank-butir/butir?kompetensi=integritas&jenis=free_text&level=2").text
    assert "INT-F1" in page
    assert re.findall(r">([A-Z]{3}-[A-Z]?\d+)</a>", page) == ["INT-F1"]


def test_items_are_found_by_their_words(reader: FlaskClient) -> None:
    page = reader.get("/bank-butir/butir?kata=BINGKISAN berisi kain").text
    assert re.findall(r">([A-Z]{3}-[A-Z]?\d+)</a>", page) == ["INT-01"]
    none = reader.get("/bank-butir/butir?kata=zzzz-tak-ada").text
    assert "Tidak ada butir yang sesuai" in none


def test_items_come_in_pages(reader: FlaskClient) -> None:
    first = reader.get("/bank-butir/butir").text
    second = reader.get("/bank-butir/butir?halaman=2").text
    codes = re.compile(r">([A-Z]{3}-[A-Z]?\d+)</a>")
    assert len(codes.findall(first)) == 50
    assert not set(codes.findall(first)) & set(codes.findall(second))


def test_choice_item_as_a_candidate_sees_it_then_its_scores(reader: FlaskClient) -> None:
    page = reader.get("/bank-butir/butir/INT-01").text
    seen, behind = page.split("Penskoran</h2>")
    assert "Menelepon warga itu" in seen
    assert "Menolak pemberian dan meninggalkan catatan resmi" not in seen
    assert "Menolak pemberian dan meninggalkan catatan resmi" in behind
    assert "sementara" in behind


def test_free_text_item_shows_its_rubric(reader: FlaskClient) -> None:
    page = reader.get("/bank-butir/butir/INT-F1").text
    assert "disarankan 60 sampai 150 kata" in page
    assert "Contoh jawaban level 5" in page
    assert "Mirip, tetapi maknanya berbalik" in page


def test_item_curves_are_specifications_with_table(
    reader: FlaskClient, engine: Engine, newest: ParameterSet
) -> None:
    page = reader.get("/bank-butir/butir/INT-01").text
    drawn = specs(page)
    assert set(drawn) == {"kategori-INT-01", "informasi-butir"}
    values = drawn_values(drawn["kategori-INT-01"], 0)
    middle = [row["value"] for row in values if row["theta"] == 0.0]
    assert sum(middle) == pytest.approx(1.0)
    assert f"Kurva menurut {newest.name}" in page
    assert '<th scope="row" class="number">-3,0</th>' in page
    assert '<th scope="row" class="number">3,0</th>' in page
    assert "Informasi tertinggi" in page


def test_unknown_item_version_or_set_is_not_found(reader: FlaskClient) -> None:
    assert reader.get("/bank-butir/butir/INT-99").status_code == 404
    assert reader.get("/bank-butir/butir/INT-01?versi=9").status_code == 404
    unknown = "00000000-0000-0000-0000-000000000000"
    assert reader.get(f"/bank-butir/butir/INT-01?set={unknown}").status_code == 404
    assert reader.get(f"/bank-butir/parameter/{unknown}").status_code == 404
    assert reader.get(f"/bank-butir/parameter/{unknown}/butir.csv").status_code == 404


def test_practice_item_has_no_parameters(reader: FlaskClient) -> None:
    page = reader.get("/bank-butir/butir/LAT-01")
    assert page.status_code == 200
    assert "Butir ini tidak memiliki parameter" in page.text


def test_parameter_sets_say_origin_and_cut_scores(
    reader: FlaskClient, newest: ParameterSet
) -> None:
    page = reader.get("/bank-butir/parameter").text
    assert newest.name in page
    assert "penilaian ahli" in page
    cut = f"{newest.cut_scores['integritas'][0]:.2f}".replace(".", ",")
    assert cut in page
    assert newest.digest[:16] in page


def test_parameter_set_shows_the_pool_and_all_items(
    reader: FlaskClient, newest: ParameterSet
) -> None:
    page = reader.get(f"/bank-butir/parameter/{newest.id}?kompetensi=komunikasi").text
    assert "Informasi seluruh butir Komunikasi" in page
    rules = drawn_values(specs(page)["informasi-kumpulan"], 1)
    assert [row["theta"] for row in rules] == newest.cut_scores["komunikasi"]
    assert "INT-01" in page
    assert "sementara" in page
    assert reader.get(f"/bank-butir/parameter/{newest.id}?kompetensi=tak_ada").status_code == 404


def test_parameters_download_as_csv(
    reader: FlaskClient, engine: Engine, newest: ParameterSet
) -> None:
    answer = reader.get(f"/bank-butir/parameter/{newest.id}/butir.csv")
    assert answer.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    with Session(engine) as session:
        kept = session.exec(select(ItemParameters)).all()
    assert len(rows) == len(kept)
    found = next(row for row in rows if row["item"] == "INT-F1")
    assert found["status"] == "provisional"
    assert found["model"] == "GPCM"
    assert float(found["b4"]) > float(found["b1"])


def test_charts_on_paper_have_the_colours_of_the_pages() -> None:
    """``plots.js`` takes the categories' colours from these tokens, in this order."""
    style = (Path(web.__file__).parent / "static" / "takar.css").read_text(encoding="utf-8")
    light = dict(re.findall(r"--takar-([a-z]+): (#[0-9a-f]{6});", style.split("}")[0]))
    names = ("action", "bad", "good", "caution", "quiet")
    assert PRINT["range"]["category"] == [light[name] for name in names]
    assert PRINT["rule"]["color"] == light["quiet"]
    assert PRINT["axis"]["labelColor"] == light["ink"]
    assert PRINT["axis"]["gridColor"] == light["line"]


@pytest.mark.parametrize(
    "path", ["/bank-butir/butir", "/bank-butir/butir/INT-01", "/bank-butir/parameter"]
)
def test_other_roles_may_not_read_the_bank(
    path: str, staff: dict[Role, str], login: Login, app: Flask
) -> None:
    assert login(staff[Role.ASSESSOR]).get(path).status_code == 403
    assert app.test_client().get(path).status_code == 302
