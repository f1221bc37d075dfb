"""Information, standard errors and reliability against other programs and plain integrals."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm
from simulated import dichotomous

from calibration import Quadrature, normal_grid
from calibration.parameters import ItemParameters
from calibration.posterior import eap
from calibration.reliability import (
    ReliabilityError,
    conditional_standard_errors,
    empirical_reliability,
    marginal_reliability,
    total_information,
)

KNOWN = Path(__file__).parents[1] / "known_values"


def known(name):
    return json.loads((KNOWN / f"{name}.json").read_text(encoding="utf-8"))


def items_2pl(a, b):
    return [ItemParameters(f"i{k}", "2PL", (a[k],), (b[k],)) for k in range(len(a))]


@pytest.mark.parametrize("case", known("testdesign_information")["cases"])
def test_information_agrees_with_testdesign(case):
    a = case["a"]
    item = ItemParameters(
        "i", "3PL" if case["c"] else case["model"], (a,), tuple(case["b"]), c=case["c"]
    )
    got = np.log(total_information([item], np.arange(-3, 4))).sum()
    assert got == pytest.approx(case["sum_of_log_information"], abs=6e-6)


def test_information_adds_up_and_gives_the_standard_error():
    items = items_2pl([1.0, 2.0], [0.0, 0.0])
    np.testing.assert_allclose(total_information(items, [0.0]), [(1 + 4) / 4])
    np.testing.assert_allclose(conditional_standard_errors(items, [0.0]), [np.sqrt(4 / 5)])


def test_where_items_tell_nothing_the_standard_error_is_infinite():
    assert conditional_standard_errors(items_2pl([40.0], [0.0]), [30.0]) == np.inf


def test_empirical_reliability_agrees_with_mirt():
    """mirt prints the scores, their errors, how often each occurred, and the reliability."""
    printed = known("mirt_model_fit")["lsat7_summed_score_eap"]
    got = empirical_reliability(printed["theta"], printed["se"], weights=printed["observed"])
    assert got == pytest.approx(printed["empirical_reliability"], abs=1e-6)


def test_marginal_reliability_is_an_integral():
    """Five items, N(0, 1), information written out: scipy integrates both definitions."""
    a, b = np.array([0.6, 0.8, 1.0, 0.7, 0.9]), np.array([-1.0, -0.5, 0.0, 0.4, 1.2])

    def info(theta):
        share = 1 / (1 + np.exp(-a * (theta - b)))
        return np.sum(a**2 * share * (1 - share))

    error = quad(lambda t: norm.pdf(t) / info(t), -6, 6)[0]
    shrunk = quad(lambda t: norm.pdf(t) * info(t) / (info(t) + 1), -6, 6)[0]
    got = marginal_reliability(items_2pl(a, b), normal_grid())
    assert got == pytest.approx(1 - error, abs=1e-5)
    assert marginal_reliability(items_2pl(a, b), normal_grid(), error="posterior") == pytest.approx(
        shrunk, abs=1e-6
    )


def test_the_scale_does_not_matter():
    a, b = np.array([0.9, 1.4, 0.7]), np.array([-0.5, 0.2, 0.8])
    grid = normal_grid()
    wide = Quadrature(1 + 2 * grid.nodes, grid.weights)
    for error in ("estimate", "posterior"):
        assert marginal_reliability(items_2pl(a, b), grid, error=error) == pytest.approx(
            marginal_reliability(items_2pl(a / 2, 1 + 2 * b), wide, error=error)
        )


@given(st.floats(0.3, 2), st.integers(5, 40))
def test_the_posterior_form_is_never_below_the_other(a, n_items):
    items = items_2pl(np.full(n_items, a), np.linspace(-2, 2, n_items))
    lower, upper = (
        marginal_reliability(items, normal_grid(), error=error)
        for error in ("estimate", "posterior")
    )
    assert lower <= upper + 1e-12
    assert 0 < upper < 1


def test_marginal_and_empirical_reliability_meet_in_a_sample():
    """40 items, 4000 persons: also the squared correlation of EAP and ability."""
    rng = np.random.default_rng(31)
    a, b = rng.lognormal(0.1, 0.2, 40), rng.standard_normal(40)
    theta = rng.standard_normal(4000)
    share = 1 / (1 + np.exp(-a * (theta[:, None] - b)))
    codes = (rng.random(share.shape) < share).astype(np.int16)
    found = eap(items_2pl(a, b), codes, normal_grid())
    empirical = empirical_reliability(found.theta, found.se)
    assert empirical == pytest.approx(np.corrcoef(theta, found.theta)[0, 1] ** 2, abs=0.015)
    assert empirical == pytest.approx(
        marginal_reliability(items_2pl(a, b), normal_grid(), error="posterior"), abs=0.02
    )


def test_weights_are_frequencies():
    rng = np.random.default_rng(32)
    codes = dichotomous(rng, [1.0, 1.2, 0.8], [0.0, 0.5, -0.5], 50).astype(np.int16)
    items = items_2pl([1.0, 1.2, 0.8], [0.0, 0.5, -0.5])
    found = eap(items, codes, normal_grid())
    counts = rng.integers(0, 4, 50)
    assert empirical_reliability(found.theta, found.se, weights=counts) == pytest.approx(
        empirical_reliability(np.repeat(found.theta, counts), np.repeat(found.se, counts))
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: empirical_reliability([0.0, 1.0], [0.5]), "one number a person"),
        (lambda: empirical_reliability([0.0, np.nan], [0.5, 0.5]), "finite"),
        (lambda: empirical_reliability([0.0, 1.0], [0.5, -0.5]), "not negative"),
        (lambda: empirical_reliability([1.0, 1.0], [0.0, 0.0]), "undefined"),
        (lambda: empirical_reliability([1.0], [0.5]), "more than one person"),
        (
            lambda: marginal_reliability(items_2pl([200.0], [0.0]), normal_grid()),
            "nothing about ability -6",
        ),
        (
            lambda: marginal_reliability(items_2pl([1.0], [0.0]), normal_grid(), error="mean"),
            "estimate or posterior",
        ),
    ],
)
def test_what_cannot_be_computed_is_refused(call, message):
    with pytest.raises(ReliabilityError, match=message):
        call()
