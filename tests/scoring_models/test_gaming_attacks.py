"""Attacks are what their names say."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from scoring_models.gaming.attacks import KINDS, VARIANTS, Material, attack, paste
from scoring_models.text import gibberish_share, shingle_overlap, words
from scoring_models.words import INDONESIAN_FUNCTION_WORDS, NEGATORS

MATERIAL = Material(
    answer="Saya kembalikan uang itu dan saya jelaskan bahwa urutan berkas harus sama bagi semua.",
    prompt="Seorang pemohon menawarkan uang agar berkasnya didahulukan. Apa yang Anda lakukan?",
    references=("Menolak uang, menjelaskan aturan antrean, dan melaporkan kepada atasan.",),
    elsewhere=("Minyak bumi berasal dari sisa makhluk hidup.", "Akar serabut menyerap air."),
    vocabulary=(
        *("rumah", "yang", "besar", "di", "tepi", "jalan"),
        *("itu", "milik", "seorang", "guru", "dan", "anaknya"),
    ),
)


def every(kind: str) -> list[str]:
    return [f(MATERIAL, np.random.default_rng(s)) for f in VARIANTS[kind] for s in range(5)]


@pytest.mark.parametrize("kind", KINDS)
def test_seeded(kind: str) -> None:
    first, again, other = (attack(kind, MATERIAL, np.random.default_rng(s)) for s in (1, 1, 2))
    assert first == again
    assert words(first)
    assert kind == "off_topic" or first != other


def test_gibberish_is_no_language() -> None:
    assert np.mean([gibberish_share(text) for text in every("gibberish")]) > 0.5


def test_shuffles_keep_the_words() -> None:
    for text in every("shuffled"):
        assert Counter(words(text)) == Counter(words(MATERIAL.answer))
        assert shingle_overlap(text, MATERIAL.answer, size=3) < 0.34


def test_copies_hold_the_question() -> None:
    for text in every("copied_prompt"):
        assert len(set(words(MATERIAL.prompt)) & set(words(text))) >= 8


def test_stuffing_is_made_of_the_key() -> None:
    key = set(words(MATERIAL.references[0])) - INDONESIAN_FUNCTION_WORDS
    for text in every("keyword_stuffing"):
        assert len(key & set(words(text))) >= 4


def test_salad_is_made_of_real_words() -> None:
    for text in every("word_salad"):
        assert set(text.split()) <= set(MATERIAL.vocabulary)


def test_negated_answers_turn_something() -> None:
    for text in every("negated"):
        turned = set(words(text)) - set(words(MATERIAL.answer))
        assert turned & (NEGATORS | {"bukanlah", "perlu", "berbeda"})


def test_a_pasted_text_stays_mostly_the_same() -> None:
    text = " ".join(MATERIAL.vocabulary * 3)
    copy = paste(text, np.random.default_rng(3))
    assert copy != text
    assert shingle_overlap(copy, text, size=3) > 0.6
