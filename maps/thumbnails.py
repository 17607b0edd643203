"""Small pictures of map sheets (缩略图), for lists of maps."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.core.crs import WGS84_SRID, metric_srid, transform_geometry
from maps.patterns import MISSING_COLOR
from maps.sheets import NO_DATA
from maps.svg import View, bounds_of, path, within

if TYPE_CHECKING:
    from maps.sheets import MapSheet

WIDTH, HEIGHT = 360.0, 240.0
MARGIN = 0.03
FINEST = 0.5
"""Details that are smaller than this part of a pixel are left out."""

DOT = 2.4
EDGE_PX, FINE_EDGE_PX = 0.4, 0.12
MANY = 500
"""So many shapes have finer edges: those of small cells would hide their colours."""

PAPER, EDGE, GROUND = "#faf7f2", "#6b6259", "#efe9df"


def thumbnail(sheet: MapSheet) -> str:
    """Return a sheet's first layer as a small SVG picture.

    Parameters
    ----------
    sheet
        At least one layer; what lies far from its bounds is not seen.

    Returns
    -------
    str
        An SVG document with the sheet's title, which asks for nothing else.
    """
    layer = sheet.layers[0]
    west, south, east, north = sheet.bounds
    srid = metric_srid((west + east) / 2, (south + north) / 2)
    frame, *_ = transform_geometry(
        np.array([shapely.box(*sheet.bounds)], dtype=object), WGS84_SRID, srid
    )
    view = View(bounds_of([frame], MARGIN), WIDTH, HEIGHT)
    metric = transform_geometry(layer.shapes, WGS84_SRID, srid)
    points = shapely.get_dimensions(metric) == 0
    metric[points] = shapely.buffer(metric[points], DOT / view.per_m)
    metric = shapely.simplify(metric, FINEST / view.per_m)
    edge_px = EDGE_PX if len(metric) <= MANY else FINE_EDGE_PX
    drawn = _ground(sheet, view, srid) if points.any() else ""
    drawn += "".join(
        _class_drawn(metric[layer.classes == number], view, _color(sheet, number), edge_px)
        for number in sorted(set(layer.classes.tolist()))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}"'
        f' width="{WIDTH:g}" height="{HEIGHT:g}" role="img">'
        f"<title>{escape(sheet.title)}</title>"
        f'<rect width="{WIDTH:g}" height="{HEIGHT:g}" fill="{PAPER}"/>{drawn}</svg>'
    )


def _color(sheet: MapSheet, number: int) -> str:
    return MISSING_COLOR if number == NO_DATA else sheet.layers[0].legend.entries[number].color


def _ground(sheet: MapSheet, view: View, srid: int) -> str:
    """Return the areas of the sheet's first layer that has any: points alone say not where."""
    areas = (one for one in sheet.layers if (shapely.get_dimensions(one.shapes) > 1).any())
    layer = next(areas, None)
    if layer is None:
        return ""
    metric = transform_geometry(layer.shapes, WGS84_SRID, srid)
    return _class_drawn(shapely.simplify(metric, FINEST / view.per_m), view, GROUND, FINE_EDGE_PX)


def _class_drawn(shapes: np.ndarray, view: View, color: str, edge_px: float) -> str:
    """Return the shapes of a class as one group."""
    inside = path(within(shapes, view), view, "s")
    edge = f'stroke="{EDGE}" stroke-width="{edge_px:g}" stroke-linejoin="round"'
    return f'<g fill="{color}" {edge}>{inside}</g>' if inside else ""


__all__ = ["thumbnail"]
