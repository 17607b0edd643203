"""Rows of Arrow record batches as cells of text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator


def arrow_cells(batch: pa.RecordBatch, geometries: set[str]) -> Iterator[list[str]]:
    """Yield a batch's rows as text: nothing for null, ISO 8601 for times, WKT for geometries.

    Parameters
    ----------
    batch
        The rows.
    geometries
        Names of the columns that hold geometries.
    """
    columns = [
        _wkt(batch.column(name)) if name in geometries else cell_texts(batch.column(name))
        for name in batch.schema.names
    ]
    for row in zip(*columns, strict=True):
        yield list(row)


def cell_texts(column: pa.Array) -> list[str]:
    """Return the values of a column as text, nothing for null."""
    return [_text(value) for value in column.to_pylist()]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _wkt(column: pa.Array) -> list[str]:
    import shapely  # noqa: PLC0415 - only where geometries become text

    if isinstance(column.type, pa.BaseExtensionType):
        column = column.storage
    if pa.types.is_struct(column.type) or pa.types.is_fixed_size_list(column.type):
        from geo.files.wkb_points import coordinates_of  # noqa: PLC0415 - the same

        x, y = coordinates_of(column, {})
        shapes = np.array(shapely.points(x, y), dtype=object)
        shapes[np.isnan(x)] = None
    elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return cell_texts(column)
    else:
        given = np.array(column.to_pylist(), dtype=object)
        shapes = shapely.from_wkb(given, on_invalid="ignore")
    written = shapely.to_wkt(shapes, rounding_precision=-1)
    return ["" if one is None else str(one) for one in written]
