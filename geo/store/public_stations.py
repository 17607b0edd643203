"""What the public's pages say of stations (驿站) beside what a process keeps in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from geo.store.models import StationService

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def stations_with_services(session: Session) -> frozenset[int]:
    """Return the keys of the stations that have services to be booked or asked for."""
    statement = select(StationService.station_id).where(StationService.retired_at.is_(None))
    return frozenset(session.scalars(statement.distinct()))
