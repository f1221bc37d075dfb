"""Linking: against plink's numbers, against finite differences, against resampled parameters."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit
from simulated import dichotomous, graded

from calibration import Quadrature, calibrate, normal_grid
from calibration.linking.links import (
    Linking,
    LinkingError,
    apply_link,
    apply_link_to_covariance,
    chain,
    link,
    parameter_names,
    transform_items,
)
from calibration.linking.scale import reported, with_reported
from calibration.parameters import ItemParameters, probabilities

KNOWN = Path(__file__).parents[1] / "known_values"
METHODS = ("mean_mean", "mean_sigma", "haebara", "stocking_lord")
CURVES = ("haebara", "stocking_lord")
THETA = np.linspace(-4, 4, 40)

MIXED = (
    ItemParameters("two", "2PL", (1.3,), (-0.4,)),
    ItemParameters("three", "3PL", (0.9,), (0.7,), 0.2),
    ItemParameters("four", "4PL", (1.6,), (0.2,), 0.1, 0.95),
    ItemParameters("graded", "GRM", (1.1,), (-1.0, 0.1, 1.4)),
    ItemParameters("credit", "GPCM", (0.8,), (0.3, -0.2)),
)
NOMINAL = ItemParameters("nominal", "NRM", (0.5, 1.4), (0.3, -0.6))
UNIT = (
    ItemParameters("rasch", "Rasch", (1.0,), (0.4,)),
    ItemParameters("other", "Rasch", (1.0,), (-0.9,)),
    ItemParameters("step", "PCM", (1.0,), (-0.5, 0.8)),
)


def kb04(side):
    with (KNOWN / "kb04.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return tuple(
        ItemParameters(
            row[f"item_{side}"],
            "3PL",
            (float(row[f"a_{side}"]),),
            (float(row[f"b_{side}"]),),
            float(row[f"c_{side}"]),
        )
        for row in rows
    )


def shaken(items, rng, size=0.08):
    """The items with small changes in a and b: what another sample would give."""
    names = parameter_names(items)
    change = size * rng.standard_normal(len(names)) * [name[0] in "ab" for _, name in names]
    return with_reported(items, reported(items) + change)


def some_covariance(items, rng, size=0.05):
    root = rng.standard_normal((len(reported(items)), len(reported(items))))
    spread = root @ root.T / len(root) + np.eye(len(root))
    of_free = np.array([name[0] in "ab" for _, name in parameter_names(items)])
    scale = size * np.where(of_free, 1.0, 0.2)
    return spread * np.outer(scale, scale)


def differences(function, point, step=1e-5):
    """Central differences of a vector function, (n_values, n_point)."""
    columns = []
    for place in range(len(point)):
        ahead, behind = point.copy(), point.copy()
        ahead[place] += step
        behind[place] -= step
        columns.append((function(ahead) - function(behind)) / (2 * step))
    return np.stack(columns, axis=1)


# Other programs


@pytest.mark.parametrize("method", METHODS)
def test_agrees_with_plink(method):
    """Oracle: plink on Kolen & Brennan's Table 6.5, six digits printed."""
    printed = json.loads((KNOWN / "kb04.json").read_text(encoding="utf-8"))["A_B"][method]
    got = link(kb04("x"), kb04("y"), Linking(method))
    np.testing.assert_allclose((got.A, got.B), printed, atol=1.01e-6, rtol=0)


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("method", CURVES)
def test_loss_is_that_of_the_textbook(method, symmetric):
    """The 3PL formula written out, other weights, minimised by another algorithm."""
    x, y = kb04("x"), kb04("y")
    weights = np.exp(-0.5 * THETA**2)
    weights /= weights.sum()

    def curve(items, theta, A=1.0, B=0.0):
        a = np.array([item.a[0] / A for item in items])
        b = np.array([A * item.b[0] + B for item in items])
        c = np.array([item.c for item in items])
        return c + (1 - c) * expit(a * (theta[:, None] - b))

    def loss(point):
        A, B = point
        gaps = [curve(y, THETA) - curve(x, THETA, A, B)]
        if symmetric:
            gaps.append(curve(x, THETA) - curve(y, THETA, 1 / A, -B / A))
        if method == "stocking_lord":
            return sum(weights @ gap.sum(axis=1) ** 2 for gap in gaps)
        return sum(2 * weights @ (gap**2).sum(axis=1) for gap in gaps)  # right and wrong

    wanted = minimize(loss, (1.0, 0.0), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 0})
    how = Linking(method, symmetric=symmetric, grid=Quadrature(THETA, weights))
    got = link(x, y, how)
    np.testing.assert_allclose((got.A, got.B), wanted.x, atol=1e-6)
    assert got.loss == pytest.approx(wanted.fun, rel=1e-9)


def test_haebara_and_stocking_lord_of_graded_and_partial_credit_items():
    """Category curves of GRM and GPCM written out."""
    rng = np.random.default_rng(3)
    x = MIXED[3:]
    y = shaken(transform_items(x, 1.2, -0.3), rng, 0.15)

    def categories(item):
        a, b = item.a[0], np.array(item.b)
        if item.model == "GRM":
            passed = expit(a * (THETA[:, None] - b))
            edges = np.column_stack([np.ones(len(THETA)), passed, np.zeros(len(THETA))])
            return edges[:, :-1] - edges[:, 1:]
        steps = np.cumsum(np.column_stack([0 * THETA, a * (THETA[:, None] - b)]), axis=1)
        return np.exp(steps) / np.exp(steps).sum(axis=1, keepdims=True)

    def gaps(point):
        moved = [
            ItemParameters(
                one.name,
                one.model,
                (one.a[0] / point[0],),
                tuple(point[0] * np.array(one.b) + point[1]),
            )
            for one in x
        ]
        return [categories(one) - categories(two) for one, two in zip(y, moved, strict=True)]

    def haebara(point):
        return sum(np.mean((gap**2).sum(axis=1)) for gap in gaps(point))

    def stocking_lord(point):
        total = sum(gap @ np.arange(gap.shape[1]) for gap in gaps(point))
        return np.mean(total**2)

    for method, loss in (("haebara", haebara), ("stocking_lord", stocking_lord)):
        wanted = minimize(loss, (1, 0), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 0})
        got = link(x, y, Linking(method))
        np.testing.assert_allclose((got.A, got.B), wanted.x, atol=2e-6)
        assert got.loss == pytest.approx(wanted.fun, rel=1e-7)


def test_moment_methods_count_every_threshold():
    x = MIXED[:1] + MIXED[3:]
    y = shaken(transform_items(x, 1.3, 0.2), np.random.default_rng(4))
    a_x, a_y = ([item.a[0] for item in items] for items in (x, y))
    b_x, b_y = ([one for item in items for one in item.b] for items in (x, y))
    slopes = np.mean(a_x) / np.mean(a_y)
    spreads = np.std(b_y) / np.std(b_x)
    for method, A in (("mean_mean", slopes), ("mean_sigma", spreads)):
        got = link(x, y, Linking(method))
        wanted = A, np.mean(b_y) - A * np.mean(b_x)
        np.testing.assert_allclose((got.A, got.B), wanted, rtol=1e-12)


# Derivatives and standard errors


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_derivatives_by_parameters_are_those_of_finite_differences(method, symmetric):
    rng = np.random.default_rng(5)
    items = (*MIXED, NOMINAL) if method in CURVES else MIXED
    x, y = items, shaken(transform_items(items, 1.25, -0.4), rng)
    how = Linking(method, symmetric=symmetric, grid=normal_grid(31))
    got = link(x, y, how)

    def of_x(values):
        found = link(with_reported(x, values), y, how)
        return np.array([found.A, found.B])

    def of_y(values):
        found = link(x, with_reported(y, values), how)
        return np.array([found.A, found.B])

    np.testing.assert_allclose(got.by_x, differences(of_x, reported(x)), atol=2e-7)
    np.testing.assert_allclose(got.by_y, differences(of_y, reported(y)), atol=2e-7)


@pytest.mark.parametrize("method", METHODS)
def test_standard_errors_agree_with_resampled_parameters(method):
    """300 draws of both forms' parameters; small errors, so that first order is enough."""
    rng = np.random.default_rng(6)
    x, y = MIXED, shaken(transform_items(MIXED, 1.25, -0.4), rng)
    spread = [some_covariance(items, rng, 0.02) for items in (x, y)]
    how = Linking(method)
    got = link(x, y, how, covariance_x=spread[0], covariance_y=spread[1])
    draws = []
    for _ in range(300):
        drawn = [
            with_reported(items, rng.multivariate_normal(reported(items), own))
            for items, own in zip((x, y), spread, strict=True)
        ]
        found = link(*drawn, how)
        draws.append((found.A, found.B))
    seen = np.cov(np.array(draws).T)
    # an SD of 300 draws has a standard error of 4.1 %
    np.testing.assert_allclose([got.se_A, got.se_B], np.sqrt(np.diagonal(seen)), rtol=0.13)
    correlation = got.covariance[0, 1] / (got.se_A * got.se_B)
    assert correlation == pytest.approx(np.corrcoef(np.array(draws).T)[0, 1], abs=0.17)


def simulated_form(rng, a, b, mean, sd, n_persons):
    ability = mean + sd * rng.standard_normal(n_persons)
    right = rng.random((n_persons, len(a))) < expit(a * (ability[:, None] - b))
    return right.astype(float)


@pytest.mark.parametrize("method", ["mean_sigma", "stocking_lord"])
def test_two_calibrations_are_linked_within_their_standard_errors(method):
    """Each calibration calls its group N(0, 1), so A and B are the SD and mean of X's group on the
    scale of Y; over 30 pairs of samples the standardised errors have SD 1."""
    rng = np.random.default_rng(7)
    a, b = rng.lognormal(0.2, 0.25, 12), np.linspace(-1.5, 1.5, 12)
    errors = []
    for _ in range(30):
        x = calibrate(simulated_form(rng, a, b, 0.5, 1.2, 1500))
        y = calibrate(simulated_form(rng, a, b, 0.0, 1.0, 1500))
        got = link(
            x.items,
            y.items,
            Linking(method),
            covariance_x=x.covariance,
            covariance_y=y.covariance,
        )
        errors.append([(got.A - 1.2) / got.se_A, (got.B - 0.5) / got.se_B])
    spread = np.sqrt(np.mean(np.square(errors), axis=0))
    # sqrt(chi2_30 / 30) lies in [.70, 1.32] with probability .99
    assert ((spread > 0.70) & (spread < 1.32)).all(), spread


def test_covariance_has_the_order_of_a_calibration():
    rng = np.random.default_rng(8)
    codes = dichotomous(rng, np.ones(4), np.linspace(-1, 1, 4), 400)
    codes = np.column_stack([codes, graded(rng, np.ones(1), np.array([[-1.0, 0, 1]]), 400)])
    models = ["2PL", "3PL", "2PL", "Rasch", "GRM"]
    assert (
        parameter_names(calibrate(codes, models).items) == calibrate(codes, models).parameter_names
    )


# Applying a link


@given(
    A=st.floats(0.4, 2.5),
    B=st.floats(-2, 2),
    theta=st.lists(st.floats(-3, 3), min_size=1, max_size=5),
)
def test_a_move_changes_no_probability(A, B, theta):
    items = (*MIXED, NOMINAL, *UNIT)
    moved = transform_items(items, A, B)
    np.testing.assert_allclose(
        probabilities(moved, A * np.array(theta) + B), probabilities(items, theta), atol=1e-12
    )


@given(A=st.floats(0.5, 2), B=st.floats(-1.5, 1.5), symmetric=st.booleans())
@pytest.mark.parametrize("method", METHODS)
def test_an_exact_move_is_found(method, A, B, symmetric):
    items = (*MIXED, NOMINAL) if method in CURVES else MIXED
    got = link(items, transform_items(items, A, B), Linking(method, symmetric=symmetric))
    np.testing.assert_allclose((got.A, got.B), (A, B), atol=1e-7)


def test_symmetric_loss_gives_the_inverse_when_the_forms_change_places():
    rng = np.random.default_rng(9)
    x, y = MIXED, shaken(transform_items(MIXED, 1.2, 0.3), rng, 0.2)
    for method in CURVES:
        there, back = (
            link(one, two, Linking(method, symmetric=True)) for one, two in ((x, y), (y, x))
        )
        np.testing.assert_allclose((1 / back.A, -back.B / back.A), (there.A, there.B), atol=1e-9)
        plain = link(x, y, Linking(method)), link(y, x, Linking(method))
        assert abs(1 / plain[1].A - plain[0].A) > 1e-4


def test_covariance_of_moved_items_is_that_of_finite_differences():
    """Through the link too: the moved items depend on both forms' parameters."""
    rng = np.random.default_rng(10)
    x, y = (*MIXED, NOMINAL), shaken(transform_items((*MIXED, NOMINAL), 1.25, -0.4), rng)
    spread_x, spread_y = some_covariance(x, rng), some_covariance(y, rng)
    anchors = ["two", "three", "graded", "nominal"]

    def moved(values):
        one = with_reported(x, values[: len(spread_x)])
        two = with_reported(y, values[len(spread_x) :])
        return reported(apply_link(link(one, two, anchors=anchors), one))

    got = link(x, y, anchors=anchors, covariance_x=spread_x, covariance_y=spread_y)
    by_all = differences(moved, np.concatenate([reported(x), reported(y)]))
    n_x = len(spread_x)
    wanted = by_all[:, :n_x] @ spread_x @ by_all[:, :n_x].T
    wanted = wanted + by_all[:, n_x:] @ spread_y @ by_all[:, n_x:].T
    np.testing.assert_allclose(apply_link_to_covariance(got, spread_x), wanted, atol=1e-8)


def test_a_moved_rasch_item_becomes_2pl():
    moved = transform_items(UNIT, 2.0, 0.5)
    assert [item.model for item in moved] == ["2PL", "2PL", "GPCM"]
    assert [item.model for item in transform_items(UNIT, 1.0, 0.5)] == ["Rasch", "Rasch", "PCM"]


@pytest.mark.parametrize("method", METHODS)
def test_rasch_anchors_hold_the_unit(method):
    rng = np.random.default_rng(11)
    names = parameter_names(UNIT)
    free = np.array([name[0] == "b" for _, name in names])
    y = with_reported(UNIT, reported(UNIT) + free * (0.6 + 0.1 * rng.standard_normal(len(free))))
    spread = np.diag(np.where(free, 0.01, 0.0))
    how = Linking(method)
    got = link(UNIT, y, how, covariance_x=spread, covariance_y=spread)
    assert (got.A, got.se_A) == (1.0, 0.0)

    def of_x(values):
        values = np.where(free, values, 1.0)
        return np.array([link(with_reported(UNIT, values), y, how).B])

    by_x = differences(of_x, reported(UNIT))[0]
    np.testing.assert_allclose(got.by_x[1, free], by_x[free], atol=1e-7)
    if method in ("mean_mean", "mean_sigma"):
        assert got.se_B == pytest.approx(np.sqrt(2 * 0.01 / free.sum()))


# Chains


ANCHORS = (("two", "four", "graded"), ("two", "three", "graded"), ("three", "graded", "credit"))


def three_links(method="stocking_lord"):
    rng = np.random.default_rng(12)
    forms = [MIXED]
    for A, B in ((1.2, 0.3), (0.9, -0.5), (1.1, 0.2)):
        forms.append(shaken(transform_items(forms[-1], A, B), rng, 0.06))
    spreads = [some_covariance(form, rng, 0.03) for form in forms]
    links = [
        link(
            forms[k],
            forms[k + 1],
            Linking(method),
            anchors=ANCHORS[k],
            covariance_x=spreads[k],
            covariance_y=spreads[k + 1],
        )
        for k in range(3)
    ]
    return forms, spreads, links


@pytest.mark.parametrize("method", METHODS)
def test_standard_errors_of_a_chain_are_those_of_finite_differences(method):
    """By all forms' parameters at once; a middle form moves two links."""
    forms, spreads, links = three_links(method)
    widths = np.cumsum([len(spread) for spread in spreads])[:-1]

    def coefficients(values):
        moved = [
            with_reported(form, own)
            for form, own in zip(forms, np.split(values, widths), strict=True)
        ]
        found = chain(
            [link(moved[k], moved[k + 1], Linking(method), anchors=ANCHORS[k]) for k in range(3)]
        )
        return np.array([found.A, found.B])

    got = chain(links)
    by_all = differences(coefficients, np.concatenate([reported(form) for form in forms]))
    wanted = sum(
        own @ spread @ own.T
        for own, spread in zip(np.split(by_all, widths, axis=1), spreads, strict=True)
    )
    np.testing.assert_allclose(got.covariance, wanted, rtol=1e-5)
    # and a middle form's error does count in both its links
    apart = got.A**2 * sum((one.se_A / one.A) ** 2 for one in links)
    assert abs(got.covariance[0, 0] / apart - 1) > 0.02


def test_a_chain_moves_items_as_its_links_do():
    forms, spreads, links = three_links()
    whole = chain(links)
    stepwise = forms[0]
    for one in links:
        stepwise = apply_link(one, stepwise)
    np.testing.assert_allclose(reported(apply_link(whole, forms[0])), reported(stepwise))
    nested = chain([chain(links[:2]), links[2]])
    np.testing.assert_allclose(nested.covariance, whole.covariance)
    assert [part.method for part in whole.parts] == ["stocking_lord"] * 3
    assert apply_link_to_covariance(whole, spreads[0]).shape == spreads[0].shape


def test_chains_that_are_none_are_refused():
    _, _, links = three_links()
    with pytest.raises(LinkingError, match="at least one link"):
        chain([])
    with pytest.raises(LinkingError, match="link 2 of the chain does not start where link 1 ends"):
        chain([links[0], links[2]])
    back = link(links[0].items_y, links[0].items_x)
    with pytest.raises(LinkingError, match="comes back to a form at link 2"):
        chain([links[0], back])
    bare = link(links[1].items_x, links[1].items_y)
    with pytest.raises(LinkingError, match="some have none"):
        chain([links[0], bare])


# Refusals


def test_without_covariances_there_are_no_standard_errors():
    got = link(kb04("x"), kb04("y"))
    assert (got.se_A, got.se_B, got.covariance) == (None, None, None)
    with pytest.raises(LinkingError, match="no standard errors"):
        apply_link_to_covariance(got, np.eye(36))


def test_a_covariance_other_than_the_links_is_refused():
    got = link(kb04("x"), kb04("y"), covariance_x=np.eye(36), covariance_y=np.eye(36))
    with pytest.raises(LinkingError, match="another covariance of X"):
        apply_link_to_covariance(got, 2 * np.eye(36))


def test_refusals_say_what_to_mend():
    x, y = kb04("x"), kb04("y")
    with pytest.raises(LinkingError, match="no item in common"):
        link(x, MIXED)
    with pytest.raises(LinkingError, match="not in both calibrations: 99"):
        link(x, y, anchors=["3", "99"])
    with pytest.raises(LinkingError, match="Y names items twice: 3"):
        link(x, (*y, y[0]))
    with pytest.raises(LinkingError, match="pass zeros"):
        link(x, y, covariance_x=np.eye(36))
    with pytest.raises(LinkingError, match=r"shape \(36, 36\).*came \(2, 2\)"):
        link(x, y, covariance_x=np.eye(2), covariance_y=np.eye(36))
    with pytest.raises(LinkingError, match="no method 'sl'"):
        Linking("sl")
    with pytest.raises(LinkingError, match="symmetric=True"):
        Linking(reverse_grid=normal_grid())


def test_anchors_of_two_models_are_refused():
    other = ItemParameters("two", "3PL", (1.3,), (-0.4,), 0.1)
    with pytest.raises(LinkingError, match="anchor 'two' is 2PL with 2 categories on X and 3PL"):
        link(MIXED, (other, *MIXED[1:]))
    slope = ItemParameters("rasch", "Rasch", (1.7,), (0.4,))
    with pytest.raises(LinkingError, match=r"'rasch' is Rasch with slope 1 on X and 1\.7 on Y"):
        link(UNIT, (slope, *UNIT[1:]))


def test_moment_methods_refuse_what_they_cannot_average():
    for method in ("mean_mean", "mean_sigma"):
        with pytest.raises(LinkingError, match="NRM has no difficulties to average: nominal"):
            link((*MIXED, NOMINAL), (*MIXED, NOMINAL), Linking(method))
    one = MIXED[:1]
    with pytest.raises(LinkingError, match="mean-sigma needs b that differ"):
        link(one, one, Linking("mean_sigma"))
    falling = (ItemParameters("two", "2PL", (-1.0,), (0.0,)),)
    with pytest.raises(LinkingError, match="positive mean slopes"):
        link(falling, one, Linking("mean_mean"))


def test_curves_that_do_not_determine_the_link_are_refused():
    """The anchor's curve is flat, to the last digit, all over the grid."""
    far = (ItemParameters("far", "2PL", (3.0,), (60.0,)),)
    with pytest.raises(LinkingError, match="do not determine the link"):
        link(far, far)


def test_an_asymptote_fixed_at_its_bound_has_no_share_in_the_error():
    x = (ItemParameters("four", "4PL", (1.2,), (0.3,), 0.0, 1.0), MIXED[0])
    y = shaken(transform_items(x, 1.1, 0.2), np.random.default_rng(13))
    spread = np.diag([0.01, 0.01, 0.0, 0.0, 0.01, 0.01])
    got = link(x, y, covariance_x=spread, covariance_y=spread)
    as_2pl = [(ItemParameters("four", "2PL", items[0].a, items[0].b), items[1]) for items in (x, y)]
    small = np.diag([0.01] * 4)
    wanted = link(*as_2pl, covariance_x=small, covariance_y=small)
    np.testing.assert_allclose((got.A, got.B), (wanted.A, wanted.B), atol=1e-9)
    np.testing.assert_allclose(got.covariance, wanted.covariance, atol=1e-12)
