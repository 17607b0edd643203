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

from geo.core.borders import NOBODY, borders_of, by_precedence, exposed
from geo.core.cores import blocks, spread_over_cores, together
from geo.core.local_metres import metres_per_degree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.core.borders import Borders
    from geo.core.boundary import Boundary

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]

FIRST_EDGE_CODE = -2
"""An edge cell number ``k`` is written into the raster as ``FIRST_EDGE_CODE - k``."""

WHOLE_MAX = 16
"""A polygon of no more segments is tested as a whole; of a larger one only the row's segments."""

PIECES_AT_ONCE = 1 << 16

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
        return np.asarray(self.south + (row + 0.5) / self.per_lat, dtype=np.float64)


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
    edges
        The edge cells.
    lists
        What is to be tested in them.
    outline
        Segments that can be nearest to a position outside.
    """

    frame: Frame
    cells: Ints
    edges: EdgeCells
    lists: SegmentLists
    outline: Borders


@dataclass(frozen=True, slots=True)
class EdgeCells:
    """Cells that boundaries come near, and the polygons these belong to.

    Parameters
    ----------
    cell
        Where they are in the raster (k,).
    first
        Candidates of edge cell ``k`` are ``polygon[first[k]:first[k + 1]]``; (k + 1,).
    polygon
        Rows of candidates, within a cell in order of precedence.
    background
        The first polygon that covers the whole cell without a boundary near it, or ``NOBODY``.
    rest
        Where only a border between two polygons comes near and nothing covers the cell, the
        second: it owns what the first doesn't contain. Else ``NOBODY``.
    """

    cell: NDArray[np.int64]
    first: Ints
    polygon: Ints
    background: Ints
    rest: Ints


@dataclass(frozen=True, slots=True)
class SegmentLists:
    """Lists of segments that a ray along a row may cross.

    A small polygon has one list of all its segments, a larger one a list for each row it reaches.

    Parameters
    ----------
    number
        The list of each candidate of the edge cells.
    owner
        The polygon of each list (l,).
    first
        List ``l`` is ``vertex[first[l]:first[l + 1]]``; (l + 1,).
    vertex
        The vertices that the segments start from.
    """

    number: Ints
    owner: Ints
    first: Ints
    vertex: Ints


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
    count = len(polygons)
    borders, reach = together(
        lambda: borders_of(boundary), lambda: _reaches(boundary, frame, count)
    )
    found, sweep = together(
        lambda: _edge_cells(borders, frame, count), lambda: _sweep(borders, frame)
    )
    edges = _settle_backgrounds(polygons, frame, found, sweep)
    cells = _clean_cells(polygons, frame, sweep, edges.cell)
    cells[edges.cell] = FIRST_EDGE_CODE - np.arange(len(edges.cell), dtype=np.int32)
    return OwnerRaster(frame, cells, edges, reach.lists(edges, frame), exposed(borders))


def _spread(first: Ints, last: Ints) -> tuple[NDArray[np.intp], Ints]:
    """Repeat each range's index for each of its members; return indexes and members."""
    count = last - first + 1
    index = np.repeat(np.arange(len(first)), count)
    offset = np.cumsum(count) - count - first
    return index, (np.arange(len(index)) - offset[index]).astype(np.int32)


def _starts(values: NDArray[np.int64] | Ints) -> NDArray[np.intp]:
    """Return where runs of equal values begin."""
    return np.flatnonzero(np.r_[True, values[1:] != values[:-1]][: len(values)])


def _edge_cells(borders: Borders, frame: Frame, polygon_count: int) -> EdgeCells:
    """Find the cells that borders come near; their backgrounds are not known yet.

    Borders are taken by arcs: runs of segments between the same two polygons. Where a single arc
    comes near, its two polygons fill the cell; several arcs' polygons are sorted out.
    """
    change = (borders.left[1:] != borders.left[:-1]) | (borders.right[1:] != borders.right[:-1])
    arc_start = np.flatnonzero(np.r_[True, change])
    arc_of = np.cumsum(np.r_[0, change], dtype=np.int64)
    cell, arc = _touched(borders, frame, arc_of)
    low, high = by_precedence(borders.left[arc_start], borders.right[arc_start])
    start = _starts(cell)
    count = np.diff(np.r_[start, len(cell)])
    single = count == 1
    first_polygon, second = low[arc[start]], high[arc[start]]
    held = np.where(second < 0, 1, 2)
    several = np.flatnonzero(np.repeat(~single, count))
    number = np.repeat(np.arange(len(start)), count)[several]
    key = _polygon_keys(number, low[arc[several]], high[arc[several]], polygon_count)
    held[~single] = np.diff(np.r_[_starts(key // polygon_count), len(key)])
    first = np.r_[0, np.cumsum(held)].astype(np.int32)
    polygon = np.empty(first[-1], dtype=np.int32)
    polygon[first[:-1][single]] = first_polygon[single]
    pair = single & (second >= 0)
    polygon[first[:-1][pair] + 1] = second[pair]
    polygon[np.repeat(~single, held)] = key % polygon_count
    rest = np.where(pair, second, NOBODY).astype(np.int32)
    return EdgeCells(cell[start], first, polygon, np.full(len(start), NOBODY, np.int32), rest)


def _polygon_keys(
    number: NDArray[np.intp], low: Ints, high: Ints, polygon_count: int
) -> NDArray[np.int64]:
    """Return number · polygon count + polygon once for each, sorted."""
    both = high >= 0
    key = np.concatenate([number * polygon_count + low, number[both] * polygon_count + high[both]])
    key.sort()
    return key[_starts(key)]


def _touched(
    borders: Borders, frame: Frame, arc_of: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each cell, with each arc that comes near it, once, sorted."""
    arc_count = int(arc_of[-1]) + 1

    def work(part: slice) -> NDArray[np.int64]:
        return _touched_keys(borders[part], frame, arc_of[part], arc_count)

    key = np.concatenate(spread_over_cores(work, blocks(borders.size, PIECES_AT_ONCE)))
    key.sort()
    key = key[_starts(key)]
    cell = key // arc_count
    return cell, key - cell * arc_count


def _touched_keys(
    borders: Borders, frame: Frame, arc: NDArray[np.int64], arc_count: int
) -> NDArray[np.int64]:
    """Return cell · arc_count + arc for every cell that segments come near.

    Segments are cut at rows, and each piece spans the columns from its westernmost to its
    easternmost position, the margin included.
    """
    lowest, highest = np.minimum(borders.y1, borders.y2), np.maximum(borders.y1, borders.y2)
    index, row = _spread(
        frame.rows_of(lowest - frame.margin_lat), frame.rows_of(highest + frame.margin_lat)
    )
    rise = borders.y2 - borders.y1
    slope = (borders.x2 - borders.x1) / np.where(rise == 0, 1.0, rise)
    west, east = np.minimum(borders.x1, borders.x2), np.maximum(borders.x1, borders.x2)
    # Where a level segment enters and leaves a row can't be computed: it does with both ends.
    enter_y, leave_y = np.where(rise == 0, borders.y1, lowest), highest
    south = frame.south + row / frame.per_lat - frame.margin_lat
    north = south + (1 / frame.per_lat + 2 * frame.margin_lat)
    x1, y1, slope, west, east = (one[index] for one in (borders.x1, borders.y1, slope, west, east))
    enter = x1 + (np.maximum(enter_y[index], south) - y1) * slope
    leave = x1 + (np.minimum(leave_y[index], north) - y1) * slope
    level = (rise == 0)[index]
    left = np.where(level, west, np.maximum(np.minimum(enter, leave), west))
    right = np.where(level, east, np.minimum(np.maximum(enter, leave), east))
    piece, column = _spread(
        frame.columns_of(left - frame.margin_lon), frame.columns_of(right + frame.margin_lon)
    )
    key = (row.astype(np.int64) * frame.columns)[piece] + column
    key *= arc_count
    key += arc[index][piece]
    return key[_starts(key)]


@dataclass(frozen=True, slots=True)
class _Sweep:
    """For every cell the sum of row + 1 over the polygons that cover it, and their number.

    Both hold at the cell's right side in the middle of its row, thus all over a clean cell. Sums
    of several may wrap around: they only tell cells apart.
    """

    total: Ints
    depth: NDArray[np.int16]


def _sweep(borders: Borders, frame: Frame) -> _Sweep:
    """Run along the middle of every row, adding and taking away polygons at their boundaries."""
    total = np.zeros((frame.rows, frame.columns), dtype=np.int32)
    depth = np.zeros((frame.rows, frame.columns), dtype=np.int16)
    for part in blocks(borders.size, PIECES_AT_ONCE):
        _add_crossings(borders[part], frame, total.ravel(), depth.ravel())
    np.cumsum(total, axis=1, out=total)
    np.cumsum(depth, axis=1, out=depth)
    return _Sweep(total.ravel(), depth.ravel())


def _add_crossings(borders: Borders, frame: Frame, total: Ints, depth: NDArray[np.int16]) -> None:
    """Add what changes where borders cross the middles of rows, going east."""
    lowest, highest = np.minimum(borders.y1, borders.y2), np.maximum(borders.y1, borders.y2)
    index, row = _spread(frame.rows_of(lowest), frame.rows_of(highest))
    middle = frame.middle(row)
    crossed = np.flatnonzero((lowest[index] <= middle) & (middle < highest[index]))
    index, row, middle = index[crossed], row[crossed], middle[crossed]
    slope = (borders.x2 - borders.x1) / np.where(lowest < highest, borders.y2 - borders.y1, 1.0)
    column = frame.columns_of(borders.x1[index] + (middle - borders.y1[index]) * slope[index])
    at = row.astype(np.intp) * frame.columns + column
    upward = np.where(borders.y2 > borders.y1, 1, -1).astype(np.int32)
    np.add.at(total, at, (upward * (borders.right - borders.left))[index])
    deeper = upward * ((borders.right >= 0).astype(np.int32) - (borders.left >= 0))
    uneven = np.flatnonzero(deeper[index])
    np.add.at(depth, at[uneven], deeper[index[uneven]].astype(np.int16))


def _settle_backgrounds(
    polygons: NDArray[np.object_], frame: Frame, edges: EdgeCells, sweep: _Sweep
) -> EdgeCells:
    """Find the background of every edge cell, and leave out candidates that it precedes.

    A cell where no candidate is left becomes a clean one.
    """
    background = _backgrounds(sweep, edges)
    deep = np.flatnonzero(sweep.depth[edges.cell] > 1)
    if len(deep):
        background[deep] = _deep_backgrounds(polygons, frame, edges, deep)
    if not (background >= 0).any():
        return edges
    held = np.diff(edges.first)
    around = np.repeat(background, held)
    counts = (around < 0) | (edges.polygon < around)
    left = np.logical_or.reduceat(counts, edges.first[:-1])
    held = np.add.reduceat(counts, edges.first[:-1], dtype=np.int32)[left]
    gone = edges.cell[~left]
    sweep.total[gone], sweep.depth[gone] = background[~left] + 1, 1
    first = np.r_[0, np.cumsum(held)].astype(np.int32)
    rest = np.where(background < 0, edges.rest, NOBODY)[left].astype(np.int32)
    return EdgeCells(edges.cell[left], first, edges.polygon[counts], background[left], rest)


def _backgrounds(sweep: _Sweep, edges: EdgeCells) -> Ints:
    """Return the polygon around each edge cell that one polygon covers at its right side.

    It covers the whole cell when its own boundary doesn't come near.
    """
    around = sweep.total[edges.cell] - 1
    own = np.repeat(around, np.diff(edges.first)) == edges.polygon
    has_own = np.logical_or.reduceat(own, edges.first[:-1])
    alone = (sweep.depth[edges.cell] == 1) & ~has_own
    return np.where(alone, around, NOBODY).astype(np.int32)


def _covering(
    polygons: NDArray[np.object_], frame: Frame, cell: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return pairs of an index into ``cell`` and a polygon that contains that cell's middle."""
    row, column = np.divmod(cell, frame.columns)
    middles = shapely.points(frame.west + (column + 0.5) / frame.per_lon, frame.middle(row))
    index, owner = shapely.STRtree(polygons).query(middles, predicate="intersects")
    return index, owner


def _deep_backgrounds(
    polygons: NDArray[np.object_], frame: Frame, edges: EdgeCells, deep: NDArray[np.intp]
) -> Ints:
    """Find the backgrounds of edge cells that several polygons cover at their right sides."""
    near = np.repeat(np.arange(len(edges.cell)), np.diff(edges.first)) * len(polygons)
    near += edges.polygon
    index, around = _covering(polygons, frame, edges.cell[deep])
    pair = deep[index] * len(polygons) + around
    whole = near[np.minimum(np.searchsorted(near, pair), len(near) - 1)] != pair
    least = np.full(len(deep), len(polygons), dtype=np.int32)
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
class _Reaches:
    """Segments by what they are listed under, before it is known which lists are needed.

    Parameters
    ----------
    owner, first, vertex
        As in :class:`SegmentLists`.
    of_small
        The list of each small polygon, ``NOBODY`` for others (n,).
    large_key
        Polygon · rows + row of the lists of large polygons, sorted; these come last.
    """

    owner: Ints
    first: Ints
    vertex: Ints
    of_small: Ints
    large_key: NDArray[np.int64]

    def lists(self, edges: EdgeCells, frame: Frame) -> SegmentLists:
        """Return the lists with the number of each candidate's."""
        number = self.of_small[edges.polygon]
        large = np.flatnonzero(number < 0)
        if len(large):
            row = np.repeat(edges.cell // frame.columns, np.diff(edges.first))[large]
            wanted = edges.polygon[large].astype(np.int64) * frame.rows + row
            small_count = len(self.owner) - len(self.large_key)
            number[large] = np.searchsorted(self.large_key, wanted) + small_count
        return SegmentLists(number, self.owner, self.first, self.vertex)


def _reaches(boundary: Boundary, frame: Frame, polygon_count: int) -> _Reaches:
    """List the segments to test: all of a small polygon, those in one row of a larger one."""
    count = np.bincount(boundary.owner, minlength=polygon_count)
    small = count <= WHOLE_MAX
    plain = small[boundary.owner]
    plain_owner = boundary.owner[plain]
    plain_first = _starts(plain_owner)
    of_small = np.full(polygon_count, NOBODY, dtype=np.int32)
    of_small[plain_owner[plain_first]] = np.arange(len(plain_first))
    key, start = _by_row(boundary, frame, np.flatnonzero(~plain))
    large_first = _starts(key)
    large_key = key[large_first]
    plain_count = len(plain_owner)
    first = np.r_[plain_first, large_first + plain_count, plain_count + len(key)]
    owner = np.r_[plain_owner[plain_first], large_key // frame.rows].astype(np.int32)
    vertex = np.r_[boundary.start[plain], start]
    return _Reaches(owner, first.astype(np.int32), vertex, of_small, large_key)


def _by_row(
    boundary: Boundary, frame: Frame, segment: NDArray[np.intp]
) -> tuple[NDArray[np.int64], Ints]:
    """Return polygon · rows + row, sorted, and the first vertices of segments that come near it."""
    start = boundary.start[segment]
    y1, y2 = boundary.y[start], boundary.y[start + 1]
    index, row = _spread(
        frame.rows_of(np.minimum(y1, y2) - frame.margin_lat),
        frame.rows_of(np.maximum(y1, y2) + frame.margin_lat),
    )
    key = boundary.owner[segment].astype(np.int64)[index] * frame.rows + row
    order = np.argsort(key, kind="stable")
    return key[order], start[index[order]]
