"""lz and lz* against PerfIt's numbers, against the calibration's, and their distribution."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from assessment_engine import (
    Answered,
    Estimation,
    Event,
    Item,
    ItemPool,
    Offered,
    Opened,
    Response,
    Rules,
    Scored,
    Section,
    category_probabilities,
    posterior,
)
from assessment_engine.estimators import Method, estimate
from assessment_engine.person_fit import fit_of, person_fit
from assessment_engine.pool import likelihood_of
from calibration.fit import person_fit as fit_of_many
from calibration.parameters import ItemParameters, engine_item

KNOWN = Path(__file__).parents[1] / "known_values"
PERFIT = json.loads((KNOWN / "perfit_lz.json").read_text())
NAMES: dict[str, Method] = {"ML": "ML", "BM": "MAP", "WL": "WLE"}

EVERY_MODEL = tuple(
    parameters
    for place in range(3)
    for parameters in (
        ItemParameters(f"{place}a", "2PL", (1.2,), (0.3 * place,)),
        ItemParameters(f"{place}b", "4PL", (1.5,), (0.4 - 0.3 * place,), c=0.15, d=0.95),
        ItemParameters(f"{place}c", "GRM", (1.4,), (-1.0, 0.1 * place, 1.1)),
        ItemParameters(f"{place}d", "PCM", (1.0,), (0.5, -0.4 * place)),
        ItemParameters(f"{place}e", "NRM", (1.3, -0.8, 0.4), (0.2, -0.3, 0.1 * place)),
    )
)


def certain(pool: ItemPool, categories: list[int]) -> list[Response]:
    return [
        Response(item.id, likelihood_of(item.n_categories, category))
        for item, category in zip(pool, categories, strict=True)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_agreement_with_perfit(name: str) -> None:
    """Oracle: R PerFit, 2PL and 3PL items, abilities by ML, MAP and WLE."""
    rows = zip(PERFIT["a"], PERFIT["b"], PERFIT["c"], strict=True)
    pool = ItemPool(
        Item(f"i{i:02}", "x", "3PL" if c else "2PL", a, (b,), c) for i, (a, b, c) in enumerate(rows)
    )
    for person, pattern in enumerate(PERFIT["answers"]):
        responses = certain(pool, pattern)
        density = posterior(pool, responses, np.linspace(-8, 8, 161))
        theta = estimate(NAMES[name], pool, responses, density).theta
        got = person_fit(pool, responses, theta)
        expected = PERFIT[name]
        assert theta == pytest.approx(expected["theta"][person], abs=2e-6)
        assert got.lz == pytest.approx(expected["lz"][person], abs=1e-5)
        assert got.lz_star == pytest.approx(expected["lz_star"][person], abs=1e-5)
        assert got.p == pytest.approx(norm.cdf(expected["lz_star"][person]), abs=1e-5)


def test_agreement_with_the_calibration_for_every_model() -> None:
    rng = np.random.default_rng(4)
    pool = ItemPool(engine_item(item, "x") for item in EVERY_MODEL)
    categories = np.array(
        [[rng.integers(item.n_categories) for item in EVERY_MODEL] for _ in range(8)]
    )
    theta = rng.normal(size=8)
    expected = fit_of_many(EVERY_MODEL, categories, ability=theta)
    assert expected.persons.tolist() == list(range(8))
    for person in range(8):
        got = person_fit(pool, certain(pool, categories[person].tolist()), theta[person])
        assert got.lz == pytest.approx(expected.lz[person], abs=1e-10)
        assert got.lz_star == pytest.approx(expected.lz_star[person], abs=1e-10)
        assert got.p == pytest.approx(expected.p[person], abs=1e-10)


def test_soft_scores_do_not_count() -> None:
    pool = ItemPool(engine_item(item, "x") for item in EVERY_MODEL)
    responses = certain(pool, [0] * len(pool))
    soft = [*responses[:-1], Response(responses[-1].item, (0.3, 0.1, 0.5, 0.1))]
    assert person_fit(pool, soft, -0.4) == person_fit(pool, responses[:-1], -0.4)
    assert person_fit(pool, soft[-1:], -0.4).reason == "no_certain_score"


def test_one_right_answer_leaves_nothing_to_standardise() -> None:
    pool = ItemPool(engine_item(item, "x") for item in EVERY_MODEL)
    got = person_fit(pool, certain(pool, [1] * len(pool))[:1], 0.2)
    assert (got.n_scored, got.lz_star, got.reason) == (1, None, "too_few_answers")


def test_lz_star_is_about_standard_normal_with_estimated_abilities() -> None:
    """Its spread is right, where that of lz is too small."""
    rng = np.random.default_rng(8)
    pool = ItemPool(
        Item(f"i{i:02}", "x", "GRM", 1.5, (shift - 1.0, shift, shift + 1.0))
        for i, shift in enumerate(np.linspace(-1.0, 1.0, 30))
    )
    fits = []
    for true in rng.normal(size=400):
        p = np.array([category_probabilities(item, true)[0] for item in pool])
        drawn = (rng.random((30, 1)) > np.cumsum(p, axis=1)[:, :-1]).sum(axis=1)
        responses = certain(pool, drawn.tolist())
        density = posterior(pool, responses)
        fits.append(person_fit(pool, responses, estimate("WLE", pool, responses, density).theta))
    found = np.array([fit.lz_star for fit in fits], dtype=float)
    assert found.mean() == pytest.approx(0.0, abs=0.2)
    assert found.std() == pytest.approx(1.0, abs=0.1)
    assert np.array([fit.lz for fit in fits], dtype=float).std() < found.std()


POOL = ItemPool(
    Item(f"{dimension}{i}", dimension, "GRM", 1.5, (-0.8 + 0.1 * i, 0.8 - 0.1 * i))
    for dimension in "xy"
    for i in range(7)
)
RULES = Rules(
    (Section("x", "x", 1, 7, 0.1), Section("y", "y", 1, 7, 0.1)),
    estimation=Estimation(method="MAP"),
)


def log_of(answers: Sequence[tuple[str, int | None]]) -> tuple[Event, ...]:
    events: list[Event] = [Opened(0.0, "a", "s", ())]
    for position, (item, category) in enumerate(answers, start=1):
        events.append(Offered(60.0 * position, position, item[0], item))
        events.append(Answered(60.0 * position + 30.0, position, item, category))
    return tuple(events)


def test_fit_of_a_log_follows_its_answers() -> None:
    answers = [(item.id, (0, 2, 1)[i % 3]) for i, item in enumerate(POOL)]
    seen = [fit_of(log_of(answers[:n]), RULES, POOL) for n in range(len(answers) + 1)]
    assert seen[0].dimensions == {}
    assert seen[0].overall.reason == "no_certain_score"
    assert [fit.overall.n_scored for fit in seen] == list(range(15))
    whole = seen[-1]
    x, y = whole.dimensions["x"], whole.dimensions["y"]
    responses = [Response(item, likelihood_of(3, k or 0)) for item, k in answers[:7]]
    theta = estimate("MAP", POOL, responses, posterior(POOL, responses)).theta
    assert x == person_fit(POOL, responses, theta)
    assert x.lz_star is not None
    assert y.lz_star is not None
    assert whole.overall.lz_star is not None
    between = (x.lz_star + y.lz_star) / math.sqrt(2.0)
    assert whole.overall.lz_star == pytest.approx(between, abs=0.1)


def test_abilities_at_a_fence_have_no_fit() -> None:
    rules = Rules(RULES.sections, estimation=Estimation(method="ML"))  # type: ignore[arg-type]
    got = fit_of(log_of([("x0", 2), ("x1", 2), ("x2", 2)]), rules, POOL)
    assert got.dimensions["x"].reason == got.overall.reason == "ability_at_fence"
    assert got.overall.n_scored == 3


def test_a_pending_answer_counts_once_it_is_scored() -> None:
    answers = [(item.id, 1) for item in POOL][:6]
    waiting = log_of([*answers[:5], (answers[5][0], None)])
    assert fit_of(waiting, RULES, POOL).overall.n_scored == 5
    scored = (*waiting, Scored(900.0, 6, (0.0, 1.0, 0.0), "human"))
    assert fit_of(scored, RULES, POOL) == fit_of(log_of(answers), RULES, POOL)


def test_contradictory_answers_fit_worse_than_orderly_ones() -> None:
    pool = ItemPool(Item(f"i{i:02}", "x", "2PL", 1.6, ((i - 10) / 4,)) for i in range(21))
    orderly = certain(pool, [int(i < 10) for i in range(21)])
    reversed_ = certain(pool, [int(i > 10) for i in range(21)])
    good, bad = (person_fit(pool, one, 0.0) for one in (orderly, reversed_))
    assert good.p is not None
    assert bad.p is not None
    assert good.p > 0.5
    assert bad.p < 1e-6
