"""Puzzles of a redrawing: which nodes are to be shared out among which grids.

Every connected part of a territory is a puzzle of its own, with as many grids as its households
need. Parts of a territory that can't hold a grid of their own are taken together with the rest:
then no plan has all grids in one piece, and :func:`geo.core.proposing.possible` says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geo.core.graphs import adjacency_of, pieces_of
from geo.core.proposing_nodes import Links, Nodes, nodes_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.core.proposing_values import Territory, Wish

    Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Puzzle:
    """Connected nodes to be shared out among grids.

    Parameters
    ----------
    nodes
        All nodes of the territory.
    members
        Which of them, ascending (n,).
    links
        Boundaries between members, numbered by their place in ``members``; of length 0 where
        there is none and yet they are taken together.
    rows
        Rows of the grids, (k,).
    """

    nodes: Nodes
    members: Ints
    links: Links
    rows: Ints


def rows_of(territory: Territory, wish: Wish) -> Ints:
    """Return the rows of the grids that a redrawing shares cells out among."""
    count = len(territory.grids)
    if wish.kind == "split":
        return np.array([wish.grid, count], np.int64)
    rows = np.flatnonzero(~territory.locked_grids).astype(np.int64)
    k = wanted_k(territory, wish) - int(territory.locked_grids.sum())
    if k >= len(rows):
        return np.append(rows, np.arange(count, count + k - len(rows)))
    households = np.bincount(
        territory.start[territory.start >= 0],
        weights=territory.households[territory.start >= 0],
        minlength=count,
    )
    pinned = np.bincount(territory.start[territory.locked], minlength=count) > 0
    order = np.lexsort((rows, -households[rows], ~pinned[rows]))
    return np.sort(rows[order[: max(k, 0)]])


def wanted_k(territory: Territory, wish: Wish) -> int:
    """Return the number of grids that a wish asks for, the locked ones included."""
    count = len(territory.grids)
    if wish.kind == "split":
        return 2
    if wish.kind == "add":
        return count + 1
    if wish.kind in {"new", "count"} and wish.k is not None:
        return wish.k
    return count


def puzzles_of(territory: Territory, wish: Wish) -> list[Puzzle]:
    """Return the puzzles of a redrawing, which are independent of each other."""
    nodes = nodes_of(territory, wish)
    rows = rows_of(territory, wish)
    if len(nodes) == 0 or len(rows) == 0:
        return []
    piece = pieces_of(adjacency_of(len(nodes), nodes.links.pairs), np.arange(len(nodes)))
    shared = shared_out(nodes, piece, rows, wish)
    if shared is None:
        return [Puzzle(nodes, np.arange(len(nodes)), _bridged(nodes, piece), rows)]
    return [
        Puzzle(nodes, members, _inside(nodes, members), shared[number])
        for number in range(int(piece.max()) + 1)
        for members in (np.flatnonzero(piece == number),)
    ]


def shared_out(nodes: Nodes, piece: Ints, rows: Ints, wish: Wish) -> list[Ints] | None:
    """Return which grids each connected part gets, nearest to today; ``None`` if none fits."""
    if piece.max() == 0:
        return [rows]
    households = np.bincount(piece, weights=nodes.households).astype(np.int64)
    sizes = np.bincount(piece)
    home = _homes(nodes, piece, rows)
    today = np.bincount(home[home >= 0], minlength=len(households))
    counts = _counts(
        [
            (max(1, -(-int(load) // wish.upper)), min(int(load) // wish.lower, int(size)))
            if wish.lower > 0
            else (max(1, -(-int(load) // wish.upper)), int(size))
            for load, size in zip(households, sizes, strict=True)
        ],
        today.tolist(),
        len(rows),
    )
    if counts is None:
        return None
    return _dealt(rows, home, counts, nodes)


def _homes(nodes: Nodes, piece: Ints, rows: Ints) -> Ints:
    """Return the connected part in which each grid has most today, -1 where it has nothing."""
    home = np.full(len(rows), -1, np.int64)
    for at, row in enumerate(rows):
        if row >= nodes.cells_in.shape[1] - 1:
            continue
        pins = np.where(nodes.pinned == row, nodes.households.sum() + 1.0, 0.0)
        weight = nodes.households_in[:, row] + 1e-3 * nodes.cells_in[:, row] + pins
        if weight.any():
            home[at] = np.bincount(piece, weights=weight).argmax()
    return home


def _counts(ranges: list[tuple[int, int]], today: list[int], total: int) -> list[int] | None:
    """Return a count within each range that sum to a total, as near to today's as can be."""
    best: dict[int, tuple[int, list[int]]] = {0: (0, [])}
    for (least, most), now in zip(ranges, today, strict=True):
        following: dict[int, tuple[int, list[int]]] = {}
        for so_far, (cost, counts) in best.items():
            for count in range(least, min(most, total - so_far) + 1):
                found = (cost + abs(count - now), [*counts, count])
                known = following.get(so_far + count)
                if known is None or found < known:
                    following[so_far + count] = found
        best = following
    return best[total][1] if total in best else None


def _dealt(rows: Ints, home: Ints, counts: list[int], nodes: Nodes) -> list[Ints]:
    """Deal grids to connected parts: their own first, the heaviest; then what is left over."""
    load = np.array(
        [
            nodes.households_in[:, row].sum() if row < nodes.cells_in.shape[1] - 1 else 0
            for row in rows
        ]
    )
    dealt, over = [], [int(at) for at in np.flatnonzero(home < 0)]
    for number, count in enumerate(counts):
        mine = np.flatnonzero(home == number)
        mine = mine[np.lexsort((mine, -load[mine]))]
        dealt.append([int(at) for at in mine[:count]])
        over.extend(int(at) for at in mine[count:])
    over.sort()
    for number, count in enumerate(counts):
        while len(dealt[number]) < count:
            dealt[number].append(over.pop(0))
    return [rows[sorted(mine)] for mine in dealt]


def _inside(nodes: Nodes, members: Ints) -> Links:
    place = np.full(len(nodes), -1, np.int64)
    place[members] = np.arange(len(members))
    pairs = place[nodes.links.pairs].reshape(-1, 2)
    both = (pairs >= 0).all(axis=1)
    return Links(pairs[both], nodes.links.length_m[both], nodes.links.road_m[both])


def _bridged(nodes: Nodes, piece: Ints) -> Links:
    """Return all links, and links of no length between connected parts: in a grid, if one can."""
    today = nodes.today()
    bridges = []
    for number in range(1, int(piece.max()) + 1):
        mine, others = np.flatnonzero(piece == number), np.flatnonzero(piece < number)
        same = [(one, other) for one in mine for other in others if today[one] == today[other] >= 0]
        bridges.append(same[0] if same else (mine[0], others[0]))
    zeros = np.zeros(len(bridges))
    return Links(
        np.vstack([nodes.links.pairs, np.array(bridges, np.int64).reshape(-1, 2)]),
        np.concatenate([nodes.links.length_m, zeros]),
        np.concatenate([nodes.links.road_m, zeros]),
    )
