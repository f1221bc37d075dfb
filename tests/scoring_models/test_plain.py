"""Chat spelling, regional words and courtesy are read through; behaviour is not read away."""

from __future__ import annotations

import pytest

from scoring_models.plain import plain
from scoring_models.text import scoped_terms
from scoring_models.words import (
    INDONESIAN_FUNCTION_WORDS,
    PARTICLES,
    REGIONAL_WORDS,
    SHORT_FORMS,
)

FORMAL = "Saya tidak akan menandatangani berita acara itu karena barangnya belum lengkap."


@pytest.mark.parametrize(
    "typed",
    [
        "Sy gk akn menandatangani berita acara itu krn barangnya blm lengkap.",
        "Saya mboten badhe menandatangani berita acara niku amargi barangnya dereng lengkap.",
        "Abdi moal menandatangani berita acara eta kusabab barangnya teu acan lengkap.",
        "Aye kagak akan menandatangani berita acara entu lantaran barangnya belon lengkap nih.",
        "Ambo indak akan menandatangani berita acara tu karano barangnya alun lengkap do.",
        "Mohon izin, Bapak/Ibu, saya tidak akan menandatangani berita acara itu karena barangnya "
        "belum lengkap.",
        "Sehubungan dengan hal tersebut di atas, saya tidak akan menandatangani berita acara itu "
        "karena barangnya belum lengkap.",
    ],
)
def test_however_it_is_typed_it_says_the_same(typed: str) -> None:
    assert scoped_terms(plain(typed)) == scoped_terms(FORMAL)


@pytest.mark.parametrize(
    "courtesy",
    [
        "Assalamualaikum, selamat pagi Bapak/Ibu asesor.",
        "Izin menjawab, Bapak dan Ibu penguji yang saya hormati.",
        "Demikian jawaban saya, terima kasih banyak Bapak dan Ibu.",
        "Demikian disampaikan, atas perhatiannya diucapkan terima kasih.",
        "Sekian, mohon maaf bila ada kekurangan.",
        "Matur nuwun, salam hormat.",
    ],
)
def test_courtesy_alone_leaves_nothing(courtesy: str) -> None:
    assert plain(courtesy) == ""


@pytest.mark.parametrize(
    "behaviour",
    [
        "Terima kasih kepada warga saya ucapkan atas laporannya.",
        "Saya sampaikan bahwa berkas TI belum lengkap.",
        "Siap menanggung risiko, saya lapor.",
        "Sebagai abdi negara saya tolak.",
        "Saya minta maaf kepada warga dan mengembalikan uangnya.",
        "Ulah rekanan itu saya laporkan.",
        "Izin usaha itu saya periksa dulu.",
    ],
)
def test_behaviour_is_not_taken_for_courtesy_or_dialect(behaviour: str) -> None:
    assert plain(behaviour) == behaviour


def test_stretched_letters_and_case() -> None:
    assert plain("Bangettt! Gak mau.") == "Banget! Tidak mau."
    assert plain("") == ""


def test_the_lists_do_not_contradict_each_other() -> None:
    assert not set(SHORT_FORMS) & set(REGIONAL_WORDS)
    assert not (set(SHORT_FORMS) | set(REGIONAL_WORDS)) & PARTICLES
    meanings = {word for other in (SHORT_FORMS, REGIONAL_WORDS) for word in other.values()}
    content = {part for word in meanings for part in word.split()} - INDONESIAN_FUNCTION_WORDS
    assert content <= {"benar", "terus", "seorang", "sekarang", "begini", "sama", "kepada"}
