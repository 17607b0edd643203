"""Bringing databases up to the model."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text

from geo.errors import StoreRefusedError, StoreUnavailableError
from geo.flows.audit import verify_trail
from geo.store import migrate
from geo.store.engine import close, owner_session, plain_url, session, with_driver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config


@pytest.fixture
def empty_database(server_url: str) -> Iterator[str]:
    """Address of a database with nothing in it."""
    name = f"hongge_empty_{uuid.uuid4().hex}"
    with psycopg.connect(plain_url(server_url), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_upgrading_makes_what_the_models_say(empty_database: str) -> None:
    assert migrate.status(empty_database).revision is None
    assert migrate.upgrade(empty_database).current
    assert migrate.status(empty_database).current
    assert migrate.check(empty_database) == []


def test_several_may_upgrade_at_once(empty_database: str) -> None:
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(migrate.upgrade, [empty_database] * 3))
    assert all(one.current for one in found)


def test_rules_that_differ_are_put_right(empty_database: str) -> None:
    migrate.upgrade(empty_database)
    engine = create_engine(empty_database)
    with engine.begin() as connection:
        connection.execute(text("UPDATE sql_file SET sha256 = '' WHERE name = 'issues.sql'"))
        connection.execute(text("DROP FUNCTION issue_updated() CASCADE"))
    assert not migrate.status(empty_database).rules_current
    assert migrate.upgrade(empty_database).rules_current
    with engine.connect() as connection:
        found = connection.scalar(text("SELECT to_regproc('issue_updated')"))
    engine.dispose()
    assert found is not None


def test_a_migration_may_change_rows_that_are_on_the_audit_trail(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate.upgrade(empty_database)

    def changing(config: Config, revision: str) -> None:
        assert revision == "head"
        connection = config.attributes["connection"]
        statement = "INSERT INTO account (name, display_name, created_by) VALUES ('x', 'x', 'x')"
        connection.execute(text(statement))
        connection.execute(text("DELETE FROM sql_file"))

    monkeypatch.setattr(migrate.command, "upgrade", changing)
    assert migrate.upgrade(empty_database).current
    trail = verify_trail(empty_database)
    assert (trail.wrong_entry, trail.checked) == (None, 1)
    close(empty_database)


def test_an_extension_that_can_not_be_made_is_named(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "EXTENSIONS", ("no_such_extension",))
    with pytest.raises(StoreRefusedError, match="“no_such_extension”") as refused:
        migrate.upgrade(empty_database)
    assert "CREATE EXTENSION no_such_extension" in str(refused.value)
    assert migrate.status(empty_database).revision is None


def test_a_database_out_of_reach_is_said_to_be(server_url: str) -> None:
    lost = make_url(server_url).set(database="no_such_database")
    address = lost.render_as_string(hide_password=False)
    with pytest.raises(StoreUnavailableError, match="no_such_database"):
        migrate.status(address)
    with pytest.raises(StoreUnavailableError, match="no_such_database"), session(address) as opened:
        opened.execute(text("SELECT 1"))


def test_another_database_than_postgresql_is_refused() -> None:
    with pytest.raises(StoreUnavailableError, match="mysql"):
        with_driver("mysql://here")


def test_sessions_speak_utc(database_url: str) -> None:
    with session(database_url) as opened:
        assert opened.scalar(text("SHOW TimeZone")) == "UTC"


def test_every_foreign_key_is_indexed(database_url: str) -> None:
    """Deleting what is referred to would read the whole table else."""
    with owner_session(database_url) as opened:
        bare = opened.execute(
            text(
                "SELECT conrelid::regclass::text, conname FROM pg_constraint c"
                " WHERE contype = 'f' AND NOT EXISTS (SELECT FROM pg_index i"
                "  WHERE i.indrelid = c.conrelid AND i.indpred IS NULL"
                "  AND i.indkey[0] = ANY (c.conkey))"
            )
        ).all()
    assert bare == []


def test_every_geometry_is_indexed(database_url: str) -> None:
    with owner_session(database_url) as opened:
        bare = opened.execute(
            text(
                "SELECT f_table_name, f_geometry_column FROM geometry_columns g"
                " WHERE f_table_schema = 'public' AND NOT EXISTS (SELECT FROM pg_indexes x"
                "  WHERE x.tablename = f_table_name"
                "  AND x.indexdef LIKE '%USING gist (' || f_geometry_column || ')%')"
            )
        ).all()
    assert bare == []
