"""Signs of gaming on small texts of our own."""

from __future__ import annotations

import numpy as np
import pytest

from scoring_models.gaming.order import pairs, tokens, word_class
from scoring_models.gaming.signs import SIGNS, Language, Question, copied, measure

PROMPT = "Seorang pemohon menawarkan uang agar berkasnya didahulukan. Apa yang Anda lakukan?"
KEY = "Saya menolak uang itu, menjelaskan aturan antrean, dan melaporkan kejadiannya kepada atasan."
ANSWER = (
    "Uang itu saya kembalikan saat itu juga dan saya jelaskan bahwa urutan tidak bisa dibeli. "
    "Sesudahnya saya catat kejadiannya dan melapor kepada kepala seksi."
)
TEXTS = (
    "Saya tolak pemberian itu lalu saya jelaskan bahwa semua berkas diproses sesuai urutan.",
    "Saya catat nama pemohon dan melapor kepada kepala seksi saat itu juga.",
    "Uang itu saya kembalikan dan saya minta pemohon menunggu gilirannya seperti yang lain.",
    "Kalau dibiarkan, pemohon lain akan merasa bahwa urutan bisa dibeli, dan itu tidak adil.",
)
LANGUAGE = Language.fit(TEXTS)
QUESTION = Question.of(PROMPT, [KEY])


def signs(text: str) -> dict[str, float]:
    return dict(zip(SIGNS, measure(text, QUESTION, LANGUAGE), strict=True))


def test_one_mark_for_a_stretch_of_punctuation() -> None:
    assert tokens("Ya, (tidak)...!  Lalu") == ["ya", "|", "tidak", "|", "lalu"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("yang", "yang"),
        ("menjelaskan", "me+kan"),
        ("dibeli", "di+i"),
        ("pekerjaan", "pe+an"),
        ("anak-anak", "+2"),
        ("2024", "0"),
    ],
)
def test_class_of_a_word(word: str, expected: str) -> None:
    assert word_class(word) == expected


def test_pairs_of_neighbours() -> None:
    assert pairs(["Saya lapor"]) == {("|", "saya"): 1, ("saya", "lapor"): 1, ("lapor", "|"): 1}


def test_shuffled_words_look_like_their_shuffles() -> None:
    found = list(ANSWER.replace(".", "").split())
    shuffled = " ".join(found[i] for i in np.random.default_rng(1).permutation(len(found)))
    assert signs(ANSWER)["order"] < -2.5
    assert signs(shuffled)["order"] > -2.0
    assert signs(shuffled)["link"] > signs(ANSWER)["link"]


def test_the_same_text_is_always_judged_alike() -> None:
    assert (measure(ANSWER, QUESTION, LANGUAGE) == measure(ANSWER, QUESTION, LANGUAGE)).all()


def test_letters() -> None:
    assert signs("qwrt zxcv hjkl bnmp sdfg")["letters"] > signs(ANSWER)["letters"] + 0.5


def test_copied_with_edits() -> None:
    assert copied(PROMPT, QUESTION) == pytest.approx(1.0)
    assert copied("jadi " + PROMPT.replace("agar", "supaya"), QUESTION) > 0.6
    assert copied(ANSWER, QUESTION) < 0.1
    assert copied("", QUESTION) == 0.0


def test_negation_and_polarity() -> None:
    turned = (
        "Saya tidak menolak uang itu, tidak menjelaskan aturan, dan tidak melaporkan kejadiannya."
    )
    assert signs(turned)["opposed"] > 0.5
    assert signs(KEY)["opposed"] == 0.0
    assert signs(turned)["negated"] == pytest.approx(4 / 12)  # menolak too


def test_bare_content_words() -> None:
    assert signs("pemohon aturan berkas laporan atasan antrean")["bare"] == 1.0
    assert signs(KEY)["bare"] == 0.0


def test_evidence_for_another_question_is_astray_and_apart() -> None:
    about = np.array([-1.0, 4.0, 0.5])
    own = measure(ANSWER, QUESTION, LANGUAGE, about, own=1)
    other = measure(ANSWER, QUESTION, LANGUAGE, about, own=0)
    assert own[SIGNS.index("astray")] == pytest.approx(0.5 - 4.0)
    assert other[SIGNS.index("astray")] == pytest.approx(4.0 + 1.0)
    assert own[SIGNS.index("apart")] == pytest.approx(-4.0)
    assert other[SIGNS.index("apart")] == pytest.approx(1.0)


def test_short_and_empty_texts_have_finite_signs() -> None:
    for text in ("", "ya", "ya benar", "123", "!!!"):
        assert np.isfinite(measure(text, QUESTION, LANGUAGE)).all()
