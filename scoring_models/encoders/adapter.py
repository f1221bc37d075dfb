"""The polarity adapter: what upper layers and pair head learnt, as one file.

This file imports torch; import it only inside functions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from scoring_models.encoders.lowrank import LowRank, PairHead
from scoring_models.errors import WeightFileError

_HEAD = "head."


@dataclass(frozen=True)
class Adapter:
    """Low-rank changes of layers by their place, the pair head, and the file's SHA-256."""

    changes: Mapping[str, Tensor]
    head: PairHead
    digest: str


def read_adapter(path: Path) -> Adapter:
    """Read an adapter.

    Raises
    ------
    WeightFileError
        If the file is missing, damaged or no adapter.
    """
    if not path.is_file():
        raise WeightFileError(path, "does not exist")
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise WeightFileError(path, f"is damaged: {error}") from error
    state = {n.removeprefix(_HEAD): t.float() for n, t in tensors.items() if n.startswith(_HEAD)}
    if "inner.weight" not in state:
        raise WeightFileError(path, "holds no pair head, so it is no polarity adapter")
    hidden, width = state["inner.weight"].shape
    head = PairHead(width // 4, hidden)
    head.load_state_dict(state)
    head.requires_grad_(False).train(mode=False)
    changes = {n: t for n, t in tensors.items() if not n.startswith(_HEAD)}
    return Adapter(changes, head, hashlib.sha256(path.read_bytes()).hexdigest())


def write_adapter(
    path: Path, changes: Mapping[str, LowRank], head: PairHead, about: Mapping[str, Any]
) -> None:
    """Write an adapter in half precision, with ``about`` in its header."""
    tensors = {f"{name}.down": change.down for name, change in changes.items()}
    tensors |= {f"{name}.up": change.up for name, change in changes.items()}
    tensors |= {f"{_HEAD}{name}": value for name, value in head.state_dict().items()}
    halves = {n: t.detach().to(torch.float16).contiguous() for n, t in tensors.items()}
    save_file(halves, path, metadata={"about": json.dumps(about, sort_keys=True)})
