"""Nine boxes against enumeration of all levels, and whatever missing parts turn out to be."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from placement_cases import X_RECORDS, Levels, ProfileOf

from assessment_engine import (
    Aspect,
    Component,
    Placement,
    PlacementPolicy,
    jpm,
    place,
)


def by_enumeration(
    policy: PlacementPolicy, levels: Levels, job_class: str, scores: Mapping[str, float]
) -> dict[str, Any]:
    """Walk through every combination of levels and apply the document's formulas to each."""
    required = policy.required_levels[job_class]
    names = list(levels)
    boxes = dict.fromkeys(range(1, 10), 0.0)
    rows = []
    for combination in product(range(1, 6), repeat=len(names)):
        chosen = dict(zip(names, combination, strict=True))
        probability = float(np.prod([levels[n][k - 1] for n, k in chosen.items()]))
        match = jpm(chosen, required)
        ratings = [
            np.mean([chosen[d] for d in aspect.dimensions])
            if aspect.dimensions
            else scores[aspect.code] / 20
            for aspect in policy.aspects
        ]
        rating = 100 * sum(ratings) / (5 * len(ratings))
        values = {"competence": match, "potential": rating}
        x, y = (
            sum(c.weight * values.get(c.source, scores.get(c.code, 0.0)) for c in axis) / 100
            for axis in (policy.axis_x, policy.axis_y)
        )
        band_x, band_y = (
            sum(bool(total + 1e-9 >= limit) for limit in bands)
            for total, bands in ((x, policy.bands_x), (y, policy.bands_y))
        )
        boxes[policy.boxes[band_y][band_x]] += probability
        rows.append((probability, x, y, match, rating))
    table = np.array(rows)
    means = table[:, 0] @ table[:, 1:]
    sds = np.sqrt(table[:, 0] @ (table[:, 1:] - means) ** 2)
    return {"boxes": boxes, "mean": means, "sd": sds, "table": table}


def small(policy: PlacementPolicy) -> PlacementPolicy:
    """Four competencies of unequal requirement, on both axes, and an aspect from records."""
    return replace(
        policy,
        axis_y=(
            Component("predikat", 70, "record"),
            Component("perilaku", 20, "competence"),
            Component("daya", 10, "potential"),
        ),
        aspects=(
            Aspect("p", ("a", "b", "c")),
            Aspect("q", ("b", "d")),
            Aspect("r"),
        ),
        required_levels={"k": {"a": 2, "b": 3, "c": 5}},
        eligibility={},
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_distribution_is_exact(
    policy: PlacementPolicy, profile_of: ProfileOf, seed: int
) -> None:
    """Against all 625 combinations of levels."""
    random = np.random.default_rng(seed)
    levels = {name: random.dirichlet(np.full(5, 0.7)).tolist() for name in "abcd"}
    scores: dict[str, float] = {
        **{code: float(random.integers(30, 101)) for code in X_RECORDS},
        "predikat": float(random.integers(50, 101)),
        "r": float(random.integers(20, 101)),
    }
    few = small(policy)
    got = place(few, profile_of(levels), "k", scores)
    want = by_enumeration(few, levels, "k", scores)
    assert got.probabilities == pytest.approx(want["boxes"], abs=1e-12)
    assert sum(got.probabilities.values()) == pytest.approx(1.0, abs=1e-12)
    assert got.box == max(want["boxes"], key=want["boxes"].__getitem__)
    assert [got.x.total, got.y.total] == pytest.approx(want["mean"][:2])
    assert [got.x.sd, got.y.sd] == pytest.approx(want["sd"][:2])
    assert [got.match.mean, got.potential.mean] == pytest.approx(want["mean"][2:])
    assert [got.match.sd, got.potential.sd] == pytest.approx(want["sd"][2:])
    assert_shares(got, want["table"])


def assert_shares(got: Placement, table: np.ndarray[Any, Any]) -> None:
    """Categories and central 90 % against the enumerated table."""
    weight, match, rating = table[:, 0], table[:, 3], table[:, 4]
    low, high = match + 1e-9 >= 68, match + 1e-9 >= 80
    assert got.match.filling["memenuhi_syarat"] == pytest.approx(weight @ high, abs=1e-12)
    assert got.match.filling["masih_memenuhi_syarat"] == pytest.approx(
        weight @ (low & ~high), abs=1e-12
    )
    assert got.potential.categories["tinggi"] == pytest.approx(
        weight @ (rating + 1e-9 >= 80), abs=1e-12
    )
    assert got.match.interval is not None
    below, above = got.match.interval
    assert weight @ (match < below - 1e-9) < 0.05 <= weight @ (match < below + 1e-9)
    assert weight @ (match > above + 1e-9) <= 0.05 < weight @ (match > above - 1e-9)


@pytest.mark.parametrize(
    "absent", [("r",), ("predikat",), ("kualifikasi", "r"), ("a",), ("c", "d")]
)
def test_possibilities_hold_whatever_the_missing_parts_turn_out_to_be(
    policy: PlacementPolicy, profile_of: ProfileOf, absent: tuple[str, ...]
) -> None:
    """Fill the gaps at random: each box's probability lies within its bounds."""
    random = np.random.default_rng(3)
    few = small(policy)
    levels = {name: random.dirichlet(np.full(5, 0.7)).tolist() for name in "abcd"}
    scores = {**X_RECORDS, "predikat": 75.0, "r": 60.0}
    open_ = place(
        few,
        profile_of({k: v for k, v in levels.items() if k not in absent}),
        "k",
        {k: v for k, v in scores.items() if k not in absent},
    )
    assert open_.missing
    narrowed = False
    for _ in range(40):
        filled = {
            k: random.dirichlet(np.ones(5)).tolist() if k in absent else v
            for k, v in levels.items()
        }
        told = {k: float(random.uniform(20, 100)) if k in absent else v for k, v in scores.items()}
        full = place(few, profile_of(filled), "k", told)
        assert not full.missing
        assert full.x.total is not None
        assert open_.x.low - 1e-9 <= full.x.total <= open_.x.high + 1e-9
        for box, probability in full.probabilities.items():
            low, high = open_.possibility[box]
            assert low - 1e-9 <= probability <= high + 1e-9
            narrowed = narrowed or high < 1.0
    assert narrowed
