"""The stations that one process keeps in memory, kept up to date.

Reading never waits for the database. A thread hears from it when stations, their hours, closures
and rota, the calendar or the roads have changed, and then computes just what is different.
"""

from __future__ import annotations

import logging
import time
from threading import Event
from typing import TYPE_CHECKING

import numpy as np

from geo.core.crs import WGS84_SRID, transform
from geo.core.walk_index import WalkIndex
from geo.core.walk_told import DECIMALS
from geo.core.walking import walking_network
from geo.errors import StoreUnavailableError
from geo.flows.background import Background
from geo.flows.station_areas import StationArea, sites_of
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

    from geo.store.station_board import Details, Stamp

    Floats = NDArray[np.float64]

POLL_S = 0.5
AGAIN_S = 10.0
"""A process hears of changes at once; should the word get lost, it asks this often."""

PATIENCE_S = 20.0
"""How long a question waits for a process that has just started to have read the stations."""

log = logging.getLogger(__name__)


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
        sites = _metres(sites_of(home.stations), home.srid)
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


def _metres(sites: Floats, srid: int) -> Floats:
    return np.column_stack(transform(sites[:, 0], sites[:, 1], WGS84_SRID, srid))
