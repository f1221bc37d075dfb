"""Train the model of fluency that the check for gaming reads answers with.

Run ``python -m scoring_models.gaming.train_fluency --indonli FOLDER --texts PATH ... --english PATH
... --items FOLDER --device cuda --out FILE``. The shipped file was trained so on a graphics
processor, in three minutes, from

- IndoNLI's training texts (CC BY-SA 4.0);
- The Debian Administrator's Handbook, package ``debian-handbook`` 11.20220922, folders ``id-ID``
  (``--texts``) and ``en-US`` (``--english``) of its HTML (CC BY-SA 3.0);
- GNOME's user documentation, package ``gnome-user-docs`` 43.0-2, help folders ``id`` (``--texts``)
  and ``C`` (``--english``) (CC BY-SA 3.0);
- the choice items of the starter bank, ``--without`` integritas, komunikasi, orientasi_pada_hasil,
  pengambilan_keputusan and perekat_bangsa, on which the check is tested.

A path is a text file with a paragraph a line, or a folder of pages. Of the English, 1,400
paragraphs were used. The program that trained the shipped file let the learning rate fall by the
clock and drew in another order; this one counts steps, so that it repeats itself up to rounding.

The three lowest layers of the default encoder get changes of low rank; a small head says of every
word, at its first piece, whether chance put it in (Clark et al. 2020, ELECTRA,
doi:10.48550/arXiv.2003.10555). What is put in, and what is not: see ``fluency_texts``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.numpy import save_file
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, gelu
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from scoring_models.encoders.lowrank import PLACES, LowRank, inject
from scoring_models.encoders.module import PackedTransformer
from scoring_models.encoders.unigram import UnigramTokenizer
from scoring_models.encoders.versions import package_file
from scoring_models.encoders.weights import read_weights
from scoring_models.gaming import fluency
from scoring_models.gaming.fluency_texts import (
    Source,
    SpoilingSettings,
    Word,
    choice_texts,
    english,
    indonesian,
    indonli_texts,
    paragraphs,
    spoilt,
)

LICENCE = "CC BY-SA 4.0, see LICENSE-fluency.txt"


@dataclass(frozen=True)
class FluencySettings:
    """How the model is trained; the defaults are those of the shipped file."""

    layers: int = 3
    rank: int = 64
    hidden: int = 128
    rate: float = 3e-3
    rise: int = 150
    steps: int = 2937
    batch: int = 128
    max_pieces: int = 220
    readers: int = 2
    seed: int = 1
    spoiling: SpoilingSettings = field(default_factory=SpoilingSettings)


Batch = tuple[Tensor, Tensor, Tensor]
"""Ids of pieces, their mask, and for each first piece of a word 1 or 0, -1 elsewhere."""


class Batches(IterableDataset[Batch]):
    """Spoilt texts in batches, without end; each reading process draws with a seed of its own."""

    def __init__(
        self, sources: Mapping[str, Source], ends: tuple[int, int], settings: FluencySettings
    ) -> None:
        self._sources, self._ends, self._settings = sources, ends, settings

    def __iter__(self) -> Iterator[Batch]:
        """Draw batches."""
        own, worker = self._settings, get_worker_info()
        seed = 100 * own.seed + (worker.id if worker else 0)
        rng = random.Random(seed)  # noqa: S311 - training texts, not a secret
        texts = spoilt(self._sources, own.spoiling, rng)
        while True:
            rows = [self._encoded(*next(texts)) for _ in range(own.batch)]
            yield self._padded(rows)

    def _encoded(self, words: Sequence[Word], labels: Sequence[int]) -> list[tuple[int, float]]:
        row = [(self._ends[0], -1.0)]
        for word, label in zip(words, labels, strict=True):
            row += [(word[0], float(label)), *((piece, -1.0) for piece in word[1:])]
            if len(row) > self._settings.max_pieces:
                break
        return [*row, (self._ends[1], -1.0)]

    def _padded(self, rows: Sequence[Sequence[tuple[int, float]]]) -> Batch:
        width = max(map(len, rows))
        ids = torch.full((len(rows), width), self._ends[1])
        mask, labels = torch.zeros_like(ids), torch.full(ids.shape, -1.0)
        for i, row in enumerate(rows):
            pieces, marks = zip(*row, strict=True)
            ids[i, : len(row)] = torch.tensor(pieces)
            labels[i, : len(row)] = torch.tensor(marks)
            mask[i, : len(row)] = 1
        return ids, mask, labels


class WordJudge(nn.Module):
    """The encoder's lowest layers with trainable changes, and the head that judges pieces."""

    def __init__(self, weights: Path, settings: FluencySettings) -> None:
        super().__init__()
        bert = PackedTransformer(str(weights)).bert.requires_grad_(False)
        bert.encoder.layer = bert.encoder.layer[: settings.layers]
        for name, module in bert.named_modules():
            if name.endswith(("embeddings.dropout", "attention.self.dropout")):
                assert isinstance(module, nn.Dropout)  # noqa: S101 - for the type checker
                module.p = 0.0
        self.bert = bert
        self.changes: dict[str, LowRank] = inject(bert, 0, settings.rank)
        self.inner = nn.Linear(bert.config.hidden_size, settings.hidden)
        self.outer = nn.Linear(settings.hidden, 1)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return the log odds that chance put a piece in, shape of ``ids``."""
        states = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
        odds: Tensor = self.outer(gelu(self.inner(states)))[..., 0].float()
        return odds

    def tensors(self) -> dict[str, npt.NDArray[np.float16]]:
        """Return what was trained, in half precision, by the names that ``fluency`` reads."""
        short = dict(zip(PLACES, fluency.PLACES, strict=True))
        found: dict[str, Tensor] = {}
        for name, change in self.changes.items():
            _, number, place = name.split(".", 2)
            stem = f"l{number}.{short[place]}"
            found |= {f"{stem}.down": change.down, f"{stem}.up": change.up}
        for name in ("inner", "outer"):
            layer = self.get_submodule(name)
            found |= {f"head.{name}.{p[0]}": value for p, value in layer.named_parameters()}
        return {
            name: np.ascontiguousarray(value.detach().half().cpu().numpy())
            for name, value in found.items()
        }


def fit(judge: WordJudge, batches: Batches, settings: FluencySettings, device: str) -> list[float]:
    """Train in place; returns the loss of each step."""
    parameters = [p for p in judge.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(
        parameters, lr=settings.rate, weight_decay=0.01, betas=(0.9, 0.98)
    )
    drawn = iter(DataLoader(batches, batch_size=None, num_workers=settings.readers))
    found = []
    judge.to(device).train()
    for step in range(settings.steps):
        optimiser.param_groups[0]["lr"] = settings.rate * _share(step, settings)
        ids, mask, labels = (tensor.to(device) for tensor in next(drawn))
        with torch.autocast(device, torch.bfloat16):
            odds = judge(ids, mask)
        asked = labels >= 0
        loss = binary_cross_entropy_with_logits(odds[asked], labels[asked])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        found.append(loss.item())
        if step % 200 == 0:
            print(f"step {step} of {settings.steps}, loss {found[-1]:.3f}", flush=True)
    return found


def _share(step: int, settings: FluencySettings) -> float:
    """Share of the learning rate: a short rise, then half a cosine to a fiftieth."""
    fall = 0.5 * (1 + math.cos(math.pi * step / settings.steps))
    return min(1.0, step / settings.rise) * (0.02 + 0.98 * fall)


@dataclass(frozen=True)
class Texts:
    """The texts of each source, as they were read."""

    indonli: Sequence[str]
    texts: Sequence[str] = ()
    items: Sequence[str] = ()
    english: Sequence[str] = ()


def train_fluency(
    texts: Texts, out: Path, settings: FluencySettings, device: str = "cpu"
) -> list[float]:
    """Train the model and write it to ``out``; returns the loss of each step."""
    torch.manual_seed(settings.seed)
    weights = package_file(*fluency.WEIGHTS)
    judge = WordJudge(weights, settings)
    vocabulary = read_weights(weights).vocabulary
    sources = _sources(texts, UnigramTokenizer.shared(weights, vocabulary), settings.seed)
    batches = Batches(sources, (vocabulary.bos, vocabulary.eos), settings)
    losses = fit(judge, batches, settings, device)
    about = {
        "settings": json.dumps(asdict(settings)),
        "texts_sha256": hashlib.sha256(json.dumps(asdict(texts)).encode()).hexdigest(),
        "licence": LICENCE,
    }
    save_file(judge.tensors(), out, metadata=about)
    return losses


def _sources(texts: Texts, tokens: UnigramTokenizer, seed: int) -> dict[str, Source]:
    rng = random.Random(seed)  # noqa: S311 - training texts, not a secret
    read = {
        name: indonesian(getattr(texts, name), tokens, rng)
        for name in ("indonli", "texts", "items")
    }
    # words without capitals and marks are put in as well
    plain = tuple(word for text in read["indonli"].texts for word in text[4])
    read["indonli"] = replace(read["indonli"], pool=read["indonli"].pool + plain)
    return {**read, "english": english(texts.english, tokens)}


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--indonli", type=Path, required=True, help="folder with train.jsonl")
    parser.add_argument("--texts", type=Path, nargs="*", default=[], help="Indonesian")
    parser.add_argument("--english", type=Path, nargs="*", default=[], help="English")
    parser.add_argument("--items", type=Path, help="folder of a bank's items")
    parser.add_argument("--without", nargs="*", default=[], help="items files to leave out")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="a .safetensors file")
    given = parser.parse_args()
    texts = Texts(
        indonli_texts(given.indonli / "train.jsonl"),
        [text for path in given.texts for text in paragraphs(path)],
        choice_texts(given.items, given.without) if given.items else [],
        [text for path in given.english for text in paragraphs(path)],
    )
    train_fluency(texts, given.out, FluencySettings(seed=given.seed), given.device)


if __name__ == "__main__":
    main()
