"""Roads (道路) of a jurisdiction as they are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from sqlalchemy import Float, func, select

from geo.store.models import Community, Jurisdiction, Road, Station, Street

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


class StoredStation(NamedTuple):
    """A station with its place, WGS 84."""

    code: str
    name: str
    name_en: str
    lon: float
    lat: float


def read_stations(session: Session, slug: str) -> tuple[StoredStation, ...]:
    """Return the stations of a jurisdiction by code."""
    rows = session.execute(
        select(
            Station.code,
            Station.name,
            Station.name_en,
            func.ST_X(Station.geom, type_=Float()),
            func.ST_Y(Station.geom, type_=Float()),
        )
        .join(Community, Community.id == Station.community_id)
        .join(Street, Street.id == Community.street_id)
        .join(Jurisdiction, Jurisdiction.id == Street.jurisdiction_id)
        .where(Jurisdiction.slug == slug)
        .order_by(Station.code.collate("C"))
    )
    return tuple(StoredStation(*row) for row in rows)


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
