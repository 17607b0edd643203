"""The staged deadlines of an issue.

Dispatch (派单) is counted from receipt. The clock of the department starts at dispatch: acceptance
(受理) and handling (处理) are counted from there, feedback (反馈) from handling. Until a stage has
happened, the next ones are counted from when it is due.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from geo.core.worktime import due_at

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from geo.core.worktime import WorkCalendar, WorkUnit

COUNTED_FROM = {
    "dispatch": "receipt",
    "accept": "dispatch",
    "handle": "dispatch",
    "feed_back": "handle",
}
"""Each stage, in order, and what its time is counted from."""


class Allowance(NamedTuple):
    """How long a stage may take."""

    amount: int
    unit: WorkUnit


class StageDue(NamedTuple):
    """When a stage is due, and why then.

    Parameters
    ----------
    stage
        ``dispatch``, ``accept``, ``handle`` or ``feed_back``.
    due_at
        In the calendar's time zone.
    amount, unit
        How long it may take.
    counted_from
        ``receipt``, or the stage before.
    calendar_known
        Whether the holidays of all years it counts through are known.
    """

    stage: str
    due_at: datetime
    amount: int
    unit: WorkUnit
    counted_from: str
    calendar_known: bool


def staged(
    calendar: WorkCalendar, received_at: datetime, allowances: Mapping[str, Allowance]
) -> tuple[StageDue, ...]:
    """Return the deadlines of an issue, in the order of the stages.

    A stage without an allowance has no deadline and takes no time. Without working hours nothing is
    ever due.

    Parameters
    ----------
    calendar
        When the offices work.
    received_at
        When the issue came in.
    allowances
        Of the stages that have one.

    Examples
    --------
    >>> from datetime import UTC, datetime, time
    >>> from geo.core.worktime import WorkCalendar
    >>> calendar = WorkCalendar({day: ((time(9), time(17)),) for day in range(1, 6)})
    >>> monday = datetime(2026, 3, 9, 9, tzinfo=UTC)
    >>> given = {"dispatch": Allowance(2, "work_hour"), "handle": Allowance(1, "work_day")}
    >>> [(one.stage, one.due_at.isoformat()) for one in staged(calendar, monday, given)]
    [('dispatch', '2026-03-09T11:00:00+00:00'), ('handle', '2026-03-10T17:00:00+00:00')]
    >>> staged(calendar, monday, {})
    ()
    """
    ends = {"receipt": received_at}
    found = []
    for stage, before in COUNTED_FROM.items():
        allowance = allowances.get(stage)
        due = due_at(calendar, ends[before], *allowance) if allowance else None
        if allowance and due:
            found.append(StageDue(stage, due.at, *allowance, before, due.calendar_known))
        ends[stage] = due.at if due else ends[before]
    return tuple(found)
