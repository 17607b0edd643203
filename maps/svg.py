"""Drawing shapes in metres as SVG: what maps on paper and on pages have in common."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Bounds = tuple[float, float, float, float]
    Floats = NDArray[np.float64]

SCALES = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)
KILOMETRE_M = 1000
LABEL_ROOM_M = 5.0


@dataclass(frozen=True, slots=True)
class View:
    """The ground that a map shows, and how large it is drawn.

    Parameters
    ----------
    bounds
        West, south, east and north in metres.
    width, height
        Of the drawing, in its own units.
    """

    bounds: Bounds
    width: float
    height: float

    @property
    def per_m(self) -> float:
        """Units of the drawing for a metre on the ground."""
        west, south, east, north = self.bounds
        return min(self.width / (east - west), self.height / (north - south))

    @property
    def seen(self) -> Bounds:
        """The ground that is seen: the bounds, and what fills the drawing beside them."""
        west, south, east, north = self.bounds
        x, y = (west + east) / 2, (south + north) / 2
        wide, high = self.width / self.per_m / 2, self.height / self.per_m / 2
        return x - wide, y - high, x + wide, y + high

    def place(self, points: Floats) -> Floats:
        """Return where points are drawn, from the upper left corner."""
        west, _, _, north = self.seen
        return np.asarray((points - (west, north)) * (self.per_m, -self.per_m))


def bounds_of(shapes: Iterable[BaseGeometry], margin: float, least_m: float = 1.0) -> Bounds:
    """Return what surrounds shapes, with a margin as a share of it, and no less than a width.

    Examples
    --------
    >>> bounds_of([shapely.box(0, 0, 10, 10)], 0.1)
    (-1.0, -1.0, 11.0, 11.0)
    >>> bounds_of([shapely.Point(0, 0)], 0.0, least_m=4.0)
    (-2.0, -2.0, 2.0, 2.0)
    """
    drawn = [one for one in shapes if not one.is_empty] or [shapely.Point(0, 0)]
    west, south, east, north = shapely.total_bounds(np.array(drawn, dtype=object)).tolist()
    x, y = (west + east) / 2, (south + north) / 2
    wide = max((east - west) * (1 + 2 * margin), least_m) / 2
    high = max((north - south) * (1 + 2 * margin), least_m) / 2
    return x - wide, y - high, x + wide, y + high


def path(shapes: Iterable[BaseGeometry], view: View, drawn_as: str, inside: str = "") -> str:
    """Return shapes as one path of a class; empty when there is nothing to draw.

    Parameters
    ----------
    shapes
        Metric polygons and lines.
    view
        Where they are drawn.
    drawn_as
        The path's class.
    inside
        Markup inside the element, such as a title.

    Examples
    --------
    >>> view = View((0, 0, 10, 10), 10, 10)
    >>> path(shapely.from_wkt(["LINESTRING EMPTY", "LINESTRING (1 9, 5 5)"]), view, "road")
    '<path class="road" d="M1.0 1.0L5.0 5.0"/>'
    >>> path([shapely.LineString(), shapely.Polygon()], view, "road")
    ''
    """
    lines = [
        "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in view.place(points)) + ("Z" if closed else "")
        for shape in shapes
        for points, closed in _chains(shape)
    ]
    if not lines:
        return ""
    start = f'<path class="{escape(drawn_as)}" d="{"".join(lines)}"'
    return f"{start}>{inside}</path>" if inside else f"{start}/>"


def within(shapes: NDArray[np.object_], view: View) -> list[BaseGeometry]:
    """Return what of shapes is seen."""
    if len(shapes) == 0:
        return []
    frame = shapely.box(*view.seen)
    shown = shapely.clip_by_rect(shapes[shapely.intersects(shapes, frame)], *view.seen)
    return list(shown)


def middle(shape: BaseGeometry) -> Floats | None:
    """Return a point where there is room for a label in a polygon; ``None`` in an empty one."""
    largest = max(shapely.get_parts(shape), key=shapely.area, default=None)
    if largest is None or largest.is_empty:
        return None
    circle = shapely.maximum_inscribed_circle(largest, tolerance=LABEL_ROOM_M)
    return np.asarray(shapely.get_coordinates(circle)[:1])


def text(point: Floats, words: str, view: View, drawn_as: str) -> str:
    """Return words around a point; several lines are told by line breaks in them."""
    ((x, y),) = view.place(point).tolist()
    lines = words.split("\n")
    spans = "".join(
        f'<tspan x="{x:.1f}" dy="{1.15 if row else 0.35 - 0.575 * (len(lines) - 1):.3f}em">'
        f"{escape(line)}</tspan>"
        for row, line in enumerate(lines)
    )
    return f'<text class="{escape(drawn_as)}" x="{x:.1f}" y="{y:.1f}">{spans}</text>'


def written(point: Floats, words: str, view: View, drawn_as: str, halo: str) -> str:
    """Return words over a light edge of their own, of one more class, which keeps them legible."""
    return text(point, words, view, f"{drawn_as} {halo}") + text(point, words, view, drawn_as)


def scale_m(view: View, longest: float) -> int:
    """Return a round length in metres that is drawn no longer than some units.

    Examples
    --------
    >>> scale_m(View((0, 0, 1000, 1000), 100, 100), 25)
    200
    """
    fitting = [one for one in SCALES if one * view.per_m <= longest]
    return max(fitting, default=SCALES[0])


def _chains(shape: BaseGeometry) -> Iterator[tuple[Floats, bool]]:
    for part in shapely.get_parts(shape):
        if isinstance(part, shapely.Polygon):
            for ring in (part.exterior, *part.interiors):
                if not ring.is_empty:
                    yield shapely.get_coordinates(ring), True
        elif isinstance(part, shapely.LineString) and not part.is_empty:
            yield shapely.get_coordinates(part), False
        elif isinstance(part, shapely.GeometryCollection):
            yield from _chains(part)


__all__ = [
    "KILOMETRE_M",
    "View",
    "bounds_of",
    "middle",
    "path",
    "scale_m",
    "text",
    "within",
    "written",
]
