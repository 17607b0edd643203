"""Whatever is wrong in a folder is named with its file, row and field, and nothing is stored."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from sqlalchemy import create_engine, func, select

from geo.files.references import place_buildings
from geo.flows.load import load
from geo.store import models
from tests.flows.conftest import COMMUNITIES, City, grid, square

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIRST, SECOND = COMMUNITIES
Spoil = "Callable[[City], object]"


def refusals(city: City, folder: Path, url: str) -> list[str]:
    """Load a spoilt city; return what refuses it, and see that nothing was stored."""
    report = load(city.write(folder), url=url)
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(models.Jurisdiction)) == 0
    engine.dispose()
    assert not report.stored
    assert report.taken == {}
    return [one.sentence().english() for one in report.refused]


def put(layer: str, row: int, **values: Any) -> Callable[[City], object]:
    return lambda city: city.tables[layer][row].update(values)


def tell(layer: str, row: int, **values: Any) -> Callable[[City], object]:
    return lambda city: city.features[layer][row][1].update(values)


def draw(layer: str, row: int, shape: Any) -> Callable[[City], object]:
    def spoil(city: City) -> None:
        city.features[layer][row] = (shape, city.features[layer][row][1])

    return spoil


VALUES = [
    (
        put("streets", 0, code="99900100"),
        "streets.csv, row 2, code: “99900100” should be 9 digits.",
    ),
    (put("streets", 0, name=" "), "streets.csv, row 2, name: It is empty."),
    (
        put("units", 1, number="1.5"),
        "units.csv, row 3, number: “1.5” should be a whole number from 1 to 9999.",
    ),
    (
        put("households", 3, people="-1"),
        "households.csv, row 5, people: “-1” should be a whole number from 0 to 9999.",
    ),
    (put("residents", 0, name=" "), "residents.csv, row 2, name: It is empty."),
    (
        put("members", 0, role="boss"),
        (
            "members.csv, row 2, role: “boss” is none of: committee_member, paired_unit_member,"
            " grid_worker, owners_committee_member, volunteer, party_member."
        ),
    ),
    (
        put("duties", 0, handle="soon"),
        (
            "duties.csv, row 2, handle: “soon” should be working hours such as 2h, or working days"
            " such as 5d."
        ),
    ),
    (put("duties", 0, private="x"), "duties.csv, row 2, private: “x” should be true or false."),
    (
        put("opening_rules", 0, opens="8点"),
        "opening_rules.csv, row 2, opens: “8点” should be a time such as 08:30.",
    ),
    (
        put("calendar", 0, day="2026-02-30"),
        "calendar.csv, row 2, day: “2026-02-30” should be a day such as 2026-10-01.",
    ),
    (
        put("issues", 1, occurred_at="yesterday"),
        (
            "issues.csv, row 3, occurred_at: “yesterday” should be a time such as"
            " 2026-10-01T08:30:00+08:00."
        ),
    ),
    (put("issues", 1, lon="1O4.1"), "issues.csv, row 3, lon: “1O4.1” should be a number."),
    (
        put("issues", 1, accuracy_m="-3"),
        "issues.csv, row 3, accuracy_m: “-3” should be a radius from 0 to 100000 m.",
    ),
    (
        tell("grids-2", 0, code="99900100100100"),
        "grids-2.geojson, feature 1, code: “99900100100100” should be 15 digits.",
    ),
    (
        tell("grids-2", 1, uid="x"),
        "grids-2.geojson, feature 2, uid: “x” should be a UUID.",
    ),
    (
        tell("buildings", 2, storeys=0),
        "buildings.geojson, feature 3, storeys: “0” should be a whole number from 1 to 300.",
    ),
]
REFERENCES = [
    (
        put("opening_rules", 0, opens=""),
        "opening_rules.csv, row 2, opens: It is empty, but closes isn't.",
    ),
    (
        put("opening_rules", 0, closes="08:00"),
        (
            "opening_rules.csv, row 2, closes: It closes when it opens; a whole day is 00:00 to"
            " 24:00."
        ),
    ),
    (
        put("opening_rules", 1, day="1", opens="", closes=""),
        "opening_rules.csv, row 3, opens: It is closed on such days, but row 2 has hours.",
    ),
    (
        tell("stations", 0, opening_hours="24/7"),
        (
            "stations.geojson, feature 1, opening_hours: The layer opening_rules has rules for"
            " this station as well."
        ),
    ),
    (
        tell("stations", 0, opening_hours="Mo sunrise-12:00"),
        (
            "stations.geojson, feature 1, opening_hours: “Mo sunrise-12:00” depends on sunrise or"
            " sunset, which opening rules here don't know."
        ),
    ),
    (put("closures", 0, reason=""), "closures.csv, row 2, reason: It is empty."),
    (
        put("closures", 0, ends_at="2026-03-04T08:00"),
        "closures.csv, row 2, ends_at: It is not after starts_at.",
    ),
    (
        put("closures", 0, station_code="S9"),
        "closures.csv, row 2, station_code: There is no “S9”.",
    ),
    (
        put("rooms", 0, area_m2="0"),
        "rooms.csv, row 2, area_m2: “0” should be an area above 0 and up to 100000 m².",
    ),
    (
        put("rooms", 1, zone="kitchen"),
        (
            "rooms.csv, row 3, zone: “kitchen” is none of: deliberation, public_service,"
            " warm_service, office, ancillary."
        ),
    ),
    (put("rooms", 1, code="R1"), "rooms.csv, row 3: “S1 / R1” is there already, in row 2."),
    (
        put("services", 0, slot_minutes=""),
        "services.csv, row 2, slot_minutes: It is empty; appointments need it.",
    ),
    (
        put("services", 1, slot_minutes="20"),
        "services.csv, row 3, slot_minutes: It should be empty: errands have no slots.",
    ),
    (
        put("services", 0, capacity="0"),
        "services.csv, row 2, capacity: “0” should be a whole number from 1 to 500.",
    ),
    (
        put("units", 0, building_code="9号楼"),
        "units.csv, row 2, building_code: There is no “9号楼”.",
    ),
    (
        put("households", 1, unit=7),
        "households.csv, row 3, unit: Building 1号楼 has no unit 7.",
    ),
    (
        put("residents", 1, room="999"),
        "residents.csv, row 3, room: The unit has no room 999.",
    ),
    (
        put("members", 1, paired_unit_code="P9"),
        "members.csv, row 3, paired_unit_code: There is no “P9”.",
    ),
    (
        put("duties", 0, department_code="D9"),
        "duties.csv, row 2, department_code: There is no “D9”.",
    ),
    (put("issues", 0, duty_code="Y9"), "issues.csv, row 2, duty_code: There is no “Y9”."),
    (
        tell("stations", 0, community_code="999001001777"),
        "stations.geojson, feature 1, community_code: There is no “999001001777”.",
    ),
    (
        tell("grids-2", 3, code="999001001777001"),
        "grids-2.geojson, feature 4, code: There is no community 999001001777.",
    ),
    (
        put("responsibilities", 0, grid_code=f"{FIRST}777"),
        f"responsibilities.csv, row 2, grid_code: The present generation has no grid {FIRST}777.",
    ),
    (
        put("responsibilities", 3, room="999"),
        "responsibilities.csv, row 5, room: The unit has no room 999.",
    ),
    (
        put("responsibilities", 1, building_code=""),
        "responsibilities.csv, row 3, building_code: It is empty; the level “building” needs it.",
    ),
    (
        put("responsibilities", 1, unit="1"),
        "responsibilities.csv, row 3, unit: It should be empty at the level “building”.",
    ),
    (
        put("unit_overrides", 0, grid_code=f"{FIRST}777"),
        f"unit_overrides.csv, row 2, grid_code: The present generation has no grid {FIRST}777.",
    ),
    (
        put("unit_overrides", 0, reason=""),
        "unit_overrides.csv, row 2, reason: It is empty.",
    ),
    (
        put("members", 2, code="M1"),
        "members.csv, row 4, code: “M1” is there already, in row 2.",
    ),
    (
        put("households", 1, unit=1),
        "households.csv, row 3: “1号楼 / 1 / 101” is there already, in row 2.",
    ),
    (
        tell("grids-2", 1, code=f"{FIRST}001"),
        f"grids-2.geojson, feature 2, code: “{FIRST}001” is there already, in row 1.",
    ),
    (put("issues", 0, state="done"), "issues.csv, row 2, state: “done” is none of: triage,"),
    (
        put("issues", 0, closed_at=""),
        "issues.csv, row 2, closed_at: It is empty, but the state is “closed”.",
    ),
    (
        put("issues", 1, closed_at="2026-05-02T08:00:00+08:00"),
        "issues.csv, row 3, closed_at: It should be empty: the state is “collected”.",
    ),
    (put("issues", 1, lat=""), "issues.csv, row 3, lat: It is empty, but lon isn't."),
    (
        put("issues", 1, received_at="2020-01-01T00:00:00+08:00"),
        "issues.csv, row 3, received_at: It is before occurred_at.",
    ),
    (
        put("issues", 0, handled_at="2020-01-01T00:00:00+08:00"),
        "issues.csv, row 2, handled_at: It is before received_at.",
    ),
    (
        put("issues", 0, fed_back_at="2100-01-01T00:00:00+08:00"),
        "issues.csv, row 2, closed_at: It is before fed_back_at.",
    ),
    (
        put("issues", 1, dispatched_at="2026-05-02T08:00:00+08:00"),
        "issues.csv, row 3, dispatched_at: It should be empty: the state is “collected”.",
    ),
    (
        put("issues", 0, accepted_at="soon"),
        "issues.csv, row 2, accepted_at: “soon” should be a time such as",
    ),
]
BOW_TIE = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
GEOMETRIES = [
    (draw("blocks", 0, None), "blocks.geojson, feature 1: It has no geometry."),
    (
        draw("blocks", 1, shapely.Polygon()),
        "blocks.geojson, feature 2: Its geometry is empty.",
    ),
    (
        draw("stations", 0, square(0, 0)),
        "stations.geojson, feature 1: It is a Polygon where the layer holds: Point.",
    ),
    (
        draw("stations", 0, {"type": "Point", "coordinates": [26.74, 114.27]}),
        (
            "stations.geojson, feature 1: (26.74, 114.27) is no position in wgs84: longitude comes"
            " first, then latitude."
        ),
    ),
    (
        draw("stations", 0, {"type": "Point", "coordinates": ["114", "26"]}),
        "stations.geojson, feature 1: “['114', '26']” is not a position.",
    ),
    (
        draw("roads", 0, {"type": "LineString", "coordinates": [[114, 26], [114, 26]]}),
        "roads.geojson, feature 1: A line needs two different positions.",
    ),
    (
        draw("blocks", 0, {"type": "Polygon", "coordinates": [[[114, 26], [115, 26]]]}),
        "blocks.geojson, feature 1: A ring needs three different positions.",
    ),
    (
        draw("blocks", 0, {"type": "Circle", "coordinates": [114, 26]}),
        "blocks.geojson, feature 1: “Circle” is no kind of geometry that is taken.",
    ),
    (
        draw("blocks", 0, {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 2], [0, 0]]]}),
        "blocks.geojson, feature 1: Its polygon can't be mended:",
    ),
    (
        draw("grids-2", 0, square(0, 0, 1.2)),
        f"grids-2.geojson, feature 1: {FIRST}001 and {FIRST}002 overlap:",
    ),
    (
        draw("grids-2", 0, square(0, 0, 0.9)),
        f"grids-2.geojson, feature 1: Between {FIRST}001 and {FIRST}002 a gap of",
    ),
    (
        draw("communities", 0, square(0, 0, 2.5)),
        f"communities.geojson, feature 1: {FIRST} and {SECOND} overlap:",
    ),
    (
        draw("buildings", 0, square(8, 8, 0.1, 0.1)),
        "buildings.geojson, feature 1, block_code: The building is in no block.",
    ),
    (
        draw("buildings", 1, square(8, 8, 0.1, 0.1)),
        "buildings.geojson, feature 2: Building 2号楼 is in no grid of grids-2.geojson.",
    ),
]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [*VALUES, *REFERENCES, *GEOMETRIES],
    ids=lambda one: "" if callable(one) else str(one)[:60],  # the same in every process
)
def test_what_is_wrong_is_named(
    city: City, tmp_path: Path, database_url: str, spoil: Callable[[City], object], said: str
) -> None:
    spoil(city)
    found = refusals(city, tmp_path, database_url)
    assert any(one.startswith(said) for one in found), found


def test_all_problems_of_all_layers_are_told_at_once(
    city: City, tmp_path: Path, database_url: str
) -> None:
    for spoil, _said in (*VALUES, *GEOMETRIES[:3]):
        spoil(city)
    found = refusals(city, tmp_path, database_url)
    for _spoil, said in (*VALUES[1:], *GEOMETRIES[:3]):
        assert any(one.startswith(said) for one in found), said


def test_one_mistake_is_told_once(city: City, tmp_path: Path, database_url: str) -> None:
    """What refers to a row that is refused, or to a file that can't be read, is not blamed."""
    city.features["communities"][0][1]["name"] = ""
    city.tables["units"][0]["number"] = "x"
    folder = city.write(tmp_path)
    (folder / "members.csv").write_text("", "utf-8")
    found = [one.sentence().english() for one in load(folder, url=database_url).refused]
    assert found == [
        "communities.geojson, feature 1, name: It is empty.",
        "units.csv, row 2, number: “x” should be a whole number from 1 to 9999.",
        "members.csv: The file is empty: it needs a row of column names.",
        "households.csv, row 2, unit: Building 1号楼 has no unit 1.",
        "residents.csv, row 2, unit: Building 1号楼 has no unit 1.",
    ]


def test_a_grid_of_another_community_is_named(
    city: City, tmp_path: Path, database_url: str
) -> None:
    area, told = city.features["grids-2"][1]
    city.features["grids-2"][1] = (area, {**told, "code": f"{SECOND}009"})
    found = refusals(city, tmp_path, database_url)
    assert any(f"Grid {SECOND}009 reaches more than 1.0 m out of community" in one for one in found)


def test_an_old_code_never_goes_to_a_new_grid(
    city: City, tmp_path: Path, database_url: str
) -> None:
    city.features["grids-1"][0][1]["uid"] = "11111111-2222-4333-8444-555555555555"
    city.features["grids-2"][0][1]["uid"] = "11111111-2222-4333-8444-555555555556"
    [found] = refusals(city, tmp_path, database_url)
    assert found.startswith("grids-2.geojson, feature 1, code: The code belonged to another grid")


def test_dedicated_grids_may_not_overlap_each_other(
    city: City, tmp_path: Path, database_url: str
) -> None:
    city.features["grids-2"] += [
        grid(8, square(0.2, 0.2, 0.4, 0.4), kind="dedicated"),
        grid(9, square(0.4, 0.4, 0.4, 0.4), kind="dedicated"),
    ]
    [found] = refusals(city, tmp_path, database_url)
    assert found.startswith(f"grids-2.geojson, feature 5: {FIRST}008 and {FIRST}009 overlap:")


MANIFESTS = [
    ({"slug": "Not A Slug"}, "jurisdiction.slug: “Not A Slug” should be small letters"),
    ({"division_code": "36"}, "jurisdiction.division_code: “36” should be 6 digits."),
    ({"timezone": "Asia/Nowhere"}, "jurisdiction.timezone: “Asia/Nowhere” should be a time zone"),
    ({"name": ""}, "jurisdiction.name: It is missing."),
    ({"synthetic": "perhaps"}, "jurisdiction.synthetic: “perhaps” should be true or false."),
]


@pytest.mark.parametrize(("head", "said"), MANIFESTS, ids=lambda one: str(one)[:40])
def test_the_manifest_is_read_as_strictly(
    city: City, tmp_path: Path, database_url: str, head: dict[str, Any], said: str
) -> None:
    city.head |= head
    [found] = refusals(city, tmp_path, database_url)
    assert found.startswith(f"manifest.toml, {said}")


PERIODS = [
    (
        (0, {"valid_to": "2026-06-01T00:00:00+08:00"}),
        "generations[2].valid_from: The generation beg",
    ),
    (
        (1, {"valid_to": "2027-06-01T00:00:00+08:00"}),
        "generations[2].valid_to: The last generation",
    ),
    ((0, {"valid_to": "2024-06-01T00:00:00+08:00"}), "generations[1].valid_to: It is not after"),
    ((1, {"number": "1"}), "generations[2].number: Numbers go up"),
    ((1, {"label": '"small-1"'}), "generations[2].label: “small-1” is there already."),
    ((1, {"valid_from": '"once"'}), "generations[2].valid_from: “once” should be a time"),
]


@pytest.mark.parametrize(("spoil", "said"), PERIODS, ids=lambda one: str(one)[:40])
def test_periods_of_generations_follow_each_other(
    city: City, tmp_path: Path, database_url: str, spoil: tuple[int, dict[str, str]], said: str
) -> None:
    at, change = spoil
    city.generations[at] |= change
    found = refusals(city, tmp_path, database_url)
    assert found[0].startswith(f"manifest.toml, {said}"), found


def test_an_unknown_datum_and_an_unknown_layer_are_named(
    city: City, tmp_path: Path, database_url: str
) -> None:
    folder = city.write(tmp_path)
    path = folder / "manifest.toml"
    told = path.read_text("utf-8").replace('crs = "wgs84"', 'crs = "wgs48"')
    path.write_text(told.replace("households =", "housholds ="), "utf-8")
    found = [one.sentence().english() for one in load(folder, url=database_url).refused]
    assert found[0].startswith("manifest.toml, jurisdiction.crs: “wgs48” is not a known datum")
    assert found[1].startswith("manifest.toml, layers.housholds: “housholds” is none of: streets,")


def test_missing_and_altered_files_are_named(city: City, tmp_path: Path, database_url: str) -> None:
    city.extra = '[sha256]\n"streets.csv" = "{}"\n"roads.geojson" = "{}"'.format(
        hashlib.sha256(b"other").hexdigest(), hashlib.sha256(b"other").hexdigest()
    )
    folder = city.write(tmp_path)
    (folder / "members.csv").unlink()
    found = [one.sentence().english() for one in load(folder, url=database_url).refused]
    assert "members.csv: The folder has no such file." in found
    assert "streets.csv: The file is not the one of the manifest: its SHA-256 differs." in found


def test_names_do_not_lead_out_of_the_folder(city: City, tmp_path: Path, database_url: str) -> None:
    folder = city.write(tmp_path / "folder")
    (folder / "streets.csv").rename(tmp_path / "streets.csv")
    path = folder / "manifest.toml"
    path.write_text(path.read_text("utf-8").replace('"streets.csv"', '"../streets.csv"'), "utf-8")
    found = [one.sentence().english() for one in load(folder, url=database_url).refused]
    assert found[0] == "../streets.csv: The folder has no such file."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "units.csv: The file is empty: it needs a row of column names."),
        (b"building_code,number\n1,1\n", "units.csv, row 2, building_code: There is no “1”."),
        (b"building_code,name\n1,1\n", "units.csv, row 1, number: There is no such column."),
        (b"building_code,number,number\n", "units.csv: Columns are named twice: number."),
        (
            b"building_code,number\n1,1,1\n",
            "units.csv, row 2: The row has 3 cells where the header has 2.",
        ),
        (b'building_code,number\n"1,1\n', "units.csv: Line 2 is not CSV:"),
        (b"\x81\xff\xff", "units.csv: The file is neither UTF-8 nor GB18030 text."),
    ],
)
def test_tables_that_are_none_are_refused(
    city: City, tmp_path: Path, database_url: str, content: bytes, said: str
) -> None:
    folder = city.write(tmp_path)
    (folder / "units.csv").write_bytes(content)
    found = [one.sentence().english() for one in load(folder, url=database_url).refused]
    assert any(one.startswith(said) for one in found), found


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "blocks.geojson: The file is not JSON:"),
        ("[]", "blocks.geojson: The file is not a GeoJSON FeatureCollection."),
        (
            '{"type": "FeatureCollection", "features": [1]}',
            "blocks.geojson, feature 1: It is not a GeoJSON Feature.",
        ),
        (
            (
                '{"type": "FeatureCollection", "features": [],'
                ' "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}}'
            ),
            "blocks.geojson: The file is in EPSG:4547, but the manifest says wgs84.",
        ),
    ],
)
def test_features_that_are_none_are_refused(
    city: City, tmp_path: Path, database_url: str, content: str, said: str
) -> None:
    folder = city.write(tmp_path)
    (folder / "blocks.geojson").write_text(content, "utf-8")
    found = [one.sentence().english() for one in load(folder, url=database_url).refused]
    assert any(one.startswith(said) for one in found), found


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path, database_url: str) -> None:
    [found] = load(tmp_path, url=database_url).refused
    assert found.sentence().english() == "manifest.toml: The folder has no such file."


def test_repairs_are_told_even_where_something_else_refuses(
    city: City, tmp_path: Path, database_url: str
) -> None:
    corners = shapely.get_coordinates(square(0.2, 0.2, 0.1, 0.1))[:4].tolist()
    city.features["buildings"][0] = (
        {"type": "Polygon", "coordinates": [corners]},
        city.features["buildings"][0][1],
    )
    tie = [corners[at] for at in (0, 2, 1, 3, 0)]
    city.features["water"][0] = ({"type": "Polygon", "coordinates": [tie]}, {"kind": "lake"})
    city.tables["streets"][0]["name"] = ""
    report = load(city.write(tmp_path), url=database_url)
    assert not report.stored
    found = [one.sentence().english() for one in report.repaired]
    assert "buildings.geojson, feature 1: A ring was not closed; it is now." in found
    assert any(one.startswith("water.geojson, feature 1: Its polygon was not val") for one in found)


def test_a_rule_of_the_database_is_the_last_word(
    city: City, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should a check overlook something, the folder is refused all the same."""
    monkeypatch.setattr("geo.flows.load.check_references", place_buildings)
    city.tables["calendar"] *= 2
    [found] = refusals(city, tmp_path, database_url)
    assert "pk_calendar_day" in found
