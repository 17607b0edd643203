"""The way to the database: its address, the pool of connections, and transactions."""

from __future__ import annotations

from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from geo.errors import StoreUnavailableError
from geo.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

__all__ = [
    "Session",
    "database_url",
    "engine",
    "plain_url",
    "reaching_the_store",
    "session",
    "session_factory",
    "with_driver",
]

DRIVER = "postgresql+psycopg"
CONNECT_TIMEOUT_S = 10


def database_url() -> str:
    """Return the address of the database: the one that is set, else the private cluster's.

    The private cluster is started when it is not running.

    Raises
    ------
    StoreUnavailableError
        When the private cluster can't be started.
    """
    chosen = settings()
    if chosen.database_url:
        return with_driver(chosen.database_url)
    from geo.store.cluster import ensure_running  # noqa: PLC0415 - only where it is private

    return with_driver(ensure_running(chosen.data_dir, port=chosen.database_port))


def with_driver(url: str) -> str:
    """Return a PostgreSQL address as SQLAlchemy wants it, whatever driver it names.

    Examples
    --------
    >>> with_driver("postgres://me@db/city")
    'postgresql+psycopg://me@db/city'
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.split("+")[0] not in {"postgres", "postgresql"}:
        raise StoreUnavailableError(reason=f"“{scheme}” is not a PostgreSQL address")
    return f"{DRIVER}://{rest}"


def plain_url(url: str) -> str:
    """Return the address as libpq and psycopg's own functions want it.

    Examples
    --------
    >>> plain_url("postgresql+psycopg://me@db/city")
    'postgresql://me@db/city'
    """
    return f"postgresql://{with_driver(url).partition('://')[2]}"


@lru_cache(maxsize=8)
def engine(url: str | None = None) -> Engine:
    """Return this process's pool of connections to a database; by default ours.

    Sessions speak UTC, so that times come back the same whatever the server's own setting.
    """
    return create_engine(
        make_url(with_driver(url) if url else database_url()),
        pool_pre_ping=True,
        pool_size=8,
        max_overflow=8,
        connect_args={
            "application_name": "hongge",
            "connect_timeout": CONNECT_TIMEOUT_S,
            "options": "-c TimeZone=UTC",
        },
    )


@lru_cache(maxsize=8)
def session_factory(url: str | None = None) -> sessionmaker[Session]:
    """Return the maker of sessions on :func:`engine`."""
    return sessionmaker(engine(url), expire_on_commit=False)


@contextmanager
def session(url: str | None = None) -> Iterator[Session]:
    """Open a session for one transaction: committed at the end, rolled back on any error.

    Raises
    ------
    StoreUnavailableError
        When the database can't be reached.
    """
    with reaching_the_store(), session_factory(url).begin() as opened:
        yield opened


@contextmanager
def reaching_the_store() -> Iterator[None]:
    """Turn a failure to connect into the domain's own error."""
    try:
        yield
    except OperationalError as error:
        if error.connection_invalidated or error.statement is None:
            raise StoreUnavailableError(reason=str(error.orig).strip()) from error
        raise
