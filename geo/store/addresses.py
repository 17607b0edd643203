"""Addresses of databases, as the libraries want them."""

from __future__ import annotations

from geo.errors import StoreUnavailableError

DRIVER = "postgresql+psycopg"


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
