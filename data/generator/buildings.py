"""Buildings: slabs in rows, towers, houses along lanes, and what stands on a campus."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import affinity

from data.generator import shapes
from data.generator.streets import WIDTH_M

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from shapely import Polygon
    from shapely.geometry.base import BaseGeometry

    from data.generator.blocks import Block, Ground

WATERSIDE_M = 9.0
PAVEMENT_M = 2.0
FIRE_GAP_M = 6.0
SUN_FACTOR = 1.05
STOREY_M = 2.9
GARDEN_SHARE = 0.04
COURT_SHARE = 0.7
SMALLEST_M2 = 150.0


@dataclass
class Building:
    """A building: its footprint in metres and what decides how many households live in it."""

    shape: Polygon
    kind: str
    storeys: int
    units: int = 0
    flats_a_floor: int = 0
    shop_floors: int = 0
    block: int = -1
    compound: int | None = None
    code: str = ""
    name: str = ""
    address: str = ""


@dataclass(frozen=True)
class Rows:
    """How buildings stand in rows: sizes in metres, ranges from least to most."""

    kind: str
    lengths: tuple[float, float]
    depths: tuple[float, float]
    clear: tuple[float, float]
    gaps: tuple[float, float]
    storeys: tuple[int, int]
    most: int = 99
    module_m: float = 0.0


@dataclass(frozen=True)
class Fronts:
    """How buildings stand along a street: sizes in metres, and the share of lots left empty."""

    widths: tuple[float, float]
    depths: tuple[float, float]
    gaps: tuple[float, float]
    empty: float
    storeys: tuple[int, int]


CAMPUS = {
    "school": Rows("school", (32, 60), (14, 17), (24, 30), (12, 18), (3, 5), 5),
    "kindergarten": Rows("school", (24, 34), (13, 16), (26, 32), (12, 18), (2, 3), 2),
    "hospital": Rows("hospital", (44, 74), (17, 21), (22, 26), (14, 20), (5, 12), 5),
    "market": Rows("market", (44, 66), (24, 30), (9, 12), (8, 10), (1, 2), 5),
    "government": Rows("government", (40, 62), (15, 18), (24, 30), (12, 18), (4, 8), 4),
    "industry": Rows("industry", (46, 82), (24, 34), (12, 18), (10, 16), (1, 3), 14),
    "station": Rows("station", (40, 60), (20, 26), (30, 36), (14, 20), (2, 2), 1),
    "hotel": Rows("hotel", (36, 56), (15, 18), (22, 28), (12, 18), (4, 9), 3),
    "museum": Rows("museum", (38, 56), (22, 28), (20, 26), (12, 18), (2, 3), 2),
    "commercial": Rows("commercial", (26, 48), (18, 24), (10, 14), (8, 12), (2, 6), 6),
    "square": Rows("service", (14, 18), (10, 12), (40, 50), (20, 30), (1, 2), 1),
    "park": Rows("service", (8, 14), (7, 9), (70, 90), (60, 90), (1, 1), 2),
}
SLAB_UNIT_M = (14.0, 16.5)
SHOPS = Fronts((14, 34), (11, 13.5), (0.6, 7.0), 0.12, (3, 6))
OLD_HOUSES = Fronts((7, 12), (8, 11), (0.5, 3.0), 0.08, (1, 3))
OWN_HOUSES = Fronts((10, 13), (10, 13), (2.0, 6.0), 0.15, (2, 4))
TOWERS = Rows("tower", (26, 27), (17, 19), (36, 44), (24, 34), (18, 33))


def clear_ground(ground: Ground) -> None:
    """Set every block's usable ground: without the halves of its roads and without the water."""
    bands = [
        shapely.buffer(edge.line, WIDTH_M[edge.street.kind] / 2 + PAVEMENT_M, cap_style="flat")
        for edge in ground.edges
    ]
    tree = shapely.STRtree(bands)
    water = shapely.union_all([shape for shape, _, _ in ground.waters])
    water = shapely.buffer(water, WATERSIDE_M)
    shapely.prepare(water)
    for block in ground.blocks:
        near = [bands[row] for row in tree.query(block.shape)]
        left = shapely.difference(block.shape, shapely.union_all(near))
        if water.intersects(left):
            left = shapely.difference(left, water)
        rounded = shapely.buffer(shapely.buffer(left, -4.5), 2.5)
        parts = shapes.polygons(rounded, 80.0)
        block.usable = parts[0] if parts else None


def fill(block: Block, rng: np.random.Generator) -> list[Building]:
    """Return the buildings of a block, by its kind."""
    if block.usable is None:
        return []
    if block.kind in CAMPUS:
        return rows(block.usable, CAMPUS[block.kind], rng)
    makers: dict[str, Callable[[Polygon, np.random.Generator], list[Building]]] = {
        "old_quarter": old_quarter,
        "village": village,
        "mixed": mixed,
        "residential": slabs,
        "towers": towers,
    }
    return makers[block.kind](block.usable, rng) if block.kind in makers else []


def facing_deg(usable: Polygon, rng: np.random.Generator) -> float:
    """Return how far rows turn away from facing south: along the block, at most 18 degrees."""
    along = shapes.long_direction_deg(usable)
    turn = along if abs(along) <= 18 else 0.45 * (along % 90 if abs(along) > 45 else along)  # noqa: PLR2004
    return float(np.clip(turn, -18, 18) + rng.normal(0, 1.0))


def rows(usable: Polygon, style: Rows, rng: np.random.Generator) -> list[Building]:
    """Set buildings in rows as the style says, from the north down."""
    found = []
    for shape, _ in _row_boxes(usable, style, rng):
        storeys = int(rng.integers(style.storeys[0], style.storeys[1] + 1))
        found.append(Building(shape, style.kind, storeys))
    return found[: style.most]


def slabs(usable: Polygon, rng: np.random.Generator) -> list[Building]:
    """Set slabs (板楼) of two to five stairwells, six or so storeys, two flats a landing."""
    storeys = int(rng.choice([5, 6, 6, 6, 7]))
    wide = rng.uniform(*SLAB_UNIT_M)
    clear = storeys * STOREY_M * SUN_FACTOR
    lengths, clears = (2 * wide, 5 * wide), (clear, clear + 5)
    style = Rows("slab", lengths, (11.5, 13), clears, (7, 10), (1, 1), module_m=wide)
    found = []
    for shape, length in _row_boxes(usable, style, rng):
        if rng.random() < GARDEN_SHARE:
            continue
        units = max(2, round(length / wide))
        found.append(Building(shape, "slab", storeys, units, 2))
    return found


def towers(usable: Polygon, rng: np.random.Generator) -> list[Building]:
    """Set towers of one or two stairwells, eighteen storeys and more, four flats a landing."""
    found = []
    for shape, _ in _row_boxes(usable, TOWERS, rng)[:3]:
        storeys = int(rng.choice([18, 18, 22, 24, 26, 28, 32]))
        found.append(Building(_notched(shape, rng), "tower", storeys, 1, 4))
    rest: BaseGeometry = usable
    for tower in found:
        rest = shapely.difference(rest, tower.shape.buffer(16))
    parts = shapes.polygons(rest, 900)
    if parts and found:
        club = Rows("service", (18, 26), (12, 14), (30, 40), (40, 50), (1, 2), 1)
        found += rows(parts[0], club, rng)
    return found


def _notched(shape: Polygon, rng: np.random.Generator) -> Polygon:
    """Give a tower the H of its light wells."""
    centre, along, length, width = shapes.frame(shape)
    angle = float(np.degrees(np.arctan2(along[1], along[0])))
    notches = []
    for side in (-1, 1):
        at = centre + side * np.array([-along[1], along[0]]) * width / 2
        wide, deep = rng.uniform(5, 7), rng.uniform(4, 6)
        notches.append(shapes.rectangle(at[0], at[1], wide, deep, angle))
    del length
    return shapes.polygons(shapely.difference(shape, shapely.union_all(notches)))[0]


def mixed(usable: Polygon, rng: np.random.Generator) -> list[Building]:
    """Line the streets with flats over shops (商住楼), and set a few slabs behind them."""
    found = []
    for shape, wide in along_street(usable, SHOPS, rng):
        storeys = int(rng.integers(SHOPS.storeys[0], SHOPS.storeys[1] + 1))
        units = 2 if wide > 26 else 1  # noqa: PLR2004 - metres
        found.append(Building(shape, "shop_house", storeys, units, 2, shop_floors=1))
    court: BaseGeometry = usable
    for building in found:
        court = shapely.difference(court, building.shape.buffer(12))
    for part in shapes.polygons(court, 1500):
        if rng.random() < COURT_SHARE:
            found += slabs(part, rng)
    return found


def old_quarter(usable: Polygon, rng: np.random.Generator) -> list[Building]:
    """Crowd small houses along the lanes, ring behind ring."""
    return _houses(usable, OLD_HOUSES, rng)


def village(usable: Polygon, rng: np.random.Generator) -> list[Building]:
    """Set the families' own houses (自建房), larger and further apart."""
    return _houses(usable, OWN_HOUSES, rng)


def _houses(usable: Polygon, fronts: Fronts, rng: np.random.Generator) -> list[Building]:
    found: list[Building] = []
    ring = usable
    while ring.area > SMALLEST_M2:
        for shape, _ in along_street(ring, fronts, rng):
            storeys = int(rng.integers(fronts.storeys[0], fronts.storeys[1] + 1))
            found.append(Building(shape, "house", storeys, 1, 1))
        inner = shapely.buffer(ring, -fronts.depths[1] - rng.uniform(3.5, 7))
        parts = shapes.polygons(inner, SMALLEST_M2)
        ring = parts[0] if parts else shapely.Polygon()
    return found


def along_street(
    usable: Polygon, fronts: Fronts, rng: np.random.Generator
) -> list[tuple[Polygon, float]]:
    """Return rectangles that stand with their fronts on the edge of the ground, side by side."""
    room = shapely.buffer(usable, 0.25)
    shapely.prepare(room)
    edge = shapely.get_coordinates(shapely.simplify(usable, 0.8).exterior)
    if not shapely.is_ccw(shapely.LinearRing(edge)):
        edge = edge[::-1]
    placed: list[tuple[Polygon, float]] = []
    for start, end in itertools.pairwise(edge):
        for shape, wide in _lots(start, end, fronts, rng):
            if rng.random() >= fronts.empty and _fits(shape, room, placed):
                placed.append((shape, wide))
    return placed


def _lots(
    start: NDArray[np.float64], end: NDArray[np.float64], fronts: Fronts, rng: np.random.Generator
) -> Iterator[tuple[Polygon, float]]:
    side = float(np.hypot(*(end - start)))
    along = (end - start) / max(side, 1e-9)
    inward = np.array([-along[1], along[0]])
    angle = float(np.degrees(np.arctan2(along[1], along[0])))
    at = rng.uniform(0, 2)
    while at + fronts.widths[0] <= side:
        wide = min(float(rng.uniform(*fronts.widths)), side - at)
        deep = float(rng.uniform(*fronts.depths))
        x, y = start + along * (at + wide / 2) + inward * deep / 2
        yield shapes.rectangle(x, y, wide, deep, angle), wide
        at += wide + rng.uniform(*fronts.gaps)


def _fits(shape: Polygon, room: Polygon, placed: list[tuple[Polygon, float]]) -> bool:
    if not room.covers(shape):
        return False
    return all(shape.distance(other) > 0.3 for other, _ in placed)  # noqa: PLR2004 - metres


def _row_boxes(
    usable: Polygon, style: Rows, rng: np.random.Generator
) -> list[tuple[Polygon, float]]:
    angle = facing_deg(usable, rng)
    origin = usable.centroid
    turned = affinity.rotate(usable, -angle, origin=origin)
    _, bottom, _, top = turned.bounds
    found = []
    high = top - rng.uniform(0, 2)
    while high > bottom + style.depths[0]:
        deep = rng.uniform(*style.depths)
        boxes = _one_row(turned, (high - deep, high), style, rng)
        found += boxes
        high -= deep + rng.uniform(*style.clear) if boxes else 3.0
    return [(affinity.rotate(box, angle, origin=origin), length) for box, length in found]


def _one_row(
    usable: Polygon, strip: tuple[float, float], style: Rows, rng: np.random.Generator
) -> list[tuple[Polygon, float]]:
    boxes = []
    for start, end in shapes.free_intervals(usable, *strip):
        at = start
        while end - at >= style.lengths[0]:
            length = _length(end - at, style, rng)
            boxes.append((shapely.box(at, strip[0], at + length, strip[1]), length))
            at += length + rng.uniform(*style.gaps)
    return boxes


def _length(room: float, style: Rows, rng: np.random.Generator) -> float:
    """Return a length that leaves room for another building, or none."""
    if not style.module_m:
        return min(float(rng.uniform(*style.lengths)), room)
    most = round(style.lengths[1] / style.module_m)
    modules = int(room / style.module_m + 1e-9)
    if modules > most:
        modules = min(most, int(np.ceil(modules / 2)), int(rng.integers(3, most + 1)))
    return modules * style.module_m
