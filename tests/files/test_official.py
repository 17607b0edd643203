"""Documents as officials pass them round: what stays together on paper."""

from __future__ import annotations

from datetime import UTC, datetime

import pypdfium2

from geo.files.official import Official, Paragraph, Row, Table, official_pdf

TABLES = 40


def test_the_caption_of_a_table_is_on_the_page_on_which_it_begins() -> None:
    rows = tuple(Row((f"row {row}", "1")) for row in range(4))
    blocks = [
        block
        for number in range(TABLES)
        for block in (
            *(Paragraph("A line between tables.") for _ in range(number % 3)),
            Table(f"Caption of {number}.", (f"Head {number}.", "Count"), rows, (1, 1)),
        )
    ]
    day = datetime(2026, 3, 1, tzinfo=UTC)
    made = Official("en", "Monthly", "No. 1", "Town", "1 March", "March", blocks, day)
    with pypdfium2.PdfDocument(official_pdf(made)) as printed:
        pages = [page.get_textpage().get_text_range() for page in printed]
    assert len(pages) > 2
    for number in range(TABLES):
        page = next(one for one in pages if f"Caption of {number}." in one)
        after = page.partition(f"Caption of {number}.")[2]
        assert f"Head {number}." in after
        assert "row 0" in after
