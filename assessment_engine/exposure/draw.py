"""Random draws that depend on nothing but a sitting's seed, a position and a purpose.

Draws come from a keyed hash instead of a library's generator, whose stream may change between
versions: a log must replay to the same items for as long as it is kept.
"""

import hashlib
import struct
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from assessment_engine.irt import FloatArray

_EIGHT = struct.Struct("<8Q")


def draws(seed: int, position: int, purpose: str) -> Iterator[int]:
    """Yield endless uniform 64-bit integers that depend on nothing but the arguments."""
    key = f"{seed}:{position}:{purpose}:"
    block = 0
    while True:
        yield from _EIGHT.unpack(_block(key, block))
        block += 1


def uniforms(seed: int, position: int, purpose: str, n: int) -> FloatArray:
    """The first ``n`` draws as numbers in [0, 1), ``(n,)``; each keeps 53 bits."""
    key = f"{seed}:{position}:{purpose}:"
    data = b"".join(_block(key, block) for block in range(-(-n // 8)))
    kept = np.frombuffer(data, dtype="<u8")[:n] >> np.uint64(11)
    return kept.astype(np.float64) * 2.0**-53


def _block(key: str, block: int) -> bytes:
    return hashlib.blake2b(f"{key}{block}".encode()).digest()


def randomesque(candidates: Sequence[int], seed: int, position: int) -> int:
    """Draw one of the best candidates, each with the same probability.

    References
    ----------
    Kingsbury & Zara (1989), doi:10.1207/s15324818ame0204_6
    """
    if len(candidates) == 1:
        return candidates[0]
    return candidates[next(draws(seed, position, "item")) % len(candidates)]


def shuffled(numbers: Sequence[int], seed: int, position: int, purpose: str) -> tuple[int, ...]:
    """A random permutation (Fisher-Yates)."""
    order = list(numbers)
    if len(order) < 2:
        return tuple(order)
    stream = islice(draws(seed, position, purpose), len(order) - 1)
    for last, number in zip(range(len(order) - 1, 0, -1), stream, strict=True):
        other = number % (last + 1)
        order[last], order[other] = order[other], order[last]
    return tuple(order)


def option_order(n_options: int, seed: int, position: int) -> tuple[int, ...]:
    """A random permutation of the option numbers 1 to ``n_options``."""
    return shuffled(range(1, n_options + 1), seed, position, "options")
