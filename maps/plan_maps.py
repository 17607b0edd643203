"""Maps of a plan for its file (方案图件): the grids before and after, and what changes, A4 pages.

Drawn as SVG in metres of the jurisdiction's own zone and printed to PDF; nothing is fetched from
anywhere. Every change can be read without colour: what moves is hatched, every grid is labelled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from geo.core.crs import transform_geometry
from geo.core.notices import CHANGES, day_said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geo.core.effects import Effects, Layout
    from geo.core.ground import Ground
    from geo.core.notices import Occasion

    Bounds = tuple[float, float, float, float]

WGS84 = 4326
TINTS = ("#f6e3d7", "#e3ead6", "#dbe7ee", "#efe2ee", "#f4efcf", "#e2e2e2")
"""Fills of grids; neighbours have different ones."""

LINE, OUTLINE, WATER, ROAD, CHANGE = "#8a2a1c", "#3b3b3b", "#c4dbe6", "#ffffff", "#1d1d1d"
FULL_WIDTH, FULL_HEIGHT = 267.0, 152.0
"""Millimetres of a map that has a page to itself, A4 across."""

HALF_WIDTH = 131.0
MARGIN = 0.04
HATCH_MM = 1.6
LABEL_MM = 2.6
NAME_MM = 3.4
COMMUNITY = "#8a2a1c"
TOUCHING_M = 1.0
NEAR_M = 1000.0
"""How far communities of one town lie apart at most."""

NOISE_M = 0.5
NOISE_M2 = 1.0
LONGEST_BAR_MM = 40.0
KILOMETRE_M = 1000
SCALES = tuple(mantissa * 10**power for power in range(1, 6) for mantissa in (1, 2, 5))


class Look(NamedTuple):
    """The part of the ground that a map shows, and how large.

    Parameters
    ----------
    bounds
        West, south, east and north in metres.
    width_mm, height_mm
        Of the map on paper.
    """

    bounds: Bounds
    width_mm: float
    height_mm: float

    @property
    def mm_per_m(self) -> float:
        """Millimetres on paper of a metre on the ground."""
        west, south, east, north = self.bounds
        return min(self.width_mm / (east - west), self.height_mm / (north - south))

    def place(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where points are on paper, in millimetres from the upper left corner."""
        west, south, east, north = self.bounds
        middle = np.array([(west + east) / 2, (south + north) / 2])
        half = np.array([self.width_mm / 2, self.height_mm / 2])
        placed: NDArray[np.float64] = (points - middle) * (self.mm_per_m, -self.mm_per_m) + half
        return placed


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """What is drawn: a layout's grids in metres, their tints, and the ground that changes.

    Parameters
    ----------
    polygons, names, tints
        By key of the grid.
    changed
        Ground whose grid is another one in the other layout.
    """

    polygons: Mapping[str, BaseGeometry]
    names: Mapping[str, str]
    tints: Mapping[str, str]
    changed: BaseGeometry


def maps_pdf(found: Effects, ground: Ground, occasion: Occasion) -> bytes:
    """Return the maps of a plan as a PDF document.

    For every town, that is communities near one another, a page with all grids before and one with
    all after; for every community in which ground changes its grid one with both side by side.

    Parameters
    ----------
    found
        What the plan does.
    ground
        Communities, roads and water.
    occasion
        Names and dates.
    """
    from weasyprint import HTML  # noqa: PLC0415 - heavy, for few requests

    written: bytes = HTML(string=maps_html(found, ground, occasion)).write_pdf()
    return written


def maps_html(found: Effects, ground: Ground, occasion: Occasion) -> str:
    """Return the maps as a page to be printed; see :func:`maps_pdf`."""
    before, after = _sheets(found, ground)
    when = {"before": occasion.before, "after": f"{day_said(occasion.starts)}起"}
    towns = _towns([one.area for one in ground.communities])
    pages = [
        *(
            _full_page(f"{title}（{when[side]}）", _part(sheet, town), ground, occasion)
            for town in towns
            for title, side, sheet in (("原网格图", "before", before), ("现网格图", "after", after))
        ),
        *(
            _community_page(code, (before, after), ground, found, occasion)
            for code in _changing(ground, after)
        ),
    ]
    return (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>方案图件：'
        f"{escape(occasion.plan)}</title><style>{STYLE}</style><body>{''.join(pages)}</body></html>"
    )


def _sheets(found: Effects, ground: Ground) -> tuple[Sheet, Sheet]:
    before, after = (_metric(one, ground.srid) for one in (found.before, found.after))
    changed = _changed(before, after)
    tints = _tinted({**before, **after})
    return tuple(  # type: ignore[return-value]
        Sheet(polygons, {key: layout.grids[key].name for key in polygons}, tints, changed)
        for layout, polygons in ((found.before, before), (found.after, after))
    )


def _metric(layout: Layout, srid: int) -> dict[str, BaseGeometry]:
    """Return the ground of grids in metres; general grids without that of the dedicated ones."""
    keys = list(layout.polygons)
    polygons = np.array([layout.polygons[key] for key in keys], dtype=object)
    moved = dict(zip(keys, transform_geometry(polygons, WGS84, srid), strict=True)) if keys else {}
    over = shapely.union_all(
        [one for key, one in moved.items() if layout.grids[key].kind == "dedicated"]
    )
    return {
        key: one if layout.grids[key].kind == "dedicated" else shapely.difference(one, over)
        for key, one in moved.items()
    }


def _changed(before: Mapping[str, BaseGeometry], after: Mapping[str, BaseGeometry]) -> BaseGeometry:
    """Return the ground that is in another grid afterwards, without slivers."""
    gained = [
        shapely.difference(ground, before[key]) if key in before else ground
        for key, ground in after.items()
    ]
    return shapely.buffer(shapely.buffer(shapely.union_all(gained), -NOISE_M), NOISE_M)


def _tinted(polygons: Mapping[str, BaseGeometry]) -> dict[str, str]:
    """Give every grid a tint that no neighbour has, as long as there are enough."""
    keys = sorted(polygons)
    if not keys:
        return {}
    grounds = np.array([polygons[key] for key in keys], dtype=object)
    one, other = shapely.STRtree(grounds).query(grounds, predicate="dwithin", distance=TOUCHING_M)
    near: dict[int, set[int]] = {row: set() for row in range(len(keys))}
    for left, right in zip(one.tolist(), other.tolist(), strict=True):
        if left != right:
            near[left].add(right)
    tint: dict[int, int] = {}
    for row in sorted(near, key=lambda row: -len(near[row])):
        taken = [tint[beside] for beside in near[row] if beside in tint]
        tint[row] = min(range(len(TINTS)), key=lambda one: (taken.count(one), one))
    return {keys[row]: TINTS[one] for row, one in tint.items()}


def _changing(ground: Ground, after: Sheet) -> Iterator[str]:
    """Yield the codes of communities in which ground changes its grid."""
    for community in ground.communities:
        if shapely.intersection(after.changed, community.area).area > NOISE_M2:
            yield community.code


def _towns(areas: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Return the ground of communities that are near one another, the largest first."""
    if not areas:
        return []
    grown = shapely.union_all(shapely.buffer(np.array(areas, dtype=object), NEAR_M / 2))
    towns = [
        shapely.union_all([one for one in areas if shapely.intersects(one, part)])
        for part in shapely.get_parts(grown)
    ]
    return sorted(towns, key=shapely.area, reverse=True)


def _part(sheet: Sheet, ground: BaseGeometry) -> Sheet:
    """Return what of a sheet lies in some ground."""
    shapely.prepare(ground)
    own = {
        key: one
        for key, one in sheet.polygons.items()
        if shapely.intersects(ground, one) and shapely.intersection(one, ground).area > NOISE_M2
    }
    return Sheet(own, sheet.names, sheet.tints, shapely.intersection(sheet.changed, ground))


def _full_page(title: str, sheet: Sheet, ground: Ground, occasion: Occasion) -> str:
    look = Look(_bounds(sheet.polygons.values()), FULL_WIDTH, FULL_HEIGHT)
    labels = _short(sheet, occasion)
    names = _community_names(sheet, ground, look, occasion)
    return _page(title, [_map(sheet, ground, look, labels, names)], look, occasion)


def _community_names(sheet: Sheet, ground: Ground, look: Look, occasion: Occasion) -> str:
    """Return the names of communities, each where it leaves most room to the labels of grids."""
    room = 2.5 * LABEL_MM / look.mm_per_m
    spots = shapely.points([_spot(one) for one in sheet.polygons.values()])
    taken = shapely.union_all(shapely.buffer(spots, room))
    frame = shapely.box(*_seen(look))
    drawn = []
    for one in ground.communities:
        free = shapely.difference(one.area, taken)
        if shapely.intersects(one.area, frame) and not free.is_empty:
            name = occasion.communities.get(one.code, one.name)
            drawn.append(_text(_spot(free), [name], look, NAME_MM, COMMUNITY))
    return "".join(drawn)


def _spot(ground: BaseGeometry) -> tuple[float, float]:
    """Return the point that is farthest from the border of the largest part of some ground."""
    largest = max(shapely.get_parts(ground), key=shapely.area)
    line = shapely.maximum_inscribed_circle(largest, tolerance=5)
    (x, y), *_ = shapely.get_coordinates(line).tolist()
    return x, y


def _short(sheet: Sheet, occasion: Occasion) -> dict[str, str]:
    """Return the names of grids without their communities', which the map shows."""
    found = {}
    for key in sheet.polygons:
        name = sheet.names[key]
        prefix = next((one for one in occasion.communities.values() if name.startswith(one)), "")
        found[key] = name.removeprefix(prefix) or name
    return found


def _community_page(
    code: str,
    pair: tuple[Sheet, Sheet],
    ground: Ground,
    found: Effects,
    occasion: Occasion,
) -> str:
    area = next(one.area for one in ground.communities if one.code == code)
    look = Look(_bounds([area]), HALF_WIDTH, FULL_HEIGHT - 14)
    households = (
        {one.key: one.households_before for one in found.grids},
        {one.key: one.households_after for one in found.grids},
    )
    maps = []
    for heading, sheet, counts in zip(("原网格", "现网格"), pair, households, strict=True):
        inside = _part(sheet, area)
        short = _short(inside, occasion)
        labels = {key: f"{short[key]}\n{counts.get(key, 0)}户" for key in inside.polygons}
        drawn = _map(inside, ground, look, labels)
        maps.append(f"<figure><figcaption>{heading}</figcaption>{drawn}</figure>")
    name = occasion.communities.get(code, code)
    changes = "；".join(
        f"{(one.after or one.before).name}{CHANGES[one.change]}"  # type: ignore[union-attr]
        for one in found.grids
        if one.change != "same" and (one.after or one.before).community == code  # type: ignore[union-attr]
    )
    return _page(f"{name}网格调整对照图", maps, look, occasion, changes)


def _page(title: str, maps: Sequence[str], look: Look, occasion: Occasion, told: str = "") -> str:
    remarks = "　".join((f"方案：{occasion.plan}", *occasion.remarks))
    draft = "<span class=draft>未发布</span>" if occasion.draft else ""
    legend = (
        f"{_scale_bar(look)}<span class=key>{_swatch()}所属网格变化的区域</span>"
        f"<span class=key>▲ 北</span>"
    )
    return (
        f"<section><h1>{escape(occasion.jurisdiction)}　{escape(title)}{draft}</h1>"
        f"<div class=maps>{''.join(maps)}</div>"
        f"<div class=legend>{legend}</div><p>{escape(told)}</p>"
        f"<p class=remarks>{escape(remarks)}　制图日期：{day_said(occasion.issued)}</p></section>"
    )


def _map(
    sheet: Sheet, ground: Ground, look: Look, labels: Mapping[str, str], names: str = ""
) -> str:
    """Return a map as SVG: water, grids, roads, what changes, borders, labels."""
    frame = shapely.box(*_seen(look))
    parts = [
        *(_path(one, look, fill=sheet.tints[key]) for key, one in sorted(sheet.polygons.items())),
        *(_path(one, look, fill=WATER) for one in _within(ground.waters.shapes, frame)),
        *(_path(one, look, stroke=ROAD, width=0.5) for one in _within(ground.roads.lines, frame)),
        _hatch(sheet.changed, look),
        *(_path(one, look, stroke=LINE, width=0.35) for one in sheet.polygons.values()),
        *(
            _path(one.area, look, stroke=OUTLINE, width=0.7)
            for one in ground.communities
            if shapely.intersects(one.area, frame)
        ),
        names,
        *(_label(sheet.polygons[key], text, look) for key, text in sorted(labels.items())),
    ]
    size = f'width="{look.width_mm}mm" height="{look.height_mm}mm"'
    box = f'viewBox="0 0 {look.width_mm} {look.height_mm}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box}>{"".join(parts)}</svg>'


def _within(shapes: NDArray[np.object_], frame: BaseGeometry) -> Iterator[BaseGeometry]:
    if len(shapes):
        yield from shapely.intersection(shapes[shapely.intersects(shapes, frame)], frame)


def _seen(look: Look) -> Bounds:
    """Return the ground that a map shows, in metres."""
    west, south, east, north = look.bounds
    x, y = (west + east) / 2, (south + north) / 2
    wide, high = look.width_mm / look.mm_per_m / 2, look.height_mm / look.mm_per_m / 2
    return x - wide, y - high, x + wide, y + high


def _path(
    shape: BaseGeometry, look: Look, *, fill: str = "none", stroke: str = "none", width: float = 0
) -> str:
    lines = [
        "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in look.place(points)) + ("Z" if closed else "")
        for points, closed in _chains(shape)
    ]
    if not lines:
        return ""
    drawn = f' stroke="{stroke}" stroke-width="{width}" stroke-linejoin="round"' if width else ""
    return f'<path d="{"".join(lines)}" fill="{fill}" fill-rule="evenodd"{drawn}/>'


def _chains(shape: BaseGeometry) -> Iterator[tuple[NDArray[np.float64], bool]]:
    for part in shapely.get_parts(shape):
        if isinstance(part, shapely.Polygon):
            for ring in (part.exterior, *part.interiors):
                if not ring.is_empty:
                    yield shapely.get_coordinates(ring), True
        elif isinstance(part, shapely.LineString):
            yield shapely.get_coordinates(part), False
        elif isinstance(part, shapely.GeometryCollection):
            yield from _chains(part)


def _hatch(ground: BaseGeometry, look: Look) -> str:
    """Return slanting lines over some ground."""
    if ground.is_empty:
        return ""
    step = HATCH_MM / look.mm_per_m * math.sqrt(2)
    west, south, east, north = ground.bounds
    high = north - south
    starts = np.arange(math.floor((west - high) / step) * step, east, step)
    lines = shapely.linestrings([[(x, south), (x + high, north)] for x in starts.tolist()])
    hatched = shapely.intersection(lines, ground)
    shown = shapely.union_all(hatched)
    border = _path(ground, look, stroke=CHANGE, width=0.25)
    return _path(shown, look, stroke=CHANGE, width=0.18) + border


def _label(ground: BaseGeometry, text: str, look: Look) -> str:
    if ground.is_empty:
        return ""
    return _text(_spot(ground), text.split("\n"), look, LABEL_MM, "#000")


def _text(
    spot: tuple[float, float], lines: Sequence[str], look: Look, size_mm: float, colour: str
) -> str:
    """Return lines of text around a point, with a light edge that keeps them legible."""
    ((x, y),) = look.place(np.array([spot])).tolist()
    top = y - (len(lines) - 1) * size_mm * 0.6 + size_mm * 0.35
    return "".join(
        f'<text x="{x:.2f}" y="{top + row * size_mm * 1.2:.2f}" font-size="{size_mm}" {kind}'
        f' text-anchor="middle">{escape(line)}</text>'
        for row, line in enumerate(lines)
        for kind in ('stroke="#fff" stroke-width="0.7" fill="#fff"', f'fill="{colour}"')
    )


def _scale_bar(look: Look) -> str:
    length_m = max(
        (one for one in SCALES if one * look.mm_per_m <= LONGEST_BAR_MM), default=SCALES[0]
    )
    length_mm = length_m * look.mm_per_m
    said = f"{length_m // KILOMETRE_M} 千米" if length_m >= KILOMETRE_M else f"{length_m} 米"
    wide = f"{length_mm + 1:.1f}"
    bar = f'<path d="M.5 .5V2.5H{length_mm + 0.5:.2f}V.5" fill="none" stroke="#000"'
    return (
        f'<span class=key><svg xmlns="http://www.w3.org/2000/svg" width="{wide}mm" height="3mm"'
        f' viewBox="0 0 {wide} 3">{bar} stroke-width=".3"/></svg> {said}</span>'
    )


def _swatch() -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="7mm" height="4mm" viewBox="0 0 7 4">'
        '<path d="M.2 .2H6.8V3.8H.2Z M0 4L4 0 M2 4L6 0 M4 4L7 1" fill="none" stroke="#1d1d1d"'
        ' stroke-width=".25"/></svg> '
    )


def _bounds(shapes: Iterable[BaseGeometry]) -> Bounds:
    """Return what surrounds shapes, with a margin."""
    surrounded = shapely.total_bounds(np.array(list(shapes), dtype=object))
    west, south, east, north = np.nan_to_num(surrounded).tolist()
    wide, high = max(east - west, 1.0) * MARGIN, max(north - south, 1.0) * MARGIN
    return west - wide, south - high, east + wide, north + high


STYLE = """
@page { size: A4 landscape; margin: 12mm 15mm 10mm }
body { margin: 0; font: 9pt/1.4 "Noto Sans CJK SC", "SimHei", sans-serif }
section { break-after: page }
section:last-of-type { break-after: auto }
h1 { font-size: 14pt; margin: 0 0 3mm; text-align: center }
.draft { font-size: 9pt; border: .6pt solid #8a2a1c; color: #8a2a1c; padding: 0 1.5mm;
         margin-left: 4mm }
.maps { display: flex; gap: 5mm }
figure { margin: 0 }
figcaption { text-align: center; font-weight: bold; margin-bottom: 1mm }
svg { border: 0 }
.legend { margin-top: 2mm }
.key { margin-right: 8mm }
p { margin: 1mm 0 0 }
.remarks { color: #444; font-size: 8pt }
"""

__all__ = ["maps_html", "maps_pdf"]
