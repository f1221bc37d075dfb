"""Areas and differences in expected score."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import expit

from calibration import Quadrature, normal_grid
from calibration.dif import (
    DifError,
    area,
    expected_score_difference,
    expected_test_score_difference,
)
from calibration.parameters import ItemParameters

SLOPES, PLACES = st.floats(0.4, 2.5), st.floats(-2, 2)


def item(model, a, b, c=0.0):
    return ItemParameters("i", model, (a,), tuple(np.atleast_1d(b)), c=c)


@given(SLOPES, SLOPES, PLACES, PLACES, st.sampled_from([0.0, 0.2]))
def test_closed_forms_are_the_integrals(a_reference, a_focal, b_reference, b_focal, c):
    model = "3PL" if c else "2PL"
    got = area(item(model, a_reference, b_reference, c), item(model, a_focal, b_focal, c))

    def gap(theta):
        return (1 - c) * (
            expit(a_reference * (theta - b_reference)) - expit(a_focal * (theta - b_focal))
        )

    ends = (-60.0, -10.0, 10.0, 60.0)
    crossing = []
    if abs(a_focal - a_reference) > 1e-6:
        crossing = [(a_focal * b_focal - a_reference * b_reference) / (a_focal - a_reference)]
    cuts = sorted([*ends, *(x for x in crossing if -60 < x < 60)])
    pieces = [quad(gap, low, high, limit=200)[0] for low, high in pairwise(cuts)]
    assert got.signed == pytest.approx(sum(pieces), abs=1e-6)
    assert got.unsigned == pytest.approx(sum(map(abs, pieces)), abs=1e-5)


@pytest.mark.parametrize("model", ["GRM", "GPCM"])
def test_areas_of_ordered_categories(model):
    """The signed area is the sum of the shifts; with one shift for all, so is the unsigned one."""
    steps = np.array([-1.0, 0.1, 1.2])
    got = area(item(model, 1.2, steps), item(model, 1.2, steps + 0.4))
    assert (got.signed, got.unsigned) == (pytest.approx(1.2), pytest.approx(1.2, abs=1e-5))
    crossing = area(item(model, 1.2, steps), item(model, 1.2, steps + np.array([0.5, 0, -0.5])))
    assert crossing.signed == pytest.approx(0)
    assert crossing.unsigned > 0.1


def test_areas_without_end_are_none():
    got = area(item("3PL", 1.0, 0.0, 0.1), item("3PL", 1.0, 0.0, 0.2))
    assert (got.signed, got.unsigned) == (None, None)
    assert "asymptotes differ" in got.reason
    assert "not positive" in area(item("2PL", -1.0, 0.0), item("2PL", 1.0, 0.0)).reason
    assert area(item("2PL", 1.0, 0.0), item("2PL", 1.0 + 1e-12, 0.5)).unsigned == 0.5


def mirt_empirical_es(by_focal, by_reference, theta):
    """Item and test statistics as mirt 1.4x ``empirical_ES`` forms them from a focal sample.

    ``by_focal``, ``by_reference``: expected scores (n_persons, n_items).
    """

    def cohen_d(one, other):
        pooled = (one.var(ddof=1) + other.var(ddof=1)) / 2
        return (one.mean() - other.mean()) / np.sqrt(pooled)

    difference = by_focal - by_reference
    test = difference.sum(axis=1)
    at = np.argmax(np.abs(test))
    return {
        "SIDS": difference.mean(axis=0),
        "UIDS": np.abs(difference).mean(axis=0),
        "ESSD": [cohen_d(*pair) for pair in zip(by_focal.T, by_reference.T, strict=True)],
        "STDS": test.mean(),
        "UTDS": np.abs(difference).mean(axis=0).sum(),
        "UETSDS": np.abs(test).mean(),
        "ETSSD": cohen_d(by_focal.sum(axis=1), by_reference.sum(axis=1)),
        "max": (theta[at], test[at]),
    }


def test_expected_scores_over_a_sample_as_mirt_has_them():
    """A sample is a quadrature of equal weights; mirt divides by n - 1, we by n."""
    theta = np.sort(np.random.default_rng(61).normal(-0.3, 1.1, 4000))
    reference = [item("2PL", 1.2, -0.5), item("2PL", 0.9, 0.4), item("GRM", 1.1, [-1.0, 0.8])]
    focal = [item("2PL", 0.8, -0.2), item("2PL", 0.9, 0.1), item("GRM", 1.4, [-0.8, 0.9])]

    def scores(items):
        columns = [
            expit(one.a[0] * (theta[:, None] - np.array(one.b))).sum(axis=1) for one in items
        ]
        return np.column_stack(columns)

    expected = mirt_empirical_es(scores(focal), scores(reference), theta)
    sample = Quadrature(theta, np.ones(4000))
    for place in range(3):
        got = expected_score_difference(reference[place], focal[place], sample)
        assert got.signed == pytest.approx(expected["SIDS"][place])
        assert got.unsigned == got.unsigned_sum == pytest.approx(expected["UIDS"][place])
        assert got.standardized == pytest.approx(expected["ESSD"][place], rel=2e-4)
    test = expected_test_score_difference(reference, focal, sample)
    assert test.signed == pytest.approx(expected["STDS"])
    assert test.unsigned == pytest.approx(expected["UETSDS"])
    assert test.unsigned_sum == pytest.approx(expected["UTDS"])
    assert test.standardized == pytest.approx(expected["ETSSD"], rel=2e-4)
    assert (test.largest_at, test.largest) == pytest.approx(expected["max"])


def test_opposite_items_cancel_in_the_test_but_not_in_the_sum():
    easy, hard = item("2PL", 1.0, -0.5), item("2PL", 1.0, 0.5)
    got = expected_test_score_difference([easy, hard], [hard, easy], normal_grid())
    assert got.signed == pytest.approx(0, abs=1e-12)
    assert got.unsigned == pytest.approx(0, abs=1e-12)
    assert got.unsigned_sum > 0.3
    assert got.standardized == pytest.approx(0, abs=1e-9)


def test_harder_for_the_focal_group_is_a_positive_area_and_a_negative_difference():
    reference, focal = item("Rasch", 1.0, 0.0), item("Rasch", 1.0, 0.6)
    assert area(reference, focal).signed == pytest.approx(0.6)
    got = expected_score_difference(reference, focal, normal_grid())
    assert got.signed < 0
    assert got.signed == -got.unsigned
    assert got.standardized < -0.5


def test_items_that_do_not_pair():
    nominal = ItemParameters("n", "NRM", (0.5, 1.0), (0.0, 0.2))
    for pair in ((item("2PL", 1.0, 0.0), item("Rasch", 1.0, 0.0)), (nominal, nominal)):
        with pytest.raises(DifError):
            area(*pair)
        with pytest.raises(DifError):
            expected_score_difference(*pair, normal_grid())
    with pytest.raises(DifError, match="1 items of the reference group for 0"):
        expected_test_score_difference([item("2PL", 1.0, 0.0)], [], normal_grid())
