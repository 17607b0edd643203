"""The nearest polygon of positions outside all of them, in metres."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.core.local_metres import distance_to_segments_m, metres_per_degree, offsets_m

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.core.boundary import Boundary

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]

PIECE_SEGMENTS = 16
SAME_M = 1e-6
"""Distances this close are equal: two polygons share a boundary, and the first one wins."""

FULL_TURN_DEG = 360.0


class NearestBoundary:
    """Boundaries cut into short pieces in a search tree.

    The tree measures on a plane whose scale holds at the middle latitude; it only proposes. All
    pieces that could be nearest, given how much that scale errs between the position and the
    polygons, are then measured around the position (:mod:`geo.core.local_metres`).

    Parameters
    ----------
    boundary
        Segments in order of precedence of their polygons; at least one.
    """

    def __init__(self, boundary: Boundary) -> None:
        self.boundary = boundary
        self.west, self.east = float(boundary.x.min()), float(boundary.x.max())
        self.south, self.north = float(boundary.y.min()), float(boundary.y.max())
        self.scale = [float(one) for one in metres_per_degree((self.south + self.north) / 2)]
        start, owner = boundary.start, boundary.owner
        broken = np.r_[True, (np.diff(start) != 1) | (owner[1:] != owner[:-1])]
        run_begin = np.flatnonzero(broken)
        in_run = np.arange(len(start)) - run_begin[np.cumsum(broken) - 1]
        self.first = np.r_[
            np.flatnonzero(in_run % PIECE_SEGMENTS == 0), len(start)
        ]  # segments of piece p: first[p] .. first[p + 1]
        self.tree = shapely.STRtree(self._lines())

    def _lines(self) -> NDArray[np.object_]:
        start, count = self.boundary.start[self.first[:-1]], np.diff(self.first) + 1
        piece = np.repeat(np.arange(len(count)), count)
        step = np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count)
        vertex = start[piece] + step
        x, y = self.boundary.x[vertex] * self.scale[0], self.boundary.y[vertex] * self.scale[1]
        return np.asarray(shapely.linestrings(x, y, indices=piece))

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
        points = shapely.points(lon * self.scale[0], lat * self.scale[1])
        (_, _), about = self.tree.query_nearest(points, return_distance=True, all_matches=False)
        reach = about * self._slack(lat) + SAME_M
        index, piece = self.tree.query(points, predicate="dwithin", distance=reach)
        order = np.argsort(index, kind="stable")
        index, piece = index[order], piece[order]
        return self._closest(lon, lat, index, piece)

    def _slack(self, lat: Floats) -> Floats:
        """Return how much farther, as the plane measures, the truly nearest may seem."""
        ends = np.array([np.minimum(lat, self.south), np.maximum(lat, self.north)])
        east, north = metres_per_degree(ends)
        equator = np.where(ends[0] * ends[1] < 0, metres_per_degree(0.0)[0], 0.0)
        long = np.maximum(east.max(axis=0), equator) / self.scale[0]
        short = east.min(axis=0) / self.scale[0]
        lat_scale = north / self.scale[1]
        most = np.maximum(long, lat_scale.max(axis=0))
        least = np.minimum(short, lat_scale.min(axis=0))
        return np.asarray(most / least * (1 + 1e-9))

    def _closest(
        self, lon: Floats, lat: Floats, index: NDArray[np.intp], piece: NDArray[np.intp]
    ) -> tuple[Ints, Floats]:
        """Measure pairs of a position and a piece, sorted by position; keep the nearest."""
        way = np.concatenate(
            [np.zeros(0)]
            + [
                self._measure(lon[index[part]], lat[index[part]], piece[part])
                for part in (slice(b, b + 4096) for b in range(0, len(index), 4096))
            ]
        )
        begin = np.flatnonzero(np.r_[True, index[1:] != index[:-1]])
        distance = np.minimum.reduceat(way, begin)
        owner = self.boundary.owner[self.first[piece]]
        tied = way <= distance[index] + SAME_M
        first = np.where(tied, owner, np.iinfo(np.int32).max)
        return np.minimum.reduceat(first, begin).astype(np.int32), distance

    def _measure(self, lon: Floats, lat: Floats, piece: NDArray[np.intp]) -> Floats:
        count = self.first[piece + 1] - self.first[piece]
        begin = np.cumsum(count) - count
        segment = np.repeat(self.first[piece] - begin, count) + np.arange(int(count.sum()))
        start, x, y = self.boundary.start[segment], self.boundary.x, self.boundary.y
        lon, lat = np.repeat(lon, count), np.repeat(lat, count)
        one = offsets_m(x[start], y[start], lon, lat)
        other = offsets_m(x[start + 1], y[start + 1], lon, lat)
        return np.asarray(np.minimum.reduceat(distance_to_segments_m(*one, *other), begin))
