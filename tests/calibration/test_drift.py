"""Drift of anchors: formulas from the papers, then what is found in simulated calibrations."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import chi2, norm
from simulated import parameters

from calibration import Quadrature, calibrate, normal_grid
from calibration.linking.drift import DriftError, curve_differences, find_drift, robust_z
from calibration.linking.drift_statistics import robust_z_of_anchors, wald_of_anchors
from calibration.linking.links import (
    Linking,
    apply_link,
    link,
    parameter_names,
    transform_items,
)
from calibration.linking.scale import reported, slices, with_reported
from calibration.parameters import ItemParameters


def two_pl(a, b):
    return tuple(
        ItemParameters(f"i{k}", "2PL", (float(one),), (float(two),))
        for k, (one, two) in enumerate(zip(a, b, strict=True))
    )


def moved_by(items, **changes):
    """Items with other a or b by name: i3=("b", .5) adds, i4=("a", 1.5) multiplies."""
    out = []
    for item in items:
        kind, size = changes.get(item.name, (None, 0.0))
        a = tuple(size * one for one in item.a) if kind == "a" else item.a
        b = tuple(one + size for one in item.b) if kind == "b" else item.b
        out.append(ItemParameters(item.name, item.model, a, b, item.c, item.d))
    return tuple(out)


def pool(rng, n_items=15):
    return two_pl(rng.lognormal(0.2, 0.2, n_items), np.linspace(-1.5, 1.5, n_items))


def sampled(rng, items, spread):
    return with_reported(items, rng.multivariate_normal(reported(items), spread))


def spread_of(items, se=0.08):
    """A covariance with a and b of one item correlated, and b of neighbours a little."""
    n_reported = len(reported(items))
    distance = np.abs(np.subtract.outer(np.arange(n_reported), np.arange(n_reported)))
    return se**2 * 0.3**distance


def simulated_calibration(rng, items, mean, sd, n_persons):
    a, b = np.array([item.a[0] for item in items]), np.array([item.b[0] for item in items])
    ability = mean + sd * rng.standard_normal(n_persons)
    right = rng.random((n_persons, len(items))) < expit(a * (ability[:, None] - b))
    found = calibrate(right.astype(float))
    named = tuple(
        ItemParameters(item.name, own.model, own.a, own.b)
        for item, own in zip(items, found.items, strict=True)
    )
    return named, found.covariance


# Formulas


def test_robust_z_is_that_of_the_paper():
    """(D - median) / (.74 IQR): of 1 ... 9 the median is 5 and the IQR 4."""
    got = robust_z(np.arange(1.0, 10.0))
    np.testing.assert_allclose(got, (np.arange(1.0, 10.0) - 5) / (0.74 * 4))
    assert robust_z([1, 1, 1, 1, 9]) is None
    assert robust_z([1, 2, 3]) is None


def test_robust_z_of_anchors_compares_log_slopes_and_difficulties():
    rng = np.random.default_rng(1)
    x = pool(rng, 9)
    shifts, ratios = rng.normal(0, 0.1, 9), rng.lognormal(0, 0.1, 9)
    y = two_pl(
        [item.a[0] * one / 1.2 for item, one in zip(x, ratios, strict=True)],
        [1.2 * item.b[0] + 0.4 + one for item, one in zip(x, shifts, strict=True)],
    )
    found = link(x, y)
    b_left = [two.b[0] - found.A * one.b[0] - found.B for one, two in zip(x, y, strict=True)]
    got = robust_z_of_anchors(found)
    np.testing.assert_allclose([one.b for one in got], robust_z(b_left))
    np.testing.assert_allclose([one.a for one in got], robust_z(np.log(ratios)))


@pytest.mark.parametrize(("a", "b_x", "b_y"), [(0.8, -0.3, 0.4), (1.7, 1.0, 0.2)])
def test_area_between_curves_is_rajus(a, b_x, b_y):
    """Raju (1988): with equal slopes the curves enclose b_X - b_Y, on a wide even grid."""
    nodes = np.linspace(-30, 30, 2001)
    one, two = two_pl([a], [b_x]), two_pl([a], [b_y])
    (got,) = curve_differences(one, two, Quadrature(nodes, np.ones(len(nodes))))
    assert got.mean * 60 == pytest.approx(b_x - b_y, abs=1e-3)


def test_wrmsd_is_the_integral():
    one = ItemParameters("i", "3PL", (1.2,), (0.3,), 0.2)
    two = ItemParameters("i", "3PL", (0.9,), (-0.2,), 0.1)

    def gap(theta):
        return (0.1 + 0.9 * expit(0.9 * (theta + 0.2))) - (0.2 + 0.8 * expit(1.2 * (theta - 0.3)))

    squares, _ = quad(lambda theta: norm.pdf(theta) * gap(theta) ** 2, -9, 9)
    mean, _ = quad(lambda theta: norm.pdf(theta) * gap(theta), -9, 9)
    (got,) = curve_differences([one], [two], normal_grid())
    assert got.wrmsd == pytest.approx(np.sqrt(squares), abs=1e-6)
    assert got.mean == pytest.approx(mean, abs=1e-6)


def test_a_two_category_nominal_item_is_judged_as_a_2pl():
    plain = [ItemParameters("i", "2PL", (1.2,), (b,)) for b in (0.1, 0.6)]
    nominal = [ItemParameters("i", "NRM", (1.2,), (-1.2 * b,)) for b in (0.1, 0.6)]
    (one,) = curve_differences(plain[:1], plain[1:], normal_grid())
    (two,) = curve_differences(nominal[:1], nominal[1:], normal_grid())
    assert two.wrmsd == pytest.approx(one.wrmsd)
    assert two.mean is None


def test_wald_of_rasch_anchors_is_the_textbook_z():
    """With equal errors s and the mean difference as link, b_Y - b_X - B has variance
    2 s^2 (1 - 1/n)."""
    b_x = np.array([-1.0, -0.2, 0.5, 1.1])
    b_y = b_x + 0.3 + np.array([0.1, -0.2, 0.05, 0.3])
    x, y = (
        tuple(ItemParameters(f"i{k}", "Rasch", (1.0,), (float(one),)) for k, one in enumerate(b))
        for b in (b_x, b_y)
    )
    spread = np.diag([0.0, 0.01] * 4)
    found = link(x, y, Linking("mean_mean"), covariance_x=spread, covariance_y=spread)
    left = b_y - b_x - np.mean(b_y - b_x)
    got = wald_of_anchors(found, spread, spread)
    assert [one.df for one in got] == [1] * 4
    np.testing.assert_allclose([one.statistic for one in got], left**2 / (2 * 0.01 * (1 - 1 / 4)))
    np.testing.assert_allclose(
        [one.p_value for one in got], 2 * norm.sf(np.abs(left) / np.sqrt(0.015))
    )


@pytest.mark.parametrize("method", ["mean_sigma", "haebara", "stocking_lord"])
def test_wald_has_the_covariance_of_finite_differences(method):
    """The whole way from both forms' parameters to what is left of an item after the link."""
    rng = np.random.default_rng(2)
    x = (
        *pool(rng, 3),
        ItemParameters("g", "GRM", (1.1,), (-0.7, 0.4)),
        ItemParameters("t", "3PL", (1.3,), (0.2,), 0.15),
    )
    y = transform_items(x, 1.2, -0.3)
    y = with_reported(y, reported(y) + 0.05 * rng.standard_normal(len(reported(y))))
    spread = spread_of(x, 0.05)
    anchors = ("i0", "i1", "g", "t")
    n_x = len(spread)

    def left(values):
        one, two = with_reported(x, values[:n_x]), with_reported(y, values[n_x:])
        found = link(one, two, Linking(method), anchors=anchors)
        return reported(two) - reported(apply_link(found, one))

    point = np.concatenate([reported(x), reported(y)])
    by_all = np.stack(
        [(left(point + step) - left(point - step)) / 2e-5 for step in 1e-5 * np.eye(len(point))],
        axis=1,
    )
    whole = by_all[:, :n_x] @ spread @ by_all[:, :n_x].T
    whole = whole + by_all[:, n_x:] @ spread @ by_all[:, n_x:].T
    found = link(x, y, Linking(method), anchors=anchors, covariance_x=spread, covariance_y=spread)
    names = parameter_names(x)
    for got in wald_of_anchors(found, spread, spread):
        place = slices(x)[got.name]
        own = [k for k in range(place.start, place.stop) if names[k][1] != "c"]
        gap = left(point)[own]
        wanted = gap @ np.linalg.solve(whole[np.ix_(own, own)], gap)
        assert got.statistic == pytest.approx(wanted, rel=1e-4)
        assert (got.df, got.p_value) == (
            len(own),
            pytest.approx(chi2.sf(wanted, len(own)), rel=1e-3),
        )


# Type-I error


@pytest.mark.parametrize("method", ["mean_sigma", "stocking_lord"])
def test_wald_rejects_steady_anchors_as_often_as_it_says(method):
    """Parameters drawn from their covariances, 80 pairs of 15 anchors."""
    rng = np.random.default_rng(3)
    x = pool(rng)
    y, spread = transform_items(x, 1.2, -0.3), spread_of(x)
    p_values = []
    for _ in range(80):
        one, two = sampled(rng, x, spread), sampled(rng, y, spread)
        found = link(one, two, Linking(method), covariance_x=spread, covariance_y=spread)
        p_values += [test.p_value for test in wald_of_anchors(found, spread, spread)]
    # 1,200 tests, nearly independent: standard errors .006 and .009
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.02)
    assert np.mean(np.array(p_values) < 0.10) == pytest.approx(0.10, abs=0.03)


def test_purification_drops_few_steady_anchors():
    """Real calibrations: 20 pairs of 15 anchors, at the 5 % level."""
    rng = np.random.default_rng(4)
    items = pool(rng)
    dropped = 0
    for _ in range(20):
        x, spread_x = simulated_calibration(rng, items, 0.4, 1.1, 1200)
        y, spread_y = simulated_calibration(rng, items, 0.0, 1.0, 1200)
        got = find_drift(x, y, criterion="wald", covariance_x=spread_x, covariance_y=spread_y)
        dropped += len(got.dropped)
    # 300 tests at .05 with standard error .0126
    assert 0.01 < dropped / 300 < 0.09


def test_robust_z_drops_a_tenth_of_normal_differences_in_either_parameter():
    rng = np.random.default_rng(5)
    b = np.linspace(-1.5, 1.5, 40)
    a = np.exp(rng.normal(0.2, 0.1, 40))
    dropped = 0
    for _ in range(20):
        x = two_pl(a * np.exp(rng.normal(0, 0.05, 40)), b + rng.normal(0, 0.08, 40))
        y = two_pl(a * np.exp(rng.normal(0, 0.05, 40)), b + rng.normal(0, 0.08, 40))
        dropped += len(find_drift(x, y).dropped)
    # 1 - .9^2 = .19, somewhat more because the IQR is estimated
    assert dropped / 800 == pytest.approx(0.20, abs=0.05)


# Recovery


@pytest.mark.parametrize(("criterion", "threshold"), [("wald", 0.01), ("robust_z", 2.7)])
def test_drifted_anchors_are_found(criterion, threshold):
    """Three of 15 anchors became harder and one lost discrimination; the drift is one-sided, so the
    first link is off."""
    rng = np.random.default_rng(6)
    items = pool(rng)
    now = moved_by(items, i2=("b", 0.6), i7=("b", 0.6), i11=("b", 0.6), i5=("a", 0.5))
    x, spread_x = simulated_calibration(rng, items, 0.4, 1.2, 3000)
    y, spread_y = simulated_calibration(rng, now, 0.0, 1.0, 3000)
    got = find_drift(
        x,
        y,
        criterion=criterion,
        threshold=threshold,
        covariance_x=spread_x,
        covariance_y=spread_y,
    )
    assert set(got.dropped) >= {"i2", "i5", "i7", "i11"}
    assert len(got.dropped) <= 5
    assert got.rounds == len(got.dropped) + 1
    assert set(got.kept) | set(got.dropped) == {item.name for item in items}
    assert got.link.anchors == got.kept
    raw = link(x, y)
    assert abs(got.link.B - 0.4) < 3 * got.link.se_B
    assert abs(raw.B - 0.4) > 2 * abs(got.link.B - 0.4)
    by_name = {anchor.name: anchor for anchor in got.anchors}
    assert by_name["i2"].curves.mean < -0.05  # harder: a lower expected score on Y
    assert "round" in by_name["i2"].reason
    assert by_name["i0"].kept is ("i0" in got.kept)
    assert by_name["i0"].reason


def test_power_and_false_alarms_over_many_draws():
    """Two of 15 anchors move by .5, six standard errors of a difference."""
    rng = np.random.default_rng(7)
    x = pool(rng)
    y, spread = transform_items(moved_by(x, i3=("b", 0.5), i10=("b", 0.5)), 1.2, 0.3), spread_of(x)
    found, false = 0, 0
    for _ in range(25):
        got = find_drift(
            sampled(rng, x, spread),
            sampled(rng, y, spread),
            Linking("mean_sigma"),
            criterion="wald",
            covariance_x=spread,
            covariance_y=spread,
        )
        found += len({"i3", "i10"} & set(got.dropped))
        false += len(set(got.dropped) - {"i3", "i10"})
    assert found / 50 > 0.9
    assert false / (25 * 13) < 0.10


def test_thresholds_that_move_apart_are_found_by_wald_not_by_robust_z():
    rng = np.random.default_rng(8)
    x = tuple(
        ItemParameters(f"g{k}", "GRM", (1.2,), (b - 0.8, b + 0.8))
        for k, b in enumerate(np.linspace(-1, 1, 8))
    )
    apart = ItemParameters("g4", "GRM", (1.2,), (x[4].b[0] - 0.5, x[4].b[1] + 0.5))
    spread = spread_of(x, 0.05)
    y = sampled(rng, (*x[:4], apart, *x[5:]), spread)
    how = Linking("mean_mean")
    got = find_drift(
        x, y, how, criterion="wald", threshold=1e-4, covariance_x=spread, covariance_y=spread
    )
    assert got.dropped == ("g4",)
    z = {one.name: one.b for one in robust_z_of_anchors(link(x, y, how))}
    assert abs(z["g4"]) < 2.7


def test_curves_decide_by_the_size_of_the_difference():
    rng = np.random.default_rng(9)
    a, b = parameters(rng, 10)
    x = (*two_pl(a, b), ItemParameters("n", "NRM", (0.6, 1.5), (0.2, -0.4)))
    y = moved_by(x, i4=("b", 1.5), i6=("b", 0.05))
    got = find_drift(x, transform_items(y, 0.9, 0.3), criterion="wrmsd")
    assert got.dropped == ("i4",)
    np.testing.assert_allclose((got.link.A, got.link.B), (0.9, 0.3), atol=0.02)
    by_name = {anchor.name: anchor for anchor in got.anchors}
    assert "of the score range" in by_name["i4"].reason
    assert by_name["i6"].curves.wrmsd == pytest.approx(0.05 * a[6] / 4, abs=0.01)
    assert by_name["n"].robust_z.reason == "NRM has no difficulty"
    assert by_name["n"].wald is None


# Edges


def test_the_search_stops_at_the_least_number_of_anchors():
    x = two_pl([1.0] * 5, [-1, -0.5, 0, 0.5, 1])
    y = moved_by(x, i0=("b", 1.0), i1=("b", -1.0), i3=("b", 2.0), i4=("b", -1.5))
    got = find_drift(x, y, criterion="wrmsd", threshold=0.001, min_anchors=4)
    assert len(got.kept) == 4
    assert "stopped at 4 anchors" in got.notes[0]
    assert any("for want of others" in anchor.reason for anchor in got.anchors)


def test_only_the_anchors_asked_for_are_judged():
    rng = np.random.default_rng(10)
    x = pool(rng)
    names = [f"i{k}" for k in range(2, 12)]
    got = find_drift(x, moved_by(x, i0=("b", 2.0), i3=("b", 1.0)), anchors=names, criterion="wrmsd")
    assert [anchor.name for anchor in got.anchors] == names
    assert got.dropped == ("i3",)


def test_what_cannot_be_judged_says_so():
    x = tuple(ItemParameters(f"i{k}", "Rasch", (1.0,), (0.4 * k,)) for k in range(6))
    same = find_drift(x, x)
    assert same.dropped == ()
    assert same.anchors[0].robust_z.a is None
    assert "slopes do not spread" in same.anchors[0].robust_z.reason
    assert "not judged" in same.anchors[0].reason
    known = np.zeros((12, 12))
    tests = find_drift(x, x, criterion="wald", covariance_x=known, covariance_y=known)
    assert tests.anchors[0].wald.statistic is None
    assert tests.anchors[0].reason.endswith("its parameters have no sampling error")
    falling = (ItemParameters("i0", "2PL", (-0.5,), (0.0,)), *pool(np.random.default_rng(1))[1:])
    z = robust_z_of_anchors(link(falling, falling))
    assert z[0].a is None
    assert "slope is not positive" in z[0].reason


def test_refusals_say_what_is_missing():
    x = pool(np.random.default_rng(11))
    with pytest.raises(DriftError, match="needs the covariances of both"):
        find_drift(x, x, criterion="wald")
    with pytest.raises(DriftError, match="no criterion 'z'"):
        find_drift(x, x, criterion="z")
    with pytest.raises(DriftError, match=r"1\.5 does not fit wald"):
        find_drift(x, x, criterion="wald", threshold=1.5)
    with pytest.raises(DriftError, match="min_anchors must be 1 or more"):
        find_drift(x, x, min_anchors=0)
    with pytest.raises(DriftError, match="needs a link with standard errors"):
        wald_of_anchors(link(x, x), np.eye(30), np.eye(30))
