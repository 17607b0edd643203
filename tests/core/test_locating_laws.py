"""Laws of ownership: one owner everywhere, whichever way and however finely it is asked for."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import orjson
import pyproj
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.core.crs import metric_srid, transform_geometry
from geo.core.locating import METHODS, Locator, circle
from tests.corpus import CASES, Case, in_degrees

BOUNDARIES = Path(__file__).resolve().parents[2] / "data" / "boundaries"
PLANS = ("jinggangshan/grids-2026", "jinggangshan/grids-2024", "qianjin/grids-2026")
GEOD = pyproj.Geod(ellps="WGS84")

POLYGON, MULTIPOLYGON = 3, 6
Floats = np.ndarray


@lru_cache(maxsize=4)
def demonstration(name: str) -> np.ndarray:
    """Return the grids of a plan by precedence: dedicated ones first, then by code."""
    features = orjson.loads((BOUNDARIES / f"{name}.geojson").read_bytes())["features"]
    features.sort(
        key=lambda one: (
            one["properties"].get("kind", "general") != "dedicated",
            one["properties"]["code"],
        )
    )
    texts = [orjson.dumps(one["geometry"]).decode() for one in features]
    return np.asarray(shapely.from_geojson(texts))


@lru_cache(maxsize=4)
def locator_of(name: str) -> Locator:
    return Locator(demonstration(name))


def everywhere(polygons: np.ndarray, seed: int, count: int = 300) -> tuple[Floats, Floats]:
    """Return positions over the bounds, on vertices and edges, and a hair beside these."""
    chance = np.random.default_rng(seed)
    west, south, east, north = shapely.total_bounds(polygons)
    wide, high = 0.05 * (east - west), 0.05 * (north - south)
    anywhere = chance.uniform((west - wide, south - high), (east + wide, north + high), (count, 2))
    lines = shapely.boundary(polygons[~shapely.is_missing(polygons)])
    vertices = shapely.get_coordinates(lines)
    some = vertices[chance.integers(0, len(vertices), count)]
    line = lines[chance.integers(0, len(lines), count)]
    along = shapely.get_coordinates(
        shapely.line_interpolate_point(line, chance.uniform(0, 1, count), normalized=True)
    )
    beside = np.concatenate([some, along])
    beside += chance.choice([0, 1e-15, -1e-14, 1e-9, 5e-9, -2e-8], beside.shape)
    lon, lat = np.concatenate([anywhere, some, along, beside]).T
    return lon, lat


def first_containing(polygons: np.ndarray, lon: Floats, lat: Floats) -> list[int]:
    owner = np.full(len(lon), -1)
    for row in reversed(range(len(polygons))):
        if polygons[row] is not None:
            owner[shapely.intersects_xy(polygons[row], lon, lat)] = row
    return owner.tolist()


def moved(lon: Floats, lat: Floats, by_m: float, seed: int) -> tuple[Floats, Floats]:
    """Move positions by a distance, each in a direction of its own."""
    azimuth = np.random.default_rng(seed).uniform(0, 360, len(lon))
    there_lon, there_lat, _ = GEOD.fwd(lon, lat, azimuth, np.full(len(lon), by_m))
    return np.asarray(there_lon), np.asarray(there_lat)


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("seed", range(3))
def test_memory_and_bulk_name_the_first_polygon_that_contains(name: str, seed: int) -> None:
    polygons, locator = demonstration(name), locator_of(name)
    lon, lat = everywhere(polygons, seed)
    expected = first_containing(polygons, lon, lat)
    assert locator.assign(lon, lat, nearest=False).owner.tolist() == expected
    for cells in (1, 1000):
        coarse = Locator(polygons, cell_count=cells)
        assert coarse.assign(lon, lat, nearest=False).owner.tolist() == expected
    single = [locator.locate(*one) for one in zip(lon.tolist(), lat.tolist(), strict=True)]
    bulk = locator.assign(lon, lat)
    assert [-1 if one.owner is None else one.owner for one in single] == bulk.owner.tolist()
    assert [one.method for one in single] == [METHODS[code] for code in bulk.method]


@pytest.mark.parametrize("name", PLANS)
def test_every_position_of_the_area_is_owned(name: str) -> None:
    polygons = demonstration(name)
    area = shapely.union_all(polygons)
    lon, lat = everywhere(polygons, seed=11, count=1000)
    within = shapely.intersects_xy(area, lon, lat)
    assert within.sum() > 2000
    found = locator_of(name).assign(lon[within], lat[within])
    assert (found.owner >= 0).all()


@pytest.mark.parametrize("name", PLANS)
def test_moving_a_millimetre_inside_a_grid_changes_nothing(name: str) -> None:
    polygons, locator = demonstration(name), locator_of(name)
    lon, lat = everywhere(polygons, seed=12, count=1000)
    found = locator.assign(lon, lat)
    inside = found.method == METHODS.index("inside")
    lon, lat, owner = lon[inside], lat[inside], found.owner[inside]
    for seed in range(8):
        there = locator.assign(*moved(lon, lat, 0.000999, seed))
        assert (there.owner == owner).all()


@pytest.mark.parametrize("name", PLANS)
def test_an_edge_is_where_another_owner_is_within_a_millimetre(name: str) -> None:
    polygons, locator = demonstration(name), locator_of(name)
    lon, lat = everywhere(polygons, seed=13, count=100)
    found = locator.assign(lon, lat)
    around = [moved(lon, lat, 0.00101, seed) for seed in range(64)]
    others = np.array([locator.assign(*one, nearest=False).owner for one in around])
    differs = ((others != found.owner) & (others >= 0)).any(axis=0)
    method = np.array(METHODS)[found.method]
    assert not differs[method == "inside"].any() or _only_just(locator, lon, lat, differs, method)
    assert (found.owner[method == "edge"] >= 0).all()


def _only_just(
    locator: Locator, lon: Floats, lat: Floats, differs: np.ndarray, method: np.ndarray
) -> bool:
    """Tell whether those are inside by a hundredth of the tolerance alone."""
    doubt = np.flatnonzero(differs & (method == "inside"))
    here = locator.assign(lon[doubt], lat[doubt]).owner
    around = [moved(lon[doubt], lat[doubt], 0.00099, seed) for seed in range(64)]
    return all((locator.assign(*one).owner == here).all() for one in around)


@pytest.mark.parametrize(
    "case", [one for one in CASES if shapely.is_valid(one.array).all()], ids=str
)
@pytest.mark.parametrize("cells", [1, 40, 5000])
def test_the_corpus(case: Case, cells: int) -> None:
    polygons = in_degrees(case)
    locator = Locator(polygons, cell_count=cells)
    if not len(polygons) or shapely.is_empty(polygons).all():
        assert locator.locate(114.279, 26.749).method == "outside"
        return
    for order in (slice(None), slice(None, None, -1)):
        turned = polygons[order]
        lon, lat = everywhere(turned, seed=1, count=60)
        found = Locator(turned, cell_count=cells).assign(lon, lat, nearest=False)
        assert found.owner.tolist() == first_containing(turned, lon, lat)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(["plain", "overlapping", "holed", "multipart", "twice", "chessboard"]),
    cells=st.sampled_from([1, 50, 2000, 100_000]),
)
def test_odd_plans(seed: int, kind: str, cells: int) -> None:
    polygons = odd_plan(np.random.default_rng(seed), kind)
    lon, lat = everywhere(polygons, seed, 60)
    locator = Locator(polygons, cell_count=cells, nearest_max_m=-1)
    expected = first_containing(polygons, lon, lat)
    assert locator.assign(lon, lat, nearest=False).owner.tolist() == expected
    some = slice(None, None, 9)
    single = [locator.locate(*one) for one in zip(lon[some], lat[some], strict=True)]
    assert [-1 if one.owner is None else one.owner for one in single] == expected[some]


def odd_plan(chance: np.random.Generator, kind: str) -> np.ndarray:
    """Return Voronoi cells with something odd about them, in any order."""
    sites = np.array([114.2, 26.6]) + chance.uniform(-0.05, 0.05, (int(chance.integers(3, 40)), 2))
    sites = sites.round(int(chance.choice([2, 3, 9])))
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(sites)))
    on_map = shapely.within(cells, shapely.box(110, 20, 120, 30))
    cells = cells[on_map & (shapely.get_type_id(cells) == POLYGON)]
    middles = shapely.centroid(cells)
    if kind == "overlapping":
        rounds = shapely.buffer(middles[:4], 0.02, quad_segs=int(chance.integers(1, 60)))
        cells = np.concatenate([rounds, cells])
    elif kind == "holed":
        discs = shapely.buffer(middles, 0.002)
        around = shapely.difference(cells, discs)
        around = around[np.isin(shapely.get_type_id(around), (POLYGON, MULTIPOLYGON))]
        cells = np.concatenate([around, discs, [None]])
    elif kind == "multipart":
        cells = np.array([shapely.union_all(cells[::3]), *cells[1::3], *cells[2::3]], dtype=object)
    elif kind == "twice":
        cells = np.concatenate([cells, cells])
    elif kind == "chessboard":
        at = np.linspace(114, 114.1, int(chance.integers(2, 9))).round(3)
        cells = np.array([shapely.box(x, y - 88, x + 0.01, y - 87.99) for x in at for y in at])
    return cells[chance.permutation(len(cells))]


def test_long_boundaries_are_exact() -> None:
    angle = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    radius = 0.05 * (1 + 0.2 * np.sin(900 * angle))
    star = shapely.Polygon(
        np.column_stack([114 + radius * np.cos(angle), 26 + radius * np.sin(angle)])
    )
    around = shapely.difference(shapely.box(113.9, 25.9, 114.1, 26.1), star)
    polygons = np.array([star, around])
    lon, lat = everywhere(polygons, seed=3, count=500)
    for cells in (100, 100_000):
        found = Locator(polygons, cell_count=cells).assign(lon, lat, nearest=False)
        assert found.owner.tolist() == first_containing(polygons, lon, lat)


@pytest.mark.parametrize(("spread_deg", "off"), [(0.02, 1e-4), (0.5, 1e-4), (6.0, 2e-3)])
def test_the_nearest_is_nearest_in_metres(spread_deg: float, off: float) -> None:
    polygons = demonstration("jinggangshan/grids-2026")
    west, south, east, north = shapely.total_bounds(polygons)
    chance = np.random.default_rng(4)
    lon = chance.uniform(west - spread_deg, east + spread_deg, 60)
    lat = chance.uniform(south - spread_deg, north + spread_deg, 60)
    found = locator_of("jinggangshan/grids-2026").assign(lon, lat)
    for at in np.flatnonzero(found.nearest >= 0):
        away = pyproj.Transformer.from_crs(
            4326, f"+proj=aeqd +lat_0={lat[at]} +lon_0={lon[at]} +ellps=WGS84", always_xy=True
        )
        seen = shapely.transform(
            polygons, lambda xy, to=away: np.column_stack(to.transform(xy[:, 0], xy[:, 1]))
        )
        true_m = shapely.distance(seen, shapely.Point(0, 0))
        assert true_m[found.nearest[at]] <= true_m.min() * (1 + off) + 0.01
        assert found.distance_m[at] == pytest.approx(true_m.min(), rel=off, abs=0.01)


def test_the_nearest_agrees_with_the_metric_zone() -> None:
    polygons = demonstration("qianjin/grids-2026")
    west, south, east, north = shapely.total_bounds(polygons)
    chance = np.random.default_rng(5)
    lon, lat = chance.uniform((west - 0.03, south - 0.03), (east + 0.03, north + 0.03), (300, 2)).T
    zone = metric_srid(float(west), float(south))
    flat = transform_geometry(polygons, 4326, zone)
    there = transform_geometry(shapely.points(lon, lat), 4326, zone)
    nearest_m = shapely.distance(flat[:, None], there[None, :]).min(axis=0)
    found = locator_of("qianjin/grids-2026").assign(lon, lat)
    outside = nearest_m > 0
    np.testing.assert_allclose(found.distance_m[outside], nearest_m[outside], rtol=3e-4, atol=0.01)


def test_many_segments_are_taken_in_the_cells_order(monkeypatch: pytest.MonkeyPatch) -> None:
    polygons = demonstration("jinggangshan/grids-2026")
    lon, lat = everywhere(polygons, seed=6)
    monkeypatch.setattr("geo.core.containment.CACHED_SEGMENTS", 0)
    found = Locator(polygons, cell_count=500).assign(lon, lat, nearest=False)
    assert found.owner.tolist() == first_containing(polygons, lon, lat)


def shares_of(polygons: np.ndarray, around: shapely.Polygon) -> dict[int, float]:
    """Give every part of a circle to the first polygon that holds it."""
    rest, found = around, {}
    for row in np.flatnonzero(shapely.intersects(polygons, around)).tolist():
        part = shapely.intersection(rest, polygons[row])
        if part.area / around.area >= 1e-6:
            found[row] = part.area / around.area
        rest = shapely.difference(rest, polygons[row])
    return found


@pytest.mark.parametrize("name", PLANS)
def test_shares_are_the_areas_of_the_circle(name: str) -> None:
    polygons, locator = demonstration(name), locator_of(name)
    chance = np.random.default_rng(7)
    lon, lat = everywhere(polygons, seed=7, count=40)
    for at in zip(lon.tolist(), lat.tolist(), strict=True):
        radius_m = float(chance.choice([0.5, 8, 30, 120, 600]))
        found = locator.locate(*at, radius_m)
        told = {one.row: one.share for one in found.candidates if one.share}
        expected = shares_of(polygons, circle(*at, radius_m))
        if expected or told:
            rows = told.keys() | expected.keys()
            zero = dict.fromkeys(rows, 0.0)
            assert zero | told == pytest.approx(zero | expected, abs=2e-5)
        shares = [one.share for one in found.candidates]
        assert shares == sorted(shares, reverse=True)
        if found.confident:
            assert told[found.owner] >= locator.confident_share
