"""The cells (基本单元) of a draft: blocks, cut where boundaries of grids or communities pass through.

Cities draw grids that don't follow their blocks. A draft is painted by cells that do: a block that
its grid's boundary leaves whole is a cell as it is, bit by bit; one that a boundary crosses becomes
pieces, ``<block>/1``, ``<block>/2`` …; ground of a community that no block covers becomes cells
``~<community>/1`` … of its own. All cells are one valid coverage: neighbours share every vertex of
their border, and together they are their communities, no more and no less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.core.drafts import Cell

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from geo.core.drafts import PlanState

    Objects = NDArray[np.object_]

SLIVER_M = 1.0
"""Mean width, in metres, below which a piece is a difference in digitising and no ground."""


@dataclass(frozen=True, slots=True, eq=False)
class Areas:
    """Communities, or the grids of a plan.

    Parameters
    ----------
    keys
        Codes of communities, keys of grids; the first of two that overlap has the ground
        (dedicated grids before general ones, then by code).
    polygons
        (n,) valid polygons and multipolygons in WGS 84.
    """

    keys: tuple[str, ...]
    polygons: Objects


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Blocks, or the cells of a draft that are to be cut further.

    Parameters
    ----------
    keys
        Codes of blocks, or keys of cells; the first of two that overlap has the ground.
    cells
        Row by row what there is to know of each; ``wkb`` in WGS 84.
    """

    keys: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Partition:
    """Cells with the grids that have them.

    Parameters
    ----------
    cells
        Cells by key, in order of their keys.
    owners
        The grid of every cell; ``None`` where no grid lies.
    cut
        Keys of the blocks that were cut.
    uncovered
        Keys of the cells on ground that no block covers.
    snapped_m2
        How much ground, in slivers, went to a neighbour of what it was drawn for.
    """

    cells: Mapping[str, Cell]
    owners: Mapping[str, str | None]
    cut: tuple[str, ...] = ()
    uncovered: tuple[str, ...] = ()
    snapped_m2: float = 0.0


def cells_of(
    blocks: Blocks,
    communities: Areas,
    grids: Areas,
    *,
    sliver_m: float = SLIVER_M,
    used: Collection[str] = (),
) -> Partition:
    """Cut blocks along the boundaries of grids and communities.

    Parameters
    ----------
    blocks
        What is cut; they needn't be a coverage.
    communities
        The ground that the cells are to cover.
    grids
        Whose boundaries cut; none leave the blocks as they are.
    sliver_m
        Mean width, in metres, below which a piece goes to the neighbour with which it shares the
        longest border: of its own block if there is one, always within its community.
    used
        Keys of cells that pieces may not have.

    Raises
    ------
    geo.errors.PolygonRefusedError
        When a row is no polygon.

    Examples
    --------
    >>> nothing = Areas((), np.array([], dtype=object))
    >>> cells_of(Blocks((), ()), nothing, nothing).cells
    {}
    """
    raise NotImplementedError


def outlines(cells: Mapping[str, Cell]) -> tuple[tuple[str, ...], Objects]:
    """Return keys and outlines of cells, row by row, in WGS 84.

    Examples
    --------
    >>> outlines({})[0]
    ()
    """
    polygons: Objects = shapely.from_wkb([cell.wkb for cell in cells.values()])
    return tuple(cells), polygons


def written(polygon: Any) -> str:
    """Return a cell's outline as :class:`geo.core.drafts.Cell` has it: WKB of a multipolygon."""
    whole = shapely.multipolygons(shapely.get_parts(polygon))
    return str(shapely.to_wkb(whole, hex=True, byte_order=1))


def territories(state: PlanState) -> dict[str, Any]:
    """Return the polygon of every grid of a draft that has cells: the coverage union of these.

    Examples
    --------
    >>> from geo.core.drafts import PlanState
    >>> territories(PlanState.of({}, {}, {}))
    {}
    """
    keys, polygons = outlines(state.cells)
    row = {key: at for at, key in enumerate(keys)}
    return {
        grid: shapely.coverage_union_all(polygons[[row[cell] for cell in cells]])
        for grid, cells in state.members().items()
        if cells
    }


def free_keys(cell: Cell, used: Iterable[str]) -> Iterator[str]:
    """Yield keys for pieces of a cell that no cell of the draft has or had.

    Parameters
    ----------
    cell
        What is cut.
    used
        All keys that the draft ever used.

    Examples
    --------
    >>> next(free_keys(Cell("00", "9", block="b"), ["b", "b/1"]))
    'b/2'
    >>> next(free_keys(Cell("00", "9"), []))
    '~9/1'
    """
    stem = cell.block or f"~{cell.community}"
    numbers = (key.removeprefix(f"{stem}/") for key in used if key.startswith(f"{stem}/"))
    at = max((int(number) for number in numbers if number.isdecimal()), default=0)
    while True:
        at += 1
        yield f"{stem}/{at}"
