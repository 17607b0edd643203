"""Deadlines of a demonstration's cases in hand, so that its first day looks like a working day.

What is in a folder has happened when the folder was made. Loaded a year later, every case in hand
would be overdue, and the service would pass all on to the street within seconds. So one case
of a jurisdiction stays as it is, to show what overdue means; the others get time, by an event in
their history that says why. How many are received, closed and in hand stays the same.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from geo.core.clocks import Terms, with_deadline
from geo.flows.act import clocks_told
from geo.settings import settings
from geo.store.clocks import judged_by, read_clocks, write_clocks
from geo.store.demonstration import overdue_cases
from geo.store.duties import work_calendar
from geo.store.engine import owner_session
from geo.store.issues import add_event, hold_issue
from geo.store.publishing import clock

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from geo.store.models import Issue

ACTOR = "hongge load"
REASON = "演示数据：期限按首次启动之日顺延"
BETWEEN = timedelta(days=2)
"""How long after one another the cases are due."""


def put_deadlines_off(url: str | None = None) -> int:
    """Give time to the overdue cases of made-up jurisdictions but the first of each; count them.

    Parameters
    ----------
    url
        The owner's address of the database; by default ours.
    """
    with owner_session(url, "demonstration") as opened:
        now = clock(opened)
        done = 0
        for cases in overdue_cases(opened):
            for place, issue_id in enumerate(cases[1:], start=1):
                _put_off(opened, issue_id, now, now + place * BETWEEN)
                done += 1
    return done


def _put_off(opened: Session, issue_id: UUID, now: datetime, due_at: datetime) -> None:
    """Set the deadline of every stage of a case whose time has run out."""
    issue = hold_issue(opened, issue_id)
    if issue is None:
        return
    terms = Terms(
        work_calendar(opened, issue.jurisdiction_id),
        judged_by(opened, issue.duty_id, issue.duty_version),
        issue.received_at,
        settings().remind_before_pct,
    )
    late = [one for one in read_clocks(opened, issue_id).values() if one.running]
    for stage in [one.stage for one in late if one.due_at <= now]:
        _set(opened, issue, stage, (now, due_at), terms)


def _set(
    opened: Session, issue: Issue, stage: str, times: tuple[datetime, datetime], terms: Terms
) -> None:
    """Set one deadline, and write so in the history."""
    now, due_at = times
    before = read_clocks(opened, issue.id)
    after = with_deadline(before, stage, due_at, now, terms)
    detail = {
        "stage": stage,
        "due_at": due_at.isoformat(),
        "due_before": before[stage].due_at.isoformat(),
    }
    event = {
        "at": now,
        "action": "set_deadline",
        "from_state": issue.state,
        "to_state": issue.state,
        "actor": ACTOR,
        "note": REASON,
        "detail": detail | clocks_told(before, after),
    }
    add_event(opened, issue.id, event)
    write_clocks(opened, issue.id, before, after)
