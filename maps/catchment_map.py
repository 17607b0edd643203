"""The map of catchments (服务范围图): how long the walk to a station is, and where one more may be.

SVG in classes. Every band has a pattern of its own, denser for shorter walks, for those who don't
see colours and for print.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import shapely

from maps.svg import KILOMETRE_M, View, bounds_of, path, scale_m, text, within

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from geo.core.ground import Ground

    Shapes = NDArray[np.object_]

MARGIN = 0.02
BANDS = 5
STATION, SITE = 6.0, 10.0
SPACING = (3.2, 5.0, 8.0, 11.0, 15.0)
"""Between the lines of each band's pattern, from the shortest walk to the longest."""


@dataclass(frozen=True, slots=True, eq=False)
class CatchmentsDrawn:
    """What a map of catchments shows.

    Parameters
    ----------
    areas
        Metric, from the shortest walk to the longest, each in the next; five at most (k,).
    titles
        What is told when one points at each (k,).
    borders
        Metric outlines of grids.
    sites
        Metres of places for new stations, numbered from 1.
    communities
        Codes of those that are shown.
    width, height
        Of the drawing; it is lower where the ground is.
    name
        What the map is called for those who don't see it.
    """

    areas: Shapes
    titles: Sequence[str]
    borders: Shapes
    sites: Sequence[tuple[float, float]]
    communities: tuple[str, ...]
    width: float
    height: float
    name: str


def catchments_svg(ground: Ground, shown: CatchmentsDrawn) -> str:
    """Return the map as an SVG element.

    Parameters
    ----------
    ground
        Of the jurisdiction.
    shown
        What to show on it.
    """
    view = _view(ground, shown)
    parts = [
        *_bands(shown, view),
        path(within(ground.waters.shapes, view), view, "ct-water"),
        path(within(ground.roads.lines, view), view, "ct-road"),
        path(within(shapely.boundary(shown.borders), view), view, "ct-border"),
        path(within(_outlines(ground), view), view, "ct-community"),
        *_stations(ground, view),
        *_sites(shown, view),
        _scale(view),
    ]
    return (
        f'<svg class="ct-map" xmlns="http://www.w3.org/2000/svg" role="img"'
        f' viewBox="0 0 {view.width:g} {view.height:g}" aria-label="{escape(shown.name)}">'
        f"{patterns()}{''.join(parts)}</svg>"
    )


def swatch_svg(band: int) -> str:
    """Return a small picture of a band, counted from the shortest walk, for the legend."""
    return (
        '<svg class="ct-swatch" viewBox="0 0 28 16" width="28" height="16" aria-hidden="true"'
        f' focusable="false"><path class="ct-band ct-band--{band}" d="M0 0H28V16H0Z"/>'
        f'<path class="ct-lines ct-lines--{band}" d="M0 0H28V16H0Z"/></svg>'
    )


def patterns() -> str:
    """Return the patterns of the bands: lines, closer together for shorter walks."""
    made = "".join(
        f'<pattern id="ct-lines-{band}" width="{step}" height="{step}"'
        ' patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<path class="ct-line" d="M0 0V{step}"/></pattern>'
        for band, step in enumerate(SPACING)
    )
    return f"<defs>{made}</defs>"


def _view(ground: Ground, shown: CatchmentsDrawn) -> View:
    areas = [
        one.area for one in ground.communities if one.code in (shown.communities or {one.code})
    ]
    bounds = bounds_of(areas, MARGIN)
    west, south, east, north = bounds
    height = min(shown.height, shown.width * (north - south) / (east - west))
    return View(bounds, shown.width, height)


def _outlines(ground: Ground) -> Shapes:
    areas = np.array([one.area for one in ground.communities], dtype=object)
    return np.asarray(shapely.boundary(areas))


def _bands(shown: CatchmentsDrawn, view: View) -> Iterator[str]:
    """Yield each band without those of shorter walks, its ground and its lines."""
    inner: shapely.Geometry = shapely.MultiPolygon()
    for band, area in enumerate(shown.areas[:BANDS]):
        ring = np.array([shapely.difference(area, inner)], dtype=object)
        drawn = within(shapely.simplify(ring, 0.5 / view.per_m), view)
        told = f"<title>{escape(shown.titles[band])}</title>"
        yield path(drawn, view, f"ct-band ct-band--{band}", told)
        yield path(drawn, view, f"ct-lines ct-lines--{band}")
        inner = area


def _stations(ground: Ground, view: View) -> Iterator[str]:
    """Yield stations: a disc for a red station, a square for a workstation."""
    stations = ground.stations
    for point, kind, name in zip(
        view.place(stations.xy.reshape(-1, 2)), stations.kinds, stations.names, strict=True
    ):
        x, y = point.tolist()
        if not (0 <= x <= view.width and 0 <= y <= view.height):
            continue
        told = f"<title>{escape(name)}</title>"
        if kind == "red_station":
            yield (
                f'<circle class="ct-station" cx="{x:.1f}" cy="{y:.1f}" r="{STATION}">{told}'
                "</circle>"
            )
        else:
            yield (
                f'<rect class="ct-station" x="{x - STATION:.1f}" y="{y - STATION:.1f}"'
                f' width="{2 * STATION}" height="{2 * STATION}">{told}</rect>'
            )


def _sites(shown: CatchmentsDrawn, view: View) -> Iterator[str]:
    for number, site in enumerate(shown.sites, start=1):
        point = np.array([site])
        ((x, y),) = view.place(point).tolist()
        if 0 <= x <= view.width and 0 <= y <= view.height:
            yield f'<circle class="ct-site" cx="{x:.1f}" cy="{y:.1f}" r="{SITE}"/>'
            yield text(point, str(number), view, "ct-number")


def _scale(view: View) -> str:
    length_m = scale_m(view, view.width / 5)
    length, bottom = length_m * view.per_m, view.height - 12.0
    said = f"{length_m} m" if length_m < KILOMETRE_M else f"{length_m / KILOMETRE_M:g} km"
    return (
        f'<path class="ct-scale" d="M12 {bottom - 6:.1f}V{bottom:.1f}H{12 + length:.1f}v-6"/>'
        f'<text class="ct-scale-text" x="{12 + length / 2:.1f}" y="{bottom - 6:.1f}">{said}</text>'
    )


__all__ = ["CatchmentsDrawn", "catchments_svg", "swatch_svg"]
