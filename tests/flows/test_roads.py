"""Walking networks: roads of OpenStreetMap in a folder, and what ``hongge roads`` says of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from click.testing import CliRunner
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from api.cli import build
from api.commands.road_words import summary
from api.commands.speech import language
from geo.files.folder import read_folder
from geo.flows.load import load
from geo.settings import settings
from geo.store import models
from tests.flows.conftest import City, spot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result


@pytest.fixture
def store(database_url: str) -> Iterator[Session]:
    engine = create_engine(database_url)
    with Session(engine) as opened:
        yield opened
        opened.execute(text("DELETE FROM jurisdiction"))
        opened.commit()
    engine.dispose()


def node(number: int, column: float, row: float, tags: str = "") -> str:
    lon, lat = spot(column, row)
    return f'<node id="{number}" lon="{lon:.7f}" lat="{lat:.7f}">{tags}</node>'


def way(number: int, nodes: list[int], **tags: str) -> str:
    refs = "".join(f'<nd ref="{one}"/>' for one in nodes)
    told = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
    return f'<way id="{number}">{refs}{told}</way>'


TOWN = f"""<osm version="0.6">
{node(1, 0.1, 0.5)}{node(2, 1.0, 0.5)}{node(3, 1.9, 0.5)}{node(4, 1.5, 0.9)}{node(5, 1.6, 0.9)}
{node(6, 60, 0.5)}{node(7, 61, 0.5)}{node(8, 4, 0.5)}
{way(1, [1, 2, 3], highway="residential", name="会师路", oneway="yes")}
{way(2, [4, 5], highway="steps", name="石阶")}
{way(3, [2, 4], highway="service", access="private")}
{way(4, [6, 7], highway="footway")}
{way(5, [3, 8], highway="motorway")}
{way(6, [3, 8], route="ferry")}
</osm>"""


ELSEWHERE = f"""<osm version="0.6">{node(6, 60, 0.5)}{node(7, 61, 0.5)}
{way(4, [6, 7], highway="footway")}</osm>"""


def with_osm(city: City, folder: Path, content: str = TOWN) -> Path:
    city.features.pop("roads", None)
    city.extra = 'roads = "town.osm"'
    city.write(folder)
    (folder / "town.osm").write_text(content, "utf-8")
    return folder


def english(found: Any) -> list[str]:
    return [one.english() for one in found]


@pytest.mark.parametrize("crs", ["wgs84", "gcj02"])
def test_roads_of_openstreetmap_are_loaded_in_wgs84_whatever_the_rest_is_in(
    crs: str, city: City, tmp_path: Path, database_url: str, store: Session
) -> None:
    city.crs = crs
    report = load(with_osm(city, tmp_path), url=database_url)
    assert report.refused == ()
    assert report.taken["roads"] == 4
    stored = store.execute(
        select(
            models.Road.name,
            models.Road.kind,
            models.Road.walkable,
            models.Road.geom.ST_AsText(),
        ).order_by(models.Road.id)
    ).all()
    assert [row[:3] for row in stored] == [
        ("会师路", "residential", True),
        ("石阶", "steps", True),
        ("", "service", False),
        ("", "motorway", False),
    ]
    assert shapely.from_wkt(stored[0][3]).coords[0] == pytest.approx(spot(0.1, 0.5), abs=1e-7)
    assert report.walking is not None
    assert [one.nodes for one in report.walking.found.components] == [3, 2]
    said = english(summary(report.walking))
    assert said[0].startswith("town.osm: 0.4 km that may be walked, in 3 pieces between 5 nodes.")
    assert "Connected components: 2. The largest has 60.00 % of the nodes." in said
    assert "Roads that may not be walked: access=private (1), highway=motorway (1)." in said
    assert "Ways left out, for they are no roads: route=ferry (1)." in said
    assert "Ways outside of the jurisdiction and its surroundings: 1." in said


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "town.osm: The file can't be read: XML parsing error"),
        (TOWN[:300], "town.osm: The file can't be read: XML parsing error"),
        (
            ELSEWHERE,
            "town.osm: It holds no road that may be walked in the jurisdiction or within 1000 m",
        ),
    ],
    ids=["empty", "cut off", "elsewhere"],
)
def test_a_file_of_no_use_refuses_the_folder(
    content: str, reason: str, city: City, tmp_path: Path
) -> None:
    [problem] = read_folder(with_osm(city, tmp_path, content)).problems
    assert problem.sentence().english().startswith(reason)
    assert problem.layer == "roads"


@pytest.fixture(autouse=True)
def speaking_english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("HONGGE_LANGUAGE", "en")
    language.cache_clear()
    yield
    language.cache_clear()
    settings.cache_clear()


def hongge(*arguments: str) -> Result:
    return CliRunner().invoke(build(), ["roads", *arguments])


@pytest.fixture
def town(tmp_path: Path) -> str:
    path = tmp_path / "town.osm"
    path.write_text(TOWN, "utf-8")
    return str(path)


def test_the_command_lists_components_beside_the_largest(town: str) -> None:
    done = hongge(town)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert "Connected components: 3. The largest has 42.86 % of the nodes." in lines
    at = lines.index("Components beside the largest, by size:")
    lon, lat = spot(60, 0.5)
    assert lines[at + 1].startswith(f"  2. 2 nodes, 199 m, at {lon:.6f}, {lat:.6f}")
    assert lines[at + 2].startswith("  3. 2 nodes, 20 m, at ")
    assert lines[at + 2].endswith(" (石阶)")


def test_the_command_writes_json_and_components(town: str, tmp_path: Path) -> None:
    out = tmp_path / "components.geojson"
    document = json.loads(hongge(town, "--json", "--geojson", str(out)).stdout)
    assert (document["format"], document["pieces"], document["nodes"]) == (1, 4, 7)
    assert document["largest_share"] == pytest.approx(3 / 7, abs=1e-6)
    assert document["osm"]["not_walked"] == {"access=private": 1, "highway=motorway": 1}
    assert [one["nodes"] for one in document["components"]] == [3, 2, 2]
    features = json.loads(out.read_text("utf-8"))["features"]
    lengths = [shapely.from_geojson(json.dumps(one["geometry"])).length for one in features]
    assert [one["properties"]["component"] for one in features] == [1, 2, 3]
    assert min(lengths) > 0


def test_a_layer_of_roads_is_surveyed_and_its_faults_are_named(tmp_path: Path) -> None:
    shapes = [
        ("LINESTRING (114.27 26.74, 114.28 26.74)", {"name": "会师路"}),
        ("LINESTRING (114.28 26.74, 114.28 26.75)", {"walkable": False}),
        ("LINESTRING (114.28 26.74, 114.29 26.75)", {"walkable": "maybe"}),
        ("POINT (114.28 26.74)", {}),
    ]
    features = [
        {
            "type": "Feature",
            "geometry": json.loads(shapely.to_geojson(shapely.from_wkt(wkt))),
            "properties": told,
        }
        for wkt, told in shapes
    ]
    path = tmp_path / "roads.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    done = hongge(str(path))
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0] == ("roads.geojson, feature 3, walkable: “maybe” should be true or false.")
    assert lines[1].startswith("roads.geojson, feature 4: It is a Point")
    assert lines[2].startswith("roads.geojson: 1.0 km that may be walked, in 1 pieces")


def test_the_command_surveys_what_is_loaded(
    city: City, tmp_path: Path, database_url: str, store: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store is not None
    monkeypatch.setenv("HONGGE_DATABASE_URL", database_url)
    settings.cache_clear()
    folder = str(with_osm(city, tmp_path))
    lines = CliRunner().invoke(build(), ["load", folder]).stdout.splitlines()
    assert "Connected components: 2. The largest has 60.00 % of the nodes." in lines
    assert "“hongge roads” says where the smaller components are." in lines
    again = CliRunner().invoke(build(), ["load", "--replace", "--json", folder])
    assert json.loads(again.stdout)["walking"]["nodes"] == 5
    document = json.loads(hongge("--jurisdiction", "small", "--json").stdout)
    assert document["source"] == "small"
    assert [one["nodes"] for one in document["components"]] == [3, 2]
    assert document["components"][1]["name"] == "石阶"
    missing = hongge("--jurisdiction", "nowhere")
    assert missing.exception is not None
    assert "There is no jurisdiction “nowhere”." in str(missing.exception)


def test_stations_without_a_way_to_the_largest_component_are_named(
    city: City, tmp_path: Path, database_url: str, store: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store is not None
    monkeypatch.setenv("HONGGE_DATABASE_URL", database_url)
    settings.cache_clear()
    _, station = city.features["stations"][0]
    for code, column in (("S2", 1.55), ("S3", 3.9)):
        city.features["stations"].append(
            (shapely.Point(spot(column, 0.95)), station | {"code": code})
        )
    loaded = CliRunner().invoke(build(), ["load", str(with_osm(city, tmp_path))])
    assert loaded.exit_code == 0, loaded.output
    lines = hongge("--jurisdiction", "small").stdout.splitlines()
    at = lines.index("Stations from which no way leads to the largest component:")
    told = [line.split(",")[0] + line[line.rindex(":") :] for line in lines[at + 1 :]]
    assert told == ["  S2 驿站: on component 2"]
    document = json.loads(hongge("--jurisdiction", "small", "--json").stdout)
    assert [(one["code"], one["component"]) for one in document["stations_cut_off"]] == [("S2", 2)]


@pytest.mark.parametrize(
    "arguments",
    [[], ["a", "--jurisdiction", "b"], ["absent.osm"], ["--jurisdiction", "b", "--datum", "wgs84"]],
)
def test_a_wrong_call_ends_with_status_2(arguments: list[str]) -> None:
    assert hongge(*arguments).exit_code == 2
