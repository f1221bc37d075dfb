"""The engine's keyed draws, compiled: BLAKE2b of ``seed:position:purpose:block``.

Bit for bit the numbers of :func:`assessment_engine.exposure.draws`, for messages of one block of
128 bytes.

References
----------
Saarinen & Aumasson (2015), RFC 7693, doi:10.17487/RFC7693
"""

import numpy as np
import numpy.typing as npt

from assessment_engine.simulation.compiled import compiled

Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]

_IV = np.array(
    [
        0x6A09E667F3BCC908,
        0xBB67AE8584CAA73B,
        0x3C6EF372FE94F82B,
        0xA54FF53A5F1D36F1,
        0x510E527FADE682D1,
        0x9B05688C2B3E6C1F,
        0x1F83D9ABFB41BD6B,
        0x5BE0CD19137E2179,
    ],
    dtype=np.uint64,
)
_ORDER = [
    "0123456789abcdef",
    "ea489fd61c02b753",
    "b8c052fdae367194",
    "7931dcbe265a40f8",
    "905724afe1bc683d",
    "2c6a0b834d75fe19",
    "c51fed4a0763928b",
    "db7ec13950f4862a",
    "6fe9b308c2d714a5",
    "a2847615fb9e3cd0",
]
_SIGMA = np.array([[int(digit, 16) for digit in row] for row in [*_ORDER, *_ORDER[:2]]])
_LANES = np.array(
    [
        [0, 4, 8, 12],
        [1, 5, 9, 13],
        [2, 6, 10, 14],
        [3, 7, 11, 15],
        [0, 5, 10, 15],
        [1, 6, 11, 12],
        [2, 7, 8, 13],
        [3, 4, 9, 14],
    ]
)
_PARAMETERS = np.uint64(0x01010040)  # no key, 64 bytes of digest
_FINAL = np.uint64(0xFFFFFFFFFFFFFFFF)
LONGEST = 128
COLON, ZERO = 58, 48


def text_of(purpose: str) -> Bytes:
    """The bytes of ``:purpose:``, as :func:`write_key` wants them."""
    return np.frombuffer(f":{purpose}:".encode(), dtype=np.uint8)


@compiled
def _turn(value: np.uint64, by: int) -> np.uint64:
    return (value >> np.uint64(by)) | (value << np.uint64(64 - by))


@compiled
def _write_number(value: np.uint64, into: Bytes, at: int) -> int:
    """Write a whole number in decimal digits; the place after it."""
    digits = 1
    rest = value // np.uint64(10)
    while rest > np.uint64(0):
        digits += 1
        rest //= np.uint64(10)
    for place in range(at + digits - 1, at - 1, -1):
        into[place] = np.uint8(ZERO + value % np.uint64(10))
        value //= np.uint64(10)
    return at + digits


@compiled
def block_of(
    seed: np.uint64, position: int, purpose: Bytes, block: int, text: Bytes, work: Words
) -> None:
    """Write the eight 64-bit draws of one block of a stream into ``work[:8]``.

    ``purpose`` from :func:`text_of`; ``text`` (128,) and ``work`` (40,) are room to work in.
    """
    at = _write_number(seed, text, 0)
    text[at] = COLON
    at = _write_number(np.uint64(position), text, at + 1)
    for byte in purpose:
        text[at] = byte
        at += 1
    at = _write_number(np.uint64(block), text, at)
    message, v = work[8:24], work[24:40]
    for i in range(16):
        message[i] = np.uint64(0)
    for i in range(at):
        message[i >> 3] |= np.uint64(text[i]) << np.uint64((i & 7) << 3)
    for i in range(8):
        v[i] = _IV[i]
        v[i + 8] = _IV[i]
    v[0] ^= _PARAMETERS
    v[12] ^= np.uint64(at)
    v[14] ^= _FINAL
    for turn in range(12):
        order = _SIGMA[turn]
        for lane in range(8):
            i, j, k, m = _LANES[lane]
            a, b, c, d = v[i], v[j], v[k], v[m]
            a = a + b + message[order[2 * lane]]
            d = _turn(d ^ a, 32)
            c = c + d
            b = _turn(b ^ c, 24)
            a = a + b + message[order[2 * lane + 1]]
            d = _turn(d ^ a, 16)
            c = c + d
            b = _turn(b ^ c, 63)
            v[i], v[j], v[k], v[m] = a, b, c, d
    for i in range(8):
        work[i] = _IV[i] ^ v[i] ^ v[i + 8]
    work[0] ^= _PARAMETERS
