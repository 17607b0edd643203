"""The nearest piece of a walking network to a position, by a uniform grid of cells (网格索引).

Every cell lists the pieces that touch it. Rings of cells around the position are searched until
nothing outside them can be nearer than what has been found.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geo.core.compiling import compiled, making_arrays

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAME = np.dtype(
    [(name, "f8") for name in ("west", "south", "side_m", "reach_m")]
    + [(name, "i8") for name in ("columns", "rows")]
)
"""The lower left corner of the cells, how large one is, how far a piece may be, and how many."""

SMALLEST_CELL_M = 1.0
ROUNDING = 1e-9
"""Of a cell's side: more than the rounding in any step here."""


class PieceGrid(NamedTuple):
    """Cells and their pieces.

    Parameters
    ----------
    frame
        One :data:`FRAME`.
    first
        Where the pieces of each cell begin, row by row from the south.
    listed
        The pieces.
    """

    frame: NDArray[Any]
    first: NDArray[np.int32]
    listed: NDArray[np.int32]


def piece_grid(piece: NDArray[Any], reach_m: float) -> PieceGrid:
    """Lay a grid over pieces, about one cell for each.

    Parameters
    ----------
    piece
        Table with the columns ``x1``, ``y1``, ``x2``, ``y2``, in metres.
    reach_m
        Pieces farther than this from a position are none of its.
    """
    frame = np.zeros(1, dtype=FRAME)
    frame["reach_m"], frame["side_m"] = reach_m, SMALLEST_CELL_M
    if len(piece) == 0:
        return PieceGrid(frame, np.zeros(1, np.int32), np.zeros(0, np.int32))
    x, y = np.r_[piece["x1"], piece["x2"]], np.r_[piece["y1"], piece["y2"]]
    wide, high = float(np.ptp(x)), float(np.ptp(y))
    side_m = max(math.sqrt(wide * high / len(piece)), max(wide, high) / len(piece), SMALLEST_CELL_M)
    frame["west"], frame["south"], frame["side_m"] = x.min(), y.min(), side_m
    frame["columns"], frame["rows"] = int(wide / side_m) + 1, int(high / side_m) + 1
    return PieceGrid(frame, *listing(frame, piece))


@making_arrays
def listing(frame: Any, piece: Any) -> tuple[Any, Any]:
    """Return where the pieces of every cell begin, and the pieces."""
    columns = frame[0].columns
    first = np.zeros(columns * frame[0].rows + 1, dtype=np.int32)
    for row in range(len(piece)):
        for level, west, east in levels(frame, piece[row]):
            first[level * columns + west + 1 : level * columns + east + 2] += 1
    for cell in range(len(first) - 1):
        first[cell + 1] += first[cell]
    listed = np.empty(first[-1], dtype=np.int32)
    filled = first.copy()
    for row in range(len(piece)):
        for level, west, east in levels(frame, piece[row]):
            for cell in range(level * columns + west, level * columns + east + 1):
                listed[filled[cell]] = row
                filled[cell] += 1
    return first, listed


@making_arrays
def levels(frame: Any, one: Any) -> Any:
    """Return the rows of cells that a piece touches, and from which column to which."""
    grid = frame[0]
    x1, x2 = (one.x1 - grid.west) / grid.side_m, (one.x2 - grid.west) / grid.side_m
    y1, y2 = (one.y1 - grid.south) / grid.side_m, (one.y2 - grid.south) / grid.side_m
    if y1 > y2:
        x1, x2, y1, y2 = x2, x1, y2, y1
    lowest = max(0, math.floor(y1 - ROUNDING))
    highest = min(grid.rows - 1, math.floor(y2 + ROUNDING))
    found = []
    for level in range(lowest, highest + 1):
        enters, leaves = x1, x2
        if y2 > y1:
            enters = x1 + (x2 - x1) * min(1.0, max(0.0, (level - ROUNDING - y1) / (y2 - y1)))
            leaves = x1 + (x2 - x1) * min(1.0, max(0.0, (level + 1 + ROUNDING - y1) / (y2 - y1)))
        west = max(0, math.floor(min(enters, leaves) - ROUNDING))
        east = min(grid.columns - 1, math.floor(max(enters, leaves) + ROUNDING))
        found.append((level, west, east))
    return found


@compiled
def snap(cells: Any, tables: Any, place: Any, main: bool) -> tuple[int, float, float]:
    """Return the piece nearest to a position, how far along it the nearest point is, and its leg.

    Parameters
    ----------
    cells
        A :class:`PieceGrid`.
    tables
        The pieces that it was laid over, and their chains.
    place
        Easting and northing in metres.
    main
        Whether pieces of small parts of the network don't count.

    Returns
    -------
    tuple
        The piece is -1, and the leg infinite, where none is in reach.
    """
    grid, first, listed = cells.frame[0], cells.first, cells.listed
    piece, chain = tables
    x, y = place
    column = math.floor((x - grid.west) / grid.side_m)
    row = math.floor((y - grid.south) / grid.side_m)
    found, along, nearest = -1, 0.0, math.inf
    away = max(0.0, -column, column - grid.columns + 1, -row, row - grid.rows + 1)
    if not away * grid.side_m <= grid.reach_m + 2 * grid.side_m or len(first) == 1:
        return found, along, nearest
    ring, column, row = int(away), int(column), int(row)
    # What has not been looked at is at least this far.
    while (ring - 1) * grid.side_m <= min(nearest, grid.reach_m):
        for level in range(max(0, row - ring), min(grid.rows - 1, row + ring) + 1):
            step = 1 if abs(level - row) == ring else max(1, 2 * ring)
            for cell in range(column - ring, column + ring + 1, step):
                if not 0 <= cell < grid.columns:
                    continue
                here = level * grid.columns + cell
                for place_listed in range(first[here], first[here + 1]):
                    other = listed[place_listed]
                    leg, at = off(piece[other], x, y)
                    if leg < nearest and (not main or chain[piece[other].chain].main):
                        found, along, nearest = other, at, leg
        ring += 1
    if nearest > grid.reach_m:
        return -1, 0.0, math.inf
    return found, along, nearest


@compiled
def off(one: Any, x: float, y: float) -> tuple[float, float]:
    """Return how far a position is from a piece, and how far along it the nearest point is."""
    east, north = one.x2 - one.x1, one.y2 - one.y1
    square = east * east + north * north
    share = 0.0
    if square > 0:
        share = min(1.0, max(0.0, ((x - one.x1) * east + (y - one.y1) * north) / square))
    beside, above = x - one.x1 - share * east, y - one.y1 - share * north
    leg = math.sqrt(beside * beside + above * above)
    return leg, share * one.length_m
