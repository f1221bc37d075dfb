"""The psychometrician's pages on the scoring machine."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from rated_answers import Answered, sit_free_text
from sqlalchemy import Engine, text
from sqlmodel import Session, select
from trained_scorers import WordEncoder, add_human_scores, release

import scoring_models
from item_bank.database import unit_of_work
from item_bank.models import ScoringModel, ScoringModelChoice
from item_bank.scorers import choices_of, scoring_model
from scoring_models import EncoderVersion
from web.audit.models import AuditEntry
from web.auth.access import Role
from web.usecases.scorer_training import train
from web.usecases.scorers import scorer_in_use

PATH = "/bank-butir/penilai-mesin"


@pytest.fixture(scope="module")
def answered(engine: Engine) -> Answered:
    return sit_free_text(engine, code=f"mesin-{uuid4().hex[:8]}")


@pytest.fixture(scope="module")
def trained(engine: Engine, answered: Answered) -> ScoringModel:
    """Number 1 of the item: of 45 answers, so that it may not decide."""
    with pytest.MonkeyPatch.context() as patch, unit_of_work(engine) as session:
        version = EncoderVersion("uji", "1", "d" * 64)
        patch.setattr(scoring_models, "encoder_version", lambda _encoder: version)
        add_human_scores(session, answered, 45)
        return train(session, answered.item_id, WordEncoder())


@pytest.fixture
def reader(login: Callable[..., FlaskClient], staff: dict[Role, str]) -> FlaskClient:
    return login(staff[Role.PSYCHOMETRICIAN])


def actions(engine: Engine) -> list[str]:
    with Session(engine) as session:
        return [one.action for one in session.exec(select(AuditEntry)).all()]


def last_choice(engine: Engine, answered: Answered) -> ScoringModelChoice:
    with Session(engine) as session:
        return choices_of(session, answered.item_id)[0]


def test_the_overview_says_what_each_item_still_needs(
    reader: FlaskClient, answered: Answered, trained: ScoringModel
) -> None:
    page = reader.get(f"{PATH}/").text
    assert "Butir yang belum mempunyai cukup penilaian manusia dinilai oleh manusia." in page
    row = page.split(f">{answered.item}<")[1].split("</tr>")[0]
    assert ">45<" in row
    assert "model sendiri" in row
    assert "Perlu 105 jawaban lagi yang dinilai manusia." in row
    assert "state-quiet" in row
    assert "Perlu 10 jawaban lagi" in page  # the items that nobody has rated


def test_an_item_shows_its_criteria_and_figures(
    reader: FlaskClient, answered: Answered, trained: ScoringModel
) -> None:
    page = reader.get(f"{PATH}/{answered.item}").text
    assert "Setiap jawaban butir ini dinilai oleh manusia; mesin hanya memberi saran." in page
    assert "Baru 45 dari 150 jawaban berbeda yang dinilai manusia." in page
    assert page.count("paling banyak 0,10") == 2
    assert "belum ada jawaban yang dinilai dua orang" in page
    kappa = f"{trained.evaluation['figures']['kappa']:.2f}".replace(".", ",")
    assert f'<td class="number">{kappa}</td>' in page


def test_a_training_is_asked_for_once_and_recorded(
    reader: FlaskClient, engine: Engine, answered: Answered, trained: ScoringModel
) -> None:
    for _ in range(2):
        sent = reader.post(f"{PATH}/{answered.item}/latih")
        assert sent.status_code == 303
    assert "Pelatihan masuk ke antrean." in reader.get(sent.location).text
    query = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'train_scorer'"
    with Session(engine) as session:
        assert session.connection().execute(text(query)).scalar_one() == 1
    assert actions(engine).count("scorer training asked") == 2


def test_a_model_that_did_not_pass_is_refused_with_the_reasons(
    reader: FlaskClient, engine: Engine, answered: Answered, trained: ScoringModel
) -> None:
    sent = reader.post(f"{PATH}/{answered.item}/{trained.number}/izinkan")
    assert sent.status_code == 422
    assert "Model 1 belum boleh menentukan nilai. Baru 45 dari 150 jawaban berbeda" in sent.text
    assert not last_choice(engine, answered).decides
    assert "scorer let decide" not in actions(engine)


def test_an_accepted_model_is_let_decide_and_taken_back_with_a_reason(
    reader: FlaskClient, engine: Engine, answered: Answered, trained: ScoringModel
) -> None:
    with unit_of_work(engine) as session:
        accepted = release(session, trained, decides=False)
    sent = reader.post(f"{PATH}/{answered.item}/{accepted.number}/izinkan")
    assert sent.status_code == 303
    with Session(engine) as session:
        scorer = scorer_in_use(session, answered.item_id)
        assert scorer is not None
        assert (scorer.row.id, scorer.decides) == (accepted.id, True)
        assert scorer.load().highest == 5
    assert "mesin bila yakin" in reader.get(f"{PATH}/").text

    short = reader.post(f"{PATH}/{answered.item}/cabut", data={"alasan": "ragu"})
    assert short.status_code == 422
    assert "Tulis paling sedikit 10 huruf." in short.text
    assert last_choice(engine, answered).decides
    reason = "Soalnya akan diubah bulan depan."
    taken = reader.post(f"{PATH}/{answered.item}/cabut", data={"alasan": reason})
    assert taken.status_code == 303
    choice = last_choice(engine, answered)
    assert (choice.decides, choice.model_id, choice.reason) == (False, accepted.id, reason)
    page = reader.get(f"{PATH}/{answered.item}").text
    assert reason in page
    assert "izin model 2 dicabut" in page
    assert {"scorer let decide", "scorer taken back"} <= set(actions(engine))
    again = reader.post(f"{PATH}/{answered.item}/cabut", data={"alasan": reason})
    assert again.status_code == 422
    assert "Tidak ada model yang sedang menentukan nilai butir ini." in again.text


def test_a_choice_to_decide_does_not_help_a_stage_that_forbids_it(
    engine: Engine, answered: Answered, trained: ScoringModel
) -> None:
    with Session(engine) as session:
        choice = ScoringModelChoice(
            item_id=answered.item_id, model_id=trained.id, decides=True, chosen_by="uji"
        )
        session.add(choice)
        session.flush()
        scorer = scorer_in_use(session, answered.item_id)
        assert scorer is not None
        assert not scorer.decides
        session.rollback()


def test_a_new_model_does_not_push_aside_one_that_decides(
    engine: Engine, answered: Answered, trained: ScoringModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = EncoderVersion("uji", "1", "d" * 64)
    monkeypatch.setattr(scoring_models, "encoder_version", lambda _encoder: version)
    with Session(engine, expire_on_commit=False) as session:
        newest = session.exec(
            select(ScoringModel)
            .where(ScoringModel.item_id == answered.item_id)
            .order_by(ScoringModel.number.desc())  # type: ignore[attr-defined]
        ).first()
        assert newest is not None
        accepted = release(session, newest)
        add_human_scores(session, answered, 5, start=100)
        made = train(session, answered.item_id, WordEncoder())
        assert made.number == accepted.number + 1
        scorer = scorer_in_use(session, answered.item_id)
        assert scorer is not None
        assert scorer.row.id == accepted.id
        kept = scoring_model(session, made.id)
        assert kept is not None
        assert kept.n_answers == 50
        session.rollback()


@pytest.mark.parametrize("path", ["", "/latih", "/1/izinkan", "/cabut"])
def test_unknown_items_are_not_found(reader: FlaskClient, path: str) -> None:
    address = f"{PATH}/TIDAK-ADA{path}"
    data = {"alasan": "Alasan yang cukup panjang."}
    answer = reader.post(address, data=data) if path else reader.get(address)
    assert answer.status_code == 404


def test_others_may_not_see_or_change_it(
    login: Callable[..., FlaskClient], staff: dict[Role, str], answered: Answered
) -> None:
    for role in (Role.ASSESSOR, Role.PERSONNEL, Role.PANEL, Role.AUDITOR):
        client = login(staff[role])
        assert client.get(f"{PATH}/").status_code == 403
        assert client.post(f"{PATH}/{answered.item}/latih").status_code == 403
