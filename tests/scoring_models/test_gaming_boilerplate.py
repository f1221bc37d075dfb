"""Signatures of pasted texts against exact shingle overlap."""

from __future__ import annotations

import numpy as np
import pytest

from scoring_models import GateSettings
from scoring_models.gaming.attacks import GENERIC_SENTENCES, generic_text, paste
from scoring_models.gaming.boilerplate import (
    FEWEST_SHINGLES,
    N_BANDS,
    Index,
    Signature,
    resemblance,
    signature,
)
from scoring_models.gate import judge_pasted


def signed(text: str, prompt: str = "") -> Signature:
    found = signature(text, prompt)
    assert found is not None
    return found


def shingles(text: str) -> set[tuple[str, ...]]:
    found = text.lower().replace(",", "").replace(".", "").split()
    return {tuple(found[i : i + 3]) for i in range(len(found) - 2)}


@pytest.mark.parametrize("seed", range(6))
def test_resemblance_estimates_containment(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = generic_text(90, rng), generic_text(60, rng)
    exact = len(shingles(a) & shingles(b)) / min(len(shingles(a)), len(shingles(b)))
    assert resemblance(signed(a), signed(b)) == pytest.approx(exact, abs=0.2)
    assert resemblance(signed(a), signed(a)) == 1.0


def test_edited_copies_are_found_and_strangers_are_not() -> None:
    rng = np.random.default_rng(4)
    index = Index()
    texts = [" ".join(GENERIC_SENTENCES[i : i + 4]) for i in (0, 4, 8, 12)]
    for i, text in enumerate(texts):
        index.add(str(i), signed(text))
    for i, text in enumerate(texts):
        for _ in range(5):
            assert set(index.alike(signed(paste(text, rng)), 0.6)) == {str(i)}


def test_the_questions_own_runs_are_left_out() -> None:
    prompt = " ".join(GENERIC_SENTENCES[:3])
    assert signature(prompt, prompt) is None
    longer = prompt + " " + GENERIC_SENTENCES[5] + " " + GENERIC_SENTENCES[7]
    assert signed(longer, prompt).n_shingles == len(shingles(longer) - shingles(prompt))


def test_short_texts_have_no_signature() -> None:
    enough = " ".join(f"kata{'abcdefghijklmnopqrstuvwxyz'[i]}" for i in range(FEWEST_SHINGLES + 2))
    assert signature(enough) is not None
    assert signature(enough.rsplit(" ", 1)[0]) is None


def test_a_signature_survives_as_plain_rows() -> None:
    own = signed(GENERIC_SENTENCES[0] + " " + GENERIC_SENTENCES[1])
    read = Signature.from_bytes(own.to_bytes(), own.n_shingles)
    assert read.bands == own.bands
    assert len(own.to_bytes()) == 512
    assert len(set(own.bands)) == N_BANDS
    assert all(0 <= band < 2**63 for band in own.bands)
    assert resemblance(own, read) == 1.0


def test_the_gate_counts_others() -> None:
    settings = GateSettings(max_pasted=0.6)
    assert judge_pasted([0.1, 0.6], settings) == ()
    (reason,) = judge_pasted([0.9, 0.2, 0.7], settings)
    assert reason.code == "boilerplate"
    assert reason.data == {"answers": 2.0, "share": 0.9}
