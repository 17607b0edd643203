"""Roads of OpenStreetMap files: which are taken, where they are cut, and what a bad file says."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import osmium
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.core.crs import transform_geometry
from geo.core.walk_index import components
from geo.core.walking import nearest_on_foot, walking_network
from geo.core.way_parts import widened
from geo.errors import FileRefusedError
from geo.files.osm_roads import NoRoadsError, OsmRoads, read_osm_roads
from geo.files.refusals import UnreadableFileError

if TYPE_CHECKING:
    from pathlib import Path

    from geo.core.walking import WalkingNetwork

STEP = 0.001
"""Between the nodes of the test's town: about 110 m to the north."""

Node = tuple[int, float, float]


def osm(nodes: dict[int, str], ways: dict[int, tuple[list[int], str]], extra: str = "") -> str:
    """Write a file whose node n stands at column n % 100 and row n // 100."""
    lines = [
        f'<node id="{n}" lon="{9.5 + n % 100 * STEP:.7f}" lat="{47 + n // 100 * STEP:.7f}">'
        f"{tags(text)}</node>"
        for n, text in nodes.items()
    ]
    for n, (refs, text) in ways.items():
        inner = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        lines.append(f'<way id="{n}">{inner}{tags(text)}</way>')
    return f'<osm version="0.6">{"".join(lines)}{extra}</osm>'


def tags(text: str) -> str:
    pairs = (one.split("=", 1) for one in text.split())
    return "".join(f'<tag k="{key}" v="{value.replace("_", " ")}"/>' for key, value in pairs)


def read(folder: Path, text: str, area: Any = None) -> OsmRoads:
    path = folder / "town.osm"
    path.write_text(text, "utf-8")
    return read_osm_roads(path, area)


def network_of(found: OsmRoads) -> WalkingNetwork:
    lines = np.array([road.geom for road in found.roads if road.walkable], dtype=object)
    return walking_network(transform_geometry(lines, "wgs84", 32632))


TOWN = osm(
    {
        **dict.fromkeys([1, 2, 4, 5, 101, 102, 103, 104, 201, 202, 301, 302, 303], ""),
        3: "barrier=bollard",
        203: "barrier=wall",
        204: "",
        401: "barrier=gate access=private",
    },
    {
        10: ([1, 2, 3, 4, 5], "highway=residential name=会师路 name:en=Huishi_Road oneway=yes"),
        11: ([2, 102], "highway=steps"),
        12: ([101, 102, 103], "highway=service access=private"),
        13: ([201, 202, 203, 204], "highway=footway"),
        14: ([102, 202], "highway=path"),
        15: ([3, 103], "highway=construction"),
        16: ([4, 104], "route=ferry"),
        17: ([301, 302, 303, 301], "highway=pedestrian area=yes"),
        18: ([301, 201], "highway=track"),
        19: ([5, 999, 104], "highway=footway"),
        20: ([104, 104], "highway=footway"),
        21: ([1, 2], "building=yes"),
        22: ([301, 401], "highway=footway"),
    },
)


def test_every_road_is_taken_with_its_names_and_kind(tmp_path: Path) -> None:
    found = read(tmp_path, TOWN)
    taken = Counter((road.kind, road.walkable) for road in found.roads)
    assert taken == {
        ("residential", True): 1,
        ("steps", True): 1,
        ("service", False): 1,
        ("footway", True): 2,
        ("path", True): 1,
        ("pedestrian", True): 1,
        ("track", True): 1,
    }
    named = found.roads[0]
    assert (named.name, named.name_en) == ("会师路", "Huishi Road")
    assert found.not_walked == {"access=private": 1}
    assert found.left_out == {"highway=construction": 1, "route=ferry": 1}
    assert found.barriers == {"barrier=wall": 1, "access=private": 1}
    assert (found.outside, found.incomplete, found.without_length) == (0, 1, 2)


def test_shared_nodes_are_shared_vertices_and_a_square_is_its_outline(tmp_path: Path) -> None:
    network = network_of(read(tmp_path, TOWN))
    found = components(network)
    # Nodes 1 to 5, 102, 201, 202, 301 to 303, ends at wall and gate; beyond the wall the other end.
    assert sorted(np.bincount(found.label).tolist()) == [2, 13]
    square = transform_geometry(np.array([shapely.Point(9.502, 47.003)]), "wgs84", 32632)
    walks = nearest_on_foot(network, network.xy[:1], shapely.get_coordinates(square))
    assert np.isfinite(walks.walk_m[0])


def test_a_wall_on_a_way_is_not_walked_through(tmp_path: Path) -> None:
    ring = [201, 202, 203, 204]
    walls = {201: "", 202: "", 203: "barrier=wall", 204: ""}
    found = read(tmp_path, osm(walls, {1: (ring, "highway=footway")}))
    [road] = found.roads
    before, after = shapely.get_parts(road.geom)
    metres = transform_geometry(np.array([before, after]), "wgs84", 32632)
    assert shapely.distance(*metres) == pytest.approx(2.0, abs=0.01)
    assert components(network_of(found)).number == 2


def test_ways_that_meet_at_a_closed_gate_are_parted_and_at_an_open_one_not(tmp_path: Path) -> None:
    ways = {1: ([1, 2], "highway=service"), 2: ([2, 3], "highway=service")}
    for gate, pieces in (("barrier=gate", 1), ("barrier=gate locked=yes", 2)):
        found = read(tmp_path, osm({1: "", 2: gate, 3: ""}, ways))
        assert components(network_of(found)).number == pieces


def test_a_closed_ring_is_cut_where_it_begins(tmp_path: Path) -> None:
    nodes = {1: "barrier=fence", 2: "", 102: ""}
    found = read(tmp_path, osm(nodes, {1: ([1, 2, 102, 1], "highway=path")}))
    [road] = found.roads
    assert not road.geom.is_closed
    assert components(network_of(found)).number == 1


def test_the_outline_of_a_multipolygon_is_walked_and_not_its_holes(tmp_path: Path) -> None:
    relation = (
        '<relation id="1"><member type="way" ref="1" role="outer"/>'
        '<member type="way" ref="2" role="outer"/><member type="way" ref="4" role="inner"/>'
        '<tag k="type" v="multipolygon"/>'
        '<tag k="highway" v="pedestrian"/><tag k="name" v="广场"/></relation>'
    )
    ways = {1: ([1, 2, 102], ""), 2: ([102, 101, 1], ""), 3: ([2, 3], "highway=footway")}
    ways[4] = ([5, 6, 105, 5], "")
    nodes = dict.fromkeys([1, 2, 3, 5, 6, 101, 102, 105], "")
    found = read(tmp_path, osm(nodes, ways, relation))
    named = [(road.kind, road.name) for road in found.roads]
    assert sorted(named) == [("footway", ""), ("pedestrian", "广场"), ("pedestrian", "广场")]
    assert components(network_of(found)).number == 1


def test_ways_before_nodes_and_nodes_not_uploaded_yet_are_read(tmp_path: Path) -> None:
    text = (
        '<osm version="0.6"><way id="-7"><nd ref="-1"/><nd ref="5"/><nd ref="-2"/>'
        '<tag k="highway" v="footway"/></way><node id="5" lon="9.5" lat="47.1"/>'
        '<node id="-1" lon="9.5" lat="47"/><node id="-2" lon="9.6" lat="47.1"/></osm>'
    )
    [road] = read(tmp_path, text).roads
    assert shapely.get_coordinates(road.geom).tolist() == [[9.5, 47], [9.5, 47.1], [9.6, 47.1]]


def test_only_roads_near_the_area_are_kept_with_whole_pieces(tmp_path: Path) -> None:
    nodes = {**dict.fromkeys([1, 2, 3, 51], ""), 50: "barrier=wall"}
    ways = {1: ([1, 2, 3, 50], "highway=path"), 2: ([50, 51], "highway=path")}
    area = widened(shapely.box(9.499, 46.999, 9.5015, 47.001), 10.0)
    found = read(tmp_path, osm(nodes, ways), area)
    [road] = found.roads
    assert shapely.get_coordinates(road.geom)[:, 0].tolist() == [9.501, 9.502]
    assert (found.outside, found.barriers) == (1, {})


def test_a_file_without_roads_here_says_so(tmp_path: Path) -> None:
    private = osm({1: "", 2: ""}, {1: ([1, 2], "highway=path access=no")})
    far = shapely.box(100, 20, 101, 21)
    shapely.prepare(far)
    for text, area in ((private, None), (TOWN, far), ('<osm version="0.6"/>', None)):
        with pytest.raises(NoRoadsError, match=r"town\.osm holds no road"):
            read(tmp_path, text, area)


def test_control_characters_leave_a_name(tmp_path: Path) -> None:
    text = TOWN.replace("会师路", "会师&#10;路&#9;")
    assert read(tmp_path, text).roads[0].name == "会师 路"


def pbf(path: Path) -> bytes:
    with osmium.SimpleWriter(str(path)) as writer:
        for n in range(2000):
            writer.add_node(osmium.osm.mutable.Node(id=n + 1, location=(9.5 + n / 1e4, 47.0)))
        for n in range(1, 2000):
            writer.add_way(osmium.osm.mutable.Way(id=n, nodes=[n, n + 1], tags={"highway": "path"}))
    return path.read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return pbf(tmp_path_factory.mktemp("pbf") / "whole.osm.pbf")


@pytest.mark.parametrize("name", ["roads.osm", "roads.osm.pbf"])
@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\0", b"{}", b"<html></html>", b"<osm/>", b"\xff\xfe" * 200),
        b'<osm version="0.6"><node id="1" lon="999" lat="1"/></osm>',
        b'<osm version="0.6"><node id="99999999999999999999" lon="9" lat="1"/></osm>',
        TOWN.encode()[:700],
    ],
    ids=range(9),
)
def test_a_file_that_is_none_is_refused_by_name(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError, match=f"^{name} can't be read: "):
        read_osm_roads(path)


def test_a_file_that_isn_t_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"^absent\.osm can't be read: "):
        read_osm_roads(tmp_path / "absent.osm")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(
    tmp_path: Path, whole: bytes, data: st.DataObject
) -> None:
    kept = data.draw(st.integers(0, len(whole)))
    damaged = bytearray(whole[:kept])
    for at in data.draw(st.lists(st.integers(0, max(kept - 1, 0)), max_size=5)):
        if kept:
            damaged[at] ^= data.draw(st.integers(1, 255))
    path = tmp_path / "damaged.osm.pbf"
    path.write_bytes(bytes(damaged))
    try:
        assert read_osm_roads(path).roads
    except FileRefusedError as error:
        assert "damaged.osm.pbf" in error.message.english()  # noqa: PT017 - either is right


@pytest.mark.shared_data
def test_liechtenstein_is_one_network_with_a_few_pieces_beside_it(shared_data: Path) -> None:
    found = read_osm_roads(shared_data / "osm" / "liechtenstein-2024-03.osm.pbf")
    network = network_of(found)
    hangs = components(network)
    assert 78_000 < len(network.xy) < 82_000
    assert 0.975 < hangs.largest_share < 0.99
    assert hangs.number < 80
    assert found.not_walked["access=private"] > 100
    assert found.left_out["highway=construction"] == 1
    assert found.barriers.total() == 17
    assert {"footway", "steps", "living_street"} & {road.kind for road in found.roads}
