"""What finished sittings tell of exposure, and the axis that a sitting opens with."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from assessment_engine.exposure import ItemEligibility
from assessment_engine.stopping_rules import BandRisk, Levels
from item_bank.database import unit_of_work, utcnow
from item_bank.exposure import counts_of
from item_bank.log import read_log
from item_bank.models import ExposureOutcome
from item_bank.pool import AssessmentForm, shared_forms
from tests.web.factories import make_person
from tests.web.test_items_seen_before import assessment_with, offered, sit
from web.usecases.axes import UNKNOWN, axis_of


@pytest.fixture(autouse=True)
def fresh_forms() -> None:
    shared_forms.cache_clear()


def test_finished_sittings_are_counted_once(engine: Engine) -> None:
    with unit_of_work(engine) as session:
        assessment = assessment_with(session, "paparan", 0)
        form = shared_forms().get(session, assessment.id)
        only = ItemEligibility(cuts=())
        form = replace(form, rules=replace(form.rules, eligibility=only))
        assert counts_of(session, form).sittings.max() == 0.0
        sittings = [sit(session, make_person(session), assessment, utcnow()) for _ in range(2)]
        outcomes = session.exec(
            select(ExposureOutcome).where(ExposureOutcome.assessment_id == assessment.id)
        ).all()
        assert {one.sitting_id for one in outcomes} == {one.id for one in sittings}
        given = [offered(read_log(session, one.id)) for one in sittings]
        for _ in range(2):  # asked again, nothing is folded twice
            counts = counts_of(session, form)
            rows = [counts.items.index(item) for item in given[0]]
            assert counts.sittings[rows, 0].tolist() == [1.0 + only.fading] * len(rows)
            expected = [only.fading * (i in given[0]) + (i in given[1]) for i in counts.items]
            assert counts.administered[:, 0].tolist() == pytest.approx(expected)


def stopping_by_the_box(form: AssessmentForm) -> AssessmentForm:
    sections = tuple(
        replace(section, se_target=0.0, stopping=(BandRisk(0.05),))
        for section in form.rules.sections
    )
    return replace(form, rules=replace(form.rules, sections=sections))


def test_an_axis_comes_only_where_the_assessment_measures_it(engine: Engine) -> None:
    with unit_of_work(engine) as session:
        person = make_person(session)
        part = shared_forms().get(session, assessment_with(session, "sumbu", 0).id)
        assert axis_of(session, person, part) is None
        assert axis_of(session, person, stopping_by_the_box(part)) is None
        first = part.rules.sections[0]
        every = tuple(
            replace(first, code=dimension, dimension=dimension) for dimension in sorted(part.cuts)
        )
        whole = stopping_by_the_box(replace(part, rules=replace(part.rules, sections=every)))
        axis = axis_of(session, person, whole)
    assert axis is not None
    assert all(isinstance(one, Levels) for one in axis.contributions)
    assert {one.dimension for one in axis.contributions} <= set(part.cuts)
    assert 0.0 < axis.rest_sd < UNKNOWN[1]
