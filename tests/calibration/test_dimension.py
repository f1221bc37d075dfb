"""Polychoric correlations against closed forms and GIRTH; parallel analysis on known factors."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm
from simulated import dichotomous, graded

from calibration import CalibrationError, DataError
from calibration.dimension import parallel_analysis, polychoric_correlations


def from_counts(counts):
    """Answers to two items that have this table."""
    rows, columns = np.indices(np.shape(counts))
    n = np.ravel(counts)
    return np.column_stack([np.repeat(rows.ravel(), n), np.repeat(columns.ravel(), n)]).astype(
        np.int16
    )


def factors(rng, n_factors, n_items, n_persons, loading, limits):
    """Items of simple structure, cut at ``limits``."""
    ability = rng.standard_normal((n_persons, n_factors))
    noise = rng.standard_normal((n_persons, n_items))
    behind = loading * ability[:, np.arange(n_items) % n_factors]
    behind += np.sqrt(1 - loading**2) * noise
    return np.searchsorted(limits, behind).astype(np.int16)


@given(st.integers(1, 400), st.integers(1, 400))
def test_of_items_halved_it_is_sheppards_formula(alike, different):
    """Both thresholds 0: rho = sin(2 pi (p11 - 1/4)) (Sheppard, 1899)."""
    counts = [[alike, different], [different, alike]]
    got = polychoric_correlations(from_counts(counts))[0, 1]
    expected = np.sin(2 * np.pi * (alike / (2 * (alike + different)) - 0.25))
    assert got == pytest.approx(np.clip(expected, -0.9999, 0.9999), abs=2e-5)


@pytest.mark.parametrize("rho", [-0.9, -0.4, 0.0, 0.3, 0.75, 0.95])
def test_the_correlation_of_a_table_without_sampling_error_is_found(rho):
    """Cells from scipy's bivariate normal distribution, a million persons."""
    limits = [[-np.inf, -1.0, 0.2, 1.1, np.inf], [-np.inf, -0.5, 0.8, np.inf]]
    behind = multivariate_normal([0, 0], [[1, rho], [rho, 1]])
    below = np.array(
        [
            [behind.cdf(np.clip([a, b], -9, 9)) if min(a, b) > -np.inf else 0.0 for b in limits[1]]
            for a in limits[0]
        ]
    )
    counts = np.rint(1e6 * np.diff(np.diff(below, axis=0), axis=1)).astype(int)
    got = polychoric_correlations(from_counts(np.maximum(counts, 0)))[0, 1]
    assert got == pytest.approx(rho, abs=1e-4)


def test_agrees_with_girth(monkeypatch):
    """Oracle: GIRTH's tables, thresholds and search.

    The integral that it took from scipy.stats.mvn is no longer there; multivariate_normal stands
    in.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import girth.common.polychoric as theirs

        def mvnun(low, upp, mean, covariance, **_):
            return multivariate_normal.cdf(upp, mean, covariance, lower_limit=low), 0

        monkeypatch.setattr(theirs, "mvn", SimpleNamespace(mvnun=mvnun))
        rng = np.random.default_rng(41)
        b = np.sort(rng.standard_normal((5, 3)), axis=1) + np.array([-0.4, 0, 0.4])
        codes = graded(rng, [1, 1.5, 2, 0.8, 1.2], b, 800).astype(np.int16)
        expected = theirs.polychoric_correlation_serial(codes.T.astype(int), 0, 3)
    np.testing.assert_allclose(polychoric_correlations(codes), expected, atol=1e-5)


def test_an_empty_cell_counts_as_half_a_person():
    """Brown and Benedetti: half a person in, and the margins as they were."""
    got = polychoric_correlations(from_counts([[0, 20], [30, 50]]))[0, 1]
    doubled = polychoric_correlations(from_counts([[1, 39], [59, 101]]))[0, 1]
    assert got == pytest.approx(doubled, abs=1e-6)
    turned = polychoric_correlations(from_counts([[20, 0], [50, 30]]))[0, 1]
    assert turned == pytest.approx(-got, abs=1e-6)


def test_categories_that_nobody_chose_change_nothing():
    rng = np.random.default_rng(42)
    codes = factors(rng, 1, 4, 500, 0.7, [-0.5, 0.5])
    apart = np.where(codes == 2, 5, codes).astype(np.int16)
    np.testing.assert_allclose(
        polychoric_correlations(apart), polychoric_correlations(codes), atol=1e-6
    )


def test_missing_answers_are_left_out_pairwise():
    rng = np.random.default_rng(43)
    codes = factors(rng, 1, 3, 20_000, 0.8, [-0.5, 0.5])
    holes = np.where(rng.random(codes.shape) < 0.3, -1, codes).astype(np.int16)
    off = ~np.eye(3, dtype=bool)
    assert polychoric_correlations(holes)[off] == pytest.approx(0.64, abs=0.03)


@pytest.mark.parametrize("comparison", ["permutation", "normal"])
@pytest.mark.parametrize("n_factors", [1, 2, 3])
def test_the_factors_that_there_are_are_found(comparison, n_factors):
    rng = np.random.default_rng(44)
    codes = factors(rng, n_factors, 15, 1000, 0.7, [-1.0, 0.0, 1.0])
    got = parallel_analysis(codes, rng, comparison=comparison, n_replications=20)
    assert got.n_factors == n_factors
    assert got.eigenvalues.sum() == pytest.approx(15)
    assert (np.diff(got.eigenvalues) <= 0).all()
    assert (got.comparison >= got.comparison_mean).all()


def test_a_calibratable_test_has_one_factor():
    rng = np.random.default_rng(45)
    codes = dichotomous(rng, rng.lognormal(0.1, 0.2, 15), rng.standard_normal(15), 1500)
    assert parallel_analysis(codes.astype(np.int16), rng, n_replications=20).n_factors == 1


def test_where_there_is_no_factor_few_are_found():
    """At the 95th percentile the first eigenvalue exceeds in 1 of 20 data sets, or a few more
    as the percentile is itself a draw: 30 trials."""
    rng = np.random.default_rng(46)
    found = [
        parallel_analysis(
            (rng.random((300, 6)) < 0.5).astype(np.int16), rng, n_replications=40
        ).n_factors
        for _ in range(30)
    ]
    assert sum(one > 0 for one in found) <= 6  # 99.7 % of all outcomes where the rate is .06


def test_both_comparisons_have_the_same_eigenvalues_in_the_mean():
    rng = np.random.default_rng(47)
    codes = factors(rng, 1, 8, 400, 0.6, [-0.3, 0.9])
    one, other = (
        parallel_analysis(codes, rng, comparison=name, n_replications=100).comparison_mean
        for name in ("permutation", "normal")
    )
    np.testing.assert_allclose(one, other, atol=0.03)


def test_all_randomness_comes_from_the_generator():
    codes = factors(np.random.default_rng(48), 1, 5, 200, 0.6, [0.0])
    one, again, other = (
        parallel_analysis(codes, np.random.default_rng(seed), n_replications=5).comparison
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_missing_answers_stay_missing_in_the_comparison():
    rng = np.random.default_rng(49)
    codes = factors(rng, 1, 8, 2000, 0.7, [-0.5, 0.5])
    codes[rng.random(codes.shape) < 0.4] = -1
    for comparison in ("permutation", "normal"):
        got = parallel_analysis(codes, rng, comparison=comparison, n_replications=20)
        assert got.n_factors == 1
    # Fewer persons a pair, more scatter among eigenvalues without a factor.
    whole = parallel_analysis(factors(rng, 1, 8, 2000, 0.7, [-0.5, 0.5]), rng, n_replications=20)
    assert got.comparison[0] > whole.comparison[0]


def test_what_cannot_be_analysed_is_refused():
    rng = np.random.default_rng(50)
    codes = factors(rng, 1, 4, 100, 0.7, [0.0])
    constant, apart = codes.copy(), codes.copy()
    constant[:, 2] = 1
    apart[:50, 0], apart[50:, 1] = -1, -1
    with pytest.raises(DataError, match="column 3 holds one category only"):
        parallel_analysis(constant, rng)
    with pytest.raises(DataError, match="nobody answered columns 1 and 2 both"):
        parallel_analysis(apart, rng)
    with pytest.raises(DataError, match="three items or more"):
        parallel_analysis(codes[:, :2], rng)
    with pytest.raises(CalibrationError, match="permutation or normal"):
        parallel_analysis(codes, rng, comparison="uniform")
    with pytest.raises(CalibrationError, match="percentile between"):
        parallel_analysis(codes, rng, percentile=100)
    with pytest.raises(CalibrationError, match="1 replication or more"):
        parallel_analysis(codes, rng, n_replications=0)


def test_thresholds_are_those_of_the_answers():
    """One half of a correlated pair shifted: the correlation stays, as the thresholds move."""
    rng = np.random.default_rng(51)
    behind = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], size=200_000)
    for limit in (0.0, norm.ppf(0.9)):
        codes = np.column_stack([behind[:, 0] > limit, behind[:, 1] > 0]).astype(np.int16)
        assert polychoric_correlations(codes)[0, 1] == pytest.approx(0.6, abs=0.015)
