"""The detector on simulated signs: its false alarms, what it catches, what it refuses."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from scoring_models.errors import SettingsError
from scoring_models.gaming.detector import KINDS_OF_SIGNS, Detector
from scoring_models.gaming.signs import SIGNS

FloatArray = npt.NDArray[np.float64]


def genuine(n: int, seed: int, shift: float = 0.0) -> tuple[FloatArray, FloatArray, list[str]]:
    """Signs that fall with length, as those of order do, and questions with levels of their own."""
    rng = np.random.default_rng(seed)
    n_words = rng.integers(5, 150, n).astype(float)
    own = rng.integers(12, size=n)
    level = shift + 0.5 * np.random.default_rng(99).normal(size=12)[own]
    signs = rng.normal(size=(n, len(SIGNS))) - np.log(n_words)[:, None] + level[:, None]
    return signs, n_words, [f"q{i}" for i in own]


def test_false_alarms_on_new_answers() -> None:
    detector = Detector.fit(*genuine(1200, 1))
    signs, n_words, _ = genuine(2000, 2)
    rate = float(np.mean(detector.scores(signs, n_words) > detector.limit))
    assert 0.008 < rate < 0.035


def test_length_matters() -> None:
    """A value that is usual for five words is unusual for a hundred."""
    detector = Detector.fit(*genuine(1200, 1))
    value = np.full(len(SIGNS), -np.log(5) + 0.5)
    assert not detector.judge(value, 5).flagged
    assert detector.judge(value, 140).flagged


@pytest.mark.parametrize(("kind", "own"), list(KINDS_OF_SIGNS.items()))
def test_the_kind_is_that_of_the_greatest_sign(kind: str, own: tuple[str, ...]) -> None:
    detector = Detector.fit(*genuine(1200, 1))
    value = np.full(len(SIGNS), -np.log(30.0))
    for sign in own:
        value[SIGNS.index(sign)] += 12
    assert detector.judge(value, 30).kind == kind
    assert detector.judge(value, 30).score > detector.judge(value * 0 - np.log(30.0), 30).score


def test_other_answers_take_off_what_is_peculiar_to_a_question() -> None:
    detector = Detector.fit(*genuine(1200, 1), centred=True)
    signs, n_words, _ = genuine(400, 3, shift=2.5)
    offset = detector.offset(signs[:20], n_words[:20])
    alone = np.array([sign in ("letters", "copied") for sign in SIGNS])
    assert (offset[alone] == 0).all()
    assert (offset[~alone] > 1).all()
    signs[:, alone] -= 2.5
    with_peers = np.mean(detector.scores(signs[20:], n_words[20:], offset) > detector.limit)
    without = np.mean(detector.scores(signs[20:], n_words[20:]) > detector.limit)
    assert with_peers < 0.25
    assert without > 0.6
    assert (detector.offset(signs[:0], n_words[:0]) == 0).all()


def test_slack_forgives_what_spreads_wider_than_what_was_learnt_from() -> None:
    slack = np.where(np.arange(len(SIGNS)) < 3, 2.0, 1.0)
    signs, n_words, _ = genuine(2000, 2)
    usual = -np.log(n_words)[:, None]
    signs[:, :3] = usual + 2 * (signs[:, :3] - usual)
    strict, lenient = Detector.fit(*genuine(1200, 1)), Detector.fit(*genuine(1200, 1), slack=slack)
    alarms = [np.mean(d.scores(signs, n_words) > d.limit) for d in (strict, lenient)]
    assert alarms[0] > 0.1
    assert 0.008 < alarms[1] < 0.035


def test_it_can_be_written_and_read() -> None:
    detector = Detector.fit(*genuine(300, 1))
    read = Detector.from_mapping(detector.as_mapping())
    signs, n_words, _ = genuine(50, 2)
    assert read.scores(signs, n_words) == pytest.approx(detector.scores(signs, n_words), abs=0.05)
    with pytest.raises(SettingsError, match="expected"):
        Detector.from_mapping({**detector.as_mapping(), "signs": ["order"]})


def test_too_little_to_learn_from() -> None:
    signs, n_words, names = genuine(39, 1)
    with pytest.raises(SettingsError, match="39 answers"):
        Detector.fit(signs, n_words, names)
    signs, n_words, _ = genuine(100, 1)
    with pytest.raises(SettingsError, match="1 questions"):
        Detector.fit(signs, n_words, ["one"] * 100)
