"""The walk to the nearest station, against a plain computation of it."""

from __future__ import annotations

import heapq
import itertools
import math

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.core.walking import (
    ASIDE_MAX_M,
    LEG_MAX_M,
    ON_ROAD_M,
    SMALL_PART_M,
    nearest_on_foot,
    walking_network,
)

Point = tuple[float, float]

CORNERS = [(x * 100.0, y * 100.0) for x in range(4) for y in range(4)]
corners = st.sampled_from(CORNERS)
places = st.tuples(st.floats(-60, 360), st.floats(-60, 360))
roads = st.lists(st.tuples(corners, corners).filter(lambda ends: ends[0] != ends[1]), max_size=9)


def plain_walk(lines: list[tuple[Point, Point]], place: Point, stations: list[Point]) -> float:
    """Search outward from one place: from the nearest road, else from a larger part close by."""
    best = walk_from(
        lines, place, stations, min(lines, key=lambda one: foot(one, place)[0], default=None)
    )
    if best < math.inf or not lines or min(foot(one, place)[0] for one in lines) <= ON_ROAD_M:
        return best
    larger = {one for part in parts(lines) if long_enough(part, parts(lines)) for one in part}
    other = min(larger, key=lambda one: foot(one, place)[0])
    farther = foot(other, place)[0] - min(foot(one, place)[0] for one in lines)
    return walk_from(lines, place, stations, other) if farther <= ASIDE_MAX_M else best


def parts(lines: list[tuple[Point, Point]]) -> list[set[tuple[Point, Point]]]:
    """Return the roads that hang together."""
    found: list[set[tuple[Point, Point]]] = []
    for line in lines:
        met = [part for part in found if any(set(line) & set(other) for other in part)]
        found = [part for part in found if part not in met]
        found.append({line}.union(*met))
    return found


def long_enough(part: set[tuple[Point, Point]], others: list[set[tuple[Point, Point]]]) -> bool:
    """Tell whether a part is not small."""
    longest = max(sum(math.dist(*line) for line in other) for other in others)
    return sum(math.dist(*line) for line in part) > min(longest, SMALL_PART_M) - 1e-6


def walk_from(
    lines: list[tuple[Point, Point]],
    place: Point,
    stations: list[Point],
    own: tuple[Point, Point] | None,
) -> float:
    """Search outward from one place on its road, from node to node, one at a time."""
    nodes: dict[Point, dict[Point, float]] = {}

    def join(one: Point, other: Point) -> None:
        way = math.dist(one, other)
        nodes.setdefault(one, {})[other] = min(way, nodes.get(one, {}).get(other, math.inf))
        nodes.setdefault(other, {})[one] = nodes[one][other]

    stops: dict[tuple[Point, Point], list[Point]] = {line: list(line) for line in lines}
    legs = {}
    for spot in [place, *stations]:
        nearest = own if spot == place else None
        nearest = nearest or min(lines, key=lambda line: foot(line, spot)[0], default=None)
        if nearest is not None and foot(nearest, spot)[0] <= LEG_MAX_M:
            legs[spot] = foot(nearest, spot)
            stops[nearest].append(legs[spot][1])
    for line, on_it in stops.items():
        for one, other in itertools.pairwise(
            sorted(on_it, key=lambda one: math.dist(line[0], one))
        ):
            join(one, other)
    straight = [math.dist(place, one) for one in stations]
    best = min(
        (one for one in straight if one < legs.get(place, (LEG_MAX_M,))[0]), default=math.inf
    )
    if place in legs:
        reached = search(nodes, legs[place][1])
        for one in stations:
            if one in legs:
                way = reached.get(legs[one][1], math.inf)
                best = min(best, legs[place][0] + way + legs[one][0])
    return best


def foot(line: tuple[Point, Point], spot: Point) -> tuple[float, Point]:
    """Return how far a place is from a straight piece, and the nearest point of it."""
    (x1, y1), (x2, y2) = line
    square = (x2 - x1) ** 2 + (y2 - y1) ** 2
    share = ((spot[0] - x1) * (x2 - x1) + (spot[1] - y1) * (y2 - y1)) / square
    share = min(1.0, max(0.0, share))
    point = (x1 + share * (x2 - x1), y1 + share * (y2 - y1))
    return math.dist(point, spot), point


def search(nodes: dict[Point, dict[Point, float]], start: Point) -> dict[Point, float]:
    """Return how far every node is from one."""
    found: dict[Point, float] = {}
    waiting = [(0.0, start)]
    while waiting:
        way, node = heapq.heappop(waiting)
        if node in found:
            continue
        found[node] = way
        for other, length in nodes.get(node, {}).items():
            heapq.heappush(waiting, (way + length, other))
    return found


def walks(
    lines: list[tuple[Point, Point]], spots: list[Point], stations: list[Point]
) -> list[float]:
    """Return what is tested."""
    drawn = np.array([shapely.LineString(line) for line in lines], dtype=object)
    points = (np.array(each, dtype=float).reshape(-1, 2) for each in (spots, stations))
    found: list[float] = nearest_on_foot(walking_network(drawn), *points).walk_m.tolist()
    return found


@given(roads, st.lists(places, min_size=1, max_size=4), st.lists(places, max_size=3))
def test_walks_equal_those_of_a_plain_search(
    lines: list[tuple[Point, Point]], spots: list[Point], stations: list[Point]
) -> None:
    """Whatever roads there are; of several nearest roads the one that is taken may be any."""
    lines = list({frozenset(line): line for line in lines}.values())
    spots = [one for one in spots if not undecided(lines, one)]
    stations = [one for one in stations if not undecided(lines, one)]
    ends = {end for line in lines for end in line}
    if any(near_inside(line, end) for line in lines for end in ends - set(line)):
        return  # a road that ends on another is joined to it: that has a test of its own
    expected = [plain_walk(lines, one, stations) for one in spots]
    np.testing.assert_allclose(walks(lines, spots, stations), expected, rtol=1e-9, atol=1e-6)


def test_beside_a_footway_that_leads_nowhere_one_walks_to_the_street() -> None:
    """Across the yard; whoever is on it, and whoever has a river between, is told the truth."""
    street, yard = ((0.0, 0.0), (200.0, 0.0)), ((50.0, 24.0), (80.0, 24.0))
    lines, station = [street, yard], (200.0, 0.0)
    assert walks(lines, [(60.0, 48.0)], [station]) == [48 + 140]
    assert walks(lines, [(60.0, 48.0)], [(80.0, 26.0)]) == [24 + 20 + 2]
    assert walks(lines, [(60.0, 24.5)], [station]) == [math.inf]
    far = ((50.0, 31.0), (80.0, 31.0))
    assert walks([street, far], [(60.0, 48.0)], [station]) == [math.inf]
    bank = ((0.0, 24.0), (1000.0, 24.0))
    assert walks([((0.0, 0.0), (1100.0, 0.0)), bank], [(60.0, 48.0)], [station]) == [math.inf]


def undecided(lines: list[tuple[Point, Point]], spot: Point) -> bool:
    """Tell whether two roads are equally near."""
    away = sorted(foot(line, spot)[0] for line in lines)
    return len(away) > 1 and away[1] - away[0] < 1e-6


def near_inside(line: tuple[Point, Point], spot: Point) -> bool:
    return foot(line, spot)[0] < 1.0


def test_what_no_road_joins_is_out_of_reach() -> None:
    """A station across the river, without a bridge, is not the straight line away."""
    lines = [((0.0, 0.0), (100.0, 0.0)), ((0.0, 60.0), (100.0, 60.0))]
    assert walks(lines, [(50.0, 5.0)], [(50.0, 58.0)]) == [math.inf]
    bridge = ((100.0, 0.0), (100.0, 60.0))
    assert walks([*lines, bridge], [(50.0, 5.0)], [(50.0, 58.0)]) == [5 + 50 + 60 + 50 + 2]


def test_roads_that_cross_without_a_vertex_are_a_bridge() -> None:
    """One passes over the other: nobody turns off there."""
    lines = [((0.0, 0.0), (200.0, 0.0)), ((100.0, -100.0), (100.0, 100.0))]
    assert walks(lines, [(10.0, 0.0)], [(100.0, 90.0)]) == [math.inf]


def test_a_road_that_stops_just_short_of_another_meets_it() -> None:
    """As surveys leave it."""
    lines = [((0.0, 0.0), (200.0, 0.0)), ((100.0, 0.3), (100.0, 100.0))]
    (found,) = walks(lines, [(0.0, 0.0)], [(100.0, 100.0)])
    assert math.isclose(found, 200, abs_tol=0.5)


def test_a_station_next_door_is_reached_without_going_round_by_the_road() -> None:
    """It is nearer than the road is."""
    lines = [((0.0, 0.0), (100.0, 0.0))]
    assert walks(lines, [(50.0, 80.0)], [(60.0, 80.0)]) == [10.0]


def test_nothing_is_reached_where_there_is_nothing() -> None:
    """No roads, no stations, no places."""
    assert walks([], [(0.0, 0.0)], [(10_000.0, 0.0)]) == [math.inf]
    assert walks([((0.0, 0.0), (1.0, 0.0))], [(0.0, 0.0)], []) == [math.inf]
    assert walks([], [], []) == []


def test_a_road_that_is_there_twice_is_one() -> None:
    """Whoever walks there and back again needn't go to its end to change sides."""
    there_and_back = [((0.0, 0.0), (100.0, 0.0)), ((100.0, 0.0), (0.0, 0.0))]
    assert walks(there_and_back, [(20.0, 1.0)], [(60.0, 1.0)]) == [42.0]
