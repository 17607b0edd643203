"""A scorecard as a workbook: what was measured, by grid, where, and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.worksheet.worksheet import Worksheet

Value = str | float | int | None
MET, MISSED = "E3EEDC", "F6D5CE"
HEADING = "EFE6D8"
NARROWEST, WIDEST = 9.0, 60.0
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
        What stands above the table, a line each.
    columns
        Headings.
    rows
        Row by row.
    kept
        How many columns stay in view when others are looked at.
    """

    name: str
    heading: Sequence[str]
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    kept: int = 1


def workbook(sheets: Sequence[Sheet], title: str) -> bytes:
    """Return a workbook (Office Open XML) of sheets.

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
    book.properties.title = title
    for sheet in sheets:
        _write(book.create_sheet(sheet.name[:31]), sheet)
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()


def _write(page: Worksheet, sheet: Sheet) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill  # noqa: PLC0415 - as above
    from openpyxl.utils import get_column_letter  # noqa: PLC0415 - as above

    for line in sheet.heading:
        _append(page, [line])
    if sheet.heading:
        page["A1"].font = Font(bold=True, size=14)
        page.append([])
    _append(page, sheet.columns)
    top = page.max_row
    for cell in page[top]:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor=HEADING)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    for row in sheet.rows:
        _append(page, [one.value for one in row])
        for cell, one in zip(page[page.max_row], row, strict=True):
            cell.number_format = one.number_format
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if one.met is not None:
                cell.fill = PatternFill("solid", fgColor=MET if one.met else MISSED)
                cell.font = Font(bold=not one.met)
    for column, width in enumerate(_widths(sheet), start=1):
        page.column_dimensions[get_column_letter(column)].width = width
    page.freeze_panes = page.cell(top + 1, sheet.kept + 1)
    if sheet.rows:
        last = f"{get_column_letter(len(sheet.columns))}{page.max_row}"
        page.auto_filter.ref = f"A{top}:{last}"
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = page.PAPERSIZE_A4
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_title_rows = f"{top}:{top}"


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
