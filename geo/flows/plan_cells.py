"""The cells (基本单元) that a draft of a generation begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.core.cells import Areas, Blocks, cells_of
from geo.core.drafts import PlannedGrid
from geo.errors import NotFoundError
from geo.messages import msg
from geo.store.generations import read_generation
from geo.store.plan_areas import community_areas
from geo.store.plans import read_blocks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from geo.core.drafts import Cell
    from geo.store.generations import StoredGrid


def cells_of_generation(
    session: Session, jurisdiction_id: int, generation_id: int
) -> tuple[Mapping[str, Cell], Mapping[str, str | None], dict[str, PlannedGrid]]:
    """Return the cells that a generation divides a jurisdiction into, their grids, and the grids.

    Blocks that no boundary crosses are cells as they are; the others are cut. See
    :func:`geo.core.cells.cells_of`.

    Parameters
    ----------
    session
        A transaction.
    jurisdiction_id, generation_id
        Keys.

    Returns
    -------
    tuple
        Cells by key, the grid of every cell by key, grids by key.

    Raises
    ------
    NotFoundError
        When there is no such generation.
    """
    stored = read_generation(session, generation_id)
    if stored is None:
        raise NotFoundError(kind=msg("generation"), name=str(generation_id))
    keys = tuple(str(grid.id) for grid in stored.grids)
    made = cells_of(
        Blocks.of(read_blocks(session, jurisdiction_id)),
        community_areas(session, jurisdiction_id),
        Areas(keys, stored.polygons),
    )
    return made.cells, made.owners, dict(zip(keys, map(planned, stored.grids), strict=True))


def planned(grid: StoredGrid) -> PlannedGrid:
    """Return a grid of a generation as a plan has it."""
    branch = grid.branch
    told = (branch.name, branch.name_en, branch.phone or "") if branch else ("", "", "")
    return PlannedGrid(grid.code, grid.name, grid.name_en, grid.kind, *told)
