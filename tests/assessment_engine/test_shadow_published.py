"""TestDesign's published constraint sets: our tests meet them and reach an independent optimum.

Oracle: scipy.optimize.milp on the whole model as a textbook writes it, built here from the files,
without reductions. Items of the fatigue bank are TestDesign's; the reading and science banks have
its constraints over seeded 3PL parameters (and seeded attributes for science).
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from assessment_engine import Item, ItemPool, Section
from assessment_engine.assembly import clashing
from assessment_engine.constraints import (
    AllOrNone,
    Assembly,
    Constraint,
    Exclude,
    Include,
    ItemCount,
    SetCount,
    SetSize,
)
from assessment_engine.linear import compile_model, violations
from assessment_engine.shadow import assemble, next_items, preferences

KNOWN = Path(__file__).parents[1] / "known_values"


# Where the digit of an objective is its standard, as in TestDesign's science bank, three of its
# constraints contradict each other: at most four items of standard 3, but three of objectives 3A
# and 3D and two of 3B and 3E.
CONTRADICTED = ItemCount((("standard=3",),), 2, 4)


class Published(NamedTuple):
    pool: ItemPool
    section: Section
    constraints: tuple[Constraint, ...]


def read(name: str) -> Any:
    return json.loads((KNOWN / f"testdesign_{name}.json").read_text())


def counts_of(known: Any) -> tuple[Constraint, ...]:
    return tuple(ItemCount(tuple(map(tuple, w)), low, high) for w, low, high in known["counts"])


def section_of(known: Any) -> Section:
    return Section("s", "x", known["length"], known["length"], 0.0)


def fatigue() -> Published:
    known = read("fatigue")
    enemies: dict[str, set[str]] = {}
    for one, other in known["enemies"]:
        enemies.setdefault(one, set()).add(other)
    names = known["columns"][3:]
    pool = ItemPool(
        Item(
            row[0],
            "x",
            "GRM",
            row[1],
            tuple(row[2]),
            enemies=frozenset(enemies.get(row[0], ())),
            tags=frozenset(f"{k}={v}" for k, v in zip(names, row[3:], strict=True)),
        )
        for row in known["items"]
    )
    return Published(pool, section_of(known), counts_of(known))


def reading() -> Published:
    known = read("reading")
    random = np.random.default_rng(303)
    items = []
    for stimulus, held in known["stimuli"].items():
        for code in held["items"].split():
            tags = {f"type={code[0]}", f"dok={code[1]}", f"subcontent={code[2:]}"}
            a, b, c = random.lognormal(0, 0.3), random.normal(), random.uniform(0, 0.3)
            name = f"RD{len(items) + 1:04}"
            content = str(held["content"])
            items.append(
                Item(
                    name,
                    "x",
                    "3PL",
                    a,
                    (b,),
                    c,
                    stimulus=stimulus,
                    content=content,
                    tags=frozenset(tags),
                )
            )
    sets = (SetCount(*known["set_count"]), SetSize(*known["set_size"]))
    return Published(ItemPool(items), section_of(known), (*counts_of(known), *sets))


def science() -> Published:
    known = read("science")
    random = np.random.default_rng(1000)
    objectives = [f"1{x}" for x in "ABCDEFGHIJKL"] * 2 + [f"2{x}" for x in "ABCD"]
    objectives += [f"{k}{x}" for k in (3, 4) for x in "ABCDEF"]
    types = ["EQTN"] * 5 + ["SRSI"] * 3 + ["DRAG", "FILL", "GRAPH", "HOTS", "MATCH", "SRMU"]
    items = []
    for k in range(1, 1001):
        objective = str(random.choice(objectives))
        tags = {f"level={random.integers(3, 6)}", f"standard={objective[0]}"}
        tags |= {f"objective={objective}", f"dok={random.integers(1, 5)}"}
        tags |= {f"type={random.choice(types)}"}
        a, b, c = random.lognormal(0, 0.3), random.normal(), random.uniform(0, 0.3)
        enemies = frozenset({"SC0002"} if k == 1 else ())
        name = f"SC{k:04}"
        items.append(Item(name, "x", "3PL", a, (b,), c, enemies=enemies, tags=frozenset(tags)))
    weak = tuple(f"SC{k:04}" for k in range(20, 1001, 25))
    single = (Include(("SC0003", "SC0004")), Exclude(weak), AllOrNone(("SC0005", "SC0006")))
    counts = tuple(one for one in counts_of(known) if one != CONTRADICTED)
    return Published(ItemPool(items), section_of(known), (*counts, *single))


def labels(item: Item) -> set[str]:
    return {*item.tags, f"content={item.content}"}


def textbook_optimum(published: Published, values: NDArray[np.float64]) -> float:
    """Largest total value by one call of scipy's milp over all items and stimuli."""
    pool, n = published.pool, len(published.pool)
    stimuli = sorted({item.stimulus for item in pool} - {""})
    rows, low, high = [], [], []

    def add(x: Any, lower: float, upper: float, z: Any = 0.0) -> None:
        rows.append(np.concatenate((np.broadcast_to(x, n), np.broadcast_to(z, len(stimuli)))))
        low.append(lower)
        high.append(upper)

    unit, of_set = np.eye(n), np.eye(len(stimuli))
    add(1.0, published.section.min_items, published.section.max_items)
    for item in pool:
        for enemy in item.enemies:
            add(unit[pool.row_of(item.id)] + unit[pool.row_of(enemy)], 0, 1)
    for c in published.constraints:
        match c:
            case ItemCount():
                hit = [all(labels(i) & set(group) for group in c.where) for i in pool]
                add(np.array(hit, dtype=float), c.minimum, c.maximum)
            case SetCount():
                add(0.0, c.minimum, c.maximum, 1.0)
            case SetSize():
                for k, name in enumerate(stimuli):
                    own = np.array([float(item.stimulus == name) for item in pool])
                    add(own, 0.0, np.inf, -c.minimum * of_set[k])
                    add(own, -np.inf, 0.0, -c.maximum * of_set[k])
            case AllOrNone():
                add(unit[pool.row_of(c.items[0])] - unit[pool.row_of(c.items[1])], 0, 0)
            case Include():
                for name in c.items:
                    add(unit[pool.row_of(name)], 1, 1)
            case Exclude():
                for name in c.items:
                    add(unit[pool.row_of(name)], 0, 0)
    result = milp(
        -np.concatenate((values, np.zeros(len(stimuli)))),
        integrality=np.ones(n + len(stimuli), dtype=np.int64),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(np.array(rows), low, high),
        options={"mip_rel_gap": 0.0},
    )
    assert result.status == 0
    return -float(result.fun)


BANKS = {"fatigue": fatigue, "reading": reading, "science": science}


@pytest.mark.parametrize("name", BANKS)
def test_first_shadow_test_is_the_optimum_of_the_whole_model(name: str) -> None:
    published = BANKS[name]()
    model = compile_model(
        published.section, Assembly("shadow", published.constraints), published.pool
    )
    free = np.ones(len(published.pool), dtype=np.bool_)
    for theta in (-1.0, 0.0, 1.5):
        values = published.pool.dimensions["x"].arrays.information(np.array([theta]))[:, 0]
        shadow = assemble(model, values, (), free, seed=1, max_nodes=2_000)
        assert shadow.status == "optimal"
        assert violations(model, sorted(shadow.test, key=lambda place: model.stimulus[place])) == ()
        total = values[list(shadow.test)].sum()
        assert total == pytest.approx(textbook_optimum(published, values), rel=3e-5)


@pytest.mark.parametrize("name", BANKS)
def test_a_whole_adaptive_test_meets_every_published_constraint(name: str) -> None:
    published = BANKS[name]()
    model = compile_model(
        published.section, Assembly("shadow", published.constraints), published.pool
    )
    arrays = published.pool.dimensions["x"].arrays
    free = np.ones(len(published.pool), dtype=np.bool_)
    random = np.random.default_rng(2)
    given: list[int] = []
    for position in range(published.section.max_items):
        theta = np.array([2.0 * random.normal() / (1.0 + position)])
        values = arrays.information(theta)[:, 0]
        shadow = assemble(model, values, given, free, seed=4, max_nodes=2_000)
        assert shadow.status == "optimal"
        given.append(next_items(model, shadow, given, preferences(values, 4))[0])
    assert violations(model, given) == ()
    items = [published.pool.items[place] for place in given]
    for c in published.constraints:  # counted here once more, from the files
        if isinstance(c, ItemCount):
            n = sum(all(labels(i) & set(group) for group in c.where) for i in items)
            assert c.minimum <= n <= (c.maximum or 0)
    assert not any(item.enemies & {other.id for other in items} for item in items)


def test_the_contradiction_in_the_science_set_is_named() -> None:
    published = science()
    assembly = Assembly("shadow", (*published.constraints, CONTRADICTED))
    assert clashing(published.section, assembly, published.pool) == [
        "3 to 3 items with objective=3A or objective=3D",
        "2 to 3 items with objective=3B or objective=3E",
        "2 to 4 items with standard=3",
    ]
    possible = Assembly("shadow", published.constraints)
    assert clashing(published.section, possible, published.pool) == []
