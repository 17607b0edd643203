"""What is inside a station (驿站): rooms with their floor area, and services (服务事项)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from data.generator.city import City
    from data.generator.stations import Station

ROOM_FIELDS = ("station_code", "code", "name", "name_en", "zone", "area_m2")
SERVICE_FIELDS = (
    *("station_code", "code", "name", "name_en", "way", "anywhere", "one_window"),
    *("needs", "needs_en", "slot_minutes", "capacity", "days_ahead"),
)


class Room(NamedTuple):
    """A kind of room: what it is called and for, and its floor area from and to."""

    name: str
    name_en: str
    zone: str
    least_m2: int
    most_m2: int


ROOMS = {
    "service_desk": Room("综合服务厅", "Service hall", "public_service", 28, 60),
    "health": Room("健康小屋", "Health corner", "public_service", 10, 18),
    "rest": Room("歇脚区", "Rest area", "warm_service", 18, 40),
    "reading": Room("阅读区", "Reading room", "warm_service", 14, 30),
    "children": Room("儿童活动室", "Children's room", "warm_service", 16, 32),
    "mediation": Room("调解室", "Mediation room", "deliberation", 12, 20),
    "party_education": Room("议事厅", "Deliberation hall", "deliberation", 24, 48),
}
"""The room of each zone that a station has."""

EVERYWHERE = (
    Room("办公室", "Office", "office", 8, 20),
    Room("走廊和库房", "Corridor and store", "ancillary", 6, 16),
)


class Service(NamedTuple):
    """A service, without the station; ``zone`` is what a station needs for it, if anything."""

    code: str
    name: str
    name_en: str
    way: str
    anywhere: bool
    one_window: bool
    needs: str
    needs_en: str
    slot_minutes: int | str
    capacity: int
    zone: str = ""
    red: bool = True


SERVICES = (
    Service(
        *("JZZM", "居住证明", "Proof of residence", "appointment", False, True),
        *("身份证；房产证或租房合同", "Identity card; deed or lease", 20, 1),
        zone="service_desk",
    ),
    Service(
        *("YLRZ", "养老待遇资格认证", "Pension eligibility check", "appointment", True, True),
        *("身份证", "Identity card", 15, 2),
        red=False,
    ),
    Service(
        *("LDDJ", "流动人口登记", "Registering newcomers", "appointment", True, True),
        *("身份证；住址材料", "Identity card; proof of address", 15, 1),
        red=False,
    ),
    Service(
        *("MDTJ", "矛盾纠纷调解", "Mediation", "appointment", False, False),
        *("与纠纷有关的材料", "Papers on the dispute", 60, 1),
        zone="mediation",
    ),
    Service(
        *("JKJC", "血压血糖测量", "Blood pressure and sugar", "appointment", True, False),
        *("", "", 10, 1),
        zone="health",
    ),
    Service(
        *("DBYB", "代办医保报销", "Health insurance claims", "errand", False, False),
        *("医保卡；票据原件", "Insurance card; original bills", "", 4),
        red=False,
    ),
    Service(
        *("DJFY", "代缴水电燃气费", "Paying utility bills", "errand", True, False),
        *("户号", "Account number", "", 8),
    ),
)


def rooms(city: City, stations: list[Station]) -> Iterator[tuple[str, str, str, str, str, float]]:
    """Yield the rooms of every station: one for each zone, an office, and what is behind."""
    rng = city.chance(21)
    for station in stations:
        for number, room in enumerate(_rooms_of(station), start=1):
            area_m2 = _area_m2(room, rng)
            yield (
                station.code,
                f"{number:02d}",
                room.name,
                room.name_en,
                room.zone,
                area_m2,
            )


def _rooms_of(station: Station) -> Iterator[Room]:
    zones = dict.fromkeys(station.zones)
    if station.kind == "workstation":
        zones = dict.fromkeys(("service_desk", *zones))
    yield from (ROOMS[zone] for zone in zones)
    yield from EVERYWHERE


def _area_m2(room: Room, rng: np.random.Generator) -> float:
    return round(float(rng.uniform(room.least_m2, room.most_m2)) * 2) / 2


def services(stations: list[Station]) -> Iterator[tuple[str | int, ...]]:
    """Yield the services of every station: those for which it has the room."""
    for station in stations:
        red = station.kind == "red_station"
        for one in SERVICES:
            if (red and not one.red) or (one.zone and one.zone not in station.zones):
                continue
            flags = ("true" if flag else "false" for flag in (one.anywhere, one.one_window))
            yield (
                *(station.code, one.code, one.name, one.name_en, one.way, *flags),
                *(one.needs, one.needs_en, one.slot_minutes, one.capacity, 14),
            )
