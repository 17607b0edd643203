"""Coordinates of points in Arrow columns: WKB and GeoArrow's own encodings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geo.files.points import NO_POSITION
from geo.messages import Message, msg

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PLAIN_POINT = np.dtype([("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])
"""A two-dimensional point in little-endian WKB (OGC 06-103r4, 8.2.3): 21 bytes."""

LITTLE_ENDIAN, POINT = 1, 1
_KINDS = (
    *("Point", "LineString", "LinearRing", "Polygon"),
    *("MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection"),
)


def coordinates_of(column: pa.Array, reasons: dict[int, Message]) -> tuple[Floats, Floats]:
    """Return the coordinates of a column of points; NaN, and a reason, where there is none.

    Parameters
    ----------
    column
        WKB (any dialect and dimension), or GeoArrow points, separated or interleaved.
    reasons
        Gets why a row has no position, by its number.
    """
    import pyarrow as pa  # noqa: PLC0415 - text files do without

    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        column, kind = column.storage, column.type.storage_type
    if pa.types.is_struct(kind):
        x, y = (_numbers(column.field(name)) for name in ("x", "y"))
    elif pa.types.is_fixed_size_list(kind):
        values = _numbers(column.flatten() if not column.null_count else column.values)
        x, y = values[:: kind.list_size].copy(), values[1 :: kind.list_size].copy()
    else:
        return _from_wkb(column, reasons)
    missing = _nulls(column) | np.isnan(x) | np.isnan(y)
    x[missing], y[missing] = np.nan, np.nan
    reasons.update((int(row), NO_POSITION) for row in np.flatnonzero(missing))
    return x, y


def _numbers(column: pa.Array) -> Floats:
    return np.array(column.to_numpy(zero_copy_only=False), dtype=np.float64)


def _nulls(column: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(column.is_null().to_numpy(zero_copy_only=False))


def _from_wkb(column: pa.Array, reasons: dict[int, Message]) -> tuple[Floats, Floats]:
    """Read plain points by laying a record over the bytes; others through GEOS."""
    held = column.drop_null() if column.null_count else column
    plain = _plain_points(held)
    if plain is None:
        return _through_geos(column, reasons)
    if len(held) == len(column):
        x, y = plain
    else:
        rows = np.flatnonzero(~_nulls(column))
        x, y = np.full(len(column), np.nan), np.full(len(column), np.nan)
        x[rows], y[rows] = plain
    reasons.update((int(row), NO_POSITION) for row in np.flatnonzero(np.isnan(x) | np.isnan(y)))
    return x, y


def _plain_points(column: pa.Array) -> tuple[Floats, Floats] | None:
    """Return the coordinates when every value is a plain point, else ``None``."""
    import pyarrow as pa  # noqa: PLC0415 - as in coordinates_of

    if pa.types.is_binary_view(column.type):
        column = column.cast(pa.binary())
    width = np.int64 if pa.types.is_large_binary(column.type) else np.int32
    _, offsets, data = column.buffers()
    if not len(column):
        return np.zeros(0), np.zeros(0)
    bounds = np.frombuffer(offsets, dtype=width)[column.offset : column.offset + len(column) + 1]
    if data is None or not (np.diff(bounds) == PLAIN_POINT.itemsize).all():
        return None
    points = np.frombuffer(data, PLAIN_POINT, len(column), int(bounds[0]))
    if not ((points["order"] == LITTLE_ENDIAN) & (points["kind"] == POINT)).all():
        return None
    return points["x"].copy(), points["y"].copy()


def _through_geos(column: pa.Array, reasons: dict[int, Message]) -> tuple[Floats, Floats]:
    import shapely  # noqa: PLC0415 - for the rarer dialects

    given = np.array(column.to_pylist(), dtype=object)
    shapes = shapely.from_wkb(given, on_invalid="ignore")
    x, y = points_of(shapes, reasons)
    for row in np.flatnonzero(shapely.is_missing(shapes)):
        unread = given[row] is not None
        reasons[int(row)] = msg("The geometry can't be read.") if unread else NO_POSITION
    return x, y


def points_of(shapes: NDArray[np.object_], reasons: dict[int, Message]) -> tuple[Floats, Floats]:
    """Return the coordinates of those geometries that are points; say of the others what they are.

    Multipoints of one point count as points.
    """
    import shapely  # noqa: PLC0415 - as in _through_geos

    shapes = np.array(shapes, dtype=object)
    lone = (shapely.get_type_id(shapes) == _KINDS.index("MultiPoint")) & (
        shapely.get_num_geometries(shapes) == 1
    )
    shapes[lone] = shapely.get_geometry(shapes[lone], 0)
    kinds = shapely.get_type_id(shapes)
    shapes[shapely.is_empty(shapes)] = None
    x, y = shapely.get_x(shapes), shapely.get_y(shapes)
    for row in np.flatnonzero(np.isnan(x) | np.isnan(y)):
        reasons[int(row)] = _why(int(kinds[row]))
    return x, y


def _why(kind: int) -> Message:
    if kind <= 0:
        return NO_POSITION
    return msg("The geometry is a %(kind)s, not a point.", kind=_KINDS[kind])


def plain_wkb(x: Floats, y: Floats) -> Any:
    """Return an Arrow column of points in WKB; null where a coordinate is not finite.

    Examples
    --------
    >>> plain_wkb(np.array([1.0, np.nan]), np.array([2.0, 0.0])).null_count
    1
    >>> len(plain_wkb(np.array([]), np.array([])))
    0
    """
    import pyarrow as pa  # noqa: PLC0415 - as in coordinates_of

    points = np.empty(len(x), PLAIN_POINT)
    points["order"], points["kind"], points["x"], points["y"] = LITTLE_ENDIAN, POINT, x, y
    held = np.isfinite(x) & np.isfinite(y)
    offsets = np.arange(len(x) + 1, dtype=np.int32) * PLAIN_POINT.itemsize
    validity = None if held.all() else pa.py_buffer(np.packbits(held, bitorder="little"))
    buffers = [validity, pa.py_buffer(offsets), pa.py_buffer(points)]
    return pa.Array.from_buffers(pa.binary(), len(x), buffers)
