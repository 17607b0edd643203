"""Working time (工作时) and working days (工作日) of a jurisdiction's offices.

A calendar holds the working week, the days that are not what their weekday says (public holidays,
make-up working days 调休), and the time zone. Days of years for which the calendar has no entry at
all are taken by their weekday, and every answer says whether that happened.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KindOfDay = Literal["holiday", "workday"]
WorkUnit = Literal["work_hour", "work_day"]
Interval = tuple[time, time]

MONDAY, FRIDAY = 1, 5
ONE_DAY = timedelta(days=1)


class Due(NamedTuple):
    """When something is due.

    Parameters
    ----------
    at
        The instant, in the calendar's time zone.
    calendar_known
        Whether the calendar has entries for every year that was counted through; where not,
        weekends were the only days off.
    """

    at: datetime
    calendar_known: bool


class Span(NamedTuple):
    """An amount of working time, and whether the calendar is known for all of it."""

    worked: timedelta
    calendar_known: bool


@dataclass(frozen=True)
class WorkCalendar:
    """When the offices of a jurisdiction work.

    Parameters
    ----------
    weekly
        ISO weekday (1 Monday to 7 Sunday) to the intervals of work on it, in local time, in order
        and without overlap; a weekday without intervals is closed.
    days
        Days that are not what their weekday says: ``holiday``, or ``workday`` for a make-up
        working day.
    timezone
        The time zone of the intervals, an IANA name.
    published
        By year, the days that are published for the country: they hold in years of which ``days``
        says nothing.

    Examples
    --------
    >>> week = {day: ((time(9), time(17)),) for day in range(1, 6)}
    >>> calendar = WorkCalendar(week, {date(2026, 10, 1): "holiday"}, "Asia/Shanghai")
    >>> len(calendar.local_intervals(date(2026, 10, 1)))
    0
    >>> len(calendar.local_intervals(date(2026, 10, 2)))
    1
    >>> WorkCalendar({}, {}, "Asia/Shanghai").has_hours
    False
    """

    weekly: Mapping[int, tuple[Interval, ...]]
    days: Mapping[date, KindOfDay] = field(default_factory=dict)
    timezone: str = "UTC"
    published: Mapping[int, Mapping[date, KindOfDay]] = field(default_factory=dict)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.timezone)

    @cached_property
    def known_years(self) -> frozenset[int]:
        """The years that have at least one entry, or are published."""
        return self._own_years | frozenset(self.published)

    @cached_property
    def _own_years(self) -> frozenset[int]:
        return frozenset(day.year for day in self.days)

    @cached_property
    def make_up_days(self) -> tuple[date, ...]:
        """The make-up working days of all years, in order."""
        published = (
            year for number, year in self.published.items() if number not in self._own_years
        )
        return tuple(
            sorted(
                day
                for days in (self.days, *published)
                for day, kind in days.items()
                if kind == "workday"
            )
        )

    @cached_property
    def _spans(self) -> dict[date, tuple[tuple[datetime, datetime], ...]]:
        return {}

    @cached_property
    def has_hours(self) -> bool:
        """Whether there is any working time in an ordinary week."""
        return any(self.weekly.values())

    @cached_property
    def make_up_hours(self) -> tuple[Interval, ...]:
        """The intervals of a make-up working day: those of the first weekday that has any."""
        ordinary = (self.weekly.get(day, ()) for day in range(MONDAY, FRIDAY + 1))
        return next((intervals for intervals in ordinary if intervals), ())

    def local_intervals(self, day: date) -> tuple[Interval, ...]:
        """Return the intervals of work on a day, in local time."""
        kind = self.kind(day)
        if kind == "holiday":
            return ()
        own = self.weekly.get(day.isoweekday(), ())
        return (own or self.make_up_hours) if kind == "workday" else own

    def kind(self, day: date) -> KindOfDay | None:
        """Return what a day is other than its weekday, or ``None``."""
        if day.year in self._own_years:
            return self.days.get(day)
        return self.published.get(day.year, {}).get(day)

    def instants(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """Return a day's intervals of work as instants in UTC, worked out once."""
        if day not in self._spans:
            spans = (
                (self._instant(day, opens), self._instant(day, closes))
                for opens, closes in self.local_intervals(day)
            )
            self._spans[day] = tuple((start, end) for start, end in spans if start < end)
        return self._spans[day]

    def _instant(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone).astimezone(UTC)

    def knows(self, first: date, last: date) -> bool:
        """Tell whether the calendar has entries for every year from one day to another."""
        return all(year in self.known_years for year in range(first.year, last.year + 1))


def due_at(calendar: WorkCalendar, start: datetime, amount: int, unit: WorkUnit) -> Due | None:
    """Return when an amount of working time that begins at an instant has run out.

    Hours run only while the offices work: the answer is the earliest instant at which that much
    working time has passed. Of days, the one on which the time begins is not counted, and the
    answer is the end of work on the last one, as in articles 201 and 203 of the Civil Code
    (民法典). An amount of 0 is due at once.

    Parameters
    ----------
    calendar
        When the offices work.
    start
        When the time begins, with its offset from UTC.
    amount
        How many hours or days, at least 0.
    unit
        ``work_hour`` or ``work_day``.

    Returns
    -------
    Due or None
        ``None`` where the calendar has no working hours at all.

    Examples
    --------
    >>> week = {day: ((time(9), time(12)), (time(14), time(17))) for day in range(1, 6)}
    >>> calendar = WorkCalendar(week, {date(2026, 1, 1): "holiday"}, "Asia/Shanghai")
    >>> friday = datetime(2026, 3, 6, 11, tzinfo=ZoneInfo("Asia/Shanghai"))
    >>> due_at(calendar, friday, 2, "work_hour").at.isoformat()
    '2026-03-06T15:00:00+08:00'
    >>> due_at(calendar, friday, 1, "work_day").at.isoformat()
    '2026-03-09T17:00:00+08:00'
    >>> due_at(WorkCalendar({}), friday, 1, "work_day") is None
    True
    """
    if not calendar.has_hours:
        return None
    begun = start.astimezone(calendar.zone)
    if amount == 0:
        end = begun
    elif unit == "work_hour":
        end = _after_hours(calendar, start, timedelta(hours=amount))
    else:
        end = _after_days(calendar, begun.date(), amount)
    local_end = end.astimezone(calendar.zone)
    return Due(local_end, calendar.knows(begun.date(), local_end.date()))


def working_time_between(calendar: WorkCalendar, start: datetime, end: datetime) -> Span:
    """Return how much working time lies between two instants; negative where they are swapped.

    Examples
    --------
    >>> week = {day: ((time(9), time(17)),) for day in range(1, 6)}
    >>> calendar = WorkCalendar(week, {}, "UTC")
    >>> monday = datetime(2026, 3, 9, 8, tzinfo=UTC)
    >>> working_time_between(calendar, monday, monday + timedelta(days=1, hours=2))
    Span(worked=datetime.timedelta(seconds=32400), calendar_known=False)
    >>> working_time_between(calendar, monday, monday).worked
    datetime.timedelta(0)
    """
    if end < start:
        back = working_time_between(calendar, end, start)
        return Span(-back.worked, back.calendar_known)
    first, last = (instant.astimezone(calendar.zone).date() for instant in (start, end))
    worked = sum(
        (
            max(min(closes, end) - max(opens, start), timedelta())
            for day in _days(first, last)
            for opens, closes in calendar.instants(day)
        ),
        timedelta(),
    )
    return Span(worked, calendar.knows(first, last))


def later_by(calendar: WorkCalendar, start: datetime, worked: timedelta) -> datetime:
    """Return the earliest instant at which an amount of working time has passed since another.

    Parameters
    ----------
    calendar
        When the offices work; it needs working hours.
    start
        When the time begins.
    worked
        How much; nothing or less is over at once.

    Examples
    --------
    >>> week = {day: ((time(9), time(17)),) for day in range(1, 6)}
    >>> monday = datetime(2026, 3, 9, 16, tzinfo=UTC)
    >>> later_by(WorkCalendar(week), monday, timedelta(hours=2)).isoformat()
    '2026-03-10T10:00:00+00:00'
    >>> later_by(WorkCalendar(week), monday, timedelta()) == monday
    True
    """
    if worked <= timedelta():
        return start
    return _after_hours(calendar, start, worked).astimezone(start.tzinfo)


def _after_hours(calendar: WorkCalendar, start: datetime, left: timedelta) -> datetime:
    for day in _days(start.astimezone(calendar.zone).date()):
        for opens, closes in calendar.instants(day):
            begins = max(opens, start)
            if closes - begins >= left:
                return begins + left
            left -= max(closes - begins, timedelta())
    raise AssertionError  # pragma: no cover - the days don't end


def _after_days(calendar: WorkCalendar, begun: date, amount: int) -> datetime:
    left = amount
    for day in _days(begun + ONE_DAY):
        ends = [closes for _, closes in calendar.instants(day)]
        left -= bool(ends)
        if left == 0:
            return max(ends)
    raise AssertionError  # pragma: no cover - the days don't end


def _days(first: date, last: date = date.max) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += ONE_DAY
