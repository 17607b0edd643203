"""Answers already given, so that a request that comes again gets the same one.

Only the digest of a key is kept. What must not be readable in the store is sealed with the key.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, insert, select, text

from geo.store.models import IdempotencyKey

if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from sqlalchemy.orm import Session

LOCK_SEED = 0x6B6579


class Remembered(NamedTuple):
    """What was asked, as a digest, and what was answered."""

    request_sha256: bytes
    response: dict[str, Any]


def recall(session: Session, key: str) -> Remembered | None:
    """Return the answer given under a key, waiting for a transaction that is about to give it."""
    lock = func.pg_advisory_xact_lock(func.hashtextextended(digest(key), LOCK_SEED))
    session.execute(select(lock))
    row = session.execute(_GIVEN, {"key": digest(key)}).one_or_none()
    return Remembered(row.request_sha256, row.response) if row else None


def remember(
    session: Session,
    key: str,
    issue_id: UUID | None,
    given: Remembered,
    booking_id: UUID | None = None,
) -> None:
    """Keep an answer about an issue or a booking under a key, in the transaction that made it."""
    session.execute(
        insert(IdempotencyKey),
        {
            "key": digest(key),
            "issue_id": issue_id,
            "booking_id": booking_id,
            "request_sha256": given.request_sha256,
            "response": given.response,
        },
    )


def seal(key: str, secret: str) -> str:
    """Return a secret made unreadable for everybody who does not have the key.

    The secret, at most 32 bytes, is added bit by bit to HMAC-SHA256 (RFC 2104) of the key.

    Examples
    --------
    >>> seal("key", "") , unseal("key", seal("key", "secret"))
    ('', 'secret')
    """
    return _added(key, secret.encode()).hex()


def unseal(key: str, sealed: str) -> str:
    """Return the secret that :func:`seal` made unreadable."""
    return _added(key, bytes.fromhex(sealed)).decode()


def _added(key: str, secret: bytes) -> bytes:
    pad = hmac.digest(key.encode(), b"hongge sealed answer", "sha256")
    return bytes(one ^ other for one, other in zip(secret, pad, strict=False))


def digest(key: str) -> str:
    """Return what is kept of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


_GIVEN = text("SELECT request_sha256, response FROM answer_given(:key)")
