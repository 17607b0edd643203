"""Answers already given, so that a request that comes again gets the same one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, insert, select

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
    lock = func.pg_advisory_xact_lock(func.hashtextextended(key, LOCK_SEED))
    session.execute(select(lock))
    row = session.execute(
        select(IdempotencyKey.request_sha256, IdempotencyKey.response).where(
            IdempotencyKey.key == key
        )
    ).one_or_none()
    return Remembered(row.request_sha256, row.response) if row else None


def remember(session: Session, key: str, issue_id: UUID, given: Remembered) -> None:
    """Keep an answer under a key, in the transaction that made it."""
    session.execute(
        insert(IdempotencyKey),
        {
            "key": key,
            "issue_id": issue_id,
            "request_sha256": given.request_sha256,
            "response": given.response,
        },
    )
