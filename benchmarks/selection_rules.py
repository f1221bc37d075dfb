"""Median time of every selection rule, on one core: all items valued, the best five found.

Run: python -m benchmarks.selection_rules [--quick]
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from assessment_engine import Item, ItemPool, Response, posterior
from assessment_engine.pool import likelihood_of
from assessment_engine.rules import Estimation, Method
from assessment_engine.selection import CRITERIA, View, by_values, values_of

ANSWERS = 40
METHODS: tuple[Method, ...] = ("MAP", "ML")
POINTS = np.linspace(-6.0, 6.0, 121)


def make_pool(n_items: int, graded: bool) -> ItemPool:
    """3PL items; with ``graded``, every fourth is graded with four steps."""
    random = np.random.default_rng(7)
    items = []
    for i in range(n_items):
        a, b = float(random.lognormal(0.2, 0.3)), float(random.normal())
        steps = (b - 1.0, b, b + 0.8, b + 1.7)
        items.append(
            Item(f"i{i:04}", "x", "GRM", a, steps)
            if graded and i % 4 == 0
            else Item(f"i{i:04}", "x", "3PL", a, (b,), 0.2)
        )
    return ItemPool(items)


def view_of(pool: ItemPool) -> View:
    answers = tuple(
        Response(item.id, likelihood_of(item.n_categories, i % 2))
        for i, item in enumerate(pool.items[:ANSWERS])
    )
    eligible = np.arange(len(pool)) >= ANSWERS
    density = posterior(pool, answers, POINTS)
    return View(
        density,
        pool.dimensions["x"],
        eligible,
        density.mean,
        answers,
        n_given=ANSWERS,
        n_max=2 * ANSWERS,
        seed=1,
        position=ANSWERS + 1,
        se=density.sd,
    )


def microseconds(task: Callable[[], object], repeats: int) -> float:
    task()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return 1e6 * statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    repeats = 40 if parser.parse_args().quick else 400
    sizes = ((500, False), (1000, False), (1000, True))
    views = [view_of(make_pool(*size)) for size in sizes]
    print(f"us for one choice, {ANSWERS} answers, {POINTS.size} points")
    print(f"{'rule':24}{'500 3PL':>12}{'1000 3PL':>12}{'1000 mixed':>12}")
    for name, criterion in CRITERIA.items():
        row = [
            "refused" if graded and criterion.dichotomous else f"{choice(view, name, repeats):.0f}"
            for view, (_, graded) in zip(views, sizes, strict=True)
        ]
        print(f"{name:24}" + "".join(f"{cell:>12}" for cell in row))
    for method in METHODS:
        others = [replace(view, estimation=Estimation(method)) for view in views]
        cells = [f"{choice(view, 'MEI', repeats // 4):.0f}" for view in others]
        print(f"{'MEI by ' + method:24}" + "".join(f"{cell:>12}" for cell in cells))


def choice(view: View, name: str, repeats: int) -> float:
    return microseconds(lambda: by_values(values_of(name, view), view.eligible, 5), repeats)


if __name__ == "__main__":
    main()
