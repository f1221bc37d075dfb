"""The worker's part of scoring free text: what the machine decides, what it leaves to people."""

import math
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from rated_answers import WRITTEN, Answered, people_settings, sit_free_text
from sqlalchemy import Engine, event
from sqlmodel import Session, col, select
from trained_scorers import add_human_scores, release

from assessment_engine import profile
from assessment_engine.records import Scored
from item_bank.answer_vectors import vectors_of
from item_bank.database import unit_of_work, utcnow
from item_bank.errors import ImportFileError
from item_bank.log import read_log
from item_bank.models import Item, ParameterSet, ProfileSnapshot, Rating, ScoringModel, Sitting
from item_bank.pool import shared_forms
from item_bank.rating_calls import open_calls
from item_bank.ratings import waiting_answers
from scoring_models import GateSettings
from scoring_models.scored.stages import FEWEST_SCORES, Stage
from web.errors import NotFoundError
from web.people.models import Placement
from web.usecases import scoring
from web.usecases.level_hangs import level_hangs
from web.usecases.rating import rate
from web.usecases.scorer_training import train
from web.usecases.scoring import LEFT, score_pending
from web.usecases.scoring_settings import SCORING_FILE, GateIn, ScoringSettings, scoring_settings

ALL_RUBRICS = scoring._rubrics


@pytest.fixture(autouse=True)
def few_rubrics(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the rubrics of integritas, which take seconds to prepare; all of the bank take more."""

    def of_integritas(session: Session, set_id: UUID) -> dict[str, dict[str, Any]]:
        found = ALL_RUBRICS(session, set_id)
        return {code: rubric for code, rubric in found.items() if code.startswith("INT")}

    monkeypatch.setattr(scoring, "_rubrics", of_integritas)


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate that leaves every readable answer to the model; no level hangs on it."""
    settings = GateSettings(
        max_entropy=2.0,
        max_spread=3.0,
        max_doubt=0.5,
        min_relatedness=-9.0,
        min_ratings=0,
        max_pasted=1.0,  # all tests write the same text
    )
    shipped = scoring_settings()
    trusting = ScoringSettings(settings, 0.3, shipped.people, shipped.models)
    monkeypatch.setattr(scoring, "scoring_settings", lambda: trusting)
    monkeypatch.setattr(scoring, "level_hangs", lambda *_arguments: None)


def released(engine: Engine, answered: Answered) -> ScoringModel:
    """A model of the answer's item that never abstains, trained on 15 answers and let decide."""
    with unit_of_work(engine) as session:
        add_human_scores(session, answered, 15)
        trained = train(session, answered.item_id, scoring.loaded_encoder(None))
        return release(session, trained, cost_limit=99.0, widest_set=5)


@pytest.fixture
def codes() -> str:
    return f"uraian-{uuid4().hex[:8]}"


def score(engine: Engine, answered: Answered) -> str:
    with unit_of_work(engine) as session:
        return score_pending(session, answered.sitting_id, answered.position, None)


def ratings(engine: Engine, answered: Answered) -> list[Rating]:
    with Session(engine) as session:
        return list(
            session.exec(select(Rating).where(Rating.sitting_id == answered.sitting_id)).all()
        )


def scores(engine: Engine, answered: Answered) -> list[Scored]:
    with Session(engine) as session:
        log = read_log(session, answered.sitting_id)
    return [found for found in log if isinstance(found, Scored)]


def snapshots(engine: Engine, answered: Answered) -> list[ProfileSnapshot]:
    with Session(engine) as session:
        return list(
            session.exec(
                select(ProfileSnapshot)
                .where(ProfileSnapshot.sitting_id == answered.sitting_id)
                .order_by(col(ProfileSnapshot.created_at))
            ).all()
        )


def test_with_few_human_ratings_the_machine_only_advises(engine: Engine, codes: str) -> None:
    answered = sit_free_text(engine, code=codes)
    assert score(engine, answered) == "human"
    (kept,) = ratings(engine, answered)
    assert kept.rater_kind == "machine"
    assert sum(kept.probabilities) == pytest.approx(1.0)
    assert kept.level == kept.probabilities.index(max(kept.probabilities)) + 1
    assert {"code": "low_ratings", "data": {"ratings": 0.0, "needed": 150.0}} in kept.reasons
    assert {"code": "not_released", "data": {}} in kept.reasons
    assert {passage["sentence"] for passage in kept.passages} <= {
        part.strip() + "." for part in WRITTEN.split(".")
    }
    assert kept.versions["encoder"]["digest"]
    assert len(kept.versions["fluency"]) == 64
    assert kept.versions["gate"]["min_ratings"] == 150
    assert scores(engine, answered) == []


def test_a_released_model_scores_and_the_result_is_computed_again(
    engine: Engine, codes: str, trusting: None
) -> None:
    answered = sit_free_text(engine, code=codes)
    model = released(engine, answered)
    before = snapshots(engine, answered)
    assert [kept.complete for kept in before] == [False]
    with people_settings(read_behind_share=1.0):
        assert score(engine, answered) == "machine"
    with Session(engine) as session:
        drawn = {one.call.sitting_id: one.call.kind for one in open_calls(session)}
        (vector,) = vectors_of(session, answered.sitting_id).values()
    assert drawn[answered.sitting_id] == "read_behind"
    assert len(vector) == 384
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=2e-3)
    (kept,) = ratings(engine, answered)
    (scored,) = scores(engine, answered)
    assert scored.by == "machine"
    assert scored.rating == str(kept.id)
    base = np.array(model.evaluation["base_rates"])
    assert base == pytest.approx(np.full(5, 0.2))
    levels = np.array(scored.severities) * base
    assert levels.sum(axis=1) == pytest.approx(np.ones(7))
    means = levels @ np.arange(1, 6)
    assert (np.diff(means) > 0).all()  # the severer the machine, the better the person
    assert means[3] == pytest.approx(float(np.array(kept.probabilities) @ np.arange(1, 6)), abs=0.2)
    assert kept.versions["severity_sd"] == 0.3
    assert kept.versions["model"] == {"number": model.number, "digest": model.digest}
    assert kept.rater == f"model-{model.number}"
    assert kept.passages  # the rubric's evidence stays
    assert all(len(passage["lifts"]) == 5 for passage in kept.passages)
    assert all(len(one["shown"]) == 5 for one in kept.indicators)
    assert kept.indicators
    after = snapshots(engine, answered)
    assert [kept.complete for kept in after] == [False, True]
    assert after[1].profile["dimensions"]["integritas"]["n_scored"] == 1
    assert model.digest in str(after[1].versions["scorers"])
    with Session(engine) as session:
        placements = session.exec(
            select(Placement).where(Placement.person_id == answered.person.id)
        ).all()
    assert len(placements) == 2


def test_a_person_decides_where_the_reported_level_hangs_on_the_answer(
    engine: Engine, codes: str, trusting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The only answer of a sitting decides its level: at the ends of the set 1 to 5 they differ."""
    monkeypatch.setattr(scoring, "level_hangs", level_hangs)
    answered = sit_free_text(engine, code=codes)
    model = released(engine, answered)
    everything = {"coverage": 0.9, "quantile": 1.0}
    with unit_of_work(engine) as session:
        release(session, model, conformal=everything, cost_limit=99.0, widest_set=5)
    assert score(engine, answered) == "human"
    (kept,) = ratings(engine, answered)
    (reason,) = kept.reasons
    assert reason["code"] == "level_hangs"
    assert reason["data"]["dimension"] == "integritas"
    assert reason["data"]["at_lowest"] < reason["data"]["at_highest"]
    assert scores(engine, answered) == []
    with Session(engine) as session:
        form = shared_forms().get(
            session, session.get_one(Sitting, answered.sitting_id).assessment_id
        )
        log = read_log(session, answered.sitting_id)
    ends = [
        profile(form.rules, form.pool, (*log, at_level(answered.position, k)), form.cuts)
        for k in (1, 5)
    ]
    assert [end.dimensions["integritas"].level for end in ends] == [
        reason["data"]["at_lowest"],
        reason["data"]["at_highest"],
    ]
    assert level_hangs(form, log, answered.position, (3, 3)) is None


def at_level(position: int, level: int) -> Scored:
    return Scored(1e6, position, tuple(float(k == level) for k in range(1, 6)), "human")


def test_a_model_taken_back_only_advises(engine: Engine, codes: str, trusting: None) -> None:
    answered = sit_free_text(engine, code=codes)
    model = released(engine, answered)
    with unit_of_work(engine) as session:
        release(session, model, decides=False, cost_limit=99.0, widest_set=5)
    assert score(engine, answered) == "human"
    (kept,) = ratings(engine, answered)
    assert [reason["code"] for reason in kept.reasons] == ["not_released"]
    assert kept.rater == f"model-{model.number + 1}"


def test_scoring_again_changes_nothing(engine: Engine, codes: str, trusting: None) -> None:
    answered = sit_free_text(engine, code=codes)
    released(engine, answered)
    assert score(engine, answered) == "machine"
    assert score(engine, answered) == LEFT
    assert len(ratings(engine, answered)) == 1
    assert len(scores(engine, answered)) == 1


def test_an_answer_that_a_person_has_rated_is_left(
    engine: Engine, codes: str, trusting: None
) -> None:
    answered = sit_free_text(engine, code=codes)
    with unit_of_work(engine) as session:
        rate(
            session,
            answered.sitting_id,
            answered.position,
            uuid4(),
            level=2,
            comment="Cukup menjaga diri sendiri.",
        )
    assert score(engine, answered) == LEFT
    assert [kept.rater_kind for kept in ratings(engine, answered)] == ["human"]


def test_a_person_who_rates_while_the_machine_works_wins(
    engine: Engine, codes: str, trusting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = sit_free_text(engine, code=codes)
    read = scoring._verdict

    def slow(*arguments: Any) -> Any:
        with unit_of_work(engine) as session:
            place = (answered.sitting_id, answered.position)
            rate(session, *place, uuid4(), level=5, comment="Teladan bagi yang lain.")
        return read(*arguments)

    monkeypatch.setattr(scoring, "_verdict", slow)
    assert score(engine, answered) == LEFT
    (scored,) = scores(engine, answered)
    assert scored.by == "human"


def test_a_short_answer_goes_to_a_person_with_that_reason(
    engine: Engine, codes: str, trusting: None
) -> None:
    answered = sit_free_text(engine, code=codes, written="Saya akan melapor kepada atasan saya.")
    released(engine, answered)
    assert score(engine, answered) == "human"
    (kept,) = ratings(engine, answered)
    assert [reason["code"] for reason in kept.reasons] == ["too_short"]
    assert scores(engine, answered) == []


def test_a_failing_scorer_leaves_the_answer_to_a_person(
    engine: Engine, codes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlike_the_others = (
        "Bendahara saya minta memeriksa ulang semua kuitansi sebelum rapat pekan depan."
    )
    answered = sit_free_text(engine, code=codes, written=unlike_the_others)
    monkeypatch.setattr(scoring, "_encoder", lambda _name: 1 / 0)
    monkeypatch.setattr(scoring, "_prepared", lambda name, _bank: scoring._encoder(name))
    assert score(engine, answered) == "human"
    (kept,) = ratings(engine, answered)
    assert kept.reasons == [{"code": "scorer_failed", "data": {"error": "ZeroDivisionError"}}]
    assert kept.level is None
    with Session(engine) as session:
        waiting = waiting_answers(session, utcnow())
    assert answered.sitting_id in {found.sitting_id for found in waiting}


def test_human_ratings_of_the_item_are_counted_over_the_whole_bank(
    engine: Engine, codes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sit_free_text(engine, code=codes, seed=7)
    second = sit_free_text(engine, code=codes, seed=7)
    assert first.item == second.item
    with unit_of_work(engine) as session:
        place = (first.sitting_id, first.position)
        rate(session, *place, uuid4(), level=3, comment="Menanamkan kepada rekan.")
    counted: list[int] = []
    read = scoring._verdict

    def watched(answer: Any, text: Any, rubrics: Any, n_human: int, *rest: Any) -> Any:
        counted.append(n_human)
        return read(answer, text, rubrics, n_human, *rest)

    monkeypatch.setattr(scoring, "_verdict", watched)
    score(engine, second)
    with Session(engine) as session:
        rows = session.exec(
            select(Rating).where(Rating.item_id == first.item_id, Rating.rater_kind == "human")
        ).all()
    assert counted == [len(rows)]
    assert counted[0] >= 1


def test_no_lock_is_held_while_the_machine_reads(
    engine: Engine, codes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = sit_free_text(engine, code=codes)
    statements: list[str] = []
    marks: list[int] = []
    read = scoring._verdict

    def marked(*arguments: Any) -> Any:
        marks.append(len(statements))
        return read(*arguments)

    @event.listens_for(engine, "before_cursor_execute")
    def keep(_c: Any, _k: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    monkeypatch.setattr(scoring, "_verdict", marked)
    try:
        score(engine, answered)
    finally:
        event.remove(engine, "before_cursor_execute", keep)
    assert not any("FOR UPDATE" in statement for statement in statements[: marks[0]])
    assert any("FOR UPDATE" in statement for statement in statements[marks[0] :])


def test_rubrics_learn_from_all_of_the_parameter_set(engine: Engine) -> None:
    with Session(engine) as session:
        found = ALL_RUBRICS(session, session.exec(select(ParameterSet.id)).one())
        active = session.exec(
            select(Item.code).where(Item.kind == "free_text", Item.status == "active")
        ).all()
    assert sorted(found) == sorted(active)
    assert all(set(rubric) == {"indicators", "levels"} for rubric in found.values())


def test_warming_up_prepares_the_newest_set(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unit_of_work(engine) as session:
        scoring.warm_up(session, None)
    before = scoring._prepared.cache_info().hits
    answered = sit_free_text(engine, code="uraian-hangat")
    score(engine, answered)
    assert scoring._prepared.cache_info().hits == before + 1


def test_an_unknown_sitting_or_position_is_not_found(engine: Engine, codes: str) -> None:
    answered = sit_free_text(engine, code=codes)
    with pytest.raises(NotFoundError), unit_of_work(engine) as session:
        score_pending(session, uuid4(), 1, None)
    with pytest.raises(NotFoundError), unit_of_work(engine) as session:
        score_pending(session, answered.sitting_id, 99, None)


def test_web_processes_do_not_load_torch() -> None:
    """Importing the application, as a web process does, brings no torch with it."""
    program = "import sys, web.assessor.views, web.usecases.scoring; print('torch' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "False"


def test_the_shipped_limits_leave_new_items_and_flat_scores_to_people() -> None:
    shipped = scoring_settings().gate
    assert set(GateIn.model_fields) == {limit.name for limit in fields(GateSettings)}
    assert shipped.min_ratings == FEWEST_SCORES[Stage.AUTOMATIC]
    assert 0 < shipped.max_entropy < math.log(5)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("max_copied: 0.5", "max_copied: 1.5", "max_copied"),
        ("min_ratings: 150", "min_rating: 150", "min_rating"),
        ("min_ratings: 150", "min_ratings: [", "not readable"),
        ("severity_sd: 0.3", "severity_sd: -1", "severity_sd"),
        ("double_share: 0.15", "double_share: 1.5", "people.double_share"),
        ("read_behind_share: 0.10", "read_behind: 0.10", "people.read_behind_share"),
        ("max_difference: 1 ", "max_difference: 5 ", "people.max_difference"),
    ],
)
def test_a_bad_limit_is_refused_by_name(tmp_path: Path, old: str, new: str, named: str) -> None:
    path = tmp_path / "scoring.yaml"
    path.write_text(SCORING_FILE.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(ImportFileError, match=named) as caught:
        scoring_settings(path)
    assert "scoring.yaml" in str(caught.value)
