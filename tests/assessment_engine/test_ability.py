"""Ability estimates against other programs, against quadrature by scipy, and as properties."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from assessment_engine import (
    Item,
    ItemPool,
    Response,
    ResponseError,
    UnknownItemError,
    category_probabilities,
    eap,
    information,
    map_estimate,
    posterior,
)

KNOWN = Path(__file__).parents[1] / "known_values"
CATR_GRID = np.linspace(-4.0, 4.0, 33)

MIXED = ItemPool(
    [
        Item("a", "x", "2PL", 1.3, (-0.5,)),
        Item("b", "x", "3PL", 0.9, (0.4,), 0.2),
        Item("c", "x", "GRM", 1.6, (-1.0, 0.0, 1.2)),
        Item("d", "x", "GPCM", 0.8, (-0.7, -0.9, 0.6, 1.4)),
        Item("e", "x", "4PL", 1.1, (0.1,), 0.1, 0.95),
    ]
)


def known(name: str) -> Any:
    return json.loads((KNOWN / name).read_text())


def certain(item: Item, category: int) -> Response:
    return Response(item.id, tuple(float(k == category) for k in range(item.n_categories)))


def answers(pool: ItemPool, categories: list[int]) -> list[Response]:
    return [certain(item, category) for item, category in zip(pool, categories, strict=True)]


@pytest.mark.parametrize("case", known("catr_eap.json")["cases"])
def test_eap_agrees_with_catr(case: dict[str, Any]) -> None:
    """Oracle: catR 3.17 eapEst and eapSem, D = 1, 33 points on [-4, 4]."""
    n = len(case["a"])
    rows = zip(case["a"], case["b"], case.get("c", [0] * n), case.get("d", [1] * n), strict=True)
    pool = ItemPool(
        Item(f"i{i}", "x", case["model"], a, (b,), c, d) for i, (a, b, c, d) in enumerate(rows)
    )
    got = eap(pool, answers(pool, case["answers"]), CATR_GRID)
    assert (got.theta, got.se) == pytest.approx((case["eap"], case["se"]), abs=5e-8)


@pytest.mark.parametrize("case", known("mirt_eap_scores.json")["cases"])
def test_eap_agrees_with_mirt(case: dict[str, Any]) -> None:
    """Oracle: R mirt fscores, as far as the printed parameters allow."""
    pool = ItemPool(
        Item(f"i{i}", "x", case["model"], a, tuple(-x / a for x in d))
        for i, (a, d) in enumerate(zip(case["a"], case["d"], strict=True))
    )
    got = eap(pool, answers(pool, case["categories"]))
    assert (got.theta, got.se) == pytest.approx((case["eap"], case["se"]), abs=case["tolerance"])


def test_no_answer_gives_back_the_prior() -> None:
    for estimate in (eap, map_estimate):
        got = estimate(MIXED, [], prior_mean=0.4, prior_sd=0.8)
        assert (got.theta, got.se) == pytest.approx((0.4, 0.8), abs=1e-6)
        assert got.interval == pytest.approx((0.4 - 1.96 * 0.8, 0.4 + 1.96 * 0.8), abs=1e-3)


def test_posterior_probabilities_agree_with_adaptive_quadrature() -> None:
    responses = answers(MIXED, [1, 0, 2, 3, 1])

    def density(theta: float) -> float:
        p = [
            float(category_probabilities(item, theta)[0] @ response.likelihood)
            for item, response in zip(MIXED, responses, strict=True)
        ]
        return math.prod(p) * float(norm.pdf(theta))

    total = quad(density, -8, 8)[0]
    cuts = (-1.03, -0.27, 0.41, 1.37)
    edges = (-8.0, *cuts, 8.0)
    expected = [quad(density, edges[i], edges[i + 1])[0] / total for i in range(5)]
    got = posterior(MIXED, responses)
    assert got.prob_between(cuts) == pytest.approx(expected, abs=1e-5)
    assert got.mean == pytest.approx(quad(lambda t: t * density(t), -8, 8)[0] / total, abs=1e-7)


def test_a_likelihood_times_a_constant_is_the_same_score() -> None:
    """Certain scores are read from tables, others added up: both give one posterior."""
    sure = answers(MIXED, [1, 0, 2, 3, 1])
    doubled = [Response(one.item, tuple(2.0 * x for x in one.likelihood)) for one in sure]
    got, expected = posterior(MIXED, doubled), posterior(MIXED, sure)
    assert got.mass == pytest.approx(expected.mass, abs=1e-15)
    assert (got.mean, got.sd) == pytest.approx((expected.mean, expected.sd), abs=1e-13)


def test_quantiles_invert_the_probabilities() -> None:
    got = posterior(MIXED, answers(MIXED, [1, 1, 3, 4, 1]))
    for share in (0.001, 0.05, 0.3, 0.5, 0.95, 0.999):
        assert got.prob_below(got.quantile(share)) == pytest.approx(share, abs=1e-8)


def test_map_is_the_mode_and_its_error_that_of_catr() -> None:
    """Oracle: scipy's minimiser; the error is (information + 1 / prior variance)**-0.5."""
    responses = answers(MIXED, [1, 0, 2, 3, 1])

    def loss(theta: float) -> float:
        p = [
            float(category_probabilities(item, theta)[0] @ response.likelihood)
            for item, response in zip(MIXED, responses, strict=True)
        ]
        return -math.fsum(map(math.log, p)) + 0.5 * (theta - 0.3) ** 2 / 1.5**2

    best = minimize_scalar(loss, bounds=(-4, 4), method="bounded", options={"xatol": 1e-10}).x
    got = map_estimate(MIXED, responses, prior_mean=0.3, prior_sd=1.5)
    expected = sum(float(information(item, got.theta)[0]) for item in MIXED)
    assert got.theta == pytest.approx(best, abs=1e-6)
    assert got.se == pytest.approx((expected + 1 / 1.5**2) ** -0.5, rel=1e-9)


def test_a_soft_score_that_says_nothing_changes_nothing() -> None:
    """A likelihood of equal entries carries no information, for the mean and for the mode."""
    blank = [Response(item.id, (0.7,) * item.n_categories) for item in MIXED]
    for estimate in (eap, map_estimate):
        got = estimate(MIXED, blank)
        assert (got.theta, got.se) == pytest.approx((0.0, 1.0), abs=1e-6)


def test_a_doubtful_score_widens_the_posterior() -> None:
    item = MIXED["c"]
    sure = posterior(MIXED, [certain(item, 3)])
    doubtful = posterior(MIXED, [Response("c", (0.05, 0.1, 0.25, 0.6))])
    assert 0.0 < doubtful.mean < sure.mean
    assert sure.sd < doubtful.sd < 1.0


def test_soft_scores_mix_certain_ones_by_their_evidence() -> None:
    """A posterior under a mixed likelihood is the mixture of posteriors, weighted by evidence."""
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    grid = np.linspace(-6, 6, 121)
    prior = np.exp(-0.5 * grid**2)
    p = category_probabilities(MIXED["c"], grid)
    evidence = weights * (prior[:, np.newaxis] * p).sum(axis=0)
    means = [posterior(MIXED, [certain(MIXED["c"], k)]).mean for k in range(4)]
    expected = evidence @ means / evidence.sum()
    got = posterior(MIXED, [Response("c", tuple(weights))])
    assert got.mean == pytest.approx(expected, abs=1e-6)


@given(
    st.tuples(*(st.integers(0, item.n_categories - 1) for item in MIXED)),
    st.permutations(range(5)),
)
def test_order_of_answers_is_irrelevant_to_the_last_bit(
    categories: tuple[int, ...], order: list[int]
) -> None:
    responses = answers(MIXED, list(categories))
    shuffled = [responses[i] for i in order]
    assert (posterior(MIXED, responses).mass == posterior(MIXED, shuffled).mass).all()
    assert map_estimate(MIXED, responses) == map_estimate(MIXED, shuffled)


@given(st.integers(1, 60), st.sampled_from(["top", "bottom"]))
def test_extreme_patterns_stay_within_reason(n: int, end: str) -> None:
    """All top (or bottom) categories of polytomous items, however many."""
    pool = ItemPool(Item(f"i{i:02}", "x", "GRM", 2.0, (-1.0, 0.0, 1.0)) for i in range(n))
    got = eap(pool, answers(pool, [3 if end == "top" else 0] * n))
    mode = map_estimate(pool, answers(pool, [3 if end == "top" else 0] * n))
    sign = 1 if end == "top" else -1
    assert 0.5 < sign * got.theta < 6.0
    assert 0.5 < sign * mode.theta < 6.0
    assert 0.0 < got.se < 1.0


def test_an_unknown_item_is_refused() -> None:
    with pytest.raises(UnknownItemError, match="'z' is not in the pool of 5"):
        eap(MIXED, [Response("z", (0.0, 1.0))])


@pytest.mark.parametrize(
    "likelihood", [(1.0,), (0.0, 1.0, 0.0), (0.0, 0.0), (-1.0, 1.0), (math.nan, 1.0)]
)
def test_a_likelihood_that_does_not_fit_is_refused(likelihood: tuple[float, ...]) -> None:
    with pytest.raises(ResponseError, match="'a'"):
        eap(MIXED, [Response("a", likelihood)])


def test_two_dimensions_are_refused() -> None:
    pool = ItemPool([Item("a", "x", "1PL", 1.0, (0.0,)), Item("b", "y", "1PL", 1.0, (0.0,))])
    with pytest.raises(ResponseError, match=r"\['x', 'y'\]"):
        eap(pool, answers(pool, [0, 1]))
