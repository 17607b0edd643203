"""Hashing, checking and making passwords."""

from __future__ import annotations

import secrets
from functools import lru_cache
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from geo.core.passwords import normalised, weakness
from geo.errors import InvalidFieldError
from geo.files.breached import breached
from geo.messages import msg
from geo.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterable

CONSONANTS = "bdfghjklmnprstwz"
VOWELS = "aeiou"
GROUPS = 5


@lru_cache(maxsize=1)
def hasher() -> PasswordHasher:
    """Return the maker of hashes: argon2id with the library's parameters (RFC 9106)."""
    return PasswordHasher()


def hashed(password: str) -> str:
    """Return the argon2id hash of a password in its normalised form."""
    return hasher().hash(normalised(password))


def matches(password: str, password_hash: str | None) -> bool:
    """Tell whether a password is the hashed one.

    Without a hash it takes as long as with one, so that time does not tell which names exist.

    Examples
    --------
    >>> matches("", None)
    False
    """
    try:
        hasher().verify(password_hash or _nobodys_hash(), normalised(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def outdated(password_hash: str) -> bool:
    """Tell whether a hash was made with other parameters than those of today."""
    return hasher().check_needs_rehash(password_hash)


def check_password(password: str, context: Iterable[str], field: str = "password") -> None:
    """Refuse a password that is too short, guessable or known to be breached.

    Raises
    ------
    InvalidFieldError
        With the reason.
    """
    reason = weakness(password, context)
    file = settings().breached_passwords
    if reason is None and file is not None and breached(password, file):
        reason = msg("The password is in a list of passwords that have been stolen elsewhere.")
    if reason is not None:
        raise InvalidFieldError(field=field, reason=reason)


def pronounceable() -> str:
    """Return a new password of syllables: 63 bits of the system's randomness."""
    return "-".join(_syllable() + _syllable() for _ in range(GROUPS))


def _syllable() -> str:
    return secrets.choice(CONSONANTS) + secrets.choice(VOWELS)


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return hasher().hash(secrets.token_urlsafe())
