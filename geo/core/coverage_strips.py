"""Narrow strips along the outer edge of a coverage: ground that no polygon has, given to one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Objects = NDArray[np.object_]

_QUADRANT_SEGMENTS = 8
_GROWTH = 1.01
_REACH_M = 0.01
_ROUNDING_M = 0.001
_JOINT_M = 0.005
_AS_LONG = 0.9
_WORTH_SHARE = 0.01
"""Of the width's square: what is smaller is a crumb in a corner of wide ground."""


@dataclass(frozen=True, slots=True, eq=False)
class Home:
    """Ground that some polygons of a coverage should fill, such as a community (社区).

    Parameters
    ----------
    outline
        In metres.
    rows
        The polygons that may have it.
    """

    outline: Any
    rows: tuple[int, ...]


def fill_strips(polygons: Objects, homes: Sequence[Home], width_m: float) -> Objects:
    """Give uncovered ground that is narrower than a width to the polygons beside it.

    Where a circle of that width can't be rolled through the uncovered ground (a morphological
    opening) it is narrow; round the bend of a strip that is nearly as wide it can. Each polygon
    gets what lies straight before its own border, the one with the longest border first; what is
    left at corners goes to who has the longest border there.

    Parameters
    ----------
    polygons
        (n,) valid polygons in metres, or ``None``.
    homes
        What is to be filled, and by which.
    width_m
        Wider ground stays uncovered.

    Examples
    --------
    >>> grids = np.array([shapely.box(0, 0, 100, 94)])
    >>> fill_strips(grids, [Home(shapely.box(0, 0, 100, 100), (0,))], 10.0)[0].area
    10000.0
    >>> fill_strips(grids, [], 10.0)[0].area
    9400.0
    """
    won: dict[int, list[Any]] = {}
    covered = shapely.union_all(polygons)
    for home in homes:
        open_ground = shapely.difference(home.outline, covered)
        for strip in _narrow(open_ground, width_m):
            for row, part in _shared_out(strip, polygons, home.rows, width_m):
                won.setdefault(row, []).append(part)
    if not won:
        return polygons
    filled = polygons.copy()
    for row, parts in won.items():
        filled[row] = shapely.union_all([polygons[row], *parts])
    return _joined(filled)


def _narrow(ground: Any, width_m: float) -> Iterator[Any]:
    core = shapely.buffer(ground, -width_m / 2, quad_segs=_QUADRANT_SEGMENTS)
    rolled = shapely.buffer(core, width_m / 2 * _GROWTH, join_style="mitre")
    for part in shapely.get_parts(shapely.difference(ground, rolled)):
        if part.geom_type == "Polygon" and part.area >= _WORTH_SHARE * width_m * width_m:
            yield part


def _shared_out(
    strip: Any, polygons: Objects, rows: Sequence[int], width_m: float
) -> Iterator[tuple[int, Any]]:
    """Share a strip out among those that it touches; none touching, it stays."""
    beside = shapely.buffer(strip, _REACH_M, quad_segs=1)
    near = np.flatnonzero(shapely.intersects(polygons, beside)).tolist()
    fronts = {row: _front(polygons[row], strip) for row in near if row in rows}
    order = sorted(fronts, key=lambda row: (-fronts[row].length, row))
    held = {row: polygons[row] for row in order}
    left = strip
    for row in order:
        before = shapely.buffer(
            fronts[row], _GROWTH * width_m, cap_style="flat", join_style="mitre"
        )
        part = shapely.intersection(left, before)
        held[row] = shapely.union(held[row], part)
        left = shapely.difference(left, before)
        yield row, part
    for part in shapely.get_parts(left) if order else ():
        touching = shapely.buffer(shapely.boundary(part), _REACH_M, quad_segs=1)
        shared = {row: shapely.intersection(touching, held[row]).area for row in order}
        most = max(shared.values())
        yield next(row for row in order if shared[row] >= _AS_LONG * most), part


def _front(polygon: Any, strip: Any) -> Any:
    """Return where a polygon borders on a strip, to the millimetre."""
    outlines = shapely.boundary(polygon), shapely.boundary(strip)
    parts = shapely.get_parts(shapely.intersection(*outlines, grid_size=_ROUNDING_M))
    lines = parts[shapely.length(parts) > 0]
    return shapely.line_merge(shapely.multilinestrings(lines))


def _joined(polygons: Objects) -> Objects:
    """Join the vertices where strips were cut, and leave areas alone."""
    rows = np.flatnonzero(~shapely.is_missing(polygons))
    joined = polygons.copy()
    joined[rows] = shapely.coverage_clean(  # type: ignore[attr-defined]  # newer than its types
        polygons[rows], snapping_distance=_JOINT_M, gap_width=0.0
    )
    return joined


__all__ = ["Home", "fill_strips"]
