"""Item eligibility in simulations: waves that learn, and exposure by segment of ability."""

from dataclasses import replace

import numpy as np
import pytest

from assessment_engine import (
    EngineError,
    Item,
    ItemPool,
    Log,
    Offered,
    Opened,
    Rules,
    RulesError,
    Section,
    replay,
    simulate,
)
from assessment_engine.exposure import (
    EligibilityCounts,
    ItemEligibility,
    Outcome,
    exposure_by_segment,
    segment_of,
)
from assessment_engine.exposure.outcomes import outcome_of
from assessment_engine.opening import open_with
from assessment_engine.pretest import Pretest
from assessment_engine.simulation import Simulation, simulate_in_waves, simulate_many
from assessment_engine.summary import summarise

RANDOM = np.random.default_rng(12)
POOL = ItemPool(
    Item(f"{d}{i:02}", d, "2PL", float(RANDOM.lognormal(0.2, 0.3)), (float(RANDOM.normal()),))
    for d in "xy"
    for i in range(40)
)
CONFIG = ItemEligibility(r_max=0.4, cuts=(-0.5, 0.5))
FREE = Rules((Section("s", "x", 8, 8, 0.0), Section("t", "y", 6, 6, 0.0)), randomesque=1)
RULES = replace(FREE, eligibility=CONFIG)
ONE = replace(RULES, sections=RULES.sections[:1])
THETA = np.random.default_rng(3).normal(size=(24, 2))
SEGMENTS = [(-np.inf, -0.5), (-0.5, 0.5), (0.5, np.inf)]


def one_by_one(rules: Rules, theta: np.ndarray, seed: int, wave: int) -> list[Log]:
    """Oracle: what an assessment centre does, written out sitting by sitting."""
    ids, dimensions = [item.id for item in POOL], [item.dimension for item in POOL]
    counts = EligibilityCounts.none(ids, dimensions, 3)
    logs: list[Log] = []
    for i, own in enumerate(theta.tolist()):
        if i and i % wave == 0:
            ended = [outcome_of(rules, POOL, log) for log in logs[i - wave :]]
            counts = counts.after(ended, CONFIG.fading)
        found = open_with(rules, POOL, seed + i, counts=counts)
        opened = Opened(0.0, "a", "p", (), withheld=found.withheld, lifted=found.lifted)
        known = dict(zip("xy", own, strict=False))
        logs.append(simulate(rules, POOL, known, seed + i, opened=opened))
    return logs


def rows_of(found: Simulation) -> list[list[int]]:
    return [[row for row in own if row >= 0] for own in found.given.tolist()]


@pytest.mark.parametrize("wave", [1, 7])
def test_waves_are_sittings_that_learn_from_those_before(wave: int) -> None:
    found = simulate_in_waves(RULES, POOL, THETA, 50, wave=wave)
    logs = one_by_one(RULES, THETA, 50, wave)
    offered = [[e.item for e in log if isinstance(e, Offered)] for log in logs]
    assert rows_of(found) == [[POOL.row_of(item) for item in items] for items in offered]
    for i, log in enumerate(logs):
        assert replay(RULES, POOL, log, 50 + i).identical
        assert isinstance(log[0], Opened)
        held = set().union(*log[0].withheld)
        assert bool(held) == (i >= wave)  # the first wave has nothing to learn from


def test_one_wave_of_all_is_no_control() -> None:
    found = simulate_in_waves(RULES, POOL, THETA, 50, wave=len(THETA))
    free = simulate_many(FREE, POOL, THETA, 50, compiled=False)
    assert rows_of(found) == rows_of(free)
    assert rows_of(simulate_in_waves(RULES, POOL, THETA, 50, wave=5)) != rows_of(free)


def test_processes_change_nothing() -> None:
    found = simulate_in_waves(RULES, POOL, THETA, 9, wave=12, n_processes=2)
    alone = simulate_in_waves(RULES, POOL, THETA, 9, wave=12)
    assert rows_of(found) == rows_of(alone)
    np.testing.assert_array_equal(found.estimate, alone.estimate)
    assert found.observed == alone.observed


def test_progress_is_told_before_each_wave() -> None:
    seen: list[int] = []
    simulate_in_waves(RULES, POOL, THETA, wave=10, progress=seen.append)
    assert seen == [0, 10, 20]


def test_the_ceiling_is_kept_in_every_segment() -> None:
    theta = np.random.default_rng(8).normal(size=400)
    found = simulate_in_waves(ONE, POOL, theta, wave=10)
    segments = summarise(found, ONE, POOL).segments
    assert [(one.low, one.high) for one in segments] == SEGMENTS
    assert sum(one.sittings for one in segments) == 400
    for k, one in enumerate(segments):
        within = np.array([segment_of(x, CONFIG.cuts) == k for x in found.estimate[:, 0]])
        counts = np.bincount(found.given[within].ravel(), minlength=80)
        assert one.largest == pytest.approx(counts.max() / within.sum())
        assert one.above == (counts / within.sum() > 0.4).sum()
        assert one.largest < 0.47  # chance, and the first wave
    free = simulate_many(replace(ONE, eligibility=None), POOL, theta)
    assert summarise(free, ONE, POOL).exposure.largest == 1.0


def test_exposure_by_segment_by_hand() -> None:
    """Four sittings, three low: a in 3 of 3 there, b in 1; c is of another dimension."""
    config = ItemEligibility(r_max=0.5, cuts=(0.0,))
    none = (frozenset[str](), frozenset[str]())
    outcomes = [
        Outcome({"x": 0}, frozenset({"a", "b"}), none),
        Outcome({"x": 0, "y": 1}, frozenset({"a", "c"}), none, frozenset({0})),
        Outcome({"x": 0}, frozenset({"a"}), none, frozenset({1})),
        Outcome({"x": 1}, frozenset({"b"}), none),
    ]
    found = exposure_by_segment(outcomes, {"a": "x", "b": "x", "c": "y"}, config)
    assert [
        (one.dimension, one.low, one.high, one.sittings, one.largest, one.above, one.lifted)
        for one in found
    ] == [
        ("x", -np.inf, 0.0, 3, 1.0, 1, 1),
        ("x", 0.0, np.inf, 1, 1.0, 1, 0),
        ("y", -np.inf, 0.0, 0, 0.0, 0, 0),
        ("y", 0.0, np.inf, 1, 1.0, 1, 0),
    ]
    assert {one.r_max for one in found} == {0.5}


def test_items_on_trial_are_tried_and_not_counted() -> None:
    pretest = Pretest(1, 2, 4, ("x00", "x01"))
    rules = replace(ONE, sections=(replace(ONE.sections[0], pretest=pretest),))
    found = simulate_in_waves(rules, POOL, THETA[:, 0], wave=6)
    tried = np.isin(found.given, [POOL.row_of("x00"), POOL.row_of("x01")])
    assert (tried.sum(axis=1) == 1).all()
    assert all(not one.administered & {"x00", "x01"} for one in found.observed)


def test_what_does_not_learn_is_refused() -> None:
    with pytest.raises(RulesError, match="item eligibility"):
        simulate_in_waves(FREE, POOL, THETA, wave=5)
    with pytest.raises(EngineError, match="wave=0"):
        simulate_in_waves(RULES, POOL, THETA, wave=0)
    assert summarise(simulate_many(RULES, POOL, THETA), RULES, POOL).segments == ()
