"""What new outlines of cells come to, as changes of a draft, and lines drawn by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.core.cells import written
from geo.core.coverage import LocalPlane, mean_width_m
from geo.core.noding import same_outline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from geo.core.drafts import Changes, PlanState

    Floats = NDArray[np.float64]
    Objects = NDArray[np.object_]

THINNEST_M = 0.1
"""Mean width, in metres, that a cell must have: nobody draws less on purpose."""

REACH_M = 1.0
"""How far a line may end from a border that it is meant to reach, and a hand be off one."""

SNAP_DEG = 2e-7
"""How near a vertex is dropped to another to be the same: two centimetres, for screens know
positions to one."""

THROUGH_DEG = 4e-6
"""How near a drawn line passes a vertex to go through it: forty centimetres. Else lines over many
cells would cut crumbs off their corners."""


def redrawn(state: PlanState, outlines: Mapping[str, Any]) -> Changes:
    """Return the changes that give cells other outlines; those that stay the same are left out.

    Parameters
    ----------
    state
        The draft.
    outlines
        Polygons of cells that it has, in WGS 84.
    """
    cells = {key: state.cells[key] for key in outlines}
    shapes = {
        key: (cell, replace(cell, wkb=written(outlines[key])))
        for key, cell in cells.items()
        if not same_outline(outlines[key], shapely.from_wkb(cell.wkb))
    }
    return {"shape": shapes} if shapes else {}


def drawn_line(points: Sequence[Sequence[float]]) -> Any | None:
    """Return a line drawn by hand; ``None`` where it has no two places, or crosses itself.

    Examples
    --------
    >>> drawn_line([(0, 0), (0, 0), (1, 1)]).wkt
    'LINESTRING (0 0, 1 1)'
    >>> drawn_line([(0, 0), (0, 0)]) is None
    True
    """
    xy = np.asarray(points, dtype=float).reshape(-1, 2)
    if not np.isfinite(xy).all():
        return None
    moved = np.ones(len(xy), dtype=bool)
    moved[1:] = (xy[1:] != xy[:-1]).any(axis=1)
    if moved.sum() < 2:  # noqa: PLR2004 - a line has two ends
        return None
    line = shapely.linestrings(xy[moved])
    return line if shapely.is_simple(line) else None


def fitted(line: Any, polygons: Objects) -> Any:
    """Lead a drawn line through vertices that it nearly meets, and let its ends reach borders.

    Parameters
    ----------
    line
        In WGS 84.
    polygons
        Of the cells it runs through.
    """
    vertices = shapely.multipoints(shapely.get_coordinates(polygons))
    borders = shapely.union_all(shapely.boundary(polygons))
    reaching = _reaching(shapely.snap(line, vertices, THROUGH_DEG), borders)
    return shapely.snap(reaching, vertices, THROUGH_DEG)


def _reaching(line: Any, borders: Any) -> Any:
    """Lengthen the ends of a line by what they fall short of borders, and a centimetre."""
    plane = LocalPlane.of(np.array([line, borders], dtype=object), degrees=True)
    flat, near = plane.flatten(line), plane.flatten(borders)
    xy = shapely.get_coordinates(flat)
    first, last = (_step(xy[end], near) for end in (0, -1))
    longer = [one for one in (first, xy, last) if one is not None]
    return plane.unflatten(shapely.linestrings(np.vstack(longer))) if len(longer) > 1 else line


_BEYOND_M = 0.01


def _step(end: Floats, borders: Any) -> Floats | None:
    point = shapely.points(end)
    away_m = shapely.distance(point, borders)
    if not 0 < away_m <= REACH_M:
        return None
    there = shapely.get_coordinates(shapely.shortest_line(point, borders))[1]
    return np.asarray([there + (there - end) / away_m * _BEYOND_M])


def too_thin(polygon: Any) -> bool:
    """Tell whether a cell in WGS 84 is too narrow to be one."""
    return mean_width_m(polygon) < THINNEST_M
