"""Matching by sum score and by ability."""

import numpy as np
import pytest
from dif_simulated import adaptive, complete
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar
from scipy.special import expit

from calibration import normal_grid
from calibration.dif import AbilityMatching, DifError, SumScore
from calibration.parameters import ItemParameters
from calibration.posterior import eap

GRID = normal_grid(61)
A, B = np.array([1.0, 1.4, 0.7, 1.1, 0.9]), np.array([-1.0, -0.3, 0.2, 0.6, 1.1])
ITEMS = [
    ItemParameters(f"i{n}", "2PL", (a,), (b,)) for n, (a, b) in enumerate(zip(A, B, strict=True))
]
NAMES = [item.name for item in ITEMS]
ALL = np.ones(5, dtype=bool)


def answers(seed, n_persons=50, missing=0.3):
    rng = np.random.default_rng(seed)
    codes = complete(rng, rng.standard_normal(n_persons), A, B)
    codes[rng.random(codes.shape) < missing] = -1
    return codes


def test_sum_scores_take_the_anchors_and_the_studied_item():
    codes = np.array([[1, 0, 1], [0, 1, 1], [1, -1, 0]], dtype=np.int16)
    got = SumScore().values(list("abc"), codes, np.array([True, False, True]))
    np.testing.assert_array_equal(got, [[2, 2, 2], [1, 2, 1], [1, np.nan, 1]])
    assert SumScore().strata(got[:, 1]).tolist() == [0, 0, -1]


def test_eap_is_that_of_the_posterior():
    codes = answers(1)
    got = AbilityMatching(ITEMS, GRID).values(NAMES, codes, ALL)
    seen = (codes >= 0).any(axis=1)
    np.testing.assert_allclose(got[seen, 2], eap(ITEMS, codes, GRID).theta[seen], atol=1e-12)
    assert np.isnan(got[~seen]).all()


def test_anchors_alone_and_the_studied_item_make_the_match():
    codes = answers(2)
    anchors = np.array([True, True, False, False, True])
    got = AbilityMatching(ITEMS, GRID).values(NAMES, codes, anchors)
    used = codes.copy()
    used[:, 3] = -1
    seen = (used >= 0).any(axis=1)
    np.testing.assert_allclose(got[seen, 2], eap(ITEMS, used, GRID).theta[seen], atol=1e-12)
    without = AbilityMatching(ITEMS, GRID, with_studied=False).values(NAMES, codes, ALL)
    used = codes.copy()
    used[:, 4] = -1
    seen = (used >= 0).any(axis=1)
    np.testing.assert_allclose(without[seen, 4], eap(ITEMS, used, GRID).theta[seen], atol=1e-12)


def test_wle_of_two_parameters_is_the_peak_of_likelihood_by_root_information():
    """There Warm's estimate maximises L(theta) sqrt(I(theta)); Warm (1989), equation 8."""
    codes = answers(3, n_persons=30, missing=0.2)
    got = AbilityMatching(ITEMS, GRID, estimator="wle").values(NAMES, codes, ALL)[:, 0]

    def lost(theta, person):
        seen = codes[person] >= 0
        p = expit(A * (theta - B))[seen]
        x = codes[person][seen]
        information = (A[seen] ** 2 * p * (1 - p)).sum()
        return -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum() - np.log(information) / 2

    for person in np.flatnonzero((codes >= 0).sum(axis=1) >= 2):
        found = minimize_scalar(lost, (-1, 1), args=(person,), options={"xtol": 1e-10})
        assert got[person] == pytest.approx(np.clip(found.x, -6, 6), abs=1e-3)


def test_wle_of_a_graded_item_solves_warms_equation():
    """Not the same as the peak by root information; derivatives by differences."""
    item = ItemParameters("g", "GRM", (1.3,), (-1.0, 0.4, 1.2))
    other = ItemParameters("h", "3PL", (1.0,), (0.0,), c=0.2)

    def curves(theta):
        passed = np.array([1, *expit(1.3 * (theta - np.array(item.b))), 0])
        right = 0.2 + 0.8 * expit(theta)
        return [passed[:-1] - passed[1:], np.array([1 - right, right])]

    def equation(theta, x):
        h = 1e-4
        total = np.zeros(3)
        for place, k in enumerate(x):
            low, mid, high = (curves(theta + shift)[place] for shift in (-h, 0, h))
            first, second = (high - low) / (2 * h), (high - 2 * mid + low) / h**2
            total += [
                first[k] / mid[k],
                (first * second / mid).sum(),
                (first**2 / mid).sum(),
            ]
        return total[0] + total[1] / (2 * total[2])

    codes = np.array([[1, 1], [2, 1], [2, 0]], dtype=np.int16)
    got = AbilityMatching([item, other], GRID, estimator="wle").values(
        ["g", "h"], codes, np.ones(2, dtype=bool)
    )
    for person, x in enumerate(codes):
        assert got[person, 0] == pytest.approx(brentq(equation, -3, 3, args=(x,)), abs=2e-3)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["eap", "wle"]))
def test_equal_rasch_sums_are_equal_abilities(seed, estimator):
    items = [ItemParameters(item.name, "Rasch", (1.0,), item.b) for item in ITEMS]
    codes = answers(seed, missing=0.0)
    ability = AbilityMatching(items, GRID, estimator=estimator).values(NAMES, codes, ALL)[:, 0]
    sums = codes.sum(axis=1)
    for score in np.unique(sums):
        assert np.ptp(ability[sums == score]) < 1e-9
    means = [ability[sums == score].mean() for score in np.unique(sums)]
    assert (np.diff(means) > 0).all()


def test_strata_are_equally_full_in_ability_and_equally_wide_in_expected_score():
    rng = np.random.default_rng(9)
    a, b = np.ones(40), np.linspace(-2, 2, 40)
    items = [ItemParameters(f"i{n}", "2PL", (1.0,), (b[n],)) for n in range(40)]
    codes = adaptive(rng, rng.standard_normal(2000), a, b, 12)
    names, every = [item.name for item in items], np.ones(40, dtype=bool)
    by_theta = AbilityMatching(items, GRID, n_strata=10)
    theta = by_theta.values(names, codes, every)[:, 0]
    counts = np.bincount(by_theta.strata(theta))
    assert len(counts) == 10
    assert counts.min() > 150
    by_score = AbilityMatching(items, GRID, scale="expected_score", n_strata=10)
    score = by_score.values(names, codes, every)[:, 0]
    assert ((score > 0) & (score < 40)).all()
    np.testing.assert_allclose(score, expit(theta[:, None] - b).sum(axis=1), atol=2e-3)
    stratum = by_score.strata(score)
    widths = [np.ptp(score[stratum == one]) for one in np.unique(stratum)]
    assert max(widths) <= np.ptp(score) / 10 + 1e-9


def test_what_is_missing_has_no_stratum():
    rule = AbilityMatching(ITEMS, GRID, n_strata=2)
    assert rule.strata(np.array([np.nan, 0.0, 1.0, np.nan])).tolist() == [-1, 0, 1, -1]
    assert rule.strata(np.array([np.nan])).tolist() == [-1]


def test_options_that_do_not_fit():
    with pytest.raises(DifError, match="estimator is eap or wle"):
        AbilityMatching(ITEMS, GRID, estimator="map")
    with pytest.raises(DifError, match="n_strata must be 2 or more"):
        AbilityMatching(ITEMS, GRID, n_strata=1)
    with pytest.raises(DifError, match="in this order"):
        AbilityMatching(ITEMS, GRID).values(["i1", "i0"], answers(1)[:, :2], ALL[:2])
