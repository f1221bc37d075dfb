"""Changes keep what an answer says, follow their seed, and hardly move a level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from item_bank.importing.development import read_development
from scoring_models import PreparedRubric, Rubric, load_encoder, prepare_bank
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
AN_ITEM = 3
UNLISTED = ("banjar", "makassar")
"""On no list of the scorer: ``benchmarks.scoring_fairness`` says what such a language costs."""
Bank = dict[str, PreparedRubric]


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


@pytest.fixture(scope="module")
def quick() -> SentenceTransformer:
    return load_encoder()


@pytest.fixture(scope="module")
def bank(quick: SentenceTransformer) -> Bank:
    """The whole starter bank, prepared as a scoring worker does."""
    items = [
        item
        for path in sorted((STARTER / "items").glob("*.yaml"))
        for item in yaml.safe_load(path.read_text(encoding="utf-8"))["items"]
        if item["kind"] == "free_text" and not item.get("practice")
    ]
    rubrics = [Rubric.from_mapping(item["rubric"]) for item in items]
    prepared = prepare_bank(rubrics, quick)
    return {item["code"]: one for item, one in zip(items, prepared, strict=True)}


@pytest.fixture(scope="module")
def answers() -> list[tuple[str, str]]:
    """Items and answers to them that the heads never saw, some of each item."""
    taken: Counter[str] = Counter()
    found = []
    for one in read_development(STARTER):
        if one.kind in ("natural", "padded", "short") and taken[one.item] < AN_ITEM:
            taken[one.item] += 1
            found.append((one.item, one.text))
    return found


def expected_levels(
    texts: Sequence[str], items: Sequence[str], bank: Bank, encoder: SentenceTransformer
) -> NDArray[np.float64]:
    rows = [
        bank[item].head.probabilities([reading])[0]
        for item, reading in zip(items, read(texts, encoder), strict=True)
    ]
    return np.array(rows) @ np.arange(1, 6)


@pytest.fixture(scope="module")
def before(
    bank: Bank, answers: list[tuple[str, str]], quick: SentenceTransformer
) -> NDArray[np.float64]:
    items, texts = zip(*answers, strict=True)
    return expected_levels(texts, items, bank, quick)


@pytest.mark.parametrize("change", [one for one in CHANGES if one not in UNLISTED])
def test_levels_hardly_move(
    change: Change,
    bank: Bank,
    answers: list[tuple[str, str]],
    before: NDArray[np.float64],
    quick: SentenceTransformer,
) -> None:
    """Mean absolute movement of the expected level below .25, on answers the heads never saw."""
    items, texts = zip(*answers, strict=True)
    assert len(texts) == AN_ITEM * len(bank)
    changed = [perturb(text, change, seed=place) for place, text in enumerate(texts)]
    moved = np.abs(expected_levels(changed, items, bank, quick) - before)
    assert 0 < np.mean(moved) < 0.25
    assert np.std(before) > 0.5  # levels that never differ would not move either
