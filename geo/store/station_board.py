"""Reading stations (驿站) with all that decides whether they are open, and the roads to them."""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import psycopg
import shapely
from sqlalchemy import Float, func, select, text

from geo.core.crs import WGS84_SRID, transform_geometry
from geo.core.facilities import chips_of
from geo.core.opening import Closure, Week
from geo.store.duties import work_calendar
from geo.store.engine import plain_url
from geo.store.generations import Named
from geo.store.models import Closure as StoredClosure
from geo.store.models import (
    Community,
    Jurisdiction,
    OpeningRule,
    Road,
    Station,
    StationService,
    Street,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from datetime import time as clock_time
    from threading import Event

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from geo.core.worktime import WorkCalendar

    Span = tuple[datetime, datetime]

CHANNEL = "hongge_stations"


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class KnownStation:
    """A station as everybody may know it; equal to itself alone.

    Parameters
    ----------
    id
        Key.
    code, name, name_en, kind, address, phone, zones, facilities
        As they are stored.
    chips
        What people look for that it has; see :mod:`geo.core.facilities`.
    lon, lat
        WGS 84 degrees.
    community
        Where it is.
    week, closures
        When it is open.
    staffed
        When somebody is there by the published rota, in order and apart from each other.
    """

    id: int
    code: str
    name: str
    name_en: str
    kind: str
    address: str
    phone: str | None
    zones: tuple[str, ...]
    facilities: tuple[str, ...]
    chips: frozenset[str]
    lon: float
    lat: float
    community: Named
    week: Week
    closures: tuple[Closure, ...]
    staffed: tuple[Span, ...]


class Stamp(NamedTuple):
    """What is another one whenever something has changed; see ``stations.sql``."""

    roads: str
    sites: str
    rest: str


class StationHome(NamedTuple):
    """A jurisdiction with its stations, by community and code.

    Parameters
    ----------
    slug, name, name_en
        Which.
    srid
        Its metric zone.
    calendar
        Its holidays, make-up working days and time zone.
    stations
        All of them.
    """

    slug: str
    name: str
    name_en: str
    srid: int
    calendar: WorkCalendar
    stations: tuple[KnownStation, ...]


class Details(NamedTuple):
    """What belongs to stations, by their keys."""

    rules: dict[int, list[tuple[str, clock_time | None, clock_time | None]]]
    closures: dict[int, list[Closure]]
    staffed: dict[int, list[Span]]
    one_window: frozenset[int]


def station_stamps(session: Session) -> dict[int, Stamp]:
    """Return the stamp of every jurisdiction, by its key."""
    rows = session.execute(text("SELECT * FROM stations_stamp()"))
    return {row.jurisdiction_id: Stamp(row.roads, row.sites, row.rest) for row in rows}


def read_details(session: Session) -> Details:
    """Return the hours, closures and staffed times of all stations."""
    found = Details(defaultdict(list), defaultdict(list), defaultdict(list), _one_window(session))
    for rule in session.scalars(select(OpeningRule)):
        found.rules[rule.station_id].append((rule.day, rule.opens, rule.closes))
    for one in session.scalars(select(StoredClosure).order_by(StoredClosure.starts_at)):
        closure = Closure(one.starts_at, one.ends_at, one.reason, one.reason_en)
        found.closures[one.station_id].append(closure)
    for row in session.execute(text("SELECT * FROM staffed_spans()")):
        found.staffed[row.station_id].append((row.starts_at, row.ends_at))
    return found


def _one_window(session: Session) -> frozenset[int]:
    statement = select(StationService.station_id).where(
        StationService.one_window, StationService.retired_at.is_(None)
    )
    return frozenset(session.scalars(statement))


def read_home(session: Session, jurisdiction_id: int, details: Details) -> StationHome | None:
    """Return a jurisdiction with its stations; ``None`` when there is no such jurisdiction."""
    home = session.execute(
        select(
            Jurisdiction.slug, Jurisdiction.name, Jurisdiction.name_en, Jurisdiction.metric_srid
        ).where(Jurisdiction.id == jurisdiction_id)
    ).one_or_none()
    if home is None:
        return None
    return StationHome(
        home.slug,
        home.name,
        home.name_en,
        home.metric_srid,
        work_calendar(session, jurisdiction_id),
        _stations(session, jurisdiction_id, details),
    )


def _stations(session: Session, jurisdiction_id: int, details: Details) -> tuple[KnownStation, ...]:
    statement = (
        select(
            Station,
            Community.code,
            Community.name,
            Community.name_en,
            func.ST_X(Station.geom, type_=Float()),
            func.ST_Y(Station.geom, type_=Float()),
        )
        .join(Community, Community.id == Station.community_id)
        .join(Street, Street.id == Community.street_id)
        .where(Street.jurisdiction_id == jurisdiction_id)
        .order_by(Community.code.collate("C"), Station.code.collate("C"))
    )
    return tuple(
        _known(station, Named(code, name, name_en), (lon, lat), details)
        for station, code, name, name_en, lon, lat in session.execute(statement)
    )


def _known(
    station: Station, community: Named, site: tuple[float, float], details: Details
) -> KnownStation:
    return KnownStation(
        id=station.id,
        code=station.code,
        name=station.name,
        name_en=station.name_en,
        kind=station.kind,
        address=station.address,
        phone=station.phone,
        zones=tuple(station.zones),
        facilities=tuple(station.facilities),
        chips=chips_of(
            station.zones, station.facilities, one_window=station.id in details.one_window
        ),
        lon=site[0],
        lat=site[1],
        community=community,
        week=Week.of(details.rules.get(station.id, ())),
        closures=tuple(details.closures.get(station.id, ())),
        staffed=tuple(details.staffed.get(station.id, ())),
    )


def read_walkable_roads(session: Session, jurisdiction_id: int, srid: int) -> NDArray[np.object_]:
    """Return the lines of a jurisdiction's walkable roads in a metric zone."""
    statement = (
        select(func.ST_AsBinary(Road.geom))
        .where(Road.jurisdiction_id == jurisdiction_id, Road.walkable)
        .order_by(Road.id)
    )
    wkb = [bytes(one) for one in session.scalars(statement)]
    lines: Any = shapely.from_wkb(np.array(wkb, dtype=object))
    moved: NDArray[np.object_] = transform_geometry(np.atleast_1d(lines), WGS84_SRID, srid)
    return moved


def watch_stations(
    url: str, heard: Callable[[], None], stop: Event, *, poll_s: float, again_s: float
) -> None:
    """Call ``heard`` when something about stations changes, and now and then anyway.

    Returns when ``stop`` is set, within ``poll_s`` seconds; comes back after losing the connection,
    and keeps calling ``heard`` until then.

    Parameters
    ----------
    url
        Where to sign in.
    heard
        Called in this thread; what it raises ends the watch.
    stop
        Ends the watch.
    poll_s
        How long to wait for something new, and before trying again, in seconds.
    again_s
        The longest time between two calls while the connection holds, in seconds.
    """
    while not stop.is_set():
        with (
            suppress(psycopg.OperationalError),
            psycopg.connect(
                plain_url(url),
                autocommit=True,
                application_name="hongge-stations",
                connect_timeout=5,
            ) as connection,
        ):
            connection.execute(f"LISTEN {CHANNEL}")
            while not stop.is_set():
                heard()
                _wait_for_word(connection, stop, poll_s, time.monotonic() + again_s)
        if not stop.is_set():
            heard()
            stop.wait(poll_s)


def _wait_for_word(
    connection: psycopg.Connection[Any], stop: Event, poll_s: float, until: float
) -> None:
    while not stop.is_set() and time.monotonic() < until:
        if any(True for _ in connection.notifies(timeout=poll_s, stop_after=1)):
            return
