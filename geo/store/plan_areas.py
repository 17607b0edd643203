"""Reading the communities' outlines that the cells of drafts are to cover."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from sqlalchemy import func, select

from geo.core.cells import Areas
from geo.store.models import Community, Street

if TYPE_CHECKING:
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
