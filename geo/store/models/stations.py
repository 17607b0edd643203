"""Red stations (红色驿站) and workstations (工作站): hours, rooms, services, rota, bookings."""

from __future__ import annotations

from datetime import datetime, time
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from geo.core import facilities
from geo.store.models.base import Base, CreatedAt, IdKey, WKBElement, geometry

ROOM_ZONES = facilities.ROOM_ZONES
SERVICE_WAYS = facilities.SERVICE_WAYS
SHIFT_KINDS = ("ordinary", "lunch", "weekend", "holiday")
BOOKING_STATES = ("booked", "cancelled", "done", "missed")


class Station(Base):
    """A place open to residents, couriers and drivers."""

    __tablename__ = "station"
    __table_args__ = (
        UniqueConstraint("community_id", "code"),
        CheckConstraint("kind IN ('red_station', 'workstation')", name="kind"),
    )

    id: Mapped[IdKey]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id", ondelete="CASCADE"))
    code: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str]
    address: Mapped[str]
    host: Mapped[str]
    phone: Mapped[str | None]
    zones: Mapped[list[str]] = mapped_column(ARRAY(Text))
    facilities: Mapped[list[str]] = mapped_column(ARRAY(Text))
    geom: Mapped[WKBElement] = geometry("POINT")


class OpeningRule(Base):
    """One interval in which a station is open on a kind of day, or that it is closed on it.

    ``day`` is ``1`` (Monday) to ``7`` (Sunday), ``holiday`` for public holidays or ``workday``
    for make-up working days (调休); ``closes`` of 00:00 is the midnight at the day's end. Without
    times the station is closed on such days. A kind of day without any rule is not known, but
    make-up working days then have the hours that Monday to Friday have in common, if they have.
    """

    __tablename__ = "opening_rule"
    __table_args__ = (
        CheckConstraint(
            "day IN ('1', '2', '3', '4', '5', '6', '7', 'holiday', 'workday')", name="day"
        ),
        CheckConstraint("opens <> closes OR closes = '00:00'", name="not_empty"),
        CheckConstraint("(opens IS NULL) = (closes IS NULL)", name="both_or_none"),
        UniqueConstraint("station_id", "day", "opens", postgresql_nulls_not_distinct=True),
    )

    id: Mapped[IdKey]
    station_id: Mapped[int] = mapped_column(ForeignKey("station.id", ondelete="CASCADE"))
    day: Mapped[str]
    opens: Mapped[time | None]
    closes: Mapped[time | None]


class Closure(Base):
    """A time in which a station is closed against its rules (临时关闭).

    Without an end it lasts until further notice.
    """

    __tablename__ = "closure"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="not_empty"),
        CheckConstraint("btrim(reason) <> ''", name="reason"),
    )

    id: Mapped[IdKey]
    station_id: Mapped[int] = mapped_column(
        ForeignKey("station.id", ondelete="CASCADE"), index=True
    )
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    reason: Mapped[str]
    reason_en: Mapped[str] = mapped_column(server_default="")
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[CreatedAt]


class Room(Base):
    """A room of a station, and what it is for."""

    __tablename__ = "room"
    __table_args__ = (
        UniqueConstraint("station_id", "code"),
        CheckConstraint(f"zone IN {ROOM_ZONES!r}", name="zone"),
        CheckConstraint("area_m2 > 0", name="area_m2"),
    )

    id: Mapped[IdKey]
    station_id: Mapped[int] = mapped_column(ForeignKey("station.id", ondelete="CASCADE"))
    code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str]
    zone: Mapped[str]
    area_m2: Mapped[float]


class StationService(Base):
    """Something that a station does for residents (服务事项).

    Appointments are for slots of ``slot_minutes`` within the opening hours, ``capacity`` people
    each. ``anywhere`` (就近办理): for residents of every community. ``one_window`` (一窗通办): done
    at the one window for everything.
    """

    __tablename__ = "station_service"
    __table_args__ = (
        UniqueConstraint("station_id", "code"),
        CheckConstraint(f"way IN {SERVICE_WAYS!r}", name="way"),
        CheckConstraint("(way = 'appointment') = (slot_minutes IS NOT NULL)", name="slots"),
        CheckConstraint("slot_minutes BETWEEN 5 AND 480", name="slot_minutes"),
        CheckConstraint("capacity BETWEEN 1 AND 500", name="capacity"),
        CheckConstraint("days_ahead BETWEEN 0 AND 366", name="days_ahead"),
    )

    id: Mapped[IdKey]
    station_id: Mapped[int] = mapped_column(ForeignKey("station.id", ondelete="CASCADE"))
    code: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str]
    way: Mapped[str]
    anywhere: Mapped[bool] = mapped_column(server_default="false")
    one_window: Mapped[bool] = mapped_column(server_default="false")
    needs: Mapped[str] = mapped_column(server_default="")
    needs_en: Mapped[str] = mapped_column(server_default="")
    slot_minutes: Mapped[int | None]
    capacity: Mapped[int] = mapped_column(server_default="1")
    days_ahead: Mapped[int] = mapped_column(server_default="14")
    retired_at: Mapped[datetime | None]


class Shift(Base):
    """Who is on duty at a station, and when (值班).

    Once it is published, everybody learns that somebody is there, and not who.
    """

    __tablename__ = "shift"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="not_empty"),
        CheckConstraint(f"kind IN {SHIFT_KINDS!r}", name="kind"),
        UniqueConstraint("station_id", "member_id", "starts_at"),
    )

    id: Mapped[IdKey]
    station_id: Mapped[int] = mapped_column(ForeignKey("station.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    kind: Mapped[str]
    published_at: Mapped[datetime | None]
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[CreatedAt]


class Booking(Base):
    """A booking of a service: a seat in a slot, or an errand for a helper. Personal data.

    ``seat`` counts the people of one slot from 1, and no seat is given twice; an errand has none,
    and ``starts_at`` is when it is wanted. The holder of the link whose digest is
    ``follow_sha256`` reads and cancels it. Made and cancelled by functions alone.
    """

    __tablename__ = "booking"
    __table_args__ = (
        CheckConstraint(f"state IN {BOOKING_STATES!r}", name="state"),
        CheckConstraint("seat > 0", name="seat"),
        CheckConstraint("(seat IS NULL) = (ends_at IS NULL)", name="slot"),
        CheckConstraint("(state = 'booked') = (ended_at IS NULL)", name="ended"),
        Index(
            "uq_booking_seat",
            "service_id",
            "starts_at",
            "seat",
            unique=True,
            postgresql_where="state <> 'cancelled' AND seat IS NOT NULL",
        ),
        Index("ix_booking_day", "station_id", "starts_at"),
        Index(
            "ix_booking_reminder",
            "remind_at",
            postgresql_where="state = 'booked' AND reminded_at IS NULL",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[str] = mapped_column(unique=True)
    service_id: Mapped[int] = mapped_column(
        ForeignKey("station_service.id", ondelete="CASCADE"), index=True
    )
    station_id: Mapped[int] = mapped_column(ForeignKey("station.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    seat: Mapped[int | None]
    state: Mapped[str] = mapped_column(server_default="booked")
    name: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str | None]
    note: Mapped[str] = mapped_column(server_default="")
    follow_sha256: Mapped[bytes] = mapped_column(unique=True)
    helper_id: Mapped[int | None] = mapped_column(
        ForeignKey("member.id", ondelete="SET NULL"), index=True
    )
    outcome: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[CreatedAt]
    ended_at: Mapped[datetime | None]
    remind_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
