"""Importing plans through HTTP: polygons and tables, what is refused, repaired, and different."""

from __future__ import annotations

import base64
import io
import json
import shutil
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import geopandas
import openpyxl
import pytest
import shapely
from shapely.affinity import translate

from geo.core.crs import transform_geometry
from tests import town
from tests.town import A1, A2, B1, cells

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.testclient import TestClient

IMPORT = "/api/v1/plans/import"
BLOCK, LONE_BLOCK = f"{town.BUILDING}-block", f"{town.LONE_BUILDING}-block"
BELOW, ABOVE = f"~{town.A}/1", f"~{town.A}/2"
A3 = f"{town.A}003"


def collection(polygons: dict[str, Any], column: str = "code", **more: Any) -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {column: code},
            "geometry": json.loads(shapely.to_geojson(polygon)) if polygon else None,
        }
        for code, polygon in polygons.items()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features, **more}).encode()


def send(planner: TestClient, content: bytes, name: str = "plan.geojson", **more: Any) -> Any:
    told = {
        "key": str(uuid4()),
        "jurisdiction": town.SLUG,
        "from": town.SECOND_LABEL,
        "name": "导入",
        "file_name": name,
        "content_base64": base64.b64encode(content).decode(),
    }
    return planner.post(IMPORT, json=told | more)


def state(planner: TestClient, answer: Any) -> Any:
    return planner.get(f"/api/v1/plans/{answer.json()['draft']}/state").json()


def owned(told: Any) -> dict[str, str]:
    return {cell: told["grids"][grid]["code"] for cell, grid in told["owner"].items()}


UPRIGHT = {A1: cells(0, 0, 1, 2), A2: cells(1, 0, 2, 2)}


def test_boundaries_cut_blocks_or_these_are_given_whole(planner: TestClient) -> None:
    across = {A1: cells(0, 0, 2, 0.25), A2: cells(0, 0.25, 2, 2)}
    cut = send(planner, collection(across), how="cut")
    assert cut.status_code == 201, cut.text
    assert cut.json()["differences"]["cut_blocks"] == 1
    held = owned(state(planner, cut))
    assert (held[f"{BLOCK}/1"], held[f"{BLOCK}/2"]) in {(A1, A2), (A2, A1)}
    snapped = send(planner, collection(across), how="snap")
    assert snapped.status_code == 422
    assert snapped.json()["refused"][0]["row"] == 1
    wider = {A1: cells(0, 0, 2, 1.25), A2: cells(0, 1.25, 2, 2)}
    same = send(planner, collection(wider), how="snap")
    assert same.status_code == 201
    assert same.json()["differences"]["moved"] == []
    assert owned(state(planner, same))[BLOCK] == A1


def test_differences_are_told_before_anything_is_made(planner: TestClient) -> None:
    new = {A1: cells(0, 0, 1, 2), A3: cells(1, 0, 2, 2)}
    before = planner.get("/api/v1/plans").json()["plans"]
    answer = send(planner, collection(new), dry_run=True)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["draft"] is None
    differences = told["differences"]
    assert [one["code"] for one in differences["added"]] == [A3]
    assert [one["code"] for one in differences["gone"]] == [A2]
    assert [one["code"] for one in differences["changed"]] == [A1]
    assert differences["untouched"] == [town.B]
    assert differences["same"] == 2
    assert planner.get("/api/v1/plans").json()["plans"] == before
    made = send(planner, collection(new))
    after = state(planner, made)
    assert {grid["code"] for grid in after["grids"].values()} == {A1, A3, B1, town.D}
    assert set(owned(after).values()) == {A1, A3, B1, town.D}
    plan = f"/api/v1/plans/{made.json()['draft']}"
    assert planner.post(f"{plan}/undo", json={"key": str(uuid4())}).status_code == 201
    undone = planner.get(f"{plan}/state").json()
    assert undone["owner"] == undone["base"]["owner"]


def test_households_that_move_are_counted(planner: TestClient) -> None:
    swapped = {A2: cells(0, 0, 2, 1), A1: cells(0, 1, 2, 2)}
    differences = send(planner, collection(swapped), dry_run=True).json()["differences"]
    assert differences["moved_households"] == 2
    by_block = {one["cell"]: one for one in differences["moved"]}
    assert by_block[BLOCK] == {
        "cell": BLOCK,
        "block": BLOCK,
        "from": A1,
        "to": A2,
        "households": 2,
    }


def test_what_can_not_be_taken_is_named_by_row_and_field(planner: TestClient) -> None:
    bad = {
        A1: cells(0, 0, 1, 2),
        "": cells(1, 0, 2, 2),
        A2: None,
        f"{town.STREET}999001": cells(1, 0, 2, 2),
    }
    answer = send(planner, collection(bad))
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("plan-import-refused")
    places = {(one["row"], one["field"]) for one in answer.json()["refused"]}
    assert places == {(2, "code"), (3, "geometry"), (4, "code")}
    chinese = planner.post(
        IMPORT,
        json=json.loads(answer.request.content),
        headers={"Accept-Language": "zh"},
    )
    assert {(one["row"], one["field"]) for one in chinese.json()["refused"]} == places


def test_a_retired_grid_comes_back_under_its_code(planner: TestClient) -> None:
    told = collection({town.D: cells(2, 0, 4, 2)})
    answer = send(planner, told, dry_run=True, **{"from": town.FIRST_LABEL}).json()
    (back,) = answer["differences"]["added"]
    assert (back["code"], back["name"]) == (town.D, town.NAMES[town.D])
    assert [one["code"] for one in answer["differences"]["gone"]] == [B1]
    assert [one for one in answer["remarks"] if town.D in one and one.startswith("Dedicated")]


def test_overlaps_are_refused_or_repaired_as_asked(planner: TestClient) -> None:
    half_metre = 0.5 / 99_500 / town.STEP
    over = {A1: cells(0, 0, 1 + half_metre, 2), A2: cells(1, 0, 2, 2)}
    refused = send(planner, collection(over))
    assert refused.status_code == 422
    told = refused.json()
    assert told["refused"][0]["field"] == "geometry"
    assert told["found"][0]["kind"] == "overlap"
    assert told["repaired"] == []
    assert {one["grid"] for one in told["repairable"]} <= {A1, A2}
    assert told["repairable"]
    offered = send(planner, collection(over), dry_run=True)
    assert offered.status_code == 200
    assert offered.json()["repairable"] == told["repairable"]
    repaired = send(planner, collection(over), repair=True)
    assert repaired.status_code == 201, repaired.text
    assert repaired.json()["repaired"] == told["repairable"]
    assert all(one["changed_m2"] > 1 for one in repaired.json()["repaired"])


def test_gaps_stay_without_a_grid_unless_they_are_repaired(planner: TestClient) -> None:
    hole = cells(1.1, 0.5, 1.11, 1.5)
    torn = {A1: cells(0, 0, 1.05, 2), A2: cells(1.05, 0, 2, 2).difference(hole)}
    left = send(planner, collection(torn), dry_run=True).json()
    assert left["found"][0]["kind"] == "gap"
    assert left["differences"]["unassigned_blocks"] == 0  # the strip is a sliver of its block
    wide = {
        A1: cells(0, 0, 1.05, 2),
        A2: cells(1.05, 0, 2, 2).difference(cells(1.1, 0.5, 1.14, 1.5)),
    }
    gap = send(planner, collection(wide), dry_run=True).json()
    assert gap["differences"]["unassigned_blocks"] == 2
    closed = send(planner, collection(wide), dry_run=True, repair=True).json()
    assert closed["repaired"]
    assert closed["differences"]["unassigned_blocks"] == 0


def test_strips_open_to_the_edge_of_a_community_are_closed(planner: TestClient) -> None:
    six_metres = 6 / 111_000 / town.STEP
    short = {A1: cells(0, six_metres, 1, 2), A2: cells(1, six_metres, 2, 2)}
    left = send(planner, collection(short), dry_run=True).json()
    assert left["differences"]["unassigned_blocks"] > 0
    assert left["repaired"] == []
    closed = send(planner, collection(short), dry_run=True, repair=True).json()
    assert closed["repaired"] == left["repairable"]
    assert {one["grid"] for one in closed["repaired"]} == {A1, A2}
    assert all(one["changed_m2"] > 100 for one in closed["repaired"])
    assert closed["differences"]["unassigned_blocks"] == 0
    wide = {A1: cells(0, 5 * six_metres, 1, 2), A2: cells(1, 5 * six_metres, 2, 2)}
    told = send(planner, collection(wide), dry_run=True, repair=True).json()
    assert told["differences"]["unassigned_blocks"] > 0
    assert told["repaired"] == []


def test_datums_are_converted_and_doubted(planner: TestClient) -> None:
    moved = {code: transform_geometry(one, "wgs84", "gcj02") for code, one in UPRIGHT.items()}
    right = send(planner, collection(moved), datum="gcj02", dry_run=True).json()
    assert right["differences"]["unassigned_blocks"] == 0
    assert right["remarks"] == []
    wrong = send(planner, collection(moved), dry_run=True).json()
    assert "gcj02" in wrong["remarks"][0]
    metric = {code: transform_geometry(one, "wgs84", 4547) for code, one in UPRIGHT.items()}
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}
    named = send(planner, collection(metric, crs=crs), dry_run=True).json()
    assert named["differences"] == right["differences"]
    abroad = {code: translate(one, xoff=-180) for code, one in UPRIGHT.items()}
    elsewhere = send(planner, collection(abroad), dry_run=True).json()["refused"]
    assert elsewhere[0]["row"] is None
    assert "wgs84" in elsewhere[0]["text"]
    unknown = send(planner, collection(metric), dry_run=True)
    assert unknown.status_code == 422
    assert "--datum" not in unknown.json()["detail"]
    assert "(“datum”)" in unknown.json()["detail"]


def test_grids_are_known_by_name_or_get_the_next_code(planner: TestClient) -> None:
    drawn = {"一格": cells(0, 0, 1, 2), "东边": cells(1, 0, 2, 2)}
    answer = send(planner, collection(drawn, column="网格名称"))
    assert answer.status_code == 201, answer.text
    differences = answer.json()["differences"]
    assert [(one["code"], one["name"]) for one in differences["added"]] == [(A3, "东边")]
    assert [one["code"] for one in differences["gone"]] == [A2]


def test_dedicated_grids_stay_where_a_file_has_none(planner: TestClient) -> None:
    answer = send(planner, collection({B1: cells(2, 0, 4, 2)}), dry_run=True).json()
    assert town.D in answer["remarks"][0]
    assert answer["differences"]["moved"] == []


def table(*rows: tuple[str, ...], encoding: str = "utf-8") -> bytes:
    return "\n".join(",".join(row) for row in rows).encode(encoding)


@pytest.mark.parametrize("kind", ["csv", "gb18030", "xlsx"])
def test_tables_of_blocks_and_grids(planner: TestClient, kind: str) -> None:
    rows = [("街区", "网格"), (BLOCK, "二格"), (ABOVE, A2)]
    if kind == "xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(list(row))
        book.active.cell(3, 2).value = int(A2)
        kept = io.BytesIO()
        book.save(kept)
        content, name = kept.getvalue(), "方案.xlsx"
    else:
        content = table(*rows, encoding="gb18030" if kind == "gb18030" else "utf-8")
        name = "方案.csv"
    answer = send(planner, content, name)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told["differences"]["moved_households"] == 2
    assert told["differences"]["moved_blocks"] == 1
    assert "4" in told["remarks"][0]
    assert owned(state(planner, answer))[BLOCK] == A2


def test_rows_of_tables_are_refused_by_row_and_column(planner: TestClient) -> None:
    content = table(
        ("block", "grid"),
        ("nowhere", A1),
        (BLOCK, A1),
        (BLOCK, A2),
        (LONE_BLOCK, A1),
        (ABOVE, ""),
        (BELOW, "360881999999001"),
    )
    answer = send(planner, content, "plan.csv")
    assert answer.status_code == 422
    places = [(one["row"], one["field"]) for one in answer.json()["refused"]]
    assert places == [(2, "block"), (4, "grid"), (5, "grid"), (6, "grid"), (7, "grid")]
    assert send(planner, b"a,b,c\n1,2,3\n", "plan.csv").json()["refused"][0]["row"] is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plan.vrt", b"<OGRVRTDataSource></OGRVRTDataSource>"),
        ("plan.kml", b"<OGRVRTDataSource><!-- <kml --></OGRVRTDataSource>"),
        ("plan.json", b'{"type": "Topology", "objects": {}}'),
        ("plan.gpkg", b"not a database"),
        ("plan.zip", b"PK no archive"),
        ("plan", b""),
    ],
)
def test_only_files_that_are_what_they_say_are_read(
    planner: TestClient, name: str, content: bytes
) -> None:
    answer = send(planner, content, name)
    assert answer.status_code == 422
    assert name in answer.json()["detail"]


@pytest.mark.parametrize("kind", ["gpkg", "fgb", "kml", "parquet", "zip"])
def test_formats_of_polygons(planner: TestClient, tmp_path: Path, kind: str) -> None:
    frame = geopandas.GeoDataFrame(
        {"code": list(UPRIGHT)}, geometry=list(UPRIGHT.values()), crs="EPSG:4326"
    )
    path = tmp_path / f"plan.{kind}"
    if kind == "parquet":
        frame.to_parquet(path)
    elif kind == "zip":
        (tmp_path / "方案").mkdir()
        frame.to_file(tmp_path / "方案" / "网格.shp", encoding="utf-8")
        shutil.make_archive(str(tmp_path / "plan"), "zip", tmp_path, "方案")
    else:
        frame.to_file(path, driver={"gpkg": "GPKG", "fgb": "FlatGeobuf", "kml": "KML"}[kind])
    answer = send(planner, path.read_bytes(), path.name, id_column="code", dry_run=True)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["refused"] == []
    assert told["differences"]["unassigned_blocks"] == 0
    assert {one["code"] for one in told["differences"]["changed"]} == {A1, A2}


def test_sent_twice_it_is_one_draft(planner: TestClient) -> None:
    key = str(uuid4())
    one, other = (send(planner, collection(UPRIGHT), key=key) for _ in range(2))
    assert one.json()["draft"] == other.json()["draft"]
    log = planner.get(f"/api/v1/plans/{one.json()['draft']}/log").json()["entries"]
    assert [entry["verb"] for entry in log] == ["import"]


def test_the_form_is_for_planners(planner: TestClient) -> None:
    answer = planner.get(f"/plan/import?place={town.SLUG}", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert town.SECOND_LABEL in answer.text


def test_planners_of_another_town_import_nothing(client_of: Callable[..., TestClient]) -> None:
    other = client_of("elsewhere")
    for dry_run in (True, False):
        assert send(other, collection(UPRIGHT), dry_run=dry_run).status_code == 403


def test_tables_without_rows_are_refused_by_name(planner: TestClient) -> None:
    answer = send(planner, b"block,grid\n", "empty.csv")
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("empty.csv holds no row")


def test_a_file_without_columns_says_so(planner: TestClient) -> None:
    shape = json.loads(shapely.to_geojson(cells(0, 0, 2, 2)))
    bare = {"type": "Feature", "properties": {}, "geometry": shape}
    content = json.dumps({"type": "FeatureCollection", "features": [bare]}).encode()
    answer = send(planner, content, id_column="code")
    assert answer.status_code == 422
    assert answer.json()["detail"].endswith("it has: none")


def test_codes_that_a_spreadsheet_spoiled_are_no_new_grids(planner: TestClient) -> None:
    table = f"block,grid\n{BLOCK},9.99002E+14\n".encode()
    answer = send(planner, table, "plan.csv", dry_run=True).json()
    assert [(one["row"], one["field"]) for one in answer["refused"]] == [(2, "grid")]
    polygons = send(planner, collection({"9.99E+14": cells(0, 0, 2, 2)}), dry_run=True).json()
    assert [one["row"] for one in polygons["refused"]] == [1]


def test_files_are_called_what_their_sender_called_them(planner: TestClient) -> None:
    answer = send(planner, collection({}), "网格方案.geojson", dry_run=True)
    assert answer.status_code == 422
    assert "网格方案.geojson" in answer.json()["detail"]
    assert "upload" not in answer.json()["detail"]


def test_narrow_strips_that_go_to_a_neighbour_are_told(planner: TestClient) -> None:
    width = 1 / 198.6 / 1000 * 500
    strip = {A1: cells(0, 0, 1 - width, 2), A2: cells(1, 0, 2, 2)}
    told = send(planner, collection(strip), dry_run=True).json()
    assert told["differences"]["unassigned_blocks"] == 0
    assert any("strips narrower than 3" in one for one in told["remarks"])
    assert not any("strips" in one for one in send(planner, collection(UPRIGHT)).json()["remarks"])
