"""The private PostGIS cluster: there when it is needed, gone when nobody uses it.

Every process that uses the cluster holds a shared lock on a file for as long as it lives. Whoever
leaves last stops the server, unless a program without a lock (such as ``psql``) is still connected;
connections whose application name begins with ``hongge`` belong to processes with a lock.
A process that is killed loses its lock with its life; the server then runs on, the next process
finds it, and stops it in its turn.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
from psycopg import sql

from geo.errors import StoreUnavailableError
from geo.messages import msg
from geo.store import cluster_server as server
from geo.store.cluster_home import (
    FolderOwnedByAnotherError,
    Home,
    account_of,
    find_home,
    owner_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from geo.store.cluster_home import Tell

EXTENSIONS = ("postgis", "btree_gist")
CONNECT_LIMIT_S = 10

_leases: dict[Path, tuple[int, int]] = {}


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """What is known of a private cluster without touching it."""

    folder: Path
    version: str | None
    pid: int | None
    url: str | None


def _silent(_message: object) -> None:
    """Tell nobody."""


def ensure_running(
    data_dir: Path, *, port: int | None = None, durable: bool = True, tell: Tell = _silent
) -> str:
    """Return the address of the private cluster's database, after starting it when needed.

    The server runs until the last process that called this ends. Several processes may call it at
    once, and a process may call it again.

    Parameters
    ----------
    data_dir
        The project's data folder; the cluster is its ``postgres``.
    port
        A TCP port on loopback beside the Unix socket; ``None`` for the socket alone.
    durable
        Whether a power cut must lose nothing; tests do without.
    tell
        Is told of steps that take a while.

    Returns
    -------
    str
        A SQLAlchemy address (``postgresql+psycopg://…``) over the Unix socket.

    Raises
    ------
    StoreUnavailableError
        One of its kinds says what is missing and what to do.
    """
    folder = data_dir.resolve()
    with _one_at_a_time(folder):
        home = find_home(folder, tell)
        if not _settled(home):
            _bring_up(home, port=port, durable=durable, tell=tell)
        if not _answers(home):
            _furnish(home, port)
        _take_lease(folder)
        return address(home)


def stop(data_dir: Path) -> bool:
    """Stop the private cluster's server now, whoever uses it; say whether it was running."""
    folder = data_dir.resolve()
    with _one_at_a_time(folder):
        _drop_lease(folder)
        home = find_home(folder)
        if server.server_pid(home) is None:
            return False
        server.stop_server(home, server.binaries_for(home))
        return True


def remove(data_dir: Path) -> None:
    """Stop the private cluster and delete all its data."""
    folder = data_dir.resolve()
    if not (folder / "postgres").exists():
        return
    stop(folder)
    home = find_home(folder)
    shutil.rmtree(home.socket, ignore_errors=True)
    shutil.rmtree(home.folder)
    (folder / "postgres").unlink(missing_ok=True)


def release(data_dir: Path) -> bool:
    """Leave the cluster, and stop it when nobody else uses it; say whether it was stopped."""
    folder = data_dir.resolve()
    if folder not in _leases or not folder.exists():
        return False
    with _one_at_a_time(folder):
        _drop_lease(folder)
        home = find_home(folder)
        if server.server_pid(home) is None or not _unused(folder, home):
            return False
        server.stop_server(home, server.binaries_for(home))
        return True


def status(data_dir: Path) -> ClusterStatus:
    """Return what is known of the private cluster; nothing is made or started."""
    folder = (data_dir.resolve() / "postgres").resolve()
    if not folder.exists():
        return ClusterStatus(folder, None, None, None)
    home = find_home(data_dir)
    pid = server.server_pid(home)
    return ClusterStatus(folder, server.made_by(home), pid, address(home) if pid else None)


def address(home: Home) -> str:
    """Return the SQLAlchemy address of a running home's database, over its Unix socket."""
    socket = quote(str(home.socket), safe="")
    return f"postgresql+psycopg://{server.OWNER}@/{server.OWNER}?host={socket}&port={server.server_port(home)}"


def _bring_up(home: Home, *, port: int | None, durable: bool, tell: Tell) -> None:
    """Make the cluster if there is none, and start its server."""
    binaries = server.binaries_for(home)
    if server.made_by(home) is None:
        tell(msg("Making a private PostgreSQL %(version)s cluster…", version=binaries.version))
        server.initialise(home, binaries)
    users = {home.account.name, account_of(os.geteuid()).name, "root"}
    server.configure(home, port=port, durable=durable, users=users)
    tell(msg("Starting the database…"))
    server.start(home, binaries, port)
    if port:
        _furnish(home, port)


def _settled(home: Home) -> bool:
    """Wait while a server is coming up or going down; say whether there is one that answers."""
    started = time.monotonic()
    while server.server_pid(home) is not None:
        try:
            with _connection(home, server.ADMINISTRATOR, "postgres"):
                return True
        except psycopg.OperationalError as error:
            patience_s = server.START_LIMIT_S if _transient(error) else CONNECT_LIMIT_S
            if time.monotonic() - started > patience_s:
                raise StoreUnavailableError(reason=str(error).strip()) from error
            time.sleep(0.1)
        except (OSError, IndexError):  # its postmaster.pid went between two looks
            time.sleep(0.1)
    return False


def _transient(error: psycopg.OperationalError) -> bool:
    said = str(error)
    return any(state in said for state in ("starting up", "shutting down", "recovery"))


def _answers(home: Home) -> bool:
    """Say whether the owner's database is there, which is made last of all, and complete."""
    with (
        suppress(psycopg.OperationalError),
        _connection(home, server.OWNER, server.OWNER) as connection,
    ):
        made = "SELECT FROM pg_roles WHERE rolname = current_user AND rolcreaterole"
        return connection.execute(made).rowcount > 0
    return False


def _furnish(home: Home, port: int | None) -> None:
    """Make the owner's role and database; it is no superuser, and makes the service's login.

    The extensions are made in the template of all databases, since only a superuser may make them.
    """
    try:
        with _connection(home, server.ADMINISTRATOR, "postgres") as connection:
            _make_role(connection)
            if port:
                _set_password(connection, server.password_of(home))
        with _connection(home, server.ADMINISTRATOR, "template1") as connection:
            for name in EXTENSIONS:
                connection.execute(
                    sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name))
                )
        with _connection(home, server.ADMINISTRATOR, "postgres") as connection:
            _make_database(connection)
    except psycopg.Error as error:
        raise StoreUnavailableError(reason=str(error)) from error


def _make_role(connection: psycopg.Connection) -> None:
    known = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [server.OWNER])
    verb = sql.SQL("ALTER" if known.rowcount else "CREATE")
    role = sql.Identifier(server.OWNER)
    connection.execute(sql.SQL("{} ROLE {} LOGIN CREATEDB CREATEROLE").format(verb, role))


def _set_password(connection: psycopg.Connection, password: str) -> None:
    """Set the role's password as its SCRAM verifier, so that no log can hold the password."""
    verifier = connection.pgconn.encrypt_password(
        password.encode(), server.OWNER.encode(), b"scram-sha-256"
    )
    connection.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(
            sql.Identifier(server.OWNER), sql.Literal(verifier.decode())
        )
    )


def _make_database(connection: psycopg.Connection) -> None:
    known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [server.OWNER])
    if not known.rowcount:
        name = sql.Identifier(server.OWNER)
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, name))


@contextmanager
def _connection(home: Home, role: str, database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(
        host=str(home.socket),
        port=server.server_port(home),
        user=role,
        dbname=database,
        connect_timeout=CONNECT_LIMIT_S,
        autocommit=True,
    ) as connection:
        yield connection


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Let one process at a time look at the cluster, start it or stop it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = _open(folder / "postgres.lock")
    except PermissionError:
        raise FolderOwnedByAnotherError(folder=folder, owner=owner_name(folder)) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)


def _take_lease(folder: Path) -> None:
    """Count this process among the users until it ends."""
    known = _leases.get(folder)
    if known and known[1] == os.getpid():
        return
    if not _leases:
        atexit.register(_release_all)
    lease = _open(folder / "postgres.users")
    fcntl.flock(lease, fcntl.LOCK_SH)
    _leases[folder] = (lease, os.getpid())


def _drop_lease(folder: Path) -> None:
    lease, pid = _leases.pop(folder, (-1, 0))
    if pid == os.getpid():
        os.close(lease)


def _release_all() -> None:
    """Leave every cluster at the end of the process; forked children leave that to their parent."""
    for folder, (_lease, pid) in list(_leases.items()):
        if pid == os.getpid():
            release(folder)


def _unused(folder: Path, home: Home) -> bool:
    """Say whether no process holds the users' lock and no client is connected."""
    users = _open(folder / "postgres.users")
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(users)
    with suppress(psycopg.Error), _connection(home, server.ADMINISTRATOR, "postgres") as connection:
        others = connection.execute(
            "SELECT FROM pg_stat_activity WHERE backend_type = 'client backend'"
            " AND pid <> pg_backend_pid() AND application_name NOT LIKE 'hongge%'"
        )
        return others.rowcount == 0
    return True
