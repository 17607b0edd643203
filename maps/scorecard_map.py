"""The map beside a scorecard (评分图): which grids miss a measure, and the places to go to.

SVG in classes, so that a page and a printed report each draw it in their own colours; what misses
is hatched as well, for those who don't see colours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.core.crs import WGS84_SRID, transform, transform_geometry
from maps.svg import KILOMETRE_M, View, bounds_of, middle, path, scale_m, text, within, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from geo.core.ground import Ground
    from geo.core.scorecard import Place
    from geo.core.scorecard_plan import ScoredPlan

    Floats = NDArray[np.float64]

MARGIN = 0.02
FOCUS_MARGIN = 0.35
FOCUS_LEAST_M = 260.0
NEAR_PER_M = 0.35
"""From this scale on, buildings and names are drawn: a metre is at least so many units."""

MARK_RADIUS = 9.0
COVERS, MARK_ABOVE = 24.0, 22.0
LATTICE = 17
LABEL_WIDER = 3.0
"""Names are so many times wider than high."""

NAME_ROOM = 40.0
MARKED = 40
"""Of more places only the shapes are drawn: numbers would cover each other."""


@dataclass(frozen=True, slots=True, eq=False)
class MapOf:
    """What a map beside a scorecard shows.

    Parameters
    ----------
    classes
        By key of the grid: ``met``, ``missed`` or ``unknown``.
    labels
        By key of the grid: what is written in it.
    titles
        By key of the grid: what is told when one points at it.
    places
        To be marked, numbered from 1.
    focus
        The place that the map is drawn around.
    communities
        Codes of the communities that are shown where there is no focus; none: all.
    width, height
        Of the drawing; it is lower where the ground is.
    paper
        Whether it is to be printed: then it brings its colours with it.
    name
        What the map is called for those who don't see it.
    community_names
        By code.
    """

    classes: Mapping[str, str]
    labels: Mapping[str, str]
    places: Sequence[Place]
    width: float
    height: float
    name: str
    titles: Mapping[str, str] = field(default_factory=dict)
    community_names: Mapping[str, str] = field(default_factory=dict)
    focus: int | None = None
    communities: tuple[str, ...] = ()
    paper: bool = False


def scorecard_svg(plan: ScoredPlan, ground: Ground, shown: MapOf) -> str:
    """Return the map of a scorecard as an SVG element.

    Parameters
    ----------
    plan, ground
        What was measured, on what.
    shown
        What to show of it.
    """
    shapes = transform_geometry(
        np.array([place.shape for place in shown.places], dtype=object), WGS84_SRID, ground.srid
    )
    view = _view(plan, ground, shown, shapes)
    near = view.per_m >= NEAR_PER_M
    labels = _labels(plan, shown, view, near=near)
    parts = [
        *_ground(plan, ground, shown, view, near=near),
        path(within(_rims(shapes, shown), view), view, "sc-place"),
        *(_written(one, view, "sc-label", shown) for one in labels),
        *_names(ground, shown, view, [point for point, _ in labels]),
        *_marks(shown, ground, view, [point for point, _ in labels]),
        _north(view),
    ]
    style = f"<style>{PAPER_STYLE}</style>" if shown.paper else ""
    return (
        f'<svg class="sc-map" xmlns="http://www.w3.org/2000/svg" role="img"'
        f' viewBox="0 0 {view.width:g} {view.height:g}" aria-label="{escape(shown.name)}">'
        f"{style}{PATTERN}{''.join(parts)}</svg>"
    )


def _rims(shapes: NDArray[np.object_], shown: MapOf) -> NDArray[np.object_]:
    """Return the outlines of places, or of the one that is looked at; lines as they are."""
    chosen = shapes if shown.focus is None else shapes[[shown.focus]]
    areal = shapely.get_dimensions(chosen) == 2  # noqa: PLR2004 - surfaces
    rims: NDArray[np.object_] = np.where(areal, shapely.boundary(chosen), chosen)
    return rims


PATTERN = (
    '<defs><pattern id="sc-hatch" width="7" height="7" patternUnits="userSpaceOnUse"'
    ' patternTransform="rotate(45)"><path class="sc-hatch" d="M0 0V7"/></pattern></defs>'
)


def _view(plan: ScoredPlan, ground: Ground, shown: MapOf, shapes: NDArray[np.object_]) -> View:
    if shown.focus is None:
        wanted = shown.communities or tuple(one.code for one in ground.communities)
        areas = [one.area for one in ground.communities if one.code in wanted]
        own = [one.community in wanted for one in plan.grids]
        bounds = bounds_of([*areas, *plan.drawn[own]], MARGIN)
    else:
        bounds = bounds_of([shapes[shown.focus]], FOCUS_MARGIN, FOCUS_LEAST_M)
    west, south, east, north = bounds
    height = min(shown.height, shown.width * (north - south) / (east - west))
    return View(bounds, shown.width, shown.height if shown.focus is not None else height)


def _ground(
    plan: ScoredPlan, ground: Ground, shown: MapOf, view: View, *, near: bool
) -> Iterator[str]:
    """Yield water, roads and grids, from the bottom up."""
    frame = shapely.box(*view.seen)
    for row, key in enumerate(plan.keys):
        if shapely.intersects(plan.outlines[row], frame):
            told = shown.titles.get(key)
            inside = f"<title>{escape(told)}</title>" if told else ""
            drawn = shown.classes.get(key, "unknown")
            yield path(within(plan.outlines[row : row + 1], view), view, f"sc-grid {drawn}", inside)
            if drawn == "missed":
                yield path(within(plan.outlines[row : row + 1], view), view, "sc-hatched")
    yield path(within(ground.waters.shapes, view), view, "sc-water")
    if near:
        yield path(within(ground.buildings.footprints, view), view, "sc-building")
    yield path(
        within(ground.roads.lines, view), view, "sc-road sc-road--near" if near else "sc-road"
    )
    yield path(within(shapely.boundary(plan.outlines), view), view, "sc-border")
    areas = np.array([one.area for one in ground.communities], dtype=object)
    yield path(within(shapely.boundary(areas), view), view, "sc-community")


Label = tuple["Floats", str]
"""A point in metres, and what is written there."""


def _labels(plan: ScoredPlan, shown: MapOf, view: View, *, near: bool) -> list[Label]:
    """Return what is written in grids, and where there is room for it."""
    frame = shapely.box(*view.seen)
    found = []
    for row, key in enumerate(plan.keys):
        part = shapely.intersection(plan.outlines[row], frame) if near else plan.outlines[row]
        point = middle(part) if shown.labels.get(key) and shapely.intersects(part, frame) else None
        if point is not None:
            found.append((point, shown.labels[key]))
    return found


def _written(label: Label, view: View, drawn_as: str, shown: MapOf) -> str:
    """Return a label; on paper over its own halo, for there a drawing can't paint it itself."""
    if shown.paper:
        return written(*label, view, drawn_as, "sc-halo")
    return text(*label, view, drawn_as)


def _names(ground: Ground, shown: MapOf, view: View, labels: Sequence[Floats]) -> Iterator[str]:
    """Yield communities' names, each where it is farthest from what is written in grids.

    Around a single place they would say nothing: there the grids are named alone.
    """
    if shown.focus is not None:
        return
    frame = shapely.box(*view.seen)
    taken = view.place(np.concatenate(labels)) if labels else np.empty((0, 2))
    for one in ground.communities:
        name = shown.community_names.get(one.code)
        if not name or not shapely.intersects(one.area, frame):
            continue
        west, south, east, north = one.area.bounds
        x, y = np.meshgrid(np.linspace(west, east, LATTICE), np.linspace(south, north, LATTICE))
        spots = np.column_stack([x.ravel(), y.ravel()])
        inside = shapely.contains_xy(one.area, spots)
        if not inside.any():
            continue
        spots = spots[inside]
        rim = view.per_m * shapely.distance(one.area.boundary, shapely.points(spots))
        away = (view.place(spots)[:, None] - taken) / (LABEL_WIDER, 1.0)
        room = np.hypot(away[..., 0], away[..., 1]).min(axis=1, initial=NAME_ROOM)
        point = spots[[np.argmax(np.minimum(room, rim))]]
        taken = np.concatenate([taken, view.place(point)])
        yield _written((point, name), view, "sc-name", shown)


def _marks(shown: MapOf, ground: Ground, view: View, labels: Sequence[Floats]) -> Iterator[str]:
    """Yield numbers at the places, above the labels that they would cover."""
    if len(shown.places) > MARKED and shown.focus is None:
        return
    taken = view.place(np.concatenate(labels)) if labels else np.empty((0, 2))
    for number, place in enumerate(shown.places, start=1):
        x, y = transform(place.lon, place.lat, WGS84_SRID, ground.srid)
        ((left, top),) = view.place(np.array([[x, y]])).tolist()
        if not (0 <= left <= view.width and 0 <= top <= view.height):
            continue
        covered = np.hypot(*(taken - (left, top)).T) < COVERS
        if covered.any():
            left, top = taken[np.argmax(covered)] - (0, MARK_ABOVE)
        chosen = " sc-mark--chosen" if shown.focus == number - 1 else ""
        yield (
            f'<circle class="sc-mark{chosen}" cx="{left:.1f}" cy="{top:.1f}" r="{MARK_RADIUS}"/>'
            f'<text class="sc-number" x="{left:.1f}" y="{top:.1f}" dy="0.36em">{number}</text>'
        )


def _north(view: View) -> str:
    """Return a scale bar and an arrow that points north."""
    length_m = scale_m(view, view.width / 5)
    length = length_m * view.per_m
    left, bottom = 12.0, view.height - 12.0
    said = f"{length_m} m" if length_m < KILOMETRE_M else f"{length_m / KILOMETRE_M:g} km"
    right = view.width - 16.0
    return (
        f'<path class="sc-scale" d="M{left} {bottom - 6}V{bottom}H{left + length:.1f}v-6"/>'
        f'<text class="sc-scale-text" x="{left + length / 2:.1f}" y="{bottom - 6}">{said}</text>'
        f'<path class="sc-north" d="M{right} 10l6 18l-6 -5l-6 5z"/>'
        f'<text class="sc-scale-text" x="{right}" y="40">N</text>'
    )


PAPER_STYLE = """
.sc-grid.met { fill: #dde8cf } .sc-grid.missed { fill: #f4cabb } .sc-grid.unknown { fill: #ebe4d7 }
.sc-hatched { fill: url(#sc-hatch) } .sc-hatch { stroke: #d08a78; stroke-width: 0.8 }
.sc-water { fill: #b7d2dc } .sc-building { fill: #dcd1c0 }
.sc-road { fill: none; stroke: #ffffff; stroke-width: 1.3 }
.sc-border { fill: none; stroke: #b4453a; stroke-width: 1.2; stroke-linejoin: round }
.sc-community { fill: none; stroke: #7f1414; stroke-width: 2.4; stroke-linejoin: round }
.sc-place { fill: none; stroke: #17598f; stroke-width: 3 }
.sc-label { text-anchor: middle; font-size: 10px; fill: #262019 }
.sc-name { text-anchor: middle; font-size: 13px; font-weight: bold; fill: #8c1c1c }
.sc-halo { fill: #fbf8f2; stroke: #fbf8f2; stroke-width: 2.5; stroke-linejoin: round }
.sc-mark { fill: #17598f } .sc-number { text-anchor: middle; font-size: 10px; fill: #ffffff }
.sc-scale { fill: none; stroke: #262019; stroke-width: 1.4 } .sc-north { fill: #262019 }
.sc-scale-text { text-anchor: middle; font-size: 10px; fill: #262019 }
"""

__all__ = ["MapOf", "scorecard_svg"]
