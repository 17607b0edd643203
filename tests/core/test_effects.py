"""What becomes of grids: other ground is told from the same ground drawn with other vertices."""

from __future__ import annotations

from typing import Any

import shapely

from geo.core.drafts import PlannedGrid
from geo.core.effects import Affected, Layout, effects
from tests import town

WEST = shapely.Polygon([town.spot(0, 0), town.spot(1.3, 0), town.spot(0.7, 2), town.spot(0, 2)])
EAST = shapely.Polygon([town.spot(1.3, 0), town.spot(2, 0), town.spot(2, 2), town.spot(0.7, 2)])
NODES = [town.spot(1.3 - 0.3 * row, row) for row in (0.3, 0.7, 1.1)]
MARKET = town.cells(0.2, 0.2, 0.5, 0.6)
NAMES = {"west": "001", "east": "002", "market": "003"}


def layout(**polygons: Any) -> Layout:
    grids = {
        key: PlannedGrid(
            f"{town.A}{NAMES[key]}", key, key, "dedicated" if key == "market" else "general"
        )
        for key in polygons
    }
    return Layout(grids, polygons)


def changes(before: Layout, after: Layout) -> dict[str, str]:
    nobody = type("Nobody", (), {"workers": (), "stations": type("None", (), {"codes": ()})})
    found = effects(before, after, Affected(nobody, (), (), ()))  # type: ignore[arg-type]
    return {one.key: one.change for one in found.grids}


def test_vertices_where_blocks_meet_a_slanted_border_redraw_no_grid() -> None:
    south_west, south_east, north_west, north_east = shapely.get_coordinates(WEST)[:4]
    noded = shapely.Polygon([south_west, south_east, *NODES, north_west, north_east])
    start, end, far, top = shapely.get_coordinates(EAST)[:4]
    other = shapely.Polygon([far, top, *reversed(NODES), start, end])
    assert not shapely.equals(noded, WEST)
    told = changes(layout(west=WEST, east=EAST), layout(west=noded, east=other))
    assert told == {"west": "same", "east": "same"}


def test_a_border_that_moved_by_a_metre_redraws_both_grids() -> None:
    moved = shapely.Polygon(
        [town.spot(0, 0), town.spot(1.305, 0), town.spot(0.705, 2), town.spot(0, 2)]
    )
    east = shapely.difference(shapely.union(WEST, EAST), moved)
    told = changes(layout(west=WEST, east=EAST), layout(west=moved, east=east))
    assert told == {"west": "redrawn", "east": "redrawn"}


def test_a_grid_under_a_dedicated_one_has_the_same_ground_when_this_is_cut_out() -> None:
    over = layout(west=WEST, market=MARKET)
    cut_out = layout(west=shapely.difference(WEST, MARKET), market=MARKET)
    assert changes(over, cut_out) == {"west": "same", "market": "same"}
    assert changes(layout(west=WEST), over) == {"west": "redrawn", "market": "added"}
