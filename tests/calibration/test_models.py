"""Curves and derivatives against the plain ones and against finite differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from independent import log_curves
from scipy.special import expit

from calibration.errors import ModelError
from calibration.estimate.models import FAMILIES, curvature, score
from calibration.parameters import ItemParameters, ability_scores, information, log_probabilities

NODES = np.linspace(-4, 4, 9)


@st.composite
def items(draw):
    model = draw(st.sampled_from(["2PL", "3PL", "4PL", "GRM", "GPCM", "NRM"]))
    if model == "NRM":
        width = draw(st.integers(1, 4))
        numbers = draw(st.lists(st.floats(-2, 2), min_size=2 * width, max_size=2 * width))
        return model, np.array(numbers)
    a = draw(st.floats(0.2, 3))
    first = draw(st.floats(-2, 3))
    if model == "2PL":
        return model, np.array([a, first])
    if model == "3PL":
        return model, np.array([a, first, draw(st.floats(-3, 0))])
    if model == "4PL":
        return model, np.array([a, first, draw(st.floats(-3, 0)), draw(st.floats(1, 4))])
    gaps = draw(st.lists(st.floats(0.1, 2), min_size=1, max_size=4))
    return model, np.array([a, *(first - np.cumsum([0, *gaps]))])


@given(items())
def test_probabilities(item):
    model, parameters = item
    got = FAMILIES[model].log_probability(parameters[None], NODES)[0]
    np.testing.assert_allclose(got, log_curves(model, parameters, NODES), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(np.exp(got).sum(axis=0), 1, rtol=1e-12)


@given(items())
def test_first_and_second_derivatives(item):
    model, parameters = item
    family, step = FAMILIES[model], 1e-5
    first = score(family, parameters[None], NODES)[0]
    second = curvature(family, parameters[None], NODES)[0]
    for place in range(len(parameters)):
        moved = np.zeros_like(parameters)
        moved[place] = step
        up, down = (parameters + moved)[None], (parameters - moved)[None]
        slope = (family.log_probability(up, NODES) - family.log_probability(down, NODES))[0] / (
            2 * step
        )
        np.testing.assert_allclose(first[place], slope, rtol=1e-5, atol=1e-7)
        bend = (score(family, up, NODES) - score(family, down, NODES))[0] / (2 * step)
        np.testing.assert_allclose(-second[place], bend, rtol=1e-5, atol=1e-6)


def test_a_middle_category_keeps_its_logarithm_far_out():
    """Naive differences of two curves give log(0) there."""
    got = FAMILIES["GRM"].log_probability(np.array([[3.0, 1.0, -1.0]]), np.array([-30.0, 30.0]))
    assert got[0, 1] == pytest.approx(
        [1 - 90 + np.log(1 - np.exp(-2)), 1 - 90 + np.log(1 - np.exp(-2))], abs=1e-9
    )


@given(items())
def test_reported_parameters_stand_for_the_same_curves(item):
    """Through (a, b, c, d) and back: probabilities, scores, information."""
    model, numbers = item
    width = len(numbers) // 2 if model == "NRM" else 1
    a, u = numbers[:width], numbers[width:]
    asymptotes = {"3PL": u[1:2], "4PL": u[1:3]}.get(model, u[:0])
    u = u[: len(u) - len(asymptotes)]
    c = expit(asymptotes[0]) if len(asymptotes) else 0.0
    d = expit(asymptotes[1]) if len(asymptotes) > 1 else 1.0
    b = u if model == "NRM" else -u / a[0]
    reported = ItemParameters("x", model, tuple(a), tuple(b), c, d)
    plain = log_curves(model, numbers, NODES)
    np.testing.assert_allclose(log_probabilities([reported], NODES)[0], plain, atol=1e-7)
    step = 1e-5
    slope = (
        log_curves(model, numbers, NODES + step) - log_curves(model, numbers, NODES - step)
    ) / (2 * step)
    np.testing.assert_allclose(ability_scores([reported], NODES)[0], slope, rtol=1e-4, atol=1e-6)
    expected = (np.exp(plain) * slope**2).sum(axis=0)
    np.testing.assert_allclose(information([reported], NODES)[0], expected, rtol=1e-3, atol=1e-9)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (("x", "5PL", (1.0,), (0.0,)), "no model '5PL'"),
        (("x", "2PL", (1.0,), (0.0, 1.0)), "has one b"),
        (("x", "NRM", (1.0,), (0.0, 1.0)), "needs 2 a"),
        (("x", "2PL", (1.0,), ()), "with 0 b"),
        (("x", "2PL", (np.nan,), (0.0,)), "no finite number"),
        (("x", "4PL", (1.0,), (0.0,), 0.5, 0.4), "0 <= c < d <= 1"),
    ],
)
def test_numbers_that_make_no_item_are_refused(fields, message):
    with pytest.raises(ModelError, match=message):
        ItemParameters(*fields)


def test_information_of_testdesign():
    """Sums over -3, ..., 3 of the log information, TestDesign 1.7, D = 1."""
    theta = np.arange(-3.0, 4.0)
    printed = {
        ("1PL", (1.0,), (0.5,), 0.0): -15.57702,
        ("2PL", (1.5,), (0.5,), 0.0): -15.12525,
        ("3PL", (1.0,), (0.5,), 0.2): -21.50401,
        ("PCM", (1.0,), (-1.0, 0.0, 1.0), 0.0): -7.791232,
        ("GPCM", (1.2,), (-0.8, -1.0, 0.5), 0.0): -7.756598,
        ("GRM", (0.9,), (-1.0, 0.0, 1.0), 0.0): -12.44241,
    }
    for (model, a, b, c), value in printed.items():
        item = ItemParameters("x", model, a, b, c)
        assert np.log(information([item], theta)).sum() == pytest.approx(value, abs=6e-6)
