"""The way to the database: its address, the pools of connections, and transactions.

There are two ways. The *owner* migrates, loads and keeps. The *service* signs in with a login that
owns nothing, and every transaction says who is asking: the database's policies decide by that.
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import orjson
import psycopg
from psycopg.errors import InsufficientPrivilege
from psycopg.types.json import set_json_loads
from sqlalchemy import QueuePool, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker

from geo.errors import NotPermittedError, StoreUnavailableError, TooBusyError
from geo.settings import settings
from geo.store.addresses import plain_url, with_driver
from geo.store.asking import RESIDENT, Asker, keeper_context
from geo.store.service_login import service_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import SessionTransaction

__all__ = [
    "Session",
    "close",
    "database_url",
    "direct",
    "engine",
    "owner_session",
    "plain_url",
    "reaching_the_store",
    "refusing_what_is_not_permitted",
    "service_address",
    "service_engine",
    "session",
    "tell",
    "with_driver",
]

Login = Literal["owner", "service"]

CONNECT_TIMEOUT_S = 10
CONTEXT = "hongge"
CONNECTION: dict[str, Any] = {
    "application_name": "hongge",
    "connect_timeout": CONNECT_TIMEOUT_S,
    "options": "-c TimeZone=UTC",
}
DIRECT = 8
"""Connections for single statements: while some wait for the disk, others work."""


class Sessions(NamedTuple):
    """A pool of connections, the maker of sessions on it, and a pool for single statements."""

    pool: Engine
    make: sessionmaker[Session]
    direct: QueuePool


_makers: dict[tuple[str | None, Login], Sessions] = {}
_opening = RLock()


def database_url() -> str:
    """Return the owner's address of the database: the one that is set, else the private cluster's.

    The private cluster is started when it is not running.

    Raises
    ------
    StoreUnavailableError
        When the private cluster can't be started.
    """
    chosen = settings()
    if chosen.database_url:
        return with_driver(chosen.database_url.get_secret_value())
    from geo.store.cluster import ensure_running  # noqa: PLC0415 - only where it is private

    return with_driver(ensure_running(chosen.data_dir, port=chosen.database_port))


def engine(url: str | None = None) -> Engine:
    """Return this process's pool of the owner's connections to a database; by default ours."""
    return _sessions(url, "owner").pool


def service_engine(url: str | None = None) -> Engine:
    """Return this process's pool of the service's connections.

    Parameters
    ----------
    url
        The owner's address; by default ours.

    Raises
    ------
    ServiceLoginUnsafeError, StoreNotReadyError, StoreUnavailableError
    """
    return _sessions(url, "service").pool


def service_address(url: str | None = None) -> str:
    """Return the address at which the service signs in, for connections outside of the pool."""
    return service_engine(url).url.render_as_string(hide_password=False)


def close(url: str | None = None) -> None:
    """Close this process's connections to a database; whoever needs one opens it anew."""
    with _opening:
        makers = [_makers.pop((url, login), None) for login in ("owner", "service")]
    for maker in makers:
        if maker is not None:
            maker.pool.dispose()
            maker.direct.dispose()


def _sessions(url: str | None, login: Login) -> Sessions:
    """Return a login's sessions and their pool, made once."""
    found = _makers.get((url, login))
    if found is not None:
        return found
    with _opening:
        if (url, login) not in _makers:
            owner_url = with_driver(url) if url else database_url()
            address = service_url(owner_url) if login == "service" else owner_url
            pool = _pool(address)
            maker = sessionmaker(pool, expire_on_commit=False)
            event.listen(maker, "after_begin", _say_who_asks)
            _makers[url, login] = Sessions(pool, maker, _direct_pool(address))
        return _makers[url, login]


def _pool(url: str) -> Engine:
    """Make a pool; sessions speak UTC, so that times come back the same whatever the server's."""
    return create_engine(
        make_url(url),
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=8,
        max_overflow=8,
        connect_args=CONNECTION,
    )


def _direct_pool(url: str) -> QueuePool:
    """Make a pool for statements that are a transaction each; nothing is asked beforehand."""

    def connected() -> Any:
        connection = psycopg.connect(plain_url(url), autocommit=True, **CONNECTION)
        set_json_loads(orjson.loads, connection)
        return connection

    return QueuePool(connected, pool_size=DIRECT, max_overflow=0, reset_on_return=None)


@contextmanager
def direct(url: str | None = None) -> Iterator[psycopg.Connection]:
    """Lend a connection of the service on which every statement is a transaction of its own.

    The statement itself says who is asking. A connection that turns out to be lost is not lent
    again, nor are the others that were idle meanwhile.

    Parameters
    ----------
    url
        The owner's address; by default ours.

    Raises
    ------
    StoreUnavailableError
        When the database can't be reached, or is lost; what was asked for may have happened.
    TooBusyError
        When all connections are in use for long.
    """
    with reaching_the_store():
        pool = _sessions(url, "service").direct
        lent = pool.connect()
        connection: psycopg.Connection = lent.driver_connection  # type: ignore[assignment]
        try:
            yield connection
        except psycopg.Error as error:
            if not connection.closed:
                raise
            lent.invalidate(error, soft=False)
            pool.dispose()
            raise StoreUnavailableError(reason=str(error).strip()) from error
        finally:
            lent.close()


@contextmanager
def session(url: str | None = None, asker: Asker = RESIDENT) -> Iterator[Session]:
    """Open a session of the service for one transaction, on behalf of somebody.

    It is committed at the end, and rolled back on any error.

    Parameters
    ----------
    url
        The owner's address of the database; by default ours.
    asker
        Who is asking: decides which rows there are.

    Raises
    ------
    StoreUnavailableError
        When the database can't be reached.
    """
    with _transaction(url, "service", asker.context()) as opened:
        yield opened


@contextmanager
def owner_session(
    url: str | None = None, actor: str = "command", request_id: str | None = None
) -> Iterator[Session]:
    """Open a session of the database's owner for one transaction: no policy holds for it.

    For loading, upkeep and commands of the operator; never on behalf of a person on the web.

    Parameters
    ----------
    url
        The owner's address; by default ours.
    actor, request_id
        For the audit trail.

    Raises
    ------
    StoreUnavailableError
        When the database can't be reached.
    """
    with _transaction(url, "owner", keeper_context(actor, request_id)) as opened:
        yield opened


@contextmanager
def _transaction(url: str | None, login: Login, context: dict[str, str]) -> Iterator[Session]:
    with (
        reaching_the_store(),
        _sessions(url, login).make(info={CONTEXT: context}) as opened,
        opened.begin(),
    ):
        yield opened


def _say_who_asks(opened: Session, transaction: SessionTransaction, connection: Connection) -> None:
    if not transaction.nested:
        tell(connection, opened.info[CONTEXT])


def tell(connection: Connection, context: dict[str, str]) -> None:
    """Tell the database who is asking in this transaction; it forgets it at the end.

    Parameters
    ----------
    connection
        In a transaction.
    context
        Of :meth:`geo.store.asking.Asker.context`.
    """
    connection.execute(_TELL, context)


_TELL = text(
    "SELECT set_config('hongge.asker', :asker, true),"
    " set_config('hongge.account_id', :account_id, true),"
    " set_config('hongge.follow_sha256', :follow_sha256, true),"
    " set_config('hongge.request_id', :request_id, true),"
    " set_config('hongge.actor', :actor, true)"
)


@contextmanager
def reaching_the_store() -> Iterator[None]:
    """Turn a failure to connect, and a connection that is lost, into the domain's own errors."""
    try:
        yield
    except DBAPIError as error:
        unconnected = isinstance(error, OperationalError) and error.statement is None
        if error.connection_invalidated or unconnected:
            raise StoreUnavailableError(reason=str(error.orig).strip()) from error
        raise
    except psycopg.OperationalError as error:
        raise StoreUnavailableError(reason=str(error).strip()) from error
    except PoolTimeoutError as error:
        raise TooBusyError from error


@contextmanager
def refusing_what_is_not_permitted() -> Iterator[None]:
    """Turn the database's refusal to write a row into the domain's own error."""
    try:
        yield
    except ProgrammingError as error:
        if isinstance(error.orig, InsufficientPrivilege):
            raise NotPermittedError from error
        raise
