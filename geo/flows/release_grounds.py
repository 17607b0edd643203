"""What a release counts by: the grids in force, or the cells of a lattice that never moves."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.core.crs import WGS84_SRID, transform, transform_geometry
from geo.core.lattice import Lattice
from geo.flows.registry import build_index
from geo.messages import Name
from geo.settings import settings
from geo.store.generations import period_at, read_generation
from geo.store.releases import area_of, community_areas

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from geo.core.lattice import Cells, Kind
    from geo.core.releases import Geography
    from geo.store.releases import Placed, ReleasingPlace

    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

NOWHERE = -1


@dataclass(frozen=True, slots=True, eq=False)
class ReleaseGround:
    """Places to count by.

    Parameters
    ----------
    geography, side_m, generation
        As of :class:`geo.core.releases.Release`.
    keys, names, shapes
        Of the places (n,).
    rows
        Finds the places of what is somewhere; :data:`NOWHERE` where it is in none.
    generation_id
        Key of the generation, where there is one.
    """

    geography: Geography
    keys: tuple[str, ...]
    names: tuple[Name, ...]
    shapes: Shapes
    rows: Callable[[Placed], Ints]
    side_m: float | None = None
    generation: str = ""
    generation_id: int | None = None


class ReleaseGrounds:
    """What the periods of a jurisdiction are counted by, as the settings say; each is made once.

    Parameters
    ----------
    session
        Of the database's owner.
    place
        The jurisdiction.
    """

    def __init__(self, session: Session, place: ReleasingPlace) -> None:
        self._session, self._place = session, place
        self._made: dict[int | None, ReleaseGround] = {}

    def until(self, ends: datetime) -> ReleaseGround | None:
        """Return what a period is counted by that ends at an instant.

        Grids are those of the generation that was in force at the end; none where there was none.
        """
        if settings().public_geography != "grid":
            return self._known(None)
        period = period_at(self._session, self._place.id, ends - timedelta(microseconds=1))
        return self._known(period.id) if period else None

    def _known(self, generation_id: int | None) -> ReleaseGround:
        if generation_id not in self._made:
            self._made[generation_id] = (
                _cells(self._session, self._place)
                if generation_id is None
                else _grids(self._session, generation_id)
            )
        return self._made[generation_id]


def _cells(session: Session, place: ReleasingPlace) -> ReleaseGround:
    chosen = settings()
    kind: Kind = "square" if chosen.public_geography == "square" else "hexagon"
    lattice = Lattice(kind, chosen.public_side_m, place.metric_srid)
    area = area_of(session, place.id)
    shapely.prepare(area)
    cells = lattice.cells_over(transform_geometry(area, WGS84_SRID, place.metric_srid))

    def rows(found: Placed) -> Ints:
        known = shapely.intersects_xy(area, found.lon, found.lat)
        at = np.full(len(found.lon), NOWHERE, dtype=np.int64)
        metric = transform(found.lon[known], found.lat[known], WGS84_SRID, place.metric_srid)
        at[known] = cells.rows_at(*metric)
        return at

    shapes = transform_geometry(cells.clipped, place.metric_srid, WGS84_SRID)
    names = _names_of_cells(session, place, cells, shapes)
    return ReleaseGround(lattice.kind, cells.keys, names, shapes, rows, side_m=lattice.side_m)


def _names_of_cells(
    session: Session, place: ReleasingPlace, cells: Cells, shapes: Shapes
) -> tuple[Name, ...]:
    """Call cells after the community that a point of theirs lies in, with a number in it."""
    named, areas = community_areas(session, place.id)
    points = shapely.point_on_surface(shapes)
    of_cell = dict(reversed(shapely.STRtree(areas).query(points, "intersects").T.tolist()))
    numbers: Counter[int] = Counter()
    found = []
    for row in range(len(cells)):
        home = of_cell.get(row, NOWHERE)
        numbers[home] += 1
        one = named[home] if home != NOWHERE else Name("")
        said = (f"{text} {numbers[home]}" if text else "" for text in (one.name, one.name_en))
        found.append(Name(*said))
    return tuple(found)


def _grids(session: Session, generation_id: int) -> ReleaseGround:
    stored = read_generation(session, generation_id)
    if stored is None:
        raise LookupError(generation_id)
    index = build_index(stored)
    row_of: dict[UUID | None, int] = {grid.id: row for row, grid in enumerate(stored.grids)}

    def rows(found: Placed) -> Ints:
        at = np.array([row_of.get(one, NOWHERE) for one in found.grids], dtype=np.int64)
        unknown = (at == NOWHERE) & np.isfinite(found.lon)
        at[unknown] = index.locator.assign(found.lon[unknown], found.lat[unknown]).owner
        return at

    return ReleaseGround(
        "grid",
        tuple(grid.code for grid in stored.grids),
        tuple(Name(grid.name, grid.name_en) for grid in stored.grids),
        stored.polygons,
        rows,
        generation=stored.period.label,
        generation_id=stored.period.id,
    )


__all__ = ["NOWHERE", "ReleaseGround", "ReleaseGrounds"]
