"""Workbooks: what people wrote stays text, and tables can be read and printed."""

from __future__ import annotations

from io import BytesIO

import openpyxl

from geo.files.workbooks import Cell, Sheet, workbook

ROWS = [[Cell("=1+1"), Cell(0.5, "0.0%")], [Cell("a\x00b"), Cell(None)], [Cell("合计"), Cell(1)]]
SHEET = Sheet("表[1]/2" + "长" * 40, ["=2+2", "说明\x07"], ["名称", "份额"], ROWS, total=True)


def read() -> openpyxl.worksheet.worksheet.Worksheet:
    book = openpyxl.load_workbook(BytesIO(workbook([SHEET], "题\x00目")))
    assert book.properties.title == "题目"
    return book.worksheets[0]


def test_text_is_no_formula_and_has_no_control_characters() -> None:
    page = read()
    assert [page[cell].value for cell in ("A1", "A2", "A5", "A6")] == ["=2+2", "说明", "=1+1", "ab"]
    assert {page[cell].data_type for cell in ("A1", "A5", "A6")} == {"s"}
    assert page["B5"].number_format == "0.0%"


def test_heads_stay_in_view_and_totals_out_of_filters() -> None:
    page = read()
    assert len(page.title) == 31
    assert not set(page.title) & set("[]:*?/\\")
    assert (page.freeze_panes, page.print_title_rows) == ("B5", "$4:$4")
    assert page.auto_filter.ref == "A4:B6"
    assert page["A7"].font.bold


def test_a_sheet_may_be_empty() -> None:
    book = openpyxl.load_workbook(BytesIO(workbook([Sheet("空", [], ["名称"], [])], "")))
    assert [cell.value for cell in book["空"][1]] == ["名称"]
