"""Which other grids are close to a position, and how far."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import shapely

from geo.core.local_metres import metres_per_degree
from geo.core.locating import circle

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry


class Neighbour(NamedTuple):
    """A polygon's row, and its distance from the position in metres; 0 where it holds it."""

    row: int
    distance_m: float


def neighbours(
    polygons: NDArray[np.object_] | Sequence[BaseGeometry], lon: float, lat: float, reach_m: float
) -> tuple[Neighbour, ...]:
    """Return the polygons that a circle around a position reaches, nearest first.

    Parameters
    ----------
    polygons
        (n,), EPSG:4326.
    lon, lat
        WGS 84 degrees.
    reach_m
        Radius of the circle, in metres.

    Examples
    --------
    >>> halves = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    >>> [(one.row, round(one.distance_m)) for one in neighbours(halves, 0.9999, 0.5, 20)]
    [(0, 0), (1, 11)]
    >>> neighbours([], 0.9999, 0.5, 20)
    ()
    """
    around = circle(lon, lat, reach_m)
    per_lon, per_lat = (float(one) for one in metres_per_degree(lat))
    here = shapely.Point(0.0, 0.0)
    found = []
    for row, polygon in enumerate(polygons):
        if not shapely.intersects(polygon, around):
            continue
        laid = shapely.transform(
            polygon, lambda degrees: (degrees - (lon, lat)) * (per_lon, per_lat)
        )
        distance_m = float(shapely.distance(laid, here))
        if distance_m <= reach_m:
            found.append(Neighbour(row, distance_m))
    return tuple(sorted(found, key=lambda one: (one.distance_m, one.row)))
