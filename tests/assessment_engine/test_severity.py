"""A scorer's severity, shared by a person's answers, is integrated over."""

from dataclasses import replace

import numpy as np
import pytest

from assessment_engine import (
    Answered,
    Item,
    ItemPool,
    Offered,
    Opened,
    Response,
    Scored,
    posterior,
    responses,
)
from assessment_engine.errors import LogError, ResponseError
from assessment_engine.irt import category_probabilities

POOL = ItemPool(
    [Item(f"t{k}", "x", "GRM", 1.2 + 0.2 * k, (-1.5, -0.5, 0.4, 1.3)) for k in range(3)]
    + [Item("k", "x", "2PL", 1.0, (0.2,))]
)
GRID = np.linspace(-8, 8, 321)
SEVERE = (
    ((0.1, 0.3, 0.4, 0.15, 0.05), (0.2, 0.4, 0.3, 0.08, 0.02), (0.35, 0.4, 0.2, 0.04, 0.01)),
    ((0.05, 0.1, 0.25, 0.35, 0.25), (0.1, 0.2, 0.3, 0.25, 0.15), (0.2, 0.3, 0.3, 0.15, 0.05)),
)
WEIGHTS = np.array([1.0, 4.0, 1.0]) / 6.0


def average(rows: tuple[tuple[float, ...], ...]) -> tuple[float, ...]:
    return tuple((WEIGHTS @ np.array(rows)).tolist())


GIVEN = [Response(f"t{k}", average(rows), rows) for k, rows in enumerate(SEVERE)]


def test_the_posterior_is_the_integral_by_hand() -> None:
    given = [*GIVEN, Response("k", (0.0, 1.0))]
    density = np.exp(-0.5 * GRID**2) * category_probabilities(POOL["k"], GRID)[:, 1]
    curves = [category_probabilities(POOL[f"t{k}"], GRID) for k in range(2)]
    density *= sum(
        weight * (curves[0] @ first) * (curves[1] @ second)
        for weight, first, second in zip(WEIGHTS, *map(np.array, SEVERE), strict=True)
    )
    mass = density / density.sum()
    found = posterior(POOL, given, GRID)
    assert found.mean == pytest.approx(float(mass @ GRID), abs=1e-9)
    assert found.sd == pytest.approx(float(np.sqrt(mass @ (GRID - mass @ GRID) ** 2)), abs=1e-9)
    assert posterior(POOL, given[::-1], GRID).mass.tolist() == found.mass.tolist()


def test_one_answer_is_its_average_and_two_are_less_sure() -> None:
    alone, bare = [GIVEN[0]], [replace(GIVEN[0], severities=())]
    assert posterior(POOL, alone, GRID).mass == pytest.approx(posterior(POOL, bare, GRID).mass)
    shared = posterior(POOL, GIVEN, GRID)
    apart = posterior(POOL, [replace(one, severities=()) for one in GIVEN], GRID)
    assert shared.sd > apart.sd + 0.003


def test_a_score_in_the_log_keeps_its_severities() -> None:
    score = Scored(2.0, 1, GIVEN[0].likelihood, "machine", "", GIVEN[0].severities)
    log = (
        Opened(0.0, "a", "p", ()),
        Offered(0.0, 1, "s", "t0"),
        Answered(1.0, 1, "t0", None, text="..."),
    )
    assert responses((*log, score), POOL) == (GIVEN[0],)
    short = replace(score, severities=((0.5, 0.5),))
    with pytest.raises(LogError, match="item 't0' has 5 categories"):
        responses((*log, short), POOL)


def test_scores_of_different_nodes_do_not_mix() -> None:
    other = replace(GIVEN[1], severities=SEVERE[1][:2])
    with pytest.raises(ResponseError, match=r"scores with \[2, 3\] severities"):
        posterior(POOL, [GIVEN[0], other], GRID)
