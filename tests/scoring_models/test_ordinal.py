from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from scoring_models.ordinal import BinaryLogit, CumulativeLogit, fit_binary, fit_cumulative

LINK = CumulativeLogit(centre=3.0, scale=1.0, slope=2.0, thresholds=(-2.0, -1.0, 1.0, 2.0))


@given(st.floats(-50, 50))
def test_probabilities_are_a_distribution(score: float) -> None:
    row = LINK.probabilities(np.array([score]))[0]
    assert row.sum() == pytest.approx(1)
    assert (row >= 0).all()


def test_probabilities_by_hand() -> None:
    """At the centre P(level > k) = expit(-threshold_k)."""
    row = LINK.probabilities(np.array([3.0]))[0]
    above = expit([2.0, 1.0, -1.0, -2.0])
    expected = [
        1 - above[0],
        above[0] - above[1],
        above[1] - above[2],
        above[2] - above[3],
        above[3],
    ]
    assert row == pytest.approx(expected)
    assert LINK.temperature == 0.5


def test_a_higher_score_never_lowers_the_expected_level() -> None:
    rows = LINK.probabilities(np.linspace(-10, 16, 200))
    assert (np.diff(rows @ np.arange(1, 6)) >= 0).all()


def test_cumulative_fit_finds_the_model_that_made_the_data() -> None:
    """Thresholds differ by 1e-1 with 20,000 simulated answers; the ridge is then negligible."""
    rng = np.random.default_rng(7)
    scores = rng.normal(3, 1, 20_000)
    # equal shares of levels, so that balancing by level leaves the thresholds where they are
    thresholds = (-2.27, -0.68, 0.68, 2.27)
    truth = CumulativeLogit(3.0, 1.0, 2.0, thresholds).probabilities(scores)
    levels = 1 + (truth.cumsum(axis=1) < rng.random((len(scores), 1))).sum(axis=1)
    fitted = fit_cumulative(scores, levels)
    assert fitted.slope / fitted.scale == pytest.approx(2, abs=0.1)
    assert fitted.thresholds == pytest.approx(thresholds, abs=0.1)


def test_useless_scores_give_a_flat_distribution() -> None:
    rng = np.random.default_rng(3)
    levels = np.repeat(np.arange(1, 6), 200)
    fitted = fit_cumulative(rng.normal(size=1000), levels)
    assert fitted.probabilities(np.array([-1.0, 0.0, 1.0])) == pytest.approx(0.2, abs=0.06)


def test_few_anchors_stay_near_the_default() -> None:
    levels = np.repeat(np.arange(1, 6), 3)
    fitted = fit_cumulative(levels.astype(float), levels)
    assert 2 < fitted.slope < 8


def test_binary_fit_puts_the_even_point_by_the_violated_share() -> None:
    """Scores that tell nothing must give back the presumed share."""
    rng = np.random.default_rng(5)
    shown = np.tile([True, False], 500)
    fitted = fit_binary(rng.normal(size=1000), shown, violated_share=1 / 6)
    assert fitted.probabilities(np.array([0.0]))[0] == pytest.approx(5 / 6, abs=0.02)


def test_binary_probability_by_hand() -> None:
    link = BinaryLogit(centre=0.5, scale=0.5, slope=2.0, intercept=1.0)
    assert link.probabilities(np.array([1.0]))[0] == pytest.approx(expit(3.0))
