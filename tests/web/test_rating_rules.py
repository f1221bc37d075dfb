"""Which rating counts: the stated rules, case by case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.usecases.draws import drawn, fraction
from web.usecases.rating_rules import Outcome, Standing, outcome_of

MACHINE = Standing(3, "machine")
PERSON = Standing(3, "human")
SETTLED = Standing(3, "human", adjudicated=True)


@pytest.mark.parametrize(
    ("purpose", "level", "standing", "others", "expected"),
    [
        ("first", 5, None, [], Outcome(True)),
        ("adjudication", 5, PERSON, [1, 3], Outcome(True)),
        ("double", 4, PERSON, [3], Outcome(False)),
        ("double", 5, PERSON, [3], Outcome(False, adjudicate=True)),
        ("double", 1, PERSON, [3], Outcome(False, adjudicate=True)),
        ("double", 5, SETTLED, [1, 3], Outcome(False)),
        ("extra", 5, PERSON, [3], Outcome(False, adjudicate=True)),
        ("read_behind", 4, MACHINE, [], Outcome(False)),
        ("read_behind", 5, MACHINE, [], Outcome(True)),
        ("read_behind", 1, MACHINE, [], Outcome(True)),
        ("read_behind", 5, PERSON, [3], Outcome(False, adjudicate=True)),
        ("rerating", 3, MACHINE, [], Outcome(True)),
        ("rerating", 5, MACHINE, [], Outcome(True)),
        ("rerating", 2, PERSON, [3], Outcome(True)),
        ("rerating", 5, PERSON, [3], Outcome(False, adjudicate=True)),
        ("rerating", 1, SETTLED, [1, 3], Outcome(False, adjudicate=True)),
    ],
)
def test_what_counts(purpose, level, standing, others, expected) -> None:
    assert outcome_of(purpose, level, standing, others, 1) == expected


def test_the_allowed_difference_is_the_setting() -> None:
    assert outcome_of("double", 5, PERSON, [3], 2) == Outcome(False)
    assert outcome_of("read_behind", 3, MACHINE, [], 0) == Outcome(False)
    assert outcome_of("read_behind", 4, MACHINE, [], 0) == Outcome(True)


@given(key=st.text(min_size=1), what=st.integers())
def test_a_draw_depends_on_key_and_case_alone(key: str, what: int) -> None:
    assert fraction(key, "double", what) == fraction(key, "double", what)
    assert 0.0 <= fraction(key, what) < 1.0
    assert not drawn(key, 0.0, what)
    assert drawn(key, 1.0, what)


def test_draws_take_their_share_and_differ_by_key_and_purpose() -> None:
    """2,000 cases at .15: 300 expected, standard deviation 16."""
    cases = range(2000)
    found = {what: {n for n in cases if drawn("7", 0.15, what, n)} for what in ("double", "read")}
    assert abs(len(found["double"]) - 300) < 64
    assert abs(len(found["double"] & found["read"]) - 45) < 28
    other = {n for n in cases if drawn("8", 0.15, "double", n)}
    assert other != found["double"]
