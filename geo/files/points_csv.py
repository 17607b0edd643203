"""Points in separated text: any columns, any usual encoding, every value kept as it was written."""

from __future__ import annotations

import codecs
import csv
import sys
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from geo.files.points import PointBlock, choose_columns, read_number, why_not_number
from geo.files.refusals import UnreadableFileError
from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    from geo.files.points import Columns

    Floats = NDArray[np.float64]

ROWS_AT_ONCE = 1 << 15
READ_AT_ONCE = 1 << 20
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_DELIMITERS = ",;\t|"


class CsvPoints:
    """A text file of points; see :class:`geo.files.points.PointSource`.

    Parameters
    ----------
    path
        The file; commas, semicolons, tabs or bars separate its columns.
    columns
        Which of them hold the position.
    encoding
        When it is neither UTF-8 nor GB 18030.
    """

    def __init__(self, path: Path, columns: Columns, encoding: str | None = None) -> None:
        self.path, self.notes = path, list[Message]()
        self.encoding, self.errors = self._detect(encoding)
        csv.field_size_limit(sys.maxsize)
        with self._open() as file:
            head = file.readline()
        self.line_end = "\r\n" if head.endswith("\r\n") else "\n"
        self.delimiter = max(_DELIMITERS, key=head.count)
        with self._open() as file:
            self.names: Sequence[str] = next(self._reader(file), [])
        if not any(self.names):
            raise UnreadableFileError(file=path.name, reason="no columns")
        self.columns = choose_columns(path.name, self.names, columns)
        self.srid = self._first_srid() if self.columns.wkt is not None else None
        self.crs: str | None = None if self.srid is None else f"EPSG:{self.srid}"
        self.row_count: int | None = None

    def _detect(self, wanted: str | None) -> tuple[str, str]:
        """Return the encoding, and what to do with bytes that don't fit it."""
        if wanted:
            return self._known(wanted), "strict"
        with self.path.open("rb") as file:
            start = file.read(4)
        for mark, name in _MARKS.items():
            if start.startswith(mark):
                return name, "strict"
        fits = self._fitting(["utf-8", "gb18030"])
        if fits:
            return fits, "strict"
        self.notes.append(
            msg(
                "The text is neither UTF-8 nor GB 18030; bytes that don't fit are kept as they are."
            )
        )
        return "utf-8", "surrogateescape"

    def _known(self, wanted: str) -> str:
        try:
            return codecs.lookup(wanted).name
        except LookupError as error:
            raise UnreadableFileError(file=self.path.name, reason=str(error)) from None

    def _fitting(self, encodings: list[str]) -> str | None:
        """Return the first encoding that the whole file is in, read piece by piece."""
        decoders = {name: codecs.getincrementaldecoder(name)() for name in encodings}
        with self.path.open("rb") as file:
            while decoders:
                content = file.read(READ_AT_ONCE)
                for name in list(decoders):
                    try:
                        decoders[name].decode(content, final=not content)
                    except UnicodeDecodeError:
                        del decoders[name]
                if not content:
                    break
        return next(iter(decoders), None)

    def _first_srid(self) -> int | None:
        """Return what the first position says it is in."""
        from geo.files.wkt_points import srid_of  # noqa: PLC0415 - where there is WKT

        at = list(self.names).index(str(self.columns.wkt))
        with self._open() as file:
            rows = self._reader(file)
            next(rows)
            try:
                return srid_of(row[at] for row in rows if len(row) > at)
            except UnicodeDecodeError as error:
                raise UnreadableFileError(file=self.path.name, reason=str(error)) from error

    def _open(self) -> Any:
        return self.path.open(encoding=self.encoding, errors=self.errors, newline="")

    def _reader(self, file: Any) -> Iterator[list[str]]:
        return csv.reader(file, delimiter=self.delimiter)

    def blocks(self) -> Iterator[PointBlock]:
        """Yield the rows in order; blank lines are no rows."""
        with self._open() as file:
            reader = self._reader(file)
            next(reader)
            rows = (row for row in reader if row)
            try:
                while block := list(islice(rows, ROWS_AT_ONCE)):
                    yield self._block(block)
            except UnicodeDecodeError as error:
                raise UnreadableFileError(file=self.path.name, reason=str(error)) from error

    def _block(self, rows: list[list[str]]) -> PointBlock:
        width, reasons = len(self.names), dict[int, Message]()
        for number, row in enumerate(rows):
            if len(row) != width:
                reasons[number] = msg(
                    "The row has %(found)s cells where the header has %(expected)s.",
                    found=len(row),
                    expected=width,
                )
                row.extend([""] * (width - len(row)))
        if self.columns.wkt is not None:
            x, y = self._from_wkt(rows, reasons)
        else:
            x, y = (
                self._numbers(rows, name, reasons) for name in (self.columns.lon, self.columns.lat)
            )
        bad = list(reasons)
        x[bad], y[bad] = np.nan, np.nan
        return PointBlock(x, y, reasons, rows)

    def _numbers(
        self, rows: list[list[str]], name: str | None, reasons: dict[int, Message]
    ) -> Floats:
        """Read a column of numbers: all at once, or one by one where some are none."""
        at = list(self.names).index(str(name))
        texts = [row[at] for row in rows]
        try:
            return np.fromiter(map(_plain_number, texts), dtype=float, count=len(texts))
        except ValueError:
            pass
        numbers = [read_number(text) for text in texts]
        for number, (text, found) in enumerate(zip(texts, numbers, strict=True)):
            if found is None:
                reasons.setdefault(number, why_not_number(text))
        return np.array([np.nan if one is None else one for one in numbers], dtype=float)

    def _from_wkt(
        self, rows: list[list[str]], reasons: dict[int, Message]
    ) -> tuple[Floats, Floats]:
        from geo.files.wkt_points import wkt_points  # noqa: PLC0415 - where there is WKT

        at = list(self.names).index(str(self.columns.wkt))
        return wkt_points([row[at] for row in rows], self.srid, reasons)

    def schema(self) -> pa.Schema:
        """Return the Arrow schema: every column is text."""
        import pyarrow as pa  # noqa: PLC0415 - text to text goes without it

        return pa.schema([(name, pa.string()) for name in unique_names(self.names)])

    def batch(self, block: PointBlock) -> pa.RecordBatch:
        """Return a block's rows as Arrow text."""
        import pyarrow as pa  # noqa: PLC0415 - as in schema

        columns = list(zip(*[row[: len(self.names)] for row in block.rows], strict=True))
        if self.errors != "strict":
            columns = [tuple(_storable(cell) for cell in column) for column in columns]
        return pa.record_batch([pa.array(one, pa.string()) for one in columns], self.schema())

    def cells(self, block: PointBlock) -> Iterator[list[str]]:
        """Yield a block's rows as they are."""
        return iter(block.rows)


def _plain_number(text: str) -> float:
    """Read what is a number beyond doubt, or raise."""
    if "_" in text:
        raise ValueError(text)
    return float(text)


def _storable(text: str) -> str:
    """Replace the bytes that are no text, which only a text file can keep."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def unique_names(names: Sequence[str]) -> list[str]:
    """Return column names that differ, for formats that need them to.

    Examples
    --------
    >>> unique_names(["id", "", "id"])
    ['id', 'column_2', 'id_3']
    """
    found: list[str] = []
    for number, name in enumerate(names, 1):
        name = name or f"column_{number}"  # noqa: PLW2901 - the name it goes by
        found.append(f"{name}_{number}" if name in found else name)
    return found
