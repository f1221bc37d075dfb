"""Changes keep what an answer says, follow their seed, and hardly move a level."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from item_bank.importing.development import read_development
from scoring_models import PreparedRubric
from scoring_models.evidence import read
from scoring_models.perturb import CHANGES, Change, perturb
from scoring_models.text import words

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

STARTER = Path(__file__).parents[2] / "item_bank" / "starter"
TEXT = (
    "Saya tidak akan menandatangani berita acara itu karena barangnya belum lengkap. Saya lapor ke "
    "atasan, lalu minta rekanan melengkapi dan catat semuanya."
)
AN_ITEM = 8


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_follows_its_seed(change: Change) -> None:
    results = {perturb(TEXT, change, seed=seed) for seed in range(12)}
    assert len(results) > 1
    assert TEXT not in results or change == "typos"
    assert perturb(TEXT, change, seed=3) == perturb(TEXT, change, seed=3)


@pytest.mark.parametrize("change", ["longer", "honorifics"])
def test_what_is_added_leaves_the_answer_whole(change: Change) -> None:
    first, second = TEXT.split(". ", maxsplit=1)
    changed = perturb(TEXT, change, seed=1)
    assert first in changed
    assert second in changed
    assert len(words(changed)) > len(words(TEXT)) + 4


@pytest.mark.parametrize("change", ["chat", "javanese", "sundanese", "betawi", "minang"])
def test_content_words_stay(change: Change) -> None:
    changed = set(words(perturb(TEXT, change, seed=2)))
    assert {"menandatangani", "berita", "acara", "lengkap", "atasan", "rekanan"} <= changed


def test_typos_are_one_key_each() -> None:
    changed = perturb(TEXT * 20, "typos", seed=1)
    pairs = zip(words(TEXT * 20), words(changed), strict=True)
    wrong = [(a, b) for a, b in pairs if a != b]
    assert 5 < len(wrong) < 60
    assert all(abs(len(a) - len(b)) <= 1 for a, b in wrong)


@pytest.mark.parametrize("change", ["typos", "chat", "honorifics"])
def test_levels_hardly_move(
    change: Change, prepared: dict[str, PreparedRubric], encoder: SentenceTransformer
) -> None:
    """Mean absolute movement of the expected level below .25, on answers the heads never saw.

    These heads know three rubrics of eighteen. The other changes need the whole bank to stay below
    the limit; ``benchmarks.scoring_fairness`` measures them there.
    """
    moved: list[float] = []
    for code, rubric in prepared.items():
        texts = [
            one.text
            for one in read_development(STARTER)
            if one.item == code and one.kind in ("natural", "padded", "short")
        ][:AN_ITEM]
        changed = [perturb(text, change, seed=place) for place, text in enumerate(texts)]
        rows = [rubric.head.probabilities(read(own, encoder)) for own in (texts, changed)]
        moved += np.abs((rows[1] - rows[0]) @ np.arange(1, 6)).tolist()
    assert len(moved) == AN_ITEM * len(prepared)
    assert np.mean(moved) < 0.25
