"""Lattices (格网) of equal cells over a place, with an origin that no data moves.

Cells are counted from the origin of the place's metric zone, so the same ground is always in the
same cell, whatever is counted and however large the area is: two maps of a place can be compared
cell by cell. Hexagons stand on a corner; all six neighbours of one are equally far (Birch, Oom and
Beecham 2007, Rectangular and hexagonal grids used for observation, experiment and simulation in
ecology).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray
    from shapely.geometry.base import BaseGeometry

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

Kind = Literal["hexagon", "square"]

LETTERS: dict[Kind, str] = {"hexagon": "h", "square": "s"}
ROW_STEP = math.sqrt(3) / 2
"""Rows of hexagons lie so far apart, in sides."""

TOUCHES = 1e-9
"""A cell with a smaller share inside an area touches it at most."""


class Offset(NamedTuple):
    """A step from a cell to another one, in columns and rows."""

    column: int
    row: int


@dataclass(frozen=True, slots=True)
class Lattice:
    """Equal cells over the whole plane.

    Parameters
    ----------
    kind
        ``hexagon`` or ``square``.
    side_m
        Side of a square, distance between opposite sides of a hexagon: either way how far the
        middles of neighbours are apart.
    srid
        EPSG code of the metric system; the middle of cell 0, 0 is its origin.

    Examples
    --------
    >>> Lattice("square", 100, 4547).key(3, -2)
    's100:3:-2'
    >>> column, row = Lattice("hexagon", 100, 4547).cell_of([10.0, 95.0], [5.0, 0.0])
    >>> column.tolist(), row.tolist()
    ([0, 1], [0, 0])
    >>> Lattice("hexagon", 100, 4547).cell_of([], [])[0].size
    0
    """

    kind: Kind
    side_m: float
    srid: int

    @property
    def cell_m2(self) -> float:
        """Area of a cell in square metres."""
        return self.side_m**2 * (ROW_STEP if self.kind == "hexagon" else 1.0)

    def key(self, column: int, row: int) -> str:
        """Return the stable name of a cell."""
        return f"{LETTERS[self.kind]}{self.side_m:g}:{column}:{row}"

    def cell_of(self, x: ArrayLike, y: ArrayLike) -> tuple[Ints, Ints]:
        """Return column and row of the cells that positions lie in (n,), (n,).

        Parameters
        ----------
        x, y
            Easting and northing in metres (n,).
        """
        east, north = (np.asarray(one, dtype=np.float64) / self.side_m for one in (x, y))
        if self.kind == "square":
            return _whole(np.floor(east + 0.5)), _whole(np.floor(north + 0.5))
        row = north / ROW_STEP
        return _rounded(east - row / 2, row)

    def middles(self, column: Ints, row: Ints) -> tuple[Floats, Floats]:
        """Return easting and northing of the middles of cells (n,), (n,)."""
        if self.kind == "square":
            return _metres(column * self.side_m, row * self.side_m)
        return _metres((column + row / 2) * self.side_m, row * (self.side_m * ROW_STEP))

    def polygons(self, column: Ints, row: Ints) -> Shapes:
        """Return the outlines of cells, in metres (n,); neighbours share their corners exactly."""
        corners: tuple[tuple[int, int], ...]
        if self.kind == "square":
            corners = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
            at = [((2 * column + dx) / 2, (2 * row + dy) / 2) for dx, dy in corners]
        else:
            # Corners lie on a finer lattice: half sides east, thirds of a row north.
            corners = ((1, -1), (1, 1), (0, 2), (-1, 1), (-1, -1), (0, -2), (1, -1))
            at = [
                ((2 * column + row + dx) / 2, (3 * row + dy) / 3 * ROW_STEP) for dx, dy in corners
            ]
        rings = np.stack([np.column_stack(one) for one in at], axis=1) * self.side_m
        return np.asarray(shapely.polygons(rings), dtype=object).reshape(len(column))

    def offsets(self, order: int) -> tuple[Offset, ...]:
        """Return the steps to all cells within so many steps of one, itself included.

        Steps between squares go to any of eight neighbours, between hexagons to any of six.

        Examples
        --------
        >>> [len(Lattice("hexagon", 1, 4547).offsets(order)) for order in (0, 1, 2)]
        [1, 7, 19]
        >>> len(Lattice("square", 1, 4547).offsets(1))
        9
        """
        reach = range(-order, order + 1)
        return tuple(
            Offset(column, row)
            for row in reach
            for column in reach
            if self.kind == "square" or abs(column + row) <= order
        )

    def cells_over(self, area: BaseGeometry) -> Cells:
        """Return the cells that have ground in an area, by row and column.

        Parameters
        ----------
        area
            Polygon or multipolygon in metres, valid.
        """
        parts = [_around(self, part) for part in shapely.get_parts(area) if not part.is_empty]
        if not parts:
            return Cells(self, *_NO_CELLS)
        found = np.unique(np.concatenate(parts), axis=0)
        row, column = found[:, 0], found[:, 1]
        outlines = self.polygons(column, row)
        shapely.prepare(area)
        inside = shapely.contains_properly(area, outlines)
        crossed = np.flatnonzero(~inside & shapely.intersects(area, outlines))
        clipped, share = outlines.copy(), inside.astype(np.float64)
        clipped[crossed] = _polygonal(shapely.intersection(outlines[crossed], area))
        share[crossed] = np.minimum(shapely.area(clipped[crossed]) / self.cell_m2, 1.0)
        held = share > TOUCHES
        return Cells(self, column[held], row[held], share[held], clipped[held])

    def count_over(self, area: BaseGeometry) -> float:
        """Return about how many whole cells an area has room for."""
        return float(area.area / self.cell_m2)


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of a lattice that have ground in an area.

    Parameters
    ----------
    lattice
        Of the cells.
    column, row
        Which ones (n,).
    share
        Of each the share of its ground inside the area, above 0 and at most 1 (n,).
    clipped
        Their outlines in metres, as far as they are inside the area (n,).

    Examples
    --------
    >>> cells = Lattice("square", 100, 4547).cells_over(shapely.box(-50, -50, 150, 50))
    >>> cells.keys, cells.share.tolist()
    (('s100:0:0', 's100:1:0'), [1.0, 1.0])
    >>> cells.rows_at([60.0, 500.0], [0.0, 0.0]).tolist()
    [1, -1]
    >>> len(Lattice("square", 100, 4547).cells_over(shapely.Polygon()).keys)
    0
    """

    lattice: Lattice
    column: Ints
    row: Ints
    share: Floats
    clipped: Shapes

    def __len__(self) -> int:
        return len(self.column)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Stable names (n,)."""
        pairs = zip(self.column.tolist(), self.row.tolist(), strict=True)
        return tuple(self.lattice.key(*pair) for pair in pairs)

    @cached_property
    def polygons(self) -> Shapes:
        """Whole outlines in metres (n,)."""
        return self.lattice.polygons(self.column, self.row)

    def rows_at(self, x: ArrayLike, y: ArrayLike) -> Ints:
        """Return the rows of the cells that positions in metres lie in (m,); -1 in none."""
        return self.rows_of(*self.lattice.cell_of(x, y))

    def rows_of(self, column: Ints, row: Ints) -> Ints:
        """Return the rows of cells by column and row (m,); -1 for what is not here."""
        if not len(self):
            return np.full(len(column), -1, dtype=np.int64)
        index, west, south = self._raster
        height, width = index.shape
        at, up = column - west, row - south
        known = (at >= 0) & (at < width) & (up >= 0) & (up < height)
        found = np.full(len(column), -1, dtype=np.int64)
        found[known] = index[up[known], at[known]]
        return found

    def summing(self, order: int, taking: NDArray[np.bool_]) -> Callable[[Floats], Floats]:
        """Return a function that sums values of cells (…, n) over each one's neighbourhood.

        Parameters
        ----------
        order
            How many steps the neighbourhood reaches; see :meth:`Lattice.offsets`.
        taking
            The cells that take part (n,): others give nothing and get 0.
        """
        places, size, steps = self._field(order)
        rows = np.flatnonzero(taking)
        mine, whole = places[rows], len(rows) == len(places)

        def summed(values: Floats) -> Floats:
            field = np.zeros((*values.shape[:-1], size))
            there, here = (_last(one, values.ndim) for one in (mine, rows))
            field[there] = values if whole else values[here]
            total = field.copy()
            for step in steps:
                low, high = max(0, -step), size - max(0, step)
                if step:
                    total[..., low:high] += field[..., low + step : high + step]
            if whole:
                return np.asarray(total[there])
            found = np.zeros(values.shape)
            found[here] = total[there]
            return found

        return summed

    def _field(self, order: int) -> tuple[Ints, int, Sequence[int]]:
        """Return where each cell is in a flat field with a margin, its size, and the steps."""
        if not len(self):
            return np.empty(0, dtype=np.int64), 0, ()
        west, south = self.column.min() - order, self.row.min() - order
        width = int(self.column.max() - west) + order + 1
        height = int(self.row.max() - south) + order + 1
        places = (self.row - south) * width + (self.column - west)
        steps = [one.row * width + one.column for one in self.lattice.offsets(order)]
        return places, width * height, steps

    @cached_property
    def _raster(self) -> tuple[Ints, int, int]:
        west, south = int(self.column.min()), int(self.row.min())
        shape = int(self.row.max()) - south + 1, int(self.column.max()) - west + 1
        index = np.full(shape, -1, dtype=np.int64)
        index[self.row - south, self.column - west] = np.arange(len(self))
        return index, west, south


_NO_CELLS: tuple[Any, ...] = (
    np.empty(0, dtype=np.int64),
    np.empty(0, dtype=np.int64),
    np.empty(0),
    np.empty(0, dtype=object),
)


def _last(rows: Ints, axes: int) -> Any:
    """Return what takes rows of the last axis; an ellipsis for none is several times slower."""
    return rows if axes == 1 else (..., rows)


def _metres(east: Any, north: Any) -> tuple[Floats, Floats]:
    return np.asarray(east, dtype=np.float64), np.asarray(north, dtype=np.float64)


def _whole(values: Floats) -> Ints:
    return values.astype(np.int64)


def _rounded(column: Floats, row: Floats) -> tuple[Ints, Ints]:
    """Round to the nearest hexagon: of three coordinates that add up to 0, mend the worst."""
    third = -column - row
    near = [np.floor(one + 0.5) for one in (column, row, third)]
    off = [np.abs(one - exact) for one, exact in zip(near, (column, row, third), strict=True)]
    first = (off[0] > off[1]) & (off[0] > off[2])
    second = ~first & (off[1] > off[2])
    return (
        _whole(np.where(first, -near[1] - near[2], near[0])),
        _whole(np.where(second, -near[0] - near[2], near[1])),
    )


def _around(lattice: Lattice, part: BaseGeometry) -> Ints:
    """Return row and column of all cells that may have ground in a part of an area (m, 2)."""
    west, south, east, north = part.bounds
    step_m = lattice.side_m * (ROW_STEP if lattice.kind == "hexagon" else 1.0)
    rows = np.arange(math.floor(south / step_m) - 1, math.ceil(north / step_m) + 2)
    columns = np.arange(math.floor(west / lattice.side_m) - 1, math.ceil(east / lattice.side_m) + 2)
    row, column = (one.ravel() for one in np.meshgrid(rows, columns, indexing="ij"))
    if lattice.kind == "hexagon":
        column = column - row // 2
    return np.column_stack([row, column])


def _polygonal(shapes: Shapes) -> Shapes:
    """Keep what has an area of intersections, which may have lines and points as well."""
    odd = np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION)
    for at in odd:
        held = [one for one in shapely.get_parts(shapes[at]) if one.area > 0]
        shapes[at] = shapely.union_all(held)
    return shapes


__all__ = ["Cells", "Kind", "Lattice", "Offset"]
