"""Which polygon contains a position near boundaries: exact, in bulk, by arithmetic on arrays.

A position is inside a polygon when a ray eastward crosses its boundary an odd number of times. On
which side of a segment the position lies is the sign of a determinant; floating point gives that
sign for certain when the determinant exceeds its error bound (Shewchuk, "Adaptive Precision
Floating-Point Arithmetic and Fast Robust Geometric Predicates", 1997). Positions nearer to a
segment than that, or than the edge tolerance, are left to GEOS, whose predicates are robust.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.core.cores import blocks, parts_of_sum
from geo.core.local_metres import distance_to_segments_m, metres_per_degree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.core.boundary import Boundary
    from geo.core.owner_raster import OwnerRaster

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]
    Bools = NDArray[np.bool_]

PAIRS_AT_ONCE = 1 << 16
"""Positions times segments in one step: the working arrays then stay in a core's cache."""

RAYS_AT_ONCE = 1 << 15
LONG_LIST = 48
"""Longer lists are few: better to take all their segments at once than to march over them."""

CACHED_SEGMENTS = 1 << 20
"""So many segments stay in a processor's cache."""

DETERMINANT_ERROR = 1e-15
"""More than Shewchuk's (3 + 16 ε) ε, ε = 2⁻⁵³, times 2: relative to the squared extent."""


class ExactTest:
    """Containment and nearness of positions in edge cells.

    Parameters
    ----------
    polygons
        In order of precedence (n,).
    boundary, raster
        Their segments and raster.
    tolerance_m
        Positions nearer to a segment than this are told apart.
    """

    def __init__(
        self,
        polygons: NDArray[np.object_],
        boundary: Boundary,
        raster: OwnerRaster,
        tolerance_m: float,
    ) -> None:
        self.polygons, self.boundary, self.raster = polygons, boundary, raster
        self.tolerance_m = tolerance_m
        self._doubtful_below = self._thresholds()

    def _thresholds(self) -> Floats:
        """Return for each polygon the determinant below which a position needs the slow test.

        A position within the tolerance of a segment has a determinant of at most tolerance times
        length: the longest segment's is taken for all.
        """
        frame, bounds = self.raster.frame, shapely.bounds(self.polygons)
        extent = np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
        extent += 2 / frame.per_lon + 2 / frame.per_lat
        x, y, start = self.boundary.x, self.boundary.y, self.boundary.start
        length = np.abs(x[start + 1] - x[start]) + np.abs(y[start + 1] - y[start])
        owner = self.boundary.owner
        begin = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
        longest = np.zeros(len(self.polygons))
        longest[owner[begin]] = np.maximum.reduceat(length, begin)
        tolerance_deg = max(frame.margin_lon, frame.margin_lat)
        return np.asarray(tolerance_deg * longest + DETERMINANT_ERROR * extent**2)

    def owners(self, lon: Floats, lat: Floats, cell: Ints) -> tuple[Ints, Bools]:
        """Return the owners of positions in edge cells, and which of them need :meth:`settle`.

        Parameters
        ----------
        lon, lat
            Degrees (n,).
        cell
            Numbers of their edge cells (n,).
        """
        if self.boundary.size <= CACHED_SEGMENTS:
            return self._owners(lon, lat, cell)
        # In the cells' order neighbouring positions read neighbouring memory: half the time.
        order = np.argsort(cell)
        owner, doubtful = np.empty(len(cell), dtype=np.int32), np.empty(len(cell), dtype=bool)
        owner[order], doubtful[order] = self._owners(lon[order], lat[order], cell[order])
        return owner, doubtful

    def _owners(self, lon: Floats, lat: Floats, cell: Ints) -> tuple[Ints, Bools]:
        """Test positions against candidates, one after the other, until one contains them."""
        edges, lists = self.raster.edges, self.raster.lists
        rest, at, end = edges.rest[cell], edges.first[cell], edges.first[cell + 1]
        end[rest >= 0] = at[rest >= 0] + 1
        owner = np.maximum(rest, edges.background[cell])
        doubtful = np.zeros(len(cell), dtype=bool)
        active = np.arange(len(cell))
        while len(active):
            number = lists.number[at[active]]
            inside, near = self._contain(number, lon[active], lat[active])
            doubtful[active] |= near
            owner[active[inside]] = lists.owner[number[inside]]
            at[active] += 1
            active = active[~inside & (at[active] < end[active])]
        return owner, doubtful

    def _contain(self, number: Ints, lon: Floats, lat: Floats) -> tuple[Bools, Bools]:
        """Cast a ray from each position over one segment list; also tell where that is doubtful."""
        first = self.raster.lists.first
        count = first[number + 1] - first[number]
        inside, closest = np.zeros(len(number), dtype=bool), np.empty(len(number))
        order = np.argsort(-np.minimum(count, LONG_LIST + 1).astype(np.int8), kind="stable")
        long = int(np.count_nonzero(count > LONG_LIST))
        for part in parts_of_sum(count[order[:long]], PAIRS_AT_ONCE):
            rows = order[:long][part]
            inside[rows], closest[rows] = self._cast(number[rows], lon[rows], lat[rows])
        for part in blocks(len(number) - long, RAYS_AT_ONCE):
            rows = order[long:][part]
            inside[rows], closest[rows] = self._march(number[rows], lon[rows], lat[rows])
        return inside, closest <= self._doubtful_below[self.raster.lists.owner[number]]

    def _march(self, number: Ints, lon: Floats, lat: Floats) -> tuple[Bools, Floats]:
        """Cast rays over lists, longest first, segment by segment.

        Return which positions are inside, and each one's smallest determinant.
        """
        lists, x, y = self.raster.lists, self.boundary.x, self.boundary.y
        spot = lists.first[number].astype(np.intp)
        count = lists.first[number + 1] - spot
        inside, closest = np.zeros(len(number), dtype=bool), np.full(len(number), np.inf)
        left = len(number) - np.cumsum(np.bincount(count))
        for step, alive in enumerate(left[:-1].tolist()):
            start = lists.vertex[spot[:alive] + step].astype(np.intp)
            here_x, here_y = lon[:alive], lat[:alive]
            x1, y1 = x[start] - here_x, y[start] - here_y
            start += 1
            x2, y2 = x[start] - here_x, y[start] - here_y
            upward = y2 > 0
            astride = upward != (y1 > 0)
            x1 *= y2
            x2 *= y1
            x1 -= x2
            inside[:alive] ^= astride & ((x1 > 0) == upward)
            np.abs(x1, out=x1)
            np.minimum(closest[:alive], x1, out=closest[:alive])
        return inside, closest

    def _cast(self, number: Ints, lon: Floats, lat: Floats) -> tuple[Bools, Floats]:
        """Cast rays over long lists, all segments at once; return what :meth:`_march` does."""
        lists, x, y = self.raster.lists, self.boundary.x, self.boundary.y
        count = lists.first[number + 1] - lists.first[number]
        begin = np.cumsum(count) - count
        spot = np.repeat(lists.first[number] - begin, count)
        spot += np.arange(len(spot))
        start = lists.vertex[spot].astype(np.intp)
        here_x, here_y = np.repeat(lon, count), np.repeat(lat, count)
        y1, y2 = y[start] - here_y, y[start + 1] - here_y
        turn = (x[start] - here_x) * y2 - (x[start + 1] - here_x) * y1
        upward = y2 > 0
        crossed = (upward != (y1 > 0)) & ((turn > 0) == upward)
        closest = np.minimum.reduceat(np.abs(turn), begin)
        return np.bitwise_xor.reduceat(crossed, begin), closest

    def settle(self, lon: Floats, lat: Floats, cell: Ints) -> tuple[Ints, Bools]:
        """Return exact owners of positions in edge cells, and which lie on an edge.

        A position lies on an edge when another owner begins within the tolerance: it comes so near
        to a polygon that precedes its owner, or to the owner's own boundary and to a polygon that
        follows.
        """
        edges, lists = self.raster.edges, self.raster.lists
        count = edges.first[cell + 1] - edges.first[cell]
        pair = np.repeat(np.arange(len(cell)), count)
        begin = np.cumsum(count) - count
        spot = np.arange(len(pair)) - np.repeat(begin - edges.first[cell], count)
        row, here = edges.polygon[spot], (lon[pair], lat[pair])
        shapely.prepare(self.polygons[np.unique(row)])
        inside = shapely.intersects_xy(self.polygons[row], *here)
        near = self._distances_m(lists.number[spot], *here) <= self.tolerance_m
        nobody = len(self.polygons)
        background = edges.background[cell]
        owner = np.where(background < 0, nobody, background)
        np.minimum.at(owner, pair[inside], row[inside])
        own, first, later = row == owner[pair], row < owner[pair], row > owner[pair]
        touched = np.zeros((3, len(cell)), dtype=bool)
        touched[0, pair[first & near]] = True
        touched[1, pair[own & near]] = True
        touched[2, pair[later & (near | inside)]] = True
        touched[2] |= background > owner
        edge = (touched[0] | (touched[1] & touched[2])) & (owner < nobody)
        return np.where(owner < nobody, owner, -1).astype(np.int32), edge

    def _distances_m(self, number: Ints, lon: Floats, lat: Floats) -> Floats:
        """Return the distances of positions to the segments of one list each."""
        lists, x, y = self.raster.lists, self.boundary.x, self.boundary.y
        first, distance = lists.first, np.empty(len(number))
        counts = first[number + 1] - first[number]
        for part in parts_of_sum(counts, PAIRS_AT_ONCE):
            count = counts[part]
            begin = np.cumsum(count) - count
            spot = np.repeat(first[number[part]] - begin, count)
            start = lists.vertex[spot + np.arange(len(spot))]
            east, north = (np.repeat(one, count) for one in metres_per_degree(lat[part]))
            here_x, here_y = np.repeat(lon[part], count), np.repeat(lat[part], count)
            between = distance_to_segments_m(
                (x[start] - here_x) * east,
                (y[start] - here_y) * north,
                (x[start + 1] - here_x) * east,
                (y[start + 1] - here_y) * north,
            )
            distance[part] = np.minimum.reduceat(between, begin)
        return distance
