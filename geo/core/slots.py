"""Times that can be booked (预约时段): a station's opening hours cut into slots, and reminders."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from geo.core.opening import MIDNIGHT, first_instant, open_spans
from geo.core.worktime import ONE_DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from geo.core.opening import Closure, Week
    from geo.core.worktime import WorkCalendar

ERRAND_MINUTES = 60
"""How far apart the times are at which an errand can be asked for."""

REMIND_THE_DAY_BEFORE = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
REMIND_BEFORE = re.compile(r"([0-9]{1,3})([hm])")


class Hours(NamedTuple):
    """When a station is open: its rules and closures, and the place's calendar."""

    week: Week
    closures: Sequence[Closure]
    calendar: WorkCalendar


class Slot(NamedTuple):
    """A time that can be booked, in the place's time zone; its end doesn't belong to it."""

    starts_at: datetime
    ends_at: datetime


def cut(opens: datetime, closes: datetime, minutes: int) -> list[Slot]:
    """Cut a time into slots from its beginning on; what is left at its end is none.

    Slots are as long as they are said to be where clocks are changed, too.

    Examples
    --------
    >>> nine = datetime(2026, 3, 9, 9, tzinfo=UTC)
    >>> [f"{one.starts_at:%H:%M}" for one in cut(nine, nine + timedelta(minutes=70), 30)]
    ['09:00', '09:30']
    >>> cut(nine, nine, 30)
    []
    """
    zone, start, length = opens.tzinfo, opens.astimezone(UTC), timedelta(minutes=minutes)
    count = (closes.astimezone(UTC) - start) // length
    edges = [(start + length * at).astimezone(zone) for at in range(count + 1)]
    return [Slot(*pair) for pair in pairwise(edges)]


def slots_of_day(hours: Hours, day: date, minutes: int) -> list[Slot]:
    """Return the slots of one local day: of the hours by rule, those that no closure touches.

    A closure takes slots away and moves none, so that what was booked before still fits. On a day
    on which a station is open around the clock, the slots are in the hours of the offices, where
    those are known: the door is open at night, but nobody serves.

    Parameters
    ----------
    hours
        Of the station; see :func:`geo.core.opening.open_spans`.
    day
        What is open over midnight is cut there.
    minutes
        How long a slot is.

    Examples
    --------
    >>> from geo.core.opening import Closure, Week
    >>> from geo.core.worktime import WorkCalendar
    >>> from datetime import date
    >>> week, monday = Week.of([("1", time(9), time(11))]), date(2026, 3, 9)
    >>> nine = datetime(2026, 3, 9, 9, tzinfo=UTC)
    >>> burst = Closure(nine + timedelta(minutes=20), nine + timedelta(minutes=40))
    >>> found = slots_of_day(Hours(week, [burst], WorkCalendar({})), monday, 30)
    >>> [f"{one.starts_at:%H:%M}" for one in found]
    ['10:00', '10:30']
    >>> slots_of_day(Hours(Week.of([]), [], WorkCalendar({})), monday, 30)
    []
    """
    calendar = hours.calendar
    start, end = (first_instant(one, MIDNIGHT, calendar.zone) for one in (day, day + ONE_DAY))
    by_rule = open_spans(hours.week, [], calendar, start, end)
    if by_rule == [(start, end)] and calendar.has_hours:
        by_rule = _office_hours(calendar, day)
    found = [slot for opens, closes in by_rule for slot in cut(opens, closes, minutes)]
    if not hours.closures:
        return found
    left = open_spans(hours.week, hours.closures, calendar, start, end)
    return [one for one in found if _within(one, left)]


def offered(
    hours: Hours, minutes: int, days_ahead: int, now: datetime, days: Iterable[date]
) -> list[Slot]:
    """Return the slots of some days that can still be booked.

    Those that have begun can't, and those of days that are further ahead than they may be.

    Parameters
    ----------
    hours, minutes
        As of :func:`slots_of_day`.
    days_ahead
        Today is 0, by the place's calendar.
    now
        With its offset from UTC.
    days
        Which to look at.

    Examples
    --------
    >>> from geo.core.opening import Week
    >>> from geo.core.worktime import WorkCalendar
    >>> from datetime import date
    >>> hours = Hours(Week.of([("1", time(9), time(11))]), [], WorkCalendar({}))
    >>> half_past_nine = datetime(2026, 3, 9, 9, 30, tzinfo=UTC)
    >>> days = [date(2026, 3, 9), date(2026, 3, 16)]
    >>> found = offered(hours, 30, 6, half_past_nine, days)
    >>> [f"{one.starts_at:%d %H:%M}" for one in found]
    ['09 10:00', '09 10:30']
    >>> offered(hours, 30, 6, half_past_nine, [])
    []
    """
    today, instant = now.astimezone(hours.calendar.zone).date(), now.astimezone(UTC)
    return [
        slot
        for day in days
        if today <= day <= today + ONE_DAY * days_ahead
        for slot in slots_of_day(hours, day, minutes)
        if slot.starts_at.astimezone(UTC) > instant
    ]


def reminder(rule: str, starts_at: datetime, now: datetime) -> datetime | None:
    """Return when somebody who books now is reminded.

    Parameters
    ----------
    rule
        ``18:00``: the evening before; ``2h`` or ``90m``: so long before; ``never``.
    starts_at
        What is booked, in the place's time zone.
    now
        With its offset from UTC. Whoever books later than they would be reminded is not.

    Examples
    --------
    >>> tuesday = datetime(2026, 3, 10, 9, tzinfo=UTC)
    >>> sunday = tuesday - timedelta(days=2)
    >>> reminder("18:00", tuesday, sunday).isoformat()
    '2026-03-09T18:00:00+00:00'
    >>> reminder("90m", tuesday, sunday).isoformat()
    '2026-03-10T07:30:00+00:00'
    >>> reminder("2h", tuesday, tuesday - timedelta(hours=1)), reminder("never", tuesday, sunday)
    (None, None)
    """
    evening, ahead = REMIND_THE_DAY_BEFORE.fullmatch(rule), REMIND_BEFORE.fullmatch(rule)
    if evening:
        clock = time(int(evening[1]), int(evening[2]))
        found = datetime.combine(starts_at.date() - ONE_DAY, clock, starts_at.tzinfo)
    elif ahead:
        length = timedelta(minutes=int(ahead[1]) * (60 if ahead[2] == "h" else 1))
        found = (starts_at.astimezone(UTC) - length).astimezone(starts_at.tzinfo)
    else:
        return None
    return found if found > now else None


def _office_hours(calendar: WorkCalendar, day: date) -> list[tuple[datetime, datetime]]:
    zone = calendar.zone
    return [
        (first_instant(day, opens, zone).astimezone(zone), first_instant(day, closes, zone))
        for opens, closes in calendar.local_intervals(day)
    ]


def _within(slot: Slot, spans: Iterable[tuple[datetime, datetime]]) -> bool:
    # In UTC: Python compares two times of one zone by what its clocks show.
    begins, ends = (one.astimezone(UTC) for one in slot)
    return any(opens <= begins and ends <= closes for opens, closes in spans)
