"""Many sittings at once: the compiled run, processes and Dask give what single sittings give."""

import os
from dataclasses import replace
from functools import partial
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessment_engine import (
    Answered,
    EngineError,
    Estimation,
    Item,
    ItemPool,
    Offered,
    Opened,
    Quota,
    Rules,
    Section,
    category_probabilities,
    information,
    simulate,
)
from assessment_engine.exposure import SympsonHetter, draws
from assessment_engine.records import Model
from assessment_engine.simulation import Simulation, can_vectorise, simulate_many
from assessment_engine.simulation.curves import Curves, information_at, probabilities_at
from assessment_engine.simulation.keyed_hash import LONGEST, block_of, text_of
from assessment_engine.simulation.ranking import rank

RANDOM = np.random.default_rng(20)


def item_of(model: Model, i: int, dimension: str = "x") -> Item:
    a, b, c = RANDOM.lognormal(0.1, 0.3), float(RANDOM.normal()), float(RANDOM.uniform(0.05, 0.35))
    item = Item(f"{dimension}{model}{i:03}", dimension, model, float(a), (b,))
    special: dict[str, dict[str, Any]] = {
        "Rasch": {"a": 1.0},
        "3PL": {"c": c},
        "4PL": {"c": c, "d": 0.93},
        "GRM": {"b": (b - 0.9, b, b + 0.4)},
        "PCM": {"a": 1.0, "b": (b + 0.5, b - 0.5)},
        "GPCM": {"b": (b - 0.7, b, b + 0.2, b + 0.9)},
        "NRM": {"a": 1.0, "b": (0.2, b, 0.1 * b), "slopes": (0.4, -0.6, 1.3)},
    }
    return replace(item, **special.get(model, {}))


MODELS: tuple[Model, ...] = ("Rasch", "2PL", "3PL", "4PL", "GRM", "PCM", "GPCM", "NRM")
POOLS = {
    "2PL": ItemPool(item_of("2PL", i) for i in range(60)),
    "3PL and 4PL": ItemPool(item_of(m, i) for m in MODELS[2:4] for i in range(30)),
    "all models": ItemPool(item_of(m, i) for m in MODELS for i in range(8)),
    "Rasch, all ties": ItemPool(
        Item(f"i{i:02}", "x", "Rasch", 1.0, (0.5 * (-1) ** i,)) for i in range(30)
    ),
}
TWO = ItemPool(item_of(m, i, d) for d in "xy" for m in MODELS[1:3] for i in range(15))
THETA = np.linspace(-3.5, 3.5, 12)
RULES = Rules((Section("s", "x", 4, 15, 0.45),), randomesque=5)
CUT_SHORT = Rules((Section("s", "y", 4, 9, 0.5), Section("t", "x", 3, 12, 0.5)))


def assert_same(got: Simulation, want: Simulation) -> None:
    assert np.array_equal(got.given, want.given)
    assert np.array_equal(got.category, want.category)
    assert got.reasons == want.reasons
    assert np.array_equal(got.reason, want.reason)
    assert got.estimate == pytest.approx(want.estimate, abs=1e-12, nan_ok=True)
    assert got.se == pytest.approx(want.se, abs=1e-10, nan_ok=True)
    assert np.array_equal(got.seconds, want.seconds)
    assert (got.dimensions, got.items, got.notes) == (want.dimensions, want.items, want.notes)


@given(st.integers(0, 2**64 - 1), st.integers(0, 10**6), st.sampled_from(["item", "answers", ""]))
def test_the_compiled_hash_is_blake2b(seed: int, position: int, purpose: str) -> None:
    text, work = np.empty(LONGEST, dtype=np.uint8), np.empty(40, dtype=np.uint64)
    wanted = list(islice(draws(seed, position, purpose), 24))
    for block in range(3):
        block_of(np.uint64(seed), position, text_of(purpose), block, text, work)
        assert work[:8].tolist() == wanted[8 * block : 8 * block + 8]


@pytest.mark.parametrize("model", MODELS)
def test_compiled_curves_are_those_of_the_models(model: Model) -> None:
    items = [item_of(model, i) for i in range(3)]
    curves, room = Curves.of(items), np.empty(8)
    for i, item in enumerate(items):
        own = curves.family[i], curves.width[i], curves.slope[i], curves.place[i]
        for theta in (-5.7, -1.2, 0.0, 0.8, 4.4):
            probabilities_at(theta, *own, room)
            wanted = category_probabilities(item, theta)[0]
            assert room[: item.n_categories] == pytest.approx(wanted, rel=1e-13)
            got = information_at(theta, *own, room)
            assert got == pytest.approx(information(item, theta)[0], rel=1e-11)


@pytest.mark.parametrize("model", ["2PL", "3PL", "4PL"])
def test_no_item_tells_more_than_its_bound(model: Model) -> None:
    items = [item_of(model, i) for i in range(25)]
    ranking = rank(Curves.of(items), -6.0, 6.0)
    theta = np.linspace(-6.0, 5.999, 4001)
    interval = ((theta - ranking.low) / ranking.width).astype(int)
    assert (np.diff(ranking.bound, axis=1) <= 0).all()
    bound = np.empty_like(ranking.bound)
    np.put_along_axis(bound, ranking.order.astype(int), ranking.bound, axis=1)
    told = np.stack([information(item, theta) for item in items], axis=1)
    gap = bound[interval] - told
    assert (gap > 0).all()
    assert gap.min() < 1e-4  # tight: reached at edges and peaks


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("randomesque", [1, 5])
def test_the_compiled_run_equals_the_run_by_steps(name: str, randomesque: int) -> None:
    rules = replace(RULES, randomesque=randomesque)
    assert can_vectorise(rules, POOLS[name])
    got = simulate_many(rules, POOLS[name], THETA, 7)
    assert_same(got, simulate_many(rules, POOLS[name], THETA, 7, compiled=False))
    assert got.given.max() > 0


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(-4, 4), min_size=1, max_size=3),
    st.integers(0, 2**64 - 4),
    st.integers(1, 8),
    st.sampled_from([0.0, 0.35, 0.6]),
    st.integers(1, 20),
    st.sampled_from([Estimation(), Estimation("EAP", 0.3, 1.2, -4.0, 4.0, 61)]),
)
def test_they_are_equal_whatever_the_rule(
    theta: list[float], seed: int, k: int, target: float, most: int, estimation: Estimation
) -> None:
    section = Section("s", "x", min(3, most), most, target)
    rules = Rules((section,), randomesque=k, estimation=estimation)
    pool = POOLS["3PL and 4PL"]
    got = simulate_many(rules, pool, theta, seed)
    assert_same(got, simulate_many(rules, pool, theta, seed, compiled=False))


def test_sections_follow_one_another_and_a_small_pool_is_exhausted() -> None:
    theta = {"x": THETA, "y": THETA[::-1]}
    got = simulate_many(CUT_SHORT, TWO, theta)
    assert_same(got, simulate_many(CUT_SHORT, TWO, theta, compiled=False))
    rules = Rules((Section("s", "y", 30, 60, 0.1), Section("t", "x", 2, 5, 0.0)))
    got = simulate_many(rules, TWO, theta)
    assert_same(got, simulate_many(rules, TWO, theta, compiled=False))
    assert got.dimensions == ("x", "y")
    assert [got.reasons[k] for k in got.reason[0]] == ["length", "exhausted"]
    assert got.given.shape == (12, 35)


def test_a_row_is_the_log_of_that_seed() -> None:
    pool = POOLS["all models"]
    got = simulate_many(RULES, pool, [0.4, -1.0], [3, 2**64 - 1])
    for i, (theta, seed) in enumerate(((0.4, 3), (-1.0, 2**64 - 1))):
        log = simulate(RULES, pool, {"x": theta}, seed)
        offered = [pool.row_of(event.item) for event in log if isinstance(event, Offered)]
        answers = [event.category for event in log if isinstance(event, Answered)]
        n = len(offered)
        assert got.given[i].tolist() == offered + [-1] * (got.given.shape[1] - n)
        assert got.category[i, :n].tolist() == answers
        assert got.seconds[i] == log[-1].at


def test_the_order_of_simulees_and_threads_change_nothing() -> None:
    pool, theta = POOLS["3PL and 4PL"], RANDOM.normal(size=1000)
    seeds = np.arange(1000)
    got = simulate_many(RULES, pool, theta, seeds.tolist())
    order = RANDOM.permutation(1000)
    moved = simulate_many(RULES, pool, theta[order], seeds[order].tolist())
    assert np.array_equal(moved.given, got.given[order])
    assert np.array_equal(moved.estimate, got.estimate[order])


def test_what_cannot_run_compiled_runs_by_steps() -> None:
    pool = POOLS["all models"]
    section = RULES.sections[0]
    others = (
        replace(RULES, sections=(replace(section, quotas=(Quota("kind", "keyed", 1, 9),)),)),
        replace(RULES, sections=(replace(section, time_limit=600.0),)),
        replace(RULES, time_limit=600.0),
        replace(RULES, estimation=Estimation("MAP")),
        replace(RULES, sections=(section, replace(section, code="t"))),
        replace(RULES, exposure=SympsonHetter({}, ())),
    )
    assert can_vectorise(RULES, pool)
    for rules in others:
        assert not can_vectorise(rules, pool)
        with pytest.raises(EngineError, match="step by step"):
            simulate_many(rules, pool, THETA, compiled=True)
    first, second, *rest = pool
    hostile = ItemPool((replace(first, enemies=frozenset({second.id})), second, *rest))
    assert not can_vectorise(RULES, hostile)
    short = Rules((replace(section, se_target=0.0),), time_limit=600.0)
    got = simulate_many(short, pool, THETA, answer_time=lambda _: 130.0)
    assert {got.reasons[k] for k in got.reason[:, 0]} == {"total_time"}
    assert (got.seconds == 600.0).all()
    assert (got.given >= 0).sum(axis=1).tolist() == [5] * 12
    assert (got.category[:, 4] == -1).all()  # expired: seen, not answered


def opens_late(seed: int) -> Opened:
    return Opened(5.0, "a", "p", tuple(item.id for item in POOLS["2PL"].items[seed % 7 : 40]))


def test_a_sitting_opens_as_it_is_told() -> None:
    pool = POOLS["2PL"]
    got = simulate_many(RULES, pool, THETA, opening=opens_late)
    for seed, row in enumerate(got.given):
        assert all(seed % 7 <= place < 40 for place in row if place >= 0)


def test_processes_give_the_same() -> None:
    pool = POOLS["2PL"]
    rules = replace(RULES, estimation=Estimation("MAP"))
    got = simulate_many(rules, pool, THETA, n_processes=2)
    assert_same(got, simulate_many(rules, pool, THETA))


def dies_once(mark: Path, item: Item) -> float:
    """Takes its process with it the first time that somebody asks."""
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return item.seconds
    os._exit(1)


def test_a_lost_process_costs_time_only(tmp_path: Path) -> None:
    pool = POOLS["2PL"]
    rules = replace(RULES, estimation=Estimation("MAP"))
    dying = partial(dies_once, tmp_path / "mark")
    got = simulate_many(rules, pool, THETA, n_processes=2, answer_time=dying)
    assert (tmp_path / "mark").exists()
    assert_same(got, simulate_many(rules, pool, THETA))


def test_dask_gives_the_same_and_a_lost_worker_costs_time_only(tmp_path: Path) -> None:
    distributed: Any = import_module("distributed")
    pool, theta = POOLS["3PL and 4PL"], RANDOM.normal(size=300)
    dying = partial(dies_once, tmp_path / "mark")
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        got = simulate_many(RULES, pool, theta, 5, engine=client)
        assert_same(got, simulate_many(RULES, pool, theta, 5))
        slow = replace(RULES, estimation=Estimation("MAP"))
        got = simulate_many(slow, pool, theta[:20], 5, engine=client, answer_time=dying)
        assert (tmp_path / "mark").exists()
        assert_same(got, simulate_many(slow, pool, theta[:20], 5))


def test_abilities_and_seeds_that_do_not_fit_are_named() -> None:
    pool = POOLS["2PL"]
    with pytest.raises(EngineError, match=r"\(n, 1\)"):
        simulate_many(RULES, pool, np.zeros((3, 2)))
    with pytest.raises(EngineError, match=r"\['x'\]"):
        simulate_many(RULES, pool, {"y": THETA})
    with pytest.raises(EngineError, match="2 seeds for 12"):
        simulate_many(RULES, pool, THETA, [1, 2])
    with pytest.raises(EngineError, match="from 0"):
        simulate_many(RULES, pool, THETA, -1)
    with pytest.raises(EngineError, match="finite"):
        simulate_many(RULES, pool, [np.nan])
