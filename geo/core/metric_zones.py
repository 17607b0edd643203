"""Metric zones by arithmetic alone (高斯—克吕格投影): a single position in under a microsecond.

PROJ takes tens of microseconds for one position, which is more than finding its way takes. The
series is Krüger's, to the fourth order in the third flattening; a zone is used only where it agrees
with PROJ, and every other projection is left to PROJ.

Sources: Krüger (1912), Konforme Abbildung des Erdellipsoids in der Ebene; Karney (2011), Transverse
Mercator with an accuracy of a few nanometers, Journal of Geodesy 85.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from geo.core.compiling import compiled
from geo.core.crs import WGS84_SRID, transform

if TYPE_CHECKING:
    from numpy.typing import NDArray

AGREES_M = 0.001
ORIGIN = "Latitude of natural origin", "Longitude of natural origin"
SCALE = "Scale factor at natural origin"
ADDED = "False easting", "False northing"
ZONE = np.dtype(
    [(name, "f8") for name in ("meridian_deg", "radius_m", "eccentricity", "east_m", "north_m")]
    + [(f"a{order}", "f8") for order in (1, 2, 3, 4)]
)
"""Central meridian; scale times radius of the rectifying sphere; eccentricity of the ellipsoid;
what is added; coefficients of Krüger's series."""


@lru_cache(maxsize=64)
def zone_of(srid: int) -> NDArray[Any] | None:
    """Return the parameters of a transverse Mercator zone; ``None`` for other projections.

    Parameters
    ----------
    srid
        EPSG code of a projection in metres.

    Returns
    -------
    ndarray or None
        Of one :data:`ZONE`.

    Examples
    --------
    >>> float(zone_of(4547)["meridian_deg"][0])
    114.0
    >>> zone_of(3857) is None
    True
    """
    from pyproj import CRS  # noqa: PLC0415 - heavy, and most of the core needs no PROJ

    crs = CRS.from_epsg(srid)
    operation = crs.coordinate_operation
    if operation is None or operation.method_name != "Transverse Mercator":
        return None
    zone = _zone(crs.ellipsoid, {one.name: float(one.value) for one in operation.params})
    lon, lat = float(zone["meridian_deg"][0]) + 1.0, 30.0
    same = np.allclose(
        metres_in(zone, lon, lat), transform(lon, lat, WGS84_SRID, srid), rtol=0, atol=AGREES_M
    )
    return zone if same else None


def _zone(ellipsoid: Any, known: dict[str, float]) -> NDArray[Any]:
    f = 1 / ellipsoid.inverse_flattening
    n = f / (2 - f)
    zone = np.zeros(1, dtype=ZONE)
    zone["meridian_deg"] = known[ORIGIN[1]]
    zone["radius_m"] = (
        known[SCALE] * ellipsoid.semi_major_metre / (1 + n) * (1 + n**2 / 4 + n**4 / 64)
    )
    zone["eccentricity"] = math.sqrt(f * (2 - f))
    zone["east_m"], zone["north_m"] = (known[name] for name in ADDED)
    zone["a1"] = n / 2 - 2 * n**2 / 3 + 5 * n**3 / 16 + 41 * n**4 / 180
    zone["a2"] = 13 * n**2 / 48 - 3 * n**3 / 5 + 557 * n**4 / 1440
    zone["a3"] = 61 * n**3 / 240 - 103 * n**4 / 140
    zone["a4"] = 49561 * n**4 / 161280
    return zone


@compiled
def metres_in(zone: Any, lon: float, lat: float) -> tuple[float, float]:
    """Return easting and northing of a position.

    Parameters
    ----------
    zone
        Of :func:`zone_of`.
    lon, lat
        WGS 84 degrees.

    Examples
    --------
    >>> east, north = metres_in(zone_of(4547), 114.0, 0.0)
    >>> round(east), round(north)
    (500000, 0)
    """
    one = zone[0]
    away = math.radians(lon - one.meridian_deg)
    tangent = math.tan(math.radians(lat))
    secant = math.hypot(1.0, tangent)
    bent = math.sinh(one.eccentricity * math.atanh(one.eccentricity * tangent / secant))
    conformal = tangent * math.hypot(1.0, bent) - bent * secant
    xi = math.atan2(conformal, math.cos(away))
    eta = math.asinh(math.sin(away) / math.hypot(conformal, math.cos(away)))
    north, east = xi, eta
    series = (one.a1, one.a2, one.a3, one.a4)
    for place in range(4):
        twice = 2.0 * (place + 1)
        north += series[place] * math.sin(twice * xi) * math.cosh(twice * eta)
        east += series[place] * math.cos(twice * xi) * math.sinh(twice * eta)
    return one.east_m + one.radius_m * east, one.north_m + one.radius_m * north
