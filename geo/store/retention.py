"""Deleting what has been kept long enough, a few thousand rows a transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert

from geo.store.models import JobRun

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from sqlalchemy.orm import Session

BATCH = 5000
JOB_LOCK = 0x686F6E677265


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of data with a period of its own.

    Parameters
    ----------
    name
        As the settings call it, ``keep_<name>_days``.
    table
        Where it stands.
    begins
        When the period began, as an expression over the table's columns; null as long as it hasn't.
    """

    name: str
    table: str
    begins: str


CLOSING = "(SELECT closed_at FROM issue WHERE issue.id = issue_id)"

KINDS = (
    Kind("reporter", "issue_reporter", CLOSING),
    Kind("reporter", "issue_follower", CLOSING),
    Kind("booking", "booking", "LEAST(starts_at, ended_at)"),
    Kind("photo", "issue_photo", CLOSING),
    Kind("resident", "resident", "confirmed_at"),
    Kind("visit", "visit", "visited_at"),
    Kind("session", "account_session", "expires_at"),
    Kind("token", "api_token", "LEAST(expires_at, revoked_at)"),
    Kind("browser", "account_browser", "seen_at"),
    Kind("login_attempt", "login_attempt", "at"),
    Kind("session", "sign_in_flow", "expires_at"),
    Kind("idempotency", "idempotency_key", "created_at"),
    Kind("outbox", "outbox", "delivered_at"),
)


def count_over(session: Session, kind: Kind, days: int) -> int:
    """Return how many rows have been kept for longer than some days."""
    statement = text(f"SELECT count(*) {_over(kind)}")
    count: int = session.scalars(statement, {"days": days}).one()
    return count


def delete_over(session: Session, kind: Kind, days: int) -> int:
    """Delete rows that have been kept for longer than some days, at most :data:`BATCH` of them."""
    statement = text(
        f"WITH gone AS (DELETE FROM {kind.table} WHERE ctid = ANY (ARRAY("  # noqa: S608 - our own names
        f"SELECT ctid {_over(kind)} LIMIT :batch FOR UPDATE SKIP LOCKED)) RETURNING 1)"
        " SELECT count(*) FROM gone"
    )
    count: int = session.scalars(statement, {"days": days, "batch": BATCH}).one()
    return count


def _over(kind: Kind) -> str:
    limit = "clock_timestamp() - make_interval(days => :days)"
    return f"FROM {kind.table} WHERE {kind.begins} < {limit}"


def alone(session: Session) -> bool:
    """Tell whether this transaction is the only one that does the job, until it ends."""
    got: bool = session.scalars(select(func.pg_try_advisory_xact_lock(JOB_LOCK))).one()
    return got


def last_run(session: Session, job: str) -> tuple[datetime, dict[str, Any]] | None:
    """Return when a job last ended and what it did, if it ever has."""
    row = session.execute(
        text("SELECT ended_at, detail FROM last_run_of(:job)"), {"job": job}
    ).one_or_none()
    return (row.ended_at, row.detail) if row else None


def is_due(session: Session, job: str, every_s: float) -> bool:
    """Tell whether a job last ended longer ago than some seconds, or never did."""
    found = last_run(session, job)
    now = session.scalars(select(func.clock_timestamp())).one()
    return found is None or (now - found[0]).total_seconds() >= every_s


def note_run(session: Session, job: str, detail: Mapping[str, Any]) -> None:
    """Keep that a job has ended now, and what it did."""
    now = func.clock_timestamp()
    given = {"ended_at": now, "detail": dict(detail)}
    statement = insert(JobRun).values(name=job, **given)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=given))
