"""Open strips along the edge of a coverage, given to the polygons beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import given
from hypothesis import strategies as st

from geo.core.coverage_repair import repair
from geo.core.coverage_strips import Home, fill_strips

TOWN = shapely.box(0, 0, 100, 100)
WIDTH_M = 10.0
JOINT_M = 0.005
"""How far vertices may move when strips are joined to what is beside them."""


def array(*polygons: Any) -> Any:
    held = np.empty(len(polygons), dtype=object)
    held[:] = polygons
    return held


@given(st.floats(0.0, 90.0), st.floats(1.0, 8.5), st.floats(20.0, 80.0))
def test_a_town_is_full_again_whatever_ring_was_left(
    angle: float, ring_m: float, middle: float
) -> None:
    drawn = [
        shapely.box(ring_m, ring_m, middle, 100 - ring_m),
        shapely.box(middle, ring_m, 100 - ring_m, 50),
        shapely.box(middle, 50, 100 - ring_m, 100 - ring_m),
    ]
    turned = [shapely.affinity.rotate(one, angle, origin=(0, 0)) for one in (TOWN, *drawn)]
    filled = fill_strips(array(*turned[1:]), [Home(turned[0], (0, 1, 2))], WIDTH_M)
    moved_m2 = TOWN.length * JOINT_M
    assert sum(one.area for one in filled) == pytest.approx(TOWN.area, abs=moved_m2)
    assert shapely.coverage_is_valid(filled)
    assert all(one.geom_type == "Polygon" for one in filled)
    assert filled[0].area == pytest.approx(100 * middle, abs=5)


def test_wide_ground_stays_and_so_does_another_communitys() -> None:
    grids = array(shapely.box(0, 0, 50, 80), shapely.box(50, 0, 100, 94))
    filled = fill_strips(grids, [Home(TOWN, (0, 1))], WIDTH_M)
    assert filled[0].equals(grids[0])
    assert 94 * 50 < filled[1].area <= 5000
    assert fill_strips(grids, [Home(TOWN, ())], WIDTH_M)[1].area == grids[1].area


def test_repairing_tells_what_each_polygon_won() -> None:
    grids = array(shapely.box(0, 0, 50, 94), shapely.box(50, 0, 100, 100), None)
    assert repair(grids, 1.0)[1] == ()
    mended, (told,) = repair(grids, 1.0, [Home(TOWN, (0, 1, 2))])
    assert (told.row, told.pieces) == (0, 1)
    assert told.changed_m2 == pytest.approx(300, abs=1)
    assert mended[2] is None
