"""Selection rules against catR at more states: MEI by each estimator, runs of every rule."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assessment_engine import Item, ItemPool, Response, posterior
from assessment_engine.pool import likelihood_of
from assessment_engine.rules import Estimation, Method
from assessment_engine.selection import View, by_values, values_of

KNOWN = Path(__file__).parents[1] / "known_values"
GRID = np.linspace(-4.0, 4.0, 33)
METHODS: dict[str, Method] = {"EAP": "EAP", "BM": "MAP", "ML": "ML"}
LEAST = frozenset({"bOpt", "thOpt", "MEPV"})


def known(name: str) -> Any:
    return json.loads((KNOWN / name).read_text())


def pool_of(model: Any, rows: list[list[float | None]]) -> ItemPool:
    return ItemPool(item_of(model, number, row) for number, row in enumerate(rows, start=1))


def item_of(model: Any, number: int, row: list[float | None]) -> Item:
    name, known_ = f"{number:03}", [x for x in row if x is not None]
    if model in ("2PL", "3PL", "4PL"):
        a, b, c, d = known_
        return Item(name, "x", model, a, (b,), c, d)
    if model == "NRM":
        return Item(name, "x", model, 1.0, tuple(known_[1::2]), slopes=tuple(known_[::2]))
    if model == "PCM":
        return Item(name, "x", model, 1.0, tuple(known_))
    return Item(name, "x", model, known_[0], tuple(known_[1:]))


def view_of(
    pool: ItemPool,
    out: list[int],
    answers: list[int],
    theta: float | None = None,
    method: Method = "EAP",
) -> View:
    ids = [f"{i:03}" for i in out]
    given = tuple(
        Response(name, likelihood_of(pool[name].n_categories, x))
        for name, x in zip(ids, answers, strict=True)
    )
    density = posterior(pool, given, GRID)
    return View(
        density,
        pool.dimensions["x"],
        np.array([item.id not in ids for item in pool]),
        density.mean if theta is None else theta,
        given,
        n_given=len(out),
        n_max=20,
        seed=1,
        position=1,
        estimation=Estimation(method, 0.0, 1.0, -4.0, 4.0, 33),
    )


CASES = [
    pytest.param(bank, case, id=f"{bank['model']} after {len(case['out'])}")
    for bank in known("catr_selection_states.json")["states"]
    for case in bank["cases"]
]


@pytest.mark.parametrize(("bank", "case"), CASES)
def test_every_value_agrees_with_catr(bank: dict[str, Any], case: dict[str, Any]) -> None:
    """catR leaves integrals by the likelihood and the posterior as they are; ours have weight 1."""
    pool = pool_of(bank["model"], bank["parameters"])
    scale = dict.fromkeys(("MLWI", "KL"), 1.0 / case["likelihood"])
    scale |= dict.fromkeys(("MPWI", "KLP"), 1.0 / case["posterior"])
    for name, expected in case["values"].items():
        criterion, *how = name.split()
        method = METHODS[how[0]] if how else "EAP"
        rule = "MEI Fisher" if how and how[1] == "Fisher" else criterion
        view = view_of(pool, case["out"], case["answers"], case["theta"], method)
        got = values_of(rule, view) * (-1.0 if rule in LEAST else 1.0)
        wanted = np.array(expected, dtype=np.float64) * scale.get(rule, 1.0)
        comparable = np.isfinite(wanted)  # without items where catR's root is one of several
        assert comparable.sum() >= len(expected) - 2
        # Modes are read off a grid .25 logits apart, between whose nodes slopes are interpolated.
        close = 1e-6 if method in ("MAP", "ML") else 1e-9
        assert got[comparable] == pytest.approx(wanted[comparable], rel=close, abs=close), name


@pytest.mark.parametrize("run", known("catr_selection_runs.json")["runs"])
def test_runs_take_the_same_items_as_catr(run: dict[str, Any]) -> None:
    """Step by step on a 4PL bank of 100 items by EAP, MEI too; MFI for 20 persons of 12 items."""
    pool = pool_of("4PL", known("catr_selection_runs.json")["bank"])
    rule = "MEI Fisher" if run["information"] == "Fisher" else run["rule"]
    for step, item in enumerate(run["items"]):
        theta = None if step else 0.0
        view = view_of(pool, run["items"][:step], run["answers"][:step], theta)
        assert by_values(values_of(rule, view), view.eligible, 1)[0] + 1 == item, f"step {step + 1}"
        after = view_of(pool, run["items"][: step + 1], run["answers"][: step + 1])
        assert after.theta == pytest.approx(run["theta"][step], abs=2e-9)
