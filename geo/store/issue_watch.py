"""What happens to issues, read as it happens: by the service all, by people what is theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import ARRAY, BigInteger, Text, func, select, text

from geo.core.watermark import Horizon
from geo.store.models import Issue, IssueEvent, Jurisdiction

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

WINDOW = 20_000
"""So far below the highest number rows of transactions are looked for that are under way."""


class Fact(NamedTuple):
    """One thing that happened to an issue.

    Parameters
    ----------
    id
        Its number among all events.
    issue_id
        The issue's key.
    version
        That the issue has since.
    action, state
        What was done, and the state that it led to.
    at
        When.
    """

    id: int
    issue_id: UUID
    version: int
    action: str
    state: str
    at: datetime


class SeenIssue(NamedTuple):
    """What a watcher is told of an issue itself: its number, and its jurisdiction's time zone."""

    number: str
    timezone: str


_FACT = (
    IssueEvent.id,
    IssueEvent.issue_id,
    IssueEvent.sequence,
    IssueEvent.action,
    IssueEvent.to_state,
    IssueEvent.at,
)

_IN_GAPS = text(
    "SELECT event.id, event.issue_id, event.sequence, event.action, event.to_state, event.at"
    " FROM unnest(CAST(:firsts AS bigint[]), CAST(:lasts AS bigint[])) AS gap (first, last)"
    " JOIN issue_event AS event ON event.id BETWEEN gap.first AND gap.last"
)

_MISSING = text(
    "SELECT last + 1 AS first, following - 1 AS last FROM ("
    " SELECT id AS last, lead(id) OVER (ORDER BY id) AS following"
    " FROM issue_event WHERE id > :begin AND id <= :top) AS known"
    " WHERE following > last + 1"
)


def horizon(session: Session) -> Horizon:
    """Return which transactions are running; read it before what they may have written."""
    row = session.execute(
        text(
            "SELECT pg_snapshot_xmin(taken)::text::bigint AS oldest,"
            " pg_snapshot_xmax(taken)::text::bigint AS next FROM pg_current_snapshot() AS taken"
        )
    ).one()
    return Horizon(row.oldest, row.next)


def highest(session: Session) -> int:
    """Return the number of the last event that there is; 0 when there is none."""
    return session.scalars(select(func.coalesce(func.max(IssueEvent.id), 0))).one()


def missing_below(session: Session, top: int) -> list[tuple[int, int]]:
    """Return first and last of the numbers that are missing in the window below one."""
    rows = session.execute(_MISSING, {"top": top, "begin": top - WINDOW})
    return [(row.first, row.last) for row in rows]


def facts_above(session: Session, number: int, limit: int | None = None) -> list[Fact]:
    """Return what happened with a higher number, in order."""
    statement = select(*_FACT).where(IssueEvent.id > number).order_by(IssueEvent.id)
    return [Fact(*row) for row in session.execute(statement.limit(limit))]


def facts_between(session: Session, gaps: Sequence[tuple[int, int]]) -> list[Fact]:
    """Return what happened with numbers in some gaps, in order."""
    if not gaps:
        return []
    firsts, lasts = zip(*gaps, strict=True)
    rows = session.execute(_IN_GAPS, {"firsts": list(firsts), "lasts": list(lasts)})
    return sorted(Fact(*row) for row in rows)


def seen_issues(session: Session, ids: Iterable[UUID]) -> dict[UUID, SeenIssue]:
    """Return which of some issues there are for whoever asks."""
    statement = (
        select(Issue.id, Issue.number, Jurisdiction.timezone)
        .join(Jurisdiction, Jurisdiction.id == Issue.jurisdiction_id)
        .where(Issue.id.in_(list(ids)))
    )
    return {row.id: SeenIssue(row.number, row.timezone) for row in session.execute(statement)}


def had(session: Session, events: Sequence[int]) -> set[int]:
    """Return which events happened to issues while they were in the asker's territory."""
    found = func.asker_had(list(events), type_=BigInteger()).column_valued()
    return set(session.scalars(select(found)))


def roles_now(session: Session) -> frozenset[str]:
    """Return the roles that whoever asks has at this moment."""
    return frozenset(session.scalars(select(func.asker_roles(type_=ARRAY(Text())))).one())
