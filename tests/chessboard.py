"""Small plans on a chessboard in metres, to be measured: cells, buildings, roads, workers.

A cell is a square of :data:`SIDE_M`. Community ``A`` has the columns left of :data:`HALF`,
community ``B`` the others. Everything is given in metres from the lower left corner.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import shapely

from geo.core.crs import transform, transform_geometry
from geo.core.drafts import Cell, PlannedGrid, PlanState
from geo.core.ground import (
    Buildings,
    CommunityArea,
    CompoundArea,
    Ground,
    Lines,
    OpenIssues,
    StationSites,
    UnitByHand,
    Waters,
    Worker,
)
from geo.core.walking import nearest_on_foot, walking_network

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SRID = 4547
EAST_M, NORTH_M = 427_000.0, 2_960_000.0
SIDE_M = 100.0
HALF = 3
COLUMNS, ROWS = 6, 3
A, B = "999002001001", "999002001002"
GRIDS = {
    name: str(UUID(int=number)) for number, name in enumerate(("a1", "a2", "b1", "b2", "d"), 1)
}
"""Keys of grids by name: two general ones in each community, and a dedicated one in A."""

CODES = {"a1": f"{A}001", "a2": f"{A}002", "b1": f"{B}001", "b2": f"{B}002", "d": f"{A}003"}


@dataclass(frozen=True, slots=True)
class House:
    """A building of 6 m by 6 m around a point."""

    x: float
    y: float
    households: int = 0
    people: int = 0
    units: int = 1
    households_answered: int = 0
    units_answered: int = 0
    answered: bool = False
    half_m: float = 3.0


@dataclass(frozen=True, slots=True)
class Town:
    """What lies on the chessboard."""

    houses: Sequence[House] = ()
    roads: Sequence[Sequence[tuple[float, float]]] = ()
    stations: Sequence[tuple[float, float]] = ()
    waters: Sequence[shapely.Geometry] = ()
    compounds: Mapping[str, shapely.Geometry] = field(default_factory=dict)
    workers: Sequence[Worker] = ()
    by_hand: Sequence[UnitByHand] = ()


def square(column: int, row: int) -> shapely.Polygon:
    """Return a cell's outline on the board."""
    west, south = column * SIDE_M, row * SIDE_M
    return shapely.box(west, south, west + SIDE_M, south + SIDE_M)


def metric(shape: Any) -> Any:
    """Return a shape of the board in the metric zone."""
    return shapely.transform(shape, lambda xy: xy + np.array([EAST_M, NORTH_M]))


def degrees(shape: Any) -> Any:
    """Return a shape of the board in WGS 84."""
    return transform_geometry(metric(shape), SRID, 4326)


def area_of(community: str) -> shapely.Geometry:
    """Return a community's area on the board."""
    columns = range(HALF) if community == A else range(HALF, COLUMNS)
    return shapely.union_all([square(x, y) for x in columns for y in range(ROWS)])


def state_of(owners: Mapping[tuple[int, int], str | None], **branches: str) -> PlanState:
    """Return a draft: the name of the grid of every cell, by column and row.

    Parameters
    ----------
    owners
        Cells that are not named have no grid.
    branches
        Names of party branches, by name of the grid; of the others none is known.
    """
    cells = {
        f"{x}-{y}": Cell(
            bytes(shapely.to_wkb(degrees(square(x, y)))).hex(), A if x < HALF else B, f"{x}-{y}"
        )
        for x in range(COLUMNS)
        for y in range(ROWS)
    }
    grids = {
        GRIDS[name]: PlannedGrid(
            code, name, name, "dedicated" if name == "d" else "general", branches.get(name, "")
        )
        for name, code in CODES.items()
    }
    owned = {f"{x}-{y}": GRIDS[name] if name else None for (x, y), name in owners.items()}
    return PlanState.of(cells, owned, grids)


def ground_of(town: Town) -> Ground:
    """Return the ground of a town."""
    houses = town.houses
    xy = np.array([(one.x, one.y) for one in houses], dtype=float).reshape(-1, 2)
    xy += (EAST_M, NORTH_M)
    stops = np.array(town.stations, dtype=float).reshape(-1, 2) + np.array([EAST_M, NORTH_M])
    roads = np.array([metric(shapely.LineString(one)) for one in town.roads], dtype=object)
    walks = nearest_on_foot(walking_network(roads), xy, stops)
    boxes = [
        shapely.box(one.x - one.half_m, one.y - one.half_m, one.x + one.half_m, one.y + one.half_m)
        for one in houses
    ]
    return Ground(
        jurisdiction="board",
        srid=SRID,
        buildings=Buildings(
            keys=np.arange(len(houses)),
            codes=tuple(f"H{row:03}" for row in range(len(houses))),
            addresses=("",) * len(houses),
            sites=_degrees(xy),
            xy=xy,
            footprints=np.array([metric(one) for one in boxes], dtype=object),
            compounds=("",) * len(houses),
            blocks=("",) * len(houses),
            households=_counts(houses, "households"),
            people=_counts(houses, "people"),
            units=_counts(houses, "units"),
            households_answered=_counts(houses, "households_answered"),
            units_answered=_counts(houses, "units_answered"),
            answered=_counts(houses, "answered").astype(bool),
        ),
        communities=tuple(CommunityArea(one, one, one, metric(area_of(one))) for one in (A, B)),
        compounds=tuple(
            CompoundArea(name, A, name, name, metric(area)) for name, area in town.compounds.items()
        ),
        roads=Lines(
            roads, ("lane",) * len(roads), ("",) * len(roads), np.ones(len(roads), dtype=bool)
        ),
        waters=Waters(
            np.array([metric(one) for one in town.waters], dtype=object),
            ("river",) * len(town.waters),
            ("",) * len(town.waters),
        ),
        stations=StationSites(
            codes=tuple(str(row) for row in range(len(stops))),
            kinds=("workstation",) * len(stops),
            names=("",) * len(stops),
            names_en=("",) * len(stops),
            communities=(A,) * len(stops),
            sites=_degrees(stops),
            xy=stops,
        ),
        workers=tuple(town.workers),
        open_issues=OpenIssues((), (), (), np.empty((0, 2)), np.empty(0, dtype=np.int64), ()),
        by_hand=tuple(town.by_hand),
        walk_m=walks.walk_m,
        walk_station=walks.station,
    )


def worker(code: str, *, grids: Sequence[str] = (), buildings: Sequence[int] = ()) -> Worker:
    """Return a full-time grid worker who answers for grids, by name, or for buildings."""
    keys = tuple(GRIDS[one] for one in grids)
    return Worker(code, code, "grid_worker", A, keys, tuple(buildings), ())


def _counts(houses: Sequence[House], name: str) -> np.ndarray:
    return np.array([getattr(one, name) for one in houses], dtype=np.int64)


def _degrees(xy: np.ndarray) -> np.ndarray:
    return np.column_stack(transform(xy[:, 0], xy[:, 1], SRID, 4326))
