"""Hashing and checking passwords with Argon2id."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

MIN_LENGTH = 10
_hasher = PasswordHasher()
_nobody = _hasher.hash(secrets.token_urlsafe(16))


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def password_matches(password_hash: str | None, password: str) -> bool:
    """Whether ``password`` is the one; costs the same where there is no account."""
    try:
        return _hasher.verify(password_hash or _nobody, password) and password_hash is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def make_password() -> str:
    """A first password that can be read out: three groups of four letters and digits."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    groups = ("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(3))
    return "-".join(groups)
