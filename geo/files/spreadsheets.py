"""Raw rows of spreadsheets, as :mod:`geo.files.tables` has them of text."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from geo.errors import FileRefusedError
from geo.files.refusals import LayerNeededError, NoSuchLayerError, UnreadableFileError
from geo.files.tables import RawLayer, RawRow, read_table
from geo.files.values import cleaned
from geo.messages import msg

if TYPE_CHECKING:
    from pathlib import Path


def read_rows(path: Path, sheet: str | None = None) -> RawLayer:
    """Read a table: CSV in any usual encoding, or a sheet of an Excel workbook.

    Parameters
    ----------
    path
        A file.
    sheet
        Which of several sheets.

    Raises
    ------
    UnreadableFileError, LayerNeededError, NoSuchLayerError
        When a workbook can't be read, has several sheets, or none of that name.
    """
    if path.suffix.lower() != ".xlsx":
        return read_table(path)
    try:
        lines = _lines(path, sheet)
    except FileRefusedError:
        raise
    except Exception as error:  # openpyxl raises whatever its parsers do
        raise UnreadableFileError(file=path.name, reason=str(error)) from error
    return _layer(lines)


def _lines(path: Path, sheet: str | None) -> list[tuple[Any, ...]]:
    import openpyxl  # noqa: PLC0415 - heavy, and only for workbooks

    with closing(openpyxl.load_workbook(path, read_only=True, data_only=True)) as book:
        return list(_sheet(book, path.name, sheet).iter_rows(values_only=True))


def _sheet(book: Any, file: str, wanted: str | None) -> Any:
    names = ", ".join(book.sheetnames)
    if wanted is not None and wanted not in book.sheetnames:
        raise NoSuchLayerError(file=file, layer=wanted, layers=names)
    filled = [one for one in book.worksheets if one.max_row and one.max_row > 1]
    if wanted is None and len(filled) > 1:
        raise LayerNeededError(file=file, layers=names)
    return book[wanted] if wanted else (filled or book.worksheets)[0]


def _layer(lines: list[tuple[Any, ...]]) -> RawLayer:
    columns = [_text(one) for one in lines[0]] if lines else []
    while columns and not columns[-1]:
        columns.pop()
    if not columns:
        return RawLayer(refused=msg("The file is empty: it needs a row of column names."))
    rows = [
        RawRow(at, dict(zip(columns, map(_text, line), strict=False)))
        for at, line in enumerate(lines[1:], 2)
        if any(one is not None for one in line)
    ]
    return RawLayer(columns, rows, encoding="xlsx")


def _text(value: Any) -> Any:
    """Return a cell as text: codes that a spreadsheet took for numbers are digits again."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return cleaned(str(value))
