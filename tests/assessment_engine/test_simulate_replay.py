"""Simulation runs the real test, and replay finds what was altered."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessment_engine import (
    Administer,
    Answered,
    EngineError,
    Event,
    Expired,
    Finish,
    Finished,
    Item,
    ItemPool,
    Log,
    LogError,
    Offered,
    Opened,
    Quota,
    Rules,
    Scored,
    Section,
    profile,
    replay,
    responses,
    simulate,
)

RANDOM = np.random.default_rng(11)
POOL = ItemPool(
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
    for i in range(30)
)
RULES = Rules(
    (
        Section("s", "x", 4, 10, 0.4, 900.0, (Quota("kind", "free_text", 1, 2),)),
        Section("t", "y", 4, 10, 0.4, 900.0, (Quota("content", "p", 2, 4),)),
    ),
    time_limit=1500.0,
)
THETA = {"x": 0.7, "y": -0.4}


@settings(max_examples=25)
@given(
    st.integers(0, 2**63), st.floats(-3, 3), st.floats(-3, 3), st.sampled_from([30.0, 120.0, 500.0])
)
def test_replay_of_a_simulation_is_identical(seed: int, x: float, y: float, seconds: float) -> None:
    log = simulate(RULES, POOL, {"x": x, "y": y}, seed, lambda _: seconds)
    got = replay(RULES, POOL, log, seed)
    assert got.identical
    assert got.n_decisions == sum(isinstance(e, Offered | Finished) for e in log)
    assert isinstance(log[-1], Finished)


def test_free_text_is_answered_and_then_scored() -> None:
    log = simulate(RULES, POOL, THETA, 1)
    texts = [i for i, e in enumerate(log) if isinstance(e, Answered) and e.category is None]
    assert texts
    for i in texts:
        score = log[i + 1]
        assert isinstance(score, Scored)
        assert sorted(score.likelihood) == [0.0, 0.0, 0.0, 1.0]


def test_time_runs_out_as_for_a_person() -> None:
    log = simulate(RULES, POOL, THETA, 1, lambda _: 400.0)
    assert [e.at for e in log if isinstance(e, Expired)] == [900.0, 1500.0]
    assert log[-1] == Finished(1500.0, "total_time")


def test_answers_follow_the_model() -> None:
    """An able person does better: shares of right answers at -2 and 2."""
    rules = Rules((Section("s", "x", 20, 20, 0.0),), randomesque=30)

    def share(theta: float) -> float:
        logs = [simulate(rules, POOL, {"x": theta}, seed) for seed in range(20)]
        scores = [np.argmax(r.likelihood) > 0 for log in logs for r in responses(log, POOL)]
        return float(np.mean(scores))

    assert share(-2.0) < 0.25
    assert share(2.0) > 0.75


def test_a_missing_true_ability_is_named() -> None:
    with pytest.raises(EngineError, match=r"\['y'\]"):
        simulate(RULES, POOL, {"x": 0.0}, 1)


def tamper(log: Log, i: int, event: Event) -> Log:
    return (*log[:i], event, *log[i + 1 :])


def test_another_item_at_any_position_is_found() -> None:
    log = simulate(RULES, POOL, THETA, 21)
    used = {e.item for e in log if isinstance(e, Offered)}
    for i, event in enumerate(log):
        if not isinstance(event, Offered):
            continue
        dimension, kind = POOL[event.item].dimension, POOL[event.item].model
        other = next(
            item.id
            for item in POOL
            if item.id not in used and (item.dimension, item.model) == (dimension, kind)
        )
        forged = tamper(log, i, replace(event, item=other))
        answer = log[i + 1]
        assert isinstance(answer, Answered)
        forged = tamper(forged, i + 1, replace(answer, item=other))
        got = replay(RULES, POOL, forged, 21)
        assert got.difference is not None
        assert got.difference.position == event.position
        assert isinstance(got.difference.offered, Offered)
        assert got.difference.offered.item == other
        assert isinstance(got.difference.recomputed, Administer)
        assert got.difference.recomputed.item == event.item


def test_another_order_of_options_is_found() -> None:
    log = simulate(RULES, POOL, THETA, 22)
    i = next(i for i, e in enumerate(log) if isinstance(e, Offered) and e.option_order)
    event = log[i]
    assert isinstance(event, Offered)
    forged = tamper(log, i, replace(event, option_order=event.option_order[::-1]))
    got = replay(RULES, POOL, forged, 22)
    assert got.difference is not None
    assert got.difference.offered == forged[i]


def test_raised_answers_are_found_by_the_items_that_followed() -> None:
    """With one most informative item, a changed answer changes the next item or the end."""
    rules = replace(RULES, randomesque=1)
    log = simulate(rules, POOL, {"x": -1.5, "y": -1.5}, 5)
    wrong = [i for i, e in enumerate(log) if isinstance(e, Answered) and e.category == 0]
    event = log[wrong[0]]
    assert isinstance(event, Answered)
    got = replay(rules, POOL, tamper(log, wrong[0], replace(event, category=1)), 5)
    assert not got.identical


def test_another_seed_and_other_parameters_are_found() -> None:
    log = simulate(RULES, POOL, THETA, 5)
    assert not replay(RULES, POOL, log, 6).identical
    other = ItemPool(replace(item, a=item.a * (1 + int(item.id[1:]) / 20)) for item in POOL)
    assert not replay(RULES, other, log, 5).identical


def test_a_test_cut_short_is_found_but_a_withdrawal_is_no_forgery() -> None:
    log = simulate(RULES, POOL, THETA, 5)
    half = next(i for i, e in enumerate(log) if isinstance(e, Offered) and e.position == 4)
    forged = (*log[:half], Finished(log[half].at, "completed"))
    got = replay(RULES, POOL, forged, 5)
    assert got.difference is not None
    assert got.difference.position == 3
    assert isinstance(got.difference.recomputed, Administer)
    assert replay(RULES, POOL, (*log[:half], Finished(log[half].at, "withdrawn")), 5).identical


def test_a_test_drawn_out_is_found() -> None:
    log = simulate(RULES, POOL, THETA, 5)
    used = {e.item for e in log if isinstance(e, Offered)}
    extra = next(item for item in POOL if item.id not in used and item.dimension == "y")
    position = sum(isinstance(e, Offered) for e in log) + 1
    at = log[-1].at
    got = replay(RULES, POOL, (*log[:-1], Offered(at, position, "t", extra.id)), 5)
    assert got.difference is not None
    assert got.difference.recomputed == Finish("completed")


def test_a_contradictory_log_is_refused() -> None:
    log = simulate(RULES, POOL, THETA, 5)
    with pytest.raises(LogError):
        replay(RULES, POOL, (*log[:3], *log[4:]), 5)


def test_eligible_items_and_extra_time_are_honoured() -> None:
    opened = Opened(0.0, "a", "p", tuple(i.id for i in POOL if i.b[0] < 0.5), extra_time=100.0)
    log = simulate(RULES, POOL, THETA, 5, lambda _: 400.0, opened=opened)
    assert [e.at for e in log if isinstance(e, Expired)] == [1000.0, 1600.0]
    assert all(e.item in opened.eligible for e in log if isinstance(e, Offered))


@pytest.mark.slow
def test_ability_is_recovered_and_its_standard_error_is_honest() -> None:
    """500 persons from the prior: bias, root mean square error against standard error, coverage."""
    random = np.random.default_rng(2026)
    pool = ItemPool(
        Item(f"k{i:03}", "x", "2PL", float(random.lognormal(0.3, 0.25)), (float(b),))
        if i % 4
        else Item(f"g{i:03}", "x", "GRM", float(random.lognormal(0.3, 0.25)), (b - 1.0, b, b + 1.0))
        for i, b in enumerate(random.uniform(-2.5, 2.5, 200))
    )
    rules = Rules((Section("s", "x", 5, 15, 0.3),))
    theta = random.normal(size=500)
    cuts = {"x": (-1.5, -0.5, 0.5, 1.5)}
    results = [
        profile(rules, pool, simulate(rules, pool, {"x": t}, seed), cuts).dimensions["x"]
        for seed, t in enumerate(theta)
    ]
    error = np.array([r.ability.theta for r in results]) - theta
    se = np.array([r.ability.se for r in results])
    covered = np.array(
        [
            r.ability.interval[0] <= t <= r.ability.interval[1]
            for r, t in zip(results, theta, strict=True)
        ]
    )
    rmse = float(np.sqrt(np.mean(error**2)))
    # Sampling error at n = 500: bias .013, the ratio 3.2 %, coverage .0097, and .02 for a quarter.
    assert abs(error.mean()) < 0.04
    assert 0.9 < rmse / float(np.sqrt(np.mean(se**2))) < 1.1
    assert 0.92 < covered.mean() < 0.98
    order = np.argsort(theta)
    for quarter in np.array_split(order, 4):
        assert covered[quarter].mean() > 0.88
    level = 1 + np.searchsorted((-1.5, -0.5, 0.5, 1.5), theta)
    claimed = np.array([r.level_probabilities[k - 1] for r, k in zip(results, level, strict=True)])
    hit = np.array([r.level == k for r, k in zip(results, level, strict=True)])
    stated = np.array([r.level_probabilities[r.level - 1] for r in results])
    # Calibrated: levels are right as often as the posterior says.
    assert hit.mean() == pytest.approx(stated.mean(), abs=0.06)
    assert claimed.mean() > 0.5
