"""The service's own login (服务账号): a role that owns nothing, and that every policy binds.

Its name and password stand in a table that only the owner reads. Where the owner may not make
roles, an administrator makes one, and its address stands in the settings.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from sqlalchemy import make_url, text

from geo.errors import StoreRefusedError, StoreUnavailableError
from geo.messages import msg
from geo.settings import settings
from geo.store.addresses import plain_url, with_driver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

NAME_BYTES = 63
CONNECT_TIMEOUT_S = 10


class StoreNotReadyError(StoreUnavailableError):
    """The database has no login for the service yet."""

    template = "The database is not ready: run “hongge db upgrade”."


class ServiceLoginUnsafeError(StoreUnavailableError):
    """A login that policies don't bind can't be the service's."""

    template = (
        "The database role “%(role)s” can't be the service's login, since it %(reason)s: name "
        "another in HONGGE_SERVICE_DATABASE_URL."
    )


class ServiceLoginRefusedError(StoreRefusedError):
    """The owner may not make the service's login."""

    template = (
        "The database role “%(owner)s” may not make the service's login “%(role)s”. An "
        "administrator of the server can either run ALTER ROLE %(owner)s CREATEROLE, or run "
        "CREATE ROLE %(role)s LOGIN PASSWORD '…' and set HONGGE_SERVICE_DATABASE_URL to that "
        "role's address. Then run “hongge db upgrade” again."
    )


def service_url(owner_url: str) -> str:
    """Return the address at which the service signs in to a database.

    Parameters
    ----------
    owner_url
        The owner's address. One that may not read the owner's tables is a service's login already.

    Returns
    -------
    str
        As SQLAlchemy wants it. ``HONGGE_SERVICE_DATABASE_URL`` goes before everything else.

    Raises
    ------
    ServiceLoginUnsafeError
        When policies would not bind the role.
    StoreNotReadyError
        When the database has not been upgraded.
    StoreUnavailableError
        When the database can't be reached.
    """
    chosen = settings().service_database_url
    found = with_driver(chosen.get_secret_value()) if chosen else _kept_url(owner_url)
    with _connection(found) as connection:
        _check_bound(connection)
    return found


def _kept_url(owner_url: str) -> str:
    with _connection(owner_url) as connection:
        try:
            row = connection.execute("SELECT role, password FROM service_login").fetchone()
        except psycopg.errors.InsufficientPrivilege:
            return owner_url
        except psycopg.errors.UndefinedTable:
            raise StoreNotReadyError from None
    if row is None:
        raise StoreNotReadyError
    url = make_url(owner_url).set(username=row[0], password=row[1])
    return url.render_as_string(hide_password=False)


def _check_bound(connection: psycopg.Connection) -> None:
    """Refuse a role that row-level security does not bind."""
    row = connection.execute(
        "SELECT rolname, rolsuper OR rolbypassrls, rolcreaterole, EXISTS (SELECT FROM pg_class"
        " WHERE relname = 'household' AND pg_has_role(relowner, 'MEMBER'))"
        " FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    role, unbound, creates, owns = row or ("", True, False, False)
    reasons = (
        (unbound, msg("may bypass row-level security")),
        (owns, msg("owns the tables")),
        (creates, msg("may make roles")),
    )
    reason = next((reason for found, reason in reasons if found), None)
    if reason is not None:
        raise ServiceLoginUnsafeError(role=role, reason=reason)


def make_sure_of_login(connection: Connection) -> str:
    """Return the name of the service's role, made or made anew when it is missing.

    Parameters
    ----------
    connection
        The owner's, in a transaction.

    Raises
    ------
    ServiceLoginRefusedError
        When the owner may not make roles.
    """
    chosen = settings().service_database_url
    if chosen:
        return make_url(with_driver(chosen.get_secret_value())).username or ""
    kept = connection.execute(text("SELECT role FROM service_login")).scalar()
    if kept is not None and _exists(connection, kept):
        return str(kept)
    return _make_login(connection)


def _make_login(connection: Connection) -> str:
    role, password = _free_name(connection), secrets.token_urlsafe(24)
    try:
        with connection.begin_nested():
            verb = "ALTER" if _exists(connection, role) else "CREATE"
            _run(connection, f"{verb} ROLE {{}} LOGIN NOINHERIT PASSWORD {{}}", role, password)
            # So that the owner may end the service's connections, to replace the database.
            name = connection.dialect.identifier_preparer.quote(role)
            connection.execute(text(f"GRANT {name} TO CURRENT_USER"))
    except psycopg.errors.InsufficientPrivilege as error:
        owner = connection.execute(text("SELECT current_user")).scalar_one()
        raise ServiceLoginRefusedError(owner=owner, role=role) from error
    connection.execute(text("DELETE FROM service_login"))
    connection.execute(text("DELETE FROM sql_file WHERE name = 'grants'"))
    connection.execute(
        text("INSERT INTO service_login (role, password) VALUES (:role, :password)"),
        {"role": role, "password": password},
    )
    return role


def _run(connection: Connection, statement: str, role: str, password: str) -> None:
    """Run a statement with the password as its SCRAM verifier, so that no log can hold it."""
    driver: psycopg.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    verifier = driver.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    driver.execute(sql.SQL(statement).format(sql.Identifier(role), sql.Literal(verifier.decode())))


def _free_name(connection: Connection) -> str:
    """Return a role's name that no other database of the server uses."""
    database = str(connection.execute(text("SELECT current_database()")).scalar_one())
    for number in range(1, 1000):
        ending = "_service" if number == 1 else f"_service_{number}"
        room = NAME_BYTES - len(ending)
        name: str = database.encode()[:room].decode(errors="ignore") + ending
        used = connection.execute(_USED_ELSEWHERE, {"role": name}).scalar()
        if not used:
            return name
    raise StoreNotReadyError


def _exists(connection: Connection, role: str) -> bool:
    found = connection.execute(text("SELECT FROM pg_roles WHERE rolname = :role"), {"role": role})
    return found.first() is not None


_USED_ELSEWHERE = text(
    "SELECT EXISTS (SELECT FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid"
    " WHERE d.refclassid = 'pg_authid'::regclass AND r.rolname = :role AND d.dbid NOT IN"
    " (0, (SELECT oid FROM pg_database WHERE datname = current_database())))"
)


@contextmanager
def _connection(url: str) -> Iterator[psycopg.Connection]:
    try:
        opened = psycopg.connect(
            plain_url(url),
            autocommit=True,
            application_name="hongge",
            connect_timeout=CONNECT_TIMEOUT_S,
        )
    except psycopg.OperationalError as error:
        raise StoreUnavailableError(reason=str(error).strip()) from error
    with opened:
        yield opened
