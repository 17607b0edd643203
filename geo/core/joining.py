"""Joining neighbours whose shared borders disagree a little, and finding where they disagree more.

Borders digitised one by one never quite meet. Where they differ by no more than the digitising
does, they are made to meet (GEOS' coverage cleaning); what is wider is somebody's decision.
Everything here is measured in metres, in a projected zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from geo.core.crs import WGS84_SRID, transform_geometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Geometries = NDArray[np.object_]

SNAPPING_M = 0.3
"""Three times the 0.1 m to which borders are surveyed for the cadastre: nearer vertices are one."""

GAP_WIDTH_M = 1.0
"""Ten times the same: narrower gaps and overlaps are a matter of drawing, wider of meaning."""

_FRAME_M = 1000.0
NEGLIGIBLE_M2 = 0.01
"""What rounding may make of areas that are the same."""


class Overlap(NamedTuple):
    """Two polygons, by row, that share more than a strip, and how much."""

    one: int
    other: int
    area_m2: float


class Gap(NamedTuple):
    """A part of the area that no polygon covers, wider than a strip, and the rows beside it."""

    area_m2: float
    beside: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """Polygons whose borders meet.

    Parameters
    ----------
    polygons
        (n,) in WGS 84 degrees (EPSG:4326); vertices that neighbours share are the same bits.
    changed
        (n,) whether the polygon is another than before.
    area_change_m2
        (n,) by how much the polygon grew.
    """

    polygons: Geometries
    changed: NDArray[np.bool_]
    area_change_m2: NDArray[np.float64]


def join(polygons: Geometries, srid: int, area: Any = None) -> Joined:
    """Make the borders of neighbours meet, and fill gaps between them up to the area's border.

    Polygons that already do are returned as they came, bit by bit; so is every vertex that need
    not move.

    Parameters
    ----------
    polygons
        (n,) valid polygons or multipolygons in WGS 84 degrees.
    srid
        EPSG code of the metric zone.
    area
        What they should fill, in degrees; ``None`` where gaps between them are meant.

    Examples
    --------
    >>> west = shapely.box(114.0, 26.0, 114.001, 26.001)
    >>> east = shapely.box(114.001001, 26.0, 114.002, 26.001)
    >>> joined = join(np.array([west, east]), 4547)
    >>> bool(shapely.coverage_is_valid(joined.polygons)), joined.changed.any()
    (True, np.True_)
    >>> join(np.array([], dtype=object), 4547).polygons.size
    0
    """
    metric = _metric(polygons, srid)
    if _meet(polygons, metric, area):
        return Joined(polygons, np.zeros(polygons.size, bool), np.zeros(polygons.size))
    members = metric if area is None else np.append(metric, _frame(_metric(area, srid)))
    clean: Any = vars(shapely)["coverage_clean"]  # newer than the types that are published for it
    cleaned = clean(members, snapping_distance=SNAPPING_M, gap_width=GAP_WIDTH_M)[: polygons.size]
    joined = _in_degrees(cleaned, polygons, srid)
    changed = ~shapely.equals_exact(
        shapely.normalize(joined), shapely.normalize(polygons), tolerance=0.0
    )
    return Joined(joined, changed, shapely.area(cleaned) - shapely.area(metric))


def wide_overlaps(polygons: Geometries, srid: int) -> list[Overlap]:
    """List the pairs of polygons that share a place wider than :data:`GAP_WIDTH_M`.

    Examples
    --------
    >>> square = shapely.box(114.0, 26.0, 114.001, 26.001)
    >>> [one[:2] for one in wide_overlaps(np.array([square, square]), 4547)]
    [(0, 1)]
    >>> wide_overlaps(np.array([], dtype=object), 4547)
    []
    """
    metric = _metric(polygons, srid)
    one, other = shapely.STRtree(metric).query(metric, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared = shapely.intersection(metric[one], metric[other])
    wide = _is_wide(shared)
    return [
        Overlap(int(a), int(b), float(area_m2))
        for a, b, area_m2 in zip(one[wide], other[wide], shapely.area(shared[wide]), strict=True)
    ]


def wide_gaps(polygons: Geometries, area: Any, srid: int) -> list[Gap]:
    """List the places of an area, wider than :data:`GAP_WIDTH_M`, that no polygon covers.

    Examples
    --------
    >>> area = shapely.box(114.0, 26.0, 114.002, 26.001)
    >>> west = shapely.box(114.0, 26.0, 114.001, 26.001)
    >>> [gap.beside for gap in wide_gaps(np.array([west]), area, 4547)]
    [(0,)]
    """
    metric = _metric(polygons, srid)
    left = shapely.difference(_metric(area, srid), shapely.union_all(metric))
    parts = shapely.get_parts(left)
    wide = parts[_is_wide(parts)]
    return [Gap(float(part.area), _beside(part, metric)) for part in wide]


def sticking_out(polygons: Geometries, areas: Geometries, srid: int) -> list[tuple[int, float]]:
    """List the rows that reach more than :data:`GAP_WIDTH_M` out of their areas, and the surface.

    Parameters
    ----------
    polygons, areas
        (n,) each, row by row, in degrees.
    srid
        EPSG code of the metric zone.

    Examples
    --------
    >>> area = shapely.box(114.0, 26.0, 114.001, 26.001)
    >>> sticking_out(np.array([area]), np.array([area]), 4547)
    []
    """
    metric, around = _metric(polygons, srid), _metric(areas, srid)
    out = ~shapely.covered_by(metric, shapely.buffer(around, GAP_WIDTH_M))
    beyond = shapely.area(shapely.difference(metric[out], around[out]))
    return [(int(row), float(m2)) for row, m2 in zip(np.flatnonzero(out), beyond, strict=True)]


def differ_m2(one: Any, other: Any, srid: int) -> float:
    """Return how much two areas, in degrees, do not have in common.

    Examples
    --------
    >>> area = shapely.box(114.0, 26.0, 114.001, 26.001)
    >>> differ_m2(area, area, 4547), differ_m2(shapely.Polygon(), shapely.Polygon(), 4547)
    (0.0, 0.0)
    """
    between = shapely.symmetric_difference(one, other)
    return float(shapely.area(_metric(between, srid)))


def _metric(geometries: Any, srid: int) -> Any:
    """Convert to metres; the odd polygon that is valid in degrees only is made valid again."""
    moved = transform_geometry(geometries, WGS84_SRID, srid)
    mended = shapely.make_valid(moved, method="structure", keep_collapsed=False)
    return np.where(shapely.is_valid(moved), moved, mended)[()]


def _frame(area: Any) -> Any:
    """Return what surrounds an area, so that a gap at its edge is enclosed like any other."""
    west, south, east, north = shapely.bounds(area)
    around = shapely.box(west - _FRAME_M, south - _FRAME_M, east + _FRAME_M, north + _FRAME_M)
    return shapely.difference(around, area)


def _meet(polygons: Geometries, metric: Geometries, area: Any) -> bool:
    if not polygons.size:
        return True
    if not shapely.coverage_is_valid(polygons):
        return False
    if not shapely.coverage_is_valid(metric, gap_width=GAP_WIDTH_M):
        return False
    covered = shapely.area(polygons).sum()
    m2 = shapely.area(metric).sum() / covered
    return area is None or bool(abs(shapely.area(area) - covered) * m2 < NEGLIGIBLE_M2)


def _is_wide(shapes: Geometries) -> NDArray[np.bool_]:
    wide: NDArray[np.bool_] = ~shapely.is_empty(shapely.buffer(shapes, -GAP_WIDTH_M / 2))
    return wide


def _beside(part: Any, metric: Geometries) -> tuple[int, ...]:
    """Return the rows that touch a gap, those with most of its border first."""
    near = np.flatnonzero(shapely.dwithin(metric, part, SNAPPING_M))
    rim = shapely.buffer(part, SNAPPING_M)
    shared = shapely.area(shapely.intersection(metric[near], rim))
    return tuple(int(row) for row in near[np.argsort(-shared, kind="stable")])


def _in_degrees(cleaned: Geometries, before: Geometries, srid: int) -> Any:
    """Convert back; vertices that did not move get the very degrees they came with."""
    known = {
        (x, y): (lon, lat)
        for (x, y), (lon, lat) in zip(
            shapely.get_coordinates(transform_geometry(before, WGS84_SRID, srid)).tolist(),
            shapely.get_coordinates(before).tolist(),
            strict=True,
        )
    }

    def back(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        converted = shapely.get_coordinates(
            transform_geometry(shapely.points(coordinates), srid, WGS84_SRID)
        )
        for at, (x, y) in enumerate(coordinates.tolist()):
            converted[at] = known.get((x, y), converted[at])
        return converted

    return shapely.transform(cleaned, back)
