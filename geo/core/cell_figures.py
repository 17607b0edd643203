"""What lies in every cell (基本单元) of a draft, and what its grids come to.

A building belongs to the cell that holds its site. Where a site lies on the edge of several, the
cell of the grid that the database would name has it: a dedicated grid before a general one, then
the smallest code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from geo.core.noding import row_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from geo.core.drafts import PlannedGrid, PlanState
    from geo.core.ground import Ground, UnitByHand

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


class Totals(NamedTuple):
    """What some rows of buildings come to, by cell or by grid (n,).

    Parameters
    ----------
    buildings, units, households, people
        How many.
    buildings_answered, units_answered, households_answered
        For how many of them a named person answers (包栋、包单元、包户).
    walk_m
        Sum of the walk to the nearest station over households that reach one, metres.
    walk_households, unreachable
        How many households reach a station on foot, and how many don't.
    issues
        Open issues that whoever asks may read.
    """

    buildings: Ints
    units: Ints
    households: Ints
    people: Ints
    buildings_answered: Ints
    units_answered: Ints
    households_answered: Ints
    walk_m: Floats
    walk_households: Ints
    unreachable: Ints
    issues: Ints


@dataclass(frozen=True, slots=True, eq=False)
class CellFigures:
    """What lies in every cell of a draft.

    Parameters
    ----------
    cells
        Keys, in order (n,).
    row_of
        The row of every key.
    cell_of_building
        The row of every building's cell; -1 where no cell holds it.
    cell_of_issue
        The row of every open issue's cell; -1 where none holds it.
    totals
        By row. Units that were put into a grid by hand count where they stand.
    """

    cells: tuple[str, ...]
    row_of: Mapping[str, int]
    cell_of_building: Ints
    cell_of_issue: Ints
    totals: Totals


@dataclass(frozen=True, slots=True, eq=False)
class GridFigures:
    """What the grids of a draft come to.

    Parameters
    ----------
    grids
        Keys, in order of code (n,).
    row_of
        The row of every key.
    grid_of_building
        The row of every building's grid; -1 where it has none.
    totals
        By row. Units that were put into a grid by hand count there, as they will when the plan is
        in force.
    lost
        What belongs to no grid, as one row.
    """

    grids: tuple[str, ...]
    row_of: Mapping[str, int]
    grid_of_building: Ints
    totals: Totals
    lost: Totals


def figures(state: PlanState, ground: Ground) -> CellFigures:
    """Return what lies in every cell of a draft.

    Parameters
    ----------
    state
        Whose owners decide about sites on edges.
    ground
        Of its jurisdiction.
    """
    cells = tuple(sorted(state.cells))
    ranked = sorted(range(len(cells)), key=lambda row: _precedence(state, cells[row]))
    order = np.array(ranked, dtype=np.int64)
    outlines = shapely.from_wkb([state.cells[cells[row]].wkb for row in ranked])
    buildings = _holders(outlines, order, ground.buildings.sites)
    issues = _holders(outlines, order, ground.open_issues.sites)
    given = ground.open_issues.buildings
    known = np.append(buildings, -1)
    issues = np.where(given >= 0, known[given], issues)
    return CellFigures(
        cells=cells,
        row_of={key: row for row, key in enumerate(cells)},
        cell_of_building=buildings,
        cell_of_issue=issues,
        totals=_only(_totals(ground, buildings, issues, len(cells)), slice(-1)),
    )


def grid_figures(state: PlanState, ground: Ground, cells: CellFigures) -> GridFigures:
    """Return what the grids of a draft come to.

    Parameters
    ----------
    state
        The draft.
    ground
        Of its jurisdiction.
    cells
        Of :func:`figures`; of another version of the draft with the same cells as well.
    """
    grid_of_cell = np.append(_owners(state, cells), -1)
    return totals_of(
        state.grids, ground, grid_of_cell[cells.cell_of_building], grid_of_cell[cells.cell_of_issue]
    )


def totals_of(
    grids: Mapping[str, PlannedGrid], ground: Ground, buildings: Ints, issues: Ints
) -> GridFigures:
    """Return what grids come to when it is known which of them has which building.

    Parameters
    ----------
    grids
        By key.
    ground
        Of their jurisdiction.
    buildings, issues
        The row, among the grids in order of code, of every building's and every open issue's
        grid; -1 for none.
    """
    keys = in_order(grids)
    row_of = {key: row for row, key in enumerate(keys)}
    totals = _totals(ground, buildings, issues, len(keys))
    for unit in ground.by_hand:
        if unit.grid in row_of:
            _move(totals, ground, unit, int(buildings[unit.building]), row_of[unit.grid])
    return GridFigures(
        grids=keys,
        row_of=row_of,
        grid_of_building=buildings,
        totals=_only(totals, slice(-1)),
        lost=_only(totals, slice(-1, None)),
    )


def in_order(grids: Mapping[str, PlannedGrid]) -> tuple[str, ...]:
    """Return the keys of grids in order of their codes."""
    return tuple(sorted(grids, key=lambda key: (grids[key].code, key)))


def _owners(state: PlanState, cells: CellFigures) -> Ints:
    row_of = {key: row for row, key in enumerate(in_order(state.grids))}
    owners = [row_of.get(state.owner(cell) or "", -1) for cell in cells.cells]
    return np.array(owners, dtype=np.int64)


def _precedence(state: PlanState, cell: str) -> tuple[int, str, str]:
    grid = state.grids.get(state.owner(cell) or "")
    if grid is None:
        return (2, "", cell)
    return (int(grid.kind == "general"), grid.code, cell)


def _holders(outlines: NDArray[np.object_], order: Ints, sites: Floats) -> Ints:
    """Return the row of the cell that holds every site; -1 where none does."""
    found = np.full(len(sites), -1, dtype=np.int64)
    placed = np.flatnonzero(~np.isnan(sites).any(axis=1))
    if len(outlines) == 0 or len(placed) == 0:
        return found
    owner = row_at(outlines, np.asarray(shapely.points(sites[placed]), dtype=object))
    found[placed] = np.append(order, -1)[owner]
    return found


def _totals(ground: Ground, place: Ints, issues: Ints, count: int) -> Totals:
    """Return what buildings and issues come to at each place; in one more row what has none."""
    one = ground.buildings
    reached = np.isfinite(ground.walk_m)

    def summed(values: NDArray[Any]) -> NDArray[Any]:
        total = np.zeros(count + 1, dtype=values.dtype)
        np.add.at(total, place, values)
        return total

    return Totals(
        buildings=summed(np.ones(len(one), dtype=np.int64)),
        units=summed(one.units),
        households=summed(one.households),
        people=summed(one.people),
        buildings_answered=summed(one.answered.astype(np.int64)),
        units_answered=summed(one.units_answered),
        households_answered=summed(one.households_answered),
        walk_m=summed(np.where(reached, ground.walk_m, 0.0) * one.households),
        walk_households=summed(np.where(reached, one.households, 0)),
        unreachable=summed(np.where(reached, 0, one.households)),
        issues=np.bincount(np.where(issues < 0, count, issues), minlength=count + 1),
    )


def _move(totals: Totals, ground: Ground, unit: UnitByHand, source: int, target: int) -> None:
    """Count a unit that was put into a grid by hand there, and not where it stands."""
    walk_m = float(ground.walk_m[unit.building])
    reached = bool(np.isfinite(walk_m))
    moved: dict[str, float] = {
        "units": 1,
        "households": unit.households,
        "people": unit.people,
        "units_answered": int(unit.answered),
        "households_answered": unit.households_answered,
        "walk_m": walk_m * unit.households if reached else 0.0,
        "walk_households": unit.households if reached else 0,
        "unreachable": 0 if reached else unit.households,
    }
    for name, value in moved.items():
        column = getattr(totals, name)
        column[source] -= value
        column[target] += value


def _only(totals: Totals, rows: slice) -> Totals:
    return Totals._make(column[rows] for column in totals)


__all__ = [
    "CellFigures",
    "GridFigures",
    "Totals",
    "figures",
    "grid_figures",
    "in_order",
    "totals_of",
]
