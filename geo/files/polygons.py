"""Reading polygons with their identifiers from the files that cities have.

GeoJSON and GeoParquet are read without GDAL, pandas or geopandas, which take half a second to
import; GeoPackage, Shapefile, KML, FlatGeobuf and whatever else GDAL knows are read through it.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import shapely

from geo.files.geojson import read_geometry
from geo.files.identifiers import choose_column, clean_identifiers, repeated
from geo.files.refusals import (
    FileMissingError,
    LayerNeededError,
    NoSuchLayerError,
    NotPolygonsError,
    UnreadableFileError,
)
from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Objects = NDArray[np.object_]

FEATURE_ID = "id"
"""The name under which GeoJSON's own feature identifiers stand as a column."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that a person should look at.

    Parameters
    ----------
    kind
        ``null_geometry``, ``empty_geometry``, ``not_polygon``, ``unreadable_geometry``,
        ``repaired_geometry``, ``missing_id``, ``duplicate_id``, ``no_crs`` or ``remark`` (of the
        reading library).
    row
        The feature's number in the file, from 1; ``None`` when the whole file is meant.
    field
        The column, or ``geometry``.
    message
        What to tell.
    """

    kind: str
    row: int | None
    field: str | None
    message: Message


@dataclass(frozen=True, slots=True)
class Polygons:
    """The rows of a polygon file, in the file's order and its coordinate system.

    Parameters
    ----------
    ids
        (n,) integers if all of them are, else texts; ``None`` where there is none.
    geometries
        (n,) two-dimensional polygons and multipolygons; ``None`` where a row has no such, for
        which there is then a problem.
    crs
        What :func:`geo.core.crs.parse_datum` understands; ``None`` when the file doesn't say.
    id_column
        Where ``ids`` come from; ``None`` when they are the numbers of the rows.
    columns
        All columns by name, their values row by row (n,).
    problems
        What was wrong in the file, row by row.
    """

    ids: Objects
    geometries: Objects
    crs: str | None
    id_column: str | None
    columns: Mapping[str, Objects]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    """What every format is first read as."""

    geometries: Objects
    columns: Mapping[str, Objects]
    crs: str | None
    problems: tuple[Problem, ...] = ()
    feature_ids: Objects | None = None


def read_polygons(
    path: str | Path,
    *,
    layer: str | None = None,
    id_column: str | None = None,
    encoding: str | None = None,
    row_numbers: bool = False,
) -> Polygons:
    """Read a file of polygons.

    Parameters
    ----------
    path
        GeoJSON, GeoParquet, or any vector file that GDAL reads, a zipped Shapefile included.
    layer
        Which layer; without it the file's only one that may hold polygons.
    id_column
        The column that identifies the rows; without it a column with a usual name (``code``,
        ``网格编码``, ``id`` …) or else the only one whose values are all there and all different.
    encoding
        Of the text, when it is neither UTF-8, GB 18030 nor what the file declares.
    row_numbers
        Identify rows by their number when no column clearly does, instead of raising.

    Raises
    ------
    FileRefusedError
        When the file is missing, unreadable, holds no polygons, or a layer or column has to be
        named.

    Examples
    --------
    >>> read_polygons("absent.geojson")
    Traceback (most recent call last):
    ...
    geo.files.refusals.FileMissingError: absent.geojson: there is no such file.
    """
    path = Path(path)
    if not path.exists():
        raise FileMissingError(file=path.name)
    table = _read_table(path, layer, encoding)
    unreadable = {one.row for one in table.problems}
    geometries, problems = _only_polygons(table.geometries)
    problems = [one for one in problems if one.row not in unreadable]
    if not any(geometry is not None for geometry in geometries):
        raise NotPolygonsError(file=path.name)
    columns = dict(table.columns)
    if table.feature_ids is not None:
        columns.setdefault(FEATURE_ID, table.feature_ids)
    own_id = None if FEATURE_ID in table.columns or table.feature_ids is None else FEATURE_ID
    chosen = choose_column(path.name, columns, id_column, last_resort=own_id, may_fail=row_numbers)
    ids = _row_numbers(len(geometries)) if chosen is None else clean_identifiers(columns[chosen])
    problems = [*table.problems, *problems, *_id_problems(ids, chosen)]
    if table.crs is None:
        problems.append(Problem("no_crs", None, None, msg("The file names no coordinate system.")))
    return Polygons(ids, geometries, table.crs, chosen, columns, tuple(problems))


def _read_table(path: Path, layer: str | None, encoding: str | None) -> _Table:
    """Choose the reader by the file's name, and GDAL where it isn't telling."""
    suffix = path.suffix.lower()
    if suffix in {".parquet", ".geoparquet"}:
        return _read_parquet(path)
    if suffix in {".geojson", ".json"}:
        table = _read_geojson(path, encoding)
        if table is not None:
            return table
    return _read_with_gdal(path, layer, encoding)


def _read_geojson(path: Path, encoding: str | None) -> _Table | None:
    """Read GeoJSON (RFC 7946, and the ``crs`` member of its forerunner); ``None`` when it isn't."""
    try:
        document = orjson.loads(_decode(path.read_bytes(), encoding))
    except (orjson.JSONDecodeError, UnicodeDecodeError, LookupError) as error:
        raise UnreadableFileError(file=path.name, reason=str(error)) from error
    features = _features(document)
    if features is None:
        return None
    geometries, problems = _geojson_geometries(features)
    feature_ids = _objects([feature.get("id") for feature in features])
    return _Table(
        geometries,
        _geojson_columns(features),
        _geojson_crs(document),
        tuple(problems),
        feature_ids if any(one is not None for one in feature_ids) else None,
    )


def _decode(content: bytes, encoding: str | None) -> str:
    """Decode text as declared, as UTF-8, or as GB 18030, which Chinese desktop programs write."""
    if encoding:
        return content.decode(encoding)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _features(document: Any) -> list[dict[str, Any]] | None:
    """Return the features of a document, or ``None`` when it is no GeoJSON."""
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "FeatureCollection" and isinstance(document.get("features"), list):
        return [one if isinstance(one, dict) else {} for one in document["features"]]
    if kind == "Feature":
        return [document]
    if kind in {"Polygon", "MultiPolygon", "GeometryCollection"}:
        return [{"geometry": document}]
    return None


def _geojson_geometries(features: list[dict[str, Any]]) -> tuple[Objects, list[Problem]]:
    written = [feature.get("geometry") for feature in features]
    texts = _objects([None if one is None else orjson.dumps(one).decode() for one in written])
    geometries = shapely.from_geojson(texts, on_invalid="ignore")
    problems = []
    for row in _missing(geometries):
        if written[row] is not None:
            found = read_geometry(written[row])
            geometries[row] = found.geometry
            problems.append(_unreadable(row, found.refused, found.repaired))
    return geometries, problems


def _unreadable(row: int, refused: Message | None, repaired: Message | None = None) -> Problem:
    kind = "unreadable_geometry" if repaired is None else "repaired_geometry"
    why = repaired or refused or msg("The geometry can't be read.")
    text = msg("Row %(row)s: %(problem)s", row=row + 1, problem=why)
    return Problem(kind, row + 1, "geometry", text)


def _geojson_columns(features: list[dict[str, Any]]) -> dict[str, Objects]:
    properties = [feature.get("properties") or {} for feature in features]
    names = dict.fromkeys(name for one in properties for name in one)
    return {name: _objects([one.get(name) for one in properties]) for name in names}


def _geojson_crs(document: dict[str, Any]) -> str | None:
    """Return the CRS of the former specification's member; RFC 7946 itself has WGS 84 only."""
    if "crs" not in document:
        return "wgs84"
    member = document["crs"] or {}
    return (member.get("properties") or {}).get("name")


def _read_parquet(path: Path) -> _Table:
    """Read GeoParquet (WKB or GeoArrow encodings), or Parquet with a column of WKB."""
    import pyarrow as pa  # noqa: PLC0415 - 40 ms that other formats needn't pay
    import pyarrow.parquet as pq  # noqa: PLC0415 - the same

    try:
        with pq.ParquetFile(path) as file:  # read_table would import pandas
            table = file.read()
    except (pa.ArrowException, OSError) as error:
        raise UnreadableFileError(file=path.name, reason=str(error)) from error
    geo = json.loads((table.schema.metadata or {}).get(b"geo", b"{}"))
    name = geo.get("primary_column") or _wkb_column(table.schema)
    if name not in table.column_names:
        raise NotPolygonsError(file=path.name)
    column = geo.get("columns", {}).get(name, {})
    if column.get("encoding", "WKB") == "WKB":
        geometries, problems = _from_wkb(table.column(name).to_pylist())
    else:
        geometries, problems = _from_geoarrow(path), []
    others = {
        one: _objects(table.column(one).to_pylist()) for one in table.column_names if one != name
    }
    return _Table(geometries, others, _parquet_crs(geo, column), tuple(problems))


def _wkb_column(schema: Any) -> str | None:
    import pyarrow as pa  # noqa: PLC0415 - as in _read_parquet

    binary = [one.name for one in schema if pa.types.is_binary(one.type)]
    usual = [name for name in binary if name.lower() in {"geometry", "geom", "wkb"}]
    return next(iter(usual or binary), None)


def _from_wkb(values: Sequence[Any]) -> tuple[Objects, list[Problem]]:
    given = _objects(list(values))
    geometries = shapely.from_wkb(given, on_invalid="ignore")
    lost = [row for row in _missing(geometries) if given[row] is not None]
    return geometries, [_unreadable(row, None) for row in lost]


def _from_geoarrow(path: Path) -> Objects:
    """Read the rarer native encodings the way their reference implementation does."""
    from geopandas import read_parquet  # noqa: PLC0415 - half a second, for rare files

    return _objects(list(read_parquet(path).geometry.to_numpy()))


def _parquet_crs(geo: dict[str, Any], column: dict[str, Any]) -> str | None:
    """Return the CRS of a GeoParquet column: absent means WGS 84, null that it is unknown."""
    if not geo:
        return None
    if "crs" not in column:
        return "wgs84"
    if column["crs"] is None:
        return None
    known = column["crs"].get("id")
    if known:
        return f"{known['authority']}:{known['code']}"
    from pyproj import CRS  # noqa: PLC0415 - for the rare CRS without a code

    return str(CRS.from_json_dict(column["crs"]).to_wkt())


def _read_with_gdal(path: Path, layer: str | None, encoding: str | None) -> _Table:
    """Read through GDAL, and turn its warnings into remarks."""
    import pyogrio  # noqa: PLC0415 - brings pandas and geopandas, half a second
    from pyogrio.errors import DataLayerError, DataSourceError  # noqa: PLC0415 - the same

    guessed = encoding or ("ISO-8859-1" if _undeclared_encoding(path) else None)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            chosen = _choose_layer(path, layer)
            meta, _, wkb, values = pyogrio.raw.read(
                path, layer=chosen, encoding=guessed, datetime_as_string=True
            )
    except (DataSourceError, DataLayerError, LookupError, UnicodeDecodeError) as error:
        raise UnreadableFileError(file=path.name, reason=str(error)) from error
    if wkb is None:
        raise NotPolygonsError(file=path.name)
    geometries, problems = _from_wkb(wkb)
    names = [str(name) for name in meta["fields"]]
    columns = {name: _objects(list(one)) for name, one in zip(names, values, strict=True)}
    if guessed and not encoding:
        columns = {_recode(name): _recode_all(one) for name, one in columns.items()}
    remarks = [
        Problem("remark", None, None, msg("GDAL remarks: %(text)s", text=str(one.message)))
        for one in caught
    ]
    return _Table(geometries, columns, _gdal_crs(meta["crs"]), (*remarks, *problems))


def _choose_layer(path: Path, layer: str | None) -> str:
    """Return the named layer, or the only one that may hold polygons."""
    import pyogrio  # noqa: PLC0415 - as in _read_with_gdal

    layers = {str(name): str(kind) for name, kind in pyogrio.list_layers(path) if kind}
    if layer is not None:
        if layer not in layers:
            raise NoSuchLayerError(file=path.name, layer=layer, layers=", ".join(layers))
        return layer
    polygonal = [name for name, kind in layers.items() if "Polygon" in kind]
    mixed = [name for name, kind in layers.items() if kind in {"Unknown", "GeometryCollection"}]
    likely = polygonal or mixed
    if not likely:
        raise NotPolygonsError(file=path.name)
    if len(likely) > 1:
        raise LayerNeededError(file=path.name, layers=", ".join(likely))
    return likely[0]


_DBF_LANGUAGE_BYTE = 29
_DBF_LANGUAGES_UNKNOWN = (b"", b"\x00", b"\x57")
"""None, and “ANSI”, which GDAL writes by default: the code page of whoever wrote it."""


def _undeclared_encoding(path: Path) -> bool:
    """Tell whether a Shapefile says nothing of its text's encoding, neither .cpg nor .dbf."""
    if path.suffix.lower() != ".shp":
        return False
    siblings = {one.suffix.lower(): one for one in path.parent.glob(f"{path.stem}.*")}
    if ".cpg" in siblings or ".dbf" not in siblings:
        return False
    with siblings[".dbf"].open("rb") as file:
        header = file.read(_DBF_LANGUAGE_BYTE + 1)
    return header[_DBF_LANGUAGE_BYTE:] in _DBF_LANGUAGES_UNKNOWN


def _recode(text: str) -> str:
    """Give text that was read byte by byte its real encoding: UTF-8 if it is that, or GB 18030."""
    content = text.encode("latin-1")
    for encoding in ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return text


def _recode_all(values: Objects) -> Objects:
    return _objects([_recode(one) if isinstance(one, str) else one for one in values])


def _gdal_crs(crs: str | None) -> str | None:
    """Return GDAL's CRS, if it is one: GeoPackage has names for not knowing it."""
    if not crs or crs.startswith(("LOCAL_CS", "ENGCRS", "ENGINEERINGCRS")) or '"Undefined' in crs:
        return None
    return crs


_POLYGON, _MULTIPOLYGON, _COLLECTION = 3, 6, 7


def _only_polygons(geometries: Objects) -> tuple[Objects, list[Problem]]:
    """Keep two-dimensional polygons; everything else becomes ``None`` and a problem."""
    flat = shapely.force_2d(geometries)
    kinds = shapely.get_type_id(flat)
    for row in np.flatnonzero(kinds == _COLLECTION):
        flat[row] = _collected(flat[row])
    kinds = shapely.get_type_id(flat)
    empty = shapely.is_empty(flat)
    polygonal = np.isin(kinds, (_POLYGON, _MULTIPOLYGON))
    problems = [_row_problem(int(row), flat[row]) for row in np.flatnonzero(~polygonal | empty)]
    flat[~polygonal | empty] = None
    return flat, problems


def _collected(collection: Any) -> Any:
    """Return a collection of nothing but polygons as the multipolygon it means."""
    parts = shapely.get_parts(shapely.get_parts(collection))
    if len(parts) and (shapely.get_type_id(parts) == _POLYGON).all():
        return shapely.multipolygons(parts)
    return collection


def _row_problem(row: int, geometry: Any) -> Problem:
    if geometry is None:
        kind, text = "null_geometry", msg("Row %(row)s has no geometry.", row=row + 1)
    elif geometry.is_empty:
        kind, text = "empty_geometry", msg("Row %(row)s has an empty geometry.", row=row + 1)
    else:
        text = msg(
            "Row %(row)s is a %(type)s, not a polygon.", row=row + 1, type=geometry.geom_type
        )
        kind = "not_polygon"
    return Problem(kind, row + 1, "geometry", text)


def _id_problems(ids: Objects, column: str | None) -> list[Problem]:
    problems = [
        Problem(
            "missing_id",
            int(row) + 1,
            column,
            msg("Row %(row)s: “%(column)s” is empty.", row=row + 1, column=column),
        )
        for row in _missing(ids)
    ]
    for row, first in repeated(ids):
        text = msg(
            "Row %(row)s: “%(column)s” is “%(id)s”, as in row %(first)s.",
            row=row + 1,
            column=column,
            id=ids[row],
            first=first + 1,
        )
        problems.append(Problem("duplicate_id", row + 1, column, text))
    return problems


def _missing(values: Objects) -> list[int]:
    return [row for row, one in enumerate(values) if one is None]


def _row_numbers(count: int) -> Objects:
    return _objects(list(range(1, count + 1)))


def _objects(values: list[Any]) -> Objects:
    """Make an array of objects, whatever they are."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
