"""Figures of one month (月度指标): what came in and was closed in it, how things stood at its end.

Everything is told as it was at the end of the month, by the steps that were taken until then: so a
month's figures stay what they were, and two months are compared alike, however long ago each is.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from geo.core.figures import History, judge
from geo.core.lifecycle import CLOSED, ON_OPEN_LIST

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence
    from datetime import datetime

    from geo.core.clocks import Clock
    from geo.core.worktime import WorkCalendar

PERCENT = 100.0
STANDING = ("in_hand", "overdue")
CLOSED_HOW = ("on_time", "late", "not_recorded", "no_deadline")
HAPPENED = {"returned": "return", "reopened": "reopen"}
MONTH_COUNTS = ("received", CLOSED, *STANDING, *CLOSED_HOW, *HAPPENED)
"""What is counted, in the order of tables."""


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """The figures of some issues in one month.

    Parameters
    ----------
    counts
        Every one of :data:`MONTH_COUNTS`: ``received``, ``closed``, ``returned`` and ``reopened``
        within the month, whenever the issue came in; of those closed how many ``on_time``,
        ``late``, ``not_recorded`` or with ``no_deadline``; ``in_hand`` and ``overdue`` at its end.
    handle_hours
        Median working hours from dispatch until handled of those closed in the month; ``None``
        where none has it recorded.
    """

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MONTH_COUNTS, 0))
    handle_hours: float | None = None

    @property
    def on_time_pct(self) -> float | None:
        """Share of what was closed on time in what is known to have been on time or late."""
        known = self.counts["on_time"] + self.counts["late"]
        return PERCENT * self.counts["on_time"] / known if known else None


class MonthCase(NamedTuple):
    """What one issue adds to a month: counts that aren't 0, and hours of handling if known."""

    counts: dict[str, int]
    handle_hours: float | None


def as_of(history: History, instant: datetime) -> History | None:
    """Return what was known of an issue at an instant; ``None`` before it came in.

    A deadline that was moved later counts as it was moved: what it was before isn't kept.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from geo.core.stage_times import Step
    >>> march, april = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 4))
    >>> came = Step(march, "report", None, "collected")
    >>> closed = Step(april, "close", "fed_back", "closed")
    >>> as_of(History("closed", march, [came, closed], []), april).state
    'collected'
    >>> as_of(History("collected", march, [], []), march) is None
    True
    """
    if history.received_at >= instant:
        return None
    steps = [step for step in history.steps if step.at < instant]
    state = steps[-1].to_state if steps else history.state
    clocks = [_clock_as_of(clock, instant) for clock in history.clocks]
    return History(state, history.received_at, steps, clocks)


def _clock_as_of(clock: Clock, instant: datetime) -> Clock:
    started, met, paused = (
        one if one is not None and one < instant else None
        for one in (clock.started_at, clock.met_at, clock.paused_at)
    )
    return clock._replace(started_at=started, met_at=met, paused_at=paused)


def month_case(
    history: History, calendar: WorkCalendar, starts: datetime, ends: datetime
) -> MonthCase | None:
    """Return what an issue adds to the figures of a month; ``None`` where it came in later.

    Parameters
    ----------
    history
        Of the issue.
    calendar
        When the offices work.
    starts, ends
        The month: its first instant, and the first one after it.
    """
    then = as_of(history, ends)
    if then is None:
        return None
    counts, hours = judge(then, calendar, ends)
    if then.state == ON_OPEN_LIST:
        counts.pop("overdue", None)
    inside = {step.action for step in then.steps if step.at >= starts}
    closed = then.state == CLOSED and "close" in inside
    found = {
        "received": int(then.received_at >= starts),
        CLOSED: int(closed),
        **{name: counts.get(name, 0) for name in STANDING},
        **{name: counts.get(name, 0) if closed else 0 for name in CLOSED_HOW},
        **{name: int(action in inside) for name, action in HAPPENED.items()},
    }
    told = {name: count for name, count in found.items() if count}
    return MonthCase(told, hours.get("handle") if closed else None)


def month_figures(cases: Iterable[MonthCase]) -> MonthFigures:
    """Return the figures of some issues together.

    Examples
    --------
    >>> found = month_figures([MonthCase({"received": 1}, 3.0), MonthCase({"received": 1}, 5.0)])
    >>> found.counts["received"], found.handle_hours, month_figures([]).handle_hours is None
    (2, 4.0, True)
    """
    counts = dict.fromkeys(MONTH_COUNTS, 0)
    hours = []
    for case in cases:
        for name, count in case.counts.items():
            counts[name] += count
        if case.handle_hours is not None:
            hours.append(case.handle_hours)
    return MonthFigures(counts, median(hours) if hours else None)


def by_key(
    cases: Sequence[tuple[Hashable, MonthCase]],
) -> dict[Hashable, MonthFigures]:
    """Return figures by key.

    Examples
    --------
    >>> by_key([("A", MonthCase({"received": 1}, None))])["A"].counts["received"], by_key([])
    (1, {})
    """
    groups: defaultdict[Hashable, list[MonthCase]] = defaultdict(list)
    for key, case in cases:
        groups[key].append(case)
    return {key: month_figures(group) for key, group in groups.items()}


def company(
    hidden: Sequence[int], shown: Mapping[str, Sequence[int]], least: int
) -> frozenset[str]:
    """Return which groups join some that are hidden, so that nobody can tell how many these are.

    What is hidden can be worked out from a total and everything else that is shown: so it shares
    its line with the least common groups, until these have enough issues themselves. Where there is
    nothing hidden, or enough of it, it can be told.

    Parameters
    ----------
    hidden
        How many issues are hidden, by month.
    shown
        How many there are of other groups, by code and month; ``""`` joins in any case.
    least
        How many are enough.

    Examples
    --------
    >>> sorted(company([3, 9], {"A": [90, 80], "B": [5, 1], "C": [6, 0]}, 8))
    ['B', 'C']
    >>> company([0, 9], {"A": [90, 80]}, 8)
    frozenset()
    """
    few = [month for month, count in enumerate(hidden) if 0 < count < least]
    taken = {""} & set(shown)
    for code in sorted(shown.keys() - taken, key=lambda one: (sum(shown[one]), one)):
        if all(sum(shown[one][month] for one in taken) >= least for month in few):
            break
        taken.add(code)
    return frozenset(taken)


__all__ = [
    "MONTH_COUNTS",
    "MonthCase",
    "MonthFigures",
    "as_of",
    "by_key",
    "company",
    "month_case",
    "month_figures",
]
