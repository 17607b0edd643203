"""Writes a city down as a data folder: GeoJSON, CSV and the manifest, the same bytes every time."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import TYPE_CHECKING, Any

import shapely

from data.generator import city as city_steps
from data.generator import issues as issue_steps
from data.generator import station_insides
from data.generator.households import unit_name
from data.generator.people import links_of
from data.generator.residents import contacts
from data.generator.stage_times import STAGE_COLUMNS
from data.generator.stations import CLOSURES, HOSTS, OPENING_HOURS
from data.generator.workdays import calendar_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from data.generator.city import City
    from data.generator.grids import Grid
    from data.generator.issues import Issue
    from data.generator.people import Team
    from data.generator.stations import Station

Feature = tuple[dict[str, Any], "BaseGeometry"]
FINAL_KIND = {"towers": "residential"}
LAYERS = {
    "streets": "streets.csv",
    "communities": "communities.geojson",
    "compounds": "compounds.geojson",
    "blocks": "blocks.geojson",
    "buildings": "buildings.geojson",
    "units": "units.csv",
    "households": "households.csv",
    "residents": "residents.csv",
    "stations": "stations.geojson",
    "opening_rules": "opening-rules.csv",
    "closures": "closures.csv",
    "rooms": "rooms.csv",
    "services": "services.csv",
    "roads": "roads.geojson",
    "water": "water.geojson",
    "departments": "departments.csv",
    "duties": "duties.csv",
    "paired_units": "paired-units.csv",
    "members": "members.csv",
    "responsibilities": "responsibilities.csv",
    "unit_overrides": "unit-overrides.csv",
    "calendar": "calendar.csv",
    "issues": "issues.csv",
}
TRUTH = {"issue_clusters": "issue-clusters.geojson"}
WORK_HOURS = '["08:30-12:00", "14:30-17:30"]'


def write(
    city: City, team: Team, stations: list[Station], issues: list[Issue], folder: Path
) -> None:
    """Write all layers of the city and the manifest into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    texts: dict[str, str] = {}
    texts |= _ground_layers(city)
    texts |= _grid_layers(city)
    texts |= _people_layers(city, team)
    texts |= _station_layers(city, stations)
    texts |= _issue_layers(city, issues)
    texts["manifest.toml"] = manifest(city, texts)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def geojson(features: Iterable[Feature]) -> str:
    """Return a FeatureCollection (RFC 7946) with one feature a line."""
    lines = [
        f'{{"type":"Feature","properties":{_compact(properties)},"geometry":{_geometry(shape)}}}'
        for properties, shape in features
    ]
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"


def _geometry(shape: BaseGeometry) -> str:
    if shape.geom_type == "Polygon":
        shape = shapely.orient_polygons(shape)
    return _compact(shapely.geometry.mapping(shape))


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a CSV table (RFC 4180, with line feeds)."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return file.getvalue()


def _ground_layers(city: City) -> dict[str, str]:
    shapes = [city_steps.to_wgs84(city, block.shape) for block in city.blocks]
    return {
        "streets.csv": table(
            ("code", "name", "name_en"), [(code, *name) for code, name in city.plan.streets]
        ),
        "communities.geojson": geojson(_communities(city, shapes)),
        "blocks.geojson": geojson(_blocks(city, shapes)),
        "compounds.geojson": geojson(_compounds(city, shapes)),
        "buildings.geojson": geojson(_buildings(city)),
        "units.csv": table(("building_code", "number", "name"), _units(city)),
        "households.csv": table(
            ("building_code", "unit", "room", "people"),
            [(city.buildings[h.building].code, h.unit, h.room, h.people) for h in city.households],
        ),
        "residents.csv": table(
            ("building_code", "unit", "room", "name", "phone", "remark"), contacts(city)
        ),
        "roads.geojson": geojson(_roads(city)),
        "water.geojson": geojson(_waters(city)),
    }


def _communities(city: City, shapes: list[BaseGeometry]) -> Iterable[Feature]:
    for number, plan in enumerate(city.communities):
        rows = [row for row, block in enumerate(city.blocks) if block.community == number]
        properties = {
            "code": plan.code,
            "name": plan.name[0],
            "name_en": plan.name[1],
            "invented": plan.invented,
        }
        yield properties, _joined([shapes[row] for row in rows])


def _joined(shapes: list[BaseGeometry]) -> BaseGeometry:
    """Return the union of neighbours, which keeps every vertex on its outline."""
    return shapely.coverage_union_all(shapes)


def _blocks(city: City, shapes: list[BaseGeometry]) -> Iterable[Feature]:
    for block, shape in zip(city.blocks, shapes, strict=True):
        compound = None if block.compound is None else city.compounds[block.compound].code
        yield (
            {
                "code": block.code,
                "community_code": city.communities[block.community].code,
                "compound_code": compound,
                "kind": FINAL_KIND.get(block.kind, block.kind),
            },
            shape,
        )


def _compounds(city: City, shapes: list[BaseGeometry]) -> Iterable[Feature]:
    for compound in city.compounds:
        yield (
            {
                "code": compound.code,
                "community_code": city.communities[compound.community].code,
                "name": compound.name[0],
                "name_en": compound.name[1],
                "kind": compound.kind,
            },
            _joined([shapes[row] for row in compound.blocks]),
        )


def _buildings(city: City) -> Iterable[Feature]:
    for building in city.buildings:
        compound = None if building.compound is None else city.compounds[building.compound].code
        yield (
            {
                "code": building.code,
                "block_code": city.blocks[building.block].code,
                "compound_code": compound,
                "name": building.name,
                "address": building.address,
                "kind": building.kind,
                "storeys": building.storeys,
            },
            city_steps.to_wgs84(city, building.shape),
        )


def _units(city: City) -> Iterable[tuple[str, int, str]]:
    for building in city.buildings:
        for number in range(1, building.units + 1):
            yield building.code, number, unit_name(building, number)


def _roads(city: City) -> Iterable[Feature]:
    for road in city.roads:
        yield (
            {
                "name": road.name[0],
                "name_en": road.name[1],
                "kind": road.kind,
                "walkable": True,
            },
            city_steps.to_wgs84(city, road.line),
        )


def _waters(city: City) -> Iterable[Feature]:
    for shape, name, kind in city_steps.waters(city):
        for part in shapely.get_parts(shape):
            yield (
                {"name": name[0], "name_en": name[1], "kind": kind},
                city_steps.to_wgs84(city, part),
            )


def _grid_layers(city: City) -> dict[str, str]:
    labels = _generations(city)
    return {file: geojson(_grids(city, grids)) for _, file, grids in labels}


def _generations(city: City) -> list[tuple[str, str, list[Grid]]]:
    slug = city.plan.slug
    found = [(f"{slug}-2026", "grids-2026.geojson", city.grids)]
    if city.grids_before:
        found.insert(0, (f"{slug}-2024", "grids-2024.geojson", city.grids_before))
    return found


def _grids(city: City, grids: list[Grid]) -> Iterable[Feature]:
    for grid in grids:
        community = city.communities[grid.community]
        number = int(grid.code[-3:])
        name = f"{community.name[0]}第{number}网格"
        name_en = f"{community.name[1].removesuffix(' Community')} Grid {number}"
        if grid.site:
            name, name_en = f"{grid.site[0]}专属网格", f"{grid.site[1]} Dedicated Grid"
        shapes = [city_steps.to_wgs84(city, city.blocks[row].shape) for row in grid.blocks]
        yield (
            {
                "code": grid.code,
                "uid": str(grid.uid),
                "name": name,
                "name_en": name_en,
                "kind": grid.kind,
                "branch_name": f"{name}党支部",
                "branch_name_en": f"{name_en} Party Branch",
                "branch_phone": f"000-9{int(grid.code[6:]) % 10_000_000:07d}",
            },
            _joined(shapes),
        )


def _people_layers(city: City, team: Team) -> dict[str, str]:
    units = team.paired_units
    return {
        "paired-units.csv": table(
            ("code", "community_code", "name", "name_en"),
            [(code, city.communities[row].code, *name) for code, row, name in units],
        ),
        "members.csv": table(
            ("code", "community_code", "paired_unit_code", "name", "role", "phone"),
            [
                (
                    member.code,
                    city.communities[member.community].code,
                    "" if member.paired_unit is None else units[member.paired_unit][0],
                    member.name,
                    member.role,
                    member.phone,
                )
                for member in team.members
            ],
        ),
        "responsibilities.csv": table(
            ("member_code", "level", "grid_code", "building_code", "unit", "room"),
            [
                (member.code, link.level, link.grid, link.building, link.unit, link.room)
                for member, link in links_of(team)
            ],
        ),
        "unit-overrides.csv": table(
            ("building_code", "unit", "grid_code", "made_by", "reason"), city.overrides
        ),
    }


def _station_layers(city: City, stations: list[Station]) -> dict[str, str]:
    features = []
    for station in stations:
        building = city.buildings[station.building]
        properties = {
            "code": station.code,
            "community_code": city.communities[station.community].code,
            "kind": station.kind,
            "name": station.name[0],
            "name_en": station.name[1],
            "address": building.address,
            "host": HOSTS[building.kind],
            "phone": station.phone,
            "zones": ";".join(station.zones),
            "facilities": ";".join(station.facilities),
        }
        if station.number in OPENING_HOURS:
            properties["opening_hours"] = OPENING_HOURS[station.number]
        features.append((properties, city_steps.to_wgs84(city, station.at)))
    rules = [(station.code, *rule) for station in stations for rule in station.rules]
    return {
        "stations.geojson": geojson(features),
        "opening-rules.csv": table(("station_code", "day", "opens", "closes"), rules),
        "closures.csv": table(
            ("station_code", "starts_at", "ends_at", "reason", "reason_en"),
            [(one.code, *CLOSURES[one.number]) for one in stations if one.number in CLOSURES],
        ),
        "rooms.csv": table(station_insides.ROOM_FIELDS, station_insides.rooms(city, stations)),
        "services.csv": table(station_insides.SERVICE_FIELDS, station_insides.services(stations)),
        "calendar.csv": table(("day", "kind", "name"), calendar_rows()),
    }


def _issue_layers(city: City, issues: list[Issue]) -> dict[str, str]:
    duties = issue_steps.duties_of(city)
    answering = {duty["department_code"] for duty in duties}
    fields = ("code", "name", "name_en", "kind", "department_code", "private")
    stages = ("dispatch", "accept", "handle", "feed_back")
    told = (*fields, *stages, "counts", "counts_en", "settled", "settled_en")
    departments = issue_steps.read_table("departments.csv")
    return {
        "departments.csv": table(
            ("code", "name", "name_en"),
            [tuple(row.values()) for row in departments if row["code"] in answering],
        ),
        "duties.csv": table(told, [[duty[name] for name in told] for duty in duties]),
        "issues.csv": table(
            (
                "number",
                "occurred_at",
                "received_at",
                "closed_at",
                "duty_code",
                "text",
                "lon",
                "lat",
                "accuracy_m",
                "building_code",
                "unit",
                "state",
                *STAGE_COLUMNS,
            ),
            [_issue(city, issue) for issue in issues],
        ),
        "issue-clusters.geojson": geojson(_clusters(city)),
    }


def _issue(city: City, issue: Issue) -> list[Any]:
    point = city_steps.to_wgs84(city, issue.at)
    return [
        issue.number,
        issue.occurred_at.isoformat(),
        issue.received_at.isoformat(),
        issue.closed_at.isoformat() if issue.closed_at else "",
        issue.duty["code"],
        issue.text,
        f"{point.x:.7f}",
        f"{point.y:.7f}",
        issue.accuracy_m or "",
        "" if issue.building is None else city.buildings[issue.building].code,
        issue.unit or "",
        issue.state,
        *(issue.times[name].isoformat() if name in issue.times else "" for name in STAGE_COLUMNS),
    ]


def _clusters(city: City) -> Iterable[Feature]:
    for cluster in city.plan.clusters:
        yield (
            {
                "name": cluster.name,
                "duty_codes": ";".join(cluster.duties),
                "first": cluster.first,
                "last": cluster.last,
                "issues": cluster.issues,
                "spread_m": cluster.spread_m,
            },
            city_steps.to_wgs84(city, issue_steps.cluster_centre(city, cluster)),
        )


def manifest(city: City, texts: dict[str, str]) -> str:
    """Return the manifest with the digest of every other file."""
    plan = city.plan
    lines = [
        "format = 1",
        "",
        "[jurisdiction]",
        f'slug = "{plan.slug}"',
        f'division_code = "{plan.division_code}"',
        f'name = "{plan.name[0]}"',
        f'name_en = "{plan.name[1]}"',
        'timezone = "Asia/Shanghai"',
        "synthetic = true",
        f'notice = "{plan.notice[0]}"',
        f'notice_en = "{plan.notice[1]}"',
        f'source = "{plan.source[0]}"',
        f'source_en = "{plan.source[1]}"',
        'licence = "CC0-1.0"',
        'review_number = ""',
        'crs = "wgs84"',
        "",
    ]
    generations = _generations(city)
    for number, (label, file, _) in enumerate(generations, start=1):
        start, end = (
            ("2024-01-01", "2026-01-01") if len(generations) > number else ("2026-01-01", "")
        )
        lines += [
            "[[generations]]",
            f"number = {number}",
            f'label = "{label}"',
            f'file = "{file}"',
            f"valid_from = {start}T00:00:00+08:00",
            *([f"valid_to = {end}T00:00:00+08:00"] if end else []),
            f'published_by = "{plan.name[0]}社会工作部（演示）"',
            f'note = "{NOTES[len(generations) - number]}"',
            "",
        ]
    lines += [
        "[work_hours]",
        *(f"{day} = {WORK_HOURS}" for day in ("mon", "tue", "wed", "thu", "fri")),
    ]
    lines += ["", "[layers]", *(f'{name} = "{file}"' for name, file in LAYERS.items())]
    lines += ["", "[truth]", *(f'{name} = "{file}"' for name, file in TRUTH.items())]
    lines += ["", "[sha256]"]
    lines += [
        f'"{name}" = "{hashlib.sha256(texts[name].encode()).hexdigest()}"' for name in sorted(texts)
    ]
    return "\n".join(lines) + "\n"


NOTES = ("按2025年末住户数调整网格", "首次划分")
