"""Item mapping: closed forms, limits, and the cuts."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from independent import log_curves

from assessment_engine.records import Item
from calibration import StandardSettingError, cut_scores_by_item_mapping, item_mapping_location

PROBABILITY = st.floats(0.3, 0.9)


def item(name="i", model="2PL", a=1.0, b=(0.0,), **others):
    return Item(id=name, dimension="integritas", model=model, a=a, b=b, **others)


def test_half_is_the_difficulty_and_two_thirds_lies_ln_two_above():
    assert item_mapping_location(item(b=(0.7,)), 0.5) == pytest.approx(0.7, abs=1e-12)
    got = item_mapping_location(item(a=2.0, b=(0.7,)), 2 / 3)
    assert got == pytest.approx(0.7 + np.log(2) / 2, abs=1e-12)


@given(st.floats(0.2, 3), st.floats(-3, 3), st.floats(0, 0.25), PROBABILITY)
def test_the_item_is_answered_there_with_that_probability(a, b, c, probability):
    at = item_mapping_location(item(model="4PL", a=a, b=(b,), c=c, d=0.95), probability)
    assert c + (0.95 - c) / (1 + np.exp(-a * (at - b))) == pytest.approx(probability, abs=1e-9)


@pytest.mark.parametrize("model", ["GRM", "GPCM"])
@given(
    a=st.floats(0.2, 3),
    b=st.lists(st.floats(-3, 3), min_size=2, max_size=4, unique=True),
    probability=PROBABILITY,
)
def test_a_polytomous_item_has_that_share_of_its_score_there(model, a, b, probability):
    b = np.sort(b)
    b += 0.01 * np.arange(len(b))
    at = item_mapping_location(item(model=model, a=a, b=tuple(b)), probability)
    curves = np.exp(log_curves(model, np.array([a, *(-a * b)]), np.array([at])))[:, 0]
    share = np.arange(len(curves)) @ curves / (len(curves) - 1)
    assert share == pytest.approx(probability, abs=1e-8)


def test_with_two_categories_all_models_agree():
    places = [item_mapping_location(item(model=m, a=1.3, b=(0.4,))) for m in ("2PL", "GRM", "GPCM")]
    assert places == pytest.approx([places[0]] * 3, abs=1e-12)


@pytest.mark.parametrize(
    ("changed", "probability", "message"),
    [
        ({"c": 0.7}, 0.67, "0.7 to 1, never 0.67"),
        ({"c": 0.67}, 0.67, "never 0.67"),
        ({"d": 0.6}, 0.67, "0 to 0.6, never 0.67"),
        ({"a": 0.0}, 0.67, "slope 0"),
        ({"a": -1.0}, 0.67, "slope -1"),
        ({}, 0.0, "between 0 and 1"),
        ({}, 1.0, "between 0 and 1"),
    ],
)
def test_an_item_without_a_location_is_refused(changed, probability, message):
    with pytest.raises(StandardSettingError, match=message):
        item_mapping_location(replace(item(), **changed), probability)


LADDER = [
    (item(f"i{level}{k}", b=(level - 3.5 + 0.1 * k,)), level)
    for level in range(1, 6)
    for k in (0, 1, 5)
]


def test_each_level_begins_at_the_median_location_of_its_items():
    got = cut_scores_by_item_mapping(LADDER, 0.5)
    assert got == pytest.approx((-1.4, -0.4, 0.6, 1.6), abs=1e-12)
    higher = cut_scores_by_item_mapping(LADDER, 2 / 3)
    assert np.subtract(higher, got) == pytest.approx([np.log(2)] * 4, abs=1e-12)
    two = [pair for pair in LADDER if not pair[0].id.endswith("5")]
    assert cut_scores_by_item_mapping(two, 0.5)[0] == pytest.approx(-1.45, abs=1e-12)


def test_level_one_needs_no_item_and_moves_no_cut():
    without = [pair for pair in LADDER if pair[1] > 1]
    assert cut_scores_by_item_mapping(without) == cut_scores_by_item_mapping(LADDER)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([pair for pair in LADDER if pair[1] not in (3, 5)], "no item has target level 3, 5"),
        ([*LADDER, (item("x"), 6)], "item 'x' has target level 6"),
        ([*LADDER, (replace(item("x"), dimension="kerja sama"), 3)], "several dimensions"),
        ([*LADDER, (item("x", c=0.7), 3)], "item 'x' is answered with probability 0.7"),
        (
            [(single, {3: 4, 4: 3}.get(level, level)) for single, level in LADDER],
            r"level 4 would begin at 0.308, not above level 3 at 1.308",
        ),
    ],
)
def test_targets_that_give_no_cuts_are_refused(targets, message):
    with pytest.raises(StandardSettingError, match=message):
        cut_scores_by_item_mapping(targets)


def test_equal_cuts_are_refused():
    level = [(item("a", b=(0.0,)), 2), (item("b", b=(0.0,)), 3)]
    rest = [(item("c", b=(1.0,)), 4), (item("d", b=(2.0,)), 5)]
    with pytest.raises(StandardSettingError, match=r"level 3 would begin at .* not above level 2"):
        cut_scores_by_item_mapping(level + rest)
