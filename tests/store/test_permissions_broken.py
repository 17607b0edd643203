"""Every policy is needed: with any one of them broken, the matrix of permissions finds out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text

from geo.store.engine import owner_session, plain_url
from geo.store.permissions import ROLES
from tests import town
from tests.store import test_permissions as matrix
from tests.store import two_towns

if TYPE_CHECKING:
    from collections.abc import Iterator

POLICIES = (
    "SELECT tablename, policyname, qual, with_check FROM pg_policies"
    " WHERE schemaname = 'public' ORDER BY 1, 2"
)
WORK = next(
    mark.args[1]
    for mark in matrix.test_history_is_added_to_where_the_work_is.pytestmark  # type: ignore[attr-defined]
    if mark.name == "parametrize"
)


class Known(NamedTuple):
    """Keys of the issues, and what a new row of each part goes with, by letter."""

    issues: dict[str, Any]
    parts: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def accounts(database_url: str) -> dict[str, int]:
    """Keys of the accounts by role."""
    return two_towns.build(database_url)


@pytest.fixture(scope="module")
def issues(database_url: str, accounts: dict[str, int]) -> dict[str, Any]:
    """Keys of the issues by letter."""
    assert accounts
    with owner_session(database_url) as opened:
        return dict(opened.execute(text("SELECT text, id FROM issue")).all())


@pytest.fixture(scope="module")
def known(database_url: str, issues: dict[str, Any]) -> Known:
    """What the matrix asks about."""
    with owner_session(database_url) as opened:
        drafts = dict(opened.execute(text("SELECT name, id FROM plan_draft")).all())
    return Known(issues, matrix.parts_of(issues, drafts))


@pytest.fixture
def owner(database_url: str) -> Iterator[psycopg.Connection]:
    """Return a connection that breaks policies."""
    with psycopg.connect(plain_url(database_url), autocommit=True) as connection:
        yield connection


def holds(url: str, accounts: dict[str, int], known: Known, table: str) -> bool:
    """Tell whether the database agrees with what the matrix says of a table."""
    try:
        for role in matrix.ASKERS:
            matrix.test_reading(url, accounts, table, role)
            matrix.test_inserting(url, accounts, known.parts, table, role)
            matrix.test_changing(url, accounts, table, role)
            matrix.test_deleting(url, accounts, table, role)
        _check_particulars(url, accounts, known, table)
    except (AssertionError, pytest.fail.Exception, matrix.DBAPIError):
        return False
    return True


def _check_particulars(url: str, accounts: dict[str, int], known: Known, table: str) -> None:
    if table == "issue_event":
        for role, mine in WORK:
            matrix.test_history_is_added_to_where_the_work_is(
                url, accounts, known.issues, role, mine
            )
        matrix.test_nobody_writes_history_in_anothers_name(url, accounts, known.issues)
    if table == "outbox":
        for role in ROLES:
            matrix.test_what_is_not_read_is_not_changed_either(url, accounts, role)
    if table == "plan_share":
        for role in ROLES:
            matrix.test_links_are_taken_back_by_the_planners_of_their_town(url, accounts, role)
    if table == "unit_override":
        matrix.test_staff_put_units_into_their_own_grids(
            url, accounts, "community_staff", town.B1, may=False
        )


def test_every_broken_policy_is_noticed(
    database_url: str,
    accounts: dict[str, int],
    known: Known,
    owner: psycopg.Connection,
) -> None:
    unnoticed = []
    for table, policy, using, check in owner.execute(POLICIES).fetchall():
        assert holds(database_url, accounts, known, table), table
        alter = sql.SQL("ALTER POLICY {} ON {} ").format(
            sql.Identifier(policy), sql.Identifier(table)
        )
        for clause, present in (("USING", using), ("WITH CHECK", check)):
            for broken in ("true", "false"):
                if present is None or present == broken:
                    continue
                owner.execute(alter + sql.SQL(f"{clause} ({broken})"))
                if holds(database_url, accounts, known, table):
                    unnoticed.append((table, policy, clause, broken))
                owner.execute(alter + sql.SQL(f"{clause} ({present})"))
    assert unnoticed == []


def test_every_table_whose_policies_are_off_is_noticed(
    database_url: str,
    accounts: dict[str, int],
    known: Known,
    owner: psycopg.Connection,
) -> None:
    tables = [row[0] for row in owner.execute("SELECT DISTINCT tablename FROM pg_policies")]
    assert tables
    unnoticed = []
    for table in tables:
        name = sql.Identifier(table)
        owner.execute(sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY").format(name))
        if holds(database_url, accounts, known, table):
            unnoticed.append(table)
        owner.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(name))
    assert unnoticed == []
