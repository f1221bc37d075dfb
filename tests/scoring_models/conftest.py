"""One encoder and three prepared rubrics of the starter bank for all tests of this folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from scoring_models import (
    PreparedRubric,
    Rubric,
    embed_rubrics,
    encoder_version,
    load_encoder,
    train,
)
from scoring_models.heads import Sample

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

STARTER = Path(__file__).parents[2] / "item_bank" / "starter" / "items"
CODES = {"INT-F1": "integritas", "PLP-F1": "pelayanan_publik", "PRB-F1": "mengelola_perubahan"}


@pytest.fixture(scope="session")
def encoder() -> SentenceTransformer:
    return load_encoder(in_bfloat16=False)  # the same on every processor


@pytest.fixture(scope="session")
def plain() -> SentenceTransformer:
    """The default encoder without its adapter."""
    return load_encoder("plain", in_bfloat16=False)


@pytest.fixture(scope="session")
def items() -> dict[str, dict[str, Any]]:
    """Three free-text items of the starter bank, by code."""
    found = {}
    for code, name in CODES.items():
        bank = yaml.safe_load((STARTER / f"{name}.yaml").read_text(encoding="utf-8"))
        found[code] = next(item for item in bank["items"] if item["code"] == code)
    return found


@pytest.fixture(scope="session")
def rubrics(items: dict[str, dict[str, Any]]) -> dict[str, Rubric]:
    return {code: Rubric.from_mapping(item["rubric"]) for code, item in items.items()}


@pytest.fixture(scope="session")
def samples(rubrics: dict[str, Rubric], encoder: SentenceTransformer) -> list[Sample]:
    """All texts of the three rubrics, embedded once."""
    return embed_rubrics(list(rubrics.values()), encoder)


@pytest.fixture(scope="session")
def prepared(
    rubrics: dict[str, Rubric], samples: list[Sample], encoder: SentenceTransformer
) -> dict[str, PreparedRubric]:
    heads = train(list(rubrics.values()), samples, encoder_version(encoder))
    return dict(zip(rubrics, heads, strict=True))
