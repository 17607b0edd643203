"""The street network: hand-drawn main roads, then cuts by chance down to small blocks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from data.generator import shapes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from shapely import LineString, Polygon

    from data.generator.plan import Area, Named

GRID_M = 0.05
WIDTH_M = {"primary": 24.0, "secondary": 15.0, "lane": 8.0, "alley": 4.5, "river": 0.0, "edge": 0.0}
JUNCTION_M = 16.0
WEED_M = 0.5
OVERSHOOT_M = 0.005
TRIES = 14
LEAST_COMPACT = 0.42
LOOK_M = 8.0
SHARPEST_DEG = 38.0


@dataclass(frozen=True)
class Street:
    """One line of the network; ``river`` and ``edge`` bound blocks without a road."""

    line: LineString
    kind: str
    name: Named


@dataclass(frozen=True)
class Edge:
    """A piece of a street from junction to junction; ``row`` counts the streets of the network."""

    line: LineString
    street: Street
    row: int


@dataclass
class Network:
    """All lines so far, and the junctions that later cuts are drawn to."""

    streets: list[Street] = field(default_factory=list)
    junctions: list[tuple[float, float]] = field(default_factory=list)


def main_network(area: Area) -> tuple[Network, Polygon]:
    """Return the hand-drawn lines clipped to the area, and the area's outline."""
    outline = shapely.Polygon(shapes.smooth(area.outline, closed=True))
    network = Network([Street(outline.exterior, "edge", ("", ""))])
    for road in area.roads:
        line = shapely.LineString(shapes.smooth(road.bends, closed=road.closed))
        _add_inside(network, line, outline, road.kind, road.name)
    for water in area.waters:
        if not water.closed:
            line = shapely.LineString(shapes.smooth(water.bends))
            _add_inside(network, line, outline, "river", water.name)
    return _trimmed(network), outline


def _trimmed(network: Network) -> Network:
    """Return the network without the stubs that stick out beyond its outermost crossings."""
    kept: dict[int, list[LineString]] = {}
    for edge in noded(network, grid_m=None):
        kept.setdefault(edge.row, []).append(edge.line)
    return Network(
        [
            Street(part, network.streets[row].kind, network.streets[row].name)
            for row, lines in kept.items()
            for part in shapely.get_parts(shapely.line_merge(shapely.MultiLineString(lines)))
        ]
    )


def _add_inside(
    network: Network, line: LineString, outline: Polygon, kind: str, name: Named
) -> None:
    for part in shapely.get_parts(
        shapely.line_merge(shapely.intersection(line, outline.buffer(1)))
    ):
        if part.length > JUNCTION_M:
            network.streets.append(Street(part, kind, name))


def noded(network: Network, grid_m: float | None = GRID_M) -> list[Edge]:
    """Return the network cut at every junction and rid of its loose ends.

    All coordinates lie on a common grid (snap rounding after Hobby, 1999), so that what meets at a
    junction shares the very same vertex.
    """
    lines = [street.line for street in network.streets]
    pieces = list(shapely.get_parts(shapely.union_all(lines, grid_size=grid_m)))
    pieces = _without_loose_ends(pieces)
    if grid_m:
        pieces = list(shapely.simplify(pieces, WEED_M))  # no corner nearly straight, no short side
    middles = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    nearest = shapely.STRtree(lines).nearest(middles)
    return [
        Edge(piece, network.streets[row], int(row))
        for piece, row in zip(pieces, nearest, strict=True)
    ]


def _without_loose_ends(pieces: list[LineString]) -> list[LineString]:
    while True:
        ends = [tuple(shapely.get_coordinates(piece)[i]) for piece in pieces for i in (0, -1)]
        degree = Counter(ends)
        kept = [
            piece
            for piece, start, end in zip(pieces, ends[::2], ends[1::2], strict=True)
            if degree[start] > 1 and degree[end] > 1
        ]
        if len(kept) == len(pieces):
            return pieces
        pieces = kept


def faces(lines: list[LineString], outline: Polygon) -> list[Polygon]:
    """Return the faces between noded lines, from west to east; neighbours share their vertices."""
    found = shapely.get_parts(shapely.polygonize(lines))
    inside = [face for face in found if outline.contains(face.representative_point())]
    return sorted(inside, key=lambda face: (round(face.centroid.x, 3), round(face.centroid.y, 3)))


def find_junctions(network: Network) -> None:
    """Take the crossings of the lines drawn so far as junctions that later cuts are drawn to."""
    pieces = shapely.get_parts(shapely.union_all([street.line for street in network.streets]))
    ends = Counter(tuple(shapely.get_coordinates(piece)[i]) for piece in pieces for i in (0, -1))
    network.junctions = [end for end, degree in ends.items() if degree > 2]  # noqa: PLR2004 - a bend


def rough_faces(network: Network, outline: Polygon) -> list[Polygon]:
    """Return the faces of the network as drawn so far, before rounding."""
    lines = shapely.union_all([_beyond(street.line) for street in network.streets])
    found = faces(list(shapely.get_parts(lines)), outline)
    return [face for face in found if face.area > 1]


def subdivide(
    network: Network,
    blocks: list[Polygon],
    largest_m2: Callable[[Polygon], float],
    kind: str,
    rng: np.random.Generator,
) -> None:
    """Cut the blocks until each is at most as large as it may be, and keep the cuts as streets."""
    waiting = list(blocks)
    while waiting:
        block = waiting.pop()
        if block.area <= largest_m2(block):
            continue
        cut, parts = _best_cut(network, block, rng)
        if cut is None:
            continue
        network.streets.append(Street(cut, kind, ("", "")))
        coords = shapely.get_coordinates(cut)
        network.junctions += [tuple(coords[0]), tuple(coords[-1])]
        waiting += parts


def _best_cut(
    network: Network, block: Polygon, rng: np.random.Generator
) -> tuple[LineString | None, list[Polygon]]:
    nearby = _junctions_on(network, block)
    best, best_score, best_parts = None, 0.0, []
    room = shapely.buffer(block, 0.02)
    shapely.prepare(room)
    for _ in range(TRIES):
        line = _draw_cut(block, nearby, rng)
        if line is None or not room.covers(line) or _meets_sharply(block, line):
            continue
        parts = _split(block, line)
        if len(parts) != 2:  # noqa: PLR2004 - a cut makes two
            continue
        score = min(shapes.compactness(part) for part in parts)
        score *= min(parts[0].area, parts[1].area) / block.area + 0.5
        if score > best_score:
            best, best_score, best_parts = line, score, parts
    least = min(LEAST_COMPACT, 0.75 * shapes.compactness(block))
    if best is None or min(shapes.compactness(part) for part in best_parts) < least:
        return None, []
    return best, best_parts


def _meets_sharply(block: Polygon, line: LineString) -> bool:
    """Tell whether a cut would leave the sharp corner that no surveyor draws."""
    ring = block.exterior
    for end, inward in ((line.coords[0], LOOK_M), (line.coords[-1], -LOOK_M)):
        corner = np.array(end)
        cut = shapely.get_coordinates(shapely.line_interpolate_point(line, inward))[0] - corner
        at = ring.project(shapely.Point(end))
        for step in (LOOK_M, -LOOK_M):
            place = shapely.line_interpolate_point(ring, (at + step) % ring.length)
            side = shapely.get_coordinates(place)[0] - corner
            cosine = cut @ side / (np.hypot(*cut) * np.hypot(*side))
            if cosine > np.cos(np.radians(SHARPEST_DEG)):
                return True
    return False


def _junctions_on(network: Network, block: Polygon) -> NDArray[np.float64]:
    if not network.junctions:
        return np.empty((0, 2))
    points = np.asarray(network.junctions)
    near = shapely.distance(block.exterior, shapely.points(points)) < OVERSHOOT_M
    return points[near]


def _draw_cut(
    block: Polygon, nearby: NDArray[np.float64], rng: np.random.Generator
) -> LineString | None:
    centre, along, length, width = shapes.frame(block)
    start = centre + along * length * rng.uniform(-0.14, 0.14)
    angle = rng.normal(0, 0.09) + np.pi / 2
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    across = turn @ along
    t = np.linspace(-0.8, 0.8, 9)[:, None]
    sag = rng.normal(0, 0.035) * width + rng.normal(0, 0.02) * width * t * 2
    line = shapely.LineString(start + across * t * width + along * sag * (1 - (t / 0.8) ** 2))
    parts = shapely.get_parts(shapely.intersection(line, block))
    inside = max(parts, key=lambda part: part.length, default=None)
    if inside is None or inside.length < JUNCTION_M:
        return None
    return _snap_ends(shapely.get_coordinates(inside), nearby)


def _snap_ends(coords: NDArray[np.float64], nearby: NDArray[np.float64]) -> LineString:
    for end in (0, -1):
        if len(nearby):
            away = np.hypot(*(nearby - coords[end]).T)
            if away.min() < JUNCTION_M:
                coords[end] = nearby[away.argmin()]
    return shapely.simplify(shapely.LineString(coords), 0.3)


def _beyond(line: LineString) -> LineString:
    """Return the line drawn out a little, so that it surely crosses what it ends on."""
    if line.is_closed:
        return line
    coords = shapely.get_coordinates(line)
    for end, before in ((0, 1), (-1, -2)):
        step = coords[end] - coords[before]
        coords[end] += step / np.hypot(*step) * OVERSHOOT_M
    return shapely.LineString(coords)


def _split(block: Polygon, line: LineString) -> list[Polygon]:
    lines = shapely.union_all([block.exterior, _beyond(line)])
    return [
        part
        for part in shapely.get_parts(shapely.polygonize(list(shapely.get_parts(lines))))
        if block.contains(part.representative_point())
    ]
