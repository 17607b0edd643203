"""Splitting a grid of a draft in two, along a drawn line or as it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.core.cells import outlines
from geo.core.cutting import cut, fitted_to
from geo.core.drafts import Refusal, changed, difference
from geo.core.noding import NOBODY, connected, lines_of, row_at, segments_of
from geo.core.reshaping import SNAP_DEG, drawn_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

    from geo.core.drafts import Changes, PlannedGrid, PlanState

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]
    Objects = NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Sites:
    """Where households are.

    Parameters
    ----------
    lonlat
        (n, 2) sites of buildings in WGS 84.
    households
        (n,) how many there are.
    """

    lonlat: Floats
    households: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class NewGrid:
    """A grid that is to be, and its key."""

    key: str
    grid: PlannedGrid


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What a draft doesn't say: ``sites``, and all keys that its cells have or had (``used``)."""

    sites: Sites
    used: Collection[str]


def split_along(
    state: PlanState, grid: str, line: Sequence[Sequence[float]], new: NewGrid, known: Known
) -> Changes | Refusal:
    """Split a grid along a line: cells that it crosses are cut, one side gets a new grid.

    The side with more households keeps the grid; of equal ones the one with more cells, of these
    the one on the line's left. Pieces of the grid that the line doesn't touch stay with it.

    Parameters
    ----------
    state
        The draft.
    grid
        The key of the grid.
    line
        Longitudes and latitudes in WGS 84; see :func:`geo.core.cutting.cut`.
    new
        What the other side becomes.
    known
        By which sides are weighed, and pieces named.

    Returns
    -------
    dict or Refusal
        ``line_does_not_divide`` (the grid), ``grid_locked``, ``no_such_grid``, and those of
        cutting.
    """
    refusal = _unfit(state, grid)
    drawn = drawn_line(line)
    if refusal is not None or drawn is None:
        return refusal or Refusal("line_crosses_itself", "")
    keys = state.members()[grid]
    polygons = outlines(state.cells)[1]
    line_through = fitted_to(polygons, shapely.STRtree(polygons), drawn)
    parted = cut(state, line, used=known.used, within=keys)
    if isinstance(parted, Refusal) and parted.reason != "line_crosses_nothing":
        return parted
    after = state if isinstance(parted, Refusal) else changed(state, parted)
    cells = {key: after.cells[key] for key in after.members()[grid]}
    side = _sides(outlines(cells)[1], line_through)
    if side is None:
        return Refusal("line_does_not_divide", grid)
    leaving = _lighter(tuple(cells), outlines(cells)[1], side, known.sites)
    return difference(state, changed(after, handed_over(after, leaving, new)))


def _unfit(state: PlanState, grid: str) -> Refusal | None:
    if grid not in state.grids:
        return Refusal("no_such_grid", grid)
    if state.grid_locked(grid):
        return Refusal("grid_locked", grid)
    return None if state.members()[grid] else Refusal("line_does_not_divide", grid)


def handed_over(state: PlanState, cells: Iterable[str], new: NewGrid) -> Changes:
    """Return the changes that make a new grid of cells.

    Examples
    --------
    >>> from geo.core.drafts import Cell, PlannedGrid, PlanState
    >>> state = PlanState.of({"a": Cell("00", "9")}, {"a": "g"}, {})
    >>> handed_over(state, ["a"], NewGrid("h", PlannedGrid("9", "h")))["owner"]
    {'a': ('g', 'h')}
    """
    return {
        "grid": {new.key: (None, new.grid)},
        "owner": {cell: (state.owner(cell), new.key) for cell in cells},
    }


_ASIDE_DEG = 1e-8
"""A millimetre beside the line: nearer than any cell is thin."""


def _sides(polygons: Objects, line: Any) -> NDArray[np.int8] | None:
    """Return for cells on which side of a line they are: 1 left, -1 right, 0 neither.

    ``None`` when the line doesn't divide them: nothing lies on one side, or the same on both.
    """
    found = segments_of(polygons)
    shared = found.right != NOBODY
    ends, left, right = found.ends[shared], found.left[shared], found.right[shared]
    on = shapely.covers(shapely.buffer(line, 2 * SNAP_DEG, quad_segs=2), lines_of(ends))
    piece = connected(len(polygons), left[~on], right[~on])
    sides = [set(_beside(polygons, line, ends[on], sign, piece)) for sign in (1, -1)]
    if not all(sides) or sides[0] & sides[1]:
        return None
    side = np.zeros(len(polygons), dtype=np.int8)
    for sign, pieces in zip((1, -1), sides, strict=True):
        side[np.isin(piece, list(pieces))] = sign
    return side


def _beside(polygons: Objects, line: Any, ends: Floats, sign: int, piece: Ints) -> Ints:
    """Return the pieces that lie beside segments of a line, on its left (1) or right (-1)."""
    along = shapely.line_locate_point(line, shapely.points(ends.reshape(-1, 2))).reshape(-1, 2)
    onward = np.sign(along[:, 1] - along[:, 0])
    step = (ends[:, 2:] - ends[:, :2]) * onward[:, None]
    aside = np.column_stack([-step[:, 1], step[:, 0]]) / np.hypot(*step.T)[:, None]
    middle = (ends[:, 2:] + ends[:, :2]) / 2
    row = row_at(polygons, shapely.points(middle + sign * _ASIDE_DEG * aside))
    return np.asarray(piece[row[row != NOBODY]], dtype=np.intp)


def _lighter(
    keys: Sequence[str], polygons: Objects, side: NDArray[np.int8], sites: Sites
) -> list[str]:
    """Return the cells of the side that leaves: fewer households, fewer cells, the right one."""
    cell = row_at(polygons, np.asarray(shapely.points(sites.lonlat), dtype=object))
    inside = cell != NOBODY
    held = np.bincount(cell[inside], sites.households[inside], len(keys))
    weights = {
        sign: (float(held[side == sign].sum()), int((side == sign).sum())) for sign in (1, -1)
    }
    leaves = 1 if weights[1] < weights[-1] else -1
    return [key for key, one in zip(keys, side, strict=True) if one == leaves]
