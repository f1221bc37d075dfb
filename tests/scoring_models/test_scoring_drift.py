"""Alarms of drift: by hand, then how often they come where nothing or something has changed."""

import numpy as np
import pytest

from scoring_models.drift import mean_periods, pair_periods

LIMITS = {"min_pairs": 4, "min_kappa": 0.7, "max_smd": 0.15}


def test_a_period_by_hand() -> None:
    """Differences 1 0 0 1: mean .5, SD .5774, standard error .2887."""
    (got,) = pair_periods(["2026-W01"] * 4, [2, 2, 3, 5], [1, 2, 3, 4], **LIMITS)
    assert got.mean_difference == pytest.approx(0.5)
    assert got.se == pytest.approx(0.288675, abs=1e-6)
    assert got.smd == pytest.approx(0.5 / np.sqrt((2 + 5 / 3) / 2))
    assert got.alarm == ""  # an SMD of .37, but 1.7 standard errors only


def test_too_few_pairs_and_constant_levels_say_nothing() -> None:
    few, same = pair_periods(
        ["a"] * 3 + ["b"] * 4, [1, 2, 3, 3, 3, 3, 3], [5] * 3 + [3] * 4, **LIMITS
    )
    assert (few.n, few.kappa, few.alarm) == (3, None, "")
    assert (same.n, same.kappa, same.smd, same.alarm) == (4, None, None, "")


@pytest.mark.parametrize(("shift", "alarm"), [(1, "high"), (-1, "low")])
def test_a_shifted_machine_alarms(shift: int, alarm: str) -> None:
    draw = np.random.default_rng(1)
    human = draw.integers(2, 5, size=40)
    machine = human + shift * (draw.random(40) < 0.5)
    (got,) = pair_periods(["w"] * 40, machine, human, **LIMITS)
    assert got.alarm == alarm


def test_a_machine_that_does_not_follow_people_alarms() -> None:
    draw = np.random.default_rng(2)
    human = draw.integers(1, 6, size=200)
    (got,) = pair_periods(["w"] * 200, draw.permutation(human), human, **LIMITS)
    assert got.alarm == "kappa"


def test_periods_come_in_their_order() -> None:
    got = pair_periods(["2026-W10", "2026-W09", "2026-W10"], [1, 2, 3], [1, 2, 3], **LIMITS)
    assert [(one.period, one.n) for one in got] == [("2026-W09", 1), ("2026-W10", 2)]


def test_z_of_a_month_by_hand() -> None:
    """Means 0 and 1, pooled variance (2 + 2) / 6 of 4 and 4: z = 1 / sqrt(2/3 (1/4 + 1/4))."""
    first, second = mean_periods(["a"] * 4 + ["b"] * 4, [-1, 0, 0, 1, 0, 1, 1, 2], min_ratings=4)
    assert (first.z, first.alarm) == (None, "")
    assert second.z == pytest.approx(1 / np.sqrt(2 / 3 * 0.5))
    assert (second.upper, second.lower) == pytest.approx((second.z - 0.5, 0.0))


def course(shift: float, seed: int) -> list[str]:
    draw = np.random.default_rng(seed)
    months = [f"{n:02d}" for n in range(12) for _ in range(40)]
    values = draw.normal(size=len(months)) + shift * (np.array(months) >= "06")
    return [one.alarm for one in mean_periods(months, values, min_ratings=20)]


def test_a_steady_rater_hardly_alarms_and_a_changed_one_does() -> None:
    """Eleven judged months of 200 steady raters; then a shift of .5 from the seventh month on."""
    steady = sum(bool(one) for seed in range(200) for one in course(0.0, seed)) / (200 * 11)
    assert steady < 0.02
    assert sum(any(course(0.5, seed)[6:]) for seed in range(200)) > 190


def test_slow_drift_is_found_by_the_sums_before_any_month_stands_out() -> None:
    months = [f"{n:02d}" for n in range(12) for _ in range(40)]
    found = []
    for seed in range(50):
        values = np.random.default_rng(seed).normal(size=len(months))
        values += 0.35 * (np.array(months) >= "04")
        found += [one.alarm for one in mean_periods(months, values, min_ratings=20)]
    assert found.count("cusum") > found.count("shewhart") > 0
