from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring_models.text import (
    gibberish_share,
    language,
    normalise,
    repetition_share,
    scoped_terms,
    sentences,
    shingle_overlap,
    stem,
    word_count,
)


def test_sentences_are_split_as_people_read_them() -> None:
    text = (
        "Saya lapor ke Dr. Sri lebih dulu. Kenapa? Karena aturannya begitu!\n"
        "1. cek berkas 2. beri kabar; lalu saya tutup loket pukul 15.30."
    )
    assert sentences(text) == (
        "Saya lapor ke Dr. Sri lebih dulu.",
        "Kenapa?",
        "Karena aturannya begitu!",
        "1. cek berkas 2. beri kabar;",
        "lalu saya tutup loket pukul 15.30.",
    )


@given(st.text(max_size=300))
def test_sentences_are_verbatim_and_in_order(text: str) -> None:
    at = 0
    for sentence in sentences(text):
        found = text.find(sentence, at)
        assert found >= at
        at = found + len(sentence)


@given(st.text(max_size=200))
def test_normalise_twice_is_normalise_once(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_words_do_not_include_numbers() -> None:
    assert word_count("Pada 12 Mei 2024, Rp1.500 saya kembalikan ke bu Sri-Rahayu.") == 8


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Saya akan bicara dengan rekan saya sebelum laporan itu dikirim ke atasan.", "id"),
        ("sy lapor dulu krn itu uang negara, klo tdk mau ya sy tetap tdk ttd", "id"),
        ("I would talk to my colleague before the report is sent to the office.", "en"),
        ("Ich würde zuerst mit meinem Kollegen sprechen und dann alles berichten.", "other"),
        ("Kula badhe matur rumiyin dhateng pangarsa supados boten lepat.", "other"),
        ("我会先和同事谈谈，然后报告上级。", "other"),
        ("12345 67890", "other"),
        ("", "other"),
    ],
)
def test_language(text: str, expected: str) -> None:
    assert language(text) == expected


def test_gibberish_is_told_from_hasty_writing() -> None:
    assert gibberish_share("asdfgh qwrtp zxcvbn hjklmn ggggg sdfghj") == 1
    assert gibberish_share("yg pntng sy lapor dgn jujur krn itu kewajiban pns") < 0.2
    assert gibberish_share("Strategi transparansi diterapkan menyeluruh di instansi.") == 0
    assert gibberish_share("... 123") == 1


def test_repetition_counts_said_before() -> None:
    assert repetition_share("saya lapor atasan " * 10) > 0.8
    assert repetition_share("Saya lapor atasan lalu saya beri tahu rekan saya.") == 0


def test_shingle_overlap_of_a_copy_and_of_other_words() -> None:
    source = "Anda mengurus gudang persediaan alat tulis di sebuah dinas kota."
    assert shingle_overlap("mengurus gudang persediaan alat tulis", source) == 1
    assert shingle_overlap("Saya menghitung ulang semua barang lebih dulu", source) == 0
    assert shingle_overlap("", source) == 0


def test_negation_reaches_the_words_after_it_in_the_clause() -> None:
    terms = dict(scoped_terms("Saya tidak melaporkan atasan, tetapi menegur rekan."))
    assert terms["lapor"] == -1
    assert terms["tegur"] == 1
    assert dict(scoped_terms("I report it"))["report"] == 1
    assert dict(scoped_terms("I do not report it"))["report"] == -1


@pytest.mark.parametrize(
    "family",
    [
        ("melaporkan", "dilaporkan", "lapor", "laporan", "pelaporan"),
        ("menyusun", "disusun", "susun", "penyusunan"),
        ("membantu", "dibantu", "bantu", "bantuan"),
        ("mengirim", "dikirim", "kirim"),
    ],
)
def test_affixed_forms_share_most_stems(family: tuple[str, ...]) -> None:
    stems = [stem(word) for word in family]
    assert max(stems.count(s) for s in stems) >= len(family) - 1
