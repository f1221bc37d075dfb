"""The model of fluency: numbers of its training program, words put in, and its limits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scoring_models.errors import WeightFileError
from scoring_models.gaming.fluency import CHANGES, Fluency, load_fluency

SAID = "Uang itu saya kembalikan saat itu juga dan saya jelaskan bahwa urutan tidak bisa dibeli."


@pytest.fixture(scope="module")
def fluency() -> Fluency:
    return load_fluency()


def test_agrees_with_the_program_that_trained_it(fluency: Fluency) -> None:
    """Oracle: the PyTorch model in training, first five words; half precision and tanh between."""
    expected = [-4.315851, -2.3842955, -3.1335275, -5.549682, -8.147026]
    assert fluency.foreign(SAID)[:5] == pytest.approx(expected, abs=0.02)


def test_one_number_a_word(fluency: Fluency) -> None:
    assert len(fluency.foreign(SAID)) == len(SAID.split())
    assert len(fluency.foreign("kata " * 700)) == 700
    assert len(fluency.foreign("")) == 0


def test_a_word_put_in_stands_out(fluency: Fluency) -> None:
    words = SAID.split()
    changed = " ".join([*words[:6], "gajah", *words[6:]])
    judged = fluency.foreign(changed)
    assert judged[6] > judged.mean() + 2.0


@pytest.mark.parametrize("seed", range(5))
def test_shuffled_words_look_put_in(fluency: Fluency, seed: int) -> None:
    words = SAID.split()
    shuffled = " ".join(words[i] for i in np.random.default_rng(seed).permutation(len(words)))
    assert fluency.foreign(shuffled).mean() > fluency.foreign(SAID).mean() + 3.0


def test_english_is_fluent_too(fluency: Fluency) -> None:
    said = "I would return the money and report the matter to my supervisor."
    assert fluency.foreign(said).mean() < -3.0


def test_a_long_text_is_judged_to_its_end(fluency: Fluency) -> None:
    salad = " ".join(["gajah", "yang", "listrik", "akan", "sendok"] * 10)
    judged = fluency.foreign(f"{SAID} " * 15 + salad)
    assert judged[-50:].mean() > judged[:-50].mean() + 3.0


def test_digest_and_size(fluency: Fluency) -> None:
    assert len(fluency.digest) == 64
    assert CHANGES.stat().st_size < 4_000_000


def test_a_file_that_is_none(tmp_path: Path) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no weights")
    for path in (broken, tmp_path / "missing.safetensors"):
        with pytest.raises(WeightFileError):
            load_fluency.__wrapped__(path)
