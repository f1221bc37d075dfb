"""Evidence for single indicators: probabilities, passages, and what they must follow."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from scoring_models import GateSettings, PreparedRubric, encoder_version, score_answer
from scoring_models.evidence import read
from scoring_models.indicators import (
    FEATURES,
    IndicatorWeights,
    features,
    indicator_evidence,
    sentence_table,
    shipped_weights,
)

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

GOOD = (
    "Saya menulis pengeluaran sesuai kenyataan dan menolak menandatangani angka yang salah. "
    "Cuaca hari itu cerah."
)
BAD = (
    "Saya memakai kuitansi yang tidak sesuai kenyataan dan menandatangani daftar yang salah. "
    "Cuaca hari itu cerah."
)


@pytest.fixture(scope="module")
def found(prepared: dict[str, PreparedRubric], encoder: SentenceTransformer) -> dict[str, Any]:
    readings = read([GOOD, BAD], encoder)
    return {
        name: {one.code: one for one in indicator_evidence(reading, prepared["INT-F1"], encoder)}
        for name, reading in zip(("good", "bad"), readings, strict=True)
    }


def test_shipped_weights_belong_to_the_shipped_adapter(encoder: SentenceTransformer) -> None:
    weights = shipped_weights()
    assert weights.adapter == encoder_version(encoder).adapter
    assert weights.text.shape == (2, len(FEATURES))
    assert weights.levels.shape == (2, 5)


def test_every_indicator_has_proper_probabilities_at_every_level(found: dict[str, Any]) -> None:
    assert list(found["good"]) == ["jujur", "mengingatkan", "saluran_resmi", "akar_masalah"]
    for one in found["good"].values():
        assert len(one.shown) == len(one.violated) == 5
        for shown, violated in zip(one.shown, one.violated, strict=True):
            assert 0 < shown < 1
            assert 0 < violated < 1
            assert shown + violated < 1


def test_higher_levels_show_more_and_violate_less(found: dict[str, Any]) -> None:
    for one in found["good"].values():
        assert one.shown[4] > one.shown[0] + 0.2
        assert one.violated[4] < one.violated[0] - 0.1


def test_what_was_said_outright_is_told_from_its_opposite(found: dict[str, Any]) -> None:
    good, bad = found["good"]["jujur"], found["bad"]["jujur"]
    assert good.shown[1] > bad.shown[1] + 0.05
    assert bad.violated[1] > good.violated[1] + 0.05


def test_the_passage_is_the_nearest_of_the_sentences_that_are_nearest_to_the_indicator(
    prepared: dict[str, PreparedRubric], encoder: SentenceTransformer
) -> None:
    said = (
        "Saya laporkan pengeluaran sesuai kenyataan dan tidak menandatangani angka yang salah.",
        "Rekan saya ajak bicara, saya jelaskan akibatnya dan saya ajak membetulkan laporan.",
        "Kalau ia tidak mau, persoalannya saya bawa ke atasan dan pengelola keuangan.",
    )
    (reading,) = read([" ".join(said)], encoder)
    evidence = indicator_evidence(reading, prepared["INT-F1"], encoder)
    assert [one.passage for one in evidence] == [*said, None]


def test_an_answer_without_words_and_another_encoder_give_no_evidence(
    prepared: dict[str, PreparedRubric], encoder: SentenceTransformer
) -> None:
    empty, said = read(["...", GOOD], encoder)
    one = prepared["INT-F1"]
    assert indicator_evidence(empty, one, encoder) == ()
    other = replace(one, encoder=replace(one.encoder, adapter=None))
    assert indicator_evidence(said, other, encoder) == ()
    assert len(indicator_evidence(said, one, encoder)) == 4


def test_features_are_most_and_least_and_mean_over_sentences(
    prepared: dict[str, PreparedRubric], encoder: SentenceTransformer
) -> None:
    table = np.array([[[0.5, 0.1, 2.0, -1.0]], [[0.2, 0.6, -4.0, 3.0]]])
    row = features(table)[0]
    assert row == pytest.approx([0.5, 0.6, 0.4, -0.4, 2.0, -1.0, 3.0, 1.0])
    real = sentence_table(read([GOOD], encoder)[0], prepared["INT-F1"], encoder)
    assert real.shape == (2, 4, 4)
    # the honest sentence is nearer to honesty than the weather, and read as speaking for it
    assert real[0, 0, 0] > real[1, 0, 0] + 0.2
    assert real[0, 0, 2] > real[0, 0, 3]


def test_a_logit_by_hand() -> None:
    weights = IndicatorWeights(
        "", np.zeros(2), np.ones(2), np.array([[1.0, 0.0], [0.0, 1.0]]), np.zeros((2, 5))
    )
    # logits 1 and 0 against 0
    row = weights.probabilities(weights.effects(np.array([1.0, 0.0])))
    total = math.e + 1 + 1
    assert row.shape == (5, 2)
    assert row[0] == pytest.approx([math.e / total, 1 / total])
    far = weights.probabilities(weights.effects(np.array([900.0, -900.0])))
    assert far[0] == pytest.approx([1.0, 0.0])


def test_scores_carry_the_evidence_and_lifts_that_agree_with_the_weights(
    items: dict[str, dict[str, Any]],
    prepared: dict[str, PreparedRubric],
    encoder: SentenceTransformer,
) -> None:
    stem = items["INT-F1"]["stem"]
    score = score_answer(GOOD, stem, prepared["INT-F1"], encoder, settings=GateSettings())
    assert score.indicators[0].code == "jujur"
    assert score.probabilities is not None
    for passage in score.passages:
        # what the levels were without the sentence
        rest = np.array(score.probabilities) / np.exp(passage.lifts)
        assert rest.sum() == pytest.approx(1)
        moved = (np.array(score.probabilities) - rest) @ np.arange(1, 6)
        assert moved == pytest.approx(passage.weight)
    assert max(score.passages[0].lifts) > 0 > min(score.passages[0].lifts)
    empty = score_answer(" ", stem, prepared["INT-F1"], encoder, settings=GateSettings())
    assert empty.indicators == ()
