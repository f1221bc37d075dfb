"""Nine boxes, job person match and potential, by hand."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from placement_cases import RECORDS, X_RECORDS, Certain, ProfileOf

from assessment_engine import (
    Aspect,
    Category,
    Component,
    PlacementPolicy,
    PolicyError,
    Profile,
    category_of,
    jpm,
    performance_predicate,
    performance_score,
    person_job_match,
    place,
    potential,
)


@pytest.fixture
def level_three(competencies: tuple[str, ...], profile_of: ProfileOf, certain: Certain) -> Profile:
    """One who surely has level 3 in all nine competencies."""
    return profile_of(dict.fromkeys(competencies, certain(3)))


def test_a_certain_profile_by_hand(policy: PlacementPolicy, level_three: Profile) -> None:
    """X = 20 + 8 + 7 + 25 x .6 + 20 + 15 = 85, Y = 48 + 7.5 + 9 + 7 = 71.5: box 8."""
    got = place(policy, level_three, "administrator", RECORDS)
    assert got.x.total == pytest.approx(85.0)
    assert got.y.total == pytest.approx(71.5)
    assert got.box == 8
    assert got.probabilities[8] == pytest.approx(1.0)
    assert got.possible == (8,)
    assert not got.provisional
    assert got.missing == ()
    assert {c.code: c.value for c in got.x.components} == pytest.approx(
        {"kompetensi": 100.0, "potensi": 60.0, **X_RECORDS}
    )
    assert got.match.filling["memenuhi_syarat"] == pytest.approx(1.0)
    assert got.match.mapping["optimal"] == pytest.approx(1.0)
    assert got.potential.mean == pytest.approx(60.0)
    assert got.potential.categories["menengah"] == pytest.approx(1.0)
    assert got.policy_version == "semarang-1"


@pytest.mark.parametrize(
    ("x", "y", "box"),
    [
        (0.0, 0.0, 1),
        (0.0, 60.0, 2),
        (60.0, 59.99, 3),
        (59.99, 80.0, 4),
        (79.99, 79.99, 5),
        (80.0, 0.0, 6),
        (60.0, 100.0, 7),
        (100.0, 60.0, 8),
        (80.0, 80.0, 9),
    ],
)
def test_every_box_and_its_limits(policy: PlacementPolicy, x: float, y: float, box: int) -> None:
    plain = replace(
        policy, axis_x=(Component("x", 100, "record"),), axis_y=(Component("y", 100, "record"),)
    )
    assert place(plain, Profile({}), "pengawas", {"x": x, "y": y}).box == box


def test_an_assessment_alone_gives_at_most_45_points_and_rules_no_box_out(
    policy: PlacementPolicy, competencies: tuple[str, ...], profile_of: ProfileOf, certain: Certain
) -> None:
    best = profile_of(dict.fromkeys(competencies, certain(5)))
    got = place(policy, best, "jpt_madya", {})
    assert (got.x.low, got.x.high) == pytest.approx((45.0, 100.0))
    assert (got.y.low, got.y.high) == pytest.approx((0.0, 100.0))
    assert got.x.total is None
    assert got.box is None
    assert got.provisional
    assert got.possible == tuple(range(1, 10))
    assert set(got.missing) == set(RECORDS)
    assert got.probabilities == {}


def test_missing_is_never_zero(policy: PlacementPolicy, level_three: Profile) -> None:
    """Without experience X lies in 78-88, and without the 360-degree feedback Y in 64.5-74.5."""
    scores = {k: v for k, v in RECORDS.items() if k not in ("pengalaman", "umpan_balik")}
    got = place(policy, level_three, "administrator", scores)
    assert (got.x.low, got.x.high) == pytest.approx((78.0, 88.0))
    assert (got.y.low, got.y.high) == pytest.approx((64.5, 74.5))
    assert got.missing == ("pengalaman", "umpan_balik")
    assert got.possible == (5, 8)
    assert got.possibility[5] == pytest.approx((0.0, 1.0))
    assert got.possibility[9] == (0.0, 0.0)
    assert got.y.bands[1] == pytest.approx((1.0, 1.0))
    zero = place(policy, level_three, "administrator", {**RECORDS, "pengalaman": 0.0})
    assert zero.missing == ()
    assert zero.box == 5


def test_an_unmeasured_dimension_is_named_and_bounded(
    policy: PlacementPolicy, competencies: tuple[str, ...], profile_of: ProfileOf, certain: Certain
) -> None:
    """Without Perekat Bangsa: JPM between 25/27 and 27/27, the aspect interpersonal 2 to 4."""
    known = profile_of({c: certain(3) for c in competencies if c != "perekat_bangsa"})
    got = place(policy, known, "administrator", RECORDS)
    parts = {c.code: c for c in got.x.components}
    assert got.missing == ("kompetensi", "potensi")
    assert parts["kompetensi"].missing == ("perekat_bangsa",)
    assert parts["kompetensi"].value is None
    assert (parts["kompetensi"].low, parts["kompetensi"].high) == pytest.approx((2500 / 27, 100))
    assert parts["potensi"].missing == ("interpersonal",)
    assert (parts["potensi"].low, parts["potensi"].high) == pytest.approx((57.5, 62.5))
    assert got.box is None
    assert got.match.mean is None
    assert got.match.missing == ("perekat_bangsa",)
    assert got.potential.mean is None
    assert got.possible == (8,)


def test_pending_ratings_keep_the_box_open(policy: PlacementPolicy, level_three: Profile) -> None:
    got = place(policy, replace(level_three, pending=(4,)), "administrator", RECORDS)
    assert got.pending
    assert got.provisional
    assert got.box is None
    assert got.probabilities[8] == pytest.approx(1.0)


def test_a_total_exactly_on_a_limit_reaches_the_band(
    policy: PlacementPolicy, profile_of: ProfileOf, certain: Certain
) -> None:
    """20 x 100/3 / 100 + ... = 80 exactly, which binary fractions miss: 6.66... + 73.33..."""
    exact = replace(
        policy,
        axis_x=(Component("k", 20, "competence"), Component("r", 80, "record")),
        required_levels={"c": {"a": 3}},
        eligibility={},
        aspects=(),
        axis_y=(Component("y", 100, "record"),),
    )
    profile = profile_of({"a": certain(1)})
    for score in (100 * (80 - 20 / 3) / 80, 91.66666667):
        got = place(exact, profile, "c", {"r": score, "y": 100.0})
        assert got.box == 9
    assert place(exact, profile, "c", {"r": 91.66, "y": 100.0}).box == 7


def test_equally_probable_boxes_give_the_lower(
    policy: PlacementPolicy, profile_of: ProfileOf
) -> None:
    plain = replace(
        policy,
        axis_x=(Component("k", 100, "competence"),),
        axis_y=(Component("y", 100, "record"),),
        required_levels={"c": {"a": 5}},
        eligibility={},
    )
    got = place(plain, profile_of({"a": (0.0, 0.0, 0.5, 0.5, 0.0)}), "c", {"y": 90.0})
    assert got.probabilities[7] == got.probabilities[9] == 0.5
    assert got.box == 7


@pytest.mark.parametrize(
    ("levels", "required", "expected"),
    [
        ({"a": 3, "b": 3}, {"a": 3, "b": 3}, 100.0),
        ({"a": 5, "b": 1}, {"a": 3, "b": 3}, 400 / 6),
        ({"a": 1, "b": 1, "c": 5}, {"a": 4, "b": 4}, 25.0),
    ],
)
def test_job_person_match_by_hand(
    levels: dict[str, int], required: dict[str, int], expected: float
) -> None:
    """100 x sum(min(level, required)) / sum(required): surplus does not make up for want."""
    assert jpm(levels, required) == pytest.approx(expected)


def test_a_missing_level_is_no_low_level() -> None:
    with pytest.raises(PolicyError, match=r"\['b'\]"):
        jpm({"a": 3}, {"a": 3, "b": 3})


def test_gaps_name_level_requirement_and_probability(
    policy: PlacementPolicy, profile_of: ProfileOf
) -> None:
    got = person_job_match(
        policy, profile_of({"integritas": (0.1, 0.2, 0.4, 0.2, 0.1)}), "administrator"
    )
    gap = got.gaps[0]
    assert (gap.dimension, gap.required, gap.level) == ("integritas", 3, 3)
    assert gap.probability_met == pytest.approx(0.7)
    assert got.gaps[1].level is None
    assert got.gaps[1].probability_met is None
    assert len(got.missing) == 8


def test_potential_by_hand(policy: PlacementPolicy, profile_of: ProfileOf) -> None:
    """One aspect of two uncertain dimensions: levels 2-4 and 3-5, 16 of 40 points and so on."""
    one = replace(policy, aspects=(Aspect("p", ("a", "b")), Aspect("q")), eligibility={})
    levels = {"a": (0.0, 0.5, 0.0, 0.5, 0.0), "b": (0.0, 0.0, 0.5, 0.0, 0.5)}
    got = potential(one, profile_of(levels), {"q": 80.0})
    # p: 2.5, 3.5, 3.5, 4.5; with q = 4: 65, 75, 75, 85 of 100
    assert got.mean == pytest.approx(75.0)
    assert got.sd == pytest.approx(np.sqrt(50))
    assert got.categories == pytest.approx({"rendah": 0.0, "menengah": 0.75, "tinggi": 0.25})
    assert got.aspects[0].rating == pytest.approx(3.5)
    assert got.aspects[0].sd == pytest.approx(np.sqrt(0.5))
    missing = potential(one, profile_of(levels), {})
    assert (missing.mean, missing.missing) == (None, ("q",))
    # q between 1 and 5 points of 10, p 3.5 on average
    plain = replace(one, required_levels={"c": {"a": 1}})
    parts = {c.code: c for c in place(plain, profile_of(levels), "c", {}).x.components}
    assert parts["potensi"].value is None
    assert (parts["potensi"].low, parts["potensi"].high) == pytest.approx((45.0, 85.0))
    with pytest.raises(PolicyError, match="'q' has score 10"):
        potential(one, profile_of(levels), {"q": 10.0})


def test_predicates_by_the_document(policy: PlacementPolicy) -> None:
    expected = {
        ("di_atas", "di_atas"): 100,
        ("sesuai", "di_atas"): 80,
        ("di_bawah", "sesuai"): 60,
        ("di_atas", "di_bawah"): 40,
        ("di_bawah", "di_bawah"): 20,
    }
    for pair, score in expected.items():
        assert performance_score(policy, performance_predicate(policy, *pair)) == score
    with pytest.raises(PolicyError, match="'di_tengah'"):
        performance_predicate(policy, "di_tengah", "sesuai")
    with pytest.raises(PolicyError, match="'hebat'"):
        performance_score(policy, "hebat")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (0.0, "kurang_optimal"),
        (77.99, "kurang_optimal"),
        (78.0, "cukup_optimal"),
        (90.0, "optimal"),
    ],
)
def test_categories_begin_at_their_minimum(
    policy: PlacementPolicy, value: float, code: str
) -> None:
    assert category_of(policy.jpm_mapping, value) == code


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ({"penghargan": 50.0}, "penghargan"),
        ({"kompetensi": 50.0}, "kompetensi"),
        ({"penghargaan": 101.0}, "expected 0 to 100"),
        ({"penghargaan": float("nan")}, "expected 0 to 100"),
    ],
)
def test_unknown_or_impossible_scores_are_refused(
    policy: PlacementPolicy, level_three: Profile, scores: dict[str, float], message: str
) -> None:
    with pytest.raises(PolicyError, match=message):
        place(policy, level_three, "administrator", scores)


def test_an_unknown_class_is_refused(policy: PlacementPolicy, level_three: Profile) -> None:
    with pytest.raises(PolicyError, match="'walikota'"):
        place(policy, level_three, "walikota", RECORDS)


def test_level_probabilities_must_add_up(
    policy: PlacementPolicy, competencies: tuple[str, ...], profile_of: ProfileOf
) -> None:
    wrong = profile_of(dict.fromkeys(competencies, (0.2, 0.2, 0.2, 0.2, 0.1)))
    with pytest.raises(PolicyError, match="add up to 1"):
        place(policy, wrong, "administrator", RECORDS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"axis_x": (Component("a", 90, "record"),)}, "add up to 90"),
        ({"axis_y": (Component("a", 150, "record"), Component("b", -50, "record"))}, "exceed 0"),
        ({"axis_y": (Component("kualifikasi", 100, "record"),)}, "repeat"),
        ({"bands_x": (80.0, 60.0)}, "ascending"),
        ({"boxes": ((1, 1, 6), (2, 5, 8), (4, 7, 9))}, "different numbers"),
        ({"box_names": {1: "a"}}, "box_names"),
        ({"recommendations": {}}, "recommendations"),
        ({"jpm_filling": (Category("a", 10),)}, "from 0"),
        ({"potential_categories": (Category("a", 0), Category("b", 0))}, "from 0"),
        ({"predicate_scores": {}}, "no score"),
        ({"predicates": {}, "predicate_scores": {"a": 101}}, "within 0-100"),
        ({"required_levels": {"c": {"a": 6}}}, "expected 1 to 5"),
        ({"required_levels": {}}, "empty"),
        ({"eligibility": {"pengawas": frozenset({10})}}, "names boxes"),
        ({"aspects": ()}, "no aspects"),
        ({"validity_years": 0}, "validity_years"),
    ],
)
def test_a_contradictory_policy_is_refused(
    policy: PlacementPolicy, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(PolicyError, match=message):
        replace(policy, **change)
