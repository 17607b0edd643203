"""``hongge check``: from a file to findings on the ground, in words, as JSON and as a map."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import pytest
import shapely
from click.testing import CliRunner

from api.commands.check import command
from geo.core.crs import transform_geometry
from geo.errors import DatumRefusedError, NoTransformationError
from geo.files.refusals import FileMissingError
from geo.flows import check as flow
from geo.flows.check import DatumNeededError, ImpossibleDegreesError, check_file
from geo.settings import Settings
from tests.corpus import CASES, Case, in_degrees, named

if TYPE_CHECKING:
    from pathlib import Path


def write(
    path: Path, polygons: Any, *, ids: list[Any] | None = None, crs: str | None = None
) -> Path:
    ids = [f"g{row}" for row in range(len(polygons))] if ids is None else ids
    features = [
        {
            "type": "Feature",
            "properties": {"code": one},
            "geometry": None if polygon is None else json.loads(shapely.to_geojson(polygon)),
        }
        for one, polygon in zip(ids, polygons, strict=True)
    ]
    document: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if crs:
        document["crs"] = {"type": "name", "properties": {"name": crs}}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def hongge(*arguments: str, language: str = "en") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "api.cli", "check", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"HONGGE_LANGUAGE": language, "PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8"},
    )


@pytest.mark.parametrize("name", ["overlap", "nested", "lake in the middle", "sliver", "exclave"])
@pytest.mark.parametrize("datum", ["wgs84", "gcj02", "EPSG:4547", "EPSG:2326"])
def test_the_same_is_found_in_every_datum(tmp_path: Path, name: str, datum: str) -> None:
    case = named(name)
    placed = in_degrees(case, *((114.17, 22.31) if datum == "EPSG:2326" else (114.279, 26.749)))
    path = write(tmp_path / "a.geojson", transform_geometry(placed, "wgs84", datum))
    check = check_file(path, datum=datum)
    assert sorted((one.kind, one.severity, set(one.rows)) for one in check.findings) == sorted(
        (kind, severity, set(rows)) for kind, severity, rows in case.findings
    )
    area = shapely.total_bounds(placed)
    for one in check.findings:
        assert shapely.box(*area).buffer(1e-5).covers(one.geometry)


def test_figures_are_those_on_the_ground(tmp_path: Path) -> None:
    check = check_file(write(tmp_path / "a.geojson", in_degrees(named("overlap"))))
    assert check.findings[0].area_m2 == pytest.approx(3000, rel=0.005)
    assert check.findings[0].width_m == pytest.approx(10, rel=0.05)


def test_feet_are_not_taken_for_metres(tmp_path: Path) -> None:
    polygons = shapely.transform(named("overlap").array, lambda xy: xy / 0.3048006 + 900_000)
    found = check_file(write(tmp_path / "a.geojson", polygons, crs="EPSG:2263")).findings[0]
    assert found.area_m2 == pytest.approx(3000, rel=0.005)


def test_rows_that_are_no_polygons_are_told_once(tmp_path: Path) -> None:
    polygons = np.array([shapely.box(114.0, 26.0, 114.01, 26.01), None, shapely.Point(114.0, 26.0)])
    check = check_file(write(tmp_path / "a.geojson", polygons, ids=["a", "b", "a"]))
    kinds = [(one.kind, one.row) for one in check.problems]
    assert kinds == [("null_geometry", 2), ("not_polygon", 3), ("duplicate_id", 3)]
    assert check.findings == ()
    assert (check.errors, check.remarks) == (3, 0)


def test_a_file_without_a_system_needs_to_be_told_one(tmp_path: Path) -> None:
    path = tmp_path / "grids.shp"
    pyogrio.raw.write(
        path,
        shapely.to_wkb(in_degrees(named("two neighbours"))),
        [np.array(["a", "b"], dtype=object)],
        ["code"],
        geometry_type="Polygon",
        crs="EPSG:4490",
        encoding="UTF-8",
    )
    (tmp_path / "grids.prj").unlink()
    with pytest.raises(DatumNeededError, match="--datum"):
        check_file(path)
    assert check_file(path, datum="cgcs2000").findings == ()


def test_metres_without_a_system_are_not_taken_for_degrees(tmp_path: Path) -> None:
    path = write(tmp_path / "a.geojson", named("overlap").array)
    with pytest.raises(ImpossibleDegreesError, match="no longitudes and latitudes"):
        check_file(path)


@pytest.mark.parametrize("crs", ["EPSG:2343", "EPSG:4610"])
def test_a_system_that_nothing_public_leads_from_is_refused(tmp_path: Path, crs: str) -> None:
    polygons = np.array([shapely.box(90.0, 30.0, 90.01, 30.01)])
    if crs == "EPSG:2343":
        polygons = named("overlap").array
    with pytest.raises(NoTransformationError, match=crs):
        check_file(write(tmp_path / "a.geojson", polygons, crs=crs))


def test_the_whole_world_is_measured_as_far_as_it_can_be(tmp_path: Path) -> None:
    polygons = np.array([shapely.box(-180, -90, 0, 90), shapely.box(-1, -90, 180, 90)])
    found = check_file(write(tmp_path / "a.geojson", polygons)).findings
    assert [one.kind for one in found] == ["overlap"]
    assert np.isfinite(found[0].area_m2)


def test_longitudes_beyond_the_antimeridian_go_on(tmp_path: Path) -> None:
    polygons = np.array(
        [shapely.box(180.5, 0, 180.51, 0.01), shapely.box(180.509, 0, 180.52, 0.01)]
    )
    found = check_file(write(tmp_path / "a.geojson", polygons)).findings
    assert [one.kind for one in found] == ["overlap"]
    assert found[0].area_m2 == pytest.approx(111.3 * 1105.7, rel=0.01)


def test_offset_datums_can_be_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "settings", lambda: Settings(refuse_offset_datums=True))
    path = write(tmp_path / "a.geojson", in_degrees(named("two neighbours")))
    with pytest.raises(DatumRefusedError, match="gcj02"):
        check_file(path, datum="gcj02")
    with pytest.raises(FileMissingError):
        check_file(tmp_path / "absent.gpkg")


@pytest.mark.parametrize(
    ("name", "options", "status"),
    [
        ("two neighbours", [], 0),
        ("lake in the middle", [], 0),
        ("enclave", [], 0),
        ("lake in the middle", ["--gap-width-m", "500"], 1),
        ("overlap", [], 1),
        ("multipart", [], 1),
        ("multipart", ["--allow-multipart"], 0),
        ("overlap", ["--gap-width-m", "wide"], 2),
        ("overlap", ["--no-such-option"], 2),
    ],
)
def test_the_exit_status_tells(tmp_path: Path, name: str, options: list[str], status: int) -> None:
    path = write(tmp_path / "a.geojson", in_degrees(named(name)))
    assert CliRunner().invoke(command, [str(path), *options]).exit_code == status


def test_an_unreadable_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "a.geojson").write_text("{", encoding="utf-8")
    done = hongge(str(tmp_path / "a.geojson"))
    assert done.returncode == 1
    assert "a.geojson can't be read" in done.stderr
    assert "Traceback" not in done.stderr
    assert hongge(str(tmp_path / "absent.geojson")).returncode == 2


def test_the_text_names_both_grids_size_and_place(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.geojson", in_degrees(named("overlap")), ids=["360881001", "360881002"]
    )
    done = hongge(str(path))
    line = next(one for one in done.stdout.splitlines() if "overlap." in one)
    assert "“360881001” and “360881002” overlap." in line
    assert "m wide" in line
    assert "at 114.28" in line
    assert "Errors: 1." in done.stdout


@pytest.mark.parametrize("case", [one for one in CASES if one.findings], ids=str)
def test_the_json_says_everything(tmp_path: Path, case: Case) -> None:
    path = write(tmp_path / "a.geojson", in_degrees(case)) if _plain(case) else None
    if path is None:
        pytest.skip("GeoJSON can't hold this case")
    document = json.loads(CliRunner().invoke(command, [str(path), "--json"]).stdout)
    assert document["format"] == 1
    errors = [one for one in document["findings"] if one["severity"] == "error"]
    assert document["errors"] == len(errors) + len(document["problems"])
    for one in document["findings"]:
        assert one["ids"] == [f"g{row - 1}" for row in one["rows"]]
        assert one["message"]
        if one["geometry"] is not None:
            shape = shapely.from_geojson(json.dumps(one["geometry"]))
            assert shape.distance(shapely.Point(one["lon"], one["lat"])) < 1e-9


def _plain(case: Case) -> bool:
    """Tell whether GeoJSON can hold a case's numbers."""
    return all(
        one is None or np.isfinite(shapely.get_coordinates(one)).all() for one in case.polygons
    ) and any(one is not None and not one.is_empty for one in case.polygons)


def test_the_map_is_drawn(tmp_path: Path) -> None:
    path = write(tmp_path / "a.geojson", in_degrees(named("overlap")))
    done = hongge(str(path), "--map", str(tmp_path / "map.html"), language="zh_CN")
    assert done.returncode == 1
    page = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert '<html lang="zh-CN">' in page
    assert "look-overlap" in page


def test_the_map_never_replaces_what_is_checked(tmp_path: Path) -> None:
    path = write(tmp_path / "a.geojson", in_degrees(named("overlap")))
    before = path.read_bytes()
    over = hongge(str(path), "--map", str(path), language="en")
    assert (over.returncode, path.read_bytes()) == (1, before)
    assert over.stderr == "a.geojson is the input: write the result to another file.\n"
    nowhere = hongge(str(path), "--map", str(tmp_path / "none" / "map.html"), language="en")
    assert nowhere.returncode == 1
    assert nowhere.stderr == "map.html can't be written: No such file or directory\n"


def test_what_is_wrong_with_an_outline_is_said_in_chinese(tmp_path: Path) -> None:
    bow = shapely.Polygon([(114.27, 26.74), (114.28, 26.75), (114.28, 26.74), (114.27, 26.75)])
    path = write(tmp_path / "bow.geojson", [bow])
    told = hongge(str(path), language="zh_CN").stdout
    assert "“g0” 的轮廓无效：自相交。" in told
    assert "intersection" not in told


@pytest.mark.shared_data
def test_real_districts_have_two_small_gaps_and_many_islands(shared_data: Path) -> None:
    check = check_file(shared_data / "nyc311" / "community_districts_orig.geojson")
    errors = [one.kind for one in check.findings if one.severity == "error"]
    assert (errors.count("gap"), errors.count("multipart"), len(errors)) == (2, 18, 20)
    assert check.id_column == "BoroCD"


def test_names_stand_beside_each_other_as_the_language_has_it(tmp_path: Path) -> None:
    strips = [
        shapely.box(114.27, 26.74, 114.28, 26.75),
        shapely.box(114.28005, 26.74, 114.29, 26.75),
    ]
    path = str(write(tmp_path / "gap.geojson", strips))
    assert "“g0”, “g1”" in hongge(path, language="en").stdout
    assert "“g0”、“g1”" in hongge(path, language="zh_CN").stdout
