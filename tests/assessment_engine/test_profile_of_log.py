"""The profile that a log gives."""

import math
from dataclasses import replace

import pytest

from assessment_engine import (
    Answered,
    CutScoreError,
    CutScores,
    Estimation,
    Expired,
    Finished,
    Flagged,
    Item,
    ItemPool,
    Log,
    Offered,
    Opened,
    Response,
    Rules,
    Scored,
    Section,
    eap,
    map_estimate,
    posterior,
    profile,
)
from assessment_engine.profile import level_at

POOL = ItemPool(
    [
        Item("x1", "x", "2PL", 1.5, (-1.0,)),
        Item("x2", "x", "2PL", 1.5, (1.0,)),
        Item("y1", "y", "GRM", 1.5, (-1.0, 0.0, 1.0), kind="free_text"),
        Item("y2", "y", "GRM", 1.5, (-1.0, 0.0, 1.0), kind="free_text"),
    ]
)
RULES = Rules((Section("s", "x", 1, 2, 0.0, 100.0), Section("t", "y", 1, 2, 0.0)))
CUTS: CutScores = {"x": (-1.5, -0.5, 0.5, 1.5), "y": (-1.0, 0.0, 1.0, 2.0)}
LOG: Log = (
    Opened(0.0, "a", "p", ()),
    Offered(0.0, 1, "s", "x1"),
    Answered(10.0, 1, "x1", 1),
    Offered(10.0, 2, "s", "x2"),
    Flagged(12.0, 2, "blur", "left the page"),
    Answered(20.0, 2, "x2", 0),
    Offered(20.0, 3, "t", "y1"),
    Answered(30.0, 3, "y1", None, text="..."),
    Offered(30.0, 4, "t", "y2"),
    Answered(40.0, 4, "y2", None, text="..."),
    Finished(40.0, "completed"),
)
X = [Response("x1", (0.0, 1.0)), Response("x2", (1.0, 0.0))]


def test_a_dimension_without_a_scored_answer_is_absent_and_its_answers_are_pending() -> None:
    got = profile(RULES, POOL, LOG, CUTS)
    assert list(got.dimensions) == ["x"]
    assert got.pending == (3, 4)
    assert got.flags == (LOG[4],)


def test_a_dimension_reads_from_its_posterior() -> None:
    got = profile(RULES, POOL, LOG, CUTS).dimensions["x"]
    density = posterior(POOL, X)
    assert got.ability == eap(POOL, X)
    assert got.level_probabilities == density.prob_between(CUTS["x"])
    assert sum(got.level_probabilities) == pytest.approx(1.0, abs=1e-12)
    assert (got.n_scored, got.n_pending, got.stop_reason) == (2, 0, "length")


def test_level_is_that_of_the_median_and_its_interval_that_of_the_central_ninety() -> None:
    density = posterior(POOL, X)
    got = profile(RULES, POOL, LOG, CUTS).dimensions["x"]

    def level(share: float) -> int:
        return 1 + sum(cut <= density.quantile(share) for cut in CUTS["x"])

    assert got.level == level(0.5)
    assert got.level_interval == (level(0.05), level(0.95))


@pytest.mark.parametrize(
    ("share", "level"), [(0.05, 1), (0.1, 1), (0.11, 2), (0.5, 3), (0.95, 4), (1.0, 5)]
)
def test_level_at_a_share_by_hand(share: float, level: int) -> None:
    assert level_at((0.1, 0.3, 0.4, 0.15, 0.05), share) == level


def test_a_score_brings_the_dimension_in() -> None:
    scored = (*LOG, Scored(60.0, 4, (0.0, 0.1, 0.5, 0.4), "machine"))
    got = profile(RULES, POOL, scored, CUTS)
    assert got.pending == (3,)
    assert got.dimensions["y"].ability == eap(POOL, [Response("y2", (0.0, 0.1, 0.5, 0.4))])
    assert (got.dimensions["y"].n_scored, got.dimensions["y"].n_pending) == (1, 1)


def test_the_rules_method_and_prior_are_used() -> None:
    rules = replace(RULES, estimation=Estimation("MAP", 0.5, 0.9))
    got = profile(rules, POOL, LOG, CUTS).dimensions["x"].ability
    assert got == map_estimate(POOL, X, prior_mean=0.5, prior_sd=0.9)


@pytest.mark.parametrize(
    ("rules", "log", "reason"),
    [
        (RULES, LOG, "length"),
        (RULES, LOG[:6], "length"),
        (RULES, LOG[:4], "in_progress"),
        (RULES, LOG[:3], "in_progress"),
        (RULES, (*LOG[:4], Expired(100.0, 2), Offered(100.0, 3, "t", "y1")), "section_time"),
        (RULES, (*LOG[:3], Finished(10.0, "withdrawn")), "withdrawn"),
        (
            replace(RULES, time_limit=50.0),
            (*LOG[:4], Expired(50.0, 2), Finished(50.0, "total_time")),
            "total_time",
        ),
        (Rules((Section("s", "x", 1, 9, 0.0),)), LOG[:6], "exhausted"),
        (Rules((Section("s", "x", 1, 9, 5.0),)), LOG[:3], "se"),
    ],
)
def test_why_a_section_ended(rules: Rules, log: Log, reason: str) -> None:
    assert profile(rules, POOL, log, CUTS).dimensions["x"].stop_reason == reason


@pytest.mark.parametrize(
    "cuts",
    [
        {"x": (0.0, 0.0, 1.0, 2.0)},
        {"x": (0.0, 1.0, 2.0)},
        {"x": (0.0, 1.0, 2.0, math.inf)},
        {"x": (3.0, 2.0, 1.0, 0.0)},
        {"y": (-1.0, 0.0, 1.0, 2.0)},
    ],
)
def test_cuts_that_do_not_ascend_or_lack_a_dimension_are_refused(cuts: CutScores) -> None:
    with pytest.raises(CutScoreError, match="'x'"):
        profile(RULES, POOL, LOG, cuts)
