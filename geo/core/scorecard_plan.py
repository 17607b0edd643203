"""A plan as the scorecard sees it: grids with their outlines in metres, and what each comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from geo.core.cell_figures import figures, grid_figures, in_order, totals_of
from geo.core.cells import outlines, territories
from geo.core.crs import WGS84_SRID, transform_geometry
from geo.core.locating import Locator
from geo.core.scorecard_terms import Spot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from geo.core.cell_figures import CellFigures, GridFigures
    from geo.core.drafts import PlannedGrid, PlanState
    from geo.core.ground import Ground
    from geo.messages import Message

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Shapes = NDArray[np.object_]


class Homes(NamedTuple):
    """Households by building and grid: a building's can belong to several grids by hand.

    Parameters
    ----------
    building, grid
        Rows; the grid's is -1 where they belong to none (n,).
    households
        How many (n,).
    """

    building: Ints
    grid: Ints
    households: Ints


class CellsDrawn(NamedTuple):
    """The cells of a draft, one row each.

    Parameters
    ----------
    keys, shapes
        Key, and metric outline (n,).
    grid
        Row of its grid; -1 where it has none (n,).
    households
        How many live there (n,).
    """

    keys: tuple[str, ...]
    shapes: Shapes
    grid: Ints
    households: Ints


@dataclass(frozen=True, slots=True, eq=False)
class ScoredPlan:
    """A draft or a generation, ready to be measured; all by row of the grid, in order of code.

    Parameters
    ----------
    keys, grids
        Key, and code, names, kind and branch.
    drawn
        Polygons as they were drawn, metric; empty for grids without ground (n,).
    outlines
        The same without what dedicated grids have of general ones.
    figures
        What every grid comes to.
    homes
        Which households are whose.
    cells
        Of a draft; ``None`` for a generation, which has none.
    """

    keys: tuple[str, ...]
    grids: tuple[PlannedGrid, ...]
    drawn: Shapes
    outlines: Shapes
    figures: GridFigures
    homes: Homes
    cells: CellsDrawn | None

    @property
    def general(self) -> NDArray[np.bool_]:
        """Whether a grid is a general one (综合网格)."""
        return np.array([grid.kind == "general" for grid in self.grids], dtype=bool)


def plan_of_state(state: PlanState, ground: Ground, cells: CellFigures | None = None) -> ScoredPlan:
    """Return a draft as the scorecard sees it.

    Parameters
    ----------
    state
        The draft at one version.
    ground
        Of its jurisdiction.
    cells
        What lies in its cells, where that is known already.
    """
    cells = figures(state, ground) if cells is None else cells
    found = territories(state)
    totals = grid_figures(state, ground, cells)
    polygons = np.array(
        [found.get(key, shapely.MultiPolygon()) for key in totals.grids], dtype=object
    )
    shapes = outlines({key: state.cells[key] for key in cells.cells})[1]
    drawn = CellsDrawn(
        keys=cells.cells,
        shapes=transform_geometry(shapes, WGS84_SRID, ground.srid),
        grid=np.array(
            [totals.row_of.get(state.owner(key) or "", -1) for key in cells.cells], dtype=np.int64
        ),
        households=cells.totals.households,
    )
    return _plan(state.grids, polygons, ground, totals, drawn)


def plan_of_polygons(
    grids: Mapping[str, PlannedGrid], polygons: Mapping[str, shapely.Geometry], ground: Ground
) -> ScoredPlan:
    """Return a generation as the scorecard sees it, by the polygons that were published.

    Parameters
    ----------
    grids, polygons
        By key; polygons in WGS 84 degrees.
    ground
        Of its jurisdiction.
    """
    keys = in_order(grids)
    ranked = sorted(range(len(keys)), key=lambda row: grids[keys[row]].kind == "general")
    drawn = np.array([polygons[key] for key in keys], dtype=object)
    sites = ground.buildings.sites
    holder = np.full(len(sites), -1, dtype=np.int64)
    if keys and len(sites):
        found = Locator(drawn[ranked]).assign(sites[:, 0], sites[:, 1], nearest=False)
        holder = np.append(np.array(ranked, dtype=np.int64), -1)[found.owner]
    row_of = {key: row for row, key in enumerate(keys)}
    issues = np.array([row_of.get(key, -1) for key in ground.open_issues.grids], dtype=np.int64)
    totals = totals_of(grids, ground, holder, issues)
    return _plan(grids, drawn, ground, totals, None)


def grid_spots(
    plan: ScoredPlan, chosen: NDArray[np.bool_], amount: Floats, say: Callable[[int], Message]
) -> tuple[Spot, ...]:
    """Return a place for every chosen grid that has ground.

    Parameters
    ----------
    plan
        The plan.
    chosen, amount
        By row of the grid: which, and how bad (n,).
    say
        What is wrong with the grid of a row.
    """
    drawn = ~shapely.is_empty(plan.outlines)
    return tuple(
        Spot(say(row), (plan.keys[row],), plan.outlines[row], float(amount[row]))
        for row in np.flatnonzero(chosen & drawn).tolist()
    )


def _plan(
    grids: Mapping[str, PlannedGrid],
    polygons: Shapes,
    ground: Ground,
    totals: GridFigures,
    cells: CellsDrawn | None,
) -> ScoredPlan:
    planned = tuple(grids[key] for key in totals.grids)
    drawn = _metric(polygons, ground.srid)
    dedicated = np.array([grid.kind != "general" for grid in planned], dtype=bool)
    return ScoredPlan(
        keys=totals.grids,
        grids=planned,
        drawn=drawn,
        outlines=_without_dedicated(drawn, dedicated),
        figures=totals,
        homes=homes_of(ground, totals.grid_of_building, totals.row_of),
        cells=cells,
    )


def _metric(polygons: Shapes, srid: int) -> Shapes:
    moved = transform_geometry(polygons, WGS84_SRID, srid)
    mended = shapely.make_valid(moved, method="structure", keep_collapsed=False)
    found: Shapes = np.where(shapely.is_valid(moved), moved, mended)
    return found


def _without_dedicated(drawn: Shapes, dedicated: NDArray[np.bool_]) -> Shapes:
    """Take from general grids what lies under dedicated ones: these come first."""
    rest = drawn.copy()
    general = np.flatnonzero(~dedicated)
    over = shapely.union_all(drawn[dedicated])
    touched = general[shapely.intersects(drawn[general], over)]
    shared = shapely.area(shapely.intersection(drawn[touched], over)) > 0
    touched = touched[shared]
    rest[touched] = shapely.difference(drawn[touched], over)
    return rest


def homes_of(ground: Ground, grid_of_building: Ints, row_of: Mapping[str, int]) -> Homes:
    """Return households by building and grid, units that were moved by hand apart.

    Parameters
    ----------
    ground
        Of the jurisdiction.
    grid_of_building
        Row of the grid that each building lies in; -1 where it lies in none.
    row_of
        The row of each grid, by its key as text.
    """
    households = ground.buildings.households.copy()
    moved = [unit for unit in ground.by_hand if unit.grid in row_of]
    for unit in moved:
        households[unit.building] -= unit.households
    return Homes(
        building=np.r_[
            np.arange(len(households)), np.array([one.building for one in moved], dtype=np.int64)
        ],
        grid=np.r_[grid_of_building, np.array([row_of[one.grid] for one in moved], dtype=np.int64)],
        households=np.r_[households, np.array([one.households for one in moved], dtype=np.int64)],
    )


__all__ = [
    "CellsDrawn",
    "Homes",
    "ScoredPlan",
    "grid_spots",
    "homes_of",
    "plan_of_polygons",
    "plan_of_state",
]
