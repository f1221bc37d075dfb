"""From stored items to the engine's pool: categories, options, and a digest that stays."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from assessment_engine.pool import ItemPool
from item_bank.bank import category_of, facts_of, n_categories, practice_texts, text_in_set
from item_bank.errors import ItemBankError
from item_bank.models import Assessment, Item, ItemParameters, ParameterSet
from item_bank.pool import AssessmentForms, load_form, load_pool


def choice(*scores: int) -> dict[str, Any]:
    return {"kind": "choice", "code": "UJI-01", "options": [{"score": score} for score in scores]}


KEYED = {"kind": "keyed", "code": "UJI-02", "options": ["8", "9", "10", "11"], "key": 3}


@pytest.mark.parametrize(
    ("scores", "categories"),
    [
        ((0, 1, 2, 3), (0, 1, 2, 3)),
        ((2, 3, 1, 0), (2, 3, 1, 0)),
        ((3, 0, 2, 0), (2, 0, 1, 0)),  # no option has score 1
        ((1, 0, 3, 1), (1, 0, 2, 1)),  # no option has score 2
        ((0, 3, 0, 0), (0, 1, 0, 0)),  # right or wrong only
    ],
)
def test_categories_close_up_where_a_score_has_no_option(
    scores: tuple[int, ...], categories: tuple[int, ...]
) -> None:
    body = choice(*scores)
    assert tuple(category_of(body, option) for option in range(1, 5)) == categories
    assert n_categories(body) == max(categories) + 1


@given(st.lists(st.integers(0, 3), min_size=4, max_size=4))
def test_categories_keep_the_order_of_scores_and_leave_none_empty(scores: list[int]) -> None:
    body = choice(*scores)
    found = [category_of(body, option) for option in range(1, 5)]
    assert {*found} == {*range(n_categories(body))}
    assert sorted(range(4), key=lambda n: (scores[n], n)) == sorted(
        range(4), key=lambda n: (found[n], n)
    )


def test_keyed_item_is_wrong_or_right() -> None:
    assert [category_of(KEYED, option) for option in range(1, 5)] == [0, 0, 1, 0]
    assert n_categories(KEYED) == 2


def test_free_text_has_a_category_for_each_level() -> None:
    assert n_categories({"kind": "free_text"}) == 5


@pytest.mark.parametrize("body", [choice(0, 1, 2, 3), KEYED], ids=["choice", "keyed"])
@pytest.mark.parametrize("option", [-1, 0, 5])
def test_option_that_the_item_does_not_have_is_refused(body: dict[str, Any], option: int) -> None:
    with pytest.raises(ItemBankError, match=f"options 1 to 4, not {option}"):
        category_of(body, option)


def test_facts_are_those_of_the_version() -> None:
    assert facts_of({"kind": "choice", "setting": "pasar", "seconds": 60}).content == "pasar"
    assert facts_of({"kind": "keyed", "content": "data", "seconds": 90}).content == "data"


# --- the seeded bank -----------------------------------------------------------------------------


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine, expire_on_commit=False) as opened:
        yield opened
        opened.rollback()


@pytest.fixture
def parameter_set(session: Session) -> ParameterSet:
    return session.exec(select(ParameterSet)).one()


@pytest.fixture
def pool(session: Session, parameter_set: ParameterSet) -> ItemPool:
    return load_pool(session, parameter_set.id)


def test_pool_holds_every_active_item_and_no_practice_item(
    session: Session, pool: ItemPool
) -> None:
    active = session.exec(select(Item.code).where(Item.status == "active")).all()
    practice = session.exec(select(Item.code).where(Item.status == "practice")).all()
    assert {item.id for item in pool} == {*active}
    assert len(practice) >= 3
    assert not {*practice} & {item.id for item in pool}


def test_items_have_the_options_and_categories_of_their_words(
    session: Session, parameter_set: ParameterSet, pool: ItemPool
) -> None:
    for item in pool:
        body = text_in_set(session, parameter_set.id, item.id).body
        assert item.n_options == len(body.get("options", ()))
        assert item.n_categories == n_categories(body)
        assert item.kind == body["kind"]


def test_options_are_four_or_five_and_free_text_has_none(pool: ItemPool) -> None:
    options = {
        kind: {item.n_options for item in pool if item.kind == kind}
        for kind in ("choice", "keyed", "free_text")
    }
    assert options == {"choice": {4}, "keyed": {4, 5}, "free_text": {0}}


def test_digest_is_the_same_in_every_session(
    engine: Engine, parameter_set: ParameterSet, pool: ItemPool
) -> None:
    with Session(engine) as other:
        assert load_pool(other, parameter_set.id).digest == pool.digest


def test_digest_does_not_follow_what_happens_to_an_item_later(
    session: Session, parameter_set: ParameterSet, pool: ItemPool
) -> None:
    item = session.exec(select(Item).where(Item.code == "INT-01")).one()
    item.seconds += 100
    item.content = "lain"
    item.status = "retired"
    session.flush()
    assert load_pool(session, parameter_set.id).digest == pool.digest


def test_digest_follows_the_parameters(
    session: Session, parameter_set: ParameterSet, pool: ItemPool
) -> None:
    other = ParameterSet(
        name="lain", status="calibrated", cut_scores={}, provenance={}, digest="lain"
    )
    session.add(other)
    session.flush()
    for row in session.exec(
        select(ItemParameters).where(ItemParameters.parameter_set_id == parameter_set.id)
    ).all():
        moved = [value + 0.5 for value in row.b]
        values = row.model_dump() | {"parameter_set_id": other.id, "b": moved}
        session.add(ItemParameters(**values))
    session.flush()
    shifted = load_pool(session, other.id)
    assert len(shifted) == len(pool)
    assert shifted.digest != pool.digest
    assert load_pool(session, parameter_set.id).digest == pool.digest


def test_a_nominal_item_keeps_its_slopes(session: Session, parameter_set: ParameterSet) -> None:
    other = ParameterSet(
        name="nominal", status="calibrated", cut_scores={}, provenance={}, digest="nominal"
    )
    session.add(other)
    session.flush()
    row = session.exec(
        select(ItemParameters).where(ItemParameters.parameter_set_id == parameter_set.id)
    ).first()
    assert row is not None
    nominal = {
        "model": "NRM",
        "a": 1.0,
        "b": [0.4, -0.3],
        "slopes": [1.2, -0.7],
        "c": 0.0,
        "d": 1.0,
    }
    session.add(ItemParameters(**row.model_dump() | {"parameter_set_id": other.id} | nominal))
    session.flush()
    session.expire_all()
    (item,) = load_pool(session, other.id)
    assert (item.model, item.b, item.slopes) == ("NRM", (0.4, -0.3), (1.2, -0.7))


def test_form_of_an_assessment_is_read_once(session: Session, pool: ItemPool) -> None:
    assessment = session.exec(select(Assessment).order_by(col(Assessment.version).desc())).first()
    assert assessment is not None
    forms = AssessmentForms()
    form = forms.get(session, assessment.id)
    assert forms.get(session, assessment.id) is form
    assert form.pool.digest == pool.digest
    assert {section.dimension for section in form.rules.sections} == {*form.cuts}
    assert all(list(cuts) == sorted(cuts) and len(cuts) == 4 for cuts in form.cuts.values())


def test_practice_items_of_an_assessment_are_in_the_bank_in_its_order(session: Session) -> None:
    for assessment in session.exec(select(Assessment)).all():
        codes = assessment.practice_items
        texts = practice_texts(session, codes)
        assert [text.item.code for text in texts] == codes
        assert {text.item.status for text in texts} <= {"practice"}


def test_unknown_assessment_is_refused(session: Session) -> None:
    with pytest.raises(ItemBankError, match="there is no assessment"):
        load_form(session, uuid4())
