"""The audit trail: noting what leaves no trace in a table, and reading what was noted."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from operator import ge, lt
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Text, cast, func, literal, select, text
from sqlalchemy.dialects.postgresql import JSONB

from geo.core.chain import ChainedEntry, Head, Link
from geo.store.engine import engine, reaching_the_store
from geo.store.models import Account, AuditCut, AuditEntry, AuditHead, Jurisdiction
from geo.store.zones import by_day

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Connection, RowMapping, Select
    from sqlalchemy.orm import Session

    from geo.store.zones import DayBegins

BATCH = 5000
INSTANT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'


@dataclass(frozen=True, slots=True)
class WantedEntries:
    """Which entries a list is to hold; ``None`` where it doesn't matter.

    Parameters
    ----------
    since, until
        Noted at or after, and before; by days of the jurisdictions' time zones.
    who
        The name of an account, or an actor as the trail has it.
    action, table, row
        As the trail has them.
    jurisdiction
        Slug.
    before
        The number of the entry that the page begins before.
    limit
        How many at most; ``None`` for all.
    """

    since: DayBegins | None = None
    until: DayBegins | None = None
    who: str | None = None
    action: str | None = None
    table: str | None = None
    row: str | None = None
    jurisdiction: str | None = None
    before: int | None = None
    limit: int | None = 50


class Row(NamedTuple):
    """A row that an entry is about; the key may be empty where it is about many."""

    table: str
    key: str = ""


def note(
    session: Session,
    action: str,
    row: Row,
    detail: Mapping[str, Any] | None = None,
    jurisdiction_id: int | None = None,
) -> None:
    """Note something in the audit trail; it joins the chain when the transaction commits.

    Parameters
    ----------
    session
        A transaction; who is asking is taken from it.
    action
        Such as ``read``, ``export`` or ``sign_in``.
    row
        What it concerns.
    detail
        Values of JSON; no personal data.
    jurisdiction_id
        Whose auditors are concerned; by default the one that the account belongs to.
    """
    given = func.audit_note(
        action, row.table, row.key, literal(dict(detail or {}), JSONB), jurisdiction_id
    )
    session.execute(select(given))


@contextmanager
def reading(url: str | None = None) -> Iterator[Connection]:
    """Open the owner's view of the trail as it is at one instant, while others go on writing."""
    with reaching_the_store(), engine(url).connect() as connection:
        frozen = connection.execution_options(isolation_level="REPEATABLE READ")
        with frozen.begin():
            yield frozen


def head(source: Connection | Session) -> Head | None:
    """Return where the trail says that it ends; ``None`` where that is lost."""
    row = source.execute(select(AuditHead.entries, AuditHead.sha256)).one_or_none()
    return Head(row.entries, bytes(row.sha256)) if row else None


def last_cut(source: Connection | Session) -> Head | None:
    """Return where the beginning of the trail was last cut off, if it was."""
    latest = select(AuditCut.entries, AuditCut.sha256).order_by(AuditCut.entries.desc()).limit(1)
    row = source.execute(latest).one_or_none()
    return Head(row.entries, bytes(row.sha256)) if row else None


def links(source: Connection) -> Generator[Link, None, None]:
    """Yield all entries in the order of their numbers, a few thousand at a time."""
    statement = select(*_texts(), AuditEntry.sha256).order_by(AuditEntry.id)
    with source.execution_options(yield_per=BATCH).execute(statement) as found:
        for *texts, stored in found:
            yield Link(ChainedEntry(*texts), bytes(stored))


def stretch(
    source: Connection, since: datetime | None, until: datetime | None
) -> tuple[int, int] | None:
    """Return the first and the last number of the entries noted in a time, if there are any.

    Entries stand in the order of commits, so that some in between may have been noted a moment
    before or after.
    """
    statement = select(func.min(AuditEntry.id), func.max(AuditEntry.id))
    if since is not None:
        statement = statement.where(AuditEntry.at >= since)
    if until is not None:
        statement = statement.where(AuditEntry.at < until)
    first, last = source.execute(statement).one()
    return None if first is None else (first, last)


def rows_between(
    source: Connection, first: int, last: int
) -> Generator[Mapping[str, str | None], None, None]:
    """Yield entries as texts for export, with the digest of each one's predecessor."""
    statement = _exported().where(AuditEntry.id.between(first, last)).order_by(AuditEntry.id)
    with source.execution_options(yield_per=BATCH).execute(statement) as found:
        for row in found.mappings():
            yield {str(name): value for name, value in row.items()}


def rows_wanted(
    session: Session, wanted: WantedEntries
) -> Generator[Mapping[str, str | None], None, None]:
    """Yield the entries of a list for export, oldest first."""
    statement = _exported().where(*_conditions(wanted)).order_by(AuditEntry.id)
    with session.execute(statement, execution_options={"yield_per": BATCH}) as found:
        for row in found.mappings():
            yield {str(name): value for name, value in row.items()}


def list_entries(session: Session, wanted: WantedEntries) -> list[RowMapping]:
    """Return a page of entries with the names that go with their keys, the latest first."""
    statement = (
        select(
            AuditEntry.id,
            AuditEntry.at,
            AuditEntry.actor,
            AuditEntry.account_id,
            Account.name.label("account"),
            Jurisdiction.slug.label("jurisdiction"),
            Jurisdiction.timezone,
            AuditEntry.action,
            AuditEntry.table_name,
            AuditEntry.row_key,
            AuditEntry.detail,
            AuditEntry.request_id,
            AuditEntry.sha256,
        )
        .outerjoin(Account, Account.id == AuditEntry.account_id)
        .outerjoin(Jurisdiction, Jurisdiction.id == AuditEntry.jurisdiction_id)
        .where(*_conditions(wanted))
        .order_by(AuditEntry.id.desc())
        .limit(wanted.limit)
    )
    return list(session.execute(statement).mappings())


def cut_before(session: Session, days: int) -> int | None:
    """Cut off the entries that are older than some days, and return the number of the last."""
    last = last_older_than(session, days)
    if last is not None:
        session.execute(text("INSERT INTO audit_cut (entries) VALUES (:last)"), {"last": last})
    return last


def last_older_than(session: Session, days: int) -> int | None:
    """Return the number of the last entry before all that are younger than some days, if any."""
    statement = text("""
        SELECT COALESCE(
            (SELECT min(id) - 1 FROM audit_entry
             WHERE at >= clock_timestamp() - make_interval(days => :days)),
            (SELECT max(id) FROM audit_entry))
    """)
    last: int | None = session.scalar(statement, {"days": days})
    first = first_kept(session)
    return last if last is not None and first is not None and first <= last else None


def first_kept(session: Session) -> int | None:
    """Return the number of the first entry that is kept, if there are any."""
    return session.scalar(select(func.min(AuditEntry.id)))


def _texts() -> list[Any]:
    """Return the columns that a digest covers, as :class:`ChainedEntry` has them."""
    return [
        cast(AuditEntry.id, Text).label("id"),
        func.to_char(func.timezone("UTC", AuditEntry.at), INSTANT).label("at"),
        cast(AuditEntry.account_id, Text).label("account_id"),
        AuditEntry.actor,
        cast(AuditEntry.jurisdiction_id, Text).label("jurisdiction_id"),
        AuditEntry.action,
        AuditEntry.table_name,
        AuditEntry.row_key,
        cast(AuditEntry.detail, Text).label("detail"),
        AuditEntry.request_id,
    ]


def _exported() -> Select[*tuple[Any, ...]]:
    previous = func.audit_previous(AuditEntry.id)
    return select(
        *_texts(),
        func.encode(previous, "hex").label("previous_sha256"),
        func.encode(AuditEntry.sha256, "hex").label("sha256"),
    )


def _conditions(wanted: WantedEntries) -> list[Any]:
    given: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
        (wanted.since, lambda value: by_day(ge, AuditEntry.at, AuditEntry.jurisdiction_id, value)),
        (wanted.until, lambda value: by_day(lt, AuditEntry.at, AuditEntry.jurisdiction_id, value)),
        (wanted.who, _by),
        (wanted.action, lambda value: AuditEntry.action == value),
        (wanted.table, lambda value: AuditEntry.table_name == value),
        (wanted.row, lambda value: AuditEntry.row_key == value),
        (
            wanted.jurisdiction,
            lambda value: AuditEntry.jurisdiction_id.in_(
                select(Jurisdiction.id).where(Jurisdiction.slug == value)
            ),
        ),
        (wanted.before, lambda value: AuditEntry.id < value),
    )
    return [condition(value) for value, condition in given if value is not None]


def _by(who: str) -> Any:
    accounts = select(Account.id).where(func.lower(Account.name) == who.lower())
    return (AuditEntry.actor == who) | AuditEntry.account_id.in_(accounts)
