"""Reading what the shapes of drafts depend on: communities' outlines, keys that are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from sqlalchemy import func, select

from geo.core.cells import Areas
from geo.store.models import Community, PlanCell, PlanEntry, Street

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session


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
