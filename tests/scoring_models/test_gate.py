from __future__ import annotations

import pytest

from scoring_models import GateSettings
from scoring_models.errors import SettingsError
from scoring_models.gate import Measured, judge_ratings, judge_score, judge_text

SETTINGS = GateSettings()
PROMPT = (
    "Anda bertugas di loket perizinan. Seorang pemohon menawarkan uang agar berkasnya didahulukan "
    "sementara antrean masih panjang. Apa yang Anda lakukan, dan mengapa?"
)
ANSWER = (
    "Uang itu saya kembalikan saat itu juga dan saya jelaskan bahwa urutan berkas tidak bisa "
    "dibeli. Sesudahnya saya catat kejadiannya dan melapor kepada kepala seksi, supaya petugas "
    "lain juga tahu apa yang harus dikatakan bila ditawari."
)
GOOD = Measured((0.02, 0.08, 0.7, 0.15, 0.05), shown=0.97, relatedness=0.3)


def codes(text: str, advised: tuple[int, int] | None = None) -> list[str]:
    return [reason.code for reason in judge_text(text, PROMPT, SETTINGS, advised)]


def test_a_plain_answer_passes() -> None:
    assert codes(ANSWER) == []
    assert codes(ANSWER, (30, 100)) == []
    assert judge_score(GOOD, SETTINGS) == ()


@pytest.mark.parametrize("text", ["", "   \n ", "12 34", "!!!"])
def test_empty(text: str) -> None:
    assert codes(text) == ["empty"]


def test_length_follows_the_advice() -> None:
    assert codes(ANSWER, (80, 150)) == ["too_short"]
    assert codes(ANSWER, (5, 10)) == ["too_long"]
    assert codes("Saya kembalikan uang itu dan saya lapor ke atasan.") == ["too_short"]
    reason = judge_text(ANSWER, PROMPT, SETTINGS, (80, 150))[0]
    assert reason.data == {"words": 36, "fewest": 40}


def test_gibberish_and_repetition() -> None:
    assert "gibberish" in codes("asdfg qwrtp zxcvb hjklm " * 8)
    assert "gibberish" in codes("saya akan lapor ke atasan dan " * 8)


def test_language() -> None:
    german = (
        "Ich würde zuerst mit dem Antragsteller sprechen und ihm erklären, dass niemand für "
        "einen besseren Platz bezahlen kann, und danach alles meiner Vorgesetzten berichten."
    )
    assert codes(german) == ["language"]
    english = (
        "I would give the money back at once and explain that nobody can buy a better place, "
        "and after that I would report it to the head of my section in writing."
    )
    assert codes(english) == []


def test_copied_prompt() -> None:
    assert codes(PROMPT) == ["copied_prompt"]
    assert codes(PROMPT[:100] + ". " + ANSWER) == []


def test_off_topic_flat_and_doubtful_scores() -> None:
    def judged(measured: Measured) -> list[str]:
        return [reason.code for reason in judge_score(measured, SETTINGS)]

    assert judged(Measured(GOOD.probabilities, 0.97, relatedness=-4)) == ["off_topic"]
    assert judged(Measured((0.2,) * 5, 0.97, 0.3)) == ["flat"]
    assert judged(Measured((0.5, 0, 0, 0, 0.5), 0.97, 0.3)) == ["flat"]
    assert judged(Measured(GOOD.probabilities, 0.5, 0.3)) == ["unclear_stance"]
    assert judged(Measured((1, 0, 0, 0, 0), 0.01, 0.3)) == []


def test_a_prompt_without_enough_ratings_is_rated_by_people() -> None:
    reason = judge_ratings(0, SETTINGS)[0]
    assert (reason.code, reason.data) == ("low_ratings", {"ratings": 0, "needed": 40})
    assert judge_ratings(39, SETTINGS) != ()
    assert judge_ratings(40, SETTINGS) == ()


def test_settings_decide_and_are_checked() -> None:
    lenient = GateSettings(min_words=0, min_ratings=0)
    assert judge_text("Saya lapor ke atasan saya.", PROMPT, lenient) == ()
    assert judge_ratings(0, lenient) == ()
    with pytest.raises(SettingsError, match="max_entropy is -1"):
        GateSettings(max_entropy=-1)
