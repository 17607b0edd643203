"""Tests of catchments: what is drawn and who is counted is what can be walked."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.core.catchment import catchments, homes_within, reached_lines, ways_of
from geo.core.walk_matrix import walk_matrix
from geo.core.walking import nearest_on_foot, walking_network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geo.core.catchment import Ways
    from geo.core.walking import WalkingNetwork

    Floats = NDArray[np.float64]

Spot = tuple[float, float]
Street = tuple[tuple[int, int], tuple[int, int]]

LIMITS_M = (60.0, 150.0, 320.0)
WIDTH_M = 25.0
STEP_M = 40.0

cells = st.tuples(st.integers(0, 6), st.integers(0, 6))
along = st.sampled_from([(1, 0), (0, 1)])
streets = st.lists(
    st.tuples(cells, along).map(
        lambda one: (one[0], (one[0][0] + one[1][0], one[0][1] + one[1][1]))
    ),
    max_size=24,
)
spots = st.lists(st.tuples(st.floats(-60, 300), st.floats(-60, 300)), max_size=3)


def network_of(lines: Sequence[Street]) -> WalkingNetwork:
    """Return the network of straight streets between crossings of a grid."""
    drawn = [shapely.LineString(np.array(one) * STEP_M) for one in lines]
    return walking_network(np.array(drawn, dtype=object))


def places(found: Sequence[Spot]) -> Floats:
    """Return positions as an array."""
    return np.array(found, dtype=float).reshape(-1, 2)


@settings(max_examples=40, deadline=None)
@given(streets, spots)
def test_catchments_are_valid_and_nested(lines: list[Street], stations: list[Spot]) -> None:
    """Each is a valid area in which the smaller one lies."""
    found = catchments(network_of(lines), places(stations), LIMITS_M, WIDTH_M)
    assert [one.limit_m for one in found] == list(LIMITS_M)
    for one in found:
        assert one.area.is_valid
        assert one.area.is_empty == (not stations)
    for small, large in pairwise(found):
        assert small.area.difference(large.area).area < 1e-6


@settings(max_examples=40, deadline=None)
@given(streets, spots.filter(bool))
def test_the_ways_in_a_catchment_are_those_walked_in_time(
    lines: list[Street], stations: list[Spot]
) -> None:
    """What is reached of the ways is in time, lies inside, and ends where time runs out."""
    network, ends = network_of(lines), places(stations)
    ways = ways_of(network, ends)
    for limit_m, catchment in zip(
        LIMITS_M, catchments(network, ends, LIMITS_M, WIDTH_M), strict=True
    ):
        reached = reached_lines(ways, limit_m)
        if len(reached) == 0:
            continue
        left_out = shapely.union_all(reached).difference(catchment.area.buffer(0.01))
        assert left_out.length < 0.5
        middles = shapely.get_coordinates(
            shapely.line_interpolate_point(reached, 0.5, normalized=True)
        )
        roads = shapely.multilinestrings([np.array(one) * STEP_M for one in lines])
        middles = middles[shapely.distance(shapely.points(middles), roads) < 1e-6]
        walks = nearest_on_foot(network, middles, ends).walk_m
        assert (walks <= limit_m + 1e-6).all()


@settings(max_examples=25, deadline=None)
@given(streets, spots.filter(bool), st.integers(0, 2**32 - 1))
def test_every_point_of_a_catchment_is_reached_in_time(
    lines: list[Street], stations: list[Spot], seed: int
) -> None:
    """From the way that leads on, or from the station itself."""
    network, ends = network_of(lines), places(stations)
    ways = ways_of(network, ends)
    for limit_m, catchment in zip(
        LIMITS_M, catchments(network, ends, LIMITS_M, WIDTH_M), strict=True
    ):
        west, south, east, north = catchment.area.bounds
        spread = np.random.default_rng(seed).uniform((west, south), (east, north), (60, 2))
        inside = spread[shapely.contains_xy(catchment.area, spread)]
        assert (least_walk_m(ways, ends, inside) <= limit_m + 1e-6).all()


def least_walk_m(ways: Ways, stations: Floats, spots: Floats) -> Floats:
    """Return the walk over whatever way is best, by trying points close together on each."""
    found = np.min(np.hypot(*(spots[:, None] - stations[None]).T).T, axis=1, initial=np.inf)
    for begin, end, begin_m, end_m, length_m in zip(*ways, strict=True):
        share = np.linspace(0, 1, 400)
        at = begin + share[:, None] * (end - begin)
        reach = np.minimum(begin_m + share * length_m, end_m + (1 - share) * length_m)
        walks = np.hypot(*(spots[:, None] - at[None]).T).T + reach
        found = np.minimum(found, walks.min(axis=1, initial=np.inf) - length_m / 800)
    return np.asarray(found)


def test_a_way_round_a_river_is_counted_and_not_the_bank() -> None:
    """A house across the river lies in the catchment, and its household is outside."""
    lines = ["LINESTRING (0 0, 900 0, 900 40, 0 40)"]
    network = walking_network(shapely.from_wkt(lines))
    station, house = np.array([[0.0, 0.0]]), np.array([[5.0, 38.0]])
    area = catchments(network, station, [400.0], 50.0)[0].area
    walk_m = nearest_on_foot(network, house, station).walk_m
    assert area.contains(shapely.Point(house[0]))
    assert walk_m[0] > 1800
    counted = homes_within(np.array([0]), np.array([7]), walk_m, [400.0, 2000.0], 1)
    assert counted.inside.tolist() == [[0, 7], [0, 0]]


def test_catchments_are_the_same_each_time() -> None:
    """The same streets and stations, to the last digit."""
    lines = [((0, 0), (3, 3)), ((3, 3), (6, 3)), ((3, 3), (3, 6))]
    drawn = [catchments(network_of(lines), places([(1, 2)]), LIMITS_M, WIDTH_M) for _ in range(2)]
    assert [one.area.wkb for one in drawn[0]] == [one.area.wkb for one in drawn[1]]


homes = st.lists(
    st.tuples(
        st.integers(-1, 3),
        st.integers(0, 60),
        st.one_of(st.floats(0, 2000), st.just(float("inf"))),
    ),
    max_size=30,
)


@given(homes)
def test_every_household_is_inside_outside_or_unreachable(
    rows: list[tuple[int, int, float]],
) -> None:
    """Nobody is lost, whatever the limit."""
    grid, households, walk_m = (np.array([row[at] for row in rows]) for at in range(3))
    found = homes_within(
        grid.astype(int), households.astype(int), walk_m.astype(float), LIMITS_M, 4
    )
    whole = found.inside + found.outside + found.unreachable[:, None]
    assert (whole == found.households[:, None]).all()
    assert (np.diff(found.inside, axis=1) >= 0).all()
    assert found.households.sum() == households.sum()


@settings(max_examples=40, deadline=None)
@given(streets, spots.filter(bool), spots)
def test_walks_to_each_are_those_to_the_nearest(
    lines: list[Street], stations: list[Spot], homes_at: list[Spot]
) -> None:
    """The least of a row is the walk to the nearest station, told by the other way."""
    network, ends, spots_ = network_of(lines), places(stations), places(homes_at)
    by_each = walk_matrix(network, spots_, ends)
    nearest = nearest_on_foot(network, spots_, ends).walk_m
    assert by_each.min(axis=1, initial=np.inf) == pytest.approx(nearest, abs=1e-6)
