"""Progressive-restricted and Sympson-Hetter, the draws behind them, overlap and items seen."""

from collections import Counter
from datetime import date, timedelta
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessment_engine import ConvergenceError, EngineError, RulesError
from assessment_engine.exposure import (
    ALL_REFUSED,
    Counted,
    Progressive,
    Seen,
    SympsonHetter,
    about_progressive,
    about_sympson_hetter,
    accept,
    draws,
    exposure_chi_square,
    exposure_rates,
    exposure_report,
    overlap_from_rates,
    pairwise_overlap,
    progressive_values,
    progressive_weight,
    progressive_weight_by_precision,
    restricted,
    seen_within,
    segment_of,
    segments_in_play,
    sympson_hetter_parameters,
    uniforms,
)
from assessment_engine.irt import FloatArray


def test_uniform_numbers_are_the_draws() -> None:
    stream = draws(3, 4, "x")
    expected = [(next(stream) >> 11) / 2**53 for _ in range(19)]
    assert uniforms(3, 4, "x", 19).tolist() == expected
    assert uniforms(3, 4, "x", 0).size == 0


def test_a_cut_belongs_to_the_segment_above_it() -> None:
    assert [segment_of(theta, (-1.0, 1.0)) for theta in (-1.1, -1.0, 0.99, 1.0)] == [0, 1, 1, 2]
    assert segment_of(5.0, ()) == 0


def test_segments_in_play_are_the_estimates_and_the_probable_ones() -> None:
    assert segments_in_play(0.0, (0.05, 0.6, 0.35), (-1.0, 1.0), 0.1) == (1, 2)
    assert segments_in_play(-1.2, (0.05, 0.6, 0.35), (-1.0, 1.0), 0.4) == (0, 1)


@pytest.mark.parametrize(
    ("given_items", "acceleration", "expected"),
    [
        (0, 2.0, 0.0),
        (1, 1.0, 1 / 6),
        (2, 1.0, 0.5),
        (3, 1.0, 1.0),
        (2, 0.0, 2 / 3),
        (1, 2.0, 1 / 14),
    ],
)
def test_progressive_weight_of_four_items(
    given_items: int, acceleration: float, expected: float
) -> None:
    """By hand from catR's sum of powers: (1, 2, 3)**AP summed up to the items given."""
    assert progressive_weight(given_items, 4, acceleration) == pytest.approx(expected)


def test_progressive_weight_by_precision_takes_what_is_further() -> None:
    """catR's rule: the share of the information wanted, or of the longest test."""
    assert progressive_weight_by_precision(5, 21, 0.6, 0.3) == pytest.approx(0.25)
    assert progressive_weight_by_precision(15, 21, 0.6, 0.3) == pytest.approx(0.75)
    assert progressive_weight_by_precision(5, 21, 0.6, 0.3, 2.0) == pytest.approx(0.0625)
    assert progressive_weight_by_precision(0, 21, 0.1, 0.3) == 0.0
    assert progressive_weight_by_precision(20, 21, 0.9, 0.3) == 1.0
    assert progressive_weight_by_precision(2, 21, 0.2, 0.3) == 1.0


def test_progressive_goes_from_chance_to_information() -> None:
    information = np.linspace(0.1, 1.0, 10)
    first = Counter(
        int(progressive_values(information, 0.0, seed, 1).argmax()) for seed in range(3000)
    )
    assert all(abs(first[i] / 3000 - 0.1) < 0.025 for i in range(10))
    assert progressive_values(information, 1.0, 1, 9).tolist() == information.tolist()
    half = progressive_values(information, 0.5, 7, 3)
    assert ((half >= 0.5 * information) & (half <= 0.5 * information + 0.5)).all()
    assert progressive_values(np.array([]), 0.5, 7, 3).size == 0


def test_restricted_items_are_those_at_the_ceiling() -> None:
    rates = {"a": 0.3, "b": 0.25, "c": 0.1}
    assert restricted(rates, 0.25) == {"a", "b"}
    with pytest.raises(RulesError, match="ceiling=0"):
        restricted(rates, 0.0)
    wrong = Progressive(float("nan"), 2.0)
    assert [holds for holds, _ in about_progressive(wrong)] == [False, False]


IDS = tuple(f"i{i}" for i in range(8))


@given(st.integers(0, 2**62), st.lists(st.floats(0.01, 1.0), min_size=8, max_size=8))
def test_acceptance_depends_on_nothing_but_its_arguments(seed: int, values: list[float]) -> None:
    config = SympsonHetter({item: (p,) for item, p in zip(IDS, values, strict=True)})
    place, note = accept(IDS, config, 0, seed)
    assert accept(IDS, config, 0, seed) == (place, note)
    # What is refused stays refused: without the item given, the search goes on behind it.
    if not note and place + 1 < len(IDS):
        rest = (*IDS[:place], *IDS[place + 1 :])
        again, later = accept(rest, config, 0, seed)
        assert again >= place or later == ALL_REFUSED


def test_items_are_given_with_their_probabilities() -> None:
    config = SympsonHetter({"a": (0.3, 0.9), "b": (0.5, 1.0)}, (0.0,))
    for segment, share in ((0, 0.3), (1, 0.9)):
        given_first = sum(accept(("a", "b", "c"), config, segment, s)[0] == 0 for s in range(4000))
        assert abs(given_first / 4000 - share) < 0.03
    refused = [s for s in range(4000) if accept(("a", "b", "c"), config, 0, s)[0] == 2]
    assert abs(len(refused) / 4000 - 0.35) < 0.03


def test_a_step_never_ends_where_all_are_refused() -> None:
    config = SympsonHetter({"a": (1e-9,), "b": (1e-3,), "c": (1e-9,)})
    assert {accept(("a", "b", "c"), config, 0, seed) for seed in range(50)} == {(1, ALL_REFUSED)}


def test_sympson_hetter_is_checked() -> None:
    wrong = SympsonHetter({"a": (0.0, 1.0), "b": (1.0,)}, (1.0, 0.0))
    problems = [problem for holds, problem in about_sympson_hetter(wrong) if not holds]
    assert len(problems) == 4  # cuts, two lengths, one value
    assert not [1 for holds, _ in about_sympson_hetter(SympsonHetter({"a": (1.0,)})) if not holds]


LENGTH, N_ITEMS = 10, 80
B = np.linspace(-2.0, 2.0, N_ITEMS)
A = np.tile([0.8, 1.6, 1.0, 1.3], N_ITEMS // 4)
NAMES = [f"i{i:02}" for i in range(N_ITEMS)]


def simulate_test(
    probabilities: FloatArray, iteration: int, n: int = 1000, cuts: tuple[float, ...] = ()
) -> Counted:
    """Persons get the most informative items that pass their experiments."""
    theta = np.random.default_rng([iteration, 8]).normal(size=n)
    chance = np.random.default_rng([iteration, 9]).random((n, N_ITEMS))
    shape = (N_ITEMS, len(cuts) + 1)
    sittings, selected, administered = np.zeros(shape[1]), np.zeros(shape), np.zeros(shape)
    for person in range(n):
        segment = segment_of(theta[person], cuts)
        sittings[segment] += 1
        given_items = 0
        p = 1.0 / (1.0 + np.exp(-A * (theta[person] - B)))
        for item in np.argsort(-(A**2) * p * (1.0 - p)):
            selected[item, segment] += 1
            if chance[person, item] < probabilities[item, segment]:
                administered[item, segment] += 1
                given_items += 1
            if given_items == LENGTH:
                break
    return Counted(sittings, selected, administered)


@pytest.mark.parametrize(("cuts", "r_max", "doubt"), [((), 0.3, 0.04), ((-0.5, 0.5), 0.5, 0.07)])
def test_parameters_hold_the_rates_in_persons_not_seen_before(
    cuts: tuple[float, ...], r_max: float, doubt: float
) -> None:
    def run(probabilities: FloatArray, iteration: int, n: int = 1000) -> Counted:
        return simulate_test(probabilities, iteration, n, cuts)

    free = run(np.ones((N_ITEMS, len(cuts) + 1)), 99, 2000)
    assert (free.administered / free.sittings).max() > r_max + 0.1
    found = sympson_hetter_parameters(
        run, N_ITEMS, r_max, LENGTH, n_segments=len(cuts) + 1, tolerance=doubt
    )
    assert found.largest_rates[-1] <= r_max + doubt
    fresh = run(found.probabilities, 99, 2000)
    # Parameters are kept from an iteration that looked good, so that fresh persons do a bit worse.
    assert (fresh.administered / fresh.sittings).max() < r_max + doubt + 0.02
    assert ((found.probabilities == 1.0).sum(axis=0) >= LENGTH).all()
    config = found.config(NAMES, cuts)
    assert not [problem for holds, problem in about_sympson_hetter(config) if not holds]
    kept = [found.probabilities[i, 0] for i in range(N_ITEMS)]
    assert [config.of(name, 0) for name in NAMES] == kept


def test_rates_out_of_reach_are_refused() -> None:
    with pytest.raises(RulesError, match="at most 8 items"):
        sympson_hetter_parameters(simulate_test, N_ITEMS, 0.1, LENGTH)
    with pytest.raises(ConvergenceError, match="after 1 iterations"):
        sympson_hetter_parameters(simulate_test, N_ITEMS, 0.14, LENGTH, iterations=1)


sittings_of_four = st.lists(
    st.permutations(range(9)).map(lambda order: frozenset(f"i{i}" for i in order[:4])),
    min_size=2,
    max_size=25,
)


@given(sittings_of_four)
def test_overlap_from_rates_is_that_of_all_pairs(sittings: list[frozenset[str]]) -> None:
    pairs = [len(one & other) / 4 for one, other in combinations(sittings, 2)]
    rates = exposure_rates([f"i{i}" for i in range(9)], sittings)
    assert overlap_from_rates(rates, len(sittings)) == pytest.approx(np.mean(pairs), abs=1e-12)
    assert pairwise_overlap(sittings) == pytest.approx(np.mean(pairs), abs=1e-6)


def test_overlap_of_unequal_tests() -> None:
    """By hand: 2 in common of lengths 2 and 4, none with the third."""
    sittings = [{"a", "b"}, {"a", "b", "c", "d"}, {"e"}]
    assert pairwise_overlap(sittings) == pytest.approx((2 / 3) / 3)


def test_report_on_exposure() -> None:
    """By hand: rates 1, .5, .5, 0; mean .5; two sittings of two items share one."""
    report = exposure_report(["a", "b", "c", "d"], [{"a", "b"}, {"a", "c"}], r_max=0.6)
    assert (report.overlap, report.mean_length, report.largest) == (0.5, 2.0, 1.0)
    assert report.chi_square == pytest.approx((0.25 + 0.25) / 0.5)
    assert (report.unused, report.above) == (("d",), ("a",))
    assert exposure_chi_square(np.full(7, 0.3)) == pytest.approx(0.0)


def test_exposure_without_sittings_is_refused() -> None:
    with pytest.raises(EngineError, match="need a sitting"):
        exposure_rates(["a"], [])
    with pytest.raises(EngineError, match="two sittings"):
        exposure_report(["a"], [{"a"}])
    with pytest.raises(EngineError, match="two sittings"):
        pairwise_overlap([{"a"}, set()])


def test_items_seen_come_back_on_the_anniversary() -> None:
    seen = [
        Seen("new", date(2026, 5, 1)),
        Seen("old", date(2020, 1, 1)),
        Seen("old", date(2024, 6, 2)),
        Seen("edge", date(2024, 6, 1)),
        Seen("gone", date(2023, 1, 1)),
    ]
    assert seen_within(seen, date(2026, 6, 1), 2) == ("old", "new")
    assert seen_within(seen, date(2026, 5, 31), 2) == ("edge", "old", "new")
    assert seen_within(seen, date(2026, 6, 1), 0) == ()


def test_leap_day_comes_back_on_the_first_of_march() -> None:
    seen = [Seen("a", date(2024, 2, 29))]
    assert seen_within(seen, date(2025, 2, 28), 1) == ("a",)
    assert seen_within(seen, date(2025, 3, 1), 1) == ()


@settings(max_examples=30)
@given(st.integers(0, 2000), st.integers(1, 5))
def test_more_years_hold_more_items(days: int, years: int) -> None:
    seen = [Seen(f"i{k:02}", date(2020, 1, 1) + timedelta(days=100 * k)) for k in range(20)]
    on = date(2021, 1, 1) + timedelta(days=days)
    held = set(seen_within(seen, on, years))
    assert held <= set(seen_within(seen, on, years + 1))
    assert all((on - day).days <= 366 * years or item not in held for item, day in seen)
