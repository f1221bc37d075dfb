"""Estimators against catR, against maximisation by scipy, and as properties."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from assessment_engine import Item, ItemPool, Response, RulesError, information, posterior
from assessment_engine.estimators import METHODS, Estimate, Method, estimate
from assessment_engine.irt import ItemArrays, category_probabilities
from assessment_engine.pool import likelihood_of

KNOWN = Path(__file__).parents[1] / "known_values"
CATR = json.loads((KNOWN / "catr_estimators.json").read_text())
GRID = np.linspace(-4.0, 4.0, 33)
WITHOUT_PRIOR: tuple[Method, ...] = ("ML", "WLE", "MAP Jeffreys")

MIXED = ItemPool(
    [
        Item("a", "x", "Rasch", 1.0, (-0.5,)),
        Item("b", "x", "3PL", 1.4, (0.4,), 0.2),
        Item("c", "x", "GRM", 1.6, (-1.0, 0.0, 1.2)),
        Item("d", "x", "GPCM", 0.8, (-0.7, -0.9, 0.6, 1.4)),
        Item("e", "x", "4PL", 1.1, (0.1,), 0.1, 0.95),
        Item("f", "x", "PCM", 1.0, (0.3, -0.2)),
        Item("g", "x", "NRM", 1.0, (0.2, -0.4, 0.1), slopes=(1.5, -0.7, 0.6)),
    ]
)


def items_of(case: dict[str, Any]) -> list[Item]:
    """The items of a case of catR, whose columns its ``layout`` names."""
    model = case["model"]
    rows = [[x for x in row if x is not None] for row in case["parameters"]]
    if model in ("GRM", "GPCM"):
        return [Item(f"i{i}", "x", model, a, tuple(b)) for i, (a, *b) in enumerate(rows)]
    if model == "PCM":
        return [Item(f"i{i}", "x", model, 1.0, tuple(b)) for i, b in enumerate(rows)]
    if model == "NRM":
        return [
            Item(f"i{i}", "x", model, 1.0, tuple(row[1::2]), slopes=tuple(row[::2]))
            for i, row in enumerate(rows)
        ]
    return [Item(f"i{i}", "x", model, a, (b,), c, d) for i, (a, b, c, d) in enumerate(rows)]


def answers(items: list[Item] | ItemPool, categories: list[int]) -> list[Response]:
    return [
        Response(item.id, likelihood_of(item.n_categories, category))
        for item, category in zip(items, categories, strict=True)
    ]


def estimated(
    method: Method,
    pool: ItemPool,
    responses: list[Response],
    grid: Any = GRID,
    mean: float = 0.0,
    sd: float = 1.0,
) -> Estimate:
    return estimate(method, pool, responses, posterior(pool, responses, grid, mean, sd), mean, sd)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", CATR["models"], ids=lambda case: case["model"])
def test_estimates_and_errors_agree_with_catr(case: dict[str, Any], method: Method) -> None:
    """Oracle: catR thetaEst, semTheta, eapEst and eapSem; perfect and zero scores among them."""
    items = items_of(case)
    pool = ItemPool(items)
    mean, sd = (0.2, 1.3) if method == "MAP" else (0.0, 1.0)
    persons = [person for person in case["persons"] if method in person]
    assert len(persons) >= 7
    for person in persons:
        theta, se = person[method]
        got = estimated(method, pool, answers(items, person["answers"]), GRID, mean, sd)
        assert (got.theta, got.se) == pytest.approx((theta, se), abs=2e-8)
        assert got.at_fence == (abs(theta) == 4.0)


@pytest.mark.parametrize("case", CATR["models"], ids=lambda case: case["model"])
def test_moments_agree_with_catr(case: dict[str, Any]) -> None:
    """Oracle: catR Ii and Ji, sums over items of I, I', I'' and J."""
    arrays = ItemArrays.of(items_of(case))
    got = arrays.derivatives(np.array([-2.0, 0.0, 1.5])).moments().sum(axis=1).T
    assert got == pytest.approx(np.array(case["moments"]), abs=5e-9)


def log_likelihood(responses: list[Response], theta: float) -> float:
    return math.fsum(
        math.log(float(category_probabilities(MIXED[one.item], theta)[0] @ one.likelihood))
        for one in responses
    )


@pytest.mark.parametrize("method", ["ML", "MAP", "MAP Jeffreys"])
def test_modes_of_mixed_models_and_soft_scores_agree_with_scipy(method: Method) -> None:
    """ML and MAP with soft scores among the answers, Jeffreys' mode with certain ones."""
    responses = answers(MIXED, [1, 0, 2, 3, 1, 1, 2])
    if method != "MAP Jeffreys":
        responses[2] = Response("c", (0.1, 0.3, 0.9, 0.2))
        responses[6] = Response("g", (0.1, 0.0, 0.5, 0.4))

    def loss(theta: float) -> float:
        extra = 0.0
        if method == "MAP":
            extra = float(norm.logpdf(theta, 0.3, 1.5))
        elif method == "MAP Jeffreys":
            extra = 0.5 * math.log(sum(float(information(item, theta)[0]) for item in MIXED))
        return -log_likelihood(responses, theta) - extra

    nodes = np.linspace(-4, 4, 801)
    near = nodes[np.argmin([loss(float(node)) for node in nodes])]
    best = minimize_scalar(
        loss, bounds=(near - 0.02, near + 0.02), method="bounded", options={"xatol": 1e-11}
    ).x
    got = estimated(method, MIXED, responses, GRID, 0.3, 1.5)
    assert got.theta == pytest.approx(best, abs=1e-6)


def test_the_highest_of_two_modes_counts() -> None:
    """An easy 3PL item missed and harder ones right: a low and a high mode."""
    pool = ItemPool(
        [
            Item("a", "x", "3PL", 3.0, (-3.0,), 0.0),
            Item("b", "x", "3PL", 3.0, (2.0,), 0.3),
            Item("c", "x", "3PL", 3.0, (2.0,), 0.3),
            Item("d", "x", "3PL", 3.0, (3.5,), 0.3),
            Item("e", "x", "4PL", 2.0, (-2.0,), 0.0, 0.9),
        ]
    )
    responses = answers(pool, [1, 1, 1, 0, 0])
    nodes = np.linspace(-6, 6, 2401)
    curve = posterior(pool, responses, nodes, 0.0, 1e6).mass
    peaks = np.flatnonzero((curve[1:-1] > curve[:-2]) & (curve[1:-1] > curve[2:])) + 1
    assert peaks.size == 2
    got = estimated("ML", pool, responses, np.linspace(-6, 6, 121))
    assert got.theta == pytest.approx(nodes[curve.argmax()], abs=0.006)


@pytest.mark.parametrize("method", WITHOUT_PRIOR)
def test_answers_that_tell_nothing_leave_the_prior_mean_with_an_infinite_error(
    method: Method,
) -> None:
    blank = [Response(item.id, (0.7,) * item.n_categories) for item in MIXED]
    for responses in ([], blank):
        assert estimated(method, MIXED, responses, GRID, 0.4) == Estimate(0.4, math.inf)


@pytest.mark.parametrize("method", METHODS)
def test_a_score_that_says_nothing_changes_nothing(method: Method) -> None:
    sure = answers(MIXED, [1, 0, 2, 3, 1, 1, 2])
    blank = [*sure[:3], Response("d", (0.7,) * 5), *sure[4:]]
    got, without = estimated(method, MIXED, blank), estimated(method, MIXED, sure[:3] + sure[4:])
    assert (got.theta, got.se) == pytest.approx((without.theta, without.se), abs=1e-8)


@pytest.mark.parametrize("method", METHODS)
def test_a_doubtful_score_has_a_larger_error(method: Method) -> None:
    sure = answers(MIXED, [1, 0, 2, 3, 1, 1, 2])
    doubtful = [*sure]
    doubtful[3] = Response("d", (0.0, 0.3, 0.5, 1.0, 0.3))
    assert estimated(method, MIXED, doubtful).se > estimated(method, MIXED, sure).se + 1e-4


@pytest.mark.parametrize("end", ["top", "bottom"])
def test_fences_are_said_openly(end: str) -> None:
    """Perfect and zero scores have no ML estimate, but a finite WLE and Jeffreys' mode."""
    pool = ItemPool(Item(f"i{i:02}", "x", "GPCM", 1.5, (-1.0, 0.0, 1.0)) for i in range(10))
    responses = answers(pool, [3 if end == "top" else 0] * 10)
    sign = 1 if end == "top" else -1
    grid = np.linspace(-6, 6, 121)
    assert estimated("ML", pool, responses, grid).theta == sign * 6.0
    assert estimated("ML", pool, responses, grid).at_fence
    for method in ("WLE", "MAP Jeffreys", "MAP", "EAP"):
        got = estimated(method, pool, responses, grid)
        assert 1.0 < sign * got.theta < 6.0
        assert not got.at_fence


@settings(max_examples=25)
@given(
    st.tuples(*(st.integers(0, item.n_categories - 1) for item in MIXED)),
    st.permutations(range(len(MIXED))),
    st.sampled_from(METHODS),
)
def test_order_of_answers_is_irrelevant_to_the_last_bit(
    categories: tuple[int, ...], order: list[int], method: Method
) -> None:
    responses = answers(MIXED, list(categories))
    responses[3] = Response("d", (0.2, 0.1, 0.1, 0.4, 0.2))
    shuffled = [responses[i] for i in order]
    assert estimated(method, MIXED, responses) == estimated(method, MIXED, shuffled)


@pytest.mark.parametrize("true", [-1.5, 1.5])
def test_weighted_likelihood_takes_the_bias_off(true: float) -> None:
    """15 graded items and 400 persons: ML errs outwards by more than twice its standard error."""
    pool = ItemPool(
        Item(f"i{i:02}", "x", "GRM", 1.4, (shift - 0.8, shift + 0.8))
        for i, shift in enumerate(np.linspace(-1.2, 1.2, 15))
    )
    rng = np.random.default_rng(11)
    p = np.array([category_probabilities(item, true)[0] for item in pool])
    drawn = (rng.random((400, 15, 1)) > np.cumsum(p, axis=1)[:, :-1]).sum(axis=2).reshape(400, 15)
    patterns = [answers(pool, row) for row in drawn.tolist()]
    bias = {}
    for method in ("ML", "WLE"):
        got = [estimated(method, pool, one, np.linspace(-6, 6, 121)) for one in patterns]
        off = np.array([one.theta for one in got]) - true
        error = off.std() / math.sqrt(400)
        bias[method] = off.mean() / error * np.sign(true)
        if method == "WLE":
            assert np.mean([one.se for one in got]) == pytest.approx(off.std(), rel=0.15)
    assert bias["ML"] > 2.0
    assert abs(bias["WLE"]) < 2.0


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(RulesError, match=r"'MLE' of .*; expected one of EAP, MAP"):
        estimated("MLE", MIXED, answers(MIXED, [1, 0, 2, 3, 1, 1, 2]))  # type: ignore[arg-type]
