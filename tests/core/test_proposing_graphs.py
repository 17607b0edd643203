"""Plans for bare graphs."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from geo.core.annealing import Problem, keeps_whole, new_state
from geo.core.graph_plans import Bare, Bounds, divide, impossible
from geo.core.graphs import adjacency_of, pieces_of


def lattice(width: int, height: int) -> Bare:
    at = np.arange(width * height).reshape(height, width)
    across = np.stack([at[:, :-1].ravel(), at[:, 1:].ravel()], axis=1)
    down = np.stack([at[:-1].ravel(), at[1:].ravel()], axis=1)
    edges = np.vstack([across, down]).astype(np.int64)
    return Bare(np.ones(at.size), edges, np.ones(len(edges)))


def planar(count: int, seed: int) -> Bare:
    rng = np.random.default_rng(seed)
    corners = Delaunay(rng.random((count, 2))).simplices
    pairs = np.sort(np.vstack([corners[:, :2], corners[:, 1:], corners[:, ::2]]), axis=1)
    edges = np.unique(pairs, axis=0).astype(np.int64)
    return Bare(np.round(np.exp(rng.normal(3, 0.7, count))), edges, rng.uniform(1, 3, len(edges)))


def must_hold(bare: Bare, bounds: Bounds, part: np.ndarray) -> float:
    """Check pieces and bounds anew; return the cut."""
    graph = adjacency_of(len(bare.weight), bare.edges)
    assert sorted(set(part.tolist())) == list(range(bounds.k))
    for number in range(bounds.k):
        mine = np.flatnonzero(part == number)
        assert pieces_of(graph, mine).max() == 0
        assert bounds.lower <= bare.weight[mine].sum() <= bounds.upper
    return float(bare.length[part[bare.edges[:, 0]] != part[bare.edges[:, 1]]].sum())


@settings(max_examples=8, deadline=None)
@given(st.integers(20, 80), st.integers(2, 5), st.integers(0, 99))
def test_parts_are_connected_and_within_bounds(count: int, k: int, seed: int) -> None:
    bare = planar(count, seed)
    mean = float(bare.weight.sum()) / k
    most = float(bare.weight.max())
    bounds = Bounds(k, mean - most, mean + most)
    plan = divide(bare, bounds, seed=seed, seconds=0.3)
    assert plan.bounds_ok
    assert plan.connected
    assert plan.cut == pytest.approx(must_hold(bare, bounds, plan.part))


def test_a_lattice_is_cut_into_squares() -> None:
    plan = divide(lattice(12, 12), Bounds(4, 36, 36), seconds=2)
    assert (plan.cut, plan.bounds_ok, plan.connected) == (24.0, True, True)


@pytest.mark.parametrize("seed", range(3))
def test_a_small_graph_is_cut_as_short_as_can_be(seed: int) -> None:
    bare = planar(9, seed)
    mean = float(bare.weight.sum()) / 2
    bounds = Bounds(2, 0.75 * mean, 1.25 * mean)
    graph = adjacency_of(9, bare.edges)
    best = min(
        (
            float(bare.length[part[bare.edges[:, 0]] != part[bare.edges[:, 1]]].sum())
            for part in map(np.array, product((0, 1), repeat=9))
            if bounds.lower <= bare.weight[part == 1].sum() <= bounds.upper
            and bounds.lower <= bare.weight[part == 0].sum() <= bounds.upper
            and all(pieces_of(graph, np.flatnonzero(part == one)).max() == 0 for one in (0, 1))
        ),
        default=None,
    )
    plan = divide(bare, bounds, seed=seed, seconds=0.3)
    assert plan.bounds_ok is (best is not None)
    if best is not None:
        assert plan.cut == pytest.approx(best)


def test_the_same_seed_gives_the_same_plan_where_time_does_not_end_it() -> None:
    bare = planar(60, 1)
    mean = float(bare.weight.sum()) / 4
    bounds = Bounds(4, 0.9 * mean, 1.1 * mean)
    once, again = (divide(bare, bounds, seed=5, tries=200_000) for _ in range(2))
    assert once.part.tolist() == again.part.tolist()
    assert not once.hurried


def test_a_start_is_never_made_worse() -> None:
    bare = lattice(8, 4)
    start = np.arange(32) % 8 // 2
    plan = divide(bare, Bounds(4, 8, 8), seconds=0.5, start=start)
    assert plan.bounds_ok
    assert plan.cut <= 12.0


def test_pieces_of_a_graph_share_the_parts_or_it_is_refused() -> None:
    one = lattice(4, 2)
    two = Bare(
        np.ones(12),
        np.vstack([one.edges, np.array([[8, 9], [9, 10], [10, 11]])]),
        np.ones(len(one.edges) + 3),
    )
    names = tuple(map(str, range(12)))
    assert impossible(two, Bounds(3, 4, 4), names) == []
    plan = divide(two, Bounds(3, 4, 4), seconds=0.3)
    assert plan.connected
    must_hold(two, Bounds(3, 4, 4), plan.part)
    refused = impossible(two, Bounds(2, 5, 7), names)
    assert "its 2 pieces weigh 8, 4" in refused[0].english()


def test_one_part_is_the_whole_graph() -> None:
    plan = divide(lattice(3, 3), Bounds(1, 9, 9))
    assert (plan.cut, plan.connected, plan.part.tolist()) == (0.0, True, [0] * 9)


@settings(max_examples=30, deadline=None)
@given(st.integers(5, 30), st.integers(0, 99))
def test_the_check_of_pieces_agrees_with_a_slow_one(count: int, seed: int) -> None:
    bare = planar(count, seed)
    graph = adjacency_of(count, bare.edges)
    part = np.random.default_rng(seed).integers(0, 2, count)
    problem = Problem(
        graph.first,
        graph.neighbour,
        np.ones(len(graph.neighbour)),
        bare.weight,
        np.zeros(2),
        np.full(2, np.inf),
        np.ones(count, np.bool_),
        np.ones(2, np.bool_),
        np.zeros((0, 0)),
        np.zeros((count, 0)),
        0.0,
    )
    state = new_state(problem, part, 0)
    for number in (0, 1):
        mine = np.flatnonzero(part == number)
        if len(mine) == 0 or pieces_of(graph, mine).max() > 0:
            continue
        for node in mine:
            rest = mine[mine != node]
            whole = len(rest) > 0 and int(pieces_of(graph, rest).max()) == 0
            assert keeps_whole(problem, state, node) == whole
