"""The town's station as one that can be booked: open every day, with two services."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

from geo.core.opening import KINDS
from geo.store.models import OpeningRule, Station, StationService

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

STATION, SERVICE, ERRAND = "S1", "certificate", "medicine"


def make_bookable(session: Session, capacity: int = 3) -> None:
    """Open the town's station from 9 to 12 and 14 to 17 every day, and let it be booked."""
    station = session.query(Station).filter_by(code=STATION).one()
    station.phone = "0790-1"
    for day in KINDS:
        for opens, closes in ((9, 12), (14, 17)):
            session.add(
                OpeningRule(station_id=station.id, day=day, opens=time(opens), closes=time(closes))
            )
    session.add(
        StationService(
            station_id=station.id,
            code=SERVICE,
            name="开具证明",
            name_en="Certificates",
            way="appointment",
            one_window=True,
            needs="身份证",
            needs_en="Identity card",
            slot_minutes=30,
            capacity=capacity,
            days_ahead=7,
        )
    )
    session.add(
        StationService(
            station_id=station.id,
            code=ERRAND,
            name="代取药品",
            name_en="Fetch medicine",
            way="errand",
            anywhere=True,
            days_ahead=7,
        )
    )
    session.flush()
