"""The cells (基本单元) of a draft: blocks, cut where boundaries of grids or communities pass.

Cities draw grids that don't follow their blocks. A draft is painted by cells that do: a block that
its grid's boundary leaves whole is a cell as it is, bit by bit; one that a boundary crosses becomes
pieces, ``<block>/1``, ``<block>/2`` …; ground of a community that no block covers becomes cells
``~<community>/1`` … of its own. All cells are one valid coverage: neighbours share every vertex of
their border, and together they are their communities, no more and no less.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.core.coverage import LocalPlane
from geo.core.drafts import Cell
from geo.core.noding import (
    NOBODY,
    connected,
    faces_of,
    joined,
    lines_of,
    row_at,
    same_outline,
    segments_of,
)
from geo.core.slivers import Pieces, absorbed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from geo.core.drafts import PlanState

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]
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
    homes
        Of grids that count in their own community alone, its code (n,).
    """

    keys: tuple[str, ...]
    polygons: Objects
    homes: tuple[str, ...] | None = None


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

    @classmethod
    def of(cls, cells: Mapping[str, Cell]) -> Blocks:
        """Return cells by key as blocks, in order of their keys."""
        keys = tuple(sorted(cells))
        return cls(keys, tuple(cells[key] for key in keys))


@dataclass(frozen=True, slots=True, eq=False)
class Partition:
    """Cells with the grids that have them.

    Parameters
    ----------
    cells
        Cells by key, in order of their keys.
    owners
        The grid of every cell; ``None`` where no grid lies.
    snapped_m2
        How much ground, in slivers, went to a neighbour of what it was drawn for.
    """

    cells: Mapping[str, Cell]
    owners: Mapping[str, str | None]
    snapped_m2: float = 0.0


def cells_of(
    blocks: Blocks,
    communities: Areas,
    grids: Areas,
    *,
    sliver_m: float = SLIVER_M,
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
    ground = _Ground.of(blocks, communities, grids)
    if not len(ground.faces):
        return Partition({}, {})
    pieces, borders = _pieces(ground)
    taken = absorbed(borders, sliver_m)
    return _named(ground, pieces, taken, borders, Keyring(blocks.keys))


@dataclass(frozen=True, slots=True, eq=False)
class _Ground:
    """The faces of the arrangement of all outlines inside the communities, and what lies there."""

    blocks: Blocks
    outlines: Objects
    communities: Areas
    grids: Areas
    faces: Objects
    block: Ints
    community: Ints
    grid: Ints

    @classmethod
    def of(cls, blocks: Blocks, communities: Areas, grids: Areas) -> _Ground:
        outlines = shapely.from_wkb([cell.wkb for cell in blocks.cells])
        outlines = np.asarray(outlines, dtype=object)
        drawn = (communities.polygons, outlines, grids.polygons)
        faces = faces_of(*(segments_of(one).ends for one in drawn))
        inside = shapely.point_on_surface(faces)
        community = row_at(communities.polygons, inside)
        held = community != NOBODY
        faces, inside = faces[held], inside[held]
        there = community[held]
        grid = _owner_rows(grids, inside, np.array(communities.keys, dtype=object)[there])
        block = row_at(outlines, inside)
        return cls(blocks, outlines, communities, grids, faces, block, there, grid)


def _owner_rows(grids: Areas, points: Objects, communities: Objects) -> Ints:
    """Return for points the first grid that has each; with homes, the first one at home there."""
    if grids.homes is None:
        return row_at(grids.polygons, points)
    homes = np.array(grids.homes, dtype=object)
    found = np.full(len(points), NOBODY, dtype=np.intp)
    for community in sorted(set(grids.homes)):
        rows, here = np.flatnonzero(homes == community), np.flatnonzero(communities == community)
        owner = row_at(grids.polygons[rows], points[here])
        found[here] = np.where(owner == NOBODY, NOBODY, rows[owner])
    return found


def _pieces(ground: _Ground) -> tuple[Ints, Pieces]:
    """Join faces of one block, community and grid that touch; tell what touches what."""
    plane = LocalPlane.of(ground.faces, degrees=True)
    flat = plane.flatten(ground.faces)
    found = segments_of(ground.faces)
    metres = shapely.length(plane.flatten(lines_of(found.ends)))
    two = found.right != NOBODY
    left, right = found.left[two], found.right[two]
    alike = np.ones(len(left), dtype=bool)
    for labels in (ground.block, ground.community, ground.grid):
        alike &= labels[left] == labels[right]
    piece = connected(len(ground.faces), left[alike], right[alike])
    first, count = np.unique(piece, return_index=True)[1], int(piece.max()) + 1
    area_m2: Floats = np.bincount(piece, shapely.area(flat), count).astype(float)
    outline_m: Floats = np.bincount(piece[found.left[~two]], metres[~two], count).astype(float)
    first_side, second_side, border_m = (
        piece[left[~alike]],
        piece[right[~alike]],
        metres[two][~alike],
    )
    outline_m += np.bincount(first_side, border_m, count)
    outline_m += np.bincount(second_side, border_m, count)
    return piece, Pieces(
        ground.block[first],
        ground.community[first],
        area_m2,
        outline_m,
        first_side,
        second_side,
        border_m,
    )


def _named(
    ground: _Ground, piece: Ints, taken: Ints, pieces: Pieces, keyring: Keyring
) -> Partition:
    """Make cells of the pieces that are left: blocks where all of one belongs together."""
    roots, root = np.unique(taken, return_inverse=True)
    owner = ground.grid[np.unique(piece, return_index=True)[1]][roots]
    block, community = pieces.block[roots], pieces.community[roots]
    cut = _torn(block, community, owner)
    label = _together(block, cut)
    held = [shapely.get_coordinates(one) for one in (ground.outlines, ground.communities.polygons)]
    polygons = joined(ground.faces, label[root[piece]], np.vstack(held))
    rows = np.unique(label, return_index=True)[1]
    cells: dict[str, Cell] = {}
    owners: dict[str, str | None] = {}
    for row, polygon in zip(rows.tolist(), polygons, strict=True):
        home = ground.communities.keys[community[row]]
        cell = _cell(ground, int(block[row]), polygon, home)
        whole = block[row] != NOBODY and not cut[row]
        key = ground.blocks.keys[block[row]] if whole else keyring.fresh(cell)
        cells[key] = cell
        owners[key] = None if owner[row] == NOBODY else ground.grids.keys[owner[row]]
    keys = sorted(cells)
    return Partition(
        {key: cells[key] for key in keys},
        {key: owners[key] for key in keys},
        float(pieces.area_m2[taken != np.arange(len(taken))].sum()),
    )


def _torn(block: Ints, community: Ints, owner: Ints) -> NDArray[np.bool_]:
    """Tell for pieces whether others of their block have another community or owner."""
    kinds = np.unique(np.column_stack([block, community, owner]), axis=0)
    blocks, count = np.unique(kinds[:, 0], return_counts=True)
    return np.isin(block, blocks[(count > 1) & (blocks != NOBODY)])


def _together(block: Ints, torn: NDArray[np.bool_]) -> Ints:
    """Return numbers of cells: one a block that isn't torn, else one for each piece."""
    apart = torn | (block == NOBODY)
    own = np.where(apart, block.max() + 1 + np.arange(len(block)), block)
    return np.asarray(np.unique(own, return_inverse=True)[1], dtype=np.intp)


def _cell(ground: _Ground, block: int, polygon: Any, community: str) -> Cell:
    """Return a cell; one that is a block as it was has its outline bit by bit."""
    if block == NOBODY:
        return Cell(written(polygon), community)
    drawn = replace(ground.blocks.cells[block], community=community)
    if same_outline(polygon, ground.outlines[block]):
        return drawn
    return replace(drawn, wkb=written(polygon))


class Keyring:
    """Keys for pieces of cells: numbers that no piece of a block has had.

    Examples
    --------
    >>> keys, cell = Keyring(["b", "b/1"]), Cell("00", "9", block="b")
    >>> keys.fresh(cell), keys.fresh(cell), Keyring(()).fresh(Cell("00", "9"))
    ('b/2', 'b/3', '~9/1')
    """

    def __init__(self, used: Iterable[str]) -> None:
        self._highest: dict[str, int] = {}
        for key in used:
            stem, _, number = key.rpartition("/")
            if number.isascii() and number.isdecimal():
                self._highest[stem] = max(self._highest.get(stem, 0), int(number))

    def fresh(self, cell: Cell) -> str:
        """Return a key for a piece of a cell."""
        stem = cell.block or f"~{cell.community}"
        self._highest[stem] = self._highest.get(stem, 0) + 1
        return f"{stem}/{self._highest[stem]}"


def outlines(cells: Mapping[str, Cell]) -> tuple[tuple[str, ...], Objects]:
    """Return keys and outlines of cells, row by row, in WGS 84.

    Examples
    --------
    >>> outlines({})[0]
    ()
    """
    polygons = shapely.from_wkb([cell.wkb for cell in cells.values()])
    return tuple(cells), np.asarray(polygons, dtype=object)


def written(polygon: Any) -> str:
    """Return a cell's outline as :class:`geo.core.drafts.Cell` has it: WKB of a multipolygon."""
    whole = shapely.normalize(shapely.multipolygons(shapely.get_parts(polygon)))
    return bytes(shapely.to_wkb(whole, byte_order=1)).hex()


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
