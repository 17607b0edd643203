"""How far many places are from many others, on foot (步行距离矩阵)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse.csgraph import dijkstra

from geo.core.walking import LEG_MAX_M, divided_at, feet, feet_aside, shortest_edges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.core.walking import Feet, WalkingNetwork

    Floats = NDArray[np.float64]

AT_ONCE = 4_000_000
"""Distances of nodes that are kept at a time, in numbers."""


def walk_matrix(
    network: WalkingNetwork, places: Floats, targets: Floats, most_m: float = np.inf
) -> Floats:
    """Return how far every place is from every target, by the rules of ``nearest_on_foot``.

    Parameters
    ----------
    network
        Of :func:`geo.core.walking.walking_network`.
    places, targets
        Metres (n, 2) and (k, 2).
    most_m
        What is farther than this on the network need not be told.

    Returns
    -------
    ndarray
        Metres (n, k); infinite where no way leads, or a longer one.

    Examples
    --------
    >>> import shapely
    >>> from geo.core.walking import walking_network
    >>> road = walking_network(shapely.from_wkt(["LINESTRING (0 0, 10 0)"]))
    >>> walk_matrix(road, np.array([[1.0, 2.0]]), np.array([[9.0, -1.0], [900.0, 0.0]])).tolist()
    [[11.0, inf]]
    >>> walk_matrix(road, np.empty((0, 2)), np.array([[9.0, -1.0]])).shape
    (0, 1)
    """
    found = np.full((len(places), len(targets)), np.inf)
    if not found.size:
        return found
    leg_m = np.full(len(places), LEG_MAX_M)
    if len(network.ends):
        divided, nodes, out_m = divided_at(network, targets)
        at = feet(divided, places)
        leg_m = np.minimum(leg_m, at.leg_m)
        met = (at, feet_aside(divided, places))
        _fill(found, divided, met, (nodes, out_m), most_m)
    for column, target in enumerate(targets):
        straight_m = np.hypot(*(places - target).T)
        nearer = (straight_m < leg_m) & (straight_m < found[:, column])
        found[nearer, column] = straight_m[nearer]
    return found


def _fill(
    found: Floats,
    network: WalkingNetwork,
    met: tuple[Feet, Feet],
    targets: tuple[NDArray[np.int64], Floats],
    most_m: float,
) -> None:
    """Fill in what is reached by road, some targets at a time.

    Who has a foot in two parts of the network reaches by one what the other doesn't.
    """
    nodes, out_m = targets
    known = np.flatnonzero(nodes >= 0)
    first, last = network.ends.T
    graph = shortest_edges(
        np.r_[first, last], np.r_[last, first], np.tile(network.length_m, 2), len(network.xy)
    )
    step = max(1, AT_ONCE // len(network.xy))
    for start in range(0, len(known), step):
        columns = known[start : start + step]
        reach_m = dijkstra(graph, indices=nodes[columns], limit=most_m)
        for at in met:
            hit = np.flatnonzero(at.piece >= 0)
            one_end, other_end = network.ends[at.piece[hit]].T
            along_m = at.along_m[hit]
            rest_m = network.length_m[at.piece[hit]] - along_m
            ways = np.minimum(reach_m[:, one_end] + along_m, reach_m[:, other_end] + rest_m)
            by_road = ways.T + at.leg_m[hit][:, None] + out_m[columns]
            here = np.ix_(hit, columns)
            found[here] = np.minimum(found[here], by_road)


__all__ = ["walk_matrix"]
