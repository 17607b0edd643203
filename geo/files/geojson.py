"""Geometries as GeoJSON (RFC 7946) writes them, looked at before they are believed."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import shapely

from geo.messages import Message, msg

MIN_RING = 4
_PARTS = {"MultiPoint": "Point", "MultiLineString": "LineString", "MultiPolygon": "Polygon"}


class Found(NamedTuple):
    """A geometry with what had to be mended in its writing; or none, and why not."""

    geometry: Any
    repaired: Message | None = None
    refused: Message | None = None


class _MalformedError(ValueError):
    """Coordinates that are none; carries the message for people."""

    def __init__(self, message: Message) -> None:
        self.message = message
        super().__init__(message.english())


def read_geometry(value: Any) -> Found:
    """Read a GeoJSON geometry object.

    A ring that isn't closed is closed and reported. Heights are dropped.

    Examples
    --------
    >>> read_geometry({"type": "Point", "coordinates": [114.2, 26.7]}).geometry
    <POINT (114.2 26.7)>
    >>> read_geometry(None).refused.english()
    'It has no geometry.'
    >>> open_ring = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]}
    >>> read_geometry(open_ring).repaired.english()
    'A ring was not closed; it is now.'
    """
    if value is None:
        return Found(None, refused=msg("It has no geometry."))
    try:
        mended: list[bool] = []
        geometry = _build(value, mended)
    except _MalformedError as error:
        return Found(None, refused=error.message)
    if geometry.is_empty:
        return Found(None, refused=msg("Its geometry is empty."))
    return Found(
        geometry, repaired=msg("A ring was not closed; it is now.") if any(mended) else None
    )


def _build(value: Any, mended: list[bool]) -> Any:
    told = value if isinstance(value, dict) else {}
    kind, coordinates = str(told.get("type")), told.get("coordinates")
    if kind in _PARTS:
        parts = [_one(_PARTS[kind], part, mended) for part in _listed(coordinates)]
        return getattr(shapely, kind)([part for part in parts if not part.is_empty])
    if kind in _PARTS.values():
        return _one(kind, coordinates, mended)
    raise _MalformedError(msg("“%(found)s” is no kind of geometry that is taken.", found=kind))


def _one(kind: str, coordinates: Any, mended: list[bool]) -> Any:
    if kind == "Point":
        return shapely.Point(_position(coordinates)) if coordinates else shapely.Point()
    if kind == "LineString":
        line = [_position(one) for one in _listed(coordinates)]
        if len(set(line)) == 1:
            raise _MalformedError(msg("A line needs two different positions."))
        return shapely.LineString(line)
    if not any(_listed(coordinates)):
        return shapely.Polygon()
    rings = [_ring(one, mended) for one in coordinates]
    return shapely.Polygon(rings[0], rings[1:])


def _ring(coordinates: Any, mended: list[bool]) -> list[tuple[float, float]]:
    ring = [_position(one) for one in _listed(coordinates)]
    if ring and ring[0] != ring[-1]:
        mended.append(True)
        ring.append(ring[0])
    if len(ring) < MIN_RING:
        raise _MalformedError(msg("A ring needs three different positions."))
    return ring


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _MalformedError(msg("Its coordinates are not lists of positions."))
    return value


def _position(value: Any) -> tuple[float, float]:
    try:
        x, y = float(value[0]), float(value[1])
    except (TypeError, ValueError, IndexError, KeyError, OverflowError):
        raise _not_a_position(value) from None
    if not (math.isfinite(x) and math.isfinite(y)) or isinstance(value[0], str | bool):
        raise _not_a_position(value)
    return x, y


def _not_a_position(value: Any) -> _MalformedError:
    return _MalformedError(msg("“%(found)s” is not a position.", found=str(value)[:60]))
