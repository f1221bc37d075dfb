"""M2, M2* and C2: mirt's numbers, every record enumerated, and the size of the test."""

import json
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import null_space
from scipy.stats import chi2, ncx2
from simulated import dichotomous, graded

from calibration import CalibrationError, DataError, ModelError, calibrate, read_responses
from calibration.estimate.quadrature import Quadrature, normal_grid
from calibration.fit.model import ModelFitError, model_fit
from calibration.fit.moments import covariance, curves_of, derivatives, design
from calibration.parameters import ItemParameters, probabilities
from calibration.prepare import categories_for

KNOWN = Path(__file__).parents[1] / "known_values"
FREQUENCY = {"lsat6": "frequency", "lsat7": "frequency", "science": None}
GRID = normal_grid(61)
MIXED = (
    ItemParameters("one", "2PL", (1.2,), (-0.4,)),
    ItemParameters("two", "3PL", (0.9,), (0.3,), c=0.2),
    ItemParameters("three", "GRM", (1.5,), (-0.8, 0.5)),
    ItemParameters("four", "GPCM", (0.7,), (-0.2, 0.4)),
    ItemParameters("five", "NRM", (0.6, 1.1), (0.3, -0.2)),
    ItemParameters("six", "4PL", (1.1,), (0.1,), c=0.1, d=0.9),
    ItemParameters("seven", "Rasch", (1.0,), (0.2,)),
)


def known(name):
    return json.loads((KNOWN / "mirt_model_fit.json").read_text(encoding="utf-8"))[name]


def fit(name, model, statistic="M2", **options):
    data = read_responses(KNOWN / f"{name}.csv", frequency=FREQUENCY[name])
    found = calibrate(data, model, standard_errors="none")
    codes = categories_for(found.items, data, lowest_code=found.lowest_code)
    return model_fit(
        found.items, codes, found.quadrature, statistic=statistic, weights=data.weights, **options
    )


def test_lsat7_agrees_with_mirt():
    printed, got = known("lsat7_2pl_m2"), fit("lsat7", "2PL")
    assert got.df == printed["df"]
    for name in ("value", "p", "rmsea", "rmsea_interval", "srmsr", "tli", "cfi"):
        assert getattr(got, name) == pytest.approx(printed[name], abs=5.1e-4)
    assert got.pairs.tolist() == printed["residual_correlations"]["pairs"]
    np.testing.assert_allclose(
        got.residual_correlations, printed["residual_correlations"]["values"], atol=1.5e-4
    )


def test_science_c2_agrees_with_mirt():
    printed, got = known("science_grm_c2"), fit("science", "GRM", "C2")
    assert got.df == printed["df"]
    assert got.value == pytest.approx(printed["value"], abs=3e-3)
    for name in ("rmsea", "rmsea_interval", "srmsr"):
        assert getattr(got, name) == pytest.approx(printed[name], abs=5.1e-4)
    assert got.tli == pytest.approx(printed["tli"], abs=5.1e-3)
    assert got.cfi == pytest.approx(printed["cfi"], abs=5.1e-3)


@pytest.mark.parametrize(("model", "name"), [("1PL", "lsat6_1pl_m2"), ("2PL", "lsat6_2pl_m2")])
def test_lsat6_agrees_with_mirt(model, name):
    printed, got = known(name), fit("lsat6", model)
    assert got.df == printed["df"]
    assert got.value == pytest.approx(printed["value"], abs=2e-3)
    assert got.p == pytest.approx(chi2.sf(printed["value"], printed["df"]), abs=1e-3)


def test_where_the_statistic_is_below_its_mean_the_model_has_no_error():
    got = fit("lsat6", "1PL")
    assert got.rmsea == 0
    assert got.rmsea_interval[0] == 0
    assert got.cfi == 1
    assert got.tli > 1


def test_the_interval_inverts_the_noncentral_distribution():
    got = fit("lsat7", "2PL", confidence=0.8)
    for limit, share in zip(got.rmsea_interval, (0.9, 0.1), strict=True):
        noncentrality = limit**2 * got.n_persons * got.df
        assert ncx2.cdf(got.value, got.df, noncentrality) == pytest.approx(share, abs=1e-6)


def test_with_two_categories_the_three_are_one():
    one, *others = (fit("lsat7", "2PL", name) for name in ("M2", "M2*", "C2"))
    for other in others:
        assert other.value == pytest.approx(one.value)
        assert other.df == one.df
        assert other.baseline_value == pytest.approx(one.baseline_value)


@pytest.mark.parametrize(
    ("name", "model", "n_parameters"),
    [
        ("lsat6", "Rasch", 5),
        ("lsat6", "1PL", 6),
        ("lsat6", "2PL", 10),
        ("science", "PCM", 12),
        ("science", "GPCM", 16),
        ("science", "NRM", 24),
    ],
)
def test_the_free_parameters_are_counted(name, model, n_parameters):
    got = fit(name, model)
    assert got.n_parameters == n_parameters
    assert got.n_moments == (15 if name == "lsat6" else 4 * 3 + 6 * 9)
    assert got.df == got.n_moments - n_parameters


# Second opinion: every record of seven mixed items, its probability, and the moments as sums.


def records(items, grid=GRID):
    """All records (n_records, n_items) and their probabilities, node by node."""
    table = probabilities(items, grid.nodes)
    every = np.array(list(product(*(range(item.n_categories) for item in items))))
    given = np.prod([table[i, every[:, i]] for i in range(len(items))], axis=0)
    return every, given @ grid.weights


def moments_of(every, widths, statistic):
    """Value of each moment for each record: single ones first, then pair by pair."""

    def indicators(i):
        return [(every[:, i] == k).astype(float) for k in range(1, widths[i])]

    score = [[every[:, i].astype(float)] for i in range(len(widths))]
    full = [indicators(i) for i in range(len(widths))]
    alone, paired = {"M2": (full, full), "M2*": (score, score), "C2": (full, score)}[statistic]
    out = [one for i in range(len(widths)) for one in alone[i]]
    for i, j in combinations(range(len(widths)), 2):
        out += [a * b for a in paired[i] for b in paired[j]]
    return np.array(out)


@pytest.mark.parametrize("statistic", ["M2", "M2*", "C2"])
def test_covariance_is_that_over_all_records(statistic):
    every, share = records(MIXED)
    widths = [item.n_categories for item in MIXED]
    values = moments_of(every, widths, statistic)
    expected = (values * share) @ values.T - np.outer(values @ share, values @ share)
    got = covariance(design(widths, statistic), curves_of(MIXED, GRID))
    np.testing.assert_allclose(got, expected, atol=1e-14)


def moved(items, place, name, step):
    """The items with one reported parameter of one item moved."""
    item = items[place]
    number = {"a": item.a, "b": item.b, "c": (item.c,), "d": (item.d,)}
    number[name[0]] = tuple(
        one + step * (at == int(name[1:] or 1) - 1) for at, one in enumerate(number[name[0]])
    )
    changed = ItemParameters(
        item.name, item.model, number["a"], number["b"], number["c"][0], number["d"][0]
    )
    return (*items[:place], changed, *items[place + 1 :])


FREE = {
    "one": ["a", "b"],
    "two": ["a", "b", "c"],
    "three": ["a", "b1", "b2"],
    "four": ["a", "b1", "b2"],
    "five": ["a1", "a2", "b1", "b2"],
    "six": ["a", "b", "c", "d"],
    "seven": ["b"],
}


def numerical_derivatives(items, statistic, step=1e-5):
    widths = [item.n_categories for item in items]
    columns = []
    for place, item in enumerate(items):
        for name in FREE[item.name]:
            up, down = (
                moments_of(every, widths, statistic) @ share
                for every, share in (
                    records(moved(items, place, name, sign * step)) for sign in (1, -1)
                )
            )
            columns.append((up - down) / (2 * step))
    return np.column_stack(columns)


@pytest.mark.parametrize("statistic", ["M2", "C2"])
def test_derivatives_span_those_by_the_reported_parameters(statistic):
    plan = design([item.n_categories for item in MIXED], statistic)
    got, notes = derivatives(MIXED, GRID, plan, curves_of(MIXED, GRID), {}, None)
    expected = numerical_derivatives(MIXED, statistic)
    assert got.shape == expected.shape
    assert notes == []
    basis = np.linalg.qr(got)[0]
    outside = expected - basis @ (basis.T @ expected)
    np.testing.assert_allclose(outside, 0, atol=1e-8)


def test_derivatives_by_mean_and_sd_of_ability():
    widths = [item.n_categories for item in MIXED]
    plan = design(widths, "M2")
    wide = Quadrature(np.linspace(-9, 9, 121), np.exp(-0.5 * np.linspace(-9, 9, 121) ** 2))
    got, _ = derivatives(MIXED, wide, plan, curves_of(MIXED, wide), {}, True)

    def implied(mean, sd):
        grid = Quadrature(wide.nodes, np.exp(-0.5 * ((wide.nodes - mean) / sd) ** 2))
        every, share = records(MIXED, grid)
        return moments_of(every, widths, "M2") @ share

    h = 1e-5
    np.testing.assert_allclose(got[:, -2], (implied(h, 1) - implied(-h, 1)) / (2 * h), atol=1e-8)
    np.testing.assert_allclose(
        got[:, -1], (implied(0, 1 + h) - implied(0, 1 - h)) / (2 * h), atol=1e-8
    )


@pytest.mark.parametrize("statistic", ["M2", "C2"])
def test_the_statistic_is_that_of_maydeu_olivares_and_joe(statistic):
    """N e' C e with C = D (D' Xi D)^-1 D', D the orthogonal complement of the derivatives."""
    rng = np.random.default_rng(61)
    every, share = records(MIXED)
    counts = rng.multinomial(3000, share).astype(float)
    widths = [item.n_categories for item in MIXED]
    values = moments_of(every, widths, statistic)
    gap = values @ counts / 3000 - values @ share
    spread = (values * share) @ values.T - np.outer(values @ share, values @ share)
    apart = null_space(numerical_derivatives(MIXED, statistic).T, rcond=1e-9)
    inner = apart.T @ gap
    expected = 3000 * inner @ np.linalg.solve(apart.T @ spread @ apart, inner)
    got = model_fit(MIXED, every.astype(np.int16), GRID, statistic=statistic, weights=counts)
    assert got.value == pytest.approx(expected, rel=1e-4)
    assert got.df == apart.shape[1]


# What was held is not counted.


def items_2pl(n=6):
    return [ItemParameters(f"i{k}", "2PL", (1.0,), (0.3 * k - 1,)) for k in range(n)]


def codes_of(n=6, n_persons=500, seed=62):
    rng = np.random.default_rng(seed)
    return dichotomous(rng, np.ones(n), 0.3 * np.arange(n) - 1, n_persons).astype(np.int16)


def test_held_parameters_are_not_counted():
    items = items_2pl()
    free = model_fit(items, codes_of(), GRID)
    slope = model_fit(items, codes_of(), GRID, fixed={"i1": {"a": 1.0}})
    whole = model_fit(items, codes_of(), GRID, fixed={"i1": items[1]})
    known_ability = model_fit(items, codes_of(), GRID, fixed={"i1": items[1]}, free_ability=False)
    assert free.df == 21 - 12
    assert slope.df == free.df + 1
    assert whole.df == free.df + 2 - 2
    assert known_ability.df == free.df + 2
    assert known_ability.value >= free.value


def test_a_held_slope_holds_that_of_all_1pl_items():
    items = [ItemParameters(f"i{k}", "1PL", (1.0,), (0.3 * k - 1,)) for k in range(6)]
    assert model_fit(items, codes_of(), GRID).n_parameters == 7
    assert model_fit(items, codes_of(), GRID, fixed={"i2": {"a": 1.0}}).n_parameters == 6


def test_an_asymptote_at_its_end_is_held():
    items = items_2pl()
    guess = ItemParameters("i0", "3PL", (1.0,), (-1.0,), c=0.0)
    got = model_fit([guess, *items[1:]], codes_of(), GRID)
    assert got.value == pytest.approx(model_fit(items, codes_of(), GRID).value)
    assert got.notes == ("item 'i0': an asymptote of exactly 0 or 1 counts as held",)


def test_everything_held_leaves_the_plain_residuals():
    items = items_2pl()
    held = {item.name: item for item in items}
    got = model_fit(items, codes_of(), GRID, fixed=held, free_ability=False)
    assert (got.df, got.n_parameters) == (21, 0)


# Weights, missing answers.


def test_weights_are_frequencies():
    rng = np.random.default_rng(63)
    codes = codes_of()
    counts = rng.integers(0, 4, len(codes))
    one = model_fit(items_2pl(), codes, GRID, weights=counts)
    other = model_fit(items_2pl(), np.repeat(codes, counts, axis=0), GRID)
    assert one.value == pytest.approx(other.value)
    assert one.srmsr == pytest.approx(other.srmsr)
    assert one.n_persons == counts.sum()


def test_missing_answers_are_refused_unless_asked_for():
    codes = codes_of()
    codes[3, 2] = -1
    with pytest.raises(DataError, match="person 4 has no answer to item 'i2'"):
        model_fit(items_2pl(), codes, GRID)
    got = model_fit(items_2pl(), codes, GRID, incomplete="pairwise")
    near = model_fit(items_2pl(), np.delete(codes, 3, axis=0), GRID)
    assert got.value == pytest.approx(near.value, rel=0.05)
    assert "answers are missing" in got.notes[0]


def test_complete_data_are_a_case_of_pairwise():
    one, other = (
        model_fit(items_2pl(), codes_of(), GRID, incomplete=how) for how in ("refuse", "pairwise")
    )
    assert one.value == other.value
    assert other.notes == ()


def test_two_forms_without_common_items_are_two_tests():
    """Nobody has a pair across, so the statistic is the sum of those of the forms."""
    codes = codes_of(12, 1000)
    items = items_2pl(12)
    codes[:400, 6:], codes[400:, :6] = -1, -1
    both = model_fit(items, codes, GRID, incomplete="pairwise")
    first = model_fit(items[:6], codes[:400, :6], GRID)
    second = model_fit(items[6:], codes[400:, 6:], GRID)
    assert both.value == pytest.approx(first.value + second.value)
    assert both.df == first.df + second.df
    assert both.baseline_value == pytest.approx(first.baseline_value + second.baseline_value)
    assert len(both.pairs) == 30


# Size and power.


def rejections(values, dfs):
    return np.mean(chi2.sf(values, dfs) < 0.05)


def test_size_of_m2_and_c2():
    """40 samples of a fitted GRM: mean near df, variance near 2 df, rejections near .05."""
    rng = np.random.default_rng(64)
    a = np.array([1.0, 1.4, 0.8, 1.8, 1.2, 1.0])
    b = np.array([-0.7, 0.7]) + np.linspace(-0.5, 0.5, 6)[:, None]
    found = {"M2": [], "C2": []}
    for _ in range(40):
        codes = graded(rng, a, b, 1000)
        result = calibrate(codes, "GRM", standard_errors="none")
        for statistic, values in found.items():
            got = model_fit(
                result.items, codes.astype(np.int16), result.quadrature, statistic=statistic
            )
            values.append((got.value, got.df))
    for values in found.values():
        value, df = np.array(values).T
        assert value.mean() == pytest.approx(df[0], abs=4 * np.sqrt(2 * df[0] / 40))
        assert value.var() == pytest.approx(2 * df[0], rel=0.9)
        assert rejections(value, df) <= 0.175


def test_size_with_forms():
    """40 samples of four overlapping forms of eight items, drawn by lot."""
    rng = np.random.default_rng(65)
    a, b = np.linspace(0.8, 1.6, 8), np.linspace(-1, 1, 8)
    forms = np.array([np.roll([1, 1, 1, 1, 1, 0, 0, 0], 2 * k) for k in range(4)], dtype=bool)
    values = []
    for _ in range(40):
        codes = dichotomous(rng, a, b, 1500)
        codes[~forms[rng.integers(0, 4, 1500)]] = np.nan
        result = calibrate(codes, "2PL", standard_errors="none")
        given = np.where(np.isnan(codes), -1, codes).astype(np.int16)
        got = model_fit(result.items, given, result.quadrature, incomplete="pairwise")
        values.append((got.value, got.df))
    value, df = np.array(values).T
    assert value.mean() == pytest.approx(df[0], abs=4 * np.sqrt(2 * df[0] / 40))
    assert rejections(value, df) <= 0.175


def test_two_dimensions_are_noticed():
    rng = np.random.default_rng(66)
    ability = rng.standard_normal((1500, 2))
    share = 1 / (1 + np.exp(-1.5 * (ability[:, np.arange(8) % 2] - np.linspace(-1, 1, 8))))
    codes = (rng.random(share.shape) < share).astype(float)
    result = calibrate(codes, "2PL", standard_errors="none")
    got = model_fit(result.items, codes.astype(np.int16), result.quadrature)
    assert got.p < 1e-6
    assert got.rmsea_interval[0] > 0.03
    assert got.srmsr > 0.05
    assert got.cfi < 0.95


# What cannot be computed says so.


def test_independent_items_have_no_tli():
    """A design in which everybody's answers cross exactly: independence fits perfectly."""
    every = np.array(list(product((0, 1), repeat=4)), dtype=np.int16)
    items = [ItemParameters(f"i{k}", "Rasch", (1.0,), (0.0,)) for k in range(4)]
    got = model_fit(items, every, GRID)
    assert got.tli is None
    assert got.cfi is None
    assert got.notes == ("no TLI and CFI: already independence fits the data",)


def test_a_category_that_nobody_chose_takes_tli_and_cfi():
    items = [ItemParameters(f"i{k}", "GRM", (1.0,), (-0.5, 2.5)) for k in range(4)]
    rng = np.random.default_rng(67)
    codes = rng.integers(0, 3, (300, 4)).astype(np.int16)
    codes[:, 0] = np.minimum(codes[:, 0], 1)
    got = model_fit(items, codes, GRID)
    assert (got.tli, got.cfi, got.baseline_value, got.baseline_df) == (None,) * 4
    assert "independence cannot be tested" in got.notes[0]


@pytest.mark.parametrize(
    ("items", "codes", "options", "error", "message"),
    [
        (items_2pl(3), codes_of(3), {}, ModelFitError, "6 moments leave no degree of freedom"),
        (items_2pl(), codes_of(5), {}, DataError, "persons by the 6 items"),
        (items_2pl(), codes_of() + 1, {}, DataError, "item 'i0' has categories 0 to 1"),
        (items_2pl(), codes_of(), {"weights": [1.0]}, DataError, "one number a person"),
        (items_2pl(), codes_of(), {"weights": np.zeros(500)}, DataError, "every weight is 0"),
        (items_2pl(), codes_of() * 0, {}, DataError, "answered an item of it alike"),
        (items_2pl(), codes_of(), {"statistic": "X2"}, CalibrationError, "M2, M2*, C2"),
        (items_2pl(), codes_of(), {"incomplete": "impute"}, CalibrationError, "pairwise"),
        (items_2pl(), codes_of(), {"confidence": 1.0}, CalibrationError, "between 0 and 1"),
        (
            [ItemParameters(f"i{k}", "1PL", (1.0 + k,), (0.0,)) for k in range(6)],
            codes_of(),
            {},
            ModelError,
            "share one slope; came 1 to 6",
        ),
        (
            [ItemParameters("i0", "2PL", (1.0,), (400.0,)), *items_2pl()[1:]],
            codes_of(),
            {},
            ModelFitError,
            "covariance of the moments is singular",
        ),
        (
            [ItemParameters(f"i{k}", "2PL", (0.0,), (0.0,)) for k in range(6)],
            codes_of(),
            {},
            ModelFitError,
            "do not determine all parameters",
        ),
        (
            [ItemParameters(f"i{k}", "2PL", (1.0,), (0.0,)) for k in range(142)],
            np.zeros((2, 142), dtype=np.int16),
            {},
            ModelFitError,
            "10153 moments are more than the 10000",
        ),
    ],
)
def test_what_cannot_be_tested_is_refused(items, codes, options, error, message):
    with pytest.raises(error, match=message.replace("*", r"\*")):
        model_fit(items, codes, GRID, **options)
