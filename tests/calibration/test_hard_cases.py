"""Data and options at the edge: right numbers, or a refusal that says why."""

import threading

import numpy as np
import polars as pl
import pytest
from scipy import sparse
from scipy.special import expit, logsumexp
from simulated import draw

from calibration import (
    CalibrationError,
    ConvergenceError,
    DataError,
    Quadrature,
    QuadratureError,
    Responses,
    calibrate,
    calibrate_pretest,
    normal_grid,
)
from calibration.estimate.priors import LogNormal, Normal
from calibration.exchange import read_parameters
from calibration.parameters import ItemParameters, ModelError, log_probabilities
from calibration.parquet import parquet_answers
from calibration.threads import one_blas_thread

B = np.linspace(-1.5, 1.5, 8)


def sample(n=500, seed=0, mean=0.0, sd=1.0, b=B):
    rng = np.random.default_rng(seed)
    ability = mean + sd * rng.standard_normal(n)
    return (rng.random((n, len(b))) < expit(ability[:, None] - b)).astype(float)


def item(name, b, a=1.0):
    return ItemParameters(name, "2PL", (a,), (float(b),))


def held(n, shift=0.0):
    return {f"item{k + 1}": item(f"item{k + 1}", B[k] + shift) for k in range(n)}


def test_names_that_do_not_fit_the_columns_are_refused():
    with pytest.raises(DataError, match="2 item names for 8 columns"):
        calibrate(Responses(("a", "b"), sample()))


def test_masked_cells_are_missing():
    codes = sample()
    mask = np.random.default_rng(1).random(codes.shape) < 0.4
    masked = calibrate(np.ma.array(codes, mask=mask))
    assert masked.a == calibrate(np.where(mask, np.nan, codes)).a
    with pytest.raises(DataError, match="weight of person 1"):
        calibrate(codes, weights=np.ma.array(np.ones(500), mask=np.arange(500) < 1))


def test_a_group_without_a_fixed_item_cannot_be_held_before():
    codes = np.vstack([sample(600, 5), sample(600, 6, mean=2.0)])
    codes[600:, :4] = np.nan
    labels = np.repeat(["a", "b"], 600)
    with pytest.raises(DataError, match="group 'b' answered no fixed item"):
        calibrate(codes, groups=labels, fixed=held(4), prior_updates="one")
    several = calibrate(codes, groups=labels, fixed=held(4))
    assert several.groups[1].mean == pytest.approx(2.0, abs=0.35)


@pytest.mark.parametrize("density", ["normal", "histogram"])
def test_without_prior_updates_ability_stays_standard_normal(density):
    got = calibrate(sample(600, 3, mean=1.0), fixed=held(4), prior_updates="none", density=density)
    assert (got.groups[0].mean, got.groups[0].sd) == pytest.approx((0, 1), abs=1e-3)


def test_one_update_is_not_several():
    codes = sample(600, 3, mean=1.0)
    ways = [
        calibrate(codes, fixed=held(4), prior_updates=way, density="histogram").log_likelihood
        for way in ("one", "multiple")
    ]
    assert ways[0] < ways[1]


def test_pretest_keeps_the_groups_of_its_responses():
    codes = np.vstack([sample(600, 1), sample(600, 2, mean=1.5)])
    names = tuple(f"q{k}" for k in range(8))
    labels = ("a",) * 600 + ("b",) * 600
    bank = [item(f"q{k}", B[k]) for k in range(4)]
    got = calibrate_pretest(bank, Responses(names, codes, None, "x", labels))
    assert [group.name for group in got.result.groups] == ["a", "b"]


def test_one_slope_has_one_prior():
    """1PL with a prior of its slope, against a plain maximum over slope and difficulties."""
    from scipy.optimize import minimize

    codes = sample(200, 9)
    prior = LogNormal(0.5, 0.1)
    nodes = np.linspace(-6, 6, 49)
    weights = -0.5 * nodes**2 - logsumexp(-0.5 * nodes**2)

    def loss(vector):
        a, d = np.exp(vector[0]), vector[1:]
        eta = a * nodes[None] + d[:, None]
        joint = codes @ -np.logaddexp(0, -eta) + (1 - codes) @ -np.logaddexp(0, eta) + weights
        return 0.5 * ((vector[0] - 0.5) / 0.1) ** 2 - logsumexp(joint, axis=1).sum()

    plain = minimize(loss, np.zeros(9), method="BFGS")
    got = calibrate(codes, "1PL", priors={"a": prior})
    assert got.a[0] == pytest.approx(np.exp(plain.x[0]), abs=2e-4)


@pytest.mark.parametrize(
    ("model", "given", "message"),
    [
        ("2PL", {"c": 0.2}, r"no parameter 'c' to hold alone; there is a, b"),
        ("3PL", {"d": 0.8}, r"no parameter 'd' to hold alone; there is a, b, c"),
        ("NRM", {"a": 1.0}, "there is none"),
        ("3PL", {"c": 1.2}, "asymptotes lie between 0 and 1"),
        ("2PL", {"a": "x"}, "held values must be numbers"),
        ("2PL", 1.0, "hold ItemParameters, or a mapping"),
        ("2PL", item("item1", 0.0, a=0.0), "has slope 0 and tells nothing"),
    ],
)
def test_what_an_item_has_not_cannot_be_held(model, given, message):
    with pytest.raises(CalibrationError, match=message):
        calibrate(sample(), model, fixed={"item1": given})


def test_a_and_b_are_held_together():
    got = calibrate(sample(), fixed={"item3": {"a": 1.5, "b": 0.25}})
    assert got.items[2].a == (1.5,)
    assert got.items[2].b == pytest.approx((0.25,), abs=1e-12)


def test_1pl_slopes_held_at_two_values_are_refused():
    with pytest.raises(CalibrationError, match="1PL items share one slope"):
        calibrate(sample(), "1PL", fixed={"item1": {"a": 1.0}, "item2": {"a": 2.0}})


@pytest.mark.parametrize(
    "fields",
    [
        ("x", "2PL", (1.0,), (0.0,), 0.3),
        ("x", "3PL", (1.0,), (0.0,), 0.2, 0.9),
        ("x", "GRM", (1.0,), (1.0, 0.0)),
    ],
)
def test_impossible_items_are_refused(fields):
    with pytest.raises(ModelError):
        ItemParameters(*fields)


def test_a_product_that_loses_the_winner_on_the_way_is_done_again():
    """150 highest categories, then 150 lowest: at first the far end leads by 700 nats."""
    rng = np.random.default_rng(0)
    n_items, steps = 300, np.linspace(-2, 2, 6)
    ability = rng.standard_normal(60)
    noise = rng.logistic(size=(60, n_items, 1))
    codes = (3 * (ability[:, None, None] - steps) + noise > 0).sum(axis=2).astype(float)
    codes[0] = np.r_[np.full(150, 6), np.zeros(150)]
    known = {
        f"item{k + 1}": ItemParameters(f"item{k + 1}", "GRM", (3.0,), tuple(steps))
        for k in range(n_items - 1)
    }
    got = calibrate(codes, "GRM", fixed=known, standard_errors="none")
    quadrature = got.quadrature
    table = log_probabilities(got.items, quadrature.nodes)
    joint = np.log(quadrature.weights) + sum(
        table[k, codes[:, k].astype(int)] for k in range(n_items)
    )
    assert got.log_likelihood == pytest.approx(logsumexp(joint, axis=1).sum(), abs=1e-6)


def test_two_peaks_apart_are_both_summed():
    nodes = np.linspace(-6, 6, 49)
    weights = np.full(49, 1e-30)
    weights[3:6] = [0.2, 0.3, 0.2]
    weights[20:30] = np.exp(-0.5 * nodes[20:30] ** 2) / 5
    quadrature = Quadrature(nodes, weights)
    codes = sample(500, 1)
    got = calibrate(codes, "Rasch", quadrature=quadrature)
    table = log_probabilities(got.items, nodes)
    joint = np.log(quadrature.weights) + sum(table[k, codes[:, k].astype(int)] for k in range(8))
    assert got.log_likelihood == pytest.approx(logsumexp(joint, axis=1).sum(), abs=1e-6)


def test_uneven_nodes_count_by_their_width():
    nodes = np.sort(np.r_[np.linspace(-6, 0, 40), np.linspace(0.05, 8, 160)])
    own = Quadrature(nodes, np.exp(-0.5 * nodes**2) * np.gradient(nodes))
    codes = sample(600, 2, mean=1.5)
    usual = calibrate(codes, fixed=held(4)).groups[0]
    uneven = calibrate(codes, fixed=held(4), quadrature=own).groups[0]
    assert (uneven.mean, uneven.sd) == pytest.approx((usual.mean, usual.sd), abs=0.02)


def test_a_grid_that_ends_before_a_group_does_is_refused():
    codes = np.vstack([sample(400, 0), sample(400, 1, mean=5.0)])
    labels = np.repeat(["a", "b"], 400)
    with pytest.raises(QuadratureError, match=r"the nodes end at -6 and 6"):
        calibrate(codes, "Rasch", groups=labels, quadrature=normal_grid(121))


@pytest.mark.parametrize("shift", [-8.0, 6.0, 8.0, 20.0])
def test_a_bank_far_from_zero_is_reached(shift):
    codes = sample(2000, 3, mean=shift, b=B + shift)
    got = calibrate(codes, fixed=held(4, shift))
    assert got.converged
    assert got.groups[0].mean == pytest.approx(shift, abs=0.3)
    assert np.ravel(got.b)[4:] == pytest.approx(B[4:] + shift, abs=0.6)


def test_a_histogram_of_two_classes_ends():
    rng = np.random.default_rng(5)
    ability = np.where(rng.random(1500) < 0.5, -1.0, 1.0)
    codes = rng.random((1500, 25)) < expit(1.5 * (ability[:, None] - np.linspace(-1, 1, 25)))
    got = calibrate(codes.astype(float), density="histogram", standard_errors="none")
    assert np.isfinite(got.log_likelihood)
    assert (got.groups[0].mean, got.groups[0].sd) == pytest.approx((0, 1), abs=1e-3)


def test_a_slope_that_would_be_negative_meets_its_prior():
    codes = sample()
    codes[:, 0] = 1 - codes[:, 0]
    got = calibrate(codes, priors={"a": LogNormal(0.0, 0.5)})
    assert got.converged
    assert got.a[0] > 0
    with pytest.raises(CalibrationError, match="give them a Normal prior"):
        calibrate(codes, "NRM", priors={"a": LogNormal(0.0, 0.5)})
    assert calibrate(codes, "NRM", priors={"a": Normal(1.0, 1.0)}).converged


def test_a_steep_item_may_be_held():
    got = calibrate(sample(), fixed={"item1": item("item1", -1.5, a=11.0)}, standard_errors="none")
    assert got.items[0].a == (11.0,)


def test_a_reversed_key_without_priors_is_refused_by_name():
    codes = sample()
    codes[:, 0] = 1 - codes[:, 0]
    with pytest.raises(ConvergenceError) as refused:
        calibrate(codes, "3PL", priors={})
    assert refused.value.items


def test_small_groups_and_silent_groups_are_named():
    codes = np.vstack([sample(300), sample(300, 1)])
    labels = np.array(["a"] * 300 + ["b"] * 300)
    weights = np.where(labels == "b", 0.0, 1.0)
    with pytest.raises(DataError, match="group 'b' has no answers that count"):
        calibrate(codes, groups=labels, weights=weights)
    with pytest.raises(DataError, match="group of person 2 is missing"):
        calibrate(codes, groups=["a", np.nan, *labels[2:]])


def test_sparse_matrices_are_left_as_they_were_and_duplicates_refused():
    codes = sample(60)
    rows = sparse.csr_array(codes + 1)
    rows.indices[:8] = rows.indices[:8][::-1].copy()
    rows.data[:8] = rows.data[:8][::-1].copy()
    rows.has_sorted_indices = False
    before = rows.indices.copy()
    calibrate(rows, "Rasch")
    np.testing.assert_array_equal(rows.indices, before)
    twice = sparse.csr_array((np.ones(3), np.array([0, 0, 1]), np.array([0, 3])), shape=(1, 2))
    with pytest.raises(DataError, match="person 1 answers item 1 twice"):
        calibrate(twice, "Rasch")


def test_lazy_frames_and_nan_in_long_frames():
    codes = sample(200)
    person, number = np.nonzero(codes >= 0)
    frame = pl.DataFrame(
        {
            "person": person,
            "item": [f"item{k + 1}" for k in number],
            "category": codes[person, number],
        }
    )
    extra = pl.DataFrame({"person": [0], "item": ["item9"], "category": [float("nan")]})
    whole = calibrate(frame, "Rasch")
    assert calibrate(frame.lazy(), "Rasch").b == whole.b
    assert calibrate(pl.concat([frame, extra]), "Rasch").b == whole.b


def test_parquet_files_without_anybody_are_passed_over(tmp_path):
    codes = sample(200)
    person, number = np.nonzero(codes >= 0)
    frame = pl.DataFrame(
        {
            "person": person,
            "item": [f"item{k + 1}" for k in number],
            "category": codes[person, number].astype(int),
            "weight": np.where(person < 150, 1.0, 0.0),
        }
    )
    frame.filter(pl.col("person") < 150).write_parquet(tmp_path / "a.parquet")
    frame.filter(pl.col("person") >= 150).write_parquet(tmp_path / "b.parquet")
    frame.head(0).write_parquet(tmp_path / "c.parquet")
    got = calibrate(parquet_answers(tmp_path / "*.parquet"), "Rasch")
    assert got.n_persons == 150
    bad = frame.with_columns(pl.col("weight").cast(pl.String))
    bad.write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a\.parquet: column 'weight' holds String"):
        calibrate(parquet_answers(tmp_path / "a.parquet"), "Rasch")
    with pytest.raises(DataError, match="named twice"):
        parquet_answers([tmp_path / "b.parquet", tmp_path / "b.parquet"])


@pytest.mark.parametrize(
    "covariance", ['{"values": [[1, 2], [3]]}', '{"values": [[1, 2]]}', '{"values": "x"}']
)
def test_a_covariance_that_is_none_is_refused(tmp_path, covariance):
    path = tmp_path / "set.json"
    path.write_text(
        '{"items": [{"name": "x", "model": "2PL", "a": [1], "b": [0]}], "covariance": '
        + covariance
        + "}"
    )
    with pytest.raises(DataError, match=r"set\.json: the covariance"):
        read_parameters(path)


def test_the_limit_of_blas_is_lifted_by_the_last():
    from threadpoolctl import threadpool_info

    def threads():
        return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]

    before = threads()
    inside, leave = threading.Event(), threading.Event()

    def hold():
        with one_blas_thread():
            inside.set()
            leave.wait()

    other = threading.Thread(target=hold)
    other.start()
    inside.wait()
    with one_blas_thread():
        assert set(threads()) == {1}
        leave.set()
        other.join()
    assert threads() == before


def test_the_lowest_code_of_fixed_items_is_not_guessed():
    bank = {
        name: ItemParameters(name, "GRM", (1.2,), (-1.0, 0.0, 1.0))
        for name in (f"item{k + 1}" for k in range(8))
    }
    rng = np.random.default_rng(3)
    codes = draw(list(bank.values()), rng.normal(2.0, 1.2, 1500), rng)
    codes = codes[(codes > 0).all(axis=1)]
    with pytest.raises(DataError, match="say whether code 1 is the fixed items' category 0"):
        calibrate(codes, "GRM", fixed=bank)
    high = calibrate(codes, "GRM", fixed=bank, lowest_code=0, standard_errors="none")
    assert high.groups[0].mean > 2.0
    assert high.lowest_code == 0
    with pytest.raises(DataError, match="lowest_code is 0 or 1, and no code may lie below it"):
        calibrate(np.maximum(codes - 1, 0), "GRM", fixed=bank, lowest_code=1)


def test_persons_who_do_not_differ_are_said_to():
    rng = np.random.default_rng(4)
    codes = (rng.random((400, 8)) < expit(0.3 - B)).astype(float)  # all of one ability
    with pytest.raises(ConvergenceError, match="SD of a group's ability goes to 0"):
        calibrate(codes, "Rasch", free_sd=True)


def test_a_free_sd_is_found_with_its_error():
    codes = sample(3000, 4, sd=1.8, b=np.linspace(-2, 2, 15))
    got = calibrate(codes, "Rasch", free_sd=True)
    assert got.groups[0].mean == 0
    assert got.groups[0].sd == pytest.approx(1.8, abs=4 * got.groups[0].se_sd)
    assert got.n_parameters == 16
    one = calibrate(codes, "1PL")
    assert got.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-3)
    assert got.groups[0].sd == pytest.approx(one.a[0], abs=1e-3)
