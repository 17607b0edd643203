from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url, text

from geo.errors import StoreUnavailableError
from geo.store import migrate, upkeep
from geo.store.engine import close, plain_url, session
from geo.store.service_login import service_url
from tests.store.test_service_login import database_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ZONED = (
    "INSERT INTO jurisdiction (slug, division_code, name, name_en, timezone, synthetic, notice,"
    " notice_en, source, licence, metric_srid, area) VALUES ('here', '360881', '此地', 'Here',"
    " 'Asia/Shanghai', true, '', '', '', '', 4549,"
    " ST_Multi(ST_MakeEnvelope(114, 26, 115, 27, 4326)))"
)


@pytest.fixture
def filled(own_demo_database_url: str) -> str:
    return own_demo_database_url


@contextmanager
def database_beside(url: str, name: str) -> Iterator[str]:
    """Make an empty database on the same server."""
    there = make_url(url).set(database=name).render_as_string(hide_password=False)
    with closing(psycopg.connect(plain_url(url), autocommit=True)) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield there
        finally:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )


def count(url: str, table: str) -> int:
    with closing(psycopg.connect(plain_url(url))) as connection:
        row = connection.execute(
            sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        ).fetchone()
    return int(row[0]) if row else -1


def seen_by_the_service(url: str) -> tuple[int, int]:
    """Return how many buildings and households there are for a resident."""
    with session(url) as opened:
        rows = opened.execute(
            text("SELECT (SELECT count(*) FROM building), (SELECT count(*) FROM household)")
        ).one()
    close(url)
    return rows[0], rows[1]


TABLES = ("jurisdiction", "grid", "building", "household", "member", "issue", "alembic_version")


def test_a_saved_city_comes_back_whole_in_an_empty_database(filled: str, tmp_path: Path) -> None:
    file = tmp_path / "city.dump"
    assert upkeep.backup(filled, file) == file.stat().st_size
    with database_beside(filled, "hongge_test_restored") as there:
        upkeep.restore(there, file)
        assert [count(there, one) for one in TABLES] == [count(filled, one) for one in TABLES]
        assert count(there, "grid") > 0
        assert migrate.status(there).current
        assert migrate.check(there) == []
        assert seen_by_the_service(there) == (count(filled, "building"), 0)


def test_a_backup_holds_no_password(filled: str, tmp_path: Path) -> None:
    file = tmp_path / "city.dump"
    upkeep.backup(filled, file)
    with database_beside(filled, "hongge_test_opened") as there:
        upkeep.restore(there, file)
        with (
            closing(psycopg.connect(plain_url(there))) as now,
            closing(psycopg.connect(plain_url(filled))) as before,
        ):
            logins = [
                one.execute("SELECT role, password FROM service_login").fetchone()
                for one in (now, before)
            ]
    assert None not in logins
    assert logins[0] != logins[1]


def test_a_service_at_work_is_interrupted_by_a_replacement(filled: str, tmp_path: Path) -> None:
    file = tmp_path / "city.dump"
    upkeep.backup(filled, file)
    with closing(psycopg.connect(plain_url(service_url(filled)), autocommit=True)) as working:
        upkeep.restore(filled, file, replace=True)
        with pytest.raises(psycopg.OperationalError):
            working.execute("SELECT 1")
    assert seen_by_the_service(filled) == (count(filled, "building"), 0)


def test_connections_that_can_not_be_ended_are_named(server_url: str, tmp_path: Path) -> None:
    file = tmp_path / "city.dump"
    with database_of(server_url, "CREATEROLE CREATEDB") as url:
        migrate.upgrade(url)
        upkeep.backup(url, file)
        name, other = make_url(url).database, make_url(server_url).username
        theirs = make_url(server_url).set(database=name).render_as_string(hide_password=False)
        with closing(psycopg.connect(plain_url(theirs))) as working:
            with pytest.raises(upkeep.ConnectionsStayError) as refused:
                upkeep.restore(url, file, replace=True)
            assert working.execute("SELECT 1").fetchone() == (1,)
        assert f"GRANT {other} TO {name}_owner" in str(refused.value)
        assert migrate.status(url).current


def test_a_filled_database_is_replaced_only_on_demand(filled: str, tmp_path: Path) -> None:
    file = tmp_path / "city.dump"
    upkeep.backup(filled, file)
    before = count(filled, "household")
    with closing(psycopg.connect(plain_url(filled), autocommit=True)) as connection:
        connection.execute("DELETE FROM household")
        with pytest.raises(upkeep.NotEmptyError, match="nothing was restored"):
            upkeep.restore(filled, file)
        assert count(filled, "household") == 0
        upkeep.restore(filled, file, replace=True)
    assert count(filled, "household") == before > 0


def test_a_file_that_is_no_backup_changes_nothing(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear mayor")
    with pytest.raises(upkeep.NotABackupError, match=r"letter\.txt is not a backup"):
        upkeep.restore(database_url, file, replace=True)
    assert migrate.status(database_url).current


def test_a_cut_off_backup_changes_nothing(filled: str, tmp_path: Path) -> None:
    file = tmp_path / "city.dump"
    upkeep.backup(filled, file)
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 2 // 3])
    before = count(filled, "household")
    with pytest.raises((upkeep.ProgramFailedError, upkeep.NotABackupError)):
        upkeep.restore(filled, file, replace=True)
    assert count(filled, "household") == before > 0


def test_a_backup_never_overwrites_another(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "city.dump"
    file.write_bytes(b"precious")
    with pytest.raises(upkeep.FileExistsAlreadyError):
        upkeep.backup(database_url, file)
    assert file.read_bytes() == b"precious"


def test_an_unfinished_backup_leaves_no_file(database_url: str, tmp_path: Path) -> None:
    with pytest.raises(upkeep.ProgramFailedError):
        upkeep.backup(database_url, tmp_path / "missing" / "city.dump")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_database_is_made_once(server_url: str) -> None:
    with database_beside(server_url, "hongge_test_beside") as url:
        assert upkeep.create_missing(url) is False
        absent = url.replace("hongge_test_beside", "hongge_test_absent")
        assert upkeep.create_missing(absent) is True
        assert upkeep.create_missing(absent) is False
        with closing(psycopg.connect(plain_url(url), autocommit=True)) as connection:
            connection.execute("DROP DATABASE hongge_test_absent")


def test_the_first_load_happens_once(database_url: str) -> None:
    with upkeep.first_load(database_url) as empty:
        assert empty
        with closing(psycopg.connect(plain_url(database_url), autocommit=True)) as connection:
            connection.execute(ZONED)
    with upkeep.first_load(database_url) as empty:
        assert not empty


def test_a_password_is_never_shown() -> None:
    assert "secret" not in upkeep.shown("postgresql+psycopg://me:secret@db/city?sslmode=require")


def test_a_password_reaches_the_programs_by_the_environment() -> None:
    environment = upkeep._environment("postgresql+psycopg://me:se%40cret@db:5433/city")  # noqa: SLF001 - what no test can see from outside
    assert environment["PGPASSWORD"] == "se@cret"
    assert (environment["PGHOST"], environment["PGPORT"]) == ("db", "5433")


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(StoreUnavailableError, match="can't be reached"):
        upkeep.versions("postgresql://nobody@127.0.0.1:1/none")
