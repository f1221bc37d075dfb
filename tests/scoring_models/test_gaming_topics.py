"""Which question an answer speaks of: against scikit-learn's discriminants, and on small texts."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from scoring_models.gaming.topics import Topics

BRIBE = (
    "Uang pemohon saya tolak dan saya kembalikan saat itu juga.",
    "Saya melaporkan pemberian uang itu kepada atasan.",
    "Pemohon saya minta menunggu, uangnya saya kembalikan.",
)
FLOOD = (
    "Warga yang rumahnya terendam banjir saya ungsikan ke sekolah.",
    "Saya menghubungi posko banjir dan mencatat warga yang mengungsi.",
    "Dapur umum untuk warga terdampak banjir saya siapkan di sekolah.",
)
MANGO = ("Acara panen mangga di kebun dinas saya tata bersama penyuluh pertanian.",) * 2
NO_VECTOR = np.zeros(4)


def by_stems(*questions: tuple[str, ...]) -> Topics:
    return Topics.of(questions, [np.zeros((len(texts), 4)) for texts in questions])


def apart_by(flood: tuple[str, ...], answer: str) -> float:
    bribe, other = by_stems(BRIBE, flood).evidence(answer, NO_VECTOR)
    return float(other - bribe)


def test_stems_tell_the_question() -> None:
    topics = by_stems(BRIBE, FLOOD, MANGO)
    assert topics.evidence("Uang itu saya tolak, pemohonnya saya layani.", NO_VECTOR).argmax() == 0
    assert topics.evidence("Warga saya ungsikan karena banjir.", NO_VECTOR).argmax() == 1


def test_unknown_words_speak_for_no_question() -> None:
    for text in ("", "zzz qqq", "dan yang itu"):
        assert by_stems(BRIBE, FLOOD).evidence(text, NO_VECTOR) == pytest.approx([0, 0])


def test_a_stem_of_one_text_says_little() -> None:
    once = (*FLOOD, "Mangga dicalik heula sadayana.")
    twice = (*once, "Heula mangga linggih.")
    answer = "Mangga heula."
    assert 0 < apart_by(once, answer) < 0.2
    assert apart_by(twice, answer) > 3 * apart_by(once, answer)


def test_vectors_give_the_log_odds_of_shrunk_discriminants() -> None:
    rng = np.random.default_rng(1)
    rows = [rng.normal(size=(12, 6)) + 2 * rng.normal(size=6) for _ in range(3)]
    topics = Topics.of([[""] * 12] * 3, rows)
    new = rng.normal(size=(5, 6))
    found = 10 * np.array([topics.evidence("", row) for row in new])

    units = [block / np.linalg.norm(block, axis=1, keepdims=True) for block in rows]
    stacked, question = np.vstack(units), np.repeat([0, 1, 2], 12)
    within = np.vstack([block - block.mean(axis=0) for block in units])

    # their discriminants, told the covariance: divisor n - k, shrunk to a sphere
    class Shrunk:
        def fit(self, _class: np.ndarray) -> None:
            plain = within.T @ within / (len(stacked) - 3)
            self.covariance_ = 0.4 * plain + 0.6 * np.trace(plain) / 6 * np.eye(6)

    theirs = LinearDiscriminantAnalysis(
        solver="lsqr", covariance_estimator=Shrunk(), priors=[1 / 3] * 3
    ).fit(stacked, question)
    expected = theirs.decision_function(new / np.linalg.norm(new, axis=1, keepdims=True))
    apart = found - found.mean(axis=1, keepdims=True)
    assert apart == pytest.approx(expected - expected.mean(axis=1, keepdims=True), abs=1e-9)


@pytest.mark.parametrize("place", [0, 2])
def test_a_text_is_judged_as_if_it_had_not_been_seen(place: int) -> None:
    rng = np.random.default_rng(2)
    rows = [rng.normal(size=(len(texts), 4)) for texts in (BRIBE, FLOOD)]
    own = Topics.of([BRIBE, FLOOD], rows).evidence_of(0, place)
    kept = [i for i in range(3) if i != place]
    without = Topics.of([[BRIBE[i] for i in kept], FLOOD], [rows[0][kept], rows[1]])
    later = without.evidence(BRIBE[place], rows[0][place])
    # stems alone are the same to the digit; of the vectors scale and centre stay as they were
    stems = by_stems(BRIBE, FLOOD).evidence_of(0, place)
    apart = by_stems(tuple(BRIBE[i] for i in kept), FLOOD)
    assert stems == pytest.approx(apart.evidence(BRIBE[place], NO_VECTOR))
    assert own - stems == pytest.approx(later - stems, abs=0.2)


def test_the_only_text_of_a_question_leaves_nothing_of_it() -> None:
    topics = by_stems(BRIBE, FLOOD[:1])
    assert topics.evidence_of(1, 0)[1] <= 0
