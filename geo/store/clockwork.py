"""Clocks that have come to a time: taken one by one, by one process each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select, text, update

from geo.core.lifecycle import ENDED
from geo.store.models import Issue, IssueDeadline
from geo.store.models.issues import RUNNING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Update
    from sqlalchemy.orm import Session

OVERDUE = f"{RUNNING} AND issue_deadline.escalated_at IS NULL AND due_at <= :now"
TO_REMIND = f"{RUNNING} AND reminded_at IS NULL AND remind_at <= :now AND due_at > :now"


class Taken(NamedTuple):
    """A clock that is this transaction's, with its issue's state."""

    issue_id: UUID
    stage: str
    state: str
    due_at: datetime


def take_overdue(session: Session, now: datetime, most: int) -> list[Taken]:
    """Take clocks that have run out and were not passed on yet."""
    return _take(session, OVERDUE, now, most)


def take_to_remind(session: Session, now: datetime, most: int) -> list[Taken]:
    """Take clocks that are about to run out and nobody was reminded of yet."""
    return _take(session, TO_REMIND, now, most)


def _take(session: Session, condition: str, now: datetime, most: int) -> list[Taken]:
    """Lock clocks and their issues; what another transaction has locked is left to it.

    It waits for no lock, so that it can't be part of a deadlock, and the next look finds what was
    left.
    """
    statement = (
        select(IssueDeadline.issue_id, IssueDeadline.stage, Issue.state, IssueDeadline.due_at)
        .join(Issue, Issue.id == IssueDeadline.issue_id)
        .where(text(condition).bindparams(now=now), Issue.state.not_in(ENDED))
        .order_by(IssueDeadline.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return [Taken(*row) for row in session.execute(statement)]


def note_reminded(session: Session, taken: Taken, at: datetime) -> None:
    """Note that somebody was reminded."""
    session.execute(_clock(taken).values(reminded_at=at))


def note_escalated(session: Session, taken: Taken, at: datetime) -> None:
    """Note that a clock has been passed on, and since when its issue is the street's."""
    session.execute(_clock(taken).values(escalated_at=at))
    still = (Issue.id == taken.issue_id, Issue.escalated_at.is_(None))
    session.execute(update(Issue).where(*still).values(escalated_at=at))


def _clock(taken: Taken) -> Update:
    return update(IssueDeadline).where(
        IssueDeadline.issue_id == taken.issue_id, IssueDeadline.stage == taken.stage
    )
