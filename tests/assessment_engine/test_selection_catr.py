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
from assessment_engine.rules import Method
from assessment_engine.selection import View, by_values, values_of

KNOWN = Path(__file__).parents[1] / "known_values"
GRID = np.linspace(-4.0, 4.0, 33)
METHODS: dict[str, Method] = {"EAP": "EAP", "BM": "MAP", "ML": "ML"}
# catR integrates without dividing; Takar's weights sum to 1.
SCALE = {"MLWI": "likelihood", "KL": "likelihood", "MPWI": "posterior", "KLP": "posterior"}
# Takar's modes are read off a grid .25 logits apart, between whose nodes slopes are interpolated.
CLOSE = (1e-9, 1e-11)  # relative, absolute
CLOSE_MODES = (2e-6, 1e-11)
CLOSE_TO_NODES = (1e-6, 1e-8)
LEAST = frozenset({"bOpt", "thOpt", "MEPV"})  # rules of which catR takes the least value


def known(name: str) -> Any:
    return json.loads((KNOWN / name).read_text())


CATR = known("catr_selection.json")
STATES = known("catr_selection_states.json")["states"]
RUNS = known("catr_selection_runs.json")


def item_of(model: Any, number: int, row: list[Any]) -> Item:
    name, numbers = f"{number:03}", [x for x in row if x not in (None, "NA")]
    match model:
        case "2PL" | "3PL" | "4PL":
            a, b, c, d = numbers
            return Item(name, "x", model, a, (b,), c, d)
        case "NRM":
            return Item(name, "x", "NRM", 1.0, tuple(numbers[1::2]), slopes=tuple(numbers[::2]))
        case "PCM":
            return Item(name, "x", "PCM", 1.0, tuple(numbers))
    return Item(name, "x", model, numbers[0], tuple(numbers[1:]))


def pool_of(model: str, rows: list[list[Any]]) -> ItemPool:
    return ItemPool(item_of(model, number, row) for number, row in enumerate(rows, start=1))


def view_of(
    pool: ItemPool,
    out: list[int],
    answers: list[int],
    theta: float | None = None,
    method: Method = "MAP",  # catR's BM, its default, by which MEI looks ahead
) -> View:
    ids = [f"{number:03}" for number in out]
    responses = tuple(
        Response(name, likelihood_of(pool[name].n_categories, answer))
        for name, answer in zip(ids, answers, strict=True)
    )
    density = posterior(pool, responses, GRID)
    items = pool.dimensions["x"]
    return View(
        density,
        items,
        np.array([one.id not in ids for one in items.items]),
        density.mean if theta is None else theta,
        responses,
        n_given=len(out),
        n_max=20,
        seed=1,
        position=1,
        estimation=Estimation(method, 0.0, 1.0, -4.0, 4.0, 33),
    )


def first_of(rule: str, view: View) -> int:
    """The number of the item that the rule takes."""
    return int(by_values(values_of(rule, view), view.eligible, 1)[0]) + 1


# --- values of all items -------------------------------------------------------------------------


def rule_and_method(name: str) -> tuple[str, Method]:
    """``MEI``, ``MEI Fisher``, or MEI by one of catR's estimators: ``MEI BM Fisher``."""
    criterion, *how = name.split()
    method = METHODS[how[0]] if how and how[0] in METHODS else "MAP"
    return "MEI Fisher" if "Fisher" in how else criterion, method


def cases() -> Iterator[Any]:
    sources = (
        ("first", CATR["banks"], "states", CLOSE_MODES),
        ("second", STATES, "cases", CLOSE_TO_NODES),
    )
    for source, banks, states, close in sources:
        for bank in banks:
            pool = pool_of(bank["model"], bank["parameters"])
            for state in bank[states]:
                label = f"{source} {bank['model']} after {len(state['out'])}"
                yield pytest.param(pool, state, close, id=label)


@pytest.mark.parametrize(("pool", "state", "close_modes"), list(cases()))
def test_values_of_all_items_agree_with_catr(
    pool: ItemPool, state: dict[str, Any], close_modes: tuple[float, float]
) -> None:
    """catR's formulas under R, MEI by each estimator."""
    for name, expected in state["values"].items():
        rule, method = rule_and_method(name)
        view = view_of(pool, state["out"], state["answers"], state["theta"], method)
        got = values_of(rule, view) * (-1.0 if rule in LEAST else 1.0)
        wanted = np.array(expected, dtype=np.float64) / state.get(SCALE.get(rule, ""), 1.0)
        comparable = np.isfinite(wanted)  # without items where catR's root is one of several
        assert comparable.sum() >= len(expected) - 2
        by_modes = rule.startswith("MEI") and method != "EAP"
        relative, absolute = close_modes if by_modes else CLOSE
        assert got[comparable] == pytest.approx(wanted[comparable], rel=relative, abs=absolute), (
            name
        )


# --- whole runs ----------------------------------------------------------------------------------


@pytest.mark.parametrize("run", CATR["runs"], ids=lambda run: f"{run['rule']}{run['theta']:.1f}")
def test_whole_runs_take_the_items_that_catr_takes(run: dict[str, Any]) -> None:
    """12 steps each on a 4PL bank of 60 items, by EAP on catR's grid, MEI by BM."""
    pool = pool_of("4PL", CATR["bank_of_runs"])
    items, answers = run["items"], run["answers"]
    for step, wanted in enumerate(items):
        view = view_of(pool, items[:step], answers[:step], theta=None if step else 0.0)
        assert first_of(run["rule"], view) == wanted, f"step {step + 1}"
    assert view_of(pool, items, answers).theta == pytest.approx(run["theta"], abs=1e-9)


@pytest.mark.parametrize("run", RUNS["runs"])
def test_runs_have_the_abilities_of_catr_at_every_step(run: dict[str, Any]) -> None:
    """On a 4PL bank of 100 items by EAP, MEI too; MFI for 20 persons of 12 items."""
    pool = pool_of("4PL", RUNS["bank"])
    rule = "MEI Fisher" if run["information"] == "Fisher" else run["rule"]
    items, answers = run["items"], run["answers"]
    for step, wanted in enumerate(items):
        view = view_of(pool, items[:step], answers[:step], None if step else 0.0, "EAP")
        assert first_of(rule, view) == wanted, f"step {step + 1}"
        after = view_of(pool, items[: step + 1], answers[: step + 1])
        assert after.theta == pytest.approx(run["theta"][step], abs=2e-9)


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


# --- what catR publishes -------------------------------------------------------------------------

PUBLISHED_AT_0 = [("MFI", [], 63), ("MFI", [63], 10), ("MFI", [63, 10], 62), ("bOpt", [], 24)]
PUBLISHED_AT_0 += [("thOpt", [], 76), ("thOpt", [76], 70)]
PUBLISHED_AFTER_63 = {"KL": 19, "KLP": 44, "MEPV": 19, "GDI": 49, "GDIP": 44, "MEI Fisher": 10}
PUBLISHED_AFTER_63 |= {"MLWI": 19, "MPWI": 44}


def tcals() -> ItemPool:
    rows = known("catr_tcals_mfi.json")["items"]
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
    assert first_of(rule, view_of(tcals(), [63], [0], theta=-0.15583)) == wanted
