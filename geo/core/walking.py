"""Walking along roads (步行网络): how far every place is from the nearest station on foot.

Roads meet where they share a vertex, as OpenStreetMap and surveys have it: a bridge over a road is
no crossing. Ends of roads that stop short of another one by less than a surveyor's error are joined
to it. Whoever is not on a road walks straight to the nearest point of the nearest one; where no way
leads from there, because it is of a small part that hangs together with nothing, to one of a larger
part that is hardly farther. Where no way leads then, a distance is infinite, and never the straight
line.

All lengths are metres in a metric zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

ROUNDING = 1e-9

SAME_VERTEX_M = 0.1
"""Vertices this near are one: coordinates are written with a few decimals."""

SHORT_OF_ROAD_M = 0.5
"""The end of a road this near to another is joined to it: what surveys leave open."""

LEG_MAX_M = 500.0
"""Whoever is farther than this from every road is reached by none."""

SMALL_PART_M = 1000.0
"""Parts of the network that are shorter than this, all roads together, are small: footways in yards
that nobody has joined to the street. Where all are shorter, the longest is not small."""

ASIDE_MAX_M = 30.0
"""How much farther one walks straight, from beside a small part from which no way leads, to a
larger one instead: across a yard, and no river."""

ON_ROAD_M = 1.0
"""Whoever is this near to a road is on it, and is told how far one gets from there."""


@dataclass(frozen=True, slots=True, eq=False)
class WalkingNetwork:
    """Straight pieces of road between nodes.

    Parameters
    ----------
    xy
        Nodes, metres (n, 2).
    ends
        The two nodes of each piece (m, 2).
    length_m
        How long each is (m,).
    """

    xy: Floats
    ends: Ints
    length_m: Floats


class Feet(NamedTuple):
    """Where places meet the network, one row each.

    Parameters
    ----------
    piece
        The nearest piece; -1 where the network is empty or too far away.
    along_m
        How far along the piece, from its first end.
    leg_m
        How far the place is from there.
    """

    piece: Ints
    along_m: Floats
    leg_m: Floats


class Walks(NamedTuple):
    """The nearest station of every place (n,).

    Parameters
    ----------
    walk_m
        Metres on foot; infinite where no way leads.
    station
        Its row; -1 where there is none.
    """

    walk_m: Floats
    station: Ints


def walking_network(lines: NDArray[np.object_]) -> WalkingNetwork:
    """Make a network of roads.

    Parameters
    ----------
    lines
        Linestrings or multilinestrings in metres; empty ones and ``None`` count for nothing.

    Examples
    --------
    >>> cross = shapely.from_wkt(["LINESTRING (0 0, 10 0)", "LINESTRING (5 0.2, 5 8)"])
    >>> walking_network(cross).length_m.round(1).tolist()
    [7.8, 5.0, 5.0]
    >>> len(walking_network(np.array([], dtype=object)).ends)
    0
    """
    return joined(drawn_network(lines))


def drawn_network(lines: NDArray[np.object_]) -> WalkingNetwork:
    """Make a network of roads as they are drawn, short ends left loose.

    Parameters
    ----------
    lines
        As of :func:`walking_network`.

    Examples
    --------
    >>> cross = shapely.from_wkt(["LINESTRING (0 0, 10 0)", "LINESTRING (5 0.2, 5 8)"])
    >>> len(drawn_network(cross).ends), len(drawn_network(cross[:0]).ends)
    (2, 0)
    """
    parts = shapely.get_parts(np.asarray(lines, dtype=object))
    xy, line = shapely.get_coordinates(parts, return_index=True)
    follows = np.flatnonzero(line[1:] == line[:-1])
    node, xy = _merged(xy)
    ends = np.column_stack([node[follows], node[follows + 1]]).astype(np.int64)
    ends = ends[ends[:, 0] != ends[:, 1]]
    return _network(xy, _once(ends, len(xy)))


def _once(ends: Ints, count: int) -> Ints:
    """Return pieces without those that are there already, in whichever direction."""
    low, high = ends.min(axis=1, initial=count), ends.max(axis=1, initial=0)
    _, first = np.unique(low * count + high, return_index=True)
    return ends[np.sort(first)]


def _network(xy: Floats, ends: Ints) -> WalkingNetwork:
    length_m = np.hypot(*(xy[ends[:, 1]] - xy[ends[:, 0]]).T)
    return WalkingNetwork(xy, ends, length_m)


def _merged(xy: Floats) -> tuple[Ints, Floats]:
    """Return the node of every vertex, and the nodes: vertices that are one are the first."""
    if len(xy) == 0:
        return np.empty(0, dtype=np.int64), xy.reshape(0, 2)
    pairs = cKDTree(xy).query_pairs(SAME_VERTEX_M, output_type="ndarray")
    near = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(xy),) * 2)
    _, group = connected_components(near, directed=False)
    _, first, node = np.unique(group, return_index=True, return_inverse=True)
    return node.astype(np.int64), xy[first]


def joined(network: WalkingNetwork) -> WalkingNetwork:
    """Join ends of roads that stop just short of another piece to it.

    Each divides one piece, so that there is one more.

    Examples
    --------
    >>> cross = shapely.from_wkt(["LINESTRING (0 0, 10 0)", "LINESTRING (5 0.2, 5 8)"])
    >>> len(joined(drawn_network(cross)).ends), len(joined(drawn_network(cross[:0])).ends)
    (3, 0)
    """
    degree = np.bincount(network.ends.ravel(), minlength=len(network.xy))
    loose = np.flatnonzero(degree == 1)
    if len(loose) == 0:
        return network
    own = np.full(len(network.xy), -1)
    own[network.ends.ravel()] = np.repeat(np.arange(len(network.ends)), 2)
    tree = shapely.STRtree(_pieces(network))
    points = shapely.points(network.xy[loose])
    row, piece = tree.query(points, predicate="dwithin", distance=SHORT_OF_ROAD_M)
    other = piece != own[loose[row]]
    row, piece = row[other], piece[other]
    _, first = np.unique(row, return_index=True)
    row, piece = row[first], piece[first]
    return _split(network, piece, _along(network, piece, network.xy[loose[row]]), loose[row])


def _pieces(network: WalkingNetwork) -> NDArray[np.object_]:
    return np.asarray(shapely.linestrings(network.xy[network.ends]))


def _along(network: WalkingNetwork, piece: Ints, xy: Floats) -> Floats:
    """Return how far along pieces the nearest points to positions are, in metres."""
    begin, end = network.xy[network.ends[piece, 0]], network.xy[network.ends[piece, 1]]
    way = end - begin
    square = np.maximum(np.einsum("ij,ij->i", way, way), np.finfo(float).tiny)
    share = np.einsum("ij,ij->i", xy - begin, way) / square
    return np.asarray(np.clip(share, 0.0, 1.0) * network.length_m[piece])


def _split(network: WalkingNetwork, piece: Ints, along_m: Floats, node: Ints) -> WalkingNetwork:
    """Return the network with pieces divided at nodes; a node at the very end is an end.

    A node that lies a little beside the piece takes its place on it.
    """
    order = np.lexsort((along_m, piece))
    piece, along_m, node = piece[order], along_m[order], node[order]
    divided = np.unique(piece)
    kept = np.ones(len(network.ends), dtype=bool)
    kept[divided] = False
    ends, lengths = [network.ends[kept]], [network.length_m[kept]]
    for one in divided:
        here = slice(*np.searchsorted(piece, [one, one + 1]))
        stops = np.r_[network.ends[one, 0], node[here], network.ends[one, 1]]
        at_m = np.r_[0.0, along_m[here], network.length_m[one]]
        ends.append(np.column_stack([stops[:-1], stops[1:]]))
        lengths.append(np.diff(at_m))
    return WalkingNetwork(network.xy, np.concatenate(ends), np.concatenate(lengths))


def feet(network: WalkingNetwork, xy: Floats) -> Feet:
    """Return where places meet a network.

    Parameters
    ----------
    network
        Of :func:`walking_network`.
    xy
        Places, metres (n, 2).

    Examples
    --------
    >>> road = walking_network(shapely.from_wkt(["LINESTRING (0 0, 10 0)"]))
    >>> [float(one[0]) for one in feet(road, np.array([[4.0, 3.0]]))]
    [0.0, 4.0, 3.0]
    >>> feet(walking_network(np.array([], dtype=object)), np.array([[4.0, 3.0]])).piece.tolist()
    [-1]
    """
    count = len(xy)
    found = Feet(np.full(count, -1), np.zeros(count), np.full(count, np.inf))
    if count == 0 or len(network.ends) == 0:
        return found
    tree = shapely.STRtree(_pieces(network))
    (row, piece), away = tree.query_nearest(
        shapely.points(xy), max_distance=LEG_MAX_M, return_distance=True, all_matches=False
    )
    found.piece[row] = piece
    found.leg_m[row] = away
    found.along_m[row] = _along(network, piece, xy[row])
    return found


def feet_aside(network: WalkingNetwork, xy: Floats) -> Feet:
    """Return where places beside a small part of a network would meet a larger one instead.

    Parameters
    ----------
    network, xy
        As of :func:`feet`.

    Returns
    -------
    Feet
        Piece -1 for places that are on a road, whose nearest road is of no small part, or that are
        over :data:`ASIDE_MAX_M` farther from all that are not.

    Examples
    --------
    >>> two = shapely.from_wkt(["LINESTRING (0 0, 90 0)", "LINESTRING (0 20, 10 20)"])
    >>> found = feet_aside(walking_network(two), np.array([[4.0, 23.0], [4.0, 3.0]]))
    >>> found.piece.tolist(), found.leg_m.tolist()
    ([0, -1], [23.0, inf])
    """
    own, main = feet(network, xy), large_parts(network)
    rows = np.flatnonzero(main)
    at = feet(WalkingNetwork(network.xy, network.ends[rows], network.length_m[rows]), xy)
    aside = (own.piece >= 0) & (at.piece >= 0) & (own.leg_m > ON_ROAD_M)
    aside &= at.leg_m <= own.leg_m + ASIDE_MAX_M
    aside[aside] = ~main[own.piece[aside]]
    piece = np.where(aside, rows[at.piece], -1) if len(rows) else at.piece
    return Feet(piece, np.where(aside, at.along_m, 0.0), np.where(aside, at.leg_m, np.inf))


def large_parts(network: WalkingNetwork) -> NDArray[np.bool_]:
    """Return which pieces are of a part of the network that is not small.

    Examples
    --------
    >>> two = shapely.from_wkt(["LINESTRING (0 0, 9 0)", "LINESTRING (0 20, 9 20, 18 20)"])
    >>> large_parts(walking_network(two)).tolist()
    [False, True, True]
    >>> large_parts(walking_network(np.array([], dtype=object))).tolist()
    []
    """
    of_piece = parts_of(network)[network.ends[:, 0]]
    length_m = np.bincount(of_piece, weights=network.length_m)
    # Of parts that are as long, sums of other pieces differ by rounding.
    least_m = min(SMALL_PART_M, length_m.max(initial=0.0)) * (1 - ROUNDING)
    return np.asarray(length_m[of_piece] >= least_m)


def parts_of(network: WalkingNetwork) -> Ints:
    """Return of each node the number of the part that it hangs together with; -1 without a road.

    Examples
    --------
    >>> two = shapely.from_wkt(["LINESTRING (0 0, 9 0)", "LINESTRING (0 20, 9 20, 18 20)"])
    >>> parts_of(walking_network(two)).tolist()
    [0, 0, 1, 1, 1]
    >>> parts_of(walking_network(np.array([], dtype=object))).tolist()
    []
    """
    count = len(network.xy)
    used = np.zeros(count, dtype=bool)
    used[network.ends] = True
    first, last = network.ends.T
    met = coo_array((np.ones(len(first), np.int8), (first, last)), shape=(count, count))
    label = np.full(count, -1, dtype=np.int64)
    if used.any():
        _, everywhere = connected_components(met, directed=False)
        _, label[used] = np.unique(everywhere[used], return_inverse=True)
    return label


def nearest_on_foot(network: WalkingNetwork, places: Floats, stations: Floats) -> Walks:
    """Return how far every place is from the nearest station, on foot, and which that is.

    One run of Dijkstra's algorithm from all stations at once (Dijkstra, "A note on two problems in
    connexion with graphs", 1959); pieces are divided where stations meet them. A station that is
    nearer to a place than any road is reached without one.

    Parameters
    ----------
    network
        Of :func:`walking_network`.
    places, stations
        Metres (n, 2) and (k, 2).

    Examples
    --------
    >>> road = walking_network(shapely.from_wkt(["LINESTRING (0 0, 10 0)"]))
    >>> places, stations = np.array([[4.0, 3.0], [9000.0, 0.0]]), np.array([[9.0, -1.0]])
    >>> walks = nearest_on_foot(road, places, stations)
    >>> walks.walk_m.tolist(), walks.station.tolist()
    ([9.0, inf], [0, -1])
    >>> nearest_on_foot(road, places, np.empty((0, 2))).station.tolist()
    [-1, -1]
    """
    found = Walks(np.full(len(places), np.inf), np.full(len(places), -1))
    if len(stations) == 0 or len(places) == 0:
        return found
    if len(network.ends):
        found = _by_road(network, places, stations)
    return _or_straight(network, found, places, stations)


def _by_road(network: WalkingNetwork, places: Floats, stations: Floats) -> Walks:
    network, sources, leg_m = divided_at(network, stations)
    reach = reach_of_nodes(network, sources, leg_m)
    found = _from_feet(network, feet(network, places), reach)
    lost = np.flatnonzero(np.isinf(found.walk_m))
    if len(lost):
        aside = feet_aside(network, places[lost])
        found.walk_m[lost], found.station[lost] = _from_feet(network, aside, reach)
    return found


def _from_feet(network: WalkingNetwork, at: Feet, reach: tuple[Floats, Ints]) -> Walks:
    """Return the walks from places that meet the network so, by how far its nodes are."""
    reach_m, station = reach
    hit = at.piece >= 0
    piece = at.piece[hit]
    first, last = network.ends[piece].T
    ways = np.stack(
        [
            reach_m[first] + at.along_m[hit],
            reach_m[last] + network.length_m[piece] - at.along_m[hit],
        ]
    )
    by_last = ways[1] < ways[0]
    found = Walks(np.full(len(hit), np.inf), np.full(len(hit), -1))
    found.walk_m[hit] = np.where(by_last, ways[1], ways[0]) + at.leg_m[hit]
    found.station[hit] = np.where(by_last, station[last], station[first])
    return found


def divided_at(network: WalkingNetwork, stations: Floats) -> tuple[WalkingNetwork, Ints, Floats]:
    """Divide pieces where stations meet them.

    Returns
    -------
    tuple
        The network; the station's nodes, -1 where no road is in reach, and their legs in metres
        (k,).
    """
    at = feet(network, stations)
    hit = np.flatnonzero(at.piece >= 0)
    piece = at.piece[hit]
    begin, end = network.xy[network.ends[piece, 0]], network.xy[network.ends[piece, 1]]
    share = (at.along_m[hit] / np.maximum(network.length_m[piece], np.finfo(float).tiny))[:, None]
    nodes = np.full(len(stations), -1)
    nodes[hit] = len(network.xy) + np.arange(len(hit))
    xy = np.concatenate([network.xy, begin + share * (end - begin)])
    widened = WalkingNetwork(xy, network.ends, network.length_m)
    return _split(widened, piece, at.along_m[hit], nodes[hit]), nodes, at.leg_m


def reach_of_nodes(network: WalkingNetwork, sources: Ints, leg_m: Floats) -> tuple[Floats, Ints]:
    """Return how far nodes are from the nearest source, and which that is; -1 for none.

    Parameters
    ----------
    network, sources, leg_m
        Of :func:`divided_at`.
    """
    known = np.flatnonzero(sources >= 0)
    count = len(network.xy)
    if len(known) == 0:
        return np.full(count, np.inf), np.full(count, -1)
    first, last = network.ends.T
    # One node more for each station, so that its leg is part of the way.
    heads = np.r_[first, last, count + known]
    tails = np.r_[last, first, sources[known]]
    weights = np.r_[network.length_m, network.length_m, leg_m[known]]
    graph = shortest_edges(heads, tails, weights, count + len(sources))
    reach_m, _, source = dijkstra(
        graph, indices=count + known, min_only=True, return_predecessors=True
    )
    station = np.where(source[:count] >= count, source[:count] - count, -1)
    return reach_m[:count], station.astype(np.int64)


def shortest_edges(heads: Ints, tails: Ints, weights: Floats, count: int) -> Any:
    """Return a graph in which, of several edges between two nodes, the shortest counts."""
    order = np.lexsort((weights, tails, heads))
    heads, tails, weights = heads[order], tails[order], weights[order]
    first = np.r_[True, (heads[1:] != heads[:-1]) | (tails[1:] != tails[:-1])]
    found = coo_array((weights[first], (heads[first], tails[first])), shape=(count, count))
    return found.tocsr()


def _or_straight(network: WalkingNetwork, found: Walks, places: Floats, stations: Floats) -> Walks:
    """Take the straight way to a station that is nearer than the nearest road."""
    straight_m, station = cKDTree(stations).query(places)
    nearer = straight_m < np.minimum(feet(network, places).leg_m, LEG_MAX_M)
    nearer &= straight_m < found.walk_m
    return Walks(
        np.where(nearer, straight_m, found.walk_m),
        np.where(nearer, station, found.station).astype(np.int64),
    )


__all__ = [
    "ASIDE_MAX_M",
    "LEG_MAX_M",
    "ON_ROAD_M",
    "SAME_VERTEX_M",
    "SHORT_OF_ROAD_M",
    "SMALL_PART_M",
    "Feet",
    "WalkingNetwork",
    "Walks",
    "divided_at",
    "drawn_network",
    "feet",
    "feet_aside",
    "joined",
    "large_parts",
    "nearest_on_foot",
    "parts_of",
    "reach_of_nodes",
    "shortest_edges",
    "walking_network",
]
