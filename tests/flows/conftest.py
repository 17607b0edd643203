"""A small city, written to a folder by the test that loads it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely

from geo.core.crs import from_wgs84

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WEST, SOUTH, STEP = 114.27, 26.74, 0.002
STREET = "999001001"
COMMUNITIES = (f"{STREET}001", f"{STREET}002")


def square(column: float, row: float, width: float = 1.0, height: float = 1.0) -> shapely.Polygon:
    """Return a cell of the small city's chessboard, in WGS 84 degrees."""
    return shapely.box(*spot(column, row), *spot(column + width, row + height))


def spot(column: float, row: float) -> tuple[float, float]:
    """Return a position in the small city, in WGS 84 degrees."""
    return WEST + column * STEP, SOUTH + row * STEP


@dataclass
class City:
    """A folder's contents, free to be spoilt before it is written."""

    crs: str = "wgs84"
    encoding: str = "utf-8"
    head: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    features: dict[str, list[tuple[Any, dict[str, Any]]]] = field(default_factory=dict)
    generations: list[dict[str, str]] = field(default_factory=list)
    extra: str = ""

    def write(self, folder: Path) -> Path:
        """Write the folder and return it."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in self.tables.items():
            (folder / f"{name}.csv").write_bytes(_csv(rows).encode(self.encoding))
        for name, listed in self.features.items():
            (folder / f"{name}.geojson").write_text(self._geojson(listed), "utf-8")
        (folder / "manifest.toml").write_text(self._manifest(), "utf-8")
        return folder

    def _geojson(self, listed: list[tuple[Any, dict[str, Any]]]) -> str:
        return json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {"type": "Feature", "geometry": self.shape(one), "properties": properties}
                    for one, properties in listed
                ],
            }
        )

    def shape(self, one: Any) -> Any:
        """Return a geometry as GeoJSON in the folder's CRS; what is none, as it is."""
        if not isinstance(one, shapely.Geometry):
            return one
        moved = shapely.transform(
            one, lambda at: np.column_stack(from_wgs84(at[:, 0], at[:, 1], self.crs))
        )
        return json.loads(shapely.to_geojson(moved))

    def _manifest(self) -> str:
        head = {
            "slug": "small",
            "division_code": "999001",
            "name": "小城",
            "name_en": "Small City",
            "timezone": "Asia/Shanghai",
            "synthetic": True,
            "notice": "虚构",
            "notice_en": "Invented",
            "source": "this test",
            "licence": "CC0",
            "review_number": "",
            "crs": self.crs,
            **self.head,
        }
        lines = ["format = 1", "[jurisdiction]"]
        lines += [f"{key} = {json.dumps(one, ensure_ascii=False)}" for key, one in head.items()]
        for one in self.generations:
            lines += ["[[generations]]", *(f"{key} = {told}" for key, told in one.items())]
        lines += ["[work_hours]", 'mon = ["08:30-12:00", "14:30-17:30"]', "[layers]"]
        lines += [f'{name} = "{name}.csv"' for name in self.tables]
        grids = {json.loads(one["file"]) for one in self.generations}
        lines += [
            f'{name} = "{name}.geojson"' for name in self.features if f"{name}.geojson" not in grids
        ]
        return "\n".join([*lines, self.extra, ""])


def _csv(rows: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, list(dict.fromkeys(key for row in rows for key in row)), "")
        writer.writeheader()
        writer.writerows(rows)
    return out.getvalue()


def grid(number: int, area: shapely.Polygon, community: str = COMMUNITIES[0], **other: Any) -> Any:
    """Return the feature of a grid."""
    told = {
        "code": f"{community}{number:03d}",
        "name": f"网格{number}",
        "name_en": f"Grid {number}",
    }
    return area, {**told, "branch_name": f"第{number}支部", **other}


def generation(number: int, file: str, starts: str, ends: str | None = None) -> dict[str, str]:
    """Return a generation's entry in the manifest."""
    entry = {"number": str(number), "label": f'"small-{number}"', "file": f'"{file}.geojson"'}
    entry |= {"valid_from": starts, "published_by": '"小城"'}
    return entry | ({"valid_to": ends} if ends else {})


def make_city(slug: str = "small") -> City:
    """Return two communities of two grids each, drawn anew in 2026."""
    first, second = COMMUNITIES
    city = City(head={"slug": slug})
    city.generations = [
        generation(1, "grids-1", "2025-01-01T00:00:00+08:00", "2026-01-01T00:00:00+08:00"),
        generation(2, "grids-2", "2026-01-01T00:00:00+08:00"),
    ]
    city.features = {
        "communities": [
            (square(0, 0, 2), {"code": first, "name": "东社区", "name_en": "East"}),
            (square(2, 0, 2), {"code": second, "name": "西社区", "invented": True}),
        ],
        "grids-1": [grid(1, square(0, 0, 2)), grid(1, square(2, 0, 2), second)],
        "grids-2": [
            grid(1, square(0, 0, 1)),
            grid(2, square(1, 0, 1)),
            grid(1, square(2, 0, 1), second),
            grid(2, square(3, 0, 1), second),
        ],
        "compounds": [
            (square(0, 0), {"code": "C1", "community_code": first, "name": "苑", "kind": "estate"})
        ],
        "blocks": [
            (square(0, 0), _block("B1", first, compound_code="C1")),
            (square(1, 0), _block("B2", first)),
            (square(2, 0, 2), _block("B3", second)),
        ],
        "buildings": [
            (square(0.2, 0.2, 0.1, 0.1), _building("1号楼", compound_code="C1")),
            (square(1.2, 0.2, 0.1, 0.1), _building("2号楼", block_code="B2")),
            (square(3.2, 0.2, 0.1, 0.1), _building("3号楼")),
        ],
        "stations": [
            (
                shapely.Point(spot(0.5, 0.5)),
                {
                    "code": "S1",
                    "community_code": first,
                    "kind": "red_station",
                    "name": "驿站",
                    "zones": "休息区;阅读区",
                    "facilities": ["water", "wifi"],
                },
            )
        ],
        "roads": [
            (
                shapely.LineString([spot(0, 1), spot(4, 1)]),
                {"name": "会师路", "kind": "primary", "walkable": True},
            )
        ],
        "water": [(square(0, 2), {"name": "湖", "kind": "lake"})],
    }
    city.tables = _tables(first, second)
    return city


def _block(code: str, community: str, **other: Any) -> dict[str, Any]:
    return {"code": code, "community_code": community, "kind": "residential", **other}


def _building(code: str, **other: Any) -> dict[str, Any]:
    return {
        "code": code,
        "name": code,
        "address": "会师路1号",
        "kind": "slab",
        "storeys": 6,
        **other,
    }


def _tables(first: str, second: str) -> dict[str, list[dict[str, Any]]]:
    return {
        "streets": [{"code": STREET, "name": "红星街道", "name_en": "Hongxing"}],
        "units": [
            {"building_code": "1号楼", "number": 1, "name": "一单元"},
            {"building_code": "1号楼", "number": 2, "name": "二单元"},
            {"building_code": "2号楼", "number": 1, "name": ""},
            {"building_code": "3号楼", "number": 1, "name": ""},
        ],
        "households": [
            {"building_code": "1号楼", "unit": 1, "room": "101", "people": 3},
            {"building_code": "1号楼", "unit": 2, "room": "101", "people": 2},
            {"building_code": "2号楼", "unit": 1, "room": "101", "people": 0},
            {"building_code": "3号楼", "unit": 1, "room": "101", "people": 4},
        ],
        "residents": [
            {
                "building_code": "1号楼",
                "unit": 1,
                "room": "101",
                "name": "陈某1",
                "phone": "000-00000001",
                "remark": "",
            },
            {
                "building_code": "3号楼",
                "unit": 1,
                "room": "101",
                "name": "林某2",
                "phone": "",
                "remark": "独居",
            },
        ],
        "opening_rules": [
            {"station_code": "S1", "day": "1", "opens": "08:00", "closes": "24:00"},
            {"station_code": "S1", "day": "holiday", "opens": "00:00", "closes": "24:00"},
        ],
        "closures": [
            {
                "station_code": "S1",
                "starts_at": "2026-03-04T08:00",
                "ends_at": "2026-03-06T00:00",
                "reason": "维修",
            },
            {"station_code": "S1", "starts_at": "2031-01-01", "ends_at": "", "reason": "搬迁"},
        ],
        "rooms": [
            {
                "station_code": "S1",
                "code": "R1",
                "name": "议事厅",
                "zone": "deliberation",
                "area_m2": "42.5",
            },
            {
                "station_code": "S1",
                "code": "R2",
                "name": "办公室",
                "zone": "office",
                "area_m2": "12",
            },
        ],
        "services": [
            {
                "station_code": "S1",
                "code": "F1",
                "name": "居住证明",
                "way": "appointment",
                "one_window": "是",
                "slot_minutes": "20",
                "capacity": "",
            },
            {
                "station_code": "S1",
                "code": "F2",
                "name": "代缴费",
                "way": "errand",
                "one_window": "",
                "slot_minutes": "",
                "capacity": "3",
            },
        ],
        "departments": [{"code": "D1", "name": "城管", "name_en": "Urban Management"}],
        "duties": [
            {
                "code": "Y1",
                "name": "占道",
                "name_en": "",
                "kind": "event",
                "department_code": "D1",
                "private": "false",
                "dispatch": "2h",
                "handle": "5d",
            }
        ],
        "paired_units": [{"code": "P1", "community_code": first, "name": "学校", "name_en": ""}],
        "members": [
            _member("M1", first, "committee_member"),
            _member("M2", first, "paired_unit_member", paired_unit_code="P1"),
            _member("M3", first, "grid_worker"),
            _member("M4", second, "volunteer"),
            _member("M5", first, "party_member"),
        ],
        "responsibilities": [
            _link("M1", "area", grid_code=f"{first}001"),
            _link("M3", "building", building_code="1号楼"),
            _link("M4", "unit", building_code="3号楼", unit=1),
            _link("M5", "household", building_code="1号楼", unit=2, room="101"),
        ],
        "unit_overrides": [
            {
                "building_code": "1号楼",
                "unit": 2,
                "grid_code": f"{first}002",
                "made_by": "王五",
                "reason": "单元门朝东",
            }
        ],
        "calendar": [{"day": "2026-10-01", "kind": "holiday", "name": "国庆节"}],
        "issues": [
            _issue("2025-000001", "2025-05-01T08:00:00+08:00", "closed", spot(1.5, 0.5)),
            _issue("2026-000001", "2026-05-01T08:00:00+08:00", "collected", spot(1.5, 0.5)),
            _issue("2026-000002", "2026-05-02T08:00:00+08:00", "accepted", None, ("1号楼", 2)),
            _issue("2026-000003", "2026-05-03T08:00:00+08:00", "triage", spot(9, 9)),
        ],
    }


def _member(code: str, community: str, role: str, **other: Any) -> dict[str, Any]:
    told = {"code": code, "community_code": community, "paired_unit_code": "", "name": "某"}
    return {**told, "role": role, "phone": "", **other}


def _link(member: str, level: str, **target: Any) -> dict[str, Any]:
    names = ("grid_code", "building_code", "unit", "room")
    return {"member_code": member, "level": level, **dict.fromkeys(names, ""), **target}


def _issue(
    number: str,
    occurred: str,
    state: str,
    place: tuple[float, float] | None,
    home: tuple[str, int | str] = ("", ""),
) -> dict[str, Any]:
    (lon, lat), (building, unit) = place or ("", ""), home
    ended = occurred.replace("T08", "T18") if state == "closed" else ""
    return {
        "number": number,
        "occurred_at": occurred,
        "received_at": occurred,
        "closed_at": ended,
        "duty_code": "Y1",
        "text": "路面破损",
        "lon": lon,
        "lat": lat,
        "accuracy_m": "",
        "building_code": building,
        "unit": unit,
        "state": state,
    }


@pytest.fixture
def city() -> City:
    """A small city in which nothing is wrong."""
    return make_city()


@pytest.fixture
def another_city() -> Callable[[str], City]:
    """Make another small city, with a name of its own."""
    return make_city
