"""Raw rows of tables and features, before their values are read.

Tables are CSV in UTF-8, with or without a byte order mark, in UTF-16 with one, or in GB18030.
Features are GeoJSON, GeoPackage or Shapefile.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo.files.geojson import Found, read_geometry
from geo.files.values import cleaned
from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_FIELD = 1 << 20
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_OGR_SUFFIXES = {".gpkg", ".shp"}
_JSON_SUFFIXES = {".geojson", ".json"}


@dataclass(slots=True)
class RawRow:
    """A row as it stands in the file.

    Parameters
    ----------
    line
        Its number, as in :class:`geo.files.problems.Place`.
    values
        Column to stripped value.
    found
        The geometry, of features.
    problem
        Why nothing of the row can be used.
    """

    line: int
    values: dict[str, Any]
    found: Found | None = None
    problem: Message | None = None


@dataclass(slots=True)
class RawLayer:
    """A file's rows with the columns it has; ``refused`` where it can't be read at all."""

    columns: list[str] = field(default_factory=list)
    rows: list[RawRow] = field(default_factory=list)
    refused: Message | None = None
    encoding: str = "utf-8"
    crs: str | None = None


def read_table(path: Path) -> RawLayer:
    """Read a CSV file; commas, semicolons or tabs separate its columns."""
    content = path.read_bytes()
    encoding = detect_encoding(content)
    if encoding is None:
        return RawLayer(refused=msg("The file is neither UTF-8 nor GB18030 text."))
    return parse_table(content.decode(encoding), encoding)


def detect_encoding(content: bytes) -> str | None:
    r"""Return the encoding of a text: by its byte order mark, else the first that fits.

    Examples
    --------
    >>> detect_encoding("网格".encode("gb18030")), detect_encoding(b""), detect_encoding(b"\xff")
    ('gb18030', 'utf-8', None)
    """
    marked = (name for mark, name in _BYTE_ORDER_MARKS.items() if content.startswith(mark))
    candidates = [*marked, "utf-8", "gb18030"]
    return next((one for one in candidates if _decodes(content, one)), None)


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def parse_table(text: str, encoding: str = "utf-8") -> RawLayer:
    r"""Read a table from text.

    Examples
    --------
    >>> parse_table("code,name\n1,会师路\n").rows[0].values
    {'code': '1', 'name': '会师路'}
    >>> parse_table("").refused.english()
    'The file is empty: it needs a row of column names.'
    """
    csv.field_size_limit(MAX_FIELD)
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return _table(list(lines), encoding)
    except csv.Error as error:
        place = lines.line_num
        return RawLayer(
            refused=msg("Line %(line)s is not CSV: %(reason)s.", line=place, reason=str(error))
        )


def _table(lines: list[list[str]], encoding: str) -> RawLayer:
    columns = [cleaned(one) for one in lines[0]] if lines else []
    while columns and not columns[-1]:
        columns.pop()
    if not columns:
        return RawLayer(refused=msg("The file is empty: it needs a row of column names."))
    twice = sorted({one for one in columns if columns.count(one) > 1})
    if twice:
        listed = ", ".join(twice)
        return RawLayer(refused=msg("Columns are named twice: %(columns)s.", columns=listed))
    rows = [_table_row(at, columns, line) for at, line in enumerate(lines[1:], 2) if any(line)]
    return RawLayer(columns, rows, encoding=encoding)


def _table_row(at: int, columns: list[str], line: list[str]) -> RawRow:
    line = [cleaned(one) for one in line]
    while len(line) > len(columns) and not line[-1]:
        line.pop()
    if len(line) == len(columns):
        return RawRow(at, dict(zip(columns, line, strict=True)))
    problem = msg(
        "The row has %(found)s cells where the header has %(expected)s.",
        found=len(line),
        expected=len(columns),
    )
    return RawRow(at, {}, problem=problem)


def read_features(path: Path) -> RawLayer:
    """Read the features of a GeoJSON, GeoPackage or Shapefile."""
    if path.suffix.lower() in _OGR_SUFFIXES:
        return _read_ogr(path)
    if path.suffix.lower() in _JSON_SUFFIXES:
        return _read_geojson(path)
    return RawLayer(refused=msg("Geometries come as .geojson, .gpkg or .shp files."))


def _read_geojson(path: Path) -> RawLayer:
    content = path.read_bytes()
    encoding = detect_encoding(content)
    if encoding is None:
        return RawLayer(refused=msg("The file is neither UTF-8 nor GB18030 text."))
    try:
        collection = json.loads(content.decode(encoding))
    except (ValueError, RecursionError) as error:
        return RawLayer(refused=msg("The file is not JSON: %(reason)s.", reason=str(error)))
    features = collection.get("features") if isinstance(collection, dict) else None
    if not isinstance(features, list) or collection.get("type") != "FeatureCollection":
        return RawLayer(refused=msg("The file is not a GeoJSON FeatureCollection."))
    rows = [_feature(at, one) for at, one in enumerate(features, 1)]
    columns = list(dict.fromkeys(name for row in rows for name in row.values))
    return RawLayer(columns, rows, encoding=encoding, crs=_old_crs(collection))


def _old_crs(collection: dict[str, Any]) -> str | None:
    """Return what the ``crs`` member of GeoJSON before RFC 7946 names."""
    member = collection.get("crs")
    properties = member.get("properties") if isinstance(member, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return name if isinstance(name, str) else None


def _feature(at: int, value: Any) -> RawRow:
    if not isinstance(value, dict) or value.get("type") != "Feature":
        return RawRow(at, {}, problem=msg("It is not a GeoJSON Feature."))
    properties = value.get("properties") or {}
    if not isinstance(properties, dict):
        return RawRow(at, {}, problem=msg("Its properties are not an object."))
    told = {name: cleaned(one) for name, one in properties.items()}
    return RawRow(at, told, read_geometry(value.get("geometry")))


def _read_ogr(path: Path) -> RawLayer:
    import pyogrio  # noqa: PLC0415 - heavy, and only for these formats

    try:
        meta, _fids, geometries, columns = pyogrio.raw.read(path, datetime_as_string=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        return RawLayer(refused=msg("The file can't be read: %(reason)s.", reason=str(error)))
    if geometries is None:
        return RawLayer(refused=msg("The file has no geometries."))
    names = [str(one) for one in meta["fields"]]
    rows = list(_ogr_rows(names, columns, shapely.force_2d(shapely.from_wkb(geometries))))
    return RawLayer(names, rows, crs=meta["crs"])


def _ogr_rows(names: list[str], columns: Any, geometries: Any) -> Iterator[RawRow]:
    plain = [_plain(column) for column in columns]
    for at, geometry in enumerate(geometries):
        told = {name: cleaned(column[at]) for name, column in zip(names, plain, strict=True)}
        if geometry is None or geometry.is_empty:
            found = Found(None, refused=msg("It has no geometry."))
        elif not np.isfinite(shapely.get_coordinates(geometry)).all():
            found = Found(None, refused=msg("Its coordinates are not numbers."))
        else:
            found = Found(geometry)
        yield RawRow(at + 1, told, found)


def _plain(column: Any) -> list[Any]:
    values: list[Any] = column.tolist()
    return values
