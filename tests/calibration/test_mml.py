"""What must hold of any calibration, and what must be refused."""

import dataclasses
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from independent import hessian, log_likelihood, split
from simulated import dichotomous, graded, parameters, partial_credit

from assessment_engine import category_probabilities
from calibration import (
    CalibrationError,
    ConvergenceError,
    DataError,
    ModelError,
    PoolError,
    Quadrature,
    QuadratureError,
    calibrate,
    normal_grid,
)
from calibration.exchange import as_json
from calibration.parameters import ItemParameters, probabilities

FEW = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MODELS = ("Rasch", "1PL", "2PL", "3PL", "GRM", "GPCM")


def mixed(seed=3, n_persons=600):
    """Two items of each kind, a fifth of the answers not presented."""
    rng = np.random.default_rng(seed)
    ability_free = dichotomous(rng, *parameters(rng, 4), n_persons)
    ability = ability_free.mean(axis=1, keepdims=True)
    noise = rng.random((n_persons, 4))
    graded_items = np.floor(2.999 * (0.5 * ability + 0.5 * noise))
    codes = np.column_stack([ability_free, graded_items])
    codes[rng.random(codes.shape) < 0.2] = np.nan
    return codes, ("2PL", "2PL", "3PL", "Rasch", "GRM", "GRM", "GPCM", "GPCM")


def log_prior_3pl(item):
    """log(a) ~ N(0, .5), logit(c) ~ N(logit(.2), .5), without constants."""
    a, _, logit_c = item
    return -0.5 * ((np.log(a) / 0.5) ** 2 + ((logit_c - np.log(0.25)) / 0.5) ** 2)


def numbers(result):
    return np.concatenate([result.a, result.c, result.se_a, result.se_c, *result.b, *result.se_b])


@pytest.mark.parametrize("model", MODELS)
def test_likelihood_never_falls_and_progress_is_told(model):
    rng = np.random.default_rng(1)
    codes = dichotomous(rng, *parameters(rng, 12), 400)
    steps = []
    got = calibrate(codes, model, progress=lambda *step: steps.append(step))
    assert [step[0] for step in steps] == list(range(1, got.iterations + 1))
    assert steps[-1][1] == got.log_likelihood
    assert got.converged
    assert 0 <= got.largest_change <= 1e-6
    if model != "3PL":  # there the posterior rises, the likelihood need not
        values = [step[1] for step in steps]
        assert all(later >= earlier for earlier, later in pairwise(values))


def test_the_end_is_a_maximum_with_the_curvature_of_the_standard_errors():
    """Mixed formats with missing answers, against second differences of a plain likelihood."""
    codes, models = mixed()
    got = calibrate(codes, models, tolerance=1e-8)
    widths = [3 if model == "3PL" else len(b) + 1 for model, b in zip(models, got.b, strict=True)]
    at = []
    for place, model in enumerate(models):
        at += [got.a[place], *[item.intercepts for item in got.items][place]]
        if model == "3PL":
            at.append(np.log(got.c[place] / (1 - got.c[place])))
    at = np.array(at)
    plain = ["2PL" if model == "Rasch" else model for model in models]
    free = np.ones(len(at), dtype=bool)
    free[sum(widths[:3])] = False  # the Rasch slope
    guess = 4 + np.arange(3)

    def objective(vector):
        whole = at.copy()
        whole[free] = vector
        prior = log_prior_3pl(whole[guess])
        return log_likelihood(split(whole, plain, widths), codes) + prior

    vector = at[free]
    assert objective(vector) == pytest.approx(
        got.log_likelihood + log_prior_3pl(at[guess]), abs=1e-7
    )
    for place in range(len(vector)):
        step = 1e-3 * np.eye(len(vector))[place]
        assert objective(vector + step) < objective(vector) > objective(vector - step)
    covariance = np.zeros((len(at), len(at)))
    covariance[np.ix_(free, free)] = np.linalg.inv(-hessian(objective, vector))
    start = 0
    for place, width in enumerate(widths):
        own = covariance[start : start + width, start : start + width]
        assert got.se_a[place] == pytest.approx(np.sqrt(own[0, 0]), rel=1e-3)
        for k, b in enumerate(got.b[place], start=1):
            by = np.array([-b / got.a[place], -1 / got.a[place]])
            variance = by @ own[np.ix_([0, k], [0, k])] @ by
            assert got.se_b[place][k - 1] == pytest.approx(np.sqrt(variance), rel=1e-3)
        if models[place] == "3PL":
            c = got.c[place]
            expected = c * (1 - c) * np.sqrt(own[2, 2])
            assert got.se_c[place] == pytest.approx(expected, rel=1e-3)
        start += width


@FEW
@given(st.integers(0, 10_000))
def test_order_of_persons_and_items_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    codes, models = mixed()
    persons, items = rng.permutation(len(codes)), rng.permutation(len(models))
    whole = calibrate(codes, models)
    shuffled = calibrate(codes[persons][:, items], [models[item] for item in items])
    assert shuffled.log_likelihood == pytest.approx(whole.log_likelihood, abs=1e-7)
    for place, item in enumerate(items):
        assert shuffled.a[place] == pytest.approx(whole.a[item], abs=2e-5)
        assert shuffled.b[place] == pytest.approx(whole.b[item], abs=5e-5)
        assert shuffled.se_a[place] == pytest.approx(whole.se_a[item], abs=2e-5)


@FEW
@given(st.integers(0, 10_000))
def test_weights_are_repeated_rows(seed):
    rng = np.random.default_rng(seed)
    codes = dichotomous(rng, *parameters(rng, 6), 300)
    weights = rng.integers(0, 4, len(codes))
    weighted = calibrate(codes, "1PL", weights=weights)
    expanded = calibrate(np.repeat(codes, weights, axis=0), "1PL")
    assert weighted.n_persons == expanded.n_persons == weights.sum()
    assert weighted.bic == pytest.approx(expanded.bic, abs=1e-6)
    np.testing.assert_allclose(numbers(weighted), numbers(expanded), atol=1e-6)
    assert any("weight 0" in note for note in weighted.notes)


def test_doubled_data_halve_the_error_variance():
    codes, models = mixed()
    models = tuple("2PL" if model == "3PL" else model for model in models)  # a prior counts once
    once, twice = calibrate(codes, models), calibrate(np.vstack([codes, codes]), models)
    doubled = calibrate(codes, models, weights=np.full(len(codes), 2.0))
    assert twice.log_likelihood == pytest.approx(2 * once.log_likelihood, abs=1e-6)
    assert doubled.log_likelihood == pytest.approx(2 * once.log_likelihood, abs=1e-6)
    np.testing.assert_allclose(twice.a, once.a, atol=1e-5)
    np.testing.assert_allclose(twice.se_a, np.array(once.se_a) / np.sqrt(2), atol=1e-5)
    assert once.provenance["data_sha256"] != twice.provenance["data_sha256"]


def test_rows_without_an_answer_change_nothing_and_are_named():
    codes, models = mixed()
    empty = np.full((2, codes.shape[1]), np.nan)
    with_empty = np.vstack([codes[:100], empty, codes[100:]])
    before = calibrate(codes, models)
    after = calibrate(with_empty, models)
    assert any("person 101, 102" in note for note in after.notes)
    for field in ("a", "b", "c", "se_a", "se_b", "log_likelihood", "bic", "n_persons"):
        assert getattr(before, field) == getattr(after, field)


def test_missing_by_design_is_not_wrong():
    """Two booklets with common items, persons drawn at random: nothing is biased."""
    rng = np.random.default_rng(8)
    a, b = parameters(rng, 15)
    complete = dichotomous(rng, a, b, 3000)
    booklets = complete.copy()
    booklets[:1500, 10:] = np.nan
    booklets[1500:, :5] = np.nan
    got = calibrate(booklets)
    distance = (np.ravel(got.b) - b) / np.ravel(got.se_b)
    assert np.abs(distance).max() < 3.5
    as_wrong = calibrate(np.nan_to_num(booklets, nan=0.0), "1PL")
    assert np.abs((np.ravel(as_wrong.b) - b) / np.ravel(as_wrong.se_b)).max() > 10


def test_an_item_in_two_thirds_of_the_rows_uses_those_rows_only():
    """In a Rasch model of one item: its share of right answers among those who saw it."""
    column = np.array([1.0] * 30 + [0.0] * 10 + [np.nan] * 20)[:, None]
    seen, all_rows = calibrate(column[:40], "Rasch"), calibrate(column, "Rasch")
    assert all_rows.b == seen.b
    assert all_rows.n_persons == 40


def test_codes_from_one_are_codes_from_zero():
    rng = np.random.default_rng(2)
    codes = graded(rng, [1.2, 0.8, 1.5, 1.0], [[-1, 0, 1]] * 4, 1000)
    from_zero, from_one = calibrate(codes, "GRM"), calibrate(codes + 1, "GRM")
    assert (from_zero.lowest_code, from_one.lowest_code) == (0, 1)
    assert from_zero.b == from_one.b


def test_two_categories_make_grm_gpcm_and_2pl_one_model():
    rng = np.random.default_rng(4)
    codes = dichotomous(rng, *parameters(rng, 8), 500)
    two, graded_, credit = (calibrate(codes, model) for model in ("2PL", "GRM", "GPCM"))
    np.testing.assert_allclose(numbers(graded_), numbers(two), atol=1e-9)
    np.testing.assert_allclose(numbers(credit), numbers(two), atol=2e-5)


def test_frames_and_arrays_are_one():
    codes, models = mixed()
    names = [f"soal{place}" for place in range(codes.shape[1])]
    frame = pl.DataFrame(codes, schema=names).with_columns(pl.all().fill_nan(None))
    got = calibrate(frame, models)
    assert got.item_names == tuple(names)
    assert got.b == calibrate(codes, models).b
    with pytest.raises(DataError, match=r"'soal0' holds String"):
        calibrate(frame.with_columns(pl.col("soal0").cast(pl.String)), models)


def test_the_same_call_gives_the_same_result():
    codes, models = mixed()
    first, second = calibrate(codes, models), calibrate(codes, models)
    assert as_json(first) == as_json(second)


def test_the_input_is_not_changed():
    codes, models = mixed()
    before = codes.copy()
    calibrate(codes, models)
    np.testing.assert_array_equal(codes, before)


def test_provenance_names_data_options_and_versions():
    codes, models = mixed()
    got = calibrate(codes, models, tolerance=1e-5).provenance
    assert len(got["data_sha256"]) == 64
    assert got["tolerance"] == "1e-05"
    assert got["quadrature"] == "48 [-6, 6]"
    assert got["numpy"] == np.__version__
    assert "3PL c: Normal" in got["priors"]
    changed = codes.copy()
    changed[0, 0] = 1 - changed[0, 0] if changed[0, 0] == changed[0, 0] else 1
    assert calibrate(changed, models).provenance["data_sha256"] != got["data_sha256"]


def test_standard_errors_can_be_left_out():
    codes, models = mixed()
    got = calibrate(codes, models, standard_errors="none")
    assert (got.se_a, got.se_b, got.se_c) == (None, None, None)
    assert got.a == calibrate(codes, models).a


def test_pool_has_the_engines_items():
    codes, models = mixed()
    got = calibrate(codes, models)
    pool = got.pool("integritas")
    items = {item.id: item for item in pool.items}
    assert set(items) == set(got.item_names)
    for place, name in enumerate(got.item_names):
        item = items[name]
        assert (item.a, item.b, item.c) == (got.a[place], got.b[place], got.c[place])
        assert item.dimension == "integritas"
    assert [items[f"item{place}"].model for place in (3, 4, 5, 7)] == [
        "3PL",
        "Rasch",
        "GRM",
        "GPCM",
    ]


def test_an_unconverged_result_is_marked_and_gives_no_pool():
    codes, models = mixed()
    got = calibrate(codes, models, max_iterations=2)
    assert not got.converged
    assert got.iterations == 2
    assert got.largest_change > 1e-6
    assert any("not converged" in note for note in got.notes)
    with pytest.raises(PoolError, match="max_iterations"):
        got.pool("x")


def test_a_reversed_key_is_noted_and_gives_no_pool():
    rng = np.random.default_rng(5)
    codes = dichotomous(rng, *parameters(rng, 10), 800)
    codes[:, 3] = 1 - codes[:, 3]
    got = calibrate(codes)
    assert got.a[3] < 0
    assert any("'item4'" in note and "key" in note for note in got.notes)
    with pytest.raises(PoolError, match="item4"):
        got.pool("x")


def test_an_item_that_repeats_another_is_named():
    rng = np.random.default_rng(6)
    codes = dichotomous(rng, *parameters(rng, 8), 500)
    codes[:, 5] = codes[:, 2]
    with pytest.raises(
        ConvergenceError, match=r"slope of item3, item6 grows without end"
    ) as caught:
        calibrate(codes)
    assert caught.value.items == ("item3", "item6")
    assert caught.value.iterations > 0


@pytest.mark.parametrize("n_items", [1, 2])
def test_too_few_items_for_slopes_are_refused(n_items):
    rng = np.random.default_rng(7)
    codes = dichotomous(rng, *parameters(rng, n_items), 500)
    with pytest.raises(ConvergenceError, match="do not determine the parameters of item1"):
        calibrate(codes)


def test_a_grid_too_coarse_is_refused_and_the_default_refined():
    rng = np.random.default_rng(9)
    codes = dichotomous(rng, rng.uniform(2, 3, 60), rng.standard_normal(60), 500)
    nodes, weights = np.polynomial.hermite_e.hermegauss(21)
    with pytest.raises(QuadratureError, match=r"points on \[-6, 6\] at least"):
        calibrate(codes, quadrature=Quadrature(nodes, weights))
    long = dichotomous(rng, np.full(250, 1.5), rng.standard_normal(250), 400)
    refined = calibrate(long, "1PL", standard_errors="none").provenance["quadrature"]
    assert int(refined.split()[0]) > 80


def test_a_finer_grid_changes_nothing():
    codes, models = mixed()
    usual, fine = calibrate(codes, models), calibrate(codes, models, quadrature=normal_grid(301))
    assert fine.log_likelihood == pytest.approx(usual.log_likelihood, abs=1e-5)
    np.testing.assert_allclose(numbers(fine), numbers(usual), atol=1e-4)


GOOD = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


def spoiled(place, value):
    codes = GOOD.copy()
    codes[place] = value
    return codes


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (spoiled((slice(None), 1), 1.0), "item 'item2' was answered alike by everybody"),
        (spoiled((slice(None), 1), np.nan), "item 'item2' was answered by nobody"),
        (spoiled((2, 1), 0.5), "person 3, item 'item2': 0.5"),
        (spoiled((2, 1), -1.0), "person 3, item 'item2': -1"),
        (spoiled((2, 1), np.inf), "person 3, item 'item2': inf"),
        (np.full((3, 2), np.nan), "no person has an answer"),
        (np.zeros((0, 3)), "a person and an item at least"),
        (np.zeros(3), "two dimensions"),
        ([["ya", "tidak"]], "must be numbers"),
        (GOOD + 2, "codes must start at 0 or 1; the lowest is 2"),
    ],
)
def test_bad_data_are_refused_by_name(codes, message):
    with pytest.raises(DataError, match=message):
        calibrate(codes, "Rasch")


def test_a_category_that_never_occurs_is_named():
    codes = np.array([[0.0, 0], [1, 2], [3, 1], [3, 0], [1, 1]])
    with pytest.raises(DataError, match="code 2 of item 'item1' never occurs, though 3 does"):
        calibrate(codes, "GRM")


def test_models_must_be_known_and_fit():
    with pytest.raises(ModelError, match="item 'item1': no model '5PL'"):
        calibrate(GOOD, "5PL")
    with pytest.raises(ModelError, match="2 models for 3 items"):
        calibrate(GOOD, ["2PL", "2PL"])
    with pytest.raises(ModelError, match="item 'item3' has code 2, but 2PL"):
        calibrate(spoiled((0, 2), 2.0), "2PL")


@pytest.mark.parametrize(
    ("weights", "message"),
    [([1, 1, 1], "shape"), ([1, 1, -1, 1], "person 3"), ([1, np.nan, 1, 1], "person 2")],
)
def test_bad_weights_are_refused(weights, message):
    with pytest.raises(DataError, match=message):
        calibrate(GOOD, "Rasch", weights=weights)


@pytest.mark.parametrize(
    "options", [{"tolerance": 0}, {"max_iterations": 0}, {"standard_errors": "jackknife"}]
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(CalibrationError, match=next(iter(options))):
        calibrate(GOOD, "Rasch", **options)


@pytest.mark.parametrize(
    ("nodes", "weights"),
    [([0, 1], [1, 1]), ([0, 2, 1], [1, 1, 1]), ([0, 1, 2], [1, 0, 1]), ([0, 1, np.nan], [1, 1, 1])],
)
def test_a_malformed_grid_is_refused(nodes, weights):
    with pytest.raises(QuadratureError):
        Quadrature(np.array(nodes), np.array(weights))


@FEW
@given(seed=st.integers(0, 10_000), n_persons=st.integers(4, 60), missing=st.floats(0, 0.6))
def test_small_data_give_numbers_or_a_reason(seed, n_persons, missing):
    rng = np.random.default_rng(seed)
    codes = dichotomous(rng, *parameters(rng, 6), n_persons)
    codes[rng.random(codes.shape) < missing] = np.nan
    try:
        got = calibrate(codes, MODELS)
    except (DataError, ConvergenceError) as error:
        reason = str(error)
        assert "item" in reason or "person" in reason
        return
    assert np.isfinite(numbers(got)).all()
    for field in dataclasses.fields(got):
        if isinstance(getattr(got, field.name), float):
            assert np.isfinite(getattr(got, field.name)), field.name


def test_partial_credit_steps_may_be_disordered():
    rng = np.random.default_rng(11)
    codes = partial_credit(rng, [1.0, 1.2, 0.9, 1.1], [[0.8, -0.8]] * 4, 3000)
    got = calibrate(codes, "GPCM")
    for steps, errors in zip(got.b, got.se_b, strict=True):
        assert steps[0] > steps[1]
        assert np.abs((np.array(steps) - [0.8, -0.8]) / errors).max() < 3.5


def test_beginning_with_a_part_of_many_persons_changes_nothing(monkeypatch):
    """The maximum is that of all; a part that lacks a category is not begun with."""
    from calibration.estimate import ascend

    rng = np.random.default_rng(12)
    codes = dichotomous(rng, *parameters(rng, 30), 8000)
    whole = calibrate(codes, tolerance=1e-8)
    monkeypatch.setattr(ascend, "MANY_ANSWERS", 100_000)
    started = calibrate(codes, tolerance=1e-8)
    assert started.iterations < whole.iterations
    assert started.log_likelihood == pytest.approx(whole.log_likelihood, abs=1e-6)
    np.testing.assert_allclose(started.a, whole.a, atol=1e-6)
    rare = codes.copy()
    rare[:, 0] = 0.0
    rare[1:20:2, 0] = 1.0
    calibrate(rare, "1PL")


def test_a_pool_holds_every_model_as_it_was_calibrated():
    """Curves of the engine's items are those of the calibration's."""
    rng = np.random.default_rng(5)
    items = (
        ItemParameters("i1", "NRM", (-0.8, 1.1), (0.3, -0.2)),
        ItemParameters("i2", "PCM", (1.0,), (0.4, -0.1)),
        ItemParameters("i3", "4PL", (1.3,), (0.2,), c=0.1, d=0.9),
        ItemParameters("i4", "Rasch", (1.0,), (-0.6,)),
    )
    result = calibrate(dichotomous(rng, *parameters(rng, 4), 500))
    pool = dataclasses.replace(result, items=items).pool("x")
    assert [item.model for item in pool] == ["NRM", "PCM", "4PL", "Rasch"]
    theta = np.linspace(-3, 3, 7)
    for item, curve in zip(pool, probabilities(items, theta), strict=True):
        expected = curve[: item.n_categories].T
        np.testing.assert_allclose(category_probabilities(item, theta), expected, atol=1e-12)
