"""Keeping the database: what it holds, saving it to a file, and bringing it back."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo
from sqlalchemy import NullPool, create_engine, make_url

from geo.errors import HonggeError, StoreUnavailableError
from geo.store import migrate
from geo.store.cluster_server import client_programs
from geo.store.engine import plain_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST_LOAD_LOCK = 0x686F6E676766
# What PostGIS brings itself, and only a superuser may write.
NOT_OURS = re.compile(r" (COMMENT - )?EXTENSION (- )?|TABLE DATA \S+ spatial_ref_sys ")


class NotEmptyError(HonggeError):
    """The database to restore into holds something."""

    template = "The database %(database)s is not empty: nothing was restored. --force replaces it."


class ConnectionsStayError(HonggeError):
    """Somebody else's connections keep the database from being replaced."""

    template = (
        "The database %(database)s is in use by %(roles)s, whose connections its owner "
        "“%(owner)s” may not end: nothing was restored. Stop what is connected, such as the "
        "service, and restore again; or let an administrator of the server run "
        "GRANT %(roles)s TO %(owner)s first."
    )


class NotABackupError(HonggeError):
    """The file was not written by a backup."""

    template = "%(file)s is not a backup of Hongge: %(reason)s"


class FileExistsAlreadyError(HonggeError):
    """A backup must not overwrite another."""

    template = "%(file)s exists already: choose another name."


class ProgramMissingError(HonggeError):
    """PostgreSQL's client programs are not here."""

    template = (
        "%(program)s of PostgreSQL %(version)s or newer is not installed here: "
        "install Debian's package “postgresql-client”."
    )


class ProgramFailedError(HonggeError):
    """One of PostgreSQL's client programs failed."""

    template = "%(program)s failed: %(said)s"


def holds_jurisdictions(url: str) -> bool:
    """Say whether any jurisdiction has been loaded."""
    with _connection(url) as connection:
        return connection.execute("SELECT FROM jurisdiction LIMIT 1").rowcount > 0


def shown(url: str) -> str:
    """Return an address without its password, for people to read.

    Examples
    --------
    >>> shown("postgresql+psycopg://me:secret@db/city")
    'postgresql+psycopg://me:***@db/city'
    """
    return make_url(url).render_as_string(hide_password=True)


def versions(url: str) -> tuple[str, str | None]:
    """Return the versions of PostgreSQL and PostGIS; ``None`` when PostGIS isn't in use."""
    with _connection(url) as connection:
        postgis = connection.execute(
            "SELECT extversion FROM pg_extension WHERE extname = 'postgis'"
        ).fetchone()
        server = connection.info.parameter_status("server_version") or "?"
        return server, postgis[0] if postgis else None


def create_missing(url: str) -> bool:
    """Make the database an address names when its server lacks it; say whether it was made."""
    name = make_url(url).database or ""
    with _connection(_at(url, "postgres")) as connection:
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
            return False
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return True


@contextmanager
def first_load(url: str) -> Iterator[bool]:
    """Hold the right to fill an empty database; others wait, and then find it filled.

    Yields
    ------
    bool
        Whether there is still nothing in it.
    """
    with _connection(url) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [FIRST_LOAD_LOCK])
        yield not holds_jurisdictions(url)


def backup(url: str, file: Path) -> int:
    """Save the database to a file (PostgreSQL's custom format), and return its size in bytes.

    The file appears under its name only when it is complete. It holds neither the password of the
    service's login, which is made anew, nor who is signed in.

    Raises
    ------
    FileExistsAlreadyError, ProgramMissingError, ProgramFailedError, StoreUnavailableError
    """
    if file.exists():
        raise FileExistsAlreadyError(file=file)
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        without = ("--exclude-table-data=service_login", "--exclude-table-data=account_session")
        _run(url, "pg_dump", "--format=custom", *without, f"--file={unfinished}")
        unfinished.rename(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return file.stat().st_size


def restore(url: str, file: Path, *, replace: bool = False) -> None:
    """Bring a saved database back: all of it, or nothing changes.

    Into an empty database it goes directly. A filled one is replaced on demand: the file is first
    restored into a new database beside it, which then takes the name.

    Raises
    ------
    ConnectionsStayError, NotABackupError, NotEmptyError, ProgramMissingError, ProgramFailedError
    """
    contents = _contents(url, file)
    if not _holds_tables(url):
        _restore_into(url, file, contents)
    elif replace:
        _replace_by(url, file, contents)
    else:
        raise NotEmptyError(database=make_url(url).database)


def _holds_tables(url: str) -> bool:
    with _connection(url) as connection:
        found = connection.execute(
            "SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog',"
            " 'information_schema') AND NOT EXISTS (SELECT FROM pg_depend d"
            " WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')"
        )
        return found.rowcount > 0


def _contents(url: str, file: Path) -> str:
    """Return the list of what a backup holds, less what belongs to PostGIS."""
    try:
        listed = _run(url, "pg_restore", "--list", str(file))
    except ProgramFailedError as error:
        raise NotABackupError(file=file, reason=error.message.values["said"]) from error
    if " alembic_version " not in listed:
        raise NotABackupError(file=file, reason="no alembic_version")
    return "\n".join(line for line in listed.splitlines() if not NOT_OURS.search(line))


def _restore_into(url: str, file: Path, contents: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        migrate.create_extensions(connection)
    with tempfile.NamedTemporaryFile("w", suffix=".list", encoding="utf-8") as wanted:
        wanted.write(contents)
        wanted.flush()
        options = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges")
        database = f"--dbname={make_url(url).database}"
        _run(url, "pg_restore", *options, f"--use-list={wanted.name}", database, str(file))
    migrate.upgrade(url)


def _replace_by(url: str, file: Path, contents: str) -> None:
    """Restore into a new database, then let it take the name of the old one."""
    name = make_url(url).database or ""
    fresh, old = f"{name}_restoring", f"{name}_replaced"
    login = _login_of(url)
    with _connection(_at(url, "postgres")) as connection:
        _check_connections(connection, name)
        _say(connection, "DROP DATABASE IF EXISTS {}", fresh)
        _say(connection, "CREATE DATABASE {}", fresh)
        try:
            _restore_into(_at(url, fresh), file, contents)
            _say(connection, "DROP DATABASE IF EXISTS {}", old)
            _take_the_name(connection, name, fresh, old)
        except BaseException:
            _say(connection, "DROP DATABASE {}", fresh)
            raise
        _say(connection, "DROP DATABASE {}", old)
        if login is not None:
            with suppress(psycopg.errors.DependentObjectsStillExist):
                _say(connection, "DROP ROLE IF EXISTS {}", login)


def _take_the_name(connection: psycopg.Connection, name: str, fresh: str, old: str) -> None:
    """Let a database take another's name; where that can't be, the other is as it was."""
    _say(connection, "ALTER DATABASE {} ALLOW_CONNECTIONS false", name)
    try:
        _check_connections(connection, name)
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            [name],
        )
        _say(connection, "ALTER DATABASE {} RENAME TO {}", name, old)
    except BaseException:
        _say(connection, "ALTER DATABASE {} ALLOW_CONNECTIONS true", name)
        raise
    _say(connection, "ALTER DATABASE {} RENAME TO {}", fresh, name)


def _check_connections(connection: psycopg.Connection, name: str) -> None:
    """Refuse to replace a database that somebody uses whose connections can't be ended."""
    found = connection.execute(
        "SELECT DISTINCT rolname, current_user FROM pg_stat_activity JOIN pg_roles ON"
        " pg_roles.oid = usesysid WHERE datname = %s AND NOT pg_has_role(usesysid, 'USAGE')"
        " AND (rolsuper OR NOT pg_has_role('pg_signal_backend', 'USAGE')) ORDER BY 1",
        [name],
    ).fetchall()
    if found:
        roles = ", ".join(role for role, _ in found)
        raise ConnectionsStayError(database=name, roles=roles, owner=found[0][1])


def _login_of(url: str) -> str | None:
    """Return the name of the service's login that was made for a database."""
    with _connection(url) as connection, suppress(psycopg.errors.UndefinedTable):
        row = connection.execute("SELECT role FROM service_login").fetchone()
        return row[0] if row else None
    return None


def _say(connection: psycopg.Connection, statement: str, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _run(url: str, program: str, *arguments: str) -> str:
    """Run a client program of the server's version or newer; the password stays off its line."""
    with _connection(url) as connection:
        version = connection.info.server_version // 10000
    folder = client_programs(program, version)
    if folder is None:
        raise ProgramMissingError(program=program, version=version)
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs
        [folder / program, *arguments],
        env={**os.environ, **_environment(url), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise ProgramFailedError(program=program, said=done.stderr.strip()[-1000:])
    return done.stdout


def _environment(url: str) -> dict[str, str]:
    """Return an address as the environment variables of libpq's programs."""
    variables = {
        option.keyword.decode(): option.envvar.decode()
        for option in Conninfo.get_defaults()
        if option.envvar
    }
    given = conninfo_to_dict(plain_url(url))
    return {variables[name]: str(value) for name, value in given.items() if name in variables}


def _at(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


@contextmanager
def _connection(url: str) -> Iterator[psycopg.Connection]:
    try:
        opened = psycopg.connect(plain_url(url), autocommit=True, application_name="hongge")
    except psycopg.OperationalError as error:
        raise StoreUnavailableError(reason=str(error).strip()) from error
    with opened:
        yield opened
