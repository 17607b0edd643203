"""Services of stations and their bookings (预约、代办): offered, booked, on the day's list."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import ARRAY, BigInteger, DateTime, and_, bindparam, func, select, text, update

from geo.core.opening import Closure, Week
from geo.core.slots import Hours
from geo.store.duties import work_calendar
from geo.store.models import (
    Booking,
    Community,
    Jurisdiction,
    Member,
    OpeningRule,
    Station,
    StationService,
    Street,
)
from geo.store.models import Closure as StoredClosure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from typing import Any
    from uuid import UUID

    from sqlalchemy import ColumnElement, RowMapping, Select
    from sqlalchemy.orm import Session

AROUND = timedelta(days=1)
"""By how much a local day may begin or end away from the day in UTC."""

STATION = (
    Station.id.label("station_id"),
    Station.code.label("station_code"),
    Station.name.label("station_name"),
    Station.name_en.label("station_name_en"),
    Station.address,
    Station.phone.label("station_phone"),
    Station.community_id,
    Community.code.label("community_code"),
    Community.name.label("community_name"),
    Community.name_en.label("community_name_en"),
    Jurisdiction.id.label("jurisdiction_id"),
    Jurisdiction.slug.label("jurisdiction"),
    Jurisdiction.timezone,
)
SERVICE = (
    StationService.id.label("service_id"),
    StationService.code.label("service_code"),
    StationService.name.label("service_name"),
    StationService.name_en.label("service_name_en"),
    StationService.way,
    StationService.anywhere,
    StationService.one_window,
    StationService.needs,
    StationService.needs_en,
    StationService.slot_minutes,
    StationService.capacity,
    StationService.days_ahead,
)
BOOKING = (
    Booking.id,
    Booking.number,
    Booking.starts_at,
    Booking.ends_at,
    Booking.state,
    Booking.note,
    Booking.helper_id,
    Booking.outcome,
    Booking.created_at,
    Booking.ended_at,
    Booking.remind_at,
    Booking.reminded_at,
)


class Made(NamedTuple):
    """What became of the wish to book: see ``book`` in ``sql/booking.sql``."""

    outcome: str
    booking_id: UUID | None
    number: str | None


class Wish(NamedTuple):
    """The columns of a booking to be made; an errand (代办) has no end.

    ``secret_sha256`` is the digest of what its holder will read and cancel it by.
    """

    service_id: int
    secret_sha256: bytes
    starts_at: datetime
    ends_at: datetime | None
    name: str
    phone: str | None
    note: str
    remind_at: datetime | None


def stations_of_code(session: Session, code: str, jurisdiction: str | None) -> list[RowMapping]:
    """Return the stations of a code: one for each community that has given it."""
    statement = _placed(select(*STATION)).where(Station.code == code)
    if jurisdiction is not None:
        statement = statement.where(Jurisdiction.slug == jurisdiction)
    return list(session.execute(statement.order_by(Community.code).limit(2)).mappings())


def services_of(session: Session, station_id: int) -> list[RowMapping]:
    """Return what a station does for residents, in the order of codes."""
    statement = select(*SERVICE).where(
        StationService.station_id == station_id, StationService.retired_at.is_(None)
    )
    return list(session.execute(statement.order_by(StationService.code)).mappings())


def also_at(session: Session, service: str, station_id: int, most: int = 5) -> list[RowMapping]:
    """Return other stations that do the same for residents of every community, nearest first.

    The same is what has the same code in the same jurisdiction (就近办理).
    """
    here = _placed(select(Station.geom, Jurisdiction.id)).where(Station.id == station_id).subquery()
    away = func.ST_Distance(func.Geography(Station.geom), func.Geography(here.c.geom))
    statement = (
        _placed(select(*STATION))
        .join(StationService, StationService.station_id == Station.id)
        .join(here, here.c.id == Jurisdiction.id)
        .where(
            StationService.code == service,
            StationService.anywhere,
            StationService.retired_at.is_(None),
            Station.id != station_id,
        )
    )
    return list(session.execute(statement.order_by(away, Station.code).limit(most)).mappings())


def hours_of(session: Session, station_id: int, jurisdiction_id: int) -> Hours:
    """Return when a station is open."""
    rules = session.execute(
        select(OpeningRule.day, OpeningRule.opens, OpeningRule.closes).where(
            OpeningRule.station_id == station_id
        )
    )
    closures = session.execute(
        select(
            StoredClosure.starts_at,
            StoredClosure.ends_at,
            StoredClosure.reason,
            StoredClosure.reason_en,
        ).where(
            StoredClosure.station_id == station_id,
            func.coalesce(StoredClosure.ends_at, func.now()) >= func.now(),
        )
    )
    week = Week.of((row.day, row.opens, row.closes) for row in rules)
    return Hours(week, [Closure(*row) for row in closures], work_calendar(session, jurisdiction_id))


def free_seats(session: Session, service_id: int, slots: Sequence[datetime]) -> dict[datetime, int]:
    """Return how many more can book each of some slots, by when they begin."""
    rows = session.execute(_FREE, {"service_id": service_id, "slots": list(slots)})
    return {row.starts_at: row.free for row in rows}


def book(session: Session, wish: Wish) -> Made:
    """Book for whoever asks, if that can be."""
    return Made(*session.execute(_BOOK, wish._asdict()).one())


def cancel_booking(session: Session) -> str | None:
    """Cancel the booking whose secret the asker holds.

    Returns its state then, or ``late`` when it has begun; ``None`` where the secret opens none.
    """
    state: str | None = session.execute(text("SELECT cancel_booking()")).scalar_one()
    return state


def held_booking(session: Session) -> RowMapping | None:
    """Return the booking whose secret the asker holds."""
    statement = _bookings().where(Booking.follow_sha256 == func.asker_follow())
    return session.execute(statement).mappings().one_or_none()


def read_booking(session: Session, number: str) -> RowMapping | None:
    """Return a booking by its number, if it is any of the asker's business."""
    statement = _bookings().where(Booking.number == number)
    return session.execute(statement).mappings().one_or_none()


def bookings_of_day(
    session: Session, day: date, station: str | None, jurisdiction: str | None
) -> list[RowMapping]:
    """Return the bookings of a local day that are the asker's business, by time and number."""
    midnight = datetime.combine(day, time(), UTC)
    statement = _bookings().where(
        Booking.starts_at.between(midnight - AROUND, midnight + 2 * AROUND),
        func.date(func.timezone(Jurisdiction.timezone, Booking.starts_at)) == day,
    )
    if station is not None:
        statement = statement.where(Station.code == station)
    if jurisdiction is not None:
        statement = statement.where(Jurisdiction.slug == jurisdiction)
    order = (Booking.starts_at, Station.code, Booking.number)
    return list(session.execute(statement.order_by(*order)).mappings())


def served_stations(session: Session) -> list[RowMapping]:
    """Return the stations whose bookings are the asker's business."""
    statement = _placed(select(*STATION)).where(text(_SERVED))
    return list(session.execute(statement.order_by(Community.code, Station.code)).mappings())


def helpers_of(session: Session, communities: Sequence[int]) -> list[RowMapping]:
    """Return the members of communities who may be sent on an errand, by community and code."""
    statement = select(Member.id, Member.community_id, Member.name, Member.role, Member.code).where(
        Member.community_id.in_(communities), Member.left_at.is_(None)
    )
    rows = session.execute(statement.order_by(Member.community_id, Member.code))
    return list(rows.mappings())


def closed_then(session: Session, booking_ids: Sequence[UUID]) -> set[UUID]:
    """Return which bookings are for a time for some of which their station is closed by now."""
    return set(session.scalars(select(Booking.id).where(Booking.id.in_(booking_ids), _shut())))


def days_closed_then(session: Session, now: datetime) -> list[tuple[date, int]]:
    """Return on which local days something is still booked at the asker's stations while closed.

    With how many bookings each, in order; closures announced after they were made.
    """
    day = func.date(func.timezone(Jurisdiction.timezone, Booking.starts_at)).label("day")
    statement = _placed(
        select(day, func.count())
        .select_from(Booking)
        .join(Station, Station.id == Booking.station_id)
    ).where(Booking.state == "booked", Booking.starts_at > now, _shut(), text(_SERVED))
    rows = session.execute(statement.group_by(day).order_by(day))
    return [(row[0], row[1]) for row in rows]


def closures_hit(
    session: Session, station_id: int, now: datetime
) -> dict[int, list[tuple[date, int]]] | None:
    """Return on which local days bookings to come fall into closures of a station.

    With how many bookings each, in order, by the closure's key; ``None`` where the station's
    bookings are none of the asker's business.
    """
    served = select(Station.id).where(Station.id == station_id, text(_SERVED))
    if session.scalar(served) is None:
        return None
    day = func.date(func.timezone(Jurisdiction.timezone, Booking.starts_at)).label("day")
    statement = _placed(
        select(StoredClosure.id, day, func.count())
        .select_from(Booking)
        .join(Station, Station.id == Booking.station_id)
        .join(StoredClosure, _meets())
    ).where(Station.id == station_id, Booking.state == "booked", Booking.starts_at > now)
    found: dict[int, list[tuple[date, int]]] = {}
    for key, on, count in session.execute(
        statement.group_by(StoredClosure.id, day).order_by(StoredClosure.id, day)
    ):
        found.setdefault(key, []).append((on, count))
    return found


def _shut() -> ColumnElement[bool]:
    """Return whether the station is closed for some of the time of a booking."""
    return select(StoredClosure.id).where(_meets()).exists()


def _meets() -> ColumnElement[bool]:
    """Return whether a closure and a booking are at the same station and time."""
    ends_at = func.coalesce(Booking.ends_at, Booking.starts_at + timedelta(minutes=1))
    reopens_at = func.coalesce(StoredClosure.ends_at, text("'infinity'"))
    return and_(
        StoredClosure.station_id == Booking.station_id,
        StoredClosure.starts_at < ends_at,
        reopens_at > Booking.starts_at,
    )


def change_booking(
    session: Session, booking_id: UUID, states: Sequence[str], values: Mapping[str, Any]
) -> bool:
    """Change a booking that is in one of some states, and tell whether it was."""
    changed = update(Booking).where(Booking.id == booking_id, Booking.state.in_(states))
    return bool(session.scalars(changed.values(**values).returning(Booking.id)).all())


def _placed(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Join what a station lies in."""
    return (
        statement.join(Community, Community.id == Station.community_id)
        .join(Street, Street.id == Community.street_id)
        .join(Jurisdiction, Jurisdiction.id == Street.jurisdiction_id)
    )


def _bookings() -> Select[*tuple[Any, ...]]:
    """Return the statement that reads bookings whole; masking is its reader's part."""
    return _placed(
        select(*BOOKING, Booking.name, Booking.phone, *SERVICE, *STATION)
        .join(StationService, StationService.id == Booking.service_id)
        .join(Station, Station.id == Booking.station_id)
    )


_SERVED = "station.id IN (SELECT asker_stations('{auditor}', '{community_staff}'))"
_FREE = text("SELECT * FROM free_seats(:service_id, :slots)").bindparams(
    bindparam("service_id", type_=BigInteger()),
    bindparam("slots", type_=ARRAY(DateTime(timezone=True))),
)
_BOOK = text(
    "SELECT * FROM book(:service_id, :secret_sha256, :starts_at,"
    " CAST(:ends_at AS timestamptz), :name, CAST(:phone AS text), :note,"
    " CAST(:remind_at AS timestamptz))"
)
