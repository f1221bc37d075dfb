from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scoring_models.errors import SettingsError, TrainingDataError
from scoring_models.scored import conformal


def _simulated(n: int, rng: np.random.Generator, sharpness: float) -> tuple[np.ndarray, np.ndarray]:
    """Distributions that are wrong on purpose: levels come from a flatter one than is claimed."""
    latent = rng.normal(2.5, 1.5, n)
    claimed = np.exp(-sharpness * (np.arange(6) - latent[:, None]) ** 2)
    true = np.exp(-0.5 * (np.arange(6) - latent[:, None]) ** 2)
    true /= true.sum(axis=1, keepdims=True)
    levels = (true.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1).clip(max=5)
    return claimed / claimed.sum(axis=1, keepdims=True), levels


def test_nonconformity_by_hand() -> None:
    """Median level 2, then its likelier neighbour 1, then 3, then 0: mass before each joined."""
    p = np.array([[0.05, 0.3, 0.45, 0.2]])
    assert conformal.nonconformity(p)[0] == pytest.approx([0.95, 0.45, 0, 0.75])


@pytest.mark.parametrize("sharpness", [0.3, 2.0])
def test_coverage_on_unseen_answers_whatever_the_model_claims(sharpness: float) -> None:
    rng = np.random.default_rng(8)
    p, y = _simulated(6000, rng, sharpness)
    calibrated = conformal.calibrate(p[:2000], y[:2000], 0)
    sets = calibrated.sets(p[2000:])
    assert sets[np.arange(4000), y[2000:]].mean() == pytest.approx(0.9, abs=0.02)


def test_mondrian_by_level_covers_each_level() -> None:
    rng = np.random.default_rng(9)
    p, y = _simulated(12_000, rng, 1.0)
    calibrated = conformal.calibrate(p[:6000], y[:6000], 0, groups=list(map(int, y[:6000])))
    inside = calibrated.sets_by_level(p[6000:], 0)[np.arange(6000), y[6000:]]
    by_level = [inside[y[6000:] == level].mean() for level in range(6)]
    assert min(by_level) > 0.87


def test_mondrian_by_prompt_repairs_a_prompt_that_is_harder() -> None:
    rng = np.random.default_rng(10)
    easy, hard = _simulated(4000, rng, 0.5), _simulated(4000, rng, 4.0)
    p, y = (np.concatenate([easy[i], hard[i]]) for i in (0, 1))
    names = ["easy"] * 4000 + ["hard"] * 4000
    half = np.arange(8000) % 2 == 0
    calibrated = conformal.calibrate(
        p[half], y[half], 0, groups=[n for n, h in zip(names, half, strict=True) if h]
    )
    inside = calibrated.sets(p[~half], ["hard"] * 4000)[np.arange(4000), y[~half]]
    assert inside[2000:].mean() == pytest.approx(0.9, abs=0.025)
    together = calibrated.sets(p[~half])[np.arange(4000), y[~half]]
    assert together[2000:].mean() < 0.88


@given(hnp.arrays(float, (4, 6), elements=st.floats(0.001, 1)), st.floats(0, 1))
def test_sets_have_no_gap_and_are_never_empty(raw: np.ndarray, limit: float) -> None:
    p = raw / raw.sum(axis=1, keepdims=True)
    sets = conformal.Conformal(0.9, limit, {}).sets(p)
    assert sets.any(axis=1).all()
    assert (np.abs(np.diff(sets.astype(int), axis=1)).sum(axis=1) <= 2).all()
    starts = np.diff(np.hstack([np.zeros((4, 1)), sets.astype(int)]), axis=1) == 1
    assert (starts.sum(axis=1) == 1).all()


def test_a_small_group_takes_the_common_quantile() -> None:
    p, y = _simulated(200, np.random.default_rng(1), 1.0)
    names = ["few"] * 5 + ["many"] * 195
    assert set(conformal.calibrate(p, y, 0, groups=names).by_group) == {"many"}


def test_what_cannot_be_calibrated_says_so() -> None:
    p, y = _simulated(8, np.random.default_rng(1), 1.0)
    with pytest.raises(TrainingDataError, match="8 answers came"):
        conformal.calibrate(p, y, 0)
    with pytest.raises(SettingsError, match="between 0 and 1"):
        conformal.calibrate(p, y, 0, coverage=1.0)
