"""Points in GeoPackage, streamed through GDAL's Arrow interface."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pyogrio

from geo.files.arrow_cells import arrow_cells
from geo.files.points import PointBlock
from geo.files.refusals import (
    LayerNeededError,
    NoSuchLayerError,
    UnreadableFileError,
)
from geo.files.wkb_points import coordinates_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Any

    import pyarrow as pa

    from geo.messages import Message

ROWS_AT_ONCE = 1 << 15


class GeoPackagePoints:
    """A GeoPackage layer of points; see :class:`geo.files.points.PointSource`.

    Parameters
    ----------
    path
        The file.
    layer
        Which layer, when it has several with geometries.
    """

    def __init__(self, path: Path, layer: str | None) -> None:
        self.path, self.notes = path, list["Message"]()
        try:
            self.layer = _choose_layer(path, layer)
            info = pyogrio.read_info(path, layer=self.layer)
        except pyogrio.errors.DataSourceError as error:
            raise UnreadableFileError(file=path.name, reason=str(error)) from error
        self.names: Sequence[str] = [str(name) for name in info["fields"]]
        self.crs: str | None = known_crs(info["crs"])
        self.row_count: int | None = int(info["features"]) if info["features"] >= 0 else None
        self._with_keys = False
        with self._opened() as (meta, _reader):
            self.geometry = str(meta["geometry_name"] or "wkb_geometry")
            key = str(meta["fid_column"])
        if key and not _counts_rows(path, self.layer, key):
            self._with_keys, self.names = True, [key, *self.names]
        with self._opened() as (_meta, reader):
            self.arrow_schema: pa.Schema = reader.schema

    def _opened(self) -> AbstractContextManager[Any]:
        opened: AbstractContextManager[Any] = pyogrio.open_arrow(
            self.path,
            layer=self.layer,
            use_pyarrow=True,
            batch_size=ROWS_AT_ONCE,
            return_fids=self._with_keys,
        )
        return opened

    def blocks(self) -> Iterator[PointBlock]:
        """Yield the rows in order."""
        with self._opened() as (_meta, reader):
            for batch in reader:
                reasons: dict[int, Message] = {}
                x, y = coordinates_of(batch.column(self.geometry), reasons)
                yield PointBlock(x, y, reasons, batch)

    def schema(self) -> pa.Schema:
        """Return the layer's schema; the geometry is WKB."""
        return self.arrow_schema

    def batch(self, block: PointBlock) -> pa.RecordBatch:
        """Return a block's rows."""
        rows: pa.RecordBatch = block.rows
        return rows

    def cells(self, block: PointBlock) -> Iterator[list[str]]:
        """Yield a block's rows as text, geometries in WKT."""
        return arrow_cells(block.rows, {self.geometry})


def _counts_rows(path: Path, layer: str, key: str) -> bool:
    """Tell whether a layer's keys only count its rows, 1 to n, as GDAL gives them by itself."""
    table, column = (f'"{name.replace(chr(34), 2 * chr(34))}"' for name in (layer, key))
    query = f"SELECT min({column}), max({column}), count(*) FROM {table}"  # noqa: S608 - quoted
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
        try:
            first, last, count = database.execute(query).fetchone()
        except sqlite3.Error:
            return True
    return count == 0 or (first, last) == (1, count)


def _choose_layer(path: Path, layer: str | None) -> str:
    layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind]
    if layer is not None:
        if layer not in layers:
            raise NoSuchLayerError(file=path.name, layer=layer, layers=", ".join(layers))
        return layer
    if len(layers) != 1:
        raise LayerNeededError(file=path.name, layers=", ".join(layers))
    return layers[0]


def known_crs(crs: str | None) -> str | None:
    """Return GDAL's CRS if it is one: GeoPackage has names for not knowing it."""
    unknown = ("LOCAL_CS", "ENGCRS", "ENGINEERINGCRS")
    return None if not crs or crs.startswith(unknown) or '"Undefined' in crs else crs
