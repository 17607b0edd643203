"""What a plan will do once it is published (方案影响): to households, cases, workers, stations.

Told before publishing, and the same as what publishing then does: units follow their building's
site unless somebody put them into a grid by hand, and open cases follow their unit or position.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import shapely

from geo.core.crosswalk import crosswalk
from geo.core.lifecycle import TRIAGE
from geo.core.locating import Locator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from uuid import UUID

    from numpy.typing import NDArray
    from shapely import MultiPolygon, Polygon
    from shapely.geometry.base import BaseGeometry

    from geo.core.crosswalk import Crosswalk
    from geo.core.drafts import PlannedGrid
    from geo.core.ground import Ground, Worker

    Bools = NDArray[np.bool_]

GridChange = Literal["added", "retired", "redrawn", "renamed", "same"]

ROUNDING_DEG = 1e-8
"""What is on average narrower, about a millimetre, is rounding and no other ground."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The grids of a plan, or of a generation, with their ground.

    Parameters
    ----------
    grids
        By key.
    polygons
        By key, WGS 84 (EPSG:4326); a grid without ground has none.
    """

    grids: Mapping[str, PlannedGrid]
    polygons: Mapping[str, Polygon | MultiPolygon]

    def name(self, key: str | None) -> str:
        """Return a grid's code; empty where there is no such grid."""
        known = self.grids.get(key or "")
        return known.code if known else ""


@dataclass(frozen=True, slots=True)
class Home:
    """A unit (单元) with its households.

    Parameters
    ----------
    key, building, number, name
        Key in the store, row of its building, number and name in the building.
    households, people
        How many.
    grid
        Key of the grid that has it now; ``None`` where none has.
    by_hand
        Key of the grid that somebody put it into, if somebody did.
    """

    key: int
    building: int
    number: int
    name: str
    households: int
    people: int
    grid: str | None
    by_hand: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """An open case (未办结事项).

    Parameters
    ----------
    key, number, state
        Which, and where it stands.
    department
        Code of the department that has it; empty where none has.
    grid
        Key of the grid that has it now.
    unit
        Key of the unit that it was reported for, if it was.
    site
        Longitude and latitude in degrees, where it has a position.
    site_grid
        Key of the grid in whose ground the position lies now.
    """

    key: UUID
    number: str
    state: str
    department: str
    grid: str
    unit: int | None
    site: tuple[float, float] | None
    site_grid: str | None


class Pairing(NamedTuple):
    """A work unit paired with a community (共建单位), and a grid that its people answer for."""

    code: str
    name: str
    name_en: str
    community: str
    grid: str | None
    members: int


class MovedHome(NamedTuple):
    """A unit that changes its grid; keys of grids, ``None`` where there is none."""

    home: Home
    before: str | None
    after: str | None


class MovedBuilding(NamedTuple):
    """A building of which units change their grid: what goes on its door.

    Parameters
    ----------
    building
        Its row.
    homes
        The units that do, by number.
    whole
        Whether these are all that it has.
    """

    building: int
    homes: tuple[MovedHome, ...]
    whole: bool

    @property
    def households(self) -> int:
        """Households that change their grid."""
        return sum(one.home.households for one in self.homes)


class MovedCase(NamedTuple):
    """An open case that moves; without a grid afterwards it waits for a decision again."""

    case: Case
    after: str | None

    @property
    def state(self) -> str:
        """Where it stands afterwards."""
        return self.case.state if self.after else TRIAGE


class GridEffect(NamedTuple):
    """What becomes of a grid; ``before`` or ``after`` is ``None`` for one that is new or retired.

    Parameters
    ----------
    key
        Of the grid.
    change
        What happens to it.
    before, after
        As it is called.
    households_before, households_after
        How many it has.
    """

    key: str
    change: GridChange
    before: PlannedGrid | None
    after: PlannedGrid | None
    households_before: int
    households_after: int


class WorkerEffect(NamedTuple):
    """What becomes of somebody's work.

    Parameters
    ----------
    worker
        Who.
    before, after
        Households that they answer for, by grid (包片), by building (包栋) or by unit (包单元).
    gained, lost
        Households that come and go.
    passed
        Households that they keep, but which are in another grid from then on.
    grids_before, grids_after
        Keys of the grids in which those live.
    retired
        Keys of grids that they answered for and that there no longer are.
    """

    worker: Worker
    before: int
    after: int
    gained: int
    lost: int
    passed: int
    grids_before: tuple[str, ...]
    grids_after: tuple[str, ...]
    retired: tuple[str, ...]


class StationEffect(NamedTuple):
    """The households that walk to a station (驿站) first, by the key of their grid."""

    station: int
    before: Mapping[str, int]
    after: Mapping[str, int]


class PairingEffect(NamedTuple):
    """What becomes of a paired work unit's grid; ``retired`` where there no longer is one."""

    pairing: Pairing
    before: int
    after: int
    retired: bool


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """All that a plan will do.

    Parameters
    ----------
    before, after
        The generation that it follows, and the plan.
    grids
        Every grid of either, by code.
    buildings
        Those of which units change their grid, by code.
    cases
        Open cases that move, by number.
    workers
        Whose work changes, by community and code.
    stations
        Whose households change their grid, in order.
    pairing
        Paired units whose grid has other households.
    crosswalk
        What passes from which grid to which: a row a unit.
    """

    before: Layout
    after: Layout
    grids: tuple[GridEffect, ...]
    buildings: tuple[MovedBuilding, ...]
    cases: tuple[MovedCase, ...]
    workers: tuple[WorkerEffect, ...]
    stations: tuple[StationEffect, ...]
    pairing: tuple[PairingEffect, ...]
    crosswalk: Crosswalk


class Affected(NamedTuple):
    """Who and what a plan may have an effect on.

    Parameters
    ----------
    ground
        Buildings, workers and stations.
    homes
        Every unit, by building and number.
    cases
        Every open case that has a grid, by number.
    pairing
        Paired work units, by code and grid.
    """

    ground: Ground
    homes: Sequence[Home]
    cases: Sequence[Case]
    pairing: Sequence[Pairing]


def effects(before: Layout, after: Layout, affected: Affected) -> Effects:
    """Return what a plan will do when it is published.

    Parameters
    ----------
    before
        The last generation.
    after
        The plan.
    affected
        Who and what is there.

    Examples
    --------
    An empty plan after an empty generation, on ground where nobody lives:

    >>> from types import SimpleNamespace
    >>> nobody = SimpleNamespace(workers=(), stations=SimpleNamespace(codes=()))
    >>> found = effects(Layout({}, {}), Layout({}, {}), Affected(nobody, (), (), ()))
    >>> found.buildings, found.cases, found.crosswalk.moved_households
    ((), (), 0)
    """
    homes = affected.homes
    follows = homes_after(after, homes, affected.ground)
    return Effects(
        before,
        after,
        tuple(_grids(before, after, homes, follows)),
        tuple(_buildings(homes, follows)),
        tuple(cases_moved(after, affected, follows)),
        tuple(_workers(affected, follows, after)),
        tuple(_stations(affected, follows)),
        tuple(_pairing(affected, follows, after)),
        crosswalk([one.grid for one in homes], follows, [one.households for one in homes]),
    )


def homes_after(layout: Layout, homes: Sequence[Home], ground: Ground) -> list[str | None]:
    """Return the grid that every unit will have: by hand where that grid exists, else by site."""
    if not homes:
        return []
    rows = np.array([one.building for one in homes])
    by_site = grids_at(layout, ground.buildings.sites[rows])
    return [
        one.by_hand if one.by_hand in layout.polygons else site
        for one, site in zip(homes, by_site, strict=True)
    ]


def grids_at(layout: Layout, sites: NDArray[np.float64]) -> list[str | None]:
    """Return the grid in whose ground each position lies.

    Dedicated grids come before general ones, then smaller codes: the rule of the database.

    Parameters
    ----------
    layout
        Of the grids.
    sites
        (n, 2) longitudes and latitudes in degrees.
    """
    keys = sorted(
        layout.polygons,
        key=lambda key: (layout.grids[key].kind == "general", layout.grids[key].code),
    )
    if not keys or not len(sites):
        return [None] * len(sites)
    locator = Locator(np.array([layout.polygons[key] for key in keys], dtype=object))
    owners = locator.assign(sites[:, 0], sites[:, 1], nearest=False).owner
    return [keys[owner] if owner >= 0 else None for owner in owners.tolist()]


def cases_moved(
    after: Layout, affected: Affected, follows: Sequence[str | None]
) -> Iterator[MovedCase]:
    """Yield the open cases that will move, and where to.

    Only what put a case into its grid moves it: its unit, or without one its position. What
    somebody put elsewhere stays while that grid exists; else it goes where its unit or position
    belongs, or waits for a decision.
    """
    unit_before = {one.key: one.grid for one in affected.homes}
    unit_after = {one.key: grid for one, grid in zip(affected.homes, follows, strict=True)}
    sited = [one for one in affected.cases if one.site is not None]
    sites = np.array([one.site for one in sited], dtype=np.float64).reshape(-1, 2)
    site_after = {one.key: grid for one, grid in zip(sited, grids_at(after, sites), strict=True)}
    for case in affected.cases:
        unit = unit_after.get(case.unit) if case.unit is not None else None
        was = unit_before.get(case.unit) if case.unit is not None else None
        site = site_after.get(case.key)
        if was == case.grid and unit is not None:
            goes = unit
        elif was is None and case.site_grid == case.grid and site is not None:
            goes = site
        elif case.grid in after.polygons:
            goes = case.grid
        else:
            goes = unit or site or ""
        if goes != case.grid:
            yield MovedCase(case, goes or None)


def _grids(
    before: Layout, after: Layout, homes: Sequence[Home], follows: Sequence[str | None]
) -> Iterator[GridEffect]:
    had: Counter[str | None] = Counter()
    has: Counter[str | None] = Counter()
    for home, grid in zip(homes, follows, strict=True):
        had[home.grid] += home.households
        has[grid] += home.households
    keys = before.grids.keys() | after.grids.keys()
    grounds = own_ground(before), own_ground(after)
    for key in sorted(keys, key=lambda key: (after.name(key) or before.name(key), key)):
        was, becomes = before.grids.get(key), after.grids.get(key)
        change = _change(key, was, becomes, grounds)
        yield GridEffect(key, change, was, becomes, had[key], has[key])


def _change(
    key: str,
    was: PlannedGrid | None,
    becomes: PlannedGrid | None,
    grounds: tuple[Mapping[str, BaseGeometry], Mapping[str, BaseGeometry]],
) -> GridChange:
    if was is None:
        return "added"
    if becomes is None:
        return "retired"
    one, other = grounds[0].get(key), grounds[1].get(key)
    if one is None or other is None or _differ(one, other):
        return "redrawn"
    return "same" if was == becomes else "renamed"


def own_ground(layout: Layout) -> dict[str, BaseGeometry]:
    """Return the ground that is each grid's own: without what dedicated grids lie over.

    Examples
    --------
    >>> own_ground(Layout({}, {}))
    {}
    """
    dedicated = {key for key, grid in layout.grids.items() if grid.kind == "dedicated"}
    cover = shapely.union_all(
        [layout.polygons[key] for key in sorted(dedicated & set(layout.polygons))]
    )
    return {
        key: polygon if key in dedicated else shapely.difference(polygon, cover)
        for key, polygon in layout.polygons.items()
    }


def _differ(one: BaseGeometry, other: BaseGeometry) -> bool:
    """Return whether grounds differ by more than what vertices in a straight border come to."""
    parts = shapely.get_parts(shapely.symmetric_difference(one, other))
    return bool((2 * shapely.area(parts) > ROUNDING_DEG * shapely.length(parts)).any())


def _buildings(homes: Sequence[Home], follows: Sequence[str | None]) -> Iterator[MovedBuilding]:
    moved: dict[int, list[MovedHome]] = defaultdict(list)
    units = Counter(one.building for one in homes)
    for home, grid in zip(homes, follows, strict=True):
        if grid != home.grid:
            moved[home.building].append(MovedHome(home, home.grid, grid))
    for building in sorted(moved):
        found = sorted(moved[building], key=lambda one: one.home.number)
        yield MovedBuilding(building, tuple(found), whole=len(found) == units[building])


def _workers(
    affected: Affected, follows: Sequence[str | None], after: Layout
) -> Iterator[WorkerEffect]:
    homes = affected.homes
    weights = np.array([one.households for one in homes], dtype=np.int64)
    buildings = np.array([one.building for one in homes], dtype=np.int64)
    keys = np.array([one.key for one in homes], dtype=np.int64)
    was = np.array([one.grid or "" for one in homes], dtype=object)
    becomes = np.array([grid or "" for grid in follows], dtype=object)
    for worker in affected.ground.workers:
        own = np.isin(buildings, worker.buildings) | np.isin(keys, worker.units)
        had = own | _among(was, worker.grids)
        has = own | _among(becomes, worker.grids)
        passed = had & has & (was != becomes)
        retired = tuple(grid for grid in worker.grids if grid not in after.grids)
        if not (retired or passed.any() or (had != has).any()):
            continue
        yield WorkerEffect(
            worker,
            int(weights[had].sum()),
            int(weights[has].sum()),
            int(weights[has & ~had].sum()),
            int(weights[had & ~has].sum()),
            int(weights[passed].sum()),
            tuple(sorted(set(was[had]) - {""})),
            tuple(sorted(set(becomes[has]) - {""})),
            retired,
        )


def _among(grids: NDArray[np.object_], wanted: Sequence[str]) -> Bools:
    return np.array([grid in wanted for grid in grids], dtype=np.bool_)


def _stations(affected: Affected, follows: Sequence[str | None]) -> Iterator[StationEffect]:
    had: dict[int, Counter[str]] = defaultdict(Counter)
    has: dict[int, Counter[str]] = defaultdict(Counter)
    for home, grid in zip(affected.homes, follows, strict=True):
        if home.households:
            station = int(affected.ground.walk_station[home.building])
            had[station][home.grid or ""] += home.households
            has[station][grid or ""] += home.households
    for station in range(len(affected.ground.stations.codes)):
        if had[station] != has[station]:
            yield StationEffect(station, dict(had[station]), dict(has[station]))


def _pairing(
    affected: Affected, follows: Sequence[str | None], after: Layout
) -> Iterator[PairingEffect]:
    had: Counter[str | None] = Counter()
    has: Counter[str | None] = Counter()
    changes: set[str | None] = set()
    for home, grid in zip(affected.homes, follows, strict=True):
        had[home.grid] += home.households
        has[grid] += home.households
        if home.grid != grid:
            changes |= {home.grid, grid}
    for pairing in affected.pairing:
        retired = pairing.grid is not None and pairing.grid not in after.grids
        if pairing.grid is not None and (retired or pairing.grid in changes):
            yield PairingEffect(pairing, had[pairing.grid], has[pairing.grid], retired)


__all__ = [
    "Affected",
    "Case",
    "Effects",
    "GridChange",
    "GridEffect",
    "Home",
    "Layout",
    "MovedBuilding",
    "MovedCase",
    "MovedHome",
    "Pairing",
    "PairingEffect",
    "StationEffect",
    "WorkerEffect",
    "cases_moved",
    "effects",
    "grids_at",
    "homes_after",
    "own_ground",
]
