"""Train the polarity adapter of the default encoder.

Run ``python -m scoring_models.encoders.train_polarity --indonli FOLDER --out FILE``.

Embeddings of plain encoders barely tell a sentence from its contradiction. This teaches the upper
layers to, from the premises of IndoNLI (entailed, neutral and contradicted hypotheses) and from
the package's own contrasts of work in the civil service (the same, the opposite). The lower layers
are frozen and their outputs computed once, so that a processor needs minutes.

Losses, of a batch of premises with all their hypotheses:

- order: within a premise, cosine of entailed above neutral above contradicted;
- CoSENT: the same order between all pairs of the batch, so that cosines mean the same everywhere;
- pairs: cross-entropy of the pair head on both embeddings;
- keep: cosines between texts of different premises stay what they were, so that the encoder stays
  good for everything else.

``--trial`` leaves out every seventh premise and prints the results on them: settings are chosen so.

References
----------
Mahendra et al. (2021), IndoNLI, doi:10.18653/v1/2021.emnlp-main.821
Huang et al. (2024), CoSENT, doi:10.1109/TASLP.2024.3402087
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize, softplus

from scoring_models.encoders import load_encoder
from scoring_models.encoders.adapter import write_adapter
from scoring_models.encoders.lowrank import LowRank, PairHead, inject
from scoring_models.encoders.module import PackedTransformer

LABELS = ("e", "n", "c")
GRADES = (1.0, 0.5, 0.0)
CONTRASTS = Path(__file__).parent / "contrasts.jsonl"
HELD_OUT = 7
"""Every seventh premise is left out of a trial."""


@dataclass(frozen=True)
class TrainingSettings:
    """How the adapter is trained: layers, rank, weights of the losses, learning rate."""

    first_layer: int = 8
    rank: int = 32
    hidden: int = 128
    dropout: float = 0.2
    epochs: int = 2
    premises: int = 16
    rate: float = 1e-3
    sharpness: float = 20.0
    order: float = 1.0
    cosent: float = 0.3
    pairs: float = 0.5
    keep: float = 2.0
    contrasts: int = 2
    decay: float = 0.98
    max_tokens: int = 64
    seed: int = 1


STAGES = (
    TrainingSettings(),
    TrainingSettings(rate=3e-3, order=2.0, cosent=0.2, keep=1.0, pairs=1.0, seed=2),
)
"""The stages of the shipped adapter, one after the other."""


@dataclass(frozen=True)
class Group:
    """A premise with its hypotheses and their labels, as rows of the table of texts."""

    premise: int
    hypotheses: tuple[int, ...]
    labels: tuple[int, ...]


@dataclass(frozen=True)
class Corpus:
    """Distinct texts, and the groups that they form."""

    texts: tuple[str, ...]
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class LowerOutputs:
    """What the frozen lower layers make of each text, one after another, and its embedding."""

    rows: npt.NDArray[np.float16]
    starts: npt.NDArray[np.int64]
    plain: Tensor

    def batch(self, texts: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Return padded outputs ``(texts, tokens, hidden)`` and their mask ``(texts, tokens)``."""
        lengths = [int(self.starts[t + 1] - self.starts[t]) for t in texts]
        out = torch.zeros(len(texts), max(lengths), self.rows.shape[1])
        mask = torch.zeros(len(texts), max(lengths), dtype=torch.bool)
        for i, (text, length) in enumerate(zip(texts, lengths, strict=True)):
            out[i, :length] = torch.from_numpy(
                self.rows[self.starts[text] : self.starts[text + 1]].astype(np.float32)
            )
            mask[i, :length] = True
        return out, mask


class Upper:
    """The trainable upper layers, in half precision but for the changes themselves."""

    def __init__(self, transformer: PackedTransformer, settings: TrainingSettings) -> None:
        bert = transformer.bert.requires_grad_(False)
        bert.set_attn_implementation("eager")  # the fused one is slow backwards on a processor
        self.layers = bert.encoder.layer[settings.first_layer :].to(torch.bfloat16)
        self.changes: dict[str, LowRank] = inject(bert, settings.first_layer, settings.rank)

    def embed(self, lower: LowerOutputs, texts: Sequence[int], chunk: int = 64) -> Tensor:
        """Return unit vectors, in the order of ``texts``, computed in batches of like length."""
        length = np.diff(lower.starts)
        order = sorted(range(len(texts)), key=lambda i: length[texts[i]])
        parts = []
        for start in range(0, len(order), chunk):
            state, mask = lower.batch([texts[i] for i in order[start : start + chunk]])
            state = state.bfloat16()
            barred = torch.zeros(mask.shape, dtype=state.dtype)
            barred = barred.masked_fill_(~mask, torch.finfo(state.dtype).min)[:, None, None]
            for layer in self.layers:
                state = layer(state, barred)
            weight = mask[..., None].float()
            parts.append(normalize((state.float() * weight).sum(1) / weight.sum(1)))
        back = torch.empty(len(order), dtype=torch.long)
        back[torch.tensor(order)] = torch.arange(len(order))
        return torch.cat(parts)[back]


def losses(
    vectors: Tensor, plain: Tensor, batch: Sequence[Group], head: PairHead, s: TrainingSettings
) -> Tensor:
    """Return the weighted sum of the four losses for a batch.

    ``vectors`` and ``plain`` hold the premises first, then all hypotheses in the order of the
    batch.
    """
    n = len(batch)
    owner = torch.tensor([i for i, g in enumerate(batch) for _ in g.hypotheses])
    label = torch.tensor([k for g in batch for k in g.labels])
    grade = torch.tensor(GRADES)[label]
    first, second = vectors[:n][owner], vectors[n:]
    cosine = (first * second).sum(-1)
    above = grade[:, None] - grade[None, :]
    together = (owner[:, None] == owner[None, :]) & (above > 0)
    margin = s.sharpness * (cosine[None, :] - cosine[:, None])
    order = (softplus(margin) * above)[together].mean()
    cosent = torch.logsumexp(torch.cat([torch.zeros(1), margin[above > 0]]), 0)
    pairs = cross_entropy(head(first, second), label)
    everyone = torch.cat([torch.arange(n), owner])
    apart = everyone[:, None] != everyone[None, :]
    keep = ((vectors @ vectors.T - plain @ plain.T)[apart] ** 2).mean()
    return s.order * order + s.cosent * cosent + s.pairs * pairs + s.keep * 100 * keep


def schedule(groups: Sequence[Group], s: TrainingSettings) -> Iterator[list[Group]]:
    """Yield the batches of all epochs."""
    rng = random.Random(s.seed)  # noqa: S311 - an order of training, not a secret
    for _ in range(s.epochs):
        shuffled = rng.sample(list(groups), len(groups))
        for start in range(0, len(shuffled) - s.premises + 1, s.premises):
            yield shuffled[start : start + s.premises]


def fit(
    lower: LowerOutputs, groups: Sequence[Group], upper: Upper, head: PairHead, s: TrainingSettings
) -> None:
    """Train upper layers and head in place; they end with the moving average of their weights."""
    parameters = [p for m in upper.changes.values() for p in (m.down, m.up)]
    parameters += list(head.parameters())
    optimiser = torch.optim.AdamW(parameters, lr=s.rate, weight_decay=0.01)
    average = [p.detach().clone() for p in parameters]
    steps = s.epochs * (len(groups) // s.premises)
    head.train()
    for step, batch in enumerate(schedule(groups, s)):
        optimiser.param_groups[0]["lr"] = s.rate * _share(step, steps)
        texts = [g.premise for g in batch] + [h for g in batch for h in g.hypotheses]
        loss = losses(upper.embed(lower, texts), lower.plain[texts], batch, head, s)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        with torch.no_grad():
            for kept, now in zip(average, parameters, strict=True):
                kept.lerp_(now, 1 - min(s.decay, (step + 1) / (step + 10)))
        if step % 25 == 0:
            print(f"step {step} of {steps}, loss {loss.item():.3f}", flush=True)
    with torch.no_grad():
        for kept, now in zip(average, parameters, strict=True):
            now.copy_(kept)
    head.train(mode=False)


def _share(step: int, steps: int) -> float:
    """Share of the learning rate: a short rise, then half a cosine."""
    rise = min(1.0, (step + 1) / (0.06 * steps))
    return rise * 0.5 * (1 + math.cos(math.pi * step / steps))


def read_corpus(indonli: Path, contrasts: Path, s: TrainingSettings) -> tuple[Corpus, int]:
    """Return texts and groups, and how many of the groups come from IndoNLI (the first ones)."""
    labelled: dict[str, list[tuple[str, int]]] = {}
    for pair in _lines(indonli):
        label = LABELS.index(pair["label"])
        labelled.setdefault(pair["premise"], []).append((pair["hypothesis"], label))
    n_own = len(labelled)
    own = [(c["text"], [(c["same"], 0), (c["opposite"], 2)]) for c in _lines(contrasts)]
    everything = [*labelled.items(), *own * s.contrasts]
    texts = dict.fromkeys(t for p, hs in everything for t in (p, *(h for h, _ in hs)))
    row = {text: i for i, text in enumerate(texts)}
    groups = tuple(
        Group(row[p], tuple(row[h] for h, _ in hs), tuple(k for _, k in hs)) for p, hs in everything
    )
    return Corpus(tuple(texts), groups), n_own


def lower_outputs(
    transformer: PackedTransformer, texts: Sequence[str], s: TrainingSettings, chunk: int = 32
) -> LowerOutputs:
    """Run texts through the frozen encoder once: the same for all epochs."""
    ids = [transformer.preprocess([t], prompt="query: ")["input_ids"][0] for t in texts]
    ids = [i if len(i) <= s.max_tokens else torch.cat([i[: s.max_tokens - 1], i[-1:]]) for i in ids]
    starts = np.concatenate([[0], np.cumsum([len(i) for i in ids])])
    rows = np.zeros((starts[-1], transformer.get_embedding_dimension()), np.float16)
    plain = torch.zeros(len(texts), transformer.get_embedding_dimension())
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    for start in range(0, len(order), chunk):
        batch = order[start : start + chunk]
        padded = torch.nn.utils.rnn.pad_sequence(
            [ids[i] for i in batch], batch_first=True, padding_value=transformer.pad_id
        )
        mask = (torch.arange(padded.shape[1]) < torch.tensor([[len(ids[i])] for i in batch])).long()
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
            out = transformer.bert(padded, attention_mask=mask, output_hidden_states=True)
        weight = mask[..., None].float()
        plain[batch] = normalize((out.last_hidden_state.float() * weight).sum(1) / weight.sum(1))
        states = out.hidden_states[s.first_layer].half().numpy()
        for state, i in zip(states, batch, strict=True):
            rows[starts[i] : starts[i + 1]] = state[: len(ids[i])]
    return LowerOutputs(rows, starts, plain)


@torch.inference_mode()
def accuracy(
    lower: LowerOutputs, groups: Sequence[Group], upper: Upper, head: PairHead
) -> dict[str, float]:
    """Return the shares of pairs, entailed and contradicted, that stand in the right order."""
    right: dict[str, list[bool]] = {"plain": [], "cosine": [], "head": []}
    for group in groups:
        vectors = upper.embed(lower, (group.premise, *group.hypotheses))
        first, second = vectors[:1], vectors[1:]
        logits = head(first.expand_as(second), second)
        values = {
            "plain": lower.plain[list(group.hypotheses)] @ lower.plain[group.premise],
            "cosine": second @ first[0],
            "head": logits[:, 0] - logits[:, 2],
        }
        label = np.array(group.labels)
        for name, value in values.items():
            entailed, contradicted = value[label == 0], value[label == LABELS.index("c")]
            right[name] += (entailed[:, None] > contradicted[None, :]).flatten().tolist()
    return {name: float(np.mean(found)) for name, found in right.items()}


def train_adapter(
    indonli: Path,
    out: Path | None,
    stages: Sequence[TrainingSettings],
    contrasts: Path = CONTRASTS,
) -> None:
    """Train and write the adapter; without ``out`` train a trial and print its results."""
    first = stages[0]
    torch.manual_seed(first.seed)
    transformer = load_encoder("plain")[0]
    assert isinstance(transformer, PackedTransformer)  # noqa: S101 - for the type checker
    corpus, n_own = read_corpus(indonli, contrasts, first)
    held = [] if out else list(corpus.groups[:n_own:HELD_OUT])
    kept = [g for i, g in enumerate(corpus.groups) if out or i >= n_own or i % HELD_OUT]
    lower = lower_outputs(transformer, corpus.texts, first)
    upper = Upper(transformer, first)
    head = PairHead(transformer.get_embedding_dimension(), first.hidden, first.dropout)
    for stage in stages:
        fit(lower, kept, upper, head, stage)
    if out is None:
        print(json.dumps(accuracy(lower, held, upper, head)))
        return
    write_adapter(out, upper.changes, head, _about(indonli, stages))


def _about(indonli: Path, stages: Sequence[TrainingSettings]) -> Mapping[str, Any]:
    return {
        "stages": [asdict(stage) for stage in stages],
        "indonli_train_sha256": hashlib.sha256(indonli.read_bytes()).hexdigest(),
        "contrasts_sha256": hashlib.sha256(CONTRASTS.read_bytes()).hexdigest(),
        "licence": "CC BY-SA 4.0, derived from IndoNLI (Mahendra et al. 2021)",
    }


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--indonli", type=Path, required=True, help="folder with train.jsonl")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", type=Path, help="the adapter, a .safetensors file")
    what.add_argument("--trial", action="store_true", help="leave out every seventh premise")
    parser.add_argument("--seed", type=int, default=1, help="of the first stage; then one more")
    given = parser.parse_args()
    stages = [replace(stage, seed=given.seed + i) for i, stage in enumerate(STAGES)]
    train_adapter(given.indonli / "train.jsonl", given.out, stages)


if __name__ == "__main__":
    main()
