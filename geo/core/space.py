"""Space use (空间使用) of a station: 办公面积最小化、服务面积最大化, as a figure.

Offices are for those who work there; deliberation, public service and warm-hearted service are for
residents. Corridors, stores and the like serve both: they are told, and weigh on neither side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from geo.core.facilities import ROOM_ZONES

if TYPE_CHECKING:
    from collections.abc import Iterable

SERVICE_ZONES = ("deliberation", "public_service", "warm_service")
"""Rooms for residents: 议事, 公共服务, 暖心服务."""

OFFICE_ZONE = "office"
HUNDRED = 100.0


class ZoneSpace(NamedTuple):
    """The rooms of a zone together.

    Parameters
    ----------
    zone
        One of :data:`geo.core.facilities.ROOM_ZONES`.
    rooms
        How many.
    area_m2
        How large they are together.
    share_pct
        Of the floor area of all rooms, percent.
    """

    zone: str
    rooms: int
    area_m2: float
    share_pct: float


class SpaceUse(NamedTuple):
    """What a station's rooms are used for.

    Parameters
    ----------
    area_m2
        Of all rooms.
    service_m2, office_m2
        Of those for residents, and of offices.
    service_share_pct
        Of rooms for residents and offices together, the share of the former, percent; ``None``
        where there is neither.
    by_zone
        Zones that have rooms, in the order of :data:`geo.core.facilities.ROOM_ZONES`.
    """

    area_m2: float
    service_m2: float
    office_m2: float
    service_share_pct: float | None
    by_zone: tuple[ZoneSpace, ...]


def space_use(rooms: Iterable[tuple[str, float]]) -> SpaceUse:
    """Return what rooms are used for.

    Parameters
    ----------
    rooms
        Zone and floor area in square metres of each.

    Raises
    ------
    ValueError
        When a zone is none of :data:`geo.core.facilities.ROOM_ZONES`.

    Examples
    --------
    >>> used = space_use([("office", 20.0), ("warm_service", 60.0), ("ancillary", 20.0)])
    >>> used.service_share_pct, [(one.zone, one.share_pct) for one in used.by_zone]
    (75.0, [('warm_service', 60.0), ('office', 20.0), ('ancillary', 20.0)])
    >>> space_use([]).service_share_pct is None
    True
    """
    areas: dict[str, list[float]] = {zone: [] for zone in ROOM_ZONES}
    for zone, area_m2 in rooms:
        if zone not in areas:
            text = f"no zone of rooms: {zone}"
            raise ValueError(text)
        areas[zone].append(area_m2)
    whole = sum(map(sum, areas.values()))
    service, office = sum(sum(areas[zone]) for zone in SERVICE_ZONES), sum(areas[OFFICE_ZONE])
    counted = service + office
    return SpaceUse(
        whole,
        service,
        office,
        HUNDRED * service / counted if counted else None,
        tuple(
            ZoneSpace(zone, len(found), sum(found), HUNDRED * sum(found) / whole)
            for zone, found in areas.items()
            if found and whole
        ),
    )


__all__ = ["OFFICE_ZONE", "SERVICE_ZONES", "SpaceUse", "ZoneSpace", "space_use"]
