"""Exposure control within one sitting, and the random draws that it needs.

Draws come from a keyed hash of (sitting seed, position, purpose) instead of a library's generator,
whose stream may change between versions: a log must replay to the same items for as long as it is
kept.
"""

import hashlib
from collections.abc import Iterator, Sequence


def draws(seed: int, position: int, purpose: str) -> Iterator[int]:
    """Yield endless uniform 64-bit integers that depend on nothing but the arguments."""
    key = f"{seed}:{position}:{purpose}:"
    block = 0
    while True:
        digest = hashlib.blake2b(f"{key}{block}".encode()).digest()
        for i in range(0, 64, 8):
            yield int.from_bytes(digest[i : i + 8], "little")
        block += 1


def randomesque(candidates: Sequence[int], seed: int, position: int) -> int:
    """Draw one of the best candidates, each with the same probability.

    References
    ----------
    Kingsbury & Zara (1989), doi:10.1207/s15324818ame0204_6
    """
    return candidates[next(draws(seed, position, "item")) % len(candidates)]


def option_order(n_options: int, seed: int, position: int) -> tuple[int, ...]:
    """A random permutation of the option numbers 1 to ``n_options`` (Fisher-Yates)."""
    order = list(range(1, n_options + 1))
    numbers = draws(seed, position, "options")
    for last in range(n_options - 1, 0, -1):
        other = next(numbers) % (last + 1)
        order[last], order[other] = order[other], order[last]
    return tuple(order)
