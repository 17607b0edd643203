"""Territories of proposals: a community's cells as a graph of what borders on what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from geo.core.proposing_values import Territory

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Following = Callable[[NDArray[np.object_]], NDArray[np.float64]]
    """Metric lines (n,) → metres of each that follow a road, river or railway (n,)."""


@dataclass(frozen=True, slots=True, eq=False)
class CellRows:
    """Cells of one community (社区), those of dedicated grids left out.

    Parameters
    ----------
    keys
        Of the n cells, in any order.
    outlines
        Metric polygons or multipolygons that share vertices where they touch, (n,).
    households
        Of each cell, (n,) int64.
    compounds
        Codes of their compounds (小区); empty where there is none.
    grids
        Today's grid of each cell; empty where there is none.
    locked
        Cells that keep their grid, (n,) bool.
    """

    keys: tuple[str, ...]
    outlines: NDArray[np.object_]
    households: NDArray[np.int64]
    compounds: tuple[str, ...]
    grids: tuple[str, ...]
    locked: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class GridRows:
    """Today's general grids (综合网格) of a community, also those without a cell.

    ``locked`` tells which of them neither give nor take, bool.
    """

    keys: tuple[str, ...]
    locked: NDArray[np.bool_]


def territory_of(
    code: str,
    rows: CellRows,
    grids: GridRows,
    stations_xy: NDArray[np.float64],
    following: Following | None = None,
) -> Territory:
    """Return the territory of a community.

    Parameters
    ----------
    code
        Of the community.
    rows
        Its cells.
    grids
        Its general grids.
    stations_xy
        Its stations in the same metric zone, (s, 2).
    following
        Tells how much of a boundary follows roads, rivers or railways; without it, nothing does.

    Raises
    ------
    KeyError
        When a cell has a grid that is not among ``grids``.

    Examples
    --------
    >>> squares = shapely.box([0, 10], [0, 0], [10, 20], [10, 10])
    >>> free = np.zeros(2, bool)
    >>> rows = CellRows(("a", "b"), squares, np.array([3, 4]), ("", ""), ("g", ""), free)
    >>> two = territory_of("9", rows, GridRows(("g",), free[:1]), np.zeros((0, 2)))
    >>> two.edges.tolist(), two.length_m.tolist(), two.outer_m.tolist(), two.start.tolist()
    ([[0, 1]], [10.0], [30.0, 30.0], [0, -1])
    >>> none = CellRows((), squares[:0], np.zeros(0, int), (), (), free[:0])
    >>> territory_of("9", none, GridRows((), free[:0]), np.zeros((0, 2))).edges.shape
    (0, 2)
    """
    borders = borders_of(rows.outlines, following)
    row_of = {grid: row for row, grid in enumerate(grids.keys)}
    centres = shapely.get_coordinates(shapely.point_on_surface(rows.outlines))
    return Territory(
        code=code,
        cells=rows.keys,
        households=rows.households.astype(np.int64),
        groups=_groups(rows.compounds),
        edges=borders.edges,
        length_m=borders.length_m,
        road_m=borders.road_m,
        outer_m=borders.outer_m,
        outer_road_m=borders.outer_road_m,
        area_m2=shapely.area(rows.outlines),
        station_m=np.hypot(
            centres[:, None, 0] - stations_xy[None, :, 0],
            centres[:, None, 1] - stations_xy[None, :, 1],
        ),
        start=np.array([row_of[grid] if grid else -1 for grid in rows.grids], np.int64),
        grids=grids.keys,
        locked=rows.locked.astype(np.bool_),
        locked_grids=grids.locked.astype(np.bool_),
    )


class Borders(NamedTuple):
    """Shared boundaries and outer ones, as a :class:`Territory` has them."""

    edges: NDArray[np.int64]
    length_m: NDArray[np.float64]
    road_m: NDArray[np.float64]
    outer_m: NDArray[np.float64]
    outer_road_m: NDArray[np.float64]


def borders_of(outlines: NDArray[np.object_], following: Following | None = None) -> Borders:
    """Return the boundaries that polygons share, and those that they don't.

    Parameters
    ----------
    outlines
        Polygons or multipolygons of a coverage, metric, (n,).
    following
        Tells how much of a line follows roads, rivers or railways.
    """
    count = len(outlines)
    ends, owner = _segments(outlines)
    unique, number = np.unique(ends, axis=0, return_inverse=True)
    number = number.reshape(-1)
    length = np.hypot(unique[:, 2] - unique[:, 0], unique[:, 3] - unique[:, 1])
    on_road = _on_road(unique, following)
    order = np.lexsort((owner, number))
    number, owner = number[order], owner[order]
    paired = np.zeros(len(number), np.bool_)
    both = number[1:] == number[:-1]
    paired[1:] |= both
    paired[:-1] |= both
    firsts = np.flatnonzero(both)
    firsts = firsts[owner[firsts] != owner[firsts + 1]]
    pairs = owner[firsts] * count + owner[firsts + 1]
    codes, edge = np.unique(pairs, return_inverse=True)
    alone = ~paired
    return Borders(
        np.stack([codes // max(count, 1), codes % max(count, 1)], axis=1).astype(np.int64),
        _summed(edge.reshape(-1), length[number[firsts]], len(codes)),
        _summed(edge.reshape(-1), on_road[number[firsts]], len(codes)),
        _summed(owner[alone], length[number[alone]], count),
        _summed(owner[alone], on_road[number[alone]], count),
    )


def _segments(
    outlines: NDArray[np.object_],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the segments of all rings with their smaller end first (s, 4), and whose they are."""
    parts, owner = shapely.get_parts(outlines, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    inside = ring[1:] == ring[:-1]
    one, other = points[:-1][inside], points[1:][inside]
    turned = (one[:, 0] > other[:, 0]) | ((one[:, 0] == other[:, 0]) & (one[:, 1] > other[:, 1]))
    ends = np.where(turned[:, None], np.hstack([other, one]), np.hstack([one, other]))
    return ends, owner[part][ring[:-1][inside]].astype(np.int64)


def _on_road(ends: NDArray[np.float64], following: Following | None) -> NDArray[np.float64]:
    if following is None or len(ends) == 0:
        return np.zeros(len(ends))
    return following(np.asarray(shapely.linestrings(ends.reshape(-1, 2, 2))))


def _summed(
    keys: NDArray[np.int64], values: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    return np.bincount(keys, weights=values, minlength=count)[:count].astype(np.float64)


def _groups(compounds: tuple[str, ...]) -> NDArray[np.int64]:
    """Return the same number for all cells of a compound, and numbers of their own for others."""
    number_of: dict[str, int] = {}
    return np.array(
        [
            number_of.setdefault(compound, len(compounds) + len(number_of)) if compound else row
            for row, compound in enumerate(compounds)
        ],
        np.int64,
    )
