"""Points in GeoParquet 1.x, WKB or native encoding, or in Parquet with columns of numbers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from geo.files.arrow_cells import arrow_cells
from geo.files.points import (
    NO_POSITION,
    PointBlock,
    choose_columns,
    read_number,
    why_not_number,
)
from geo.files.refusals import UnreadableFileError
from geo.files.wkb_points import coordinates_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from geo.files.points import Columns
    from geo.messages import Message

ROWS_AT_ONCE = 1 << 17
READ_AT_ONCE = 1 << 18
FIRST_ROWS = 1 << 10


class ParquetPoints:
    """A Parquet file of points; see :class:`geo.files.points.PointSource`.

    Parameters
    ----------
    path
        The file.
    columns
        Which columns hold the position; without a choice the primary geometry does.
    """

    def __init__(self, path: Path, columns: Columns) -> None:
        self.path, self.notes = path, list["Message"]()
        try:
            # Buffered, a row group is read page by page instead of as a whole.
            self.file = pq.ParquetFile(path, buffer_size=READ_AT_ONCE, pre_buffer=False)
        except (pa.ArrowException, OSError) as error:
            raise UnreadableFileError(file=path.name, reason=str(error)) from error
        self.arrow_schema: pa.Schema = self.file.schema_arrow
        self.names: Sequence[str] = self.arrow_schema.names
        self.row_count: int | None = self.file.metadata.num_rows
        geo = json.loads((self.arrow_schema.metadata or {}).get(b"geo", b"{}"))
        primary = geo.get("primary_column")
        if primary in self.names and not (columns.lon or columns.lat or columns.wkt):
            self.geometry: str | None = primary
            self.crs = parquet_crs(geo["columns"].get(primary, {}))
        else:
            self.columns = choose_columns(path.name, self.names, columns)
            self.geometry, self.crs = self.columns.wkt, None
        self.srid = self._first_srid()
        if self.srid is not None:
            self.crs = f"EPSG:{self.srid}"

    def _first_srid(self) -> int | None:
        """Return what the first position says it is in, where positions are WKT."""
        if self.geometry is None or not _is_text(self.arrow_schema.field(self.geometry).type):
            return None
        from geo.files.wkt_points import srid_of  # noqa: PLC0415 - for files with WKT alone

        few = self._batches(FIRST_ROWS, columns=[self.geometry])
        return srid_of(text for batch in few for text in batch.column(0).to_pylist())

    def _batches(self, size: int, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows, and say whose fault it is when they can't be read."""
        batches = self.file.iter_batches(size, columns=columns, use_threads=False)
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError) as error:
                raise UnreadableFileError(file=self.path.name, reason=str(error)) from error
            if batch is None:
                return
            yield batch

    def blocks(self) -> Iterator[PointBlock]:
        """Yield the rows in order."""
        for batch in self._batches(ROWS_AT_ONCE):
            yield self._block(batch)

    def _block(self, batch: pa.RecordBatch) -> PointBlock:
        reasons: dict[int, Message] = {}
        if self.geometry is not None:
            column = batch.column(self.geometry)
            if _is_text(column.type):
                from geo.files.wkt_points import wkt_points  # noqa: PLC0415 - as in _first_srid

                x, y = wkt_points(column.to_pylist(), self.srid, reasons)
            else:
                x, y = coordinates_of(column, reasons)
            return PointBlock(x, y, reasons, batch)
        x, y = (
            _as_floats(batch.column(str(name)), reasons)
            for name in (self.columns.lon, self.columns.lat)
        )
        missing = np.flatnonzero(np.isnan(x) | np.isnan(y))
        for row in missing.tolist():
            reasons.setdefault(row, NO_POSITION)
        return PointBlock(x, y, reasons, batch)

    def schema(self) -> pa.Schema:
        """Return the file's schema, its metadata included."""
        return self.arrow_schema

    def batch(self, block: PointBlock) -> pa.RecordBatch:
        """Return a block's rows."""
        rows: pa.RecordBatch = block.rows
        return rows

    def cells(self, block: PointBlock) -> Iterator[list[str]]:
        """Yield a block's rows as text, geometries in WKT."""
        return arrow_cells(block.rows, {self.geometry} if self.geometry else set())


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _as_floats(column: pa.Array, reasons: dict[int, Message]) -> Any:
    """Return numbers, written as such or as text; NaN, and a reason, where a value is none."""
    import pyarrow.compute as pc  # noqa: PLC0415 - only files without geometries need it

    try:
        numbers = pc.cast(column, pa.float64(), safe=False)
    except pa.ArrowInvalid:
        texts = ["" if one is None else str(one) for one in column.to_pylist()]
        found = [read_number(one) for one in texts]
        for row, (text, one) in enumerate(zip(texts, found, strict=True)):
            if one is None:
                reasons.setdefault(row, why_not_number(text))
        return np.array([np.nan if one is None else one for one in found], dtype=float)
    return np.array(numbers.to_numpy(zero_copy_only=False), dtype=float)


def parquet_crs(column: dict[str, Any]) -> str | None:
    """Return the CRS of a GeoParquet column: absent means WGS 84, null that it is unknown.

    Examples
    --------
    >>> parquet_crs({}), parquet_crs({"crs": None})
    ('wgs84', None)
    >>> parquet_crs({"crs": {"id": {"authority": "EPSG", "code": 4547}}})
    'EPSG:4547'
    """
    if "crs" not in column:
        return "wgs84"
    if column["crs"] is None:
        return None
    known = column["crs"].get("id")
    if known:
        return f"{known['authority']}:{known['code']}"
    from pyproj import CRS  # noqa: PLC0415 - for the rare CRS without a code

    return str(CRS.from_json_dict(column["crs"]).to_wkt())
