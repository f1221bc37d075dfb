"""The head on three real rubrics of the starter bank, embedded once."""

from __future__ import annotations

import random

import numpy as np
import pytest

from scoring_models import leave_anchors_out, quadratic_weighted_kappa
from scoring_models.errors import SettingsError
from scoring_models.heads import HeadSettings, Sample, _Ridge, leave_out_groups, mix, train_heads

LEVELS = np.arange(1, 6)
SETTINGS = HeadSettings()


def test_left_out_anchors_come_near_their_level(samples: list[Sample]) -> None:
    """Bounds under what the whole bank gives (QWK .83, adjacent .95): here are three rubrics."""
    left_out = leave_anchors_out(samples)
    truth = np.array([anchor.level for anchor in left_out])
    expected = np.array([anchor.anchor_probabilities @ LEVELS for anchor in left_out])
    assert len(left_out) == 45
    assert quadratic_weighted_kappa(np.rint(expected), truth) > 0.6
    assert np.mean(np.abs(np.rint(expected) - truth) <= 1) > 0.8


def test_left_out_negatives_stand_below_their_anchors(samples: list[Sample]) -> None:
    """Level 1 aside, whose anchors are at the bottom anyway."""
    lower = [
        anchor.anchor_probabilities @ LEVELS > anchor.negative_probabilities @ LEVELS
        for anchor in leave_anchors_out(samples)
        if anchor.level > 1
    ]
    assert np.mean(lower) > 0.85


def test_leaving_out_in_closed_form_is_refitting_without() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(12, 3)), rng.normal(size=(12, 2))
    rubrics, target = [0, 1] * 6, rng.normal(size=12)
    target -= target.mean()
    rows = np.array([2, 5, 7])
    (closed,) = _Ridge(features, rubrics, target, (0.5, 0.3)).leave_out([rows])

    kept = np.setdiff1d(np.arange(12), rows)
    kernel = sum(part @ part.T for part in features)
    kernel = kernel * (np.equal.outer(rubrics, rubrics) + 0.5)
    dual = np.linalg.solve(kernel[np.ix_(kept, kept)] + 0.3 * np.eye(9), target[kept])
    assert closed == pytest.approx(kernel[np.ix_(rows, kept)] @ dual)


def test_order_of_texts_changes_nothing(samples: list[Sample]) -> None:
    shuffled = random.Random(11).sample(samples, len(samples))  # noqa: S311 - not for secrets
    readings = [s.reading for s in samples if s.is_answer][:10]
    for one, other in zip(
        train_heads(samples, SETTINGS), train_heads(shuffled, SETTINGS), strict=True
    ):
        assert np.array_equal(one.probabilities(readings), other.probabilities(readings))
        assert one.digest == other.digest


def test_rows_are_distributions_that_differ(samples: list[Sample]) -> None:
    head = train_heads(samples, SETTINGS)[0]
    rows = head.probabilities([s.reading for s in samples if s.is_answer])
    assert rows.sum(axis=1) == pytest.approx(1)
    assert (rows >= 0).all()
    assert np.unique(rows.argmax(axis=1)).size >= 4


def test_polarity_hardly_moves_with_the_number_of_negating_words(samples: list[Sample]) -> None:
    """Among anchors, all of them shown, polarity must not be a count of "tidak"."""
    head = train_heads(samples, SETTINGS)[0]
    anchors = [s.reading for s in samples if s.is_answer and s.shown]
    counts = np.array([min(reading.negators, 5) for reading in anchors])
    stance = head.space.stance(anchors) @ head.space.negation
    assert np.abs(stance).max() < 1e-9
    assert np.corrcoef(counts, head.space.meaning(anchors) @ head.space.negation)[0, 1] > 0.4


def test_groups_hold_an_anchor_and_the_negatives_of_its_level(samples: list[Sample]) -> None:
    on_level = [s for s in samples if s.level is not None]
    groups = leave_out_groups(on_level)
    assert len(groups) == 45
    for rows in groups:
        first, *rest = (on_level[i] for i in rows)
        assert first.shown
        assert len(rest) == 2
        assert {(s.rubric, s.level, s.shown) for s in rest} == {(first.rubric, first.level, False)}


def test_violated_answers_fall_to_level_one_by_hand() -> None:
    about = np.array([[0.1, 0.2, 0.3, 0.2, 0.2]])
    assert mix(about, np.array([0.25]))[0] == pytest.approx([0.775, 0.05, 0.075, 0.05, 0.05])


def test_base_rates_by_hand_and_settings_are_checked() -> None:
    assert HeadSettings().base_rates == pytest.approx((2 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6))
    assert sum(HeadSettings(violated_share=0.3).base_rates) == pytest.approx(1)
    with pytest.raises(SettingsError, match="violated_share"):
        HeadSettings(violated_share=0)
    with pytest.raises(SettingsError, match="level_ridge"):
        HeadSettings(level_ridge=0)
