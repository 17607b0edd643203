"""The nearest stations on foot (就近驿站), from what a process keeps in memory."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from geo.core.facilities import unknown_chips
from geo.core.walk_told import DECIMALS
from geo.errors import InvalidFieldError
from geo.flows.station_areas import Standing
from geo.messages import msg
from geo.settings import settings

if TYPE_CHECKING:
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from geo.core.opening import Opening
    from geo.core.walk_index import Nearest, Walk
    from geo.core.walk_told import ToldWalk
    from geo.flows.station_areas import Eligible, StationArea
    from geo.flows.station_board import StationBoard
    from geo.store.station_board import KnownStation

    Floats = NDArray[np.float64]

FIRST_YEAR, LAST_YEAR = 1900, 9000
USUAL_LIMIT, MOST = 3, 50
"""How many stations are told."""


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
    walks = area.told((lon, lat), _eligible(area, standing, wanted), wanted.limit)
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
    found = area.index.nearest(x, y, _eligible(area, standing, wanted), wanted.limit)
    trip = Trip(area, place, found)
    return tuple([NearStation(area, one.station, standing, trip, one) for one in found.walks])


def _eligible(area: StationArea, standing: Standing, wanted: Wanted) -> Eligible:
    return area.eligible(standing, wanted.facilities, open_now=wanted.open_now)


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
