"""Latent correlations by pairs of dimensions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal
from simulated import draw, two_pl

from calibration import DataError, normal_grid
from calibration.correlations import _bivariate, latent_correlations, nearest_correlation
from calibration.parameters import probabilities

TRUE = np.array([[1.0, 0.7, 0.3], [0.7, 1.0, 0.5], [0.3, 0.5, 1.0]])


def three(seed, n_persons=1500, n_items=12):
    rng = np.random.default_rng(seed)
    ability = rng.multivariate_normal(np.zeros(3), TRUE, n_persons)
    items = {name: two_pl(rng, n_items) for name in "xyz"}
    categories = {
        name: draw(items[name], ability[:, place], rng).astype(np.int16)
        for place, name in enumerate("xyz")
    }
    return items, categories, dict.fromkeys("xyz", normal_grid(61))


def test_correlations_maximise_a_plain_bivariate_likelihood():
    items, categories, quadrature = three(1, 300)
    got = latent_correlations(items, categories, quadrature=quadrature)
    nodes = np.linspace(-5, 5, 41)
    points = np.stack(np.meshgrid(nodes, nodes, indexing="ij"), axis=-1)

    def likelihood(name):
        curves = probabilities(items[name], nodes)
        return np.prod([curves[item, column] for item, column in enumerate(categories[name].T)], 0)

    def log_likelihood(r):
        density = multivariate_normal([0, 0], [[1, r], [r, 1]]).pdf(points)
        joint = np.einsum("pq,qr,pr->p", likelihood("x"), density / density.sum(), likelihood("y"))
        return np.log(joint).sum()

    best = got.correlation[0, 1]
    values = [log_likelihood(best + step) for step in (-0.02, 0.0, 0.02)]
    assert values[1] > max(values[0], values[2])
    # the vertex of the parabola through the three is the estimate
    vertex = 0.02 * (values[0] - values[2]) / (2 * (values[0] - 2 * values[1] + values[2]))
    assert abs(vertex) < 2e-3


@given(st.floats(-0.95, 0.95))
def test_density_and_its_derivatives(r):
    x = np.linspace(-3, 3, 7)
    density, first, second = _bivariate(x, x, r)
    points = np.stack(np.meshgrid(x, x, indexing="ij"), axis=-1)
    plain = multivariate_normal([0, 0], [[1, r], [r, 1]]).pdf(points)
    np.testing.assert_allclose(density, plain / plain.sum(), rtol=1e-8, atol=1e-14)
    step = 1e-5
    up, down = _bivariate(x, x, r + step), _bivariate(x, x, r - step)
    scale = np.abs(first).max()
    np.testing.assert_allclose(first, (up[0] - down[0]) / (2 * step), atol=1e-6 * scale)
    scale = np.abs(second).max()
    np.testing.assert_allclose(second, (up[1] - down[1]) / (2 * step), atol=1e-6 * scale)


def test_true_correlations_lie_within_their_errors():
    distances = []
    for seed in range(12):
        items, categories, quadrature = three(seed, 800)
        got = latent_correlations(items, categories, quadrature=quadrature)
        upper = np.triu_indices(3, 1)
        distances.extend((got.correlation[upper] - TRUE[upper]) / got.se[upper])
    distances = np.array(distances)
    assert abs(distances.mean()) < 0.6  # 3.6 standard errors of a mean of 36
    assert 0.7 < distances.std() < 1.35


def test_persons_without_answers_on_both_do_not_count():
    items, categories, quadrature = three(3, 600)
    whole = latent_correlations(items, categories, quadrature=quadrature)
    more = {
        name: np.vstack([rows, np.full((50, 12), -1, np.int16)])
        for name, rows in categories.items()
    }
    more["x"][600:] = 1
    got = latent_correlations(items, more, quadrature=quadrature)
    np.testing.assert_allclose(got.correlation, whole.correlation, atol=1e-10)
    assert got.n_persons[0, 0] == 650
    assert got.n_persons[0, 1] == 600


def test_weights_are_repeated_persons():
    items, categories, quadrature = three(4, 200)
    weights = 1 + np.arange(200) % 3
    weighted = latent_correlations(items, categories, quadrature=quadrature, weights=weights)
    repeated = {name: np.repeat(rows, weights, axis=0) for name, rows in categories.items()}
    plain = latent_correlations(items, repeated, quadrature=quadrature)
    np.testing.assert_allclose(weighted.correlation, plain.correlation, atol=1e-8)
    np.testing.assert_allclose(weighted.se, plain.se, atol=1e-8)


def test_one_dimension_twice_is_at_the_bound():
    items, categories, quadrature = three(5, 400, 25)
    rng = np.random.default_rng(6)
    same = rng.normal(size=400)
    for name in "xy":
        categories[name] = draw(items[name], same, rng).astype(np.int16)
    got = latent_correlations(items, categories, quadrature=quadrature)
    assert got.correlation[0, 1] > 0.95
    assert np.linalg.eigvalsh(got.prior).min() > 0


def test_the_nearest_correlation_matrix():
    """Higham (2002), section 5: the matrix of ones and zeros and its published neighbour."""
    tridiagonal = np.array([[1.0, 1, 0], [1, 1, 1], [0, 1, 1]])
    got = nearest_correlation(tridiagonal)
    expected = [[1, 0.7607, 0.1573], [0.7607, 1, 0.7607], [0.1573, 0.7607, 1]]
    np.testing.assert_allclose(got, expected, atol=1e-4)
    np.testing.assert_array_equal(nearest_correlation(TRUE), TRUE)


@pytest.mark.parametrize(
    ("names", "rows", "message"),
    [("x", {}, "two dimensions"), ("xy", {"y": 10}, "same persons")],
)
def test_bad_input_is_refused(names, rows, message):
    items, categories, quadrature = three(7, 50)
    chosen = {name: categories[name][: rows.get(name, 50)] for name in names}
    with pytest.raises(DataError, match=message):
        latent_correlations({n: items[n] for n in names}, chosen, quadrature=quadrature)


def test_a_pair_that_nobody_answered_is_named():
    items, categories, quadrature = three(8, 50)
    categories["x"][:25] = -1
    categories["z"][25:] = -1
    with pytest.raises(DataError, match="both 'x' and 'z'"):
        latent_correlations(items, categories, quadrature=quadrature)
