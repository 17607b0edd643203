"""Where two polygons claim the same ground: duplicates, nested ones, overlaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.core.coverage_rows import mean_width
from geo.core.findings import Finding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Objects = NDArray[np.object_]

_POLYGON = 3


def pair_findings(polygons: Objects, tolerance_m: float) -> list[Finding]:
    """Find every pair of polygons whose interiors meet.

    Parameters
    ----------
    polygons
        (n,) valid polygons in metres, or ``None``.
    tolerance_m
        Pieces of common ground that are on average narrower are noise.

    Returns
    -------
    list of Finding
        One a pair: ``duplicate`` when both cover the same, ``nested`` when one adds nothing to the
        other, else ``overlap``; the last two with the common ground as geometry.
    """
    first, second = _touching_pairs(polygons)
    common = shapely.intersection(polygons[first], polygons[second])
    shared = np.flatnonzero(shapely.area(common) > 0)
    found = (
        _classify(int(first[one]), int(second[one]), polygons, common[one], tolerance_m)
        for one in shared
    )
    return [one for one in found if one is not None]


def _touching_pairs(polygons: Objects) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    rows = np.flatnonzero(~shapely.is_missing(polygons))
    tree = shapely.STRtree(polygons[rows])
    left, right = tree.query(polygons[rows], predicate="intersects")
    once = left < right
    return rows[left[once]], rows[right[once]]


def _classify(
    first: int, second: int, polygons: Objects, common: Any, tolerance_m: float
) -> Finding | None:
    ground = wide_pieces(common, tolerance_m)
    if ground is None:
        return None
    first_more = wide_pieces(shapely.difference(polygons[first], polygons[second]), tolerance_m)
    second_more = wide_pieces(shapely.difference(polygons[second], polygons[first]), tolerance_m)
    if first_more is None and second_more is None:
        return _shared("duplicate", (first, second), ground)
    if first_more is None:
        return _shared("nested", (first, second), ground)
    if second_more is None:
        return _shared("nested", (second, first), ground)
    return _shared("overlap", (first, second), ground)


def _shared(kind: Any, rows: tuple[int, int], ground: Any) -> Finding:
    pieces = int(shapely.get_num_geometries(ground))
    return Finding(kind, "error", rows, ground, float(ground.area), mean_width(ground), pieces)


def wide_pieces(geometry: Any, tolerance_m: float) -> Any:
    """Return the polygons of a geometry that are on average wider than the tolerance.

    Crumbs of less area than a strip of that width and one metre long are left out as well.

    Returns
    -------
    shapely geometry or None
        A polygon or multipolygon; ``None`` when nothing is left.

    Examples
    --------
    >>> wide_pieces(shapely.box(0, 0, 100, 1e-9), 0.001) is None
    True
    >>> wide_pieces(shapely.LineString([(0, 0), (1, 1)]), 0.001) is None
    True
    """
    parts = shapely.get_parts(shapely.get_parts(geometry))
    parts = parts[shapely.get_type_id(parts) == _POLYGON]
    area = shapely.area(parts)
    kept = parts[(2 * area > tolerance_m * shapely.length(parts)) & (area > tolerance_m)]
    if not len(kept):
        return None
    return kept[0] if len(kept) == 1 else shapely.multipolygons(kept)
