"""Roads as drawn and walked: from junction to junction, with bridges over the water."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from data.generator import shapes

if TYPE_CHECKING:
    from shapely import LineString
    from shapely.geometry.base import BaseGeometry

    from data.generator.blocks import Ground
    from data.generator.plan import Named

BANK_M = 5.0
WIDE = ("primary", "secondary")
FOOTBRIDGE_M = 14.0


@dataclass(frozen=True)
class Road:
    """A piece of road between two junctions or bridgeheads."""

    line: LineString
    kind: str
    name: Named


def draw_roads(ground: Ground) -> list[Road]:
    """Return the roads of an area, with bridges where a road goes on beyond the water.

    Lanes end at the bank of a river, and cross a stream.
    """
    water = shapely.union_all([shape.buffer(BANK_M) for shape, _, _ in ground.waters])
    shapely.prepare(water)
    roads: list[Road] = []
    wet: list[Road] = []
    for edge in ground.edges:
        if edge.street.kind in ("river", "edge"):
            continue
        name = ground.names[edge.row]
        for piece in _cut_where_it_crosses(edge.line, water):
            dry = not water.contains(piece.interpolate(0.5, normalized=True))
            (roads if dry else wet).append(Road(piece, edge.street.kind, name))
    return _connected(roads + _bridges(wet))


def _connected(roads: list[Road]) -> list[Road]:
    """Leave out scraps between water and the edge that no other road leads to."""
    tree = shapely.STRtree([road.line for road in roads])
    group = list(range(len(roads)))

    def root(row: int) -> int:
        while group[row] != row:
            row = group[row]
        return row

    ends = [road.line.boundary for road in roads]
    for row, other in tree.query(ends, predicate="dwithin", distance=0.01).T:
        group[root(int(row))] = root(int(other))
    sizes = Counter(root(row) for row in range(len(roads)))
    main = sizes.most_common(1)[0][0]
    return [road for row, road in enumerate(roads) if root(row) == main]


def _bridges(wet: list[Road]) -> list[Road]:
    """Join the wet halves that meet in mid-river into straight bridges from bank to bank."""
    ends: dict[tuple[float, ...], list[tuple[Road, tuple[float, ...]]]] = {}
    for half in wet:
        coords = [tuple(point) for point in shapely.get_coordinates(half.line)]
        ends.setdefault(coords[0], []).append((half, coords[-1]))
        ends.setdefault(coords[-1], []).append((half, coords[0]))
    bridges = []
    for halves in ends.values():
        if len(halves) < 2:  # noqa: PLR2004 - a bridge has two banks
            continue
        (first, one), (_, other) = sorted(halves, key=lambda pair: pair[0].kind, reverse=True)[:2]
        line = shapely.LineString([one, other])
        wide = all(half.kind in WIDE for half, _ in halves[:2])
        if wide or line.length < 2 * FOOTBRIDGE_M:
            bridges.append(Road(line, "bridge", first.name))
    return bridges


def _cut_where_it_crosses(line: LineString, water: BaseGeometry) -> list[LineString]:
    crossings = shapely.get_coordinates(shapely.intersection(line, shapely.boundary(water)))
    at = sorted(float(line.project(shapely.Point(point))) for point in crossings)
    pieces, offset = [], 0.0
    for place in at:
        if 1.0 < place - offset < line.length - 1.0:
            piece, line = shapes.cut_line(line, place - offset)
            pieces.append(piece)
            offset = place
    return [*pieces, line]
