"""Broken promises are found, each by a sitting made to break it."""

from dataclasses import replace

import numpy as np
import pytest

from assessment_engine import EngineError, Item, ItemPool, Quota, Rules, Section
from assessment_engine.constraints import (
    AllOrNone,
    Assembly,
    Budget,
    Constraint,
    Exclude,
    Include,
    ItemCount,
    SetCount,
    SetSize,
)
from assessment_engine.pretest import Pretest
from assessment_engine.simulated import Simulation
from assessment_engine.violations import violations

POOL = ItemPool(
    [
        Item("a", "p", "2PL", 1.0, (0.0,), content="u", words=10, tags=frozenset({"dok=1"})),
        Item("b", "p", "2PL", 1.0, (0.0,), content="u", words=20, stimulus="s"),
        Item("c", "p", "2PL", 1.0, (0.0,), content="v", words=30, stimulus="s"),
        Item("d", "p", "2PL", 1.0, (0.0,), content="v", words=40, stimulus="t"),
        Item("e", "q", "2PL", 1.0, (0.0,), enemies=frozenset({"a"})),
    ]
)
ROW = {item.id: i for i, item in enumerate(POOL)}


def sat(*tests: str, reason: str = "length") -> Simulation:
    """Sittings that were offered these items."""
    n, longest = len(tests), max(map(len, tests))
    given = np.full((n, longest), -1)
    for i, test in enumerate(tests):
        given[i, : len(test)] = [ROW[item] for item in test]
    return Simulation(
        dimensions=("p",),
        items=tuple(ROW),
        theta=np.zeros((n, 1)),
        estimate=np.zeros((n, 1)),
        se=np.ones((n, 1)),
        given=given,
        category=np.where(given < 0, -1, 0),
        reason=np.zeros((n, 1), dtype=np.int64),
        reasons=(reason,),
        seconds=np.ones(n),
        notes={},
    )


def rules_with(*constraints: Constraint, quotas: tuple[Quota, ...] = ()) -> Rules:
    section = Section("s", "p", 1, 3, 0.0, quotas=quotas, assembly=Assembly("shadow", constraints))
    return Rules((section,))


def test_repeats_and_enemies_are_counted() -> None:
    found = violations(sat("aba", "ab", "ae", "eca"), rules_with(), POOL)
    assert (found.repeated, found.enemies) == (1, 2)
    assert found.total == 3


def test_items_beyond_the_longest_test_are_a_violation() -> None:
    (found,) = violations(sat("abcd", "abc"), rules_with(), POOL).bounds
    assert (found.name, found.above, found.below) == ("items", 1, 0)


def test_quota_is_missed_above_and_below() -> None:
    rules = rules_with(quotas=(Quota("content", "u", 1, 1),))
    found = violations(sat("ab", "ac", "cd", "d"), rules, POOL).bounds[1]
    assert (found.name, found.below, found.above, found.violations) == ("content=u", 2, 1, 3)


def test_minimum_that_time_left_unmet_is_no_violation() -> None:
    rules = rules_with(quotas=(Quota("content", "u", 1, 1),))
    found = violations(sat("cd", "ab", reason="section_time"), rules, POOL).bounds[1]
    assert (found.below, found.cut_short, found.above, found.violations) == (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("constraint", "kept", "below", "above"),
    [
        (ItemCount((("dok=1",),), 1), "ab", "bc", None),
        (ItemCount((("content=u", "content=v"), ("stimulus=s",)), 0, 1), "ab", None, "bc"),
        (Budget("words", 40, 60), "ac", "ab", "cd"),
        (SetSize(2, None), "abc", "bd", None),
        (SetSize(1, 1), "bd", None, "bc"),
        (SetCount(1, 1), "abc", "a", "bd"),
        (AllOrNone(("a", "d")), "ad", "ab", None),
        (Include(("a", "b")), "abc", "ac", None),
        (Exclude(("d",)), "abc", None, "ad"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else value,
)
def test_each_constraint_is_missed_by_what_breaks_it(
    constraint: Constraint, kept: str, below: str | None, above: str | None
) -> None:
    for test, expected in ((kept, (0, 0)), (below, (1, 0)), (above, (0, 1))):
        if test is not None:
            found = violations(sat(test), rules_with(constraint), POOL).bounds[1]
            assert (found.below, found.above) == expected


def test_items_on_trial_do_not_count_to_quotas() -> None:
    rules = rules_with(quotas=(Quota("content", "u", 0, 1),))
    tried = replace(rules.sections[0], pretest=Pretest(1, 1, 2, ("a",)))
    test = sat("abc")
    assert violations(test, rules, POOL).bounds[1].above == 1
    assert violations(test, Rules((tried,)), POOL).bounds[1].above == 0


def test_sections_of_one_dimension_add_up() -> None:
    first, second = Section("s", "p", 1, 1, 0.0), Section("t", "p", 1, 2, 0.0)
    (bound,) = violations(sat("abc", "abcd", "a"), Rules((first, second)), POOL).bounds
    assert (bound.above, bound.below) == (1, 1)


def test_dimension_never_begun_misses_nothing() -> None:
    record = sat("ab")
    record = replace(record, reason=np.full((1, 1), -1))
    rules = rules_with(quotas=(Quota("content", "v", 1),))
    assert violations(record, rules, POOL).total == 0


def test_rows_outside_the_pool_are_refused() -> None:
    with pytest.raises(EngineError, match="outside its pool of 5"):
        violations(replace(sat("ab"), given=np.array([[0, 7]])), rules_with(), POOL)
