"""Datums: what people write, published positions, and laws that conversions keep."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pyproj import CRS

from geo.core.crs import (
    BD09,
    CGCS2000,
    GCJ02,
    WGS84,
    Datum,
    datum_suspicion,
    from_wgs84,
    is_offset,
    metric_srid,
    metric_srid_of,
    parse_datum,
    to_wgs84,
    transform,
    transform_geometry,
)
from geo.core.offsets import EAST, NORTH, SOUTH, WEST
from geo.errors import NoTransformationError, UnknownDatumError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Position = tuple[float, float]

# Published triples of city seats, as obtained from map providers: WGS 84, GCJ-02, BD-09.
# Source: hujiulong/gcoord (MIT), test/fixtures/china-cities.json.
CITIES = {
    "驻马店市": ((114.0164322, 33.0133556), (114.022306, 33.0115324), (114.0287781, 33.0176697)),
    "邵阳市": ((111.4622119, 27.242124), (111.4677938, 27.2388981), (111.4742271, 27.2451662)),
    "邢台市": ((114.498916, 37.0700925), (114.5048503, 37.0705911), (114.5113116, 37.0766797)),
    "那曲地区": ((92.0499619, 31.4784436), (92.0512438, 31.4762063), (92.0576832, 31.4824421)),
    "西昌市": ((102.2658401, 27.8850446), (102.2673386, 27.8816151), (102.2738428, 27.8876621)),
    "楚雄市": ((101.5265949, 25.048566), (101.5280737, 25.0455363), (101.5344863, 25.0518094)),
    "资阳市": ((104.6252411, 30.1317508), (104.6276449, 30.1289052), (104.6340814, 30.1351581)),
    "辽阳市": ((123.2312099, 41.2651725), (123.2369518, 41.2672464), (123.2433178, 41.2736074)),
    "汕尾市": ((115.3702248, 22.7888255), (115.3751647, 22.7861903), (115.3817179, 22.7918527)),
    "沈阳市": ((123.4253306, 41.8032629), (123.4314787, 41.8057023), (123.438095, 41.8114013)),
    "酒泉市": ((98.4937175, 39.7319946), (98.4943595, 39.7328234), (98.5008441, 39.7388949)),
    "金昌市": ((102.1860478, 38.5196469), (102.1880474, 38.5200925), (102.194653, 38.5258128)),
    "钦州市": ((108.6503952, 21.9828281), (108.6541485, 21.9799392), (108.6607283, 21.9856319)),
    "泉州市": ((118.6711365, 24.8770487), (118.6756787, 24.8741363), (118.6821251, 24.8804872)),
    "锡林郭勒盟": ((116.0414035, 43.9312805), (116.0482308, 43.9334573), (116.0546232, 43.9397782)),
}

# Reference pairs of the public formula (latitude first in the source): googollee/eviltransform
# (MIT), python/test.py: Shanghai, Shenzhen, Beijing.
FORMULA = [
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
]

OUTSIDE = {
    "New York": (-73.98, 40.75),
    "Tokyo": (139.767125, 35.681236),
    "Vaduz": (9.52, 47.14),
    "Sydney": (151.2, -33.87),
}

lons = st.floats(WEST, EAST)
lats = st.floats(SOUTH, NORTH)


def distance_m(a: Position, b: Position) -> float:
    """Metres between two nearby positions, on a sphere."""
    east = (a[0] - b[0]) * np.cos(np.radians(b[1]))
    return float(np.hypot(east, a[1] - b[1]) * 111_320)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("wgs84", WGS84),
        ("WGS-84", WGS84),
        ("EPSG:4326", WGS84),
        ("4326", WGS84),
        (4326, WGS84),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", WGS84),
        ("CGCS2000", CGCS2000),
        ("epsg:4490", CGCS2000),
        ("urn:ogc:def:crs:EPSG::4490", CGCS2000),
        ("GCJ-02", GCJ02),
        ("gcj02", GCJ02),
        ("BD-09", BD09),
        (" bd09 ", BD09),
        (GCJ02, GCJ02),
    ],
)
def test_a_datum_is_understood_as_people_write_it(written: str | int, meant: Datum) -> None:
    assert parse_datum(written) == meant


@pytest.mark.parametrize("written", ["4547", "EPSG:4547", "epsg:4547", 4547])
def test_an_epsg_code_is_understood_with_and_without_its_authority(written: str | int) -> None:
    assert parse_datum(written) == Datum("EPSG:4547", "EPSG:4547", degrees=False)


def test_the_wkt_of_a_shapefile_is_recognised() -> None:
    assert parse_datum(CRS(4547).to_wkt("WKT1_ESRI")).name == "EPSG:4547"
    assert parse_datum(CRS(4490).to_wkt("WKT1_ESRI")) == CGCS2000


def test_a_wkt_without_a_code_is_used_as_it_is() -> None:
    own = CRS("+proj=tmerc +lon_0=114.2 +x_0=500000 +datum=WGS84").to_wkt()
    x, y = from_wgs84(114.2, 26.7, own)
    assert x == pytest.approx(500_000, abs=0.001)
    assert to_wgs84(x, y, own) == pytest.approx((114.2, 26.7), abs=1e-9)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "mars",
        "EPSG:",
        "EPSG:99999",
        "-4326",
        "1e3",
        "4326.0",
        "GEOGCS[",
        "EPSG:4978",
        "EPSG:5773",
    ],
)
def test_what_is_no_horizontal_system_is_refused(written: str) -> None:
    with pytest.raises(UnknownDatumError):
        parse_datum(written)


def test_only_the_two_web_map_datums_are_offset() -> None:
    assert [is_offset(one) for one in ("gcj02", "bd09", "wgs84", "cgcs2000", "4547")] == [
        True,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize("city", CITIES)
def test_published_cities_agree_within_a_metre(city: str) -> None:
    wgs84, gcj02, bd09 = CITIES[city]
    assert distance_m(from_wgs84(*wgs84, "gcj02"), gcj02) < 1
    assert distance_m(from_wgs84(*wgs84, "bd09"), bd09) < 1
    assert distance_m(to_wgs84(*gcj02, "gcj02"), wgs84) < 1
    assert distance_m(to_wgs84(*bd09, "bd09"), wgs84) < 1


@pytest.mark.parametrize(("wgs84", "gcj02"), FORMULA)
def test_the_public_formula_is_reproduced(wgs84: Position, gcj02: Position) -> None:
    assert distance_m(from_wgs84(*wgs84, "gcj02"), gcj02) < 0.2
    assert distance_m(to_wgs84(*gcj02, "gcj02"), wgs84) < 0.2


@pytest.mark.parametrize("place", OUTSIDE)
@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_positions_outside_the_rectangle_stay(place: str, datum: str) -> None:
    assert from_wgs84(*OUTSIDE[place], datum) == OUTSIDE[place]
    assert to_wgs84(*OUTSIDE[place], datum) == OUTSIDE[place]


@given(lons, lats, st.sampled_from([GCJ02, BD09]))
@example(WEST, 40.0, GCJ02)
@example(EAST, 40.0, GCJ02)
@example(105.0, SOUTH, BD09)
@example(105.0, NORTH, BD09)
@example(105.0, 35.0, GCJ02)
@example(EAST, NORTH, BD09)
def test_offsets_are_undone_up_to_the_rectangle_s_edge(
    lon: float, lat: float, datum: Datum
) -> None:
    back = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    assert distance_m(back, (lon, lat)) < 0.001


@given(lons, lats, st.sampled_from([GCJ02, BD09]))
def test_an_inverse_is_moved_to_where_it_came_from(lon: float, lat: float, datum: Datum) -> None:
    there = to_wgs84(lon, lat, datum)
    assume(WEST <= there[0] <= EAST and SOUTH <= there[1] <= NORTH)
    assert distance_m(from_wgs84(*there, datum), (lon, lat)) < 0.001


@given(
    st.lists(st.tuples(lons, lats), min_size=1, max_size=70),
    st.sampled_from(["gcj02", "bd09", "4547", "3857"]),
)
def test_a_position_s_bits_do_not_depend_on_its_neighbours(
    positions: list[Position], datum: str
) -> None:
    lon, lat = np.array(positions).T
    together = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    alone = [to_wgs84(*from_wgs84(*one, datum), datum) for one in positions]
    assert np.array_equal(np.column_stack(together), np.array(alone), equal_nan=True)


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000"])
def test_the_legal_datum_and_wgs84_coincide(datum: str) -> None:
    assert to_wgs84(114.279, 26.749, datum) == (114.279, 26.749)
    assert from_wgs84(114.279, 26.749, datum) == (114.279, 26.749)


def test_gauss_kruger_is_easting_first() -> None:
    x, y = from_wgs84(114.279, 26.749, 4547)
    assert (x, y) == pytest.approx((527_753.40, 2_959_849.52), abs=0.01)


def test_two_datums_neither_of_which_is_wgs84() -> None:
    lon, lat = from_wgs84(114.279, 26.749, "gcj02")
    assert transform(lon, lat, "gcj02", 4547) == pytest.approx((527_753.40, 2_959_849.52), abs=0.01)


def test_a_system_without_a_public_transformation_is_refused_and_not_taken_as_wgs84() -> None:
    with pytest.raises(NoTransformationError, match="EPSG:4610"):
        to_wgs84(117.0, 39.5, "EPSG:4610")


def test_impossible_positions_become_nan_and_stay_so() -> None:
    lon, _lat = to_wgs84([np.nan, np.inf, 1e30], [40.0, 40.0, 1e30], 3857)
    assert np.isnan(lon[:2]).all()
    lon, _ = to_wgs84([np.nan, 116.4], [40.0, np.nan], "gcj02")
    assert np.isnan(lon[0])
    assert to_wgs84([], [], "gcj02")[0].shape == (0,)


def test_shapes_are_kept() -> None:
    lon, lat = to_wgs84(np.full((2, 3), 116.4), np.full((2, 3), 39.9), "bd09")
    assert lon.shape == lat.shape == (2, 3)


def test_wgs84_input_does_not_pay_for_proj() -> None:
    code = (
        "import sys; from geo.core.crs import to_wgs84, metric_srid, parse_datum\n"
        "to_wgs84(114.3, 26.7, 'wgs84'); to_wgs84(114.3, 26.7, 'gcj02'); metric_srid(114.3, 26.7)\n"
        "sys.exit('pyproj' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@given(
    st.lists(st.tuples(st.floats(114.1, 114.3), st.floats(26.5, 26.8)), min_size=2, max_size=9),
    st.sampled_from(["gcj02", "bd09", "4547", "32650"]),
)
def test_shared_vertices_stay_shared(positions: list[Position], datum: str) -> None:
    lines = np.array([shapely.LineString(positions), shapely.LineString(positions[::-1])])
    there, back = transform_geometry(lines, "wgs84", datum)
    assert np.array_equal(shapely.get_coordinates(there), shapely.get_coordinates(back)[::-1])


def test_nulls_and_empties_pass_and_heights_go() -> None:
    given_ = np.array([None, shapely.Polygon(), shapely.Point(114.2, 26.7, 88.0)], dtype=object)
    for target in ("wgs84", "cgcs2000", "gcj02", "4547"):
        there = transform_geometry(given_, "wgs84", target)
        assert there[0] is None
        assert there[1].is_empty
        assert not there[2].has_z


@pytest.mark.parametrize(
    ("lon", "lat", "srid"),
    [
        (75.0, 39.5, 4534),
        (114.279, 26.749, 4547),
        (115.49, 26.7, 4547),
        (115.5, 26.7, 4548),
        (130.38, 46.81, 4552),
        (134.9, 48.3, 4554),
        (-73.98, 40.75, 32618),
        (9.52, 47.14, 32632),
        (151.2, -33.87, 32756),
        (180.0, 10.0, 32660),
        (-180.0, 10.0, 32601),
        (0.0, 88.0, 32661),
        (0.0, -88.0, 32761),
    ],
)
def test_each_place_has_its_metric_zone(lon: float, lat: float, srid: int) -> None:
    assert metric_srid(lon, lat) == srid


@given(st.floats(73.5, 135.0), st.floats(18.0, 53.5))
def test_the_zone_measures_metres(lon: float, lat: float) -> None:
    x, y = from_wgs84(np.array([lon, lon]), np.array([lat, lat + 0.001]), metric_srid(lon, lat))
    assert np.hypot(np.diff(x), np.diff(y))[0] == pytest.approx(111.0, rel=0.005)


@pytest.mark.parametrize("place", [(181.0, 0.0), (0.0, 91.0), (float("nan"), 0.0)])
def test_no_place_has_no_zone(place: Position) -> None:
    with pytest.raises(ValueError, match="not a position"):
        metric_srid(*place)


def test_the_zone_of_geometries_is_their_middle_s() -> None:
    assert metric_srid_of(np.array([shapely.box(114.0, 26.0, 114.5, 27.0), None])) == 4547
    with pytest.raises(ValueError, match="not a position"):
        metric_srid_of(np.array([shapely.Polygon()]))


CENTRE = (114.279, 26.749)


def square(half_deg: float) -> Callable[[Floats, Floats], NDArray[np.bool_]]:
    def inside(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
        return (abs(lon - CENTRE[0]) <= half_deg) & (abs(lat - CENTRE[1]) <= half_deg)

    return inside


def positions(half_deg: float, count: int = 500) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(7)
    offsets = rng.uniform(-half_deg, half_deg, (2, count))
    return CENTRE[0] + offsets[0], CENTRE[1] + offsets[1]


@pytest.mark.parametrize("half_deg", [0.005, 0.01, 0.03])
@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_positions_in_an_undeclared_offset_datum_are_noticed(half_deg: float, datum: str) -> None:
    lon, lat = from_wgs84(*positions(half_deg), datum)
    suspicion = datum_suspicion(lon, lat, square(half_deg))
    assert (suspicion.likelier, suspicion.swapped) == (datum, False)
    assert suspicion.share_after > 0.99 > suspicion.share_before
    assert suspicion.count == 500


@pytest.mark.parametrize("declared", ["gcj02", "bd09"])
def test_positions_wrongly_declared_as_offset_are_noticed(declared: str) -> None:
    lon, lat = positions(0.01)
    assert datum_suspicion(lon, lat, square(0.01), declared).likelier == "wgs84"


@pytest.mark.parametrize(
    "datum", ["wgs84", "gcj02", "bd09", "4547", "4526", "4498", "3857", "32650"]
)
def test_exchanged_axes_and_projected_numbers_are_noticed(datum: str) -> None:
    x, y = from_wgs84(*positions(0.01), datum)
    name = parse_datum(datum).name
    assert datum_suspicion(y, x, square(0.01)).likelier == name
    assert datum_suspicion(y, x, square(0.01)).swapped
    plain = datum_suspicion(x, y, square(0.01))
    assert plain is None if name == "wgs84" else plain.likelier == name


@pytest.mark.parametrize("declared", ["wgs84", "cgcs2000", "gcj02", "bd09", "4547"])
def test_positions_in_their_declared_datum_raise_no_suspicion(declared: str) -> None:
    x, y = from_wgs84(*positions(0.02), declared)
    assert datum_suspicion(x, y, square(0.02), declared) is None


@pytest.mark.parametrize("spread", [1.05, 1.3, 2.0, 10.0])
def test_positions_that_honestly_lie_outside_raise_no_suspicion(spread: float) -> None:
    lon, lat = positions(0.02 * spread)
    assert datum_suspicion(lon, lat, square(0.02)) is None


def test_one_position_beyond_the_border_is_enough_to_ask() -> None:
    lon, lat = from_wgs84(CENTRE[0], CENTRE[1], "gcj02")
    assert datum_suspicion([lon], [lat], square(0.001)).likelier == "gcj02"


def test_a_suspicion_can_be_said_to_people() -> None:
    lon, lat = from_wgs84(*positions(0.005), "bd09")
    plain, swapped = (datum_suspicion(*one, square(0.005)) for one in ((lon, lat), (lat, lon)))
    assert "read as bd09, 100% would" in plain.message().english()
    assert "longitude and latitude exchanged, 100% would" in swapped.message().english()


def test_nothing_is_suspected_of_nothing_or_of_numbers_that_are_none() -> None:
    assert datum_suspicion([], [], square(1.0)) is None
    assert datum_suspicion([np.nan], [np.inf], square(1.0)) is None


def test_another_city_s_file_is_no_question_of_datums() -> None:
    assert datum_suspicion([-73.98] * 60, [40.75] * 60, square(0.02)) is None
