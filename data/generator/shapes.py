"""Geometry that the other modules share; everything in metres of one plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely import affinity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from shapely import LineString, Polygon
    from shapely.geometry.base import BaseGeometry


def smooth(
    bends: Iterable[tuple[float, float]], *, closed: bool = False, step_m: float = 14.0
) -> NDArray[np.float64]:
    """Return a curve through the bends: a Catmull–Rom spline, thinned where it runs straight.

    The spline is the uniform one of Catmull and Rom, “A class of local interpolating
    splines” (1974).
    """
    points = np.asarray(list(bends), dtype=float)
    if closed:
        padded = np.vstack([points[-1], points, points[0], points[1]])
    else:
        padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    pieces = [_spline(padded[i : i + 4], step_m) for i in range(len(padded) - 3)]
    curve = shapely.LineString(np.vstack([*pieces, padded[-2:-1]]))
    coords: NDArray[np.float64] = shapely.get_coordinates(shapely.simplify(curve, 0.35))
    return coords


def _spline(four: NDArray[np.float64], step_m: float) -> NDArray[np.float64]:
    before, start, end, after = four
    count = max(2, int(np.hypot(*(end - start)) / step_m))
    t = np.linspace(0, 1, count, endpoint=False)[:, None]
    curve: NDArray[np.float64] = 0.5 * (
        2 * start
        + (end - before) * t
        + (2 * before - 5 * start + 4 * end - after) * t**2
        + (3 * start - before - 3 * end + after) * t**3
    )
    return curve


def compactness(shape: BaseGeometry) -> float:
    """Return Polsby and Popper's measure: 1 for a circle, near 0 for a thread."""
    return float(4 * np.pi * shape.area / shape.length**2) if shape.length else 0.0


def frame(shape: BaseGeometry) -> tuple[NDArray[np.float64], NDArray[np.float64], float, float]:
    """Return centre, unit vector of the long side, length and width of the tightest rectangle."""
    corners = shapely.get_coordinates(shapely.oriented_envelope(shape))[:4]
    first, second = corners[1] - corners[0], corners[2] - corners[1]
    if np.hypot(*first) < np.hypot(*second):
        first, second = second, first
    length, width = float(np.hypot(*first)), float(np.hypot(*second))
    return corners.mean(axis=0), first / length, length, width


def long_direction_deg(shape: BaseGeometry) -> float:
    """Return the direction of the tightest rectangle's side nearest to east–west, −45 to 45."""
    _, along, _, _ = frame(shape)
    angle = float(np.degrees(np.arctan2(along[1], along[0])))
    return (angle + 45) % 90 - 45


def rectangle(x: float, y: float, width: float, depth: float, angle_deg: float = 0.0) -> Polygon:
    """Return a rectangle around (x, y), turned counter-clockwise."""
    shape = shapely.box(x - width / 2, y - depth / 2, x + width / 2, y + depth / 2)
    return affinity.rotate(shape, angle_deg, origin=(x, y)) if angle_deg else shape


def polygons(shape: BaseGeometry, smallest_m2: float = 1.0) -> list[Polygon]:
    """Return the polygons of a geometry that are worth having, largest first."""
    parts = [
        part
        for part in shapely.get_parts(shape)
        if part.geom_type == "Polygon" and part.area >= smallest_m2
    ]
    return sorted(parts, key=lambda part: -part.area)


def free_intervals(usable: BaseGeometry, low: float, high: float) -> list[tuple[float, float]]:
    """Return the stretches of x on which the whole strip from low to high is usable."""
    left, _, right, _ = usable.bounds
    strip = shapely.box(left - 1, low, right + 1, high)
    blocked = sorted(
        (part.bounds[0], part.bounds[2])
        for part in shapely.get_parts(shapely.difference(strip, usable))
    )
    free, position = [], left - 1
    for start, end in blocked:
        if start > position:
            free.append((position, start))
        position = max(position, end)
    return free


def cut_line(line: LineString, at_m: float) -> tuple[LineString, LineString]:
    """Return the two parts of a line cut at a distance; they share the very same point."""
    coords = shapely.get_coordinates(line)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(coords, axis=0).T))])
    point = shapely.get_coordinates(shapely.line_interpolate_point(line, at_m))
    index = int(np.searchsorted(along, at_m))
    return (
        shapely.LineString(np.vstack([coords[:index], point])),
        shapely.LineString(np.vstack([point, coords[index:]])),
    )


def moved(shape: Any, east: float, north: float) -> Any:
    """Return a shape moved by so many metres."""
    return shapely.transform(shape, lambda points: points + np.array([east, north]))
