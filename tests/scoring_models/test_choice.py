"""Which answers to rate next."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring_models.choice import farthest_first, level_spread
from scoring_models.errors import ChoiceError


def at(*degrees: float) -> np.ndarray:
    """Points on the unit circle."""
    angles = np.radians(degrees)
    return np.column_stack([np.cos(angles), np.sin(angles)])


def test_the_farthest_from_what_was_rated_comes_first() -> None:
    """From 0: 170 is farthest, then 80 (80 from 0, 90 from 170), then 10, then 5."""
    assert farthest_first(at(10, 80, 170, 5), at(0)) == (2, 1, 0, 3)


def test_without_ratings_the_most_typical_begins() -> None:
    assert farthest_first(at(0, 40, 50, 130), np.empty((0, 2)))[0] == 2


def test_lengths_do_not_matter_and_nothing_gives_nothing() -> None:
    scaled = at(10, 80, 170, 5) * np.array([[9.0], [0.1], [3.0], [1.0]])
    assert farthest_first(scaled, 5 * at(0)) == (2, 1, 0, 3)
    assert farthest_first(np.empty((0, 2)), at(0)) == ()


def test_a_vector_of_no_length_is_refused() -> None:
    with pytest.raises(ChoiceError, match="length 0"):
        farthest_first(np.zeros((1, 2)), at(0))


@given(n=st.integers(1, 12), m=st.integers(0, 4), seed=st.integers(0, 99))
def test_each_answer_stands_once_and_cover_never_worsens(n: int, m: int, seed: int) -> None:
    """Each step takes the candidate that is farthest from all before it."""
    draw = np.random.default_rng(seed)
    points, rated = draw.normal(size=(n, 5)), draw.normal(size=(m, 5))
    order = farthest_first(points, rated)
    assert sorted(order) == list(range(n))
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    known = rated / np.linalg.norm(rated, axis=1, keepdims=True)
    reach = []
    for place, chosen in enumerate(order):
        before = np.vstack([known, unit[list(order[:place])]])
        if len(before):
            distances = 1 - (unit[list(order[place:])] @ before.T).max(axis=1)
            assert distances[0] == pytest.approx(distances.max())
            reach.append(1 - float((before @ unit[chosen]).max()))
    assert all(a >= b - 1e-12 for a, b in pairwise(reach))


def test_spread_by_hand() -> None:
    assert level_spread([0, 0, 1, 0, 0]) == 0
    assert level_spread([0.5, 0, 0, 0, 0.5]) == pytest.approx(2.0)
    assert level_spread([0.2] * 5) == pytest.approx(np.sqrt(2.0))
