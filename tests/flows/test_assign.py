"""Every point of a file gets its grid, and every row comes back as it was."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely

from geo.core.crs import from_wgs84
from geo.flows.assign import MissingIdError, PolygonFile, area_of_file

PROJECT = Path(__file__).resolve().parents[2]
HONGGE = Path(sys.executable).with_name("hongge")
ENVIRONMENT = {**os.environ, "HONGGE_LANGUAGE": "en"}
FORMATS = ("csv", "parquet", "gpkg")


def hongge(*arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [HONGGE, "assign", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**ENVIRONMENT, **more},
    )


def grids(folder: Path, name: str = "plan.geojson", **properties: list[object]) -> Path:
    """Write two squares, west and east, 0.01° wide, from 114.27° E 26.74° N."""
    properties = properties or {"code": ["W", "E"]}
    shapes = [shapely.box(114.27 + at, 26.74, 114.28 + at, 26.75) for at in (0, 0.01)]
    path = folder / name
    geopandas.GeoDataFrame(properties, geometry=shapes, crs=4326).to_file(path)
    return path


ROWS = (
    ("01", "甲", "114.275", "26.745", "W", "inside", "0.0", ""),
    ("02", 'say "x", y', "114.280", "26.745", "E", "edge", "0.0", ""),
    ("03", " 空 ", "", "", "", "invalid", "", ""),
    ("04", "multi\nline", "114.2699", "26.745", "W", "nearest", "9.95", ""),
    ("05", "", "115.0", "26.745", "", "outside", "70592.0", "E"),
    ("06", "=1+1", "114.275", "126.745", "", "invalid", "", ""),
    ("07", "07", "north", "26.745", "", "invalid", "", ""),
)


def points(folder: Path, encoding: str = "utf-8") -> Path:
    path = folder / "points.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([("id", "备注", "lon", "lat"), *(row[:4] for row in ROWS)])
    return path


def table(path: Path, encoding: str = "utf-8") -> list[list[str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_text_comes_back_value_by_value(tmp_path: Path, encoding: str) -> None:
    done = hongge(
        points(tmp_path, encoding), "--polygons", grids(tmp_path), "-o", tmp_path / "out.csv"
    )
    assert done.returncode == 0, done.stderr
    head, *rows = table(tmp_path / "out.csv", encoding)
    assert head[4:] == ["grid", "method", "distance_m", "nearest_grid", "reason"]
    assert [tuple(row[:4]) for row in rows] == [row[:4] for row in ROWS]
    assert [row[4:6] for row in rows] == [list(row[4:6]) for row in ROWS]
    assert [row[7] for row in rows] == [row[7] for row in ROWS]
    for row, expected in zip(rows, ROWS, strict=True):
        assert (row[6] == "") == (expected[6] == "")
        assert float(row[6] or 0) == pytest.approx(float(expected[6] or 0), rel=2e-3)
    assert [bool(row[8]) for row in rows] == [row[5] == "invalid" for row in ROWS]
    assert rows[5][8] == "114.275, 126.745 is no position on earth in wgs84."
    assert "1 inside, 1 on an edge, 1 nearest, 1 outside, 3 invalid" in done.stdout


def test_reasons_are_in_the_readers_language(tmp_path: Path) -> None:
    polygons, out = grids(tmp_path), tmp_path / "out.csv"
    for language in ("en", "zh_CN"):
        done = hongge(points(tmp_path), "--polygons", polygons, "-o", out, HONGGE_LANGUAGE=language)
        assert done.returncode == 0
    assert table(out)[3][8] != "The row has no position."


def as_format(frame: geopandas.GeoDataFrame, path: Path) -> Path:
    if path.suffix == ".csv":
        plain = pd.DataFrame(frame.drop(columns="geometry"))
        plain["wkt"] = [None if one is None else one.wkt for one in frame.geometry]
        plain.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path)
    return path


def back(path: Path) -> pd.DataFrame:
    if path.suffix == ".csv":
        return pd.read_csv(path)
    return geopandas.read_parquet(path) if path.suffix == ".parquet" else geopandas.read_file(path)


@pytest.mark.parametrize(("given", "wanted"), list(product(FORMATS, FORMATS)))
def test_any_format_to_any_format(tmp_path: Path, given: str, wanted: str) -> None:
    shapes = [shapely.Point(114.275, 26.745), None, shapely.Point(114.285, 26.745)]
    frame = geopandas.GeoDataFrame(
        {"number": [7, 8, 9], "note": ["红", None, "格"]}, geometry=shapes, crs=4326
    )
    source = as_format(frame, tmp_path / f"points.{given}")
    out = tmp_path / f"out.{wanted}"
    done = hongge(source, "--polygons", grids(tmp_path), "-o", out)
    assert done.returncode == 0, done.stderr
    found = back(out)
    assert found["number"].astype(str).tolist() == ["7", "8", "9"]
    assert found["note"].fillna("").tolist() == ["红", "", "格"]
    assert found["grid"].fillna("").tolist() == ["W", "", "E"]
    assert found["method"].tolist() == ["inside", "invalid", "inside"]
    if wanted != "csv":
        assert found.crs == 4326
        assert found.geometry.iloc[0].equals(shapes[0])
        assert found.geometry.isna().tolist() == [False, True, False]


def test_geoparquet_keeps_columns_types_and_metadata(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame(
        {
            "when": pd.to_datetime(["2026-03-01T09:00:00Z"]),
            "tags": [["a", "b"]],
            "amount": [1.25],
            "yes": [True],
        },
        geometry=[shapely.Point(114.275, 26.745)],
        crs=4326,
    )
    source, out = tmp_path / "points.parquet", tmp_path / "out.parquet"
    frame.to_parquet(source)
    assert hongge(source, "--polygons", grids(tmp_path), "-o", out).returncode == 0
    before, after = pq.read_schema(source), pq.read_schema(out)
    assert [after.field(name) for name in before.names] == list(before)
    assert after.metadata[b"geo"] == before.metadata[b"geo"]
    assert pq.read_table(out).select(before.names).equals(pq.read_table(source))


@pytest.mark.parametrize("suffix", ["parquet", "gpkg"])
def test_other_coordinate_systems_are_converted(tmp_path: Path, suffix: str) -> None:
    frame = geopandas.GeoDataFrame(geometry=[shapely.Point(114.275, 26.745)], crs=4326)
    source, out = tmp_path / f"points.{suffix}", tmp_path / f"out.{suffix}"
    as_format(frame.to_crs(4547), source)
    polygons = tmp_path / "plan.gpkg"
    geopandas.read_file(grids(tmp_path)).to_crs(4548).to_file(polygons)
    done = hongge(source, "--polygons", polygons, "-o", out)
    assert done.returncode == 0, done.stderr
    found = back(out)
    assert found["grid"].tolist() == ["W"]
    assert found.crs == 4547
    assert found.geometry.iloc[0].x == pytest.approx(frame.to_crs(4547).geometry.iloc[0].x)


def shifted(folder: Path, datum: str) -> Path:
    """Write positions of the western grid in a datum."""
    chance = np.random.default_rng(1)
    lon, lat = from_wgs84(
        chance.uniform(114.2705, 114.2795, 200), chance.uniform(26.7405, 26.7495, 200), datum
    )
    path = folder / f"{datum}.csv"
    pd.DataFrame({"经度": lon, "纬度": lat}).to_csv(path, index=False)
    return path


def test_a_declared_datum_is_converted_and_a_wrong_one_suspected(tmp_path: Path) -> None:
    polygons, out = grids(tmp_path), tmp_path / "out.csv"
    source = shifted(tmp_path, "gcj02")
    done = hongge(source, "--polygons", polygons, "-o", out, "--datum", "gcj02")
    assert done.returncode == 0
    assert {row[2] for row in table(out)[1:]} == {"W"}
    assert "gcj02" not in done.stderr
    done = hongge(source, "--polygons", polygons, "-o", out)
    assert done.returncode == 0
    assert "read as gcj02, 100% would. Nothing was converted" in done.stderr


def test_an_operator_can_refuse_offset_datums(tmp_path: Path) -> None:
    done = hongge(
        *(shifted(tmp_path, "bd09"), "--polygons", grids(tmp_path), "-o", tmp_path / "out.csv"),
        *("--datum", "bd09"),
        HONGGE_REFUSE_OFFSET_DATUMS="true",
    )
    assert done.returncode == 1
    assert "bd09" in done.stderr
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    ("more", "status", "told"),
    [
        (["--lon", "longs", "--lat", "lat"], 1, "longs"),
        (["--datum", "mars"], 1, "mars"),
        (["--polygon-id", "nothing"], 1, "nothing"),
        (["--at", "yesterday"], 2, "2026-03-01T09:00:00+08:00"),
        (["--nearest-max-m", "-1"], 2, "nearest-max-m"),
        (["--nearest-max-m", "nan"], 2, "nearest-max-m"),
        (["--layer", "points"], 1, "no layers"),
    ],
)
def test_what_can_not_be_done_is_said(
    tmp_path: Path, more: list[str], status: int, told: str
) -> None:
    out = tmp_path / "out.csv"
    done = hongge(points(tmp_path), "--polygons", grids(tmp_path), "-o", out, *more)
    assert done.returncode == status
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()


def test_outputs_that_would_lose_something_are_refused(tmp_path: Path) -> None:
    polygons, source = grids(tmp_path), points(tmp_path)
    before = source.read_bytes()
    assert hongge(source, "--polygons", polygons, "-o", source).returncode == 1
    assert source.read_bytes() == before
    assert hongge(source, "--polygons", polygons, "-o", tmp_path / "out.xlsx").returncode == 1
    again = tmp_path / "again.csv"
    out = tmp_path / "out.csv"
    assert hongge(source, "--polygons", polygons, "-o", out).returncode == 0
    twice = hongge(out, "--polygons", polygons, "-o", again)
    assert twice.returncode == 1
    assert "grid, method, distance_m, nearest_grid, reason" in twice.stderr
    assert hongge(out, "--polygons", polygons, "-o", again, "--prefix", "new_").returncode == 0
    assert table(again)[1][9:11] == ["W", "inside"]


def test_cells_beyond_the_header_are_kept(tmp_path: Path) -> None:
    path, out = tmp_path / "points.csv", tmp_path / "out.csv"
    path.write_text("id,lon,lat\n1,114.275,26.745\n\n2,114.275,26.745,extra\n", "utf-8")
    assert hongge(path, "--polygons", grids(tmp_path), "-o", out).returncode == 0
    _head, first, second = table(out)
    assert first[3] == "W"
    assert second[:3] == ["2", "114.275", "26.745"]
    assert second[4] == "invalid"
    assert second[-1] == "extra"


def test_bytes_that_are_no_text_come_back(tmp_path: Path) -> None:
    path, out = tmp_path / "points.csv", tmp_path / "out.csv"
    path.write_bytes(b"id,lon,lat\n\xff\xfe\x80,114.275,26.745\n")
    done = hongge(path, "--polygons", grids(tmp_path), "-o", out)
    assert done.returncode == 0, done.stderr
    assert out.read_bytes().splitlines()[1].startswith(b"\xff\xfe\x80,114.275,26.745,W,inside")


def test_polygons_by_precedence_repaired_and_joined(tmp_path: Path) -> None:
    west, east = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
    bow = shapely.Polygon([(3, 0), (4, 1), (4, 0), (3, 1)])
    path = tmp_path / "plan.gpkg"
    geopandas.GeoDataFrame(
        {"nr": [10, 9, 10, 2, 11]},
        geometry=[west, east, shapely.box(0, 1, 1, 2), bow, None],
        crs=4326,
    ).to_file(path)
    area, messages = area_of_file(PolygonFile(path, "nr"))
    assert area.ids.tolist() == [2, 9, 10]
    assert shapely.is_valid(area.polygons).all()
    assert area.polygons[2].area == 2
    told = " ".join(one.english() for one in messages)
    assert "Row 4 was repaired: Self-intersection at 3.500000, 0.500000." in told
    assert "Identifiers that stand in several rows: 1;" in told
    assert "5" in told


def test_a_polygon_without_name_is_refused(tmp_path: Path) -> None:
    path = grids(tmp_path, "plan.gpkg", code=["W", None])
    with pytest.raises(MissingIdError, match="row 2"):
        area_of_file(PolygonFile(path, "code"))


def test_many_rows_take_no_more_memory(tmp_path: Path) -> None:
    """Ten times the rows take about the memory of the interpreter and a few blocks."""
    polygons, used = grids(tmp_path), []
    for count in (150_000, 1_500_000):
        path = tmp_path / f"{count}.parquet"
        lon = np.random.default_rng(1).uniform(114.27, 114.29, count)
        points = geopandas.points_from_xy(lon, np.full(count, 26.745))
        geopandas.GeoDataFrame(geometry=points, crs=4326).to_parquet(path, row_group_size=100_000)
        command = [str(HONGGE), "assign", str(path), "--polygons", str(polygons)]
        script = (
            "import os, sys; pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ);"
            "_, status, usage = os.wait4(pid, 0); print(usage.ru_maxrss); sys.exit(status)"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, *command, "-o", str(tmp_path / "out.parquet")],
            capture_output=True,
            text=True,
            check=True,
        )
        used.append(int(done.stdout.split()[-1]))
    assert used[1] < 1.3 * used[0]


def test_without_polygons_the_grids_in_force_are_taken(
    tmp_path: Path, demo_database_url: str
) -> None:
    path, out = tmp_path / "points.csv", tmp_path / "out.csv"
    path.write_text(
        "id,lon,lat\n1,114.279,26.749\n2,114.162,26.577\n3,130.38,46.81\n4,0,0\n", "utf-8"
    )
    done = hongge(path, "-o", out, HONGGE_DATABASE_URL=demo_database_url)
    assert done.returncode == 0, done.stderr
    rows = table(out)[1:]
    assert [row[4] for row in rows[:3]] == ["inside"] * 3
    assert [row[3][:6] for row in rows[:3]] == ["360881", "360881", "230804"]
    assert rows[3][4] == "outside"
    assert float(rows[3][5]) > 1e6
    early = hongge(
        *(path, "-o", out, "--at", "2025-06-01T00:00:00+08:00"),
        HONGGE_DATABASE_URL=demo_database_url,
    )
    assert early.returncode == 0
    assert table(out)[1][3][:6] == "360881"
    never = hongge(
        *(path, "-o", out, "--at", "1999-06-01T00:00:00+08:00"),
        HONGGE_DATABASE_URL=demo_database_url,
    )
    assert never.returncode == 0
    assert "No generation of grids was in force" in never.stderr
    assert [row[4] for row in table(out)[1:]] == ["outside"] * 4


def test_the_fast_way_imports_no_pandas(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame(geometry=[shapely.Point(114.275, 26.745)], crs=4326)
    source, plan = tmp_path / "points.parquet", tmp_path / "plan.parquet"
    frame.to_parquet(source)
    geopandas.read_file(grids(tmp_path)).to_parquet(plan)
    script = (
        "import sys; from api.commands.assign import command;"
        "command(sys.argv[1:], standalone_mode=False);"
        "print(sorted({one.split('.')[0] for one in sys.modules}))"
    )
    arguments = [source, "--polygons", plan, "-o", tmp_path / "out.parquet"]
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
        cwd=PROJECT,
    )
    imported = done.stdout.splitlines()[-1]
    for heavy in ("pandas", "geopandas", "pydantic", "sqlalchemy", "pyproj", "fastapi"):
        assert f"'{heavy}'" not in imported


BOROUGHS = ("MANHATTAN", "BRONX", "BROOKLYN", "QUEENS", "STATEN ISLAND")


@pytest.mark.shared_data
def test_new_york_agrees_with_the_recorded_districts(tmp_path: Path, shared_data: Path) -> None:
    folder, out = shared_data / "nyc311", tmp_path / "out.csv"
    done = hongge(
        *(folder / "nyc311_2018_1000.csv", "-o", out),
        *("--polygons", folder / "community_districts_orig.geojson", "--polygon-id", "BoroCD"),
    )
    assert done.returncode == 0, done.stderr
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1000
    compared = agreed = 0
    for row in rows:
        board, _, borough = row["Community Board"].partition(" ")
        if board.isdigit() and borough in BOROUGHS and row["method"] != "invalid":
            compared += 1
            agreed += row["grid"] == str(100 * (BOROUGHS.index(borough) + 1) + int(board))
    assert compared == 871
    assert agreed / compared >= 0.994


def test_polygons_are_never_written_over(tmp_path: Path) -> None:
    polygons = grids(tmp_path, "plan.gpkg")
    before = polygons.read_bytes()
    done = hongge(points(tmp_path), "--polygons", polygons, "-o", polygons)
    assert done.returncode == 1
    assert "plan.gpkg is the input" in done.stderr
    assert polygons.read_bytes() == before


@pytest.mark.parametrize("wanted", FORMATS)
def test_an_output_that_can_not_be_written_is_said(tmp_path: Path, wanted: str) -> None:
    out = tmp_path / "no folder" / f"out.{wanted}"
    done = hongge(points(tmp_path), "--polygons", grids(tmp_path), "-o", out)
    assert done.returncode == 1
    assert done.stderr == f"out.{wanted} can't be written: No such file or directory\n"


def test_polygons_in_a_datum_that_is_refused(tmp_path: Path) -> None:
    given = (points(tmp_path), "--polygons", grids(tmp_path), "-o", tmp_path / "out.csv")
    refused = hongge(*given, "--polygon-datum", "gcj02", HONGGE_REFUSE_OFFSET_DATUMS="true")
    assert refused.returncode == 1
    assert "gcj02" in refused.stderr
    assert hongge(*given, "--polygon-datum", "gcj02").returncode == 0


def test_positions_say_themselves_what_they_are_in(tmp_path: Path) -> None:
    x, y = (round(one, 3) for one in from_wgs84(114.275, 26.745, "EPSG:4547"))
    path, out = tmp_path / "points.csv", tmp_path / "out.csv"
    path.write_text(
        "id,wkt\n1,\n"
        f"2,SRID=4547;POINT({x} {y})\n3,POINT({x} {y})\n4,SRID=4326;POINT(114.275 26.745)\n",
        "utf-8",
    )
    assert hongge(path, "--polygons", grids(tmp_path), "-o", out).returncode == 0
    rows = table(out)[1:]
    assert [row[3] for row in rows] == ["invalid", "inside", "inside", "invalid"]
    assert "EPSG:4326; the file's first one is in EPSG:4547" in rows[3][6]


def test_parquet_with_wkt_claims_no_geometry(tmp_path: Path) -> None:
    path, out = tmp_path / "points.parquet", tmp_path / "out.parquet"
    pd.DataFrame({"wkt": ["POINT(114.275 26.745)", None]}).to_parquet(path)
    assert hongge(path, "--polygons", grids(tmp_path), "-o", out).returncode == 0
    assert pd.read_parquet(out)["method"].tolist() == ["inside", "invalid"]
    assert b"geo" not in (pq.read_schema(out).metadata or {})


def test_an_unknown_coordinate_system_stays_unknown(tmp_path: Path) -> None:
    path, out = tmp_path / "points.gpkg", tmp_path / "out.gpkg"
    lon, lat = from_wgs84(114.275, 26.745, "gcj02")
    frame = geopandas.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(lon, lat)])
    with pytest.warns(UserWarning, match="crs"):
        frame.to_file(path)
    done = hongge(path, "--polygons", grids(tmp_path), "-o", out, "--datum", "gcj02")
    assert done.returncode == 0, done.stderr
    again = geopandas.read_file(out)
    assert again["grid"].tolist() == ["W"]
    assert again.crs is None or "Undefined" in str(again.crs)


@pytest.mark.parametrize("wanted", FORMATS)
def test_keys_that_mean_something_come_back(tmp_path: Path, wanted: str) -> None:
    path, out = tmp_path / "points.gpkg", tmp_path / f"out.{wanted}"
    shapes = [shapely.Point(114.275, 26.745), shapely.Point(114.285, 26.745)]
    frame = geopandas.GeoDataFrame({"fid": [70, 90]}, geometry=shapes, crs=4326)
    frame.to_file(path, layer='a "layer"')
    assert hongge(path, "--polygons", grids(tmp_path), "-o", out).returncode == 0
    again = back(out)
    assert again["fid"].tolist() == [70, 90]
    assert again["grid"].tolist() == ["W", "E"]


@pytest.mark.parametrize("wanted", FORMATS)
def test_a_system_without_a_way_to_wgs84_is_said(tmp_path: Path, wanted: str) -> None:
    path = tmp_path / "points.gpkg"
    frame = geopandas.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(114, 26)], crs="EPSG:4610")
    frame.to_file(path)
    done = hongge(path, "--polygons", grids(tmp_path), "-o", tmp_path / f"out.{wanted}")
    assert done.returncode == 1
    assert done.stderr.startswith("No public transformation leads from")
