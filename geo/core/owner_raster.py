"""A raster over the polygons that knows the owner of every cell no boundary comes near.

The bounds of all polygons are divided into equal cells. A cell is *clean* when no boundary
segment comes within the tolerance of it: all its positions have one owner, or none. The other
cells list the polygons whose boundaries come near, in order of precedence, for an exact test.

Owners of clean cells come from one sweep: along the middle of each row of cells every crossing of
a boundary adds or takes away its polygon, and the running sum says which polygon covers a cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.core.local_metres import metres_per_degree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.core.boundary import Boundary

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]

NOBODY = -1
FIRST_EDGE_CODE = -2
"""An edge cell number ``k`` is written into the raster as ``FIRST_EDGE_CODE - k``."""

WHOLE_MAX = 16
"""A polygon of no more segments is tested as a whole; of a larger one only the row's segments."""

ROUNDING_DEG = 1e-12
"""More than the rounding of degrees in any step here, far less than the tolerance."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the cells lie: the one map from degrees to cells, monotone in both coordinates.

    Parameters
    ----------
    west, south
        The corner of cell 0, degrees.
    per_lon, per_lat
        Cells per degree.
    columns, rows
        Number of cells.
    margin_lon, margin_lat
        The tolerance in degrees, a little enlarged.
    """

    west: float
    south: float
    per_lon: float
    per_lat: float
    columns: int
    rows: int
    margin_lon: float
    margin_lat: float

    def columns_of(self, lon: Floats) -> Ints:
        """Return the columns of longitudes, those outside brought to the nearest."""
        return _floor_within((lon - self.west) * self.per_lon, self.columns)

    def rows_of(self, lat: Floats) -> Ints:
        """Return the rows of latitudes, those outside brought to the nearest."""
        return _floor_within((lat - self.south) * self.per_lat, self.rows)

    def middle(self, row: Ints) -> Floats:
        """Return the latitudes of the middles of rows."""
        return self.south + (row + 0.5) / self.per_lat


def _floor_within(scaled: Floats, count: int) -> Ints:
    np.clip(scaled, 0, count - 1, out=scaled)
    return scaled.astype(np.int32)


@dataclass(frozen=True, slots=True)
class OwnerRaster:
    """The raster and what its edge cells need for the exact test.

    Parameters
    ----------
    frame
        Where the cells lie.
    cells
        Row by row from the south-west (rows · columns): the owner's row, ``NOBODY``, or an edge
        cell's number as ``FIRST_EDGE_CODE - k``.
    first
        Of edge cell ``k`` the candidates are ``candidate[first[k]:first[k + 1]]``.
    candidate
        Numbers of segment lists; within a cell in order of precedence.
    background
        The first polygon that covers the whole edge cell without a boundary in it, or ``NOBODY``.
    list_owner, list_first, segment
        List ``l`` belongs to polygon ``list_owner[l]``; its segments, all that a ray along the
        row could cross, are ``segment[list_first[l]:list_first[l + 1]]``.
    """

    frame: Frame
    cells: Ints
    first: Ints
    candidate: Ints
    background: Ints
    list_owner: Ints
    list_first: Ints
    segment: Ints


def frame_of(boundary: Boundary, cell_count: int, tolerance_m: float) -> Frame:
    """Lay about ``cell_count`` cells, square on the ground, over the bounds of a boundary."""
    west, south = float(boundary.x.min()), float(boundary.y.min())
    east, north = float(boundary.x.max()), float(boundary.y.max())
    long_m, lat_m = metres_per_degree(np.array([(south + north) / 2, max(-south, north, 0)]))
    margin_lon = 1.05 * tolerance_m / float(long_m[1]) + ROUNDING_DEG
    margin_lat = 1.05 * tolerance_m / float(lat_m.min()) + ROUNDING_DEG
    west, south = west - 2 * margin_lon, south - 2 * margin_lat
    width, height = east + 2 * margin_lon - west, north + 2 * margin_lat - south
    width_m, height_m = width * float(long_m[0]), height * float(lat_m[0])
    side_m = max((width_m * height_m / cell_count) ** 0.5, 8 * tolerance_m)
    columns = int(np.clip(round(width_m / side_m), 1, cell_count))
    rows = int(np.clip(round(height_m / side_m), 1, cell_count))
    return Frame(west, south, columns / width, rows / height, columns, rows, margin_lon, margin_lat)


def build(polygons: NDArray[np.object_], boundary: Boundary, frame: Frame) -> OwnerRaster:
    """Build the raster of owners.

    Parameters
    ----------
    polygons
        In order of precedence (n,), WGS 84 degrees.
    boundary
        Their segments; at least one.
    frame
        Where the cells lie.
    """
    segment, row = _pieces(boundary, frame)
    cell, owner = _touched(boundary, frame, segment, row, len(polygons))
    sweep = _sweep(boundary, frame)
    cell, owner, background = _edge_cells(polygons, frame, cell, owner, sweep)
    start = np.flatnonzero(np.r_[True, cell[1:] != cell[:-1]][: len(cell)])
    edge, first = cell[start], np.r_[start, len(cell)].astype(np.int32)
    cells = _clean_cells(polygons, frame, sweep, edge)
    cells[edge] = FIRST_EDGE_CODE - np.arange(len(edge), dtype=np.int32)
    lists = _lists(boundary, frame, segment, row, len(polygons))
    candidate = lists.number(owner, (cell // frame.columns).astype(np.int32))
    return OwnerRaster(
        frame, cells, first, candidate, background, lists.owner, lists.first, lists.segment
    )


def _edge_cells(
    polygons: NDArray[np.object_],
    frame: Frame,
    cell: NDArray[np.int64],
    owner: Ints,
    sweep: _Sweep,
) -> tuple[NDArray[np.int64], Ints, Ints]:
    """Find the background of every edge cell, and leave out what it precedes.

    Return cells and polygons that still count, and the backgrounds of these cells. A cell where
    none is left becomes a clean one.
    """
    start = np.flatnonzero(np.r_[True, cell[1:] != cell[:-1]])
    edge, first = cell[start], np.r_[start, len(cell)].astype(np.int32)
    background = _backgrounds(sweep, edge, owner, first)
    deep = np.flatnonzero(sweep.depth[edge] > 1)
    if len(deep):
        near = np.repeat(np.arange(len(edge)), np.diff(first)) * len(polygons) + owner
        background[deep] = _deep_backgrounds(polygons, frame, edge[deep], deep, near)
    if not (background >= 0).any():
        return cell, owner, background
    around = np.repeat(background, np.diff(first))
    counts = (around < 0) | (owner < around)
    left = np.logical_or.reduceat(counts, start)
    sweep.total[edge[~left]], sweep.depth[edge[~left]] = background[~left] + 1, 1
    return cell[counts], owner[counts], background[left]


def _spread(first: Ints, last: Ints) -> tuple[NDArray[np.intp], Ints]:
    """Repeat each range's index for each of its members; return indexes and members."""
    count = last - first + 1
    index = np.repeat(np.arange(len(first)), count)
    begin = np.cumsum(count) - count
    return index, (np.arange(len(index)) - (begin - first)[index]).astype(np.int32)


def _pieces(boundary: Boundary, frame: Frame) -> tuple[Ints, Ints]:
    """Cut segments at rows: return segment and row of every piece, the margin included."""
    y1, y2 = boundary.y[boundary.start], boundary.y[boundary.start + 1]
    lowest = frame.rows_of(np.minimum(y1, y2) - frame.margin_lat)
    highest = frame.rows_of(np.maximum(y1, y2) + frame.margin_lat)
    segment, row = _spread(lowest, highest)
    return segment.astype(np.int32), row


def _touched(
    boundary: Boundary, frame: Frame, segment: Ints, row: Ints, polygon_count: int
) -> tuple[NDArray[np.int64], Ints]:
    """Return each cell and polygon whose boundary comes near it once, sorted."""
    keys = [
        _touched_keys(boundary, frame, segment[part], row[part], polygon_count)
        for part in _blocks(len(segment))
    ]
    key = np.concatenate(keys)
    key.sort()
    key = key[np.r_[True, key[1:] != key[:-1]]]
    cell = key // polygon_count
    return cell, (key - cell * polygon_count).astype(np.int32)


def _blocks(count: int, size: int = 1 << 18) -> list[slice]:
    return [slice(begin, begin + size) for begin in range(0, count, size)]


def _touched_keys(
    boundary: Boundary, frame: Frame, segment: Ints, row: Ints, polygon_count: int
) -> NDArray[np.int64]:
    """Return cell · polygon_count + polygon for every cell that pieces come near."""
    start = boundary.start[segment]
    x1, y1, x2, y2 = (one[at] for at in (start, start + 1) for one in (boundary.x, boundary.y))
    south = frame.south + row / frame.per_lat - frame.margin_lat
    north = south + 1 / frame.per_lat + 2 * frame.margin_lat
    rise = y2 - y1
    slope = (x2 - x1) / np.where(rise == 0, 1.0, rise)
    west, east = np.minimum(x1, x2), np.maximum(x1, x2)
    enter = np.clip(x1 + (np.maximum(np.minimum(y1, y2), south) - y1) * slope, west, east)
    leave = np.clip(x1 + (np.minimum(np.maximum(y1, y2), north) - y1) * slope, west, east)
    flat = rise == 0
    enter, leave = np.where(flat, west, enter), np.where(flat, east, leave)
    left = frame.columns_of(np.minimum(enter, leave) - frame.margin_lon)
    right = frame.columns_of(np.maximum(enter, leave) + frame.margin_lon)
    index, column = _spread(left, right)
    cell = row[index].astype(np.int64) * frame.columns + column
    key = cell * polygon_count + boundary.owner[segment[index]]
    return np.unique(key)


@dataclass(frozen=True, slots=True)
class _Sweep:
    """For every cell the sum of row + 1 over the polygons that cover it, and their number.

    Both hold at the cell's right side in the middle of its row, thus all over a clean cell. Sums
    of several may wrap around: they only tell cells apart.
    """

    total: Ints
    depth: NDArray[np.int16]


def _sweep(boundary: Boundary, frame: Frame) -> _Sweep:
    """Run along the middle of every row, adding and taking away polygons at their boundaries."""
    x1, y1 = boundary.x[boundary.start], boundary.y[boundary.start]
    x2, y2 = boundary.x[boundary.start + 1], boundary.y[boundary.start + 1]
    lowest, highest = np.minimum(y1, y2), np.maximum(y1, y2)
    below = frame.rows_of(lowest)
    index, row = _spread(below, frame.rows_of(highest))
    middle = frame.middle(row)
    crossed = (lowest[index] <= middle) & (middle < highest[index])
    index, row, middle = index[crossed], row[crossed], middle[crossed]
    share = (middle - y1[index]) / (y2[index] - y1[index])
    column = frame.columns_of(x1[index] + share * (x2[index] - x1[index]))
    at = row.astype(np.intp) * frame.columns + column
    sign = np.where(y2 > y1, -boundary.sense, boundary.sense)[index].astype(np.int16)
    total = np.zeros((frame.rows, frame.columns), dtype=np.int32)
    depth = np.zeros((frame.rows, frame.columns), dtype=np.int16)
    np.add.at(total.ravel(), at, sign * (boundary.owner[index] + 1))
    np.add.at(depth.ravel(), at, sign)
    np.cumsum(total, axis=1, out=total)
    np.cumsum(depth, axis=1, out=depth)
    return _Sweep(total.ravel(), depth.ravel())


def _backgrounds(sweep: _Sweep, edge: NDArray[np.int64], owner: Ints, first: Ints) -> Ints:
    """Return the polygon around each edge cell that one polygon covers at its right side.

    It covers the whole cell when its own boundary doesn't come near.
    """
    around = sweep.total[edge] - 1
    own = np.repeat(around, np.diff(first)) == owner
    has_own = np.logical_or.reduceat(own, first[:-1])
    return np.where((sweep.depth[edge] == 1) & ~has_own, around, NOBODY).astype(np.int32)


def _covering(
    polygons: NDArray[np.object_], frame: Frame, cell: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return pairs of an index into ``cell`` and a polygon that contains that cell's middle."""
    row, column = np.divmod(cell, frame.columns)
    middles = shapely.points(frame.west + (column + 0.5) / frame.per_lon, frame.middle(row))
    index, owner = shapely.STRtree(polygons).query(middles, predicate="intersects")
    return index, owner


def _deep_backgrounds(
    polygons: NDArray[np.object_],
    frame: Frame,
    cell: NDArray[np.int64],
    number: NDArray[np.intp],
    near: NDArray[np.int64],
) -> Ints:
    """Find the backgrounds of edge cells that several polygons cover at their right sides.

    ``near`` holds number · polygon count + polygon for each polygon whose boundary comes near.
    """
    index, around = _covering(polygons, frame, cell)
    pair = number[index] * len(polygons) + around
    whole = near[np.minimum(np.searchsorted(near, pair), len(near) - 1)] != pair
    least = np.full(len(cell), len(polygons), dtype=np.int32)
    np.minimum.at(least, index[whole], around[whole].astype(np.int32))
    return np.where(least < len(polygons), least, NOBODY).astype(np.int32)


def _clean_cells(
    polygons: NDArray[np.object_], frame: Frame, sweep: _Sweep, edge: NDArray[np.int64]
) -> Ints:
    """Return the owners of all cells; those of edge cells mean nothing yet.

    Cells that several polygons cover go to the first of them, found once for a run of cells.
    """
    total, depth = sweep.total, sweep.depth
    cells = np.where(depth == 1, total - 1, NOBODY).astype(np.int32)
    depth[edge] = 0
    deep = np.flatnonzero(depth > 1)
    if not len(deep):
        return cells
    new = np.r_[True, (np.diff(deep) > 1) | (deep[1:] % frame.columns == 0)]
    new[1:] |= (total[deep[1:]] != total[deep[:-1]]) | (depth[deep[1:]] != depth[deep[:-1]])
    index, owner = _covering(polygons, frame, deep[new])
    least = np.full(int(new.sum()), len(polygons), dtype=np.int32)
    np.minimum.at(least, index, owner.astype(np.int32))
    cells[deep] = least[np.cumsum(new) - 1]
    return cells


@dataclass(frozen=True, slots=True)
class _Lists:
    """Lists of segments: one of each small polygon, and of each row that a larger one reaches."""

    owner: Ints
    first: Ints
    segment: Ints
    of_small: Ints
    large_key: NDArray[np.int64]
    rows: int

    def number(self, owner: Ints, row: Ints) -> Ints:
        """Return the lists that hold what a ray along a row may cross of polygons."""
        number = self.of_small[owner]
        large = np.flatnonzero(number < 0)
        key = owner[large].astype(np.int64) * self.rows + row[large]
        number[large] = np.searchsorted(self.large_key, key) + len(self.owner) - len(self.large_key)
        return number


def _lists(
    boundary: Boundary, frame: Frame, segment: Ints, row: Ints, polygon_count: int
) -> _Lists:
    count = np.bincount(boundary.owner, minlength=polygon_count)
    small = count <= WHOLE_MAX
    plain = np.flatnonzero(small[boundary.owner]).astype(np.int32)
    plain_owner = boundary.owner[plain]
    plain_first = np.flatnonzero(np.r_[True, plain_owner[1:] != plain_owner[:-1]][: len(plain)])
    of_small = np.full(polygon_count, -1, dtype=np.int32)
    of_small[plain_owner[plain_first]] = np.arange(len(plain_first))
    part = np.flatnonzero(~small[boundary.owner[segment]])
    key = boundary.owner[segment[part]].astype(np.int64) * frame.rows + row[part]
    order = np.argsort(key, kind="stable")
    key = key[order]
    large_first = np.flatnonzero(np.r_[True, key[1:] != key[:-1]][: len(key)])
    large_key = key[large_first]
    owner = np.r_[plain_owner[plain_first], (large_key // frame.rows).astype(np.int32)]
    first = np.r_[plain_first, large_first + len(plain), len(plain) + len(part)].astype(np.int32)
    listed = np.r_[plain, segment[part[order]]]
    return _Lists(owner.astype(np.int32), first, listed, of_small, large_key, frame.rows)
