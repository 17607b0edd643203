"""The service's login: made by an owner who may, named by an operator, or refused."""

from __future__ import annotations

import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url, text

from api.i18n import translate
from geo.settings import settings
from geo.store import migrate
from geo.store.engine import close, owner_session, plain_url, session
from geo.store.service_login import (
    ServiceLoginRefusedError,
    ServiceLoginUnsafeError,
    StoreNotReadyError,
    service_url,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "for-tests-alone"  # noqa: S105 - of roles that the test makes


@contextmanager
def database_of(server_url: str, rights: str) -> Iterator[str]:
    """Make a database that belongs to a role of its own with some rights; return its address."""
    name = f"hongge_test_own_{uuid.uuid4().hex[:8]}"
    role, database = sql.Identifier(f"{name}_owner"), sql.Identifier(name)
    with psycopg.connect(plain_url(server_url), autocommit=True) as connection:
        make = sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {}")
        connection.execute(make.format(role, sql.SQL(rights), sql.Literal(PASSWORD)))
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
        url = make_url(server_url).set(database=name, username=f"{name}_owner", password=PASSWORD)
        text_of = url.render_as_string(hide_password=False)
        yield text_of
        close(text_of)
        _wait_until_left(connection, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(database))
        for one in (f"{name}_service", f"{name}_owner", f"{name}_web"):
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(one)))


def _wait_until_left(connection: psycopg.Connection, database: str) -> None:
    """Wait for the last of a database's clients: a closed connection takes a moment to go."""
    there = "SELECT FROM pg_stat_activity WHERE datname = %s"
    while connection.execute(there, [database]).rowcount:
        time.sleep(0.02)


def web_role(server_url: str, url: str) -> str:
    """Make a login for the service by hand, as an administrator does; return its address."""
    name = f"{make_url(url).database}_web"
    with psycopg.connect(plain_url(server_url), autocommit=True) as connection:
        make = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
        connection.execute(make.format(sql.Identifier(name), sql.Literal(PASSWORD)))
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(name)))
    made = make_url(url).set(username=name, password=PASSWORD)
    return made.render_as_string(hide_password=False)


def works(url: str) -> bool:
    """Tell whether the service reads what is public, and no household table of its own accord."""
    with session(url) as opened:
        return (
            opened.scalar(text("SELECT count(*) FROM jurisdiction")) == 0
            and opened.scalar(text("SELECT count(*) FROM household")) == 0
        )


def test_other_logins_of_the_server_reach_nothing_through_functions(server_url: str) -> None:
    """A function that runs as the owner would open a session for anybody who may call it."""
    with database_of(server_url, "CREATEROLE") as url:
        migrate.upgrade(url)
        other = web_role(server_url, url)
        with psycopg.connect(plain_url(other)) as connection:
            callable_ones = connection.execute(
                "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
                " AND prosecdef AND has_function_privilege(oid, 'EXECUTE')"
                " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid"
                " AND deptype = 'e')"
            ).fetchall()
            assert callable_ones == []
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT * FROM sign_in_begun('admin', 'x', 'x', NULL)")


def test_an_owner_who_may_make_roles_makes_the_login(server_url: str) -> None:
    with database_of(server_url, "CREATEROLE") as url:
        with pytest.raises(StoreNotReadyError):
            service_url(url)
        migrate.upgrade(url)
        assert make_url(service_url(url)).username == f"{make_url(url).database}_service"
        assert works(url)
        before = service_url(url)
        migrate.upgrade(url)
        assert service_url(url) == before


def test_an_owner_who_may_not_is_told_what_to_do(server_url: str) -> None:
    with database_of(server_url, "NOCREATEROLE") as url:
        with pytest.raises(ServiceLoginRefusedError) as refused:
            migrate.upgrade(url)
        told = str(refused.value)
        assert "CREATEROLE" in told
        assert "HONGGE_SERVICE_DATABASE_URL" in told
        assert PASSWORD not in told
        assert translate(refused.value.message, "en") == told
        assert migrate.status(url).revision is None


def test_an_operators_login_is_used(server_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with database_of(server_url, "NOCREATEROLE") as url:
        web = web_role(server_url, url)
        monkeypatch.setenv("HONGGE_SERVICE_DATABASE_URL", web)
        settings.cache_clear()
        try:
            migrate.upgrade(url)
            assert service_url(url) == web
            assert works(url)
        finally:
            close(url)
            settings.cache_clear()


def test_a_restricted_address_is_used_as_it_is(
    server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database_of(server_url, "NOCREATEROLE") as url:
        web = web_role(server_url, url)
        monkeypatch.setenv("HONGGE_SERVICE_DATABASE_URL", web)
        settings.cache_clear()
        migrate.upgrade(url)
        monkeypatch.delenv("HONGGE_SERVICE_DATABASE_URL")
        settings.cache_clear()
        assert service_url(web) == web
        assert migrate.status(web).current
        assert works(web)
        with pytest.raises(migrate.NotTheOwnerError, match="can't upgrade"):
            migrate.upgrade(web)
        close(web)


def test_the_owner_can_not_be_the_service(server_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with database_of(server_url, "CREATEROLE") as url:
        migrate.upgrade(url)
        monkeypatch.setenv("HONGGE_SERVICE_DATABASE_URL", url)
        settings.cache_clear()
        try:
            with pytest.raises(ServiceLoginUnsafeError, match="owns the tables"):
                service_url(url)
        finally:
            settings.cache_clear()


def test_a_login_that_was_dropped_is_made_anew(server_url: str) -> None:
    with database_of(server_url, "CREATEROLE") as url:
        migrate.upgrade(url)
        role = sql.Identifier(make_url(service_url(url)).username or "")
        with psycopg.connect(plain_url(url), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP OWNED BY {}").format(role))
            connection.execute(sql.SQL("DROP ROLE {}").format(role))
        migrate.upgrade(url)
        assert works(url)
        with owner_session(url) as opened:
            assert opened.scalar(text("SELECT count(*) FROM service_login")) == 1
