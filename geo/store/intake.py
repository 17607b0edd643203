"""Storing an issue with all that goes with it, in one statement."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import orjson
from psycopg.errors import InsufficientPrivilege
from psycopg.pq import TransactionStatus

from geo.errors import NotPermittedError
from geo.store.engine import direct
from geo.store.generations import LOCK_CLASS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    import psycopg


def take_in(
    connection: psycopg.Connection, given: Mapping[str, Any], photos: Sequence[bytes]
) -> dict[str, Any]:
    """Store an issue, and return the outcome.

    Parameters
    ----------
    connection
        Of :func:`geo.store.engine.direct`, or of :func:`holding`.
    given
        What ``take_in`` in ``sql/intake.sql`` takes, of JSON values and times.
    photos
        The files of its photos, in order.

    Raises
    ------
    NotPermittedError
        When the asker may not report.
    """
    values = (orjson.dumps(given).decode(), list(photos))
    try:
        # In the middle of a transaction its own commit is what waits for the disk.
        alone = connection.info.transaction_status == TransactionStatus.IDLE
        statement = _TAKE_IN if alone else _TAKE_IN_WITHIN
        row = connection.execute(statement, values, prepare=True).fetchone()
    except InsufficientPrivilege as error:
        raise NotPermittedError from error
    told: dict[str, Any] = row[0] if row else {}
    return told


@contextmanager
def holding(jurisdiction_id: int, url: str | None = None) -> Iterator[psycopg.Connection]:
    """Keep a jurisdiction's generations as they are, as intake does, until the block ends.

    Parameters
    ----------
    jurisdiction_id
        The key.
    url
        The owner's address of the database; by default ours.

    Yields
    ------
    psycopg.Connection
        In the transaction that holds them.

    Raises
    ------
    StoreUnavailableError
        When the database can't be reached, or is lost meanwhile.
    """
    with direct(url) as connection, connection.transaction():
        connection.execute(
            "SELECT pg_advisory_xact_lock_shared(%s::integer, %s::integer)",
            (LOCK_CLASS, jurisdiction_id),
        )
        yield connection


_TAKE_IN = "CALL take_in_durably(%s::jsonb, %s::bytea[], NULL)"
_TAKE_IN_WITHIN = "SELECT take_in(%s::jsonb, %s::bytea[])"
