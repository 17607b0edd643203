"""The offset datums of Chinese web maps: GCJ-02 and, built on it, BD-09.

GCJ-02 (高德, 腾讯, WeChat) moves positions in China by some hundred metres; BD-09 (百度) moves
them once more. The formulas are the ones that became public with open-source ports such as
googollee/eviltransform and Artoria2e5/PRCoords (CC0), whose constants these are: the ellipsoid is
Krassovsky 1940, the rest is the published sums of sines. Both inverses are iterated, for the
published one-step ones miss by up to four metres.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Pair = tuple[Floats, Floats]

WEST, EAST, SOUTH, NORTH = 72.004, 137.8347, 0.8293, 55.8271
"""The public formula's rectangle, degrees: positions outside it are not moved."""

_AXIS_M = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_INVERSE_STEPS = 5
"""One step leaves at most 0.7 % of the error (the steepest derivative of the offset at 56° N),
so that five take 1.5 km below a micrometre. The number is fixed, and not decided by the worst point
of an array, so that a position's result never depends on its neighbours in the array."""

_EDGE_DEG = 1e-9
"""A tenth of a millimetre: solutions as near to the rectangle's edge lie on it."""


def in_china(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    """Tell which positions the public formula moves: those in its rectangle.

    The rectangle also holds Hong Kong, Macau and Taiwan, and neighbours such as Korea and Vietnam.
    """
    inside: NDArray[np.bool_] = (lon >= WEST) & (lon <= EAST) & (lat >= SOUTH) & (lat <= NORTH)
    return inside


def _offset(lon: Floats, lat: Floats) -> Pair:
    """Return by how many degrees GCJ-02 moves a position east and north, rectangle or not."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    xy = 0.1 * x * y
    short = (20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)) * (2.0 / 3.0)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + xy + 0.1 * root + short
    east += (20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi / 3.0 * x)) * (2.0 / 3.0)
    east += (150.0 * np.sin(np.pi / 12.0 * x) + 300.0 * np.sin(np.pi / 30.0 * x)) * (2.0 / 3.0)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + xy + 0.2 * root + short
    north += (20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi / 3.0 * y)) * (2.0 / 3.0)
    north += (160.0 * np.sin(np.pi / 12.0 * y) + 320.0 * np.sin(np.pi / 30.0 * y)) * (2.0 / 3.0)
    phi = np.radians(lat)
    bulge = 1.0 - _ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    meridian_m = _AXIS_M * (1.0 - _ECCENTRICITY_SQUARED) / (bulge * np.sqrt(bulge))
    parallel_m = _AXIS_M / np.sqrt(bulge) * np.cos(phi)
    return np.degrees(east / parallel_m), np.degrees(north / meridian_m)


def wgs84_to_gcj02(lon: Floats, lat: Floats) -> Pair:
    """Move WGS 84 positions as GCJ-02 does; outside the rectangle they stay.

    Parameters
    ----------
    lon, lat
        Contiguous arrays of degrees; NaN stays NaN.

    Examples
    --------
    >>> lon, lat = wgs84_to_gcj02(np.array([121.5272106]), np.array([31.1774276]))
    >>> float(lon[0].round(6)), float(lat[0].round(6))
    (121.531542, 31.175304)
    >>> wgs84_to_gcj02(np.array([]), np.array([]))[0].size
    0
    """
    with np.errstate(invalid="ignore"):
        east, north = _offset(lon, lat)
    moved = in_china(lon, lat)
    return np.where(moved, lon + east, lon), np.where(moved, lat + north, lat)


def gcj02_to_wgs84(lon: Floats, lat: Floats) -> Pair:
    """Undo GCJ-02, by fixed-point iteration, to far below a millimetre.

    Exact for every position in the rectangle, up to its edge. Where a position outside could also
    be the image of one inside (a strip of some hundred metres along the edge), the one inside is
    meant; every other position outside stays. A strip inside the edge is the image of nothing:
    there the formula is continued beyond the rectangle.
    """
    return _undo(_gcj02_unbounded, lon, lat)


def gcj02_to_bd09(lon: Floats, lat: Floats) -> Pair:
    """Move GCJ-02 positions as BD-09 does."""
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * np.pi * 3000.0 / 180.0)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * np.pi * 3000.0 / 180.0)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def wgs84_to_bd09(lon: Floats, lat: Floats) -> Pair:
    """Move WGS 84 positions as BD-09 does; outside the rectangle they stay."""
    with np.errstate(invalid="ignore"):
        bd_lon, bd_lat = gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))
    moved = in_china(lon, lat)
    return np.where(moved, bd_lon, lon), np.where(moved, bd_lat, lat)


def bd09_to_wgs84(lon: Floats, lat: Floats) -> Pair:
    """Undo BD-09, by the same iteration and with the same rule at the edge as GCJ-02."""
    return _undo(_bd09_unbounded, lon, lat)


def _gcj02_unbounded(lon: Floats, lat: Floats) -> Pair:
    east, north = _offset(lon, lat)
    return lon + east, lat + north


def _bd09_unbounded(lon: Floats, lat: Floats) -> Pair:
    return gcj02_to_bd09(*_gcj02_unbounded(lon, lat))


def _undo(forward: Callable[[Floats, Floats], Pair], lon: Floats, lat: Floats) -> Pair:
    """Find what ``forward`` moves to the given positions, and keep what it would not have moved."""
    found_lon, found_lat = lon, lat
    with np.errstate(invalid="ignore"):
        for _ in range(_INVERSE_STEPS):
            there_lon, there_lat = forward(found_lon, found_lat)
            found_lon, found_lat = found_lon - (there_lon - lon), found_lat - (there_lat - lat)
    edge_lon, edge_lat = np.clip(found_lon, WEST, EAST), np.clip(found_lat, SOUTH, NORTH)
    exact = (np.abs(edge_lon - found_lon) < _EDGE_DEG) & (np.abs(edge_lat - found_lat) < _EDGE_DEG)
    stays = ~in_china(lon, lat)
    return (
        np.where(exact, edge_lon, np.where(stays, lon, found_lon)),
        np.where(exact, edge_lat, np.where(stays, lat, found_lat)),
    )
