"""Item fit on incomplete and adaptive data: what it must equal, and how often it rejects."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import kstest

from benchmarks.fit_type_one import GUESSES, Condition, adaptive_answers, p_values, pool
from calibration import calibrate, normal_grid
from calibration.fit import FitError, sparse_item_fit
from calibration.parameters import ItemParameters
from calibration.posterior import log_likelihoods

GRID = normal_grid(61, -5, 5)


def small_test(seed=1, n_persons=400, n_items=8, n_answers=4):
    rng = np.random.default_rng(seed)
    items = pool(rng, Condition("2PL", None, False, n_persons, n_items))
    return items, adaptive_answers(rng, items, n_persons, n_answers, 2)


def marginal(items, categories, place, shift):
    """Marginal log-likelihood of 2PL items, of which one has ``shift`` (by node) more logits."""
    total = np.tile(np.log(GRID.weights), (len(categories), 1))
    for at, item in enumerate(items):
        logits = item.a[0] * (GRID.nodes - item.b[0]) + (shift if at == place else 0.0)
        seen = categories[:, at] >= 0
        chance = np.stack([expit(-logits), expit(logits)])
        total[seen] += np.log(chance[categories[seen, at]])
    return np.log(np.exp(total).sum(axis=1)).sum()


def test_residuals_are_derivatives_of_the_marginal_likelihood():
    """By differences: raising the curve in one ability group raises the log-likelihood so much."""
    items, categories = small_test()
    for place in (0, 5):
        fit = sparse_item_fit(items, categories, GRID, estimated=False)[place]
        groups = fit.groups
        residual = (groups.observed - groups.expected)[:, 1] * groups.size
        for group, row in enumerate(np.eye(len(groups.ability))):
            shift = 1e-4 * np.interp(GRID.nodes, groups.ability, row)
            above = marginal(items, categories, place, shift)
            below = marginal(items, categories, place, -shift)
            assert residual[group] == pytest.approx((above - below) / 2e-4, abs=1e-4)


def test_covariance_by_enumeration_where_the_rest_is_given():
    """One item's residuals over both answers, weighed by their chances given the other answers."""
    items, categories = small_test(2, n_persons=80, n_items=24, n_answers=16)
    place = int(np.argmax((categories >= 0).sum(axis=0)))
    fit = sparse_item_fit(
        items,
        categories,
        GRID,
        estimated=False,
        n_groups=3,
        minimum_answers=10,
        minimum_expected=0.1,
    )[place]
    member = np.array(
        [np.interp(GRID.nodes, fit.groups.ability, row) for row in np.eye(len(fit.groups.ability))]
    )
    curve = expit(items[place].a[0] * (GRID.nodes - items[place].b[0]))
    answered = categories[categories[:, place] >= 0]
    total, spread = np.zeros(len(member)), np.zeros((len(member), len(member)))
    for person in answered:
        both, chances = [], []
        for answer in (0, 1):
            changed = person.copy()
            changed[place] = answer
            joint = np.exp(log_likelihoods(items, changed[None], GRID.nodes)[0]) * GRID.weights
            both.append(member @ (joint * (answer - curve)) / joint.sum())
            chances.append(joint.sum())
        chances = np.array(chances) / np.sum(chances)
        total += both[person[place]]
        mean = chances @ np.array(both)
        np.testing.assert_allclose(mean, 0, atol=1e-12)
        spread += np.einsum("k,ka,kb->ab", chances, both, both)
    np.testing.assert_allclose(fit.groups.se[:, 1] * fit.groups.size, np.sqrt(np.diag(spread)))
    assert fit.df == len(member)
    assert fit.statistic == pytest.approx(total @ np.linalg.solve(spread, total))


def test_statistic_ignores_small_errors_of_the_items_own_estimates():
    """First-order: other parameters move the residuals of known items, not those of estimated."""
    rng = np.random.default_rng(3)
    items = pool(rng, Condition("2PL", None, False, 2500, 20))
    categories = adaptive_answers(rng, items, 2500, 10, 5)
    place = int(np.argmax((categories >= 0).sum(axis=0)))
    own = items[place]
    moved = list(items)
    moved[place] = ItemParameters(own.name, "2PL", (own.a[0] * 1.03,), (own.b[0] + 0.08,))
    changes = [
        abs(
            sparse_item_fit(moved, categories, GRID, estimated=estimated)[place].statistic
            - sparse_item_fit(items, categories, GRID, estimated=estimated)[place].statistic
        )
        for estimated in (True, False)
    ]
    assert changes[0] < 0.25
    assert changes[1] > 4 * changes[0]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_weights_are_repetitions_and_order_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    items, categories = small_test(seed, n_persons=150)
    weights = rng.integers(1, 4, 150)
    repeated = rng.permutation(np.repeat(categories, weights, axis=0))
    for ours, theirs in zip(
        sparse_item_fit(items, categories, GRID, weights=weights),
        sparse_item_fit(items, repeated, GRID),
        strict=True,
    ):
        assert ours.df == theirs.df
        assert ours.reason == theirs.reason
        if ours.statistic is not None:
            assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize(
    ("model", "wanted"), [("Rasch", 4), ("1PL", 4), ("2PL", 3), ("3PL", 2), ("GRM", 11)]
)
def test_degrees_of_freedom(model, wanted):
    """Five groups by categories but one, less the item's own parameters."""
    rng = np.random.default_rng(9)
    b = (-0.7, 0.0, 0.7) if model == "GRM" else (0.1,)
    slope = 1.0 if model == "Rasch" else 1.4
    items = tuple(
        ItemParameters(f"i{k}", model, (slope,), b, c=0.2 if model == "3PL" else 0.0)
        for k in range(30)
    )
    categories = adaptive_answers(rng, items, 1500, 25, None)
    fits = sparse_item_fit(items, categories, GRID)
    assert {fit.df for fit in fits} <= {wanted, wanted - 1}
    assert all(0 <= fit.p <= 1 for fit in fits)
    for fit in fits:
        np.testing.assert_allclose(fit.groups.observed.sum(axis=1), 1)
        np.testing.assert_allclose(fit.groups.expected.sum(axis=1), 1)
        assert fit.groups.size.sum() == pytest.approx(fit.n_answers)


def test_nominal_items_have_fit_too():
    rng = np.random.default_rng(10)
    items = tuple(
        ItemParameters(f"i{k}", "NRM", (0.5 + k / 20, 1.5), (0.2, -0.3)) for k in range(20)
    )
    categories = adaptive_answers(rng, items, 1500, 12, None)
    fits = sparse_item_fit(items, categories, GRID, estimated=False)
    assert np.mean([fit.p < 0.05 for fit in fits]) < 0.3
    assert np.mean([fit.statistic / fit.df for fit in fits]) == pytest.approx(1, abs=0.3)


def test_items_without_a_statistic_say_why():
    items, categories = small_test(4, n_persons=200)
    categories[20:, 0] = -1
    categories[:, 7] = 1
    easy = ItemParameters("easy", "2PL", (1.0,), (-9.0,))
    fits = sparse_item_fit((*items[:7], easy), categories, GRID)
    assert fits[0].statistic is None
    assert "fewer than 50" in fits[0].reason
    assert fits[7].statistic is None
    assert "too few answers in some category" in fits[7].reason
    with pytest.raises(FitError, match="n_groups must be 3"):
        sparse_item_fit(items, categories, GRID, n_groups=2)
    with pytest.raises(FitError, match="7 items"):
        sparse_item_fit(items[:7], categories, GRID)


@pytest.mark.parametrize(
    ("condition", "replications"),
    [
        (Condition("2PL", 1, False, 1000), 15),
        (Condition("2PL", 5, True, 1500), 10),
        (Condition("GRM", 5, False, 800, n_items=30), 10),
    ],
    ids=str,
)
def test_rejects_fitting_items_at_its_level_on_adaptive_data(condition, replications):
    """30 % of the pool a person, chosen adaptively; the full study is benchmarks.fit_type_one."""
    values, _ = p_values(7, condition, replications)
    assert len(values) > 150
    within = 2.6 * np.sqrt(0.05 * 0.95 / len(values)) + 0.005
    assert np.mean(values < 0.05) == pytest.approx(0.05, abs=within)
    assert kstest(values, "uniform").pvalue > 0.001


def test_groups_show_where_the_curve_misses():
    """Guessers of low ability answer rightly more often than the curve without guessing says."""
    rng = np.random.default_rng(5)
    items = pool(rng, Condition("2PL", None, False, 3000, 40, has_misfit=True))
    categories = adaptive_answers(rng, items, 3000, 30, None)
    codes = np.where(categories < 0, np.nan, categories)
    result = calibrate(codes, "2PL", standard_errors="none")
    fit = sparse_item_fit(result.items, categories, result.quadrature)[GUESSES]
    z = ((fit.groups.observed - fit.groups.expected) / fit.groups.se)[:, 1]
    assert fit.p < 0.001
    assert z[0] > 2
    assert z.min() < -2
