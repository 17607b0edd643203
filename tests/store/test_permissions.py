"""The matrix of permissions, cell by cell, as the database itself answers it."""

# ruff: noqa: S608 - statements are put together of constants

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.errors import InsufficientPrivilege, IntegrityError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from geo.store.asking import Asker
from geo.store.engine import owner_session, service_engine, session, tell
from geo.store.models import Base
from geo.store.permissions import MATRIX, NOBODY, ROLES, VERBS, rules_of
from tests import town
from tests.people import add_account
from tests.store import two_towns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from geo.store.permissions import Verb

TABLES = [one.table for one in MATRIX]
ASKERS = (*ROLES, NOBODY, "disabled")
TOWN = {"A", "B", "H", "T"}
OWN = {
    "resident": {"A"},
    "grid_worker": {"A"},
    "community_staff": {"A"},
    "street_dispatcher": TOWN,
    "department_handler": {"A"},
}
HANDLED = ("issue", "issue_event", "issue_deadline", "issue_photo")
ACCOUNTS = ("account", "account_role")
OF_ISSUE = "JOIN issue ON issue.id = t.issue_id"
OF_UNIT = "JOIN unit ON unit.id = t.unit_id JOIN building ON building.id = unit.building_id"
OF_STATION = "JOIN station ON station.id = t.station_id"
STATION_TABLES = ("opening_rule", "closure", "room", "station_service", "shift", "booking")
OF_DRAFT = "JOIN plan_draft draft ON draft.id = t.draft_id"
OF_HOME = "JOIN jurisdiction home ON home.id = {}"
HOME = "CASE home.slug WHEN 'village' THEN 'V' ELSE 'A' END"
MEMBER = "CASE left({0}.code, 2) WHEN 'm-' THEN 'A' ELSE left({0}.code, 1) END"

# Of every table with rules for rows: its key, and how the owner tells which part a row is of.
LETTERS = {
    "generation": ("t.id", OF_HOME.format("t.jurisdiction_id"), HOME),
    "grid": ("t.id", OF_HOME.format("t.jurisdiction_id"), HOME),
    "grid_version": (
        "t.generation_id::text || t.grid_id",
        "JOIN grid ON grid.id = t.grid_id " + OF_HOME.format("grid.jurisdiction_id"),
        HOME,
    ),
    "party_branch": (
        "t.id",
        "JOIN grid ON grid.id = t.grid_id " + OF_HOME.format("grid.jurisdiction_id"),
        HOME,
    ),
    "plan_draft": ("t.id", "", "t.name"),
    **{
        table: (f"t.draft_id || '/' || t.{key}", OF_DRAFT, "draft.name")
        for table, key in {
            "plan_cell": "key",
            "plan_grid": "grid_id",
            "plan_entry": "seq",
            "plan_mark": "id",
            "plan_comment": "id",
            "plan_share": "created_at",
            "plan_step": "id",
            "plan_job": "id",
        }.items()
    },
    "household": ("t.id", OF_UNIT, "left(building.code, 1)"),
    "resident": ("t.id", "", "t.name"),
    "visit": ("t.id", "", "t.remark"),
    "unit_override": ("t.unit_id", "", "t.reason"),
    "member": ("t.id", "", MEMBER.format("t")),
    "responsibility": (
        "t.id",
        "JOIN member ON member.id = t.member_id",
        MEMBER.format("member"),
    ),
    "hand_over": ("t.id", "", "t.reason"),
    **dict.fromkeys(STATION_TABLES, ("t.id", OF_STATION, "substr(station.code, 2, 1)")),
    "issue": ("t.id", "", "t.text"),
    "issue_reporter": ("t.issue_id", OF_ISSUE, "issue.text"),
    "issue_event": ("t.id", OF_ISSUE, "issue.text"),
    "issue_deadline": ("t.issue_id", OF_ISSUE, "issue.text"),
    "issue_photo": ("t.id", OF_ISSUE, "issue.text"),
    "issue_follower": ("t.id", OF_ISSUE, "issue.text"),
    "delivery": (
        "t.id",
        "LEFT JOIN issue ON issue.id = t.issue_id LEFT JOIN booking ON booking.id = t.booking_id",
        "COALESCE(issue.text, booking.name)",
    ),
    "outbox": ("t.id", "", "'A'"),
    "account": ("t.id", "", "t.name"),
    "account_role": ("t.id", "JOIN account ON account.id = t.account_id", "account.name"),
    "audit_entry": (
        "t.id",
        "LEFT " + OF_HOME.format("t.jurisdiction_id"),
        f"CASE WHEN home.id IS NULL THEN '-' ELSE {HOME} END",
    ),
    "audit_head": ("t.entries", "", "'A'"),
}

# A row for the part that a letter names, as anybody might try to add it.
SLUG = "CASE WHEN :letter = 'V' THEN 'village' ELSE 'town' END"
CODE = f"CASE WHEN :letter = 'V' THEN '{two_towns.VILLAGE_GRID}' ELSE '{town.A1}' END"
STATION = "FROM station WHERE station.code = 'S' || :letter"
NEW_ROWS = {
    "opening_rule": f"INSERT INTO opening_rule (station_id, day) SELECT id, '2' {STATION}",
    "closure": "INSERT INTO closure (station_id, starts_at, reason)"
    f" SELECT id, now(), 'x' {STATION}",
    "room": "INSERT INTO room (station_id, code, name, name_en, zone, area_m2)"
    f" SELECT id, 'new', '', '', 'office', 1 {STATION}",
    "station_service": "INSERT INTO station_service (station_id, code, name, name_en, way)"
    f" SELECT id, 'new', '', '', 'errand' {STATION}",
    "shift": "INSERT INTO shift (station_id, member_id, starts_at, ends_at, kind)"
    " SELECT station.id, (SELECT min(id) FROM member), now(), now() + interval '1 hour', 'lunch'"
    f" {STATION}",
    "generation": "INSERT INTO generation (jurisdiction_id, number, label, validity, published_by)"
    f" SELECT id, -1, 'new', '[1980-01-01, 1981-01-01)', 'x' FROM jurisdiction WHERE slug = {SLUG}",
    "grid": "INSERT INTO grid (id, jurisdiction_id)"
    f" SELECT gen_random_uuid(), id FROM jurisdiction WHERE slug = {SLUG}",
    "grid_version": "INSERT INTO grid_version"
    " (generation_id, grid_id, community_id, code, name, name_en, kind, geom)"
    " SELECT draft.id, v.grid_id, v.community_id, v.code, '', '', 'general', v.geom"
    " FROM grid_version v JOIN generation g ON g.id = v.generation_id AND g.validity @> now()"
    " JOIN generation draft ON draft.jurisdiction_id = g.jurisdiction_id AND draft.number = 0"
    f" WHERE v.code = {CODE}",
    "party_branch": "INSERT INTO party_branch (grid_id, name, name_en)"
    f" SELECT grid_id, 'x', 'x' FROM grid_version WHERE code = {CODE} LIMIT 1",
    "plan_draft": "INSERT INTO plan_draft (id, jurisdiction_id, name)"
    f" SELECT gen_random_uuid(), id, 'x' FROM jurisdiction WHERE slug = {SLUG}",
    "plan_cell": "INSERT INTO plan_cell (draft_id, key, community_code, geom)"
    " VALUES (:draft, 'b', '', 'SRID=4326;MULTIPOLYGON EMPTY')",
    "plan_grid": "INSERT INTO plan_grid (draft_id, grid_id, code, name, name_en, kind)"
    " VALUES (:draft, gen_random_uuid(), '', '', '', 'general')",
    "plan_entry": "INSERT INTO plan_entry (draft_id, key, verb, changes)"
    " VALUES (:draft, gen_random_uuid(), 'x', '{}')",
    "plan_mark": "INSERT INTO plan_mark (draft_id, version, name) VALUES (:draft, 0, 'x')",
    "plan_comment": "INSERT INTO plan_comment (id, draft_id, text, geom)"
    " VALUES (gen_random_uuid(), :draft, 'x', 'SRID=4326;POINT(0 0)')",
    "plan_share": "INSERT INTO plan_share (token_sha256, draft_id, expires_at)"
    " VALUES ('x', :draft, now())",
    "plan_job": "INSERT INTO plan_job (id, jurisdiction_id, kind, request, seed)"
    f" SELECT gen_random_uuid(), id, 'x', '{{}}', 1 FROM jurisdiction WHERE slug = {SLUG}",
    "unit_override": "INSERT INTO unit_override (unit_id, grid_id, made_by, reason)"
    " SELECT a.unit_id, a.grid_id, 'x', 'x' FROM unit_assignment a"
    " JOIN generation g ON g.id = a.generation_id AND g.validity @> now()"
    " JOIN unit ON unit.id = a.unit_id JOIN building b ON b.id = unit.building_id"
    " WHERE left(b.code, 1) = :letter",
    "issue": "INSERT INTO issue (id, jurisdiction_id, number, state, text, occurred_at, method,"
    " confident, follow_sha256) SELECT gen_random_uuid(), id, 'new', 'collected', 'x', now(),"
    " 'none', false, CASE WHEN :letter = 'A' THEN asker_follow() ELSE 'other' END"
    f" FROM jurisdiction WHERE slug = {SLUG}",
    "issue_reporter": "INSERT INTO issue_reporter (issue_id, name) VALUES (:issue, 'x')",
    "issue_event": "INSERT INTO issue_event"
    " (issue_id, sequence, at, action, to_state, actor, account_id)"
    " VALUES (:issue, 1, now(), 'collect', 'collected', 'x', asker_account())",
    "issue_deadline": "INSERT INTO issue_deadline (issue_id, stage, due_at)"
    " VALUES (:issue, 'handle', now())",
    "issue_photo": "INSERT INTO issue_photo (issue_id, position, media_type, content)"
    " VALUES (:issue, 9, 'image/png', 'x')",
    "delivery": "INSERT INTO delivery (id, jurisdiction_id, issue_id, event_sequence, endpoint)"
    f" SELECT gen_random_uuid(), id, :issue, 2, 'feedback' FROM jurisdiction WHERE slug = {SLUG}",
    "visit": "INSERT INTO visit (id, household_id, account_id, visitor, visited_at)"
    " SELECT gen_random_uuid(), (array_agg(household_id))[1], asker_account(), 'x', now()"
    " FROM resident WHERE name = :letter",
    "idempotency_key": "INSERT INTO idempotency_key (key, request_sha256, issue_id, response)"
    " VALUES ('new', 'x', :issue, '{}')",
    "outbox": "INSERT INTO outbox (topic, payload) VALUES ('x', '{}')",
}
WITHOUT_PARTS = ("idempotency_key", "outbox")


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
def drafts(database_url: str, accounts: dict[str, int]) -> dict[str, Any]:
    """Keys of the drafts by letter."""
    assert accounts
    with owner_session(database_url) as opened:
        return dict(opened.execute(text("SELECT name, id FROM plan_draft")).all())


def asker(role: str, accounts: dict[str, int]) -> Asker:
    """Return who asks; everybody who may report holds the secret of issue A."""
    follow = two_towns.digest(two_towns.FOLLOWED) if role == "resident" else None
    if role in {"resident", "service"}:
        return Asker(role, follow_sha256=follow)  # type: ignore[arg-type]
    return Asker("account", accounts[role])


@pytest.fixture(scope="module")
def parts(issues: dict[str, Any], drafts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What a new row of each part goes with, by letter."""
    return parts_of(issues, drafts)


def parts_of(issues: dict[str, Any], drafts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return by letter what a new row of that part goes with."""
    return {one: {"letter": one, "issue": issues[one], "draft": drafts[one]} for one in "AV"}


@contextmanager
def asking(url: str, role: str, accounts: dict[str, int], **more: Any) -> Iterator[Connection]:
    """Open a transaction of the service on behalf of a role, and undo it."""
    with service_engine(url).connect() as connection:
        if role != NOBODY:
            tell(connection, asker(role, accounts).context() | more)
        yield connection
        connection.rollback()


def found(connection: Connection, statement: str) -> set[str]:
    """Return the keys that a statement returns; none where it is not permitted."""
    try:
        return {str(row[0]) for row in connection.execute(text(statement))}
    except DBAPIError as error:
        if isinstance(error.orig, InsufficientPrivilege):
            return set()
        raise


def permitted(connection: Connection, statement: str, values: dict[str, Any]) -> bool:
    """Tell whether a row may be added; one that a constraint refuses had been permitted."""
    try:
        with connection.begin_nested():
            connection.execute(text(statement), values)
    except DBAPIError as error:
        if isinstance(error.orig, InsufficientPrivilege):
            return False
        if not isinstance(error.orig, IntegrityError):
            raise
    return True


def letters(url: str, table: str) -> dict[str, str]:
    """Return which part each row of a table is of, by its key."""
    key, joins, letter = LETTERS[table]
    with owner_session(url) as opened:
        rows = opened.execute(text(f"SELECT {key}, {letter} FROM {table} t {joins}"))
        return {str(row[0]): row[1] for row in rows}


def expected(table: str, role: str, verb: Verb) -> set[str]:
    """Return the parts that the matrix gives a role."""
    reach = rules_of(table).reach(role, verb)
    if reach == "none":
        return set()
    if table in ACCOUNTS:
        return {role} if reach == "own" else {*ROLES, "disabled"}
    if reach == "all":
        return {*TOWN, "V"} if role == "service" or table == "audit_head" else TOWN
    also = {"H"} if table in HANDLED and (role, verb) == ("grid_worker", "read") else set()
    return OWN[role] | also


def test_every_table_is_in_the_matrix(database_url: str) -> None:
    with owner_session(database_url) as opened:
        tables = opened.scalars(
            text(
                "SELECT relname FROM pg_class c WHERE relkind IN ('r', 'p')"
                " AND relnamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_depend d"
                " WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')"
            )
        ).all()
    assert sorted(tables) == sorted(TABLES)
    assert len(set(TABLES)) == len(TABLES)
    assert set(Base.metadata.tables) <= set(TABLES)


def test_every_table_that_is_not_public_has_row_level_security(database_url: str) -> None:
    with owner_session(database_url) as opened:
        secured = set(opened.scalars(text("SELECT relname FROM pg_class WHERE relrowsecurity")))
        written = {one.table for one in MATRIX if any(getattr(one, verb) for verb in VERBS)}
        assert {one.table for one in MATRIX if not one.public} | written == secured


def test_every_view_shows_what_its_reader_may_see(database_url: str) -> None:
    with owner_session(database_url) as opened:
        views = opened.execute(
            text(
                "SELECT relname, reloptions FROM pg_class c WHERE relkind IN ('v', 'm')"
                " AND relnamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_depend d"
                " WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')"
            )
        ).all()
    assert views
    assert all("security_invoker=true" in (options or []) for _, options in views)


def test_there_are_rows_inside_and_outside_of_every_territory(
    database_url: str, accounts: dict[str, int]
) -> None:
    assert accounts
    for table in LETTERS:
        if table not in {"outbox", "audit_head", *ACCOUNTS}:
            assert {"A", "V"} <= set(letters(database_url, table).values()), table


@pytest.mark.parametrize("role", ASKERS)
@pytest.mark.parametrize("table", TABLES)
def test_reading(database_url: str, accounts: dict[str, int], table: str, role: str) -> None:
    with asking(database_url, role, accounts) as connection:
        if rules_of(table).public:
            seen = connection.scalar(text(f"SELECT count(*) FROM {table}"))
            with owner_session(database_url) as opened:
                assert seen == opened.scalar(text(f"SELECT count(*) FROM {table}"))
        elif table in LETTERS:
            parts = letters(database_url, table)
            visible = found(connection, f"SELECT {LETTERS[table][0]} FROM {table} t")
            wanted = expected(table, role, "read")
            assert visible == {key for key, letter in parts.items() if letter in wanted}
        else:
            with pytest.raises(DBAPIError, match="permission denied"):
                connection.execute(text(f"SELECT 1 FROM {table}"))


@pytest.mark.parametrize("role", ASKERS)
@pytest.mark.parametrize("table", TABLES)
def test_inserting(
    database_url: str,
    accounts: dict[str, int],
    parts: dict[str, dict[str, Any]],
    table: str,
    role: str,
) -> None:
    reach = rules_of(table).reach(role, "insert")
    follow = {"follow_sha256": two_towns.digest(two_towns.FOLLOWED).hex()}
    with asking(database_url, role, accounts, **follow) as connection:
        if table not in NEW_ROWS:
            assert not rules_of(table).insert
            with pytest.raises(DBAPIError, match="permission denied"):
                connection.execute(text(f"INSERT INTO {table} DEFAULT VALUES"))
            return
        for letter, values in parts.items():
            used = {name: one for name, one in values.items() if f":{name}" in NEW_ROWS[table]}
            may = permitted(connection, NEW_ROWS[table], used)
            inside = letter == "A" or table in WITHOUT_PARTS
            assert may == (reach != "none" and inside), letter


@pytest.mark.parametrize("role", ASKERS)
@pytest.mark.parametrize("table", TABLES)
def test_changing(database_url: str, accounts: dict[str, int], table: str, role: str) -> None:
    rules = rules_of(table)
    columns = rules.changeable or tuple(_columns(table))[-1:]
    with asking(database_url, role, accounts) as connection:
        if not rules.change:
            with pytest.raises(DBAPIError, match="permission denied"):
                connection.execute(text(f"UPDATE {table} SET {columns[0]} = NULL"))
            return
        parts = letters(database_url, table)
        wanted = expected(table, role, "change")
        for column in columns:
            changed = found(
                connection,
                f"UPDATE {table} t SET {column} = {column} RETURNING {LETTERS[table][0]}",
            )
            assert changed == {key for key, letter in parts.items() if letter in wanted}


@pytest.mark.parametrize("role", ASKERS)
@pytest.mark.parametrize("table", TABLES)
def test_deleting(database_url: str, accounts: dict[str, int], table: str, role: str) -> None:
    with asking(database_url, role, accounts) as connection:
        if not rules_of(table).delete:
            with pytest.raises(DBAPIError, match="permission denied"):
                connection.execute(text(f"DELETE FROM {table}"))
            return
        parts = letters(database_url, table)
        gone = found(connection, f"DELETE FROM {table} t RETURNING {LETTERS[table][0]}")
        wanted = expected(table, role, "delete")
        assert gone == {key for key, letter in parts.items() if letter in wanted}


@pytest.mark.parametrize("role", ASKERS)
def test_what_is_not_read_is_not_changed_either(
    database_url: str, accounts: dict[str, int], role: str
) -> None:
    with asking(database_url, role, accounts) as connection:
        changed = connection.execute(text("UPDATE outbox SET delivered_at = now()")).rowcount
    assert changed == (role == "service")


@pytest.mark.parametrize("role", ASKERS)
def test_links_are_taken_back_by_the_planners_of_their_town(
    database_url: str, accounts: dict[str, int], role: str
) -> None:
    with asking(database_url, role, accounts) as connection:
        changed = connection.execute(text("UPDATE plan_share SET revoked_at = now()")).rowcount
    assert changed == (role == "planner")


@pytest.mark.parametrize(
    ("role", "grid", "may"),
    [
        ("community_staff", town.A1, True),
        ("community_staff", town.B1, False),
        ("planner", town.B1, True),
    ],
)
def test_staff_put_units_into_their_own_grids(
    database_url: str, accounts: dict[str, int], role: str, grid: str, *, may: bool
) -> None:
    statement = (
        "UPDATE unit_override SET grid_id = (SELECT grid_id FROM grid_version v JOIN generation g"
        " ON g.id = v.generation_id AND g.validity @> now() WHERE v.code = :code)"
        " WHERE reason = 'A'"
    )
    with asking(database_url, role, accounts) as connection:
        assert permitted(connection, statement, {"code": grid}) == may


@pytest.mark.parametrize("one", [one for one in MATRIX if one.change], ids=lambda one: one.table)
def test_other_columns_never_change(database_url: str, accounts: dict[str, int], one: Any) -> None:
    with asking(database_url, "planner", accounts) as connection:
        for column in set(_columns(one.table)) - {*one.changeable, "id"}:
            with (
                pytest.raises(DBAPIError, match="permission denied"),
                connection.begin_nested(),
            ):
                connection.execute(text(f"UPDATE {one.table} SET {column} = {column}"))


@pytest.mark.parametrize("one", [one for one in MATRIX if one.hidden], ids=lambda one: one.table)
def test_hidden_columns_stay_hidden(database_url: str, accounts: dict[str, int], one: Any) -> None:
    with asking(database_url, "administrator", accounts) as connection:
        for column in one.hidden:
            with (
                pytest.raises(DBAPIError, match="permission denied"),
                connection.begin_nested(),
            ):
                connection.execute(text(f"SELECT {column} FROM {one.table}"))


@pytest.mark.parametrize(
    ("role", "mine"),
    [
        ("grid_worker", "A"),
        ("community_staff", "A"),
        ("street_dispatcher", "ABHT"),
        ("department_handler", "A"),
        ("planner", ""),
        ("auditor", ""),
        ("administrator", ""),
        ("resident", ""),
        ("disabled", ""),
    ],
)
def test_history_is_added_to_where_the_work_is(
    database_url: str, accounts: dict[str, int], issues: dict[str, Any], role: str, mine: str
) -> None:
    statement = NEW_ROWS["issue_event"].replace(", 1,", ", 2,")
    with asking(database_url, role, accounts) as connection:
        may = {
            one for one, key in issues.items() if permitted(connection, statement, {"issue": key})
        }
    assert may == set(mine)


def test_nobody_writes_history_in_anothers_name(
    database_url: str, accounts: dict[str, int], issues: dict[str, Any]
) -> None:
    statement = NEW_ROWS["issue_event"].replace("asker_account()", str(accounts["planner"]))
    with asking(database_url, "grid_worker", accounts) as connection:
        assert not permitted(connection, statement, {"issue": issues["A"]})


def test_an_auditor_of_everything_sees_every_jurisdiction(
    database_url: str, accounts: dict[str, int]
) -> None:
    assert accounts
    with owner_session(database_url) as opened:
        whole = opened.scalar(text("SELECT count(*) FROM resident"))
        everywhere = add_account(opened, "everywhere", "auditor", None)
    with session(database_url, Asker("account", everywhere)) as opened:
        assert opened.scalar(text("SELECT count(*) FROM resident")) == whole
    with owner_session(database_url) as opened:
        opened.execute(text("DELETE FROM account WHERE name = 'everywhere'"))


def test_who_asks_is_forgotten_with_the_transaction(
    database_url: str, accounts: dict[str, int]
) -> None:
    with service_engine(database_url).connect() as connection:
        tell(connection, asker("auditor", accounts).context())
        assert connection.scalar(text("SELECT count(*) FROM issue"))
        connection.commit()
        assert connection.scalar(text("SELECT count(*) FROM issue")) == 0


def test_the_services_login_owns_nothing_and_can_do_nothing_else(database_url: str) -> None:
    with session(database_url) as opened:
        rights = opened.execute(
            text(
                "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,"
                " (SELECT count(*) FROM pg_class WHERE relowner = r.oid),"
                " (SELECT count(*) FROM pg_auth_members WHERE member = r.oid),"
                " has_schema_privilege('public', 'CREATE')"
                " FROM pg_roles r WHERE rolname = current_user"
            )
        ).one()
    assert not any(rights)


def _columns(table: str) -> list[str]:
    if table == "alembic_version":
        return ["version_num"]
    return list(Base.metadata.tables[table].c.keys())
