"""Which polygon a position belongs to: one owner for every position, the same everywhere.

Polygons come in order of precedence: where several contain a position, interiors and boundaries
counted alike, the first of them owns it. Containment is exact (robust predicates), so every
process, bulk or single, and the database give the same owner.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

from geo.core import owner_raster
from geo.core.borders import NOBODY
from geo.core.boundary import boundary_of
from geo.core.containment import CACHED_SEGMENTS, ExactTest
from geo.core.cores import blocks, spread_over_cores
from geo.core.local_metres import metres_per_degree
from geo.core.nearest import NearestBoundary
from geo.core.owner_raster import FIRST_EDGE_CODE
from geo.errors import InvalidAccuracyError, InvalidPositionError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from shapely import Polygon
    from shapely.geometry.base import BaseGeometry

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]

Method = Literal["inside", "edge", "nearest", "outside"]
METHODS = ("inside", "edge", "nearest", "outside", "invalid")
"""Names of the method codes of :class:`Assigned`."""

INSIDE, EDGE, NEAREST, OUTSIDE, INVALID = range(5)

EDGE_TOLERANCE_M = 0.001
"""Positions this close to another owner are flagged; surveys of boundaries don't know better."""

MAX_ACCURACY_M = 100_000.0
CIRCLE_SIDES = 64
"""Sides of the polygon that stands for the circle of accuracy; it has the circle's area."""

SHARE_DIGITS = 6
MIN_SHARE = 1e-6
"""Smaller parts of the circle are rounding."""

SERVICE_CELLS = 1 << 22
"""Cells of a raster made for single positions: 16 MB, about 10 m wide over a city of 20 km."""

MIN_CELLS_LOG4, MAX_CELLS_LOG4 = 5, 13
CELL_COST, EDGE_CELL_COST = 0.1, 2.0
"""What a cell, and an edge cell, cost to build, in exact tests of a position (measured)."""

POINTS_AT_ONCE = 1 << 18


@dataclass(frozen=True, slots=True)
class Candidate:
    """A polygon that a position may belong to.

    Parameters
    ----------
    row
        Of the polygon.
    share
        Of the area of the circle of accuracy that this polygon owns.
    """

    row: int
    share: float


@dataclass(frozen=True, slots=True)
class Located:
    """Where a position belongs.

    Parameters
    ----------
    method
        ``inside`` one polygon; on an ``edge``, within a millimetre of another owner; in none but
        close to the ``nearest``; or ``outside``.
    owner
        The row of the polygon that owns the position; ``None`` outside.
    nearest
        The nearest polygon's row when none contains the position; ``None`` when there are none.
    distance_m
        To the nearest polygon; 0 when one contains the position, ``None`` when there are none.
    candidates
        By share, largest first; equal shares in order of precedence.
    confident
        Whether the owner holds enough of the circle of accuracy to need no second look.
    """

    method: Method
    owner: int | None
    nearest: int | None
    distance_m: float | None
    candidates: tuple[Candidate, ...]
    confident: bool


@dataclass(frozen=True, slots=True)
class Assigned:
    """Where many positions belong; arrays of one length.

    Parameters
    ----------
    owner
        Row of the owner, −1 for none.
    nearest
        Row of the nearest polygon where none contains the position, else −1.
    method
        Index into :data:`METHODS`.
    distance_m
        To the nearest polygon; 0 inside one, NaN where there is none or the position is invalid.
    """

    owner: Ints
    nearest: Ints
    method: NDArray[np.int8]
    distance_m: Floats


class Locator:
    """An index over polygons that tells the owner of positions.

    Parameters
    ----------
    polygons
        Valid polygons and multipolygons (n,), EPSG:4326, in order of precedence; ``None`` and
        empty ones own nothing.
    nearest_max_m
        How far from every polygon a position still goes to the nearest.
    confident_share
        Share of the circle of accuracy that makes an answer sure.
    expected_points
        How many positions will be asked for in bulk, to size the raster; ``None`` for a service
        that answers single positions for long.
    cell_count
        Cells of the raster, when they shall be neither of these.

    Raises
    ------
    PolygonRefusedError
        When a row is no polygon, or lies beyond ±180° or ±90°.

    Examples
    --------
    >>> halves = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> locator = Locator(halves)
    >>> locator.locate(0.5, 0.5).owner, locator.locate(1.5, 0.5).owner
    (0, 1)
    >>> locator.locate(1.0, 0.5).method, locator.locate(1.0, 0.5).owner
    ('edge', 0)
    >>> Locator(np.array([], dtype=object)).locate(0.5, 0.5).method
    'outside'
    """

    def __init__(
        self,
        polygons: NDArray[np.object_],
        *,
        nearest_max_m: float = 30.0,
        confident_share: float = 0.95,
        expected_points: int | None = None,
        cell_count: int | None = None,
    ) -> None:
        self.polygons = np.asarray(polygons, dtype=object)
        self.nearest_max_m = nearest_max_m
        self.confident_share = confident_share
        self.boundary = boundary_of(self.polygons)
        self._inside: list[Located | None] = [None] * len(self.polygons)
        self._west = self._south = self._east = self._north = np.nan
        if self.boundary.size:
            self._index(cell_count or self._cells_for(expected_points))

    def _cells_for(self, point_count: int | None) -> int:
        """Return the number of cells that makes building and asking cheapest together.

        Edge cells grow with the square root of the number of cells; the share of positions in them
        falls with it.
        """
        if point_count is None:
            return SERVICE_CELLS
        x, y, start = self.boundary.x, self.boundary.y, self.boundary.start
        width, height = np.ptp(x), np.ptp(y)
        across = np.abs(x[start + 1] - x[start]).sum() / max(width, 1e-9)
        up = np.abs(y[start + 1] - y[start]).sum() / max(height, 1e-9)
        counts = 4.0 ** np.arange(MIN_CELLS_LOG4, MAX_CELLS_LOG4 + 0.5, 0.5)
        edges = (across + up) / 2 * np.sqrt(counts) + self.boundary.size
        share = 1 - np.exp(-edges / counts)
        tests = share * point_count * (1 + len(self.polygons) / counts)
        cost = counts * CELL_COST + edges * EDGE_CELL_COST + tests
        return int(counts[np.argmin(cost)])

    def _index(self, cell_count: int) -> None:
        frame = owner_raster.frame_of(self.boundary, cell_count, EDGE_TOLERANCE_M)
        self.raster = owner_raster.build(self.polygons, self.boundary, frame)
        self.exact = ExactTest(self.polygons, self.boundary, self.raster, EDGE_TOLERANCE_M)
        self._west, self._per_lon, self._columns = frame.west, frame.per_lon, frame.columns
        self._south, self._per_lat = frame.south, frame.per_lat
        self._east = float(self.boundary.x.max())
        self._north = float(self.boundary.y.max())
        self._cells = self.raster.cells.data
        self._table = self.raster.cells.reshape(frame.rows, frame.columns)
        east, north = metres_per_degree([self._south, self._north, 0.0])
        # Corners of the circle's polygon lie a little outside the circle: less than a hundredth.
        self._circle_deg = 1.01 / float(east[:2].min()), 1.01 / float(north.min())

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north of all polygons, a hair enlarged; NaN when there are none."""
        return self._west, self._south, self._east, self._north

    @cached_property
    def _nearest(self) -> NearestBoundary:
        return NearestBoundary(self.raster.outline)

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.polygons)

    def locate(self, lon: float, lat: float, accuracy_m: float | None = None) -> Located:
        """Tell where one position belongs.

        Parameters
        ----------
        lon, lat
            WGS 84 degrees.
        accuracy_m
            Radius of the circle the position may really lie in; ``None`` or 0 when it is exact.

        Raises
        ------
        InvalidPositionError
            When the numbers are no position on earth.
        InvalidAccuracyError
            When the radius is negative, no number, or above 100 km.
        """
        if self._west <= lon <= self._east and self._south <= lat <= self._north:
            column, row = (lon - self._west) * self._per_lon, (lat - self._south) * self._per_lat
            code = self._cells[int(row) * self._columns + int(column)]
            located = self._in(code) if code >= 0 else self._locate_slowly(lon, lat)
        else:
            located = self._locate_slowly(lon, lat)
        if not accuracy_m or self._surely_in(located, lon, lat, accuracy_m):
            return located
        return self._with_accuracy(located, lon, lat, accuracy_m)

    def _surely_in(self, located: Located, lon: float, lat: float, accuracy_m: float) -> bool:
        """Tell whether clean cells of one owner cover the whole circle of accuracy."""
        if located.method != "inside" or not 0 < accuracy_m <= MAX_ACCURACY_M:
            return False
        wide, high = accuracy_m * self._circle_deg[0], accuracy_m * self._circle_deg[1]
        west, south = lon - wide - self._west, lat - high - self._south
        if west < 0 or south < 0 or lon + wide > self._east or lat + high > self._north:
            return False
        columns = slice(int(west * self._per_lon), int((west + 2 * wide) * self._per_lon) + 2)
        rows = slice(int(south * self._per_lat), int((south + 2 * high) * self._per_lat) + 2)
        return bool((self._table[rows, columns] == located.owner).all())

    def _in(self, row: int) -> Located:
        """Return the one answer for positions inside a polygon."""
        located = self._inside[row]
        if located is None:
            candidates = (Candidate(row, 1.0),)
            located = Located("inside", row, None, 0.0, candidates, confident=True)
            self._inside[row] = located
        return located

    def _locate_slowly(self, lon: float, lat: float) -> Located:
        """Tell where a position in an edge cell or outside belongs."""
        if not (abs(lon) <= 180 and abs(lat) <= 90):  # noqa: PLR2004 - degrees
            raise InvalidPositionError(lon=lon, lat=lat)
        found = self.assign([lon], [lat])
        method, owner = METHODS[found.method[0]], int(found.owner[0])
        if method == "inside":
            return self._in(owner)
        if method == "edge":
            return self._on_edge(lon, lat, owner)
        if not self.boundary.size:
            return Located("outside", None, None, None, (), confident=False)
        nearest, distance_m = int(found.nearest[0]), float(found.distance_m[0])
        if method == "nearest":
            candidates = (Candidate(nearest, 1.0),)
            return Located("nearest", nearest, nearest, distance_m, candidates, confident=False)
        candidates = (Candidate(nearest, 0.0),)
        return Located("outside", None, nearest, distance_m, candidates, confident=False)

    def _on_edge(self, lon: float, lat: float, owner: int) -> Located:
        """Give every polygon that touches the position the same share: there is no area yet."""
        metres = metres_per_degree(lat)
        reach = EDGE_TOLERANCE_M / float(min(metres))
        rows = set(self._tree.query(shapely.Point(lon, lat), predicate="dwithin", distance=reach))
        ordered = [owner, *sorted(int(row) for row in rows if row != owner)]
        candidates = tuple(Candidate(row, 1 / len(ordered)) for row in ordered)
        return Located("edge", owner, None, 0.0, candidates, confident=False)

    def _with_accuracy(self, point: Located, lon: float, lat: float, accuracy_m: float) -> Located:
        """Replace the candidates by the shares of the circle of accuracy."""
        if not (isfinite(accuracy_m) and 0 < accuracy_m <= MAX_ACCURACY_M):
            raise InvalidAccuracyError(accuracy_m=accuracy_m)
        candidates = self._shares(circle(lon, lat, accuracy_m)) or point.candidates
        share = next((one.share for one in candidates if one.row == point.owner), 0.0)
        confident = point.method in ("inside", "edge") and share >= self.confident_share
        return Located(
            point.method, point.owner, point.nearest, point.distance_m, candidates, confident
        )

    def _shares(self, around: Polygon) -> tuple[Candidate, ...]:
        """Divide a circle among the owners of its parts."""
        rest: BaseGeometry = around
        whole, found = around.area, []
        for row in sorted(self._tree.query(around, predicate="intersects")):
            share = shapely.intersection(rest, self.polygons[row]).area / whole
            if share >= MIN_SHARE:
                found.append(Candidate(int(row), round(share, SHARE_DIGITS)))
                rest = shapely.difference(rest, self.polygons[row])
        return tuple(sorted(found, key=lambda one: (-one.share, one.row)))

    def assign(self, lon: ArrayLike, lat: ArrayLike, *, nearest: bool = True) -> Assigned:
        """Tell where many positions belong; the same owners as :meth:`locate`.

        Parameters
        ----------
        lon, lat
            WGS 84 degrees (n,). What is no position on earth gets the method ``invalid``.
        nearest
            Whether to look for the nearest polygon of positions that none contains; if not, they
            are all ``outside``.

        Examples
        --------
        >>> locator = Locator(np.array([shapely.box(0, 0, 1, 1)]))
        >>> found = locator.assign([0.5, 9.0, np.nan], [0.5, 9.0, 0.0])
        >>> found.owner.tolist(), [METHODS[code] for code in found.method]
        ([0, -1, -1], ['inside', 'outside', 'invalid'])
        >>> locator.assign([], []).owner.size
        0
        """
        lon, lat = (np.ascontiguousarray(one, dtype=np.float64) for one in (lon, lat))
        count = len(lon)
        found = Assigned(
            np.full(count, NOBODY, dtype=np.int32),
            np.full(count, NOBODY, dtype=np.int32),
            np.full(count, OUTSIDE, dtype=np.int8),
            np.full(count, np.nan),
        )
        many = self.boundary.size > CACHED_SEGMENTS
        parts = blocks(count, POINTS_AT_ONCE << 2 if many else POINTS_AT_ONCE)
        doubtful = spread_over_cores(lambda part: self._own(lon, lat, part, found), parts)
        self._settle(lon, lat, np.concatenate([np.zeros(0, dtype=np.intp), *doubtful]), found)
        if nearest:
            self._find_nearest(lon, lat, found)
        return found

    def _own(self, lon: Floats, lat: Floats, part: slice, found: Assigned) -> NDArray[np.intp]:
        """Write the owners of a part; return which of its positions need the slow test."""
        x, y = lon[part], lat[part]
        owner, method = found.owner[part], found.method[part]
        valid = (np.abs(x) <= 180) & (np.abs(y) <= 90)  # noqa: PLR2004 - degrees
        method[~valid] = INVALID
        if not self.boundary.size:
            return np.zeros(0, dtype=np.intp)
        here = np.flatnonzero(
            (x >= self._west) & (x <= self._east) & (y >= self._south) & (y <= self._north)
        )
        frame, x, y = self.raster.frame, x[here], y[here]
        cell = frame.rows_of(y).astype(np.intp) * frame.columns + frame.columns_of(x)
        code = self.raster.cells[cell]
        near = np.flatnonzero(code <= FIRST_EDGE_CODE)
        code[near], doubtful = self.exact.owners(x[near], y[near], FIRST_EDGE_CODE - code[near])
        owner[here] = code
        inside = here[code >= 0]
        method[inside] = INSIDE
        found.distance_m[part][inside] = 0.0
        return np.asarray(here[near[doubtful]] + part.start)

    def _settle(
        self, lon: Floats, lat: Floats, doubtful: NDArray[np.intp], found: Assigned
    ) -> None:
        if not len(doubtful):
            return
        x, y, frame = lon[doubtful], lat[doubtful], self.raster.frame
        cell = frame.rows_of(y).astype(np.intp) * frame.columns + frame.columns_of(x)
        owner, edge = self.exact.settle(x, y, FIRST_EDGE_CODE - self.raster.cells[cell])
        found.owner[doubtful] = owner
        found.method[doubtful] = np.where(edge, EDGE, np.where(owner < 0, OUTSIDE, INSIDE))
        found.distance_m[doubtful] = np.where(owner < 0, np.nan, 0.0)

    def _find_nearest(self, lon: Floats, lat: Floats, found: Assigned) -> None:
        outside = np.flatnonzero(found.method == OUTSIDE)
        if not (len(outside) and self.boundary.size):
            return
        nearest, distance_m = self._nearest.find(lon[outside], lat[outside])
        close = distance_m <= self.nearest_max_m
        found.nearest[outside], found.distance_m[outside] = nearest, distance_m
        found.owner[outside[close]] = nearest[close]
        found.method[outside[close]] = NEAREST


def circle(lon: float, lat: float, radius_m: float) -> Polygon:
    """Return the polygon, in degrees, that stands for a circle on the ground.

    It has :data:`CIRCLE_SIDES` sides and the area of the circle, so that shares of it are right.

    Examples
    --------
    >>> west, south, east, north = circle(0.0, 0.0, 111_000.0).bounds
    >>> round(east, 1), round(north, 1)
    (1.0, 1.0)
    """
    turn = 2 * np.pi / CIRCLE_SIDES
    corner_m = radius_m * np.sqrt(turn / np.sin(turn))
    angle = turn * np.arange(CIRCLE_SIDES)
    east, north = metres_per_degree(lat)
    x, y = lon + corner_m / east * np.cos(angle), lat + corner_m / north * np.sin(angle)
    return shapely.Polygon(np.column_stack([x, y]))
