"""Points are read from what cities have, and every value comes back as it was written."""

from __future__ import annotations

import csv
import struct
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from geo.files.points import (
    Columns,
    NoColumnsNeededError,
    PositionColumnsNeededError,
    UnknownFormatError,
    choose_columns,
    open_points,
)
from geo.files.refusals import FileMissingError, NoSuchColumnError, UnreadableFileError

if TYPE_CHECKING:
    from pathlib import Path

    from geo.files.points import PointSource


def read(source: PointSource) -> tuple[list[float], list[float], dict[int, str]]:
    """Return coordinates and reasons of all rows."""
    x: list[float] = []
    y: list[float] = []
    reasons: dict[int, str] = {}
    for block in source.blocks():
        reasons |= {len(x) + row: why.english() for row, why in block.reasons.items()}
        x += block.x.tolist()
        y += block.y.tolist()
    return x, y, reasons


def text_file(folder: Path, content: str | bytes, name: str = "points.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        ("lon", "lat"),
        ("LNG", "LAT"),
        ("Longitude", "Latitude"),
        ("经度", "纬度"),
        ("X", "Y"),
        ("GPS经度", "GPS纬度"),
        (" Lon ", "lat"),
        ("经度(°)", "纬度(°)"),
        ("WGS84经度", "WGS84纬度"),
        ("gps_lng", "gps_lat"),
        ("longitude (deg)", "latitude (deg)"),
    ],
)
def test_usual_names_are_proposed(lon: str, lat: str) -> None:
    chosen = choose_columns("f.csv", ["id", lat, "note", lon], Columns())
    assert (chosen.lon, chosen.lat) == (lon, lat)


@pytest.mark.parametrize(
    "names",
    [
        ["起点经度", "起点纬度", "终点经度", "终点纬度"],
        ["GCJ02经度", "GCJ02纬度"],
        ["along", "platform"],
        ["经度"],
    ],
)
def test_doubtful_names_are_left_to_a_person(names: list[str]) -> None:
    with pytest.raises(PositionColumnsNeededError, match=names[0]):
        choose_columns("f.csv", names, Columns())


def test_numbers_in_degrees_come_before_projected_ones() -> None:
    names = ["X Coordinate (State Plane)", "x", "y", "Latitude", "Longitude"]
    chosen = choose_columns("f.csv", names, Columns())
    assert (chosen.lon, chosen.lat) == ("Longitude", "Latitude")


def test_columns_that_are_asked_for_must_be_there() -> None:
    with pytest.raises(NoSuchColumnError, match="longs"):
        choose_columns("f.csv", ["lon", "lat"], Columns(lon="longs", lat="lat"))
    with pytest.raises(PositionColumnsNeededError, match="a, b"):
        choose_columns("f.csv", ["a", "b"], Columns())


@pytest.mark.parametrize(
    ("encoding", "mark"), [("utf-8", b""), ("utf-8-sig", b""), ("gb18030", b""), ("utf-16", b"")]
)
def test_text_in_any_usual_encoding(tmp_path: Path, encoding: str, mark: bytes) -> None:
    content = mark + "编号,经度,纬度\r\n会师路,114.1,26.6\r\n".encode(encoding)
    source = open_points(text_file(tmp_path, content))
    assert list(source.names) == ["编号", "经度", "纬度"]
    assert read(source) == ([114.1], [26.6], {})


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
def test_other_separators(tmp_path: Path, delimiter: str) -> None:
    content = f"id{delimiter}lon{delimiter}lat\n1{delimiter}114.1{delimiter}26.6\n"
    assert read(open_points(text_file(tmp_path, content)))[0] == [114.1]


def test_rows_that_hold_no_position_stay_with_the_reason(tmp_path: Path) -> None:
    content = 'id,lon,lat\n1,114.1,26.6\n2,,\n3,abc,26.6\n4,114.1\n5,1_1,2\n6,"114,2",26.6\n'
    x, _y, reasons = read(open_points(text_file(tmp_path, content)))
    assert len(x) == 6
    assert x[0] == 114.1
    assert x[5] == 114.2
    assert reasons == {
        1: "The row has no position.",
        2: "“abc” is not a number.",
        3: "The row has 2 cells where the header has 3.",
        4: "“1_1” is not a number.",
    }


def test_wkt_of_any_dialect(tmp_path: Path) -> None:
    content = (
        'id;wkt\n1;POINT (114.1 26.6)\n2;"SRID=4326;POINT Z (114.2 26.7 5)"\n3;POINT EMPTY\n'
        "4;LINESTRING (0 0, 1 1)\n5;nonsense\n6;\n7;MULTIPOINT ((114.3 26.8))\n"
    )
    x, _y, reasons = read(open_points(text_file(tmp_path, content)))
    assert [x[0], x[1], x[6]] == [114.1, 114.2, 114.3]
    assert reasons[2] == "The row has no position."
    assert reasons[3] == "The geometry is a LineString, not a point."
    assert reasons[4] == "“nonsense” is not a geometry in WKT."
    assert reasons[5] == "The row has no position."
    assert sorted(reasons) == [2, 3, 4, 5]


def test_files_that_are_no_points(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError):
        open_points(tmp_path / "absent.csv")
    with pytest.raises(UnknownFormatError):
        open_points(text_file(tmp_path, "", "points.xlsx"))
    with pytest.raises(UnreadableFileError):
        open_points(text_file(tmp_path, "", "points.csv"))
    with pytest.raises(UnreadableFileError):
        open_points(text_file(tmp_path, "no parquet", "points.parquet"))
    with pytest.raises(UnreadableFileError):
        open_points(text_file(tmp_path, "no database", "points.gpkg"))


def parquet(folder: Path, column: pa.Array, encoding: str = "WKB") -> Path:
    geo = (
        '{"version": "1.1.0", "primary_column": "geometry", "columns":'
        f' {{"geometry": {{"encoding": "{encoding}", "geometry_types": []}}}}}}'
    )
    table = pa.table({"geometry": column}).replace_schema_metadata({"geo": geo})
    path = folder / "points.parquet"
    pq.write_table(table, path)
    return path


def test_wkb_of_every_dialect(tmp_path: Path) -> None:
    point = shapely.Point(114.1, 26.6)
    values = [
        shapely.to_wkb(point),
        shapely.to_wkb(point, byte_order=0),
        shapely.to_wkb(shapely.Point(114.1, 26.6, 3.0), flavor="iso"),
        shapely.to_wkb(shapely.Point(114.1, 26.6, 3.0), flavor="extended"),
        shapely.to_wkb(shapely.set_srid(point, 4326), include_srid=True),
        None,
        shapely.to_wkb(shapely.Point()),
        shapely.to_wkb(shapely.box(0, 0, 1, 1)),
        b"rubbish",
    ]
    x, y, reasons = read(open_points(parquet(tmp_path, pa.array(values, pa.binary()))))
    assert x[:5] == [114.1] * 5
    assert y[:5] == [26.6] * 5
    assert np.isnan(x[5:]).all()
    assert reasons == {
        5: "The row has no position.",
        6: "The row has no position.",
        7: "The geometry is a Polygon, not a point.",
        8: "The geometry can't be read.",
    }


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_plain_wkb_with_nulls(tmp_path: Path, kind: pa.DataType) -> None:
    plain = struct.pack("<BIdd", 1, 1, 114.1, 26.6)
    x, _y, reasons = read(open_points(parquet(tmp_path, pa.array([plain, None, plain], kind))))
    assert [x[0], x[2]] == [114.1, 114.1]
    assert list(reasons) == [1]


def test_native_points(tmp_path: Path) -> None:
    column = pa.array(
        [{"x": 114.1, "y": 26.6}, None], pa.struct([("x", pa.float64()), ("y", pa.float64())])
    )
    x, y, reasons = read(open_points(parquet(tmp_path, column, "point")))
    assert (x[0], y[0]) == (114.1, 26.6)
    assert list(reasons) == [1]


def test_parquet_with_columns_of_numbers(tmp_path: Path) -> None:
    path = tmp_path / "points.parquet"
    pq.write_table(pa.table({"lng": [114.1, None], "lat": ["26.6", "x"]}), path)
    x, y, reasons = read(open_points(path))
    assert (x[0], y[0]) == (114.1, 26.6)
    assert list(reasons) == [1]


def test_geopackage_with_its_crs(tmp_path: Path) -> None:
    shapes = [shapely.Point(500000, 2950000), None]
    frame = geopandas.GeoDataFrame({"名称": ["甲", "乙"]}, geometry=shapes, crs=4547)
    frame.to_file(tmp_path / "points.gpkg")
    source = open_points(tmp_path / "points.gpkg")
    assert source.crs == "EPSG:4547"
    assert source.row_count == 2
    x, _y, reasons = read(source)
    assert x[0] == 500000
    assert list(reasons) == [1]


def test_big_text_files_are_read_in_pieces(tmp_path: Path) -> None:
    rows = [[str(number), repr(114 + number * 1e-6), "26.6"] for number in range(70_000)]
    path = tmp_path / "points.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["id", "lon", "lat"], *rows])
    sizes = [block.size for block in open_points(path).blocks()]
    assert sum(sizes) == 70_000
    assert max(sizes) < 40_000


def test_parquet_says_why_a_text_is_no_position(tmp_path: Path) -> None:
    numbers, shapes = tmp_path / "numbers.parquet", tmp_path / "shapes.parquet"
    pq.write_table(pa.table({"lng": ["114.2", "north", None], "lat": ["26.7", "1", ""]}), numbers)
    assert read(open_points(numbers))[2] == {
        1: "“north” is not a number.",
        2: "The row has no position.",
    }
    pq.write_table(pa.table({"wkt": ["POINT(1 2)", "north", None, "LINESTRING(0 0,1 1)"]}), shapes)
    assert read(open_points(shapes))[2] == {
        1: "“north” is not a geometry in WKT.",
        2: "The row has no position.",
        3: "The geometry is a LineString, not a point.",
    }


def test_geometries_need_no_columns(tmp_path: Path) -> None:
    path = tmp_path / "points.gpkg"
    geopandas.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(1, 2)], crs=4326).to_file(path)
    with pytest.raises(NoColumnsNeededError, match="--lon"):
        open_points(path, Columns(lon="n", lat="n"))
