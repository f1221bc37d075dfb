"""Fixed items and parameters: a bank kept on one scale."""

import numpy as np
import polars as pl
import pytest
from simulated import draw, two_pl

from calibration import CalibrationError, DataError, calibrate
from calibration.parameters import ItemParameters


def bank(rng):
    graded = [
        ItemParameters(f"g{place}", "GRM", (float(rng.uniform(0.8, 1.6)),), steps)
        for place, steps in enumerate([(-1.0, 0.0, 1.2), (-0.5, 0.4, 1.5), (-1.5, -0.2, 0.9)])
    ]
    partial = [
        ItemParameters("p0", "GPCM", (1.1,), (-0.6, 0.3)),
        ItemParameters("p1", "GPCM", (0.9,), (0.2, 0.8)),
    ]
    return [*two_pl(rng, 16), *graded, *partial]


def sample(seed, mean, sd, n_persons=2500):
    rng = np.random.default_rng(seed)
    items = bank(rng)
    codes = draw(items, rng.normal(mean, sd, n_persons), rng)
    frame = pl.DataFrame({item.name: codes[:, place] for place, item in enumerate(items)})
    return items, frame, [item.model for item in items]


def test_items_fixed_at_their_own_maximum_change_nothing():
    """Half the items held where the whole calibration put them: the rest, mean and SD stay."""
    _, frame, models = sample(1, 0.0, 1.0)
    whole = calibrate(frame, models, tolerance=1e-8)
    held = {item.name: item for item in whole.items[::2]}
    again = calibrate(frame, models, fixed=held, tolerance=1e-8)
    assert again.log_likelihood == pytest.approx(whole.log_likelihood, abs=1e-5)
    assert again.groups[0].mean == pytest.approx(0, abs=1e-4)
    assert again.groups[0].sd == pytest.approx(1, abs=1e-4)
    for old, new in zip(whole.items, again.items, strict=True):
        assert new.a == pytest.approx(old.a, abs=1e-3)
        assert new.b == pytest.approx(old.b, abs=2e-3)


def test_fixed_items_come_back_as_they_were_with_errors_of_zero():
    items, frame, models = sample(2, 0.5, 1.2)
    held = {item.name: item for item in items if item.name in ("i1", "g0", "p1")}
    got = calibrate(frame, models, fixed=held)
    for item, errors in zip(got.items, got.standard_errors, strict=True):
        if item.name in held:
            assert item.a == pytest.approx(held[item.name].a, abs=1e-12)
            assert item.b == pytest.approx(held[item.name].b, abs=1e-12)
            assert errors.a == (0.0,)
            assert set(errors.b) == {0.0}
        else:
            assert min(errors.a + errors.b) > 0
    assert got.n_parameters == sum(1 + len(i.b) for i in items if i.name not in held) + 2


@pytest.mark.parametrize("updates", ["multiple", "one"])
@pytest.mark.parametrize("density", ["normal", "histogram"])
def test_new_items_land_on_the_banks_scale(updates, density):
    """A stronger group than the bank's: dichotomous and polytomous items, Kim's two good ways."""
    items, frame, models = sample(3, 0.8, 1.2)
    held = {item.name: item for item in items if item.name not in ("i3", "i9", "g1", "p0")}
    got = calibrate(frame, models, fixed=held, prior_updates=updates, density=density)
    assert got.converged
    group = got.groups[0]
    assert group.mean == pytest.approx(0.8, abs=0.08)
    assert group.sd == pytest.approx(1.2, abs=0.08)
    for true, found, errors in zip(items, got.items, got.standard_errors, strict=True):
        if true.name not in held:
            distance = (np.array(found.a + found.b) - (true.a + true.b)) / (errors.a + errors.b)
            assert np.abs(distance).max() < 4


def test_without_prior_updates_the_scale_slips():
    """Kim (2006): with the prior left at N(0, 1), new items look easier than they are."""
    items, frame, models = sample(4, 0.8, 1.2)
    names = ("i3", "i7", "i9", "i12")
    held = {item.name: item for item in items if item.name not in names}
    true = np.array([item.b[0] for item in items if item.name in names])

    def bias(updates):
        got = calibrate(frame, models, fixed=held, prior_updates=updates)
        found = np.array([item.b[0] for item in got.items if item.name in names])
        return float(np.mean(found - true))

    assert abs(bias("multiple")) < 0.1
    assert bias("none") < -0.1


def test_several_groups_without_a_common_item_are_linked_by_fixed_ones():
    items, frame, models = sample(5, 0.0, 1.0)
    codes = frame.to_numpy().copy()
    codes[:1250, :10] = np.nan
    codes[1250:, 10:] = np.nan
    frame = pl.DataFrame({name: codes[:, place] for place, name in enumerate(frame.columns)})
    labels = np.repeat(["x", "y"], 1250)
    held = {
        item.name: item for item in items if item.name in ("i0", "i1", "i2", "i10", "i11", "g0")
    }
    got = calibrate(frame.fill_nan(None), models, groups=labels, fixed=held)
    for group in got.groups:
        assert group.mean == pytest.approx(0.0, abs=4 * group.se_mean)


def test_single_parameters_can_be_held():
    rng = np.random.default_rng(6)
    items = [
        ItemParameters(f"i{k}", "3PL", (1.2,), (float(rng.normal()),), 0.25) for k in range(10)
    ]
    codes = draw(items, rng.normal(size=1500), rng)
    held = {f"item{place + 1}": {"c": 0.25} for place in range(10)}
    got = calibrate(codes, "3PL", fixed=held, priors={})
    assert got.c == pytest.approx([0.25] * 10, abs=1e-12)
    assert got.n_parameters == 20
    assert got.se_c == (0.0,) * 10
    assert (got.groups[0].mean, got.groups[0].sd) == (0.0, 1.0)  # asymptotes set no scale


def test_pcm_is_gpcm_with_slopes_held_at_one():
    _, frame, _ = sample(7, 0.0, 1.0, 600)
    own = frame.select("p0", "p1", "g0", "g1")
    pcm = calibrate(own, "PCM", tolerance=1e-8)
    held = calibrate(own, "GPCM", fixed={name: {"a": 1.0} for name in own.columns}, tolerance=1e-8)
    assert pcm.log_likelihood == pytest.approx(held.log_likelihood, abs=1e-7)
    np.testing.assert_allclose(np.concatenate(pcm.b), np.concatenate(held.b), atol=1e-5)


@pytest.mark.parametrize(
    ("fixed", "error", "message"),
    [
        ({"zz": {"a": 1.0}}, DataError, "fixed item 'zz' is not in the data"),
        ({"i0": {"b": 1.0}}, CalibrationError, "b can be held only together with a"),
        ({"i0": {"e": 1.0}}, CalibrationError, "no parameter 'e' to hold"),
        ({"g0": ItemParameters("g0", "2PL", (1.0,), (0.0,))}, DataError, "'g0' has code 3"),
    ],
)
def test_what_cannot_be_held_is_refused(fixed, error, message):
    _, frame, models = sample(8, 0.0, 1.0, 300)
    with pytest.raises(error, match=message):
        calibrate(frame, models, fixed=fixed)


def test_a_run_with_nothing_free_is_refused():
    items, frame, models = sample(9, 0.0, 1.0, 300)
    with pytest.raises(CalibrationError, match="nothing to estimate"):
        calibrate(frame, models, fixed={i.name: i for i in items}, prior_updates="none")
