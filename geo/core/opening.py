"""When a station (驿站) is open: its rules by kind of day, its closures, and the place's calendar.

What nobody has said is not known: such a station counts as closed, and the answer says why.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from geo.core.worktime import FRIDAY, MONDAY, ONE_DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from geo.core.worktime import Interval, WorkCalendar

Reason = Literal["open", "closed", "holiday", "closure", "not_known"]

WEEKDAYS = ("1", "2", "3", "4", "5", "6", "7")
KINDS = (*WEEKDAYS, "holiday", "workday")
"""Kinds of day: weekdays from Monday, public holidays, make-up working days (调休)."""

ORDINARY = WEEKDAYS[MONDAY - 1 : FRIDAY]
WEEKEND = WEEKDAYS[FRIDAY:]
HORIZON = timedelta(days=400)
"""How far ahead the next change is looked for."""

FAR = datetime.max.replace(tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MIDNIGHT = time(0)
LUNCH = (time(12), time(14))
EVENING = (time(18), time(20))


@dataclass(frozen=True)
class Week:
    """The rules of a station: the hours of each kind of day.

    Parameters
    ----------
    hours
        Kind of day to its intervals in local time. An interval that doesn't end after it begins
        ends on the next day, so 22:00 to 02:00 is four hours, 22:00 to 00:00 two, and 00:00 to
        00:00 the whole day. No intervals: closed on such days. Kinds that are absent are not
        known, make-up working days excepted, which then have the hours that Monday to Friday have
        in common, if they have.

    Examples
    --------
    >>> week = Week.of([("1", time(9), time(12)), ("1", time(14), time(17)), ("2", None, None)])
    >>> week.knows("1"), week.knows("2"), week.knows("holiday")
    (True, True, False)
    >>> Week.of([]).hours
    {}
    """

    hours: Mapping[str, tuple[Interval, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, rules: Iterable[tuple[str, time | None, time | None]]) -> Week:
        """Return the week of some rules, each a kind of day with when it opens and closes.

        A rule without times says that the station is closed on such days.
        """
        found: dict[str, list[Interval]] = {}
        for kind, opens, closes in rules:
            intervals = found.setdefault(kind, [])
            if opens is not None and closes is not None:
                intervals.append((opens, closes))
        return cls({kind: tuple(sorted(found[kind])) for kind in KINDS if kind in found})

    @property
    def rules(self) -> list[tuple[str, time | None, time | None]]:
        """The rules again, by kind of day and time."""
        return [
            (kind, *interval)
            for kind in KINDS
            if kind in self.hours
            for interval in self.hours[kind] or ((None, None),)
        ]

    @cached_property
    def _known(self) -> dict[str, tuple[Interval, ...]]:
        known = dict(self.hours)
        ordinary = {known.get(kind) for kind in ORDINARY}
        common = ordinary.pop()
        if not ordinary and common is not None:
            known.setdefault("workday", common)
        return known

    @cached_property
    def _hash(self) -> int:
        return hash(tuple(self._known.items()))

    def __hash__(self) -> int:
        return self._hash

    def knows(self, kind: str) -> bool:
        """Tell whether anything is known of a kind of day."""
        return kind in self._known

    def of_kind(self, kind: str) -> tuple[Interval, ...]:
        """Return the intervals of a kind of day; none where it is closed or not known."""
        return self._known.get(kind, ())

    def complete(self) -> Week:
        """Return the same with the hours of make-up working days said, where they follow."""
        return Week({kind: self._known[kind] for kind in KINDS if kind in self._known})

    @cached_property
    def always(self) -> bool:
        """Whether it is open at all hours of every kind of day."""
        return all((MIDNIGHT, MIDNIGHT) in self.of_kind(kind) for kind in KINDS)

    @property
    def nothing(self) -> bool:
        """Whether nothing is known of any kind of day."""
        return not self._known

    @cached_property
    def never(self) -> bool:
        """Whether it has no opening hours at all."""
        return not any(self._known.values())


class Closure(NamedTuple):
    """A time in which a station is closed against its rules; without an end until further notice.

    Both instants have an offset from UTC; the end doesn't belong to it.
    """

    starts_at: datetime
    ends_at: datetime | None = None
    reason: str = ""
    reason_en: str = ""


class Opening(NamedTuple):
    """Whether a station is open at an instant, and when that changes.

    Parameters
    ----------
    now
        Whether it is open.
    known
        Whether the rules say anything of that time; where not, ``now`` is false.
    reason
        ``open``; ``closed``: out of its hours; ``holiday``: closed as on all public holidays;
        ``closure``: closed against its rules; ``not_known``.
    until
        When that changes, in the place's time zone; ``None`` where it doesn't within 400 days.
    next
        When it opens next (while it is open: when it opens again); ``None`` where it doesn't.
    minutes
        Whole minutes until it closes, rounded down, while it is open; else until it opens next,
        rounded up.
    closure
        The one that closes it.
    calendar_known
        Whether public holidays are known for the years in question.
    """

    now: bool
    known: bool
    reason: Reason
    until: datetime | None
    next: datetime | None
    minutes: int | None
    closure: Closure | None
    calendar_known: bool


class DayHours(NamedTuple):
    """What the rules say of one day, closures aside.

    Parameters
    ----------
    day, kind
        The day, and ``1`` … ``7``, ``holiday`` or ``workday``.
    known
        Whether there are rules for such days.
    intervals
        In local time; see :class:`Week`.
    """

    day: date
    kind: str
    known: bool
    intervals: tuple[Interval, ...]


class Service(NamedTuple):
    """What the hours of a week offer beyond those of offices (延时服务).

    Parameters
    ----------
    every_day
        Open on every day of the year, public holidays included (365 天).
    around_the_clock
        Open at all hours of every day.
    lunch
        Open from 12:00 to 14:00 without a break, Monday to Friday.
    evening
        Open from 18:00 to 20:00, Monday to Friday.
    weekend, holiday
        Open for some time on a day of the weekend, or on public holidays.
    """

    every_day: bool
    around_the_clock: bool
    lunch: bool
    evening: bool
    weekend: bool
    holiday: bool


class _Stretch(NamedTuple):
    """A time, in UTC, in which nothing changes; one without an end lasts until ``FAR``."""

    start: datetime
    end: datetime
    reason: Reason
    closure: Closure | None = None


def kind_of_day(calendar: WorkCalendar, day: date) -> str:
    """Return the kind of a day: ``holiday``, ``workday``, or its weekday.

    A working day that only replaces another is one of its own kind.

    Examples
    --------
    >>> from geo.core.worktime import WorkCalendar
    >>> calendar = WorkCalendar({}, {date(2026, 10, 1): "holiday"})
    >>> kind_of_day(calendar, date(2026, 10, 1)), kind_of_day(calendar, date(2026, 10, 2))
    ('holiday', '5')
    """
    return calendar.kind(day) or str(day.isoweekday())


def days(week: Week, calendar: WorkCalendar, first: date, count: int) -> list[DayHours]:
    """Return what the rules say of some days in a row.

    Examples
    --------
    >>> from geo.core.worktime import WorkCalendar
    >>> week = Week.of([("1", time(9), time(17)), ("7", None, None)])
    >>> monday = date(2026, 3, 9)
    >>> found = days(week, WorkCalendar({}), monday, 2)
    >>> [(one.kind, one.known, len(one.intervals)) for one in found]
    [('1', True, 1), ('2', False, 0)]
    >>> days(week, WorkCalendar({}), monday, 0)
    []
    """
    found = [(day, kind_of_day(calendar, day)) for day in _days(first, count)]
    return [DayHours(day, kind, week.knows(kind), week.of_kind(kind)) for day, kind in found]


def status(
    week: Week, closures: Sequence[Closure], calendar: WorkCalendar, at: datetime
) -> Opening:
    """Tell whether a station is open at an instant, and when that changes.

    ``now``, ``known`` and ``reason`` hold from the instant until ``until``.

    Parameters
    ----------
    week
        Its rules. What opens on one day and closes on the next belongs to the day on which it
        opens, whatever the next day is.
    closures
        In any order.
    calendar
        The place's: public holidays, make-up working days, and the time zone. Where clocks jump
        over a time of day, it comes when they jump; where it comes twice, the first one counts.
    at
        With its offset from UTC; of years from 2 to 9997.

    Examples
    --------
    >>> from geo.core.worktime import WorkCalendar
    >>> week = Week.of([("1", time(9), time(12)), ("1", time(14), time(17))])
    >>> monday = datetime(2026, 3, 9, 11, 40, tzinfo=UTC)
    >>> found = status(week, [], WorkCalendar({}), monday)
    >>> found.now, found.minutes, f"{found.until:%H:%M}", f"{found.next:%H:%M}"
    (True, 20, '12:00', '14:00')
    >>> found = status(Week.of([]), [], WorkCalendar({}), monday)
    >>> found.now, found.known, found.until
    (False, False, None)
    """
    start = at.astimezone(UTC)
    coming = _stretches(week, closures, calendar, start)
    present = next(coming)
    is_open = present.reason == "open"
    opens = _next_opening(week, coming)
    days = [
        one.astimezone(calendar.zone).date() for one in (start, opens, present.end) if one != FAR
    ]
    return Opening(
        now=is_open,
        known=present.reason != "not_known",
        reason=present.reason,
        until=_local(present.end, calendar.zone),
        next=_local(opens, calendar.zone),
        minutes=_minutes(start, present.end if is_open else opens, up=not is_open),
        closure=present.closure,
        calendar_known=calendar.knows(days[0], max(days)),
    )


def _next_opening(week: Week, coming: Iterator[_Stretch]) -> datetime:
    if week.never:
        return FAR
    return next((one.start for one in coming if one.reason == "open"), FAR)


def open_spans(
    week: Week,
    closures: Sequence[Closure],
    calendar: WorkCalendar,
    start: datetime,
    end: datetime,
) -> list[tuple[datetime, datetime]]:
    """Return when a station is open between two instants, in the place's time zone.

    Examples
    --------
    >>> from geo.core.worktime import WorkCalendar
    >>> week = Week.of([("1", time(9), time(12)), ("1", time(14), time(17))])
    >>> monday = datetime(2026, 3, 9, 10, tzinfo=UTC)
    >>> spans = open_spans(week, [], WorkCalendar({}), monday, monday + timedelta(days=1))
    >>> [f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in spans]
    ['10:00-12:00', '14:00-17:00']
    >>> open_spans(Week.of([]), [], WorkCalendar({}), monday, monday + timedelta(days=1))
    []
    """
    zone, first, last = calendar.zone, start.astimezone(UTC), end.astimezone(UTC)
    found = []
    for one in _stretches(week, closures, calendar, first):
        if one.start >= last:
            break
        if one.reason == "open":
            closes = min(one.end, last)
            found.append((one.start.astimezone(zone), closes.astimezone(zone)))
    return found


def service(week: Week) -> Service:
    """Tell what the hours of a week offer beyond those of offices.

    Examples
    --------
    >>> all(service(Week.of([(kind, MIDNIGHT, MIDNIGHT) for kind in KINDS])))
    True
    >>> any(service(Week.of([])))
    False
    """
    ordinary = [week.of_kind(kind) for kind in ORDINARY]
    return Service(
        every_day=all(week.of_kind(kind) for kind in (*WEEKDAYS, "holiday")),
        around_the_clock=week.always,
        lunch=all(_covers(intervals, LUNCH) for intervals in ordinary),
        evening=all(_covers(intervals, EVENING) for intervals in ordinary),
        weekend=any(week.of_kind(kind) for kind in WEEKEND),
        holiday=bool(week.of_kind("holiday")),
    )


def _covers(intervals: Iterable[Interval], wanted: Interval) -> bool:
    return any(
        opens <= wanted[0] and (closes >= wanted[1] or closes <= opens)
        for opens, closes in intervals
    )


def _days(first: date, count: int) -> Iterator[date]:
    return (first + ONE_DAY * at for at in range(count))


def _local(instant: datetime, zone: ZoneInfo) -> datetime | None:
    return None if instant == FAR else instant.astimezone(zone)


def _minutes(start: datetime, end: datetime, *, up: bool) -> int | None:
    if end == FAR:
        return None
    return -((start - end) // MINUTE) if up else (end - start) // MINUTE


def _stretches(
    week: Week, closures: Sequence[Closure], calendar: WorkCalendar, start: datetime
) -> Iterator[_Stretch]:
    """Yield what comes from an instant on, without gaps or overlaps, and each unlike the next."""
    pieces = _overlaid(_by_rules(week, calendar, start), _shut(closures, start))
    last = next(pieces)
    for piece in pieces:
        if (piece.reason, piece.closure) == (last.reason, last.closure):
            last = last._replace(end=piece.end)
        else:
            yield last
            last = piece
    yield last


def _shut(closures: Iterable[Closure], start: datetime) -> list[_Stretch]:
    """Return the closures after an instant in order; of those that overlap, the earlier counts."""
    found = []
    for closure in sorted(closures, key=lambda one: one.starts_at):
        begun = max(start, closure.starts_at.astimezone(UTC))
        ended = FAR if closure.ends_at is None else closure.ends_at.astimezone(UTC)
        if begun < ended:
            found.append(_Stretch(begun, ended, "closure", closure))
            start = ended
    return found


def _overlaid(pieces: Iterator[_Stretch], shut: list[_Stretch]) -> Iterator[_Stretch]:
    """Yield stretches with others, which don't overlap each other, over them."""
    for piece in pieces:
        begun = piece.start
        for over in shut:
            start, end = max(over.start, begun), min(over.end, piece.end)
            if start >= end:
                continue
            if begun < start:
                yield piece._replace(start=begun, end=start)
            if over.end == FAR:
                yield over._replace(start=start)
                return
            yield over._replace(start=start, end=end)
            begun = end
        if begun < piece.end:
            yield piece._replace(start=begun)


def _by_rules(week: Week, calendar: WorkCalendar, start: datetime) -> Iterator[_Stretch]:
    """Yield what the rules say from an instant on, up to the horizon, and the last for ever."""
    if week.always or week.nothing:
        yield _Stretch(start, FAR, "open" if week.always else "not_known")
        return
    day, zone = start.astimezone(calendar.zone).date(), calendar.zone
    kind, last = kind_of_day(calendar, day - ONE_DAY), day + HORIZON
    while day < last:
        before, kind = kind, kind_of_day(calendar, day)
        for piece in _of_day(week, (before, kind), day, zone):
            if piece.end > start:
                yield piece._replace(start=start) if piece.start < start else piece
        day += ONE_DAY
    yield _Stretch(first_instant(last, MIDNIGHT, zone), FAR, piece.reason)


@lru_cache(maxsize=1 << 16)
def _of_day(week: Week, kinds: tuple[str, str], day: date, zone: ZoneInfo) -> tuple[_Stretch, ...]:
    """Return what the rules say of a day, by the kind of the day before and its own."""
    before, kind = kinds
    start, end = (first_instant(one, MIDNIGHT, zone) for one in (day, day + ONE_DAY))
    spans = [
        *(_instants(day - ONE_DAY, interval, zone) for interval in week.of_kind(before)),
        *(_instants(day, interval, zone) for interval in week.of_kind(kind)),
    ]
    rest = _reason_when_not_open(week, kind)
    found, begun = [], start
    for opens, closes in sorted(spans):
        opens, closes = max(opens, begun), min(closes, end)  # noqa: PLW2901 - what is left of it
        if opens < closes:
            found += [_Stretch(begun, opens, rest), _Stretch(opens, closes, "open")]
            begun = closes
    found.append(_Stretch(begun, end, rest))
    return tuple(one for one in found if one.start < one.end)


def _reason_when_not_open(week: Week, kind: str) -> Reason:
    if not week.knows(kind):
        return "not_known"
    return "holiday" if kind == "holiday" and not week.of_kind(kind) else "closed"


def _instants(day: date, interval: Interval, zone: ZoneInfo) -> tuple[datetime, datetime]:
    opens, closes = interval
    ends = day if closes > opens else day + ONE_DAY
    return first_instant(day, opens, zone), first_instant(ends, closes, zone)


def first_instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return the first instant, in UTC, at which a place's clocks show a time or are past it.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> first_instant(date(2026, 10, 1), time(8, 30), ZoneInfo("Asia/Shanghai")).isoformat()
    '2026-10-01T00:30:00+00:00'

    Clocks there jump from 2:00 to 3:00, and later from 3:00 back to 2:00:

    >>> first_instant(date(2026, 3, 29), time(2, 30), ZoneInfo("Europe/Vienna")).isoformat()
    '2026-03-29T01:00:00+00:00'
    >>> first_instant(date(2026, 10, 25), time(2, 30), ZoneInfo("Europe/Vienna")).isoformat()
    '2026-10-25T00:30:00+00:00'
    """
    wall = datetime.combine(day, clock)
    found = wall.replace(tzinfo=zone).astimezone(UTC)
    if _wall(found, zone) == wall:
        return found
    low = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    jump = range((found - low) // MINUTE + 1)
    return low + MINUTE * bisect_left(jump, wall, key=lambda past: _wall(low + MINUTE * past, zone))


def _wall(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)
