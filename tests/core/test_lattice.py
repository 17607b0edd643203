"""Tests of lattices: every position is in one cell, the same whatever area is asked for."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.core.lattice import Kind, Lattice

SRID = 4547
AREA = shapely.Polygon([(500_010, 3_000_020), (500_930, 3_000_110), (500_640, 3_000_870)])
kinds = st.sampled_from(["hexagon", "square"])
sides = st.sampled_from([50.0, 100.0, 250.0])
metres = st.floats(-1e6, 6e6, allow_nan=False)


@given(kind=kinds, side_m=sides, x=metres, y=metres)
def test_a_position_is_in_the_cell_it_is_told(
    kind: Kind, side_m: float, x: float, y: float
) -> None:
    lattice = Lattice(kind, side_m, SRID)
    column, row = lattice.cell_of([x], [y])
    cell = lattice.polygons(column, row)[0]
    assert shapely.distance(cell, shapely.Point(x, y)) < 1e-6
    middle = np.array(lattice.middles(column, row)).ravel()
    assert shapely.distance(cell.centroid, shapely.Point(middle)) < 1e-6


@given(kind=kinds, side_m=sides)
def test_cells_cover_an_area_without_gap_or_overlap(kind: Kind, side_m: float) -> None:
    cells = Lattice(kind, side_m, SRID).cells_over(AREA)
    assert shapely.coverage_is_valid(cells.polygons)
    assert shapely.area(cells.clipped).sum() == pytest.approx(AREA.area)
    assert (cells.share * cells.lattice.cell_m2).sum() == pytest.approx(AREA.area)
    assert ((cells.share > 0) & (cells.share <= 1)).all()


@pytest.mark.parametrize("kind", ["hexagon", "square"])
@pytest.mark.parametrize("side_m", [50.0, 250.0])
def test_cells_keep_their_names_whatever_the_area(kind: Kind, side_m: float) -> None:
    lattice = Lattice(kind, side_m, SRID)
    part = shapely.intersection(AREA, shapely.box(500_300, 3_000_000, 501_000, 3_001_000))
    whole, some = lattice.cells_over(AREA), lattice.cells_over(part)
    for key, polygon in zip(some.keys, some.polygons, strict=True):
        assert shapely.equals(whole.polygons[whole.keys.index(key)], polygon)


def test_what_is_outside_is_in_no_cell() -> None:
    cells = Lattice("hexagon", 50, SRID).cells_over(AREA)
    assert cells.rows_at([0.0, 500_600.0], [0.0, 3_000_300.0]).tolist()[0] == -1
    assert cells.rows_at([500_600.0], [3_000_300.0])[0] >= 0


@given(kind=kinds, order=st.integers(0, 3), seed=st.integers(0, 99))
def test_sums_over_neighbourhoods_are_those_of_cells_in_reach(
    kind: Kind, order: int, seed: int
) -> None:
    cells = Lattice(kind, 100, SRID).cells_over(AREA)
    random = np.random.default_rng(seed)
    values, taking = (
        random.integers(0, 9, len(cells)).astype(float),
        random.random(len(cells)) > 0.2,
    )
    x, y = cells.lattice.middles(cells.column, cells.row)
    east, north = np.abs(x[:, None] - x) / 100, np.abs(y[:, None] - y) / 100
    if kind == "square":
        near = np.maximum(east, north) <= order + 0.01
    else:
        # On a hexagonal lattice a step goes a whole side east, or half a side east and a row north.
        rows = north / (np.sqrt(3) / 2)
        near = rows + np.maximum(east - rows / 2, 0) <= order + 0.01
    expected = np.where(taking, (near & taking) @ values, 0.0)
    assert np.allclose(cells.summing(order, taking)(values), expected)
