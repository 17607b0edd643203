"""Reading what the shapes of drafts depend on: communities' outlines, keys that are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from sqlalchemy import any_, func, literal, select

from geo.core.cells import Areas
from geo.core.drafts import PlannedGrid
from geo.store.models import (
    Community,
    Generation,
    GridVersion,
    PartyBranch,
    PlanCell,
    PlanEntry,
    Street,
)

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session


def is_planner_of(session: Session, jurisdiction_id: int) -> bool:
    """Return whether the asker is a planner of a jurisdiction."""
    return bool(
        session.scalar(
            select(literal(jurisdiction_id) == any_(func.asker_jurisdictions("planner")))
        )
    )


def community_areas(session: Session, jurisdiction_id: int) -> Areas:
    """Return the communities (社区) of a jurisdiction by code, in WGS 84."""
    rows = session.execute(
        select(Community.code, func.ST_AsBinary(Community.area).label("wkb"))
        .join(Street, Street.id == Community.street_id)
        .where(Street.jurisdiction_id == jurisdiction_id)
    )
    found = sorted((row.code, bytes(row.wkb)) for row in rows)
    polygons = shapely.from_wkb([wkb for _, wkb in found])
    return Areas(tuple(code for code, _ in found), np.asarray(polygons, dtype=object))


def keys_used(session: Session, draft_id: UUID) -> frozenset[str]:
    """Return every key that a cell of a draft has or had, taken back edits included."""
    cut = select(func.jsonb_object_keys(PlanEntry.changes["shape"])).where(
        PlanEntry.draft_id == draft_id, PlanEntry.changes.has_key("shape")
    )
    first = select(PlanCell.key).where(PlanCell.draft_id == draft_id)
    return frozenset((*session.scalars(first), *session.scalars(cut)))


def past_grids(session: Session, jurisdiction_id: int) -> dict[str, PlannedGrid]:
    """Return every grid that a generation of a jurisdiction ever had, as it was last, by key."""
    rows = session.execute(
        select(
            GridVersion.grid_id,
            GridVersion.code,
            GridVersion.name,
            GridVersion.name_en,
            GridVersion.kind,
            func.coalesce(PartyBranch.name, ""),
            func.coalesce(PartyBranch.name_en, ""),
            func.coalesce(PartyBranch.phone, ""),
        )
        .join(Generation, Generation.id == GridVersion.generation_id)
        .outerjoin(PartyBranch, PartyBranch.grid_id == GridVersion.grid_id)
        .where(Generation.jurisdiction_id == jurisdiction_id)
        .order_by(Generation.number)
    )
    return {str(key): PlannedGrid(*told) for key, *told in rows}
