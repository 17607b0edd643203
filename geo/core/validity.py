"""Why a polygon is invalid, in words that can be translated."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.messages import Message, msg

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_PLACE = re.compile(r"(.*?)\s*\[(\S+) (\S+)\]")

_WORDS = {
    one.template: one
    for one in (
        msg("Self-intersection"),
        msg("Ring Self-intersection"),
        msg("Hole lies outside shell"),
        msg("Holes are nested"),
        msg("Interior is disconnected"),
        msg("Nested shells"),
        msg("Duplicate Rings"),
        msg("Too few points in geometry component"),
        msg("Invalid Coordinate"),
        msg("Ring is not closed"),
    )
}
"""All that GEOS' ``TopologyValidationError`` says of polygons."""


def words(reason: str) -> Message | str:
    """Return GEOS' word for what is wrong as something that can be translated.

    Examples
    --------
    >>> str(words("Self-intersection")), words("")
    ('Self-intersection', '')
    """
    return _WORDS.get(reason, reason)


def invalidity(polygon: BaseGeometry | None) -> tuple[str, Any]:
    """Return GEOS' word for what is wrong with a polygon, and the point where; ``None`` if nowhere.

    Examples
    --------
    >>> reason, place = invalidity(shapely.from_wkt("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))"))
    >>> reason, place.wkt
    ('Self-intersection', 'POINT (1 1)')
    >>> invalidity(None)
    ('', None)
    """
    reason = shapely.is_valid_reason(polygon) or ""
    place = _PLACE.fullmatch(reason)
    if place is None:
        return reason, None
    x, y = float(place[2]), float(place[3])
    return place[1], shapely.Point(x, y) if np.isfinite([x, y]).all() else None
