"""The cells that a draft of a stored generation begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely
from sqlalchemy import select

from geo.core.cells import territories
from geo.core.drafts import PlanState
from geo.flows.plan_cells import cells_of_generation
from geo.store.generations import read_generation
from geo.store.models import Generation, Jurisdiction
from geo.store.plans import read_blocks

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def test_blocks_that_grids_follow_are_cells_bit_by_bit(demo_session: Session) -> None:
    rows = demo_session.execute(
        select(Generation.jurisdiction_id, Generation.id).join(Jurisdiction)
    ).all()
    assert len(rows) >= 3
    for jurisdiction_id, generation_id in rows:
        cells, owners, grids = cells_of_generation(demo_session, jurisdiction_id, generation_id)
        assert dict(cells) == read_blocks(demo_session, jurisdiction_id)
        assert None not in owners.values()
        drawn = read_generation(demo_session, generation_id)
        assert drawn is not None
        made = territories(PlanState.of(cells, owners, grids))
        assert set(made) == set(grids)
        for grid, polygon in zip(drawn.grids, drawn.polygons, strict=True):
            assert shapely.equals(made[str(grid.id)], polygon)
