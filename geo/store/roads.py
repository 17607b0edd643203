"""Roads (道路) of a jurisdiction as they are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from sqlalchemy import func, select

from geo.store.models import Jurisdiction, Road

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy.orm import Session


class StoredRoads(NamedTuple):
    """The walkable roads of a jurisdiction.

    Parameters
    ----------
    srid
        The metric zone that the jurisdiction is measured in.
    lines, names
        One each, WGS 84 (n,).
    """

    srid: int
    lines: NDArray[np.object_]
    names: tuple[str, ...]


def read_walked(session: Session, slug: str) -> StoredRoads | None:
    """Return the walkable roads of a jurisdiction; ``None`` where there is no such jurisdiction."""
    srid = session.scalar(select(Jurisdiction.metric_srid).where(Jurisdiction.slug == slug))
    if srid is None:
        return None
    rows = session.execute(
        select(func.ST_AsBinary(Road.geom), Road.name)
        .join(Jurisdiction, Jurisdiction.id == Road.jurisdiction_id)
        .where(Jurisdiction.slug == slug, Road.walkable)
        .order_by(Road.id)
    ).all()
    lines = np.empty(len(rows), dtype=object)
    lines[:] = [shapely.from_wkb(bytes(wkb)) for wkb, _ in rows]
    return StoredRoads(srid, lines, tuple(name for _, name in rows))
