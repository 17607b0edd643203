"""Nodes of a redrawing: what is left of a territory when all that stays together is one.

Cells of locked grids take no part. Cells of a compound are one node; where they don't touch, the
cells between them that hold fewest households are part of the node, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geo.core.graphs import Adjacency, adjacency_of, joined, pieces_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.core.proposing_values import Territory, Wish

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]


class Links(NamedTuple):
    """Boundaries between nodes: pairs (m, 2), lengths and how much of them is on roads (m,)."""

    pairs: Ints
    length_m: Floats
    road_m: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """Nodes of a redrawing, n of them.

    Parameters
    ----------
    node_of_cell
        Node of each cell, -1 for those that take no part.
    households, cells
        Of each node, (n,).
    pinned
        Row of the grid in which a node must stay, -1 where it may move.
    links
        Boundaries between nodes.
    households_in, cells_in
        How many of a node's households and cells are in each of today's grids, (n, grids); in
        the last column, in none.
    """

    node_of_cell: Ints
    households: Ints
    cells: Ints
    pinned: Ints
    links: Links
    households_in: Ints
    cells_in: Ints

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.households)

    def today(self) -> Ints:
        """Return the grid that has most of each node's households (then cells), -1 for none."""
        weight = self.households_in * (int(self.cells_in.max(initial=0)) + 1) + self.cells_in
        row = weight.argmax(axis=1) if len(self) else np.zeros(0, np.int64)
        row = np.where(row == weight.shape[1] - 1, -1, row)
        return np.where(self.pinned >= 0, self.pinned, row).astype(np.int64)

    def staying(self, rows: Ints) -> Ints:
        """Return the households that don't move when nodes go to each of some grids, (n, rows).

        Those that have no grid today don't move, wherever they go.
        """
        padded = np.hstack([self.households_in, np.zeros((len(self), 1), np.int64)])
        column = np.where(rows < self.households_in.shape[1] - 1, rows, padded.shape[1] - 1)
        return padded[:, column] + self.households_in[:, -1:]

    def staying_cells(self, rows: Ints) -> Ints:
        """Return the cells that don't move, as :meth:`staying` does for households."""
        padded = np.hstack([self.cells_in, np.zeros((len(self), 1), np.int64)])
        column = np.where(rows < self.cells_in.shape[1] - 1, rows, padded.shape[1] - 1)
        return padded[:, column] + self.cells_in[:, -1:]


def nodes_of(territory: Territory, wish: Wish) -> Nodes:
    """Return the nodes of a redrawing."""
    start = territory.start
    taking = ~np.append(territory.locked_grids, False)[start]
    if wish.kind == "split":
        taking = start == wish.grid
    graph = adjacency_of(len(start), territory.edges)
    group = _groups_whole(territory, taking, graph)
    names, number = np.unique(group[taking], return_inverse=True)
    node_of_cell = np.full(len(start), -1, np.int64)
    node_of_cell[taking] = number.reshape(-1)
    return _summed(territory, node_of_cell, len(names))


def _summed(territory: Territory, node_of_cell: Ints, count: int) -> Nodes:
    taking = np.flatnonzero(node_of_cell >= 0)
    node, start = node_of_cell[taking], territory.start[taking]
    columns = len(territory.grids) + 1
    column = np.where(start < 0, columns - 1, start)
    households_in = np.zeros((count, columns), np.int64)
    np.add.at(households_in, (node, column), territory.households[taking])
    cells_in = np.zeros((count, columns), np.int64)
    np.add.at(cells_in, (node, column), 1)
    pinned = np.full(count, -1, np.int64)
    locked = taking[territory.locked[taking] & (start >= 0)]
    pinned[node_of_cell[locked][::-1]] = territory.start[locked][::-1]
    return Nodes(
        node_of_cell,
        households_in.sum(axis=1),
        cells_in.sum(axis=1),
        pinned,
        _links(territory, node_of_cell, count),
        households_in,
        cells_in,
    )


def _links(territory: Territory, node_of_cell: Ints, count: int) -> Links:
    ends = np.sort(node_of_cell[territory.edges].reshape(-1, 2), axis=1)
    between = (ends[:, 0] >= 0) & (ends[:, 0] != ends[:, 1])
    codes, at = np.unique(ends[between] @ np.array([max(count, 1), 1]), return_inverse=True)
    at = at.reshape(-1)
    return Links(
        np.stack([codes // max(count, 1), codes % max(count, 1)], axis=1).astype(np.int64),
        _sums(at, territory.length_m[between], len(codes)),
        _sums(at, territory.road_m[between], len(codes)),
    )


def _sums(keys: Ints, values: Floats, count: int) -> Floats:
    return np.bincount(keys, weights=values, minlength=count).astype(np.float64)


def _groups_whole(territory: Territory, taking: NDArray[np.bool_], graph: Adjacency) -> Ints:
    """Return groups of which each is one piece, joined by the cells between where it was not."""
    _, group = np.unique(territory.groups, return_inverse=True)
    group = group.reshape(-1).astype(np.int64)
    sizes = np.bincount(group[taking], minlength=group.max(initial=-1) + 1)
    for name in np.flatnonzero(sizes > 1):
        members = np.flatnonzero((group == name) & taking)
        while len(members):
            piece = pieces_of(graph, members)
            if piece.max() == 0:
                break
            way = joined(graph, members, piece, _cost_of_way(territory, taking, members))
            if way is None:
                break
            group[np.isin(group, group[way]) & taking] = name
            members = np.flatnonzero((group == name) & taking)
    return group


def _cost_of_way(territory: Territory, taking: NDArray[np.bool_], members: Ints) -> Floats:
    """Households that a way would bind, those of other grids than today's before all others."""
    home = territory.start[members[0]]
    cost = territory.households + 1.0
    foreign = (territory.start != home) | territory.locked
    return np.where(taking, cost + foreign * (territory.households.sum() + len(cost)), np.inf)
