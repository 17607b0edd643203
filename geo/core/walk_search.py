"""Searching a network of chains (最短路), compiled.

Dijkstra's algorithm ("A note on two problems in connexion with graphs", 1959) runs outward from one
station and notes, for every junction, how far the station is and by which door one leaves for it.
From then on a question looks at the two ends of one chain, and a route follows the doors.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from geo.core.compiling import compiled, making_arrays
from geo.core.walk_snapping import snap
from geo.core.walking import ASIDE_MAX_M, ON_ROAD_M

STATION = np.dtype(
    [(name, "f8") for name in ("x", "y", "leg_m", "at_m", "along_m")]
    + [(name, "i4") for name in ("piece", "chain")]
)
"""A station, how far from its road it is, and where it meets that: on its chain and its piece."""

FOUND = np.dtype([("walk_m", "f8"), ("straight_m", "f8"), ("station", "i4"), ("way", "i4")])
"""A station found from a position: :data:`NO_WAY`, or by which way it is reached."""

NO_WAY, BY_FIRST, BY_LAST, ALONG, STRAIGHT = -1, 0, 1, 2, 3
"""Over the first or the last end of the position's chain, along that chain, or without a road."""

ASIDE = 4
"""Added to a way that begins on a larger part of the network, and not on the nearest road."""


@compiled
def on_chain(piece: Any, row: int, along_m: float) -> Any:
    """Return how far along its chain a point of a piece is."""
    one = piece[row]
    return one.at_m - along_m if one.turned else one.at_m + along_m


@compiled
def settle(cells: Any, tables: Any, station: Any) -> None:
    """Fill in where stations meet the network: its pieces and chains."""
    piece, _ = tables
    for row in range(len(station)):
        one = station[row]
        found, along_m, leg_m = snap(cells, tables, (one.x, one.y), False)  # noqa: FBT003 - compiled
        one.piece, one.along_m, one.leg_m = found, along_m, leg_m
        one.chain = piece[found].chain if found >= 0 else -1
        one.at_m = on_chain(piece, found, along_m) if found >= 0 else 0.0


@making_arrays
def spread(ways: Any, station: Any, number: int, reach_m: Any, leaving: Any) -> None:
    """Search outward from one station; fill in distances of all junctions, and doors to it.

    Parameters
    ----------
    ways
        Chains, doors, and where those of each junction begin.
    station, number
        The stations, and the row of one that is on a chain.
    reach_m, leaving
        A row for each junction and a column for each station; infinite where no way leads.
    """
    chain, door, door_first = ways
    one = station[number]
    far = np.full(len(reach_m), np.inf)
    left = np.zeros(len(reach_m), dtype=np.int64)
    heap_m, heap = np.empty(len(door) + 2), np.empty(len(door) + 2, dtype=np.int64)
    size = 0
    own = chain[one.chain]
    for junction, way_m, backward in (
        (own.first, one.at_m, 0),
        (own.last, own.length_m - one.at_m, 1),
    ):
        if way_m < far[junction]:
            for place in range(door_first[junction], door_first[junction + 1]):
                if door[place].chain == one.chain and door[place].backward == backward:
                    left[junction] = place - door_first[junction]
            far[junction] = way_m
            size = push(heap_m, heap, size, (way_m, junction))
    while size:
        here_m, here = heap_m[0], heap[0]
        size = pop(heap_m, heap, size)
        if here_m > far[here]:
            continue
        for place in range(door_first[here], door_first[here + 1]):
            out = door[place]
            way_m = here_m + chain[out.chain].length_m
            if way_m < far[out.junction]:
                far[out.junction] = way_m
                left[out.junction] = out.there
                size = push(heap_m, heap, size, (way_m, out.junction))
    for junction in range(len(reach_m)):
        reach_m[junction, number] = far[junction]
        leaving[junction, number] = left[junction]


@compiled
def push(heap_m: Any, heap: Any, size: int, new: Any) -> int:
    """Put a distance and its junction into a binary heap, and return its size."""
    way_m, junction = new
    place = size
    while place > 0:
        above = (place - 1) >> 1
        if heap_m[above] <= way_m:
            break
        heap_m[place], heap[place] = heap_m[above], heap[above]
        place = above
    heap_m[place], heap[place] = way_m, junction
    return size + 1


@compiled
def pop(heap_m: Any, heap: Any, size: int) -> int:
    """Take the smallest out of a binary heap, and return its size."""
    size -= 1
    way_m, junction = heap_m[size], heap[size]
    place = 0
    while True:
        below = 2 * place + 1
        if below >= size:
            break
        if below + 1 < size and heap_m[below + 1] < heap_m[below]:
            below += 1
        if heap_m[below] >= way_m:
            break
        heap_m[place], heap[place] = heap_m[below], heap[below]
        place = below
    heap_m[place], heap[place] = way_m, junction
    return size


@compiled
def rank(
    cells: Any, tables: Any, place: Any, wanted: Any, found: Any
) -> tuple[int, tuple[int, float, float], tuple[int, float, float]]:
    """Find the stations nearest to a position on foot, the unreachable ones after the others.

    Parameters
    ----------
    cells
        The grid of the pieces.
    tables
        Pieces, chains, stations, and distances of junctions (j, s).
    place
        Easting and northing, metres.
    wanted
        Which stations come into question (s,).
    found
        Table of :data:`FOUND` to fill; its length is how many are wanted.

    Returns
    -------
    tuple
        How many were found; and twice the position's piece, how far along it, and how far away: of
        the nearest road, and of a larger part of the network where that road's is small.
    """
    piece, chain, station, _ = tables
    x, y = place
    at = snap(cells, (piece, chain), place, False)  # noqa: FBT003 - compiled: no keywords
    aside = (-1, 0.0, math.inf)
    if at[0] >= 0 and at[2] > ON_ROAD_M and not chain[piece[at[0]].chain].main:
        other = snap(cells, (piece, chain), place, True)  # noqa: FBT003 - compiled: no keywords
        if other[2] <= at[2] + ASIDE_MAX_M:
            aside = other
    straight_max_m = min(at[2], cells.frame[0].reach_m)
    count = 0
    for number in range(len(station)):
        if not wanted[number]:
            continue
        one = station[number]
        walk_m, way = by_road(tables, at, number)
        if not walk_m < math.inf and aside[0] >= 0:
            walk_m, way = by_road(tables, aside, number)
            way += ASIDE
        straight_m = math.sqrt((x - one.x) ** 2 + (y - one.y) ** 2)
        if straight_m < straight_max_m and straight_m < walk_m:
            walk_m, way = straight_m, STRAIGHT
        if not walk_m < math.inf:
            way = NO_WAY
        count = insert(found, count, (walk_m, straight_m, number, way))
    return count, at, aside


@compiled
def by_road(tables: Any, at: Any, number: int) -> tuple[float, int]:
    """Return how far a station is by road from where a position meets one, and by which way."""
    piece, chain, station, reach_m = tables
    row, along_m, leg_m = at
    one = station[number]
    if row < 0 or one.chain < 0:
        return math.inf, NO_WAY
    own, at_m = piece[row].chain, on_chain(piece, row, along_m)
    ends = chain[own]
    walk_m, way = at_m + reach_m[ends.first, number], BY_FIRST
    other_m = ends.length_m - at_m + reach_m[ends.last, number]
    if other_m < walk_m:
        walk_m, way = other_m, BY_LAST
    if one.chain == own and abs(at_m - one.at_m) <= walk_m:
        walk_m, way = abs(at_m - one.at_m), ALONG
    return walk_m + leg_m + one.leg_m, way


@compiled
def insert(found: Any, count: int, new: Any) -> int:
    """Put a station where it belongs, if it belongs among the wanted; return how many there are."""
    walk_m, straight_m, number, way = new
    place = count
    while place > 0:
        before = found[place - 1]
        if before.walk_m < walk_m or (before.walk_m == walk_m and before.straight_m <= straight_m):
            break
        place -= 1
    if place == len(found):
        return count
    last = min(count, len(found) - 1)
    for row in range(last, place, -1):
        found[row] = found[row - 1]
    found[place].walk_m, found[place].straight_m = walk_m, straight_m
    found[place].station, found[place].way = number, way
    return min(count + 1, len(found))


@compiled
def draw(tables: Any, walks: Any, foot: Any, place: Any, made: Any) -> int:
    """Write the ways from a position to stations as lines, and return how many points they have.

    Parameters
    ----------
    tables
        Pieces, chains, stops, doors, where those of each junction begin, by which one leaves for
        each station (j, s), stations, and the coordinates to write of nodes and of stations.
    walks
        Table of :data:`FOUND` by :func:`rank`.
    foot
        The position's piece and how far along it, the same for ways that begin aside, and to how
        many parts of a unit points between nodes are rounded; 0: they aren't.
    place
        The coordinates to write of the position.
    made
        Points to fill (n, 2), of which what doesn't fit is counted alone; and where each way begins
        and the last one ends, to fill.
    """
    line, first = made
    piece, station, nodes, ends = tables[0], tables[6], tables[7], tables[8]
    count = 0
    for row in range(len(walks)):
        first[row] = count
        walk = walks[row]
        if walk.way == NO_WAY:
            continue
        one = station[walk.station]
        count = write(line, count, place[0], place[1])
        if walk.way != STRAIGHT:
            at = foot[1] if walk.way >= ASIDE else foot[0]
            count = write_foot(line, count, nodes, (piece[at[0]], at[1], foot[2]))
            count = follow(tables, walk, at, line, count)
            count = write_foot(line, count, nodes, (piece[one.piece], one.along_m, foot[2]))
        count = write(line, count, ends[walk.station, 0], ends[walk.station, 1])
    first[len(walks)] = count
    return count


@compiled
def write(line: Any, count: int, x: float, y: float) -> int:
    """Write a point, if there is room, and return how many there are."""
    if count < len(line):
        line[count, 0], line[count, 1] = x, y
    return count + 1


@compiled
def write_foot(line: Any, count: int, nodes: Any, foot: Any) -> int:
    """Write a point of a piece, and return how many points there are."""
    one, along_m, parts = foot
    share = along_m / one.length_m if one.length_m > 0 else 0.0
    x1, y1 = nodes[one.node1, 0], nodes[one.node1, 1]
    x2, y2 = nodes[one.node2, 0], nodes[one.node2, 1]
    x, y = x1 + share * (x2 - x1), y1 + share * (y2 - y1)
    if parts > 0:
        x, y = round(x * parts) / parts, round(y * parts) / parts
    return write(line, count, x, y)


@compiled
def follow(tables: Any, walk: Any, foot: Any, line: Any, count: int) -> int:
    """Write the nodes between a position's foot and a station's; return how many points there are.

    Parameters as of :func:`draw`, but for the foot, which is the walk's own.
    """
    piece, chain, stop, door, door_first, leaving, station, nodes, _ = tables
    one = station[walk.station]
    at_m = on_chain(piece, foot[0], foot[1])
    own = piece[foot[0]].chain
    drawn = (stop, nodes, line)
    way = walk.way - ASIDE if walk.way >= ASIDE else walk.way
    if way == ALONG:
        return between(chain[own], (at_m, one.at_m), drawn, count)
    here = chain[own].first if way == BY_FIRST else chain[own].last
    count = between(chain[own], (at_m, -1.0 if way == BY_FIRST else math.inf), drawn, count)
    while True:
        out = door[door_first[here] + leaving[here, walk.station]]
        through = chain[out.chain]
        begin_m, end_m = (through.length_m, -1.0) if out.backward else (0.0, math.inf)
        if out.chain == one.chain:
            return between(through, (begin_m, one.at_m), drawn, count)
        count = between(through, (begin_m, end_m), drawn, count)
        here = out.junction


@compiled
def between(one: Any, span_m: Any, drawn: Any, count: int) -> int:
    """Write the nodes of a chain between two distances along it, in the order of walking."""
    stop, nodes, line = drawn
    begin_m, end_m = span_m
    forward = begin_m <= end_m
    low_m, high_m = (begin_m, end_m) if forward else (end_m, begin_m)
    for step in range(one.end - one.begin):
        here = stop[one.begin + step if forward else one.end - 1 - step]
        if low_m < here.at_m < high_m:
            count = write(line, count, nodes[here.node, 0], nodes[here.node, 1])
    return count
