"""Workbooks (Office Open XML): tables with titles and heads that hold text as text.

What begins like a formula is text all the same, and characters that a workbook can't hold are left
out: names and remarks come from people.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.worksheet.worksheet import Worksheet

Value = str | float | int | None
MET, MISSED = "E3EEDC", "F6D5CE"
HEADING, LINE = "EFE6D8", "999999"
NARROWEST, WIDEST = 9.0, 60.0
TYPEFACE = "Calibri"
"""What workbooks are written in; for Chinese, which it has not, the reader's own stands in."""

LONGEST_NAME = 31
"""Of a sheet, as Excel takes it."""

NO_NAME = str.maketrans(dict.fromkeys("[]:*?/\\"))
"""Characters that the name of a sheet may not hold."""

WIDE_FROM = 0x2E80
"""Characters from here on, of CJK scripts, are two columns wide."""


class Cell(NamedTuple):
    """A value, the format of its number, and whether it keeps its threshold."""

    value: Value
    number_format: str = "General"
    met: bool | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook.

    Parameters
    ----------
    name
        Of the sheet.
    heading
        What stands above the table, a line each; the first one is its title.
    columns
        Headings.
    rows
        Row by row, as many cells as columns.
    kept
        How many columns stay in view when others are looked at.
    ruled
        Whether every cell has a border, as forms that are filed have.
    total
        Whether the last row is the sum of those above it.
    """

    name: str
    heading: Sequence[str]
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    kept: int = 1
    ruled: bool = False
    total: bool = False


def workbook(sheets: Sequence[Sheet], title: str) -> bytes:
    """Return a workbook of sheets.

    Parameters
    ----------
    sheets
        At least one.
    title
        In the file's properties.
    """
    from openpyxl import Workbook  # noqa: PLC0415 - heavy, for few requests

    book = Workbook()
    book.remove(book.active)
    book.properties.title = _plain(title)
    for sheet in sheets:
        name = str(_plain(sheet.name)).translate(NO_NAME)
        _write(book.create_sheet(name[:LONGEST_NAME]), sheet)
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()


def _write(page: Worksheet, sheet: Sheet) -> None:
    """Write a sheet: heads that stay in view and are printed on every page."""
    from openpyxl.styles import Font  # noqa: PLC0415 - heavy, for few requests
    from openpyxl.utils import get_column_letter  # noqa: PLC0415 - as above

    for line in sheet.heading:
        _append(page, [line])
    if sheet.heading:
        page["A1"].font = Font(name=TYPEFACE, bold=True, size=14)
        page.append([])
    _append(page, sheet.columns)
    top = page.max_row
    for row in sheet.rows:
        _append(page, [one.value for one in row])
    _style(page, sheet, top)
    for column, width in enumerate(_widths(sheet), start=1):
        page.column_dimensions[get_column_letter(column)].width = width
    page.freeze_panes = page.cell(top + 1, sheet.kept + 1)
    if sheet.rows:
        last = page.max_row - sheet.total
        page.auto_filter.ref = f"A{top}:{get_column_letter(len(sheet.columns))}{last}"
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = page.PAPERSIZE_A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_title_rows = f"{top}:{top}"


def _style(page: Worksheet, sheet: Sheet, top: int) -> None:
    """Format the head and the cells of a sheet's table."""
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side  # noqa: PLC0415 - heavy

    line = Side(style="thin", color=LINE)
    border = Border(left=line, right=line, top=line, bottom=line) if sheet.ruled else Border()
    for cell in page[top]:
        cell.font = Font(name=TYPEFACE, size=11, bold=True)
        cell.fill = PatternFill("solid", fgColor=HEADING)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.border = border
    for number, row in enumerate(sheet.rows, start=top + 1):
        sum_up = sheet.total and number == page.max_row
        for cell, one in zip(page[number], row, strict=True):
            cell.number_format = one.number_format
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.border = Border(top=line) if sum_up and not sheet.ruled else border
            cell.font = Font(name=TYPEFACE, size=11, bold=sum_up or one.met is False)
            if one.met is not None:
                cell.fill = PatternFill("solid", fgColor=MET if one.met else MISSED)


def _append(page: Worksheet, values: Sequence[Value]) -> None:
    """Write a row; what begins like a formula is text all the same."""
    page.append([_plain(one) for one in values])
    for cell in page[page.max_row]:
        if isinstance(cell.value, str):
            cell.data_type = "s"


def _plain(value: Value) -> Value:
    r"""Return a value without characters that a workbook can't hold.

    Examples
    --------
    >>> _plain("a\x00b"), _plain(3), _plain(None)
    ('ab', 3, None)
    """
    if not isinstance(value, str):
        return value
    return "".join(one for one in value if one.isprintable() or one in "\n\t")


def _widths(sheet: Sheet) -> list[float]:
    """Return how wide columns have to be for most of what stands in them."""
    columns = [[heading] for heading in sheet.columns]
    for row in sheet.rows:
        for column, cell in zip(columns, row, strict=True):
            column.append(str(cell.value) if isinstance(cell.value, str) else "000000")
    found = []
    for heading, *rest in columns:
        longest = max((_width(one) for one in rest), default=0)
        found.append(min(max(longest + 2.0, _width(heading) / 2 + 2, NARROWEST), WIDEST))
    return found


def _width(text: str) -> int:
    lines = text.split("\n")
    return max(sum(2 if ord(one) >= WIDE_FROM else 1 for one in line) for line in lines)


__all__ = ["Cell", "Sheet", "workbook"]
