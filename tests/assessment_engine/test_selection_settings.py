"""Settings of selection rules: each shapes the rules that take it, wherever a sitting runs."""

from dataclasses import replace

import numpy as np
import pytest

from assessment_engine import (
    Item,
    ItemPool,
    Offered,
    Rules,
    RulesError,
    Section,
    SelectionSettings,
    check_rules,
    replay,
    simulate,
)
from assessment_engine.density import posterior
from assessment_engine.exposure import progressive_weight
from assessment_engine.selection import CRITERIA, View, about_settings, values_of
from assessment_engine.selection.chance import weight_of_information
from assessment_engine.simulation import can_vectorise, simulate_many

SLOPES = (2.0, 0.4, 1.1, 0.7, 1.6, 0.5, 2.4, 0.9, 1.3, 0.6, 1.9, 0.8)
POOL = ItemPool(
    Item(f"i{n:02}", "x", "2PL", a, ((n * 5 % 12) / 6 - 1.0,)) for n, a in enumerate(SLOPES)
)
BY_DISCRIMINATION = [f"i{n:02}" for n in sorted(range(12), key=SLOPES.__getitem__)]
RULES = Rules((Section("s", "x", 12, 12, 0.0),), randomesque=1)
STRATIFIED = replace(RULES, selection="a-stratified")
PROGRESSIVE = replace(RULES, selection="progressive")


def with_settings(rules: Rules, **settings: float) -> Rules:
    return replace(rules, selection_settings=SelectionSettings(**settings))  # type: ignore[arg-type]


def items_of(rules: Rules, seed: int) -> list[str]:
    log = simulate(rules, POOL, {"x": 0.3}, seed)
    assert replay(rules, POOL, log, seed).identical
    return [event.item for event in log if isinstance(event, Offered)]


@pytest.mark.parametrize("n_strata", [2, 3, 4, 6])
def test_a_sitting_goes_through_as_many_strata_as_are_set(n_strata: int) -> None:
    """Chang & Ying (1999): each stage takes the items of one stratum, from the least a up."""
    taken = items_of(with_settings(STRATIFIED, n_strata=n_strata), 1)
    size = 12 // n_strata
    for first in range(0, 12, size):
        assert set(taken[first : first + size]) == set(BY_DISCRIMINATION[first : first + size])


def test_acceleration_is_the_power_of_the_weight() -> None:
    """By hand: after 2 of 5 items (1 + 2) / 10 at power 1, (1 + 4) / 30 at power 2."""
    density = posterior(POOL, ())
    view = View(density, POOL.dimensions["x"], np.ones(12, np.bool_), 0.0, (), 2, 5, 1, 3)
    assert weight_of_information(view) == pytest.approx(0.3)
    twice = replace(view, settings=SelectionSettings(acceleration=2.0))
    assert weight_of_information(twice) == pytest.approx(1 / 6)
    assert weight_of_information(twice) == progressive_weight(2, 5, 2.0)
    for rule in ("progressive", "proportional"):
        assert (values_of(rule, view) != values_of(rule, twice)).any()


def test_late_information_leaves_the_choice_to_chance_for_longer() -> None:
    plain = items_of(PROGRESSIVE, 4)
    late = items_of(with_settings(PROGRESSIVE, acceleration=50.0), 4)
    drawn = items_of(replace(RULES, selection="progressive", selection_settings=LATEST), 4)
    assert late == drawn
    assert late != plain


LATEST = SelectionSettings(acceleration=200.0)  # no information until the last item


@pytest.mark.parametrize(
    "rules",
    [
        with_settings(STRATIFIED, n_strata=3),
        with_settings(replace(RULES, selection="a-stratified b-blocking"), n_strata=3),
        with_settings(PROGRESSIVE, acceleration=2.5),
        with_settings(replace(RULES, selection="proportional"), acceleration=0.5),
    ],
    ids=lambda rules: str(rules.selection),
)
def test_many_sittings_are_those_of_next_step(rules: Rules) -> None:
    check_rules(rules, POOL)
    assert not can_vectorise(rules, POOL)
    found = simulate_many(rules, POOL, [0.3] * 6, 20)
    rows = [[POOL.row_of(item) for item in items_of(rules, 20 + k)] for k in range(6)]
    assert found.given.tolist() == rows
    assert found.given.tolist() != simulate_many(RULES, POOL, [0.3] * 6, 20).given.tolist()


def test_what_runs_compiled_takes_no_setting() -> None:
    assert CRITERIA["MFI"].settings == ()
    assert can_vectorise(with_settings(RULES), POOL)
    assert not can_vectorise(with_settings(RULES, n_strata=5), POOL)


@pytest.mark.parametrize(
    ("selection", "settings", "said"),
    [
        ("a-stratified", {"n_strata": 1}, "n_strata=1, expected 2 or more"),
        ("progressive", {"acceleration": float("inf")}, "acceleration=inf, expected a finite"),
        ("MFI", {"n_strata": 5}, r"'MFI' takes no n_strata \(came 5\); only a-stratified, a-st"),
        ("a-stratified", {"acceleration": 2.0}, "no acceleration .* only progressive, proportio"),
    ],
)
def test_settings_out_of_place_are_refused(
    selection: str, settings: dict[str, float], said: str
) -> None:
    rules = with_settings(replace(RULES, selection=selection), **settings)
    with pytest.raises(RulesError, match=said):
        check_rules(rules, POOL)


def test_defaults_suit_every_rule() -> None:
    for name in CRITERIA:
        assert all(holds for holds, _ in about_settings(name, SelectionSettings()))
