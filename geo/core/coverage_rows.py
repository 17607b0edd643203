"""What can be wrong with one polygon alone: none, invalid, in pieces, or a sliver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.core.findings import Finding
from geo.core.validity import invalidity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.core.coverage_voids import VoidRule

    Objects = NDArray[np.object_]

MIN_SLIVER_ELONGATION = 8.0
"""How many times longer than wide a narrow polygon is at least to be a sliver: a house lot may be
as narrow as a gap, but not eight times as long."""


def usable_polygons(polygons: Objects) -> Objects:
    """Return polygons fit for overlaying: invalid ones repaired, those without area ``None``.

    Repairing keeps what the outline encloses by the even-odd structure of its rings (GEOS'
    ``structure`` method), so that an invalid polygon's overlaps and gaps are found as well.
    """
    usable = polygons.copy()
    broken = np.flatnonzero(~shapely.is_valid(polygons) & ~shapely.is_missing(polygons))
    for row in broken:
        usable[row] = _repaired(polygons[row])
    usable[shapely.is_missing(usable) | (shapely.area(usable) == 0)] = None
    return usable


def _repaired(polygon: Any) -> Any:
    if not np.isfinite(shapely.get_coordinates(polygon)).all():
        return None
    mended = shapely.make_valid(polygon, method="structure", keep_collapsed=False)
    return mended if mended.geom_type in {"Polygon", "MultiPolygon"} else None


def row_findings(
    polygons: Objects, rule: VoidRule, *, allow_multipart: bool = False
) -> list[Finding]:
    """Find what is wrong with each polygon alone.

    Parameters
    ----------
    polygons
        (n,) as given.
    rule
        What counts as narrow.
    allow_multipart
        Whether several pieces are information only.
    """
    missing = shapely.is_missing(polygons) | shapely.is_empty(polygons)
    valid = shapely.is_valid(polygons)
    pieces = shapely.get_num_geometries(polygons)
    found = [Finding("empty", "error", (int(row),), None) for row in np.flatnonzero(missing)]
    found += [_invalid(int(row), polygons[row]) for row in np.flatnonzero(~valid & ~missing)]
    severity = "information" if allow_multipart else "error"
    for row in np.flatnonzero(valid & ~missing & (pieces > 1)):
        found.append(_multipart(severity, int(row), polygons[row]))
    found += [
        _sliver(int(row), polygons[row])
        for row in np.flatnonzero(valid & ~missing)
        if _is_sliver(polygons[row], rule)
    ]
    return found


def _invalid(row: int, polygon: Any) -> Finding:
    reason, point = invalidity(polygon)
    return Finding("invalid", "error", (row,), point, reason=reason)


def _multipart(severity: Any, row: int, polygon: Any) -> Finding:
    """Show the pieces besides the largest: these are what somebody has to look at."""
    parts = shapely.get_parts(polygon)
    others = np.delete(parts, np.argmax(shapely.area(parts)))
    stray: Any = others[0] if len(others) == 1 else shapely.multipolygons(others)
    width = mean_width(stray)
    return Finding("multipart", severity, (row,), stray, float(stray.area), width, len(parts))


def _sliver(row: int, polygon: Any) -> Finding:
    pieces = int(shapely.get_num_geometries(polygon))
    width = mean_width(polygon)
    return Finding("sliver", "error", (row,), polygon, float(polygon.area), width, pieces)


def mean_width(polygon: Any) -> float:
    """Return twice the area by the perimeter: of a strip its width, of a disc its radius.

    Examples
    --------
    >>> round(mean_width(shapely.box(0, 0, 1000, 2)), 2)
    2.0
    >>> mean_width(shapely.Polygon())
    0.0
    """
    length = float(polygon.length)
    return 2.0 * float(polygon.area) / length if length else 0.0


def elongation(polygon: Any) -> float:
    """Return how many times longer than wide the rectangle of same area and perimeter is.

    Examples
    --------
    >>> elongation(shapely.box(0, 0, 30, 10))
    3.0
    >>> elongation(shapely.Point(0, 0).buffer(5))
    1.0
    """
    half, area = float(polygon.length) / 2, float(polygon.area)
    root = max(half * half - 4 * area, 0.0) ** 0.5
    return float((half + root) / (half - root)) if half > root else float("inf")


def _is_sliver(polygon: Any, rule: VoidRule) -> bool:
    """Tell whether a polygon is a strip as narrow as a gap, or next to nothing."""
    if elongation(polygon) >= MIN_SLIVER_ELONGATION:
        return not holds_circle(polygon, rule.narrow_m)
    return not holds_circle(polygon, rule.nothing_m)


def holds_circle(polygon: Any, diameter_m: float) -> bool:
    """Tell whether a circle of more than a diameter fits in: whether it is wider somewhere.

    Examples
    --------
    >>> holds_circle(shapely.box(0, 0, 100, 4), 3.0), holds_circle(shapely.box(0, 0, 100, 4), 5.0)
    (True, False)
    >>> holds_circle(shapely.Polygon(), 0.0)
    False
    """
    if mean_width(polygon) > diameter_m:
        return True
    return not shapely.buffer(polygon, -diameter_m / 2, quad_segs=4).is_empty
