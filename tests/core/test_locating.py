from __future__ import annotations

import numpy as np
import pytest
import shapely

from geo.core.locating import EDGE_TOLERANCE_M, METHODS, Locator, circle
from geo.errors import InvalidAccuracyError, InvalidPositionError, PolygonRefusedError

METRE_DEG = 1 / 110_800
"""Degrees of latitude to a metre near 26.7° N."""


def squares(columns: int, rows: int) -> np.ndarray:
    """Squares of 0.01° from 114° E 26° N, west to east, then northward."""
    return np.array(
        [
            shapely.box(114 + c / 100, 26 + r / 100, 114 + (c + 1) / 100, 26 + (r + 1) / 100)
            for r in range(rows)
            for c in range(columns)
        ]
    )


def test_a_position_inside_belongs_to_its_polygon_alone() -> None:
    located = Locator(squares(2, 2)).locate(114.015, 26.005)
    assert (located.method, located.owner, located.nearest) == ("inside", 1, None)
    assert located.distance_m == 0
    assert [(one.row, one.share) for one in located.candidates] == [(1, 1.0)]
    assert located.confident


def test_a_corner_of_four_goes_to_the_first_and_names_all() -> None:
    located = Locator(squares(2, 2)).locate(114.01, 26.01)
    assert (located.method, located.owner, located.confident) == ("edge", 0, False)
    assert [(one.row, one.share) for one in located.candidates] == [
        (0, 0.25),
        (1, 0.25),
        (2, 0.25),
        (3, 0.25),
    ]


@pytest.mark.parametrize(("away_m", "method"), [(0.0009, "edge"), (0.0011, "inside")])
def test_the_edge_is_a_millimetre_wide_and_never_changes_the_owner(
    away_m: float, method: str
) -> None:
    locator = Locator(squares(1, 2))
    lat = 26.01 + away_m * METRE_DEG
    located = locator.locate(114.005, lat)
    assert (located.method, located.owner) == (method, 1)


def test_the_outer_boundary_is_no_edge_between_owners() -> None:
    assert Locator(squares(2, 1)).locate(114.005, 26.0).method == "inside"


@pytest.mark.parametrize(("away_m", "method"), [(29, "nearest"), (31, "outside")])
def test_outside_the_nearest_counts_up_to_thirty_metres(away_m: float, method: str) -> None:
    located = Locator(squares(2, 1)).locate(114.015, 26 - away_m * METRE_DEG)
    assert located.method == method
    assert located.owner == (1 if method == "nearest" else None)
    assert located.nearest == 1
    assert located.distance_m == pytest.approx(away_m, rel=1e-3)
    assert [one.row for one in located.candidates] == [1]
    assert not located.confident


def test_a_dedicated_polygon_inside_another_precedes_it() -> None:
    campus = shapely.box(114.004, 26.004, 114.006, 26.006)
    locator = Locator(np.array([campus, *squares(1, 1)]))
    assert locator.locate(114.005, 26.005).owner == 0
    assert locator.locate(114.005, 26.005).method == "inside"
    assert locator.locate(114.004, 26.005).method == "edge"
    assert locator.locate(114.001, 26.005).owner == 1


def test_the_circle_of_accuracy_is_shared_by_area() -> None:
    locator = Locator(squares(2, 1))
    on_the_line = locator.locate(114.01, 26.005, 50)
    assert [one.row for one in on_the_line.candidates] == [0, 1]
    assert on_the_line.candidates[0].share == pytest.approx(0.5, abs=1e-6)
    assert not on_the_line.confident
    beside = locator.locate(114.01 - 40 * METRE_DEG, 26.005, 50)
    assert beside.owner == 0
    assert not beside.confident
    deep = locator.locate(114.005, 26.005, 50)
    assert [(one.row, one.share) for one in deep.candidates] == [(0, pytest.approx(1.0))]
    assert deep.confident


def test_shares_respect_precedence_and_leave_out_what_lies_outside() -> None:
    campus = shapely.box(114.0, 26.0, 114.005, 26.01)
    locator = Locator(np.array([campus, *squares(1, 1)]))
    shares = {one.row: one.share for one in locator.locate(114.005, 26.0, 20).candidates}
    assert shares == {0: pytest.approx(0.25, abs=1e-6), 1: pytest.approx(0.25, abs=1e-6)}


def test_the_circle_has_the_area_of_a_circle() -> None:
    west, south, east, north = circle(114.0, 26.0, 1000.0).bounds
    ratio = circle(114.0, 26.0, 1000.0).area / ((east - west) * (north - south) / 4 * np.pi)
    assert ratio == pytest.approx(1, rel=4e-3)


@pytest.mark.parametrize(
    ("lon", "lat"), [(np.nan, 26.0), (114.0, np.inf), (181.0, 26.0), (26.0, 114.0)]
)
def test_what_is_no_position_is_refused_alone_and_marked_in_bulk(lon: float, lat: float) -> None:
    locator = Locator(squares(2, 2))
    with pytest.raises(InvalidPositionError, match=str(lon)):
        locator.locate(lon, lat)
    found = locator.assign([lon, 114.005], [lat, 26.005])
    assert [METHODS[code] for code in found.method] == ["invalid", "inside"]
    assert found.owner.tolist() == [-1, 0]


@pytest.mark.parametrize("accuracy_m", [-1.0, np.nan, np.inf, 1e6])
def test_an_impossible_accuracy_is_refused(accuracy_m: float) -> None:
    with pytest.raises(InvalidAccuracyError):
        Locator(squares(1, 1)).locate(114.005, 26.005, accuracy_m)


def test_without_polygons_everything_is_outside_and_nothing_is_near() -> None:
    located = Locator(np.array([None, shapely.Polygon()])).locate(114.0, 26.0, 10)
    assert (located.method, located.owner, located.nearest) == ("outside", None, None)
    assert located.distance_m is None
    assert located.candidates == ()


def test_polygons_off_the_globe_are_refused_by_row() -> None:
    with pytest.raises(PolygonRefusedError, match="Row 2"):
        Locator(np.array([shapely.box(0, 0, 1, 1), shapely.box(179, 0, 181, 1)]))
    with pytest.raises(PolygonRefusedError, match="Row 1"):
        Locator(np.array([shapely.Point(0, 0)]))


def test_the_nearest_is_sought_across_the_antimeridian() -> None:
    locator = Locator(np.array([shapely.box(170, 0, 180, 1), shapely.box(-170, 0, -169, 1)]))
    assert locator.locate(-179.999, 0.5).nearest == 0
    assert locator.locate(-179.999, 0.5).distance_m == pytest.approx(111.3, abs=0.1)


def test_the_tolerance_is_a_millimetre() -> None:
    assert EDGE_TOLERANCE_M == 0.001
