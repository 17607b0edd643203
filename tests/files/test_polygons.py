"""Polygons come out of every format with their identifiers, and nothing is lost silently."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import pytest
import shapely

from geo.core.crs import parse_datum
from geo.files.polygons import read_polygons
from geo.files.refusals import (
    ColumnNeededError,
    FileMissingError,
    LayerNeededError,
    NoSuchColumnError,
    NoSuchLayerError,
    NotPolygonsError,
    UnreadableFileError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LEFT, RIGHT = shapely.box(114.20, 26.70, 114.21, 26.71), shapely.box(114.21, 26.70, 114.22, 26.71)
CODES = ["会师路-01", "会师路-02"]


def write(
    path: Path,
    geometries: Sequence[Any] = (LEFT, RIGHT),
    *,
    crs: str | None = "EPSG:4490",
    columns: dict[str, Sequence[Any]] | None = None,
    **options: Any,
) -> Path:
    columns = {"code": CODES, "households": [400, 410]} if columns is None else columns
    pyogrio.raw.write(
        path,
        shapely.to_wkb(np.array(geometries, dtype=object)),
        [
            np.array(one, dtype=object) if isinstance(one[0], str) else np.array(one)
            for one in columns.values()
        ],
        list(columns),
        geometry_type=options.pop("geometry_type", "Polygon"),
        crs=crs,
        **options,
    )
    return path


def write_geojson(
    path: Path, features: Sequence[tuple[dict[str, Any], Any]], **members: Any
) -> Path:
    listed = [
        {"type": "Feature", "properties": properties, "geometry": geometry}
        for properties, geometry in features
    ]
    path.write_text(
        json.dumps(
            {"type": "FeatureCollection", **members, "features": listed}, ensure_ascii=False
        ),
        encoding="utf-8",
    )
    return path


def polygon(west: float = 114.2) -> dict[str, Any]:
    return json.loads(shapely.to_geojson(shapely.box(west, 26.7, west + 0.01, 26.71)))


@pytest.mark.filterwarnings("ignore:.*crs.*:UserWarning")
@pytest.mark.parametrize("name", ["a.gpkg", "a.shp", "a.fgb", "a.geojson", "a.kml"])
def test_every_format_gives_the_same_polygons(tmp_path: Path, name: str) -> None:
    crs = "EPSG:4326" if name.endswith((".geojson", ".kml")) else "EPSG:4490"
    options = {".shp": {"encoding": "UTF-8"}, ".kml": {"driver": "LIBKML"}}.get(name[1:], {})
    read = read_polygons(write(tmp_path / name, crs=crs, **options), id_column="code")
    order = np.argsort(read.ids)
    assert list(read.ids[order]) == CODES
    assert shapely.equals(read.geometries[order], [LEFT, RIGHT]).all()
    assert parse_datum(read.crs or "").name in {"wgs84", "cgcs2000"}
    assert read.problems == ()


@pytest.mark.parametrize("encoding", ["WKB", "geoarrow"])
def test_geoparquet_in_both_encodings(tmp_path: Path, encoding: str) -> None:
    import geopandas  # noqa: PLC0415 - the reference writer, for this test alone

    frame = geopandas.GeoDataFrame({"code": CODES}, geometry=[LEFT, RIGHT], crs="EPSG:4547")
    frame.to_parquet(tmp_path / "a.parquet", geometry_encoding=encoding)
    read = read_polygons(tmp_path / "a.parquet")
    assert (read.ids.tolist(), read.id_column, read.crs) == (CODES, "code", "EPSG:4547")
    assert shapely.equals(read.geometries, [LEFT, RIGHT]).all()


def test_parquet_with_a_column_of_wkb_and_no_more(tmp_path: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415 - for this test alone
    import pyarrow.parquet as pq  # noqa: PLC0415 - for this test alone

    wkb = [shapely.to_wkb(LEFT), None, b"broken"]
    pq.write_table(pa.table({"id": [7, 8, 9], "geom": wkb}), tmp_path / "a.parquet")
    read = read_polygons(tmp_path / "a.parquet")
    assert read.ids.tolist() == [7, 8, 9]
    assert [(one.kind, one.row) for one in read.problems] == [
        ("unreadable_geometry", 3),
        ("null_geometry", 2),
        ("no_crs", None),
    ]


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
@pytest.mark.parametrize("declared", [True, False])
def test_shapefiles_with_chinese_text(tmp_path: Path, encoding: str, declared: bool) -> None:
    path = write(tmp_path / "grids.shp", encoding=encoding, columns={"编码": CODES})
    if not declared:
        (tmp_path / "grids.cpg").unlink()
    read = read_polygons(path)
    assert (read.id_column, read.ids.tolist()) == ("编码", CODES)


def test_a_named_encoding_decides(tmp_path: Path) -> None:
    path = write(tmp_path / "grids.shp", encoding="BIG5", columns={"code": ["龍江", "湘洲"]})
    (tmp_path / "grids.cpg").unlink()
    assert read_polygons(path, encoding="BIG5").ids.tolist() == ["龍江", "湘洲"]


def test_geojson_from_a_chinese_desktop_program(tmp_path: Path) -> None:
    path = write_geojson(
        tmp_path / "a.geojson", [({"code": "红"}, polygon()), ({"code": "星"}, polygon())]
    )
    text = path.read_text(encoding="utf-8")
    path.write_bytes(text.encode("gb18030"))
    assert read_polygons(path).ids.tolist() == ["红", "星"]
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_polygons(path).ids.tolist() == ["红", "星"]


def test_a_zipped_shapefile(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    write(folder / "grids.shp", encoding="UTF-8")
    shutil.make_archive(str(tmp_path / "grids"), "zip", folder)
    assert read_polygons(tmp_path / "grids.zip").ids.tolist() == CODES


def test_a_shapefile_without_prj_says_that_its_system_is_unknown(tmp_path: Path) -> None:
    path = write(tmp_path / "grids.shp", encoding="UTF-8")
    (tmp_path / "grids.prj").unlink()
    read = read_polygons(path)
    assert read.crs is None
    assert [one.kind for one in read.problems] == ["no_crs"]


def test_heights_are_dropped(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.gpkg", [shapely.force_3d(LEFT, 5.0), RIGHT], geometry_type="Polygon Z"
    )
    assert not shapely.has_z(read_polygons(path).geometries).any()


def test_every_odd_row_is_named_and_kept(tmp_path: Path) -> None:
    point = {"type": "Point", "coordinates": [114.2, 26.7]}
    open_ring = {"type": "Polygon", "coordinates": [polygon()["coordinates"][0][:-1]]}
    collection = {"type": "GeometryCollection", "geometries": [polygon(), polygon(114.3)]}
    broken = {"type": "Polygon", "coordinates": [[[114.2, 26.7], [114.2, "x"], [1, 1], [2, 2]]]}
    geometries = [
        polygon(),
        None,
        {"type": "Polygon", "coordinates": []},
        point,
        open_ring,
        collection,
        broken,
    ]
    ids = ["a", "b", "a", "", "e", "f", None]
    features = [({"code": one}, geometry) for one, geometry in zip(ids, geometries, strict=True)]
    read = read_polygons(write_geojson(tmp_path / "odd.geojson", features))
    found = {(one.row, one.field, one.kind) for one in read.problems}
    assert found == {
        (2, "geometry", "null_geometry"),
        (3, "geometry", "empty_geometry"),
        (3, "code", "duplicate_id"),
        (4, "geometry", "not_polygon"),
        (4, "code", "missing_id"),
        (5, "geometry", "repaired_geometry"),
        (7, "geometry", "unreadable_geometry"),
        (7, "code", "missing_id"),
    }
    assert [one is not None for one in read.geometries] == [
        True,
        False,
        False,
        False,
        True,
        True,
        False,
    ]
    assert len(read.ids) == 7


@pytest.mark.parametrize(
    ("columns", "chosen"),
    [
        ({"name": ["a", "b"], "CODE": ["1", "2"], "id": [1, 2]}, "CODE"),
        ({"name": ["a", "b"], "网格编码": ["1", "2"]}, "网格编码"),
        ({"id": [None, None], "BoroCD": [101, 102], "area": [1.5, 2.5]}, "BoroCD"),
        ({"code": ["x", "x"], "other": [1, 2]}, "code"),
        ({"households": [1, 2], "name": ["a", "b"]}, "name"),
        ({"kind": ["x", "x"], "zone": [5, 6]}, "zone"),
    ],
)
def test_the_column_that_identifies_is_proposed(
    tmp_path: Path, columns: dict[str, list[Any]], chosen: str
) -> None:
    rows = [{name: one[row] for name, one in columns.items()} for row in (0, 1)]
    path = write_geojson(tmp_path / "a.geojson", [(one, polygon()) for one in rows])
    assert read_polygons(path).id_column == chosen


def test_an_unclear_column_has_to_be_named(tmp_path: Path) -> None:
    rows = [
        ({"households": 1, "storeys": 2}, polygon()),
        ({"households": 3, "storeys": 4}, polygon()),
    ]
    path = write_geojson(tmp_path / "a.geojson", rows)
    with pytest.raises(ColumnNeededError, match="households, storeys"):
        read_polygons(path)
    assert read_polygons(path, id_column="storeys").ids.tolist() == [2, 4]
    assert read_polygons(path, row_numbers=True).ids.tolist() == [1, 2]
    with pytest.raises(NoSuchColumnError, match=r"“rooms”; it has: households, storeys"):
        read_polygons(path, id_column="rooms")


def test_geojson_s_own_identifiers_are_a_last_resort(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "a.geojson", [({}, polygon()), ({}, polygon())])
    document = json.loads(path.read_text(encoding="utf-8"))
    for number, feature in enumerate(document["features"]):
        feature["id"] = f"way/{number}"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert read_polygons(path).ids.tolist() == ["way/0", "way/1"]


def test_geojson_s_system_is_wgs84_unless_it_says_otherwise(tmp_path: Path) -> None:
    rows = [({"code": "a"}, polygon())]
    assert read_polygons(write_geojson(tmp_path / "a.geojson", rows)).crs == "wgs84"
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}
    assert (
        read_polygons(write_geojson(tmp_path / "b.geojson", rows, crs=crs)).crs
        == crs["properties"]["name"]
    )


def test_several_layers_have_to_be_told_apart(tmp_path: Path) -> None:
    path = write(tmp_path / "city.gpkg", layer="grids")
    write(
        path, [shapely.Point(114.2, 26.7)] * 2, layer="stations", geometry_type="Point", append=True
    )
    assert read_polygons(path).ids.tolist() == CODES
    write(path, layer="blocks", append=True)
    with pytest.raises(LayerNeededError, match="grids, blocks"):
        read_polygons(path)
    assert read_polygons(path, layer="blocks").ids.tolist() == CODES
    with pytest.raises(NoSuchLayerError, match="grids"):
        read_polygons(path, layer="streets")


def test_what_is_no_file_of_polygons_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match="no such file"):
        read_polygons(tmp_path / "absent.gpkg")
    for name in ("a.geojson", "a.gpkg", "a.parquet", "a.shp", "a.unheard"):
        (tmp_path / name).write_bytes(b"{not a map")
        with pytest.raises(UnreadableFileError):
            read_polygons(tmp_path / name)
    with pytest.raises(NotPolygonsError):
        read_polygons(write_geojson(tmp_path / "empty.geojson", []))
    points = write(tmp_path / "p.gpkg", [shapely.Point(1, 2)] * 2, geometry_type="Point")
    with pytest.raises(NotPolygonsError):
        read_polygons(points)


@pytest.mark.parametrize("name", ["a.geojson", "a.parquet"])
def test_the_light_formats_do_not_pay_for_the_heavy_libraries(tmp_path: Path, name: str) -> None:
    code = (
        "import sys; from geo.files.polygons import read_polygons\n"
        f"try: read_polygons({str(tmp_path / name)!r})\nexcept Exception: pass\n"
        "heavy = {'pandas', 'geopandas', 'pyogrio', 'pyproj'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    import geopandas  # noqa: PLC0415 - the writer

    frame = geopandas.GeoDataFrame({"code": CODES}, geometry=[LEFT, RIGHT], crs="EPSG:4326")
    if name.endswith("parquet"):
        frame.to_parquet(tmp_path / name)
    else:
        frame.to_file(tmp_path / name)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
