"""Draws that nobody chooses and an auditor can repeat: by a keyed hash."""

import hashlib
import hmac

_BYTES = 8


def fraction(key: str, *what: object) -> float:
    """A number in [0, 1) that depends on ``key`` and on ``what`` it is drawn for, and on no more.

    Whoever does not know the key cannot tell it beforehand.
    """
    message = "|".join(map(str, what)).encode()
    digest = hmac.new(key.encode(), message, hashlib.sha256).digest()
    return int.from_bytes(digest[:_BYTES], "big") / 2.0 ** (8 * _BYTES)


def drawn(key: str, share: float, *what: object) -> bool:
    """Whether ``what`` belongs to the share that is drawn."""
    return fraction(key, *what) < share
