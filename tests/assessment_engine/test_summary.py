"""What a simulation says, against figures worked out by hand and against the other packages."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from assessment_engine import (
    CutScoreError,
    EngineError,
    Item,
    ItemPool,
    Quota,
    Rules,
    Section,
)
from assessment_engine.exposure import exposure_report
from assessment_engine.level_accuracy import level_accuracy
from assessment_engine.pretest import Pretest
from assessment_engine.rules import Estimation
from assessment_engine.simulated import Simulation
from assessment_engine.simulation import simulate_many
from assessment_engine.summary import summarise

KNOWN = Path(__file__).resolve().parents[1] / "known_values"
POOL = ItemPool(
    [
        Item("p1", "p", "2PL", 1.0, (0.0,), content="u"),
        Item("p2", "p", "2PL", 1.0, (0.5,), content="v"),
        Item("p3", "p", "2PL", 1.0, (1.0,), content="v", enemies=frozenset({"q1"})),
        Item("q1", "q", "2PL", 1.0, (0.0,), content="u"),
        Item("q2", "q", "2PL", 1.0, (0.0,), content="u"),
    ]
)
RULES = Rules((Section("a", "p", 1, 2, 0.0), Section("b", "q", 1, 1, 0.0)))
NAN = math.nan
MADE = Simulation(
    dimensions=("p", "q"),
    items=tuple(item.id for item in POOL),
    theta=np.array([[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]),
    estimate=np.array([[-0.5, 0.1], [0.0, -0.1], [0.4, 0.3], [2.0, NAN]]),
    se=np.array([[0.5, 0.2], [0.5, 0.2], [0.3, 0.1], [0.5, NAN]]),
    given=np.array([[0, 1, 4], [0, 1, 4], [0, 4, -1], [1, 0, -1]]),
    category=np.array([[0, 1, 1], [0, 1, 0], [1, 0, -1], [1, 1, -1]]),
    reason=np.array([[0, 0], [0, 0], [1, 0], [0, -1]]),
    reasons=("length", "section_time"),
    seconds=np.array([100.0, 200.0, 300.0, 400.0]),
    notes={"minima_out_of_reach": 1},
)


def test_precision_of_a_dimension_by_hand() -> None:
    first, second = summarise(MADE, RULES, POOL).dimensions
    assert first.dimension == "p"
    assert (first.n, first.n_without, second.n, second.n_without) == (4, 0, 3, 1)
    assert first.bias == pytest.approx((0.5 + 0.0 - 0.6 + 0.0) / 4)
    assert first.rmse == pytest.approx(math.sqrt((0.25 + 0.36) / 4))
    assert first.se == pytest.approx(0.45)
    assert first.coverage == 0.75  # .6 is more than 1.96 x .3
    assert first.length == pytest.approx(7 / 4)
    assert second.length == pytest.approx(3 / 4)
    errors = (3 * 0.25 + 0.09) / 4
    assert first.marginal_reliability == pytest.approx(1 - errors / (5 / 3))
    variance = np.var([-0.5, 0.0, 0.4, 2.0], ddof=1)
    assert first.empirical_reliability == pytest.approx(variance / (variance + errors))
    assert (second.correlation, second.marginal_reliability) == (None, None)
    assert first.reasons == {"length": 3, "section_time": 1}
    assert second.reasons == {"length": 3}


def test_reliability_of_unshrunken_estimates_takes_error_off() -> None:
    rules = replace(RULES, estimation=Estimation("WLE"))
    errors, variance = (3 * 0.25 + 0.09) / 4, np.var([-0.5, 0.0, 0.4, 2.0], ddof=1)
    found = summarise(MADE, rules, POOL).dimensions[0].empirical_reliability
    assert found == pytest.approx(1 - errors / variance)


def test_bins_hold_who_belongs_there_and_nobody_is_nan() -> None:
    found = summarise(MADE, RULES, POOL, bins=(-2.0, 0.0, 1.5)).dimensions[0].conditional
    assert found.low.tolist() == [-math.inf, -2.0, 0.0, 1.5]
    assert found.persons.tolist() == [0, 1, 2, 1]  # 0.0 lies in the bin that begins there
    np.testing.assert_allclose(found.theta, [NAN, -1.0, 0.5, 2.0])
    np.testing.assert_allclose(found.bias, [NAN, 0.5, -0.3, 0.0])
    np.testing.assert_allclose(found.rmse, [NAN, 0.5, math.sqrt(0.18), 0.0])
    np.testing.assert_allclose(found.se, [NAN, 0.5, 0.4, 0.5])
    np.testing.assert_allclose(found.coverage, [NAN, 1.0, 0.5, 1.0])
    np.testing.assert_allclose(found.length, [NAN, 2.0, 1.5, 2.0])
    np.testing.assert_allclose(found.largest_rate, [NAN, 1.0, 1.0, 1.0])


def test_exposure_is_that_of_the_exposure_package() -> None:
    found = summarise(MADE, RULES, POOL, r_max=0.8).exposure
    sittings = [{MADE.items[i] for i in row if i >= 0} for row in MADE.given.tolist()]
    oracle = exposure_report(MADE.items, sittings, 0.8)
    assert found.rates == pytest.approx(oracle.rates)
    assert found.overlap == pytest.approx(oracle.overlap)
    assert (found.unused, found.above) == (("p3", "q1"), ("p1",))
    assert found.chi_square == pytest.approx(oracle.chi_square)


def test_length_and_time_by_hand() -> None:
    found = summarise(MADE, RULES, POOL)
    assert found.lengths.tolist() == [0, 0, 2, 2]
    assert (found.mean_length, found.seconds) == (2.5, 250.0)
    assert found.seconds_95 == pytest.approx(385.0)
    assert found.notes == {"minima_out_of_reach": 1}


def test_levels_seen_and_expected_by_hand() -> None:
    levels = summarise(MADE, RULES, POOL, {"p": (0.5,)}).dimensions[0].levels
    assert levels is not None
    assert levels.confusion.tolist() == [[2, 0], [1, 1]]
    assert levels.accuracy == 0.75
    assert levels.kappa == pytest.approx((0.75 - 0.5) / 0.5)
    # P(below the cut), from the normal table at 2, 1, 1/3 and -3 standard errors
    below = [0.9772499, 0.8413447, 0.6305587, 0.0013499]
    assert levels.expected_accuracy == pytest.approx((sum(below[:3]) + 1 - below[3]) / 4, abs=1e-7)
    assert levels.expected_consistency == pytest.approx(
        sum(p**2 + (1 - p) ** 2 for p in below) / 4, abs=1e-7
    )
    assert levels.expected.sum(axis=0) == pytest.approx(levels.confusion.sum(axis=0))
    low, high = levels.levels
    assert (low.n_true, low.n_given, low.accuracy, low.right) == (2, 3, 1.0, pytest.approx(2 / 3))
    assert (high.n_true, high.n_given, high.accuracy, high.right) == (2, 1, 0.5, 1.0)
    assert low.expected == pytest.approx(sum(below[:3]) / 3, abs=1e-7)


def test_expected_accuracy_is_irtqs() -> None:
    """Oracle: R irtQ 1.1.0, cac_rud; persons as many as the nodes' weights say."""
    printed = json.loads((KNOWN / "irtq_rudner.json").read_text(encoding="utf-8"))
    theta, cuts = np.array(printed["theta"]), printed["cuts"]
    low = theta < -0.6
    se = np.where(
        low,
        (cuts[0] - theta) / norm.ppf(np.where(low, printed["lowest"], 0.1)),
        (theta - cuts[1]) / norm.ppf(np.where(low, 0.1, printed["highest"])),
    )
    for at in range(theta.size):
        one = slice(at, at + 1)
        found = level_accuracy(theta[one], theta[one], se[one], cuts)
        assert found.expected_accuracy == pytest.approx(printed["accuracy_at_theta"][at], abs=3e-7)
        assert found.expected_consistency == pytest.approx(
            printed["consistency_at_theta"][at], abs=3e-7
        )


@settings(max_examples=30)
@given(st.integers(0, 2**31), st.lists(st.floats(-2, 2), min_size=1, max_size=4, unique=True))
def test_expected_accuracy_is_what_happens_where_errors_are_normal(
    seed: int, cuts: list[float]
) -> None:
    """Ability drawn around the estimate with its error: Rudner's expectation is then exact."""
    random = np.random.default_rng(seed)
    estimate, se = random.normal(size=20_000), random.uniform(0.1, 0.8, 20_000)
    found = level_accuracy(random.normal(estimate, se), estimate, se, sorted(cuts))
    assert found.accuracy == pytest.approx(found.expected_accuracy, abs=0.02)
    assert found.expected_consistency <= found.expected_accuracy + 1e-12
    assert found.confusion.sum() == 20_000
    assert found.expected.sum() == pytest.approx(20_000)


def test_levels_nobody_has_are_none() -> None:
    found = level_accuracy(np.zeros(3), np.full(3, 0.1), np.full(3, 0.2), (-9.0, 9.0))
    assert found.kappa is None
    assert [one.accuracy for one in found.levels] == [None, 1.0, None]
    assert [one.right for one in found.levels] == [None, 1.0, None]


@pytest.mark.parametrize("cuts", [(), (1.0, 1.0), (2.0, 1.0), (math.inf,)])
def test_cuts_that_are_none_are_refused(cuts: tuple[float, ...]) -> None:
    with pytest.raises(CutScoreError, match="finite ascending"):
        level_accuracy(np.zeros(3), np.zeros(3), np.ones(3), cuts)


def test_what_cannot_be_summarised_is_refused() -> None:
    alone = replace(
        MADE,
        **{
            name: getattr(MADE, name)[:1]
            for name in ("theta", "estimate", "se", "given", "category", "reason", "seconds")
        },
    )
    with pytest.raises(EngineError, match="two sittings"):
        summarise(alone, RULES, POOL)
    with pytest.raises(EngineError, match="not that of the simulation"):
        summarise(MADE, RULES, POOL.subset(["p1", "p2"]))
    with pytest.raises(CutScoreError, match="'r'"):
        summarise(MADE, RULES, POOL, {"r": (0.0,)})
    with pytest.raises(EngineError, match="no sitting has an estimate of 'q'"):
        summarise(replace(MADE, estimate=np.where([True, False], MADE.estimate, NAN)), RULES, POOL)


# --- sittings by the engine ----------------------------------------------------------------------

RANDOM = np.random.default_rng(5)
BANK = ItemPool(
    Item(
        f"{dimension}{i:02}",
        dimension,
        "GRM" if i % 4 == 0 else "2PL",
        float(RANDOM.lognormal(0.2, 0.3)),
        (-1.0, 0.2, 1.1) if i % 4 == 0 else (float(RANDOM.normal()),),
        kind="free_text" if i % 4 == 0 else "choice",
        content="pq"[i % 2],
        n_options=0 if i % 4 == 0 else 4,
    )
    for dimension in "xy"
    for i in range(20)
)
TEST = Rules(
    (
        Section("s", "y", 3, 8, 0.5, None, (Quota("kind", "free_text", 1, 2),)),
        Section("t", "x", 3, 6, 0.5, 400.0, pretest=Pretest(1, 2, 3, ("x17", "x18"))),
    ),
)
THETA = np.random.default_rng(6).normal(size=(400, 2))


def test_engine_keeps_to_its_blueprint_and_errors_are_as_large_as_it_says() -> None:
    found = summarise(simulate_many(TEST, BANK, THETA), TEST, BANK)
    assert found.violations.total == 0
    assert {bound.name for bound in found.violations.bounds} == {"items", "kind=free_text"}
    for one in found.dimensions:
        assert one.rmse == pytest.approx(one.se, rel=0.12)
        assert one.coverage == pytest.approx(0.95, abs=0.03)
        assert one.marginal_reliability == pytest.approx(one.correlation**2, abs=0.1)
        assert sum(one.reasons.values()) == 400


def test_a_dimension_that_time_never_reached_counts_as_unknown() -> None:
    rules = replace(TEST, time_limit=400.0)
    found = summarise(simulate_many(rules, BANK, THETA), rules, BANK)
    first, second = found.dimensions
    assert first.n_without > 0
    assert first.n + first.n_without == 400
    assert sum(first.reasons.values()) < 400
    assert second.n == 400
    assert found.violations.total == 0
    assert found.seconds_95 <= 400.0
