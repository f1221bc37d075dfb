"""Pretest items seeded into adaptive tests."""

import numpy as np
import polars as pl
import pytest
from simulated import draw, two_pl

from calibration import DataError
from calibration.online import calibrate_pretest
from calibration.parameters import ItemParameters, information


def adaptive(seed=1, n_persons=1500, length=15, per_person=4):
    """Everybody gets the most informative operational items at a running estimate, and some of the
    pretest items at random."""
    rng = np.random.default_rng(seed)
    bank = two_pl(rng, 80)
    new = [
        ItemParameters(f"n{k}", "2PL", (float(rng.uniform(0.7, 1.6)),), (float(b),))
        for k, b in enumerate(np.linspace(-1.2, 1.2, 8))
    ]
    new += [ItemParameters("g0", "GRM", (1.2,), (-0.8, 0.3, 1.1))]
    items = [*bank, *new]
    ability = rng.normal(0.5, 1.1, n_persons)
    full = draw(items, ability, rng)
    codes = np.full(full.shape, np.nan)
    grid = np.linspace(-4, 4, 33)
    curves = information(bank, grid)
    a, b = np.array([i.a[0] for i in bank]), np.array([i.b[0] for i in bank])
    posterior = np.tile(-0.5 * grid**2, (n_persons, 1))
    everyone = np.arange(n_persons)
    given = np.zeros((n_persons, len(bank)), dtype=bool)
    for _ in range(length):
        weights = np.exp(posterior - posterior.max(axis=1, keepdims=True))
        at = np.argmin(np.abs(grid - ((weights @ grid) / weights.sum(axis=1))[:, None]), axis=1)
        value = np.where(given, -1.0, curves[:, at].T + 0.05 * rng.random(given.shape))
        chosen = value.argmax(axis=1)
        given[everyone, chosen] = True
        right = full[everyone, chosen]
        codes[everyone, chosen] = right
        eta = a[chosen, None] * (grid - b[chosen, None])
        posterior -= np.logaddexp(0, np.where(right[:, None] == 1, -eta, eta))
    for place in range(len(bank), len(items)):
        lot = rng.choice(n_persons, n_persons * per_person // len(new), replace=False)
        codes[lot, place] = full[lot, place]
    frame = pl.DataFrame({item.name: codes[:, place] for place, item in enumerate(items)})
    return bank, new, frame.fill_nan(None)


def test_pretest_items_land_on_the_banks_scale():
    bank, new, frame = adaptive()
    models = [item.model for item in new]
    got = calibrate_pretest(bank, frame, models)
    assert got.calibrated == tuple(item.name for item in new)
    assert got.waiting == ()
    assert got.result.groups[0].mean == pytest.approx(0.5, abs=0.12)
    names = got.result.item_names
    for true in new:
        place = names.index(true.name)
        found, errors = got.result.items[place], got.result.standard_errors[place]
        distance = (np.array(found.a + found.b) - (true.a + true.b)) / (errors.a + errors.b)
        assert np.abs(distance).max() < 4, true.name
    for item in bank:
        if item.name in names:
            assert got.result.items[names.index(item.name)].b == pytest.approx(item.b, abs=1e-12)


def test_items_with_few_answers_wait_with_the_reason():
    bank, new, frame = adaptive(2, 600)
    few = frame.with_columns(
        pl.when(pl.int_range(pl.len()) < 60).then(pl.col("n1")).alias("n1"),
        pl.when(pl.col("n2") == 1).then(pl.col("n2")).alias("n2"),
    )
    models = [item.model for item in new]
    got = calibrate_pretest(bank, few, models, least_answers=100)
    waiting = dict(got.waiting)
    assert "answers of 100" in waiting["n1"]
    assert waiting["n2"].startswith("answered 1 by all")
    assert "n1" not in got.result.item_names
    none = calibrate_pretest(bank, frame, models, least_answers=10_000)
    assert none.result is None
    assert len(none.waiting) == len(new)


def test_bad_input_is_refused():
    bank, new, frame = adaptive(3, 300)
    with pytest.raises(DataError, match="every column is an operational item"):
        calibrate_pretest([*bank, *new], frame)
    with pytest.raises(DataError, match="no operational item has an answer"):
        calibrate_pretest(bank, frame.select([item.name for item in new]))
    with pytest.raises(DataError, match="2 models for 9 pretest items"):
        calibrate_pretest(bank, frame, ["2PL", "2PL"])
