"""Median time of one decision, and of a profile and a placement's ingredients, on one core.

Run: python benchmarks/next_step.py
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

from assessment_engine import (
    Administer,
    Answered,
    Item,
    ItemPool,
    Log,
    Offered,
    Opened,
    Quota,
    Rules,
    Section,
    next_step,
    profile,
)

REPEATS = 300
ANSWERS = 40


def make_pool(n_items: int, n_dimensions: int) -> ItemPool:
    """Three quarters 3PL, a quarter graded free text; every tenth item has an enemy."""
    random = np.random.default_rng(7)
    items = []
    for i in range(n_items):
        a, b = float(random.lognormal(0.2, 0.3)), float(random.normal())
        dimension, content = f"d{i % n_dimensions}", "abc"[i // n_dimensions % 3]
        enemies = frozenset({f"i{i - n_dimensions:04}"}) if i % 10 == 9 else frozenset()
        if i // n_dimensions % 4:
            item = Item(f"i{i:04}", dimension, "3PL", a, (b,), 0.2, 1.0, "choice", content, enemies)
        else:
            steps = (b - 1.0, b, b + 0.8, b + 1.7)
            item = Item(
                f"i{i:04}",
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


def make_rules(n_dimensions: int, quotas: bool) -> Rules:
    per_section = ANSWERS if n_dimensions == 1 else 8
    chosen = (Quota("content", "a", 2, 20), Quota("kind", "free_text", 1, 3)) if quotas else ()
    return Rules(
        tuple(
            Section(f"s{k}", f"d{k}", per_section // 2, per_section + 10, 0.05, 3600.0, chosen)
            for k in range(n_dimensions)
        )
    )


def answer(rules: Rules, pool: ItemPool) -> Log:
    """A log of the given number of answers, the decision on the next item due."""
    log: Log = (Opened(0.0, "benchmark", pool.digest, ()),)
    for _ in range(ANSWERS):
        step = next_step(rules, pool, log, 1)
        assert isinstance(step, Administer)
        offer = Offered(
            log[-1].at, step.position, step.section, step.item, step.option_order, step.note
        )
        log = (*log, offer, Answered(log[-1].at + 30.0, step.position, step.item, 1))
    return log


def median_ms(task: Callable[[], object]) -> float:
    """Median of repeated runs, milliseconds; caches are warm."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def main() -> None:
    print(f"median of {REPEATS} runs, {ANSWERS} answers in the log")
    for n_items in (500, 1000):
        for n_dimensions in (1, 9):
            for quotas in (False, True):
                pool, rules = make_pool(n_items, n_dimensions), make_rules(n_dimensions, quotas)
                log = answer(rules, pool)
                cuts = dict.fromkeys(pool.dimensions, (-1.5, -0.5, 0.5, 1.5))
                step = median_ms(lambda: next_step(rules, pool, log, 1))  # noqa: B023 - run at once
                summary = median_ms(lambda: profile(rules, pool, log, cuts))  # noqa: B023 - as above
                setting = f"{n_items:5} items  {n_dimensions} dimensions  quotas {quotas!s:5}"
                print(f"{setting}  next_step {step:6.3f} ms  profile {summary:6.2f} ms")


if __name__ == "__main__":
    main()
