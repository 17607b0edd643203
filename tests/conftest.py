"""What tests share: a PostGIS of their own, sessions that leave no trace, data, a browser."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine, make_url
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from geo.store import cluster, migrate
from geo.store.engine import close, plain_url, with_driver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

PROJECT = Path(__file__).resolve().parent.parent
BOUNDARIES = PROJECT / "data" / "boundaries"
DEMONSTRATIONS = (BOUNDARIES / "jinggangshan", BOUNDARIES / "qianjin")
OWN_CLUSTER = PROJECT / "var" / "test"
PREFIX = "hongge_test"
TEMPLATE_LOCK = 0x686F6E67
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_SWITCHES = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)

LONGEST = (
    "tests/test_project.py",
    "tests/api/test_description_holds.py",
    "tests/browser/test_attempts_script.py",
    "tests/browser/test_plan_editor.py",
    "tests/browser/test_grids.py",
    "tests/browser/test_plan_panels.py",
    "tests/browser/test_plan_compare.py",
    "tests/browser/test_plan_story.py",
    "tests/api/test_serve.py",
    "tests/browser/test_loop_story.py",
    "tests/store/test_cluster.py",
    "tests/flows/test_assign.py",
    "tests/api/test_endpoint_matrix.py",
    "tests/browser/test_worker.py",
    "tests/browser/test_report.py",
    "tests/browser/test_public.py",
    "tests/api/test_processes.py",
    "tests/browser/test_desk.py",
    "tests/api/test_attempts_reading.py",
    "tests/browser/test_responsibility.py",
    "tests/flows/test_plan_kill_points.py",
    "tests/flows/test_load.py",
    "tests/browser/test_scorecard.py",
    "tests/api/test_keeping_commands.py",
    "tests/api/test_plans_live.py",
    "tests/api/test_attempts_strings.py",
    "tests/api/test_logs.py",
    "tests/flows/test_plan_publish.py",
    "tests/store/test_upkeep.py",
)
"""Files of tests that take longest, the longest first."""

_numbers = count(1)

hypothesis.settings.register_profile("unhurried", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("unhurried")
os.environ.setdefault("HONGGE_MAPS_READY", "false")  # hundreds of services start; few draw maps


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files, so that no process is left alone with one at the end."""
    places = {PROJECT / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(scope="session")
def server_url() -> str:
    """Address of a PostGIS whose role may create databases: a private one, or one that is set.

    The private one is kept for the next run, unless this is a machine for a single one.
    """
    given = os.environ.get("HONGGE_TEST_DATABASE_URL")
    return with_driver(given) if given else cluster.ensure_running(OWN_CLUSTER, durable=False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remove the private PostGIS when all processes of the run have ended."""
    runs_others = not hasattr(session.config, "workerinput")
    if runs_others and os.environ.get("CI") and OWN_CLUSTER.exists():
        cluster.remove(OWN_CLUSTER)


@pytest.fixture(scope="session")
def template_database(server_url: str) -> str:
    """Name of a database with the present schema; made once for a state of the sources."""
    names = ("migrations", "sql", "migrate.py", "permissions.py", "service_login.py")
    sources = [PROJECT / "geo" / "store" / name for name in names]
    return _template(server_url, f"{PREFIX}_schema_{_digest(sources)}", migrate.upgrade)


@pytest.fixture(scope="session")
def demo_template(server_url: str, template_database: str) -> str:
    """Name of a database that holds the demonstration jurisdictions."""
    name = f"{PREFIX}_demo_{_digest([PROJECT / 'geo', *DEMONSTRATIONS])}"
    return _template(server_url, name, _load_demonstrations, template_database)


@pytest.fixture(scope="module")
def database_url(server_url: str, template_database: str) -> Iterator[str]:
    """Address of an empty database of the present schema, fresh for every test module."""
    with _clone(server_url, template_database) as url:
        yield url


@pytest.fixture(scope="session")
def demo_database_url(server_url: str, demo_template: str) -> Iterator[str]:
    """Address of a database with the demonstration jurisdictions, for tests that only read."""
    with _clone(server_url, demo_template) as url:
        yield url


@pytest.fixture
def own_demo_database_url(server_url: str, demo_template: str) -> Iterator[str]:
    """Address of the test's own copy of the demonstration database, free to write to."""
    with _clone(server_url, demo_template) as url:
        yield url


@pytest.fixture(scope="module")
def shared_demo_database_url(server_url: str, demo_template: str) -> Iterator[str]:
    """Address of the module's own copy of the demonstration database, for its tests to write to."""
    with _clone(server_url, demo_template) as url:
        yield url


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    """Session whose every commit is undone when the test ends."""
    with _undone_session(database_url) as opened:
        yield opened


@pytest.fixture
def demo_session(demo_database_url: str) -> Iterator[Session]:
    """Session on the demonstration jurisdictions whose every commit is undone."""
    with _undone_session(demo_database_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data beside the project; tests that need it are skipped without it."""
    named = os.environ.get("HONGGE_SHARED_DATA")
    folder = Path(named) if named else PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}: name its folder in HONGGE_SHARED_DATA")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium of this machine."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - heavy, for few tests

    path = next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.fail("no Chromium here: “make test” installs it")
    switches = [*CHROMIUM_SWITCHES, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=switches)
        yield running
        running.close()


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[Page]:
    """Fresh page of the browser, in Chinese, with nothing stored."""
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")
    yield context.new_page()
    context.close()


def _load_demonstrations(url: str) -> None:
    from geo.flows.load import load  # noqa: PLC0415 - heavy, for tests with data

    for folder in DEMONSTRATIONS:
        report = load(folder, url=url)
        assert report.stored, report.refused[:3]
    close(url)


def _template(
    server_url: str, name: str, fill: Callable[[str], object], source: str = "template1"
) -> str:
    """Return the name of a template, filled on first use; several test runs may ask at once."""
    with _administration(server_url) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        _forget_old(connection, name)
        if not _known(connection, name):
            half_done = f"{name}_new"
            _drop(connection, half_done)
            _create(connection, half_done, source)
            fill(_address(server_url, half_done))
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(half_done), sql.Identifier(name)
                )
            )
    return name


def _forget_old(connection: psycopg.Connection, name: str) -> None:
    """Drop templates of earlier states of the sources, and copies whose test run has died."""
    kind = name.rpartition("_")[0]
    for (found,) in connection.execute("SELECT datname FROM pg_database").fetchall():
        stale = found.startswith(f"{kind}_") and found != name and not _in_use(connection, found)
        copy = found.startswith(f"{PREFIX}_copy_")
        if stale or (copy and not Path(f"/proc/{found.split('_')[3]}").exists()):
            _drop(connection, found)
    _drop_unused_logins(connection)


def _drop_unused_logins(connection: psycopg.Connection) -> None:
    """Drop the services' logins of databases that are gone."""
    unused = connection.execute(
        "SELECT rolname FROM pg_roles WHERE rolname ~ '^hongge_(test|empty)_.*_service(_[0-9]+)?$'"
        " AND NOT EXISTS (SELECT FROM pg_shdepend WHERE refobjid = pg_roles.oid)"
    )
    for (name,) in unused.fetchall():
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))


def _in_use(connection: psycopg.Connection, database: str) -> bool:
    found = connection.execute("SELECT FROM pg_stat_activity WHERE datname = %s", [database])
    return found.rowcount > 0


@contextmanager
def _clone(server_url: str, template: str) -> Iterator[str]:
    name = f"{PREFIX}_copy_{os.getpid()}_{next(_numbers)}"
    with _administration(server_url) as connection:
        _create(connection, name, template)
    url = _address(server_url, name)
    yield url
    close(url)
    with _administration(server_url) as connection:
        _drop(connection, name)


@contextmanager
def _undone_session(url: str) -> Iterator[Session]:
    own = create_engine(url, poolclass=NullPool)
    with own.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as opened:
            yield opened
        outer.rollback()
    own.dispose()


@contextmanager
def _administration(server_url: str) -> Iterator[psycopg.Connection]:
    url = plain_url(_address(server_url, "postgres"))
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def _address(server_url: str, database: str) -> str:
    return make_url(server_url).set(database=database).render_as_string(hide_password=False)


def _known(connection: psycopg.Connection, name: str) -> bool:
    return connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount > 0


def _create(connection: psycopg.Connection, name: str, template: str) -> None:
    connection.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template)
        )
    )


def _drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute(
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    )


def _digest(paths: list[Path]) -> str:
    """Return eight hexadecimal digits that stand for the contents of files and folders."""
    total = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and file.suffix not in {".pyc", ".po", ".mo"}:
                total.update(str(file.relative_to(PROJECT)).encode() + b"\0")
                total.update(file.read_bytes())
    return total.hexdigest()[:8]
