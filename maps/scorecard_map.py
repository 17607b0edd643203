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
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.core.crs import transform, transform_geometry
from maps.svg import View, bounds_of, middle, path, scale_m, text, within

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from geo.core.ground import Ground
    from geo.core.scorecard import Place
    from geo.core.scorecard_plan import ScoredPlan

WGS84 = 4326
MARGIN = 0.02
FOCUS_MARGIN = 0.35
FOCUS_LEAST_M = 260.0
NEAR_PER_M = 0.35
"""From this scale on, buildings and names are drawn: a metre is at least so many units."""

MARK_RADIUS = 9.0
NEIGHBOURING_M = 1500.0
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
        Of the drawing.
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
        np.array([place.shape for place in shown.places], dtype=object), WGS84, ground.srid
    )
    view = _view(plan, ground, shown, shapes)
    near = view.per_m >= NEAR_PER_M
    parts = [
        *_ground(plan, ground, shown, view, near=near),
        path(within(shapes, view), view, "sc-place"),
        *_labels(plan, ground, shown, view, near=near),
        *_marks(shown, ground, view),
        _north(view),
    ]
    return (
        f'<svg class="sc-map" xmlns="http://www.w3.org/2000/svg" role="img"'
        f' viewBox="0 0 {view.width:g} {view.height:g}" aria-label="{escape(shown.name)}">'
        f"{PATTERN}{''.join(parts)}</svg>"
    )


def neighbourhoods(ground: Ground) -> list[tuple[str, ...]]:
    """Return the codes of communities that lie together, those of the largest part first.

    A jurisdiction can lie scattered: a map of all of it would show next to nothing.
    """
    areas = np.array([one.area for one in ground.communities], dtype=object)
    if len(areas) == 0:
        return []
    pairs = shapely.STRtree(areas).query(areas, predicate="dwithin", distance=NEIGHBOURING_M)
    links = coo_array((np.ones(pairs.shape[1]), (pairs[0], pairs[1])), shape=(len(areas),) * 2)
    count, part = connected_components(links, directed=False)
    codes = np.array([one.code for one in ground.communities], dtype=object)
    found = [tuple(codes[part == one]) for one in range(count)]
    return sorted(found, key=lambda one: (-len(one), one))


PATTERN = (
    '<defs><pattern id="sc-hatch" width="7" height="7" patternUnits="userSpaceOnUse"'
    ' patternTransform="rotate(45)"><path class="sc-hatch" d="M0 0V7"/></pattern></defs>'
)


def _view(plan: ScoredPlan, ground: Ground, shown: MapOf, shapes: np.ndarray) -> View:
    if shown.focus is None:
        wanted = shown.communities or tuple(one.code for one in ground.communities)
        areas = [one.area for one in ground.communities if one.code in wanted]
        own = [one.community in wanted for one in plan.grids]
        bounds = bounds_of([*areas, *plan.drawn[own]], MARGIN)
    else:
        bounds = bounds_of([shapes[shown.focus]], FOCUS_MARGIN, FOCUS_LEAST_M)
    return View(bounds, shown.width, shown.height)


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


def _labels(
    plan: ScoredPlan, ground: Ground, shown: MapOf, view: View, *, near: bool
) -> Iterator[str]:
    frame = shapely.box(*view.seen)
    for row, key in enumerate(plan.keys):
        part = shapely.intersection(plan.outlines[row], frame) if near else plan.outlines[row]
        point = middle(part)
        if point is not None and shown.labels.get(key):
            yield text(point, shown.labels[key], view, "sc-label")
    if near:
        return
    for one in ground.communities:
        point = middle(one.area)
        name = shown.community_names.get(one.code)
        if point is not None and name:
            yield text(point, name, view, "sc-name")


def _marks(shown: MapOf, ground: Ground, view: View) -> Iterator[str]:
    if len(shown.places) > MARKED and shown.focus is None:
        return
    west, south, east, north = view.seen
    for number, place in enumerate(shown.places, start=1):
        x, y = transform(place.lon, place.lat, WGS84, ground.srid)
        if not (west <= x <= east and south <= y <= north):
            continue
        point = np.array([[x, y]])
        ((left, top),) = view.place(point).tolist()
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


KILOMETRE_M = 1000

__all__ = ["MapOf", "neighbourhoods", "scorecard_svg"]
