"""Q3: numpy's own correlations, missing data, and planted dependence."""

import numpy as np
import pytest
from scipy.special import expit
from simulated import parameters

from calibration import normal_grid
from calibration.fit import FitError, local_dependence
from calibration.parameters import ItemParameters, expected_scores
from calibration.posterior import eap


def simulated(seed, n_persons=3000, n_items=15, effect=0.0):
    """Items 0 and 1 share something that the other items do not."""
    rng = np.random.default_rng(seed)
    a, b = parameters(rng, n_items)
    shared = effect * rng.standard_normal((n_persons, 1)) * (np.arange(n_items) < 2)
    logits = a * (rng.standard_normal((n_persons, 1)) - b) + shared
    items = tuple(
        ItemParameters(f"item{place}", "2PL", (slope,), (at,))
        for place, (slope, at) in enumerate(zip(a.tolist(), b.tolist(), strict=True))
    )
    return items, (rng.random(logits.shape) < expit(logits)).astype(np.int16), rng


def test_q3_is_the_correlation_of_residuals():
    """Oracle: numpy.corrcoef, pair by pair among those who answered both."""
    items, answers, rng = simulated(1, n_persons=800, n_items=6)
    answers[rng.random(answers.shape) < 0.3] = -1
    theta = eap(items, answers, normal_grid()).theta
    residual = answers - expected_scores(items, theta).T
    got = local_dependence(items, answers)
    assert len(got.pairs) == 15
    for (first, second), q3, n in zip(got.pairs, got.q3, got.n_persons, strict=True):
        both = (answers[:, first] >= 0) & (answers[:, second] >= 0)
        assert n == both.sum()
        wanted = np.corrcoef(residual[both, first], residual[both, second])[0, 1]
        assert q3 == pytest.approx(wanted, abs=1e-12)
    assert got.mean == pytest.approx(got.q3.mean())
    np.testing.assert_allclose(got.adjusted.sum(), 0, atol=1e-12)


def test_weights_are_repetitions():
    items, answers, rng = simulated(2, n_persons=200, n_items=5)
    weights = rng.integers(0, 4, 200)
    once = local_dependence(items, answers, weights=weights)
    often = local_dependence(items, np.repeat(answers, weights, axis=0))
    np.testing.assert_allclose(once.q3, often.q3, atol=1e-12)
    np.testing.assert_array_equal(once.n_persons, often.n_persons)


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_a_dependent_pair_is_flagged_and_no_other(share):
    items, answers, rng = simulated(3, effect=1.5)
    answers[rng.random(answers.shape) < share] = -1
    got = local_dependence(items, answers)
    assert got.flagged == (("item0", "item1"),)
    assert got.mean < 0


def test_independent_items_are_not_flagged():
    items, answers, _ = simulated(4)
    assert local_dependence(items, answers).flagged == ()


def test_pairs_without_a_value_say_why():
    items, answers, _ = simulated(5, n_persons=300, n_items=4)
    answers[:250, 0] = -1
    answers[:, 1] = np.where(np.arange(300) < 150, answers[:, 1], -1)
    nominal = (ItemParameters("choice", "NRM", (0.5, 1.0), (0.0, 0.0)), *items[1:])
    few = local_dependence(items, answers)
    assert few.pairs.tolist() == [[1, 2], [1, 3], [2, 3]]
    assert {names[:2] for names in few.left_out} == {
        ("item0", "item1"),
        ("item0", "item2"),
        ("item0", "item3"),
    }
    assert all("too few" in names[2] for names in few.left_out)
    unordered = local_dependence(nominal, answers)
    assert unordered.left_out[0][0] == "choice"
    assert "NRM" in unordered.left_out[0][2]
    with pytest.raises(FitError, match="two items"):
        local_dependence(items[:1], answers[:, :1])
    nothing = local_dependence(items, answers, minimum_persons=1000)
    assert nothing.mean is None
    assert nothing.flagged == ()
