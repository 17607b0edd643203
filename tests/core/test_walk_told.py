"""Stations told with their ways as text, against the index and its ways."""

from __future__ import annotations

import json
import threading

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.core.metric_zones import metres_in, zone_of
from geo.core.walk_index import WalkIndex
from geo.core.walk_told import DECIMALS, WalkTeller
from geo.core.walking import walking_network

LON, LAT = -71.3, -0.0001
"""On the equator and west of Greenwich: numbers with a sign, and such as begin with zeros."""

ZONE = zone_of(32619)
DEGREES = np.round(
    np.array([(LON + 0.001 * x, LAT + 0.001 * y) for y in range(4) for x in range(4)])
    + np.random.default_rng(3).uniform(-2e-4, 2e-4, (16, 2)),
    DECIMALS,
)
METRES = np.array([metres_in(ZONE, *one) for one in DEGREES.tolist()])
node = st.integers(0, 15)
roads = st.lists(st.lists(node, min_size=2, max_size=5, unique=True), max_size=7)
spots = st.tuples(st.floats(LON - 0.002, LON + 0.006), st.floats(LAT - 0.002, LAT + 0.006))


def ground(
    lines: list[list[int]], stations: list[tuple[float, float]]
) -> tuple[WalkIndex, np.ndarray, np.ndarray]:
    network = walking_network(
        np.array([shapely.LineString(METRES[one]) for one in lines], dtype=object)
    )
    known = {tuple(xy): row for row, xy in enumerate(METRES.tolist())}
    nodes = np.array([DEGREES[known[tuple(xy)]] for xy in network.xy.tolist()]).reshape(-1, 2)
    ends = np.round(np.array(stations).reshape(-1, 2), DECIMALS)
    return WalkIndex.build(network, [metres_in(ZONE, *one) for one in stations]), nodes, ends


@settings(max_examples=60)
@given(
    lines=roads,
    stations=st.lists(spots, max_size=6),
    spot=spots,
    wanted=st.lists(st.booleans(), min_size=6, max_size=6),
    limit=st.integers(1, 7),
)
def test_what_is_told_at_once_is_what_the_index_says_and_draws(
    lines: list[list[int]],
    stations: list[tuple[float, float]],
    spot: tuple[float, float],
    wanted: list[bool],
    limit: int,
) -> None:
    index, nodes, ends = ground(lines, stations)
    eligible = np.array(wanted[: len(stations)], dtype=bool)
    found = index.nearest(*metres_in(ZONE, *spot), eligible, limit)
    begin = round(spot[0], DECIMALS), round(spot[1], DECIMALS)
    ways = index.routes(begin, found, (nodes, ends), 10.0**DECIMALS)
    told = WalkTeller(index, ZONE, (nodes, ends)).tell(*spot, eligible, limit)
    if told is None:
        assert not found.foot.on_network or not all(one.reachable for one in found.walks)
        return
    assert [one[:3] for one in told] == [
        (one.station, one.walk_m, one.straight_m) for one in found.walks
    ]
    assert [json.loads(one.way) for one in told] == [way.tolist() for way in ways]


@pytest.mark.parametrize("points", [3000, 6000])
def test_a_way_that_is_too_long_to_be_told_at_once_is_left_to_the_index(points: int) -> None:
    lon = np.round(np.linspace(LON, LON + 0.05, points), DECIMALS)
    degrees = np.column_stack([lon, np.where(np.arange(points) % 2, 0.0, 0.00002)])
    xy = np.array([metres_in(ZONE, *one) for one in degrees.tolist()])
    index = WalkIndex.build(walking_network([shapely.LineString(xy)]), xy[-1:])
    teller = WalkTeller(index, ZONE, (degrees, degrees[-1:]))
    told = teller.tell(LON, 0.0, np.ones(1, dtype=bool), 1)
    assert (told is None) == (points == 6000)
    if told:
        assert len(json.loads(told[0].way)) == points + 2


def test_threads_that_ask_at_once_get_their_own_answers() -> None:
    index, nodes, ends = ground([[0, 1, 2, 3], [4, 5, 6, 7], [0, 4]], [(LON, LAT)])
    teller, wrong = WalkTeller(index, ZONE, (nodes, ends)), []

    def ask(row: int) -> None:
        first = None
        for _ in range(300):
            (one,) = teller.tell(*DEGREES[row], np.ones(1, dtype=bool), 1)
            first = first or one
            if one != first or json.loads(one.way)[0] != DEGREES[row].tolist():
                wrong.append(row)

    threads = [threading.Thread(target=ask, args=(row,)) for row in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []


def test_a_crossing_of_very_many_roads_is_told_like_any_other() -> None:
    """More doors than fit into a byte."""
    turn = np.linspace(0, 2 * np.pi, 300, endpoint=False)
    tips = np.round(np.column_stack([LON + 0.01 * np.cos(turn), 0.01 * np.sin(turn)]), DECIMALS)
    degrees = np.concatenate([[[LON, 0.0]], tips])
    xy = np.array([metres_in(ZONE, *one) for one in degrees.tolist()])
    spokes = [shapely.LineString([xy[0], tip]) for tip in xy[1:]]
    network = walking_network(np.array(spokes, dtype=object))
    known = {tuple(place): row for row, place in enumerate(xy.tolist())}
    nodes = np.array([degrees[known[tuple(place)]] for place in network.xy.tolist()])
    index = WalkIndex.build(network, xy[[280, 290]])
    assert index.leaving.dtype == np.uint16
    ends = degrees[[280, 290]]
    told = WalkTeller(index, ZONE, (nodes, ends)).tell(*tips[5], np.ones(2, dtype=bool), 2)
    found = index.nearest(*xy[6], limit=2)
    ways = index.routes(tuple(tips[5]), found, (nodes, ends), 10.0**DECIMALS)
    assert told is not None
    assert [(one.station, json.loads(one.way)) for one in told] == [
        (walk.station, way.tolist()) for walk, way in zip(found.walks, ways, strict=True)
    ]
