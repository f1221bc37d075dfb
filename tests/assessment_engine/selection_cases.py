"""What tests of selection rules share: pools of any model, moments, and the best item."""

import numpy as np

from assessment_engine import Item, ItemPool, Response
from assessment_engine.density import posterior
from assessment_engine.pool import likelihood_of
from assessment_engine.selection import (
    CRITERIA,
    View,
    by_values,
    values_of,
)

ANY_MODEL = sorted(name for name, rule in CRITERIA.items() if not rule.dichotomous)

DICHOTOMOUS = sorted(set(CRITERIA) - set(ANY_MODEL))
DRAWING = ("progressive", "proportional", "random", "Thompson")


def items_of(seed: int, n: int, polytomous: bool) -> list[Item]:
    r = np.random.default_rng(seed)
    found = []
    for place in range(n):
        name = f"i{place:02}"
        a, b = float(r.uniform(0.4, 2.5)), float(r.normal(0.0, 1.5))
        made = [
            Item(name, "x", "2PL", a, (b,)),
            Item(name, "x", "3PL", a, (b,), 0.2),
            Item(name, "x", "4PL", a, (b,), 0.15, 0.95),
        ]
        if polytomous:
            steps = tuple(r.normal(size=r.integers(1, 5)).tolist())
            slopes = tuple((r.uniform(0.2, 2.0, len(steps)) * r.choice((-1.0, 1.0))).tolist())
            made.append(Item(name, "x", "GRM", a, tuple(sorted(steps))))
            made.append(Item(name, "x", "GPCM", a, steps))
            made.append(Item(name, "x", "PCM", 1.0, steps))
            made.append(Item(name, "x", "NRM", 1.0, steps, slopes=slopes))
        found.append(made[r.integers(len(made))])
    return found


def view_of(
    pool: ItemPool, responses: tuple[Response, ...] = (), seed: int = 1, n_max: int = 20
) -> View:
    density = posterior(pool, responses)
    items = pool.dimensions["x"]
    given = {response.item for response in responses}
    eligible = np.array([item.id not in given for item in items.items])
    n = len(responses)
    return View(density, items, eligible, density.mean, responses, n, n_max, seed, n + 1)


def answered(pool: ItemPool, ids: list[str], seed: int) -> tuple[Response, ...]:
    r = np.random.default_rng(seed)
    sizes = [pool[name].n_categories for name in ids]
    chosen = [int(r.choice((0, size - 1, int(r.integers(size))))) for size in sizes]
    return tuple(
        Response(name, likelihood_of(size, category))
        for name, size, category in zip(ids, sizes, chosen, strict=True)
    )


def best(rule: str, view: View) -> int:
    return int(by_values(values_of(rule, view), view.eligible)[0])


MIXED = [
    Item("grm", "x", "GRM", 1.4, (-1.0, 0.1, 0.9)),
    Item("nrm", "x", "NRM", 1.0, (0.3, -0.2), slopes=(0.7, 1.9)),
    Item("p3", "x", "3PL", 1.7, (0.4,), 0.2),
]
