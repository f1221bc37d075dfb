"""Logistic regression: difR, general optimisers, and what must hold of any data."""

import numpy as np
import pytest
from dif_known import all_of, difr, right_or_wrong, verbal_aggression
from dif_simulated import complete, two_groups
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from calibration.dif import DifError, logistic
from calibration.dif.logistic import nagelkerke
from calibration.dif.proportional_odds import fit_proportional_odds

HALF_A_DIGIT = 0.501e-4
ONES = np.ones(316)


def test_difr_verbal_aggression():
    printed = difr()["logistic"]
    got = logistic(*right_or_wrong(), reference=0)
    for kind, df in (("both", 2), ("uniform", 1), ("nonuniform", 1)):
        tests = all_of(got, kind)
        np.testing.assert_allclose(
            [test.chi_square for test in tests], printed[kind], rtol=0, atol=HALF_A_DIGIT
        )
        assert {test.df for test in tests} == {df}
    np.testing.assert_allclose(
        all_of(got, "r_squared_change"), printed["r_squared_change"], rtol=0, atol=HALF_A_DIGIT
    )


def test_difr_verbal_aggression_with_purification():
    printed = difr()["logistic_purified"]
    got = logistic(*right_or_wrong(), reference=0, purify=True)
    both = [test.chi_square for test in all_of(got, "both")]
    np.testing.assert_allclose(both, printed["both"], rtol=0, atol=HALF_A_DIGIT)
    np.testing.assert_allclose(
        all_of(got, "r_squared_change"), printed["r_squared_change"], rtol=0, atol=HALF_A_DIGIT
    )
    assert got.flagged == tuple(printed["flagged"])
    assert (got.n_rounds - 1, got.settled) == (printed["rounds_after_the_first"], True)
    larger = [one.item for one in got.results if one.jodoin_gierl == "B"]
    assert larger == printed["jodoin_gierl_b"]
    assert {one.zumbo_thomas for one in got.results} == {"A"}


def test_difr_verbal_aggression_with_named_anchors():
    names, codes, gender = right_or_wrong()
    got = logistic(names, codes, gender, reference=0, anchors=names[:5])
    both = [test.chi_square for test in all_of(got, "both")[5:]]
    printed = difr()["logistic_first_five_anchors"]["both_of_the_others"]
    np.testing.assert_allclose(both, printed, rtol=0, atol=HALF_A_DIGIT)


def test_two_categories_are_the_regression_of_scikit_learn():
    _, codes, gender = right_or_wrong()
    score = codes.sum(axis=1)
    design = np.column_stack([score, gender, gender * score]).astype(float)
    ours = fit_proportional_odds(codes[:, 3].astype(int), design, ONES)
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(design, codes[:, 3])
    np.testing.assert_allclose(ours.slopes, theirs.coef_[0], rtol=2e-4)
    np.testing.assert_allclose(ours.thresholds, theirs.intercept_, rtol=2e-4)
    probability = theirs.predict_proba(design)[np.arange(316), codes[:, 3]]
    assert ours.log_likelihood == pytest.approx(np.log(probability).sum(), abs=1e-6)
    assert ours.reason is None


def test_three_categories_are_the_maximum_that_a_general_optimiser_finds():
    _, codes, gender = verbal_aggression()
    score = (codes.sum(axis=1) - 20) / 10
    design = np.column_stack([score, gender])

    def lost(vector):
        first, gap, *slopes = vector
        passed = [expit(t + design @ slopes) for t in (first, first - np.exp(gap))]
        by_category = np.stack([1 - passed[0], passed[0] - passed[1], passed[1]])
        return -np.log(by_category[codes[:, 7], np.arange(316)]).sum()

    found = minimize(lost, [0.5, 0.0, 0.0, 0.0], method="BFGS", options={"gtol": 1e-7})
    ours = fit_proportional_odds(codes[:, 7].astype(int), design, ONES)
    assert ours.log_likelihood == pytest.approx(-found.fun, abs=1e-7)
    np.testing.assert_allclose(ours.slopes, found.x[2:], atol=1e-4)
    first, gap = found.x[:2]
    np.testing.assert_allclose(ours.thresholds, [first, first - np.exp(gap)], atol=1e-4)


def test_the_two_parts_add_up_and_three_groups_have_two_degrees_each():
    names, codes, gender = verbal_aggression()
    groups = np.where(gender == 1, "men", np.where(np.arange(316) % 2, "odd", "even"))
    got = logistic(names, codes, groups, reference="even")
    for one in got.results:
        assert one.both.chi_square == pytest.approx(
            one.uniform.chi_square + one.nonuniform.chi_square, abs=1e-6
        )
        assert (one.both.df, one.uniform.df, one.nonuniform.df) == (4, 2, 2)
        assert set(one.log_odds) == {"men", "odd"}


def test_weights_are_repeated_rows():
    names, codes, gender = verbal_aggression()
    weights = np.random.default_rng(6).integers(0, 3, len(codes))
    rows = np.repeat(np.arange(len(codes)), weights)
    weighted = logistic(names[:6], codes[:, :6], gender, weights=weights, reference=0)
    repeated = logistic(names[:6], codes[rows, :6], gender[rows], reference=0)
    for one, other in zip(weighted.results, repeated.results, strict=True):
        assert one.both.chi_square == pytest.approx(other.both.chi_square, abs=1e-6)
        assert one.r_squared_change == pytest.approx(other.r_squared_change, abs=1e-8)
        assert one.n_persons == other.n_persons


def test_nagelkerke_reaches_from_0_to_1():
    assert nagelkerke(-50.0, -50.0, 100) == 0
    assert nagelkerke(0.0, -50.0, 100) == pytest.approx(1)
    # 1 - exp(-2 x 20 / 100) = .3297, against its largest value 1 - exp(-1) = .6321
    assert nagelkerke(-30.0, -50.0, 100) == pytest.approx(0.32968 / 0.63212, abs=1e-5)


def test_the_kind_asked_for_flags():
    """Curves that cross in the middle: no uniform DIF, but non-uniform."""
    rng = np.random.default_rng(43)
    groups, theta = two_groups(rng, 3000)
    focal = groups == "focal"
    b = np.linspace(-1.5, 1.5, 15)
    codes = complete(rng, theta, 1.0, b)
    codes[:, 7] = rng.random(len(theta)) < expit(np.where(focal, 0.5, 2.0) * theta)
    names = [f"i{n}" for n in range(15)]
    crossing = logistic(names, codes, groups, kind="nonuniform")["i7"]
    assert crossing.p_value < 1e-6
    assert crossing.p_value == crossing.nonuniform.p_value
    assert logistic(names, codes, groups, kind="uniform")["i7"].p_value > 1e-3
    with pytest.raises(DifError, match="kind is both, uniform or nonuniform"):
        logistic(names, codes, groups, kind="neither")


def test_log_odds_are_the_shift_in_difficulty():
    rng = np.random.default_rng(44)
    groups, theta = two_groups(rng, 4000)
    shift = np.zeros(25)
    shift[5] = 0.6
    codes = complete(rng, theta, 1.0, np.linspace(-2, 2, 25), (groups == "focal")[:, None] * shift)
    got = logistic([f"i{n}" for n in range(25)], codes, groups)["i5"]
    assert got.log_odds["focal"] == pytest.approx(-0.6, abs=0.2)
    assert got.jodoin_gierl in ("A", "B")


def test_what_cannot_be_computed_says_why():
    rng = np.random.default_rng(45)
    groups = np.repeat(["x", "y"], 40)
    codes = rng.integers(0, 2, (80, 5)).astype(np.int16)
    codes[:, 0] = 1
    codes[groups == "y", 1] = -1
    codes[:, 2] = -1
    got = logistic(list("abcde"), codes, groups, anchors=["d", "e"])
    assert "answers alike" in got["a"].reason
    assert "nobody of group y" in got["b"].reason
    assert "nobody has an answer" in got["c"].reason
    assert got["a"].both is None
    assert got["d"].both is not None


def test_complete_separation_is_told():
    x = np.linspace(-1, 1, 20)
    fit = fit_proportional_odds((x > 0).astype(int), x[:, None], np.ones(20))
    assert "separated completely" in fit.reason
    twice = fit_proportional_odds(
        np.tile([0, 1], 10), np.column_stack([np.ones(20), x]), np.ones(20)
    )
    assert twice.reason is not None
