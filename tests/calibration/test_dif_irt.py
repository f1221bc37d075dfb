"""Likelihood ratio and Wald tests against a plain likelihood of two groups."""

import numpy as np
import pytest
from dif_simulated import as_codes, complete, two_groups
from independent import hessian
from scipy.optimize import minimize
from scipy.special import expit, logsumexp
from scipy.stats import chi2
from simulated import graded

from calibration import ConvergenceError, Quadrature, Responses, calibrate
from calibration.dif import DifError, likelihood_ratio, wald, wald_tests
from calibration.dif.splitting import split_name

NODES = np.linspace(-6, 6, 121)
GRID = Quadrature(NODES, np.exp(-0.5 * NODES**2))


def rasch_data(seed=51, n_each=400, impact=0.4, shift=0.7):
    rng = np.random.default_rng(seed)
    groups, theta = two_groups(rng, n_each, impact)
    moved = np.array([0, 0, shift, 0, 0])
    codes = complete(
        rng, theta, 1.0, np.array([-1, -0.5, 0, 0.5, 1]), (groups == "focal")[:, None] * moved
    )
    return as_codes(codes), groups


def plain(vector, codes, focal):
    """Rasch log-likelihood; ``vector``: b in the reference group, b3 in the focal group, mean and
    log SD of the focal group."""
    b = np.tile(vector[:5], (2, 1))
    b[1, 2] = vector[5]
    total = 0.0
    for group, mean, sd in ((0, 0.0, 1.0), (1, vector[6], np.exp(vector[7]))):
        density = -0.5 * ((NODES - mean) / sd) ** 2
        log_p = np.stack([np.log(expit(s * (NODES[:, None] - b[group]))) for s in (-1, 1)])
        own = codes[focal == bool(group)].astype(int)
        joint = sum(log_p[own[:, item], :, item] for item in range(5))
        total += logsumexp(joint + density - logsumexp(density), axis=1).sum()
    return total


def test_rasch_against_a_plain_likelihood():
    codes, groups = rasch_data()
    focal = groups == "focal"

    def lost(vector):
        return -plain(vector, codes, focal) / len(codes)

    def lost_common(short):
        return lost(np.array([*short[:5], short[2], *short[5:]]))

    options = {"gtol": 1e-8}
    split = minimize(lost, np.zeros(8), method="BFGS", options=options)
    common = minimize(lost_common, np.zeros(7), method="BFGS", options=options)
    ratio = likelihood_ratio(codes, "Rasch", groups, quadrature=GRID, tolerance=1e-8)["item3"]
    expected = 2 * len(codes) * (common.fun - split.fun)
    assert ratio.chi_square == pytest.approx(expected, abs=1e-4)
    assert (ratio.df, ratio.p_value) == (1, pytest.approx(chi2.sf(expected, 1), rel=1e-3))
    spread = np.linalg.inv(hessian(lambda v: len(codes) * lost(v), split.x))
    difference = split.x[5] - split.x[2]
    variance = spread[5, 5] + spread[2, 2] - 2 * spread[2, 5]
    got = wald(codes, "Rasch", groups, quadrature=GRID, tolerance=1e-8)["item3"]
    assert got.all.chi_square == pytest.approx(difference**2 / variance, rel=1e-3)
    assert got.all == got.difficulties
    assert got.slopes is None
    in_focal, in_reference = (got.by_group[name].b[0] for name in ("focal", "reference"))
    assert in_focal - in_reference == pytest.approx(difference, abs=1e-4)
    assert ratio.by_group["focal"].b[0] == pytest.approx(in_focal, abs=1e-6)


def test_wald_of_slopes_and_intercepts_is_the_quadratic_form_of_the_covariance():
    """From the calibration with the item split by hand; delta method by differences."""
    rng = np.random.default_rng(52)
    groups, theta = two_groups(rng, 800)
    a, b = np.array([1.0, 1.3, 0.8, 1.1, 1.5, 0.9]), np.linspace(-1, 1, 6)
    codes = as_codes(complete(rng, theta, a, b))
    focal = groups == "focal"
    apart = np.column_stack(
        [codes[:, :5], np.where(focal, np.nan, codes[:, 5]), np.where(focal, codes[:, 5], np.nan)]
    )
    result = calibrate(apart, "2PL", groups=groups)
    reported = np.array([result.items[n].a + result.items[n].b for n in (5, 6)]).ravel()

    def differences(values):
        (a0, b0, a1, b1) = values
        return np.array([a1 - a0, -a1 * b1 + a0 * b0])

    steps = np.eye(4) * 1e-5
    by = np.column_stack(
        [(differences(reported + s) - differences(reported - s)) / 2e-5 for s in steps]
    )
    spread = by @ result.covariance[10:14, 10:14] @ by.T
    d = differences(reported)
    got = wald(codes, "2PL", groups)["item6"]
    assert got.all.chi_square == pytest.approx(d @ np.linalg.solve(spread, d), rel=1e-4)
    assert got.slopes.chi_square == pytest.approx(d[0] ** 2 / spread[0, 0], rel=1e-4)
    given_slopes = (d[1] - spread[0, 1] / spread[0, 0] * d[0]) ** 2 / (
        spread[1, 1] - spread[0, 1] ** 2 / spread[0, 0]
    )
    assert got.difficulties.chi_square == pytest.approx(given_slopes, rel=1e-4)
    assert (got.all.df, got.slopes.df, got.difficulties.df) == (2, 1, 1)


def test_both_tests_agree_in_large_samples():
    rng = np.random.default_rng(53)
    groups, theta = two_groups(rng, 3000, impact=0.5)
    a, b = rng.lognormal(0.1, 0.2, 10), np.linspace(-1.5, 1.5, 10)
    shift = np.zeros(10)
    shift[4] = 0.3
    codes = as_codes(complete(rng, theta, a, b, (groups == "focal")[:, None] * shift))
    ratio, form = likelihood_ratio(codes, "2PL", groups), wald(codes, "2PL", groups)
    for one, other in zip(ratio.results, form.results, strict=True):
        assert one.df == other.all.df == 2
        assert one.chi_square == pytest.approx(other.all.chi_square, rel=0.1, abs=0.1)
    assert "item5" in ratio.flagged


def test_named_anchors_make_the_others_free_by_group():
    codes, groups = rasch_data()
    anchors = ["item1", "item2", "item4"]
    got = wald(codes, "Rasch", groups, anchors=anchors)
    focal = groups == "focal"
    columns = [codes[:, n] for n in (0, 1, 3)]
    for n in (2, 4):
        columns += [np.where(focal, np.nan, codes[:, n]), np.where(focal, codes[:, n], np.nan)]
    whole = calibrate(np.column_stack(columns), "Rasch", groups=groups)
    for item, place in (("item3", 3), ("item5", 5)):
        by_hand = wald_tests(whole, [f"item{place + 1}", f"item{place + 2}"])["all"]
        assert got[item].all.chi_square == pytest.approx(by_hand.chi_square, rel=1e-9)
    common = calibrate(np.column_stack([*columns[:5], codes[:, 4]]), "Rasch", groups=groups)
    ratio = likelihood_ratio(codes, "Rasch", groups, anchors=anchors)["item5"]
    assert ratio.chi_square == pytest.approx(
        2 * (whole.log_likelihood - common.log_likelihood), abs=1e-6
    )


def test_purification_frees_what_it_flags():
    rng = np.random.default_rng(54)
    groups, theta = two_groups(rng, 1000, 0.4)
    shift = np.zeros(12)
    shift[2], shift[5] = 1.2, 1.0
    codes = complete(
        rng, theta, 1.0, np.linspace(-1.5, 1.5, 12), (groups == "focal")[:, None] * shift
    )
    plain_run = likelihood_ratio(as_codes(codes), "Rasch", groups)
    assert len(plain_run.flagged) > 2  # strong items bend the others
    purified = likelihood_ratio(as_codes(codes), "Rasch", groups, purify=True)
    assert purified.flagged == ("item3", "item6")
    assert len(purified.anchors) == 10
    assert purified.settled
    apart = [
        np.where(groups == name, codes[:, n], np.nan)
        for n in (2, 5)
        for name in ("reference", "focal")
    ]
    free = calibrate(
        np.column_stack([np.delete(codes, [2, 5], axis=1).astype(float), *apart]),
        "Rasch",
        groups=groups,
    )
    difference = free.items[11].b[0] - free.items[10].b[0]
    by_group = purified["item3"].by_group
    assert by_group["focal"].b[0] - by_group["reference"].b[0] == pytest.approx(
        difference, abs=1e-5
    )


def test_the_reference_group_may_be_named_and_nothing_else_changes():
    codes, groups = rasch_data()
    one, other = (
        likelihood_ratio(codes, "Rasch", groups, reference=name) for name in ("reference", "focal")
    )
    for first, second in zip(one.results, other.results, strict=True):
        assert first.df == second.df
    # Rasch slopes fix the unit, but the SD of the reference group is 1: the models differ.
    first, second = (
        likelihood_ratio(codes, "2PL", groups, reference=name)["item3"]
        for name in ("reference", "focal")
    )
    assert first.chi_square == pytest.approx(second.chi_square, abs=1e-3)
    assert list(first.by_group) == ["reference", "focal"]
    assert list(second.by_group) == ["focal", "reference"]


def test_three_groups_and_graded_items():
    rng = np.random.default_rng(55)
    codes = graded(rng, np.full(6, 1.3), [[-1, 0.2, 1.1]] * 6, 1500)
    groups = np.tile(["x", "y", "z"], 500)
    moved = (groups == "z") & (rng.random(1500) < 0.5)
    codes[moved, 2] = np.maximum(codes[moved, 2] - 1, 0)
    got = likelihood_ratio(codes, "GRM", groups)
    assert got["item3"].df == 8
    assert got["item3"].p_value < 1e-4
    assert set(got["item3"].by_group) == {"x", "y", "z"}
    form = wald(codes, "GRM", groups)["item3"]
    assert (form.all.df, form.slopes.df, form.difficulties.df) == (8, 2, 6)
    assert form.p_value < 1e-4


def test_items_that_cannot_be_compared_say_why_and_still_serve():
    codes, groups = rasch_data()
    focal = groups == "focal"
    codes = np.column_stack([codes, codes[:, 0], codes[:, 1], codes[:, 2]])
    codes[focal, 5] = np.nan  # seen by one group
    codes[focal, 6] = 1.0  # never wrong in one group
    codes[:, 7] = np.nan
    got = likelihood_ratio(codes, "Rasch", groups)
    assert got["item6"].reason == "answered in group reference only"
    assert got["item7"].reason == "nobody of group focal has code 0"
    assert got["item8"].reason == "answered by nobody"
    assert got["item6"].chi_square is None
    assert got["item3"].chi_square > 0


def test_a_calibration_that_fails_is_told():
    codes, groups = rasch_data(n_each=150)
    got = likelihood_ratio(codes, "Rasch", groups, max_iterations=1, tolerance=1e-12)
    assert "did not converge" in got["item1"].reason
    with pytest.raises(ConvergenceError):  # an item twice has no finite slope
        likelihood_ratio(np.column_stack([codes[:, :3], codes[:, 0]]), "2PL", groups)


def test_weights_of_the_data_count():
    codes, groups = rasch_data()
    names = tuple(f"item{n + 1}" for n in range(5))
    twice = Responses(names, codes, weights=np.full(len(codes), 2.0))
    once = likelihood_ratio(codes, "Rasch", groups)["item3"].chi_square
    doubled = likelihood_ratio(twice, "Rasch", groups)["item3"].chi_square
    assert doubled == pytest.approx(2 * once, rel=1e-3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": ["Rasch"] * 4}, "4 models for 5 items"),
        ({"fixed": {}}, "fixed cannot be handed on"),
        ({"reference": "nobody"}, "no person is in the reference group"),
    ],
)
def test_options_that_do_not_fit(change, message):
    codes, groups = rasch_data()
    with pytest.raises(DifError, match=message):
        likelihood_ratio(codes, **{"model": "Rasch", "groups": groups, **change})


def test_wald_needs_a_known_kind_and_standard_errors():
    codes, groups = rasch_data()
    with pytest.raises(DifError, match="kind is all, slopes or difficulties"):
        wald(codes, "Rasch", groups, kind="b")
    with pytest.raises(DifError, match="needs standard errors"):
        wald_tests(calibrate(codes, "Rasch", standard_errors="none"), ["item1", "item2"])
    with pytest.raises(DifError, match="two items or more of one model"):
        wald_tests(calibrate(codes, "Rasch"), ["item1"])
    got = wald(codes, "Rasch", groups, kind="slopes")["item1"]
    assert (got.p_value, got.reason) == (None, "its model leaves no slopes free")
    assert split_name("item1", "focal") == "item1 | focal"
