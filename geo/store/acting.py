"""What an action leaves in the store beside the issue's own columns."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import func, insert, select, text

from geo.store.models import (
    Delivery,
    Department,
    IssueEvent,
    IssueFollower,
    IssuePhoto,
    IssueReporter,
)

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from geo.store.models import Issue

MERGING = 0x6D65726765
"""Key of the lock that merging takes."""

FEEDBACK = "feedback"
"""The gateway that tells reporters and followers."""


def last_event(session: Session, issue_id: UUID) -> tuple[int, datetime | None]:
    """Return an issue's version, the sequence of its last event, and when that was."""
    statement = select(IssueEvent.sequence, IssueEvent.at).where(IssueEvent.issue_id == issue_id)
    row = session.execute(statement.order_by(IssueEvent.sequence.desc()).limit(1)).one_or_none()
    return (row.sequence, row.at) if row else (0, None)


def next_photo(session: Session, issue_id: UUID) -> int:
    """Return the position of an issue's next photo."""
    last = select(func.coalesce(func.max(IssuePhoto.position), 0))
    return session.scalars(last.where(IssuePhoto.issue_id == issue_id)).one() + 1


def department_code(session: Session, department_id: int) -> str:
    """Return the code of a department."""
    return session.scalars(select(Department.code).where(Department.id == department_id)).one()


def leave_feedback(session: Session, issue: Issue, event_sequence: int) -> int:
    """Leave a delivery for the reporter and every follower who gave a number; return how many.

    A reporter who gave none, but may follow, gets one too: it says that the link alone tells them.
    """
    reported = session.scalar(select(IssueReporter.phone).where(IssueReporter.issue_id == issue.id))
    followers = select(IssueFollower.id).where(
        IssueFollower.issue_id == issue.id, func.coalesce(IssueFollower.phone, "") != ""
    )
    follows = issue.follow_sha256 is not None
    readers = [*([None] if reported or follows else []), *session.scalars(followers.order_by("id"))]
    rows = [
        {
            "id": uuid4(),
            "jurisdiction_id": issue.jurisdiction_id,
            "issue_id": issue.id,
            "event_sequence": event_sequence,
            "endpoint": FEEDBACK,
            "follower_id": follower,
        }
        for follower in readers
    ]
    if rows:
        session.execute(insert(Delivery), rows)
    return len(rows)


def hold_merging(session: Session) -> None:
    """Make sure that nobody else merges issues until the transaction ends.

    Two issues that become each other's duplicates at the same time would leave none that stays.
    """
    session.execute(select(func.pg_advisory_xact_lock(MERGING)))


def merge_followers(session: Session, duplicate: UUID, original: UUID) -> None:
    """Let whoever reported or follows a duplicate follow the issue that stays."""
    session.execute(
        text("SELECT merge_followers(:one, :other)"), {"one": duplicate, "other": original}
    )


def part_followers(session: Session, duplicate: UUID, original: UUID) -> None:
    """Let the reporter of what turned out to be no duplicate follow their own issue alone."""
    session.execute(
        text("SELECT part_followers(:one, :other)"), {"one": duplicate, "other": original}
    )
