"""A packed weight file as a sentence-transformers module.

Only the encoder layers are unpacked (85 MB in single precision). The embedding table, which would
take 384 MB, stays packed and mapped: the rows of a text are unpacked when the text is read.
Everything but that table can be trained.

This file imports torch; import it only inside functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from sentence_transformers.base.modules.input_module import InputModule
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from scoring_models.encoders.unigram import UnigramTokenizer
from scoring_models.encoders.weights import Shape, WeightFile, read_weights, unpack

MAX_TOKENS = 4096
"""Tokens that go through the layers at once: some 100 MB."""

_LAYER_NAMES = {
    "attention.self.query": "q",
    "attention.self.key": "k",
    "attention.self.value": "v",
    "attention.output.dense": "ao",
    "attention.output.LayerNorm": "aln",
    "intermediate.dense": "fi",
    "output.dense": "fo",
    "output.LayerNorm": "oln",
}


class PackedEmbedding(nn.Module):
    """Embedding table that stays in 4-bit blocks; frozen."""

    def __init__(self, blocks: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
        super().__init__()
        self._blocks = blocks

    def forward(self, input_ids: Tensor) -> Tensor:
        """Return the rows of ``input_ids``, shape ``(*input_ids.shape, hidden)``."""
        ids, place = np.unique(input_ids.cpu().numpy(), return_inverse=True)
        rows = torch.from_numpy(unpack(self._blocks[ids]))
        return rows[torch.from_numpy(place.reshape(input_ids.shape))].to(input_ids.device)


class PackedTransformer(InputModule):
    """BERT read from a packed weight file, with its unigram tokenizer.

    ``in_bfloat16`` multiplies matrices in bfloat16: near twice as fast where the processor has
    instructions for it, cosines to single precision above .9999; embeddings are in single precision
    either way.
    """

    config_keys = ["weights", "max_seq_length", "in_bfloat16"]  # noqa: RUF012 - so by the base class

    def __init__(
        self, weights: str, max_seq_length: int | None = None, in_bfloat16: bool = False
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        file = read_weights(Path(weights))
        self.weights = weights
        self.max_seq_length = min(max_seq_length or file.shape.positions, file.shape.positions)
        self.tokens = UnigramTokenizer.shared(Path(weights), file.vocabulary)
        self.pad_id = file.vocabulary.pad
        self.bert = _bert(file)
        self.in_bfloat16 = in_bfloat16

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **_: Any
    ) -> dict[str, Tensor]:
        """Tokenize texts, padded to the longest of them."""
        texts = self._prepend_prompt(list(inputs), prompt) if prompt else list(inputs)
        kept = [self._clip(self.tokens.encode(text)) for text in texts]
        width = max(map(len, kept), default=0)
        ids = torch.full((len(kept), width), self.pad_id, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, values in enumerate(kept):
            ids[row, : len(values)] = torch.tensor(values)
            mask[row, : len(values)] = 1
        return {"input_ids": ids, "attention_mask": mask}

    def forward(self, features: dict[str, Tensor], **_: Any) -> dict[str, Tensor]:
        """Add ``token_embeddings``, shape ``(texts, tokens, hidden)``.

        Texts of like length go together, a few thousand tokens at once, so that neither padding
        nor a batch of long texts costs time or memory.
        """
        ids, mask = features["input_ids"], features["attention_mask"]
        lengths = mask.sum(dim=1)
        parts, places = [], []
        for rows in _portions(lengths.tolist()):
            width = int(lengths[rows].max())
            with torch.autocast("cpu", torch.bfloat16, enabled=self.in_bfloat16):
                part = self.bert(input_ids=ids[rows, :width], attention_mask=mask[rows, :width])
            padding = (0, 0, 0, ids.shape[1] - width)
            parts.append(nn.functional.pad(part.last_hidden_state.float(), padding))
            places += rows
        order = torch.argsort(torch.tensor(places, device=ids.device))
        features["token_embeddings"] = torch.cat(parts)[order]
        return features

    def get_embedding_dimension(self) -> int:
        """Return the length of an embedding."""
        return int(self.bert.config.hidden_size)

    def save(self, output_path: str, *_: Any, safe_serialization: bool = True, **__: Any) -> None:
        """Write the trained layers and the name of the packed file; the table is not copied."""
        self.save_config(output_path)
        self.save_torch_weights(output_path, safe_serialization=safe_serialization)

    @classmethod
    def load(  # type: ignore[override]
        cls, model_name_or_path: str, subfolder: str = "", **_: Any
    ) -> Self:
        """Read what ``save`` wrote, from a folder."""
        config = cls.load_config(model_name_or_path, subfolder=subfolder, local_files_only=True)
        module = cls(**config)
        cls.load_torch_weights(model_name_or_path, subfolder=subfolder, model=module)
        return module

    def _clip(self, ids: list[int]) -> list[int]:
        if len(ids) <= self.max_seq_length:
            return ids
        return [*ids[: self.max_seq_length - 1], ids[-1]]


def _portions(lengths: Sequence[int]) -> list[list[int]]:
    """Split rows into portions of like length whose padded tokens stay within ``MAX_TOKENS``."""
    portions: list[list[int]] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if portions and (len(portions[-1]) + 1) * lengths[row] <= MAX_TOKENS:
            portions[-1].append(row)
        else:
            portions.append([row])
    return portions


def _bert(file: WeightFile) -> BertModel:
    shape = file.shape
    config = BertConfig(
        vocab_size=1,  # the table is replaced below
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.feed_forward,
        max_position_embeddings=shape.positions,
        type_vocab_size=shape.types,
        layer_norm_eps=shape.epsilon,
        hidden_act="gelu",
        pad_token_id=None,
    )
    with torch.device("meta"):
        bert = BertModel(config, add_pooling_layer=False)
    table = PackedEmbedding(file.blocks("emb.word", shape.vocabulary, shape.hidden))
    bert.embeddings.word_embeddings = table  # type: ignore[assignment]
    positions = torch.arange(shape.positions).unsqueeze(0)
    bert.embeddings.register_buffer("position_ids", positions, persistent=False)
    types = torch.zeros_like(positions)
    bert.embeddings.register_buffer("token_type_ids", types, persistent=False)
    state = {name: torch.from_numpy(value) for name, value in _state(file).items()}
    bert.load_state_dict(state, assign=True)
    bert.train(mode=False)
    return bert


def _state(file: WeightFile) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
    shape, hidden = file.shape, file.shape.hidden
    state = {
        "embeddings.position_embeddings.weight": file.vector("emb.pos", shape.positions, hidden),
        "embeddings.token_type_embeddings.weight": _type_rows(file),
        "embeddings.LayerNorm.weight": file.vector("emb.ln.w", hidden),
        "embeddings.LayerNorm.bias": file.vector("emb.ln.b", hidden),
    }
    for layer in range(shape.layers):
        for long, short in _LAYER_NAMES.items():
            rows, columns = _size(short, shape)
            stem, packed = f"encoder.layer.{layer}.{long}", f"l{layer}.{short}"
            read = file.vector if columns == 0 else file.matrix
            sizes = (rows,) if columns == 0 else (rows, columns)
            state[f"{stem}.weight"] = read(f"{packed}.w", *sizes)
            state[f"{stem}.bias"] = file.vector(f"{packed}.b", rows)
    return state


def _type_rows(file: WeightFile) -> np.ndarray[Any, np.dtype[np.float32]]:
    # the engine only ever reads the first row, and so does a single text here
    first = file.vector("emb.type", 1, file.shape.hidden)
    return np.repeat(first, file.shape.types, axis=0)


def _size(short: str, shape: Shape) -> tuple[int, int]:
    if short in ("aln", "oln"):
        return shape.hidden, 0
    if short == "fi":
        return shape.feed_forward, shape.hidden
    return shape.hidden, shape.feed_forward if short == "fo" else shape.hidden
