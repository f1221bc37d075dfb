"""The gate's check, learnt from three rubrics of the starter bank and a bag of words as encoder."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import yaml

from scoring_models import GamingCheck, PreparedRubric, Rubric
from scoring_models.encoders import EncoderVersion
from scoring_models.errors import SettingsError
from scoring_models.evidence import Reading, read
from scoring_models.gate import judge_gaming
from scoring_models.heads import Head
from scoring_models.perturb import perturb
from scoring_models.text import words

STARTER = Path(__file__).parents[2] / "item_bank" / "starter" / "items"
FILES = ("integritas", "kerja_sama")


class BagOfWords:
    """Vectors in which each word has a fixed random direction."""

    def encode(self, texts: Sequence[str], **_: Any) -> np.ndarray:
        return np.array([self._vector(text) for text in texts])

    def get_embedding_dimension(self) -> int:
        return 64

    def _vector(self, text: str) -> np.ndarray:
        rows = [
            np.random.default_rng(zlib.crc32(word.encode())).normal(size=64) for word in words(text)
        ]
        total = np.sum(rows, axis=0)
        return np.asarray(total / np.linalg.norm(total))


def reading(*texts: str) -> tuple[Reading, ...]:
    return read(list(texts), cast(Any, BagOfWords()))


def items() -> list[dict[str, Any]]:
    found = [
        item
        for name in FILES
        for item in yaml.safe_load((STARTER / f"{name}.yaml").read_text(encoding="utf-8"))["items"]
    ]
    return [item for item in found if item["kind"] == "free_text"]


def prepared(item: dict[str, Any]) -> PreparedRubric:
    rubric = Rubric.from_mapping(item["rubric"])
    texts = [t for level in rubric.levels for t in (*level.anchors, *level.negatives)]
    version = EncoderVersion("bag of words", "0", "")
    return PreparedRubric(rubric, cast(Head, None), reading(*texts), (), version)


@pytest.fixture(scope="module")
def bank() -> list[PreparedRubric]:
    return [prepared(item) for item in items()]


@pytest.fixture(scope="module")
def check(bank: list[PreparedRubric]) -> GamingCheck:
    return GamingCheck.fit(bank, [item["stem"] for item in items()], 0.02)


GENUINE = (
    "Kuitansi dua malam itu tidak saya pakai. Saya bilang baik-baik ke teman saya bahwa laporan "
    "harus sesuai kenyataan, dan kalau ada temuan yang repot kami berdua. Kalau dia tetap tidak "
    "mau mengubah, saya sampaikan ke atasan sebelum daftar itu kami tanda tangani bersama."
)


def codes(check: GamingCheck, bank: list[PreparedRubric], text: str) -> list[str]:
    gamed = check.judge(reading(text)[0], bank[0].rubric.digest)
    return [reason.code for reason in judge_gaming(gamed)]


def test_a_genuine_answer_passes(check: GamingCheck, bank: list[PreparedRubric]) -> None:
    assert codes(check, bank, GENUINE) == []


@pytest.mark.parametrize("seed", range(3))
def test_shuffled(check: GamingCheck, bank: list[PreparedRubric], seed: int) -> None:
    found = GENUINE.split()
    shuffled = " ".join(found[i] for i in np.random.default_rng(seed).permutation(len(found)))
    assert codes(check, bank, shuffled)[0] in {"shuffled", "word_salad", "keyword_stuffing"}


def test_an_answer_to_another_question_is_off_topic(
    check: GamingCheck, bank: list[PreparedRubric]
) -> None:
    for own, prepared_rubric in enumerate(bank):
        said = GENUINE if own else "Uang yang kurang itu saya ganti, lalu loket saya buka lagi."
        found = check.judge(reading(said)[0], prepared_rubric.rubric.digest).finding
        assert (found.flagged and found.kind == "off_topic") == (own > 0), own


def test_careless_typing_is_not_gaming(check: GamingCheck, bank: list[PreparedRubric]) -> None:
    mistyped = GENUINE
    for seed in range(2):
        mistyped = perturb(mistyped, "typos", seed=seed)
    assert sum(a != b for a, b in zip(mistyped.split(), GENUINE.split(), strict=True)) >= 3
    assert codes(check, bank, mistyped) == []


def test_copied_and_gibberish(check: GamingCheck, bank: list[PreparedRubric]) -> None:
    stem = items()[0]["stem"]
    assert codes(check, bank, f"Menurut saya, {stem} Demikian jawaban saya.") == ["copied_prompt"]
    assert codes(check, bank, "qwrtp sdfgh zxcvb lkjhg mnbvc " * 5) == ["gibberish"]


def test_reasons_say_score_and_limit(check: GamingCheck, bank: list[PreparedRubric]) -> None:
    gamed = check.judge(reading("qwrtp sdfgh zxcvb " * 8)[0], bank[0].rubric.digest)
    (reason,) = judge_gaming(gamed)
    assert reason.data["limit"] == check.detector.limit
    assert float(reason.data["score"]) > check.detector.limit


def test_a_bank_of_one_rubric_is_too_small(bank: list[PreparedRubric]) -> None:
    with pytest.raises(SettingsError, match="1 questions"):
        GamingCheck.fit(bank[:1], [items()[0]["stem"]], 0.02)


ENGLISH = (
    "I told my colleague that the receipt has to say one night because that is what we paid. "
    "If he does not want to change it, I will report the matter to my supervisor before we sign "
    "the list, and I will help him to write the report again so that it can be handed in."
)


def test_an_answer_in_english_is_not_gaming(check: GamingCheck, bank: list[PreparedRubric]) -> None:
    assert codes(check, bank, ENGLISH) == []
    found = ENGLISH.split()
    shuffled = " ".join(found[i] for i in np.random.default_rng(2).permutation(len(found)))
    assert codes(check, bank, shuffled) != []


def test_chat_spelling_is_judged_in_its_plain_form(
    check: GamingCheck, bank: list[PreparedRubric]
) -> None:
    chat = perturb(GENUINE, "chat", seed=3)
    assert chat != GENUINE
    spelt, plain = (
        check.judge(reading(text)[0], bank[0].rubric.digest).finding.score
        for text in (chat, GENUINE)
    )
    assert spelt == pytest.approx(plain, abs=0.5)
