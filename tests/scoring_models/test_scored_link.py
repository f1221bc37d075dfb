from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import differential_evolution
from scipy.special import expit

from scoring_models import quadratic_weighted_kappa
from scoring_models.scored.link import Link, Rounding, fit_link, fit_rounding

TRUTH = Link(0, 2.0, 1.0, 1.8, 0.4, np.array([-3.0, -1.0, 1.0, 2.0]))


def _simulated(n: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    latents, variances = rng.normal(2, 1, n), 1 + rng.gamma(1, 0.5, n)
    p = TRUTH.probabilities(latents, variances)
    return latents, variances, (p.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)


def test_probabilities_by_hand() -> None:
    """At variance 1 the slope is whole; at variance 3.5, 1 + .4 x 2.5 = 2 divides all by sqrt 2."""
    rows = TRUTH.probabilities(np.array([3.0, 3.0]), np.array([1.0, 3.5]))
    above = expit(1.8 - TRUTH.thresholds)
    assert rows[0] == pytest.approx(-np.diff([1, *above, 0]))
    assert rows[1] == pytest.approx(-np.diff([1, *expit((1.8 - TRUTH.thresholds) / 2**0.5), 0]))


@pytest.mark.parametrize(("lowest", "highest"), [(0, 1), (1, 5), (0, 5)])
def test_any_number_of_levels(lowest: int, highest: int) -> None:
    latents = np.linspace(lowest, highest, 60)
    levels = np.rint(latents).astype(int)
    link = fit_link(latents, np.ones(60), levels, np.ones(60), lowest, highest)
    p = link.probabilities(latents, np.ones(60))
    assert p.shape == (60, highest - lowest + 1)
    assert p.sum(axis=1) == pytest.approx(1)
    assert (p.argmax(axis=1) + lowest == levels).mean() > 0.9


def test_fit_finds_the_model_that_made_the_data() -> None:
    latents, variances, levels = _simulated(20_000)
    link = fit_link(latents, variances, levels, np.ones(20_000), 0, 4)
    found, truth = (m.probabilities(latents, variances) for m in (link, TRUTH))
    assert found == pytest.approx(truth, abs=0.03)


def test_fit_agrees_with_another_optimiser() -> None:
    """Oracle: differential evolution on the likelihood written out here, no gradients."""
    latents, variances, levels = _simulated(150)
    fitted = fit_link(latents, variances, levels, np.ones(150), 0, 4)

    def negative(parameters: np.ndarray) -> float:
        slope, widening, *cuts = parameters
        cuts = np.sort(cuts)
        flat = 1 / np.sqrt(1 + widening * (variances - 1))
        above = expit(flat[:, None] * (slope * latents[:, None] - cuts))
        full = np.hstack([np.ones((150, 1)), above, np.zeros((150, 1))])
        chosen = full[np.arange(150), levels] - full[np.arange(150), levels + 1]
        return -float(np.log(np.maximum(chosen, 1e-12)).sum())

    bounds = [(0.2, 5), (0, 3)] + [(-5, 15)] * 4
    best = differential_evolution(negative, bounds, seed=1, maxiter=400, tol=1e-8).fun
    p = fitted.probabilities(latents, variances)[np.arange(150), levels]
    assert -np.log(p).sum() == pytest.approx(best, abs=0.6)  # the slight pull costs that much
    assert -np.log(p).sum() >= best - 1e-3


def test_a_level_never_seen_stays_possible() -> None:
    latents = np.linspace(0, 3, 40)
    levels = np.rint(latents).astype(int)
    link = fit_link(latents, np.ones(40), levels, np.ones(40), 0, 5)
    p = link.probabilities(latents, np.ones(40))
    assert (p[:, 4:] > 0).all()
    assert p[:, 4:].sum(axis=1).mean() < 0.1


def test_stretch_matches_variances_and_serves_kappa() -> None:
    rng = np.random.default_rng(4)
    human = rng.integers(0, 6, 4000)
    expected = 2.5 + 0.5 * (human - 2.5) + rng.normal(0, 0.5, 4000)
    rounding = fit_rounding(expected, human, np.ones(4000))
    assert rounding.stretch == pytest.approx(human.std() / expected.std())
    plain, stretched = (
        quadratic_weighted_kappa(r.decide(expected, 0, 5), human)
        for r in (Rounding(2.5, 1.0), rounding)
    )
    assert stretched > plain + 0.02


def test_rounding_stays_inside_the_scale() -> None:
    decided = Rounding(3.0, 2.0).decide(np.array([1.0, 2.9, 3.3, 5.0]), 1, 5)
    assert decided.tolist() == [1, 3, 4, 5]
