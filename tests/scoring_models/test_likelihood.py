"""From level probabilities to likelihoods, under each severity of the scorer."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from scoring_models import severity_likelihood, severity_sd, soft_likelihood
from scoring_models.errors import LikelihoodError

RATES = (0.2, 0.2, 0.2, 0.3, 0.1)


def test_soft_likelihood_by_hand() -> None:
    weights = soft_likelihood((0.1, 0.2, 0.4, 0.2, 0.1), (0.2, 0.2, 0.2, 0.3, 0.1))
    assert weights == pytest.approx((0.5, 1, 2, 2 / 3, 1))


@pytest.mark.parametrize(
    ("probabilities", "base_rates", "problem"),
    [
        ((0.5, 0.5), (1.0,), "2 probabilities came with 1"),
        ((1.0, -0.1), (0.5, 0.5), "0 or more"),
        ((0.0, 0.0), (0.5, 0.5), "0 or more"),
        ((0.5, 0.5), (1.0, 0.0), "above 0"),
    ],
)
def test_soft_likelihood_refuses(
    probabilities: tuple[float, ...], base_rates: tuple[float, ...], problem: str
) -> None:
    with pytest.raises(LikelihoodError, match=problem):
        soft_likelihood(probabilities, base_rates)


def test_severity_moves_the_cumulative_logits() -> None:
    """Oracle: the same by hand at the outer node of three, whose nodes are -1.732, 0 and 1.732."""
    p, sd, slope = np.array([0.1, 0.2, 0.4, 0.2, 0.1]), 0.3, 1.5
    found = severity_likelihood(p.tolist(), (0.2,) * 5, sd=sd, slope=slope, n_nodes=3)
    steeper = 1 / np.sqrt(1 - (sd * slope) ** 2 / (np.pi**2 / 3))
    above = expit(steeper * (logit([0.9, 0.7, 0.3, 0.1]) + slope * sd * np.sqrt(3.0)))
    levels = -np.diff(np.concatenate(([1.0], above, [0.0])))
    assert found.by_node[2] == pytest.approx(levels / 0.2)
    weights = np.array([1, 4, 1]) / 6
    assert found.average == pytest.approx(weights @ np.array(found.by_node))


@given(
    st.lists(st.floats(0.01, 1.0), min_size=5, max_size=5),
    st.floats(0.05, 0.6),
    st.floats(0.5, 4.0),
)
def test_a_severe_scorer_speaks_for_higher_levels(p: list[float], sd: float, slope: float) -> None:
    """From lenient to severe, what is left for the person rises; the average stays near."""
    found = severity_likelihood(p, RATES, sd=sd, slope=slope)
    means = [np.array(row) * RATES @ np.arange(1, 6) for row in found.by_node]
    assert all(low < high for low, high in pairwise(means))
    shares = np.array(p) / sum(p)
    assert np.array(found.average) * RATES @ np.arange(1, 6) == pytest.approx(
        shares @ np.arange(1, 6), abs=0.35
    )
    for row in found.by_node:
        assert np.array(row) @ RATES == pytest.approx(1.0)


def test_a_scorer_without_severity_is_soft() -> None:
    p = (0.1, 0.2, 0.4, 0.2, 0.1)
    found = severity_likelihood(p, RATES, sd=0.0, slope=1.0)
    assert (found.average, found.by_node) == (soft_likelihood(p, RATES), ())


@pytest.mark.parametrize(("sd", "slope"), [(-0.1, 1.0), (float("nan"), 1.0), (0.3, 0.0)])
def test_severity_out_of_range(sd: float, slope: float) -> None:
    with pytest.raises(LikelihoodError, match="expected 0 or more and above 0"):
        severity_likelihood((0.5, 0.5), (0.5, 0.5), sd=sd, slope=slope)


def test_severity_sd_of_a_balanced_layout_by_hand() -> None:
    """Three persons, two answers each: mean squares 3.5 between and 0.5 within, so 1.5."""
    errors = [0.0, 1.0, 1.0, 2.0, 2.5, 3.5]
    between = 2 * np.var([0.5, 1.5, 3.0], ddof=1)
    expected = np.sqrt((between - 0.5) / 2)
    assert severity_sd(errors, ["a", "a", "b", "b", "c", "c"]) == pytest.approx(expected)


@pytest.mark.parametrize("true", [0.0, 0.3, 0.6])
def test_severity_sd_is_recovered(true: float) -> None:
    random = np.random.default_rng(3)
    persons = np.repeat(np.arange(3_000), random.integers(1, 6, 3_000))
    errors = random.normal(0, true, 3_000)[persons] + random.normal(0.2, 0.7, persons.size)
    assert severity_sd(errors, persons.tolist()) == pytest.approx(true, abs=0.05 if true else 0.12)


def test_severity_sd_wants_persons_with_several_answers() -> None:
    with pytest.raises(LikelihoodError, match="two persons or more"):
        severity_sd([0.1, 0.2, 0.3], ["a", "a", "b"])
    with pytest.raises(LikelihoodError, match="3 errors came with 2 persons"):
        severity_sd([0.1, 0.2, 0.3], ["a", "b"])
