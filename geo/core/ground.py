"""What a plan is drawn over and weighed by: buildings, people at work, roads, water, stations.

Everything is in order of code, so that rows mean the same wherever they are named. Lengths are
metres in the jurisdiction's own metric zone; positions that come from elsewhere and go elsewhere
are WGS 84 degrees as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    import numpy as np
    from numpy.typing import NDArray
    from shapely import MultiPolygon

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]
    Shapes = NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Buildings:
    """The buildings (楼栋) of a jurisdiction, one row each, in order of code.

    Parameters
    ----------
    keys, codes, addresses
        Key in the store, code, address (n,).
    sites
        The point inside that decides a building's grid, WGS 84 degrees (n, 2): longitude, latitude.
    xy
        The same points in metres of the metric zone (n, 2).
    footprints
        Outlines, metric polygons (n,).
    compounds
        The code of its compound (小区); empty where there is none.
    blocks
        The code of its block.
    households, people, units
        How many there are.
    households_answered, units_answered
        How many of them have a named person who answers for them (包户, 包单元).
    answered
        Whether somebody answers for the building (包栋).
    """

    keys: Ints
    codes: tuple[str, ...]
    addresses: tuple[str, ...]
    sites: Floats
    xy: Floats
    footprints: Shapes
    compounds: tuple[str, ...]
    blocks: tuple[str, ...]
    households: Ints
    people: Ints
    units: Ints
    households_answered: Ints
    units_answered: Ints
    answered: Bools

    def __len__(self) -> int:
        """Return the number of buildings."""
        return len(self.codes)


@dataclass(frozen=True, slots=True, eq=False)
class CommunityArea:
    """A community (社区): grids lie inside, and cover it. ``area`` is metric."""

    code: str
    name: str
    name_en: str
    area: MultiPolygon


@dataclass(frozen=True, slots=True, eq=False)
class CompoundArea:
    """A compound (小区): grids do not divide it. ``area`` is metric."""

    code: str
    community: str
    name: str
    name_en: str
    area: MultiPolygon


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Roads and railways as metric lines, with their kinds and names (n,).

    ``walkable`` tells which of them people may walk along.
    """

    lines: Shapes
    kinds: tuple[str, ...]
    names: tuple[str, ...]
    walkable: Bools


@dataclass(frozen=True, slots=True, eq=False)
class Waters:
    """Rivers, lakes and ponds as metric shapes, with their kinds and names (n,)."""

    shapes: Shapes
    kinds: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class StationSites:
    """Stations (红色驿站、工作站) in order of code (n,), in degrees (``sites``) and metres."""

    codes: tuple[str, ...]
    kinds: tuple[str, ...]
    names: tuple[str, ...]
    names_en: tuple[str, ...]
    communities: tuple[str, ...]
    sites: Floats
    xy: Floats


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody who answers for grids and buildings as their work (网格员、社区干部).

    Parameters
    ----------
    code, name, role, community
        Who, as what, of which community.
    grids
        Keys of the grids that they answer for, as text (包片).
    buildings
        Rows of the buildings (包栋).
    units
        Keys of the units (包单元).
    """

    code: str
    name: str
    role: str
    community: str
    grids: tuple[str, ...]
    buildings: tuple[int, ...]
    units: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class OpenIssues:
    """Issues that are not closed, as whoever asks may read them (n,).

    Parameters
    ----------
    keys, numbers, states
        Key, number, state.
    sites
        Degrees (n, 2); not a number where an issue has no position.
    buildings
        Row of the building that was given; -1 where none was.
    grids
        Key of the grid that has it now, as text; empty where none has.
    """

    keys: tuple[UUID, ...]
    numbers: tuple[str, ...]
    states: tuple[str, ...]
    sites: Floats
    buildings: Ints
    grids: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of issues."""
        return len(self.keys)


@dataclass(frozen=True, slots=True)
class UnitByHand:
    """A unit that was put into a grid by hand: it stays there wherever boundaries run.

    Parameters
    ----------
    unit
        Its key in the store.
    building
        Row of its building.
    grid
        Key of the grid, as text.
    households, people, households_answered
        How many; they are among those of the building.
    answered
        Whether somebody answers for the unit.
    """

    unit: int
    building: int
    grid: str
    households: int
    people: int
    households_answered: int
    answered: bool


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The ground of one jurisdiction.

    Parameters
    ----------
    jurisdiction
        Its slug.
    srid
        The EPSG code of its metric zone.
    buildings, communities, compounds, roads, waters, stations, workers
        See their types; all in order of code.
    open_issues
        As whoever asks may read them.
    by_hand
        Units that were put into a grid by hand.
    walk_m
        Metres on foot from every building to the nearest station; infinite where no way leads.
    walk_station
        The row of that station; -1 where there is none.
    """

    jurisdiction: str
    srid: int
    buildings: Buildings
    communities: tuple[CommunityArea, ...]
    compounds: tuple[CompoundArea, ...]
    roads: Lines
    waters: Waters
    stations: StationSites
    workers: tuple[Worker, ...]
    open_issues: OpenIssues
    by_hand: tuple[UnitByHand, ...]
    walk_m: Floats
    walk_station: Ints


__all__ = [
    "Buildings",
    "CommunityArea",
    "CompoundArea",
    "Ground",
    "Lines",
    "OpenIssues",
    "StationSites",
    "UnitByHand",
    "Waters",
    "Worker",
]
