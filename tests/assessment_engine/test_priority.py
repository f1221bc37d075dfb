"""Priority index and weighted deviations by hand, from the papers' formulas."""

import numpy as np
import pytest

from assessment_engine import Item, ItemPool, Section
from assessment_engine.constraints import Assembly, Budget, ItemCount
from assessment_engine.linear import LinearModel, compile_model
from assessment_engine.priority import priority_index, weighted_deviation, weighted_penalty

POOL = ItemPool(
    Item(f"i{k}", "x", "1PL", 1.0, (0.0,), content=content, words=words, tags=frozenset(tags))
    for k, (content, words, tags) in enumerate(
        [("a", 10, {"t"}), ("a", 20, ()), ("b", 30, {"t"}), ("b", 40, ()), ("a", 50, ())]
    )
)
VALUES = np.array([1.0, 2.0, 3.0, 4.0, 0.5])


def model_of(*constraints: ItemCount | Budget) -> LinearModel:
    return compile_model(Section("s", "x", 4, 4, 0.0), Assembly("priority", constraints), POOL)


def count(label: str, low: int, high: int | None, weight: float = 1.0) -> ItemCount:
    return ItemCount(((label,),), low, high, weight)


def test_open_minima_come_first_by_the_share_still_open() -> None:
    model = model_of(count("content=a", 2, 3), count("t", 1, None, 2.0))
    # Item 4 was given: half of a's minimum is open, all of t's, whose weight is 2.
    expected = [1.0 * 0.5 * 2.0, 2.0 * 0.5, 3.0 * 2.0, 0.0, 0.5 * 0.5]
    assert priority_index(model, VALUES, [4]) == pytest.approx(expected)


def test_then_the_share_of_each_maximum_that_is_open() -> None:
    model = model_of(count("content=a", 1, 4), count("content=b", 0, 2, 3.0))
    # Item 4 was given: minima are met; 3 of 4 are open for a, all of b, whose weight is 3.
    expected = [0.75, 1.5, 9.0, 12.0, 0.375]
    assert priority_index(model, VALUES, [4]) == pytest.approx(expected)
    full = priority_index(model, VALUES, [4, 2, 3])
    assert full[[2, 3]] == pytest.approx([0.0, 0.0])
    assert full[0] > 0.0


def test_a_budget_counts_its_words_as_used() -> None:
    model = model_of(Budget("words", 0, 100))
    assert priority_index(model, VALUES, [4]) == pytest.approx(0.5 * VALUES)


def test_deviation_expects_the_rest_of_the_test_to_be_average() -> None:
    model = model_of(count("content=a", 3, 4, 2.0))
    free = np.array([True, True, True, True, False])
    got = weighted_deviation(model, VALUES, [4], free)
    # Given: one a. Two more after the candidate, half of the free items are a's: one more a.
    # With an a: 3, no deviation. With a b: 2, one short of 3, as a share of 4, weighted 2.
    information = 1.0 - VALUES / 4.0
    short = np.array([0.0, 0.0, 0.5, 0.5])
    assert got[:4] == pytest.approx(-(short + information[:4]))


def test_deviation_above_a_maximum_counts_too() -> None:
    model = model_of(Budget("words", 0, 50))
    free = np.array([True, False, False, True, False])
    got = weighted_deviation(model, np.ones(5), [4, 2], free)
    # 80 words given, 1 more item after the candidate of 25 words on average.
    assert got[[0, 3]] == pytest.approx([-(65.0 / 50.0), -(95.0 / 50.0)])


def test_penalty_is_linear_within_the_bounds_and_quadratic_beyond() -> None:
    free = np.array([True, True, True, True, False])
    model = model_of(count("content=a", 1, 2, 2.0), count("content=b", 1, 3))
    got = weighted_penalty(model, VALUES, [4], free)
    # Expected: 1 + 3 / 2 = 2.5 a's, 1 from the middle 1.5 of bounds half an item away: beyond, so
    # .5 * (2 ** 2 + 1) / 2 of 4 items, weighted 2; 1.5 b's, .5 below the middle 2: within.
    a, b = 2.0 * 1.25 / 4.0, -0.5 / 4.0
    content = (np.array([a, a, b, b]) - b) / (a - b)
    assert got[:4] == pytest.approx((VALUES[:4] / 4.0) ** 2 - content)


def test_penalty_prefers_what_is_short() -> None:
    model = model_of(count("t", 2, 4))
    free = np.ones(5, dtype=np.bool_)
    got = weighted_penalty(model, np.ones(5), [], free)
    assert set(np.argsort(-got)[:2].tolist()) == {0, 2}
