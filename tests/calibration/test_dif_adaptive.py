"""Adaptive data: 9 of 30 items a person, chosen by the answers, in groups of unequal ability.

A rejection rate of n independent tests at level .05 has a standard error of sqrt(.05 x .95 / n);
the bounds are three of these.
"""

import numpy as np
import pytest
from dif_simulated import adaptive, as_codes, two_groups

from calibration import Responses, calibrate, normal_grid
from calibration.dif import AbilityMatching, likelihood_ratio, logistic, mantel_haenszel, wald
from calibration.dif.splitting import comparison_of, split_name
from calibration.parameters import ItemParameters

N_ITEMS, N_GIVEN, N_EACH = 30, 9, 1500
QUICK = {"tolerance": 1e-4}
GRID = normal_grid(61)
NAMES = tuple(f"item{n + 1}" for n in range(N_ITEMS))
SHIFTED = (7, 15, 22)


def drawn(rng, impact, size=0.0):
    """Answers, groups and the true parameters; three items are ``size`` harder for the focal."""
    a, b = rng.lognormal(0.1, 0.25, N_ITEMS), np.linspace(-1.5, 1.5, N_ITEMS)
    groups, theta = two_groups(rng, N_EACH, impact)
    shift = np.zeros(N_ITEMS)
    shift[list(SHIFTED)] = size
    codes = adaptive(rng, theta, a, b, N_GIVEN, (groups == "focal")[:, None] * shift)
    items = [
        ItemParameters(name, "2PL", (slope,), (place,))
        for name, slope, place in zip(NAMES, a.tolist(), b.tolist(), strict=True)
    ]
    return codes, groups, items


def rate(p_values):
    p = np.array([one for one in p_values if one is not None])
    assert len(p) > 0.98 * len(p_values)
    return float((p < 0.05).mean()), len(p)


def assert_nominal(p_values):
    found, n = rate(p_values)
    assert abs(found - 0.05) < 3 * np.sqrt(0.05 * 0.95 / n)


def p_of(screening):
    return [result.p_value for result in screening.results]


@pytest.mark.parametrize(
    ("impact", "matching"),
    [(0.0, {}), (0.7, {}), (0.7, {"estimator": "wle"}), (0.7, {"scale": "expected_score"})],
)
def test_matching_by_ability_keeps_the_level(impact, matching):
    rng = np.random.default_rng(71)
    mantel_p, uniform_p, both_p = [], [], []
    for _ in range(12):
        codes, groups, items = drawn(rng, impact)
        assert (codes >= 0).mean() == pytest.approx(0.3)
        rule = AbilityMatching(items, GRID, **matching)
        mantel_p += p_of(mantel_haenszel(NAMES, codes, groups, matching=rule, correct=False))
        regression = logistic(NAMES, codes, groups, matching=rule)
        both_p += p_of(regression)
        uniform_p += [one.uniform and one.uniform.p_value for one in regression.results]
    assert_nominal(mantel_p)
    assert_nominal(uniform_p)
    assert_nominal(both_p)


def test_without_the_studied_item_the_better_group_looks_favoured():
    """Why ``with_studied`` is the default: at equal rest, the better group is still better."""
    rng = np.random.default_rng(72)
    p = []
    for _ in range(3):
        codes, groups, items = drawn(rng, 0.7)
        rule = AbilityMatching(items, GRID, with_studied=False)
        p += p_of(mantel_haenszel(NAMES, codes, groups, matching=rule, correct=False))
    assert rate(p)[0] > 0.2


@pytest.mark.parametrize("size", [0.5, 0.8])
def test_known_dif_is_found(size):
    """By every method, in most of three items that about 450 persons a group answered each."""
    rng = np.random.default_rng(73)
    codes, groups, items = drawn(rng, 0.5, size)
    answers, rule = Responses(NAMES, as_codes(codes)), AbilityMatching(items, GRID)
    screenings = (
        mantel_haenszel(NAMES, codes, groups, matching=rule, purify=True),
        logistic(NAMES, codes, groups, matching=rule, purify=True),
        likelihood_ratio(answers, "2PL", groups, **QUICK),
        wald(answers, "2PL", groups, **QUICK),
    )
    for screening in screenings:
        found = [NAMES[place] in screening.flagged for place in SHIFTED]
        assert sum(found) >= (2 if size < 0.8 else 3)
        others = set(screening.flagged) - {NAMES[place] for place in SHIFTED}
        assert len(others) <= 5  # of 27


def test_the_size_of_dif_is_recovered():
    """Difference in b, and MH delta by -2.35 a; each item's difference has an SD of about .27."""
    rng = np.random.default_rng(76)
    shifted = [NAMES[place] for place in SHIFTED]
    anchors = [name for name in NAMES if name not in shifted]
    by_calibration, by_strata = [], []
    for _ in range(6):
        codes, groups, items = drawn(rng, 0.5, 0.6)
        answers = Responses(NAMES, as_codes(codes))
        comparison = comparison_of(answers, "2PL", groups, None, QUICK)
        result = comparison.calibrated(shifted)
        b = {item.name: item.b[0] for item in result.items}
        rule = AbilityMatching(items, GRID)
        screening = mantel_haenszel(NAMES, codes, groups, matching=rule, anchors=anchors)
        for place, name in zip(SHIFTED, shifted, strict=True):
            by_calibration.append(b[split_name(name, "focal")] - b[split_name(name, "reference")])
            by_strata.append(screening[name].delta / (-2.35 * items[place].a[0]))
    for differences in (by_calibration, by_strata):
        assert np.mean(differences) == pytest.approx(0.6, abs=3 * 0.27 / np.sqrt(18))


def test_parameters_calibrated_from_the_same_data_match_as_well():
    rng = np.random.default_rng(74)
    p = []
    for _ in range(8):
        codes, groups, _ = drawn(rng, 0.7)
        common = calibrate(
            Responses(NAMES, as_codes(codes)), "2PL", groups=groups, standard_errors="none"
        )
        rule = AbilityMatching(common.items, GRID)
        p += p_of(mantel_haenszel(NAMES, codes, groups, matching=rule, correct=False))
    assert_nominal(p)


@pytest.mark.slow
def test_likelihood_ratio_and_wald_keep_the_level():
    rng = np.random.default_rng(75)
    ratio_p, wald_p = [], []
    for _ in range(4):
        codes, groups, _ = drawn(rng, 0.7)
        answers = Responses(NAMES, as_codes(codes))
        ratio_p += p_of(likelihood_ratio(answers, "2PL", groups, **QUICK))
        wald_p += p_of(wald(answers, "2PL", groups, **QUICK))
    assert_nominal(ratio_p)
    assert_nominal(wald_p)
