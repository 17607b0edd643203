"""Parts of ways: stopped short of a closed barrier, and left outside of an area."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.core.crs import WGS84_SRID, metric_srid_of, transform_geometry
from geo.core.local_metres import metres_per_degree
from geo.core.walking import SHORT_OF_ROAD_M

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

STOP_SHORT_M = 2 * SHORT_OF_ROAD_M
"""How far from a closed barrier both sides of a way end: too far to be taken for one again."""


def stopped_at(lonlat: Floats, closed: Iterable[int]) -> Iterator[Floats]:
    """Yield the parts of a way between closed barriers, each stopping short of them.

    Parameters
    ----------
    lonlat
        The way, WGS 84 degrees (n, 2).
    closed
        Rows at which nobody passes.

    Examples
    --------
    >>> way = np.array([[9.5, 47.0], [9.5, 47.001], [9.5, 47.002]])
    >>> [part.round(5).tolist() for part in stopped_at(way, [1])]
    [[[9.5, 47.0], [9.5, 47.00099]], [[9.5, 47.00101], [9.5, 47.002]]]
    >>> [len(part) for part in stopped_at(way, [])], list(stopped_at(way[:0], []))
    ([3], [])
    """
    stops = set(closed)
    bounds = sorted({0, len(lonlat) - 1, *stops})
    for begin, end in pairwise(bounds):
        part = lonlat[begin : end + 1]
        part = _later(part) if begin in stops else part
        part = _later(part[::-1])[::-1] if end in stops else part
        if len(part):
            yield part


def _later(lonlat: Floats) -> Floats:
    """Return a way without its first metre; nothing where it is no longer than that."""
    if len(lonlat) == 0:
        return lonlat
    east, north = metres_per_degree(lonlat[0, 1])
    steps_m = np.hypot(*(np.diff(lonlat, axis=0) * (east, north)).T)
    along_m = np.cumsum(steps_m)
    at = int(np.searchsorted(along_m, STOP_SHORT_M, side="right"))
    if at == len(steps_m):
        return lonlat[:0]
    left = (along_m[at] - STOP_SHORT_M) / steps_m[at]
    start = lonlat[at + 1] + left * (lonlat[at] - lonlat[at + 1])
    return np.vstack([start, lonlat[at + 1 :]])


def near(lonlat: Floats, area: Any) -> Iterator[Floats]:
    """Yield the parts of a way whose pieces touch an area, whole pieces each.

    Pieces stay whole, so that ways share the vertices that they shared before.

    Parameters
    ----------
    lonlat
        The way, WGS 84 degrees (n, 2).
    area
        A prepared polygon.

    Examples
    --------
    >>> way = np.array([[0.0, 0], [1, 0], [2, 0], [3, 0], [9, 0], [9, 9]])
    >>> [part[:, 0].tolist() for part in near(way, shapely.box(-1, -1, 0.5, 1))]
    [[0.0, 1.0]]
    >>> list(near(way, shapely.box(20, 20, 30, 30))), list(near(way[:0], shapely.box(0, 0, 1, 1)))
    ([], [])
    """
    if len(lonlat) <= 1 or not shapely.intersects(area, line := shapely.linestrings(lonlat)):
        return
    if shapely.contains(area, line):
        yield lonlat
        return
    pieces = shapely.linestrings(np.stack([lonlat[:-1], lonlat[1:]], axis=1))
    touches = np.r_[False, shapely.intersects(area, pieces), False]
    turns = np.flatnonzero(touches[1:] != touches[:-1])
    for begin, end in turns.reshape(-1, 2):
        yield lonlat[begin : end + 1]


def widened(area: Any, by_m: float) -> Any:
    """Return an area with its surroundings, in WGS 84 as it came.

    Parameters
    ----------
    area
        Polygons, WGS 84 degrees.
    by_m
        How far around it, in metres.

    Examples
    --------
    >>> wide = widened(shapely.box(9.50, 47.0, 9.51, 47.01), 1000.0)
    >>> [round(float(one), 3) for one in wide.bounds]
    [9.487, 46.991, 9.523, 47.019]
    """
    srid = metric_srid_of(area)
    metric = transform_geometry(np.array([area], dtype=object), WGS84_SRID, srid)
    found = transform_geometry(shapely.buffer(metric, by_m), srid, WGS84_SRID)[0]
    shapely.prepare(found)
    return found


__all__ = ["STOP_SHORT_M", "near", "stopped_at", "widened"]
