"""Red stations (红色驿站) and workstations (工作站), and when they are open."""

from __future__ import annotations

from datetime import time

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from geo.store.models.base import Base, IdKey, WKBElement, geometry


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
    """One interval in which a station is open on a kind of day.

    ``day`` is ``1`` (Monday) to ``7`` (Sunday), ``holiday`` for public holidays or ``workday``
    for make-up working days; ``closes`` of 00:00 is the midnight at the day's
    end. A station without rules for a day is not known to be open on it.
    """

    __tablename__ = "opening_rule"
    __table_args__ = (
        CheckConstraint(
            "day IN ('1', '2', '3', '4', '5', '6', '7', 'holiday', 'workday')", name="day"
        ),
        CheckConstraint("opens <> closes OR closes = '00:00'", name="not_empty"),
        UniqueConstraint("station_id", "day", "opens"),
    )

    id: Mapped[IdKey]
    station_id: Mapped[int] = mapped_column(ForeignKey("station.id", ondelete="CASCADE"))
    day: Mapped[str]
    opens: Mapped[time]
    closes: Mapped[time]
