from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from scoring_models import (
    adjacent_agreement,
    exact_agreement,
    quadratic_weighted_kappa,
    standardised_mean_difference,
)
from scoring_models.errors import AgreementError

LEVELS = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=2, max_size=40).filter(
    lambda pairs: len({a for a, _ in pairs} | {b for _, b in pairs}) > 1
)


@given(LEVELS)
def test_kappa_agrees_with_sklearn(pairs: list[tuple[int, int]]) -> None:
    a, b = zip(*pairs, strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = cohen_kappa_score(a, b, weights="quadratic", labels=[1, 2, 3, 4, 5])
    assert quadratic_weighted_kappa(a, b) == pytest.approx(oracle, abs=1e-12)


def test_kappa_by_hand() -> None:
    """a = 1 2 3, b = 1 2 2: squared distance 1/3; by chance 2/3 + 2/9 + 1/9 = 1; kappa 2/3."""
    assert quadratic_weighted_kappa([1, 2, 3], [1, 2, 2]) == pytest.approx(2 / 3)


def test_shares_by_hand() -> None:
    a, b = [1, 2, 3, 4, 5], [1, 3, 3, 2, 1]
    assert exact_agreement(a, b) == pytest.approx(0.4)
    assert adjacent_agreement(a, b) == pytest.approx(0.6)


def test_mean_difference_by_hand() -> None:
    """Means 3 and 2, both with sample variance 1."""
    assert standardised_mean_difference([2, 3, 4], [1, 2, 3]) == pytest.approx(1)
    assert standardised_mean_difference([1, 2, 3], [2, 3, 4]) == pytest.approx(-1)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(AgreementError, match=r"\(2,\) and \(3,\)"):
        exact_agreement([1, 2], [1, 2, 3])
    with pytest.raises(AgreementError, match="two or more"):
        adjacent_agreement([1], [1])
    with pytest.raises(AgreementError, match="missing"):
        quadratic_weighted_kappa([1, np.nan], [1, 2])
    with pytest.raises(AgreementError, match="undefined"):
        quadratic_weighted_kappa([3, 3], [3, 3])
    with pytest.raises(AgreementError, match="neither"):
        standardised_mean_difference([3, 3], [4, 4])
