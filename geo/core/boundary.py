"""Polygons as flat arrays of boundary segments, for arithmetic over all of them at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.errors import PolygonRefusedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]

MISSING, POLYGON, MULTIPOLYGON = -1, 3, 6
"""Geometry types as GEOS numbers them."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """All boundary segments of some polygons, each from vertex ``start[s]`` to the next.

    Parameters
    ----------
    x, y
        Vertices of all rings, ring after ring, each closed; (v,).
    start
        First vertex of each segment, without those of no length; (s,).
    owner
        Row of the polygon each segment bounds; (s,). Segments of a polygon are neighbours.
    sense
        +1 where the interior lies left of the segment, −1 where it lies right; (s,).
    """

    x: Floats
    y: Floats
    start: Ints
    owner: Ints
    sense: NDArray[np.int8]

    @property
    def size(self) -> int:
        """Number of segments."""
        return len(self.start)


def boundary_of(polygons: NDArray[np.object_]) -> Boundary:
    """Flatten polygons into their boundary segments.

    Parameters
    ----------
    polygons
        Valid polygons and multipolygons (n,), WGS 84 degrees; ``None`` and empty ones add nothing.

    Raises
    ------
    PolygonRefusedError
        When a row is no polygon, or lies beyond ±180° or ±90°.

    Examples
    --------
    >>> square = boundary_of(np.array([shapely.box(0, 0, 1, 1), None]))
    >>> square.size, square.owner.tolist(), square.sense.tolist()
    (4, [0, 0, 0, 0], [1, 1, 1, 1])
    >>> boundary_of(np.array([], dtype=object)).size
    0
    """
    _refuse_others(polygons)
    plain = shapely.get_type_id(polygons) == POLYGON
    plain &= shapely.get_num_interior_rings(polygons) == 0
    rows, involved = np.flatnonzero(plain), np.flatnonzero(~plain)
    coordinates, geometry = shapely.get_coordinates(polygons[rows], return_index=True)
    owner, ring, hole = rows[geometry], geometry, np.zeros(len(rows), dtype=bool)
    if len(involved):
        more, more_owner, more_ring, more_hole = _rings_of(polygons, involved)
        coordinates = np.concatenate([coordinates, more])
        owner = np.concatenate([owner, more_owner])
        ring = np.concatenate([ring, more_ring + len(hole)])
        hole = np.concatenate([hole, more_hole])
    return _segments_of(coordinates, owner, ring, hole)


def _refuse_others(polygons: NDArray[np.object_]) -> None:
    """Raise for rows that are no polygons of this globe."""
    wrong = ~np.isin(shapely.get_type_id(polygons), (MISSING, POLYGON, MULTIPOLYGON))
    west, south, east, north = shapely.bounds(polygons).T
    held = ~(shapely.is_missing(polygons) | shapely.is_empty(polygons))
    wrong |= held & ~np.isfinite(shapely.area(polygons))
    wrong |= (west < -180) | (east > 180) | (south < -90) | (north > 90)  # noqa: PLR2004 - degrees
    if wrong.any():
        raise PolygonRefusedError(row=int(np.argmax(wrong)) + 1)


def _rings_of(
    polygons: NDArray[np.object_], rows: NDArray[np.intp]
) -> tuple[Floats, NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
    """Return vertices, their polygons and rings, and which rings are holes, of any polygons."""
    parts, part_row = shapely.get_parts(polygons[rows], return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    hole = np.r_[False, ring_part[1:] == ring_part[:-1]][: len(rings)]
    return coordinates, rows[part_row[ring_part[ring]]], ring, hole


def _segments_of(
    coordinates: Floats,
    owner: NDArray[np.intp],
    ring: NDArray[np.intp],
    hole: NDArray[np.bool_],
) -> Boundary:
    x, y = np.ascontiguousarray(coordinates[:, 0]), np.ascontiguousarray(coordinates[:, 1])
    real = (ring[1:] == ring[:-1]) & ((x[1:] != x[:-1]) | (y[1:] != y[:-1]))
    start = np.flatnonzero(real).astype(np.int32)
    left = _counterclockwise(x, y, ring, len(hole))
    sense = np.where(left != hole, 1, -1).astype(np.int8)
    return Boundary(x, y, start, owner[start].astype(np.int32), sense[ring[start]])


def _counterclockwise(
    x: Floats, y: Floats, ring: NDArray[np.intp], ring_count: int
) -> NDArray[np.bool_]:
    """Tell for each ring whether it turns left, by its signed area about its first vertex."""
    left = np.zeros(ring_count, dtype=bool)
    if not len(ring):
        return left
    first = np.flatnonzero(np.r_[True, ring[1:] != ring[:-1]])
    count = np.diff(np.r_[first, len(ring)])
    east, north = x - np.repeat(x[first], count), y - np.repeat(y[first], count)
    # The step from a ring's last vertex to the next ring's first one starts at the origin: no area.
    area = np.r_[east[:-1] * north[1:] - east[1:] * north[:-1], 0.0]
    left[ring[first]] = np.add.reduceat(area, first) > 0
    return left
