"""Eligibility: every reason by itself and together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from assessment_engine import (
    Issuance,
    Placement,
    PlacementPolicy,
    PolicyError,
    Profile,
    eligible,
    place,
    valid_until,
)

RECORDS = {
    "pengembangan_kompetensi": 80.0,
    "pengalaman": 70.0,
    "kualifikasi": 100.0,
    "integritas_moralitas": 100.0,
    "predikat": 80.0,
    "penghargaan": 50.0,
    "tim": 60.0,
    "umpan_balik": 70.0,
}
UNIT = Issuance("BKPP", "A/1", frozenset({"pengawas", "administrator"}), "2029-03-01")
ALL = replace(UNIT, covers=frozenset({"pengawas", "administrator", "jpt_pratama"}))
DAY = "2026-06-01"


@pytest.fixture
def profile(
    competencies: tuple[str, ...],
    profile_of: Callable[[Mapping[str, Sequence[float]]], Profile],
    certain: Callable[[int], tuple[float, ...]],
) -> Profile:
    return profile_of(dict.fromkeys(competencies, certain(3)))


@pytest.fixture
def box_8(policy: PlacementPolicy, profile: Profile) -> Placement:
    return place(policy, profile, "administrator", RECORDS)


def codes(*args: Any) -> list[str]:
    got = eligible(*args)
    assert got.ok == (not got.reasons)
    return [reason.code for reason in got.reasons]


def test_box_8_is_eligible_for_administrator_and_not_for_jpt_pratama(
    policy: PlacementPolicy, box_8: Placement
) -> None:
    assert codes(policy, box_8, "administrator", ALL, DAY) == []
    got = eligible(policy, box_8, "jpt_pratama", ALL, DAY)
    assert [(r.code, dict(r.data)) for r in got.reasons] == [
        ("box_not_eligible", {"boxes": (8,), "allowed": (9,)})
    ]


def test_a_result_outside_the_accreditation_is_internal_mapping(
    policy: PlacementPolicy, box_8: Placement
) -> None:
    narrow = replace(UNIT, covers=frozenset({"pengawas"}))
    got = eligible(policy, box_8, "administrator", narrow, DAY)
    assert [(r.code, dict(r.data)) for r in got.reasons] == [
        (
            "internal_mapping",
            {"unit": "BKPP", "accreditation": "A/1", "covers": ("pengawas",)},
        )
    ]


def test_a_result_may_be_used_through_its_last_day(
    policy: PlacementPolicy, box_8: Placement
) -> None:
    assert codes(policy, box_8, "pengawas", UNIT, "2029-03-01") == []
    got = eligible(policy, box_8, "pengawas", UNIT, "2029-03-02")
    assert [(r.code, dict(r.data)) for r in got.reasons] == [
        ("result_expired", {"valid_until": "2029-03-01", "on": "2029-03-02"})
    ]


def test_a_provisional_placement_is_not_eligible_and_says_what_is_missing(
    policy: PlacementPolicy, profile: Profile
) -> None:
    scores = {k: v for k, v in RECORDS.items() if k != "pengalaman"}
    open_ = place(policy, profile, "administrator", scores)
    got = eligible(policy, open_, "administrator", ALL, DAY)
    assert [(r.code, dict(r.data)) for r in got.reasons] == [
        ("provisional", {"missing": ("pengalaman",)})
    ]
    assert codes(policy, open_, "jpt_pratama", ALL, DAY) == ["provisional", "box_not_eligible"]


def test_a_pending_rating_is_a_reason(policy: PlacementPolicy, profile: Profile) -> None:
    waiting = place(policy, replace(profile, pending=(3,)), "administrator", RECORDS)
    assert codes(policy, waiting, "administrator", ALL, DAY) == ["pending_rating"]


def test_all_reasons_that_hold_are_given(policy: PlacementPolicy, profile: Profile) -> None:
    waiting = place(policy, replace(profile, pending=(3,)), "administrator", {})
    reasons = codes(policy, waiting, "jpt_pratama", UNIT, "2030-01-01")
    assert reasons == ["provisional", "pending_rating", "result_expired", "internal_mapping"]


def test_questions_without_an_answer_are_refused(policy: PlacementPolicy, box_8: Placement) -> None:
    with pytest.raises(PolicyError, match="no eligibility for 'pelaksana'"):
        eligible(policy, box_8, "pelaksana", ALL, DAY)
    with pytest.raises(PolicyError, match="'1 Juni' is no ISO date"):
        eligible(policy, box_8, "pengawas", ALL, "1 Juni")
    with pytest.raises(PolicyError, match="made by policy 'semarang-1'"):
        eligible(replace(policy, version="semarang-2"), box_8, "pengawas", ALL, DAY)


@pytest.mark.parametrize(
    ("issued", "until"), [("2026-06-01", "2029-06-01"), ("2028-02-29", "2031-02-28")]
)
def test_results_are_valid_for_the_policys_years(
    policy: PlacementPolicy, issued: str, until: str
) -> None:
    assert valid_until(policy, issued) == until
