"""Training the model of fluency: its texts, what chance puts in, one run on a handful of texts."""

from __future__ import annotations

import json
import random
from itertools import islice
from pathlib import Path

import numpy as np
import torch
import yaml
from safetensors.numpy import save_file

from scoring_models.encoders.unigram import UnigramTokenizer
from scoring_models.encoders.versions import package_file
from scoring_models.encoders.weights import read_weights
from scoring_models.gaming.fluency import CHANGES, WEIGHTS, load_fluency
from scoring_models.gaming.fluency_texts import (
    Source,
    SpoilingSettings,
    Word,
    choice_texts,
    indonli_texts,
    paragraphs,
    spoilt,
)
from scoring_models.gaming.train_fluency import FluencySettings, Texts, WordJudge, train_fluency

SAID = [
    "Uang itu saya kembalikan saat itu juga dan saya jelaskan aturannya.",
    "Rapat dimulai pukul delapan pagi di kantor kecamatan.",
    "Warga yang datang lebih dulu tetap dilayani lebih dulu oleh petugas loket.",
]


def _drawn(settings: SpoilingSettings, seed: int, n: int) -> list[tuple[list[Word], list[int]]]:
    rng = random.Random(seed)  # noqa: S311 - texts of a test
    return list(islice(spoilt({"texts": _source()}, settings, rng), n))


def _source() -> Source:
    words = tuple((i,) for i in range(100, 120))
    return Source(((words,),), ((7,), (8,)))


def test_only_words_put_in_are_labelled() -> None:
    settings = SpoilingSettings(shares={"texts": 1.0}, fewest=20, most=21)
    for words, labels in _drawn(settings, 3, 300):
        natural = [word[0] for word, label in zip(words, labels, strict=True) if not label]
        # what is left of the text stands in its old order: no shuffle is ever seen
        assert natural == sorted(natural)
        assert all(label for word, label in zip(words, labels, strict=True) if word in ((7,), (8,)))


def test_shares_of_untouched_texts_and_rates() -> None:
    settings = SpoilingSettings(shares={"texts": 1.0}, fewest=20, most=21, rates=(0.5,))
    drawn = _drawn(settings, 4, 2000)
    touched = [labels for _, labels in drawn if any(labels)]
    assert abs(1 - len(touched) / len(drawn) - 0.3) < 0.04
    assert 0.35 < np.mean([np.mean(labels) for labels in touched]) < 0.5


def test_reading_texts(tmp_path: Path) -> None:
    page = "<html><p>Satu dua tiga <em>empat</em> lima enam&nbsp;tujuh.</p><p>Pendek.</p></html>"
    (tmp_path / "a.html").write_text(page, encoding="utf-8")
    assert paragraphs(tmp_path) == ["Satu dua tiga empat lima enam tujuh."]
    lines = tmp_path / "lines.txt"
    lines.write_text("\n".join([SAID[0], "Pendek.", SAID[0], SAID[1]]), encoding="utf-8")
    assert paragraphs(lines) == SAID[:2]
    rows = [{"premise": SAID[0], "hypothesis": h, "label": "e"} for h in SAID[1:]]
    lines.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert indonli_texts(lines) == SAID


def test_choice_items_alone_are_read_and_some_files_left_out(tmp_path: Path) -> None:
    choice = {"kind": "choice", "stem": SAID[0], "code": "satu dua tiga empat lima"}
    free = {"kind": "free_text", "stem": SAID[1]}
    for name in ("a", "b"):
        text = yaml.safe_dump({"items": [{**choice, "options": [{"text": SAID[2]}]}, free]})
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    assert choice_texts(tmp_path, ["b"]) == [SAID[0], SAID[2]]


def test_a_few_steps_lower_the_loss_and_write_a_model(tmp_path: Path) -> None:
    out = tmp_path / "fluency.safetensors"
    quick = FluencySettings(layers=1, rank=4, hidden=16, rate=1e-2, rise=3, batch=8, readers=0)
    quick = FluencySettings(**{**quick.__dict__, "steps": 30})
    losses = train_fluency(Texts(SAID, SAID, english=["He gave the money back."]), out, quick)
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 0.05
    trained = load_fluency.__wrapped__(out)
    shipped = load_fluency.__wrapped__(CHANGES)
    assert trained.digest != shipped.digest
    found = trained.foreign(SAID[0])
    assert len(found) == len(SAID[0].split())
    assert np.abs(found - shipped.foreign(SAID[0])).max() > 0.5


def test_training_repeats_itself(tmp_path: Path) -> None:
    quick = FluencySettings(layers=1, rank=2, hidden=8, batch=4, steps=3, rise=1, readers=0)
    runs = [train_fluency(Texts(SAID), tmp_path / f"{i}.safetensors", quick) for i in range(2)]
    np.testing.assert_allclose(runs[0], runs[1], rtol=1e-4)


def test_trainer_and_reader_judge_alike(tmp_path: Path) -> None:
    """Two programs, PyTorch and numpy, on the same weights; half precision and tanh between."""
    weights, out = package_file(*WEIGHTS), tmp_path / "fluency.safetensors"
    torch.manual_seed(1)
    judge = WordJudge(weights, FluencySettings(layers=2, rank=4, hidden=16)).eval()
    for change in judge.changes.values():
        torch.nn.init.normal_(change.up, std=0.05)
    save_file(judge.tensors(), out)
    tokens = UnigramTokenizer.shared(weights, read_weights(weights).vocabulary)
    words = tokens.words(SAID[0])
    firsts = np.cumsum([1, *map(len, words[:-1])])
    ids = torch.tensor([tokens.encode(SAID[0])])
    with torch.inference_mode():
        expected = judge(ids, torch.ones_like(ids))[0, firsts].numpy()
    assert np.ptp(expected) > 0.05
    found = load_fluency.__wrapped__(out).foreign(SAID[0])
    np.testing.assert_allclose(found, expected, atol=5e-3)
