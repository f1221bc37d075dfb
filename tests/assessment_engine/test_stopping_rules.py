"""Stopping rules: against catIrt, catR and mirtCAT, by their definitions, and as a section asks."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessment_engine import (
    Answered,
    Item,
    ItemPool,
    Log,
    Offered,
    Opened,
    Response,
    Rules,
    RulesError,
    Section,
    posterior,
)
from assessment_engine.density import Posterior
from assessment_engine.pool import likelihood_of
from assessment_engine.sitting import read
from assessment_engine.stopping import (
    REASONS,
    Answers,
    Evidence,
    Prospect,
    category_of_ability,
    confidence_interval,
    expected_variances,
    glr,
    most_information,
    outlook,
    predicted_reduction,
    prospects_elsewhere,
    remaining_information,
    rule_reason,
    sprt,
)
from assessment_engine.stopping_rules import (
    AbilityChange,
    Axis,
    BandRisk,
    ConfidenceInterval,
    Glr,
    Levels,
    Linear,
    MinimumInformation,
    PredictedReduction,
    Sprt,
    StandardError,
    StoppingRule,
    about_stopping,
)

KNOWN = json.loads(
    (Path(__file__).parents[1] / "known_values" / "catirt_stopping.json").read_text()
)
GRID = np.linspace(-6.0, 6.0, 241)
PL = [
    Item(f"p{i:02}", "x", "3PL" if c else "2PL", a, (b,), c)
    for i, (a, b, c) in enumerate(KNOWN["pl"])
]
GRM = [Item(f"g{i:02}", "x", "GRM", a, tuple(b)) for i, (a, *b) in enumerate(KNOWN["grm"])]
POOL = ItemPool([*PL, *GRM])
ITEMS = POOL.dimensions["x"]
ALL_RULES: tuple[StoppingRule, ...] = (
    StandardError(0.35),
    MinimumInformation(0.4),
    PredictedReduction(0.35, 0.015, 0.025),
    AbilityChange(0.05),
    Sprt((-0.5, 0.8), 0.3),
    Glr((-0.5, 0.8), 0.3),
    ConfidenceInterval((-0.5, 0.8)),
    BandRisk(0.05, Axis((-0.5, 0.8), (Linear("x"),))),
)


def answered(items: Sequence[Item], categories: Sequence[int]) -> tuple[Response, ...]:
    return tuple(
        Response(item.id, likelihood_of(item.n_categories, int(k)))
        for item, k in zip(items, categories, strict=False)
    )


def estimate(responses: tuple[Response, ...]) -> tuple[float, float]:
    density = posterior(POOL, responses, GRID)
    return density.mean, density.sd


def evidence(responses: tuple[Response, ...], **changes: object) -> Evidence:
    density = posterior(POOL, responses, GRID)
    given_ids = {response.item for response in responses}
    free = np.array([item.id not in given_ids for item in ITEMS.items])
    made = Evidence(
        "x", ITEMS, responses, density, density.mean, density.sd, len(responses), 0, 30, True,
        lambda: free, estimate,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("case", KNOWN["classification"])
def test_likelihood_ratios_agree_with_catirt(case: dict[str, object]) -> None:
    """Oracle: termSPRT and termGLR of catIrt, whose net of abilities for GLR has steps of .01."""
    items = PL if case["model"] == "3PL" else GRM
    answers = Answers(ITEMS, answered(items, case["answers"]))  # type: ignore[arg-type]
    at = (tuple(case["cuts"]), case["delta"], case["alpha"], case["beta"])  # type: ignore[arg-type]
    fixed, best = sprt(answers, Sprt(*at)), glr(answers, Glr(*at))  # type: ignore[arg-type]
    assert fixed.ratios == pytest.approx(case["sprt"], abs=1e-10)
    assert best.ratios == pytest.approx(case["glr"], abs=2e-4)
    assert (fixed.category, best.category) == (case["sprt_category"], case["glr_category"])


@pytest.mark.parametrize("case", KNOWN["stops"])
def test_interval_rule_agrees_with_catr_and_mirtcat(case: dict[str, float]) -> None:
    rule = ConfidenceInterval((case["cut"],), 1.0 - case["alpha"])
    category = confidence_interval(case["theta"], case["se"], rule)
    assert (category is not None) == case["catr"] == case["mirtcat"]
    if category is not None:
        assert category == (case["theta"] >= case["cut"])


@pytest.mark.parametrize("case", KNOWN["stops"])
def test_most_information_agrees_with_catr(case: dict[str, float]) -> None:
    last = np.array([item.id in {one.id for one in PL[14:]} for item in ITEMS.items])
    expected = case["most_information"]
    assert most_information(ITEMS, last, case["theta"]) == pytest.approx(expected, abs=1e-10)
    state = evidence(answered(PL, [1]), theta=case["theta"], eligible=lambda: last)
    assert rule_reason((MinimumInformation(expected - 1e-6),), state) is None
    assert rule_reason((MinimumInformation(expected + 1e-6),), state) == "minimum_information"


@pytest.mark.parametrize("case", KNOWN["predicted"])
def test_predicted_reduction_agrees_with_enumeration(case: dict[str, object]) -> None:
    """Oracle: R integrates the posterior after each answer to each item."""
    responses = answered(PL, case["answers"])  # type: ignore[arg-type]
    density = posterior(POOL, responses, GRID)
    names = {PL[i - 1].id for i in case["items"]}  # type: ignore[attr-defined]
    eligible = np.array([item.id in names for item in ITEMS.items])
    got = expected_variances(ITEMS, density)[eligible]
    assert got == pytest.approx(case["expected_variances"], abs=1e-7)
    reduction = predicted_reduction(ITEMS, eligible, density)
    assert reduction == pytest.approx(case["reduction"], abs=1e-7)


def test_predicted_reduction_of_polytomous_items_by_enumeration() -> None:
    density = posterior(POOL, answered(GRM, [2, 4]), GRID)
    item = GRM[7]
    variances = expected_variances(ITEMS, density)
    total = 0.0
    for category in range(item.n_categories):
        after = posterior(POOL, [*answered(GRM, [2, 4]), *answered([item], [category])], GRID)
        p = ITEMS.probabilities(GRID)[ITEMS.local[item.id], category]
        total += float(density.mass @ p) * after.sd**2
    assert variances[ITEMS.local[item.id]] == pytest.approx(total, abs=1e-10)


def test_pser_stops_early_where_nothing_pays_and_late_where_much_does() -> None:
    state = evidence(answered(PL, [1, 0, 1, 0, 1]))
    gain = predicted_reduction(ITEMS, state.eligible(), state.density)
    before, after = state.se - 0.01, state.se + 0.01  # target not reached, target reached

    def reason(target: float, hypo: float, hyper: float) -> str | None:
        return rule_reason((PredictedReduction(target, hypo, hyper),), state)

    assert reason(before, gain - 1e-4, gain + 1e-4) is None
    assert reason(before, gain + 1e-4, gain + 2e-4) == "predicted_reduction"
    assert reason(after, gain - 1e-4, gain + 1e-4) == "predicted_reduction"
    assert reason(after, gain - 2e-4, gain - 1e-4) is None


def test_ability_change_needs_every_one_of_the_last_steps() -> None:
    responses = answered(PL, [1, 0, 1, 1, 0, 1])
    thetas = [estimate(responses[:n])[0] for n in range(len(responses) + 1)]
    changes = [abs(b - a) for a, b in pairwise(thetas)]
    for steps in (1, 2, 3):
        most = max(changes[-steps:])
        state = evidence(responses)
        assert rule_reason((AbilityChange(most + 1e-6, steps),), state) == "ability_change"
        assert rule_reason((AbilityChange(most - 1e-6, steps),), state) is None
    assert rule_reason((AbilityChange(9.0, 7),), evidence(responses)) is None


def test_several_cuts_are_decided_by_both_neighbours() -> None:
    """Eggen (1999): the middle category needs both tests."""
    answers = Answers(ITEMS, answered(GRM, [2] * 16))
    wide = sprt(answers, Sprt((-3.0, 3.0), 0.5))
    assert wide.category == 1
    assert wide.ratios[0] >= math.log(0.95 / 0.05)
    assert wide.ratios[1] <= math.log(0.05 / 0.95)
    assert sprt(answers, Sprt((-3.0, 0.0), 0.01)).category is None


def test_soft_score_of_one_category_is_the_certain_score_and_doubt_weakens_it() -> None:
    rule, certain = Sprt((0.0,), 0.2), answered(GRM, [4, 4, 3, 4])
    sure = sprt(Answers(ITEMS, certain), rule).ratios[0]
    scaled = tuple(
        Response(one.item, tuple(3.0 * value for value in one.likelihood)) for one in certain
    )
    assert sprt(Answers(ITEMS, scaled), rule).ratios[0] == pytest.approx(sure, abs=1e-10)
    doubtful = tuple(Response(one.item, (0.05, 0.1, 0.15, 0.3, 0.4)) for one in certain)
    assert 0.0 < sprt(Answers(ITEMS, doubtful), rule).ratios[0] < sure
    best = [glr(Answers(ITEMS, one), Glr((0.0,), 0.2)).ratios[0] for one in (doubtful, certain)]
    assert 0.0 < best[0] < best[1]


def test_error_rates_of_the_probability_ratio_test_hold() -> None:
    """Wald: at cut -/+ delta the wrong decision has at most the rate alpha / (1 - beta)."""
    random = np.random.default_rng(5)
    items = [Item(f"r{i:03}", "x", "2PL", 1.5, (0.0,)) for i in range(200)]
    pool = ItemPool(items).dimensions["x"]
    rule, wrong = Sprt((0.0,), 0.25, 0.1, 0.1), 0
    per_item = [sprt(Answers(pool, answered(items[:1], [k])), rule).ratios[0] for k in (0, 1)]
    for _ in range(400):
        steps = np.array(per_item)[(random.random(200) < 1 / (1 + math.exp(0.375))).astype(int)]
        path = np.cumsum(steps)
        ends = np.flatnonzero(np.abs(path) >= math.log(9.0))
        wrong += bool(ends.size and path[ends[0]] > 0)
    assert 0.02 < wrong / 400 < 0.14


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=16),
    st.randoms(use_true_random=False),
)
def test_order_of_answers_changes_no_rule_but_change(categories: list[int], random: object) -> None:
    responses = answered(GRM, categories)
    shuffled = list(responses)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for rule in ALL_RULES:
        if not isinstance(rule, AbilityChange):
            first = rule_reason((rule,), evidence(responses))
            assert rule_reason((rule,), evidence(tuple(shuffled))) == first


LAX: tuple[StoppingRule, ...] = (
    StandardError(9.0),
    MinimumInformation(99.0),
    PredictedReduction(0.1, 9.0, 9.0),
    AbilityChange(99.0),
    Sprt((5.0,), 0.9, 0.45, 0.45),
    Glr((5.0,), 0.9, 0.45, 0.45),
    ConfidenceInterval((5.0,), 0.5),
    BandRisk(0.49, Axis((5.0,), (Linear("x"),))),
)


@pytest.mark.parametrize("rule", LAX, ids=lambda rule: type(rule).__name__)
def test_no_rule_speaks_before_minimum_and_quotas_or_on_a_prior(rule: StoppingRule) -> None:
    responses = answered(PL, [1, 0, 0])
    code = REASONS[type(rule)]
    assert rule_reason((rule,), evidence(responses, min_items=3)) == code
    assert rule_reason((rule,), evidence(responses, min_items=4)) is None
    assert rule_reason((rule,), evidence(responses, minima_met=False)) is None
    assert rule_reason((rule,), evidence((), n_items=3)) is None


def test_any_rule_stops_and_the_first_gives_the_reason() -> None:
    state = evidence(answered(PL, [1, 0, 0]))
    never = StandardError(0.01)
    assert rule_reason((), state) is None
    assert rule_reason((never, ConfidenceInterval((5.0,))), state) == "confidence_interval"
    assert rule_reason((StandardError(9.0), ConfidenceInterval((5.0,))), state) == "se"


@pytest.mark.parametrize("category", [0, 4])
def test_extreme_answers_keep_everything_finite(category: int) -> None:
    responses = answered(GRM, [category] * 16)
    answers = Answers(ITEMS, responses)
    assert all(map(math.isfinite, sprt(answers, Sprt((-6.0, 6.0), 0.5)).ratios))
    assert all(map(math.isfinite, glr(answers, Glr((-7.0, 7.0), 0.5)).ratios))
    state = evidence(responses)
    seen = outlook(BandRisk(0.05, Axis((-0.5, 0.8), (Linear("x"),))), state)
    assert 0.0 <= seen.risk <= 1e-3
    assert seen.band == (2 if category else 0)
    for rule in ALL_RULES:
        assert rule_reason((rule,), state) in {None, REASONS[type(rule)]}


@given(st.floats(-3, 3), st.floats(0.05, 1.0), st.floats(0.55, 0.95))
def test_wider_intervals_decide_later(theta: float, se: float, level: float) -> None:
    narrow = confidence_interval(theta, se, ConfidenceInterval((-0.5, 0.8), level))
    wide = confidence_interval(theta, se, ConfidenceInterval((-0.5, 0.8), level + 0.04))
    assert wide is None or narrow == wide == category_of_ability(theta, (-0.5, 0.8))
    if wide is None and narrow is not None:
        reach = NormalDist().inv_cdf(0.5 * (1.0 + level + 0.04)) * se
        assert min(abs(theta + 0.5), abs(theta - 0.8)) < reach


def check(rules: tuple[StoppingRule, ...]) -> list[str]:
    return [problem for holds, problem in about_stopping(rules) if not holds]


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        (StandardError(0.0), "target"),
        (MinimumInformation(-1.0), "least"),
        (PredictedReduction(0.3, 0.03, 0.01), "hypo"),
        (AbilityChange(0.1, 0), "steps"),
        (ConfidenceInterval((1.0, 0.0)), "ascending"),
        (ConfidenceInterval((0.0,), 1.0), "level"),
        (Sprt((), 0.1), "cuts"),
        (Sprt((0.0,), 0.0), "delta"),
        (Glr((0.0,), 0.1, 0.6, 0.6), "alpha"),
        (Glr((0.0,), 0.1, low=2.0, high=1.0), "low"),
        (BandRisk(0.5), "risk"),
        (BandRisk(0.1, Axis((1.0,), ())), "no contribution"),
        (BandRisk(0.1, Axis((1.0,), (Linear("x", 0.0),))), "slope"),
        (BandRisk(0.1, Axis((1.0,), (Linear("x"), Linear("x")))), "repeat"),
        (BandRisk(0.1, Axis((1.0,), (Levels("x", (0.0,), (2.0, 1.0)),))), "descend"),
        (BandRisk(0.1, Axis((1.0,), (Linear("x"),), 0.0, -1.0)), "rest_sd"),
    ],
)
def test_bad_rules_are_named(rule: StoppingRule, word: str) -> None:
    problems = check((rule,))
    assert len(problems) == 1
    assert word in problems[0]
    assert problems[0].startswith(type(rule).__name__)


def test_good_rules_pass_and_contradictory_ones_are_named() -> None:
    assert check(tuple(rule for rule in ALL_RULES if not isinstance(rule, StandardError))) == []
    assert "keep one" in check((StandardError(0.3), PredictedReduction(0.3, 0.01, 0.03)))[0]
    assert "repeat" in check((StandardError(0.3), StandardError(0.2)))[0]


def test_nine_box_stopping_without_an_axis_ends_nothing() -> None:
    state = evidence(answered(PL, [1]))
    assert rule_reason((BandRisk(0.05),), state) is None
    with pytest.raises(RulesError, match="no axis"):
        outlook(BandRisk(0.05), state)
    brought = replace(state, axis=Axis((5.0,), (Linear("x"),)))
    assert rule_reason((BandRisk(0.05),), brought) == "band_risk"


def test_later_sections_count_as_questions_that_remain() -> None:
    """The band is open while a later section can still move it, whatever this section knows."""
    others = [Item(f"y{i:02}", "y", "2PL", 1.5, (0.2 * i - 2.0,)) for i in range(20)]
    pool = ItemPool([*GRM, *others])
    rules = Rules(
        (Section("s", "x", 2, 4, 0.1), Section("t", "y", 2, 15, 0.1), Section("u", "x", 0, 3, 0.1))
    )
    log: Log = (Opened(0.0, "a", pool.digest, ()),)
    for position, item in enumerate(GRM[:4], start=1):
        offer = Offered(0.0, position, "s", item.id)
        log = (*log, offer, Answered(0.0, position, item.id, 3))
    responses = answered(GRM, [3] * 4)

    def density_of(dimension: str) -> Posterior:
        return posterior(pool, responses if dimension == "x" else (), GRID)

    def at(index: int) -> dict[str, Prospect]:
        return prospects_elsewhere(rules, pool, read(log), index, density_of)

    first, second, third = at(0), at(1), at(2)
    free = np.array([item not in GRM[:4] for item in pool.dimensions["x"].items])
    more = remaining_information(pool.dimensions["x"], free, 3, density_of("x"))
    assert [one["x"].information for one in (first, second)] == pytest.approx([more, more])
    assert first["y"].information > 3.0 > third["x"].information
    assert (second["y"].information, third["x"].information) == (0.0, 0.0)

    axis = Axis((0.0,), (Linear("x"), Linear("y")))
    state = evidence(responses, n_items=4, max_items=4, items=pool.dimensions["x"])
    state = replace(state, eligible=lambda: free, elsewhere=lambda _: (first, None))
    alone = replace(state, elsewhere=lambda _: (third, None))
    assert outlook(BandRisk(0.05, axis), state).risk > 0.05
    assert outlook(BandRisk(0.05, axis), alone).risk == 0.0
    with pytest.raises(RulesError, match="'y'"):
        outlook(BandRisk(0.05, axis), evidence(responses))
