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

DOT = 1.6
PAPER, EDGE = "#faf7f2", "#6b6259"


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
    points = shapely.get_type_id(metric) == shapely.GeometryType.POINT
    metric[points] = shapely.buffer(metric[points], DOT / view.per_m)
    metric = shapely.simplify(metric, FINEST / view.per_m)
    drawn = "".join(
        _class_drawn(metric[layer.classes == number], view, _color(sheet, number))
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


def _class_drawn(shapes: np.ndarray, view: View, color: str) -> str:
    """Return the shapes of a class as one group."""
    inside = path(within(shapes, view), view, "s")
    attributes = f'fill="{color}" stroke="{EDGE}" stroke-width="0.35" stroke-linejoin="round"'
    return f"<g {attributes}>{inside}</g>" if inside else ""


__all__ = ["thumbnail"]
