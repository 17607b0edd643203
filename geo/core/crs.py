"""Datums and coordinate systems at the edge: parsing them, and converting to and from WGS 84.

Inside, positions are WGS 84 degrees (EPSG:4326), longitude first, and are measured in the metric
zone of the place. Heights are ignored throughout.

CGCS2000 (EPSG:4490), the legal datum of China, is treated as coincident with WGS 84: their
realisations differ by centimetres to decimetres, less than any position reported here knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import shapely

from geo.core import offsets
from geo.errors import NoTransformationError, UnknownDatumError
from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray
    from pyproj import CRS, Transformer
    from shapely.geometry.base import BaseGeometry

    from geo.messages import Message

    Floats = NDArray[np.float64]
    Pair = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True)
class Datum:
    """A datum or coordinate reference system, ready for use.

    Parameters
    ----------
    name
        ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09``, ``EPSG:nnnn``, or the name in a WKT.
    definition
        What PROJ understands; of the offset datums, which it doesn't know, the empty text.
    degrees
        Whether coordinates are longitudes and latitudes.
    """

    name: str
    definition: str
    degrees: bool = True

    def __str__(self) -> str:
        """Return the name people know it by."""
        return self.name


WGS84 = Datum("wgs84", "EPSG:4326")
CGCS2000 = Datum("cgcs2000", "EPSG:4490")
GCJ02 = Datum("gcj02", "")
BD09 = Datum("bd09", "")
OFFSET_DATUMS = (GCJ02, BD09)
WGS84_SRID = 4326

_NAMED = {
    "wgs84": WGS84,
    "wgs1984": WGS84,
    "crs84": WGS84,
    "cgcs2000": CGCS2000,
    "gcj02": GCJ02,
    "bd09": BD09,
    "bd09ll": BD09,
}
_CODED = {4326: WGS84, 4490: CGCS2000}
_CODE = re.compile(r"(?:urn:ogc:def:crs:epsg:[0-9.]*:|epsg::?)?([0-9]{1,9})")
_WKT = re.compile(r"\s*[A-Z_]{5,}\s*[\[(]")
_WKT_CONFIDENCE = 70
"""How sure, in per cent, PROJ must be that a WKT means an EPSG code: its own default."""

AnyDatum = Datum | str | int


def parse_datum(datum: AnyDatum) -> Datum:
    """Understand a datum as people write it.

    Parameters
    ----------
    datum
        ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09`` (case, hyphens and blanks don't matter), an
        EPSG code with or without ``EPSG:``, OGC's URNs of these, or the WKT of a CRS.

    Raises
    ------
    UnknownDatumError
        When it is none of these, or not a system of horizontal positions.

    Examples
    --------
    >>> parse_datum("GCJ-02").name, parse_datum("epsg:4547").name
    ('gcj02', 'EPSG:4547')
    >>> parse_datum("")
    Traceback (most recent call last):
    ...
    geo.errors.UnknownDatumError: “” is not a known datum; use wgs84, cgcs2000, gcj02, bd09 or an \
EPSG code.
    """
    return datum if isinstance(datum, Datum) else _parse_text(str(datum))


@lru_cache(maxsize=256)
def _parse_text(text: str) -> Datum:
    if _WKT.match(text):
        return _parse_wkt(text)
    compact = re.sub(r"[\s_]", "", text.lower())
    plain = compact.removeprefix("urn:ogc:def:crs:ogc:1.3:").removeprefix("ogc:").replace("-", "")
    code = _CODE.fullmatch(compact)
    if plain in _NAMED:
        return _NAMED[plain]
    if code is None:
        raise UnknownDatumError(datum=text)
    return _CODED.get(int(code[1])) or _look_up(f"EPSG:{int(code[1])}", text)


def _look_up(definition: str, shown: str) -> Datum:
    """Ask PROJ what a definition means."""
    from pyproj import CRS  # noqa: PLC0415 - most runs see WGS 84 alone and needn't pay for PROJ
    from pyproj.exceptions import CRSError  # noqa: PLC0415 - the same

    try:
        crs = CRS.from_user_input(definition)
    except CRSError:
        raise UnknownDatumError(datum=shown) from None
    if not (crs.is_geographic or crs.is_projected):
        raise UnknownDatumError(datum=shown)
    named = definition if definition.startswith("EPSG:") else crs.name
    return Datum(named, definition, degrees=crs.is_geographic)


def _parse_wkt(wkt: str) -> Datum:
    from pyproj import CRS  # noqa: PLC0415 - as in _look_up

    datum = _look_up(wkt, wkt[:60])
    code = CRS.from_user_input(wkt).to_epsg(min_confidence=_WKT_CONFIDENCE)
    return _parse_text(str(code)) if code else datum


def is_offset(datum: AnyDatum) -> bool:
    """Tell whether a datum is one of the offset ones, which an operator may refuse.

    Examples
    --------
    >>> is_offset("bd-09"), is_offset("wgs84")
    (True, False)
    """
    return parse_datum(datum) in OFFSET_DATUMS


def unit_metres(datum: AnyDatum) -> float:
    """Return how many metres the unit of a projected system's coordinates has.

    Raises
    ------
    ValueError
        When its coordinates are degrees.

    Examples
    --------
    >>> unit_metres("EPSG:4547")
    1.0
    """
    datum = parse_datum(datum)
    if datum.degrees:
        text = f"coordinates in {datum} are degrees"
        raise ValueError(text)
    from pyproj import CRS  # noqa: PLC0415 - as in _look_up

    return float(CRS.from_user_input(datum.definition).axis_info[0].unit_conversion_factor)


@overload
def to_wgs84(lon: float, lat: float, datum: AnyDatum) -> tuple[float, float]: ...
@overload
def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: AnyDatum) -> Pair: ...
def to_wgs84(lon: Any, lat: Any, datum: AnyDatum) -> tuple[Any, Any]:
    """Convert positions in some datum to WGS 84.

    Parameters
    ----------
    lon, lat
        Numbers, or arrays of one shape: degrees, or easting and northing (in this order) of a
        projected system.
    datum
        The system they are in; see :func:`parse_datum`.

    Returns
    -------
    tuple
        Longitude and latitude in degrees; NaN where the system has no such position. Scalars for
        scalars, arrays for arrays; the same input gives the same bits, alone or in an array.

    Raises
    ------
    UnknownDatumError
        When the datum is not known, or nothing public leads from it to WGS 84.

    Examples
    --------
    >>> to_wgs84(114.279, 26.749, "cgcs2000")
    (114.279, 26.749)
    >>> lon, lat = to_wgs84([116.3840472], [39.9133455], "gcj02")
    >>> float(lon[0].round(5)), float(lat[0].round(5))
    (116.37782, 39.91195)
    >>> to_wgs84([], [], "bd09")[0].size
    0
    """
    return transform(lon, lat, datum, WGS84)


@overload
def from_wgs84(lon: float, lat: float, datum: AnyDatum) -> tuple[float, float]: ...
@overload
def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: AnyDatum) -> Pair: ...
def from_wgs84(lon: Any, lat: Any, datum: AnyDatum) -> tuple[Any, Any]:
    """Convert WGS 84 positions to some datum: the inverse of :func:`to_wgs84`.

    Examples
    --------
    >>> from_wgs84(-73.98, 40.75, "gcj02")
    (-73.98, 40.75)
    >>> x, y = from_wgs84(114.0, 26.749, 4547)
    >>> round(x)
    500000
    """
    return transform(lon, lat, WGS84, datum)


def transform(x: Any, y: Any, source: AnyDatum, target: AnyDatum) -> tuple[Any, Any]:
    """Convert positions between any two systems; scalars or arrays, as :func:`to_wgs84`."""
    source, target = parse_datum(source), parse_datum(target)
    scalar = np.isscalar(x)
    if _coincide(source, target):
        return (float(x), float(y)) if scalar else (_floats(x), _floats(y))
    shape = np.shape(x)
    flat_x, flat_y = np.atleast_1d(_floats(x)).ravel(), np.atleast_1d(_floats(y)).ravel()
    there_x, there_y = _convert(flat_x, flat_y, source, target)
    if scalar:
        return float(there_x[0]), float(there_y[0])
    return there_x.reshape(shape), there_y.reshape(shape)


def _floats(values: ArrayLike) -> Floats:
    """Return contiguous float64: strided arrays take other code paths, and may get other bits."""
    return np.ascontiguousarray(values, dtype=np.float64).reshape(np.shape(values))


def _coincide(source: Datum, target: Datum) -> bool:
    return source == target or {source, target} <= {WGS84, CGCS2000}


def _convert(x: Floats, y: Floats, source: Datum, target: Datum) -> Pair:
    """Convert flat arrays, undoing and doing offsets around what PROJ can do."""
    if source in OFFSET_DATUMS:
        undo = offsets.gcj02_to_wgs84 if source is GCJ02 else offsets.bd09_to_wgs84
        x, y = undo(x, y)
        source = WGS84
    between = WGS84 if target in OFFSET_DATUMS else target
    if not _coincide(source, between):
        x, y = _transformer(source.definition, between.definition).transform(x, y)
        bad = ~(np.isfinite(x) & np.isfinite(y))
        x, y = np.where(bad, np.nan, x), np.where(bad, np.nan, y)
    if target in OFFSET_DATUMS:
        do = offsets.wgs84_to_gcj02 if target is GCJ02 else offsets.wgs84_to_bd09
        x, y = do(x, y)
    return x, y


@lru_cache(maxsize=64)
def _transformer(source: str, target: str) -> Transformer:
    """Return PROJ's best transformation; never one that ignores that two datums differ.

    Xi'an 1980 lies some hundred metres off and has no public transformation at all: positions in
    it are an error rather than wrong.
    """
    from pyproj import Transformer  # noqa: PLC0415 - as in _look_up
    from pyproj.exceptions import ProjError  # noqa: PLC0415 - the same

    start, end = _plain_projection(source, target), _plain_projection(target, source)
    try:
        return Transformer.from_crs(start, end, always_xy=True, allow_ballpark=False)
    except ProjError:
        offender = target if source == WGS84.definition else source
        raise NoTransformationError(datum=offender[:60]) from None


def _plain_projection(side: str, other: str) -> CRS:
    """Return a side's CRS, and for WGS 84 the other's own base where that coincides with it.

    Then all there is to do is a projection, which PROJ sets up in 0.3 ms; searching its database
    for a change of datum takes 50 ms.
    """
    from pyproj import CRS  # noqa: PLC0415 - as in _look_up

    crs, base = CRS.from_user_input(side), CRS.from_user_input(other).geodetic_crs
    if base is None:
        return crs
    coincident = base in [CRS.from_epsg(code) for code in _CODED]
    return base if coincident and crs == CRS.from_user_input(WGS84.definition) else crs


def transform_geometry(geometries: Any, source: AnyDatum, target: AnyDatum) -> Any:
    """Convert geometries between any two systems, vectorised.

    Each coordinate pair is converted by itself, so a vertex that two polygons share stays shared,
    bit by bit. Heights are dropped. Segments stay straight between converted vertices.

    Parameters
    ----------
    geometries
        A shapely geometry, or an array of them; ``None`` and empty ones stay what they are.
    source, target
        See :func:`parse_datum`.

    Returns
    -------
    shapely geometry or ndarray
        The same, in ``target``; coordinates are NaN where ``target`` has no such position.

    Examples
    --------
    >>> point = transform_geometry(shapely.Point(114.0, 26.749), "wgs84", 4547)
    >>> round(point.x)
    500000
    >>> transform_geometry(np.array([], dtype=object), "gcj02", "wgs84").size
    0
    """
    source, target = parse_datum(source), parse_datum(target)
    if _coincide(source, target):
        return shapely.force_2d(geometries)

    def move(coordinates: Floats) -> Floats:
        return np.column_stack(transform(coordinates[:, 0], coordinates[:, 1], source, target))

    return shapely.transform(geometries, move)


CHINA_WEST, CHINA_EAST, CHINA_SOUTH, CHINA_NORTH = 73.5, 136.5, 3.0, 54.0
"""Degrees within which the 3-degree zones are used; a little of the neighbours included, for
which these zones measure as well as any other."""

_GAUSS_KRUGER_FIRST, _GAUSS_KRUGER_FIRST_MERIDIAN = 4534, 75
_UTM_NORTH, _UTM_SOUTH, _UTM_ZONES = 32600, 32700, 60
_POLAR_NORTH, _POLAR_SOUTH = 32661, 32761
_UTM_NORTHMOST, _UTM_SOUTHMOST = 84.0, -80.0


def metric_srid(lon: float, lat: float) -> int:
    """Return the EPSG code of the projected system, in metres, to measure in at a place.

    In China the CGCS2000 3-degree Gauss-Krüger zone without zone number in the easting: EPSG:4534
    (75° E) to 4554 (135° E), one each 3°. Elsewhere WGS 84 UTM, near the poles UPS.

    Parameters
    ----------
    lon, lat
        WGS 84 degrees.

    Raises
    ------
    ValueError
        When they are not a position on earth.

    Examples
    --------
    >>> metric_srid(114.279, 26.749), metric_srid(130.38, 46.81), metric_srid(-73.98, 40.75)
    (4547, 4552, 32618)
    """
    if not (abs(lon) <= 180.0 and abs(lat) <= 90.0):  # noqa: PLR2004 - the bounds of the globe
        text = f"({lon}, {lat}) is not a position in degrees"
        raise ValueError(text)
    if CHINA_WEST <= lon < CHINA_EAST and CHINA_SOUTH <= lat <= CHINA_NORTH:
        return _GAUSS_KRUGER_FIRST + int((lon - CHINA_WEST) // 3)
    if lat > _UTM_NORTHMOST:
        return _POLAR_NORTH
    if lat < _UTM_SOUTHMOST:
        return _POLAR_SOUTH
    zone = min(int((lon + 180.0) // 6) + 1, _UTM_ZONES)
    return (_UTM_NORTH if lat >= 0 else _UTM_SOUTH) + zone


def metric_srid_of(geometries: NDArray[np.object_] | BaseGeometry) -> int:
    """Return :func:`metric_srid` at the middle of the bounds of WGS 84 geometries.

    Longitudes beyond 180°, as of what crosses the antimeridian, count once round.

    Raises
    ------
    ValueError
        When they have no extent, or one that is not on earth.
    """
    west, south, east, north = (float(one) for one in shapely.total_bounds(geometries))
    middle = (west + east) / 2
    wrapped = middle if abs(middle) <= 180.0 else (middle + 180.0) % 360.0 - 180.0  # noqa: PLR2004 - of degrees
    return metric_srid(wrapped, (south + north) / 2)


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What speaks for another datum than the declared one.

    Parameters
    ----------
    declared, likelier
        Names of datums; the second would make more sense.
    swapped
        Whether it would with longitude and latitude exchanged.
    share_before, share_after
        Shares of the positions inside the area, as declared and as ``likelier``.
    count
        How many positions were looked at.
    """

    declared: str
    likelier: str
    swapped: bool
    share_before: float
    share_after: float
    count: int

    def message(self) -> Message:
        """Say it, as a warning that leaves the decision to the reader."""
        values = {
            "declared": self.declared,
            "likelier": self.likelier,
            "before_pct": round(100 * self.share_before),
            "after_pct": round(100 * self.share_after),
            "count": self.count,
        }
        if self.swapped:
            return msg(
                "Declared as %(declared)s, %(before_pct)s%% of %(count)s positions lie inside the"
                " area; read as %(likelier)s with longitude and latitude exchanged, %(after_pct)s%%"
                " would. Nothing was converted: please check the columns and the datum.",
                **values,
            )
        return msg(
            "Declared as %(declared)s, %(before_pct)s%% of %(count)s positions lie inside the area;"
            " read as %(likelier)s, %(after_pct)s%% would. Nothing was converted: please check the"
            " datum.",
            **values,
        )


MOST_SHARE = 0.5
"""Positions of a jurisdiction are mostly inside its area: where at most half of them are, and
another reading brings most inside, the other reading makes more sense. Holds from one position on,
for one that only the offset brings inside deserves a second look."""

MIN_GAIN_SHARE = 0.25
"""Fewer than that may lie in a strip of half a kilometre beyond a long border by chance."""

MIN_BORDER_COUNT = 50
MIN_BORDER_GAIN_SHARE = 0.05
MAX_REMAINING_RATIO = 0.25
"""An area some kilometres wide keeps most positions even when they are half a kilometre off: then
the border tells. Honest positions outside lie on all sides of it, so that a shift brings about as
many outside as inside; a shift that explains three of four positions outside, and those at least
one in twenty of fifty or more, is no chance."""

SAMPLE_COUNT = 2000
"""Shares are known to about 1 % from so many, evenly spread over the rows."""


def datum_suspicion(
    lon: ArrayLike,
    lat: ArrayLike,
    inside: Callable[[Floats, Floats], Any],
    declared: AnyDatum = WGS84,
) -> Suspicion | None:
    """Ask whether positions would make more sense in another datum. Nothing is converted.

    Tries WGS 84, GCJ-02 and BD-09, each also with longitude and latitude exchanged, and for numbers
    that can't be degrees the projected systems in use in China, UTM and Web Mercator.

    Parameters
    ----------
    lon, lat
        Arrays (n,) as given, in the declared datum; what is not finite is left out.
    inside
        Tells for WGS 84 longitudes and latitudes which lie inside the area.
    declared
        The datum the positions were said to be in.

    Returns
    -------
    Suspicion or None
        The reading with most positions inside, when the constants above call it telling.

    Examples
    --------
    >>> def inside(lon, lat):
    ...     return (abs(lon - 116.378) < 0.002) & (abs(lat - 39.912) < 0.002)
    >>> datum_suspicion([116.38404], [39.91334], inside).likelier
    'gcj02'
    >>> datum_suspicion([116.378], [39.912], inside) is None
    True
    >>> datum_suspicion([], [], inside) is None
    True
    """
    declared = parse_datum(declared)
    x, y = _sample(_floats(lon), _floats(lat))
    if not x.size:
        return None
    before = _share_inside(x, y, declared, inside)
    best: tuple[float, Datum, bool] = (before, declared, False)
    for datum, swapped in _readings(x, y, declared):
        share = _share_inside(*((y, x) if swapped else (x, y)), datum, inside)
        if share > best[0]:
            best = (share, datum, swapped)
    after, likelier, swapped = best
    if not _telling(before, after, x.size):
        return None
    return Suspicion(declared.name, likelier.name, swapped, before, after, x.size)


def _sample(x: Floats, y: Floats) -> Pair:
    finite = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    taken = finite[:: max(1, -(-finite.size // SAMPLE_COUNT))]
    return x[taken], y[taken]


def _readings(x: Floats, y: Floats, declared: Datum) -> list[tuple[Datum, bool]]:
    """List other readings worth trying, plainer ones first: among equals the first wins."""
    if np.median(np.abs(x)) > 180.0 and np.median(np.abs(y)) > 90.0:  # noqa: PLR2004 - of degrees
        return [
            (parse_datum(code), swapped)
            for swapped, easting in ((False, x), (True, y))
            for code in _projected_systems(float(np.median(easting)))
        ]
    both = [(datum, swapped) for swapped in (False, True) for datum in (WGS84, GCJ02, BD09)]
    return [
        (datum, swapped) for datum, swapped in both if swapped or not _coincide(datum, declared)
    ]


def _projected_systems(easting_m: float) -> list[int]:
    """List the EPSG codes of systems in use in China that have such eastings.

    CGCS2000's zones are plain, or have their number before the easting: 25 to 45 of the 3-degree
    zones, 13 to 23 of the 6-degree ones. Plain 6-degree zones are among the 3-degree ones.
    """
    zone = int(easting_m // 1_000_000)
    if zone == 0:
        return [*range(4534, 4555), *range(32643, 32655)]
    numbered = {number: 4513 - 25 + number for number in range(25, 46)}
    numbered |= {number: 4491 - 13 + number for number in range(13, 24)}
    return [numbered[zone], 3857] if zone in numbered else [3857]


def _share_inside(
    x: Floats, y: Floats, datum: Datum, inside: Callable[[Floats, Floats], Any]
) -> float:
    lon, lat = to_wgs84(x, y, datum)
    possible = (np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0)  # noqa: PLR2004 - of the globe
    if not possible.any():
        return 0.0
    return float(np.count_nonzero(inside(lon[possible], lat[possible])) / x.size)


def _telling(before: float, after: float, count: int) -> bool:
    gain = after - before
    if before <= MOST_SHARE < after:
        return gain >= MIN_GAIN_SHARE
    explained = 1.0 - after <= (1.0 - before) * MAX_REMAINING_RATIO
    return count >= MIN_BORDER_COUNT and gain >= MIN_BORDER_GAIN_SHARE and explained
