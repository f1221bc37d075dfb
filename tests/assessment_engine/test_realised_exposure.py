"""Realised exposure by hand, and the rates against those of the report."""

import pytest

from assessment_engine.exposure import Outcome, exposure_report, realised_exposure

DIMENSIONS = {"x1": "x", "x2": "x", "x3": "x", "y1": "y", "y2": "y"}


def outcome(
    items: str,
    x: int = 0,
    y: int = 0,
    withheld: tuple[frozenset[str], ...] = (),
    lifted: frozenset[int] = frozenset(),
) -> Outcome:
    return Outcome({"x": x, "y": y}, frozenset(items.split()), withheld, lifted)


SITTINGS = [
    outcome("x1 x2 y1"),
    outcome("x1 x2 y2", x=1),
    outcome("x1 x3 y1", x=1),
    outcome("x1 x2 y1", y=1),
]


def test_rates_by_hand_with_the_most_exposed_first() -> None:
    got = realised_exposure(DIMENSIONS, SITTINGS)
    assert [(one.item, one.rate) for one in got.items] == [
        ("x1", 1.0),
        ("x2", 0.75),
        ("y1", 0.75),
        ("x3", 0.25),
        ("y2", 0.25),
    ]
    assert (got.n_sittings, got.mean_length, got.unused) == (4, 3.0, 0)


def test_overlap_is_that_of_the_report() -> None:
    """Six pairs share 2, 2, 3, 1, 2 and 2 of three items: 12 of 18."""
    got = realised_exposure(DIMENSIONS, SITTINGS)
    assert got.overlap == pytest.approx(12 / 18)
    report = exposure_report(list(DIMENSIONS), [one.administered for one in SITTINGS])
    assert got.overlap == pytest.approx(report.overlap)
    assert {one.item: one.rate for one in got.items} == report.rates


def test_highest_rate_is_within_the_segment_of_the_items_own_dimension() -> None:
    """x3 was offered to one of the two who ended in 1 of x, y2 to one of three in 0 of y."""
    highest = {one.item: one.highest for one in realised_exposure(DIMENSIONS, SITTINGS).items}
    assert highest == pytest.approx({"x1": 1.0, "x2": 1.0, "x3": 0.5, "y1": 1.0, "y2": 1 / 3})


def test_segments_with_few_sittings_are_left_out() -> None:
    """Two ended in each segment of x; of y three in 0 and one in 1."""
    got = realised_exposure(DIMENSIONS, SITTINGS, least_in_segment=3)
    highest = {one.item: one.highest for one in got.items}
    assert highest["x1"] is None
    assert highest["y1"] == pytest.approx(2 / 3)


def test_withheld_counts_where_the_sitting_ended_and_the_draw_held() -> None:
    drawn = (frozenset({"x1", "y1"}), frozenset({"x2", "y2"}))
    got = realised_exposure(
        DIMENSIONS,
        [
            outcome("x2 y1", x=0, y=1, withheld=drawn),  # x1 and y2 were withheld
            outcome("x1 y1", x=1, y=0, withheld=drawn, lifted=frozenset({0})),  # x2; not y1
        ],
    )
    withheld = {one.item: one.withheld for one in got.items}
    assert withheld == {"x1": 0.5, "x2": 0.5, "x3": 0.0, "y1": 0.0, "y2": 0.5}
    assert got.lifted == 1


def test_only_the_last_sittings_are_compared() -> None:
    got = realised_exposure(DIMENSIONS, [*SITTINGS, outcome("x3 y2")], most_compared=2)
    assert got.n_compared == 2
    assert got.overlap == 0.0
    assert got.n_sittings == 5


def test_items_outside_the_pool_do_not_count() -> None:
    got = realised_exposure({"x1": "x", "x3": "x"}, SITTINGS)
    assert [(one.item, one.rate) for one in got.items] == [("x1", 1.0), ("x3", 0.25)]
    assert got.mean_length == 1.25


def test_fewer_than_two_sittings_have_no_overlap() -> None:
    none = realised_exposure(DIMENSIONS, [])
    assert (none.n_sittings, none.overlap, none.unused) == (0, None, 5)
    assert realised_exposure(DIMENSIONS, SITTINGS[:1]).overlap is None
