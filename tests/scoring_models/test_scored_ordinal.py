from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from scoring_models.scored import ordinal
from scoring_models.scored.learners import fit_learners
from scoring_models.scored.link import pack_thresholds, unpack_thresholds

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int_]


def _data(n: int = 40, seed: int = 1) -> tuple[FloatArray, IntArray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    kernel = 4 * np.exp(-0.3 * ((x[:, None] - x[None]) ** 2).sum(axis=2))
    latent = 3 * x[:, 0] + rng.logistic(size=n)
    return kernel, np.digitize(latent, [-2.0, 0.0, 2.0]).astype(np.int_)


def _minus_log_posterior(
    white: FloatArray, root: FloatArray, levels: IntArray, thresholds: FloatArray
) -> float:
    latents = root @ white
    edges = np.concatenate([[-np.inf], thresholds, [np.inf]])
    chance = expit(latents - edges[levels]) - expit(latents - edges[levels + 1])
    return float(0.5 * white @ white - np.log(chance).sum())


def test_two_levels_give_the_mode_of_a_logistic_gaussian_process() -> None:
    """Oracle: the log posterior minimised by a general method, at the thresholds found."""
    kernel, levels = _data()
    kernel += 1e-6 * np.eye(len(kernel))
    binary = (levels > 1).astype(np.int_)
    fitted = ordinal.fit_ordinal(kernel, np.arange(40), binary, 0, 1)
    mode = kernel @ fitted.coefficients
    # gradient of the likelihood at the mode equals the coefficients, which gives the threshold
    chance = binary - fitted.coefficients
    threshold = float(np.mean(mode - np.log(chance / (1 - chance))))
    root = np.linalg.cholesky(kernel)
    found = minimize(_minus_log_posterior, np.zeros(40), (root, binary, np.array([threshold])))
    assert mode == pytest.approx(root @ found.x, abs=1e-3)


def test_left_out_latent_follows_a_refit_and_not_the_own_score() -> None:
    kernel, levels = _data()
    fitted = ordinal.fit_ordinal(kernel, np.arange(40), levels, 0, 3)
    refits = []
    for row in range(40):
        rest = np.arange(40) != row
        without = ordinal.fit_ordinal(kernel[np.ix_(rest, rest)], np.arange(39), levels[rest], 0, 3)
        refits.append(kernel[row, rest] @ without.coefficients)
    seen = kernel @ fitted.coefficients
    assert np.abs(fitted.left_out - refits).max() < 0.35
    assert np.abs(fitted.left_out - refits).mean() < 0.4 * np.abs(seen - refits).mean()


def test_left_out_variance_exceeds_that_of_a_seen_answer() -> None:
    kernel, levels = _data()
    fitted = ordinal.fit_ordinal(kernel, np.arange(40), levels, 0, 3)
    seen = ordinal.latent_variances(fitted.inverse, kernel, np.diag(kernel))
    assert (fitted.left_out_variance > seen).all()
    far = ordinal.latent_variances(fitted.inverse, np.zeros((1, 40)), np.array([4.0]))
    assert far == pytest.approx([4.0])


def test_copies_equal_repeated_answers() -> None:
    """Three scores of one answer act as three equal answers."""
    kernel, levels = _data(20)
    place = np.append(np.arange(20), [4, 4])
    more = np.append(levels, [levels[4], levels[4]])
    once = ordinal.fit_ordinal(kernel, place, more, 0, 3)
    repeated = kernel[np.ix_(place, place)]
    thrice = ordinal.fit_ordinal(repeated, np.arange(22), more, 0, 3)
    assert kernel @ once.coefficients == pytest.approx(
        kernel[:, place] @ thrice.coefficients, abs=1e-3
    )


def test_a_level_never_seen_keeps_a_threshold() -> None:
    kernel, levels = _data()
    gap = np.where(levels == 2, 3, levels)
    fitted = ordinal.fit_ordinal(kernel, np.arange(40), gap, 0, 4)
    assert np.isfinite(fitted.coefficients).all()
    assert np.corrcoef(fitted.left_out, gap)[0, 1] > 0.5


def test_thresholds_packed_come_back() -> None:
    thresholds = np.array([-2.0, -0.5, 3.0])
    assert unpack_thresholds(pack_thresholds(thresholds)) == pytest.approx(thresholds)


def test_learners_mix_their_left_out_distributions_in_any_order() -> None:
    kernel, levels = _data()
    place = np.append(np.arange(40), [3])
    scores = np.append(levels, [0])
    learners, left_out = fit_learners(kernel, place, scores, 0, 3)
    assert left_out.sum(axis=1) == pytest.approx(1)
    order = np.random.default_rng(3).permutation(41)
    again, moved = fit_learners(kernel, place[order], scores[order], 0, 3)
    assert np.array_equal(moved, left_out[order])
    assert np.array_equal(again.ordinal.coefficients, learners.ordinal.coefficients)
    own = np.diag(kernel)
    parts = [part.probabilities(kernel, own) for part in (learners.ridge, learners.ordinal)]
    assert learners.probabilities(kernel, own) == pytest.approx(np.mean(parts, axis=0))
    assert np.abs(parts[0] - parts[1]).max() > 0.01
