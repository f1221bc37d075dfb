"""Shadow tests at work: time of a step, constraints broken, and the precision that they cost.

The bank has 1,000 seeded 3PL items of the kinds that science assessments count (the constraint set
of R's TestDesign is the model): three levels, four standards, twelve objectives, eight item types,
depth of knowledge; besides 40 stimuli of five items and 60 pairs of enemies. A test of 30 items has
its length, 31 counts, budgets of words and seconds, and limits on stimuli and their items.

Run: python -m benchmarks.shadow [--quick] [--simulees N] [--processes N]
"""

import argparse
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np

from assessment_engine import Item, ItemPool, Section
from assessment_engine.constraints import Assembly, Budget, ItemCount, SetCount, SetSize
from assessment_engine.linear import LinearModel, compile_model, violations
from assessment_engine.shadow import assemble, next_items, preferences

LENGTH = 30
GRID = np.linspace(-4.0, 4.0, 61)


class Run(NamedTuple):
    error: float
    free_error: float
    broken: tuple[str, ...]
    fallbacks: int
    seconds: tuple[float, ...]
    nodes: tuple[int, ...]


def make_pool(n_items: int = 1_000, seed: int = 5) -> ItemPool:
    random = np.random.default_rng(seed)
    level = random.integers(3, 6, n_items)
    standard = random.choice(4, n_items, p=[0.6, 0.1, 0.2, 0.1])
    objective = 3 * standard + random.integers(0, 3, n_items)
    kind = random.choice(8, n_items, p=[0.08, 0.45, 0.05, 0.06, 0.08, 0.08, 0.06, 0.14])
    depth = random.integers(1, 4, n_items)
    enemy = random.permutation(n_items)[:120].reshape(-1, 2)
    hostile = {int(a): int(b) for a, b in enemy}
    items = []
    for i in range(n_items):
        tags = {f"level={level[i]}", f"standard={standard[i]}", f"objective={objective[i]}"}
        tags |= {f"type={kind[i]}", f"dok={depth[i]}"}
        items.append(
            Item(
                f"i{i:04}",
                "science",
                "3PL",
                float(random.lognormal(0.0, 0.35)),
                (float(random.normal(0.0, 1.1)),),
                float(random.uniform(0.05, 0.3)),
                enemies=frozenset({f"i{hostile[i]:04}"} if i in hostile else ()),
                seconds=float(random.integers(30, 120)),
                stimulus=f"s{i // 5:02}" if i < 200 else "",
                words=int(random.integers(20, 140)),
                tags=frozenset(tags),
            )
        )
    return ItemPool(items)


def make_section() -> tuple[Section, Assembly]:
    def count(low: int, high: int | None, *where: tuple[str, ...]) -> ItemCount:
        return ItemCount(where, low, high)

    constraints = [count(10, 10, (f"level={k}",)) for k in (3, 4, 5)]
    standards = [(15, 20), (2, 4), (4, 8), (2, 4)]
    constraints += [count(*standards[k], (f"standard={k}",)) for k in range(4)]
    limits = [*[(4, 7)] * 3, *[(0, 2)] * 3, *[(1, 3)] * 3, *[(0, 2)] * 3]
    constraints += [count(*limits[k], (f"objective={k}",)) for k in range(12)]
    deep = ("dok=2", "dok=3")
    constraints += [
        count(low, None, (f"standard={k}",), deep) for k, low in enumerate((7, 1, 2, 1))
    ]
    types = [(2, 4), (10, 15), (1, 2), (1, 3), (1, 3), (2, 4), (1, 2), (4, 8)]
    constraints += [count(*types[k], (f"type={k}",)) for k in range(8)]
    budgets = (Budget("words", 1_800.0, 2_400.0), Budget("seconds", 0.0, 2_400.0))
    sets = (SetSize(3, 5), SetCount(1, 3))
    section = Section("s", "science", LENGTH, LENGTH, 0.0)
    return section, Assembly("shadow", (*constraints, *budgets, *sets))


def sit(model: LinearModel, pool: ItemPool, max_nodes: int, warm: bool, simulee: int) -> Run:
    """One simulee, with shadow tests and without any constraint."""
    random = np.random.default_rng([simulee, 11])
    theta = float(random.normal())
    uniform = random.random(model.n_items)
    arrays = pool.dimensions["science"].arrays
    p, _ = arrays.evaluate(GRID)
    right = uniform < arrays.evaluate(np.array([theta]))[0][:, 1, 0]
    seconds: list[float] = []
    nodes: list[int] = []
    errors = []
    tests: list[list[int]] = []
    fallbacks = 0
    for constrained in (True, False):
        given: list[int] = []
        log = -0.5 * GRID**2
        last: Sequence[int] = ()
        for _ in range(LENGTH):
            weight = np.exp(log - log.max())
            estimate = float(weight @ GRID / weight.sum())
            value = arrays.information(np.array([estimate]))[:, 0]
            free = np.ones(model.n_items, dtype=np.bool_)
            free[given] = False
            best = int(np.argmax(np.where(free, value, -1.0)))
            if constrained:
                start = time.perf_counter()
                shadow = assemble(
                    model, value, given, free, seed=simulee, max_nodes=max_nodes, last=last
                )
                if shadow.status == "optimal":
                    best = next_items(model, shadow, given, preferences(value, simulee))[0]
                    last = shadow.test if warm else ()
                else:
                    fallbacks += 1
                seconds.append(time.perf_counter() - start)
                nodes.append(shadow.nodes)
            given.append(best)
            log += np.log(p[best, int(right[best])])
        weight = np.exp(log - log.max())
        errors.append(float(weight @ GRID / weight.sum()) - theta)
        tests.append(given)
    return Run(*errors, violations(model, tests[0]), fallbacks, tuple(seconds), tuple(nodes))


def _sit_many(numbers: range, max_nodes: int, warm: bool) -> list[Run]:
    pool = make_pool()
    model = compile_model(*make_section(), pool)
    return [sit(model, pool, max_nodes, warm, number) for number in numbers]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="20 simulees, within 50 s")
    parser.add_argument("--simulees", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--cold", action="store_true", help="no last shadow test to begin from")
    options = parser.parse_args()
    total = 20 if options.quick else options.simulees
    section, assembly = make_section()
    model = compile_model(section, assembly, make_pool())
    print(
        f"{model.n_items} items, {len(model.rows)} linear constraints, {len(model.stimuli)} "
        f"stimuli, {len(model.cliques)} pairs of enemies, {LENGTH} items a test, {total} simulees"
    )
    size = min(50, -(-total // options.processes))
    parts = [range(k, min(k + size, total)) for k in range(0, total, size)]
    work = partial(_sit_many, max_nodes=assembly.max_nodes, warm=not options.cold)
    started = time.perf_counter()
    if options.processes == 1:
        runs = [run for part in parts for run in work(part)]
    else:
        with ProcessPoolExecutor(options.processes) as executor:
            runs = [run for done in executor.map(work, parts) for run in done]
    times = 1e3 * np.concatenate([run.seconds for run in runs])
    nodes = np.concatenate([run.nodes for run in runs])
    median, high = np.percentile(times, [50, 99])
    print(
        f"step: median {median:.1f} ms, 99th percentile {high:.1f} ms, largest {times.max():.1f} ms"
    )
    print(
        f"nodes: mean {nodes.mean():.2f}, largest {nodes.max()}; whole relaxations "
        f"{(nodes == 0).mean():.0%}"
    )
    print(
        f"simulees with a broken constraint: {sum(bool(run.broken) for run in runs)}; "
        f"fallbacks: {sum(run.fallbacks for run in runs)}"
    )
    rmse = [float(np.sqrt(np.mean(np.square(e)))) for e in zip(*[r[:2] for r in runs], strict=True)]
    print(f"RMSE of ability: {rmse[0]:.4f} with all constraints, {rmse[1]:.4f} with none (MFI)")
    print(f"{time.perf_counter() - started:.0f} s in all")


if __name__ == "__main__":
    main()
