"""Curves and derivatives against the plain ones and against finite differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from independent import log_curves

from calibration.estimate.models import FAMILIES, curvature, score

NODES = np.linspace(-4, 4, 9)


@st.composite
def items(draw):
    model = draw(st.sampled_from(["2PL", "3PL", "GRM", "GPCM"]))
    a = draw(st.floats(0.2, 3))
    first = draw(st.floats(-2, 3))
    if model == "2PL":
        return model, np.array([a, first])
    if model == "3PL":
        return model, np.array([a, first, draw(st.floats(-3, 0))])
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
