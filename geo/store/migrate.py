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
from sqlalchemy import NullPool, create_engine, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from geo.errors import StoreRefusedError
from geo.store.engine import reaching_the_store, with_driver
from geo.store.models import Base, SqlFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from sqlalchemy import Connection

UPGRADE_LOCK = 0x686F6E676765
EXTENSIONS = ("postgis", "btree_gist")


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
        When an extension that the model needs is not there and can't be made.
    """
    with _connected(url) as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
        create_extensions(connection)
        command.upgrade(_config(connection), "head")
        apply_rules(connection)
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


def apply_rules(connection: Connection) -> None:
    """Run the files under ``sql/`` in the order of their names when one of them has changed."""
    wanted = _rules()
    if _applied(connection) == {name: _digest(body) for name, body in wanted.items()}:
        return
    connection.execute(delete(SqlFile))
    connection.execute(text("SET LOCAL check_function_bodies = off"))
    for name, body in wanted.items():
        _run_script(connection, body)
        connection.execute(insert(SqlFile).values(name=name, sha256=_digest(body)))


def _run_script(connection: Connection, body: str) -> None:
    # SQLAlchemy would take a % for a parameter; the driver, given none, takes the text as it is.
    driver: Any = connection.connection.driver_connection
    driver.execute(body)


def _rules() -> dict[str, str]:
    folder = files("geo.store") / "sql"
    found = sorted((one for one in folder.iterdir()), key=lambda one: one.name)
    return {one.name: one.read_text("utf-8") for one in found if one.name.endswith(".sql")}


def _applied(connection: Connection) -> dict[str, str]:
    rows = connection.execute(select(SqlFile.name, SqlFile.sha256))
    return {row.name: row.sha256 for row in rows}


def _digest(body: str) -> str:
    return sha256(body.encode()).hexdigest()


def _status(connection: Connection) -> Status:
    revision = MigrationContext.configure(connection).get_current_revision()
    newest = ScriptDirectory.from_config(_config(connection)).get_current_head()
    wanted = {name: _digest(body) for name, body in _rules().items()}
    return Status(revision, newest, revision is not None and _applied(connection) == wanted)


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
