"""A walking network as junctions and the chains between them (路段合并).

Most nodes only bend a road: a chain is the pieces between two nodes where ways part or end, so a
search has junctions alone to look at. A ring without a junction gets one. Chains keep their nodes,
in order, for drawing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geo.core.compiling import compiled, making_arrays
from geo.core.walking import large_parts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.core.walking import WalkingNetwork

PIECE = np.dtype(
    [(name, "f8") for name in ("x1", "y1", "x2", "y2", "length_m", "at_m")]
    + [(name, "i4") for name in ("node1", "node2", "chain", "turned")]
)
"""A straight piece: its ends; where on its chain its first end is; whether it runs against it."""

CHAIN = np.dtype(
    [("length_m", "f8")] + [(name, "i4") for name in ("first", "last", "begin", "end", "main")]
)
"""A chain: the junctions at its ends, where its stops are in the list of all stops, and whether it
is of a part of the network that is not small."""

STOP = np.dtype([("at_m", "f8"), ("node", "i4")])
"""A node of a chain, and how far along it is."""

DOOR = np.dtype([(name, "i4") for name in ("chain", "junction", "there", "backward")])
"""A way out of a junction: the chain, where it leads, the number of the door in the junction there
by which one comes back, and whether the chain is walked from its last end."""


class Chains(NamedTuple):
    """A network by its junctions.

    Parameters
    ----------
    piece, chain, stop, door
        Tables of :data:`PIECE`, :data:`CHAIN`, :data:`STOP` and :data:`DOOR`; doors are by
        junction.
    door_first
        Where the doors of each junction begin (j + 1,).
    """

    piece: NDArray[Any]
    chain: NDArray[Any]
    stop: NDArray[Any]
    door: NDArray[Any]
    door_first: NDArray[np.int32]

    @property
    def junctions(self) -> int:
        """How many junctions there are."""
        return len(self.door_first) - 1


def chains_of(network: WalkingNetwork) -> Chains:
    """Return the junctions and chains of a network.

    Examples
    --------
    >>> import shapely
    >>> from geo.core.walking import walking_network
    >>> bend = walking_network(shapely.from_wkt(["LINESTRING (0 0, 3 4, 3 9)"]))
    >>> found = chains_of(bend)
    >>> found.junctions, found.chain["length_m"].tolist(), found.stop["at_m"].tolist()
    (2, [10.0], [0.0, 5.0, 10.0])
    >>> chains_of(walking_network(np.array([], dtype=object))).junctions
    0
    """
    ends = np.ascontiguousarray(network.ends, dtype=np.int64).reshape(-1, 2)
    piece = np.zeros(len(ends), dtype=PIECE)
    for name, column in zip(("x1", "y1", "x2", "y2"), _corners(network, ends), strict=True):
        piece[name] = column
    piece["length_m"], piece["chain"] = network.length_m, -1
    piece["node1"], piece["node2"] = ends.T
    degree = np.bincount(ends.ravel(), minlength=len(network.xy))
    junction = np.full(len(network.xy), -1, dtype=np.int64)
    meets = (degree > 0) & (degree != 2)  # noqa: PLR2004 - in and out
    junction[meets] = np.arange(np.count_nonzero(meets))
    first, incident = incidence(ends, degree)
    chain, stop = trace(piece, first, incident, junction)
    chain["main"][piece["chain"]] = large_parts(network)
    return Chains(piece, chain, stop, *_doors(chain, int(junction.max(initial=-1)) + 1))


def _corners(network: WalkingNetwork, ends: NDArray[np.int64]) -> tuple[NDArray[np.float64], ...]:
    begin, end = network.xy[ends[:, 0]], network.xy[ends[:, 1]]
    return begin[:, 0], begin[:, 1], end[:, 0], end[:, 1]


def incidence(
    ends: NDArray[np.int64], degree: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where the pieces of each node begin, and the pieces."""
    order = np.argsort(ends.ravel(), kind="stable")
    return np.r_[0, np.cumsum(degree)], order // 2


@making_arrays
def trace(piece: Any, first: Any, incident: Any, junction: Any) -> tuple[Any, Any]:
    """Walk every chain from one of its ends; fill in where the pieces are, and make the tables."""
    chain = np.zeros(len(piece), dtype=CHAIN)
    stop = np.zeros(2 * len(piece), dtype=STOP)
    chains, filled = 0, 0
    for node in range(len(junction)):
        if junction[node] < 0:
            continue
        for place in range(first[node], first[node + 1]):
            if piece[incident[place]].chain < 0:
                filled = walk(
                    piece, (chain, stop), (first, incident), junction,
                    (node, incident[place], chains, filled),
                )  # fmt: skip
                chains += 1
    known = junction.max() + 1 if len(junction) else 0
    for row in range(len(piece)):
        if piece[row].chain < 0:
            node = piece[row].node1
            junction[node] = known
            known += 1
            filled = walk(
                piece, (chain, stop), (first, incident), junction, (node, row, chains, filled)
            )
            chains += 1
    return chain[:chains].copy(), stop[:filled].copy()


@compiled
def walk(piece: Any, made: Any, around: Any, junction: Any, start: Any) -> Any:
    """Walk one chain to its other end, and return how many stops there are by then."""
    chain, stop = made
    first, incident = around
    node, row, number, filled = start
    chain[number].first, chain[number].begin = junction[node], filled
    at_m = 0.0
    stop[filled].at_m, stop[filled].node = at_m, node
    filled += 1
    while True:
        one = piece[row]
        one.chain = number
        one.turned = one.node1 != node
        one.at_m = at_m + one.length_m if one.turned else at_m
        node = one.node1 if one.turned else one.node2
        at_m += one.length_m
        stop[filled].at_m, stop[filled].node = at_m, node
        filled += 1
        if junction[node] >= 0:
            break
        here = first[node]
        row = incident[here] if incident[here] != row else incident[here + 1]
    chain[number].last, chain[number].end = junction[node], filled
    chain[number].length_m = at_m
    return filled


def _doors(chain: NDArray[Any], junctions: int) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Return the ways out of every junction, and where those of each begin."""
    count = len(chain)
    here = np.r_[chain["first"], chain["last"]].astype(np.int64)
    order = np.argsort(here, kind="stable")
    first = np.r_[0, np.cumsum(np.bincount(here, minlength=junctions))]
    place = np.empty(2 * count, dtype=np.int64)
    place[order] = np.arange(2 * count)
    other = np.r_[np.arange(count, 2 * count), np.arange(count)]
    doors = np.zeros(2 * count, dtype=DOOR)
    doors["chain"] = np.tile(np.arange(count), 2)
    doors["junction"] = here[other]
    doors["there"] = place[other] - first[here[other]]
    doors["backward"] = np.repeat([0, 1], count)
    return doors[order], first.astype(np.int32)
