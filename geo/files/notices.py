"""Notices of a plan (网格调整告知书) as documents: a page a building, to be put on its door.

Margins and sizes are about those of official documents (GB/T 9704-2012); the fonts are those that
an office's computers have, with free ones behind.
"""

from __future__ import annotations

from html import escape
from io import BytesIO
from math import ceil
from typing import TYPE_CHECKING, Any

from geo.core.notices import day_said
from geo.files.printing import to_pdf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.core.notices import Notice, Occasion, Office, Part

TITLE = "网格调整告知书"
DRAFT = "（征求意见稿）"
HEADINGS = ("涉及范围", "户数", "原网格", "现网格")
NONE = "无"

TOP_MM, BOTTOM_MM, SIDE_MM = 32, 26, 27
TITLE_PT, BODY_PT, TABLE_PT, SMALL_PT = 22, 15, 12, 9
BODY_SIZES_PT = (15.0, 13.5, 12.0, 10.5)
"""From which the text of a notice has the largest with which it stays on its page."""

PT_MM = 0.3528
LEADING = 1.75
PAGE_MM, WIDTH_MM = 297 - TOP_MM - BOTTOM_MM, 210 - 2 * SIDE_MM
FIXED_MM, ROW_MM, SPACE_MM = 112, 16, 2
"""What title, greeting and signature take, a row of the table, and the space after a paragraph."""

SONG, HEI = "宋体", "黑体"


def lines_of(notice: Notice, occasion: Occasion) -> tuple[str, list[str], list[str]]:
    """Return what a notice says: whom it greets, the paragraphs before the table and after it."""
    greeting = f"{notice.building}各住户："
    basis = f"根据{occasion.jurisdiction}网格划分方案“{occasion.plan}”"
    before = [f"{basis}，自{day_said(occasion.starts)}起，本楼栋所属网格调整如下："]
    after = [
        line for part in notice.parts for line in _contacts(part, alone=len(notice.parts) == 1)
    ]
    name, address, phone = notice.station
    if name:
        where = "，".join(one for one in (address, f"电话{phone}" if phone else "") if one)
        after.append(f"就近驿站：{name}{f'（{where}）' if where else ''}。")
    after.append(
        "尚未办结的事项由现网格继续办理，无须重新上报；已经办结的事项仍由原网格存档。"
        f"如有疑问，请与{notice.community}居民委员会联系。"
    )
    return greeting, before, after


def body_pt(notice: Notice, occasion: Occasion) -> float:
    """Return the size of a notice's text: the largest with which it stays on one page."""
    _, before, after = lines_of(notice, occasion)

    def height_mm(size_pt: float) -> float:
        across = WIDTH_MM / (size_pt * PT_MM)
        lines = sum(ceil((len(line) + 2) / across) for line in (*before, *after))
        spaces = SPACE_MM * len((*before, *after))
        rows = ROW_MM * len(notice.parts)
        return FIXED_MM + rows + spaces + lines * size_pt * PT_MM * LEADING

    return next((one for one in BODY_SIZES_PT if height_mm(one) <= PAGE_MM), BODY_SIZES_PT[-1])


def _contacts(part: Part, *, alone: bool) -> list[str]:
    office = part.after
    if office is None:
        return []
    whom = "" if alone else f"{part.units}："
    told = []
    if office.branch:
        phone = f"，电话{office.phone}" if office.phone else ""
        told.append(f"{whom}网格党支部：{office.branch}{phone}。")
    if part.workers:
        told.append(f"{whom}网格工作人员：{'、'.join(part.workers)}。")
    return told


def _rows(notice: Notice) -> list[tuple[str, ...]]:
    return [
        (one.units, str(one.households), _called(one.before), _called(one.after))
        for one in notice.parts
    ]


def _called(office: Office | None) -> str:
    return f"{office.name}\n{office.code}" if office else NONE


def notices_docx(notices: Sequence[Notice], occasion: Occasion) -> bytes:
    """Return the notices as a DOCX document, a page each.

    Parameters
    ----------
    notices
        Of buildings; without any, the document says so.
    occasion
        Names and dates.
    """
    from docx import Document  # noqa: PLC0415 - heavy, for few requests
    from docx.enum.text import WD_BREAK  # noqa: PLC0415 - as above

    document = Document()
    _set_up(document, occasion)
    for row, notice in enumerate(notices):
        if row:
            document.paragraphs[-1].add_run().add_break(WD_BREAK.PAGE)
        _page(document, notice, occasion)
    if not notices:
        _paragraph(document, nobody_said(occasion), BODY_PT, indent=False)
    written = BytesIO()
    document.save(written)
    return written.getvalue()


def nobody_said(occasion: Occasion) -> str:
    """Return what a document says of a plan that moves nobody."""
    return f"方案“{occasion.plan}”不改变这一范围内住户所属的网格。"


def _set_up(document: Any, occasion: Occasion) -> None:
    from docx.shared import Mm, Pt  # noqa: PLC0415 - heavy, for few requests

    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(TOP_MM), Mm(BOTTOM_MM)
    section.left_margin = section.right_margin = Mm(SIDE_MM)
    style = document.styles["Normal"]
    style.font.size = Pt(BODY_PT)
    _font(style, SONG)
    document.core_properties.title = f"{TITLE}：{occasion.plan}"
    document.core_properties.author = occasion.jurisdiction
    if occasion.remarks:
        foot = section.footer.paragraphs[0]
        run = foot.add_run("　".join(occasion.remarks))
        run.font.size = Pt(SMALL_PT)


def _font(of: Any, name: str) -> None:
    """Set a font for Latin and for Chinese characters."""
    from docx.oxml.ns import qn  # noqa: PLC0415 - heavy, for few requests

    of.font.name = name
    of.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), name)


def _page(document: Any, notice: Notice, occasion: Occasion) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN  # noqa: PLC0415 - heavy, for few requests

    greeting, before, after = lines_of(notice, occasion)
    size_pt = body_pt(notice, occasion)
    title = _paragraph(document, TITLE, TITLE_PT, indent=False, font=HEI)
    title.alignment = ALIGN.CENTER
    if occasion.draft:
        _paragraph(document, DRAFT, BODY_PT, indent=False).alignment = ALIGN.CENTER
    _paragraph(document, greeting, size_pt, indent=False)
    _paragraph(document, f"地址：{notice.address}　楼栋编码：{notice.code}", TABLE_PT, indent=False)
    for line in before:
        _paragraph(document, line, size_pt)
    _table(document, notice)
    for line in ("", *after, "特此告知。"):
        _paragraph(document, line, size_pt)
    for line in (f"{notice.community}居民委员会", day_said(occasion.issued)):
        _paragraph(document, line, size_pt, indent=False).alignment = ALIGN.RIGHT


def _paragraph(
    document: Any, text: str, size_pt: float, *, indent: bool = True, font: str = SONG
) -> Any:
    from docx.shared import Pt  # noqa: PLC0415 - heavy, for few requests

    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_after = Pt(4)
    paragraph.paragraph_format.line_spacing = 1.4
    if indent:
        paragraph.paragraph_format.first_line_indent = Pt(2 * size_pt)
    run = paragraph.add_run(text)
    run.font.size = Pt(size_pt)
    _font(run, font)
    return paragraph


def _table(document: Any, notice: Notice) -> None:
    from docx.shared import Mm, Pt  # noqa: PLC0415 - heavy, for few requests

    rows = _rows(notice)
    table = document.add_table(rows=1 + len(rows), cols=len(HEADINGS), style="Table Grid")
    for line, row in zip(table.rows, (HEADINGS, *rows), strict=True):
        for cell, text, width_mm in zip(line.cells, row, (40, 16, 50, 50), strict=True):
            cell.width = Mm(width_mm)
            cell.text = text
            for run in (run for one in cell.paragraphs for run in one.runs):
                run.font.size = Pt(TABLE_PT)
                _font(run, HEI if row is HEADINGS else SONG)


def notices_pdf(notices: Sequence[Notice], occasion: Occasion) -> bytes:
    """Return the notices as a PDF document, a page each, A4.

    Parameters
    ----------
    notices, occasion
        As of :func:`notices_docx`.
    """
    pages = "".join(_section(one, occasion) for one in notices)
    body = pages or f"<section><p>{escape(nobody_said(occasion))}</p></section>"
    remarks = escape("　".join(occasion.remarks))
    return to_pdf(
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{TITLE}：'
        f"{escape(occasion.plan)}</title><style>{STYLE}</style><body>"
        f"<footer>{remarks}</footer>{body}</body></html>"
    )


def _section(notice: Notice, occasion: Occasion) -> str:
    greeting, before, after = lines_of(notice, occasion)
    heads = "".join(f"<th>{one}</th>" for one in HEADINGS)
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{escape(one).replace(chr(10), '<br>')}</td>" for one in row)
        + "</tr>"
        for row in _rows(notice)
    )
    parts = [
        f"<h1>{TITLE}</h1>",
        f'<p class="draft">{DRAFT}</p>' if occasion.draft else "",
        f'<p class="flush">{escape(greeting)}</p>',
        f'<p class="address">地址：{escape(notice.address)}　楼栋编码：{escape(notice.code)}</p>',
        *(f"<p>{escape(line)}</p>" for line in before),
        f"<table><tr>{heads}</tr>{rows}</table>",
        *(f"<p>{escape(line)}</p>" for line in (*after, "特此告知。")),
        f'<p class="signed">{escape(notice.community)}居民委员会<br>',
        f"{day_said(occasion.issued)}</p>",
    ]
    return f'<section style="font-size:{body_pt(notice, occasion)}pt">{"".join(parts)}</section>'


STYLE = f"""
@page {{ size: A4; margin: {TOP_MM}mm {SIDE_MM}mm {BOTTOM_MM}mm;
         @bottom-center {{ content: element(foot) }} }}
footer {{ position: running(foot); font-size: {SMALL_PT}pt; color: #555; text-align: center }}
body {{ margin: 0;
        font: {BODY_PT}pt/1.75 "FangSong", "仿宋", "SimSun", "Noto Serif CJK SC", serif }}
section {{ break-after: page }}
section:last-of-type {{ break-after: auto }}
h1 {{ font: bold {TITLE_PT}pt/1.4 "SimHei", "黑体", "Noto Sans CJK SC", sans-serif;
      text-align: center; letter-spacing: .12em; margin: 0 0 8mm }}
p {{ margin: 0 0 2mm; text-indent: 2em; text-align: justify }}
.draft {{ text-indent: 0; text-align: center; margin: -6mm 0 8mm }}
.flush {{ text-indent: 0; font-weight: bold }}
.address {{ text-indent: 0; font-size: {TABLE_PT}pt; color: #333 }}
.signed {{ text-indent: 0; text-align: right; margin-top: 12mm; break-inside: avoid }}
table {{ border-collapse: collapse; width: 100%; margin: 3mm 0 6mm;
         font-size: {TABLE_PT}pt; line-height: 1.5 }}
th, td {{ border: .5pt solid #000; padding: 1.6mm 2mm; text-align: center;
          vertical-align: middle }}
th {{ font-family: "SimHei", "Noto Sans CJK SC", sans-serif; font-weight: bold }}
tr {{ break-inside: avoid }}
"""

__all__ = ["notices_docx", "notices_pdf"]
