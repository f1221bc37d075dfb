"""Known parameters, many samples: no bias beyond sampling error, intervals that cover.

Small forms of the studies, seeds fixed. Standard errors a tenth too small would cover .922, a
tenth too large .969.
"""

import numpy as np
import pytest
from simulated import dichotomous, graded, parameters, partial_credit

from calibration import calibrate

pytestmark = pytest.mark.slow

SAMPLES = 60


def study(draw, model, a, b, n_samples=SAMPLES):
    """Standardised errors of slopes and difficulties, (n_samples, n_values)."""
    slopes, difficulties = [], []
    for _ in range(n_samples):
        got = calibrate(draw(), model, tolerance=1e-4)
        slopes.append((np.array(got.a) - a) / got.se_a)
        difficulties.append((np.ravel(got.b) - np.ravel(b)) / np.ravel(got.se_b))
    return np.array(slopes), np.array(difficulties)


def assert_honest(errors):
    """Coverage near .95, and no mean error beyond what the number of samples leaves open."""
    covered = (np.abs(errors) < 1.96).mean()
    assert 0.93 < covered < 0.97
    # Samples are independent, values within one are not: judge the mean by samples.
    by_sample = errors.mean(axis=1)
    assert abs(by_sample.mean()) < 4 * by_sample.std(ddof=1) / np.sqrt(len(errors)) + 0.1


def test_2pl():
    rng = np.random.default_rng(31)
    a, b = parameters(rng, 20)
    slopes, difficulties = study(lambda: dichotomous(rng, a, b, 1500), "2PL", a, b)
    assert_honest(slopes)
    assert_honest(difficulties)


def test_2pl_with_answers_missing_by_design():
    rng = np.random.default_rng(32)
    a, b = parameters(rng, 20)

    def draw():
        codes = dichotomous(rng, a, b, 2000)
        codes[:1000, 13:] = np.nan
        codes[1000:, :7] = np.nan
        return codes

    slopes, difficulties = study(draw, "2PL", a, b)
    assert_honest(slopes)
    assert_honest(difficulties)


@pytest.mark.parametrize(("model", "draw"), [("GRM", graded), ("GPCM", partial_credit)])
def test_polytomous(model, draw):
    rng = np.random.default_rng(33)
    a = rng.lognormal(0.1, 0.25, 8)
    b = np.sort(rng.uniform(-1.5, 1.5, (8, 3)) + np.array([-0.7, 0, 0.7]), axis=1)
    slopes, difficulties = study(lambda: draw(rng, a, b, 1500), model, a, b)
    assert_honest(slopes)
    assert_honest(difficulties)


def test_3pl_finds_what_its_priors_allow():
    """Priors pull, so no claim of coverage: the curve is found where persons are."""
    rng = np.random.default_rng(34)
    a, b = parameters(rng, 20)
    a = np.clip(a, 0.8, None)
    got = calibrate(dichotomous(rng, a, b, 5000, c=0.2), "3PL")
    ability = np.linspace(-2, 2, 9)[:, None]
    true = 0.2 + 0.8 / (1 + np.exp(-a * (ability - b)))
    found = np.array(got.c) + (1 - np.array(got.c)) / (
        1 + np.exp(-np.array(got.a) * (ability - np.ravel(got.b)))
    )
    assert np.abs(found - true).max() < 0.05
