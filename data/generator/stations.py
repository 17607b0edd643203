"""Red stations (红色驿站) and workstations (工作站): where they are and when they open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from data.generator import names
from data.generator.redraw import households_by_block

if TYPE_CHECKING:
    from data.generator.city import City

HOST_KINDS = ("shop_house", "commercial", "service", "station", "market", "house", "slab")
HOSTS = {
    "shop_house": "沿街商铺一层",
    "commercial": "商业楼服务台",
    "service": "物业服务中心",
    "station": "客运站候车厅",
    "market": "农贸市场管理房",
    "house": "社区用房",
    "slab": "楼栋架空层",
}
ZONES = ("rest", "reading", "service_desk", "mediation", "party_education", "children", "health")
FACILITIES = (
    "drinking_water",
    "toilet",
    "charging",
    "wifi",
    "air_conditioning",
    "microwave",
    "first_aid",
    "umbrella",
    "bike_pump",
    "battery_swap",
    "parcel_shelf",
    "baby_care",
    "accessible",
)
WORKDAYS = ("1", "2", "3", "4", "5", "workday")
ALL_DAYS = ("1", "2", "3", "4", "5", "6", "7", "holiday", "workday")
CLOSED = ("", "")
Rule = tuple[str, str, str]
NOT_KNOWN = 17
"""The workstation of whose hours nobody has told, by number."""

OPENING_HOURS = {
    15: "Mo-Fr 08:30-12:00,14:30-17:30; Sa 09:00-12:00; Su,PH off",
    22: "Mo-Fr 08:00-12:00,13:30-18:00; Sa-Su 09:00-16:00; PH 09:00-12:00",
}
"""Stations whose hours are written as in OpenStreetMap, by number."""

CLOSURES = {
    12: (
        "2026-02-14T00:00:00+08:00",
        "2026-02-24T00:00:00+08:00",
        "春节期间设备检修",
        "Maintenance during Spring Festival",
    ),
    13: (
        "2026-09-01T00:00:00+08:00",
        "",
        "房屋修缮，恢复时间另行通知",
        "The house is being repaired",
    ),
    23: ("2026-11-02T08:00:00+08:00", "2027-02-28T18:00:00+08:00", "室内改造", "Rebuilding inside"),
}
"""Closures by the number of their station: from, to, and why."""


@dataclass(frozen=True)
class Host:
    """The building that takes a station in."""

    community: int
    building: int
    at: shapely.Point


@dataclass
class Station:
    """A station in a host building."""

    community: int
    kind: str
    building: int
    name: tuple[str, str]
    code: str
    phone: str
    zones: list[str]
    facilities: list[str]
    rules: list[Rule]
    at: shapely.Point
    number: int


def place_stations(city: City) -> list[Station]:
    """Spread workstations over all communities and red stations over the larger ones."""
    rng = city.chance(20)
    order = _by_size(city)
    wanted = [("red_station", row) for row in _cycled(order, city.plan.red_stations)]
    wanted += [("workstation", row) for row in _cycled(order, city.plan.workstations)]
    taken: list[shapely.Point] = []
    found = []
    counts: dict[tuple[str, int], int] = {}
    for number, (kind, community) in enumerate(wanted):
        building = _host(city, community, taken, rng)
        point = shapely.point_on_surface(city.buildings[building].shape)
        taken.append(point)
        nth = counts[kind, community] = counts.get((kind, community), 0) + 1
        host = Host(community, building, point)
        found.append(_station(city, kind, host, (number + 1, nth), rng))
    return found


def _by_size(city: City) -> list[int]:
    loads = np.zeros(len(city.communities))
    for block, count in zip(city.blocks, households_by_block(city), strict=True):
        loads[block.community] += count
    return [int(row) for row in np.argsort(-loads, kind="stable")]


def _cycled(order: list[int], count: int) -> list[int]:
    return [order[i % len(order)] for i in range(count)]


def _host(city: City, community: int, taken: list[shapely.Point], rng: np.random.Generator) -> int:
    """Return a building where people pass, far from the stations there are and near homes."""
    rows = [
        row
        for row, building in enumerate(city.buildings)
        if city.blocks[building.block].community == community and building.kind in HOST_KINDS
    ]
    points = [city.buildings[row].shape.centroid for row in rows]
    middle = shapely.union_all([city.buildings[r].shape for r in rows]).centroid
    scores = []
    for row, point in zip(rows, points, strict=True):
        apart = min([point.distance(other) for other in taken], default=400.0)
        score = min(apart, 400) - 0.5 * point.distance(middle) + rng.uniform(0, 40)
        scores.append(score - 60 * HOST_KINDS.index(city.buildings[row].kind))
    return rows[int(np.argmax(scores))]


def _station(
    city: City, kind: str, host: Host, numbers: tuple[int, int], rng: np.random.Generator
) -> Station:
    """Return the station: the how manieth of all, and the how manieth of its community."""
    number, nth = numbers
    community, building, point = host.community, host.building, host.at
    red = kind == "red_station"
    base, base_en = (
        text.replace("社区", "").replace(" Community", "")
        for text in city.communities[community].name
    )
    label, label_en = ("红色驿站", "Red Station") if red else ("社区工作站", "Workstation")
    tail, tail_en = ("", "") if nth == 1 else (f"（{nth}）", f" {nth}")
    zones = [ZONES[0], *_some(ZONES[1:], 4 if red else 2, rng)]
    facilities = [*FACILITIES[:3], *_some(FACILITIES[3:], 6 if red else 3, rng)]
    return Station(
        community,
        kind,
        building,
        (f"{base}{label}{tail}", f"{base_en} {label_en}{tail_en}"),
        f"{'H' if red else 'G'}{number:02d}",
        names.phone(80_000 + number),
        zones,
        facilities,
        _red_rules(number) if red else _work_rules(number),
        point,
        number,
    )


def _some(choices: tuple[str, ...], count: int, rng: np.random.Generator) -> list[str]:
    rows = sorted(rng.permutation(len(choices))[:count])
    return [choices[row] for row in rows]


def _red_rules(number: int) -> list[Rule]:
    """Open all 365 days; a few all round the clock, others later at weekends and on holidays."""
    if number % 5 == 1:
        return [(day, "00:00", "24:00") for day in ALL_DAYS]
    evening = ("21:00", "22:00", "20:30")[number % 3]
    rules = [(day, "07:30", evening) for day in WORKDAYS]
    rules += [(day, "09:00", "20:00") for day in ("6", "7")]
    return [*rules, ("holiday", "09:00", "18:00")]


def _work_rules(number: int) -> list[Rule]:
    """Open in office hours, most with a lunch break; some at weekends and on holidays as well."""
    if number == NOT_KNOWN or number in OPENING_HOURS:
        return []
    if number % 4 == 0:
        rules = [(day, "08:30", "17:30") for day in WORKDAYS]
    else:
        rules = [
            (day, *hours) for day in WORKDAYS for hours in (("08:30", "12:00"), ("14:30", "17:30"))
        ]
    rules += [("6", "09:00", "12:00")]
    rules += [("7", "09:00", "12:00") if number % 2 == 0 else ("7", *CLOSED)]
    if number % 3 == 0:
        rules += [("holiday", "09:00", "12:00"), ("holiday", "14:30", "17:00")]
    else:
        rules += [("holiday", *CLOSED)]
    return rules
