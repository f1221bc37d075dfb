"""Low-rank changes to the layers of an encoder, and a head that reads pairs of embeddings.

This file imports torch; import it only inside functions.

References
----------
Hu et al. (2022), LoRA: Low-Rank Adaptation of Large Language Models,
doi:10.48550/arXiv.2106.09685
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from transformers import BertModel

PLACES = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
"""The matrices of a layer that an adapter changes."""


class LowRank(nn.Module):
    """A frozen linear layer plus a trainable change of low rank, 0 at the start."""

    def __init__(self, base: nn.Linear, rank: int) -> None:
        super().__init__()
        self.base = base.requires_grad_(False)
        self.down = nn.Parameter(torch.randn(rank, base.in_features) / base.in_features**0.5)
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, rows: Tensor) -> Tensor:
        """Return the layer's output with the change added."""
        down, up = self.down.to(rows.dtype), self.up.to(rows.dtype)
        changed: Tensor = self.base(rows) + rows @ down.T @ up.T
        return changed


class PairHead(nn.Module):
    """Logits of entailment, neutrality and contradiction from two embeddings, in that order."""

    def __init__(self, dimension: int, hidden: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.inner = nn.Linear(4 * dimension, hidden)
        self.outer = nn.Linear(hidden, 3)
        self.dropout = nn.Dropout(dropout)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return logits, shape ``(n, 3)``, of unit vectors ``(n, dimension)``: first to second."""
        scale = first.shape[-1] ** 0.5
        first, second = first * scale, second * scale
        features = torch.cat([first, second, (first - second).abs(), first * second], dim=-1)
        logits: Tensor = self.outer(self.dropout(nn.functional.gelu(self.inner(features))))
        return logits


def inject(bert: BertModel, first_layer: int, rank: int) -> dict[str, LowRank]:
    """Put trainable low-rank changes into all layers from ``first_layer`` on, in place."""
    changed = {}
    for number in range(first_layer, len(bert.encoder.layer)):
        layer = bert.encoder.layer[number]
        for place in PLACES:
            parent, _, leaf = place.rpartition(".")
            base = layer.get_submodule(place)
            assert isinstance(base, nn.Linear)  # noqa: S101 - for the type checker
            module = LowRank(base, rank)
            setattr(layer.get_submodule(parent), leaf, module)
            changed[f"layer.{number}.{place}"] = module
    return changed


@torch.no_grad()
def merge(bert: BertModel, tensors: Mapping[str, Tensor]) -> None:
    """Add the changes ``<place>.up @ <place>.down`` to the encoder's own weights, in place."""
    for name in (key.removesuffix(".up") for key in tensors if key.endswith(".up")):
        weight = bert.encoder.get_parameter(f"{name}.weight")
        weight.add_(tensors[f"{name}.up"].float() @ tensors[f"{name}.down"].float())
