"""Figures of a proposal: what a plan for a territory comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geo.core.graphs import adjacency_of, pieces_of
from geo.core.proposing_puzzle import rows_of
from geo.core.proposing_values import Label, Proposal, Territory, Wish

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]


def proposal_of(
    territory: Territory,
    wish: Wish,
    label: Label,
    assignment: Ints,
    *,
    hurried: bool = False,
) -> Proposal:
    """Return a plan with its figures, without a bound on households moved."""
    households = loads(territory, assignment)
    moved = (territory.start >= 0) & (assignment != territory.start)
    boundary = boundary_of(territory, assignment)
    return Proposal(
        label=label,
        assignment=assignment,
        k=len(np.unique(assignment[assignment >= 0])),
        households=households,
        excess=excess_households(households, rows_of(territory, wish), wish),
        in_pieces=in_pieces(territory, assignment),
        moved_households=int(territory.households[moved].sum()),
        moved_cells=int(moved.sum()),
        moved_bound=None,
        cut_m=boundary.cut_m,
        cut_road_m=boundary.cut_road_m,
        road_pct=boundary.road_pct,
        compactness=compactness(territory, assignment),
        station_m=station_distance_m(territory, assignment),
        hurried=hurried,
    )


def loads(territory: Territory, assignment: Ints) -> Ints:
    """Return the households of each grid row, new grids included."""
    owned = assignment >= 0
    count = max(len(territory.grids), int(assignment.max(initial=-1)) + 1)
    return np.bincount(
        assignment[owned], weights=territory.households[owned], minlength=count
    ).astype(np.int64)


def excess_households(households: Ints, rows: Ints, wish: Wish) -> int:
    """Return the households above and below the bounds, summed over some grids.

    Examples
    --------
    >>> excess_households(np.array([612, 241]), np.array([0, 1]), Wish("repair"))
    171
    >>> excess_households(np.array([612]), np.array([], int), Wish("repair"))
    0
    """
    padded = np.append(households, np.zeros(int(rows.max(initial=0)) + 1, np.int64))[rows]
    over = np.maximum(padded - wish.upper, 0) + np.maximum(wish.lower - padded, 0)
    return int(over.sum())


def in_pieces(territory: Territory, assignment: Ints) -> tuple[int, ...]:
    """Return the rows of the grids that are not one piece."""
    graph = adjacency_of(len(assignment), territory.edges)
    rows = np.unique(assignment[assignment >= 0])
    return tuple(
        int(row) for row in rows if pieces_of(graph, np.flatnonzero(assignment == row)).max() > 0
    )


def out_of_order(territory: Territory, wish: Wish) -> bool:
    """Tell whether a cell has no grid today, or a grid with cells is out of bounds or in pieces."""
    today = territory.start
    if (today < 0).any():
        return True
    if excess_households(loads(territory, today), np.unique(today), wish) > 0:
        return True
    return bool(in_pieces(territory, today))


class Boundary(NamedTuple):
    """Length of boundaries inside a territory, and share of all boundaries on roads."""

    cut_m: float
    cut_road_m: float
    road_pct: float


def boundary_of(territory: Territory, assignment: Ints) -> Boundary:
    """Return the boundaries of a plan's grids."""
    ends = assignment[territory.edges].reshape(-1, 2)
    between = ends[:, 0] != ends[:, 1]
    cut = float(territory.length_m[between].sum())
    road = float(territory.road_m[between].sum())
    whole = cut + float(territory.outer_m.sum())
    roads = road + float(territory.outer_road_m.sum())
    return Boundary(cut, road, 100.0 * roads / whole if whole > 0.0 else 0.0)


def compactness(territory: Territory, assignment: Ints) -> float:
    """Return the mean Polsby-Popper of the grids: 4π·area / perimeter² (Polsby, Popper 1991)."""
    owned = assignment >= 0
    count = int(assignment.max(initial=-1)) + 1
    area = np.bincount(assignment[owned], weights=territory.area_m2[owned], minlength=count)
    outline = np.bincount(assignment[owned], weights=territory.outer_m[owned], minlength=count)
    ends = assignment[territory.edges].reshape(-1, 2)
    between = ends[:, 0] != ends[:, 1]
    for side in (0, 1):
        mine = between & (ends[:, side] >= 0)
        outline += np.bincount(ends[mine, side], weights=territory.length_m[mine], minlength=count)
    there = outline > 0.0
    return float((4.0 * np.pi * area[there] / outline[there] ** 2).mean()) if there.any() else 0.0


def station_distance_m(territory: Territory, assignment: Ints) -> float:
    """Return the mean distance of a household to its grid's station.

    A grid's station is the one that is nearest to its households, taken together.
    """
    owned = assignment >= 0
    total = int(territory.households[owned].sum())
    if territory.station_m.shape[1] == 0 or total == 0:
        return 0.0
    count = int(assignment.max(initial=-1)) + 1
    sums = np.zeros((count, territory.station_m.shape[1]))
    weighted = territory.station_m * territory.households[:, None]
    np.add.at(sums, assignment[owned], weighted[owned])
    return float(sums.min(axis=1).sum() / total)
