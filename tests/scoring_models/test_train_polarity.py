"""Training the polarity adapter: data, losses, one run on a handful of pairs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from scoring_models.encoders.lowrank import PairHead
from scoring_models.encoders.train_polarity import (
    CONTRASTS,
    STAGES,
    Group,
    TrainingSettings,
    losses,
    read_corpus,
    schedule,
    train_adapter,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

PAIRS = [
    ("Rapat dimulai pukul delapan.", "Rapat mulai jam delapan.", "e"),
    ("Rapat dimulai pukul delapan.", "Rapat membahas anggaran.", "n"),
    ("Rapat dimulai pukul delapan.", "Rapat tidak jadi dimulai pukul delapan.", "c"),
    ("Semua loket buka.", "Tidak ada loket yang tutup.", "e"),
    ("Semua loket buka.", "Satu loket tutup.", "c"),
]


def test_corpus_groups_hypotheses_by_premise_and_repeats_contrasts(tmp_path: Path) -> None:
    indonli, contrasts = _files(tmp_path)
    corpus, n_own = read_corpus(indonli, contrasts, TrainingSettings(contrasts=3))
    assert n_own == 2
    assert len(corpus.groups) == 2 + 3
    assert [corpus.texts[h] for h in corpus.groups[1].hypotheses] == [PAIRS[3][1], PAIRS[4][1]]
    assert corpus.groups[0].labels == (0, 1, 2)
    assert corpus.groups[2] == corpus.groups[4]
    assert corpus.groups[2].labels == (0, 2)


def test_own_contrasts_are_three_different_sentences_each() -> None:
    rows = [json.loads(line) for line in CONTRASTS.read_text(encoding="utf-8").splitlines()]
    assert 60 <= len(rows) <= 100
    texts = [row[key] for row in rows for key in ("text", "same", "opposite")]
    assert len(set(texts)) == 3 * len(rows)


def test_order_loss_falls_as_the_entailed_text_comes_nearer() -> None:
    only = TrainingSettings(order=1.0, cosent=0.0, pairs=0.0, keep=0.0)
    right, wrong = _toy_loss([0.1, 1.2], only), _toy_loss([1.2, 0.1], only)
    assert right < 0.01  # log(1 + exp(-20 (cos .1 - cos 1.2)))
    assert wrong == pytest.approx(20 * 0.6326, abs=0.02)  # cos .1 - cos 1.2 = .6326


def test_keep_loss_is_nothing_where_nothing_moved() -> None:
    only = TrainingSettings(order=0.0, cosent=0.0, pairs=0.0, keep=1.0)
    assert _toy_loss([0.1, 1.2], only) == 0
    assert _toy_loss([0.1, 1.2], only, moved=0.5) > 0.1


def test_schedule_shows_every_premise_once_an_epoch_and_follows_the_seed() -> None:
    groups = [Group(i, (i,), (0,)) for i in range(32)]
    settings = TrainingSettings(epochs=2, premises=8)
    batches = list(schedule(groups, settings))
    assert [len(batch) for batch in batches] == [8] * 8
    assert {g.premise for batch in batches[:4] for g in batch} == set(range(32))
    assert batches == list(schedule(groups, settings))
    assert batches != list(schedule(groups, replace(settings, seed=9)))


def test_an_adapter_trained_on_a_handful_loads_and_has_learnt_it(tmp_path: Path) -> None:
    from scoring_models import encoder_version, load_encoder, polarity

    indonli, contrasts = _files(tmp_path)
    quick = TrainingSettings(first_layer=11, rank=4, hidden=8, epochs=4, premises=1, rate=1e-2)
    out = tmp_path / "adapter.safetensors"
    train_adapter(indonli, out, [quick], contrasts)
    encoder = load_encoder(adapter=out, threads=1)
    assert encoder_version(encoder).adapter is not None
    for_it, against = polarity(encoder, [PAIRS[3][0]] * 2, [PAIRS[3][1], PAIRS[4][1]])
    assert for_it > against


def test_the_stages_are_of_one_adapter() -> None:
    assert len({(stage.first_layer, stage.rank, stage.hidden) for stage in STAGES}) == 1


def _toy_loss(angles: Sequence[float], settings: TrainingSettings, moved: float = 0.0) -> float:
    """Loss of one premise at angle 0, one entailed and one contradicted text, another premise."""
    torch.manual_seed(1)
    directions = torch.tensor([0.0, 2.0 + moved, *angles, 2.0 + moved])
    vectors = torch.stack([directions.cos(), directions.sin()], dim=1)
    before = torch.tensor([0.0, 2.0, *angles, 2.0])
    plain = torch.stack([before.cos(), before.sin()], dim=1)
    batch = [Group(0, (2, 3), (0, 2)), Group(1, (4,), (0,))]
    return losses(vectors, plain, batch, PairHead(2, 4), settings).item()


def _files(folder: Path) -> tuple[Path, Path]:
    indonli, contrasts = folder / "train.jsonl", folder / "contrasts.jsonl"
    rows = [{"premise": p, "hypothesis": h, "label": k} for p, h, k in PAIRS]
    indonli.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    own = {"text": "Dia datang.", "same": "Ia hadir.", "opposite": "Dia tidak datang."}
    contrasts.write_text(json.dumps(own), encoding="utf-8")
    return indonli, contrasts
