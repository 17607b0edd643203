"""The nearest polygon of positions outside all of them, in metres."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.core.borders import by_precedence
from geo.core.cores import parts_of_sum, spread_over_cores
from geo.core.local_metres import distance_to_segments_m, metres_per_degree, offsets_m

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.core.borders import Borders

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]
    Indexes = NDArray[np.intp]

PIECE_SEGMENTS = 16
SAME_M = 1e-6
"""Distances this close are equal: two polygons share a boundary, and the first one wins."""

FULL_TURN_DEG = 360.0

GROUPS_ACROSS = 8
NARROWING = 4
NEARNESS = 16
"""Positions are searched for together where their group is this much smaller than its distance."""

PAIRS_AT_ONCE = 1 << 16


class NearestBoundary:
    """Boundaries cut into short pieces in a search tree.

    The tree measures on a plane whose scale holds at the middle latitude; it only proposes. All
    segments that could be nearest, given how much that scale errs between the position and the
    polygons, are then measured around the position (:mod:`geo.core.local_metres`). Positions far
    from all polygons are searched for in groups.

    Parameters
    ----------
    outline
        Segments that can be nearest (:func:`geo.core.borders.exposed`); at least one.
    """

    def __init__(self, outline: Borders) -> None:
        self.outline = outline
        self.owner = by_precedence(outline.left, outline.right)[0]
        x1, y1, x2, y2 = outline.x1, outline.y1, outline.x2, outline.y2
        self.west, self.east = float(min(x1.min(), x2.min())), float(max(x1.max(), x2.max()))
        self.south, self.north = float(min(y1.min(), y2.min())), float(max(y1.max(), y2.max()))
        scale = metres_per_degree((self.south + self.north) / 2)
        self.scale = float(scale[0]), float(scale[1])
        broken = np.r_[True, (x2[:-1] != x1[1:]) | (y2[:-1] != y1[1:])]
        in_run = np.arange(outline.size) - np.flatnonzero(broken)[np.cumsum(broken) - 1]
        self.first = np.r_[np.flatnonzero(in_run % PIECE_SEGMENTS == 0), outline.size]
        length = np.hypot((x2 - x1) * self.scale[0], (y2 - y1) * self.scale[1])
        self.segment_m = float(length.mean())
        self.tree = shapely.STRtree(self._lines())

    def _lines(self) -> NDArray[np.object_]:
        """Return the pieces on the plane; piece ``p`` has segments ``first[p]:first[p + 1]``."""
        outline, last = self.outline, self.first[1:] - 1
        piece = np.repeat(np.arange(len(last)), np.diff(self.first))
        ends = np.arange(len(last))
        order = np.argsort(np.r_[piece, ends], kind="stable")
        x = np.r_[outline.x1, outline.x2[last]][order] * self.scale[0]
        y = np.r_[outline.y1, outline.y2[last]][order] * self.scale[1]
        return np.asarray(shapely.linestrings(x, y, indices=np.r_[piece, ends][order]))

    def find(self, lon: Floats, lat: Floats) -> tuple[Ints, Floats]:
        """Return the nearest polygon's row and its distance in metres.

        Parameters
        ----------
        lon, lat
            Degrees (n,); positions outside all polygons. The way across ±180° counts as well.
        """
        owner, distance = self._find(lon, lat)
        for turn in (-FULL_TURN_DEG, FULL_TURN_DEG):
            gap = np.maximum(self.west - (lon + turn), (lon + turn) - self.east)
            shorter = np.flatnonzero(gap * metres_per_degree(lat)[0] < distance)
            if len(shorter):
                other, way = self._find(lon[shorter] + turn, lat[shorter])
                better = way < distance[shorter] - SAME_M
                owner[shorter[better]], distance[shorter[better]] = other[better], way[better]
        return owner, distance

    def _find(self, lon: Floats, lat: Floats) -> tuple[Ints, Floats]:
        owner, distance = np.empty(len(lon), dtype=np.int32), np.empty(len(lon))
        pending = np.arange(len(lon))
        side = max(np.ptp(lon) * self.scale[0], np.ptp(lat) * self.scale[1]) / GROUPS_ACROSS
        while len(pending):
            pending, group = self._group(lon, lat, pending, side)
            centre, radius = self._circles(lon[pending], lat[pending], group)
            away = self.tree.query_nearest(centre, return_distance=True, all_matches=False)[1]
            settled = (radius * NEARNESS <= away) | (radius <= self.segment_m)
            now = settled[group]
            rows, renumber = pending[now], np.cumsum(settled) - 1
            circles = centre[settled], radius[settled], away[settled]
            found = self._closest((lon[rows], lat[rows]), renumber[group[now]], circles)
            owner[rows], distance[rows] = found
            pending, side = pending[~now], side / NARROWING
        return owner, distance

    def _group(
        self, lon: Floats, lat: Floats, rows: Indexes, side: float
    ) -> tuple[Indexes, Indexes]:
        """Sort positions by squares of a side; return their order and each one's square."""
        side = max(side, self.segment_m / NARROWING, SAME_M)
        column = np.floor((lon[rows] - lon[rows].min()) * (self.scale[0] / side)).astype(np.int64)
        row = np.floor((lat[rows] - lat[rows].min()) * (self.scale[1] / side)).astype(np.int64)
        key = row * (column.max() + 1) + column
        order = np.argsort(key, kind="stable")
        key = key[order]
        return rows[order], np.cumsum(np.r_[0, key[1:] != key[:-1]])

    def _circles(
        self, lon: Floats, lat: Floats, group: Indexes
    ) -> tuple[NDArray[np.object_], Floats]:
        """Return centres and radii, on the plane, of circles around groups."""
        begin = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
        u, v = lon * self.scale[0], lat * self.scale[1]
        centre, half = [], []
        for one in (u, v):
            low, high = np.minimum.reduceat(one, begin), np.maximum.reduceat(one, begin)
            centre.append((low + high) / 2)
            half.append((high - low) / 2)
        return np.asarray(shapely.points(*centre)), np.hypot(*half) + SAME_M

    def _slack(self, lat: Floats) -> Floats:
        """Return how much farther, as the plane measures, the truly nearest may seem."""
        ends = np.array([np.minimum(lat, self.south), np.maximum(lat, self.north)])
        east, north = metres_per_degree(ends)
        equator = np.where(ends[0] * ends[1] < 0, metres_per_degree(0.0)[0], 0.0)
        wide, high = np.maximum(east.max(axis=0), equator) / self.scale[0], north / self.scale[1]
        most = np.maximum(wide, high.max(axis=0))
        least = np.minimum(east.min(axis=0) / self.scale[0], high.min(axis=0))
        return np.asarray(most / least * (1 + 1e-9))

    def _closest(
        self,
        position: tuple[Floats, Floats],
        group: Indexes,
        circles: tuple[NDArray[np.object_], Floats, Floats],
    ) -> tuple[Ints, Floats]:
        """Return polygon and distance of positions, sorted by group.

        ``circles`` are the groups' centres, radii, and distances from the centre to a boundary.
        """
        if not len(group):
            return np.zeros(0, dtype=np.int32), np.zeros(0)
        centre, radius, away = circles
        slack = self._slack(position[1])
        begin = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
        within = (away + radius) * np.maximum.reduceat(slack, begin) + radius
        first, segment = self._segments(centre, within)
        count = (first[1:] - first[:-1])[group]
        results = spread_over_cores(
            lambda part: self._measure(
                (position[0][part], position[1][part]),
                slack[part],
                first[group[part]],
                count[part],
                segment,
            ),
            parts_of_sum(count, PAIRS_AT_ONCE),
        )
        return (
            np.concatenate([one for one, _ in results]),
            np.concatenate([two for _, two in results]),
        )

    def _segments(self, centre: NDArray[np.object_], within: Floats) -> tuple[Indexes, Indexes]:
        """Return the segments within distances of centres: where each centre's begin, and which."""
        index, piece = self.tree.query(centre, predicate="dwithin", distance=within)
        order = np.argsort(index, kind="stable")
        index, piece = index[order], piece[order]
        count = self.first[piece + 1] - self.first[piece]
        begin = np.cumsum(count) - count
        segment = np.repeat(self.first[piece] - begin, count) + np.arange(int(count.sum()))
        index = np.repeat(index, count)
        u, v = shapely.get_x(centre)[index], shapely.get_y(centre)[index]
        near = np.flatnonzero(self._on_plane(u, v, segment) <= within[index])
        first = np.searchsorted(index[near], np.arange(len(centre) + 1))
        return first, segment[near]

    def _on_plane(self, u: Floats, v: Floats, segment: Indexes) -> Floats:
        """Return the plane's distances of places to segments, pair by pair."""
        outline, (east, north) = self.outline, self.scale
        return distance_to_segments_m(
            outline.x1[segment] * east - u,
            outline.y1[segment] * north - v,
            outline.x2[segment] * east - u,
            outline.y2[segment] * north - v,
        )

    def _measure(
        self,
        position: tuple[Floats, Floats],
        slack: Floats,
        first: Indexes,
        count: Indexes,
        segment: Indexes,
    ) -> tuple[Ints, Floats]:
        """Measure positions against their segments; keep the nearest."""
        begin = np.cumsum(count) - count
        listed = segment[np.repeat(first - begin, count) + np.arange(int(count.sum()))]
        pair = np.repeat(np.arange(len(count)), count)
        lon, lat = position[0][pair], position[1][pair]
        seeming = self._on_plane(lon * self.scale[0], lat * self.scale[1], listed)
        limit = np.minimum.reduceat(seeming, begin) * slack + SAME_M
        kept = np.flatnonzero(seeming <= limit[pair])
        lon, lat, pair, listed = lon[kept], lat[kept], pair[kept], listed[kept]
        outline = self.outline
        one = offsets_m(outline.x1[listed], outline.y1[listed], lon, lat)
        other = offsets_m(outline.x2[listed], outline.y2[listed], lon, lat)
        way = distance_to_segments_m(*one, *other)
        begin = np.flatnonzero(np.r_[True, pair[1:] != pair[:-1]])
        distance = np.minimum.reduceat(way, begin)
        tied = way <= distance[pair] + SAME_M
        owner = np.where(tied, self.owner[listed], np.iinfo(np.int32).max)
        return np.minimum.reduceat(owner, begin).astype(np.int32), distance
