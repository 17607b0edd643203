"""The communities of a draft as territories of proposals, and proposals as changes of the draft."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import numpy as np
import shapely

from geo.core.crs import transform_geometry
from geo.core.drafts import PlannedGrid, changed
from geo.core.plan_codes import CODE_DIGITS, COMMUNITY_DIGITS, next_code
from geo.core.territories import CellRows, GridRows, territory_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from geo.core.cell_figures import CellFigures
    from geo.core.drafts import Changes, PlanState
    from geo.core.ground import Ground
    from geo.core.proposing import Territory
    from geo.core.territories import Following

    Assigned = tuple[Territory, NDArray[np.int64]]

WGS84 = "EPSG:4326"


def territories_of(
    state: PlanState,
    ground: Ground,
    cells: CellFigures,
    communities: Collection[str] | None = None,
    following: Following | None = None,
) -> list[Territory]:
    """Return the communities of a draft as territories, in order of code.

    Parameters
    ----------
    state
        The draft.
    ground
        Of its jurisdiction.
    cells
        What lies in the draft's cells.
    communities
        Codes of those that are wanted; by default all.
    following
        Tells how much of a metric line follows roads, rivers or railways.
    """
    general = {key for key, grid in state.grids.items() if grid.kind == "general"}
    rows: dict[str, list[str]] = {}
    for key in cells.cells:
        owner = state.owner(key)
        if owner is None or owner in general:
            rows.setdefault(state.cells[key].community, []).append(key)
    wanted = [code for code in sorted(rows) if communities is None or code in communities]
    households = weights(state, ground, cells)
    return [
        _territory((state, ground), code, rows[code], (cells, households), following)
        for code in wanted
    ]


def weights(state: PlanState, ground: Ground, cells: CellFigures) -> NDArray[np.int64]:
    """Return the households of every cell, (n,), as a search weighs them.

    Units that were put into a grid by hand stay there wherever boundaries run. They count with the
    cell of that grid that lies nearest to its middle: it is the last that a search gives away.
    """
    found = cells.totals.households.copy()
    members = state.members()
    for unit in ground.by_hand:
        held = members.get(unit.grid, ())
        home = int(cells.cell_of_building[unit.building])
        if not held or home < 0:
            continue
        found[home] -= unit.households
        found[cells.row_of[_middle(state, held)]] += unit.households
    return found


def _middle(state: PlanState, held: Sequence[str]) -> str:
    centres = shapely.centroid(shapely.from_wkb([state.cells[key].wkb for key in held]))
    xy = shapely.get_coordinates(centres)
    away = np.hypot(*(xy - xy.mean(axis=0)).T)
    return held[int(away.argmin())]


def _territory(
    drawn: tuple[PlanState, Ground],
    code: str,
    keys: list[str],
    weighed: tuple[CellFigures, NDArray[np.int64]],
    following: Following | None,
) -> Territory:
    (state, ground), (cells, households) = drawn, weighed
    outlines = shapely.from_wkb([state.cells[key].wkb for key in keys])
    grids = sorted(
        (grid.code, key)
        for key, grid in state.grids.items()
        if grid.kind == "general" and grid.community == code
    )
    rows = CellRows(
        keys=tuple(keys),
        outlines=transform_geometry(outlines, WGS84, f"EPSG:{ground.srid}"),
        households=households[[cells.row_of[key] for key in keys]],
        compounds=tuple(state.cells[key].compound for key in keys),
        grids=tuple(state.owner(key) or "" for key in keys),
        locked=np.array(
            [bool(state.value("lock", key)) and state.owner(key) is not None for key in keys]
        ),
    )
    stations = [row for row, one in enumerate(ground.stations.communities) if one == code]
    return territory_of(
        code,
        rows,
        GridRows(
            tuple(key for _, key in grids), np.array([state.grid_locked(key) for _, key in grids])
        ),
        ground.stations.xy[stations],
        following,
    )


def grid_key(job: UUID, territory: Territory, row: int) -> str:
    """Return the key of a grid row; one that is new gets the same key whenever it is asked for.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> old = SimpleNamespace(code="9", grids=("g",))
    >>> grid_key(UUID(int=1), old, 0), grid_key(UUID(int=1), old, 1)
    ('g', '7214d75c-40df-5073-9bb4-c6d0752e9a03')
    """
    if row < len(territory.grids):
        return territory.grids[row]
    return str(uuid5(job, f"{territory.code}/{row}"))


def moved_cells(job: UUID, plans: Iterable[Assigned]) -> dict[str, list[str]]:
    """Return the cells whose grid is another than today's, by the key of their grid then."""
    found: dict[str, list[str]] = {}
    for territory, assignment in plans:
        for row in np.flatnonzero(assignment != territory.start).tolist():
            key = grid_key(job, territory, int(assignment[row]))
            found.setdefault(key, []).append(territory.cells[row])
    return found


def changes_of(
    state: PlanState,
    job: UUID,
    plans: Sequence[Assigned],
    ground: Ground,
    used: Collection[str],
) -> Changes:
    """Return what proposals change in a draft: grids made and retired, owners of cells.

    Parameters
    ----------
    state
        The draft that was searched.
    job
        The key that new grids' keys are made from.
    plans
        Territories, with the grid row of every cell.
    ground
        Of the jurisdiction: has the communities' names, which new grids are called by.
    used
        Codes that generations have given; new grids get others.
    """
    made = _new_grids(state, job, plans, ground, used)
    retired = {
        key: (state.grids[key], None) for plan in plans for key in _emptied(plan) if key not in made
    }
    owners = {
        cell: (state.owner(cell), key)
        for key, cells in moved_cells(job, plans).items()
        for cell in cells
    }
    found: Changes = {"grid": {**made, **retired}, "owner": owners}
    return {subject: keys for subject, keys in found.items() if keys}


def _new_grids(
    state: PlanState,
    job: UUID,
    plans: Sequence[Assigned],
    ground: Ground,
    used: Collection[str],
) -> dict[str, tuple[None, PlannedGrid]]:
    made: dict[str, tuple[None, PlannedGrid]] = {}
    after = state
    for territory, assignment in plans:
        for row in np.unique(assignment[assignment >= len(territory.grids)]).tolist():
            code = next_code(territory.code, after, used)
            if code is None:
                continue
            key = grid_key(job, territory, row)
            made[key] = (None, numbered_grid(code, ground))
            after = replace(changed(after, {"grid": {key: made[key]}}), version=state.version)
    return made


def numbered_grid(code: str, ground: Ground) -> PlannedGrid:
    """Return a general grid of a jurisdiction, called by its community and its number."""
    home = next((one for one in ground.communities if one.code == code[:COMMUNITY_DIGITS]), None)
    return named_grid(code, home.name if home else "", home.name_en if home else "")


def named_grid(code: str, community: str, community_en: str) -> PlannedGrid:
    """Return a general grid that is called by its community and its number.

    Examples
    --------
    >>> named_grid("360881002001007", "会师路社区", "Huishi Road").name
    '会师路社区第7网格'
    """
    number = int(code[COMMUNITY_DIGITS:CODE_DIGITS])
    english = f"{community_en} Grid {number}" if community_en else ""
    return PlannedGrid(code, f"{community}第{number}网格", english)


def _emptied(plan: Assigned) -> Iterator[str]:
    """Yield today's grids that have cells now, and none any more."""
    territory, assignment = plan
    held = np.unique(territory.start[territory.start >= 0])
    yield from (territory.grids[row] for row in np.setdiff1d(held, assignment).tolist())
