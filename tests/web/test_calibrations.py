"""Uploading responses: what is refused keeps nothing, what is good is fitted by the worker."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
import xlsxwriter
from factories import PASSWORD
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from sqlmodel import Session, func, select
from test_psychometrician import specs
from werkzeug.test import TestResponse

from assessment_engine import category_probabilities as engine_probabilities
from calibration import calibrate, read_responses
from calibration.exchange import items_from_json
from calibration.parameters import engine_item
from item_bank.bank import latest_texts, n_categories
from item_bank.database import unit_of_work
from item_bank.models import CalibrationRun, ItemParameters, ParameterSet
from item_bank.pool import load_pool
from web.audit.models import AuditEntry
from web.auth.access import Role
from web.usecases import calibrations
from web.usecases.calibration_words import in_words, note_in_words

LSAT6 = Path(__file__).parents[1] / "known_values" / "lsat6.csv"
SCIENCE = LSAT6.with_name("science.csv")
PATH = "/bank-butir/kalibrasi"
Login = Callable[[str], FlaskClient]


@pytest.fixture(scope="module")
def psychometrician(app: Flask, staff: dict[Role, str]) -> FlaskClient:
    client = app.test_client()
    client.post("/masuk", data={"login": staff[Role.PSYCHOMETRICIAN], "password": PASSWORD})
    return client


def upload(
    client: FlaskClient, content: bytes, name: str = "jawaban.csv", **fields: str
) -> TestResponse:
    form = {"model": "2PL", **fields, "berkas": (io.BytesIO(content), name)}
    return client.post(PATH, data=form, content_type="multipart/form-data")


def upload_lsat6(client: FlaskClient, **fields: str) -> TestResponse:
    return upload(client, LSAT6.read_bytes(), "lsat6.csv", frekuensi="frequency", **fields)


def n_runs(engine: Engine) -> int:
    with Session(engine) as session:
        return session.exec(select(func.count()).select_from(CalibrationRun)).one()


def run_of(answer: TestResponse) -> UUID:
    assert answer.status_code == 303, answer.text
    return UUID(answer.location.rsplit("/", 1)[1])


def small_file() -> bytes:
    rows = ["x,y,z", "1,1,1", "1,1,0", "1,0,1", "0,1,0", "0,0,1", "0,0,0", "1,1,1", "0,1,1"]
    return "\n".join(rows).encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"x,y\n1,0\n1,b\n", 'jawaban.csv, baris 3, kolom "y": isi "b" bukan kode kategori.'),
        (b"x,y\n1,0\n1\n", "jawaban.csv, baris 3: 1 sel ditemukan, seharusnya 2"),
        (b"x,x\n1,0\n", 'kolom ke-2: nama "x" muncul dua kali'),
        (b"x,\n1,0\n", "kolom ke-2: judulnya kosong"),
        (b"x,y\n", "tidak memiliki baris jawaban"),
        (b"", "Berkas ini kosong"),
        (b"x,y\n1,1\n1,0\n", "Butir x dijawab sama oleh semua orang"),
        (b"x,y,z\n1,1,0\n1,1,1\n", "Butir x, y dijawab sama oleh semua orang"),
        (b"x,y\n1,2\n0,1\n1,0\n", 'Butir "y" memuat kode 2'),
        (b"x,y\n\xff,1\n", "Berkas bukan teks UTF-8"),
    ],
)
def test_bad_file_is_refused_by_its_place(
    psychometrician: FlaskClient, engine: Engine, content: bytes, message: str
) -> None:
    before = n_runs(engine)
    answer = upload(psychometrician, content)
    assert answer.status_code == 422
    assert message.replace('"', "&#34;") in answer.text
    assert n_runs(engine) == before


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("jawaban.ods", {}, "Berkas harus berakhiran .csv atau .xlsx"),
        ("jawaban.csv", {"frekuensi": "n"}, "tidak memiliki kolom &#34;n&#34;"),
        ("jawaban.csv", {"frekuensi": "y", "model": "5PL"}, "Pilih salah satu pilihan"),
        ("", {}, "Pilih berkas CSV atau XLSX"),
    ],
)
def test_bad_form_is_refused(
    psychometrician: FlaskClient, engine: Engine, name: str, fields: dict[str, str], message: str
) -> None:
    before = n_runs(engine)
    answer = upload(psychometrician, small_file(), name, **fields)
    assert answer.status_code == 422
    assert message in answer.text
    assert n_runs(engine) == before


def test_bad_cell_of_a_sheet_names_the_sheet(psychometrician: FlaskClient) -> None:
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as workbook:
        sheet = workbook.add_worksheet("Uji coba")
        for row, cells in enumerate([["x", "y"], [1, 0], [0, 2.5]]):
            sheet.write_row(row, 0, cells)
    answer = upload(psychometrician, book.getvalue(), "jawaban.xlsx")
    assert answer.status_code == 422
    assert (
        "jawaban.xlsx, lembar &#34;Uji coba&#34;, baris 3, kolom &#34;y&#34;: isi &#34;2.5&#34;"
        in answer.text
    )


def test_unreadable_frequency_names_row_and_column(psychometrician: FlaskClient) -> None:
    answer = upload(psychometrician, b"x,y,n\n1,0,3\n0,1,banyak\n", frekuensi="n")
    assert answer.status_code == 422
    assert "baris 3, kolom &#34;n&#34;: isi &#34;banyak&#34; bukan frekuensi" in answer.text


def test_unknown_problem_keeps_its_own_words(app: object) -> None:
    with app.test_request_context():  # type: ignore[attr-defined]
        assert in_words("something new") == "Berkas ini tidak dapat dikalibrasi: something new"


def test_good_file_waits_for_the_worker_then_shows_lsat6(
    psychometrician: FlaskClient, engine: Engine
) -> None:
    run_id = run_of(upload_lsat6(psychometrician))
    waiting = psychometrician.get(f"{PATH}/{run_id}").text
    assert "menunggu giliran" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    assert "Muat ulang halaman ini" in waiting
    with Session(engine) as session:
        (queued,) = session.exec(  # type: ignore[call-overload]
            text("SELECT args FROM procrastinate_jobs WHERE task_name = 'run_calibration'")
        ).one()
        assert queued == {"run_id": str(run_id)}
        entry = session.exec(
            select(AuditEntry).where(AuditEntry.action == "calibration started")
        ).one()
        assert entry.subject == str(run_id)

    calibrations.run(engine, run_id)

    page = psychometrician.get(f"{PATH}/{run_id}").text
    assert "Konvergen setelah" in page
    assert "-2.466,653" in page  # log-likelihood of the reference values
    assert "selesai" in psychometrician.get(PATH).text
    progress = psychometrician.get(f"{PATH}/{run_id}/kemajuan")
    assert progress.headers["HX-Refresh"] == "true"


def test_curves_of_another_item_of_the_file(psychometrician: FlaskClient, engine: Engine) -> None:
    run_id = run_of(upload_lsat6(psychometrician, model="Rasch"))
    calibrations.run(engine, run_id)
    page = psychometrician.get(f"{PATH}/{run_id}").text
    names = re.findall(r'<option value="([^"]+)"', page)
    other = psychometrician.get(f"{PATH}/{run_id}?butir={names[1]}").text
    assert f"Peluang tiap kategori butir {names[1]}" in other
    assert psychometrician.get(f"{PATH}/{run_id}?butir=tak-ada").status_code == 404


def test_progress_is_written_while_it_runs(
    psychometrician: FlaskClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every note is kept here; a note a moment is kept in use."""
    monkeypatch.setattr(calibrations, "BETWEEN_NOTES", 0.0)
    seen: list[tuple[str, int]] = []
    kept = calibrations._progress

    def watched(to: Engine, run_id: UUID) -> Callable[[int, float, float], None]:
        note = kept(to, run_id)

        def both(iteration: int, log_likelihood: float, largest_change: float) -> None:
            note(iteration, log_likelihood, largest_change)
            with Session(engine) as session:
                row = session.get_one(CalibrationRun, run_id)
                assert row.log_likelihood == pytest.approx(log_likelihood)
                seen.append((row.status, row.iteration))

        return both

    monkeypatch.setattr(calibrations, "_progress", watched)
    run_id = run_of(upload_lsat6(psychometrician))
    calibrations.run(engine, run_id)
    assert len(seen) > 2
    assert {status for status, _ in seen} == {"running"}
    assert [n for _, n in seen] == sorted({n for _, n in seen})


def test_data_without_an_estimate_fail_with_the_reason(
    psychometrician: FlaskClient, engine: Engine
) -> None:
    """Two items that repeat each other: the slope has no finite estimate."""
    rows = ["x,y,z", *["1,1,0", "1,1,1", "0,0,1", "0,0,0"] * 10]
    run_id = run_of(upload(psychometrician, "\n".join(rows).encode()))
    calibrations.run(engine, run_id)
    page = psychometrician.get(f"{PATH}/{run_id}").text
    assert "gagal" in psychometrician.get(PATH).text
    assert "Kalibrasi ini tidak menghasilkan parameter." in page
    assert "naik tanpa batas" in page or "tidak cukup untuk menentukan" in page


def test_trouble_of_the_system_is_not_blamed_on_the_data(
    psychometrician: FlaskClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = run_of(upload_lsat6(psychometrician))
    monkeypatch.setattr("calibration.calibrate", lambda *_a, **_k: 1 / 0)
    calibrations.run(engine, run_id)
    page = psychometrician.get(f"{PATH}/{run_id}").text
    assert "terhenti karena gangguan pada sistem" in page


def test_a_run_that_is_over_is_not_run_again(
    psychometrician: FlaskClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = run_of(upload_lsat6(psychometrician))
    calibrations.run(engine, run_id)
    monkeypatch.setattr("calibration.calibrate", lambda *_a, **_k: 1 / 0)
    calibrations.run(engine, run_id)
    with Session(engine) as session:
        assert session.get_one(CalibrationRun, run_id).status == "done"


def test_unknown_run_is_not_found_and_other_roles_are_refused(
    psychometrician: FlaskClient, staff: dict[Role, str], login: Login
) -> None:
    unknown = "00000000-0000-0000-0000-000000000000"
    assert psychometrician.get(f"{PATH}/{unknown}").status_code == 404
    assert psychometrician.get(f"{PATH}/{unknown}/kemajuan").status_code == 404
    assessor = login(staff[Role.ASSESSOR])
    assert assessor.get(PATH).status_code == 403
    assert upload(assessor, small_file()).status_code == 403


@pytest.mark.parametrize(
    ("note", "words"),
    [
        ("codes start at 1: code 1 is category 0", "Kode di berkas mulai dari 1"),
        ("left out, no answer: person 2, 5 and 3 more", "orang ke-2, 5 dan 3 lainnya."),
        ("left out, weight 0: person 7", "berfrekuensi 0: orang ke-7."),
        ("item 'x' has a slope of -0.312; check its key", "Daya beda butir x adalah -0.312"),
        ("not converged: a further step would change a parameter by 0.1", "sebesar 0.1."),
        ("something new", "something new"),
    ],
)
def test_notes_have_words(app: Flask, note: str, words: str) -> None:
    with app.test_request_context():
        assert words in note_in_words(note)


def test_notes_of_real_data_are_known(psychometrician: FlaskClient, engine: Engine) -> None:
    """A person without answers, codes from 1 and an item keyed the wrong way."""
    rows = ["x,y,z", *["2,2,1", "2,2,1", "1,1,2", "2,1,1", "1,2,2"] * 6, ",,"]
    run_id = run_of(upload(psychometrician, "\n".join(rows).encode(), model="1PL"))
    calibrations.run(engine, run_id)
    page = psychometrician.get(f"{PATH}/{run_id}").text
    assert "Kode di berkas mulai dari 1" in page
    assert "Tidak dipakai karena tanpa jawaban: orang ke-31." in page


def test_nominal_model_from_the_form_to_the_pool(
    psychometrician: FlaskClient, engine: Engine
) -> None:
    """What the fit gives, as parameters of the bank, is what the engine and the pages read."""
    assert '<option value="NRM">' in psychometrician.get(PATH).text
    science = SCIENCE.read_bytes()
    run_id = run_of(upload(psychometrician, science, "science.csv", model="NRM"))
    calibrations.run(engine, run_id)
    with Session(engine) as session:
        result = session.get_one(CalibrationRun, run_id).result
    fitted = items_from_json(result)
    direct = calibrate(read_responses(SCIENCE), model="NRM")
    assert [one.a for one in fitted] == [pytest.approx(one.a) for one in direct.items]
    page = psychometrician.get(f"{PATH}/{run_id}?butir=Work").text
    work = next(one for one in fitted if one.name == "Work")
    assert len(work.a) == 3
    assert "; ".join(f"{a:.3f}".replace(".", ",") for a in work.a) in page
    assert "terhadap kategori 0" in page
    middle = engine_probabilities(engine_item(work, "x"), 0.0)[0]
    drawn = specs(page)["kategori-Work"]
    (values,) = drawn["datasets"].values()
    at_zero = [row["value"] for row in values if row["theta"] == 0.0]
    assert at_zero == pytest.approx(middle.tolist())

    with unit_of_work(engine) as session:
        texts = [
            text
            for text in latest_texts(session)
            if text.item.kind == "choice" and n_categories(text.body) == 4
        ][: len(fitted)]
        made = ParameterSet(
            name="nominal",
            status="calibrated",
            cut_scores={},
            provenance={"origin": "calibration"},
            digest="0",
        )
        session.add(made)
        session.flush()
        for text, item in zip(texts, fitted, strict=True):
            session.add(
                ItemParameters(
                    parameter_set_id=made.id,
                    item_id=text.item.id,
                    item_version_id=text.version.id,
                    model=item.model,
                    a=1.0,
                    b=list(item.b),
                    slopes=list(item.a),
                )
            )
        session.flush()
        pool = load_pool(session, made.id)
        codes = [text.item.code for text in texts]
        set_id = made.id
    for code, item in zip(codes, fitted, strict=True):
        held = pool[code]
        assert (held.model, held.slopes, held.b) == ("NRM", item.a, item.b)
    listed = psychometrician.get(f"/bank-butir/parameter/{set_id}").text
    shown = psychometrician.get(f"/bank-butir/butir/{codes[0]}?set={set_id}").text
    slopes = "; ".join(f"{a:.2f}".replace(".", ",") for a in fitted[0].a)
    assert slopes in listed
    assert slopes in shown
