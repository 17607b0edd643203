"""Duty rotas (值班表): who is on duty at a station, and when, told apart by what it costs people.

Duty at lunch, on weekends and on public holidays (延时服务) is counted apart from that in ordinary
hours, because it is this that has to be shared out fairly.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

from geo.core.opening import LUNCH, MIDNIGHT, WEEKEND, first_instant, kind_of_day
from geo.core.worktime import ONE_DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from geo.core.worktime import WorkCalendar

Span = tuple[datetime, datetime]
Fault = Literal["overlap", "rest", "day", "week"]

KINDS = ("ordinary", "lunch", "weekend", "holiday")
MINUTE = timedelta(minutes=1)
STEP = timedelta(minutes=5)
"""Shifts begin and end at such steps from when the station opens."""

LEAST_LUNCH = timedelta(minutes=30)
"""Shorter ends of other hours are no lunch duty."""


@dataclass(frozen=True)
class Rules:
    """What a rota keeps to.

    Parameters
    ----------
    day_max, week_max
        Shifts of one person a day, and a week from Monday to Sunday.
    rest_min
        Minutes between two shifts of one person.
    longest_min
        Minutes of a shift; longer hours are cut into equal shifts.
    people
        How many are on duty at a time, by kind of shift; one where a kind is absent.
    begins, ends
        Duty lies between these times of day, whatever the station's hours are; it ends at 00:00
        when the day does.
    """

    day_max: int = 1
    week_max: int = 6
    rest_min: int = 600
    longest_min: int = 300
    people: Mapping[str, int] = field(default_factory=dict)
    begins: time = MIDNIGHT
    ends: time = MIDNIGHT

    @property
    def rest(self) -> timedelta:
        """Time between two shifts."""
        return timedelta(minutes=self.rest_min)


class Duty(NamedTuple):
    """A shift that has to be filled.

    Parameters
    ----------
    starts_at, ends_at
        In UTC.
    day
        The day it is on, at the place.
    kind
        One of :data:`KINDS`.
    people
        How many are needed.
    """

    starts_at: datetime
    ends_at: datetime
    day: date
    kind: str = "ordinary"
    people: int = 1

    @property
    def minutes(self) -> int:
        """How long it is."""
        return (self.ends_at - self.starts_at) // MINUTE


class Shift(NamedTuple):
    """Somebody's shift; times in UTC, the day at the place."""

    person: int
    starts_at: datetime
    ends_at: datetime
    day: date
    kind: str = "ordinary"

    @property
    def minutes(self) -> int:
        """How long it is."""
        return (self.ends_at - self.starts_at) // MINUTE


class Load(NamedTuple):
    """Minutes of duty, in the order in which they are shared out."""

    weekend: int = 0
    holiday: int = 0
    lunch: int = 0
    all: int = 0


class Conflict(NamedTuple):
    """Two shifts of one person that don't go together, by their rows; the later one first.

    ``overlap``: at one time; ``rest``: too close; ``day``, ``week``: too many of them, the other
    being the one before.
    """

    fault: Fault
    row: int
    other: int


def kind_of_shift(calendar: WorkCalendar, span: Span) -> str:
    """Return the kind of a shift: by its day, or ``lunch`` if more than half of it is at lunch.

    Examples
    --------
    >>> from geo.core.worktime import WorkCalendar
    >>> noon = datetime(2026, 3, 9, 12, tzinfo=UTC)
    >>> kind_of_shift(WorkCalendar({}), (noon, noon + 2 * timedelta(hours=1)))
    'lunch'
    >>> kind_of_shift(WorkCalendar({}), (noon - ONE_DAY, noon))
    'weekend'
    """
    starts_at, ends_at = (one.astimezone(UTC) for one in span)
    day = starts_at.astimezone(calendar.zone).date()
    kind = _kind_of_day(calendar, day)
    if kind != "ordinary":
        return kind
    begins, ends = _between(calendar, day, *LUNCH)
    at_lunch = min(ends_at, ends) - max(starts_at, begins)
    return "lunch" if 2 * at_lunch > ends_at - starts_at else "ordinary"


def duties(spans: Iterable[Span], calendar: WorkCalendar, rules: Rules) -> list[Duty]:
    """Cut opening hours into shifts, in order.

    Parameters
    ----------
    spans
        When the station is open, without overlaps.
    calendar
        The place's.
    rules
        Of the rota.

    Examples
    --------
    >>> from geo.core.worktime import WorkCalendar
    >>> nine = datetime(2026, 3, 9, 9, tzinfo=UTC)
    >>> found = duties([(nine, nine + timedelta(hours=8))], WorkCalendar({}), Rules())
    >>> [(one.kind, one.minutes) for one in found]
    [('ordinary', 180), ('lunch', 120), ('ordinary', 180)]
    >>> duties([], WorkCalendar({}), Rules())
    []
    """
    found = []
    for opens, closes in spans:
        for day, start, end in _by_day(calendar, rules, opens, closes):
            for kind, edges in _kinds(calendar, day, start, end):
                people = rules.people.get(kind, 1)
                found += [Duty(*pair, day, kind, people) for pair in _cut(edges, rules.longest_min)]
    return sorted(one for one in found if one.people > 0)


def _by_day(
    calendar: WorkCalendar, rules: Rules, opens: datetime, closes: datetime
) -> Iterator[tuple[date, datetime, datetime]]:
    day = opens.astimezone(calendar.zone).date()
    last = closes.astimezone(calendar.zone).date()
    while day <= last:
        begins, ends = _between(calendar, day, rules.begins, rules.ends)
        start, end = max(begins, opens.astimezone(UTC)), min(ends, closes.astimezone(UTC))
        if start < end:
            yield day, start, end
        day += ONE_DAY


def _between(calendar: WorkCalendar, day: date, begins: time, ends: time) -> Span:
    """Return the instants, in UTC, of two times of a day; an end at 00:00 is the day's."""
    over = day + ONE_DAY if ends == MIDNIGHT else day
    zone = calendar.zone
    return (
        first_instant(day, begins, zone).astimezone(UTC),
        first_instant(over, ends, zone).astimezone(UTC),
    )


def _kind_of_day(calendar: WorkCalendar, day: date) -> str:
    kind = kind_of_day(calendar, day)
    if kind == "holiday":
        return kind
    return "weekend" if kind in WEEKEND else "ordinary"


def _kinds(
    calendar: WorkCalendar, day: date, start: datetime, end: datetime
) -> Iterator[tuple[str, Span]]:
    kind = _kind_of_day(calendar, day)
    begins, ends = _between(calendar, day, *LUNCH)
    begins, ends = max(begins, start), min(ends, end)
    if kind != "ordinary" or ends - begins < LEAST_LUNCH:
        yield kind, (start, end)
        return
    for part, first, last in (
        ("ordinary", start, begins),
        ("lunch", begins, ends),
        ("ordinary", ends, end),
    ):
        if first < last:
            yield part, (first, last)


def _cut(edges: Span, longest_min: int) -> Iterator[Span]:
    start, end = edges
    parts = max(1, -(-(end - start) // timedelta(minutes=longest_min)))
    steps = (end - start) // STEP
    cuts = [start + STEP * (steps * at // parts) for at in range(parts)]
    return pairwise([*cuts, end])


def loads(shifts: Iterable[Shift]) -> dict[int, Load]:
    """Return how many minutes people are on duty, by kind.

    Examples
    --------
    >>> noon = datetime(2026, 3, 9, 12, tzinfo=UTC)
    >>> loads([Shift(7, noon, noon + timedelta(hours=2), noon.date(), "lunch")])
    {7: Load(weekend=0, holiday=0, lunch=120, all=120)}
    >>> loads([])
    {}
    """
    found: dict[int, Load] = {}
    for one in shifts:
        found[one.person] = added(found.get(one.person, Load()), one.kind, one.minutes)
    return found


def added(load: Load, kind: str, minutes: int) -> Load:
    """Return a load with some minutes more of a kind."""
    more = load._replace(all=load.all + minutes)
    return more if kind == "ordinary" else more._replace(**{kind: getattr(load, kind) + minutes})


def spread(found: Iterable[Load]) -> Load:
    """Return, kind by kind, how many minutes the busiest has more than the least busy.

    Examples
    --------
    >>> spread([Load(all=120), Load(weekend=60, all=60)])
    Load(weekend=60, holiday=0, lunch=0, all=60)
    >>> spread([])
    Load(weekend=0, holiday=0, lunch=0, all=0)
    """
    columns = list(zip(*found, strict=True))
    return Load(*(max(one) - min(one) for one in columns)) if columns else Load()


def conflicts(shifts: Sequence[Shift], rules: Rules) -> list[Conflict]:
    """Return which shifts of one person don't go together, by rows.

    Examples
    --------
    >>> noon = datetime(2026, 3, 9, 12, tzinfo=UTC)
    >>> one = Shift(7, noon, noon + timedelta(hours=2), noon.date())
    >>> conflicts([one, one._replace(starts_at=noon + timedelta(hours=1))], Rules(day_max=2))
    [Conflict(fault='overlap', row=1, other=0)]
    >>> conflicts([], Rules())
    []
    """
    own: dict[int, list[int]] = defaultdict(list)
    for row in sorted(range(len(shifts)), key=lambda at: shifts[at].starts_at):
        own[shifts[row].person].append(row)
    found: list[Conflict] = []
    for rows in own.values():
        for at, row in enumerate(rows):
            found += _with_earlier(shifts, rules, row, rows[:at])
    return sorted(found, key=lambda one: (shifts[one.row].starts_at, one.row, one.fault))


def _with_earlier(
    shifts: Sequence[Shift], rules: Rules, row: int, before: Sequence[int]
) -> Iterator[Conflict]:
    this = shifts[row]
    for other in before:
        if this.starts_at < shifts[other].ends_at:
            yield Conflict("overlap", row, other)
        elif this.starts_at < shifts[other].ends_at + rules.rest:
            yield Conflict("rest", row, other)
    same_day = [one for one in before if shifts[one].day == this.day]
    same_week = [one for one in before if week_of(shifts[one].day) == week_of(this.day)]
    if len(same_day) >= rules.day_max:
        yield Conflict("day", row, same_day[-1])
    if len(same_week) >= rules.week_max:
        yield Conflict("week", row, same_week[-1])


def gaps(wanted: Iterable[Duty], shifts: Iterable[Shift]) -> list[Span]:
    """Return when a station is open with nobody on duty, in UTC and in order.

    Examples
    --------
    >>> noon = datetime(2026, 3, 9, 12, tzinfo=UTC)
    >>> duty = Duty(noon, noon + timedelta(hours=2), noon.date())
    >>> gaps([duty], []) == [(duty.starts_at, duty.ends_at)], gaps([], [])
    (True, [])
    """
    there = sorted((one.starts_at, one.ends_at) for one in shifts)
    found: list[Span] = []
    for duty in sorted(wanted):
        at = duty.starts_at
        for begins, ends in there:
            if begins < duty.ends_at and at < begins:
                found.append((at, begins))
            if begins < duty.ends_at:
                at = max(at, ends)
        if at < duty.ends_at:
            found.append((at, duty.ends_at))
    return _joined(found)


def _joined(spans: list[Span]) -> list[Span]:
    found: list[Span] = []
    for begins, ends in spans:
        if found and found[-1][1] == begins:
            found[-1] = (found[-1][0], ends)
        else:
            found.append((begins, ends))
    return found


def week_of(day: date) -> date:
    """Return the Monday of a day's week.

    Examples
    --------
    >>> week_of(date(2026, 3, 15))
    datetime.date(2026, 3, 9)
    """
    return day - timedelta(days=day.weekday())
