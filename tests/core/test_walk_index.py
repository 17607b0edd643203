"""Stations near a position from the index, against a search over the whole network."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.core.crs import transform
from geo.core.metric_zones import metres_in, zone_of
from geo.core.walk_index import WalkIndex, components
from geo.core.walking import LEG_MAX_M, WalkingNetwork, nearest_on_foot, walking_network

Point = tuple[float, float]

JITTER = np.random.default_rng(11).uniform(-17, 17, (25, 2))
CORNERS = [
    (x * 100.0 + JITTER[5 * y + x, 0], y * 100.0 + JITTER[5 * y + x, 1])
    for y in range(5)
    for x in range(5)
]
corners = st.sampled_from(CORNERS)
places = st.tuples(st.floats(-700, 1100), st.floats(-700, 1100))
roads = st.lists(
    st.lists(corners, min_size=2, max_size=5).filter(
        lambda line: all(one != other for one, other in itertools.pairwise(line))
    ),
    max_size=9,
)


def network_of(lines: list[list[Point]]) -> WalkingNetwork:
    return walking_network(np.array([shapely.LineString(line) for line in lines], dtype=object))


def length_m(line: np.ndarray) -> float:
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


@settings(max_examples=80)
@given(
    lines=roads,
    spots=st.lists(places, min_size=1, max_size=4),
    stations=st.lists(places, min_size=1, max_size=5),
    wanted=st.lists(st.booleans(), min_size=5, max_size=5),
)
def test_the_index_finds_what_a_search_of_the_whole_network_finds(
    lines: list[list[Point]], spots: list[Point], stations: list[Point], wanted: list[bool]
) -> None:
    network, at = network_of(lines), np.array(stations)
    index = WalkIndex.build(network, at)
    eligible = np.array(wanted[: len(stations)])
    expected = nearest_on_foot(network, np.array(spots), at[eligible])
    for spot, walk_m in zip(spots, expected.walk_m, strict=True):
        found = index.nearest(*spot, eligible, limit=5)
        assert len(found.walks) == np.count_nonzero(eligible)
        ways = [walk.walk_m for walk in found.walks]
        assert ways == sorted(ways)
        assert (ways or [math.inf])[0] == pytest.approx(walk_m, abs=1e-3)
        assert {walk.station for walk in found.walks} == set(np.flatnonzero(eligible))
        routes = index.routes(spot, found, (network.xy, at))
        lines_to = {walk.station: line for walk, line in zip(found.walks, routes, strict=True)}
        for walk in found.walks:
            alone = nearest_on_foot(network, np.array([spot]), at[[walk.station]]).walk_m[0]
            assert walk.walk_m == pytest.approx(alone, abs=1e-3)
            assert walk.straight_m == pytest.approx(math.dist(spot, stations[walk.station]))
            assert walk.reachable == math.isfinite(alone)
            line = lines_to[walk.station]
            assert (line is None) == (not walk.reachable)
            if line is not None:
                assert length_m(line) == pytest.approx(walk.walk_m, abs=1e-2)
                assert (*line[0], *line[-1]) == (*spot, *stations[walk.station])


@settings(max_examples=50)
@given(
    lines=roads,
    before=st.lists(places, max_size=4),
    after=st.lists(places, max_size=4),
    kept=st.integers(0, 4),
)
def test_other_stations_are_as_if_they_had_always_been_there(
    lines: list[list[Point]], before: list[Point], after: list[Point], kept: int
) -> None:
    network = network_of(lines)
    after = [*after, *before[:kept]]
    moved = WalkIndex.build(network, np.array(before).reshape(-1, 2)).with_stations(
        np.array(after).reshape(-1, 2)
    )
    anew = WalkIndex.build(network, np.array(after).reshape(-1, 2))
    assert np.array_equal(moved.reach_m, anew.reach_m)
    assert np.array_equal(moved.leaving, anew.leaving)
    assert np.array_equal(moved.station, anew.station)


def test_beside_a_loose_footway_ways_begin_on_the_street() -> None:
    """Those that the footway does not lead to."""
    network = network_of([[(0, 0), (200, 0)], [(50, 24), (80, 24)]])
    at = np.array([[200.0, 0.0], [80.0, 26.0]])
    index = WalkIndex.build(network, at)
    for spot in ((60.0, 28.0), (60.0, 49.9)):
        found = index.nearest(*spot)
        routes = index.routes(spot, found, (network.xy, at))
        by_station = {one.station: one.walk_m for one in found.walks}
        expected = nearest_on_foot(network, np.array([spot]), at[:1]).walk_m[0]
        assert by_station == {0: pytest.approx(expected), 1: pytest.approx(spot[1] - 24 + 22)}
        for walk, line in zip(found.walks, routes, strict=True):
            assert line is not None
            assert length_m(line) == pytest.approx(walk.walk_m)
    assert not index.nearest(60.0, 24.5, np.array([True, False])).walks[0].reachable


def test_only_so_many_are_told_and_the_unreachable_ones_last() -> None:
    network = network_of([[(0, 0), (100, 0)], [(0, 60), (100, 60)]])
    at = np.array([[50.0, 58.0], [10.0, -1.0], [90.0, 1.0], [50.0, 70.0]])
    index = WalkIndex.build(network, at)
    found = index.nearest(60.0, 1.0, limit=3)
    walks = found.walks
    assert [walk.station for walk in walks] == [2, 1, 0]
    assert [walk.reachable for walk in walks] == [True, True, False]
    assert (walks[2].walk_m, walks[2].straight_m) == (math.inf, pytest.approx(math.hypot(10, 57)))
    assert index.routes((60.0, 1.0), found, (network.xy, at))[2] is None


def test_who_is_far_from_every_road_reaches_a_station_next_door_alone() -> None:
    network = network_of([[(0, 0), (100, 0)]])
    at = np.array([[50.0, LEG_MAX_M + 300.0], [50.0, 5.0]])
    found = WalkIndex.build(network, at).nearest(50.0, LEG_MAX_M + 200.0)
    assert not found.foot.on_network
    assert [(walk.station, walk.walk_m) for walk in found.walks] == [(0, 100.0), (1, math.inf)]
    assert WalkIndex.build(network, at).on_network.tolist() == [False, True]


def test_the_way_round_a_ring_is_the_shorter_one() -> None:
    """A ring has no junction of its own."""
    ring = [(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]
    index = WalkIndex.build(network_of([ring]), np.array([[0.0, 90.0]]))
    for place, walk_m in (((20.0, 0.0), 110.0), ((100.0, 80.0), 130.0), ((0.0, 40.0), 50.0)):
        found = index.nearest(*place)
        assert found.walks[0].walk_m == pytest.approx(walk_m)
        (line,) = index.routes(place, found, (index.network.xy, np.array([[0.0, 90.0]])))
        assert line is not None
        assert length_m(line) == pytest.approx(walk_m)


def test_of_two_ways_between_the_same_junctions_the_shorter_is_drawn() -> None:
    lines = [
        [(0, 0), (0, 50), (100, 50), (100, 0)],
        [(0, 0), (50, 10), (100, 0)],
        [(-50, 0), (0, 0)],
        [(100, 0), (150, 0)],
    ]
    index = WalkIndex.build(network_of(lines), np.array([[150.0, 0.0]]))
    found = index.nearest(-50.0, 0.0)
    (line,) = index.routes((-50.0, 0.0), found, (index.network.xy, np.array([[150.0, 0.0]])))
    assert line is not None
    assert [50.0, 10.0] in line.tolist()
    assert length_m(line) == pytest.approx(found.walks[0].walk_m)


def test_a_long_way_is_drawn_whole() -> None:
    bends = [(10.0 * x, float(x % 2)) for x in range(2000)]
    network = network_of([bends])
    at = np.array([bends[-1]])
    index = WalkIndex.build(network, at)
    found = index.nearest(*bends[0])
    (line,) = index.routes(bends[0], found, (network.xy, at))
    assert line is not None
    assert length_m(line) == pytest.approx(found.walks[0].walk_m, abs=1e-2)
    assert len(line) > 2000


def test_components_are_counted() -> None:
    found = components(network_of([[(0, 0), (100, 0), (100, 90)], [(0, 60), (50, 60)]]))
    assert (found.number, found.largest_share) == (2, 0.6)
    assert components(network_of([])).largest_share == 0


@pytest.mark.parametrize("srid", [4534, 4547, 4554, 32650, 32733])
def test_zones_agree_with_proj(srid: int) -> None:
    zone = zone_of(srid)
    assert zone is not None
    lon = float(zone["meridian_deg"][0]) + np.linspace(-6, 6, 49)
    lat = np.linspace(-80, 84, 49)
    expected = np.column_stack(transform(lon, lat, 4326, srid))
    found = [metres_in(zone, *one) for one in zip(lon.tolist(), lat.tolist(), strict=True)]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
