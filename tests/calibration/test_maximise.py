"""The M-step: a compiled loop that agrees with the general one, and steps along the scale."""

import numpy as np
import pytest

from calibration.estimate import maximise
from calibration.estimate.expansion import expansion
from calibration.estimate.latent import freed, standard_normal
from calibration.estimate.layout import blocks_of
from calibration.estimate.quadrature import spaced_nodes

MODELS = ("2PL", "2PL", "GRM", "GPCM", "NRM", "3PL", "4PL")
WIDTHS = (2, 2, 4, 3, 3, 2, 2)


@pytest.fixture
def rng():
    return np.random.default_rng(20261124)


@pytest.fixture
def nodes():
    return spaced_nodes()


def free_vector(blocks, n_free, rng):
    free = rng.normal(0, 1, n_free)
    for block in blocks:
        slopes = block.place[:, : block.n_slopes]
        free[slopes] = np.exp(0.3 * free[slopes])
        if block.model == "GRM":  # intercepts descend
            free[block.place[:, 1:]] = -np.sort(-free[block.place[:, 1:]], axis=1)
        if block.model == "4PL":
            free[block.place[:, 2]], free[block.place[:, 3]] = -1.5, 2.0
    return free


def table(blocks, free, nodes):
    out = np.zeros((sum(WIDTHS), len(nodes)))
    for block in blocks:
        maximise.write_probability(block, block.expand(free), nodes, out)
    return out


def test_compiled_and_general_moments_agree(nodes, rng, monkeypatch):
    (block,), n_free = blocks_of(("2PL",) * 5, (2,) * 5)
    parameters = block.expand(rng.normal(0, 1.5, n_free))
    probability = np.zeros((10, len(nodes)))
    maximise.write_probability(block, parameters, nodes, probability)
    counts = rng.gamma(2.0, 5.0, probability.shape)
    compiled = maximise.moments(block, parameters, nodes, counts, probability)
    monkeypatch.setattr(maximise, "_is_logistic", lambda _: False)
    again = np.zeros_like(probability)
    maximise.write_probability(block, parameters, nodes, again)
    np.testing.assert_allclose(probability, again, rtol=1e-13)
    for got, general in zip(
        compiled, maximise.moments(block, parameters, nodes, counts, probability), strict=True
    ):
        np.testing.assert_allclose(got, general, rtol=1e-10, atol=1e-9)


def test_directions_move_and_stretch_all_items_along_the_scale(nodes, rng):
    blocks, n_items_free = blocks_of(MODELS, WIDTHS)
    latent, n_free = freed(standard_normal(2), np.array([False, True]), n_items_free)
    free = free_vector(blocks, n_free, rng)
    parameters = [block.expand(free) for block in blocks]
    found = expansion(blocks, parameters, latent, free, np.array([300.0, 200.0]))
    shift, stretch = found.directions
    np.testing.assert_allclose(
        table(blocks, free + 0.3 * shift, nodes), table(blocks, free, nodes + 0.3), rtol=1e-9
    )
    np.testing.assert_allclose(
        table(blocks, free + 0.2 * stretch, nodes), table(blocks, free, 1.2 * nodes), rtol=1e-9
    )
    mean, log_sd = free[latent.place[1]]
    np.testing.assert_allclose((free + 0.3 * shift)[latent.place[1]], [mean - 0.3, log_sd])
    tiny = 1e-6
    moved = (free + tiny * stretch)[latent.place[1]]
    np.testing.assert_allclose(moved, [mean / (1 + tiny), log_sd - np.log1p(tiny)], atol=1e-11)
    np.testing.assert_array_equal(found.information, [300.0, 600.0])


@pytest.mark.parametrize(
    ("models", "held", "n_directions"),
    [
        (("2PL", "2PL"), {}, 2),
        (("Rasch", "Rasch"), {}, 1),
        (("2PL", "2PL"), {0: {0: 1.0}}, 1),
        (("2PL", "2PL"), {0: {1: 0.0}}, None),
    ],
)
def test_held_parameters_leave_fewer_directions(models, held, n_directions, rng):
    blocks, n_free = blocks_of(models, (2, 2), held)
    free = np.abs(rng.normal(1, 0.2, n_free))
    found = expansion(
        blocks, [block.expand(free) for block in blocks], standard_normal(1), free, np.ones(1)
    )
    assert n_directions == (None if found is None else len(found.directions))


def test_a_free_first_group_needs_no_expansion(rng):
    blocks, n_free = blocks_of(("2PL",), (2,))
    latent, n_free = freed(standard_normal(1), np.array([True]), n_free)
    free = np.abs(rng.normal(1, 0.2, n_free))
    parameters = [block.expand(free) for block in blocks]
    assert expansion(blocks, parameters, latent, free, np.ones(1)) is None
