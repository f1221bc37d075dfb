"""S-X2, infit and outfit: other programs' numbers, brute force, and rates of rejection."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2
from simulated import dichotomous, graded

from calibration import calibrate, normal_grid, read_responses
from calibration.fit import FitError, item_fit, mean_squares, summed_score_distribution
from calibration.parameters import ItemParameters, probabilities
from calibration.prepare import categories_for

KNOWN = Path(__file__).parents[1] / "known_values"
GRID = normal_grid()


def known(name):
    return json.loads((KNOWN / f"{name}.json").read_text(encoding="utf-8"))


def two_parameter(a, b):
    return tuple(
        ItemParameters(f"item{place + 1}", "2PL", (float(slope),), (float(at),))
        for place, (slope, at) in enumerate(zip(a, b, strict=True))
    )


def lsat7(items):
    data = read_responses(KNOWN / "lsat7.csv", frequency="frequency")
    return categories_for(items, data), data.weights


def as_categories(codes):
    return np.where(np.isnan(codes), -1, codes).astype(np.int16)


def mixed_items():
    return (
        ItemParameters("right", "2PL", (1.3,), (0.4,)),
        ItemParameters("guess", "3PL", (1.1,), (-0.3,), c=0.2),
        ItemParameters("rated", "GRM", (1.5,), (-1.0, 0.2, 1.1)),
        ItemParameters("steps", "GPCM", (0.8,), (0.3, -0.5)),
    )


def test_s_x2_of_lsat7():
    """Oracle: R mirt. Its estimates stop .001 short of the maximum, which is what is left here."""
    printed = known("mirt_s_x2")
    a, d = np.array(printed["a"]), np.array(printed["d"])
    items = two_parameter(a, -d / a)
    categories, weights = lsat7(items)
    got = item_fit(items, categories, GRID, weights=weights)
    np.testing.assert_allclose([fit.statistic for fit in got], printed["s_x2"], atol=3e-3)
    assert [fit.df for fit in got] == [printed["df"]] * 5
    np.testing.assert_allclose(
        [fit.p for fit in got], chi2.sf(printed["s_x2"], printed["df"]), atol=1e-3
    )


def test_degrees_of_freedom_of_known_parameters():
    items = two_parameter([1, 1.2, 0.8, 1.5, 1], [-1, -0.5, 0, 0.5, -1.2])
    categories, weights = lsat7(items)
    known_ones = item_fit(items, categories, GRID, weights=weights, estimated=False)
    both = item_fit(items, categories, GRID, weights=weights, estimated=[True] + [False] * 4)
    assert [fit.df for fit in known_ones] == [4] * 5
    assert [fit.df for fit in both] == [2, 4, 4, 4, 4]
    assert both[0].statistic == known_ones[0].statistic


def test_lord_wingersky_is_the_sum_over_all_patterns():
    items, theta = mixed_items(), np.array([-1.5, 0.0, 0.7])
    chance = probabilities(items, theta)
    wanted = np.zeros((8, 3))
    for pattern in product(*(range(item.n_categories) for item in items)):
        wanted[sum(pattern)] += np.prod(
            [chance[place, category] for place, category in enumerate(pattern)], axis=0
        )
    np.testing.assert_allclose(summed_score_distribution(items, theta), wanted, atol=1e-14)


def test_expected_counts_of_polytomous_items_by_brute_force():
    """Kang & Chen: P(X = k | sum score) from all patterns of the test, integrated over ability."""
    items, rng = mixed_items(), np.random.default_rng(5)
    categories = np.column_stack([rng.integers(0, item.n_categories, 5000) for item in items])
    got = item_fit(items, categories.astype(np.int16), GRID, minimum_expected=1e-6)
    chance = probabilities(items, GRID.nodes)
    for place, fit in enumerate(got):
        width = items[place].n_categories
        joint = np.zeros((8, width))
        for pattern in product(*(range(item.n_categories) for item in items)):
            parts = [chance[at, category] for at, category in enumerate(pattern)]
            joint[sum(pattern), pattern[place]] += np.prod(parts, axis=0) @ GRID.weights
        persons = np.bincount(categories.sum(axis=1), minlength=8)
        wanted = persons[:, None] * joint / joint.sum(axis=1, keepdims=True)
        scores = range(width - 1, 8 - width + 1)
        assert fit.scores == tuple((score, score) for score in scores)
        np.testing.assert_allclose(fit.expected, wanted[list(scores)], rtol=1e-9)
        seen = [
            np.bincount(categories[categories.sum(axis=1) == s, place], minlength=width)
            for s in scores
        ]
        np.testing.assert_array_equal(fit.observed, seen)
        difference = np.array(seen) - wanted[list(scores)]
        assert fit.statistic == pytest.approx((difference**2 / wanted[list(scores)]).sum())


@settings(max_examples=25, deadline=None)
@given(st.integers(20, 400), st.integers(0, 10_000), st.sampled_from([0.5, 1.0, 5.0]))
def test_collapsing_keeps_every_person_and_no_sparse_cell(n_persons, seed, minimum):
    items, rng = mixed_items(), np.random.default_rng(seed)
    categories = np.column_stack([rng.integers(0, item.n_categories, n_persons) for item in items])
    total = categories.sum(axis=1)
    for item, fit in zip(
        items,
        item_fit(items, categories.astype(np.int16), GRID, minimum_expected=minimum),
        strict=True,
    ):
        inside = (total >= item.n_categories - 1) & (total <= 8 - item.n_categories)
        assert fit.observed.sum() == inside.sum()
        np.testing.assert_allclose(fit.observed.sum(axis=1), fit.expected.sum(axis=1))
        ends = [score for row in fit.scores for score in range(row[0], row[1] + 1)]
        assert ends == list(range(item.n_categories - 1, 9 - item.n_categories))
        if len(fit.scores) > 1:
            assert (fit.expected.sum(axis=1) >= 2 * minimum).all()
        if fit.statistic is None:
            assert fit.reason
            assert fit.p is None
        else:
            assert 0 <= fit.p <= 1


def test_incomplete_and_nominal_data_are_refused_by_name():
    items = two_parameter([1, 1], [0, 0])
    with pytest.raises(FitError, match=r"person 2 did not answer item 'item1'.*sparse_item_fit"):
        item_fit(items, np.array([[1, 0], [-1, 1]], dtype=np.int16), GRID)
    nominal = (ItemParameters("choice", "NRM", (0.5, 1.0), (0.0, 0.0)), items[0])
    with pytest.raises(FitError, match="choice"):
        item_fit(nominal, np.zeros((3, 2), dtype=np.int16), GRID)
    with pytest.raises(FitError, match="category 2 is none of 0 to 1"):
        item_fit(items, np.array([[1, 2]], dtype=np.int16), GRID)


def test_s_x2_rejects_at_its_level_and_finds_guessing():
    rng = np.random.default_rng(20)
    p_values, found = [], []
    for _ in range(12):
        a, b = rng.lognormal(0.1, 0.25, 20), rng.uniform(-1.5, 1.5, 20)
        c = np.where(np.arange(20) == 3, 0.35, 0.0)
        a[3], b[3] = 2.0, 1.0
        codes = dichotomous(rng, a, b, 2000, c=c)
        result = calibrate(codes, "2PL", standard_errors="none")
        fits = item_fit(result.items, as_categories(codes), result.quadrature)
        found.append(fits[3].p < 0.05)
        p_values += [fit.p for place, fit in enumerate(fits) if place != 3]
    assert np.mean(found) > 0.7
    # 228 tests at .05; 2.6 SD of a binomial proportion
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.0375)


def test_s_x2_of_graded_items_rejects_at_its_level():
    rng = np.random.default_rng(8)
    p_values = []
    for _ in range(10):
        b = np.sort(rng.normal(0, 1, (10, 3)), axis=1) + np.array([-0.6, 0.0, 0.6])
        codes = graded(rng, rng.lognormal(0.2, 0.2, 10), b, 1500)
        result = calibrate(codes, "GRM", standard_errors="none")
        fits = item_fit(result.items, as_categories(codes), result.quadrature)
        p_values += [fit.p for fit in fits]
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.057)
    assert 0.4 < np.mean(p_values) < 0.6


@pytest.mark.parametrize("kind", ["RM", "RM_incomplete"])
def test_mean_squares_of_the_rasch_model(kind):
    """Oracle: R eRm itemfit and personfit, at its abilities and difficulties."""
    printed = known("erm_mean_squares")[kind]
    items = tuple(
        ItemParameters(f"item{place + 1}", "Rasch", (1.0,), (b,))
        for place, b in enumerate(printed["b"])
    )
    categories, weights = lsat7(items)
    if kind == "RM_incomplete":
        for row in range(2, 32, 3):
            categories[row - 1, row % 5] = -1
    rows = np.array(printed["patterns"]) - 1
    got = mean_squares(items, categories[rows], ability=printed["theta"], weights=weights[rows])
    for name in ("outfit", "infit"):
        np.testing.assert_allclose(
            [getattr(one, name) for one in got.items], printed[f"item_{name}"], atol=2e-6
        )
        np.testing.assert_allclose(
            [getattr(one, f"z_{name}") for one in got.items], printed[f"item_{name}_z"], atol=2e-5
        )
        np.testing.assert_allclose(getattr(got.persons, name), printed[f"person_{name}"], atol=2e-6)
        np.testing.assert_allclose(
            getattr(got.persons, f"z_{name}"), printed[f"person_{name}_z"], atol=2e-5
        )


def test_mean_squares_of_the_partial_credit_model():
    """Oracle: R eRm."""
    printed = known("erm_mean_squares")["PCM"]
    easiness = np.array(printed["cumulative_easiness"]).reshape(4, 3)
    steps = -np.diff(easiness, axis=1, prepend=0.0)
    data = read_responses(KNOWN / "science.csv")
    items = tuple(
        ItemParameters(name, "PCM", (1.0,), tuple(row))
        for name, row in zip(data.items, steps, strict=True)
    )
    categories = categories_for(items, data, lowest_code=1)[np.array(printed["persons"]) - 1]
    got = mean_squares(items, categories, ability=printed["theta"])
    for name in ("outfit", "infit"):
        np.testing.assert_allclose(
            [getattr(one, name) for one in got.items], printed[f"item_{name}"], atol=2e-6
        )
        np.testing.assert_allclose(
            [getattr(one, f"z_{name}") for one in got.items], printed[f"item_{name}_z"], atol=5e-5
        )
        np.testing.assert_allclose(
            getattr(got.persons, name)[:25], printed[f"person_{name}"], atol=2e-6
        )


def test_mean_squares_of_a_known_ability_are_one_on_average():
    rng, items = np.random.default_rng(4), mixed_items()
    theta = rng.normal(0, 1, 4000)
    chance = np.cumsum(probabilities(items, theta), axis=1)
    categories = (rng.random((4, 1, 4000)) > chance).sum(axis=1).T.astype(np.int16)
    got = mean_squares(items, categories, ability=theta)
    for one in got.items:
        assert one.infit == pytest.approx(1, abs=0.08)
        assert abs(one.z_infit) < 3
        assert abs(one.z_outfit) < 3


def test_what_has_no_mean_square_says_why():
    items = (
        ItemParameters("choice", "NRM", (0.5, 1.0), (0.0, 0.0)),
        ItemParameters("asked", "2PL", (1.0,), (0.3,)),
        ItemParameters("unasked", "2PL", (1.0,), (0.0,)),
        ItemParameters("also", "2PL", (0.8,), (-0.3,)),
    )
    categories = np.array(
        [[2, 1, -1, 0], [0, 0, -1, 1], [-1, -1, -1, -1], [1, 1, -1, 1], [1, -1, -1, -1]],
        dtype=np.int16,
    )
    got = mean_squares(items, categories, ability="EAP")
    assert got.items[0].infit is None
    assert "without an order" in got.items[0].reason
    assert got.items[2].infit is None
    assert "no answer" in got.items[2].reason
    assert got.items[1].infit is not None
    assert dict(got.persons.left_out) == {2: "no answer", 4: "no answer to ordered items"}
    assert got.persons.persons.tolist() == [0, 1, 3]
    assert np.isfinite(got.persons.z_outfit).all()
