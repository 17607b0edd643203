"""The scorecard against a slow computation of the same measures, and on odd plans."""

from __future__ import annotations

import math
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.core.drafts import PlannedGrid
from geo.core.ground import UnitByHand
from geo.core.plan_comparison import compare
from geo.core.scorecard import Scorecard, Thresholds, scorecard
from geo.core.scorecard_plan import plan_of_polygons, plan_of_state
from geo.core.scorecard_terms import RULES
from tests.chessboard import (
    CODES,
    COLUMNS,
    GRIDS,
    HALF,
    ROWS,
    SIDE_M,
    House,
    Town,
    area_of,
    degrees,
    ground_of,
    square,
    state_of,
    worker,
)
from tests.core import slow_scorecard as slow

if TYPE_CHECKING:
    from geo.core.drafts import PlanState
    from geo.core.ground import Ground

HELD_TO = Thresholds(households_min=10, households_max=40)
CELLS = list(product(range(COLUMNS), range(ROWS)))
A = "999002001001"

LEFT_AND_RIGHT = {
    (x, y): ("a1" if x == 0 else "a2") if x < HALF else ("b1" if x == HALF else "b2")
    for x, y in CELLS
}
"""Four grids: a column of three cells beside a block of six, in both communities."""


@st.composite
def plans(draw: st.DrawFn) -> PlanState:
    """Draw a plan: any cell may have any grid of its community, or none."""
    west, east = st.sampled_from(["a1", "a2", "d", None]), st.sampled_from(["b1", "b2", None])
    owners = {cell: draw(west if cell[0] < HALF else east) for cell in CELLS}
    return state_of(owners, **draw(st.dictionaries(st.sampled_from(list(CODES)), st.just("支部"))))


@st.composite
def houses(draw: st.DrawFn) -> House:
    """Draw a building that no site of which is on an edge; its walls may be across one."""
    column, row = draw(st.integers(-1, COLUMNS)), draw(st.integers(0, ROWS - 1))
    inside = st.sampled_from([2.0, 30.0, 71.0, 98.0])
    households, units = draw(st.integers(0, 30)), draw(st.integers(0, 3))
    return House(
        column * SIDE_M + draw(inside),
        row * SIDE_M + draw(inside),
        households=households,
        units=units,
        households_answered=draw(st.integers(0, households)),
        units_answered=draw(st.integers(0, units)),
    )


@st.composite
def towns(draw: st.DrawFn) -> Town:
    """Draw a town: roads beside, along and across boundaries, a river, stations, workers."""
    built = draw(st.lists(houses(), max_size=8))
    corner = st.tuples(
        st.sampled_from([x * SIDE_M + off for x in range(COLUMNS + 1) for off in (0.0, 7.0, 40.0)]),
        st.sampled_from([y * SIDE_M + off for y in range(ROWS + 1) for off in (0.0, 7.0, 40.0)]),
    )
    road = st.lists(corner, min_size=2, max_size=4, unique=True)
    rows = st.integers(0, max(len(built) - 1, 0)) if built else st.nothing()
    keys = st.lists(st.sampled_from(list(CODES)), max_size=2, unique=True)
    staff = st.builds(
        lambda number, grids, own: worker(str(number), grids=grids, buildings=own),
        st.integers(0, 99),
        keys,
        st.lists(rows, max_size=3, unique=True) if built else st.just([]),
    )
    by_hand: list[UnitByHand] = []
    if len(built) and draw(st.booleans()):
        row = draw(rows)
        grid = GRIDS[draw(st.sampled_from(list(CODES)))]
        count = draw(st.integers(0, built[row].households))
        most = min(count, built[row].households_answered)
        least = max(0, built[row].households_answered - (built[row].households - count))
        by_hand.append(
            UnitByHand(1, row, grid, count, 0, draw(st.integers(least, most)), answered=False)
        )
    river = st.sampled_from(
        [(), (shapely.box(-50, 130, 900, 230),), (shapely.box(90, 0, 110, 300),)]
    )
    return Town(
        houses=built,
        roads=draw(st.lists(road, max_size=4)),
        stations=draw(st.lists(corner, max_size=2)),
        waters=draw(river),
        compounds=draw(st.sampled_from([{}, {"yard": shapely.box(20, 20, 150, 90)}])),
        workers=draw(st.lists(staff, max_size=3)),
        by_hand=by_hand,
    )


def card_of(state: PlanState, ground: Ground) -> Scorecard:
    """Return the scorecard of a draft."""
    return scorecard(plan_of_state(state, ground), ground, HELD_TO)


def same(found: float | None, expected: float, **how: float) -> bool:
    """Tell whether a measure is what it should be; nothing to measure is not a number."""
    if found is None or math.isnan(expected):
        return found is None and math.isnan(expected)
    return found == expected or math.isclose(found, expected, **({"rel_tol": 1e-6} | how))


@settings(max_examples=20)
@given(plans(), towns())
def test_every_measure_equals_a_slow_computation(state: PlanState, town: Town) -> None:
    """Loops over shapes and households come to the same."""
    ground = ground_of(town)
    card, plan = card_of(state, ground), slow.SlowPlan(state, ground)
    followed = slow.followed_pct(plan, HELD_TO.boundary_tolerance_m, HELD_TO.boundary_angle_deg)
    assert same(card["boundary_followed"].value, followed, abs_tol=0.1)
    for key, by_grid in slow.compactness(plan).items():
        measured = {grid for grid, one in card[key].by_grid.items() if one is not None}
        assert measured == set(by_grid)
        assert all(same(card[key].by_grid[grid], one) for grid, one in by_grid.items()), key
    whole = {
        **slow.cut(plan),
        **slow.covering(plan),
        **slow.sizes(plan, HELD_TO.households_min, HELD_TO.households_max),
        **slow.completeness(plan),
    }
    for key, expected in whole.items():
        assert same(card[key].value, expected, abs_tol=1e-3), key
    for grid in plan.keys:
        known = next(one for one in card.grids if one.key == grid)
        assert known.households == plan.households(grid)


@settings(max_examples=8)
@given(plans(), plans(), towns())
def test_what_moves_between_plans_is_what_has_another_grid(
    before: PlanState, after: PlanState, town: Town
) -> None:
    """Counted cell by cell and house by house; comparing with itself moves nothing."""
    ground = ground_of(town)
    one, other = ((plan_of_state(each, ground), card_of(each, ground)) for each in (before, after))
    found = compare(one, other, ground)
    assert found.moved_cells == sum(before.owner(key) != after.owner(key) for key in after.cells)
    was, becomes = (slow.SlowPlan(each, ground).homes for each in (before, after))
    assert found.households.moved_households == sum(
        count
        for (_, grid, count, _), (_, another, _, _) in zip(was, becomes, strict=True)
        if grid != another
    )
    itself = compare(one, one, ground)
    assert itself.moved_cells == itself.households.moved_households == 0
    assert {each.change for each in itself.measures} <= {"same", "unknown"}


@settings(max_examples=8)
@given(plans(), towns())
def test_a_generation_of_the_same_grids_scores_the_same(state: PlanState, town: Town) -> None:
    """Drawn as polygons, with the general grids under the dedicated one."""
    ground = ground_of(town)
    draft = plan_of_state(state, ground)
    polygons: dict[str, shapely.Geometry] = {
        key: shapely.MultiPolygon(
            shapely.get_parts(
                shapely.union_all([shapely.from_wkb(state.cells[cell].wkb) for cell in cells])
            ).tolist()
        )
        for key, cells in state.members().items()
    }
    drawn = plan_of_polygons(state.grids, polygons, ground)
    one, other = scorecard(draft, ground, HELD_TO), scorecard(drawn, ground, HELD_TO)
    for rule in RULES:
        if rule.key == "unassigned_cells":
            assert other[rule.key].verdict == "unknown"
            continue
        expected = one[rule.key].value
        assert same(other[rule.key].value, math.nan if expected is None else expected, abs_tol=1e-3)
        assert one[rule.key].missed_by == other[rule.key].missed_by, rule.key


def test_a_dedicated_grid_over_a_general_one_is_no_overlap() -> None:
    """It takes precedence: its ground and its households are its own."""
    ground = ground_of(Town(houses=[House(150, 150, households=7), House(50, 50, households=5)]))
    grids = {
        GRIDS["a1"]: PlannedGrid(CODES["a1"], "a1"),
        GRIDS["d"]: PlannedGrid(CODES["d"], "d", kind="dedicated"),
    }
    polygons = {GRIDS["a1"]: degrees(area_of(A)), GRIDS["d"]: degrees(square(1, 1))}
    card = scorecard(plan_of_polygons(grids, polygons, ground), ground, HELD_TO)
    assert card["overlaps"].value == 0
    assert [(one.households, round(one.area_m2)) for one in card.grids] == [
        (5, 80_000),
        (7, 10_000),
    ]
    assert card["polsby_popper"].by_grid[GRIDS["a1"]] == pytest.approx(
        4 * math.pi * 80_000 / 1600**2, rel=1e-4
    )


def test_overlaps_gaps_and_what_lies_outside_are_found_where_they_are() -> None:
    """Two grids that share a strip, leave another, and reach into the next community."""
    ground = ground_of(Town())
    grids = {GRIDS[one]: PlannedGrid(CODES[one], one) for one in ("a1", "a2")}
    polygons = {
        GRIDS["a1"]: degrees(shapely.box(0, 0, 160, 300)),
        GRIDS["a2"]: degrees(shapely.box(150, 20, 330, 300)),
    }
    card = scorecard(plan_of_polygons(grids, polygons, ground), ground, HELD_TO)
    community_b = 3 * SIDE_M * 3 * SIDE_M
    assert card["overlaps"].value == pytest.approx(10 * 280, abs=0.5)
    assert card["outside"].value == pytest.approx(30 * 280, abs=0.5)
    assert card["gaps"].value == pytest.approx(140 * 20 + community_b - 30 * 280, abs=1)
    (overlap,) = card["overlaps"].places
    assert overlap.grids == (GRIDS["a1"], GRIDS["a2"])
    spot = shapely.Point(overlap.lon, overlap.lat)
    assert degrees(shapely.box(149, 19, 161, 301)).contains(spot)
    assert card["gaps"].verdict == card["outside"].verdict == card["overlaps"].verdict == "missed"


def test_an_enclave_is_one_piece_and_its_surroundings_too() -> None:
    """A grid with a hole is compact enough only by its hull."""
    owners = dict.fromkeys(((x, y) for x in range(HALF) for y in range(ROWS)), "a1")
    card = card_of(state_of(owners | {(1, 1): "a2"}), ground_of(Town()))
    assert card["pieces"].by_grid[GRIDS["a1"]] == card["pieces"].by_grid[GRIDS["a2"]] == 0
    assert card["reock"].by_grid[GRIDS["a1"]] == pytest.approx(8 / 9 * 2 / math.pi, rel=1e-4)
    assert card["hull"].by_grid[GRIDS["a1"]] == pytest.approx(8 / 9, rel=1e-4)


def test_cells_that_meet_at_a_corner_are_two_pieces() -> None:
    """Nobody walks through a point; the smaller piece is where to look."""
    card = card_of(state_of({(0, 0): "a1", (1, 0): "a1", (2, 1): "a1"}), ground_of(Town()))
    assert card["pieces"].value == 1
    (place,) = card["pieces"].places
    assert degrees(square(2, 1)).contains(shapely.Point(place.lon, place.lat))


def test_a_boundary_down_the_middle_of_a_river_follows_it() -> None:
    """However wide it is; one across does not."""
    wide = Town(waters=[shapely.box(60, -50, 140, 900)])
    assert card_of(state_of(LEFT_AND_RIGHT), ground_of(wide))["boundary_followed"].by_grid[
        GRIDS["a1"]
    ] == pytest.approx(100)
    across = Town(waters=[shapely.box(-50, 60, 280, 140)])
    assert card_of(state_of(LEFT_AND_RIGHT), ground_of(across))["boundary_followed"].by_grid[
        GRIDS["a1"]
    ] == pytest.approx(0)


def test_stretches_that_follow_nothing_are_places_to_go_to() -> None:
    """Joined where they meet; the road along a third of the border is left out."""
    town = Town(roads=[[(100, 0), (100, 100)], [(400, 0), (400, 300)]])
    card = card_of(state_of(LEFT_AND_RIGHT), ground_of(town))
    (place,) = card["boundary_followed"].places
    assert set(place.grids) == {GRIDS["a1"], GRIDS["a2"]}
    assert place.amount == pytest.approx(190, abs=0.1)  # the tolerance goes 10 m beyond its end
    assert card["boundary_followed"].value == pytest.approx(100 * 410 / 600, abs=0.05)


def test_without_roads_stations_and_households_nothing_is_made_up() -> None:
    """What can't be measured is unknown, not zero and not met."""
    card = card_of(state_of(LEFT_AND_RIGHT), ground_of(Town()))
    assert card["boundary_followed"].value == 0
    for key in ("deviation", "variation", "per_worker", "units_answered", "walk_mean", "walk_p95"):
        assert card[key].value is None, key
        assert card[key].verdict == "unknown", key
    assert card["in_bounds"].value == 0


def test_households_that_no_way_leads_from_are_not_in_the_mean() -> None:
    """They are counted apart, named by building, and infinitely far in the long walk."""
    near = [House(50, 12, households=9)]
    lone = [House(550, 2500, households=1)]
    town = Town(houses=near + lone, roads=[[(0, 0), (100, 0)]], stations=[(0, 0)])
    card = card_of(state_of(LEFT_AND_RIGHT), ground_of(town))
    assert card["walk_mean"].value == pytest.approx(62)
    assert card["unreachable"].value == 1
    assert [one.text.values["code"] for one in card["unreachable"].places] == ["H001"]
    assert card["walk_p95"].value == math.inf
    assert card["walk_p95"].verdict == "missed"


def test_a_worker_counts_where_their_buildings_are() -> None:
    """In parts by households; a grid without anybody is out of bounds for its load."""
    town = Town(
        houses=[House(50, 50, households=30), House(150, 50, households=10)],
        workers=[worker("w", buildings=[0, 1])],
    )
    card = card_of(state_of(LEFT_AND_RIGHT), ground_of(town))
    assert card["per_worker"].by_grid[GRIDS["a1"]] == pytest.approx(40)
    assert card["per_worker"].by_grid[GRIDS["a2"]] == pytest.approx(40)
    split = card_of(state_of(LEFT_AND_RIGHT | {(0, 0): "a2"}), ground_of(town))
    assert split["per_worker"].by_grid[GRIDS["a2"]] == pytest.approx(40)
    alone = Town(houses=town.houses, workers=[worker("w", buildings=[0])])
    found = card_of(state_of(LEFT_AND_RIGHT), ground_of(alone))
    assert found["per_worker"].by_grid[GRIDS["a2"]] == math.inf
    assert found["workers"].missed_by == (GRIDS["a2"],)


def test_places_lead_to_what_is_wrong() -> None:
    """Every place of every measure lies in the grids that it names, or where nobody is."""
    town = Town(
        houses=[House(100, 50, households=50, half_m=4), House(450, 50, households=3)],
        compounds={"yard": shapely.box(20, 20, 150, 90)},
        roads=[[(0, 0), (600, 0)]],
        stations=[(0, 0)],
    )
    state = state_of(LEFT_AND_RIGHT | {(5, 2): None})
    plan = plan_of_state(state, ground_of(town))
    card = scorecard(plan, ground_of(town), HELD_TO)
    outlines = dict(zip(plan.keys, plan.outlines, strict=True))
    told = {one.rule.key for one in card.measures if one.places}
    assert {"buildings_cut", "compounds_cut", "unassigned_cells", "in_bounds", "branch"} <= told
    for one in card.measures:
        for place in one.places:
            assert np.isfinite([place.lon, place.lat]).all()
            assert shapely.is_valid(place.shape)
            spot = degrees_to_board(place.lon, place.lat)
            for key in place.grids:
                assert outlines[key].distance(spot) < SIDE_M, one.rule.key


def degrees_to_board(lon: float, lat: float) -> shapely.Point:
    """Return a point of the metric zone."""
    from geo.core.crs import transform  # noqa: PLC0415 - for this alone

    return shapely.Point(*transform(lon, lat, 4326, 4547))


def test_the_page_of_definitions_has_every_measure_as_it_is() -> None:
    """Names, keys, definitions and sources, word by word."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "scorecard.md").read_text()
    for rule in RULES:
        for told in (f"`{rule.key}`", rule.name, rule.definition, rule.source):
            assert str(told) in page, rule.key
