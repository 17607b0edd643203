"""The cells (基本单元) that a draft of a generation begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from geo.core.drafts import PlannedGrid
from geo.errors import NotFoundError
from geo.messages import msg
from geo.store.generations import read_generation
from geo.store.plans import read_blocks

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from geo.core.drafts import Cell
    from geo.store.generations import StoredGrid


def cells_of_generation(
    session: Session, jurisdiction_id: int, generation_id: int
) -> tuple[dict[str, Cell], dict[str, str | None], dict[str, PlannedGrid]]:
    """Return the blocks of a jurisdiction, the grid each lies in, and the grids.

    Raises
    ------
    NotFoundError
        When there is no such generation.
    """
    stored = read_generation(session, generation_id)
    if stored is None:
        raise NotFoundError(kind=msg("generation"), name=str(generation_id))
    cells = read_blocks(session, jurisdiction_id)
    keys = list(cells)
    inside = shapely.point_on_surface(shapely.from_wkb([cells[key].wkb for key in keys]))
    tree = shapely.STRtree(stored.polygons)
    rows, owners = tree.query(inside, predicate="intersects")
    found: dict[str, str | None] = dict.fromkeys(keys)
    for row, owner in sorted(zip(rows.tolist(), owners.tolist(), strict=True), reverse=True):
        found[keys[row]] = str(stored.grids[owner].id)
    return cells, found, {str(grid.id): _planned(grid) for grid in stored.grids}


def _planned(grid: StoredGrid) -> PlannedGrid:
    branch = grid.branch
    return PlannedGrid(
        grid.code,
        grid.name,
        grid.name_en,
        grid.kind,
        branch.name if branch else "",
        branch.name_en if branch else "",
        (branch.phone or "") if branch else "",
    )
