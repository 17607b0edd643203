"""The duty rota of a station (值班表): proposed, kept as a draft, changed, published."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from geo.core.opening import Closure, first_instant, open_spans
from geo.core.rota import (
    Load,
    Rules,
    Shift,
    conflicts,
    duties,
    gaps,
    kind_of_shift,
    loads,
    spread,
)
from geo.core.rota_solving import Held, Infeasible, Person, solve
from geo.errors import InvalidFieldError, NotFoundError, StepRefusedError
from geo.flows.station_details import find_kept
from geo.messages import Message, Name, msg
from geo.store import rota as store
from geo.store.duties import work_calendar
from geo.store.publishing import clock
from geo.store.station_details import closures_of, weeks_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session

    from geo.core.opening import Week
    from geo.core.rota import Conflict, Duty, Span
    from geo.core.rota_solving import Rota
    from geo.core.worktime import WorkCalendar

DAYS = 28
MOST_DAYS = 56
LOOKED_BACK = timedelta(days=84)
"""So far back earlier rotas count."""

AROUND = timedelta(days=8)
"""So far on either side other shifts matter for rest, days and weeks."""

ROLES = ("committee_member", "grid_worker")
"""Who is on duty unless others are chosen; volunteers are."""

BY_DAY = (time(8), time(20))
"""When somebody is on duty at stations that are open around the clock, unless it is said."""

LONGEST = timedelta(hours=24)


class Absence(NamedTuple):
    """Days, both included, on which somebody can't be on duty."""

    member_id: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Asked:
    """What a rota is asked for.

    Parameters
    ----------
    first, days
        The first day, and how many.
    members
        Keys of those who may be on duty; by default those of :data:`ROLES`.
    absences
        When they can't.
    rules
        What it keeps to; without hours of its own it follows the station's.
    seed
        Another gives another rota that is equally fair.
    """

    first: date
    days: int = DAYS
    members: tuple[int, ...] | None = None
    absences: tuple[Absence, ...] = ()
    rules: Rules = field(default_factory=Rules)
    seed: int = 0


class Proposed(NamedTuple):
    """A rota that is not kept yet, or why there is none.

    Parameters
    ----------
    outcome
        The rota, or what is missing.
    people
        Rows of those who may be on duty.
    published
        Days that have a published rota, which stays as it is.
    wanted
        The shifts to be filled.
    calendar
        The place's.
    """

    outcome: Rota | Infeasible
    people: Sequence[RowMapping]
    published: Sequence[date]
    wanted: Sequence[Duty]
    calendar: WorkCalendar


class Table(NamedTuple):
    """The rota of a station, kept or published, for some days.

    Parameters
    ----------
    shifts
        Rows, in order.
    members
        Rows of everybody who may be on duty.
    conflicts
        What doesn't go together by the usual rules; rows are those of ``around``.
    around
        All shifts, at whichever station, of those on duty, from some days before to after.
    gaps
        When it is open and nobody is on duty, on days that have any shift.
    loads, spread
        Minutes of everybody on duty in this time, by key, and between them.
    calendar
        The place's.
    always
        Whether the station is open around the clock.
    """

    shifts: Sequence[RowMapping]
    members: Sequence[RowMapping]
    conflicts: Sequence[Conflict]
    around: Sequence[RowMapping]
    gaps: Sequence[Span]
    loads: Mapping[int, Load]
    spread: Load
    calendar: WorkCalendar
    always: bool


def propose(opened: Session, station: RowMapping, asked: Asked) -> Proposed:
    """Return the fairest rota for a station; nothing is kept.

    Raises
    ------
    InvalidFieldError
        When the time is none, or somebody named is not of the community.
    StepRefusedError
        When the station has no hours in that time that are to be filled.
    """
    start, end, calendar = _time(opened, station, asked.first, asked.days)
    people = _people(opened, station, asked.members)
    week, spans = _open(opened, station, calendar, start, end)
    own = store.shifts_at(opened, station["id"], start, end)
    published = {_day(one, calendar) for one in own if one["published_at"]}
    rules = _with_hours(asked.rules, week)
    wanted = [one for one in duties(spans, calendar, rules) if one.day not in published]
    if not wanted:
        raise StepRefusedError(reason=_nothing_to_fill(week, published))
    drafts = {one["id"] for one in own if one["published_at"] is None}
    persons = _persons(opened, people, asked, (start, end), drafts, calendar)
    outcome = solve(wanted, persons, rules, asked.seed)
    return Proposed(outcome, people, sorted(published), wanted, calendar)


def _nothing_to_fill(week: Week, published: Iterable[date]) -> Message:
    if week.nothing:
        return msg("When the station is open is not known. Say its hours first.")
    if published:
        return msg("A rota is published for all these days. Change its shifts one by one.")
    return msg("The station is not open in that time.")


def _time(
    opened: Session, station: RowMapping, first: date, days: int
) -> tuple[datetime, datetime, WorkCalendar]:
    if not 1 <= days <= MOST_DAYS:
        raise InvalidFieldError(
            field="days", reason=msg("This is not between 1 and %(most)s.", most=MOST_DAYS)
        )
    calendar = work_calendar(opened, station["jurisdiction_id"])
    start, end = (
        first_instant(first + timedelta(days=more), time(0), calendar.zone).astimezone(UTC)
        for more in (0, days)
    )
    return start, end, calendar


def _people(opened: Session, station: RowMapping, chosen: Iterable[int] | None) -> list[RowMapping]:
    members = store.members_of(opened, station["id"])
    if chosen is None:
        return [one for one in members if one["role"] in ROLES]
    wanted = set(chosen)
    found = [one for one in members if one["id"] in wanted]
    if len(found) < len(wanted):
        raise InvalidFieldError(
            field="members", reason=msg("Nobody of this key belongs to the station's community.")
        )
    return found


def _open(
    opened: Session, station: RowMapping, calendar: WorkCalendar, start: datetime, end: datetime
) -> tuple[Week, list[Span]]:
    week = weeks_of(opened, [station["id"]])[station["id"]]
    rows = closures_of(opened, [station["id"]]).get(station["id"], [])
    shut = [Closure(one["starts_at"], one["ends_at"]) for one in rows]
    return week, open_spans(week, shut, calendar, start, end)


def _with_hours(rules: Rules, week: Week) -> Rules:
    own = (rules.begins, rules.ends) != (time(0), time(0))
    if own or not week.always:
        return rules
    return Rules(
        rules.day_max, rules.week_max, rules.rest_min, rules.longest_min, rules.people, *BY_DAY
    )


def _persons(  # noqa: PLR0913, PLR0917 - what a person is made of
    opened: Session,
    people: Sequence[RowMapping],
    asked: Asked,
    period: Span,
    drafts: set[int],
    calendar: WorkCalendar,
) -> list[Person]:
    start, end = period
    keys = [one["id"] for one in people]
    since = min(start - LOOKED_BACK, start - AROUND)
    rows = [
        one for one in store.shifts_of(opened, keys, since, end + AROUND) if one["id"] not in drafts
    ]
    counted = [one for one in rows if one["published_at"] or one["starts_at"] >= start]
    done = loads(_shift(one, calendar) for one in counted if one["starts_at"] < end)
    return [
        Person(
            key,
            tuple(_away(one, calendar) for one in asked.absences if one.member_id == key),
            tuple(
                Held(one["starts_at"], one["ends_at"], _day(one, calendar))
                for one in rows
                if one["member_id"] == key and one["starts_at"] >= start - AROUND
            ),
            done.get(key) if done else Load(),
        )
        for key in keys
    ]


def _away(absence: Absence, calendar: WorkCalendar) -> Span:
    if absence.last < absence.first:
        raise InvalidFieldError(field="absences", reason=msg("It ends before it begins."))
    after = absence.last + timedelta(days=1)
    begins, ends = (first_instant(one, time(0), calendar.zone) for one in (absence.first, after))
    return begins.astimezone(UTC), ends.astimezone(UTC)


def _day(row: Any, calendar: WorkCalendar) -> date:
    day: date = row["starts_at"].astimezone(calendar.zone).date()
    return day


def _shift(row: Any, calendar: WorkCalendar) -> Shift:
    begins, ends = (row[name].astimezone(UTC) for name in ("starts_at", "ends_at"))
    return Shift(row["member_id"], begins, ends, _day(row, calendar), row["kind"])


def table(opened: Session, station: RowMapping, first: date, days: int = DAYS) -> Table:
    """Return the rota of a station as it is kept, for whoever may read it."""
    start, end, calendar = _time(opened, station, first, days)
    shifts = store.shifts_at(opened, station["id"], start, end)
    on_duty = {one["member_id"] for one in shifts}
    around = store.shifts_of(opened, on_duty, start - AROUND, end + AROUND)
    week, spans = _open(opened, station, calendar, start, end)
    own = [_shift(one, calendar) for one in shifts]
    planned = {one.day for one in own}
    wanted = duties(spans, calendar, _with_hours(Rules(), week))
    done = loads(own)
    return Table(
        shifts,
        store.members_of(opened, station["id"]),
        _here(conflicts([_shift(one, calendar) for one in around], Rules()), around, shifts),
        around,
        gaps((one for one in wanted if one.day in planned), own),
        done,
        spread(done.values()),
        calendar,
        week.always,
    )


def _here(
    found: Iterable[Conflict], around: Sequence[RowMapping], shifts: Iterable[RowMapping]
) -> list[Conflict]:
    """Return the conflicts of a station's own shifts."""
    own = {one["id"] for one in shifts}
    return [one for one in found if {around[one.row]["id"], around[one.other]["id"]} & own]


def find_held(opened: Session, code: str, jurisdiction: str | None) -> RowMapping:
    """Return a station whose rota whoever asks may change; nobody else does meanwhile.

    Raises
    ------
    NotPermittedError, NotFoundError, InvalidFieldError
        As of :func:`geo.flows.station_details.find_kept`.
    """
    station = find_kept(opened, code, jurisdiction)
    store.hold_people(opened, station["id"])
    return station


def keep(
    opened: Session, station: RowMapping, first: date, days: int, given: Sequence[tuple[int, Span]]
) -> int:
    """Keep a rota as a draft in the place of the draft of that time, and return its length.

    Parameters
    ----------
    opened, station
        Of :func:`find_held`.
    first, days
        The time.
    given
        Who, and from when to when.

    Raises
    ------
    InvalidFieldError
        When a shift is out of that time, or somebody is not of the community.
    StepRefusedError
        When somebody would be on duty twice at one time.
    """
    start, end, calendar = _time(opened, station, first, days)
    maker = _Maker(opened, station, calendar)
    if not all(start <= span[0] < end for _, span in given):
        raise InvalidFieldError(field="shifts", reason=msg("It is not in that time."))
    rows = [maker.row(member, span) for member, span in given]
    store.remove_drafts(opened, station["id"], start, end)
    _check_free(opened, rows, (), calendar)
    store.add_shifts(opened, station["id"], [_columns(one) for one in rows])
    return len(rows)


def add_shift(opened: Session, station: RowMapping, member_id: int, span: Span) -> int:
    """Add a shift to the draft, and return its key.

    Raises
    ------
    InvalidFieldError, StepRefusedError
        As of :func:`keep`.
    """
    calendar = work_calendar(opened, station["jurisdiction_id"])
    row = _Maker(opened, station, calendar).row(member_id, span)
    _check_free(opened, [row], (), calendar)
    [key] = store.add_shifts(opened, station["id"], [_columns(row)])
    return key


def change_shift(
    opened: Session, station: RowMapping, shift_id: int, member_id: int, span: Span
) -> None:
    """Give a shift to somebody, at some time; a published one stays published.

    Raises
    ------
    NotFoundError
        When there is no such shift.
    InvalidFieldError, StepRefusedError
        As of :func:`keep`.
    """
    before = _found(opened, station, shift_id)
    calendar = work_calendar(opened, station["jurisdiction_id"])
    maker = _Maker(opened, station, calendar)
    maker.names.setdefault(before["member_id"], before["member_name"])
    row = maker.row(member_id, span)
    _check_free(opened, [row], (shift_id,), calendar)
    store.change_shift(opened, shift_id, _columns(row))


def remove_shift(opened: Session, station: RowMapping, shift_id: int) -> None:
    """Remove a shift, published or not.

    Raises
    ------
    NotFoundError
        When there is no such shift.
    """
    store.remove_shift(opened, _found(opened, station, shift_id)["id"])


def publish(opened: Session, station: RowMapping, first: date, days: int = DAYS) -> int:
    """Publish the draft of some days: everybody learns when somebody is there, and not who.

    Raises
    ------
    StepRefusedError
        When there is none.
    """
    start, end, _ = _time(opened, station, first, days)
    count = store.publish_drafts(opened, station["id"], start, end, clock(opened))
    if not count:
        raise StepRefusedError(reason=msg("No draft of a rota is kept for these days."))
    return count


def _found(opened: Session, station: RowMapping, shift_id: int) -> RowMapping:
    found = store.find_shift(opened, station["id"], shift_id)
    if found is None:
        raise NotFoundError(kind=msg("shift"), name=str(shift_id))
    return found


class _Maker:
    """Makes rows of shifts of a station, for those of its community alone."""

    def __init__(self, opened: Session, station: RowMapping, calendar: WorkCalendar) -> None:
        self.station, self.calendar = station, calendar
        members = store.members_of(opened, station["id"])
        self.names: dict[int, str] = {one["id"]: one["name"] for one in members}

    def row(self, member_id: int, span: Span) -> dict[str, Any]:
        """Return a shift as it is read from the store, without its key."""
        if member_id not in self.names:
            raise InvalidFieldError(
                field="member",
                reason=msg("Nobody of this key belongs to the station's community."),
            )
        starts_at, ends_at = (one.astimezone(UTC) for one in span)
        if not timedelta() < ends_at - starts_at <= LONGEST:
            raise InvalidFieldError(
                field="ends_at", reason=msg("A shift ends after it begins, within 24 hours.")
            )
        return {
            "member_id": member_id,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "kind": kind_of_shift(self.calendar, (starts_at, ends_at)),
            "member_name": self.names[member_id],
            "station_name": self.station["name"],
            "station_name_en": self.station["name_en"],
        }


def _columns(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("member_id", "starts_at", "ends_at", "kind")}


def _check_free(
    opened: Session,
    new: Sequence[Mapping[str, Any]],
    replaced: Iterable[int],
    calendar: WorkCalendar,
) -> None:
    """Refuse what would have somebody on duty twice at one time."""
    if not new:
        return
    members = {one["member_id"] for one in new}
    start, end = min(one["starts_at"] for one in new), max(one["ends_at"] for one in new)
    gone = set(replaced)
    rows: list[Any] = [
        one
        for one in store.shifts_of(opened, members, start - LONGEST, end)
        if one["id"] not in gone
    ]
    stored = len(rows)
    rows += new
    for one in conflicts([_shift(row, calendar) for row in rows], Rules()):
        if one.fault == "overlap" and max(one.row, one.other) >= stored:
            raise StepRefusedError(reason=_twice(rows[min(one.row, one.other)], calendar))


def _twice(row: Any, calendar: WorkCalendar) -> Message:
    begins, ends = (row[name].astimezone(calendar.zone) for name in ("starts_at", "ends_at"))
    return msg(
        "%(name)s is on duty then already: %(station)s, %(day)s, %(begins)s–%(ends)s.",
        name=row["member_name"],
        station=Name(row["station_name"], row["station_name_en"]),
        day=f"{begins:%Y-%m-%d}",
        begins=f"{begins:%H:%M}",
        ends=f"{ends:%H:%M}",
    )


__all__ = [
    "Absence",
    "Asked",
    "Infeasible",
    "Proposed",
    "Table",
    "add_shift",
    "change_shift",
    "find_held",
    "keep",
    "propose",
    "publish",
    "remove_shift",
    "table",
]
