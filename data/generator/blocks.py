"""Blocks (street blocks): what lies between the streets, with its use and its community."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from data.generator import streets
from data.generator.shapes import smooth

if TYPE_CHECKING:
    from shapely import Polygon
    from shapely.geometry.base import BaseGeometry

    from data.generator.plan import Area, Seed, Site
    from data.generator.streets import Edge, Network, Street

WaterShape = tuple["BaseGeometry", tuple[str, str], str]
SUPERBLOCK_M2 = 42_000.0
LARGEST_M2 = {
    "old": 5_600.0,
    "mixed": 8_000.0,
    "village": 7_500.0,
    "slab": 10_500.0,
    "tower": 13_000.0,
    "industry": 24_000.0,
    "edge": 26_000.0,
    "lake": 400_000.0,
}
BLOCK_KIND = {
    "old": "old_quarter",
    "mixed": "mixed",
    "slab": "residential",
    "tower": "towers",
    "village": "village",
    "industry": "industry",
    "lake": "park",
}
OTHER_KINDS = {
    "residential": {"village": 0.12, "commercial": 0.05, "green": 0.07, "kindergarten": 0.025},
    "mixed": {"commercial": 0.12, "green": 0.04},
}
WOOD_SHARE = 0.6
EDGE_WOOD_SHARE = 0.3
RIVERSIDE_M = 46.0
RIVERSIDE_M2 = 18_000.0


@dataclass
class Block:
    """One block: its shape in metres, its use, and later its compound and its code."""

    shape: Polygon
    zone: str
    kind: str
    community: int
    site: Site | None = None
    compound: int | None = None
    code: str = ""
    usable: Polygon | None = None


@dataclass
class Ground:
    """An area with its streets drawn: everything in metres around the area's centre."""

    area: Area
    outline: Polygon
    edges: list[Edge]
    blocks: list[Block]
    waters: list[WaterShape]
    names: list[tuple[str, str]] = field(default_factory=list)


def lay_out(area: Area, first_community: int, rng: np.random.Generator) -> Ground:
    """Draw the streets of an area and find the use and the community of each block."""
    network, outline = streets.main_network(area)
    waters = _waters(area, outline)
    streets.find_junctions(network)
    main = streets.rough_faces(network, outline)
    streets.subdivide(
        network,
        [face for face in main if not _stays_whole(area, face)],
        lambda _: SUPERBLOCK_M2,
        "secondary",
        rng,
    )
    superblocks = streets.rough_faces(network, outline)
    _lanes(network, area, superblocks, waters, rng)
    edges = streets.noded(network)
    shapes = streets.faces([edge.line for edge in edges], outline)
    owners = _communities(area, superblocks)
    tree = shapely.STRtree(superblocks)
    points = [shape.representative_point() for shape in shapes]
    rows = tree.nearest(points)
    blocks = []
    for shape, row in zip(shapes, rows, strict=True):
        on_edge = shape.exterior.intersection(outline.exterior).length > 0
        zone, kind = _use(
            zone_of(area, shape), on_edge=on_edge, riverside=_narrow(shape, waters), rng=rng
        )
        blocks.append(Block(shape, zone, kind, first_community + owners[row]))
    _sites(area, blocks)
    ground = Ground(area, outline, edges, blocks, waters)
    ground.names = _street_names(area, network)
    return ground


def _stays_whole(area: Area, face: Polygon) -> bool:
    return zone_of(area, face) == "lake"


def zone_of(area: Area, shape: Polygon) -> str:
    """Return the character of the nearest seed."""
    return _nearest_seed(area.zones, shape).kind


def _nearest_seed(seeds: tuple[Seed, ...], shape: Polygon) -> Seed:
    point = shape.representative_point()
    return min(seeds, key=lambda seed: np.hypot(seed.at[0] - point.x, seed.at[1] - point.y))


def _lanes(
    network: Network,
    area: Area,
    superblocks: list[Polygon],
    waters: list[WaterShape],
    rng: np.random.Generator,
) -> None:
    def largest(face: Polygon) -> float:
        site = _site_in(area, face)
        size = LARGEST_M2[zone_of(area, face)]
        if _narrow(face, waters):
            size = max(size, RIVERSIDE_M2)
        return max(size, site.area_m2) if site else size

    for kind in ("lane", "alley"):
        narrow = kind == "alley"
        chosen = [face for face in superblocks if (zone_of(area, face) == "old") == narrow]
        streets.subdivide(network, chosen, largest, kind, rng)


def _site_in(area: Area, face: Polygon) -> Site | None:
    found = [site for site in area.sites if face.contains(shapely.Point(site.at))]
    return max(found, key=lambda site: site.area_m2, default=None)


def _communities(area: Area, superblocks: list[Polygon]) -> list[int]:
    seeds = np.array([(x, y, i) for i, c in enumerate(area.communities) for x, y in c.seeds])
    middles = np.array([(f.centroid.x, f.centroid.y) for f in superblocks])
    away = np.hypot(middles[:, :1] - seeds[:, 0], middles[:, 1:] - seeds[:, 1])
    return [int(row) for row in seeds[away.argmin(axis=1), 2]]


def _waters(area: Area, outline: Polygon) -> list[WaterShape]:
    lakes, rivers = [], []
    for water in area.waters:
        coords = smooth(water.bends, closed=water.closed)
        if water.closed:
            lakes.append((shapely.Polygon(coords), water.name, "lake"))
        else:
            line = shapely.LineString(coords)
            shape = shapely.intersection(
                shapely.buffer(line, water.half_width_m), outline.buffer(60)
            )
            kind = "river" if water.half_width_m > 10 else "stream"  # noqa: PLR2004 - metres
            rivers.append((shape, water.name, kind))
    return lakes + [
        (shapely.difference(shape, shapely.union_all([lake for lake, _, _ in lakes])), name, kind)
        for shape, name, kind in rivers
    ]


def _use(zone: str, *, on_edge: bool, riverside: bool, rng: np.random.Generator) -> tuple[str, str]:
    """Return the zone and the kind of a block from where it lies, and from chance."""
    if zone == "edge":
        return zone, "wood" if rng.random() < WOOD_SHARE else "farmland"
    if zone == "lake":
        return zone, BLOCK_KIND[zone]
    if riverside:
        return "green", "green"
    if on_edge and rng.random() < EDGE_WOOD_SHARE:
        return "edge", "wood"
    return zone, _by_chance(BLOCK_KIND[zone], rng)


def _by_chance(kind: str, rng: np.random.Generator) -> str:
    """Turn some blocks of the ordinary kinds into something else, as towns do."""
    chances = OTHER_KINDS.get(kind, {"green": 0.05})
    draw = rng.random()
    for other, share in chances.items():
        if draw < share:
            return other
        draw -= share
    return kind


def _narrow(shape: Polygon, waters: list[WaterShape]) -> bool:
    dry: BaseGeometry = shape
    for water, _, _ in waters:
        dry = shapely.difference(dry, water)
    return dry.area < shape.area * 0.999 and shapely.buffer(dry, -RIVERSIDE_M / 2).is_empty


def _sites(area: Area, blocks: list[Block]) -> None:
    for site in area.sites:
        point = shapely.Point(site.at)
        block = min(blocks, key=lambda block: block.shape.distance(point))
        block.site, block.kind, block.zone = site, site.kind, site.kind


def _street_names(area: Area, network: Network) -> list[tuple[str, str]]:
    """Name every street: side roads from the list, lanes after the nearest road and a count."""
    names = [street.name for street in network.streets]
    spare = list(area.side_roads)
    by_length = sorted(
        (row for row, street in enumerate(network.streets) if _nameless_side_road(street)),
        key=lambda row: -network.streets[row].line.length,
    )
    for row, name in zip(by_length, spare, strict=False):
        names[row] = name
    roads = [row for row, name in enumerate(names) if name[0] and _is_road(network, row)]
    lines = [network.streets[row].line for row in roads]
    counts: dict[str, int] = {}
    for row, street in enumerate(network.streets):
        if street.kind in ("secondary", "lane", "alley") and not names[row][0]:
            parent = names[roads[int(np.argmin(shapely.distance(lines, street.line)))]]
            counts[parent[0]] = count = counts.get(parent[0], 0) + 1
            names[row] = (f"{parent[0]}{_numeral(count)}巷", f"{parent[1]} Lane {count}")
    return names


def _nameless_side_road(street: Street) -> bool:
    return street.kind == "secondary" and not street.name[0]


def _is_road(network: Network, row: int) -> bool:
    return network.streets[row].kind in ("primary", "secondary")


def _numeral(number: int) -> str:
    """Return a number below 100 in Chinese numerals.

    >>> _numeral(7), _numeral(10), _numeral(23)
    ('七', '十', '二十三')
    """
    digits = "〇一二三四五六七八九"
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else digits[tens] + "十"
    return head + (digits[ones] if ones or not tens else "")
