"""Each fault of a coverage is found, named and measured; what is right is not called one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from geo.core.coverage import LocalPlane, coverage_findings
from geo.core.findings import Finding, describe
from tests.corpus import CASES, SIDE, Case, grid, in_degrees, named

if TYPE_CHECKING:
    from collections.abc import Sequence

    Told = tuple[str, str, tuple[int, ...]]


def told(findings: list[Finding]) -> list[Told]:
    return sorted((one.kind, one.severity, one.rows) for one in findings)


def sets_of_rows(findings: Sequence[Told]) -> list[tuple[str, str, frozenset[int]]]:
    """Forget the order of rows: whose contact is longest may hang on a centimetre."""
    return [(kind, severity, frozenset(rows)) for kind, severity, rows in findings]


def only(findings: list[Finding]) -> Finding:
    assert len(findings) == 1
    return findings[0]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_corpus_in_metres(case: Case) -> None:
    assert told(coverage_findings(case.array)) == sorted(case.findings)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_corpus_in_degrees(case: Case) -> None:
    placed = in_degrees(case)
    if not len(placed):
        return
    plane = LocalPlane.of(placed, degrees=True)
    found = told(coverage_findings(plane.flatten(placed)))
    assert sets_of_rows(found) == sets_of_rows(sorted(case.findings))


def test_an_overlap_is_measured() -> None:
    found = only(coverage_findings(named("overlap").array))
    assert found.area_m2 == pytest.approx(10 * SIDE)
    assert found.width_m == pytest.approx(10 * SIDE / (SIDE + 10))
    assert found.geometry.equals(shapely.box(290, 0, 300, 300))


def test_a_gap_is_measured() -> None:
    found = only(coverage_findings(named("gap open at both ends").array))
    assert found.area_m2 == pytest.approx(4 * SIDE, rel=0.02)
    assert found.width_m == pytest.approx(4, rel=0.02)
    assert shapely.box(300, 0, 304, 300).buffer(0.01).covers(found.geometry)


def test_an_invalid_ring_has_its_place_and_reason() -> None:
    found = only(coverage_findings(named("bow-tie").array))
    assert found.reason == "Self-intersection"
    assert found.geometry.equals(shapely.Point(150, 150))


def test_an_invalid_polygon_s_other_faults_are_found_as_well() -> None:
    bow = shapely.Polygon([(0, 0), (310, 300), (310, 0), (0, 300)])
    kinds = [one.kind for one in coverage_findings(np.array([bow, grid(1, 0)]))]
    assert kinds == ["invalid", "overlap"]


@pytest.mark.parametrize(("width_m", "error"), [(3.9, False), (4.1, True), (300.0, True)])
def test_the_gap_width_decides_over_open_gaps(width_m: float, error: bool) -> None:
    found = coverage_findings(named("gap open at both ends").array, gap_width_m=width_m)
    assert [one.severity for one in found] == ["error" if error else "information"]


@pytest.mark.parametrize(("width_m", "kind"), [(299.0, "hole"), (301.0, "gap"), (0.0, "hole")])
def test_the_gap_width_decides_over_enclosed_spaces(width_m: float, kind: str) -> None:
    assert (
        only(coverage_findings(named("lake in the middle").array, gap_width_m=width_m)).kind == kind
    )


def test_a_narrow_arm_of_a_lake_is_a_gap() -> None:
    west = shapely.box(0, 0, 300, 900).difference(shapely.box(200, 300, 300, 600))
    east = shapely.box(300, 0, 600, 900).difference(shapely.box(300, 300, 400, 600))
    east = east.difference(shapely.box(300, 600, 305, 850))
    found = coverage_findings(np.array([west, east]))
    assert [(one.kind, one.severity) for one in found] == [
        ("gap", "error"),
        ("hole", "information"),
    ]
    assert found[0].area_m2 == pytest.approx(5 * 250, rel=0.05)


def test_pieces_can_be_allowed() -> None:
    found = only(coverage_findings(named("multipart").array, allow_multipart=True))
    assert (found.kind, found.severity, found.pieces) == ("multipart", "information", 2)


def test_a_tolerance_can_be_chosen() -> None:
    assert coverage_findings(named("overlap of two millimetres").array, tolerance_m=0.01) == []


def test_a_projection_s_bend_is_no_gap() -> None:
    """A node in the middle of a neighbour's edge 3 km long, exactly on it in degrees only."""
    south = shapely.box(114.0, 26.0, 114.03, 26.01)
    north = [shapely.box(114.0, 26.01, 114.013, 26.02), shapely.box(114.013, 26.01, 114.03, 26.02)]
    polygons = np.array([south, *north])
    plane = LocalPlane.of(polygons, degrees=True)
    assert coverage_findings(plane.flatten(polygons), tolerance_m=1e-6) == []


def test_neighbours_across_the_antimeridian_are_no_fault() -> None:
    polygons = np.array([shapely.box(179.99, 0, 180, 0.01), shapely.box(-180, 0, -179.99, 0.01)])
    plane = LocalPlane.of(polygons, degrees=True)
    assert coverage_findings(plane.flatten(polygons)) == []


def test_the_plane_measures_metres_and_leads_back() -> None:
    polygons = np.array([shapely.box(114.0, 26.0, 114.01, 26.01)])
    plane = LocalPlane.of(polygons, degrees=True)
    flat = plane.flatten(polygons)
    assert shapely.area(flat)[0] == pytest.approx(1_108_700, rel=0.001)
    assert shapely.equals_exact(plane.unflatten(flat), polygons, tolerance=1e-12).all()
    feet = LocalPlane.of(np.array([shapely.box(0, 0, 100, 100)]), degrees=False, unit_m=0.3048)
    assert feet.flatten(shapely.box(0, 0, 100, 100)).area == pytest.approx(929.03)


def test_every_finding_can_be_said() -> None:
    labels = list("abcdefghi")
    for case in CASES:
        for one in coverage_findings(case.array):
            sentence = describe(one, labels).english()
            assert sentence.endswith(".")
            assert all(f"“{labels[row]}”" in sentence for row in one.rows[:2])
    many = Finding("hole", "information", tuple(range(9)), None)
    assert "and 5 more" in describe(many, labels).english()


def voronoi(points: list[tuple[float, float]]) -> Any:
    frame = shapely.box(0, 0, 2000, 2000)
    cells = shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=frame)
    return shapely.intersection(shapely.get_parts(cells), frame)


spread = st.lists(
    st.tuples(st.integers(1, 19), st.integers(1, 19)), min_size=2, max_size=14, unique=True
).map(lambda points: [(100.0 * x + 7 * y, 100.0 * y) for x, y in points])


@given(spread)
def test_a_partition_has_no_error(points: list[tuple[float, float]]) -> None:
    assert [one for one in coverage_findings(voronoi(points)) if one.kind != "sliver"] == []


@given(spread, st.data(), st.floats(2.0, 9.0))
def test_a_shrunken_cell_leaves_a_gap_around_it(
    points: list[tuple[float, float]], data: st.DataObject, by_m: float
) -> None:
    cells = voronoi(points)
    row = data.draw(st.integers(0, len(cells) - 1))
    others = shapely.union_all(np.delete(cells, row))
    left = cells[row].difference(others.buffer(by_m))
    assume(left.area > SIDE * SIDE)
    lost = cells[row].difference(left)
    cells[row] = left
    gaps = [one for one in coverage_findings(cells) if one.kind == "gap"]
    errors = [one for one in gaps if one.severity == "error"]
    found = shapely.union_all([one.geometry for one in errors])
    # Beyond an acute tip of the cell the last bit lies between its neighbours alone.
    assert row in errors[0].rows
    assert all(row in one.rows for one in gaps[len(errors) :])
    assert lost.intersection(found).area >= 0.95 * lost.area
    assert found.difference(lost).area <= 0.05 * lost.area


@given(spread, st.data(), st.floats(2.0, 50.0))
def test_a_grown_cell_overlaps_exactly_its_neighbours(
    points: list[tuple[float, float]], data: st.DataObject, by_m: float
) -> None:
    cells = voronoi(points)
    row = data.draw(st.integers(0, len(cells) - 1))
    cells[row] = cells[row].buffer(by_m)
    common = shapely.area(shapely.intersection(cells[row], cells))
    expected = {one for one in np.flatnonzero(common > 1.0) if one != row}
    found = [one for one in coverage_findings(cells) if one.kind in {"overlap", "nested"}]
    assert {next(iter(set(one.rows) - {row})) for one in found} >= expected
    assert all(row in one.rows for one in found)
    for one in found:
        other = next(iter(set(one.rows) - {row}))
        assert one.area_m2 == pytest.approx(common[other], abs=0.1)
