"""lz and lz*: another program's numbers, the formulas, and their distribution."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from calibration import normal_grid
from calibration.fit import FitError, person_fit
from calibration.fit.ability import abilities
from calibration.parameters import (
    ItemParameters,
    ability_scores,
    log_probabilities,
    probabilities,
)

KNOWN = Path(__file__).parents[1] / "known_values"
OURS = {"ML": "ML", "BM": "MAP", "WL": "WLE"}


def printed_example():
    printed = json.loads((KNOWN / "perfit_lz.json").read_text(encoding="utf-8"))
    items = tuple(
        ItemParameters(f"item{place}", "3PL" if c else "2PL", (a,), (b,), c=c)
        for place, (a, b, c) in enumerate(
            zip(printed["a"], printed["b"], printed["c"], strict=True)
        )
    )
    return printed, items, np.array(printed["answers"], dtype=np.int16)


def rating_scale(rng, n_items=20):
    return tuple(
        ItemParameters(
            f"item{place}",
            "GRM" if place % 2 else "GPCM",
            (float(rng.lognormal(0.2, 0.2)),),
            tuple((np.array([-1.0, 0.0, 1.0]) + rng.normal(0, 0.7)).tolist()),
        )
        for place in range(n_items)
    )


def answers_of(rng, items, theta):
    passed = np.cumsum(probabilities(items, theta), axis=1)[:, :-1]
    return (rng.random((len(items), 1, len(theta))) > passed).sum(axis=1).T.astype(np.int16)


@pytest.mark.parametrize("method", ["ML", "BM", "WL"])
def test_lz_and_lz_star_of_dichotomous_items(method):
    """Oracle: R PerFit, 2PL and 3PL items."""
    printed, items, answers = printed_example()
    got = person_fit(items, answers, ability=OURS[method])
    assert got.persons.tolist() == list(range(12))
    np.testing.assert_allclose(got.theta, printed[method]["theta"], atol=2e-6)
    np.testing.assert_allclose(got.lz, printed[method]["lz"], atol=1e-5)
    np.testing.assert_allclose(got.lz_star, printed[method]["lz_star"], atol=1e-5)


def test_lz_of_polytomous_items_by_the_formula_of_drasgow_and_others():
    rng = np.random.default_rng(3)
    items, theta = rating_scale(rng, 6), np.array([-0.8, 0.1, 1.4])
    answers = answers_of(rng, items, theta)
    answers[1, :2] = -1
    got = person_fit(items, answers, ability=theta)
    for person in range(3):
        log_likelihood = mean = variance = 0.0
        for place, item in enumerate(items):
            if answers[person, place] < 0:
                continue
            chance = probabilities([item], theta[person])[0, :, 0]
            log_likelihood += np.log(chance[answers[person, place]])
            mean += (chance * np.log(chance)).sum()
            for one in chance:
                for other in chance:
                    variance += one * other * np.log(one) * np.log(one / other)
        assert got.lz[person] == pytest.approx((log_likelihood - mean) / np.sqrt(variance))


def test_lz_star_does_not_change_with_ability_in_first_order():
    """What Snijders' correction is for: the derivative of l - E l - c s has expectation 0."""
    rng = np.random.default_rng(6)
    items, at, step = rating_scale(rng, 4), 0.3, 1e-5
    chance = probabilities(items, at)[:, :, 0]

    def expected_surplus(theta, weight):
        table = log_probabilities(items, theta)[:, :, 0]
        score = ability_scores(items, theta)[:, :, 0]
        own = probabilities(items, theta)[:, :, 0]
        centre = (own * table).sum(axis=1, keepdims=True)
        return (chance * (table - centre - weight * score)).sum()

    slope = ability_scores(items, at)[:, :, 0]
    table = np.log(chance)
    weight = (chance * slope * table).sum() / (chance * slope**2).sum()

    def change(weight):
        above, below = (expected_surplus(at + sign * step, weight) for sign in (1, -1))
        return (above - below) / (2 * step)

    assert change(weight) == pytest.approx(0, abs=1e-6)
    assert abs(change(0.0)) > 0.01


@pytest.mark.parametrize("method", ["ML", "WLE", "MAP", "EAP"])
@pytest.mark.parametrize("share", [0.0, 0.3])
def test_lz_star_is_standard_normal_with_estimated_abilities(method, share):
    """Polytomous items, with and without missing answers; lz itself varies too little."""
    rng = np.random.default_rng(12)
    items, theta = rating_scale(rng, 40), rng.normal(0, 1, 3000)
    answers = answers_of(rng, items, theta)
    answers[rng.random(answers.shape) < share] = -1
    got = person_fit(items, answers, ability=method)
    assert len(got.persons) > 2980
    # the mean is off by a term of order 1 / sqrt(n_items)
    assert got.lz_star.mean() == pytest.approx(0, abs=0.15)
    assert got.lz_star.std() == pytest.approx(1, abs=0.05)
    assert (got.p < 0.05).mean() == pytest.approx(0.05, abs=0.013)
    assert got.lz.var() < got.lz_star.var()


def test_careless_persons_are_found():
    rng = np.random.default_rng(2)
    items, theta = rating_scale(rng, 30), rng.normal(0, 1, 600)
    answers = answers_of(rng, items, theta)
    answers[:100] = rng.integers(0, 4, (100, 30))
    got = person_fit(items, answers)
    low = got.p < 0.01
    assert low[:100].mean() > 0.9
    assert low[100:].mean() < 0.04


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["ML", "WLE", "MAP"]))
def test_abilities_solve_their_estimating_equations(seed, method):
    """Against a root finder of one person at a time, with derivatives by differences."""
    rng = np.random.default_rng(seed)
    items = rating_scale(rng, 6)
    answers = answers_of(rng, items, np.array([rng.normal()]))
    theta, reasons = abilities(items, answers, method, normal_grid())
    if reasons:
        assert method == "ML"
        assert answers.max() == 0 or answers.min() == 3
        return

    def log_likelihood(at):
        table = log_probabilities(items, at)[:, :, 0]
        return table[np.arange(6), answers[0]].sum()

    def moments(at, step=1e-4):
        here, above, below = (probabilities(items, at + d)[:, :, 0] for d in (0, step, -step))
        first, second = (above - below) / (2 * step), (above - 2 * here + below) / step**2
        return (first * second / here).sum(), (first**2 / here).sum()

    def equation(at):
        value = (log_likelihood(at + 1e-4) - log_likelihood(at - 1e-4)) / 2e-4
        if method == "MAP":
            return value - at
        if method == "WLE":
            bias, spread = moments(at)
            return value + bias / (2 * spread)
        return value

    assert theta[0] == pytest.approx(brentq(equation, theta[0] - 0.5, theta[0] + 0.5), abs=2e-4)


def test_persons_without_a_value_are_left_out_with_the_reason():
    items = tuple(ItemParameters(f"i{k}", "2PL", (1.0 + k / 5,), (k / 3 - 1,)) for k in range(6))
    answers = np.array(
        [[1] * 6, [-1] * 6, [1, 0, 1, 0, 1, 0], [1, -1, -1, -1, -1, -1]], dtype=np.int16
    )
    got = person_fit(items, answers, ability="ML")
    reasons = dict(got.left_out)
    assert got.persons.tolist() == [2]
    assert "no finite ML" in reasons[0]
    assert reasons[1] == "no answer"
    assert "no finite ML" in reasons[3]
    single = person_fit(items, answers, ability="EAP")
    assert single.persons.tolist() == [0, 2]
    assert "apart from ability" in dict(single.left_out)[3]
    given_abilities = person_fit(items, answers, ability=[0.0, 0.0, np.inf, 0.0])
    assert dict(given_abilities.left_out)[2] == "ability is not finite"
    with pytest.raises(FitError, match="came 'best'"):
        person_fit(items, answers, ability="best")
