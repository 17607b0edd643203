"""When the stages of an issue were done (派单, 受理, 处理, 反馈), as a register would have it.

Offices work by day: a stage that would be done at night is done when they open, if the issue was
still open then. Until :data:`RECORDED_FROM` the register kept only when an issue was closed.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from typing import TYPE_CHECKING

import chinese_calendar

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from data.generator.issues import Issue

BEIJING = timezone(timedelta(hours=8))
RECORDED_FROM = datetime(2024, 7, 1, tzinfo=BEIJING)
STAGE_COLUMNS = ("dispatched_at", "accepted_at", "handled_at", "fed_back_at", "reopened_at")
HOURS = ((time(8, 30), time(12)), (time(14, 30), time(17, 30)))
BY_THE_GRID_SHARE, REOPENED_SHARE, LATE_SHARE = 0.12, 0.02, 0.03
USED = (0.15, 0.85)
"""Between which shares of its deadline a stage takes that keeps it."""

LATE_BY = 1.6
"""How much of its deadline a stage takes that misses it."""

HOURS_A_DAY = 6.5
REACHED = {"dispatched": 1, "accepted": 2, "handled": 3, "closed": 4}


def record_stages(issues: list[Issue], rng: np.random.Generator) -> None:
    """Write down when the stages of issues were done."""
    for issue in issues:
        # Every issue takes its draws, so that one more changes nothing of the others.
        draws = rng.random(6)
        if issue.received_at >= RECORDED_FROM:
            issue.times = dict(_kept(issue, draws))


def _kept(issue: Issue, draws: np.ndarray) -> Iterator[tuple[str, datetime]]:
    end = issue.closed_at or issue.received_at + timedelta(days=4)
    closed = issue.state == "closed"
    by_the_grid = closed and draws[0] < BY_THE_GRID_SHARE
    dispatched = min(_later(issue.received_at, _takes(issue, "dispatch", draws[1])), end)
    accepted = min(_later(dispatched, _takes(issue, "accept", draws[2])), end)
    handled = min(_later(dispatched, _takes(issue, "handle", draws[3])), end)
    # What the grid does itself needs no dispatch: it is done by the time that one would be.
    handled = dispatched if by_the_grid else max(accepted, handled)
    fed_back = min(_later(handled, _takes(issue, "feed_back", draws[4])), end)
    times = (dispatched, accepted, handled, fed_back)
    for place, (name, when) in enumerate(zip(STAGE_COLUMNS, times, strict=False)):
        if place < REACHED[issue.state] and not (by_the_grid and place < 2):  # noqa: PLR2004 - both
            yield name, when
    if closed and draws[5] < REOPENED_SHARE:
        yield "reopened_at", _whole(fed_back + (end - fed_back) * draws[4])


def _takes(issue: Issue, stage: str, draw: float) -> float:
    """Return how many working hours a stage takes: mostly a part of what it may take."""
    allowed = issue.duty[stage] or "4h"
    hours = float(allowed[:-1]) * (HOURS_A_DAY if allowed[-1] == "d" else 1.0)
    if draw < LATE_SHARE:
        return hours * LATE_BY + HOURS_A_DAY * (allowed[-1] == "d")
    low, high = USED
    return hours * (low + (high - low) * float(draw) ** 2)


def _later(start: datetime, hours: float) -> datetime:
    """Return when some working hours have passed, to the minute."""
    when, left = _at_work(start), timedelta(minutes=round(60 * hours))
    while True:
        ends = next(
            end
            for _, closes in HOURS
            if (end := datetime.combine(when.date(), closes, BEIJING)) > when
        )
        if when + left < ends:
            return when + left
        left -= ends - when
        when = _at_work(ends)


def _at_work(when: datetime) -> datetime:
    """Return the same moment, or when the offices open next."""
    day = when.date()
    while True:
        if chinese_calendar.is_workday(day):
            for opens, closes in HOURS:
                begins, ends = (datetime.combine(day, one, BEIJING) for one in (opens, closes))
                if when < begins:
                    return begins
                if when < ends:
                    return when
        day += timedelta(days=1)


def _whole(when: datetime) -> datetime:
    return when.replace(second=0, microsecond=0)
