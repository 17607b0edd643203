"""The stations that one process keeps in memory: where they are, when they are open, ways to them.

Reading never waits for the database. A thread hears from it when stations, their hours, closures
and rota, the calendar or the roads have changed, and then computes just what is different.
"""

from __future__ import annotations

import logging
import math
import time
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geo.core.crs import WGS84_SRID, transform
from geo.core.facilities import unknown_chips
from geo.core.metric_zones import metres_in, zone_of
from geo.core.opening import status
from geo.core.walk_index import WalkIndex
from geo.core.walk_told import DECIMALS, WalkTeller
from geo.core.walking import LEG_MAX_M, walking_network
from geo.errors import InvalidFieldError, StoreUnavailableError
from geo.flows.background import Background
from geo.messages import msg
from geo.settings import settings
from geo.store.asking import SERVICE
from geo.store.engine import service_address, session
from geo.store.publishing import clock
from geo.store.station_board import (
    read_details,
    read_home,
    read_walkable_roads,
    station_stamps,
    watch_stations,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from geo.core.opening import Opening
    from geo.core.walk_index import Components, Nearest, Walk
    from geo.core.walk_told import ToldWalk
    from geo.store.station_board import Details, KnownStation, Span, Stamp, StationHome

    Floats = NDArray[np.float64]
    Eligible = NDArray[np.bool_]

POLL_S = 0.5
AGAIN_S = 10.0
"""A process hears of changes at once; should the word get lost, it asks this often."""

PATIENCE_S = 20.0
"""How long a question waits for a process that has just started to have read the stations."""

DEGREE_M = 110_000.0
MINUTE_S = 60.0
FIRST_YEAR, LAST_YEAR = 1900, 9000
USUAL_LIMIT, MOST = 3, 50
"""How many stations are told."""

log = logging.getLogger(__name__)


class Standing:
    """How the stations of a jurisdiction stand at one instant; worked out when it is asked for.

    Parameters
    ----------
    home
        The jurisdiction.
    at
        The instant.
    """

    def __init__(self, home: StationHome, at: datetime) -> None:
        self.home = home
        self.at = at.astimezone(home.calendar.zone)
        self.kept: dict[tuple[int, str], Any] = {}
        """What is made of it, to be made once: by row and language."""
        self._having: dict[frozenset[str], Eligible] = {}
        self._openings: dict[int, Opening] = {}
        self._open: Eligible | None = None

    def opening(self, row: int) -> Opening:
        """Return whether a station is open."""
        found = self._openings.get(row)
        if found is None:
            station, calendar = self.home.stations[row], self.home.calendar
            found = status(station.week, station.closures, calendar, self.at)
            self._openings[row] = found
        return found

    def staffed(self, row: int) -> bool | None:
        """Tell whether somebody is there by the rota; ``None`` where none is published that day."""
        spans = self.home.stations[row].staffed
        if not spans:
            return None
        later = bisect_right(spans, self.at, key=lambda span: span[0])
        if later and self.at < spans[later - 1][1]:
            return True
        return False if any(self._same_day(one) for one in spans[max(0, later - 1) :]) else None

    def _same_day(self, span: Span) -> bool:
        zone, day = self.at.tzinfo, self.at.date()
        return span[0].astimezone(zone).date() <= day <= span[1].astimezone(zone).date()

    @property
    def open(self) -> Eligible:
        """Which stations are open (s,)."""
        if self._open is None:
            rows = range(len(self.home.stations))
            self._open = np.fromiter((self.opening(row).now for row in rows), np.bool_, len(rows))
        return self._open

    def open_having(self, chips: frozenset[str], having: Eligible) -> Eligible:
        """Return which of the stations that have some chips are open (s,)."""
        found = self._having.get(chips)
        if found is None:
            found = self._having[chips] = having & self.open
        return found


@dataclass(slots=True, eq=False)
class StationArea:
    """A jurisdiction's stations and the ways to them; replaced when something changes.

    Parameters
    ----------
    home
        The jurisdiction.
    index
        The ways.
    coordinates
        Longitudes and latitudes of the network's nodes (n, 2), to a decimetre.
    stamp
        What it was read under.
    """

    home: StationHome
    index: WalkIndex
    coordinates: Floats
    stamp: Stamp
    ends: Floats = field(init=False)
    bounds: tuple[float, float, float, float] = field(init=False)
    _zone: Any = field(init=False)
    _teller: WalkTeller | None = field(init=False)
    _turns: list[float] = field(init=False)
    _standing: tuple[float, float, Standing] | None = field(init=False, default=None)
    _having: dict[frozenset[str], Eligible] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Work out what questions need."""
        sites = _pairs((one.lon, one.lat) for one in self.home.stations)
        self.ends = np.round(sites, DECIMALS)
        places = np.concatenate([self.coordinates, self.ends])
        low, high = (
            (places.min(axis=0), places.max(axis=0))
            if len(places)
            else (np.full(2, math.inf), np.full(2, -math.inf))
        )
        self.bounds = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        self._zone = zone_of(self.home.srid)
        self._teller = None
        if self._zone is not None:
            self._teller = WalkTeller(self.index, self._zone, (self.coordinates, self.ends))
        self._turns = sorted({one.timestamp() for one in _turns(self.home.stations)})

    @property
    def components(self) -> Components:
        """What of the walking network hangs together."""
        return self.index.components

    def near(self, lon: float, lat: float) -> bool:
        """Tell whether a position may have a road or a station in reach."""
        west, south, east, north = self.bounds
        high = LEG_MAX_M / DEGREE_M
        if not south - high <= lat <= north + high:
            return False
        wide = high / max(math.cos(math.radians(lat)), 0.01)
        return west - wide <= lon <= east + wide

    def metres(self, lon: float, lat: float) -> tuple[float, float]:
        """Return a position in the metric zone."""
        if self._zone is not None:
            return metres_in(self._zone, lon, lat)
        x, y = transform(lon, lat, WGS84_SRID, self.home.srid)
        return float(x), float(y)

    def standing(self, now_s: float) -> Standing:
        """Return how the stations stand now; kept for the minute, while nothing changes.

        Parameters
        ----------
        now_s
            POSIX time.
        """
        kept = self._standing
        if kept is None or not kept[0] <= now_s < kept[1]:
            standing = Standing(self.home, datetime.fromtimestamp(now_s, UTC))
            until = (now_s // MINUTE_S + 1) * MINUTE_S
            later = bisect_right(self._turns, now_s)
            until = min([until, *self._turns[later : later + 1]])
            kept = self._standing = (now_s, until, standing)
        return kept[2]

    def having(self, chips: frozenset[str]) -> Eligible:
        """Return which stations have all that is asked for (s,)."""
        found = self._having.get(chips)
        if found is None:
            stations = self.home.stations
            found = np.fromiter((chips <= one.chips for one in stations), np.bool_, len(stations))
            self._having[chips] = found
        return found

    def eligible(self, standing: Standing, wanted: Wanted) -> Eligible:
        """Return which stations are what is asked for (s,)."""
        chips = frozenset(wanted.facilities)
        having = self.having(chips)
        return standing.open_having(chips, having) if wanted.open_now else having

    def told(
        self, place: tuple[float, float], eligible: Eligible, limit: int
    ) -> list[ToldWalk] | None:
        """Return the stations nearest to a position with ways as text, where it is that simple."""
        return self._teller.tell(*place, eligible, limit) if self._teller else None


class Wanted(NamedTuple):
    """What is asked for beside a position.

    Parameters
    ----------
    at
        When; by default now.
    facilities
        Chips of :data:`geo.core.facilities.FACILITY_CHIPS`, all of them wanted.
    open_now
        Whether the station has to be open then.
    limit
        How many stations at most.
    jurisdiction
        Slug; else every one that is near.
    """

    at: datetime | None = None
    facilities: tuple[str, ...] = ()
    open_now: bool = False
    limit: int = USUAL_LIMIT
    jurisdiction: str | None = None


class Trip:
    """The ways from one position to the stations that were found from there.

    Parameters
    ----------
    area
        Where.
    place
        The position, longitude and latitude.
    found
        The stations.
    """

    def __init__(self, area: StationArea, place: tuple[float, float], found: Nearest) -> None:
        self.area = area
        self.place = place
        self.found = found
        self._routes: dict[int, Floats | None] | None = None

    @property
    def routes(self) -> dict[int, Floats | None]:
        """The ways as longitudes and latitudes (k, 2), by the stations' rows."""
        if self._routes is None:
            area, found = self.area, self.found
            lon, lat = self.place
            place = round(lon, DECIMALS), round(lat, DECIMALS)
            lines = area.index.routes(place, found, (area.coordinates, area.ends), 10.0**DECIMALS)
            rows = (walk.station for walk in found.walks)
            self._routes = dict(zip(rows, lines, strict=True))
        return self._routes


class NearStation(NamedTuple):
    """A station seen from a position.

    Parameters
    ----------
    area, row
        Which.
    standing
        How it stands at the time.
    trip
        All that was found from there.
    walk
        Its part of it.
    """

    area: StationArea
    row: int
    standing: Standing
    trip: Trip
    walk: Walk

    @property
    def station(self) -> KnownStation:
        """The station."""
        return self.area.home.stations[self.row]

    @property
    def opening(self) -> Opening:
        """Whether it is open."""
        return self.standing.opening(self.row)

    @property
    def staffed(self) -> bool | None:
        """Whether somebody is there by the rota; ``None`` where none is published that day."""
        return self.standing.staffed(self.row)

    @property
    def straight_m(self) -> float:
        """Metres as the crow flies; from far away on the ellipsoid, where no zone is true."""
        trip = self.trip
        if trip.found.foot.on_network or self.area.near(*trip.place):
            return self.walk.straight_m
        return distance_m(trip.place, (self.station.lon, self.station.lat))

    @property
    def walk_min(self) -> int | None:
        """Minutes on foot, rounded up; ``None`` where no way leads."""
        if not self.walk.reachable:
            return None
        return minutes(self.walk.walk_m)

    @property
    def obstacle(self) -> str | None:
        """Why it can't be reached: ``off_network`` or ``no_way``; ``None`` where it can."""
        if self.walk.reachable:
            return None
        joined = self.trip.found.foot.on_network and self.area.index.on_network[self.row]
        return "no_way" if joined else "off_network"

    def route(self) -> Floats | None:
        """Return the way as longitudes and latitudes (k, 2); ``None`` where there is none."""
        return self.trip.routes[self.row]


class StationBoard(Background):
    """The stations of all jurisdictions, kept up to date.

    Started once a process; its thread begins by reading everything.

    Parameters
    ----------
    url
        The database's address; by default the settings'.
    """

    def __init__(self, url: str | None = None) -> None:
        super().__init__("stations", url)
        self._areas: dict[int, StationArea] = {}
        self._present: tuple[StationArea, ...] = ()
        self._ahead_s = 0.0
        self._ready = Event()

    @property
    def ready(self) -> bool:
        """Whether the stations have been read."""
        return self._ready.is_set()

    def areas(self) -> tuple[StationArea, ...]:
        """Return the jurisdictions by slug, once they have been read.

        Raises
        ------
        StoreUnavailableError
            When they have not been within some seconds.
        """
        if not (self._ready.is_set() or self._ready.wait(PATIENCE_S)):
            raise StoreUnavailableError
        return self._present

    def now_s(self) -> float:
        """Return the present POSIX time by the database's clock."""
        return time.time() + self._ahead_s

    def refresh(self) -> None:
        """Read what has changed since the last time."""
        with session(self._url, SERVICE) as opened:
            self._ahead_s = clock(opened).timestamp() - time.time()
            stamps = station_stamps(opened)
            changed = {key for key, one in stamps.items() if self._stamp_of(key) != one}
            if changed or stamps.keys() != self._areas.keys():
                self._take(opened, stamps, changed)
        self._ready.set()

    def _stamp_of(self, key: int) -> Stamp | None:
        area = self._areas.get(key)
        return area.stamp if area else None

    def _take(self, opened: Session, stamps: Mapping[int, Stamp], changed: set[int]) -> None:
        details = read_details(opened) if changed else None
        areas = {key: one for key, one in self._areas.items() if key in stamps}
        for key in changed:
            area = self._read(opened, key, stamps[key], details) if details else None
            if area is not None:
                areas[key] = area
        self.hold(areas)

    def hold(self, areas: dict[int, StationArea]) -> None:
        """Answer by these jurisdictions, by their keys, until others are read."""
        self._areas = areas
        self._present = tuple(sorted(areas.values(), key=lambda area: area.home.slug))
        self._ready.set()

    def _read(
        self, opened: Session, key: int, stamp: Stamp, details: Details
    ) -> StationArea | None:
        home = read_home(opened, key, details)
        if home is None:
            return None
        before = self._areas.get(key)
        ends = _pairs((one.lon, one.lat) for one in home.stations)
        sites = _metres(ends, home.srid)
        if before and before.stamp.roads == stamp.roads and before.home.srid == home.srid:
            same = before.stamp.sites == stamp.sites
            index = before.index if same else before.index.with_stations(sites)
            return StationArea(home, index, before.coordinates, stamp)
        roads = read_walkable_roads(opened, key, home.srid)
        index = WalkIndex.build(walking_network(roads), sites)
        lon, lat = transform(index.network.xy[:, 0], index.network.xy[:, 1], home.srid, WGS84_SRID)
        coordinates = np.round(np.column_stack([lon, lat]), DECIMALS)
        return StationArea(home, index, coordinates, stamp)

    def _go_on(self) -> None:
        url = service_address(self._url)
        watch_stations(url, self._heard, self._stop, poll_s=POLL_S, again_s=AGAIN_S)

    def _heard(self) -> None:
        try:
            self.refresh()
        except StoreUnavailableError:
            log.warning("no answer from the database about stations")
        except Exception:
            log.exception("the stations could not be read")


def check_wanted(board: StationBoard, wanted: Wanted) -> None:
    """Make sure that there is what is asked for.

    Raises
    ------
    InvalidFieldError
        When a facility or the jurisdiction is none that there is, the time is too far away, or
        more stations are asked for than are told.
    """
    if unknown := unknown_chips(wanted.facilities):
        raise InvalidFieldError(
            field="facility", reason=msg("There is no “%(code)s” to look for.", code=unknown[0])
        )
    if wanted.at is not None and not FIRST_YEAR <= wanted.at.year <= LAST_YEAR:
        raise InvalidFieldError(field="at", reason=msg("This is not a time."))
    if not 1 <= wanted.limit <= MOST:
        raise InvalidFieldError(field="limit", reason=msg("This is not between 1 and 50."))
    if wanted.jurisdiction is not None and not _areas_of(board.areas(), wanted.jurisdiction):
        raise InvalidFieldError(
            field="jurisdiction", reason=msg("There is nothing with this code here.")
        )


def nearest(
    board: StationBoard, lon: float, lat: float, wanted: Wanted | None = None
) -> tuple[NearStation, ...]:
    """Return the stations nearest to a position on foot, the unreachable ones after the others.

    Parameters
    ----------
    board
        The stations in memory.
    lon, lat
        WGS 84 degrees.
    wanted
        What is asked for; see :func:`check_wanted`.

    Raises
    ------
    StoreUnavailableError
        When the stations have not been read.
    """
    wanted = wanted or Wanted()
    areas = _areas_for(board.areas(), lon, lat, wanted.jurisdiction)
    if len(areas) == 1:
        return _nearest_in(board, areas[0], (lon, lat), wanted)
    found = [one for area in areas for one in _nearest_in(board, area, (lon, lat), wanted)]
    return tuple(sorted(found, key=_precedence)[: wanted.limit])


class Told(NamedTuple):
    """The stations nearest to a position now, as most who ask want them.

    Parameters
    ----------
    area, standing
        Where, and how its stations stand.
    walks
        To stations that a way leads to, the ways as text.
    """

    area: StationArea
    standing: Standing
    walks: list[ToldWalk]


def told(board: StationBoard, lon: float, lat: float, wanted: Wanted) -> Told | None:
    """Return what :func:`nearest` does for now, in a fraction of its time, or ``None``.

    Parameters
    ----------
    board, lon, lat, wanted
        As of :func:`nearest`.

    Returns
    -------
    Told or None
        ``None`` where several jurisdictions are near, the position is far from every road, or no
        way leads to one of the stations: then ask :func:`nearest`.
    """
    areas = _areas_for(board.areas(), lon, lat, wanted.jurisdiction)
    if len(areas) != 1:
        return None
    (area,) = areas
    standing = area.standing(board.now_s())
    walks = area.told((lon, lat), area.eligible(standing, wanted), wanted.limit)
    return None if walks is None else Told(area, standing, walks)


def _areas_for(
    areas: tuple[StationArea, ...], lon: float, lat: float, jurisdiction: str | None
) -> tuple[StationArea, ...]:
    """Return the jurisdictions that come into question: those that are near, else all."""
    if jurisdiction is not None:
        return _areas_of(areas, jurisdiction)
    if len(areas) == 1:
        return areas
    return tuple([area for area in areas if area.near(lon, lat)]) or areas


def _areas_of(areas: tuple[StationArea, ...], jurisdiction: str) -> tuple[StationArea, ...]:
    return tuple(area for area in areas if area.home.slug == jurisdiction)


def _nearest_in(
    board: StationBoard, area: StationArea, place: tuple[float, float], wanted: Wanted
) -> tuple[NearStation, ...]:
    standing = area.standing(board.now_s()) if wanted.at is None else Standing(area.home, wanted.at)
    x, y = area.metres(*place)
    found = area.index.nearest(x, y, area.eligible(standing, wanted), wanted.limit)
    trip = Trip(area, place, found)
    return tuple([NearStation(area, one.station, standing, trip, one) for one in found.walks])


def _precedence(one: NearStation) -> tuple[bool, float, float, str, str]:
    walk = one.walk
    return (
        not walk.reachable, walk.walk_m, walk.straight_m, one.area.home.slug, one.station.code
    )  # fmt: skip


def minutes(walk_m: float) -> int:
    """Return minutes on foot, rounded up."""
    return math.ceil(walk_m / settings().walk_m_per_min)


def distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return how far two positions, in degrees, are from each other on the ellipsoid."""
    from pyproj import Geod  # noqa: PLC0415 - heavy, and for few questions

    return float(Geod(ellps="WGS84").inv(*one, *other)[2])


def _turns(stations: tuple[KnownStation, ...]) -> list[datetime]:
    """Return when closures and shifts begin and end, which needn't be at full minutes."""
    spans = [(one.starts_at, one.ends_at) for station in stations for one in station.closures]
    spans += [span for station in stations for span in station.staffed]
    return [turn for span in spans for turn in span if turn is not None]


def _pairs(values: Any) -> Floats:
    return np.array(list(values), dtype=np.float64).reshape(-1, 2)


def _metres(sites: Floats, srid: int) -> Floats:
    return np.column_stack(transform(sites[:, 0], sites[:, 1], WGS84_SRID, srid))
