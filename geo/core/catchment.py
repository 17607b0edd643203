"""Catchments of stations (服务范围): what is within some minutes on foot, and who lives there.

A catchment is drawn from the network: the ways that are reached in time, cut exactly where it runs
out, and the ground beside them as far as a width. Whoever stands beside a way has walked there from
it, so the last of the way is not widened: every point of a catchment is reached in time, over some
way. Households are counted by their own walks, and never by whether their building lies inside: a
catchment reaches across a river where a building's own road is on the other bank.

All lengths are metres in a metric zone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from geo.core.walking import divided_at, reach_of_nodes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geo.core.walking import WalkingNetwork

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]

QUARTER = 8
"""Straight pieces for a quarter of a circle: 0.5 % of the width is lost between them at most."""


SHORTEST_M = 1e-6
"""Shorter pieces are what is left where a station meets the very end of one."""


class Ways(NamedTuple):
    """Straight ways, and how far their ends are from a station (m,).

    Parameters
    ----------
    begin, end
        Metres (m, 2).
    begin_m, end_m
        How far on foot; infinite where no way leads.
    length_m
        How long each is; nowhere 0.
    """

    begin: Floats
    end: Floats
    begin_m: Floats
    end_m: Floats
    length_m: Floats


class Catchment(NamedTuple):
    """What is within a walk of any station.

    Parameters
    ----------
    limit_m
        How long the walk is at most.
    area
        Valid; empty where there is no station.
    """

    limit_m: float
    area: shapely.MultiPolygon


class HomesWithin(NamedTuple):
    """Households by grid, one row each, and by limit; those in no grid are the last row.

    Parameters
    ----------
    households
        All of them (g + 1,).
    inside
        Whose walk is no longer than each limit (g + 1, k).
    outside
        Whose walk is longer (g + 1, k).
    unreachable
        From where no way leads to any station (g + 1,).
    """

    households: Ints
    inside: Ints
    outside: Ints
    unreachable: Ints


def ways_of(network: WalkingNetwork, stations: Floats) -> Ways:
    """Return all ways with their distance from the nearest station, those to stations' doors too.

    Parameters
    ----------
    network
        Of :func:`geo.core.walking.walking_network`.
    stations
        Metres (s, 2).

    Examples
    --------
    >>> from geo.core.walking import walking_network
    >>> road = walking_network(shapely.from_wkt(["LINESTRING (0 0, 10 0)"]))
    >>> ways_of(road, np.array([[4.0, 3.0]])).end_m.tolist()
    [3.0, 9.0, 3.0]
    >>> ways_of(road, np.empty((0, 2))).begin_m.tolist()
    [inf]
    """
    if len(network.ends) == 0:
        return Ways(np.empty((0, 2)), np.empty((0, 2)), *(np.empty(0) for _ in range(3)))
    divided, nodes, leg_m = divided_at(network, stations)
    reach_m = reach_of_nodes(divided, nodes, leg_m)[0]
    known = np.flatnonzero(nodes >= 0)
    first, last = divided.ends.T
    found = Ways(
        np.concatenate([divided.xy[first], stations[known]]),
        np.concatenate([divided.xy[last], divided.xy[nodes[known]]]),
        np.r_[reach_m[first], np.zeros(len(known))],
        np.r_[reach_m[last], reach_m[nodes[known]]],
        np.r_[divided.length_m, leg_m[known]],
    )
    long = found.length_m > SHORTEST_M
    return Ways(*(one[long] for one in found))


def reached_lines(ways: Ways, limit_m: float) -> Shapes:
    """Return the parts of ways from which a station is no farther than a limit.

    Examples
    --------
    >>> from geo.core.walking import walking_network
    >>> road = walking_network(shapely.from_wkt(["LINESTRING (0 0, 10 0)"]))
    >>> ways = ways_of(road, np.array([[4.0, 0.0]]))
    >>> [one.wkt for one in reached_lines(ways, 2.0)]
    ['LINESTRING (4 0, 6 0)', 'LINESTRING (2 0, 4 0)']
    >>> len(reached_lines(ways, -1.0))
    0
    """
    head, tail = _shares(ways, limit_m)
    whole = head + tail >= 1.0
    head = np.where(whole, 1.0, head)
    tail = np.where(whole, 0.0, tail)
    way = ways.end - ways.begin
    heads, tails = head > 0, tail > 0
    cut = np.concatenate(
        [
            np.stack([ways.begin, ways.begin + head[:, None] * way], axis=1)[heads],
            np.stack([ways.end - tail[:, None] * way, ways.end], axis=1)[tails],
        ]
    )
    return np.asarray(shapely.linestrings(cut), dtype=object).reshape(-1)


def _shares(ways: Ways, limit_m: float) -> tuple[Floats, Floats]:
    """Return how much of ways is reached from their first end, and from their last, 0 to 1."""
    head = np.clip((limit_m - ways.begin_m) / ways.length_m, 0.0, 1.0)
    tail = np.clip((limit_m - ways.end_m) / ways.length_m, 0.0, 1.0)
    return head, tail


def _beyond(ways: Ways, limit_m: float) -> Ways:
    """Return the ways that are not reached as a whole."""
    head, tail = _shares(ways, limit_m)
    left = head + tail < 1.0
    return Ways(*(one[left] for one in ways))


def catchments(
    network: WalkingNetwork, stations: Floats, limits_m: Sequence[float], width_m: float
) -> tuple[Catchment, ...]:
    """Return what is within walks of any station, the shortest first: each lies in the next.

    Parameters
    ----------
    network
        Of :func:`geo.core.walking.walking_network`.
    stations
        Metres (s, 2).
    limits_m
        How long walks are at most; more than 0.
    width_m
        How far to both sides of ways the ground counts.

    Examples
    --------
    >>> from geo.core.walking import walking_network
    >>> road = walking_network(shapely.from_wkt(["LINESTRING (0 0, 1000 0)"]))
    >>> found = catchments(road, np.array([[0.0, 0.0]]), [400.0], 50.0)[0].area
    >>> [round(one, 3) for one in found.bounds]
    [-50.0, -50.0, 400.0, 50.0]
    >>> catchments(road, np.empty((0, 2)), [400.0], 50.0)[0].area.is_empty
    True
    """
    ways = ways_of(network, stations)
    area: shapely.Geometry = shapely.MultiPolygon()
    found = []
    for limit_m in sorted(set(limits_m)):
        beside_m = min(width_m, limit_m)
        lines = _merged(reached_lines(ways, limit_m - beside_m))
        doors = np.asarray(shapely.points(stations), dtype=object).reshape(-1)
        drawn = np.concatenate([lines, doors])
        beside = shapely.buffer(drawn, beside_m, quad_segs=QUARTER)
        area = shapely.union_all(np.r_[beside, np.array([area], dtype=object)])
        found.append(Catchment(limit_m, _polygons(area)))
        if beside_m == width_m:
            ways = _beyond(ways, limit_m - beside_m)  # drawn once, as wide as it gets
    return tuple(found)


def _merged(lines: Shapes) -> Shapes:
    """Join lines end to end, so that there are fewer to be widened."""
    if len(lines) == 0:
        return lines
    return np.asarray(shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines))))


def _polygons(area: shapely.Geometry) -> shapely.MultiPolygon:
    parts = shapely.get_parts(shapely.normalize(area))
    return shapely.MultiPolygon([one for one in parts if one.geom_type == "Polygon"])


def homes_within(
    grid: Ints, households: Ints, walk_m: Floats, limits_m: Sequence[float], grids: int
) -> HomesWithin:
    """Count households by grid and by the length of their walk.

    Parameters
    ----------
    grid
        Row of the grid of each building; -1 for none (n,).
    households
        How many live there (n,).
    walk_m
        Metres to the nearest station; infinite where no way leads (n,).
    limits_m
        Walks (k,).
    grids
        How many grids there are.

    Examples
    --------
    >>> walk_m = np.array([100.0, 900.0, np.inf])
    >>> found = homes_within(np.array([0, 0, -1]), np.array([5, 3, 2]), walk_m, [400.0], 1)
    >>> found.inside.tolist(), found.outside.tolist(), found.unreachable.tolist()
    ([[5], [0]], [[3], [0]], [0, 2])
    >>> none = np.empty(0, dtype=np.int64)
    >>> homes_within(none, none, np.empty(0), [400.0], 0).households.tolist()
    [0]
    """
    row = np.where(grid < 0, grids, grid)

    def count(chosen: NDArray[np.bool_]) -> Ints:
        found = np.zeros(grids + 1, dtype=np.int64)
        np.add.at(found, row[chosen], households[chosen])
        return found

    reached = np.isfinite(walk_m)
    inside = [count(walk_m <= limit_m) for limit_m in limits_m]
    outside = [count(reached & (walk_m > limit_m)) for limit_m in limits_m]
    shape = (grids + 1, len(limits_m))
    return HomesWithin(
        count(np.ones(len(row), dtype=bool)),
        np.array(inside, dtype=np.int64).reshape(shape[::-1]).T,
        np.array(outside, dtype=np.int64).reshape(shape[::-1]).T,
        count(~reached),
    )


__all__ = [
    "Catchment",
    "HomesWithin",
    "Ways",
    "catchments",
    "homes_within",
    "reached_lines",
    "ways_of",
]
