"""Points in GeoParquet 1.x, WKB or native encoding, or in Parquet with columns of numbers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from geo.files.arrow_cells import arrow_cells
from geo.files.points import NO_POSITION, PointBlock, choose_columns
from geo.files.refusals import UnreadableFileError
from geo.files.wkb_points import coordinates_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from geo.files.points import Columns
    from geo.messages import Message

ROWS_AT_ONCE = 1 << 17
READ_AT_ONCE = 1 << 18


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

    def blocks(self) -> Iterator[PointBlock]:
        """Yield the rows in order."""
        for batch in self.file.iter_batches(ROWS_AT_ONCE, use_threads=False):
            yield self._block(batch)

    def _block(self, batch: pa.RecordBatch) -> PointBlock:
        reasons: dict[int, Message] = {}
        if self.geometry is not None:
            column = batch.column(self.geometry)
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                x, y = _from_text(column, reasons)
            else:
                x, y = coordinates_of(column, reasons)
            return PointBlock(x, y, reasons, batch)
        x, y = (
            _as_floats(batch.column(str(name))) for name in (self.columns.lon, self.columns.lat)
        )
        missing = np.flatnonzero(np.isnan(x) | np.isnan(y))
        reasons.update((int(row), NO_POSITION) for row in missing)
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


def _as_floats(column: pa.Array) -> Any:
    """Return numbers, written as such or as text; NaN where a value is none."""
    import pyarrow.compute as pc  # noqa: PLC0415 - only files without geometries need it

    try:
        numbers = pc.cast(column, pa.float64(), safe=False)
    except pa.ArrowInvalid:
        return np.array([_number(one) for one in column.to_pylist()], dtype=float)
    return np.array(numbers.to_numpy(zero_copy_only=False), dtype=float)


def _number(value: Any) -> float:
    from geo.files.points import read_number  # noqa: PLC0415 - for odd columns alone

    found = None if value is None else read_number(str(value))
    return np.nan if found is None else found


def _from_text(column: pa.Array, reasons: dict[int, Message]) -> tuple[Any, Any]:
    """Read a column of WKT."""
    import shapely  # noqa: PLC0415 - for files with WKT alone

    from geo.files.wkb_points import points_of  # noqa: PLC0415 - the same

    texts = [None if one is None else one.rpartition(";")[2] for one in column.to_pylist()]
    shapes = shapely.from_wkt(np.array(texts, dtype=object), on_invalid="ignore")
    return points_of(shapes, reasons)


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
