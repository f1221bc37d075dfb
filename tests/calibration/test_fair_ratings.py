"""Ratings with severity taken off."""

import numpy as np
import pytest

from calibration.errors import DataError
from calibration.raters import fair_ratings, many_facet_rasch

N_PERSONS, N_ITEMS = 400, 2
SEVERITY = {"mild": -0.8, "middle": 0.0, "strict": 0.8}
DIFFICULTY = (-0.5, 0.5)
THRESHOLDS = np.array([-1.5, -0.5, 0.5, 1.5])


def simulated(seed: int):
    """Two of three raters rate each answer, levels 1 to 5 by the model."""
    draw = np.random.default_rng(seed)
    rows = []
    for person in range(N_PERSONS):
        theta = draw.normal(0.0, 1.2)
        for item, difficulty in enumerate(DIFFICULTY):
            for rater in draw.choice(list(SEVERITY), size=2, replace=False):
                steps = theta - difficulty - SEVERITY[rater] - THRESHOLDS
                weights = np.exp(np.append(0.0, np.cumsum(steps)))
                level = 1 + draw.choice(5, p=weights / weights.sum())
                rows.append((person, item, str(rater), int(level)))
    return [list(column) for column in zip(*rows, strict=True)]


def test_the_raters_means_come_together() -> None:
    persons, items, raters, levels = simulated(3)
    result = many_facet_rasch(persons, items, raters, levels, lowest_category=1)
    fair = fair_ratings(result, persons, items, raters, levels, lowest_category=1)
    names = np.array(raters)
    observed = {name: np.mean(np.array(levels)[names == name]) for name in SEVERITY}
    adjusted = {name: fair[names == name].mean() for name in SEVERITY}
    assert observed["mild"] - observed["strict"] > 0.8
    assert max(adjusted.values()) - min(adjusted.values()) < 0.1
    assert ((fair >= 1) & (fair <= 5)).all()


def test_raters_of_severity_0_are_left_alone() -> None:
    """Each pair of levels occurs both ways round, so that both severities are 0."""
    persons = [n for n in range(80) for _ in range(2)]
    raters, items = ["a", "b"] * 80, ["x"] * 160
    levels = [level for n in range(80) for level in ((1 + n % 4, 2 + n % 4)[:: (-1) ** (n // 4)])]
    result = many_facet_rasch(persons, items, raters, levels, lowest_category=1)
    assert [one.severity for one in result.raters] == pytest.approx([0.0, 0.0], abs=1e-6)
    fair = fair_ratings(result, persons, items, raters, levels, lowest_category=1)
    assert fair == pytest.approx(levels, abs=1e-6)


def test_an_unknown_rater_is_named() -> None:
    persons, items, raters, levels = simulated(4)
    result = many_facet_rasch(persons, items, raters, levels, lowest_category=1)
    with pytest.raises(DataError, match="'nobody'"):
        fair_ratings(result, [0], [0], ["nobody"], [3], lowest_category=1)
