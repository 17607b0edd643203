"""One station (驿站): all that everybody may know of it, and what its staff change."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from geo.core.opening import Closure, days, service, status
from geo.errors import InvalidFieldError, NotFoundError, NotPermittedError, StepRefusedError
from geo.files.opening_hours import read_opening_hours, write_opening_hours
from geo.messages import Message, msg
from geo.store import station_details as store
from geo.store.duties import work_calendar
from geo.store.publishing import clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime, time
    from typing import Any

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session

    from geo.core.opening import DayHours, Opening, Service, Week
    from geo.core.worktime import WorkCalendar

    Rule = tuple[str, time | None, time | None]

NEXT_DAYS = 7
INSTANT = timedelta(microseconds=1)


class StationNow(NamedTuple):
    """A station, and how it stands.

    Parameters
    ----------
    station
        Its row; see :func:`geo.store.station_details.list_stations`.
    week, closures
        When it is open; closures that are over are left out.
    opening
        Whether it is open now.
    opening_hours
        Its rules as OpenStreetMap writes them, with the make-up working days to come.
    at
        Now, in its time zone.
    """

    station: RowMapping
    week: Week
    closures: Sequence[RowMapping]
    opening: Opening
    opening_hours: str
    at: datetime


class StationDetails(NamedTuple):
    """All that everybody may know of a station.

    Parameters
    ----------
    now
        How it stands.
    service
        What its hours offer beyond those of offices.
    hours
        Of the next seven days.
    rooms, services
        Their rows.
    staffed
        Whether somebody is there by the published rota; ``None`` where none is published that day.
    """

    now: StationNow
    service: Service
    hours: Sequence[DayHours]
    rooms: Sequence[RowMapping]
    services: Sequence[RowMapping]
    staffed: bool | None


def stations_now(opened: Session, rows: Iterable[RowMapping]) -> list[StationNow]:
    """Return how stations stand at present."""
    stations = list(rows)
    keys = [one["id"] for one in stations]
    weeks, closures = store.weeks_of(opened, keys), store.closures_of(opened, keys)
    homes = {one["jurisdiction_id"] for one in stations}
    calendars = {home: work_calendar(opened, home) for home in homes}
    at = clock(opened)
    return [
        _now(
            one,
            weeks[one["id"]],
            closures.get(one["id"], []),
            calendars[one["jurisdiction_id"]],
            at,
        )
        for one in stations
    ]


def _now(
    station: RowMapping,
    week: Week,
    closures: Sequence[RowMapping],
    calendar: WorkCalendar,
    at: datetime,
) -> StationNow:
    local = at.astimezone(calendar.zone)
    shut = [
        Closure(one["starts_at"], one["ends_at"], one["reason"], one["reason_en"])
        for one in closures
    ]
    coming = _coming(calendar, local.date())
    return StationNow(
        station,
        week,
        closures,
        status(week, shut, calendar, at),
        write_opening_hours(week, coming),
        local,
    )


def _coming(calendar: WorkCalendar, today: date) -> list[date]:
    return [day for day in calendar.make_up_days if day >= today]


def find_station(opened: Session, code: str, jurisdiction: str | None) -> RowMapping:
    """Return the station of a code.

    Raises
    ------
    NotFoundError
        When there is none.
    InvalidFieldError
        When there are several, in different jurisdictions or communities.
    """
    return the_station(store.stations_named(opened, code, jurisdiction), code)


def the_station(found: Sequence[RowMapping], code: str) -> RowMapping:
    """Return the one station that a code has found; see :func:`find_station` for errors."""
    if not found:
        raise NotFoundError(kind=msg("station"), name=code)
    if len(found) > 1:
        raise InvalidFieldError(
            field="jurisdiction", reason=msg("There are several stations of this code.")
        )
    return found[0]


def details(opened: Session, station: RowMapping, *, retired: bool = False) -> StationDetails:
    """Return all that everybody may know of a station; ``retired``: services retired as well."""
    [now] = stations_now(opened, [station])
    calendar = work_calendar(opened, station["jurisdiction_id"])
    return StationDetails(
        now,
        service(now.week),
        days(now.week, calendar, now.at.date(), NEXT_DAYS),
        store.rooms_of(opened, station["id"]),
        store.services_of(opened, station["id"], retired=retired),
        _staffed(store.staffed_spans(opened, station["id"]), now.at),
    )


def _staffed(spans: Iterable[tuple[datetime, datetime]], at: datetime) -> bool | None:
    today = [
        (start, end)
        for start, end in spans
        if start.astimezone(at.tzinfo).date() <= at.date() <= end.astimezone(at.tzinfo).date()
    ]
    return any(start <= at < end for start, end in today) if today else None


def find_kept(opened: Session, code: str, jurisdiction: str | None) -> RowMapping:
    """Return a station that whoever asks may change; nobody else changes it meanwhile.

    Raises
    ------
    NotPermittedError
        When it is not theirs.
    NotFoundError, InvalidFieldError
        As of :func:`find_station`.
    """
    station = find_station(opened, code, jurisdiction)
    if station["id"] not in store.kept_stations(opened):
        raise NotPermittedError
    store.hold_station(opened, station["id"])
    return station


def set_opening_hours(opened: Session, station: RowMapping, text: str) -> None:
    """Give a station hours as OpenStreetMap writes them.

    Raises
    ------
    InvalidFieldError
        When rules can't say what the text does.
    """
    calendar = work_calendar(opened, station["jurisdiction_id"])
    found = read_opening_hours(text, calendar.make_up_days)
    if isinstance(found, Message):
        raise InvalidFieldError(field="opening_hours", reason=found)
    store.replace_rules(opened, station["id"], found.rules)


def set_rules(opened: Session, station: RowMapping, rules: Sequence[Rule]) -> None:
    """Give a station rules; kinds of day without any are not known.

    Raises
    ------
    InvalidFieldError
        When rules contradict each other, or one has no length.
    """
    for number, rule in enumerate(rules):
        wrong = _odd_rule(rule, rules[:number])
        if wrong is not None:
            raise InvalidFieldError(field=f"rules.{number}", reason=wrong)
    store.replace_rules(opened, station["id"], rules)


def _odd_rule(rule: Rule, before: Sequence[Rule]) -> Message | None:
    day, opens, closes = rule
    if (opens is None) != (closes is None):
        return msg("A rule has both times, or neither: closed on such days.")
    if opens is not None and opens == closes and (opens.hour or opens.minute):
        return msg("It closes when it opens; a whole day is 00:00 to 24:00.")
    same = [one for one in before if one[0] == day]
    if any(one[1] == opens or None in {one[1], opens} for one in same):
        return msg("It contradicts another rule for such days.")
    return None


def announce_closure(opened: Session, station: RowMapping, values: Mapping[str, Any]) -> int:
    """Announce that a station is closed, by default from now on, and return the closure's key.

    Raises
    ------
    InvalidFieldError
        When it ends before it begins, or is over.
    """
    now = clock(opened)
    starts_at = values["starts_at"] or now
    ends_at = values["ends_at"]
    if ends_at is not None and ends_at <= max(starts_at, now):
        raise InvalidFieldError(
            field="ends_at", reason=msg("This is before it begins, or in the past.")
        )
    return store.add_closure(opened, station["id"], {**values, "starts_at": starts_at})


def end_closure(
    opened: Session, station: RowMapping, closure_id: int, ends_at: datetime | None
) -> None:
    """End a closure now, or at a later time; one that hasn't begun doesn't take place.

    Raises
    ------
    NotFoundError
        When the station has none of the key.
    StepRefusedError
        When it is over.
    InvalidFieldError
        When it would end before it begins, or in the past.
    """
    found = store.find_closure(opened, station["id"], closure_id)
    if found is None:
        raise NotFoundError(kind=msg("closure"), name=str(closure_id))
    now = clock(opened)
    if found["ends_at"] is not None and found["ends_at"] <= now:
        raise StepRefusedError(reason=msg("This closure is over."))
    if ends_at is not None and ends_at <= max(found["starts_at"], now):
        raise InvalidFieldError(
            field="ends_at", reason=msg("This is before it begins, or in the past.")
        )
    end = ends_at or now
    changes = {"ends_at": end}
    if found["starts_at"] >= end:
        changes["starts_at"] = end - INSTANT
    store.change_closure(opened, closure_id, changes)


def put_room(opened: Session, station: RowMapping, code: str, values: Mapping[str, Any]) -> bool:
    """Write a room of a station, and return whether it is a new one."""
    return store.put_room(opened, station["id"], code, values)


def remove_room(opened: Session, station: RowMapping, code: str) -> None:
    """Remove a room of a station.

    Raises
    ------
    NotFoundError
        When it has none of the code.
    """
    if not store.remove_room(opened, station["id"], code):
        raise NotFoundError(kind=msg("room"), name=code)


def put_service(opened: Session, station: RowMapping, code: str, values: Mapping[str, Any]) -> bool:
    """Write a service of a station, and return whether it is a new one.

    Parameters
    ----------
    opened
        On behalf of the station's staff.
    station, code
        Which.
    values
        The columns, and ``retired``: whether it is not offered any more.

    Raises
    ------
    InvalidFieldError
        When its slots don't fit the way it is done, or that way would change.
    """
    before = store.find_service(opened, station["id"], code)
    if before is not None and before["way"] != values["way"]:
        raise InvalidFieldError(
            field="way", reason=msg("It can't change: retire this service and add another.")
        )
    if (values["way"] == "appointment") != (values["slot_minutes"] is not None):
        raise InvalidFieldError(
            field="slot_minutes",
            reason=msg("Appointments have slots of so many minutes, errands have none."),
        )
    columns = {name: value for name, value in values.items() if name != "retired"}
    since = before["retired_at"] if before else None
    columns["retired_at"] = (since or clock(opened)) if values["retired"] else None
    return store.put_service(opened, station["id"], code, columns)
