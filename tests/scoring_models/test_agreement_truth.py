"""Agreement with truth, groups and calibration: simulation, hand calculation, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from scoring_models.agreement import (
    bootstrap,
    calibration_noise,
    conditional_score_difference,
    correlation,
    degradation,
    difference_of_standardised_means,
    expected_calibration_error,
    overall_score_accuracy,
    overall_score_difference,
    partial_correlation,
    prmse,
    quadratic_weighted_kappa,
    reliability_curve,
)
from scoring_models.errors import AgreementError


def test_prmse_finds_the_true_share() -> None:
    """True variance 1, machine error variance .25: PRMSE .75, whoever rates, however often."""
    random = np.random.default_rng(1)
    true = random.normal(3, 1, 20_000)
    machine = true + random.normal(0, 0.5, len(true))
    ratings = true[:, None] + random.normal(0, 0.8, (len(true), 2))
    ratings[5_000:, 1] = np.nan
    got = prmse(machine, ratings)
    assert got.prmse == pytest.approx(0.75, abs=0.02)
    assert got.error_variance == pytest.approx(0.64, abs=0.03)
    noisier = ratings + random.normal(0, 0.8, ratings.shape)
    assert prmse(machine, noisier).prmse == pytest.approx(0.75, abs=0.03)


def test_prmse_needs_a_second_rating() -> None:
    single = np.array([[1.0, np.nan], [2.0, np.nan], [np.nan, np.nan]])
    with pytest.raises(AgreementError, match="no answer has two"):
        prmse([1, 2, 3], single)
    assert prmse([1, 2, 3], single, error_variance=0.0).prmse == 1
    with pytest.raises(AgreementError, match="do not seem to vary"):
        prmse([1, 2], [[1.0, 5.0], [5.0, 1.0]])
    with pytest.raises(AgreementError, match=r"\(n_answers, n_raters\)"):
        prmse([1, 2], [1.0, 2.0])


def test_standardised_means_by_hand() -> None:
    """The machine ranks as people do, but two levels lower: nothing between the groups."""
    human = [1, 2, 3, 4]
    same = difference_of_standardised_means([3, 4, 5, 6], human, ["a", "b", "a", "b"])
    assert same == pytest.approx({"a": 0, "b": 0})
    turned = difference_of_standardised_means([4, 3, 2, 1], human, ["a", "a", "b", "b"])
    assert turned["a"] == pytest.approx(2 / np.std(human, ddof=1))


def test_a_difference_that_human_levels_explain_is_not_conditional() -> None:
    """The machine draws to the middle alike in both groups, of which one is rated higher."""
    random = np.random.default_rng(2)
    human = np.repeat([1.0, 2, 3, 4, 5], 80)
    group = np.where(random.random(400) < human / 6, "high", "low").tolist()
    machine = 3 + 0.5 * (human - 3) + random.normal(0, 0.3, 400)
    assert overall_score_difference(machine, human, group).p < 1e-6
    assert conditional_score_difference(machine, human, group).p > 0.01


def test_accuracy_sees_noise_where_differences_see_nothing() -> None:
    random = np.random.default_rng(3)
    human = random.integers(1, 6, 600).astype(float)
    group = ["plain", "noisy"] * 300
    spread = np.where(np.array(group) == "noisy", 1.0, 0.3)
    machine = human + spread * random.normal(0, 1, 600)
    found = overall_score_accuracy(machine, human, group, base="plain")
    assert found.contrasts["noisy"].estimate == pytest.approx(1 - 0.09, abs=0.15)
    assert found.p < 1e-6
    assert overall_score_difference(machine, human, group).p > 0.01


def test_groups_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(AgreementError, match="1 group"):
        overall_score_difference([1, 2, 3], [1, 2, 2], ["a", "a", "a"])
    with pytest.raises(AgreementError, match="'z' is none of a, b"):
        overall_score_difference([1, 2, 3], [1, 2, 2], ["a", "a", "b"], base="z")
    with pytest.raises(AgreementError, match="told apart"):
        conditional_score_difference([1, 2, 3, 4], [1, 1, 2, 2], ["a", "a", "b", "b"])
    with pytest.raises(AgreementError, match="one each"):
        difference_of_standardised_means([1, 2, 3], [1, 2, 2], ["a"])


def test_calibration_by_hand() -> None:
    """Said .75, came true in half: off by .25. Said for sure and right: off by nothing."""
    assert expected_calibration_error([[0.25, 0.75]] * 4, [1, 1, 2, 2], n_bins=1) == 0.25
    assert expected_calibration_error(np.eye(3), [1, 2, 3]) == 0
    (bin_,) = reliability_curve([[0.25, 0.75]] * 4, [1, 1, 2, 2], n_bins=1)
    assert (bin_.predicted, bin_.observed, bin_.n) == (0.75, 0.5, 4)


def test_errors_of_two_cuts_do_not_cancel() -> None:
    """Above 1 said .6 and seen 1, above 2 said .4 and seen 0: both are off by .4."""
    said = [[0.4, 0.2, 0.4]] * 10
    assert expected_calibration_error(said, [2] * 10, n_bins=1) == pytest.approx(0.4)


def test_a_perfect_scorer_shows_the_noise_and_a_bold_one_more() -> None:
    random = np.random.default_rng(4)
    said = random.dirichlet(np.ones(5), 2_000)
    levels = (random.random(2_000)[:, None] > said.cumsum(axis=1)).sum(axis=1) + 1
    noise = calibration_noise(said, seed=5)
    assert expected_calibration_error(said, levels) == pytest.approx(noise, abs=0.006)
    bold = said**3 / (said**3).sum(axis=1, keepdims=True)
    assert expected_calibration_error(bold, levels) > 3 * noise


def test_distributions_that_are_none_are_refused() -> None:
    with pytest.raises(AgreementError, match="sum to 1"):
        expected_calibration_error([[0.5, 0.6]], [1])
    with pytest.raises(AgreementError, match="none of 1 to 2"):
        expected_calibration_error([[0.5, 0.5]], [3])
    with pytest.raises(AgreementError, match=r"expected \(1,\)"):
        reliability_curve([[0.5, 0.5]], [1, 2])


def test_partial_correlation_of_length_beyond_level() -> None:
    """Length and score share the level alone: correlated, but not once the level is given."""
    random = np.random.default_rng(6)
    level = random.normal(0, 1, 5_000)
    score, length = level + random.normal(0, 0.5, 5_000), level + random.normal(0, 0.5, 5_000)
    assert correlation(score, length) == pytest.approx(0.8, abs=0.02)
    assert partial_correlation(score, length, [level]) == pytest.approx(0, abs=0.04)
    with pytest.raises(AgreementError, match="nothing of one is left"):
        partial_correlation(level, length, [level])
    with pytest.raises(AgreementError, match="does not vary"):
        correlation([1, 1], [1, 2])


def test_degradation_is_what_people_have_more() -> None:
    assert degradation(0.85, 0.7) == pytest.approx(0.15)


def test_an_interval_covers_and_follows_its_seed() -> None:
    random = np.random.default_rng(7)
    hits = 0
    for seed in range(60):
        a = random.normal(0, 1, 60)
        b = 0.6 * a + 0.8 * random.normal(0, 1, 60)
        found = bootstrap(correlation, a, b, seed=seed, n_replicates=200)
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 0.6 <= found.high
    assert 0.85 <= hits / 60 <= 1
    again = bootstrap(correlation, a, b, seed=59, n_replicates=200)
    assert again == found


def test_answers_of_one_person_are_drawn_together() -> None:
    """Ten answers of each person are all alike: they tell no more than one would."""
    random = np.random.default_rng(8)
    a, b = random.integers(1, 6, 30), random.integers(1, 6, 30)
    persons = np.repeat([f"p{i:02d}" for i in range(30)], 10).tolist()
    once = bootstrap(quadratic_weighted_kappa, a, b, seed=1)
    apart = bootstrap(quadratic_weighted_kappa, a.repeat(10), b.repeat(10), seed=1)
    together = bootstrap(
        quadratic_weighted_kappa, a.repeat(10), b.repeat(10), seed=1, clusters=persons
    )
    assert (together.low, together.high) == pytest.approx((once.low, once.high))
    assert once.high is not None
    assert apart.high is not None
    assert apart.high - apart.value < 0.6 * (once.high - once.value)


def test_a_statistic_that_is_mostly_undefined_has_no_interval() -> None:
    found = bootstrap(correlation, [1, 1, 1, 2], [1, 1, 1, 2], seed=1)
    assert (found.value, found.low, found.high) == (1, None, None)
