"""Item response models against other programs, and against their own definitions."""

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assessment_engine import Item, category_probabilities, information
from assessment_engine.irt import ItemArrays
from assessment_engine.records import Model

KNOWN = Path(__file__).parents[1] / "known_values"
THETA = np.linspace(-4.0, 4.0, 33)


def known(name: str) -> Any:
    return json.loads((KNOWN / name).read_text())


finite = st.floats(-3.0, 3.0)
slope = st.floats(0.2, 3.0)


@st.composite
def items(draw: st.DrawFn) -> Item:
    """An item of any model."""
    model = draw(st.sampled_from(get_args(Model)))
    if model == "NRM":
        n = draw(st.integers(1, 5))
        slopes = draw(st.lists(finite, min_size=n, max_size=n).filter(any))
        intercepts = draw(st.lists(finite, min_size=n, max_size=n))
        return Item("i", "x", model, 1.0, tuple(intercepts), slopes=tuple(slopes))
    a = 1.0 if model in ("Rasch", "PCM") else draw(slope)
    if model in ("GRM", "PCM", "GPCM"):
        b = draw(st.lists(finite, min_size=1, max_size=5))
        if model == "GRM":
            b = list(np.cumsum([b[0], *(abs(step) + 0.05 for step in b[1:])]))
        return Item("i", "x", model, a, tuple(b))
    c = draw(st.floats(0.0, 0.4)) if model in ("3PL", "4PL") else 0.0
    d = draw(st.floats(0.7, 1.0)) if model == "4PL" else 1.0
    return Item("i", "x", model, a, (draw(finite),), c, d)


@pytest.mark.parametrize("case", known("testdesign_information.json")["cases"])
def test_information_agrees_with_testdesign(case: dict[str, Any]) -> None:
    """Oracle: TestDesign 1.7, sum of the log Fisher information at -3, -2, ..., 3."""
    item = Item("i", "x", case["model"], case["a"], tuple(case["b"]), case["c"])
    got = np.log(information(item, np.arange(-3.0, 4.0))).sum()
    assert got == pytest.approx(case["sum_of_log_information"], abs=6e-6)


def test_information_agrees_with_catr() -> None:
    """Oracle: catR 3.17 Ii at theta = 0."""
    case = known("catr_eap.json")["cases"][0]
    got = [
        information(Item("i", "x", "2PL", a, (b,)), 0.0)[0]
        for a, b in zip(case["a"], case["b"], strict=True)
    ]
    assert got == pytest.approx(case["information_at_0"], abs=5e-8)


def test_graded_item_by_hand() -> None:
    """P(X >= 1) = logistic(1), P(X >= 2) = logistic(-1) at theta = 0."""
    item = Item("i", "x", "GRM", 2.0, (-0.5, 0.5))
    up, down = 1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1))
    assert category_probabilities(item, 0.0)[0] == pytest.approx([1 - up, up - down, down])


def test_partial_credit_item_by_hand() -> None:
    """Steps 0 and 1 with a = 1 at theta = 1: category weights 1, e, e."""
    item = Item("i", "x", "GPCM", 1.0, (0.0, 1.0))
    weights = np.exp([0.0, 1.0, 1.0])
    assert category_probabilities(item, 1.0)[0] == pytest.approx(weights / weights.sum())


def test_nominal_item_by_hand() -> None:
    """Category weights 1, exp(2 - 0.5), exp(-1 + 0.3) at theta = 1; categories have no order."""
    item = Item("i", "x", "NRM", 1.0, (-0.5, 0.3), slopes=(2.0, -1.0))
    weights = np.exp([0.0, 1.5, -0.7])
    assert category_probabilities(item, 1.0)[0] == pytest.approx(weights / weights.sum())
    far = category_probabilities(item, [-50.0, 50.0])
    assert far.argmax(axis=1).tolist() == [2, 1]


def test_a_nominal_item_of_even_slopes_is_a_partial_credit_item() -> None:
    """Slopes a, 2a, 3a; intercepts -a times the sum of the steps: Bock's model holds Muraki's."""
    steps = (0.4, -0.9, 1.3)
    nominal = Item(
        "i", "x", "NRM", 1.0, tuple(-0.8 * np.cumsum(steps)), slopes=tuple(0.8 * np.arange(1, 4))
    )
    credit = Item("i", "x", "GPCM", 0.8, steps)
    assert category_probabilities(nominal, THETA) == pytest.approx(
        category_probabilities(credit, THETA), abs=1e-14
    )


def test_guessing_and_slipping_bound_the_curve() -> None:
    item = Item("i", "x", "4PL", 1.5, (0.0,), 0.2, 0.9)
    p = category_probabilities(item, [-50.0, 0.0, 50.0])[:, 1]
    assert p == pytest.approx([0.2, 0.55, 0.9])


@given(items())
def test_probabilities_sum_to_one(item: Item) -> None:
    p = category_probabilities(item, THETA)
    assert p.shape == (33, item.n_categories)
    assert (p >= 0.0).all()
    assert p.sum(axis=1) == pytest.approx(np.ones(33), abs=1e-12)


@given(items())
def test_information_is_the_expected_squared_score(item: Item) -> None:
    """The score by numerical differentiation of log P, which shares no code with the formula."""
    step = 1e-5
    p = category_probabilities(item, THETA)
    above, below = (category_probabilities(item, THETA + s) for s in (step, -step))
    score = (np.log(above) - np.log(below)) / (2.0 * step)
    assert information(item, THETA) == pytest.approx((p * score**2).sum(axis=1), rel=1e-4, abs=1e-8)


@given(items(), st.sampled_from([-1e6, -800.0, 800.0, 1e6]))
def test_far_abilities_stay_finite(item: Item, theta: float) -> None:
    p = category_probabilities(item, theta)[0]
    best = item.n_categories - 1 if theta > 0 else 0
    if item.model == "NRM":
        slopes = np.array((0.0, *item.slopes)) * np.sign(theta)
        assume(np.sort(slopes)[-1] - np.sort(slopes)[-2] > 0.05)
        best = int(slopes.argmax())
    assert np.isfinite(p).all()
    assert np.isfinite(information(item, theta)).all()
    assert p.argmax() == best


@given(items(), st.floats(-3.0, 3.0))
def test_derivatives_agree_with_differences(item: Item, theta: float) -> None:
    """Of P by central differences, each one order from the one before."""
    step = 1e-5
    arrays = ItemArrays.of([item])
    below, at, above = (
        arrays.derivatives(np.array([theta + shift])) for shift in (-step, 0.0, step)
    )
    for order in range(3):
        lower, upper = (one.p * (one[order] if order else 1.0) for one in (below, above))
        found = at.p * at[order + 1]
        assert found == pytest.approx((upper - lower) / (2.0 * step), rel=1e-5, abs=1e-8)


@given(st.lists(items(), min_size=2, max_size=6), st.data())
def test_items_taken_from_arrays_are_themselves(found: list[Item], data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, len(found) - 1), min_size=1, max_size=6))
    taken = ItemArrays.of(found).take(np.array(places))
    for row, place in enumerate(places):
        n = found[place].n_categories
        expected = category_probabilities(found[place], THETA).T
        assert taken.evaluate(THETA)[0][row, :n] == pytest.approx(expected, abs=1e-15)
        assert taken.information(THETA)[row] == pytest.approx(information(found[place], THETA))


@given(items().filter(lambda item: item.model == "GRM"))
def test_graded_probabilities_are_differences_of_logistics(item: Item) -> None:
    reach = 1.0 / (1.0 + np.exp(-item.a * (THETA[:, np.newaxis] - np.array(item.b))))
    padded = np.hstack((np.ones((33, 1)), reach, np.zeros((33, 1))))
    assert category_probabilities(item, THETA) == pytest.approx(-np.diff(padded), abs=1e-12)
