"""Charts hold the numbers that they claim to show."""

import numpy as np
import pytest
from scipy.special import expit
from simulated import draw, two_pl

from calibration import DataError, Quadrature, normal_grid
from calibration.parameters import ItemParameters
from calibration.plots import (
    DifPoint,
    DriftPoint,
    FitPoint,
    Observed,
    PlotError,
    category_curves,
    dif_effects,
    drift,
    information_curve,
    item_fit,
    line_chart,
    observed_proportions,
    wright_map,
)
from calibration.plots.style import PRINT

RIGHT_WRONG = ItemParameters("r", "3PL", (1.4,), (0.3,), 0.2)
GRADED = ItemParameters("g", "GRM", (1.7,), (-1.0, 0.2, 1.5))
NOMINAL = ItemParameters("n", "NRM", (0.5, 1.5), (0.2, -0.4))
THETA = np.array([-2.0, 0.0, 0.7])


def layers(spec):
    """All layers, those in layers too, with their data in place."""
    found = []
    for layer in spec.get("layer", []):
        if "layer" in layer:
            found += layers({**layer, "datasets": spec["datasets"]})
        else:
            source = (layer.get("data") or spec["data"])["name"]
            found.append({**layer, "rows": spec["datasets"][source]})
    return found


def mark(layer):
    return layer["mark"] if isinstance(layer["mark"], str) else layer["mark"]["type"]


def drawn(spec, kind):
    """The one layer with that mark."""
    (found,) = [layer for layer in layers(spec) if mark(layer) == kind]
    return found


def curve(rows, name):
    return [row["value"] for row in rows if row["series"] == name]


def test_curves_of_a_3pl_item_are_its_formula():
    rows = drawn(category_curves(RIGHT_WRONG, theta=THETA), "line")["rows"]
    right = 0.2 + 0.8 * expit(1.4 * (THETA - 0.3))
    np.testing.assert_allclose(curve(rows, "1"), right, rtol=1e-12)
    np.testing.assert_allclose(curve(rows, "0"), 1 - right, rtol=1e-12)
    assert [row["theta"] for row in rows[:3]] == THETA.tolist()


def test_curves_of_a_graded_item_are_differences_of_boundaries():
    names = ("never", "seldom", "often", "always")
    rows = drawn(category_curves(GRADED, theta=THETA, names=names), "line")["rows"]
    above = [np.ones(3), *(expit(1.7 * (THETA - b)) for b in GRADED.b), np.zeros(3)]
    for place, name in enumerate(names):
        np.testing.assert_allclose(
            curve(rows, name), above[place] - above[place + 1], rtol=1e-12, atol=1e-15
        )


def test_information_and_its_standard_error():
    """2PL: a^2 P Q; GRM of two categories is the same."""
    items = [
        ItemParameters("x", "2PL", (1.5,), (0.5,)),
        ItemParameters("y", "GRM", (0.8,), (-1.0,)),
    ]
    spec = information_curve(items, theta=THETA, cuts=[0.25])
    first, second = expit(1.5 * (THETA - 0.5)), expit(0.8 * (THETA + 1.0))
    expected = 1.5**2 * first * (1 - first) + 0.8**2 * second * (1 - second)
    told, doubted, cut = layers(spec)
    np.testing.assert_allclose([row["value"] for row in told["rows"]], expected, rtol=1e-12)
    np.testing.assert_allclose(
        [row["value"] for row in doubted["rows"]], expected**-0.5, rtol=1e-12
    )
    assert [row["theta"] for row in cut["rows"]] == [0.25]


def test_standard_errors_far_above_the_least_are_not_drawn():
    far = np.array([0.0, 30.0])
    spec = information_curve([ItemParameters("x", "Rasch", (1.0,), (0.0,))], theta=far)
    told, doubted = layers(spec)
    assert len(told["rows"]) == 2
    assert [(row["theta"], row["value"]) for row in doubted["rows"]] == [(0.0, 2.0)]


def test_observed_proportions_counted_by_hand():
    """Three nodes, two Rasch items at 0, five persons; the posterior by Bayes' rule in full."""
    nodes, prior = (-1.0, 0.0, 1.0), (0.25, 0.5, 0.25)
    items = [ItemParameters(name, "Rasch", (1.0,), (0.0,)) for name in "xy"]
    answers = [(1, 1), (1, 0), (0, 0), (0, -1), (-1, 1)]
    weights = [3, 1, 2, 1, 4]
    persons, right = [0.0] * 3, [0.0] * 3
    for (x, y), weight in zip(answers, weights, strict=True):
        joint = []
        for node, share in zip(nodes, prior, strict=True):
            p = 1 / (1 + np.exp(-node))
            for code in (x, y):
                share = share * {1: p, 0: 1 - p, -1: 1.0}[code]  # noqa: PLW2901
            joint.append(share)
        for node in range(3):
            if x >= 0:
                persons[node] += weight * joint[node] / sum(joint)
                right[node] += weight * x * joint[node] / sum(joint)
    found = observed_proportions(
        items,
        np.array(answers, dtype=np.int16),
        Quadrature(np.array(nodes), np.array(prior)),
        weights=weights,
        fewest=0,
    )[0]
    np.testing.assert_allclose(found.theta, nodes, atol=1e-12)
    np.testing.assert_allclose(found.persons, persons, rtol=1e-12)
    np.testing.assert_allclose(found.proportions[1], np.divide(right, persons), rtol=1e-12)
    np.testing.assert_allclose(found.proportions[0], 1 - found.proportions[1], rtol=1e-12)
    assert found.persons.sum() == pytest.approx(7)


def test_bins_join_neighbouring_nodes():
    """Nodes a quarter apart: by halves, then the tails to the first bin of 40 persons."""
    rng = np.random.default_rng(5)
    items = two_pl(rng, 6)
    categories = draw(items, rng.standard_normal(400), rng).astype(np.int16)
    nodes = np.arange(-2.625, 2.7, 0.25)
    grid = Quadrature(nodes, np.exp(-0.5 * nodes**2))
    (fine, *_), (halves, *_), (joined, *_) = (
        observed_proportions(items, categories, grid, width=width, fewest=fewest)
        for width, fewest in ((0.01, 0), (0.5, 0), (0.5, 40))
    )
    np.testing.assert_allclose(fine.theta, nodes, atol=1e-12)
    pairs = fine.persons.reshape(11, 2)
    np.testing.assert_allclose(halves.persons, pairs.sum(axis=1))
    np.testing.assert_allclose(
        halves.theta, (pairs * nodes.reshape(11, 2)).sum(axis=1) / pairs.sum(axis=1), atol=1e-12
    )
    np.testing.assert_allclose(
        halves.proportions[1], (pairs * fine.proportions[1].reshape(11, 2)).sum(1) / pairs.sum(1)
    )
    assert halves.persons[0] < 40
    assert joined.persons.min() >= 40
    assert joined.persons.sum() == pytest.approx(400)
    n_low = int(np.argmax(np.cumsum(halves.persons) >= 40)) + 1
    np.testing.assert_allclose(joined.persons[0], halves.persons[:n_low].sum())


def test_fewer_persons_than_a_bin_needs_make_one_bin():
    items = two_pl(np.random.default_rng(1), 2)
    found = observed_proportions(items, np.array([[1, 0], [0, 1]], np.int16), normal_grid())[0]
    np.testing.assert_allclose(found.persons, [2])
    np.testing.assert_allclose(found.proportions, [[0.5], [0.5]])


def test_under_the_model_points_lie_on_the_curve():
    """Short test, many persons: grouping by EAP would be off by more than .1 at the ends."""
    rng = np.random.default_rng(7)
    items = two_pl(rng, 5)
    categories = draw(items, rng.standard_normal(40_000), rng).astype(np.int16)
    for item, found in zip(
        items, observed_proportions(items, categories, normal_grid(121)), strict=True
    ):
        expected = expit(item.a[0] * (found.theta - item.b[0]))
        np.testing.assert_allclose(found.proportions[1], expected, atol=0.02)


def test_an_item_that_nobody_answered_has_no_points():
    items = two_pl(np.random.default_rng(1), 2)
    found = observed_proportions(items, np.array([[1, -1], [0, -1]], np.int16), normal_grid())[1]
    assert found.theta.shape == found.persons.shape == (0,)
    assert found.proportions.shape == (2, 0)


@pytest.mark.parametrize(
    ("categories", "options", "said"),
    [
        (np.zeros((3, 1)), {}, "2 items"),
        (np.zeros((3, 2)), {"weights": [1.0]}, "3 persons"),
        (np.full((3, 2), 2), {}, "'i0'"),
        (np.zeros((3, 2)), {"width": 0}, "above 0 logits"),
    ],
)
def test_what_does_not_fit_is_refused(categories, options, said):
    items = two_pl(np.random.default_rng(1), 2)
    with pytest.raises(DataError, match=said):
        observed_proportions(items, categories.astype(np.int16), normal_grid(), **options)


def test_observed_points_carry_their_bin_sizes():
    seen = Observed(
        np.array([-1.0, 1.0]), np.array([30.0, 10.0]), np.array([[0.8, 0.3], [0.2, 0.7]])
    )
    item = ItemParameters("x", "Rasch", (1.0,), (0.0,))
    points = drawn(category_curves(item, seen), "point")
    assert [
        (row["theta"], row["series"], row["value"], row["persons"]) for row in points["rows"]
    ] == [
        (-1.0, "0", 0.8, 30.0),
        (1.0, "0", 0.3, 10.0),
        (-1.0, "1", 0.2, 30.0),
        (1.0, "1", 0.7, 10.0),
    ]
    assert points["encoding"]["size"]["field"] == "persons"
    with pytest.raises(PlotError, match="'g' has 4"):
        category_curves(GRADED, seen)


def test_wright_map_orders_items_and_leaves_out_nominal_ones():
    hard = ItemParameters("hard", "2PL", (1.0,), (2.0,))
    grid = normal_grid(5, -2, 2)
    spec = wright_map([hard, NOMINAL, GRADED], {"all": grid})
    points = drawn(spec, "point")["rows"]
    assert [(row["item"], row["step"], row["theta"], row["x"]) for row in points] == [
        ("g", "1", -1.0, 1),
        ("g", "2", 0.2, 1),
        ("g", "3", 1.5, 1),
        ("hard", "1", 2.0, 2),
    ]
    persons = drawn(spec, "area")["rows"]
    assert [row["theta"] for row in persons] == [-2, -1, 0, 1, 2]
    heights = np.array([row["x"] for row in persons])
    np.testing.assert_allclose(heights / heights.min(), np.exp(-0.5 * grid.nodes**2), rtol=1e-12)
    assert (heights < 0).all()


def test_wright_map_without_difficulties_or_groups_is_refused():
    with pytest.raises(PlotError, match="no item has a difficulty"):
        wright_map([NOMINAL], {"all": normal_grid()})
    with pytest.raises(PlotError, match="no group"):
        wright_map([GRADED], {})


def test_names_of_items_are_quoted_for_the_axis():
    awkward = ItemParameters("it's \\", "Rasch", (1.0,), (0.0,))
    (axis,) = {
        layer["encoding"]["x"]["axis"]["labelExpr"]
        for layer in layers(wright_map([awkward], {"all": normal_grid()}))
        if "axis" in layer["encoding"]["x"]
    }
    assert axis == r"['it\'s \\'][datum.value - 1]"


def test_fit_shows_values_flags_and_the_line():
    points = [FitPoint("a", 0.02, False), FitPoint("b", 0.09, True)]
    spec = item_fit(points, limits=[0.06], flagged="ditandai", unflagged="baik")
    assert [(row["item"], row["value"], row["state"]) for row in drawn(spec, "point")["rows"]] == [
        ("a", 0.02, "baik"),
        ("b", 0.09, "ditandai"),
    ]
    assert drawn(spec, "rule")["rows"] == [{"value": 0.06}]
    assert drawn(spec, "point")["encoding"]["y"]["sort"] == ["a", "b"]


def test_dif_shows_effects_intervals_and_classes():
    points = [DifPoint("a", 0.5, 0.1, 0.9, "B"), DifPoint("b", -0.2, None, None, "A")]
    spec = dif_effects(points)
    none, intervals = [layer for layer in layers(spec) if mark(layer) == "rule"]
    assert none["rows"] == [{"value": 0.0}]
    assert intervals["rows"] == [{"item": "a", "low": 0.1, "high": 0.9}]
    rows = drawn(spec, "point")["rows"]
    assert [(row["item"], row["value"], row["label"]) for row in rows] == [
        ("a", 0.5, "B"),
        ("b", -0.2, "A"),
    ]


def test_drift_names_the_dropped_anchors_only():
    points = [DriftPoint("a", -1.0, -0.9, True), DriftPoint("b", 0.5, 1.4, False)]
    spec = drift(points)
    assert [row["item"] for row in drawn(spec, "text")["rows"]] == ["b"]
    assert [(row["before"], row["after"]) for row in drawn(spec, "point")["rows"]] == [
        (-1.0, -0.9),
        (0.5, 1.4),
    ]
    (identity,) = drawn(spec, "rule")["rows"]
    assert identity["from"] < -1.0
    assert identity["to"] > 1.4


@pytest.mark.parametrize("chart", [item_fit, dif_effects, drift, information_curve])
def test_nothing_to_draw_is_refused(chart):
    with pytest.raises(PlotError, match="give one"):
        chart([])


def test_a_curve_without_a_name_is_refused():
    with pytest.raises(PlotError, match="name a curve"):
        line_chart(THETA, np.zeros((2, 3)), ["one"], value="y")


def charts():
    seen = Observed(np.zeros(1), np.ones(1), np.full((4, 1), 0.25))
    return {
        "categories": (category_curves(GRADED, seen), "strokeDash"),
        "information": (information_curve([GRADED]), "strokeDash"),
        "wright": (wright_map([GRADED], {"a": normal_grid(), "b": normal_grid()}), "shape"),
        "fit": (item_fit([FitPoint("a", 1.0, True)]), "shape"),
        "dif": (dif_effects([DifPoint("a", 1.0, 0.0, 2.0, "C")]), "shape"),
        "drift": (drift([DriftPoint("a", 1.0, 1.1, True)]), "shape"),
    }


@pytest.mark.parametrize("name", charts())
def test_every_colour_has_a_dash_or_shape_beside_it(name):
    spec, channel = charts()[name]
    assert any(channel in layer["encoding"] for layer in layers(spec))
    for layer in layers(spec):
        encoding = layer["encoding"]
        if "color" in encoding and mark(layer) != "area":
            beside = {"strokeDash", "shape"} & set(encoding)
            assert [encoding[one]["field"] for one in beside] == [encoding["color"]["field"]]
            assert "range" not in encoding["color"]["scale"]
    assert "title" not in spec
    assert spec["width"] == "container"


def test_colours_of_print_differ():
    colours = PRINT["range"]["category"]
    assert len(set(colours)) == len(colours)
