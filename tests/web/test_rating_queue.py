"""What is rated next: by age, then by use; what is mixed in, and that nothing tells it apart."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import numpy as np
import pytest
from rated_answers import Answered, people_settings, rate_by_machine
from rated_answers import sit_free_text as sit
from sqlalchemy import Engine, text
from sqlmodel import Session

from item_bank.answer_vectors import KnownAnswers, keep_vector, known_answers
from item_bank.database import unit_of_work, utcnow
from item_bank.models import Item
from item_bank.validity import papers_in_use
from web.usecases.rating import rate
from web.usecases.rating_queue import Task, chosen_order, mixed, queue_of
from web.usecases.scoring_settings import scoring_settings
from web.usecases.validity import retire_papers, use_development_papers

ITEM = Item(
    code="X", competency="x", kind="free_text", target_level=3, difficulty="easy", seconds=1
)
PEOPLE = replace(scoring_settings().people, validity_share=0.1, check_places=0.3)
ANNA, BUDI = UUID(int=1), UUID(int=2)
SECRET = "rahasia"


def tasks(letter: str, n: int) -> list[Task]:
    return [Task(UUID(int=ord(letter) * 1000 + k), k, ITEM, 50) for k in range(n)]


def letters(found: tuple[Task, ...]) -> str:
    return "".join(chr(one.sitting_id.int // 1000) for one in found)


def test_each_place_holds_what_its_number_says() -> None:
    """Below .1 a paper, below .4 a drawn answer, else one that a candidate waits for."""
    places = [0.05, 0.2, 0.5, 0.39, 0.41, 0.09]
    found = mixed(tasks("w", 9), tasks("d", 9), tasks("p", 9), places, PEOPLE)
    assert letters(found) == "pdwdwp"
    assert [one.position for one in found if one.sitting_id.int // 1000 == ord("w")] == [0, 1]


def test_drawn_answers_wait_for_no_one_once_nobody_waits() -> None:
    assert letters(mixed(tasks("w", 1), tasks("d", 3), [], [0.9] * 6, PEOPLE)) == "wddd"
    assert letters(mixed([], tasks("d", 2), tasks("p", 1), [0.9, 0.01, 0.9], PEOPLE)) == "dpd"


def test_papers_never_come_alone() -> None:
    assert mixed([], [], tasks("p", 5), [0.01] * 5, PEOPLE) == ()


def known(vectors=(), rated=(), probabilities=()) -> KnownAnswers:
    return KnownAnswers(dict(vectors), frozenset(rated), dict(probabilities))


KEYS = [(UUID(int=n), 1) for n in range(4)]
CIRCLE = {
    key: np.array([np.cos(angle), np.sin(angle)])
    for key, angle in zip(KEYS, np.radians([0, 10, 170, 80]), strict=True)
}


def test_diversity_comes_first() -> None:
    """The first was rated; the third is farthest from it, then the last, then the second."""
    order = chosen_order(KEYS[1:], known(CIRCLE, KEYS[:1]), 40)
    assert order == [KEYS[2], KEYS[3], KEYS[1]]


def test_uncertainty_comes_later() -> None:
    shares = {
        KEYS[1]: [0.0, 0.1, 0.8, 0.1, 0.0],
        KEYS[2]: [0.0, 0.3, 0.4, 0.3, 0.0],
        KEYS[3]: [0.4, 0.1, 0.0, 0.1, 0.4],
    }
    order = chosen_order(KEYS[1:], known(CIRCLE, KEYS[:1], shares), 1)
    assert order == [KEYS[3], KEYS[2], KEYS[1]]


def test_answers_without_a_vector_come_last_and_none_is_lost() -> None:
    few = {key: CIRCLE[key] for key in KEYS[2:]}
    order = chosen_order(KEYS, known(few), 40)
    assert set(order[:2]) == set(KEYS[2:])
    assert order[2:] == KEYS[:2]


def waiting(engine: Engine, seed: int = 1, item: str | None = None) -> Answered:
    answered = sit(engine, code=f"antrean-{uuid4().hex[:8]}", seed=seed)
    assert item is None or answered.item == item
    rate_by_machine(engine, answered)
    return answered


def age(engine: Engine, answered: Answered, hours: float) -> None:
    """As if it had been answered so much earlier (the log's own guard is lifted for it)."""
    with unit_of_work(engine) as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(
            text("UPDATE sitting_event SET recorded_at = recorded_at - :by WHERE sitting_id = :id"),
            {"by": timedelta(hours=hours), "id": answered.sitting_id},
        )


def order_of(engine: Engine, rater: UUID = ANNA) -> list[UUID]:
    with Session(engine) as session:
        return [one.sitting_id for one in queue_of(session, rater, utcnow(), SECRET).tasks]


@pytest.fixture
def only_pending():
    with people_settings(validity_share=0.0, check_places=0.0, double_share=0.0):
        yield


def test_nobody_waits_behind_diversity(engine: Engine, only_pending: None) -> None:
    """Older stretches first whatever the vectors say; within one, the farthest from the others."""
    new = [waiting(engine, seed=5) for _ in range(3)]
    old = waiting(engine, seed=5, item=new[0].item)
    age(engine, old, 200)
    vectors = np.array([[1.0, 0.0], [0.9, 0.1], [-1.0, 0.2], [1.0, 0.05]])
    with unit_of_work(engine) as session:
        for one, vector in zip([*new, old], vectors, strict=True):
            keep_vector(session, (one.sitting_id, one.position), one.item_id, "uji", vector)
    mine = {one.sitting_id: place for place, one in enumerate([*new, old])}
    with people_settings(
        validity_share=0.0, check_places=0.0, double_share=0.0, same_wait_hours=100.0
    ):
        found = [mine[one] for one in order_of(engine) if one in mine]
    assert found[0] == 3
    assert found.index(2) < max(found.index(0), found.index(1))


def test_vectors_of_another_encoder_are_left_out(engine: Engine) -> None:
    first, second, third = (waiting(engine, seed=6) for _ in range(3))
    with unit_of_work(engine) as session:
        for one, encoder in ((first, "a"), (second, "b"), (third, "b")):
            keep_vector(
                session, (one.sitting_id, one.position), one.item_id, encoder, np.ones(3) / 3
            )
        session.flush()
        found = known_answers(session, [first.item_id])[first.item_id].vectors
    ours = {one.sitting_id for one in (first, second, third)} & {key[0] for key in found}
    assert ours == {second.sitting_id, third.sitting_id}
    assert next(iter(found.values())) == pytest.approx(np.ones(3) / 3, abs=1e-3)


def test_a_drawn_answer_is_in_another_s_queue_and_not_in_the_own(engine: Engine) -> None:
    answered = waiting(engine)
    with people_settings(double_share=1.0), unit_of_work(engine) as session:
        rate(session, answered.sitting_id, answered.position, ANNA, level=3, comment="Cukup baik.")
    with people_settings(validity_share=0.0, check_places=1.0):
        assert answered.sitting_id not in order_of(engine, ANNA)
        assert answered.sitting_id in order_of(engine, BUDI)
    with Session(engine) as session:
        drawn = next(
            one
            for one in queue_of(session, BUDI, utcnow(), SECRET).tasks
            if one.sitting_id == answered.sitting_id
        )
    assert not drawn.to_settle


def test_papers_are_mixed_in_at_their_share(engine: Engine) -> None:
    code = waiting(engine).item
    for _ in range(12):
        waiting(engine)
    with unit_of_work(engine) as session:
        n = use_development_papers(session, code, "psikometrisi")
    assert n >= 12
    with people_settings(validity_share=0.5, check_places=0.0), Session(engine) as session:
        queues = [
            queue_of(session, UUID(int=rater), utcnow(), SECRET).tasks for rater in range(100, 110)
        ]
        again = queue_of(session, UUID(int=100), utcnow(), SECRET).tasks
        known = {one.paper.id for one in papers_in_use(session)}
    assert again == queues[0]
    places = [one.sitting_id in known for found in queues for one in found]
    assert 0.35 < sum(places) / len(places) < 0.65
    assert len({tuple(one.sitting_id in known for one in found) for found in queues}) > 5
    with unit_of_work(engine) as session:
        assert retire_papers(session, code, "development", "psikometrisi") == n
        assert use_development_papers(session, code, "psikometrisi") == n  # they come back
