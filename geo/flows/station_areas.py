"""The stations of one jurisdiction in memory: how they stand at a time, and the ways to them."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from geo.core.crs import WGS84_SRID, transform
from geo.core.metric_zones import metres_in, zone_of
from geo.core.opening import status
from geo.core.walk_told import DECIMALS, WalkTeller
from geo.core.walking import LEG_MAX_M

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from geo.core.opening import Opening
    from geo.core.walk_index import Components, WalkIndex
    from geo.core.walk_told import ToldWalk
    from geo.store.station_board import KnownStation, Span, Stamp, StationHome

    Floats = NDArray[np.float64]
    Eligible = NDArray[np.bool_]

DEGREE_M = 110_000.0
MINUTE_S = 60.0


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
        self.ends = np.round(sites_of(self.home.stations), DECIMALS)
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

    def eligible(
        self, standing: Standing, facilities: Iterable[str], *, open_now: bool
    ) -> Eligible:
        """Return which stations have all these chips, and are open if they have to be (s,)."""
        chips = frozenset(facilities)
        having = self.having(chips)
        return standing.open_having(chips, having) if open_now else having

    def told(
        self, place: tuple[float, float], eligible: Eligible, limit: int
    ) -> list[ToldWalk] | None:
        """Return the stations nearest to a position with ways as text, where it is that simple."""
        return self._teller.tell(*place, eligible, limit) if self._teller else None


def sites_of(stations: Iterable[KnownStation]) -> Floats:
    """Return longitudes and latitudes of stations (s, 2)."""
    places = [(one.lon, one.lat) for one in stations]
    return np.array(places, dtype=np.float64).reshape(-1, 2)


def _turns(stations: tuple[KnownStation, ...]) -> list[datetime]:
    """Return when closures and shifts begin and end, which needn't be at full minutes."""
    spans = [(one.starts_at, one.ends_at) for station in stations for one in station.closures]
    spans += [span for station in stations for span in station.staffed]
    return [turn for span in spans for turn in span if turn is not None]
