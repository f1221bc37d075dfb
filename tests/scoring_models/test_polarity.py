"""The polarity adapter: what it changes, what it must not, and that it tells opposites apart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from scoring_models import EncoderError, has_polarity, polarity, polarity_of_vectors
from scoring_models.encoders import ADAPTER
from scoring_models.encoders.adapter import read_adapter, write_adapter
from scoring_models.encoders.lowrank import PairHead, inject, merge
from scoring_models.errors import WeightFileError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# said, the same in other words, the opposite; none of them among the training contrasts
SAID = [
    (
        "Saya mengembalikan kelebihan uang perjalanan dinas ke kas kantor.",
        "Sisa biaya perjalanan saya setorkan kembali.",
        "Kelebihan uang perjalanan dinas saya simpan sendiri.",
    ),
    (
        "Warga lansia itu saya antar sampai ke ruang pelayanan.",
        "Saya menemani orang tua itu menuju loket.",
        "Warga lansia itu saya biarkan mencari ruangannya sendiri.",
    ),
    (
        "Sebelum menolak usul itu, saya meminta penjelasan lebih dulu.",
        "Saya bertanya dulu alasannya sebelum tidak menyetujuinya.",
        "Usul itu saya tolak tanpa meminta penjelasan.",
    ),
    (
        "Saya tidak meneruskan data pribadi pemohon kepada pihak lain.",
        "Identitas pemohon saya jaga kerahasiaannya.",
        "Data pribadi pemohon saya teruskan kepada pihak lain.",
    ),
    (
        "Kami mencoba aplikasi itu di satu kecamatan lebih dulu.",
        "Aplikasi tersebut diuji coba di sebuah kecamatan.",
        "Aplikasi itu langsung kami pakai di semua kecamatan.",
    ),
    (
        "Saya menerima tanggung jawab atas keterlambatan itu.",
        "Keterlambatan tersebut adalah tanggung jawab saya.",
        "Keterlambatan itu bukan tanggung jawab saya.",
    ),
    (
        "Masukan dari staf termuda pun saya pertimbangkan.",
        "Saran pegawai yang paling muda tetap saya perhatikan.",
        "Masukan dari staf muda saya abaikan.",
    ),
    (
        "Kuitansi itu cocok dengan barang yang diterima.",
        "Barang yang datang sesuai dengan kuitansinya.",
        "Kuitansi itu tidak cocok dengan barang yang diterima.",
    ),
]


def test_the_shipped_adapter_tells_the_same_from_the_opposite(
    encoder: SentenceTransformer, plain: SentenceTransformer
) -> None:
    said, same, opposite = (list(column) for column in zip(*SAID, strict=True))
    above = polarity(encoder, said, same) > polarity(encoder, said, opposite)
    assert above.mean() >= 7 / 8
    assert _nearer(encoder, said, same, opposite) >= 6 / 8
    assert _nearer(plain, said, same, opposite) <= 5 / 8  # what the adapter is for


def test_polarity_of_vectors_is_polarity(encoder: SentenceTransformer) -> None:
    first, second = [SAID[0][0], SAID[1][0]], [SAID[0][2], SAID[1][1]]
    vectors = encoder.encode(first), encoder.encode(second)
    got = polarity_of_vectors(encoder, *vectors)
    assert got == pytest.approx(polarity(encoder, first, second), abs=1e-3)
    assert polarity(encoder, [], []).shape == (0,)


def test_what_polarity_cannot_read_is_named(
    encoder: SentenceTransformer, plain: SentenceTransformer
) -> None:
    assert has_polarity(encoder)
    assert not has_polarity(plain)
    with pytest.raises(EncoderError, match="no polarity adapter"):
        polarity(plain, ["a"], ["b"])
    with pytest.raises(EncoderError, match="2 texts came with 1"):
        polarity(encoder, ["ya", "tidak"], ["ya"])


def test_merged_changes_do_what_the_trained_ones_did(tmp_path: Path) -> None:
    torch.manual_seed(1)
    trained, merged = _tiny_bert(), _tiny_bert()
    merged.load_state_dict(trained.state_dict())
    rows = torch.randn(1, 5, 32)
    before = trained.encoder(rows).last_hidden_state
    changes = inject(trained, first_layer=1, rank=4)
    assert torch.equal(trained.encoder(rows).last_hidden_state, before)  # no change at the start
    assert len(changes) == 6  # one layer of two
    for change in changes.values():
        change.up.data.normal_()
    path = tmp_path / "adapter.safetensors"
    write_adapter(path, changes, PairHead(32, 8), {"seed": 1})
    merge(merged, read_adapter(path).changes)
    wanted, got = trained.encoder(rows).last_hidden_state, merged.encoder(rows).last_hidden_state
    assert (wanted - before).abs().max() > 0.1
    assert (wanted - got).abs().max() < 0.02  # the file is in half precision


def test_files_that_are_no_adapter_are_named(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    with pytest.raises(WeightFileError, match="does not exist"):
        read_adapter(tmp_path / "none.safetensors")
    (tmp_path / "torn.safetensors").write_bytes(ADAPTER.read_bytes()[:1000])
    with pytest.raises(WeightFileError, match="damaged"):
        read_adapter(tmp_path / "torn.safetensors")
    save_file({"other": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(WeightFileError, match="no pair head"):
        read_adapter(tmp_path / "other.safetensors")


def test_the_adapter_is_small_and_says_whence_it_comes() -> None:
    from safetensors import safe_open

    assert ADAPTER.stat().st_size < 8_000_000
    with safe_open(ADAPTER, framework="pt") as file:
        assert "CC BY-SA 4.0" in file.metadata()["about"]
    licence = ADAPTER.with_name("LICENSE-polarity.txt").read_text(encoding="utf-8")
    assert "IndoNLI" in licence


def _nearer(
    encoder: SentenceTransformer, said: list[str], same: list[str], opposite: list[str]
) -> float:
    a, b, c = (encoder.encode(texts) for texts in (said, same, opposite))
    return float(np.mean((a * b).sum(axis=1) > (a * c).sum(axis=1)))


def _tiny_bert():  # type: ignore[no-untyped-def]
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=10,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
    )
    return BertModel(config, add_pooling_layer=False).eval()
