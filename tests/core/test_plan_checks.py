"""What forbids publishing a plan, and what doesn't."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from geo.core.cells import territories
from geo.core.drafts import Cell, PlannedGrid, PlanState
from geo.core.effects import Layout
from geo.core.plan_checks import Bounds, Place, PlanFinding, plan_findings, size_findings

if TYPE_CHECKING:
    from collections.abc import Mapping

ONE, TWO, MARKET = (f"99900200100100{number}" for number in (1, 2, 3))
COMMUNITY = ONE[:12]
SIDE = 0.001
WEST, SOUTH = 114.0, 27.0


def square(column: float, row: float, wide: float = 1, high: float = 1) -> shapely.Polygon:
    west, east = WEST + column * SIDE, WEST + (column + wide) * SIDE
    return shapely.box(west, SOUTH + row * SIDE, east, SOUTH + (row + high) * SIDE)


def state(owners: Mapping[str, str | None], **cells: Cell) -> PlanState:
    """Return a draft of four squares in a row, "0" to "3", with grids ``one`` and ``two``."""
    known = {str(column): Cell(square(column, 0).wkb_hex, COMMUNITY) for column in range(4)}
    grids = {
        "one": PlannedGrid(ONE, "一格", branch_name="支部"),
        "two": PlannedGrid(TWO, "二格", branch_name="支部"),
    }
    return PlanState.of(known | cells, owners, grids)


HALVES = {"0": "one", "1": "one", "2": "two", "3": "two"}
PLACE = Place({COMMUNITY: square(0, 0, 4)}, (), np.empty((0, 2)), {ONE: {"one"}, TWO: {"two"}})


def layout(of: PlanState) -> Layout:
    return Layout(of.grids, territories(of))


def found(
    plan: PlanState, before: PlanState | None = None, place: Place = PLACE
) -> list[PlanFinding]:
    return plan_findings(plan, layout(before or state(HALVES)), layout(plan), place)


def reasons(findings: list[PlanFinding], severity: str = "error") -> list[str]:
    return [one.reason for one in findings if one.severity == severity]


def test_a_plan_that_covers_its_community_has_nothing_to_find() -> None:
    assert found(state(HALVES)) == []


@pytest.mark.parametrize(
    ("owners", "wrong"),
    [
        (HALVES | {"3": None}, ["unassigned", "gap"]),
        (dict.fromkeys(HALVES, "one"), ["empty_grid"]),
        (HALVES | {"0": "two", "1": "one"}, ["in_pieces"]),
    ],
)
def test_faults(owners: dict[str, str | None], wrong: list[str]) -> None:
    assert reasons(found(state(owners))) == wrong


def test_pieces_that_touch_in_a_corner_are_two() -> None:
    corner = state(
        {"0": "one", "1": "two", "2": "two", "3": "one"},
        **{
            "1": Cell(square(0, 1).wkb_hex, COMMUNITY),
            "2": Cell(square(1, 0).wkb_hex, COMMUNITY),
            "3": Cell(square(1, 1).wkb_hex, COMMUNITY),
        },
    )
    place = replace(PLACE, communities={COMMUNITY: square(0, 0, 2, 2)})
    assert reasons(found(corner, place=place)) == ["in_pieces", "in_pieces"]


def test_pieces_that_were_there_before_are_no_fault() -> None:
    apart = state({"0": "one", "1": "two", "2": "two", "3": "one"})
    findings = found(apart, before=apart)
    assert reasons(findings) == []
    assert reasons(findings, "warning") == ["in_pieces"]


def test_what_a_dedicated_grid_cuts_off_was_there_before() -> None:
    market = PlannedGrid(MARKET, "市场", kind="dedicated", branch_name="支部")
    whole = {"one": square(0, 0, 4), "market": square(1, 0)}
    grids = {"one": PlannedGrid(ONE, "一格", branch_name="支部"), "market": market}
    cut = state({"0": "one", "1": "market", "2": "one", "3": "one"})
    cut = PlanState.of(cut.cells, cut.owners, grids)
    findings = plan_findings(cut, Layout(grids, whole), layout(cut), PLACE)
    assert reasons(findings) == []
    assert reasons(findings, "warning") == ["in_pieces"]


def test_grids_that_overlap() -> None:
    plan = state(HALVES)
    over = Layout(plan.grids, {"one": square(0, 0, 2.01), "two": square(2, 0, 2)})
    findings = plan_findings(plan, layout(plan), over, PLACE)
    assert reasons(findings) == ["overlap"]


def test_a_sliver_that_rounding_leaves_is_no_gap() -> None:
    plan = state(HALVES)
    near = Layout(plan.grids, {"one": square(0, 0, 2), "two": square(2, 0, 2 - 1e-9)})
    assert plan_findings(plan, layout(plan), near, PLACE) == []


def test_a_cell_of_another_community() -> None:
    plan = state(HALVES, **{"3": Cell(square(3, 0).wkb_hex, "999002001002")})
    assert reasons(found(plan)) == ["other_community"]


def test_a_building_that_would_lie_in_no_grid() -> None:
    sites = np.array([[WEST + 3.5 * SIDE, SOUTH + SIDE / 2], [WEST - SIDE, SOUTH]])
    place = replace(PLACE, building_codes=("inside", "never"), building_sites=sites)
    findings = found(state(HALVES | {"3": None}), place=place)
    homeless = {one.key: one.severity for one in findings if one.reason == "building_without_grid"}
    assert homeless == {"inside": "error", "never": "warning"}


def test_codes_of_others() -> None:
    plan = state(HALVES)
    retired = replace(PLACE, codes_used={ONE: {"one"}, TWO: {"somebody else"}})
    assert reasons(found(plan, place=retired)) == ["code_retired"]
    twice = {key: replace(grid, code=ONE) for key, grid in plan.grids.items()}
    both = PlanState.of(plan.cells, plan.owners, twice)
    assert reasons(found(both)) == ["code_taken", "code_taken", "code_retired"]


def test_what_is_worth_a_look() -> None:
    plan = state(
        HALVES,
        **{key: Cell(square(int(key), 0).wkb_hex, COMMUNITY, compound="园") for key in ("1", "2")},
    )
    bare = {key: replace(grid, branch_name="") for key, grid in plan.grids.items()}
    findings = found(PlanState.of(plan.cells, plan.owners, bare))
    assert reasons(findings) == []
    assert reasons(findings, "warning") == ["compound_cut", "no_branch", "no_branch"]
    assert findings[-1].message.english() == f"二格 ({TWO}) has no party branch."
    sizes = size_findings(layout(plan), {"one": 299, "two": 501}, Bounds(300, 500))
    assert reasons(sizes, "warning") == ["households_few", "households_many"]
    assert size_findings(layout(plan), {"one": 300, "two": 500}, Bounds(300, 500)) == []
