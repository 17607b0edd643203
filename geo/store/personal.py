"""Everything that is kept about one person: finding it, telling it, erasing it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, text

from geo.core.person import name_pattern, phone_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from geo.core.person import Person

ERASED = "［已删除］"
"""What stands where somebody's details stood."""

PEOPLE = {
    "issue_reporter": ("issue_id", "name"),
    "issue_follower": ("id", "name"),
    "resident": ("id", "name"),
    "member": ("id", "name"),
    "booking": ("id", "name"),
}
"""Tables of people: key, and the column of the name. Each has a column ``phone``."""

NAMES_OF_PEOPLE = (
    ("issue_reporter", "name"),
    ("issue_follower", "name"),
    ("resident", "name"),
    ("member", "name"),
    ("booking", "name"),
    ("account", "name"),
    ("account", "display_name"),
)
"""Columns that hold one name: it counts as a whole, so that “王伟” does not find “王伟明”."""

ACTORS = (
    ("issue_event", "actor"),
    ("account", "created_by"),
    ("account_role", "granted_by"),
    ("unit_override", "made_by"),
    ("generation", "published_by"),
    ("visit", "visitor"),
    ("duty_version", "made_by"),
)
"""Columns that may hold the name of an account."""

SECRETS = ("password_hash", "token_sha256", "csrf_token", "follow_sha256")
NOT_SEARCHED = (
    *("alembic_version", "audit_cut", "audit_entry", "audit_head", "audit_pending", "job_run"),
    *("service_login", "spatial_ref_sys", "sql_file"),
)


class Column(NamedTuple):
    """A column in which a text may stand."""

    table: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Found:
    """Where somebody was found.

    Parameters
    ----------
    rows
        Keys of rows that are about the person, by table: ``issue_reporter``, ``resident``,
        ``member`` and ``account``.
    mentions
        How many texts of each table and column mention the person.
    """

    rows: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    mentions: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Tell whether there is anything."""
        return any(self.rows.values()) or bool(self.mentions)

    def by_table(self) -> dict[str, int]:
        """Return how many rows or texts were found in each table; a person's row counts once."""
        total = Counter({table: len(keys) for table, keys in self.rows.items() if keys})
        for (table, column), count in self.mentions.items():
            if table not in PEOPLE or column != "phone":
                total[table] += count
        return dict(sorted(total.items()))


def find(session: Session, person: Person) -> Found:
    """Return where a person is found, by row and by mention."""
    rows = {table: _rows_about(session, table, person) for table in PEOPLE}
    rows["account"] = _accounts(session, person)
    mentions = {}
    for column in searched_columns(session):
        pattern = _pattern(column, person)
        if pattern is not None:
            count = session.scalars(text(_COUNT.format(**_sql(column))), {"re": pattern}).one()
            if count:
                mentions[column.table, column.name] = count
    return Found(rows, mentions)


def tell(session: Session, person: Person, found: Found) -> dict[str, Any]:
    """Return all that is kept about a person as values of JSON, photos in base64."""
    told: dict[str, Any] = {
        name: session.scalars(text(statement), {"keys": list(found.rows[table])}).all()
        for name, (table, statement) in _TOLD.items()
    }
    told["mentions"] = [
        {"table": table, "column": name, "texts": _mentions(session, table, name, person)}
        for table, name in found.mentions
    ]
    return told


def erase(session: Session, person: Person, found: Found) -> None:
    """Erase a person from every table but the audit trail, which never had them.

    Reporters and residents are deleted, with the photos of what was reported; members and accounts
    keep their rows and keys, without name and number, so that statistics, responsibilities and the
    audit trail stay right; why a member left goes, whatever it says. In texts their details give
    way to :data:`ERASED`.
    """
    session.execute(text("SELECT set_config('hongge.erasing', 'on', true)"))
    _erase_words_of_own_issues(session, found.rows["issue_reporter"])
    for account in found.rows["account"]:
        _erase_account(session, account)
    keys = {table: list(found.rows[table]) for table in PEOPLE}
    for statement, table in _ERASING_ROWS:
        session.execute(text(statement), {"keys": keys[table], "erased": ERASED})
    for column in searched_columns(session):
        pattern = _pattern(column, person)
        if pattern is not None and (column.table, column.name) in found.mentions:
            _erase_texts(session, column, pattern)
    session.execute(text("SELECT set_config('hongge.erasing', '', true)"))


def searched_columns(session: Session) -> list[Column]:
    """Return all columns that can hold a text, those of the audit trail excepted."""
    rows = session.execute(_COLUMNS, {"passed": NOT_SEARCHED})
    return [Column(*row) for row in rows]


def _rows_about(session: Session, table: str, person: Person) -> list[Any]:
    """Return keys of rows about a person; a row with another number is another person's."""
    key, name = PEOPLE[table]
    statement = text(
        f"SELECT {key} FROM {table} WHERE phone ~ ANY (:phones)"  # noqa: S608 - our own names
        f" OR (btrim({name}) = ANY (:names) AND (phone IS NULL OR btrim(phone) = '' OR :no_phones))"
        " ORDER BY 1"
    )
    values = {"no_phones": not person.phones, **_values(person)}
    return list(session.scalars(statement, values))


def _accounts(session: Session, person: Person) -> list[int]:
    statement = text(
        "SELECT id FROM account WHERE lower(name) = ANY (:lower) OR btrim(display_name)"
        " = ANY (:names) OR name ~ ANY (:phones) OR display_name ~ ANY (:phones) ORDER BY 1"
    )
    lower = [name.lower() for name in person.names]
    return list(session.scalars(statement, {"lower": lower, **_values(person)}))


def _values(person: Person) -> dict[str, list[str]]:
    phones = [phone_pattern(one) for one in person.phones]
    return {"phones": phones, "names": list(person.names)}


def _pattern(column: Column, person: Person) -> str | None:
    """Return what to look for in a column's texts; ``None`` for nothing."""
    patterns = [phone_pattern(one) for one in person.phones]
    if (column.table, column.name) not in NAMES_OF_PEOPLE:
        patterns += [name_pattern(one) for one in person.names]
    elif column.table != "account":
        patterns = []
    return "|".join(f"(?:{one})" for one in patterns) or None


def _sql(column: Column) -> dict[str, str]:
    return {"table": f'"{column.table}"', "column": f'"{column.name}"', "kind": column.kind}


def _mentions(session: Session, table: str, name: str, person: Person) -> list[str]:
    column = next(one for one in searched_columns(session) if one[:2] == (table, name))
    statement = text(_MENTIONING.format(**_sql(column)))
    return list(session.scalars(statement, {"re": _pattern(column, person)}))


def _erase_texts(session: Session, column: Column, pattern: str) -> None:
    """Put :data:`ERASED` in the place of whatever a pattern finds in a column."""
    session.execute(text(_ERASE.format(**_sql(column))), {"re": pattern, "erased": ERASED})


def _erase_words_of_own_issues(session: Session, issues: Iterable[Any]) -> None:
    """Take the reporter's name and number out of the texts of their own issues."""
    for key in issues:
        row = session.execute(
            text("SELECT name, phone FROM issue_reporter WHERE issue_id = :key"), {"key": key}
        ).one()
        words = [name_pattern(one) for one in row if one and one.strip()]
        if words:
            values = {"key": key, "re": "|".join(words), "erased": ERASED}
            for statement in _WORDS_OF_ISSUE:
                session.execute(text(statement), values)


def _erase_account(session: Session, account_id: int) -> None:
    """Close an account and give it a name that says nothing; its number stays."""
    name = session.scalars(
        text("SELECT name FROM account WHERE id = :id"), {"id": account_id}
    ).one()
    pseudonym = f"erased-{account_id}"
    for table, column in ACTORS:
        session.execute(
            text(f"UPDATE {table} SET {column} = :new WHERE lower({column}) = lower(:old)"),  # noqa: S608 - our own names
            {"new": pseudonym, "old": name},
        )
    for table, column in (("issue_event", "actor"), ("visit", "visitor")):
        session.execute(
            text(f"UPDATE {table} SET {column} = :new WHERE account_id = :id"),  # noqa: S608 - our own names
            {"new": pseudonym, "id": account_id},
        )
    for statement in _CLOSING_ACCOUNT:
        session.execute(
            text(statement), {"id": account_id, "pseudonym": pseudonym, "erased": ERASED}
        )


_COLUMNS = text("""
    SELECT pg_class.relname, attribute.attname, format_type(attribute.atttypid, NULL)
    FROM pg_class
    JOIN pg_attribute AS attribute ON attribute.attrelid = pg_class.oid
    WHERE pg_class.relnamespace = 'public'::regnamespace AND pg_class.relkind = 'r'
      AND attribute.attnum > 0 AND NOT attribute.attisdropped AND attribute.attgenerated = ''
      AND pg_class.relname NOT IN :passed
      AND attribute.atttypid IN (
          'text'::regtype, 'varchar'::regtype, 'jsonb'::regtype, 'json'::regtype,
          'text[]'::regtype)
    ORDER BY 1, attribute.attnum
""").bindparams(bindparam("passed", expanding=True))

_COUNT = "SELECT count(*) FROM {table} WHERE {column}::text ~ :re"

_MENTIONING = "SELECT {column}::text FROM {table} WHERE {column}::text ~ :re"

_ERASE = """
    UPDATE {table} SET {column} = regexp_replace({column}::text, :re, :erased, 'g')::{kind}
    WHERE {column}::text ~ :re
"""

_ERASING_ROWS = (
    ("DELETE FROM issue_photo WHERE issue_id = ANY (:keys)", "issue_reporter"),
    ("DELETE FROM issue_reporter WHERE issue_id = ANY (:keys)", "issue_reporter"),
    ("DELETE FROM issue_follower WHERE id = ANY (:keys)", "issue_follower"),
    ("DELETE FROM resident WHERE id = ANY (:keys)", "resident"),
    (
        """
        UPDATE booking SET name = '', phone = NULL, note = '', outcome = ''
        WHERE id = ANY (:keys)
        """,
        "booking",
    ),
    ("UPDATE member SET name = :erased, phone = NULL WHERE id = ANY (:keys)", "member"),
    ("UPDATE hand_over SET reason = :erased WHERE member_id = ANY (:keys)", "member"),
)

_WORDS_OF_ISSUE = (
    """
    UPDATE issue SET text = regexp_replace(text, :re, :erased, 'g')
    WHERE id = :key AND text ~ :re
    """,
    """
    UPDATE issue_event SET note = regexp_replace(note, :re, :erased, 'g')
    WHERE issue_id = :key AND note ~ :re
    """,
)

_CLOSING_ACCOUNT = (
    "DELETE FROM account_session WHERE account_id = :id",
    "DELETE FROM account_browser WHERE account_id = :id",
    "DELETE FROM account_identity WHERE account_id = :id",
    "DELETE FROM api_token WHERE account_id = :id",
    "DELETE FROM account_role WHERE account_id = :id",
    """
    UPDATE account SET name = :pseudonym, display_name = :erased, password_hash = NULL,
           disabled_at = COALESCE(disabled_at, clock_timestamp())
    WHERE id = :id
    """,
)

_TOLD = {
    "reports": (
        "issue_reporter",
        """
        SELECT jsonb_build_object(
            'reporter', to_jsonb(issue_reporter),
            'issue', to_jsonb(issue) - 'follow_sha256',
            'history', (SELECT jsonb_agg(to_jsonb(event) ORDER BY sequence)
                        FROM issue_event AS event WHERE event.issue_id = issue.id),
            'photos', (SELECT jsonb_agg(
                           to_jsonb(photo) - 'content'
                           || jsonb_build_object('content_base64', encode(content, 'base64'))
                           ORDER BY position)
                       FROM issue_photo AS photo WHERE photo.issue_id = issue.id),
            'read_by', (SELECT jsonb_agg(jsonb_build_object(
                            'at', at, 'who', actor, 'why', detail) ORDER BY id)
                        FROM audit_entry WHERE action = 'read'
                         AND table_name = 'issue_reporter' AND row_key = issue.id::text))
        FROM issue_reporter JOIN issue ON issue.id = issue_reporter.issue_id
        WHERE issue_reporter.issue_id = ANY (:keys) ORDER BY issue.number
        """,
    ),
    "follows": (
        "issue_follower",
        """
        SELECT to_jsonb(issue_follower) - 'follow_sha256' || jsonb_build_object(
            'issue', issue.number)
        FROM issue_follower JOIN issue ON issue.id = issue_follower.issue_id
        WHERE issue_follower.id = ANY (:keys) ORDER BY issue_follower.id
        """,
    ),
    "residents": (
        "resident",
        """
        SELECT to_jsonb(resident) || jsonb_build_object(
            'building', building.code, 'address', building.address, 'unit', unit.number,
            'room', household.room,
            'read_by', (SELECT jsonb_agg(jsonb_build_object(
                            'at', at, 'who', actor, 'why', detail) ORDER BY id)
                        FROM audit_entry WHERE action = 'read'
                         AND table_name = 'household' AND row_key = household.id::text))
        FROM resident
        JOIN household ON household.id = resident.household_id
        JOIN unit ON unit.id = household.unit_id
        JOIN building ON building.id = unit.building_id
        WHERE resident.id = ANY (:keys) ORDER BY resident.id
        """,
    ),
    "bookings": (
        "booking",
        """
        SELECT to_jsonb(booking) - 'follow_sha256' || jsonb_build_object(
            'service', service.name, 'station', station.name,
            'read_by', (SELECT jsonb_agg(jsonb_build_object(
                            'at', at, 'who', actor, 'why', detail) ORDER BY id)
                        FROM audit_entry WHERE action = 'read'
                         AND table_name = 'booking' AND row_key = booking.id::text))
        FROM booking JOIN station_service AS service ON service.id = booking.service_id
        JOIN station ON station.id = booking.station_id
        WHERE booking.id = ANY (:keys) ORDER BY booking.number
        """,
    ),
    "members": (
        "member",
        """
        SELECT to_jsonb(member) || jsonb_build_object(
            'responsibilities', (SELECT jsonb_agg(to_jsonb(link)) FROM responsibility AS link
                                 WHERE link.member_id = member.id),
            'hand_overs', (SELECT jsonb_agg(to_jsonb(given) ORDER BY given.id)
                           FROM hand_over AS given WHERE given.member_id = member.id))
        FROM member WHERE id = ANY (:keys) ORDER BY id
        """,
    ),
    "accounts": (
        "account",
        """
        SELECT to_jsonb(account) - 'password_hash' || jsonb_build_object(
            'roles', (SELECT jsonb_agg(to_jsonb(held)) FROM account_role AS held
                      WHERE held.account_id = account.id),
            'sessions', (SELECT jsonb_agg(to_jsonb(opened) - 'token_sha256' - 'csrf_token')
                         FROM account_session AS opened WHERE opened.account_id = account.id),
            'identities', (SELECT jsonb_agg(to_jsonb(known)) FROM account_identity AS known
                           WHERE known.account_id = account.id),
            'tokens', (SELECT jsonb_agg(to_jsonb(token) - 'token_sha256')
                       FROM api_token AS token WHERE token.account_id = account.id))
        FROM account WHERE id = ANY (:keys) ORDER BY id
        """,
    ),
}
