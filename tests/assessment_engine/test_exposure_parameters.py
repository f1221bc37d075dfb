"""Sympson-Hetter at work: experiments of real sittings, and parameters that hold."""

from dataclasses import replace

import numpy as np
import pytest

from assessment_engine import (
    Item,
    ItemPool,
    Log,
    Offered,
    Rules,
    RulesError,
    Section,
    check_rules,
    information,
    simulate,
)
from assessment_engine.exposure import ALL_REFUSED, SympsonHetter, segment_of
from assessment_engine.exposure.sympson_hetter import chance_of
from assessment_engine.irt import FloatArray
from assessment_engine.simulation import Wanted, exposure_parameters, largest_rate, simulate_many
from assessment_engine.simulation.experiments import counted, items_tried
from assessment_engine.simulation.workers import Workers
from assessment_engine.sitting import read
from assessment_engine.state import section_state

RANDOM = np.random.default_rng(31)
POOL = ItemPool(
    Item(f"{d}{i:02}", d, "2PL", float(RANDOM.lognormal(0.2, 0.3)), (float(RANDOM.normal()),))
    for d in "xy"
    for i in range(30)
)
ONE = Rules((Section("s", "x", 6, 6, 0.0),), randomesque=1)
TWO = Rules((*ONE.sections, Section("t", "y", 4, 4, 0.0)), randomesque=1)
CUTS = (-0.3, 0.6)


def control_of(seed: int, least: float, most: float) -> SympsonHetter:
    chances = np.random.default_rng(seed).uniform(least, most, (30, 3)).tolist()
    return SympsonHetter({f"x{i:02}": tuple(row) for i, row in enumerate(chances)}, CUTS)


def by_hand(rules: Rules, log: Log, seed: int, control: SympsonHetter) -> set[str]:
    """Oracle: items from the most informative down until one passes, at each step."""
    tried: set[str] = set()
    for place, event in enumerate(log):
        if isinstance(event, Offered):
            sitting = read(log[:place])
            theta = section_state(rules, POOL, sitting, 0).theta
            left = [one for one in POOL if one.dimension == "x" and one.id not in sitting.items]
            ranked = sorted(left, key=lambda one: -float(information(one, theta)[0]))
            segment = segment_of(theta, CUTS)
            passes = [chance_of(one.id, seed) < control.of(one.id, segment) for one in ranked]
            assert (event.note == ALL_REFUSED) == (not any(passes))
            n = passes.index(True) + 1 if any(passes) else len(passes)
            tried.update(one.id for one in ranked[:n])
            if any(passes):
                assert event.item == ranked[n - 1].id
    return tried


@pytest.mark.parametrize(("least", "most"), [(0.2, 1.0), (0.02, 0.2), (1e-4, 2e-3)])
def test_experiments_go_from_the_best_down(least: float, most: float) -> None:
    """With few that pass, the search goes on behind the first few, to the last if need be."""
    for seed in range(8):
        control = control_of(seed, least, most)
        rules = replace(ONE, exposure=control)
        log = simulate(rules, POOL, {"x": 0.25 * seed - 1.0}, seed)
        wanted = by_hand(rules, log, seed, control)
        got = items_tried(rules, POOL, log, seed)
        assert {POOL.items[row].id for row in got.tolist()} == wanted


def test_without_the_control_there_is_no_experiment() -> None:
    log = simulate(ONE, POOL, {"x": 0.0}, 1)
    assert items_tried(ONE, POOL, log, 1).size == 0


def test_counts_are_by_true_ability_of_each_items_dimension() -> None:
    theta = np.array([[-1.0, 1.0], [0.0, 1.0], [0.1, -2.0]])
    control = SympsonHetter({}, CUTS)
    with Workers() as workers:
        found = counted(TWO, POOL, control, (theta, 4), workers)
    x, y = POOL.row_of("x00"), POOL.row_of("y00")
    assert found.sittings[[x, y]].tolist() == [[1.0, 2.0, 0.0], [1.0, 0.0, 2.0]]
    given = simulate_many(TWO, POOL, theta, 4).given
    assert found.administered.sum() == (given >= 0).sum()
    for row in given[0].tolist():
        assert found.administered[row, 0 if POOL.items[row].dimension == "x" else 2] >= 1.0
    assert np.array_equal(found.selected, found.administered)  # all pass their experiment


def persons(number: int, n: int = 300, n_dimensions: int = 1) -> tuple[FloatArray, int]:
    return np.random.default_rng([5, number]).normal(size=(n, n_dimensions)), 1000 * number


def test_parameters_hold_among_other_persons() -> None:
    assert largest_rate(ONE, POOL, SympsonHetter({}), persons(99)) == 1.0
    told: list[tuple[int, float]] = []
    found = exposure_parameters(
        ONE, POOL, persons, Wanted(0.4, tolerance=0.05), progress=lambda k, x: told.append((k, x))
    )
    assert told == list(enumerate(found.largest_rates))
    assert told[-1][1] <= 0.45 < told[-2][1]
    control = found.config([item.id for item in POOL])
    check_rules(replace(ONE, exposure=control), POOL)
    assert largest_rate(ONE, POOL, control, persons(99, 600)) < 0.5
    assert (found.probabilities[:30] == 1.0).sum() >= 6


def test_each_dimension_has_items_that_are_always_given() -> None:
    def draw(number: int) -> tuple[FloatArray, int]:
        return persons(number, 120, 2)

    found = exposure_parameters(TWO, POOL, draw, Wanted(0.5, (0.0,), tolerance=0.2))
    always = found.probabilities == 1.0
    assert (always[:30].sum(axis=0) >= 6).all()
    assert (always[30:].sum(axis=0) >= 4).all()
    assert not always.all()


def test_processes_change_nothing() -> None:
    control, group = control_of(3, 0.2, 1.0), persons(7, 40)
    with Workers() as alone, Workers(2) as two:
        one, other = (counted(ONE, POOL, control, group, each) for each in (alone, two))
    for got, wanted in zip(other, one, strict=True):
        assert np.array_equal(got, wanted)


def test_a_dimension_with_too_few_items_is_refused() -> None:
    """60 items give 12 at .2, but the 30 of x only 6 of the 8 that its section has."""
    long = replace(TWO, sections=(Section("s", "x", 8, 8, 0.0), TWO.sections[1]))
    with pytest.raises(RulesError, match=r"30 items gives at most 6 items .* has 8"):
        exposure_parameters(long, POOL, persons, Wanted(0.2))
