"""Joining neighbours: whatever small disagreement goes in, a coverage comes out."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.core.joining import GAP_WIDTH_M, SNAPPING_M, join, wide_gaps, wide_overlaps

WEST, SOUTH, STEP = 114.27, 26.74, 0.002
ZONE = 4547
METRE = 1 / 111_320


def chessboard(count: int) -> list[shapely.Polygon]:
    lines = [(WEST + at * STEP, SOUTH + at * STEP) for at in range(count + 1)]
    return [
        shapely.box(lines[x][0], lines[y][1], lines[x + 1][0], lines[y + 1][1])
        for x in range(count)
        for y in range(count)
    ]


@given(st.integers(0, 2**32 - 1))
def test_jittered_neighbours_become_a_coverage(seed: int) -> None:
    chance = np.random.default_rng(seed)
    reach = SNAPPING_M / 3 * METRE
    jittered = np.array(
        [
            shapely.transform(one, lambda at: at + chance.uniform(-reach, reach))
            for one in chessboard(3)
        ]
    )
    joined = join(jittered, ZONE, shapely.union_all(chessboard(3)))
    assert shapely.coverage_is_valid(joined.polygons)
    assert wide_overlaps(joined.polygons, ZONE) == []
    assert np.abs(joined.area_change_m2).max() < 4 * STEP / METRE * GAP_WIDTH_M
    inner = shapely.union_all(chessboard(3)).buffer(-2 * GAP_WIDTH_M * METRE)
    assert wide_gaps(joined.polygons, inner, ZONE) == []


def test_what_meets_is_left_alone_to_the_bit() -> None:
    drawn = np.array(chessboard(3))
    joined = join(drawn, ZONE, shapely.union_all(drawn))
    assert not joined.changed.any()
    assert shapely.equals_exact(joined.polygons, drawn, 0.0).all()


def test_vertices_that_need_not_move_keep_their_bits() -> None:
    drawn = np.array(chessboard(3))
    drawn[4] = shapely.transform(drawn[4], lambda at: at + 0.05 * METRE)
    joined = join(drawn, ZONE)
    assert [WEST, SOUTH] in shapely.get_coordinates(joined.polygons[0]).tolist()
    assert shapely.coverage_is_valid(joined.polygons)


def test_a_street_between_blocks_is_no_mistake_of_theirs() -> None:
    board = chessboard(3)
    assert not join(np.array([board[0], board[6]]), ZONE).changed.any()
