"""Bringing a database to the present model, and saying how far it is.

Tables change by Alembic migrations. Functions, triggers and views are the files under ``sql/``:
they replace themselves, and are run again whenever one of them has changed.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from geoalchemy2 import alembic_helpers
from psycopg import sql
from sqlalchemy import NullPool, create_engine, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from geo.errors import StoreRefusedError, StoreUnavailableError
from geo.store.engine import reaching_the_store, with_driver
from geo.store.models import Base, SqlFile
from geo.store.permissions import grants
from geo.store.service_login import make_sure_of_login

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from sqlalchemy import Connection

UPGRADE_LOCK = 0x686F6E676765
EXTENSIONS = ("postgis", "btree_gist")
GRANTS = "grants"


class NotTheOwnerError(StoreUnavailableError):
    """Somebody else's tables can't be upgraded."""

    template = (
        "The database role “%(role)s” can't upgrade the database, since its tables belong to "
        "“%(owner)s”: run “hongge db upgrade” with that role's address in HONGGE_DATABASE_URL."
    )


@dataclass(frozen=True, slots=True)
class Status:
    """How far a database is: the revision it has, the newest, and whether its rules are ours."""

    revision: str | None
    newest: str | None
    rules_current: bool

    @property
    def current(self) -> bool:
        """Whether nothing is left to do."""
        return self.revision == self.newest and self.rules_current


def upgrade(url: str) -> Status:
    """Bring a database to the present model in one transaction; safe to run side by side.

    Raises
    ------
    StoreUnavailableError
        When the database can't be reached.
    StoreRefusedError
        When an extension that the model needs is not there and can't be made, or the service's
        login can't.
    NotTheOwnerError
        When the address is not the owner's.
    """
    with _connected(url) as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
        _check_owner(connection)
        create_extensions(connection)
        before = _revision(connection)
        command.upgrade(_config(connection), "head")
        _finish_what_waits(connection)
        applied = apply_rules(connection, anew=_revision(connection) != before)
        apply_grants(connection, anew=applied)
        return _status(connection)


def status(url: str) -> Status:
    """Return how far a database is, without changing it."""
    with _connected(url) as connection:
        return _status(connection)


def check(url: str) -> list[Any]:
    """Return what the models would still change in the database; empty when they agree."""
    with _connected(url) as connection:
        context = MigrationContext.configure(connection, opts=comparing_options())
        differences: list[Any] = compare_metadata(context, Base.metadata)
        return differences


def comparing_options() -> dict[str, Any]:
    """Return how Alembic is to see the model: geometry columns and their indexes included."""
    return {
        "target_metadata": Base.metadata,
        "include_object": alembic_helpers.include_object,
        "process_revision_directives": alembic_helpers.writer,
        "render_item": alembic_helpers.render_item,
        "compare_type": True,
    }


def create_extensions(connection: Connection) -> None:
    """Make sure of PostGIS and btree_gist, or say who has to install them."""
    for extension in EXTENSIONS:
        try:
            with connection.begin_nested():
                connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension}"))
        except DBAPIError as error:
            raise _refused(extension, error) from error


def _refused(extension: str, error: Exception) -> StoreRefusedError:
    reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
    return StoreRefusedError(extension=extension, reason=reason)


def apply_rules(connection: Connection, *, anew: bool = False) -> bool:
    """Run the files under ``sql/`` in the order of their names when one of them has changed.

    With ``anew`` they run in any case: some look at the tables' columns. Return whether they ran.
    """
    wanted = _rules()
    known = {name: _digest(body) for name, body in wanted.items()}
    if _applied(connection) == known and not anew:
        return False
    connection.execute(delete(SqlFile).where(SqlFile.name != GRANTS))
    connection.execute(text("SET LOCAL check_function_bodies = off"))
    for name, body in wanted.items():
        _run_script(connection, body)
        connection.execute(insert(SqlFile).values(name=name, sha256=_digest(body)))
    return True


def apply_grants(connection: Connection, *, anew: bool = False) -> None:
    """Make sure of the service's login, and give it what the matrix of permissions says.

    With ``anew`` in any case: there may be new functions.
    """
    role = make_sure_of_login(connection)
    if _granted(connection) == _grants_digest(role) and not anew:
        return
    driver: Any = connection.connection.driver_connection
    quoted = sql.Identifier(role).as_string(driver)
    for statement in grants(_columns(), quoted):
        driver.execute(statement)
    connection.execute(delete(SqlFile).where(SqlFile.name == GRANTS))
    connection.execute(insert(SqlFile).values(name=GRANTS, sha256=_grants_digest(role)))


def _granted(connection: Connection) -> str | None:
    return connection.scalar(select(SqlFile.sha256).where(SqlFile.name == GRANTS))


def _grants_digest(role: str) -> str:
    return f"{_digest(';'.join(grants(_columns(), 'service')))} {role}"


def _columns() -> dict[str, tuple[str, ...]]:
    return {table.name: tuple(table.c.keys()) for table in Base.metadata.sorted_tables}


def _check_owner(connection: Connection) -> None:
    """Refuse to upgrade as a role that does not own the tables that are there."""
    owner = connection.scalar(
        text(
            "SELECT pg_get_userbyid(relowner) FROM pg_class"
            " WHERE oid = to_regclass('alembic_version') AND NOT pg_has_role(relowner, 'USAGE')"
        )
    )
    if owner is not None:
        role = connection.scalar(text("SELECT current_user"))
        raise NotTheOwnerError(role=role, owner=owner)


def _run_script(connection: Connection, body: str) -> None:
    # SQLAlchemy would take a % for a parameter; the driver, given none, takes the text as it is.
    driver: Any = connection.connection.driver_connection
    driver.execute(body)


def _finish_what_waits(connection: Connection) -> None:
    """Run the triggers that wait for the commit: no table can be altered before they have.

    A migration that changes rows puts them on the audit trail, which happens at the commit.
    """
    connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    connection.execute(text("SET CONSTRAINTS ALL DEFERRED"))


def _rules() -> dict[str, str]:
    folder = files("geo.store") / "sql"
    found = sorted((one for one in folder.iterdir()), key=lambda one: one.name)
    return {one.name: one.read_text("utf-8") for one in found if one.name.endswith(".sql")}


def _applied(connection: Connection) -> dict[str, str]:
    rows = connection.execute(select(SqlFile.name, SqlFile.sha256).where(SqlFile.name != GRANTS))
    return {row.name: row.sha256 for row in rows}


def _digest(body: str) -> str:
    return sha256(body.encode()).hexdigest()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _status(connection: Connection) -> Status:
    revision = _revision(connection)
    newest = ScriptDirectory.from_config(_config(connection)).get_current_head()
    wanted = {name: _digest(body) for name, body in _rules().items()}
    return Status(revision, newest, revision is not None and _rules_are(connection, wanted))


def _rules_are(connection: Connection, wanted: dict[str, str]) -> bool:
    granted = (_granted(connection) or "").partition(" ")[0]
    return _applied(connection) == wanted and granted == _grants_digest("").strip()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("geo.store") / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = create_engine(with_driver(url), poolclass=NullPool)
    with reaching_the_store(), engine.begin() as connection:
        yield connection
