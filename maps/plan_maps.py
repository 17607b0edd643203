"""Maps of a plan for its file (方案图件): the grids before and after, and what changes, A4 pages.

Drawn as SVG in metres of the jurisdiction's own zone, to be printed; nothing is fetched from
anywhere. Every change can be read without colour: what moves is hatched, every grid is labelled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.core.crs import WGS84_SRID, transform_geometry
from geo.core.effects import own_ground
from geo.core.notices import CHANGES, day_said
from maps.neighbourhoods import neighbourhoods
from maps.svg import KILOMETRE_M, View, bounds_of, middle, path, scale_m, within, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    from geo.core.effects import Effects, Layout
    from geo.core.ground import Ground
    from geo.core.notices import Occasion

TINTS = ("#f6e3d7", "#e3ead6", "#dbe7ee", "#efe2ee", "#f4efcf", "#e2e2e2")
"""Fills of grids; neighbours have different ones."""

PER_MM = 10
"""Units of a drawing in a millimetre of paper."""

FULL_MM, HALF_MM = (267, 152), (131, 138)
"""Width and height of a map that has a page to itself, A4 across, and of two side by side."""

MARGIN = 0.04
HATCH, LABEL, NAME = 16, 26, 34
"""Distance of hatching, and sizes of the names of grids and communities, in units."""

HALO = "halo"
LONGEST_BAR = 400
TOUCHING_M = 1.0
NOISE_M = 0.5
NOISE_M2 = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """What is drawn: a layout's grids in metres, their tints, and the ground that changes.

    Parameters
    ----------
    polygons, names, tints
        By key of the grid; tints by their number in :data:`TINTS`.
    changed
        Ground whose grid is another one in the other layout.
    """

    polygons: Mapping[str, BaseGeometry]
    names: Mapping[str, str]
    tints: Mapping[str, int]
    changed: BaseGeometry


def maps_html(found: Effects, ground: Ground, occasion: Occasion) -> str:
    """Return the maps of a plan as a page to be printed.

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
    before, after = _sheets(found, ground)
    when = {"before": occasion.before, "after": f"{day_said(occasion.starts)}起"}
    towns = [
        shapely.union_all([one.area for one in ground.communities if one.code in codes])
        for codes in neighbourhoods(ground)
    ]
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
    """Return the ground that is each grid's own, in metres."""
    grounds = own_ground(layout)
    polygons = np.array(list(grounds.values()), dtype=object)
    return dict(zip(grounds, transform_geometry(polygons, WGS84_SRID, srid), strict=True))


def _changed(before: Mapping[str, BaseGeometry], after: Mapping[str, BaseGeometry]) -> BaseGeometry:
    """Return the ground that is in another grid afterwards, without slivers."""
    gained = [
        shapely.difference(ground, before[key]) if key in before else ground
        for key, ground in after.items()
    ]
    return shapely.buffer(shapely.buffer(shapely.union_all(gained), -NOISE_M), NOISE_M)


def _tinted(polygons: Mapping[str, BaseGeometry]) -> dict[str, int]:
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
    return {keys[row]: one for row, one in tint.items()}


def _changing(ground: Ground, after: Sheet) -> Iterator[str]:
    """Yield the codes of communities in which ground changes its grid."""
    for community in ground.communities:
        if shapely.intersection(after.changed, community.area).area > NOISE_M2:
            yield community.code


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
    view = _view(sheet.polygons.values(), FULL_MM)
    labels = _short(sheet, occasion)
    names = _community_names(sheet, ground, view, occasion)
    return _page(title, [_map(sheet, ground, view, labels, names)], view, occasion)


def _view(shapes: Iterable[BaseGeometry], size_mm: tuple[int, int]) -> View:
    return View(bounds_of(shapes, MARGIN), size_mm[0] * PER_MM, size_mm[1] * PER_MM)


def _community_names(sheet: Sheet, ground: Ground, view: View, occasion: Occasion) -> str:
    """Return the names of communities, each where it leaves most room to the labels of grids."""
    spots = [middle(one) for one in sheet.polygons.values()]
    points = shapely.points(np.concatenate([one for one in spots if one is not None]))
    taken = shapely.union_all(shapely.buffer(points, 2.5 * LABEL / view.per_m))
    frame = shapely.box(*view.seen)
    drawn = []
    for one in ground.communities:
        spot = middle(shapely.difference(one.area, taken))
        if spot is not None and shapely.intersects(one.area, frame):
            name = occasion.communities.get(one.code, one.name)
            drawn.append(written(spot, name, view, "name", HALO))
    return "".join(drawn)


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
    view = _view([area], HALF_MM)
    households = (
        {one.key: one.households_before for one in found.grids},
        {one.key: one.households_after for one in found.grids},
    )
    maps = []
    for heading, sheet, counts in zip(("原网格", "现网格"), pair, households, strict=True):
        inside = _part(sheet, area)
        short = _short(inside, occasion)
        labels = {key: f"{short[key]}\n{counts.get(key, 0)}户" for key in inside.polygons}
        drawn = _map(inside, ground, view, labels)
        maps.append(f"<figure><figcaption>{heading}</figcaption>{drawn}</figure>")
    name = occasion.communities.get(code, code)
    changes = "；".join(
        f"{(one.after or one.before).name}{CHANGES[one.change]}"  # type: ignore[union-attr]
        for one in found.grids
        if one.change != "same" and (one.after or one.before).community == code  # type: ignore[union-attr]
    )
    return _page(f"{name}网格调整对照图", maps, view, occasion, changes)


def _page(title: str, maps: Sequence[str], view: View, occasion: Occasion, told: str = "") -> str:
    remarks = "　".join((f"方案：{occasion.plan}", *occasion.remarks))
    draft = "<span class=draft>未发布</span>" if occasion.draft else ""
    legend = (
        f"{_scale_bar(view)}<span class=key>{_swatch()} 所属网格变化的区域</span>"
        f"<span class=key>▲ 北</span>"
    )
    return (
        f"<section><h1>{escape(occasion.jurisdiction)}　{escape(title)}{draft}</h1>"
        f"<div class=maps>{''.join(maps)}</div>"
        f"<div class=legend>{legend}</div><p>{escape(told)}</p>"
        f"<p class=remarks>{escape(remarks)}　制图日期：{day_said(occasion.issued)}</p></section>"
    )


def _map(
    sheet: Sheet, ground: Ground, view: View, labels: Mapping[str, str], names: str = ""
) -> str:
    """Return a map as SVG: grids, water, roads, what changes, borders, labels."""
    polygons = np.array(list(sheet.polygons.values()), dtype=object)
    areas = np.array([one.area for one in ground.communities], dtype=object)
    spots = {key: middle(sheet.polygons[key]) for key in sorted(labels)}
    parts = [
        *(
            path([one], view, f"tint{sheet.tints[key]}")
            for key, one in sorted(sheet.polygons.items())
        ),
        path(within(ground.waters.shapes, view), view, "water"),
        path(within(ground.roads.lines, view), view, "road"),
        path(_hatching(sheet.changed, view), view, "hatch"),
        path([sheet.changed], view, "changed"),
        path(within(shapely.boundary(polygons), view), view, "border"),
        path(within(shapely.boundary(areas), view), view, "community"),
        names,
        *(
            written(spot, labels[key], view, "label", HALO)
            for key, spot in spots.items()
            if spot is not None
        ),
    ]
    return _svg(view.width, view.height, "".join(parts))


def _svg(width: float, height: float, drawn: str) -> str:
    """Return a drawing of some units; one that is printed brings its style with it."""
    size = f'width="{width / PER_MM:g}mm" height="{height / PER_MM:g}mm"'
    box = f'viewBox="0 0 {width:g} {height:g}"'
    style = f"<style>{DRAWN}</style>"
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box}>{style}{drawn}</svg>'


def _hatching(ground: BaseGeometry, view: View) -> list[BaseGeometry]:
    """Return slanting lines over some ground."""
    if ground.is_empty:
        return []
    step = HATCH / view.per_m * math.sqrt(2)
    west, south, east, north = ground.bounds
    high = north - south
    starts = np.arange(math.floor((west - high) / step) * step, east, step)
    lines = shapely.linestrings([[(x, south), (x + high, north)] for x in starts.tolist()])
    hatched = shapely.intersection(lines, ground)
    return list(hatched[~shapely.is_empty(hatched)])


def _scale_bar(view: View) -> str:
    length_m = scale_m(view, LONGEST_BAR)
    length = length_m * view.per_m
    said = f"{length_m // KILOMETRE_M} 千米" if length_m >= KILOMETRE_M else f"{length_m} 米"
    bar = _svg(length + 10, 30, f'<path class="line" d="M5 5V25H{length + 5:.1f}V5"/>')
    return f"<span class=key>{bar} {said}</span>"


def _swatch() -> str:
    return _svg(
        70, 40, '<path class="line" d="M2 2H68V38H2Z M2 38L38 2 M22 38L58 2 M42 38L68 12"/>'
    )


DRAWN = f"""
{" ".join(f".tint{row} {{ fill: {tint} }}" for row, tint in enumerate(TINTS))}
.water {{ fill: #c4dbe6 }} .road {{ fill: none; stroke: #fff; stroke-width: 5 }}
.hatch {{ fill: none; stroke: #1d1d1d; stroke-width: 1.8 }}
.changed {{ fill: none; stroke: #1d1d1d; stroke-width: 2.5 }}
.border {{ fill: none; stroke: #8a2a1c; stroke-width: 3.5; stroke-linejoin: round }}
.community {{ fill: none; stroke: #3b3b3b; stroke-width: 7; stroke-linejoin: round }}
.label, .name {{ text-anchor: middle; font-size: {LABEL}px; fill: #000 }}
.name {{ font-size: {NAME}px; fill: #8a2a1c }}
.halo {{ fill: #fff; stroke: #fff; stroke-width: 7; stroke-linejoin: round }}
.line {{ fill: none; stroke: #000; stroke-width: 3 }}
"""
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

__all__ = ["maps_html"]
