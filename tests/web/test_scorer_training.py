"""Training models of items on people's ratings: when it is asked for, what is kept."""

from collections.abc import Iterator
from uuid import uuid4

import numpy as np
import pytest
from factories import make_person
from rated_answers import Answered, sit_free_text
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select
from trained_scorers import WordEncoder, add_human_scores

import scoring_models
from item_bank.database import unit_of_work
from item_bank.models import Rating, ScoringModel
from item_bank.scorers import HumanScores, choices_of, human_scores, model_content, trainings_of
from scoring_models import EncoderVersion
from scoring_models.scored.store import digest, from_bytes
from web.audit.models import AuditEntry
from web.errors import NotFoundError
from web.usecases import scorer_training
from web.usecases.rating import rate
from web.usecases.scorer_data import level_of
from web.usecases.scorer_training import milestone, train, train_if_due
from web.usecases.scorers import embed

VERSION = EncoderVersion("uji", "1", "d" * 64)


@pytest.fixture(autouse=True)
def words_for_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring_models, "encoder_version", lambda _encoder: VERSION)


@pytest.fixture(scope="module")
def answered(engine: Engine) -> Answered:
    return sit_free_text(engine, code=f"latih-{uuid4().hex[:8]}")


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """What a test writes is taken back."""
    with Session(engine, expire_on_commit=False) as made:
        yield made
        made.rollback()


def waiting(session: Session) -> list[dict[str, str]]:
    """Arguments of the trainings in the queue."""
    query = "SELECT args FROM procrastinate_jobs WHERE task_name = 'train_scorer'"
    return [row[0] for row in session.connection().execute(text(query)).all()]


@pytest.mark.parametrize(
    ("n", "due"),
    [(0, 0), (9, 0), (10, 10), (39, 10), (40, 40), (149, 40), (150, 150), (199, 150), (251, 250)],
)
def test_models_are_due_at_ten_forty_and_every_fifty_from_150(n: int, due: int) -> None:
    assert milestone(n) == due


def test_the_tenth_rated_answer_asks_for_a_training_once(
    session: Session, answered: Answered
) -> None:
    add_human_scores(session, answered, 9)
    assert not train_if_due(session, answered.item_id)
    assert waiting(session) == []
    rate(session, answered.sitting_id, answered.position, uuid4(), level=3, comment="Cukup baik.")
    assert waiting(session) == [{"item_id": str(answered.item_id), "asked_by": "system"}]
    add_human_scores(session, answered, 1, start=20)
    assert train_if_due(session, answered.item_id)
    assert len(waiting(session)) == 1  # one waits already; the session goes on
    assert len(human_scores(session, answered.item_id)) == 11


def test_a_second_rating_of_an_answer_makes_no_further_answer(
    session: Session, answered: Answered
) -> None:
    add_human_scores(session, answered, 9, seconds=[2] * 9)
    assert not train_if_due(session, answered.item_id)
    assert human_scores(session, answered.item_id)[0].levels == (1, 2)


def test_a_training_keeps_a_model_that_reads_back_and_advises(
    session: Session, answered: Answered
) -> None:
    add_human_scores(session, answered, 45)
    made = train(session, answered.item_id, WordEncoder())
    assert (made.number, made.n_answers, made.n_scores, made.stage) == (1, 45, 45, "own")
    assert made.problem == ""
    content = model_content(session, made.id)
    assert digest(content) == made.digest
    model = from_bytes(content)
    found = model.score(embed([text_of_level_5()], WordEncoder(), VERSION))
    assert found.decided[0] == 5
    figures = made.evaluation["figures"]
    assert figures["kappa"] > 0.9
    assert figures["rmse"] < 0.6
    assert made.evaluation["method"] == "cross_validation"
    assert made.evaluation["base_rates"] == pytest.approx([0.2] * 5)
    assert made.evaluation["slope"] == pytest.approx(model.slope)
    assert made.versions["encoder"]["digest"] == VERSION.digest
    (choice,) = choices_of(session, answered.item_id)
    assert (choice.model_id, choice.decides, choice.chosen_by) == (made.id, False, "system")
    (entry,) = session.exec(select(AuditEntry).where(AuditEntry.action == "scorer trained")).all()
    assert entry.detail["digest"] == made.digest


def text_of_level_5() -> str:
    return "Saya menata aturan seluruh kantor agar kejujuran menjadi kebiasaan bersama."


def test_the_same_ratings_give_the_same_model_which_is_kept_once(
    session: Session, answered: Answered
) -> None:
    add_human_scores(session, answered, 15)
    first = train(session, answered.item_id, WordEncoder())
    again = train(session, answered.item_id, WordEncoder())
    assert again.id == first.id
    add_human_scores(session, answered, 5, start=15)
    more = train(session, answered.item_id, WordEncoder())
    assert (more.number, more.n_answers) == (2, 20)
    assert [one.number for one in trainings_of(session, answered.item_id)] == [2, 1]


@pytest.mark.parametrize(
    ("n", "levels", "problem"),
    [(9, (1, 2, 3, 4, 5), "9 distinct answers came"), (12, (3,), "all scores are of one level")],
)
def test_where_nothing_can_be_trained_the_reason_is_kept(
    session: Session, answered: Answered, n: int, levels: tuple[int, ...], problem: str
) -> None:
    add_human_scores(session, answered, n, levels=levels)
    made = train(session, answered.item_id, WordEncoder())
    assert problem in made.problem
    assert (made.content, made.number, made.n_answers, made.stage) == (None, 1, n, "rubric")
    assert choices_of(session, answered.item_id) == []


def test_levels_of_two_people_are_trained_on_by_their_mean(
    session: Session, answered: Answered, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers rated 1 and 4 train as 3 (2.5, upwards); acceptance sees the first person's 1."""
    seen: list[np.ndarray] = []
    kept = scorer_training.evaluation_of

    def watched(model: object, unseen: object, observed: object, settings: object) -> object:
        seen.extend([observed.levels, observed.first, observed.second])  # type: ignore[attr-defined]
        return kept(model, unseen, observed, settings)  # type: ignore[arg-type]

    monkeypatch.setattr(scorer_training, "evaluation_of", watched)
    add_human_scores(session, answered, 20, levels=[1, 5], seconds=[4])
    train(session, answered.item_id, WordEncoder())
    levels, first, second = seen
    assert (levels[0], first[0], second[0]) == (3, 1, 4)
    assert np.isnan(second[1:]).all()
    assert list(levels[1:3]) == [5, 1]


def test_groups_are_told_by_the_sex_of_the_nip_alone(session: Session, answered: Answered) -> None:
    people = [make_person(session) for _ in range(12)]
    for number, one in enumerate(people):
        one.nip = f"{one.nip[:14]}{1 + number % 2}{one.nip[15:]}"
    session.flush()
    add_human_scores(session, answered, 12, candidates=[one.candidate for one in people])
    groups = scorer_training._groups(session, human_scores(session, answered.item_id))
    assert groups == ["1", "2"] * 6


def test_only_free_text_items_are_trained(session: Session) -> None:
    with pytest.raises(NotFoundError):
        train(session, uuid4(), WordEncoder())


def test_trainings_are_never_changed_or_removed(engine: Engine, answered: Answered) -> None:
    with unit_of_work(engine) as session:
        add_human_scores(session, answered, 3)
        train(session, answered.item_id, WordEncoder())
    for change in ("UPDATE scoring_model SET stage = 'automatic'", "DELETE FROM scoring_model"):
        with pytest.raises(DBAPIError, match="never changed"), unit_of_work(engine) as session:
            session.connection().execute(text(change))
    with Session(engine) as session:
        assert [one.stage for one in session.exec(select(ScoringModel)).all()] == ["rubric"]


@pytest.mark.parametrize(
    ("levels", "adjudicated", "fair", "expected"),
    [
        ((1, 4), 2, 3.6, 2),
        ((1, 4), None, 3.6, 4),
        ((1, 4), None, None, 3),
        ((5,), None, 5.7, 5),
        ((1,), None, 0.2, 1),
    ],
)
def test_the_level_to_train_on_is_the_adjudicators_else_the_fair_one_else_the_mean(
    levels: tuple[int, ...], adjudicated: int | None, fair: float | None, expected: int
) -> None:
    answer = HumanScores(uuid4(), 1, uuid4(), "Saya melapor.", levels, adjudicated)
    known = {} if fair is None else {(answer.sitting_id, 1): fair}
    assert level_of(answer, known) == expected


def test_only_blind_ratings_are_levels_and_an_adjudicators_stands_apart(
    session: Session, answered: Answered
) -> None:
    for purpose, level in (("first", 1), ("extra", 5), ("double", 4), ("adjudication", 3)):
        rating = Rating(
            sitting_id=answered.sitting_id,
            position=answered.position,
            item_id=answered.item_id,
            rater_kind="human",
            rater=purpose,
            level=level,
            decision="human",
            purpose=purpose,
        )
        session.add(rating)
        session.flush()
    found = {one.sitting_id: one for one in human_scores(session, answered.item_id)}
    mine = found[answered.sitting_id]
    assert (mine.levels, mine.adjudicated) == ((1, 4), 3)
