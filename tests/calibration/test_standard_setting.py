"""Bookmark and Angoff: closed forms of the literature, a second inversion, limits, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from independent import log_curves
from scipy.optimize import brentq

from calibration import StandardSettingError, cut_scores_by_item_mapping, item_mapping_location
from calibration.parameters import ItemParameters
from calibration.standard_setting import (
    angoff_cut_scores,
    bookmark_cut_scores,
    ordered_item_booklet,
)


def item(name="i", model="2PL", a=(1.0,), b=(0.0,), **others):
    return ItemParameters(name, model, a, b, **others)


def locations(*items, **options):
    return {
        (page.item, page.score): page.location for page in ordered_item_booklet(items, **options)
    }


def test_a_dichotomous_page_lies_where_the_bookmark_literature_puts_it():
    """At 2/3, guessing adjusted: b + ln 2 / (1.7 a) in the metric D = 1.7 (Beretvas 2004)."""
    for a, b, c in ((0.8, -1.0, 0.0), (1.2, 0.5, 0.2), (0.5, 1.5, 0.25)):
        one = item(model="3PL", a=(1.7 * a,), b=(b,), c=c)
        got = locations(one, guessing_adjusted=True)["i", 1]
        assert got == pytest.approx(b + np.log(2) / (1.7 * a), abs=1e-12)
        share = (2 / 3 - c) / (1 - c)
        expected = b + np.log(share / (1 - share)) / (1.7 * a)
        assert locations(one)["i", 1] == pytest.approx(expected, abs=1e-12)


def test_graded_pages_lie_the_same_distance_above_their_thresholds():
    """P(X >= k) is one logistic curve under GRM: b_k + ln(RP / (1 - RP)) / a."""
    got = locations(item(model="GRM", a=(1.3,), b=(-1.0, 0.2, 0.9)), response_probability=0.8)
    assert list(got.values()) == pytest.approx(np.array([-1.0, 0.2, 0.9]) + np.log(4) / 1.3)


@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(0.5, 2), st.floats(0.4, 0.9))
def test_partial_credit_pages_solve_the_quadratic(b1, b2, a, probability):
    """Three categories (Beretvas 2004): y = exp(a theta) is a root of a quadratic for each score.

    P(X >= 1) = RP: (e1 y + e2 y^2)(1 - RP) = RP; P(X >= 2) = RP: e2 y^2 (1 - RP) = RP (1 + e1 y).
    """
    e1, e2 = np.exp(-a * b1), np.exp(-a * (b1 + b2))
    odds = probability / (1 - probability)
    first = (-e1 + np.sqrt(e1**2 + 4 * e2 * odds)) / (2 * e2)
    second = (e1 * odds + np.sqrt((e1 * odds) ** 2 + 4 * e2 * odds)) / (2 * e2)
    got = locations(item(model="GPCM", a=(a,), b=(b1, b2)), response_probability=probability)
    assert got["i", 1] == pytest.approx(np.log(first) / a, abs=1e-9)
    assert got["i", 2] == pytest.approx(np.log(second) / a, abs=1e-9)


def test_the_booklet_ascends_and_counts_pages_from_one():
    booklet = ordered_item_booklet(
        [item("x", b=(1.0,)), item("y", "GRM", b=(-2.0, 3.0)), item("z", b=(0.0,))]
    )
    assert [(page.item, page.score) for page in booklet] == [("y", 1), ("z", 1), ("x", 1), ("y", 2)]
    assert [page.number for page in booklet] == [1, 2, 3, 4]


def test_a_nominal_item_with_ascending_slopes_is_a_partial_credit_item():
    """NRM with slopes k a and intercepts -a (b_1 + ... + b_k) is that GPCM item."""
    partial = item(model="GPCM", a=(0.9,), b=(-0.4, 0.8))
    nominal = item(model="NRM", a=(0.9, 1.8), b=(0.9 * 0.4, -0.9 * 0.4))
    assert locations(nominal) == pytest.approx(locations(partial), abs=1e-10)
    assert item_mapping_location(nominal) == pytest.approx(item_mapping_location(partial))
    with pytest.raises(StandardSettingError, match=r"item 'i' has slopes \(0.9, 0.5\)"):
        ordered_item_booklet([item(model="NRM", a=(0.9, 0.5), b=(0.0, 0.0))])


RULER = ordered_item_booklet([item(f"p{k}", b=(float(k),)) for k in range(1, 11)], 0.5)


def test_bookmarks_become_cut_scores_with_errors_between_panelists():
    """Ten items at 1 to 10 logits, probability .5: page and location are the same number."""
    bookmarks = [[2, 6], [3, 6], [3, 8], [6, 9]]
    basic, proficient = bookmark_cut_scores(RULER, bookmarks, ["basic", "proficient"])
    assert (basic.level, basic.cut, proficient.cut) == ("basic", pytest.approx(3), pytest.approx(7))
    means = bookmark_cut_scores(RULER, bookmarks, ["basic", "proficient"], center="mean")
    assert [one.cut for one in means] == pytest.approx([3.5, 7.25])
    # SD 1.732 and 1.5 (n - 1) over the root of 4.
    assert [one.se for one in means] == pytest.approx([np.sqrt(3) / 2, 0.75])
    assert basic.se == pytest.approx(np.sqrt(np.pi / 2) * np.sqrt(3) / 2)
    assert proficient.judgements == pytest.approx((6, 6, 8, 9))


def test_placement_of_the_cut():
    bookmarks = [[3], [4]]
    for placement, expected in (("bookmarked", 3.5), ("preceding", 2.5), ("between", 3.0)):
        (got,) = bookmark_cut_scores(RULER, bookmarks, ["pass"], center="mean", placement=placement)
        assert got.cut == pytest.approx(expected)
    (last,) = bookmark_cut_scores(RULER, [[11], [11]], ["pass"], placement="preceding")
    assert last.cut == pytest.approx(10)


def test_with_tables_of_one_size_the_error_is_that_of_table_means():
    bookmarks = np.array([[2], [3], [6], [7], [4], [8]])
    (got,) = bookmark_cut_scores(
        RULER, bookmarks, ["pass"], center="mean", tables=["a", "a", "b", "b", "c", "c"]
    )
    assert got.se == pytest.approx(np.std([2.5, 6.5, 6.0], ddof=1) / np.sqrt(3))
    (alone,) = bookmark_cut_scores(
        RULER, bookmarks, ["pass"], center="mean", tables=["a", "b", "c", "d", "e", "f"]
    )
    assert alone.se == pytest.approx(np.std(bookmarks, ddof=1) / np.sqrt(6))


def test_the_error_of_the_mean_is_right_where_tables_agree_within():
    """400 panels of 8 tables of 5: variance .5 between tables and .5 within, on the logit scale."""
    rng = np.random.default_rng(6)
    booklet = ordered_item_booklet([item(f"{k:03}", b=(k / 50,)) for k in range(-250, 251)], 0.5)
    place = np.sqrt(0.5) * (
        np.repeat(rng.standard_normal((400, 8)), 5, axis=1) + rng.standard_normal((400, 40))
    )
    pages = np.clip(np.round(place * 50) + 251, 1, 501)
    tables = np.repeat(np.arange(8), 5).tolist()
    cuts = [
        bookmark_cut_scores(booklet, one[:, None], ["pass"], center="mean", tables=tables)[0]
        for one in pages
    ]
    # Var = (.5 + .5 / 5) / 8 = .075; 400 panels of 7 degrees of freedom know it to 3 %.
    assert np.mean([one.se**2 for one in cuts]) == pytest.approx(0.075, rel=0.12)
    assert np.var([one.cut for one in cuts]) == pytest.approx(0.075, rel=0.25)


def test_one_panelist_or_table_has_no_error_but_a_reason():
    (got,) = bookmark_cut_scores(RULER, [[4]], ["pass"])
    assert (got.cut, got.se, got.reason) == (
        pytest.approx(4),
        None,
        "one panelist alone shows no disagreement",
    )
    (got,) = bookmark_cut_scores(RULER, [[4], [5]], ["pass"], tables=["a", "a"])
    assert (got.se, got.reason) == (None, "one table alone shows no disagreement")


@pytest.mark.parametrize(
    ("bookmarks", "options", "message"),
    [
        ([[3, 3], [4, 4]], {}, r"level 'high' would begin at 3.500, not above level 'low' at 3.5"),
        ([[3, 5], [4, 2]], {}, "panelist 2 has level 'high' on page 2, before level 'low'"),
        ([[3, 5], [4, 11]], {}, r"panelist 2, level 'high': bookmark 11; .* pages 1 to 10"),
        ([[1, 5]], {"placement": "preceding"}, r"level 'low': bookmark 1; .* pages 2 to 11"),
        ([[3.5, 5]], {}, "bookmark 3.5"),
        ([[np.nan, 5]], {}, "panelist 1, level 'low': bookmark nan"),
        ([[3], [4]], {}, r"bookmarks need shape \(panelists, levels\) = \(any, 2\)"),
        ([[3, 5], [4, 6]], {"tables": ["a"]}, "came 1 tables for 2 panelists"),
    ],
)
def test_bookmarks_that_set_no_standard_are_refused(bookmarks, options, message):
    with pytest.raises(StandardSettingError, match=message):
        bookmark_cut_scores(RULER, bookmarks, ["low", "high"], **options)


@pytest.mark.parametrize(
    ("items", "options", "message"),
    [
        ([], {}, "a booklet needs items"),
        ([item("x"), item("x")], {}, "name of its own"),
        ([item("x")], {"response_probability": 1.0}, "between 0 and 1; came 1.0"),
        ([item("x", a=(-1.0,))], {}, "item 'x' has slope -1.0"),
        ([item("x", "GRM", a=(-1.0,), b=(1.0, 0.0))], {}, "item 'x' has slope -1.0"),
        ([item("x", "3PL", c=0.7)], {}, "item 'x' is answered with probability 0.7 to 1"),
    ],
)
def test_items_that_make_no_booklet_are_refused(items, options, message):
    with pytest.raises(StandardSettingError, match=message):
        ordered_item_booklet(items, **options)


def test_angoff_with_equal_rasch_items_is_the_logit_of_the_mean_rating():
    """Twenty items at .3: the expected score is 20 P, so the cut is .3 + logit of the mean."""
    items = [item(f"i{k}", "Rasch", b=(0.3,)) for k in range(20)]
    ratings = np.empty((2, 3, 20))
    ratings[0] = np.array([0.4, 0.5, 0.6])[:, None]
    ratings[1] = np.array([0.7, 0.8, 0.9])[:, None]
    low, high = angoff_cut_scores(items, ratings, ["low", "high"])
    assert low.cut == pytest.approx(0.3, abs=1e-10)
    assert high.cut == pytest.approx(0.3 + np.log(4), abs=1e-10)
    assert (low.score, high.score) == (pytest.approx(10), pytest.approx(16))
    # Summed scores 8, 10, 12 have SD 2; the curve has slope 20 P (1 - P).
    assert low.score_se == pytest.approx(2 / np.sqrt(3))
    assert low.se == pytest.approx(2 / np.sqrt(3) / 5, rel=1e-9)
    assert high.se == pytest.approx(2 / np.sqrt(3) / 3.2, rel=1e-9)
    assert low.judgements == pytest.approx((8, 10, 12))


MIXED = [
    item("two", "2PL", (1.2,), (-0.5,)),
    item("three", "3PL", (0.9,), (0.4,), c=0.2),
    item("graded", "GRM", (1.1,), (-1.0, 0.0, 1.0)),
    item("partial", "GPCM", (0.8,), (0.3, -0.2)),
]


def plain_expected_scores(ability):
    """Of MIXED, (4,); curves of the tests' own."""
    inner = [
        ("2PL", (1.2, 0.6)),
        ("3PL", (0.9, -0.36, np.log(0.2 / 0.8))),
        ("GRM", (1.1, 1.1, 0.0, -1.1)),
        ("GPCM", (0.8, -0.24, 0.16)),
    ]
    expected = []
    for model, numbers in inner:
        if model == "2PL":
            expected.append(1 / (1 + np.exp(-(numbers[0] * ability + numbers[1]))))
        else:
            curves = np.exp(log_curves(model, np.array(numbers), np.array([ability])))[:, 0]
            expected.append(np.arange(len(curves)) @ curves)
    return np.array(expected)


@given(st.floats(-3, 3))
def test_exact_expected_scores_give_back_their_ability(ability):
    ratings = np.tile(plain_expected_scores(ability), (1, 3, 1))
    (got,) = angoff_cut_scores(MIXED, ratings, ["pass"])
    assert got.cut == pytest.approx(ability, abs=1e-7)
    assert got.se == pytest.approx(0, abs=1e-12)


def test_mixed_items_agree_with_a_second_inversion_and_its_slope():
    rng = np.random.default_rng(9)
    ratings = plain_expected_scores(0.5) * rng.uniform(0.8, 1.1, (1, 6, 4))
    scores = ratings.sum(axis=2)[0]

    def invert(score):
        return brentq(lambda theta: plain_expected_scores(theta).sum() - score, -8, 8)

    (got,) = angoff_cut_scores(MIXED, ratings, ["pass"])
    assert got.cut == pytest.approx(invert(scores.mean()), abs=1e-8)
    slope = 2e-4 / (invert(scores.mean() + 1e-4) - invert(scores.mean() - 1e-4))
    assert got.se == pytest.approx(np.std(scores, ddof=1) / np.sqrt(6) / slope, rel=1e-5)
    (middle,) = angoff_cut_scores(MIXED, ratings, ["pass"], center="median")
    assert middle.cut == pytest.approx(invert(np.median(scores)), abs=1e-8)


def rated(*shares):
    """One panelist a row of shares, one level a share; MIXED has highest scores 1, 1, 3, 2."""
    return np.array([[np.array([1, 1, 3, 2]) * share] for share in shares])


@pytest.mark.parametrize(
    ("ratings", "message"),
    [
        (rated(0.7, 0.5), "level 'high' would begin at .*, not above level 'low'"),
        (rated(0.5, 0.5), "level 'high' would begin"),
        (rated(0.01, 0.5), r"level 'low': .* 0.070; abilities expect between 0.2 and 7"),
        (rated(0.5, 1.0), r"level 'high': .* 7.000; .* ends excluded"),
        (rated(0.5, 1.1), "panelist 1, level 'high', item 'two': rating 1.1; .* between 0 and 1"),
        (rated(np.nan, 0.5), "level 'low', item 'two': rating nan"),
        (rated(0.5), r"\(levels, panelists, items\) = \(2, any, 4\).*came \(1, 1, 4\)"),
    ],
)
def test_ratings_that_set_no_standard_are_refused(ratings, message):
    with pytest.raises(StandardSettingError, match=message):
        angoff_cut_scores(MIXED, ratings, ["low", "high"])


def test_item_mapping_takes_calibrated_items_of_every_model():
    """Its locations are of expected score: here half of the highest."""
    got = cut_scores_by_item_mapping(
        [
            (item("a", "Rasch", b=(-1.0,)), 2),
            (item("b", "PCM", b=(-0.6, 0.6)), 3),
            (item("c", "GRM", (2.0,), (0.5, 1.5)), 4),
            (item("d", "4PL", b=(2.0,), c=0.1, d=0.9), 5),
        ],
        0.5,
    )
    assert got == pytest.approx((-1, 0, 1, 2), abs=1e-9)
