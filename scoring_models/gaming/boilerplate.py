"""Texts that several candidates paste: signatures of shingles, and which of them are alike.

MinHash (Broder 1997, doi:10.1109/SEQUEN.1997.666900) with banding (Leskovec, Rajaraman & Ullman,
Mining of Massive Datasets, section 3.4). A signature is plain bytes and its bands plain integers,
so that they lie as rows in any database; nothing of the text can be read from them.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from scoring_models.text import words

N_HASHES = 128
N_BANDS = 32
"""Bands of four hashes: texts with Jaccard .5 meet with chance .87, .6 with .99, .2 with .05."""

SHINGLE = 3
FEWEST_SHINGLES = 12
"""Shorter texts, once the question's own runs are left out, coincide by chance."""

_PRIME = np.uint64((1 << 31) - 1)
_random = np.random.default_rng(20110)
_A = _random.integers(1, 1 << 31, N_HASHES, dtype=np.uint64)
_B = _random.integers(0, 1 << 31, N_HASHES, dtype=np.uint64)

Minima = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Signature:
    """The signature of a text.

    Attributes
    ----------
    minima : array of shape (N_HASHES,)
        The least value of each hash over the text's shingles.
    n_shingles : int
        How many shingles it has.
    """

    minima: Minima
    n_shingles: int

    @property
    def bands(self) -> tuple[int, ...]:
        """One integer of 63 bits for each band; texts that share one may be alike."""
        rows = self.minima.reshape(N_BANDS, -1)
        return tuple(
            int.from_bytes(
                hashlib.blake2b(bytes([band]) + row.astype("<u4").tobytes(), digest_size=8).digest()
            )
            >> 1
            for band, row in enumerate(rows)
        )

    def to_bytes(self) -> bytes:
        """Return the minima as little-endian bytes."""
        return self.minima.astype("<u4").tobytes()

    @classmethod
    def from_bytes(cls, stored: bytes, n_shingles: int) -> Signature:
        """Read what ``to_bytes`` gave."""
        return cls(np.frombuffer(stored, dtype="<u4").astype(np.uint32), n_shingles)


def signature(text: str, prompt: str = "") -> Signature | None:
    """Sign a text by its runs of three words; runs of ``prompt`` are left out.

    None for a text with fewer than ``FEWEST_SHINGLES`` of its own.
    """
    own = _shingles(text) - _shingles(prompt)
    if len(own) < FEWEST_SHINGLES:
        return None
    hashed = np.array([_hash(shingle) for shingle in sorted(own)], dtype=np.uint64)
    values = (_A[:, None] * hashed[None, :] + _B[:, None]) % _PRIME
    return Signature(values.min(axis=1).astype(np.uint32), len(own))


def resemblance(a: Signature, b: Signature) -> float:
    """Estimate what share of the shorter text's shingles stands in the other, 0 to 1.

    The share of equal minima estimates the Jaccard index; with both sizes it gives the containment.
    """
    jaccard = float(np.mean(a.minima == b.minima))
    common = jaccard / (1 + jaccard) * (a.n_shingles + b.n_shingles)
    return min(1.0, common / min(a.n_shingles, b.n_shingles))


@dataclass
class Index:
    """Signatures in memory, found again by their bands."""

    signatures: dict[str, Signature] = field(default_factory=dict)
    by_band: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, name: str, signed: Signature) -> None:
        """Put a signature in under the name of its answer."""
        self.signatures[name] = signed
        for band in signed.bands:
            self.by_band[band].add(name)

    def alike(self, signed: Signature, least: float) -> dict[str, float]:
        """Return the answers whose resemblance to ``signed`` is ``least`` or more."""
        met = {name for band in signed.bands for name in self.by_band.get(band, ())}
        found = {name: resemblance(signed, self.signatures[name]) for name in met}
        return {name: share for name, share in sorted(found.items()) if share >= least}


def _shingles(text: str) -> set[str]:
    found = words(text)
    return {" ".join(found[i : i + SHINGLE]) for i in range(len(found) - SHINGLE + 1)}


def _hash(shingle: str) -> int:
    return int.from_bytes(hashlib.blake2b(shingle.encode(), digest_size=4).digest()) & 0x7FFFFFFF
