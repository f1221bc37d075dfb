"""The ascent alone, on functions whose maximum is known."""

import numpy as np
import pytest

from calibration.estimate.accelerate import Point, climb


def quadratic(height, seed=1, n=12):
    """``height - x' H x / 2``, with a rough idea of H to precondition by."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(n, n))
    curvature = root @ root.T + np.eye(n)
    rough = np.diagonal(curvature)

    def at(x):
        value = float(height - 0.5 * x @ curvature @ x)
        return Point(x, value, value, -curvature @ x, lambda v: v / rough, 1.0, 0.1)

    return at, rng.normal(size=n)


def test_the_top_is_found_and_never_left():
    at, start = quadratic(0.0)
    values = []
    got = climb(
        at,
        at(start),
        tolerance=1e-9,
        max_iterations=200,
        progress=lambda _iteration, value, _change: values.append(value),
    )
    assert got.converged
    np.testing.assert_allclose(got.point.free, 0, atol=1e-7)
    assert values == sorted(values)


def test_what_rounding_hides_is_not_searched_for():
    """On a height of 1e9 a rise below 1e-7 cannot be seen: one look, not 25, and it ends."""
    at, start = quadratic(1e9)
    got = climb(at, at(start), tolerance=1e-12, max_iterations=200, progress=None)
    assert got.converged
    assert got.evaluations <= got.iterations + 4
    assert got.point.value == pytest.approx(1e9, abs=1e-5)


def test_curvature_known_beforehand_shortens_the_way():
    at, start = quadratic(0.0, seed=2)
    first = climb(at, at(start), tolerance=1e-6, max_iterations=200, progress=None)
    again = climb(
        at, at(start), tolerance=1e-6, max_iterations=200, progress=None, pairs=first.pairs
    )
    assert again.iterations < first.iterations
    np.testing.assert_allclose(again.point.free, 0, atol=1e-5)


def test_running_out_of_iterations_is_said():
    at, start = quadratic(0.0)
    got = climb(at, at(start), tolerance=1e-9, max_iterations=2, progress=None)
    assert not got.converged
    assert got.largest_change > 1e-9
