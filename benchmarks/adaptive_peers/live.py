"""Single decisions and large studies of takar alone; each function returns its figures by name."""

import time
from collections.abc import Callable

import numpy as np

from assessment_engine import (
    Administer,
    Answered,
    Estimation,
    Item,
    ItemPool,
    Log,
    Opened,
    Quota,
    Rules,
    Section,
    abilities,
    next_step,
    profile,
)
from assessment_engine.joint_prior import JointPrior
from benchmarks.adaptive_peers.simulees import simulate
from benchmarks.adaptive_peers.tasks import LENGTH, NODES

Figures = dict[str, float]


def live_steps(repeats: int) -> Figures:
    """The 41st decision of a sitting, from its whole log; 1,000 items 2PL on one dimension."""
    random = np.random.default_rng(7)
    pool = ItemPool(
        Item(f"i{i:04}", "x", "2PL", float(random.lognormal(0.2, 0.3)), (float(random.normal()),))
        for i in range(1_000)
    )
    rules = Rules((Section("s", "x", 50, 50, 0.0),), estimation=Estimation(n_nodes=NODES))
    log = _answered(rules, pool, 0)
    return _timed(lambda: next_step(rules, pool, log, 0), repeats)


def live_mixed_steps(repeats: int) -> Figures:
    """The 41st decision and the profile of a sitting of nine sections with quotas and enemies."""
    pool = _mixed_pool(1_000, 9)
    chosen = (Quota("content", "a", 2, 20), Quota("kind", "free_text", 1, 3))
    rules = Rules(tuple(Section(f"s{k}", f"d{k}", 4, 18, 0.05, 3600.0, chosen) for k in range(9)))
    log = _answered(rules, pool, 1)
    cuts = dict.fromkeys(pool.dimensions, (-1.5, -0.5, 0.5, 1.5))
    found = _timed(lambda: next_step(rules, pool, log, 1), repeats)
    summary = _timed(lambda: profile(rules, pool, log, cuts), max(repeats // 10, 5))
    return {**found, "profile, median ms": summary["median ms"]}


def live_joint_steps(repeats: int) -> Figures:
    """The 61st decision of a sitting whose nine correlated sections take turns."""
    names = tuple(f"d{k}" for k in range(9))
    covariance = np.full((9, 9), 0.6) + 0.4 * np.eye(9)
    prior = JointPrior(names, (0.0,) * 9, tuple(map(tuple, covariance.tolist())))
    pool = _mixed_pool(2_000, 9)
    sections = tuple(Section(name, name, 4, 18, 0.05) for name in names)
    rules = Rules(sections, joint=prior, across="Bayesian D-optimality")
    log = _answered(rules, pool, 1, 60)

    def decide() -> None:
        # A live decision meets its answers for the first time.
        abilities._mode.cache_clear()
        abilities._joint.cache_clear()
        next_step(rules, pool, log, 1)

    return _timed(decide, repeats)


def shadow_steps(simulees: int) -> Figures:
    """See ``benchmarks.shadow``."""
    from assessment_engine.linear import compile_model
    from benchmarks.shadow import make_pool, make_section, sit

    pool = make_pool()
    section, assembly = make_section()
    model = compile_model(section, assembly, pool)
    runs = [sit(model, pool, assembly.max_nodes, True, number) for number in range(simulees)]
    times = 1e3 * np.concatenate([run.seconds for run in runs])
    return {
        "median ms": float(np.median(times)),
        "99 % ms": float(np.percentile(times, 99)),
        "simulees with a broken constraint": float(sum(bool(run.broken) for run in runs)),
    }


def eligibility(sittings: int) -> Figures:
    """See ``benchmarks.exposure``."""
    from assessment_engine.exposure import ItemEligibility
    from benchmarks.exposure import Bank, largest_rates, study

    config = ItemEligibility()
    result = study(Bank.drawn(500), LENGTH, sittings, config)
    rates = largest_rates(result, result.estimate, config)
    error = result.estimate - result.theta
    return {
        "largest rate": max(rates),
        "RMSE": float(np.sqrt((error**2).mean())),
        "ms per sitting": 1e3 * result.seconds / sittings,
    }


def million(simulees: int) -> Figures:
    """Sittings by the compiled loop; the first thousand are run before the clock starts."""
    from assessment_engine.simulation import simulate_many

    sample = simulate("2PL", simulees)
    pool = ItemPool(
        Item(f"i{i:03}", "x", "2PL", float(a), (float(b),))
        for i, (a, b) in enumerate(zip(sample.a, sample.b, strict=True))
    )
    rules = Rules(
        (Section("s", "x", LENGTH, LENGTH, 0.0),),
        randomesque=5,
        estimation=Estimation("EAP", 0.0, 1.0, -4.0, 4.0, NODES),
    )
    simulate_many(rules, pool, sample.theta[:1_000])
    started = time.perf_counter()
    result = simulate_many(rules, pool, sample.theta)
    seconds = time.perf_counter() - started
    error = result.estimate - result.theta
    return {
        "s per 1,000,000": seconds * 1e6 / simulees,
        "us per item": 1e6 * seconds / simulees / LENGTH,
        "RMSE": float(np.sqrt((error**2).mean())),
        "mean SE": float(result.se.mean()),
    }


def _mixed_pool(n_items: int, n_dimensions: int) -> ItemPool:
    """Three quarters 3PL, a quarter graded free text; every tenth item has an enemy."""
    random = np.random.default_rng(7)
    items = []
    for i in range(n_items):
        a, b = float(random.lognormal(0.2, 0.3)), float(random.normal())
        dimension, content = f"d{i % n_dimensions}", "abc"[i // n_dimensions % 3]
        enemies = frozenset({f"i{i - n_dimensions:04}"}) if i % 10 == 9 else frozenset[str]()
        name = f"i{i:04}"
        if i // n_dimensions % 4:
            item = Item(name, dimension, "3PL", a, (b,), 0.2, 1.0, "choice", content, enemies)
        else:
            steps = (b - 1.0, b, b + 0.8, b + 1.7)
            item = Item(
                name,
                dimension,
                "GRM",
                a,
                steps,
                kind="free_text",
                content=content,
                enemies=enemies,
            )
        items.append(item)
    return ItemPool(items)


def _answered(rules: Rules, pool: ItemPool, seed: int, n_answers: int = 40) -> Log:
    """A log of answers, right and wrong by turns, the decision on the next item due."""
    log: Log = (Opened(0.0, "benchmark", pool.digest, ()),)
    for place in range(n_answers):
        step = next_step(rules, pool, log, seed)
        assert isinstance(step, Administer)
        now = log[-1].at
        log = (*log, step.offered(now), Answered(now + 30.0, step.position, step.item, place % 2))
    return log


def _timed(task: Callable[[], object], repeats: int) -> Figures:
    """Median and 99th percentile of repeated runs; caches are warm."""
    task()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        task()
        times.append(1e3 * (time.perf_counter() - start))
    return {"median ms": float(np.median(times)), "99 % ms": float(np.percentile(times, 99))}
