"""Repairing a coverage: small gaps closed, overlaps given to one side, hairlines joined.

GEOS' coverage cleaner does most of the work (shapely.coverage_clean, GEOS 3.14), with distances
that somebody states: never with automatic snapping, which takes much longer and is nobody's
decision. It knows no edge that polygons should reach: gaps that are open to it are closed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.core.coverage_rows import usable_polygons
from geo.core.coverage_strips import fill_strips

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geo.core.coverage_strips import Home

    Objects = NDArray[np.object_]

SNAP_FACTOR = 3.0
"""Vertices are joined up to three times the positional error: two who digitise one corner are
rarely further apart."""

GAP_FACTOR = 10.0
"""Gaps are closed up to ten times the positional error wide."""

NOISE_M2 = 0.01
"""Ground that snapping by rounding alone may move."""


@dataclass(frozen=True, slots=True)
class Mended:
    """What repairing did to one polygon; areas in square metres.

    Parameters
    ----------
    row
        Which.
    before_m2, after_m2
        Its area before and after.
    changed_m2
        Ground that it won or lost.
    pieces
        How many separate pieces it has now; none when nothing is left of it.
    was_invalid
        Whether its outline crossed itself.
    """

    row: int
    before_m2: float
    after_m2: float
    changed_m2: float
    pieces: int
    was_invalid: bool = False


def repair(
    polygons: Objects, error_m: float, homes: Sequence[Home] = (), *, clean: bool = True
) -> tuple[Objects, tuple[Mended, ...]]:
    """Repair polygons that should be a coverage, and tell what that changed.

    Parameters
    ----------
    polygons
        (n,) polygons in metres; ``None`` stays.
    error_m
        Positional error of the digitising: vertices are joined within :data:`SNAP_FACTOR` times
        it, gaps closed up to :data:`GAP_FACTOR` times it.
    homes
        What polygons should fill: gaps that are open to its edge are closed as well.
    clean
        Whether overlaps and enclosed gaps are repaired; else open gaps alone are closed.

    Returns
    -------
    tuple
        Polygons, ``None`` where nothing is left; and what changed, row by row.

    Examples
    --------
    >>> twice = np.array([shapely.box(0, 0, 101, 100), shapely.box(100, 0, 200, 100)])
    >>> mended, changes = repair(twice, 0.1)
    >>> sum(one.area for one in mended), [one.changed_m2 for one in changes]
    (20000.0, [100.0])
    >>> repair(np.array([], dtype=object), 1.0)[1]
    ()
    """
    usable = usable_polygons(np.asarray(polygons, dtype=object))
    mended = _cleaned(usable, error_m) if clean else usable
    mended = fill_strips(mended, homes, GAP_FACTOR * error_m)
    told = (_told(row, polygons[row], usable[row], mended[row]) for row in range(len(usable)))
    return mended, tuple(one for one in told if one is not None)


def _cleaned(usable: Objects, error_m: float) -> Objects:
    rows = np.flatnonzero(~shapely.is_missing(usable))
    mended = np.full(len(usable), None, dtype=object)
    if len(rows):
        cleaned = shapely.coverage_clean(  # type: ignore[attr-defined]  # newer than its types
            usable[rows],
            snapping_distance=SNAP_FACTOR * error_m,
            gap_width=GAP_FACTOR * error_m,
        )
        for row, polygon in zip(rows, cleaned, strict=True):
            mended[row] = None if polygon is None or polygon.is_empty else polygon
    return mended


def _told(row: int, given: Any, usable: Any, mended: Any) -> Mended | None:
    if given is None:
        return None
    nothing = shapely.Polygon()
    before, after = (nothing if one is None else one for one in (usable, mended))
    invalid = not bool(shapely.is_valid(given))
    changed_m2 = float(shapely.symmetric_difference(before, after).area)
    if not invalid and changed_m2 <= NOISE_M2 and mended is not None:
        return None
    pieces = len(shapely.get_parts(after))
    return Mended(row, float(before.area), float(after.area), changed_m2, pieces, invalid)
