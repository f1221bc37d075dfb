"""Selection rules against R catR: values of all items, choices of published calls, whole runs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assessment_engine import (
    Administer,
    Answered,
    Estimation,
    Item,
    ItemPool,
    Log,
    Offered,
    Opened,
    Response,
    Rules,
    Section,
    next_step,
)
from assessment_engine.density import posterior
from assessment_engine.pool import likelihood_of
from assessment_engine.selection import View, by_values, values_of

KNOWN = Path(__file__).parents[1] / "known_values"
CATR = json.loads((KNOWN / "catr_selection.json").read_text())
GRID = np.linspace(-4.0, 4.0, 33)
# catR integrates without dividing; Takar's weights sum to 1.
SCALE = {"MLWI": "likelihood", "KL": "likelihood", "MPWI": "posterior", "KLP": "posterior"}
LEAST = {"bOpt", "thOpt", "MEPV"}  # rules of which catR takes the least value


def item(place: int, model: str, row: list[Any]) -> Item:
    known = [x for x in row if x != "NA"]
    name = f"{place:02}"
    match model:
        case "PCM":
            return Item(name, "x", "PCM", 1.0, tuple(known))
        case "GRM":
            return Item(name, "x", "GRM", known[0], tuple(known[1:]))
        case "GPCM":
            return Item(name, "x", "GPCM", known[0], tuple(known[1:]))
        case "NRM":
            return Item(name, "x", "NRM", 1.0, tuple(known[1::2]), slopes=tuple(known[::2]))
    a, b, c, d = known
    return Item(name, "x", "4PL", a, (b,), c, d)


def pool_of(model: str, rows: list[list[Any]]) -> ItemPool:
    return ItemPool(item(place, model, row) for place, row in enumerate(rows, 1))


def view_of(
    pool: ItemPool,
    out: list[int],
    answers: list[int],
    theta: float | None = None,
    grid: Any = GRID,
) -> View:
    given = [f"{place:02}" for place in out]
    responses = tuple(
        Response(name, likelihood_of(pool[name].n_categories, answer))
        for name, answer in zip(given, answers, strict=True)
    )
    density = posterior(pool, responses, grid)
    items = pool.dimensions["x"]
    eligible = np.array([one.id not in given for one in items.items])
    at = density.mean if theta is None else theta
    mode = Estimation("MAP")  # catR's BM, its default, by which MEI looks ahead
    return View(
        density, items, eligible, at, responses, len(out), 12, seed=1, position=1, estimation=mode
    )


def cases() -> Iterator[Any]:
    for bank in CATR["banks"]:
        for state in bank["states"]:
            label = f"{bank['model']}-{len(state['out'])}"
            yield pytest.param(bank["model"], bank["parameters"], state, id=label)


@pytest.mark.parametrize(("model", "rows", "state"), list(cases()))
def test_values_of_all_items_agree_with_catr(
    model: str, rows: list[list[Any]], state: dict[str, Any]
) -> None:
    """catR's formulas under R; posterior modes of MEI are free of its grid."""
    pool = pool_of(model, rows)
    for rule, wanted in state["values"].items():
        grid = GRID
        got = values_of(rule, view_of(pool, state["out"], state["answers"], state["theta"], grid))
        scaled = got * state[SCALE[rule]] if rule in SCALE else got
        signed = -scaled if rule in LEAST else scaled
        close = 2e-6 if rule.startswith("MEI") else 1e-9
        assert signed == pytest.approx(wanted, rel=close, abs=1e-11), rule


@pytest.mark.parametrize("run", CATR["runs"], ids=lambda run: f"{run['rule']}{run['theta']:.1f}")
def test_whole_runs_take_the_items_that_catr_takes(run: dict[str, Any]) -> None:
    """12 steps each on a 4PL bank of 60 items, by EAP on catR's grid."""
    pool = pool_of("4PL", CATR["bank_of_runs"])
    items, answers = run["items"], run["answers"]
    for step, wanted in enumerate(items):
        view = view_of(pool, items[:step], answers[:step], theta=0.0 if step == 0 else None)
        assert by_values(values_of(run["rule"], view), view.eligible)[0] + 1 == wanted
    done = view_of(pool, items, answers)
    assert done.theta == pytest.approx(run["theta"], abs=1e-9)


BY_INFORMATION = [run for run in CATR["runs"] if run["rule"] == "MFI"]


@pytest.mark.parametrize("run", BY_INFORMATION, ids=lambda run: f"{run['theta']:.2f}")
def test_next_step_takes_the_items_that_catr_takes(run: dict[str, Any]) -> None:
    """The same runs through the engine's decision; catR starts at 0, the mean of the prior."""
    pool = pool_of("4PL", CATR["bank_of_runs"])
    estimation = Estimation("EAP", low=-4.0, high=4.0, n_nodes=33)
    rules = Rules((Section("s", "x", 12, 12, 0.0),), randomesque=1, estimation=estimation)
    log: Log = (Opened(0.0, "a", pool.digest, ()),)
    for wanted, answer in zip(run["items"], run["answers"], strict=True):
        step = next_step(rules, pool, log, seed=5)
        assert isinstance(step, Administer)
        assert int(step.item) == wanted
        log = (*log, Offered(float(step.position), step.position, step.section, step.item))
        log = (*log, Answered(float(step.position), step.position, step.item, answer))


PUBLISHED_AT_0 = [("MFI", [], 63), ("MFI", [63], 10), ("MFI", [63, 10], 62), ("bOpt", [], 24)]
PUBLISHED_AT_0 += [("thOpt", [], 76), ("thOpt", [76], 70)]
PUBLISHED_AFTER_63 = {"KL": 19, "KLP": 44, "MEPV": 19, "GDI": 49, "GDIP": 44, "MEI Fisher": 10}
PUBLISHED_AFTER_63 |= {"MLWI": 19, "MPWI": 44}


def tcals() -> ItemPool:
    rows = json.loads((KNOWN / "catr_tcals_mfi.json").read_text())["items"]
    return pool_of("4PL", [[row[name] for name in "abcd"] for row in rows])


@pytest.mark.parametrize(("rule", "out", "wanted"), PUBLISHED_AT_0)
def test_choices_at_0_that_catr_publishes(rule: str, out: list[int], wanted: int) -> None:
    """Oracle: catR manual, nextItem(tcals, theta = 0, ...)."""
    view = view_of(tcals(), [], [], theta=0.0)
    allowed = view.eligible.copy()
    allowed[np.array(out, dtype=int) - 1] = False
    assert by_values(values_of(rule, view), allowed)[0] + 1 == wanted


@pytest.mark.parametrize(("rule", "wanted"), list(PUBLISHED_AFTER_63.items()))
def test_choices_after_an_answer_that_catr_publishes(rule: str, wanted: int) -> None:
    """Oracle: catR manual, nextItem on tcals after item 63 answered wrongly."""
    view = view_of(tcals(), [63], [0], theta=-0.15583)
    assert by_values(values_of(rule, view), view.eligible)[0] + 1 == wanted
