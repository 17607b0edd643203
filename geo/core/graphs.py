"""Graphs as arrays: neighbours, pieces, and ways between pieces."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


class Adjacency(NamedTuple):
    """Neighbours of each of n nodes.

    Parameters
    ----------
    first
        Where each node's neighbours begin, (n + 1,) int64.
    neighbour
        Nodes at the other ends, those of one node in ascending order, (2m,) int64.
    edge
        Row of the edge that leads there, (2m,) int64.
    """

    first: Ints
    neighbour: Ints
    edge: Ints

    def around(self, node: int) -> Ints:
        """Return a node's neighbours."""
        return self.neighbour[self.first[node] : self.first[node + 1]]


def adjacency_of(count: int, edges: Ints) -> Adjacency:
    """Return the neighbours of each node, from edges (m, 2).

    Examples
    --------
    >>> adjacency_of(3, np.array([[0, 2], [2, 1]])).around(2).tolist()
    [0, 1]
    >>> adjacency_of(0, np.zeros((0, 2), int)).first.tolist()
    [0]
    """
    here = np.concatenate([edges[:, 0], edges[:, 1]])
    there = np.concatenate([edges[:, 1], edges[:, 0]])
    order = np.lexsort((there, here))
    first = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(here, minlength=count), out=first[1:])
    row = np.tile(np.arange(len(edges)), 2)
    return Adjacency(first, there[order].astype(np.int64), row[order].astype(np.int64))


def pieces_of(graph: Adjacency, members: Ints) -> Ints:
    """Return the number of each member's piece.

    Examples
    --------
    >>> path = adjacency_of(4, np.array([[0, 1], [1, 2], [2, 3]]))
    >>> pieces_of(path, np.array([0, 1, 3])).tolist(), pieces_of(path, np.array([], int)).tolist()
    ([0, 0, 1], [])
    """
    at = {int(node): row for row, node in enumerate(members)}
    piece = np.full(len(members), -1, np.int64)
    found = 0
    for row in range(len(members)):
        if piece[row] >= 0:
            continue
        piece[row] = found
        waiting = [int(members[row])]
        while waiting:
            for near in graph.around(waiting.pop()):
                other = at.get(int(near))
                if other is not None and piece[other] < 0:
                    piece[other] = found
                    waiting.append(int(near))
        found += 1
    return piece


def joined(graph: Adjacency, members: Ints, piece: Ints, cost: NDArray[np.float64]) -> Ints | None:
    """Return the nodes of the cheapest way from the first piece of some nodes to another one.

    Parameters
    ----------
    graph
        Where ways lead.
    members, piece
        The nodes, and the piece of each.
    cost
        Of stepping on each node of the graph; infinite where no way may lead.

    Examples
    --------
    >>> path = adjacency_of(4, np.array([[0, 1], [1, 2], [2, 3]]))
    >>> joined(path, np.array([0, 3]), np.array([0, 1]), np.ones(4)).tolist()
    [1, 2]
    >>> joined(path, np.array([0, 3]), np.array([0, 1]), np.full(4, np.inf)) is None
    True
    """
    goals = {int(node) for node in members[piece != 0]}
    starts = [int(node) for node in members[piece == 0]]
    before: dict[int, int] = dict.fromkeys(starts, -1)
    waiting = [(0.0, node, -1) for node in starts]
    settled: set[int] = set()
    while waiting:
        so_far, node, previous = heapq.heappop(waiting)
        if node in settled:
            continue
        settled.add(node)
        before[node] = previous
        if node in goals:
            return _way(before, previous)
        for near in graph.around(node):
            step = 0.0 if int(near) in goals else float(cost[near])
            if int(near) not in settled and step < np.inf:
                heapq.heappush(waiting, (so_far + step, int(near), node))
    return None


def _way(before: dict[int, int], node: int) -> Ints:
    """Return the nodes that lead to a node, those at the very start left out."""
    way = []
    while before[node] >= 0:
        way.append(node)
        node = before[node]
    return np.array(way[::-1], np.int64)
