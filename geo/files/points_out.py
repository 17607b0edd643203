"""Writing points back, row by row as they came, with what was found out about them."""

from __future__ import annotations

import csv
import json
import os
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geo.files.points import format_of
from geo.files.refusals import UnwritableFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    from geo.files.points import PointBlock, PointSource
    from geo.files.points_csv import CsvPoints

DISTANCE_DIGITS = 3
"""Millimetres."""

GEOMETRY_NAMES = ("geometry", "geom", "position")


@dataclass(frozen=True, slots=True)
class Added:
    """What is added to a block of rows.

    Parameters
    ----------
    grid, nearest_grid
        Rows of :attr:`Target.ids` (n,); −1 where there is none.
    method
        Rows of :attr:`Target.methods` (n,).
    distance_m
        (n,), NaN where there is none.
    reasons
        What is wrong with a row, by its number.
    lon, lat
        WGS 84 degrees (n,), NaN where the row has no position.
    """

    grid: NDArray[np.int32]
    method: NDArray[np.int8]
    distance_m: NDArray[np.float64]
    nearest_grid: NDArray[np.int32]
    reasons: dict[int, str]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Target:
    """Where results go.

    Parameters
    ----------
    path
        The file; its suffix says the format.
    names
        Of the added columns.
    ids
        What the grids are called: integers all, or texts.
    methods
        Names of the methods.
    """

    path: Path
    names: Sequence[str]
    ids: Sequence[Any]
    methods: Sequence[str]

    @property
    def whole_ids(self) -> bool:
        """Whether all grids are called by integers."""
        return all(isinstance(one, int) for one in self.ids)


def write_points(
    source: PointSource, found: Iterable[tuple[PointBlock, Added]], to: Target
) -> None:
    """Write all blocks to a file, which appears under its name when it is complete.

    Raises
    ------
    UnknownFormatError
        When the suffix is none of the formats'.
    UnwritableFileError
        When the file can't be written.
    """
    writers: dict[str, Callable[[PointSource, Any, Target, Path], None]] = {
        "csv": _write_csv,
        "parquet": _write_parquet,
        "gpkg": _write_gpkg,
    }
    write = writers[format_of(to.path)]
    with _completed(to.path) as unfinished:
        write(source, found, to, unfinished)


@contextmanager
def _completed(path: Path) -> Iterator[Path]:
    """Give a name beside the file's to write to, and move it there when all went well."""
    unfinished = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        unfinished.touch()  # the system says best why this can't be
        unfinished.unlink()
        yield unfinished
        unfinished.replace(path)
    except OSError as error:
        raise UnwritableFileError(file=path.name, reason=error.strerror or str(error)) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _write_csv(
    source: PointSource, found: Iterable[tuple[PointBlock, Added]], to: Target, path: Path
) -> None:
    """Write text in the encoding, with the separator and the line ends that the rows came in."""
    text = source if hasattr(source, "delimiter") else None
    encoding, errors, delimiter, line_end = _text_form(text)
    width = len(source.names)
    with path.open("w", encoding=encoding, errors=errors, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator=line_end)
        writer.writerow([*(source.names if text else source.schema().names), *to.names])
        ids, methods = _table([str(one) for one in to.ids]), _table(to.methods)
        for block, added in found:
            columns = (
                ids[added.grid],
                methods[added.method],
                ["" if np.isnan(one) else repr(one) for one in _rounded(added).tolist()],
                ids[added.nearest_grid],
                _reasons(block.size, added.reasons, ""),
            )
            cells = zip(source.cells(block), *columns, strict=True)
            if text:
                writer.writerows([*row[:width], *more, *row[width:]] for row, *more in cells)
            else:
                writer.writerows([*row, *more] for row, *more in cells)


def _text_form(source: Any) -> tuple[str, str, str, str]:
    if source is None:
        return "utf-8", "strict", ",", "\n"
    form: CsvPoints = source
    return form.encoding, form.errors, form.delimiter, form.line_end


def _rounded(added: Added) -> NDArray[np.float64]:
    return np.round(added.distance_m, DISTANCE_DIGITS)


def _reasons(count: int, reasons: dict[int, str], without: Any) -> list[Any]:
    """Return the reason of every row."""
    found = [without] * count
    for number, reason in reasons.items():
        found[number] = reason
    return found


def _table(texts: Sequence[str]) -> NDArray[np.object_]:
    """Return an array of texts that has nothing at −1."""
    return np.array([*texts, ""], dtype=object)


def _write_parquet(
    source: PointSource, found: Iterable[tuple[PointBlock, Added]], to: Target, path: Path
) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415 - each format pays for itself

    form = _ArrowForm(source, to, needs_geometry=hasattr(source, "delimiter"))
    few = [field.name for field in form.schema if field.name in to.names or _is_text(field.type)]
    with pq.ParquetWriter(path, form.with_geo_metadata(), use_dictionary=few) as file:
        for block, added in found:
            file.write_batch(form.batch(block, added))


def _is_text(kind: pa.DataType) -> bool:
    """Tell whether a column is of text, which often repeats and is worth a dictionary."""
    import pyarrow as pa  # noqa: PLC0415 - as in _write_parquet

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _write_gpkg(
    source: PointSource, found: Iterable[tuple[PointBlock, Added]], to: Target, path: Path
) -> None:
    import pyarrow as pa  # noqa: PLC0415 - as in _write_parquet
    import pyogrio  # noqa: PLC0415 - the same

    form = _ArrowForm(source, to, needs_geometry=True)
    plain = form.gdal_schema()
    failures: list[Exception] = []

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            for block, added in found:
                yield form.as_gdal_takes_it(form.batch(block, added), plain)
        except Exception as error:
            failures.append(error)  # GDAL only says that its stream broke off
            raise

    reader = pa.RecordBatchReader.from_batches(plain, batches())
    own = {"FID": "feature_id"} if "fid" in {name.lower() for name in form.names} else {}
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "'crs' was not provided")  # nor did the rows have one
            pyogrio.write_arrow(
                reader,
                path,
                layer=to.path.stem,
                driver="GPKG",
                geometry_name=form.geometry,
                geometry_type="Unknown",
                crs=form.crs,
                layer_options=own,
            )
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeError) as error:
        if failures:
            raise failures[0] from None
        raise UnwritableFileError(file=to.path.name, reason=str(error)) from error


class _ArrowForm:
    """The rows and what is added to them as Arrow record batches."""

    def __init__(self, source: PointSource, to: Target, *, needs_geometry: bool) -> None:
        import pyarrow as pa  # noqa: PLC0415 - as in _write_parquet

        from geo.files.arrow_columns import identifiers, texts  # noqa: PLC0415 - the same

        self.source, self.ids = source, identifiers(to.ids, whole=to.whole_ids)
        self.methods = texts(to.methods)
        had = getattr(source, "geometry", None)
        schema = source.schema()
        if had and _is_text(schema.field(had).type):
            had = None
        self.makes_geometry = needs_geometry and not had
        taken = {name.lower() for name in schema.names}
        self.geometry = (
            next((one for one in GEOMETRY_NAMES if one not in taken), "hongge_geometry")
            if self.makes_geometry
            else had
        )
        self.crs = "EPSG:4326" if self.makes_geometry or source.crs == "wgs84" else source.crs
        of_ids = self.ids.type
        kinds = (of_ids, pa.string(), pa.float64(), of_ids, pa.string())
        fields = [pa.field(name, kind) for name, kind in zip(to.names, kinds, strict=True)]
        if self.makes_geometry:
            fields.append(pa.field(str(self.geometry), pa.binary()))
        self.schema = pa.schema([*schema, *fields], schema.metadata)
        self.names: list[str] = self.schema.names

    def batch(self, block: PointBlock, added: Added) -> pa.RecordBatch:
        """Return a block with the added columns."""
        import pyarrow as pa  # noqa: PLC0415 - as in _write_parquet

        from geo.files.arrow_columns import chosen, floats, texts  # noqa: PLC0415 - the same
        from geo.files.wkb_points import plain_wkb  # noqa: PLC0415 - the same

        rows = self.source.batch(block)
        columns = [
            chosen(self.ids, added.grid),
            chosen(self.methods, added.method.astype(np.int32)),
            floats(_rounded(added)),
            chosen(self.ids, added.nearest_grid),
            pa.nulls(block.size, pa.string())
            if not added.reasons
            else texts(_reasons(block.size, added.reasons, None)),
        ]
        if self.makes_geometry:
            columns.append(plain_wkb(added.lon, added.lat))
        return pa.record_batch([*rows.columns, *columns], self.schema)

    def with_geo_metadata(self) -> pa.Schema:
        """Return the schema with GeoParquet's metadata, where the rows' file brought none."""
        metadata = dict(self.schema.metadata or {})
        if b"geo" not in metadata and self.geometry:
            encoded: dict[str, Any] = {
                "encoding": "WKB",
                "geometry_types": [],
                "crs": _projjson(self.crs),
            }
            geo = {
                "version": "1.1.0",
                "primary_column": self.geometry,
                "columns": {self.geometry: encoded},
            }
            metadata[b"geo"] = json.dumps(geo).encode()
        return self.schema.with_metadata(metadata)

    def gdal_schema(self) -> pa.Schema:
        """Return the schema with types that GDAL can write, the geometry as WKB."""
        import pyarrow as pa  # noqa: PLC0415 - as in _write_parquet

        return pa.schema(
            [
                pa.field(
                    one.name,
                    pa.binary() if one.name == self.geometry else _gdal_type(one.type),
                    metadata={"ARROW:extension:name": "geoarrow.wkb"}
                    if one.name == self.geometry
                    else None,
                )
                for one in self.schema
            ]
        )

    def as_gdal_takes_it(self, batch: pa.RecordBatch, plain: pa.Schema) -> pa.RecordBatch:
        """Return a batch in the schema of :meth:`gdal_schema`."""
        import pyarrow as pa  # noqa: PLC0415 - as in _write_parquet

        columns = [
            _as_wkb(column) if field.name == self.geometry else _cast(column, field.type)
            for column, field in zip(batch.columns, plain, strict=True)
        ]
        return pa.record_batch(columns, plain)


def _as_wkb(column: pa.Array) -> pa.Array:
    """Return geometries as WKB, whatever their encoding."""
    import pyarrow as pa  # noqa: PLC0415 - as in _write_parquet

    from geo.files.wkb_points import coordinates_of, plain_wkb  # noqa: PLC0415 - the same

    if isinstance(column.type, pa.BaseExtensionType):
        column = column.storage
    if pa.types.is_struct(column.type) or pa.types.is_fixed_size_list(column.type):
        return plain_wkb(*coordinates_of(column, {}))
    return column.cast(pa.binary())


def _gdal_type(kind: pa.DataType) -> pa.DataType:
    """Return the type itself, or the nearest one that GDAL's Arrow interface takes."""
    import pyarrow as pa  # noqa: PLC0415 - as in _write_parquet

    if isinstance(kind, pa.BaseExtensionType):
        return _gdal_type(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return _gdal_type(kind.value_type)
    if pa.types.is_nested(kind) or pa.types.is_null(kind) or pa.types.is_decimal(kind):
        return pa.string()
    if pa.types.is_string_view(kind) or pa.types.is_large_string(kind):
        return pa.string()
    if pa.types.is_unsigned_integer(kind):
        return pa.int64()
    return kind


def _cast(column: pa.Array, kind: pa.DataType) -> pa.Array:
    import pyarrow as pa  # noqa: PLC0415 - as in _write_parquet

    if column.type == kind:
        return column
    if isinstance(column.type, pa.BaseExtensionType):
        column = column.storage
    if pa.types.is_nested(column.type):
        from geo.files.arrow_cells import cell_texts  # noqa: PLC0415 - for odd columns alone

        return pa.array(cell_texts(column), kind)
    return column.cast(kind)


def _projjson(crs: str | None) -> dict[str, Any] | None:
    """Return a CRS as GeoParquet writes it."""
    if crs is None:
        return None
    from pyproj import CRS  # noqa: PLC0415 - only where a CRS changes files

    written: dict[str, Any] = CRS.from_user_input(crs).to_json_dict()
    return written
