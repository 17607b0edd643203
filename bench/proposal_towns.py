"""Towns to redraw: the demonstration city, and a made-up one of 6,000 blocks."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import shapely

from geo.core.boundary_use import Features, followed_m, segments_of
from geo.core.crs import metric_srid, transform_geometry
from geo.core.graph_plans import Bare, Bounds, problem_of
from geo.core.partition import metis
from geo.core.territories import CellRows, GridRows, borders_of, territory_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.core.proposing import Territory
    from geo.core.territories import Following

FOLDER = Path(__file__).parent.parent / "data" / "boundaries" / "jinggangshan"
TOLERANCE_M, ANGLE_DEG = 10.0, 20.0
HOUSEHOLDS, GRIDS, MOST = 24_986, 62, 96


def demonstration() -> list[Territory]:
    """Return the communities of the demonstration city with the grids in force."""
    layers = {name: _features(name) for name in ("blocks", "grids-2026", "buildings")}
    blocks, grids = layers["blocks"], layers["grids-2026"]
    outlines, _ = _metric(blocks)
    drawn, _ = _metric(grids)
    households = _households(layers["buildings"])
    general = np.array([grid["properties"]["kind"] == "general" for grid in grids])
    tree = shapely.STRtree(drawn)
    _, owner = tree.query(shapely.point_on_surface(outlines), predicate="within")
    community = np.array([block["properties"]["community_code"] for block in blocks])
    return [
        _community(
            str(code),
            np.flatnonzero((community == code) & general[owner]),
            (blocks, grids, outlines, owner, households),
        )
        for code in np.unique(community)
    ]


def _community(code: str, rows: NDArray[np.int64], city: tuple[Any, ...]) -> Territory:
    blocks, grids, outlines, owner, households = city
    codes = [grid["properties"]["code"] for grid in grids]
    mine = [
        row
        for row, grid in enumerate(grids)
        if codes[row].startswith(code) and grid["properties"]["kind"] == "general"
    ]
    cells = CellRows(
        tuple(blocks[row]["properties"]["code"] for row in rows),
        outlines[rows],
        np.array([households[blocks[row]["properties"]["code"]] for row in rows], np.int64),
        tuple(blocks[row]["properties"]["compound_code"] or "" for row in rows),
        tuple(codes[owner[row]] for row in rows),
        np.zeros(len(rows), np.bool_),
    )
    names = GridRows(tuple(codes[row] for row in mine), np.zeros(len(mine), np.bool_))
    stations = [one for one in _features("stations") if one["properties"]["community_code"] == code]
    sites = shapely.get_coordinates(_metric(stations)[0]) if stations else np.zeros((0, 2))
    return territory_of(code, cells, names, sites, _following())


def _features(name: str) -> list[Any]:
    found: list[Any] = orjson.loads((FOLDER / f"{name}.geojson").read_bytes())["features"]
    return found


def _metric(features: list[Any]) -> tuple[NDArray[np.object_], int]:
    shapes = shapely.from_geojson([orjson.dumps(one["geometry"]) for one in features])
    srid = metric_srid(114.28, 26.75)
    return transform_geometry(np.asarray(shapes), "EPSG:4326", f"EPSG:{srid}"), srid


def _households(buildings: list[Any]) -> Counter[str]:
    with (FOLDER / "households.csv").open(encoding="utf-8-sig") as file:
        in_building = Counter(row["building_code"] for row in csv.DictReader(file))
    found: Counter[str] = Counter()
    for one in buildings:
        found[one["properties"]["block_code"]] += in_building[one["properties"]["code"]]
    return found


def _following() -> Following:
    roads, _ = _metric(_features("roads"))
    waters, _ = _metric(_features("water"))
    banks = segments_of(np.asarray(shapely.boundary(waters)))
    features = Features(np.concatenate([segments_of(roads), banks]), banks, waters)
    return lambda lines: followed_m(
        features, segments_of(lines), tolerance_m=TOLERANCE_M, angle_deg=ANGLE_DEG
    )


def made_up(blocks: int = 6000, seed: int = 7) -> list[Territory]:
    """Return 12 communities of a made-up town: 24,986 households, 62 grids that have drifted.

    Voronoi cells, ten in every quarter between roads; three in ten are empty, the others have
    a heavy tail, 96 at most. Today's grids are METIS' on households of some years ago.
    """
    rng = np.random.default_rng(seed)
    side = 70.0 * np.sqrt(blocks)
    cells, quarter = _blocks(rng, blocks, side)
    households = _drawn(rng, len(cells))
    middle = shapely.get_coordinates(shapely.centroid(cells))
    then = np.rint(households / _growth(rng, middle, side)).astype(np.int64)
    borders = borders_of(cells)
    community = _parted(borders.edges, borders.length_m, households, 12)
    counts = _grids_of(np.bincount(community, weights=households, minlength=12))
    town = (cells, households, then, quarter)
    return [
        _community_of(town, np.flatnonzero(community == one), int(counts[one])) for one in range(12)
    ]


def _blocks(
    rng: np.random.Generator, count: int, side: float
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return blocks, ten in every quarter between roads, and the quarter of each."""
    frame = shapely.box(0, 0, side, side)
    rows = round(np.sqrt(count / 10))
    x, y = np.meshgrid(np.arange(rows) + 0.5, np.arange(count // 10 // rows) + 0.5)
    at = np.stack([x.ravel() * side / rows, y.ravel() * side / (count // 10 // rows)], axis=1)
    at += rng.uniform(-0.25, 0.25, at.shape) * side / rows
    quarters = _voronoi(at, frame)
    lines = [shapely.boundary(quarters)]
    for quarter in quarters:
        west, south, east, north = shapely.bounds(quarter)
        points = rng.uniform((west, south), (east, north), (400, 2))
        within = points[shapely.contains_xy(quarter, points)][:10]
        lines.append(shapely.boundary(_voronoi(within, quarter)))
    edges = shapely.union_all(np.concatenate(lines), grid_size=0.5)
    cells = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    home = shapely.STRtree(quarters).query(shapely.point_on_surface(cells), predicate="within")
    quarter_of = np.zeros(len(cells), np.int64)
    quarter_of[home[0]] = home[1]
    return cells, quarter_of


def _voronoi(points: NDArray[np.float64], frame: shapely.Polygon) -> NDArray[np.object_]:
    found = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=frame)
    return np.asarray(shapely.intersection(shapely.get_parts(found), frame))


def _growth(
    rng: np.random.Generator, middle: NDArray[np.float64], side: float
) -> NDArray[np.float64]:
    """Return by what factor the households of places have grown or shrunk since."""
    factor = np.ones(len(middle))
    for number, (x, y) in enumerate(rng.uniform(0, side, (12, 2))):
        away = np.hypot(middle[:, 0] - x, middle[:, 1] - y) / (0.06 * side)
        factor *= 1.0 + (2.5 if number % 2 == 0 else -0.65) * np.exp(-(away**2))
    return factor


def _drawn(rng: np.random.Generator, blocks: int) -> NDArray[np.int64]:
    found = np.minimum(MOST, np.rint(rng.lognormal(1.35, 0.9, blocks))).astype(np.int64)
    found[rng.random(blocks) < 0.3] = 0  # noqa: PLR2004 - three in ten
    while found.sum() != HOUSEHOLDS:
        step = 1 if found.sum() < HOUSEHOLDS else -1
        some = rng.choice(np.flatnonzero((found > 1) & (found < MOST - 1)), 500)
        some = np.unique(some)[: abs(HOUSEHOLDS - int(found.sum()))]
        found[some] += step
    return found


def _grids_of(households: NDArray[np.float64]) -> NDArray[np.int64]:
    """Deal the town's grids to communities by their households (largest remainders)."""
    share = households / households.sum() * GRIDS
    counts = np.floor(share).astype(np.int64)
    for one in np.argsort(counts - share, kind="stable")[: GRIDS - int(counts.sum())]:
        counts[one] += 1
    return counts


def _parted(
    edges: NDArray[np.int64], length: NDArray[np.float64], weight: NDArray[np.int64], k: int
) -> NDArray[np.int64]:
    bare = Bare(weight.astype(np.float64), edges, length)
    whole_graph = problem_of(bare, Bounds(k, 0.0, np.inf), np.arange(len(weight)), k)
    return metis(whole_graph, k, 1, slack=0.05)


def _community_of(town: tuple[Any, ...], rows: NDArray[np.int64], k: int) -> Territory:
    """Return a community; between quarters run roads."""
    cells, households, then, quarter = town
    borders = borders_of(cells[rows])
    start = _parted(borders.edges, borders.length_m, then[rows], k)
    keys = tuple(f"g{number}" for number in range(k))
    made = CellRows(
        tuple(map(str, rows)),
        cells[rows],
        households[rows],
        ("",) * len(rows),
        tuple(keys[number] for number in start),
        np.zeros(len(rows), np.bool_),
    )
    names = GridRows(keys, np.zeros(k, np.bool_))
    found = territory_of(str(rows[0]), made, names, np.zeros((0, 2)))
    ends = quarter[rows][found.edges]
    return replace(
        found,
        road_m=np.where(ends[:, 0] != ends[:, 1], found.length_m, 0.0),
        outer_road_m=found.outer_m,
    )
