"""A free-text item with few rated answers: what the bank's other items teach its model."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from rated_answers import Answered, sit_free_text
from sqlalchemy import Engine
from sqlmodel import Session
from trained_scorers import WordEncoder, add_human_scores, written_at

import scoring_models
from item_bank.bank import latest_texts
from item_bank.models import ScoringModel, ScoringModelChoice
from item_bank.scorers import model_content, unrated_texts
from scoring_models import EncoderVersion, ScoredAnswer, Versions
from scoring_models.scored.few import FewModel
from scoring_models.scored.model import AnswerModel
from scoring_models.scored.store import digest, from_bytes, shared_to_bytes, to_bytes
from web.auth.access import Role
from web.errors import RefusedError
from web.usecases.scorer_choice import let_decide
from web.usecases.scorer_training import train
from web.usecases.scorers import embed, opinion_of, scorer_in_use

VERSION = EncoderVersion("uji", "1", "d" * 64)
ENCODER = cast(Any, WordEncoder())
LEVELS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Known:
    sitting_id: UUID
    item: str
    item_id: UUID


@pytest.fixture(autouse=True)
def words_for_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring_models, "encoder_version", lambda _encoder: VERSION)


@pytest.fixture(scope="module")
def answered(engine: Engine) -> Answered:
    return sit_free_text(engine, code=f"awal-{uuid4().hex[:8]}")


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """What a test writes is taken back."""
    with Session(engine, expire_on_commit=False) as made:
        yield made
        made.rollback()


def rate_others(
    session: Session, answered: Answered, n_items: int, levels: Sequence[int] = LEVELS
) -> None:
    """Give ``n_items`` other items of the bank 40 rated answers each."""
    others = [
        one.item
        for one in latest_texts(session)
        if one.item.kind == "free_text" and one.item.id != answered.item_id
    ]
    for place, item in enumerate(others[:n_items]):
        known = Known(answered.sitting_id, item.code, item.id)
        add_human_scores(session, known, 40, start=1000 * (place + 1), levels=levels)


def leave_to_people(session: Session, answered: Answered, n: int) -> list[str]:
    """Add answers that only the machine has rated; their texts."""
    add_human_scores(session, answered, n, start=500, kind="machine")
    return [written_at(LEVELS[number % 5], number) for number in range(500, 500 + n)]


def model_of(session: Session, made: ScoringModel) -> FewModel | AnswerModel:
    return from_bytes(model_content(session, made.id))


def test_with_five_other_rated_items_a_model_of_ten_answers_rests_on_them(
    session: Session, answered: Answered
) -> None:
    rate_others(session, answered, 5)
    add_human_scores(session, answered, 10)
    waiting = leave_to_people(session, answered, 7)
    made = train(session, answered.item_id, ENCODER)
    assert (made.problem, made.stage, made.n_answers) == ("", "prior", 10)
    model = model_of(session, made)
    assert isinstance(model, FewModel)
    shared = digest(shared_to_bytes(model.shared))
    assert made.evaluation["prior"] == {"prompts": 5, "answers": 200, "sha256": shared}
    assert made.evaluation["method"] == "cross_validation"
    assert model.versions["prior"] == shared
    assert digest(to_bytes(model)) == made.digest
    assert len(model.seen) == 10
    assert len(model.prior_view.vectors["uji"]) == 10 + len(waiting)
    assert made.evaluation["figures"]["kappa"] > 0.5
    assert train(session, answered.item_id, ENCODER).id == made.id


def test_what_people_said_of_the_other_items_matters(session: Session, answered: Answered) -> None:
    """The same ten answers, the other items' levels turned round: another model, told so."""
    add_human_scores(session, answered, 10)
    found = []
    for levels in (LEVELS, LEVELS[::-1]):
        with session.begin_nested() as part:
            rate_others(session, answered, 5, levels)
            made = train(session, answered.item_id, ENCODER)
            new = embed([written_at(5, 77)], ENCODER, VERSION)
            expected = float(model_of(session, made).score(new).expected[0])
            found.append((made.evaluation["prior"]["sha256"], expected))
            part.rollback()
    (shared, expected), (other_shared, other_expected) = found
    assert shared != other_shared
    assert expected != pytest.approx(other_expected, abs=0.01)


@pytest.mark.parametrize(("n_items", "n_answers"), [(4, 10), (5, 40)])
def test_with_four_others_or_with_answers_enough_the_items_own_answers_are_all(
    session: Session, answered: Answered, n_items: int, n_answers: int
) -> None:
    rate_others(session, answered, n_items)
    add_human_scores(session, answered, n_answers)
    made = train(session, answered.item_id, ENCODER)
    assert isinstance(model_of(session, made), AnswerModel)
    assert made.evaluation["prior"] is None


def test_nine_answers_are_too_few_whatever_others_teach(
    session: Session, answered: Answered
) -> None:
    rate_others(session, answered, 5)
    add_human_scores(session, answered, 9)
    made = train(session, answered.item_id, ENCODER)
    assert "9 distinct answers came" in made.problem
    assert made.content is None


def test_answers_of_one_level_are_enough_where_others_teach(
    session: Session, answered: Answered
) -> None:
    """A model of its own would need two levels. Beside one level no kappa is above chance."""
    rate_others(session, answered, 5)
    add_human_scores(session, answered, 12, levels=(3,))
    made = train(session, answered.item_id, ENCODER)
    assert (made.problem, made.evaluation["accepted"]) == ("", False)
    assert made.evaluation["figures"]["kappa"] == pytest.approx(0)
    new = embed([written_at(3, 77)], ENCODER, VERSION)
    assert model_of(session, made).score(new).decided[0] == 3


def test_a_person_decides_whatever_the_model_of_few_answers_says(
    session: Session, answered: Answered
) -> None:
    rate_others(session, answered, 5)
    add_human_scores(session, answered, 20)
    made = train(session, answered.item_id, ENCODER)
    with pytest.raises(RefusedError, match="belum boleh menentukan nilai"):
        let_decide(session, answered.item, made.number, uuid4())
    session.add(
        ScoringModelChoice(
            item_id=answered.item_id, model_id=made.id, decides=True, chosen_by="uji"
        )
    )
    session.flush()
    scorer = scorer_in_use(session, answered.item_id)
    assert scorer is not None
    assert not scorer.decides
    opinion = opinion_of(rubrics(), written_at(4, 99), scorer, ENCODER)
    assert opinion.reasons[-1] == {"code": "not_released", "data": {"stage": "prior"}}
    assert opinion.rater == f"model-{made.number}"
    assert opinion.slope == made.evaluation["slope"] > 0
    assert sum(opinion.probabilities) == pytest.approx(1)
    assert opinion.level in (3, 4, 5)


def rubrics() -> ScoredAnswer:
    return ScoredAnswer(
        probabilities=(0.1, 0.5, 0.2, 0.1, 0.1),
        expected_level=2.6,
        shown=0.9,
        indicators=(),
        passages=(),
        decision="machine",
        reasons=(),
        base_rates=(0.2,) * 5,
        slope=1.5,
        versions=Versions(VERSION, "rubrik", "h" * 64, "r" * 64),
    )


def test_answers_without_a_persons_rating_are_told_from_those_with_one(
    session: Session, answered: Answered
) -> None:
    add_human_scores(session, answered, 3)
    waiting = leave_to_people(session, answered, 4)
    assert sorted(unrated_texts(session, answered.item_id, 10)) == sorted(waiting)
    assert len(unrated_texts(session, answered.item_id, 2)) == 2
    assert unrated_texts(session, uuid4(), 10) == []


def test_the_page_says_what_the_model_learned_from(
    engine: Engine,
    answered: Answered,
    login: Callable[..., FlaskClient],
    staff: dict[Role, str],
) -> None:
    facts = {"n_answers": 12, "n_scores": 12, "stage": "prior", "digest": "e" * 64, "content": b"x"}
    figures = {"kappa": 0.7, "kappa_when_sure": 0.7, "exact": 0.6, "rmse": 0.8}
    reader = login(staff[Role.PSYCHOMETRICIAN])
    path = f"/bank-butir/penilai-mesin/{answered.item}"
    for number, (prior, said) in enumerate(
        (
            (None, "jawaban butir ini saja"),
            (
                {"prompts": 6, "answers": 1240, "sha256": "a" * 64},
                "1.240 jawaban untuk 6 butir lain, lalu disesuaikan dengan jawaban butir ini",
            ),
        ),
        start=1,
    ):
        with Session(engine) as session:
            evaluation = {"prior": prior, "figures": figures, "criteria": [], "accepted": False}
            made = ScoringModel(
                item_id=answered.item_id, number=number, evaluation=evaluation, **facts
            )
            session.add(made)
            session.flush()
            session.add(
                ScoringModelChoice(item_id=answered.item_id, model_id=made.id, chosen_by="system")
            )
            session.commit()
        page = reader.get(path).text
        assert f"<dt>Model itu belajar dari</dt><dd>{said}</dd>" in page
