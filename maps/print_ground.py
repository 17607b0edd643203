"""Drawing a map on paper with matplotlib: classes and their patterns, the ground, names, scale."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from geo.core.crs import WGS84_SRID, transform, transform_geometry
from maps.patterns import PATTERNS, ink_on
from maps.print_labels import LEADING, PT_MM, Room, Spot
from maps.print_layout import Box, Frame, Page
from maps.sheets import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from maps.sheets import Basemap, Legend, LegendEntry, ShownLayer
    from maps.static_sheets import PictureWords

    Shapes = NDArray[np.object_]
    Ints = NDArray[np.int64]

INK, GREY, RED, PAPER = "#262019", "#6d655a", "#8c1c1c", "#ffffff"
LAND, WATER, WATER_LINE, BUILDING, ROAD = "#f6f3ec", "#b9d5e3", "#8fb6c9", "#8a8072", "#ffffff"
ROAD_EDGE = "#b9b0a0"
STATION, BORDER = "#0b5a4a", "#5a2018"
ROAD_PT = (2.0, 1.3, 0.7)
"""Widths of major, middle and narrow ways."""

MANY = 300
"""Of more shapes the borders are hairlines in white."""

LABEL_PT = (9.0, 8.0, 7.0, 6.2)
NAME_PT = {"community": 11.5, "water": 8.0, "road": 6.5}
NAME_INK = {"community": RED, "water": "#2c6b86", "road": "#5d564b"}
AGAIN_MM = 60.0
"""A road's name is written again no nearer than this."""

STATION_PT, STATION_MM = 6.5, 1.7
AIR_MM = 7.0
"""Names of roads leave so much between them."""

FINEST_MM = 0.05
CAP_SHARE = 0.36
"""Half the height of capitals, as a share of the size."""

MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
HATCH_ALPHA = 0.45
SCALES_M = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)
BAR_SHARE, BAR_MM = 0.3, 55.0
KILOMETRE_M = 1000


class Ground(NamedTuple):
    """What lies underneath, in metres."""

    roads: Shapes
    road_classes: Ints
    water: Shapes
    buildings: Shapes
    names: tuple[tuple[float, float, str, str], ...]
    stations: tuple[tuple[float, float, str], ...]

    def bounds(self) -> tuple[float, float, float, float]:
        """Return what surrounds all of it; a square kilometre where there is nothing."""
        drawn = np.concatenate([self.roads, self.water, self.buildings])
        if len(drawn) == 0:
            return (-500.0, -500.0, 500.0, 500.0)
        west, south, east, north = shapely.total_bounds(drawn).tolist()
        return west, south, east, north


def ground_of(
    basemap: Basemap | None, stations: Sequence[tuple[float, float, str]], srid: int
) -> Ground:
    """Return a base map and stations in metres.

    Parameters
    ----------
    basemap
        In WGS 84; none for an empty ground.
    stations
        Longitude, latitude and name.
    srid
        Of the metric zone.
    """
    marked = tuple((*_metres(lon, lat, srid), name) for lon, lat, name in stations)
    nothing = np.array([], dtype=object)
    if basemap is None:
        return Ground(nothing, np.array([], dtype=np.int64), nothing, nothing, (), marked)
    moved = (
        transform_geometry(np.asarray(one, dtype=object), WGS84_SRID, srid)
        for one in (basemap.roads, basemap.water, basemap.buildings)
    )
    roads, water, buildings = moved
    names = tuple((*_metres(lon, lat, srid), text, kind) for lon, lat, text, kind in basemap.names)
    return Ground(roads, np.asarray(basemap.road_classes), water, buildings, names, marked)


def _metres(lon: float, lat: float, srid: int) -> tuple[float, float]:
    x, y = transform(lon, lat, WGS84_SRID, srid)
    return float(x), float(y)


@dataclass(slots=True)
class Drawing:
    """A figure of matplotlib that is drawn on in millimetres.

    Parameters
    ----------
    family
        Of the font.
    page
        The sheet's parts.
    words
        The few that are added.
    """

    family: str
    page: Page
    words: PictureWords
    figure: Any = None
    sheet: Any = field(default=None, repr=False)

    def begin(self, figure: Any) -> None:
        """Draw on a figure, all of it in millimetres of paper."""
        self.figure = figure
        self.sheet = self.axes(Box(0, 0, self.page.width, self.page.height))
        self.sheet.set(xlim=(0, self.page.width), ylim=(0, self.page.height))
        self.sheet.set_zorder(5)

    def axes(self, box: Box) -> Any:
        """Return axes without ticks on a box of the paper."""
        wide, high = self.page.width, self.page.height
        found = self.figure.add_axes(
            (box.left / wide, box.bottom / high, box.width / wide, box.height / high)
        )
        found.axis("off")
        return found

    def pt(self, size_pt: float) -> float:
        """Return a size that is given for A3, on this paper."""
        return size_pt * self.page.scale

    def write(
        self, x: float, y: float, words: str, size_pt: float, *, color: str = INK, **how: Any
    ) -> None:
        """Write at a place of the paper; the size is that for A3."""
        settings = {"va": "baseline", "ha": "left", "parse_math": False} | how
        self.sheet.text(
            x, y, words, fontsize=self.pt(size_pt), family=self.family, color=color, **settings
        )

    def halo(self, size_pt: float, color: str = PAPER) -> list[Any]:
        """Return an edge around words that keeps them legible on anything."""
        from matplotlib.patheffects import withStroke  # noqa: PLC0415 - heavy, for few requests

        return [withStroke(linewidth=self.pt(size_pt), foreground=color, alpha=0.85)]


def draw_map(  # noqa: PLR0913 - each by its name
    drawing: Drawing,
    layer: ShownLayer,
    ground: Ground,
    frame: Frame,
    *,
    around: Shapes,
    first: bool,
) -> None:
    """Draw a layer and its ground in a frame.

    Parameters
    ----------
    drawing
        The figure.
    layer
        With shapes in metres.
    ground
        What lies underneath.
    frame
        Where, and what of the ground.
    around
        Areas whose borders are drawn where the layer is of points, in metres.
    first
        Whether scale bar and north are to be drawn.
    """
    axes = drawing.axes(frame.box)
    west, south, east, north = frame.seen
    axes.set(xlim=(west, east), ylim=(south, north))
    _fill(axes, [shapely.box(*frame.seen)], LAND, zorder=0)
    inside = shapely.intersects(layer.shapes, shapely.box(*frame.seen))
    rows = np.flatnonzero(inside)
    areal = shapely.get_dimensions(layer.shapes[rows]) > 1
    _draw_classes(axes, drawing, layer, rows[areal])
    _draw_ground(axes, drawing, ground, frame)
    bordered = layer.shapes[rows[areal]] if areal.any() else around
    _draw_borders(axes, drawing, bordered, many=len(bordered) > MANY)
    _draw_points(axes, drawing, layer, rows[~areal])
    left, bottom, right, top = (
        frame.box.left + 1,
        frame.box.bottom + 1,
        frame.box.right - 1,
        frame.box.top - 1,
    )
    room = Room((left, bottom, right, top))
    if first:
        _draw_scale(drawing, frame, room)
        _draw_north(drawing, frame, room)
    seen = _mark_stations(drawing, ground, frame, room)
    _draw_labels(drawing, layer, rows, frame, room)
    _name_stations(drawing, seen, room)
    _draw_names(drawing, ground, frame, room)
    _outline(drawing, frame.box)


def _draw_classes(axes: Any, drawing: Drawing, layer: ShownLayer, rows: Ints) -> None:
    """Fill polygons with the colour and the pattern of their class."""
    for row, entry in enumerate(layer.legend.entries):
        own = rows[layer.classes[rows] == row]
        if _is_missing(layer.legend, row):
            own = np.concatenate([own, rows[layer.classes[rows] == NO_DATA]])
        if len(own):
            _fill(axes, layer.shapes[own], entry.color)
            _hatch(axes, layer.shapes[own], entry, drawing)


def _is_missing(legend: Legend, row: int) -> bool:
    return row == len(legend.entries) - 1


def _hatch(axes: Any, shapes: Iterable[BaseGeometry], entry: LegendEntry, drawing: Drawing) -> None:
    hatch = PATTERNS[entry.pattern].hatch
    if hatch:
        path = _path(shapes)
        if path is not None:
            _add(axes, hatched(path, hatch, entry.color, drawing))


def hatched(path: Any, hatch: str, color: str, drawing: Drawing) -> Any:
    """Return a patch that is drawn with a pattern alone, in an ink that is seen on a colour."""
    from matplotlib.colors import to_rgba  # noqa: PLC0415 - heavy, for few requests
    from matplotlib.patches import PathPatch  # noqa: PLC0415 - as above

    ink = to_rgba(ink_on(color), HATCH_ALPHA)
    found = PathPatch(path, facecolor="none", edgecolor="none", linewidth=0, hatch=hatch)
    found.set_hatchcolor(ink)
    found.set_hatch_linewidth(drawing.pt(0.55))
    return found


def _draw_ground(axes: Any, drawing: Drawing, ground: Ground, frame: Frame) -> None:
    finest = FINEST_MM / frame.mm_per_m
    water = _within(ground.water, frame, finest)
    _fill(axes, water, WATER, edgecolor=WATER_LINE, linewidth=drawing.pt(0.4), zorder=2)
    _lines(axes, water, WATER_LINE, drawing.pt(1.2), zorder=2)
    _fill(axes, _within(ground.buildings, frame, finest), BUILDING, alpha=0.3, zorder=2)
    for row, width in reversed(list(enumerate(ROAD_PT))):
        roads = _within(ground.roads[ground.road_classes == row], frame, finest)
        _lines(axes, roads, ROAD_EDGE, drawing.pt(width + 0.7), alpha=0.55, zorder=2.5)
        _lines(axes, roads, ROAD, drawing.pt(width), alpha=0.9, zorder=2.6)


def _draw_borders(axes: Any, drawing: Drawing, shapes: Shapes, *, many: bool) -> None:
    color, width = (PAPER, 0.25) if many else (BORDER, 1.0)
    _fill(axes, shapes, "none", edgecolor=color, linewidth=drawing.pt(width), zorder=3)


def _draw_points(axes: Any, drawing: Drawing, layer: ShownLayer, rows: Ints) -> None:
    for row, entry in enumerate(layer.legend.entries):
        own = rows[layer.classes[rows] == row]
        if len(own):
            x, y = shapely.get_coordinates(shapely.centroid(layer.shapes[own])).T
            axes.scatter(
                *(x, y),
                marker=MARKS[row % len(MARKS)],
                s=drawing.pt(34),
                color=entry.color,
                edgecolors=INK,
                linewidths=drawing.pt(0.5),
                zorder=4,
            )


def _draw_labels(drawing: Drawing, layer: ShownLayer, rows: Ints, frame: Frame, room: Room) -> None:
    """Write what stands on shapes, on the smallest ones first: they have the least choice."""
    paper = _on_paper(layer.shapes[rows], frame)
    sizes = [drawing.pt(one) for one in LABEL_PT]
    for row in np.argsort(shapely.area(paper), kind="stable"):
        words = layer.labels[rows[row]] if len(layer.labels) else ""
        spot = room.on_shape(paper[row], words, sizes) if words else None
        if spot is not None:
            color = _color_of(layer, int(rows[row]))
            _centred(drawing, spot, words, ink_on(color), edge=color)


def _color_of(layer: ShownLayer, row: int) -> str:
    return layer.legend.entries[int(layer.classes[row])].color


def _centred(
    drawing: Drawing, spot: Spot, words: str, ink: str, *, edge: str = PAPER, **how: Any
) -> None:
    """Write lines around their middle, over a light edge."""
    lines = words.split("\n")
    high = spot.size_pt * PT_MM
    for number, line in enumerate(lines):
        y = spot.y + ((len(lines) - 1) / 2 - number) * high * LEADING - CAP_SHARE * high
        drawing.write(
            *(spot.x, y, line, spot.size_pt / drawing.page.scale),
            color=ink,
            ha="center",
            path_effects=drawing.halo(2.2, edge),
            **how,
        )


Marked = list[tuple[float, float, str]]
"""Stations on paper, with their names."""


def _mark_stations(drawing: Drawing, ground: Ground, frame: Frame, room: Room) -> Marked:
    """Mark the stations that are seen."""
    seen = [
        (*_paper_point(frame, x, y), name)
        for x, y, name in ground.stations
        if _is_seen(frame, x, y)
    ]
    reach = drawing.page.scale * STATION_MM
    for x, y, _name in seen:
        room.boxes.append((x - reach, y - reach, x + reach, y + reach))
        station_mark(drawing, x, y)
    return seen


def _name_stations(drawing: Drawing, seen: Marked, room: Room) -> None:
    """Name the stations whose name covers nothing."""
    for x, y, name in seen:
        size = drawing.pt(STATION_PT)
        spot = room.beside(x, y, name, size, drawing.page.scale * STATION_MM)
        if spot is not None:
            _centred(drawing, spot, name, STATION, weight="bold")


def station_mark(drawing: Drawing, x: float, y: float) -> None:
    """Draw the mark of a station at a place of the paper."""
    drawing.sheet.scatter(
        *([x], [y]),
        marker="s",
        s=drawing.pt(38),
        color=STATION,
        edgecolors=PAPER,
        linewidths=drawing.pt(0.9),
        zorder=6,
    )
    drawing.sheet.scatter([x], [y], marker="*", s=drawing.pt(16), color=PAPER, lw=0, zorder=7)


def _draw_names(drawing: Drawing, ground: Ground, frame: Frame, room: Room) -> None:
    """Write names of communities, water and roads where there is room left.

    Roads that have many names on them go first: they are the long ones.
    """
    often = Counter(name for _x, _y, name, _kind in ground.names)
    order = list(NAME_PT)
    told = [one for one in ground.names if one[3] in NAME_PT and one[2]]
    told.sort(key=lambda one: (order.index(one[3]), -often[one[2]], one[2]))
    written: dict[str, list[tuple[float, float]]] = {}
    for x, y, text, kind in told:
        at = _paper_point(frame, x, y)
        near = written.setdefault(text, [])
        again = AGAIN_MM * drawing.page.scale
        beside = any(abs(at[0] - left) + abs(at[1] - low) < again for left, low in near)
        if beside or not _is_seen(frame, x, y):
            continue
        size = drawing.pt(NAME_PT[kind])
        spot = room.beside(*at, text, size, -size * PT_MM / 2)
        if spot is None:
            continue
        near.append(at)
        if kind == "road":
            air = AIR_MM * drawing.page.scale
            left, bottom, right, top = room.boxes[-1]
            room.boxes[-1] = (left - air, bottom - air, right + air, top + air)
        weight = "bold" if kind == "community" else "normal"
        _centred(drawing, spot, text, NAME_INK[kind], weight=weight)


def _draw_scale(drawing: Drawing, frame: Frame, room: Room) -> None:
    """Draw a bar in four parts, with its length and the scale of the paper."""
    longest = min(BAR_SHARE * frame.box.width, BAR_MM * drawing.page.scale)
    fitting = [one for one in SCALES_M if one * frame.mm_per_m <= longest]
    length_m = max(fitting, default=SCALES_M[0])
    long, high = length_m * frame.mm_per_m, 1.5 * drawing.page.scale
    left, bottom = (
        frame.box.left + 5 * drawing.page.scale,
        frame.box.bottom + 5 * drawing.page.scale,
    )
    rim = 3 * drawing.page.scale
    plate = (left - rim, bottom - rim, left + long + 2.8 * rim, bottom + high + 1.7 * rim)
    _plate(drawing, plate)
    room.boxes.append(plate)
    for part in range(4):
        box = Box(left + part * long / 4, bottom, long / 4, high)
        _rectangle(drawing, box, INK if part % 2 == 0 else PAPER, INK, 0.5)
    unit, divisor = ("m", 1) if length_m < KILOMETRE_M else ("km", KILOMETRE_M)
    for share in (0.0, 0.5, 1.0):
        told = f"{length_m * share / divisor:g}" + (f" {unit}" if share == 1.0 else "")
        drawing.write(
            left + long * share, bottom + high + 1.2 * drawing.page.scale, told, 7.5, ha="center"
        )


def _draw_north(drawing: Drawing, frame: Frame, room: Room) -> None:
    scale = drawing.page.scale
    x, y = frame.box.right - 9 * scale, frame.box.top - 16 * scale
    plate = (x - 6 * scale, y - 4 * scale, x + 6 * scale, y + 14 * scale)
    _plate(drawing, plate)
    room.boxes.append(plate)
    wide, high, notch = 3.0 * scale, 9.0 * scale, 2.2 * scale
    _polygon(drawing, [(x, y + high), (x - wide, y - 1), (x, y + notch - 1)], INK)
    _polygon(drawing, [(x, y + high), (x + wide, y - 1), (x, y + notch - 1)], PAPER)
    drawing.write(x, y + high + 1 * scale, drawing.words.north, 9, ha="center", weight="bold")


def _plate(drawing: Drawing, box: tuple[float, float, float, float]) -> None:
    left, bottom, right, top = box
    _rectangle(drawing, Box(left, bottom, right - left, top - bottom), PAPER, "none", 0, alpha=0.85)


def _rectangle(drawing: Drawing, box: Box, fill: str, edge: str, width: float, **how: Any) -> None:
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - heavy, for few requests

    drawing.sheet.add_patch(
        Rectangle(
            *((box.left, box.bottom), box.width, box.height),
            facecolor=fill,
            edgecolor=edge,
            linewidth=drawing.pt(width),
            **how,
        )
    )


def _polygon(drawing: Drawing, points: list[tuple[float, float]], fill: str) -> None:
    from matplotlib.patches import Polygon  # noqa: PLC0415 - heavy, for few requests

    drawing.sheet.add_patch(
        Polygon(points, facecolor=fill, edgecolor=INK, linewidth=drawing.pt(0.6))
    )


def _outline(drawing: Drawing, box: Box) -> None:
    _rectangle(drawing, box, "none", "#4a4238", 0.8)


def swatch(drawing: Drawing, box: Box, entry: LegendEntry, mark: str | None) -> None:
    """Draw what a class looks like, as an area or as a mark."""
    from matplotlib.path import Path  # noqa: PLC0415 - heavy, for few requests

    if mark is not None:
        drawing.sheet.scatter(
            *([box.left + box.width / 2], [box.bottom + box.height / 2]),
            marker=mark,
            s=drawing.pt(48),
            color=entry.color,
            edgecolors=INK,
            linewidths=drawing.pt(0.6),
        )
        return
    _rectangle(drawing, box, entry.color, BORDER, 0.6)
    hatch = PATTERNS[entry.pattern].hatch
    if hatch:
        corners = [
            *((box.left, box.bottom), (box.right, box.bottom)),
            *((box.right, box.top), (box.left, box.top), (box.left, box.bottom)),
        ]
        drawing.sheet.add_patch(hatched(Path(corners, closed=True), hatch, entry.color, drawing))


def _within(shapes: Shapes, frame: Frame, finest_m: float) -> Shapes:
    """Return what of shapes is seen, no finer than is printed."""
    if len(shapes) == 0:
        return shapes
    seen = shapes[shapely.intersects(shapes, shapely.box(*frame.seen))]
    found: Shapes = shapely.simplify(shapely.clip_by_rect(seen, *frame.seen), finest_m)
    return found


def _on_paper(shapes: Shapes, frame: Frame) -> Shapes:
    west, south = frame.seen[:2]
    clipped = shapely.clip_by_rect(shapes, *frame.seen)
    found: Shapes = shapely.transform(
        clipped,
        lambda at: (at - (west, south)) * frame.mm_per_m + (frame.box.left, frame.box.bottom),
    )
    return found


def _paper_point(frame: Frame, x: float, y: float) -> tuple[float, float]:
    return (
        frame.box.left + (x - frame.seen[0]) * frame.mm_per_m,
        frame.box.bottom + (y - frame.seen[1]) * frame.mm_per_m,
    )


def _is_seen(frame: Frame, x: float, y: float) -> bool:
    west, south, east, north = frame.seen
    return west <= x <= east and south <= y <= north


def _fill(axes: Any, shapes: Iterable[BaseGeometry], color: str, **how: Any) -> None:
    from matplotlib.patches import PathPatch  # noqa: PLC0415 - heavy, for few requests

    path = _path(shapes)
    if path is not None:
        settings = {"edgecolor": "none", "linewidth": 0, "joinstyle": "round"} | how
        _add(axes, PathPatch(path, facecolor=color, **settings))


def _add(axes: Any, patch: Any) -> None:
    """Add a patch without looking at how far it reaches: the frame is chosen already."""
    axes.add_artist(patch)
    patch.set_clip_path(axes.patch)


def _lines(axes: Any, shapes: Shapes, color: str, width: float, **how: Any) -> None:
    from matplotlib.collections import LineCollection  # noqa: PLC0415 - heavy, for few requests

    parts = shapely.get_parts(shapes) if len(shapes) else shapes
    lines = [shapely.get_coordinates(one) for one in parts if isinstance(one, shapely.LineString)]
    if lines:
        axes.add_collection(
            LineCollection(lines, colors=color, linewidths=width, capstyle="round", **how),
            autolim=False,
        )


def _path(shapes: Iterable[BaseGeometry]) -> Any:
    """Return the polygons of shapes as one path; ``None`` where there is none."""
    from matplotlib.path import Path  # noqa: PLC0415 - heavy, for few requests

    rings = [shapely.get_coordinates(ring) for ring in _rings(shapes)]
    if not rings:
        return None
    codes = []
    for ring in rings:
        code = np.full(len(ring), Path.LINETO, dtype=Path.code_type)
        code[0], code[-1] = Path.MOVETO, Path.CLOSEPOLY
        codes.append(code)
    return Path(np.concatenate(rings), np.concatenate(codes))


def _rings(shapes: Iterable[BaseGeometry]) -> Iterator[BaseGeometry]:
    for shape in shapes:
        for part in shapely.get_parts(shape):
            if isinstance(part, shapely.Polygon) and not part.is_empty:
                polygon = shapely.geometry.polygon.orient(part)
                yield polygon.exterior
                yield from polygon.interiors
            elif isinstance(part, shapely.GeometryCollection):
                yield from _rings([part])


__all__ = [
    "GREY",
    "INK",
    "MARKS",
    "RED",
    "Drawing",
    "Ground",
    "draw_map",
    "ground_of",
    "hatched",
    "station_mark",
    "swatch",
]
