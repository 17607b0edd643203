"""Reading where and when issues were, and where homes are: what hot spots are counted from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import numpy as np
import shapely
from sqlalchemy import func, select, text

from geo.core.hotspot_map import Homes, Issues
from geo.messages import Name
from geo.store.models import Duty, Jurisdiction

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry
    from sqlalchemy.orm import Session

KEY_BYTES = 16


class CountingLeave(NamedTuple):
    """What whoever asks may count by place: issues, and those of private duties as well."""

    counts: bool
    private: bool


class DutyNamed(NamedTuple):
    """A duty (职责) by its key and code."""

    id: int
    code: str
    name: Name
    private: bool


def leave_to_count(session: Session, jurisdiction_id: int) -> CountingLeave:
    """Return what whoever asks may count by place in a jurisdiction."""
    asked = text("SELECT asker_counts_places(:id), asker_counts_places(:id, private => true)")
    return CountingLeave(*session.execute(asked, {"id": jurisdiction_id}).one())


def places_version(session: Session, jurisdiction_id: int) -> str:
    """Return a text that is another one whenever what is counted has changed."""
    asked = text("SELECT places_version(:id)")
    version: str = session.scalars(asked, {"id": jurisdiction_id}).one()
    return version


def read_issues(session: Session, jurisdiction_id: int) -> Issues:
    """Return where and when the issues of a jurisdiction were, in the order in which they came.

    What is another issue or was cancelled is not among them; nor is what is of a private duty,
    unless whoever asks may read it. Whoever may count nothing is told of none.
    """
    found = text("SELECT * FROM counted_places(:id)")
    row: Any = session.execute(found, {"id": jurisdiction_id}).one_or_none()
    lon, lat, received, month, duty, closed, by_hand, withheld = row or (*[b""] * 7, 0)
    return Issues(
        lon=_unpacked(lon, ">f8"),
        lat=_unpacked(lat, ">f8"),
        received_s=_unpacked(received, ">f8"),
        month=_unpacked(month, ">i4"),
        duty=_unpacked(duty, ">i8"),
        closed=_unpacked(closed, ">i4").astype(bool),
        by_hand=_keys(by_hand),
        withheld=withheld,
    )


def read_homes(session: Session, jurisdiction_id: int) -> Homes:
    """Return where how many households of a jurisdiction live, by building."""
    found = text("SELECT * FROM counted_homes(:id)")
    row: Any = session.execute(found, {"id": jurisdiction_id}).one_or_none()
    lon, lat, households, by_hand = row or [b""] * 4
    return Homes(
        _unpacked(lon, ">f8"),
        _unpacked(lat, ">f8"),
        _unpacked(households, ">i4"),
        _keys(by_hand),
    )


def _unpacked(packed: bytes | memoryview | None, kind: str) -> NDArray[Any]:
    values = np.frombuffer(packed or b"", dtype=kind)
    return values.astype(np.float64 if kind == ">f8" else np.int64)


def _keys(packed: bytes | memoryview | None) -> NDArray[np.object_]:
    """Return keys of grids (n,); empty texts for zeros, which are nearly all."""
    whole = bytes(packed or b"")
    found = np.full(len(whole) // KEY_BYTES, "", dtype=object)
    words = np.frombuffer(whole, dtype=">u8").reshape(-1, 2)
    for row in np.flatnonzero(words.any(axis=1)).tolist():
        found[row] = str(UUID(bytes=whole[row * KEY_BYTES : (row + 1) * KEY_BYTES]))
    return found


def duties_named(session: Session, jurisdiction_id: int) -> tuple[DutyNamed, ...]:
    """Return all duties of a jurisdiction, by code; retired ones too, for they have issues."""
    columns = (Duty.id, Duty.code, Duty.name, Duty.name_en, Duty.private)
    rows = session.execute(
        select(*columns)
        .where(Duty.jurisdiction_id == jurisdiction_id)
        .order_by(Duty.code.collate("C"))
    )
    return tuple(
        DutyNamed(row.id, row.code, Name(row.name, row.name_en), row.private) for row in rows
    )


def area_and_zone(session: Session, jurisdiction_id: int) -> tuple[BaseGeometry, int]:
    """Return the area of a jurisdiction in WGS 84, and the EPSG code of its metric zone."""
    columns = (func.ST_AsBinary(Jurisdiction.area), Jurisdiction.metric_srid)
    wkb, srid = session.execute(select(*columns).where(Jurisdiction.id == jurisdiction_id)).one()
    return shapely.from_wkb(bytes(wkb)), srid


__all__ = [
    "CountingLeave",
    "DutyNamed",
    "area_and_zone",
    "duties_named",
    "leave_to_count",
    "places_version",
    "read_homes",
    "read_issues",
]
