"""The committed demonstration folders: figures, coverage, and that they can be made again."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import re
import subprocess
import sys
import tomllib
from collections import Counter
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import Transformer

from geo.store.models.people import ROLES

PROJECT = Path(__file__).resolve().parents[2]
BOUNDARIES = PROJECT / "data" / "boundaries"
ZONES = {"jinggangshan": 4547, "qianjin": 4552}
SLUGS = sorted(ZONES)
COVERAGES = [
    ("jinggangshan", "communities.geojson"),
    ("jinggangshan", "blocks.geojson"),
    ("jinggangshan", "grids-2024.geojson"),
    ("jinggangshan", "grids-2026.geojson"),
    ("qianjin", "communities.geojson"),
    ("qianjin", "blocks.geojson"),
    ("qianjin", "grids-2026.geojson"),
]
ROAD_HALF_WIDTH_M = {"primary": 12, "secondary": 7.5, "bridge": 7.5, "lane": 4, "alley": 2.25}


@cache
def table(slug: str, name: str) -> list[dict[str, str]]:
    with (BOUNDARIES / slug / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def layer(slug: str, name: str) -> tuple[list[dict[str, Any]], np.ndarray]:
    found = json.loads((BOUNDARIES / slug / name).read_text(encoding="utf-8"))["features"]
    shapes = [shapely.from_geojson(json.dumps(one["geometry"])) for one in found]
    return [one["properties"] for one in found], np.array(shapes, dtype=object)


@cache
def manifest(slug: str) -> dict[str, Any]:
    return tomllib.loads((BOUNDARIES / slug / "manifest.toml").read_text(encoding="utf-8"))


def metric(slug: str, shapes: Any) -> Any:
    to_plane = Transformer.from_crs(4326, ZONES[slug], always_xy=True).transform
    return shapely.transform(shapes, lambda p: np.column_stack(to_plane(p[:, 0], p[:, 1])))


def grid_of_buildings(slug: str, name: str) -> dict[str, str]:
    buildings, shapes = layer(slug, "buildings.geojson")
    grids, areas = layer(slug, name)
    tree = shapely.STRtree(areas)
    row, grid = tree.query(shapely.point_on_surface(shapes), predicate="within")
    assert row.tolist() == list(range(len(buildings)))
    return {buildings[r]["code"]: grids[g]["code"] for r, g in zip(row, grid, strict=True)}


def households_by_grid(slug: str) -> Counter[str]:
    grid_of = grid_of_buildings(slug, "grids-2026.geojson")
    counts = Counter(dict.fromkeys((g["code"] for g in layer(slug, "grids-2026.geojson")[0]), 0))
    counts.update(grid_of[row["building_code"]] for row in table(slug, "households.csv"))
    return counts


def test_the_city_has_its_figures() -> None:
    slug = "jinggangshan"
    grids, _ = layer(slug, "grids-2026.geojson")
    stations = Counter(one["kind"] for one in layer(slug, "stations.geojson")[0])
    assert len(layer(slug, "communities.geojson")[0]) == 12
    assert len(grids) == 62
    assert len({one["branch_name"] for one in grids}) == 62
    assert stations == {"red_station": 10, "workstation": 16}
    assert len(table(slug, "duties.csv")) == 79
    assert len(table(slug, "departments.csv")) == 20
    assert len(table(slug, "paired-units.csv")) == 170
    assert len(table(slug, "members.csv")) >= 4300
    assert {one["role"] for one in table(slug, "members.csv")} == set(ROLES)
    assert 24_500 <= len(table(slug, "households.csv")) <= 25_500
    assert 2_000 <= len(layer(slug, "buildings.geojson")[0]) <= 3_500


def test_this_year_has_73_issues_of_which_4_are_in_hand() -> None:
    years = Counter(row["number"][:4] for row in table("jinggangshan", "issues.csv"))
    this_year = [row for row in table("jinggangshan", "issues.csv") if row["number"] > "2026"]
    assert years["2026"] == 73
    assert years["2024"] + years["2025"] > 3000
    assert Counter(row["state"] == "closed" for row in this_year) == {True: 69, False: 4}
    assert all(bool(row["closed_at"]) == (row["state"] == "closed") for row in this_year)
    assert all(row["occurred_at"].startswith(row["number"][:4]) for row in this_year)
    assert max(row["occurred_at"] for row in this_year) < "2026-11"


def test_the_stages_of_issues_follow_each_other_where_they_are_recorded() -> None:
    rows = table("jinggangshan", "issues.csv")
    stages = ("dispatched_at", "accepted_at", "handled_at", "fed_back_at", "reopened_at")
    recorded = [row for row in rows if row["handled_at"]]
    assert 0.7 < len(recorded) / len(rows) < 0.95
    assert 0.05 < sum(not row["dispatched_at"] for row in recorded) / len(recorded) < 0.2
    assert 20 < sum(bool(row["reopened_at"]) for row in rows) < 100
    for row in rows:
        names = ("received_at", *stages, "closed_at")
        times = [datetime.fromisoformat(row[name]) for name in names if row[name]]
        assert times == sorted(times)


def test_the_tiny_jurisdiction_has_two_communities_five_grids_and_a_station() -> None:
    assert len(layer("qianjin", "communities.geojson")[0]) == 2
    assert len(layer("qianjin", "grids-2026.geojson")[0]) == 5
    assert len(layer("qianjin", "stations.geojson")[0]) == 1
    assert all(one["invented"] for one in layer("qianjin", "communities.geojson")[0])


@pytest.mark.parametrize("slug", SLUGS)
def test_it_is_labelled_as_synthetic(slug: str) -> None:
    jurisdiction = manifest(slug)["jurisdiction"]
    assert jurisdiction["synthetic"] is True
    assert "演示数据" in jurisdiction["notice"]
    assert "Demonstration data" in jurisdiction["notice_en"]
    assert jurisdiction["source"]
    assert jurisdiction["licence"]


def test_one_community_is_invented_and_says_so() -> None:
    found = {
        one["code"]: one["invented"] for one in layer("jinggangshan", "communities.geojson")[0]
    }
    assert [code for code, invented in found.items() if invented] == ["360881002901"]


@pytest.mark.parametrize(
    ("slug", "lon", "lat"),
    [
        ("jinggangshan", 114.279, 26.749),
        ("jinggangshan", 114.162, 26.577),
        ("qianjin", 130.38, 46.81),
    ],
)
def test_it_lies_where_the_real_place_is(slug: str, lon: float, lat: float) -> None:
    area = shapely.union_all(layer(slug, "communities.geojson")[1])
    parts = shapely.get_parts(area)
    near = [part for part in parts if part.contains(shapely.Point(lon, lat))]
    assert len(near) == 1
    assert len(parts) == (2 if slug == "jinggangshan" else 1)


@pytest.mark.parametrize(("slug", "name"), COVERAGES)
def test_it_is_a_coverage_of_single_pieces(slug: str, name: str) -> None:
    _, shapes = layer(slug, name)
    assert {shape.geom_type for shape in shapes} == {"Polygon"}
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    for gap_width_m in (0.0, 0.1, 1.0, 5.0):
        assert shapely.coverage_is_valid(metric(slug, shapes), gap_width=gap_width_m)


@pytest.mark.parametrize(("slug", "name"), COVERAGES)
def test_no_two_areas_overlap_however_little(slug: str, name: str) -> None:
    _, shapes = layer(slug, name)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    assert one.size
    assert not shapely.relate_pattern(shapes[one], shapes[other], "2********").any()


@pytest.mark.parametrize(("slug", "name"), COVERAGES)
def test_it_leaves_no_hole_and_fills_the_communities(slug: str, name: str) -> None:
    whole = shapely.coverage_union_all(layer(slug, name)[1])
    area = shapely.coverage_union_all(layer(slug, "communities.geojson")[1])
    assert whole.equals(area)
    assert not any(part.interiors for part in shapely.get_parts(whole))


@pytest.mark.parametrize(("slug", "name"), [one for one in COVERAGES if "grids" in one[1]])
def test_grids_are_unions_of_blocks_of_their_community(slug: str, name: str) -> None:
    grids, areas = layer(slug, name)
    blocks, shapes = layer(slug, "blocks.geojson")
    block, grid = shapely.STRtree(areas).query(shapely.point_on_surface(shapes), predicate="within")
    assert block.tolist() == list(range(len(blocks)))
    for row, area in enumerate(areas):
        assert shapely.coverage_union_all(shapes[grid == row]).equals(area)
        owners = {blocks[b]["community_code"] for b in block[grid == row]}
        assert owners == {grids[row]["code"][:12]}
    compound_grids: dict[str, set[int]] = {}
    for b, g in zip(block, grid, strict=True):
        if blocks[b]["compound_code"]:
            compound_grids.setdefault(blocks[b]["compound_code"], set()).add(int(g))
    assert compound_grids
    assert all(len(found) == 1 for found in compound_grids.values())


@pytest.mark.parametrize("slug", SLUGS)
def test_blocks_lie_in_their_community(slug: str) -> None:
    communities, areas = layer(slug, "communities.geojson")
    area_of = {one["code"]: area for one, area in zip(communities, areas, strict=True)}
    for block, shape in zip(*layer(slug, "blocks.geojson"), strict=True):
        assert area_of[block["community_code"]].covers(shape)


@pytest.mark.parametrize("slug", SLUGS)
def test_buildings_stand_free_in_their_blocks(slug: str) -> None:
    buildings, shapes = layer(slug, "buildings.geojson")
    blocks, areas = layer(slug, "blocks.geojson")
    block_of = {one["code"]: area for one, area in zip(blocks, areas, strict=True)}
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert (one == other).all()
    for building, shape in zip(buildings, shapes, strict=True):
        assert block_of[building["block_code"]].contains(shape)


@pytest.mark.parametrize("slug", SLUGS)
def test_buildings_stand_off_roads_and_out_of_the_water(slug: str) -> None:
    tree = shapely.STRtree(metric(slug, layer(slug, "buildings.geojson")[1]))
    roads, lines = layer(slug, "roads.geojson")
    bands = shapely.buffer(metric(slug, lines), [ROAD_HALF_WIDTH_M[one["kind"]] for one in roads])
    waters = metric(slug, layer(slug, "water.geojson")[1])
    assert not tree.query(bands, predicate="intersects").size
    assert not tree.query(waters, predicate="intersects").size


@pytest.mark.parametrize("slug", SLUGS)
def test_the_roads_of_an_area_hang_together(slug: str) -> None:
    _, lines = layer(slug, "roads.geojson")
    group: dict[tuple[float, ...], tuple[float, ...]] = {}

    def root(point: tuple[float, ...]) -> tuple[float, ...]:
        while group.setdefault(point, point) != point:
            point = group[point]
        return point

    for line in lines:
        coords = shapely.get_coordinates(line)
        group[root(tuple(coords[0]))] = root(tuple(coords[-1]))
    areas = shapely.get_parts(shapely.union_all(layer(slug, "communities.geojson")[1]))
    assert len({root(point) for point in list(group)}) == len(areas)


def test_most_grids_hold_300_to_500_households_and_about_ten_do_not() -> None:
    grids, _ = layer("jinggangshan", "grids-2026.geojson")
    counts = households_by_grid("jinggangshan")
    outside = [
        one["code"]
        for one in grids
        if one["kind"] == "general" and not 300 <= counts[one["code"]] <= 500
    ]
    assert 8 <= len(outside) <= 12
    assert max(counts.values()) > 600
    assert any(counts[code] < 300 for code in outside)


def test_a_grid_of_612_households_has_a_neighbour_of_241() -> None:
    counts = households_by_grid("jinggangshan")
    grids, shapes = layer("jinggangshan", "grids-2026.geojson")
    area_of = dict(zip((one["code"] for one in grids), metric("jinggangshan", shapes), strict=True))
    [crowded] = [code for code, count in counts.items() if count == 612]
    [thin] = [code for code, count in counts.items() if count == 241]
    assert crowded[:12] == thin[:12]
    assert shapely.intersection(area_of[crowded], area_of[thin]).length > 100


def test_every_community_could_be_drawn_within_300_to_500() -> None:
    counts = households_by_grid("jinggangshan")
    grids = [
        one for one in layer("jinggangshan", "grids-2026.geojson")[0] if one["kind"] == "general"
    ]
    for community in {one["code"][:12] for one in grids}:
        own = [one["code"] for one in grids if one["code"].startswith(community)]
        households = sum(counts[code] for code in own)
        assert math.ceil(households / 500) <= len(own) <= households // 300


def test_grids_keep_their_identity_and_no_code_changes_hands() -> None:
    before = {one["code"]: one["uid"] for one in layer("jinggangshan", "grids-2024.geojson")[0]}
    now = {one["code"]: one["uid"] for one in layer("jinggangshan", "grids-2026.geojson")[0]}
    assert len(before) < len(now) == len(set(now.values()))
    assert all(before[code] == now[code] for code in before.keys() & now.keys())
    assert before.keys() - now.keys()
    assert len(now.keys() - before.keys()) > 6
    assert all(re.fullmatch(r"[0-9]{15}", code) for code in before | now)


def test_some_of_a_grid_that_lives_on_has_moved() -> None:
    old, old_areas = layer("jinggangshan", "grids-2024.geojson")
    new, new_areas = layer("jinggangshan", "grids-2026.geojson")
    area_of = {one["code"]: area for one, area in zip(old, old_areas, strict=True)}
    same = [
        (one["code"], area)
        for one, area in zip(new, new_areas, strict=True)
        if one["code"] in area_of
    ]
    moved = [code for code, area in same if not area.equals(area_of[code])]
    assert 2 <= len(moved) < len(same)


@pytest.mark.parametrize("slug", SLUGS)
def test_everyone_is_answered_for_but_for_some(slug: str) -> None:
    links = table(slug, "responsibilities.csv")
    assert {one["level"] for one in links} == {"area", "building", "unit", "household"}
    areas = {one["grid_code"] for one in links if one["level"] == "area"}
    assert areas == {one["code"] for one in layer(slug, "grids-2026.geojson")[0]}
    lived_in = {row["building_code"] for row in table(slug, "units.csv")}
    held = {one["building_code"] for one in links if one["level"] == "building"}
    assert held < lived_in
    assert len(lived_in - held) < 0.1 * len(lived_in)
    units = {(row["building_code"], row["number"]) for row in table(slug, "units.csv")}
    covered = {(one["building_code"], one["unit"]) for one in links if one["level"] == "unit"}
    assert covered == {unit for unit in units if unit[0] in held}
    homes = {(r["building_code"], r["unit"], r["room"]) for r in table(slug, "households.csv")}
    visited = [
        (r["building_code"], r["unit"], r["room"]) for r in links if r["level"] == "household"
    ]
    assert set(visited) < homes
    assert len(visited) > 0.15 * len(homes)


@pytest.mark.parametrize("slug", SLUGS)
def test_about_a_fifth_of_the_households_have_a_contact(slug: str) -> None:
    homes = {(r["building_code"], r["unit"], r["room"]) for r in table(slug, "households.csv")}
    known = {(r["building_code"], r["unit"], r["room"]) for r in table(slug, "residents.csv")}
    assert known < homes
    assert 0.17 < len(known) / len(homes) < 0.23


@pytest.mark.parametrize("slug", SLUGS)
def test_nobody_real_can_be_meant(slug: str) -> None:
    members = table(slug, "members.csv") + table(slug, "residents.csv")
    assert all(re.fullmatch(r".某[0-9]{4,}", one["name"]) for one in members)
    phones = [one["phone"] for one in members if one["phone"]]
    phones += [one["phone"] for one in layer(slug, "stations.geojson")[0]]
    phones += [one["branch_phone"] for one in layer(slug, "grids-2026.geojson")[0]]
    assert all(re.fullmatch(r"000-[0-9]{8}", phone) for phone in phones)
    for file in (
        "members.csv",
        "residents.csv",
        "issues.csv",
        "stations.geojson",
        "households.csv",
    ):
        text = (BOUNDARIES / slug / file).read_text(encoding="utf-8")
        assert not re.search(r"(?<![0-9.])1[3-9][0-9]{9}(?![0-9])", text)


@pytest.mark.parametrize("slug", SLUGS)
def test_red_stations_open_every_day_of_the_year(slug: str) -> None:
    rules = table(slug, "opening-rules.csv")
    for station in layer(slug, "stations.geojson")[0]:
        own = [one for one in rules if one["station_code"] == station["code"]]
        if station["kind"] == "red_station":
            assert {one["day"] for one in own} == {*"1234567", "holiday", "workday"}
            assert all(one["opens"] for one in own)
    assert {one["closes"] > one["opens"] for one in rules if one["opens"]} == {True}


def test_stations_show_every_way_of_keeping_hours() -> None:
    slug = "jinggangshan"
    rules = table(slug, "opening-rules.csv")
    stations = {one["code"]: one for one in layer(slug, "stations.geojson")[0]}
    ruled = {one["station_code"] for one in rules}
    written = {code for code, one in stations.items() if one.get("opening_hours")}
    assert len(written) == 2
    assert stations.keys() - ruled - written == {"G17"}
    for code in ruled:
        days = {one["day"] for one in rules if one["station_code"] == code}
        assert days == {*"1234567", "holiday", "workday"}
    assert any(not one["opens"] and not one["closes"] for one in rules)
    monday = Counter(one["station_code"] for one in rules if one["day"] == "1")
    assert set(monday.values()) == {1, 2}
    closures = table(slug, "closures.csv")
    assert {bool(one["ends_at"]) for one in closures} == {True, False}
    assert {one["station_code"] for one in closures} <= stations.keys()


@pytest.mark.parametrize("slug", SLUGS)
def test_every_station_has_rooms_and_services(slug: str) -> None:
    codes = {one["code"] for one in layer(slug, "stations.geojson")[0]}
    rooms, services = table(slug, "rooms.csv"), table(slug, "services.csv")
    assert {one["station_code"] for one in rooms} == codes
    assert {one["station_code"] for one in services} == codes
    assert {one["zone"] for one in rooms} >= {"deliberation", "warm_service", "office"}
    assert all(4 <= float(one["area_m2"]) <= 60 for one in rooms)
    assert {one["way"] for one in services} == {"appointment", "errand"}


def test_the_calendar_knows_three_years_and_their_make_up_days() -> None:
    days = table("jinggangshan", "calendar.csv")
    assert {row["day"][:4] for row in days} == {"2024", "2025", "2026"}
    kinds = {row["day"]: row["kind"] for row in days}
    assert kinds["2026-10-01"] == "holiday"
    assert kinds["2026-10-10"] == "workday"


def test_clusters_of_issues_are_where_the_truth_says() -> None:
    clusters, places = layer("jinggangshan", "issue-clusters.geojson")
    issues = table("jinggangshan", "issues.csv")
    points = metric(
        "jinggangshan", shapely.points([(float(r["lon"]), float(r["lat"])) for r in issues])
    )
    for cluster, place in zip(clusters, metric("jinggangshan", places), strict=True):
        near = shapely.distance(points, place) < 2.5 * cluster["spread_m"]
        found = [
            row
            for row, inside in zip(issues, near, strict=True)
            if inside
            and row["duty_code"] in cluster["duty_codes"].split(";")
            and cluster["first"] <= row["occurred_at"][:10] <= cluster["last"]
        ]
        assert len(found) >= 0.85 * cluster["issues"]


@pytest.mark.parametrize("slug", SLUGS)
def test_files_are_small_and_as_the_manifest_says(slug: str) -> None:
    folder = BOUNDARIES / slug
    digests = manifest(slug)["sha256"]
    assert {path.name for path in folder.iterdir()} == {*digests, "manifest.toml"}
    for name, digest in digests.items():
        content = (folder / name).read_bytes()
        assert len(content) < 2_500_000
        assert hashlib.sha256(content).hexdigest() == digest


@pytest.mark.parametrize("slug", SLUGS)
def test_the_generator_makes_the_same_bytes_again(slug: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "data.generator", slug, "--out", str(tmp_path)]
    subprocess.run(command, cwd=PROJECT, check=True)
    made = {path.name: path.read_bytes() for path in (tmp_path / slug).iterdir()}
    kept = {path.name: path.read_bytes() for path in (BOUNDARIES / slug).iterdir()}
    assert {n: hashlib.sha256(b).hexdigest() for n, b in made.items()} == {
        n: hashlib.sha256(b).hexdigest() for n, b in kept.items()
    }
