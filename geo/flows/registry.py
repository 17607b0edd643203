"""The generations that one process keeps in memory, and keeping them up to date."""

from __future__ import annotations

import logging
import math
import time
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING

import shapely

from geo.core.locating import Locator
from geo.errors import StoreUnavailableError
from geo.flows.background import Background
from geo.flows.catalogues import Catalogues
from geo.settings import settings
from geo.store.asking import SERVICE
from geo.store.engine import service_address, session
from geo.store.generations import periods, read_generation, watch
from geo.store.publishing import clock, take_up

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geo.store.generations import Period, StoredGeneration, StoredGrid

POLL_S = 0.5
"""A process hears of a generation at once; should the word get lost, it asks this often."""

PATIENCE_S = 20.0
"""How long a process that starts waits for a database that is away."""

DEGREE_M = 110_000.0
"""Metres in a degree of latitude, rounded down: bounds that are widened with it are wide enough."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """A generation ready for look-ups.

    Parameters
    ----------
    period
        Which generation. When it ends may have been decided since: ask :class:`Registry`.
    grids
        In the order of the locator's rows.
    locator
        Finds the row of a point.
    bounds
        West, south, east and north of all grids, in degrees.
    """

    period: Period
    grids: tuple[StoredGrid, ...]
    locator: Locator
    bounds: tuple[float, float, float, float]

    def near(self, lon: float, lat: float, reach_m: float) -> bool:
        """Tell whether a point may lie within some metres of the bounds."""
        west, south, east, north = self.bounds
        high = reach_m / DEGREE_M
        if not south - high <= lat <= north + high:
            return False
        wide = high / max(math.cos(math.radians(lat)), 0.01)
        return west - wide <= lon <= east + wide


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the registry knows at one time; replaced as a whole.

    Parameters
    ----------
    periods
        All generations of all jurisdictions.
    current
        The index in force of every jurisdiction, by slug.
    until
        The database's POSIX time at which another generation comes into force.
    """

    periods: tuple[Period, ...]
    current: tuple[Index, ...]
    until: float


class Registry(Background):
    """The generations of one process: those in force, those to come, and a few past ones.

    ``catalogues`` are what cases are judged by, kept up to date in the same way.

    Started once a process. Reading it never waits for the database, except for a past generation
    that is not in memory.

    Parameters
    ----------
    url
        The database's address; by default the settings'.
    """

    def __init__(self, url: str | None = None) -> None:
        super().__init__("generations", url)
        self.catalogues = Catalogues(url)
        self._snapshot: Snapshot | None = None
        self._ahead_s = 0.0
        self._refreshed_at = -math.inf
        self._ready: dict[int, Index] = {}
        self._past: OrderedDict[int, Index] = OrderedDict()
        self._turning = Lock()
        self._shelf = Lock()
        self._building: defaultdict[int, Lock] = defaultdict(Lock)

    def start(self) -> None:
        """Read the generations in force, then follow the database in a thread of its own.

        A database that is just being restarted is waited for.

        Raises
        ------
        StoreUnavailableError
            When the database can't be reached.
        """
        self._refresh_patiently()
        super().start()

    @property
    def silent_s(self) -> float:
        """Seconds since the database last answered; infinite when it never did."""
        return time.monotonic() - self._refreshed_at

    def now(self) -> datetime:
        """Return the present instant by the database's clock, as far as this process knows it."""
        return datetime.fromtimestamp(time.time() + self._ahead_s, UTC)

    def current(self) -> tuple[Index, ...]:
        """Return the generations in force now, one a jurisdiction."""
        snapshot = self._snapshot
        if snapshot is None or time.time() + self._ahead_s >= snapshot.until:
            snapshot = self._turn()
        return snapshot.current

    def at(self, instant: datetime) -> tuple[Index, ...]:
        """Return the generations in force at an instant, one a jurisdiction that had one."""
        self.current()
        return self._indexes(one for one in self.periods() if one.holds(instant))

    def at_hand(self, instant: datetime) -> bool:
        """Tell whether :meth:`at` can answer from memory."""
        held = (one.id for one in self.periods() if one.holds(instant))
        return all(key in self._ready or key in self._past for key in held)

    def periods(self) -> tuple[Period, ...]:
        """Return all generations that the database had when it was last asked."""
        return self._snapshot.periods if self._snapshot else ()

    def period_at(self, jurisdiction_id: int, instant: datetime) -> Period | None:
        """Return the generation of a jurisdiction in force at an instant, as far as is known."""
        for one in self.periods():
            if one.jurisdiction_id == jurisdiction_id and one.holds(instant):
                return one
        return None

    def index(self, generation_id: int) -> Index:
        """Return one generation, read from the database where it is not in memory.

        Raises
        ------
        LookupError
            When there is no such generation.
        """
        found = self._in_memory(generation_id)
        if found is not None:
            return found
        with self._building[generation_id]:
            return self._in_memory(generation_id) or self._remember(self._read(generation_id))

    def refresh(self) -> None:
        """Ask the database for its generations and make ready those in force and those to come."""
        with session(self._url, SERVICE) as opened:
            known = periods(opened)
            self.catalogues.follow(opened)
            self._ahead_s = clock(opened).timestamp() - time.time()
        self._refreshed_at = time.monotonic()
        now = self.now()
        if self._snapshot is None or self._snapshot.periods != known:
            with self._turning:
                self._make_ready([one for one in known if one.ends is None or one.ends > now])
                self._snapshot = self._taken(known, now)

    def _go_on(self) -> None:
        watch(service_address(self._url), self._heard, self._stop, poll_s=POLL_S)

    def _refresh_patiently(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.refresh()
            except StoreUnavailableError as error:
                # Its kinds say what somebody has to do; this one may pass.
                if type(error) is not StoreUnavailableError or time.monotonic() > until:
                    raise
                time.sleep(POLL_S)

    def _heard(self) -> None:
        try:
            self.refresh()
            self._take_up()
        except StoreUnavailableError:
            log.warning("no answer from the database for %.0f s", self.silent_s)
        except Exception:
            log.exception("the generations could not be read")

    def _turn(self) -> Snapshot:
        """Let a generation come into force whose time has come."""
        if self._snapshot is None:
            self.refresh()
        with self._turning:
            now = self.now()
            snapshot = self._snapshot
            if snapshot is None or now.timestamp() >= snapshot.until:
                snapshot = self._taken(self.periods(), now)
                self._snapshot = snapshot
            return snapshot

    def _taken(self, known: tuple[Period, ...], now: datetime) -> Snapshot:
        turns = (
            turn.timestamp() for one in known for turn in (one.starts, one.ends) if turn is not None
        )
        until = min((turn for turn in turns if turn > now.timestamp()), default=math.inf)
        return Snapshot(known, self._indexes(one for one in known if one.holds(now)), until)

    def _indexes(self, wanted: Iterable[Period]) -> tuple[Index, ...]:
        return tuple(self.index(one.id) for one in wanted)

    def _make_ready(self, lasting: list[Period]) -> None:
        ready = {one.id: self._in_memory(one.id) or self._read(one.id) for one in lasting}
        over = [index for key, index in self._ready.items() if key not in ready]
        self._ready = ready
        for index in over:
            self._remember(index)

    def _in_memory(self, generation_id: int) -> Index | None:
        found = self._ready.get(generation_id)
        if found is not None:
            return found
        with self._shelf:
            past = self._past.get(generation_id)
            if past is not None:
                self._past.move_to_end(generation_id)
            return past

    def _remember(self, index: Index) -> Index:
        with self._shelf:
            self._past[index.period.id] = index
            while len(self._past) > settings().past_generations:
                self._past.popitem(last=False)
        return index

    def _read(self, generation_id: int) -> Index:
        with session(self._url, SERVICE) as opened:
            stored = read_generation(opened, generation_id)
        if stored is None:
            raise LookupError(generation_id)
        return build_index(stored)

    def _take_up(self) -> None:
        """Move open issues to the grids of a generation that has come into force."""
        now = self.now()
        for period in self.periods():
            if period.holds(now) and not period.taken_up:
                with session(self._url, SERVICE) as opened:
                    moved = take_up(opened, period.jurisdiction_id)
                log.info("%d open issues moved to grids of %s", moved, period.label)


def build_index(stored: StoredGeneration) -> Index:
    """Make a stored generation ready for look-ups."""
    chosen = settings()
    locator = Locator(
        stored.polygons,
        nearest_max_m=chosen.nearest_max_m,
        confident_share=chosen.confident_share,
    )
    west, south, east, north = (float(one) for one in shapely.total_bounds(stored.polygons))
    return Index(stored.period, stored.grids, locator, (west, south, east, north))
